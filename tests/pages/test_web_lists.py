"""What the page of a network computes with has each kind of node, and each element-wise function, that the core has."""

import re
from pathlib import Path

import pytest

from cnncli import _core

ROOT = Path(__file__).parents[2]
WEB = ROOT / "python" / "cnncli" / "pages" / "web"
NEW = "docs/add-a-layer.md says what a new one needs"


def keys(file: str, table: str) -> list[str]:
    """Of a table of the JavaScript: `const TABLE = {`, a row a line."""
    text = (WEB / file).read_text(encoding="utf-8")
    body = re.search(rf"^const {table} = {{\n(.*?)^}};", text, re.MULTILINE | re.DOTALL)[1]
    return re.findall(r"^    (\w+):", body, re.MULTILINE)


def kinds() -> set[str]:
    """Of nodes, but for those that fusion makes and those that run Python."""
    text = (ROOT / "cpp" / "program" / "kinds_list.h").read_text(encoding="utf-8")
    found = re.findall(r"^CNN_KIND(?:_OF_LANES)?\(\w+, (\w+), \w+\)$", text, re.MULTILINE)
    return set(found) - {"custom"}


def test_each_function_of_the_core_has_a_formula_in_javascript() -> None:
    assert keys("values.js", "ACTIVATIONS") == list(_core.activation_functions()), f"pages/web/values.js; {NEW}"


def test_each_kind_of_node_runs_in_javascript() -> None:
    assert len(kinds()) > 20
    assert set(keys("kinds.js", "KINDS")) == kinds(), f"pages/web/kinds.js; {NEW}"


@pytest.mark.parametrize("found", [
    keys("explain.js", "READS"), re.findall(r'case "(\w+)":', (WEB / "explain.js").read_text(encoding="utf-8")),
], ids=["READS", "formulaOf"])  # fmt: skip
def test_what_is_explained_is_a_kind_of_node(found: list[str]) -> None:
    assert len(found) > 10 and set(found) <= kinds()
