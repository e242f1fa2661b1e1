"""What `cnn data` finds: folders with each fault, and none where there is none."""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli import _core
from cnncli.data import read_raw
from cnncli.data.inspection import alike as alike_module
from cnncli.data.inspection.alike import alike, confirm
from cnncli.data.inspection.inspection import DataFinding, Inspection, inspect
from cnncli.data.inspection.looks import look_at
from cnncli.data.inspection.rows import inspect_rows
from cnncli.pictures.fingerprint import fingerprint, fingerprint_of_file

Save = Callable[..., Path]


@cache
def photo(seed: int, side: int = 48) -> Image.Image:
    """Waves of colours, as different from each other as photographs are."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] / side
    planes = []
    for _ in range(3):
        plane = np.zeros((side, side))
        for _ in range(6):
            fy, fx, phase = (*rng.uniform(0.5, 5, 2), rng.uniform(0, 6))
            plane += rng.normal() * np.cos(2 * np.pi * (fy * y + fx * x) + phase)
        planes.append(plane)
    image = np.stack(planes, axis=2)
    image = (image - image.min()) / np.ptp(image) * 200 + 20
    return Image.fromarray(image.astype(np.uint8))


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Two classes of 40 different pictures in train and of 10 in test, and whatever is added."""

    def put(part: str, label: str, name: str, image: Image.Image, **how: object) -> Path:
        folder = tmp_path / "set" / part / label
        folder.mkdir(parents=True, exist_ok=True)
        image.save(folder / name, **how)
        return folder / name

    for number, label in enumerate(("cat", "dog")):
        for k in range(40):
            put("train", label, f"{k}.png", photo(1000 * number + k))
        for k in range(10):
            put("test", label, f"{k}.png", photo(1000 * number + 500 + k))
    return put


def inspected(folder: Path) -> Inspection:
    return inspect(read_raw(folder / "set"))


def found(inspection: Inspection) -> dict[str, DataFinding]:
    return {one.kind: one for one in inspection.findings}


def names(inspection: Inspection, kind: str) -> list[list[str]]:
    return [
        ["/".join(Path(inspection.looks.names(number)).parts[-3:]) for number in group]
        for group in found(inspection)[kind].groups
    ]


def test_nothing_is_found_where_nothing_is_wrong(save: Save, tmp_path: Path) -> None:
    clean = inspected(tmp_path)
    assert clean.findings == [] and clean.notes == []
    assert clean.sizes == [((48, 48), 100)] and clean.colours == {"in colour": 100}
    assert clean.imbalance is not None and clean.imbalance.ratio == 1


def test_a_copy_is_a_duplicate_under_any_name_and_in_any_lossless_form(save: Save, tmp_path: Path) -> None:
    save("train", "cat", "copy.png", photo(3))
    save("train", "cat", "other.bmp", photo(3))
    save("train", "cat", "grey.png", photo(4).convert("L"))
    save("train", "cat", "grey as colours.png", photo(4).convert("L").convert("RGB"))
    result = inspected(tmp_path)
    assert names(result, "duplicates") == [
        ["train/cat/3.png", "train/cat/copy.png", "train/cat/other.bmp"],
        ["train/cat/grey as colours.png", "train/cat/grey.png"],
    ]
    assert found(result)["duplicates"].count == 3
    # A photo and itself without colours are nearly the same, and said to be no more.
    assert set(found(result)) == {"duplicates", "near-duplicates"}


@pytest.mark.parametrize("change", ["JPEG", "smaller", "larger", "brighter"])
def test_a_picture_saved_again_is_nearly_the_same(change: str, save: Save, tmp_path: Path) -> None:
    original = photo(7)
    if change == "JPEG":
        save("train", "cat", "again.jpg", original, quality=75)
    elif change == "brighter":
        save("train", "cat", "again.png", original.point(lambda value: min(255, round(value * 1.1 + 5))))
    else:
        side = 36 if change == "smaller" else 96
        save("train", "cat", "again.png", original.resize((side, side), Image.Resampling.BICUBIC))
    result = inspected(tmp_path)
    assert set(found(result)) == {"near-duplicates"} and found(result)["near-duplicates"].count == 1
    [group] = names(result, "near-duplicates")
    assert "train/cat/7.png" in group and len(group) == 2


def test_the_same_picture_in_train_and_test_is_a_leak(save: Save, tmp_path: Path) -> None:
    save("test", "cat", "seen.png", photo(11))
    save("test", "dog", "nearly seen.jpg", photo(1012), quality=80)
    result = inspected(tmp_path)
    assert names(result, "leaks") == [["train/cat/11.png", "test/cat/seen.png"]]
    assert names(result, "near-leaks") == [["train/dog/12.png", "test/dog/nearly seen.jpg"]]
    assert found(result)["leaks"].count == found(result)["near-leaks"].count == 1
    assert "two-labels" not in found(result)


def test_the_same_picture_under_two_labels_is_told_with_both(save: Save, tmp_path: Path) -> None:
    save("train", "dog", "cat too.png", photo(5))
    result = inspected(tmp_path)
    assert names(result, "two-labels") == [["train/cat/5.png", "train/dog/cat too.png"]]
    assert set(found(result)) == {"two-labels", "duplicates"}


def test_empty_dark_and_flat_pictures_are_told_and_are_no_doubles(save: Save, tmp_path: Path) -> None:
    for k, colour in enumerate(((0, 0, 0), (0, 0, 0), (250, 250, 250))):
        save("train", "cat", f"empty {k}.png", Image.new("RGB", (48, 48), colour))
    save("train", "dog", "night.png", photo(81).point(lambda value: value // 8))
    save("train", "dog", "fog.png", photo(82).point(lambda value: 200 + value // 20))
    star = Image.new("L", (28, 28))
    star.paste(255, (10, 10, 14, 16))
    save("train", "dog", "stroke on black.png", star)
    result = inspected(tmp_path)
    assert set(found(result)) == {"constant", "dark", "low-contrast"}
    assert names(result, "constant") == [[f"train/cat/empty {k}.png"] for k in range(3)]
    assert names(result, "dark") == [["train/dog/night.png"]]
    assert names(result, "low-contrast") == [["train/dog/fog.png"]]


def test_a_hundred_to_one_is_told_with_the_remedy(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (303, 16, 16), np.uint8)
    np.savez(tmp_path / "set.npz", x=images, y=np.repeat(["common", "rare"], [300, 3]))
    result = inspect(read_raw(tmp_path / "set.npz"))
    [one] = result.findings
    assert (one.kind, one.remedy) == ("imbalance", "cnn train --balance sample")
    assert one.text == "100 times as many of common (300) as of rare (3)"


def test_files_that_cannot_be_read_are_told_and_do_not_stop_it(save: Save, tmp_path: Path) -> None:
    (tmp_path / "set" / "train" / "cat" / "cut.png").write_bytes((tmp_path / "set/train/cat/0.png").read_bytes()[:200])
    (tmp_path / "set" / "train" / "cat" / "empty.png").write_bytes(b"")
    result = inspected(tmp_path)
    assert names(result, "unreadable") == [["train/cat/cut.png"], ["train/cat/empty.png"]]
    assert set(found(result)) == {"unreadable"}


def test_the_same_shape_in_two_colours_is_two_pictures(tmp_path: Path) -> None:
    images = np.full((40, 32, 32, 3), 90, np.uint8)
    rng = np.random.default_rng(2)
    for k in range(20):
        y, x = rng.integers(2, 22, 2)
        images[k, y : y + 8, x : x + 8] = (200, 90, 90)
        images[20 + k, y : y + 8, x : x + 8] = (90, 148, 90)  # of the same grey
    np.savez(tmp_path / "set.npz", x=images, y=np.repeat(["red", "green"], 20))
    assert "near-two-labels" not in found(inspect(read_raw(tmp_path / "set.npz")))


def test_arrays_are_looked_at_as_files_are(tmp_path: Path) -> None:
    pictures = [photo(k, 20) for k in range(6)] + [photo(9, 20).convert("L").convert("RGB"), Image.new("RGB", (20, 20))]
    np.savez(tmp_path / "set.npz", x=np.stack([np.asarray(one) for one in pictures]), y=np.arange(8) % 2)
    looks = look_at(read_raw(tmp_path / "set.npz"))
    for k, picture in enumerate(pictures):
        one = fingerprint(picture)
        assert np.abs(looks.thumb[k].astype(int) - one.thumb).max() <= 1
        assert (looks.is_constant[k], looks.has_colour[k]) == (one.is_constant, one.has_colour)
        assert tuple(looks.size[k]) == (one.height, one.width) == (20, 20)
        assert abs(int(looks.darkest[k]) - one.darkest) <= 1 and abs(int(looks.lightest[k]) - one.lightest) <= 1


def test_a_large_jpeg_has_its_own_size_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    photo(3, 64).resize((1200, 800)).save(tmp_path / "large.jpg", exif=exif)
    one = fingerprint_of_file(tmp_path / "large.jpg")
    assert (one.height, one.width) == (1200, 800)


@pytest.mark.parametrize("few", [10, 10_000])
def test_pairs_are_those_that_comparing_all_would_find(
    few: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thumbnails with doubles among them, against every pair."""
    monkeypatch.setattr(alike_module, "_FEW", few)
    coarse = rng.integers(0, 256, (3000, 4, 4)).astype(np.float64)
    thumbs = coarse.repeat(4, axis=1).repeat(4, axis=2).reshape(3000, 256)
    for k in range(60):
        thumbs[2900 + k] = thumbs[k] * 0.9 + 8 + rng.normal(0, 2, 256)
    images = thumbs.clip(0, 255).astype(np.uint8)
    rows = images - images.mean(axis=1, keepdims=True)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    near = np.argwhere(np.triu(rows @ rows.T >= alike_module._THUMBS, 1))
    pairs, is_whole = alike(images)
    assert is_whole and len(near) >= 60
    assert pairs.tolist() == near.tolist()


def test_too_many_pairs_are_said_and_not_waited_for(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike_module, "_MOST_PAIRS", 1000)
    monkeypatch.setattr(alike_module, "_FEW", 10)
    thumbs = (np.arange(256) // 2 + rng.integers(0, 3, (400, 256))).astype(np.uint8)
    assert alike(thumbs)[1] is False


def test_few_and_flat_pictures_are_no_pairs() -> None:
    for thumbs in (np.zeros((0, 256), np.uint8), np.zeros((1, 256), np.uint8), np.full((5, 256), 7, np.uint8)):
        pairs, is_whole = alike(thumbs)
        assert pairs.shape == (0, 2) and is_whole
    flat = np.full((4, 4, 3), 9, np.uint8)
    assert not confirm(flat, flat)  # nothing to tell


def test_drawn_digits_are_not_taken_for_each_other(tmp_path: Path) -> None:
    """Glyphs on flat paper, of which any two have much in common."""
    images, labels = np.empty((1500, 28, 28), np.uint8), np.empty(1500, np.uint8)
    _core.digits_generate(images, labels, seed=3, first=0)
    np.savez(tmp_path / "set.npz", x=images, y=labels)
    assert inspect(read_raw(tmp_path / "set.npz")).findings == []


@pytest.mark.skipif("CNN_TEST_MNIST" not in os.environ, reason="CNN_TEST_MNIST names no folder with MNIST")
@pytest.mark.slow
def test_mnist_has_no_doubles() -> None:
    assert inspect(read_raw("mnist", data_dir=os.environ["CNN_TEST_MNIST"])).findings == []


def test_faults_of_tables() -> None:
    rows = np.array([[1.0, 2, 9], [1, 2, 9], [3, 4, 9], [3, 4, 9], [5, 6, 9], [-0.0, 0, 9], [0, 0, 9]])
    cells = [["a"], ["a"], ["a"], ["b"], ["a"], ["a"], ["a"]]
    faults = {one.kind: one for one in inspect_rows(rows, cells, ["x", "y", "z"])}
    assert faults["duplicates"].rows == [[1, 2], [6, 7]] and faults["duplicates"].count == 2
    assert faults["two-targets"].rows == [[3, 4]]
    assert faults["constant-columns"].text == "1 column is the same in all rows: z"
    assert inspect_rows(np.arange(6.0).reshape(3, 2), [["1.5"], ["2"], ["7"]], ["x", "y"]) == []
