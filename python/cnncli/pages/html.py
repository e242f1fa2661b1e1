"""The pieces that all pages are made of. What comes from files is escaped here, and nowhere else."""

from collections.abc import Iterable, Sequence
from html import escape

from cnncli.pages.style import STYLE
from cnncli.shown import printable

# The page may load nothing, and run nothing, whatever a name in it says.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


class Markup(str):
    """Text that is HTML already; all other text is escaped where it meets HTML."""


class Words(Markup):
    """A cell of a table that is no number."""


def text(value: object) -> Markup:
    """A value as HTML: escaped, and without what steers a line of text, such as signs that change its direction.

    >>> text("a<b> & \\u202ec")
    'a&lt;b&gt; &amp; \\\\u202ec'
    """
    return value if isinstance(value, Markup) else Markup(escape(printable(str(value)), quote=True))


def element(name: str, /, *children: object, **attributes: object) -> Markup:
    """An element; `class_` stands for class, `aria_label` for aria-label; attributes that are None are left out.

    >>> element("p", "a < b", class_="note", id=None)
    '<p class="note">a &lt; b</p>'
    """
    inside = "".join(map(text, children))
    return Markup(f"<{name}{_attributes(attributes)}>{inside}</{name}>")


def empty(name: str, /, **attributes: object) -> Markup:
    """An element without an end."""
    return Markup(f"<{name}{_attributes(attributes)}>")


def _attributes(attributes: dict[str, object]) -> str:
    words = ((name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items() if value is not None)
    return "".join(f' {name}="{text(value)}"' for name, value in words)


def join(parts: Iterable[Markup]) -> Markup:
    """One after the other."""
    return Markup("".join(parts))


def table(
    caption: str, heads: Sequence[object], rows: Iterable[Sequence[object]], foot: Iterable[Sequence[object]] = ()
) -> Markup:
    """A table whose first cell of a row is its name; the others are numbers. It scrolls where it is too wide."""
    def line(row: Sequence[object]) -> Markup:
        first, *rest = row
        cells = (element("td", cell, class_=_kind(cell)) for cell in rest)
        return element("tr", element("th", first, scope="row"), *cells)

    head = element("tr", *(element("th", cell, scope="col", class_=_kind(cell)) for cell in heads))
    below = list(map(line, foot))
    content = element(
        "table",
        element("caption", caption),
        element("thead", head),
        element("tbody", *map(line, rows)),
        *([element("tfoot", *below)] if below else []),
    )
    return scrolling(content, caption)


def _kind(cell: object) -> str | None:
    return "words" if isinstance(cell, Words) else None


def scrolling(content: Markup, label: str) -> Markup:
    """What may be wider than the screen: it scrolls by itself, with the keyboard too."""
    return element("div", content, class_="scroll", tabindex=0, role="region", aria_label=label)


def facts(rows: Iterable[tuple[str, object]]) -> Markup:
    """Names with their values; a row without a name goes on with the one above."""
    parts: list[Markup] = []
    for name, value in rows:
        parts += [element("dt", name)] if name else []
        parts.append(element("dd", value))
    return element("dl", *parts, class_="facts")


def command_line(words: str) -> Markup:
    """A command, whose options are not broken at their dashes.

    >>> command_line("cnn train --lr 0.1")
    '<pre class="command"><span>cnn</span> <span>train</span> <span>--lr</span> <span>0.1</span></pre>'
    """
    parts = (element("span", word) for word in words.split(" "))
    return element("pre", Markup(" ".join(parts)), class_="command")


def command_lines(lines: Sequence[str]) -> Markup:
    """Commands below each other, some with a comment: what does not fit goes on below the beginning of its line.

    >>> command_lines(["cnn --help  # all"])
    '<pre class="command" tabindex="0"><span class="line"><span>cnn</span> <span>--help</span>  # all\\n</span></pre>'
    """
    parts = []
    for line in lines:
        command, mark, comment = line.partition("#")
        words = command.rstrip().split(" ")
        gap = command[len(command.rstrip()) :]
        inside = Markup(" ".join(element("span", word) for word in words if word))
        parts.append(element("span", inside, f"{gap}{mark}{comment}", Markup("\n"), class_="line"))
    return element("pre", *parts, class_="command", tabindex=0)


def unbroken(words: str) -> Markup:
    """Words that stay in one line, such as a number and its unit.

    >>> unbroken("84.7 %")
    '<span class="unbroken">84.7 %</span>'
    """
    return element("span", words, class_="unbroken")


def section(title: str, anchor: str, *content: object) -> Markup:
    """A part of the page, which the list at its top leads to."""
    return element(
        "section", element("h2", title, id=f"{anchor}-title"), *content, id=anchor, aria_labelledby=f"{anchor}-title"
    )


def page(title: str, lead: Sequence[object], sections: Sequence[tuple[str, str, Sequence[object]]], end: str) -> str:
    """A whole page.

    lead : below the title
    sections : (title, anchor, content) of each
    end : the last line
    """
    links = [element("li", element("a", name, href=f"#{anchor}")) for name, anchor, _ in sections]
    body = [
        element("a", "To the content", href="#content", class_="skip"),
        element("header", element("h1", title), *lead, element("nav", element("ul", *links), aria_label="Parts")),
        element("main", *(section(name, anchor, *content) for name, anchor, content in sections), id="content"),
        element("footer", element("p", end)),
    ]
    head = [
        empty("meta", charset="utf-8"),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        empty("meta", name="viewport", content="width=device-width, initial-scale=1"),
        empty("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", Markup(STYLE)),
    ]
    inside = f"<head>{join(head)}</head>\n<body>\n" + "\n".join(body) + "\n</body>"
    return f'<!doctype html>\n<html lang="en">\n{inside}\n</html>\n'
