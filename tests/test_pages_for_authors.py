"""The pages for those who add to the program name files that are there, and show lines that stand in them."""

import re
from pathlib import Path

import pytest

from cnncli.training_options import OPTIMIZERS

ROOT = Path(__file__).parents[1]
PAGES = ("add-an-optimizer.md",)


@pytest.mark.parametrize("name", PAGES)
def test_page_names_files_that_exist_and_shows_their_lines(name: str) -> None:
    page = (ROOT / "docs" / name).read_text()
    files = re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)
    assert len(files) == 3
    sources = "".join((ROOT / file).read_text() for file in files)
    shown = re.findall(r"```(?:cpp|python)\n(.*?)```", page, re.DOTALL)
    assert len(shown) >= 2
    for lines in shown:
        assert lines in sources
    for file in re.findall(r"`((?:tests|tools|docs|python|cpp)/[\w./]+)`", page):
        assert (ROOT / file).exists(), file


def test_no_other_file_of_the_product_names_an_optimizer() -> None:
    """What the page promises: the folder, the list of rules and the table of cases are all."""
    allowed = {"optim/__init__.py", "_core.pyi"}  # the first tells editors only
    for path in sorted((ROOT / "python" / "cnncli").rglob("*.py")):
        place = path.relative_to(ROOT / "python" / "cnncli").as_posix()
        if place in allowed or place.startswith("optim/"):
            continue
        for name in set(OPTIMIZERS) - {"sgd", "rmsprop"}:  # the table of options says whose --momentum is
            assert not re.search(rf"\b{name}\b", path.read_text()), f"{place} names {name}"


def test_page_for_contributors_names_what_is_there() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text()
    assert "(CONTRIBUTING.md)" in (ROOT / "README.md").read_text()
    named = re.findall(r"(?<![\w./])(?:tests|tools|docs|cpp|\.ci)/[\w./-]*\w", page)
    assert len(named) > 10
    for file in named:
        assert (ROOT / file).exists(), file
    for module in re.findall(r"-m ((?:tools|fuzz)\.\w+)", page):
        assert (ROOT / module.replace(".", "/")).with_suffix(".py").exists(), module
    headings = re.findall(r"^#+ (.+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}
    assert set(re.findall(r"README\.md#([\w-]+)", page)) <= anchors
