"""A lesson as one page that loads nothing: text, tables, figures, the question, and controls where scripts may run."""

import json
import re
from collections.abc import Sequence
from importlib.resources import files

from cnncli.lessons.blocks import Code, Lesson, Numbers, Question, Words, finite
from cnncli.lessons.draw_svg import figure_svg
from cnncli.lessons.draw_tiles import panel_figure
from cnncli.lessons.figures import Figure
from cnncli.pages.html import Markup, command_lines, element, empty, join, table, text
from cnncli.pages.html import Words as Cell
from cnncli.pages.style import STYLE
from cnncli.views.tiles import Panel

_INDEX = re.compile(r"\b(d?[A-Za-z])_(\w{1,2})\b|(?<!#)\b(d?[abhovwxzW])(\d{1,2})\b")
_TIMES = re.compile(r"((?<=/d)\w+(?:<sub>\w+</sub>)?|(?<=[\d)²])) x (?=[-+\d(]|d\w+(?:<sub>\w+</sub>)?/d)")
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_STYLE = """
body{max-width:52rem}main>.scroll{margin:1rem 0}main>figure{margin:1rem 0 1.4rem}
.plot{width:100%;height:auto;background:var(--card);border:1px solid var(--line);border-radius:.6rem}
.plot text{font-size:14px;fill:var(--soft)}sub{font-size:.75em;line-height:0}
@media (max-width:30rem){.plot text{font-size:20px}.plot .dots circle{r:7px}th,td{padding:.28rem .4rem}}
.plot .axis{stroke:var(--line);fill:none;stroke-width:1.5}
.plot .line{fill:none;stroke-width:2.5;stroke-linejoin:round}.plot .contour{fill:none;stroke-width:1}
.plot .line.first{stroke:var(--first)}.plot .line.second{stroke:var(--second)}.plot .line.third{stroke:var(--third)}
.plot .line.fourth{stroke:var(--fourth)}.plot .line.fifth{stroke:var(--fifth)}.plot .line.sixth{stroke:var(--sixth)}
.plot .line.own{stroke:var(--ink);stroke-width:3.5}.plot .line.mark{stroke:var(--bad)}
.plot .line.soft,.plot .contour.soft{stroke:var(--faint)}
.plot .dots.fourth{fill:var(--fourth)}.plot .dots.fifth{fill:var(--fifth)}.plot .dots.sixth{fill:var(--sixth)}
.plot .dots.own{fill:var(--ink)}
.plot .contour.second{stroke:var(--second);stroke-width:1.5}.plot .contour.third{stroke:var(--third);stroke-width:2.5}
.plot .contour.mark{stroke:var(--bad);stroke-width:2}
.plot .dots.first{fill:var(--first)}.plot .dots.second{fill:var(--second)}.plot .dots.third{fill:var(--third)}
.plot .dots.mark{fill:var(--bad)}.plot .dots.soft{fill:var(--faint)}
.plot .said.first{fill:var(--first)}.plot .said.second{fill:var(--second)}
.plot .said.third{fill:var(--third)}.plot .said.mark{fill:var(--bad)}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;padding:0;margin:.4rem 0;font-size:.9rem}
.legend li::before{content:"";display:inline-block;width:.8em;height:.8em;border-radius:50%;margin-right:.4em;
background:var(--faint)}
.legend .first::before{background:var(--first)}.legend .second::before{background:var(--second)}
.legend .third::before{background:var(--third)}.legend .fourth::before{background:var(--fourth)}
.legend .fifth::before{background:var(--fifth)}.legend .sixth::before{background:var(--sixth)}
.legend .own::before{background:var(--ink)}.legend .mark::before{background:var(--bad)}
.controls{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.8rem 1rem;margin:1rem 0;
display:grid;gap:.7rem}.controls>*{min-width:0}
.sliders{display:grid;grid-template-columns:max-content 1fr minmax(3.4rem,max-content);gap:.5rem .8rem;
align-items:center}.sliders label:not([hidden]){display:contents}.sliders select{grid-column:2/-1;justify-self:start}
.sliders:empty{display:none}input{accent-color:var(--accent)}
.controls output{font-variant-numeric:tabular-nums;text-align:right}.controls input[type=range]{width:100%;min-width:0}
.tick{display:inline-flex;gap:.4rem;align-items:center}.controls select{font:inherit;padding:.25rem .4rem;color:inherit;
background:var(--paper);border:1px solid var(--line);border-radius:.4rem;min-width:0;max-width:100%}
.controls .row{display:flex;flex-wrap:wrap;gap:.6rem;align-items:center}
button{font:inherit;padding:.45rem 1rem;border-radius:.5rem;border:1px solid var(--accent);background:none;
color:var(--accent);cursor:pointer}button:hover{background:var(--shade)}
.plot .cells rect{stroke:var(--line);fill:none}.plot .cells text{text-anchor:middle;fill:var(--ink)}
.plot .cells .first{fill:var(--first)}.plot .cells .second{fill:var(--second)}.plot .cells .third{fill:var(--third)}
.plot .cells .mark{fill:var(--bad)}.plot .cells .soft{fill:var(--faint)}
.tiles{display:flex;flex-wrap:wrap;gap:.7rem;align-items:flex-end}.tiles div{max-width:100%}
.tiles img{display:block;max-width:100%;height:auto;border:1px solid var(--line);image-rendering:pixelated}
.tiles img.smooth{image-rendering:auto}.tiles p{margin:.2rem 0;font-size:.85rem;color:var(--soft);max-width:12rem}
.view{display:block;max-width:100%;image-rendering:pixelated;border:1px solid var(--line);touch-action:manipulation}
.views{display:flex;flex-wrap:wrap;gap:.8rem;align-items:flex-start}.views figure{margin:0;max-width:100%}
.views figcaption{font-size:.85rem}select{font:inherit;padding:.35rem .5rem;max-width:100%;color:inherit;
background:var(--card);border:1px solid var(--line);border-radius:.4rem}
.grid{border-collapse:collapse;margin:.4rem 0}
.grid td{min-width:2.4rem;height:2.3rem;text-align:center;border:1px solid var(--line);
padding:.35rem .4rem}.grid td.on{background:color-mix(in srgb,var(--second) 25%,var(--card));font-weight:650}
.grid td.now{outline:3px solid var(--first);outline-offset:-3px;font-weight:650}
.grids{display:flex;flex-wrap:wrap;gap:1.2rem 2rem;align-items:flex-start}
.grid input{width:3rem;font:inherit;text-align:center;background:none;color:inherit;border:0}
fieldset{border:1px solid var(--line);border-radius:.6rem;background:var(--card);padding:.6rem 1rem 1rem;margin:1rem 0}
legend{float:left;width:100%;padding:.3rem 0;font-weight:650}legend+*{clear:both}
caption{min-width:0}main th[scope=row]{min-width:0;max-width:none;white-space:nowrap}
@media (max-width:30rem){main td.words{max-width:none;overflow-wrap:break-word}
main th[scope=row]{white-space:normal;overflow-wrap:break-word}}
.why{margin:.1rem 0 .5rem 1.7rem;color:var(--soft)}.why b{color:var(--ink)}
.choice{display:block;padding:.35rem 0 .35rem 1.7rem;text-indent:-1.7rem}.choice input{margin:0 .6rem 0 0}
pre.code{white-space:pre;overflow-x:auto;--paper:var(--card)}
:root{--third:#6941a5;--faint:#a9aab2;--fourth:#1f6fd1;--fifth:#c2448f;--sixth:#7a7a00}
@media (prefers-color-scheme:dark){:root{--third:#b79cf0;--faint:#5a636c;--fourth:#7db7ff;--fifth:#f28bc8;
--sixth:#c9c94a}}
"""

# A shadow at the side where a table goes on: it is covered by the paper that scrolls with the content.
_STYLE += """
.scroll{background:linear-gradient(to right,var(--paper) 40%,transparent) 0 0/2.4rem 100% no-repeat local,
linear-gradient(to left,var(--paper) 40%,transparent) 100% 0/2.4rem 100% no-repeat local,
linear-gradient(to right,var(--edge),transparent) 0 0/.9rem 100% no-repeat scroll,
linear-gradient(to left,var(--edge),transparent) 100% 0/.9rem 100% no-repeat scroll}
.controls .scroll{--paper:var(--card)}
:root{--edge:#1d232955}@media (prefers-color-scheme:dark){:root{--edge:#000c}}
"""
LESSON_STYLE = _STYLE  # for other pages with figures


def lesson_page(lesson: Lesson) -> str:
    """The whole page as HTML. Without scripts all but the controls is there."""
    parts = []
    figures = 0
    for block in lesson.blocks:
        if isinstance(block, Figure):
            figures += 1
            parts.append(figure_svg(block, f"figure-{figures}"))
        else:
            parts.append(_block(block))
    drawn = [index for index, block in enumerate(lesson.blocks) if isinstance(block, Figure)]
    first = drawn[lesson.controlled - 1] if drawn else len(parts)
    controls = element("section", id="controls", aria_label="Try it") if lesson.script else ""
    main = [*parts[:first], controls, *parts[first:], question_fieldset(lesson.question), _go_on(lesson)]
    return whole_page(lesson.title, "a lesson of cnn learn", main, _scripts(lesson))


def whole_page(title: str, kind: str, main: Sequence[Markup | str], scripts: Markup, style: str = "") -> str:
    """A page as HTML with its head, under which nothing can be loaded.

    kind : what it is, above the title; style : more of it
    """
    body = [
        element("a", "To the content", href="#content", class_="skip"),
        element("header", element("p", kind, class_="soft"), element("h1", title)),
        element("main", *main, id="content"),
        element("footer", element("p", "All numbers were computed when this page was made. It loads nothing.")),
    ]
    head = [
        empty("meta", charset="utf-8"),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        empty("meta", name="viewport", content="width=device-width, initial-scale=1"),
        empty("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", Markup(STYLE + _STYLE + style)),
    ]
    inside = f"<head>{join(head)}</head>\n<body>\n" + "\n".join(body) + f"\n{scripts}</body>"
    return f'<!doctype html>\n<html lang="en">\n{inside}\n</html>\n'


def table_block(block: Numbers) -> Markup:
    """A table of numbers."""
    columns = range(len(block.heads))
    rows = [[_cell(block, index, row[index]) for index in columns] for row in block.rows]
    heads = [_cell(block, index, block.heads[index]) for index in columns]
    return table(block.title, heads, rows)


def _block(block: Words | Numbers | Code | Panel) -> Markup:
    if isinstance(block, Words):
        return element("p", _signs(block.text))
    if isinstance(block, Code):
        return _lines(block.lines, "code scroll")
    if isinstance(block, Panel):
        return panel_figure(block)
    return table_block(block)


def _signs(words: str) -> Markup:
    """Words with their indices low, w_k, x1, and a sign for times that is no x: 2 x 3, do/dz x dz/dv1."""
    return Markup(_TIMES.sub("\\1 × ", _INDEX.sub(r"\1\3<sub>\2\4</sub>", text(words))))


def _lines(lines: Sequence[str], kind: str | None = None) -> Markup:
    return element("pre", Markup("\n".join(map(text, lines))), class_=kind, tabindex=0)


def _cell(block: Numbers, column: int, words: str) -> Markup:
    """Words stand at the left, numbers at the right."""
    is_word = column > 0 and not block.is_number(column)
    return Cell(element("span", _signs(words))) if is_word else _signs(words)


def question_fieldset(question: Question, number: int | None = None) -> Markup:
    """The question with its choices, each with its reason; `number` among several, from 1."""
    end = "" if number is None else f"-{number}"
    rows = []
    for index, choice in enumerate(question.choices, start=1):
        verdict = element("b", "Right. " if choice.is_right else "No. ")
        box = empty("input", type="radio", name=f"answer{end}", value=index)
        rows.append(element("label", box, " ", _signs(choice.text), class_="choice"))
        rows.append(element("p", verdict, _signs(choice.why), class_="why", id=f"why{end}-{index}"))
    return element("fieldset", element("legend", _signs(question.text)), *rows, id=f"question{end}", aria_live="polite")


def _go_on(lesson: Lesson) -> Markup:
    return join([element("h2", "To go on"), command_lines(lesson.go_on)])


def _scripts(lesson: Lesson) -> Markup:
    scripts = ["kit.js", *(f"{name}.js" for name in (*lesson.tools, lesson.script))] if lesson.script else []
    names = ["question.js", *scripts]
    code = "\n".join((files("cnncli.lessons") / "web" / name).read_text(encoding="utf-8") for name in names)
    data = json.dumps(finite(lesson.data), allow_nan=False).replace("<", "\\u003c")
    return Markup(f'<script>\n"use strict";\nconst DATA = {data};\n{code}</script>\n')
