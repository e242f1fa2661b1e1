"""Labels as classes: their order, what is told of them and what is refused, each rule at its limit."""

import numpy as np
import pytest

from cnncli.data.classes import check_count, check_names, class_notes, label_order, number_classes, number_whole
from cnncli.data.dataset import MAX_CLASSES, Note
from cnncli.errors import DataError


def texts(notes: list[Note]) -> list[str]:
    return [note.text for note in notes]


def test_numbers_come_by_their_value_and_before_words() -> None:
    """A number has up to 18 digits and 9 behind the point, perhaps a sign; what is longer is sorted as text."""
    nines, digits = "9" * 18, "0." + "1" * 9
    ordered = ["-2", "+0", digits, "2", "10.5", "11", nines, "0." + "1" * 10, "1.", "1" * 19, "x"]
    backwards = ordered[::-1]
    assert sorted(backwards, key=label_order) == ordered
    assert label_order(nines) == (False, float(nines), nines) and label_order("1" * 19)[0]


def test_floats_that_are_all_whole_lose_their_points() -> None:
    names, parts, notes = number_classes("w", {"train": ["10.0", "2.", "10.00"], "test": ["2.0"]})
    assert (names, parts["train"].tolist(), parts["test"].tolist()) == (["2", "10"], [1, 0, 1], [0])
    assert texts(notes) == [
        "converted: labels such as 10.0 to whole numbers", "classes: 2 labels from 2 to 10, kept as their names",
    ]  # fmt: skip
    kept, _, notes = number_classes("w", {"train": ["10.0", "2.0", "10"]})
    assert kept == ["2.0", "10", "10.0"] and texts(notes) == []
    assert number_classes("w", {"train": []})[0] == []


def test_letters_with_accents_that_are_written_in_two_ways_are_one_of_which_ten_are_told() -> None:
    one, two = "é", "e\u0301"
    names, parts, notes = number_classes("w", {"train": [one, two, "e"], "test": [two]})
    assert (names, parts["train"].tolist(), parts["test"].tolist()) == (["e", one], [1, 1, 0], [1])
    assert texts(notes) == [f"classes: {one} is written in two ways, and is one"]
    alone, _, notes = number_classes("w", {"train": [two]})
    assert alone == [one] and texts(notes) == []
    many = [f"{letter}{number:02}" + "x" * 90 for number in range(12) for letter in (one, two)]
    told = texts(number_classes("w", {"train": many})[2])
    assert told == [f"classes: {one}{number:02}{'x' * 77} is written in two ways, and is one" for number in range(10)]


@pytest.mark.parametrize(("names", "pictures", "fractions", "are_measures"), [
    (11, 21, 11, True), (11, 22, 11, False), (10, 10, 10, False), (12, 12, 7, True), (12, 12, 6, False),
])  # fmt: skip
def test_fractions_of_which_most_pictures_have_their_own_are_no_classes(
    names: int, pictures: int, fractions: int, are_measures: bool
) -> None:
    labels = [f"{number}.5" if number < fractions else f"w{number}" for number in range(names)]
    given = {"train": (labels * 2)[: pictures - 1], "test": labels[-1:]}
    if not are_measures:
        assert len(number_classes("w", given)[0]) == names
        return
    with pytest.raises(DataError) as caught:
        number_classes("w", given)
    assert str(caught.value) == (
        f"w: {names} different labels for {pictures} pictures, such as 0.5: numbers to be measured, and no classes; "
        "pass --label-column NAME for another column, or sort them into classes"
    )


def test_most_classes_are_65536() -> None:
    assert MAX_CLASSES == 65_536
    check_count("w", 65_536)
    with pytest.raises(DataError, match=r"^w: 65,537 different labels; at most 65,536 classes are possible$"):
        check_count("w", 65_537)
    with pytest.raises(DataError, match="65,537 different"):
        number_whole("w", {"train": np.arange(65_537)})


def test_names_that_no_line_can_show_are_refused() -> None:
    with pytest.raises(DataError, match=r"^w: holds a label that is empty; give each picture one$"):
        check_names("w", ["a", " "])
    with pytest.raises(DataError) as caught:
        check_names("w", ["x" * 90 + "\n"])
    assert str(caught.value) == f"w: label '{'x' * 80}' holds control characters; use printable ones"


@pytest.mark.parametrize(("names", "told"), [
    (["0", "1", "2"], []), (["1", "2"], ["classes: 2 labels from 1 to 2, kept as their names"]),
    (["7"], ["classes: the label 7, kept as their names"]),
    (["0", "2"], ["classes: 2 labels from 0 to 2, kept as their names"]),
    (["0"], []), (["0", "x"], []), ([], []), (["-1", "1"], []),
    (["1" * 18], [f"classes: the label {'1' * 18}, kept as their names"]), (["1" * 19], []),
])  # fmt: skip
def test_numbers_that_do_not_count_from_0_are_told(names: list[str], told: list[str]) -> None:
    assert texts(class_notes(names)) == told


def test_first_two_classes_that_differ_in_case_only_are_told() -> None:
    assert texts(class_notes(["A", "B", "a", "b "])) == ["classes: A and a differ in case only, and are two"]
    assert texts(class_notes(["B", "b "])) == ["classes: B and b  differ in case only, and are two"]
    long = "x" * 90
    assert texts(class_notes([long, long.upper()])) == [
        f"classes: {'x' * 80} and {'X' * 80} differ in case only, and are two"
    ]


def test_ten_classes_without_images_are_named_in_their_order() -> None:
    def told(count: int) -> Note:
        [note] = class_notes(["a"], ["a", *(str(number) for number in range(count))])
        return note

    assert (told(1).text, told(1).counts) == ("class 0: no images, left out", {"no images": 1})
    ten = "classes 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert told(10).text == f"{ten}: no images, left out"
    assert (told(11).text, told(11).counts) == (f"{ten} and 1 more: no images, left out", {"no images": 11})
    assert told(12).text == f"{ten} and 2 more: no images, left out"
    assert class_notes(["a"], ["a"]) == []
    assert texts(class_notes(["b"], ["x" * 90])) == [f"class {'x' * 80}: no images, left out"]
