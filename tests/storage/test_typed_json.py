"""Values of another type than their field are refused, and named."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from cnncli.errors import FormatError
from cnncli.storage.typed_json import from_json


@dataclass
class Example:
    count: int
    rate: float
    name: str
    target: float | None = None
    shares: list[float] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    is_on: bool = False
    size: tuple[int, int] | None = None


GOOD = {"count": 3, "rate": 0.5, "name": "a"}


def test_fields_are_taken_and_left_out() -> None:
    assert from_json(Example, GOOD) == Example(3, 0.5, "a")
    more = {"target": None, "shares": [1, 0.5], "history": [{"epoch": 1}], "is_on": True, "rate": 2}
    assert from_json(Example, GOOD | more) == Example(3, 2, "a", None, [1, 0.5], [{"epoch": 1}], True)
    assert from_json(Example, GOOD | {"size": [28, 32]}).size == (28, 32)


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([], "is []; it must be an object"),
        ({"count": 3, "rate": 0.5}, "has no name"),
        (GOOD | {"more": 1}, 'has the unknown key "more"'),
        (GOOD | {"count": 3.0}, "has count = 3.0; use a whole number"),
        (GOOD | {"count": True}, "has count = true; use a whole number"),
        (GOOD | {"rate": "fast"}, 'has rate = "fast"; use a number'),
        (GOOD | {"rate": float("nan")}, "has rate = nan; use a number"),
        (GOOD | {"rate": float("inf")}, "has rate = inf; use a number"),
        (GOOD | {"name": None}, "has name = None; use a text"),
        (GOOD | {"target": "x"}, 'has target = "x"; use a number or null'),
        (GOOD | {"shares": [1, "x"]}, 'has shares = [1, "x"]; use a list of a number'),
        (GOOD | {"history": [1]}, "has history = [1]; use a list of an object"),
        (GOOD | {"size": [28]}, "has size = [28]; use a list of 2 values, each a whole number or null"),
        (GOOD | {"size": [28, 0.5]}, "has size = [28, 0.5]; use a list of 2 values, each a whole number or null"),
        (GOOD | {"is_on": 1}, "has is_on = 1; use true or false"),
    ],
)
def test_other_values_are_named(values: Any, line: str) -> None:
    with pytest.raises(FormatError) as caught:
        from_json(Example, values)
    assert str(caught.value) == line


@dataclass
class Noted:
    words: tuple[str, ...]
    facts: dict[str, Any]
    whatever: Any = None
    list_of_all: list[Any] = field(default_factory=list)


def test_tuples_objects_and_anything_are_taken() -> None:
    assert from_json(Noted, {"words": ["a", "b"], "facts": {"x": 1}}) == Noted(("a", "b"), {"x": 1})
    assert from_json(Noted, {"words": [], "facts": {}, "whatever": [1, "x"]}) == Noted((), {}, [1, "x"])


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"words": ["a", 1], "facts": {}}, 'has words = ["a", 1]; use a list of a text'),
        ({"words": "ab", "facts": {}}, 'has words = "ab"; use a list of a text'),
        ({"words": [], "facts": []}, "has facts = []; use an object"),
    ],
)
def test_tuples_and_objects_of_other_types_are_named(values: Any, line: str) -> None:
    with pytest.raises(FormatError) as caught:
        from_json(Noted, values)
    assert str(caught.value) == line


def test_all_fields_have_to_be_there_where_all_are_asked_for() -> None:
    every = {"words": [], "facts": {}, "whatever": 1, "list_of_all": []}
    assert from_json(Noted, every, complete=True) == Noted((), {}, 1, [])
    for left_out in every:
        with pytest.raises(FormatError) as caught:
            from_json(Noted, {name: value for name, value in every.items() if name != left_out}, complete=True)
        assert str(caught.value) == f"has no {left_out}; it needs words, facts, whatever, list_of_all"
    with pytest.raises(FormatError) as caught:
        from_json(Noted, every | {"more": 1}, complete=True)
    assert str(caught.value) == 'has the unknown key "more"; it has words, facts, whatever, list_of_all'
