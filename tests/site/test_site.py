"""What `python -m tools.site` is made of: turned links, pages that are made, and a check that finds dead links."""

import re
from pathlib import Path

import pytest
from tools.site import check, lessons, python_reference, stage

import cnncli
from cnncli.lessons.catalogue import CATALOGUE

ROOT = Path(__file__).parents[2]


def turned(text: str, path: str) -> tuple[str, set[str]]:
    linked: set[str] = set()
    return stage.rewritten(text, path, stage.pages(), linked), linked


def test_links_of_a_page_become_those_of_the_site() -> None:
    assert turned("[a](../README.md#speed)", "docs/cli.md")[0] == "[a](readme.md#speed)"
    assert turned("[a](docs/cli.md)", "README.md")[0] == "[a](cli.md)"
    assert turned("[a](kernels)", "docs/seeing.md")[0] == "[a](kernels/index.md)"
    assert turned("[a](gallery/README.md)", "docs/seeing.md")[0] == "[a](gallery/index.md)"
    assert turned("![a](../gallery/strip.png)", "docs/how-to/phone.md")[0] == "![a](../gallery/strip.png)"
    assert turned('<img src="docs/gallery/strip.png">', "README.md")[0] == '<img src="gallery/strip.png">'
    for same in ("[a](https://example.org)", "[a](#here)", "```sh\n[a](../README.md)\n```\n"):
        assert turned(same, "docs/cli.md")[0] == same


def test_a_link_that_shows_a_file_shows_its_title() -> None:
    title = (ROOT / "docs/lessons.md").read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
    assert turned("[lessons.md](lessons.md)", "docs/lecture.md")[0] == f"[{title}](lessons.md)"
    assert turned("[docs/lessons.md](docs/lessons.md#a)", "README.md")[0] == f"[{title}](lessons.md#a)"


def test_lessons_in_tables_become_links_and_commands_stay() -> None:
    row = "| 45 | a | `cnn learn field` | `convolution-1d`, `convolution` |"
    linked = "[`convolution-1d`](learn/convolution-1d.md), [`convolution`](learn/convolution.md)"
    assert turned(row, "docs/lecture.md")[0] == f"| 45 | a | `cnn learn field` | {linked} |"
    assert turned(row, "docs/cli.md")[0] == row


def test_a_file_that_is_no_page_becomes_one() -> None:
    text, linked = turned("[a](../examples/plugin), [`b`](../tools/gallery.py)", "docs/custom-layers.md")
    assert text == "[a](files/examples/plugin.md), [`b`](files/tools/gallery.py.md)"
    assert linked == {"examples/plugin", "tools/gallery.py"}


def test_every_page_has_its_place_on_the_front_page_or_that_of_its_folder() -> None:
    known = stage.pages()
    listed = {"docs/README.md"}
    for path in known:
        if path.endswith("README.md"):
            text = (ROOT / path).read_text(encoding="utf-8")
            names = [*stage._ROW.findall(text), *(name for _, name in stage._ENTRY.findall(text))]
            listed |= {(ROOT / path).parent.joinpath(name).resolve().relative_to(ROOT).as_posix() for name in names}
    assert set(known) - listed == set()


def test_the_reference_has_every_layer_loss_and_optimizer_and_what_cnncli_offers() -> None:
    names = python_reference.names()
    for package in (cnncli.layers, cnncli.criteria, cnncli.optim):
        classes = {name for name in package.__all__ if isinstance(getattr(package, name), type)}
        assert {f"{package.__name__}.{name}" for name in classes} <= names
    assert {"cnncli.Trainer", "cnncli.Network", "cnncli.Model", "cnncli.load", "cnncli.data.load"} <= names


def test_a_docstring_becomes_markdown() -> None:
    text = python_reference.markdown(
        """One line.
        y[i] = x[i] * w

        input : (N, 3), of *any*
            range
        p, q : float

        - `a`
        - b

        >>> 1
        1
        """
    )
    assert text == (
        "One line.\\\ny\\[i\\] = x\\[i\\] \\* w\n\n"
        "`input`\n: (N, 3), of \\*any\\* range\n\n`p, q`\n: float\n\n"
        "- `a`\n- b\n\n```pycon\n>>> 1\n1\n```\n\n"
    )


def test_a_signature_names_classes_without_their_modules() -> None:
    from cnncli.layers import Linear, MaxPool2d

    assert python_reference.signature(MaxPool2d).startswith("(kernel_size: int | tuple[int, int], stride: int |")
    assert "cnncli." not in python_reference.signature(cnncli.Trainer)
    assert "self" not in python_reference.signature(Linear.forward)


def test_a_lesson_gets_a_way_back_and_to_its_neighbours() -> None:
    html = lessons.with_way_back("<body><header>x</header></body>", 1)
    assert f'href="{CATALOGUE[0].name}.html"' in html and f'href="{CATALOGUE[2].name}.html"' in html
    assert '<a href="../index.html">all lessons</a>' in html and html.index("<nav") < html.index("<header")
    assert "before:" not in lessons.with_way_back("<header>", 0)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<a href="other.html">', ""),
        ('<a href="other.html#here">', ""),
        ('<a href="#top"><p id="top">', ""),
        ('<img src="data:image/png;base64,AA">', ""),
        ('<a href="https://example.org/listed">', ""),
        ('<a href="none.html">', "there is no such file"),
        ('<a href="other.html#there">', "there is no such place on that page"),
        ('<a href="#there">', "there is no such place on that page"),
        ('<a href="https://example.org/new">', "stands not in docs/outer-links.txt"),
        ('<img src="https://example.org/listed">', "is fetched from elsewhere"),
        ('<script src="//example.org/x.js">', "is fetched from elsewhere"),
        ('<link rel="stylesheet" href="https://example.org/listed">', "is fetched from elsewhere"),
        ('<a href="folder">', "is a folder"),
    ],
)
def test_a_link_that_leads_nowhere_is_found(body: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "other.html").write_text('<p id="here">')
    (tmp_path / "index.html").write_text(body)
    pages, faults = check.site(tmp_path, {"https://example.org/listed"})
    assert pages == 2
    assert [one.rpartition(": ")[2] for one in faults] == ([fault] if fault else [])


def test_addresses_of_the_pages_and_lessons_are_those_of_the_list() -> None:
    """But for the theme's own, whose address no page of ours has."""
    found = set()
    texts = [(ROOT / path).read_text(encoding="utf-8") for path in stage.pages()]
    texts += [path.read_text(encoding="utf-8") for path in (ROOT / "python/cnncli/lessons").glob("*.py")]
    for text in texts:
        found |= set(re.findall(r"https?://[^\s)\"'`<>\]\\]+", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)))
    found.discard("https://...")
    outer = check.outer_links()
    assert found - outer == set(), "put new ones into docs/outer-links.txt"
    assert outer - found == {"https://github.com/pradyunsg/furo"}, "take out what nobody names"
    assert all(re.fullmatch(r"https?://[\w.-]+(/\S*)?", address) for address in outer)
