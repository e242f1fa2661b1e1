"""`cnn data` as the report before a training: what it prints, draws and answers scripts with."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnn_process import Cnn
from cnncli import _core


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    images, labels = np.empty((700, 28, 28), np.uint8), np.empty(700, np.uint8)
    _core.digits_generate(images, labels, seed=11, first=0)
    return images, labels


@pytest.fixture
def faulty(tmp_path: Path, digits: tuple[np.ndarray, np.ndarray]) -> Path:
    """A folder of digits: a picture in train and test, one under two labels, a hundred times as many of one class."""
    images, labels = digits
    threes, eights = (np.flatnonzero(labels == label) for label in (3, 8))

    def save(part: str, label: str, name: str, index: int) -> None:
        folder = tmp_path / "faulty" / part / label
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(images[index]).save(folder / name)

    for k, index in enumerate(threes[:40]):
        save("train", "three", f"{k}.png", index)
    for k, index in enumerate(eights[:2]):
        save("train", "eight", f"{k}.png", index)
    save("train", "eight", "three too.png", threes[4])
    for k, index in enumerate(eights[2:6]):
        save("test", "eight", f"{k}.png", index)
    save("test", "three", "seen.png", threes[7])
    return tmp_path / "faulty"


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory, digits: tuple[np.ndarray, np.ndarray]) -> tuple[Path, set[int]]:
    """Digits of which 20 have a wrong label, and which."""
    images, labels = digits
    labels = labels.astype(np.int64).copy()
    wrong = np.random.default_rng(5).choice(500, 20, replace=False)
    labels[wrong] = (labels[wrong] + 3) % 10
    path = tmp_path_factory.mktemp("data") / "noisy.npz"
    np.savez(path, x_train=images[:500], y_train=labels[:500], x_test=images[500:], y_test=labels[500:])
    return path, set(wrong.tolist())


def test_each_fault_is_told_with_its_pictures_and_its_remedy(cnn: Cnn, faulty: Path) -> None:
    outcome = cnn("data", faulty)
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("checked 48 pictures in "))
    assert lines[start + 1 :] == [
        "! 1 picture of test is in another part too; keep them in one, or measures are too good",
        "    train/three/7.png = test/three/seen.png",
        "! 2 pictures are the same as one under another label; one of the labels is wrong",
        "    train/eight/three too.png (eight) = train/three/4.png (three)",
        "! 2 pictures are the same as another one",
        "    train/eight/three too.png = train/three/4.png",
        "    train/three/7.png = test/three/seen.png",
        "! 13 times as many of three (40) as of eight (3); cnn train --balance sample",
    ]
    assert "sizes     all 28x28" in lines and "colours   all grey" in lines
    assert "three     40     1  ████████████████████████" in lines


def test_strict_is_for_scripts_and_no_checks_for_haste(cnn: Cnn, faulty: Path, noisy: tuple[Path, set[int]]) -> None:
    assert cnn("data", faulty, "--strict").code == 1
    clean = cnn("data", noisy[0], "--strict")
    assert clean.code == 0 and "nothing found" in clean.out
    quick = cnn("data", faulty, "--no-checks")
    assert quick.code == 0 and "checked" not in quick.out
    assert "found" not in cnn("data", faulty, "--no-checks", "--json").json


def test_json_lists_all_pictures_of_each_fault(cnn: Cnn, faulty: Path) -> None:
    facts = cnn("data", faulty, "--json").json
    kinds = {one["kind"]: one for one in facts["found"]}
    assert list(kinds) == ["leaks", "two-labels", "duplicates", "imbalance"]
    assert kinds["leaks"]["groups"] == [
        [{"name": "train/three/7.png", "part": "train", "class": "three"},
         {"name": "test/three/seen.png", "part": "test", "class": "three"}]
    ]  # fmt: skip
    assert facts["sizes"] == [{"height": 28, "width": 28, "pictures": 48}]
    assert facts["imbalance"]["balance"] == "sample" and facts["imbalance"]["smallest"] == "eight"


def test_a_sheet_shows_what_was_found_with_names(cnn: Cnn, faulty: Path, tmp_path: Path) -> None:
    outcome = cnn("data", faulty, "--out", "sheet.png", "--of", "leaks")
    assert (outcome.code, outcome.out) == (0, "sheet.png: faulty, leaks\n")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width == 1000 and sheet.height > 150
    shown = cnn("data", faulty, "--show", "--of", "two-labels").out
    assert "eight / three" in shown and "@" in shown
    missing = cnn("data", faulty, "--show", "--of", "dark")
    assert missing.code == 2
    assert missing.err.splitlines()[-1] == ("cnn: --of dark: faulty has none; it has leaks, two-labels, duplicates")


def test_a_sheet_of_names_has_the_name_of_each_picture(cnn: Cnn, faulty: Path, tmp_path: Path) -> None:
    shown = cnn("data", faulty, "--show", "--of", "names", "--columns", 2)
    assert shown.code == 0 and "checking" not in shown.err
    lines = shown.out.splitlines()
    assert lines[0] == "faulty, train" and "eight  2 of 3" in lines and "three  2 of 40" in lines
    assert sum(line.split() == ["0.png", "1.png"] for line in lines) == 2
    test = cnn("data", faulty, "--out", "sheet.png", "--of", "names", "--part", "test")
    assert (test.code, test.out) == (0, "sheet.png: faulty, one row a class\n")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width == 1000


def test_suspicious_labels_are_those_that_are_wrong(cnn: Cnn, noisy: tuple[Path, set[int]], tmp_path: Path) -> None:
    path, wrong = noisy
    assert cnn("train", path, "--arch", "mlp", "--epochs", 12, "--threads", 1, "--val", 0).code == 0
    facts = cnn("data", path, "--model", "model.bin", "--folds", 4, "--json", "--no-checks").json
    assert facts["answered"] == {"unseen": 500, "seen": 0, "folds": 4}
    named = [int(row["name"].removeprefix("train image ")) - 1 for row in facts["suspects"]]
    assert len(wrong & set(named)) >= 15
    assert len(wrong & set(named[:10])) >= 6 > 10 * len(wrong) / 500  # the first of them first
    margins = [row["answer_probability"] - row["class_probability"] for row in facts["suspects"]]
    assert margins == sorted(margins, reverse=True) and all(row["class"] != row["answer"] for row in facts["suspects"])
    # The model itself knows its training images by heart, and the report says that it has seen them.
    own = cnn("data", path, "--model", "model.bin", "--no-checks")
    assert "and 500 that it was trained on" in own.out and "200 pictures that" in own.out
    sheet = cnn("data", path, "--model", "model.bin", "--folds", 2, "--out", "suspects.png")
    assert (sheet.code, sheet.out) == (0, "suspects.png: noisy, suspects\n")
    assert "fold 2 of 2: " in sheet.err
    with Image.open(tmp_path / "suspects.png") as picture:
        assert picture.width == 1000


def test_folds_take_classes_in_the_order_of_the_model(cnn: Cnn, tmp_path: Path, digits: tuple) -> None:
    """A folder without the first class numbers the others anew."""
    images, labels = digits
    some = labels < 3
    np.savez(tmp_path / "three.npz", x=images[some], y=np.array(["a", "b", "c"])[labels[some]])
    assert cnn("train", "three.npz", "--arch", "mlp", "--epochs", 8, "--threads", 1, "--val", 0).code == 0
    two = some & (labels > 0)
    np.savez(tmp_path / "two.npz", x=images[two], y=np.array(["a", "b", "c"])[labels[two]])
    facts = cnn("data", "two.npz", "--model", "model.bin", "--folds", 2, "--json", "--no-checks").json
    assert facts["answered"]["unseen"] == two.sum()
    assert len(facts["suspects"]) < two.sum() / 10 and all(row["class"] in "bc" for row in facts["suspects"])


@pytest.mark.parametrize(
    "words, line",
    [
        (["--strict", "--no-checks"], "--strict: there is nothing to find with --no-checks; leave out one"),
        (["--of", "leaks"], "--of is about the sheet; add --show or --out sheet.png"),
        (["--show", "--of", "leaks", "--no-checks"], "--of leaks: is what --no-checks leaves out"),
        (["--folds", "3"], "--folds: of which model? add --model model.bin"),
        (["--show", "--of", "suspects"], "--of suspects: asks a trained model; add --model model.bin"),
        (["--show", "--of", "dark", "--columns", "3"], "--columns: is of the sheet of classes; leave it out"),
        (["--show", "--of", "dark", "--part", "test"], "--part: --of dark shows all parts; leave it out"),
    ],
)
def test_options_that_do_not_go_together_are_told(cnn: Cnn, words: list[str], line: str) -> None:
    outcome = cnn("data", "digits", *words)
    assert (outcome.code, outcome.out) == (2, "") and outcome.err == f"cnn data: {line} (see cnn data --help)\n"


def test_a_table_has_its_values_and_faults(cnn: Cnn, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,y,c\n1.5,2,a\n1.5,2,a\n3,4,b\n3,4,a\n5,1,b\n")
    outcome = cnn("data", "t.csv")
    assert outcome.code == 0 and outcome.out.splitlines()[-6:] == [
        "    a                          3 ████████████████████████",
        "    b                          2 ████████████████",
        "! 1 row is the same as another one",
        "    row 1 = row 2",
        "! 2 rows have the inputs of another one and another target; no network can tell them apart",
        "    row 3 = row 4",
    ]
    assert cnn("data", "t.csv", "--strict").code == 1
    refused = cnn("data", "t.csv", "--model", "model.bin")
    assert refused.code == 2 and "--model: is about pictures, and t.csv is a table of numbers" in refused.err


def test_of_very_many_classes_both_ends_are_listed(cnn: Cnn, tmp_path: Path) -> None:
    counts = np.arange(1, 101)
    labels = np.repeat([f"class {k:03}" for k in counts], counts)
    images = np.zeros((len(labels), 8, 8), np.uint8)
    np.savez(tmp_path / "many.npz", x=images, y=labels)
    lines = cnn("data", "many.npz", "--no-checks").out.splitlines()
    rows = lines[next(n for n, line in enumerate(lines) if line.startswith("class ") and "train" in line) + 1 :]
    assert len(rows) == 31 and rows[10].strip() == "and 70 more"
    assert [rows[0].split()[:3], rows[9].split()[:3]] == [["class", "100", "100"], ["class", "091", "91"]]
    assert rows[-1].split()[:3] == ["class", "001", "1"]
    assert len(cnn("data", "many.npz", "--no-checks", "--json").json["classes"]) == 100
