"""The lessons of `cnn learn` on the site: of each a page that can be searched, and the page with its controls."""

import re
from pathlib import Path

from click.testing import CliRunner

from cnncli.cli.main import cli
from cnncli.lessons.blocks import Asked
from cnncli.lessons.catalogue import CATALOGUE, Entry, give
from cnncli.lessons.page import lesson_page

_HEAD = """# All lessons

The lessons of `cnn learn`, computed when this site was made. Each page shows what the terminal shows; its button leads
to the same with controls: sliders, steps, a player. The command beside it makes both from your own numbers, picture
or model ([lessons.md](../lessons.md)).

| lesson | shows | points of [the lecture](../lecture.md) |
|---|---|---|
"""


def write(folder: Path, live: Path) -> None:
    """A page of Sphinx for each lesson in `folder`, and the one with controls in `live`."""
    folder.mkdir(parents=True)
    live.mkdir(parents=True)
    rows = []
    for entry in CATALOGUE:
        points = ", ".join(map(str, sorted(entry.points)))
        rows.append(f"| [{entry.name}]({entry.name}.md) | {entry.shows} | {points} |")
        (folder / f"{entry.name}.md").write_text(_page(entry), encoding="utf-8")
    for index, entry in enumerate(CATALOGUE):
        html = with_way_back(lesson_page(give(entry, Asked())), index)
        (live / f"{entry.name}.html").write_text(html, encoding="utf-8")
    names = "\n".join(f"{entry.name} <{entry.name}>" for entry in CATALOGUE)
    contents = f"\n\n```{{toctree}}\n:hidden:\n\n{names}\n```\n"
    (folder / "index.md").write_text(_HEAD + "\n".join(rows) + contents, encoding="utf-8")


def _page(entry: Entry) -> str:
    said = CliRunner().invoke(cli, ["learn", entry.name], env={"COLUMNS": "80", "NO_COLOR": "1"})
    if said.exit_code != 0:
        raise RuntimeError(f"cnn learn {entry.name}: {said.output}")
    title, _, rest = said.output.partition("\n")
    fence = "`" * 8
    return (
        f"# {title.strip()}\n\n"
        f'<p><a class="live" href="live/{entry.name}.html">Open it with its controls</a></p>\n\n'
        f"```sh\ncnn learn {entry.name}\n```\n\n"
        f"{fence}text\n{rest.strip(chr(10))}\n{fence}\n"
    )


def with_way_back(html: str, index: int) -> str:
    """The page of a lesson with links to the site, and to the lessons before and behind it."""
    links = [f'<a href="../{CATALOGUE[index].name}.html">cnncli: {CATALOGUE[index].name}</a>']
    links += ['<a href="../index.html">all lessons</a>']
    for step, word in ((-1, "before"), (1, "next")):
        if 0 <= index + step < len(CATALOGUE):
            name = CATALOGUE[index + step].name
            links.append(f'<a href="{name}.html">{word}: {name}</a>')
    style = "display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;margin:0 0 1rem;font-size:.9rem"
    bar = f'<nav aria-label="The site" style="{style}">{"".join(links)}</nav>\n'
    changed, times = re.subn("<header", bar + "<header", html, count=1)
    assert times == 1
    return changed
