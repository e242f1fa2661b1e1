"""IDX files and batches of CIFAR: headers, names and lengths, each rule at its limit."""

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from cnncli.data.binary.cifar_binary import find_batches, read_batches
from cnncli.data.binary.idx import read_idx, read_split
from cnncli.data.binary.idx_sets import _missing, find_idx_sets, read_idx_set
from cnncli.data.raw import RawSet
from cnncli.errors import DataError


def texts(found: RawSet) -> list[str]:
    return [note.text for note in found.notes]


def idx(array: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) + b"".join(struct.pack(">I", side) for side in array.shape)
    return head + array.astype(np.uint8).tobytes()


@pytest.mark.parametrize(("there", "missing"), [
    ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte[.gz]"),
    ("t10k-labels.idx1-ubyte", "t10k-images-idx3-ubyte[.gz]"),
    ("emnist-digits-test-images-idx3-ubyte", "emnist-digits-test-labels-idx1-ubyte[.gz]"),
    ("val-label-idx1-ubyte.gz", "val-images-idx3-ubyte[.gz]"),
])  # fmt: skip
def test_file_that_is_missing_beside_an_idx_file_is_named(there: str, missing: str) -> None:
    assert _missing({"images" if "image" in there else "labels": Path(there)}) == missing


def test_idx_files_are_checked_against_their_header(tmp_path: Path, rng: np.random.Generator) -> None:
    path, images = tmp_path / "x", rng.integers(0, 256, (5, 4, 3), np.uint8)
    content = idx(images)
    for made in (content, gzip.compress(content), gzip.compress(content[:30]) + gzip.compress(content[30:])):
        path.write_bytes(made)
        np.testing.assert_array_equal(read_idx(path, 3)[0], images)
    for made, said in (
        (content + b"x", "the header says 5x4x3, but more follows; fetch it again"),
        (content[:-1], "the header says 5x4x3, more than the file can hold"),
        (gzip.compress(content[:-1]), "the header says 5x4x3, but only 59 values follow; fetch it again"),
        (content[:15], "ends within its header; fetch it again"),
        (content[:3], "starts with 00 00 08, not an IDX file; fetch it again"),
        (b"", "starts with nothing, not an IDX file"), (b"\0\1\x08\3" + content[4:], "starts with 00 01"),
        (content[:2] + b"\x0d" + content[3:], "holds float32;"),
        (content[:2] + b"\x0a" + content[3:], "holds type 0x0a; only unsigned bytes (0x08) are read"),
        (content[:3] + b"\1" + content[4:], "has 1 dimensions; it must have 3, check which file it is"),
        (content[:4] + struct.pack(">3I", 1 << 11, 1 << 10, (1 << 10) + 1), "bytes; the limit is 2,147,483,648"),
        (content[:4] + struct.pack(">3I", 1 << 11, 1 << 10, 1 << 10), "more than the file can hold; fetch it again"),
        (content[:4] + struct.pack(">3I", 0, 1 << 16, (1 << 15) + 1),
         "the header says 0x65536x32769, which is no set of images"),
    ):  # fmt: skip
        path.write_bytes(made)
        with pytest.raises(DataError) as caught:
            read_idx(path, 3)
        assert said in str(caught.value)
    path.write_bytes(content[:4] + struct.pack(">3I", 0, 1 << 16, 1 << 15))
    assert read_idx(path, 3)[0].shape == (0, 1 << 16, 1 << 15)
    path.write_bytes(content)
    (tmp_path / "y").write_bytes(idx(np.zeros(4, np.uint8)))
    with pytest.raises(DataError, match=r"x: 5 images, but 4 labels in y; both files must be of one set$"):
        read_split(path, tmp_path / "y")


def test_idx_sets_are_told_apart_by_their_names(tmp_path: Path, rng: np.random.Generator) -> None:
    images, labels = rng.integers(0, 256, (5, 4, 3), np.uint8), np.array([1, 2, 3, 1, 2])
    for part in ("train", "val", "test"):
        (tmp_path / f"emnist-x-{part}-images-idx3-ubyte").write_bytes(idx(images))
        (tmp_path / f"emnist-x-{part}-labels-idx1-ubyte").write_bytes(idx(labels))
    (tmp_path / "emnist-x-mapping.txt").write_text("1 65 97\n2 66 98\n3 67\n4\nx 5\n5 1000000\n")
    found = read_idx_set(tmp_path)
    assert list(found.parts) == ["train", "validation", "test"] and found.class_names == ["a", "b", "C"]
    np.testing.assert_array_equal(np.asarray(found.parts["train"].pictures)[:, 0], images.transpose(0, 2, 1))
    assert texts(found) == [
        "emnist-x-val-images-idx3-ubyte: used for validation",
        "converted: images of EMNIST, which lie as columns, turned upright",
    ]
    (tmp_path / "emnist-x-mapping.txt").write_text("1 65\n2 65\n3 66\n")  # two classes of one name
    assert read_idx_set(tmp_path).class_names == ["1", "2", "3"]
    (tmp_path / "b-train-images-idx3-ubyte").write_bytes(idx(images))
    with pytest.raises(DataError, match=r"holds 2 data sets \(b, emnist-x\); pass one of their files, such as"):
        read_idx_set(tmp_path)
    with pytest.raises(
        DataError, match=r"b-train-labels-idx1-ubyte\[\.gz\] is missing; put it beside the other files$"
    ):
        read_idx_set(tmp_path, tmp_path / "b-train-images-idx3-ubyte")
    assert set(find_idx_sets(tmp_path)) == {"b", "emnist-x"} and find_idx_sets(tmp_path / "gone") == {}


def test_batches_of_cifar_have_planes_and_the_last_label(tmp_path: Path, rng: np.random.Generator) -> None:
    rows = rng.integers(0, 256, (4, 3074), np.uint8)
    rows[:, :2] = [[9, 2], [8, 0], [7, 1], [6, 2]]
    (tmp_path / "train.bin").write_bytes(rows.tobytes())
    (tmp_path / "test.bin").write_bytes(rows[:1].tobytes())
    (tmp_path / "fine_label_names.txt").write_text("ant\nbee\n\ncat\n")
    found = read_batches(tmp_path, find_batches(tmp_path))
    assert found.class_names == ["ant", "bee", "cat"] and found.parts["train"].labels.tolist() == [2, 0, 1, 2]
    np.testing.assert_array_equal(found.parts["train"].pictures, rows[:, 2:].reshape(4, 3, 32, 32))
    assert "left aside: coarse labels, of which CIFAR-100 has 20" in texts(found)
    for names in ("ant\nbee\n", "ant\nant\ncat\n", "ant\nb\x1b\ncat\n"):
        (tmp_path / "fine_label_names.txt").write_text(names)
        assert read_batches(tmp_path, find_batches(tmp_path)).class_names == ["0", "1", "2"]
    (tmp_path / "x.bin").write_bytes(bytes(100_000))
    with pytest.raises(DataError, match=r"x.bin: 100,000 bytes are no whole number of images of 3,073"):
        read_batches(tmp_path, {"train": [tmp_path / "x.bin"]})
    os.truncate(tmp_path / "x.bin", (2 << 30) + 1)  # with holes
    with pytest.raises(DataError, match=r"x.bin: 2,147,483,649 bytes; the limit is 2,147,483,648, use smaller files"):
        read_batches(tmp_path, {"train": [tmp_path / "x.bin"]})


def test_ten_idx_sets_are_named_of_which_one_is_to_be_passed(tmp_path: Path) -> None:
    names = [f"s{number:02}" for number in range(12)]
    for name in names:
        (tmp_path / f"{name}-train-labels-idx1-ubyte").write_bytes(idx(np.zeros(1, np.uint8)))
    with pytest.raises(DataError) as caught:
        read_idx_set(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: holds 12 data sets ({', '.join(names[:10])}); pass one of their files, such as "
        f"{tmp_path}/s00-train-labels-idx1-ubyte"
    )
