"""The cache of prepared pictures piece by piece: packs, digests, limits, and which files are looked at again."""

import hashlib
import os
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.data.preparation import picture_cache
from cnncli.data.preparation.one_picture import (
    FileState,
    Outcome,
    array_digest,
    as_picture,
    file_digest,
    file_state,
    prepare_one,
)
from cnncli.data.preparation.picture_cache import (
    PictureCache,
    _entries,
    _forget_oldest,
    cache_facts,
    cache_folder,
    cache_limit,
    keep_decision,
    read_decision,
)
from cnncli.data.preparation.picture_pack import Pack, name_of, pack_parts, read_pack
from cnncli.errors import UsageError
from cnncli.pictures.recipe import InputRecipe

RECIPE = InputRecipe("plain", 1, 2, 3)
LONG_AGO = 1_700_000_000


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize(("text", "limit"), [
    ("", 2 << 30), ("  ", 2 << 30), ("0", 0), ("500", 500), ("7b", 7), ("5k", 5_000), ("5 KB", 5_000),
    ("500M", 500_000_000), ("4G", 4 * 10**9),
    ("4 gb", 4 * 10**9), ("1" * 12, 111_111_111_111),
])  # fmt: skip
def test_limit_is_bytes_or_a_number_with_a_unit(text: str, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNN_CACHE_LIMIT", text)
    assert cache_limit() == limit


@pytest.mark.parametrize("text", ["1" * 13, "-1", "1.5G", "G", "4T", "\u0663"])
def test_limit_that_is_no_number_of_bytes_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNN_CACHE_LIMIT", text)
    with pytest.raises(UsageError, match=r"^CNN_CACHE_LIMIT=.*: use bytes, or a number such as 500M or 4G$"):
        cache_limit()


def digest(number: int) -> bytes:
    return hashlib.sha256(bytes([number])).digest()


def packed(path: Path, rows: int, files: int, rng: np.random.Generator) -> np.ndarray:
    images = rng.integers(0, 256, (rows + 2, 1, 2, 3), np.uint8)
    known = {
        f"/f/{number}".encode(): (FileState(number, 10 * number - 5), digest(100 + number)) for number in range(files)
    }
    order = list(rng.permutation(rows + 2)[:rows])
    path.write_bytes(b"".join(pack_parts([digest(number) for number in range(rows)], order, images, known)))
    return images[order]


@pytest.mark.parametrize(("rows", "files"), [(0, 0), (0, 2), (3, 0), (3, 1), (1100, 5)])
def test_pack_comes_back_as_it_was_written(tmp_path: Path, rng: np.random.Generator, rows: int, files: int) -> None:
    path = tmp_path / "x.pack"
    if rows > 256:
        rows = 255
    images = packed(path, rows, files, rng)
    pack = read_pack(path)
    assert pack is not None and pack.row_bytes == 6
    assert pack.rows == {digest(number): number for number in range(rows)}
    assert pack.checks == [zlib.crc32(image.tobytes()) for image in images]
    assert pack.files == {
        f"/f/{number}".encode(): (FileState(number, 10 * number - 5), digest(100 + number)) for number in range(files)
    }
    assert pack.images_at == path.stat().st_size - 6 * rows
    made = np.zeros((rows + 1, 1, 2, 3), np.uint8)
    wanted = [(row, rows - row) for row in range(rows)]
    assert sorted(pack.read(wanted, made)) == sorted(target for _, target in wanted)
    np.testing.assert_array_equal(made[1:][::-1], images)
    if rows:
        content = bytearray(path.read_bytes())
        content[pack.images_at + 7] ^= 1  # of the second row
        path.write_bytes(content)
        assert pack.read([(row, row) for row in range(rows)], made) == [row for row in range(rows) if row != 1]


def test_pack_that_is_damaged_anywhere_but_in_its_images_is_none(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "x.pack"
    packed(path, 2, 1, rng)
    content = path.read_bytes()
    pack = read_pack(path)
    assert pack is not None
    for place in range(0, pack.images_at, 3):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert read_pack(path) is None, place
    for other in (content[:-1], content + b"x", content[:30], b""):
        path.write_bytes(other)
        assert read_pack(path) is None
    huge = struct.pack("<8s4Q32s", b"cnnpack1", 0, 1, 0, (1 << 30) + 1, bytes(32))
    path.write_bytes(huge)
    os.truncate(path, len(huge) + (1 << 30) + 1)  # with holes
    assert read_pack(path) is None and read_pack(tmp_path / "gone") is None
    assert Pack(tmp_path / "gone", 6, 0, {}, [0]).read([(0, 0)], np.zeros((1, 6), np.uint8)) == []


def pictures(folder: Path, count: int, first: int = 0, changed: float = LONG_AGO) -> list[Path]:
    folder.mkdir(exist_ok=True)
    made = []
    for number in range(first, first + count):
        path = folder / f"{number}.png"
        Image.new("L", (3, 2), number).save(path)
        os.utime(path, (changed, changed))
        made.append(path)
    return made


def prepared(sources: list[Path]) -> tuple[list[Outcome | None], np.ndarray]:
    outcomes: list[Outcome | None] = [prepare_one(RECIPE, source, True) for source in sources]
    return outcomes, np.stack([one.pixels for one in outcomes if one is not None and one.pixels is not None])


def test_pictures_that_were_kept_are_found_by_their_state_or_their_content(tmp_path: Path) -> None:
    sources = pictures(tmp_path / "a", 4)
    outcomes, images = prepared(sources)
    cache = PictureCache(RECIPE)
    assert len(cache) == 0 and cache.find(sources, images.copy()) == ([], [None] * 4)
    cache.keep(sources, outcomes, images)
    again, made = PictureCache(RECIPE), np.zeros_like(images)
    found, known = again.find(sources[::-1], made)
    assert len(again) == 4 and found == [0, 1, 2, 3]
    np.testing.assert_array_equal(made, images[::-1])
    assert [one and one.state for one in known] == [file_state(source) for source in sources[::-1]]
    moved = (tmp_path / "a").rename(tmp_path / "b")
    strange = pictures(tmp_path / "c", 1, 50)
    found, known = PictureCache(RECIPE).find([*strange, moved / "2.png"], made)
    assert found == [1] and known[0] is None and np.array_equal(made[1], images[2])
    assert PictureCache(InputRecipe("plain", 1, 3, 2)).find(sources, made)[0] == []
    array = images[0]
    cache.keep([array], [Outcome(array, digest=array_digest(array))], images[:1])  # type: ignore[list-item]
    assert PictureCache(RECIPE).find([array], made)[0] == [0]  # type: ignore[list-item]


def test_file_that_was_just_changed_is_not_known_by_its_state(tmp_path: Path) -> None:
    now = time.time()
    sources = pictures(tmp_path / "a", 1, 0, now - 1) + pictures(tmp_path / "a", 1, 1, now - 60)
    outcomes, images = prepared(sources)
    PictureCache(RECIPE).keep(sources, outcomes, images)
    [pack] = [read_pack(path) for path in cache_folder().glob("*.pack")]
    assert pack is not None and len(pack.rows) == 2 and list(pack.files) == [name_of(sources[1])]


def test_thirty_two_new_files_are_looked_at_before_all_are_taken_for_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = pictures(tmp_path / "a", 1, 200)
    outcomes, images = prepared(kept)
    PictureCache(RECIPE).keep(kept, outcomes, images)
    (tmp_path / "a").rename(tmp_path / "b")
    for strangers, is_found in ((31, True), (32, False)):
        sources = [*pictures(tmp_path / "c", strangers), tmp_path / "b" / "200.png"]
        made = np.zeros((len(sources), 1, 2, 3), np.uint8)
        assert PictureCache(RECIPE).find(sources, made)[0] == ([strangers] if is_found else [])


def test_pictures_without_an_image_and_above_the_limit_are_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = pictures(tmp_path / "a", 3)
    outcomes, images = prepared(sources)
    broken = [Outcome(None, "is broken", digest=digest(1)), None, Outcome(None, digest=b"")]
    PictureCache(RECIPE).keep(sources, broken, images)
    assert cache_facts().files == 0
    for limit, is_kept in (("0", False), ("17", False), ("18", True)):
        monkeypatch.setenv("CNN_CACHE_LIMIT", limit)
        written: list[Path] = []
        monkeypatch.setattr(picture_cache, "_write", lambda path, parts, into=written: into.append(path) or True)
        PictureCache(RECIPE).keep(sources, outcomes, images)
        assert bool(written) == is_kept


def test_more_than_four_packs_become_one(tmp_path: Path) -> None:
    for count in range(1, 7):
        sources = pictures(tmp_path / "a", 3 * count)
        images, cache = np.zeros((len(sources), 1, 2, 3), np.uint8), PictureCache(RECIPE)
        found, _ = cache.find(sources, images)
        outcomes, images = prepared(sources)
        cache.keep(sources, outcomes, images)
        assert len(found) == 3 * (count - 1)
        assert len(list(cache_folder().glob("*.pack"))) == (count if count <= 5 else 1)
    assert cache_facts().pictures == 18


def test_oldest_files_go_until_the_limit_is_kept(tmp_path: Path) -> None:
    for number, name in enumerate(("c.pack", "a.decision", "b.pack", "other.txt")):
        (tmp_path / name).write_bytes(bytes(10 + number))
        os.utime(tmp_path / name, (LONG_AGO + number, LONG_AGO + number))
    assert [(path.name, size) for path, size, _ in _entries(tmp_path)] == [
        ("c.pack", 10),
        ("a.decision", 11),
        ("b.pack", 12),
    ]
    for limit, left in ((33, 3), (32, 2), (23, 2), (22, 1), (12, 1), (11, 0)):
        _forget_oldest(tmp_path, limit)
        assert len(_entries(tmp_path)) == left
    assert (tmp_path / "other.txt").exists() and _entries(tmp_path / "gone") == []


def test_decisions_are_kept_unless_nothing_is(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_decision("ab", {"x": 1})
    assert read_decision("ab") == {"x": 1} and read_decision("cd") is None
    monkeypatch.setenv("CNN_CACHE_LIMIT", "0")
    keep_decision("cd", {"x": 1})
    assert read_decision("cd") is None


def test_one_picture_is_told_with_its_digest_and_state(tmp_path: Path, rng: np.random.Generator) -> None:
    [path] = pictures(tmp_path / "a", 1, 7)
    content = hashlib.sha256(path.read_bytes()).digest()
    assert file_digest(path) == content and file_digest(tmp_path) == file_digest(tmp_path / "gone") == b""
    with_digest, without = prepare_one(RECIPE, path, True), prepare_one(RECIPE, path)
    assert (with_digest.digest, with_digest.state) == (content, file_state(path))
    assert (without.digest, without.state) == (b"", None) and not with_digest.is_blank
    assert with_digest.pixels is not None and (with_digest.pixels == 7).all()
    gone = prepare_one(RECIPE, tmp_path / "gone.png", True)
    assert (gone.pixels, gone.is_blank, gone.digest) == (None, False, b"") and "no such file" in gone.error
    blank = prepare_one(InputRecipe("glyph", 1, 28, 28), path)
    assert blank.is_blank and blank.pixels is None
    for shape in ((1, 4, 5), (3, 4, 5)):
        image = rng.integers(0, 256, shape, np.uint8)
        assert array_digest(image) != array_digest(image.reshape(shape[0], 5, 4))
        assert (
            prepare_one(RECIPE, image, True).digest == array_digest(image) and prepare_one(RECIPE, image).digest == b""
        )
        picture = np.asarray(as_picture(image))
        np.testing.assert_array_equal(picture, image[0] if shape[0] == 1 else image.transpose(1, 2, 0))
