"""What `cnn data` prints of facts, faults and images that are put together by hand."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cnncli.cli import render_data, render_inspection
from cnncli.cli.render import stdout_console
from cnncli.data import Split
from cnncli.data.facts import DataFacts
from cnncli.data.inspection.inspection import DataFinding
from cnncli.data.preparation.picture_cache import CacheFacts
from printed import printed, squeezed

FACTS = DataFacts(
    name="pets", source="a folder", licence="", files=["x", "y"], train=1_200, validation=0, test=7,
    class_counts=[("cat", 1_000, 0, 4), ("a dog", 200, 0, 3)], shape=(1, 28, 32), polarity="any", preparation="plain",
    notes=["one", "two"], mean=(0.5,), std=(0.25,), digest="ab12",
)  # fmt: skip


def test_facts_of_a_data_set_and_a_bar_for_each_class() -> None:
    lines = printed(render_data.show_facts, FACTS)
    assert squeezed(lines) == [
        "pets", "images 1,200 to train, 7 to test", "shape 1x28x32 (grey)", "mean 0.5000 of pixels from 0 to 1",
        "std 0.2500", "source a folder", "files x", "y", "sha256 ab12 of names, images and labels", "notes one", "two",
        "", "class train test", "cat 1,000 4 " + "#" * 24, "a dog 200 3 " + "#" * 5,
    ]  # fmt: skip
    assert lines[12:14] == ["class  train  test", "cat    1,000     4  " + "#" * 24]


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"licence": "CC0"}, "licence CC0"),
        ({"shape": (3, 5, 5)}, "shape 3x5x5 (RGB)"),
        ({"shape": (2, 5, 5)}, "shape 2x5x5 (2 channels)"),
        ({"polarity": "dark-on-light"}, "shape 1x28x32 (grey), dark on light"),
        ({"validation": 5}, "images 1,200 to train, 5 for validation, 7 to test"),
        ({"validation": 5}, "class train validation test"),
        ({"train": 0, "class_counts": [("cat", 0, 0, 4), ("dog", 0, 0, 1)]}, "dog 1 " + "#" * 6),
        ({"train": 0, "class_counts": [("cat", 0, 0, 4), ("dog", 0, 0, 1)]}, "class test"),
        ({"mean": (0.5, 0.25), "std": (0.5, 0.125)}, "mean 0.5000, 0.2500 of pixels from 0 to 1"),
    ],
)
def test_a_line_for_what_is_there(changed: dict[str, Any], line: str) -> None:
    assert line in squeezed(printed(render_data.show_facts, dataclasses.replace(FACTS, **changed)))


@pytest.mark.parametrize(
    ("columns", "validation", "width"), [(40, 0, 15), (48, 0, 23), (50, 0, 24), (44, 9, 7), (40, 9, 6), (38, 9, 6)]
)
def test_bars_have_the_room_that_is_left_and_at_least_six_characters(columns: int, validation: int, width: int) -> None:
    """Names have 5 letters, two columns of 7 and one of 10, each with 2 spaces before it, as the bars have."""
    for other in ("a dog", "dog"):  # "class" has 5 letters, too
        counts = [("cat", 1_000, 0, 4), (other, 200, 0, 3)]
        facts = dataclasses.replace(FACTS, validation=validation, class_counts=counts)
        lines = printed(render_data.show_facts, facts, columns=columns)
        (bar,) = [line for line in lines if line.startswith("cat")]
        assert bar.count("█") == min(width, columns - bar.index("█"))


def test_of_more_than_64_classes_the_largest_ten_and_the_smallest_twenty_are_shown() -> None:
    def rows(count: int) -> list[str]:
        counts = [(f"n{number}", 0, 1 + (number * 7) % count, 0) for number in range(count)]
        facts = dataclasses.replace(FACTS, train=0, validation=99, test=0, class_counts=counts)
        lines = squeezed(printed(render_data.show_facts, facts))
        return [line.removesuffix("#").rstrip("#") for line in lines[lines.index("class validation") + 1 :]]

    assert len(rows(64)) == 64 and rows(64)[1] == "n1 8 "
    many = rows(65)
    assert [row.split()[1] for row in many[:10]] == [str(number) for number in range(65, 55, -1)]
    assert many[10] == "and 35 more"
    assert [row.split()[1] for row in many[11:]] == [str(number) for number in range(20, 0, -1)]


def test_json_has_a_row_for_each_class_and_validation_where_there_is_some() -> None:
    assert render_data.facts_json(FACTS)["classes"][0] == {"class": "cat", "train": 1_000, "test": 4}
    assert "class_counts" not in render_data.facts_json(FACTS) and render_data.facts_json(FACTS)["digest"] == "ab12"
    held = render_data.facts_json(dataclasses.replace(FACTS, validation=1))
    assert held["classes"][1] == {"class": "a dog", "train": 200, "validation": 0, "test": 3}


def test_the_cache_is_one_line() -> None:
    facts = CacheFacts(Path("c"), 2, 1, 3_000_000, 2_000_000_000)
    assert render_data.cache_line(facts, False) == "c: 1 prepared picture, 3.0 MB of at most 2.0 GB"
    assert render_data.cache_line(facts, True) == "c: emptied, it held 1 prepared picture, 3.0 MB"
    assert render_data.cache_json(facts, True)["folder"] == "c" and render_data.cache_json(facts, True)["cleared"]


@pytest.mark.parametrize(
    ("side", "asked", "screen", "each", "shown"),
    [
        (28, None, None, 14, 6),  # into a file 100 characters, 2 of them for the name: 98 / 15
        (8, None, None, 8, 10),
        (4, None, None, 4, 10),
        (28, 6, None, 14, 6),
        (28, 7, None, 13, 7),
        (28, 12, None, 7, 12),  # 98 / 8
        (28, 60, None, 1, 49),  # 98 / 2
        (28, None, 40, 14, 2),
        (28, 3, 40, 11, 3),
    ],
)
def test_a_sheet_is_as_wide_as_there_is_room(
    side: int, asked: int | None, screen: int | None, each: int, shown: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    split = Split(np.full((70, 1, side, side), 255, np.uint8), np.zeros(70, np.int64))
    lines = printed(render_data.show_sheet, split, ["a"], asked, None, "light-on-dark", columns=screen)
    assert lines[0] == "a " + " ".join(["@" * each] * shown)
    dark = printed(render_data.show_sheet, split, ["a"], asked, None, "dark-on-light", columns=screen)
    assert "@" not in "".join(dark)


@pytest.mark.parametrize(("shape", "letters"), [((4, 28), 14), ((28, 4), 2), ((28, 6), 3)])
def test_of_images_that_are_no_squares_the_longer_side_is_14_characters(
    shape: tuple[int, int], letters: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    split = Split(np.full((70, 1, *shape), 255, np.uint8), np.zeros(70, np.int64))
    lines = printed(render_data.show_sheet, split, ["a"], None, None, "light-on-dark")
    assert lines[0] == "a " + " ".join(["@" * letters] * 6)


def test_a_sheet_tells_how_many_classes_it_leaves_out() -> None:
    split = Split(np.zeros((1, 1, 4, 4), np.uint8), np.zeros(1, np.int64))
    for count, last in ((64, False), (65, True)):
        lines = printed(render_data.show_sheet, split, ["a"] * count, 1, None, "any")
        assert (lines[-1] == "64 of 65 classes are shown") is last


class Looks(SimpleNamespace):
    def __len__(self) -> int:
        return len(self.label)


def names(folder: Path) -> render_inspection.Names:
    """Pictures 0 to 5 of classes cat and dog: four of the training, one of validation and one of the test."""
    files = [f"{folder}/pets/{number}.png" for number in range(5)] + ["test image 1"]
    looks: Any = Looks(label=np.array([0, 1, 0, 1, 0, 1]), part=np.array([0, 0, 0, 0, 1, 2]), names=files.__getitem__)
    return render_inspection.Names(looks, ["cat", "dog"], str(folder / "pets"))


def test_pictures_are_named_as_seen_from_the_folder_of_their_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = names(tmp_path)  # a place that is not there: its folder
    assert (named(0), named(5), named.label(1), named.part(5)) == ("pets/0.png", "test image 1", "dog", "test")
    (tmp_path / "pets").mkdir()
    monkeypatch.chdir(tmp_path)
    assert names(Path())(0) == "0.png" and (tmp_path / "pets").is_dir()
    assert names(tmp_path)(0) == "0.png" and render_inspection._below("/a/", "/b/c.png") == "/b/c.png"


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ([], "none"),
        ([((28, 32), 5)], "all 28x32"),
        ([((2, 3), 1_000), ((1, 9), 2), ((5, 1), 1)], "2x3 (1,000), 1x9 (2), 5x1 (1)"),
        (
            [((2, 3), 1_000), ((1, 9), 2), ((4, 4), 1), ((5, 1), 1)],  # 6, 9, 16 and 5 pixels
            "4 different, 5x1 to 4x4; most often 2x3 (1,000)",
        ),
    ],
)
def test_sizes_are_listed_or_summed_up(sizes: list[Any], words: str) -> None:
    assert render_inspection._sizes(SimpleNamespace(sizes=sizes)) == words  # type: ignore[arg-type]


def test_colours_are_counted_where_there_are_two_kinds() -> None:
    def told(**colours: int) -> str:
        return render_inspection._colours(SimpleNamespace(colours=colours))  # type: ignore[arg-type]

    assert (told(grey=5), told(grey=1_200, coloured=3)) == ("all grey", "1,200 grey, 3 coloured")


@pytest.mark.parametrize(
    ("words", "width", "line"),
    [
        (["aa", "bb", "cc"], 10, "aa, bb, cc"),
        (["aa", "bb", "cc"], 9, "aa and 2 more"),
        (["aa", "bb", "c" * 20], 17, "aa, bb and 1 more"),
        (["aa", "bb", "c" * 20], 16, "aa and 2 more"),
        (["aa", "b" * 20, "cc"], 16, "aa and 2 more"),
        (["aa", "b" * 20, "cc", "d" * 20], 16, "aa and 3 more"),  # none is passed over
        (["a", "b", "c" * 10, "d" * 10], 25, "a, b and 2 more"),
        (["a" * 20], 5, "a" * 20),
    ],
)
def test_as_many_names_as_fit_are_in_a_line(words: list[str], width: int, line: str) -> None:
    assert render_inspection._fitting(words, ", ", width) == line


@pytest.mark.parametrize(
    ("kind", "groups", "lines"),
    [
        ("dark", [(0,), (5,)], ["pets/0.png, test image 1"]),
        ("duplicates", [(0, 2)], ["pets/0.png = pets/2.png"]),
        ("duplicates", [(0, 2, 4)], ["pets/0.png = pets/2.png = pets/4.png"]),
        ("two-labels", [(0, 2, 1)], ["pets/0.png (cat) = pets/1.png (dog) = pets/2.png (cat)"]),
        ("near-leaks", [(1, 3, 5)], ["pets/1.png ~ test image 1 ~ pets/3.png"]),  # one of each part first
        ("near-two-labels", [(0, 1)], ["pets/0.png (cat) ~ pets/1.png (dog)"]),
        ("duplicates", [(0, 1, 2, 3)], ["pets/0.png = pets/1.png = pets/2.png and 1 more"]),
        ("duplicates", [(0, 2)] * 3, ["pets/0.png = pets/2.png"] * 3),
        (
            "duplicates", [(0, 2)] * 4,
            [*["pets/0.png = pets/2.png"] * 3, "and 1 more (--json lists all, --out sheet.png --of duplicates)"],
        ),
    ],
)  # fmt: skip
def test_faults_have_examples(kind: str, groups: list[tuple[int, ...]], lines: list[str], tmp_path: Path) -> None:
    assert list(render_inspection._examples(DataFinding(kind, 1, groups, ""), names(tmp_path), 200)) == lines


def test_names_of_a_group_leave_room_for_how_many_more_there_are(tmp_path: Path) -> None:
    """Of four three are named: 10 letters each and 3 between are 36, and " and 1 more" 11."""
    def lines(width: int) -> list[str]:
        found = DataFinding("duplicates", 1, [(0, 1, 2, 3)], "")
        return list(render_inspection._examples(found, names(tmp_path), width))

    assert lines(47) == ["pets/0.png = pets/1.png = pets/2.png and 1 more"]
    assert max(map(len, lines(46))) <= 46


@pytest.mark.parametrize("columns", [18, 24, 30])
def test_rows_of_classes_stay_one_line_in_narrow_terminals(columns: int) -> None:
    facts = dataclasses.replace(FACTS, validation=9, class_counts=[("a b c d", 1_000, 1, 4), ("e f g h", 200, 8, 3)])
    lines = printed(render_data.show_facts, facts, columns=columns)
    assert lines[-3].startswith("c") and lines[-4] == "" and (lines[-2][0], lines[-1][0]) == ("a", "e")


def test_an_inspection_tells_each_fault_with_its_remedy_or_that_there_is_none(tmp_path: Path) -> None:
    named = names(tmp_path)
    faults = [
        DataFinding("dark", 1, [(0,)], "1 picture is dark", "look at it"),
        DataFinding("constant", 1, [(1,)], "1 is one"),
    ]
    made: Any = SimpleNamespace(
        looks=range(1_234), findings=faults, sizes=[((2, 3), 4)], colours={"grey": 4}, imbalance=None, notes=["a note"]
    )

    def lines() -> list[str]:
        return printed(lambda: render_inspection.show_inspection(stdout_console(), made, named, 61.0))

    assert lines() == [
        "", "sizes     all 2x3", "colours   all grey", "", "checked 1,234 pictures in 1:01 min, and found",
        "! 1 picture is dark; look at it", "    pets/0.png", "! 1 is one", "    pets/1.png", "a note",
    ]  # fmt: skip
    assert render_inspection.inspection_facts(made, named) == {
        "sizes": [{"height": 2, "width": 3, "pictures": 4}], "colours": [{"colour": "grey", "pictures": 4}],
        "imbalance": None,
        "found": [
            {"kind": "dark", "count": 1, "text": "1 picture is dark", "remedy": "look at it",
             "groups": [[{"name": "pets/0.png", "part": "train", "class": "cat"}]]},
            {"kind": "constant", "count": 1, "text": "1 is one", "remedy": None,
             "groups": [[{"name": "pets/1.png", "part": "train", "class": "dog"}]]},
        ],
    }  # fmt: skip
    made.findings = [DataFinding("dark", 2, [(0,), (1,)], "2 are dark")]
    examples = []
    for columns in (26, 25):  # behind 4 spaces there is room for 22 letters, or for one less
        shown = printed(lambda: render_inspection.show_inspection(stdout_console(), made, named, 61.0), columns=columns)
        examples.append([line for line in shown if line.startswith("    p")])
    assert examples == [["    pets/0.png, pets/1.png"], ["    pets/0.png and 1 more"]]
    made.findings, made.notes = [], []
    made.imbalance = SimpleNamespace(ratio=2.0, largest=("cat", 4), smallest=("dog", 2), remedy="")
    assert lines()[4:] == [
        "checked 1,234 pictures in 1:01 min  nothing found: no doubles, no picture in two parts or under two labels, "
        "none empty"
    ]
    assert render_inspection.inspection_facts(made, named)["imbalance"] == {
        "ratio": 2.0, "largest": "cat", "smallest": "dog", "balance": None,
    }  # fmt: skip
