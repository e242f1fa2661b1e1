"""The list of lessons: its points are those of the lecture, its rows those of the page of lessons."""

import re
from pathlib import Path

import pytest

from cnncli.errors import UsageError
from cnncli.lessons.blocks import Asked
from cnncli.lessons.catalogue import CATALOGUE, find_entry, give

ROOT = Path(__file__).parents[2]


def rows(page: str) -> list[list[str]]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
    ]


def test_the_lessons_of_a_point_of_the_lecture_are_those_that_explain_it() -> None:
    points = [row for row in rows("lecture.md") if row[0].isdigit()]
    assert [int(row[0]) for row in points] == list(range(1, 58))
    for number, _, _, lessons in points:
        told = re.findall(r"`([^`]+)`", lessons)
        assert told == [entry.name for entry in CATALOGUE if int(number) in entry.points], f"point {number}"


def test_the_page_of_the_lessons_lists_them() -> None:
    for entry in CATALOGUE:
        takes = ", ".join(f"`--{option}`" for option in entry.takes)
        [row] = [row for row in rows("lessons.md") if row[0] == f"`{entry.name}`"]
        assert row[1:3] == [entry.shows, takes] and bool(row[3]) == entry.animated


def test_a_lesson_is_found_by_its_name_in_any_case_and_told_what_it_takes() -> None:
    assert find_entry("LeNet5").name == "lenet5" and find_entry("learn-a-mask").module == "learned_mask"
    for name, said in (("descend", "did you mean descent"), ("qqq", "cnn learn lists them")):
        with pytest.raises(UsageError, match=said):
            find_entry(name)
    with pytest.raises(UsageError, match=r"no use for it; it takes --rate$"):
        give(find_entry("descent"), Asked(seed=2))
    assert give(find_entry("descent"), Asked(rate=0.1)).name == "descent"
