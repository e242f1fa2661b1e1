"""What the pages of the repository point at is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted(page.relative_to(ROOT).as_posix() for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


def leads_to_a_heading(page: Path, link: str) -> bool:
    """Whether the page that is linked to has a heading of that name, as GitHub and the site name them."""
    file, _, anchor = link.partition("#")
    target = (page.parent / file).read_text(encoding="utf-8") if file else page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", target, re.MULTILINE)
    return anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", PAGES)
def test_links_and_paths_of_a_page_exist(name: str) -> None:
    page = ROOT / name
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)  # no code
    links = [link for link in re.findall(r"\]\(([^)\s#]+)", text) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []
    anchors = [link for link in re.findall(r"\]\(([^)\s]*#[^)\s]+)", text) if "://" not in link]
    assert [link for link in anchors if not leads_to_a_heading(page, link)] == []
    paths = re.findall(r"`((?:tests|tools|docs|python|cpp|models|benchmarks|fuzz)/[\w./-]+)`", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", PAGES)
def test_tests_that_a_page_names_are_there(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)
    assert name != "docs/kinds.md" or len(named) > 40
    missing = [test for file, test in named if f"def {test}(" not in (ROOT / file).read_text(encoding="utf-8")]
    assert missing == []
