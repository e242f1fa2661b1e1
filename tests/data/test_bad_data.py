"""Hand-made bad IDX, gzip and .npz files, each with its one line."""

import gzip
import io
import os
import struct
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from cnncli.data.array_files.npz import read_npz
from cnncli.data.binary.idx import read_idx
from cnncli.errors import DataError


def idx(*sizes: int, body: bytes | None = None, kind: int = 8, magic: bytes = b"\0\0", dimensions: int = 3) -> bytes:
    count = 1
    for size in sizes:
        count *= size
    values = bytes(min(count, 4096)) if body is None else body
    return magic + bytes([kind, dimensions]) + struct.pack(f">{len(sizes)}I", *sizes) + values


GOOD_IDX = idx(2, 3, 3)
ZIPPED = gzip.compress(GOOD_IDX, mtime=0)
CUT = (
    "the gzip data is cut or damaged (compressed file ended before the end-of-stream marker was reached); "
    "fetch it again"
)

IDX_CASES = {
    "empty": (b"", "starts with nothing, not an IDX file; fetch it again"),
    "another magic": (idx(1, 1, 1, magic=b"\x89P"), "starts with 89 50 08 03, not an IDX file; fetch it again"),
    "another type": (idx(1, 1, 1, kind=0x0D), "holds float32; only unsigned bytes (0x08) are read, convert it"),
    "an unknown type": (idx(1, 1, 1, kind=0xFF), "holds type 0xff; only unsigned bytes (0x08) are read, convert it"),
    "another number of dimensions": (
        idx(1, dimensions=1),
        "has 1 dimensions; it must have 3, check which file it is",
    ),
    "255 dimensions": (idx(1, 1, 1, dimensions=255), "has 255 dimensions; it must have 3, check which file it is"),
    "a header cut": (GOOD_IDX[:9], "ends within its header; fetch it again"),
    "values cut": (GOOD_IDX[:-1], "the header says 2x3x3, more than the file can hold; fetch it again"),
    "zipped values cut": (
        gzip.compress(GOOD_IDX[:-1]),
        "the header says 2x3x3, but only 17 values follow; fetch it again",
    ),
    "more values": (GOOD_IDX + b"x", "the header says 2x3x3, but more follows; fetch it again"),
    "sizes whose product is 0 in 64 bits": (
        idx(2**31, 2**31, 4, body=b""),
        "the header says 2147483648x2147483648x4, 18,446,744,073,709,551,616 bytes; the limit is 2,147,483,648",
    ),
    "no values of a huge shape": (
        idx(2**32 - 1, 2**32 - 1, 0),
        "the header says 4294967295x4294967295x0, which is no set of images; fetch it again",
    ),
    "2 GiB in 16 bytes": (
        idx(2**31, 1, 1, body=b""),
        "the header says 2147483648x1x1, more than the file can hold; fetch it again",
    ),
    "gzip cut": (ZIPPED[:-9], CUT),
    "gzip with another CRC": (
        ZIPPED[:-8] + bytes([ZIPPED[-8] ^ 1]) + ZIPPED[-7:],
        "the gzip data is cut or damaged (error -3 while decompressing data: incorrect data check); fetch it again",
    ),
    "gzip with another length": (
        ZIPPED[:-4] + b"\xff" + ZIPPED[-3:],
        "the gzip data is cut or damaged (error -3 while decompressing data: incorrect length check); fetch it again",
    ),
    "gzip followed by noise": (
        ZIPPED + b"noise",
        "the gzip data is cut or damaged (error -3 while decompressing data: incorrect header check); fetch it again",
    ),
    "gzip bomb": (
        gzip.compress(GOOD_IDX + bytes(50 << 20), 9, mtime=0),
        "the header says 2x3x3, but more follows; fetch it again",
    ),
    "one more gzip member": (
        ZIPPED + gzip.compress(b"x", mtime=0),
        "the header says 2x3x3, but more follows; fetch it again",
    ),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("case", IDX_CASES)
def test_each_bad_idx_file_has_its_line(case: str) -> None:
    data, line = IDX_CASES[case]
    Path("images.idx").write_bytes(data)
    with pytest.raises(DataError) as caught:
        read_idx(Path("images.idx"), 3)
    assert str(caught.value) == f"images.idx: {line}"


def test_an_idx_file_in_two_gzip_members_and_padded_is_read() -> None:
    members = gzip.compress(GOOD_IDX[:7], mtime=0) + gzip.compress(GOOD_IDX[7:], mtime=0) + bytes(7)
    Path("images.idx").write_bytes(members)
    assert read_idx(Path("images.idx"), 3)[0].shape == (2, 3, 3)


def npy(values: np.ndarray, **options: bool) -> bytes:
    target = io.BytesIO()
    np.save(target, values, **options)
    return target.getvalue()


def headed(text: str, body: bytes = b"", version: int = 1) -> bytes:
    raw = text.encode("latin-1")
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(raw)) + raw + body


def described(descr: str = "'|u1'", shape: str = "(2, 3, 3)", body: bytes = bytes(18)) -> bytes:
    return headed(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n", body)


IMAGES, LABELS = npy(np.zeros((2, 3, 3), np.uint8)), npy(np.arange(2))


def npz(images: bytes = IMAGES, labels: bytes = LABELS, method: int = zipfile.ZIP_STORED, **more: bytes) -> bytes:
    target = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w", method) as archive:
        for name, content in {"images.npy": images, "labels.npy": labels, **more}.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return target.getvalue()


def changed(data: bytes, offset: int, value: bytes, signature: bytes = b"PK\x01\x02") -> bytes:
    """A field of the first entry of the zip's directory changed."""
    at = data.index(signature) + offset
    return data[:at] + value + data[at + len(value) :]


EVIL = b"\x80\x04cposix\nsystem\n(S'touch hacked'\ntR."

NPZ_CASES = {
    "no zip": (b"hello", "cannot be read as .npz (file is not a zip file); save it again"),
    "no arrays": (
        npz()[:0] + b"PK\x05\x06" + bytes(18),
        "holds no arrays; save images and labels as x_train, y_train, x_test, y_test (or x, y)",
    ),
    "a pickle": (npz(EVIL), "images is no array of NumPy; save it with numpy.savez"),
    "objects": (
        npz(npy(np.array([{}], object), allow_pickle=True)),
        "images holds Python objects, which are never read since they may run any program; save it as plain "
        "numbers or text, such as numpy.array(list(a)) or a.astype(str)",
    ),
    "objects in fields": (
        npz(described("[('a', '|O')]")),
        "images holds Python objects, which are never read since they may run any program; save it as plain "
        "numbers or text, such as numpy.array(list(a)) or a.astype(str)",
    ),
    "fields": (npz(described("[('a', '<i4')]")), "images holds [('a', '<i4')]; save it as plain numbers"),
    "times": (npz(described("'<M8[ns]'")), "images holds <M8[ns]; save it as plain numbers"),
    "texts for images": (
        npz(described("'<U9'", body=bytes(18 * 36))),
        "images is <U9 (2, 3, 3); save uint8 (N, H, W), (N, C, H, W) or (N, H, W, C)",
    ),
    "texts of a megabyte": (npz(described("'<U999999'")), "images holds <U999999; save it as plain numbers"),
    "texts that are no Unicode": (
        npz(labels=described("'<U1'", "(2,)", body=b"\xff" * 8)),
        "labels holds text that is not Unicode; save it again",
    ),
    "bytes that are no text": (
        npz(labels=described("'|S2'", "(2,)", body=b"\xff" * 4)),
        "labels holds bytes that are not UTF-8 text; save plain text",
    ),
    "a label that is an escape sequence": (
        npz(labels=npy(np.array(["a", "\x1b[31m"]))),
        r"label '\x1b[31m' holds control characters; use printable ones",
    ),
    "code in the header": (
        npz(headed("__import__('os').system('touch hacked')")),
        "images has a header that NumPy does not write; save it again",
    ),
    "a header nested deeply": (
        npz(headed("(" * 9000)),
        "images has a header that NumPy does not write; save it again",
    ),
    "a header of 1 MB": (
        npz(headed("(" * 1_000_000, version=2)),
        "images has a header of 1,000,000 bytes; save it again",
    ),
    "a header beyond the end": (
        npz(b"\x93NUMPY\x01\0\xff\xff"),
        "images has a header of 65,535 bytes; save it again",
    ),
    "an unknown version": (
        npz(b"\x93NUMPY\x09\0" + bytes(20)),
        "images has a header of an unknown version or is cut; save it again",
    ),
    "a shape that lies": (
        npz(described(shape="(200, 3, 3)")),
        "images says 200x3x3 of uint8, but 18 bytes follow; save it again",
    ),
    "a shape that overflows": (
        npz(described(shape="(4294967296, 4294967296, 1)", body=b"")),
        "images says 4294967296x4294967296x1 of uint8, but 0 bytes follow; save it again",
    ),
    "a size of 30 digits": (
        npz(described(shape=f"({'9' * 30},)")),
        f"images has the shape ({'9' * 30},); save it again",
    ),
    "images of five sizes": (
        npz(described(shape="(2, 1, 3, 3, 1)")),
        "images is uint8 (2, 1, 3, 3, 1); save uint8 (N, H, W), (N, C, H, W) or (N, H, W, C)",
    ),
    "seven channels": (
        npz(npy(np.zeros((2, 7, 8, 9), np.uint8))),
        "images has the shape (2, 7, 8, 9); images have 1, 3 or 4 channels",
    ),
    "labels that are measures": (
        npz(labels=npy(np.array([0.5, 1]))),
        "labels is float64 (2,); labels are whole numbers or text (N,), or one-hot (N, classes)",
    ),
    "labels of two classes at once": (
        npz(labels=npy(np.array([[1, 1, 0], [0, 1, 0]]))),
        "labels is int64 (2, 3); labels are whole numbers or text (N,), or one-hot (N, classes)",
    ),
    "a negative label": (
        npz(labels=npy(np.array([0, -1]))),
        "label -1 found; labels are whole numbers from 0, or text",
    ),
    "a label of 2^63": (
        npz(labels=npy(np.array([0, 2**63], np.uint64))),
        "label 9223372036854775808 found; labels go up to 2^63 - 1",
    ),
    "pixels that are not numbers": (
        npz(npy(np.full((2, 3, 3), np.nan))),
        "holds NaN or infinite pixels; replace them, and save bytes from 0 to 255",
    ),
    "pixels of an unknown range": (
        npz(npy(np.linspace(-0.4, 2.8, 18).reshape(2, 3, 3))),
        "pixels are floats from -0.4 to 2.8, whose black and white are not known; save them as bytes from 0 to 255, "
        "or as floats from 0 to 1",
    ),
    "no labels": (
        npz(labels=npy(np.zeros((3, 3, 3)))).replace(b"labels.npy", b"others.npy"),
        "which arrays are images and which their labels is not known: images 2x3x3, others 3x3x3; save images and "
        "labels as x_train, y_train, x_test, y_test (or x, y)",
    ),
    "rows that are no square": (
        npz(npy(np.zeros((2, 7), np.uint8))),
        "images has rows of 7 pixels, neither a square nor three times one; save images of other sizes as (N, H, W) "
        "or (N, C, H, W)",
    ),
    "rows of noise in three colours": (
        npz(npy(np.random.default_rng(1).integers(0, 256, (2, 192), np.uint8))),
        "images has rows of 192 numbers, and whether colours lie in planes or side by side cannot be seen; save the "
        "images as (N, 3, 8, 8)",
    ),
    "more labels": (
        npz(labels=npy(np.arange(3))),
        "images has 2 images, but labels 3 labels; save one label for each image",
    ),
    "a name twice": (
        npz(**{"labels.np0": b"x"}).replace(b"labels.np0", b"labels.npy"),
        "holds labels twice; save it again",
    ),
    "encrypted": (changed(npz(), 8, b"\x01"), "images is encrypted; save it without a password"),
    "bzip2": (
        npz(method=zipfile.ZIP_BZIP2),
        "images is compressed by method 12; use numpy.savez_compressed",
    ),
    "3 GiB in the directory": (
        changed(npz(), 24, struct.pack("<I", 3 << 30)),
        "unpacks to {size} bytes; the limit is 2,147,483,648, use a smaller set",
    ),
    "another CRC": (
        changed(npz(), 16, b"\0\0\0\0"),
        "cannot be read as .npz (bad crc-32 for file 'images.npy'); save it again",
    ),
    "many members": (
        npz(**{f"a{index}": b"" for index in range(1000)}),
        "has 1,002 members; at most 1,000 are read",
    ),
}


@pytest.mark.parametrize("case", NPZ_CASES)
def test_each_bad_npz_has_its_line(case: str) -> None:
    data, line = NPZ_CASES[case]
    Path("set.npz").write_bytes(data)
    with pytest.raises(DataError) as caught:
        read_npz(Path("set.npz"))
    size = f"{(3 << 30) + len(LABELS):,}"
    assert str(caught.value) == f"set.npz: {line.replace('{size}', size)}"
    assert not Path("hacked").exists()


def test_names_that_are_paths_are_never_written_nor_read() -> None:
    Path("set.npz").write_bytes(npz(**{"../evil.npy": IMAGES, "/etc/passwd": b"x", "a\x1b[31m.npy": EVIL}))
    assert len(read_npz(Path("set.npz")).parts["train"]) == 2
    assert [path.name for path in Path().iterdir()] == ["set.npz"]
    assert not Path("../evil.npy").exists()


def test_columns_first_and_both_byte_orders_are_read_by_value(rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (3, 4, 5)).astype(np.uint8)
    Path("set.npz").write_bytes(npz(npy(np.asfortranarray(images)), npy(np.array([0, 1, 300], ">i4"))))
    read = read_npz(Path("set.npz"))
    np.testing.assert_array_equal(np.asarray(read.parts["train"].pictures)[:, 0], images)
    assert read.parts["train"].labels.tolist() == [0, 1, 2] and read.class_names == ["0", "1", "300"]


@pytest.mark.parametrize("name", ["images.idx", "set.npz"])
def test_what_is_no_regular_file_is_not_opened(name: str) -> None:
    os.mkfifo(name)
    read, remedy = (
        (lambda path: read_idx(path, 3), "put the IDX file itself there")
        if name.endswith("idx")
        else (read_npz, "pass the .npz itself")
    )
    with pytest.raises(DataError) as caught:
        read(Path(name))
    assert str(caught.value) == f"{name}: not a regular file; {remedy}"
