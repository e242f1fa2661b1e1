"""What `cnn predict` says of pictures whose class is told: how many of its answers are right."""

from typing import Any

import pytest

from cnncli.cli.answers import Answer, Right, Tally, _Classes
from cnncli.cli.pictures_named import NamedPicture
from cnncli.cli.predict import _right_line
from cnncli.cli.render_predict import _facts


def answer(label: str, told: str | None, sure: bool = True, **facts: Any) -> Answer:
    shares = {"cat": [0.75, 0.25], "dog": [0.25, 0.75]}.get(label, [])
    picture = NamedPicture("a.png", "a.png", told=told, teller="folder name")
    return Answer(picture, label=label, probabilities=shares, sure=sure, told=told, **facts)


def counted(*answers: Answer) -> Right | None:
    tally = Tally(["cat", "dog"])
    for one in answers:
        tally.add(one)
    return tally.right


def test_right_answers_are_counted_among_those_that_are_sure_and_best_guesses_among_the_others() -> None:
    sure = [answer("cat", "cat"), answer("dog", "dog"), answer("dog", "cat")]
    unsure = [answer("cat", told, sure=False) for told in ("cat", "dog", "dog", "dog")]
    assert counted(*sure, *unsure) == Right(2, 3, 1, 4, "folder name")
    assert counted(*sure) == Right(2, 3, 0, 0, "folder name")
    no_glyph, unread = answer("", "cat", error="none"), answer("", "cat", error="none", is_read=False)
    assert counted(*sure, no_glyph, unread) == Right(2, 4, 0, 0, "folder name")
    assert counted(*sure, answer("cat", None)) is None and counted() is None


@pytest.mark.parametrize(("found", "unread", "line"), [
    (Right(55, 120, 0, 0, "folder name"), 0, "by folder name: 55 of 120 right (45.83 %)"),
    (Right(8, 21, 47, 99, "the list"), 0,
     "by the list: 8 of 21 answers right (38.10 %); best guess right for 47 of 99 not sure (47.47 %)"),
    (Right(0, 0, 1, 2, "the list"), 3,
     "by the list: best guess right for 1 of 2 not sure (50.00 %); 3 that cannot be read not counted"),
])  # fmt: skip
def test_the_line_on_right_answers_keeps_those_that_are_not_sure_apart(found: Right, unread: int, line: str) -> None:
    assert _right_line(found, unread) == line


def test_json_says_what_was_told_and_whether_the_answer_or_the_best_guess_is_right() -> None:
    names = ["cat", "dog"]
    facts = _facts(answer("cat", "dog"), names)
    assert (facts["label"], facts["class"], facts["right"]) == ("cat", "dog", False)
    facts = _facts(answer("cat", "cat", sure=False), names)
    assert (facts["label"], facts["best_guess"], facts["best_guess_right"]) == ("not sure", "cat", True)
    assert "right" not in facts and not {"class", "right"} & set(_facts(answer("cat", None), names))
    assert _facts(answer("", "cat", error="none"), names) == {"file": "a.png", "error": "none"}


def test_classes_are_told_in_any_case_where_no_two_differ_in_it_alone() -> None:
    known = _Classes(["Cat", "dog"])
    assert [known.of(told) for told in ("cat", "DOG", "emu", None)] == ["Cat", "dog", None, None]
    assert [_Classes(["Cat", "cat"]).of(told) for told in ("cat", "CAT")] == ["cat", None]
