"""The files that `cnn eval` makes of answers that are put together by hand: names, rows and copies."""

import csv
import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnncli.cli import eval_files
from cnncli.errors import CnnError

NAN = float("nan")


def evaluation(
    files: list[str], labels: list[int], answers: list[int], names: list[str] | None = None, images: int | None = None
) -> Any:
    """Each answer is given with 75 %, what is left is shared. images : those that are there, without the blanks."""
    names = ["a", "b"] if names is None else names
    shares = np.full((len(files), len(names)), 0.25 / max(len(names) - 1, 1))
    shares[np.arange(len(files)), answers] = 0.75
    shares[np.array(answers) < 0] = NAN
    count = len(files) if images is None else images
    planes = np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, 1, 4, 6), np.uint8)
    return SimpleNamespace(
        labels=np.array(labels), predictions=np.array(answers), probabilities=shares, class_names=names,
        name_of=files.__getitem__, split=SimpleNamespace(images=planes),
        mistakes=np.flatnonzero(np.array(labels) != np.array(answers)),
    )  # fmt: skip


def rows_of(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text())))


def test_a_row_has_the_answer_its_probability_and_those_of_all_classes(tmp_path: Path) -> None:
    eval_files.write_answers(evaluation(["x.png", "y, z.png", "w"], [0, 0, 1], [0, 1, -1]), str(tmp_path / "t.csv"))
    assert rows_of(tmp_path / "t.csv") == [
        ["file", "class", "answer", "right", "probability", "a", "b"],
        ["x.png", "a", "a", "1", "0.750000", "0.750000", "0.250000"],
        ["y, z.png", "a", "b", "0", "0.750000", "0.250000", "0.750000"],
        ["w", "b", "", "0", "", "", ""],
    ]


@pytest.mark.parametrize("count", [998, 999, 1_000, 2_001])
def test_a_table_of_many_rows_has_each_once_and_in_order(count: int, tmp_path: Path) -> None:
    files = [str(number) for number in range(count)]
    eval_files.write_answers(evaluation(files, [0] * count, [0] * count), str(tmp_path / "t.csv"))
    assert [row[0] for row in rows_of(tmp_path / "t.csv")] == ["file", *files]


def test_a_table_of_two_models_has_the_answers_of_both(tmp_path: Path) -> None:
    both = SimpleNamespace(
        first=evaluation(["x", "y"], [0, 1], [0, -1]), second=evaluation(["x", "y"], [0, 1], [1, 1])
    )
    eval_files.write_both_answers(both, str(tmp_path / "t.csv"))  # type: ignore[arg-type]
    assert rows_of(tmp_path / "t.csv") == [
        ["file", "class", "A answer", "A right", "A probability", "B answer", "B right", "B probability"],
        ["x", "a", "a", "1", "0.750000", "b", "0", "0.750000"],
        ["y", "b", "", "0", "", "b", "1", "0.750000"],
    ]


def names(*arguments: Any, **more: Any) -> list[str]:
    return [name for _, name in eval_files._named_mistakes(evaluation(*arguments, **more))]


def test_copies_are_named_after_their_classes_and_files_and_all_differ(tmp_path: Path) -> None:
    for folder in ("p", "q", "r"):
        (tmp_path / folder).mkdir()
    files = [str(tmp_path / name) for name in ("p/one.JPG", "q/ONE.jpg", "r/one.jpg", "p/bare")]
    for file in files:
        Path(file).touch()
    assert names(files, [0] * 4, [1] * 4) == [
        "a as b/one.JPG", "a as b/ONE-2.jpg", "a as b/one-3.jpg", "a as b/bare.png"
    ]  # fmt: skip
    assert names(files[:2], [0, 1], [1, -1]) == ["a as b/one.JPG", "b as no answer/ONE.jpg"]
    assert names(["image 7"], [1], [0]) == ["b as a/image 7.png"]
    assert names(["image 7", "image 8.5"], [0, 1], [1, 1]) == ["a as b/image 7.png"]  # the second is right
    assert names(["image 8.5"], [0], [1]) == ["a as b/image 8.png"]  # no file, so no name of a format


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("cat", "cat"), (" a cat ", "a cat"), ('a\\b/c:d*e?f"g<h>i|j', "a_b_c_d_e_f_g_h_i_j"), ("", "_"), ("  ", "_"),
        ("x" * 60, "x" * 60), ("x" * 61, "x" * 60),
        ("€" * 60, "€" * 60),  # 180 bytes
        ("😀" * 50, "😀" * 50), ("😀" * 50 + "a", "😀" * 50),  # 4 bytes each; file systems take 255 with the rest
    ],
)  # fmt: skip
def test_a_name_of_a_class_becomes_one_that_any_system_takes(text: str, safe: str) -> None:
    assert eval_files._safe(text) == safe


def test_mistakes_are_copied_and_arrays_written_as_png_even_those_without_an_image(tmp_path: Path) -> None:
    file = tmp_path / "x.jpg"
    file.write_bytes(b"any bytes")
    one = evaluation([str(file), "image 2", "image 3", "image 4"], [0, 0, 0, 1], [1, 1, -1, 1], images=2)
    assert eval_files.copy_mistakes(one, str(tmp_path / "wrong")) == 3
    made = sorted(str(path.relative_to(tmp_path / "wrong")) for path in (tmp_path / "wrong").rglob("*.*"))
    assert made == ["a as b/image 2.png", "a as b/x.jpg", "a as no answer/image 3.png", "mistakes.csv"]
    assert (tmp_path / "wrong" / "a as b" / "x.jpg").read_bytes() == b"any bytes"
    with Image.open(tmp_path / "wrong" / "a as b" / "image 2.png") as kept:
        assert (np.asarray(kept.convert("L")) == 1).all() and kept.size == (6, 4)
    with Image.open(tmp_path / "wrong" / "a as no answer" / "image 3.png") as blank:
        assert blank.size == (6, 4)  # 4 rows of 6 pixels, as the network takes them
    rows = rows_of(tmp_path / "wrong" / "mistakes.csv")
    assert rows[0] == ["copy", "file", "class", "answer", "right", "probability", "a", "b"]
    assert [row[:4] for row in rows[1:]] == [
        ["a as b/x.jpg", str(file), "a", "b"], ["a as b/image 2.png", "image 2", "a", "b"],
        ["a as no answer/image 3.png", "image 3", "a", ""],
    ]  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["wrong", "x.jpg"]


def test_where_a_copy_fails_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(eval_files, "_copy", fails)
    with pytest.raises(CnnError):
        eval_files.copy_mistakes(evaluation(["x"], [0], [1]), str(tmp_path / "wrong"))
    with pytest.raises(CnnError):
        eval_files.copy_mistakes(evaluation(["x"], [0], [1]), str(tmp_path / "none" / "wrong"))
    assert list(tmp_path.iterdir()) == []
