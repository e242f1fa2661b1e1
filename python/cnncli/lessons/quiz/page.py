"""The quiz as one page that loads nothing: a verdict on each choice at once, and the score."""

import json
from collections.abc import Sequence
from importlib.resources import files

from cnncli.lessons.page import question_fieldset, table_block, whole_page
from cnncli.lessons.quiz.topics import Asked
from cnncli.pages.html import Markup, element

_STYLE = """
section{margin:2rem 0}section>.scroll{margin:.6rem 0}.scroll table{width:auto}
fieldset.right{border-color:var(--good)}fieldset.wrong{border-color:var(--bad)}
fieldset legend{float:left;width:100%;padding:0;margin-bottom:.4rem}legend+*{clear:both}
#score.under-way{position:sticky;bottom:0}
#score{background:var(--card);border:1px solid var(--line);border-radius:.6rem;
padding:.7rem 1rem;margin:1rem 0}#score ul{margin:.3rem 0 0;padding-left:1.2rem}
"""


def quiz_page(asked: Sequence[Asked], seed: int) -> str:
    """The whole page as HTML. Without scripts all reasons can be read."""
    sections: list[Markup | str] = [
        element("p", f"{len(asked)} questions on the lecture. The first answer to each counts; then look at the "
        "others' "
                     "reasons too."),
    ]  # fmt: skip
    for number, one in enumerate(asked, start=1):
        tables = [table_block(block) for block in one.drawn.tables]
        title = element("h2", f"{number}. {one.topic.title[:1].upper()}{one.topic.title[1:]}")
        see = element("p", "See: ", element("code", one.topic.see), class_="soft")
        sections.append(element("section", title, *tables, question_fieldset(one.drawn.question, number), see))
    sections.append(element("div", id="score", aria_live="polite"))
    again = f"cnn quiz --seed {seed + 1}"
    sections.append(element("p", "The same with other numbers: ", element("code", again)))
    data = {
        "questions": [
            {"right": one.drawn.question.right, "title": one.topic.title, "see": one.topic.see} for one in asked
        ]
    }
    code = (files("cnncli.lessons") / "web" / "quiz.js").read_text(encoding="utf-8")
    dumped = json.dumps(data, allow_nan=False).replace("<", "\\u003c")
    scripts = Markup(f'<script>\n"use strict";\nconst DATA = {dumped};\n{code}</script>\n')
    return whole_page("Quiz: eleven questions on the lecture", "cnn quiz", sections, scripts, _STYLE)
