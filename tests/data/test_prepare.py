"""Pictures become images: all cores, all broken ones in one list, and a cache that is never needed."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli import data
from cnncli.data.fetch_records import FetchRecord, PicturesDone, PicturesProgress
from cnncli.data.preparation import decoding, picture_cache, prepare
from cnncli.data.preparation.picture_cache import cache_facts, clear_cache
from cnncli.errors import DataError, UsageError
from cnncli.pictures.recipe import InputRecipe
from picture_sets import KINDS, write_files

RGB16 = data.PictureWish(prepare="plain", colour="rgb", size=(16, 16))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator) -> Path:
    """40 coloured pictures, and a cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write_files(tmp_path / "set", KINDS["colour 32x32"](40, rng))
    for file in (tmp_path / "set").rglob("*.png"):  # written long ago: their times say whether they changed
        os.utime(file, (1_700_000_000, 1_700_000_000))
    return tmp_path / "set"


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are decoded."""
    seen: list[Path] = []
    original = InputRecipe.prepare

    def counted(self: InputRecipe, source: Path, invert: bool | None = None) -> object:
        seen.append(source)
        return original(self, source, invert)

    monkeypatch.setattr(InputRecipe, "prepare", counted)
    return seen


def images(folder: Path, **options: object) -> np.ndarray:
    found = data.load(folder, wish=RGB16, **options).train  # type: ignore[arg-type]
    assert found is not None
    return found.images


def test_second_start_decodes_nothing(folder: Path, decoded: list[Path]) -> None:
    first = images(folder)
    assert len(decoded) == 40
    decoded.clear()
    np.testing.assert_array_equal(images(folder), first)
    assert decoded == []
    images(folder, use_cache=False)
    assert len(decoded) == 40


def test_only_what_changed_is_decoded_and_what_moved_is_not(folder: Path, decoded: list[Path]) -> None:
    first = images(folder)
    decoded.clear()
    changed = sorted(folder.rglob("*.png"))[3]
    Image.new("RGB", (32, 32), (9, 8, 7)).save(changed)
    second = images(folder)
    assert decoded == [changed]
    assert second[3].reshape(3, -1).T[0].tolist() == [9, 8, 7]
    np.testing.assert_array_equal(np.delete(second, 3, 0), np.delete(first, 3, 0))
    decoded.clear()
    moved = folder.rename(folder.with_name("moved"))
    np.testing.assert_array_equal(images(moved), second)
    assert decoded == []


def test_same_size_and_time_is_the_same_file_but_another_time_is_looked_at(folder: Path, decoded: list[Path]) -> None:
    images(folder)
    decoded.clear()
    touched = sorted(folder.rglob("*.png"))[0]
    os.utime(touched, (1_800_000_000, 1_800_000_000))
    images(folder)
    assert decoded == []  # its content is what it was


@pytest.mark.parametrize("damage", ["image", "index", "cut", "empty"])
def test_damaged_entry_is_decoded_anew(damage: str, folder: Path, decoded: list[Path], tmp_path: Path) -> None:
    first = images(folder)
    decoded.clear()
    (pack,) = (tmp_path / "cache" / "cnncli" / "pictures").glob("*.pack")
    content = bytearray(pack.read_bytes())
    if damage == "image":
        content[-1] ^= 1
    elif damage == "index":
        content[100] ^= 1
    pack.write_bytes(b"" if damage == "empty" else content[: len(content) - (damage == "cut")])
    np.testing.assert_array_equal(images(folder), first)
    assert len(decoded) == (1 if damage == "image" else 40)
    decoded.clear()
    np.testing.assert_array_equal(images(folder), first)
    assert decoded == []


def test_cache_says_what_it_holds_and_can_be_emptied(folder: Path) -> None:
    images(folder)
    facts = cache_facts()
    assert facts.pictures == 40 and facts.size_bytes > 40 * 3 * 16 * 16 and facts.limit_bytes == 2 << 30
    assert clear_cache().pictures == 40
    assert cache_facts().pictures == cache_facts().size_bytes == 0


def test_oldest_go_first_above_the_limit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNN_CACHE_LIMIT", "100k")
    images(folder)  # 31 kB of images and an index
    first = set(cache_facts().folder.glob("*.pack"))
    for path in first:
        os.utime(path, (1_700_000_000, 1_700_000_000))
    for side in (24, 25):
        data.load(folder, wish=data.PictureWish(prepare="plain", colour="grey", size=(side, side)))
    data.load(folder, wish=data.PictureWish(prepare="plain", colour="rgb", size=(17, 17)))
    assert cache_facts().size_bytes <= 100_000
    assert not first & set(cache_facts().folder.glob("*.pack"))
    monkeypatch.setenv("CNN_CACHE_LIMIT", "lots")
    with pytest.raises(UsageError, match=r"^CNN_CACHE_LIMIT='lots': use bytes, or a number such as 500M or 4G$"):
        cache_facts()


def test_cache_that_cannot_be_written_is_no_reason_to_stop(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder would be")
    assert len(images(folder)) == 40
    assert picture_cache.cache_facts().pictures == 0


def test_arrays_that_are_laid_out_anew_are_kept_too(
    folder: Path, decoded: list[Path], tmp_path: Path, rng: np.random.Generator
) -> None:
    pictures = KINDS["filling digits"](30, rng)
    path = tmp_path / "set.npz"
    arrays = np.stack([np.asarray(picture) for picture, _ in pictures])
    np.savez(path, images=arrays, labels=np.array([int(label) for _, label in pictures]))
    wish = data.PictureWish(prepare="glyph")
    first = data.load(path, wish=wish).train
    again = data.load(path, wish=wish).train
    assert first is not None and again is not None and len(decoded) <= 30 + len(first.blanks)
    np.testing.assert_array_equal(again.images, first.images)


def test_all_broken_pictures_are_listed_and_may_be_skipped(folder: Path) -> None:
    files = sorted(folder.rglob("*.png"))
    for file in files[:3]:
        file.write_bytes(b"")
    with pytest.raises(DataError) as caught:
        images(folder)
    assert str(caught.value) == (
        f"{folder}: 3 of 40 pictures cannot be read; mend or remove them, or pass --skip-bad to go on without them"
    )
    assert caught.value.__notes__ == [f"  {file}: the file is empty; save the picture again" for file in files[:3]]
    found = data.load(folder, wish=RGB16, skip_bad=True)
    assert found.train is not None and len(found.train) == 37
    assert found.train.files == tuple(map(str, files[3:]))
    note = found.notes[-1]
    assert note.counts == {"cannot be read": 3}
    names = ", ".join(file.name for file in files[:3])
    assert note.text == f"left aside: 3 pictures of 40 that cannot be read ({names})"


def test_list_of_broken_pictures_has_an_end(folder: Path) -> None:
    for file in folder.rglob("*.png"):
        file.write_bytes(b"\x89PNG\r\n\x1a\nthe rest is missing")
    with pytest.raises(DataError) as caught:
        images(folder)
    assert len(caught.value.__notes__) == 21 and caught.value.__notes__[-1] == "  and 20 more"


def test_helpers_give_the_same_images(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = images(folder, use_cache=False)
    (folder / "red" / "0002.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    by_helper: list[int] = []
    original = decoding.Helper.do

    def counted(self: decoding.Helper, sources: list[Path]) -> object:
        outcomes = original(self, sources)
        by_helper.append(len(outcomes or []))
        return outcomes

    monkeypatch.setattr(decoding.Helper, "do", counted)
    monkeypatch.setattr(decoding, "_TRIAL_SECONDS", 0.0)
    monkeypatch.setattr(decoding, "_WORTH_SECONDS", 1e-9)
    monkeypatch.setattr(decoding, "_AT_ONCE", 1)
    slow = decoding.Preparing.__call__

    def slowly(*arguments: object) -> object:  # so that the helper gets its share
        import time

        time.sleep(0.02)
        return slow(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(decoding.Preparing, "__call__", slowly)
    monkeypatch.setattr(decoding._core, "default_thread_count", lambda: 2)
    found = data.load(folder, wish=RGB16, skip_bad=True, use_cache=False).train
    assert found is not None and found.files is not None
    kept = [index for index, file in enumerate(sorted(folder.rglob("*.png"))) if file.name != "0002.png"]
    np.testing.assert_array_equal(found.images, alone[kept])
    assert sum(by_helper) > 0


def test_helper_that_cannot_start_leaves_its_work_to_the_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = images(folder, use_cache=False)
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    monkeypatch.setattr(decoding, "_TRIAL_SECONDS", 0.0)
    monkeypatch.setattr(decoding, "_WORTH_SECONDS", 1e-9)
    monkeypatch.setattr(decoding._core, "default_thread_count", lambda: 3)
    np.testing.assert_array_equal(images(folder, use_cache=False), alone)


def test_helper_ends_with_the_process_that_it_helps() -> None:
    script = "from cnncli.data.preparation.helpers import serve; serve()"
    ended = subprocess.run([sys.executable, "-c", script], input=b"", capture_output=True, timeout=60)
    assert ended.returncode == 0 and ended.stderr == b""


def test_progress_is_told_after_half_a_second(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[FetchRecord] = []
    images(folder, use_cache=False, report=told.append)
    assert not told
    clock = iter(range(10**6))
    monkeypatch.setattr(prepare.time, "monotonic", lambda: next(clock) / 8)
    images(folder, use_cache=False, report=told.append)
    progress = [record for record in told if isinstance(record, PicturesProgress) and record.stage == "preparing"]
    assert progress[0].seconds >= 0.5 and progress[-1].done == progress[-1].total == 40
    assert isinstance(told[-1], PicturesDone) and told[-1].total == 40 and told[-1].cached == 0
    images(folder)
    for file in sorted(folder.rglob("*.png"))[:20]:
        Image.new("RGB", (32, 32), (int(file.stem), 2, 3)).save(file)
    images(folder, report=told.append)
    assert isinstance(told[-1], PicturesDone) and told[-1].total == 40 and told[-1].cached == 20


def test_grey_digits_in_three_channels_are_grey_images_in_every_part(tmp_path: Path, rng: np.random.Generator) -> None:
    """A note that says grey, and a network of colours, were two answers; and parts of two kinds did not go together."""
    pictures = KINDS["as MNIST"](30, rng)
    grey = np.stack([np.asarray(picture) for picture, _ in pictures])
    labels = np.array([int(label) for _, label in pictures])
    turned = np.roll(grey, 5, axis=2)  # no longer centred: the finder is needed
    for test in (grey, turned):
        path = tmp_path / "set.npz"
        np.savez(path, x_train=np.stack([grey] * 3, -1), y_train=labels, x_test=np.stack([test] * 3, -1), y_test=labels)
        found = data.load(path, use_cache=False)
        assert found.train is not None and found.test is not None
        np.testing.assert_array_equal(found.train.images[:, 0], grey)
        assert found.train.images.shape == found.test.images.shape == (30, 1, 28, 28)
        assert "grey 28x28" in found.notes[0].text
    rgb = data.load(path, wish=data.PictureWish(colour="rgb"), use_cache=False).train
    assert rgb is not None and rgb.images.shape == (30, 3, 28, 28)
