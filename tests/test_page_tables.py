"""tools/page_tables.py: what a tool writes into a page stands between its own marks, and nothing else changes."""

import re
from pathlib import Path

import pytest
from tools.page_tables import END, made_lines, with_made_lines

ROOT = Path(__file__).parents[1]
PAGE = f"a {END}\n<!-- made by one -->\n1\n{END}\nb\n<!-- made by two -->\n2\n\n3\n{END}\nc {END}\n"


def test_lines_are_read_and_written_between_their_own_marks() -> None:
    assert (made_lines(PAGE, "one"), made_lines(PAGE, "two")) == ("1\n", "2\n\n3\n")
    for new in ("new", "new\n"):
        assert with_made_lines(PAGE, "two", new) == PAGE.replace("2\n\n3\n", "new\n")
    assert with_made_lines(PAGE, "one", "2\n\n3") == PAGE.replace("1\n", "2\n\n3\n")
    assert with_made_lines(PAGE, "two", made_lines(PAGE, "two")) == PAGE


@pytest.mark.parametrize("page", [
    "nothing", "<!-- made by two -->\n1\n", f"<!-- made by two -->\n1\n<!-- made by one -->\n2\n{END}\n",
    f"<!-- made by two -->{END}\n", f"{END}\n<!-- made by two -->\n",
])  # fmt: skip
def test_a_mark_that_is_missing_is_told(page: str) -> None:
    with pytest.raises(SystemExit, match=f"^the page has no <!-- made by two --> ... {END}$"):
        with_made_lines(page, "two", "new")


def test_each_mark_of_the_pages_has_its_end_and_names_a_tool() -> None:
    tools = []
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        page = path.read_text(encoding="utf-8")
        made = re.findall(r"<!-- made by (.*?) -->", page)
        assert page.count(END) == len(made), path
        for tool in made:
            assert (ROOT / tool).exists() and made_lines(page, tool).strip(), (path, tool)
        tools += made
    assert len(set(tools)) >= 7
