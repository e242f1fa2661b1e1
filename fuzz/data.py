"""Hostile data files by the million: `python -m fuzz.data --kind idx --count 1000000`.

Other kinds are npz, npy, table (of pixels), list (of pictures) and cifar (its binary batches).

Each file is a function of (seed, index). Only DataError may come out of reading; nothing may take more than a second
or a lot of memory.
"""

import gzip
import io
import random
import struct
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from cnncli.data.array_files.npz import read_npz
from cnncli.data.binary.idx import read_idx
from cnncli.data.by_path import read_path
from cnncli.errors import DataError
from cnncli.shown import find_unprintable
from fuzz.harness import main, rule_of
from fuzz.models import mutate_bytes

SIZES = (0, 1, 2, 3, 28, 255, 256, 65535, 65536, 2**24, 2**31 - 1, 2**31, 2**32 - 1)


@cache
def scratch() -> Path:
    """The file that is read, in memory where the system has such a folder."""
    shared = Path("/dev/shm")
    folder = tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None)
    _KEPT.append(folder)
    return Path(folder.name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []  # removed when the process ends


def idx_content(rng: random.Random) -> bytes:
    """An IDX file whose header may lie: type, number of dimensions, sizes, length of what follows."""
    dimensions = rng.choice((1, 3, 3, 3, rng.randrange(256)))
    sizes = [rng.choice(SIZES) if rng.random() < 0.3 else rng.randint(0, 5) for _ in range(min(dimensions, 8))]
    kind = rng.choice((8, 8, 8, 8, 8, 8, 9, 11, 12, 13, 14, rng.randrange(256)))
    count = 1
    for size in sizes:
        count *= size
    if rng.random() < 0.1:  # whose product is 0 in 64 bits
        sizes, count = [2**31, 2**31, 4], 0
    body = rng.randbytes(max(0, min(count, 4096) + rng.choice((0, 0, 0, -1, 1, 7))))
    magic = b"\0\0" if rng.random() < 0.95 else rng.randbytes(2)
    return magic + bytes([kind, dimensions]) + struct.pack(f">{len(sizes)}I", *sizes) + body


def make_idx(seed: int, index: int) -> bytes:
    """An IDX file, plain or gzipped in one member or more, then perhaps changed."""
    rng = random.Random((seed << 40) + index)
    content = idx_content(rng)
    match rng.randrange(8):
        case 0 | 1 | 2:
            data = content
        case 3 | 4:
            data = gzip.compress(content, rng.choice((0, 1, 6)), mtime=0)
        case 5:
            cut = rng.randrange(len(content) + 1)
            data = gzip.compress(content[:cut], 1, mtime=0) + gzip.compress(content[cut:], 1, mtime=0)
            data += bytes(rng.choice((0, 0, 5)))
        case 6:
            data = bytearray(gzip.compress(content, 1, mtime=0))
            data[rng.randrange(-8, 0)] ^= 1 << rng.randrange(8)  # the CRC or the length
        case _:
            data = gzip.compress(content + bytes(rng.choice((1, 10_000, 300_000))), 1, mtime=0)  # a bomb
    return mutate_bytes(rng, bytes(data)) if rng.random() < 0.5 else bytes(data)


def npy_header(rng: random.Random) -> bytes:
    """The header of an .npy that may lie, or attack whoever evaluates it."""
    descr = rng.choice((
        "'|u1'", "'|u1'", "'|u1'", "'<i8'", "'>i4'", "'<f4'", "'|b1'", "'|O'", "'O'", "'<M8[ns]'", "'<U9'", "'|V8'",
        "'|u9'", "'<f1'", "'f16'", "'|S0'", "[('a', '<i4')]", "[('a', '|O')]", "''", "'>u8'", "1", "'{}'",
    ))  # fmt: skip
    wild = (*SIZES, 2**62, 2**64, 10**30, -1)
    sizes = [rng.choice(wild) if rng.random() < 0.15 else rng.randint(0, 4) for _ in range(3)]
    shape = rng.choice((
        f"({', '.join(map(str, sizes))})", f"({', '.join(map(str, sizes))})", f"({sizes[0]},)", "()", f"({sizes[0]})",
        "(1L, 2L)", f"({'(' * 90}1{')' * 90},)", f"({'1,' * 90})", "(2**99,)", "('a',)", "(1.5,)", "None", "(True,)",
    ))  # fmt: skip
    text = f"{{'descr': {descr}, 'fortran_order': {rng.choice(('False', 'False', 'True', '0'))}, 'shape': {shape}, }}"
    if rng.random() < 0.05:
        text = rng.choice(("[" * 9000, "(" * 200_000, "-" * 9000, "__import__('os').abort()", "\0" * 50, "é" * 60))
    raw = text.encode("latin-1", "replace")
    raw += b" " * (-(10 + len(raw) + 1) % 64) + b"\n"
    version = rng.choice((1, 1, 1, 1, 2, 3, 0, 255))
    length = len(raw) if rng.random() < 0.95 else rng.choice((0, 1, 65535))
    width = "<I" if version in (2, 3) else "<H"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack(width, min(length, 65535)) + raw


def make_npz(seed: int, index: int) -> bytes:
    """A zip of .npy files; sizes, flags and names in its directory may lie."""
    rng = random.Random((seed << 40) + index)
    target = io.BytesIO()
    names = ["images.npy", "labels.npy"] if rng.random() < 0.9 else ["x_train.npy", "y_train.npy", "x_test.npy"]
    extra = ["images.npy", "labels", "../evil.npy", "/etc/passwd", "a\x1b[31m.npy", "", "\u202e.npy"]
    if rng.random() < 0.15:
        names.append(rng.choice(extra))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are there twice
        method = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
        with zipfile.ZipFile(target, "w", method) as archive:
            for name in names:
                if rng.random() < 0.5:
                    values = np.zeros((2, 3, 3) if "im" in name or "x_" in name else 2, np.uint8)
                    inner = io.BytesIO()
                    np.save(inner, values)
                    content = inner.getvalue()
                else:
                    content = npy_header(rng) + bytes(rng.choice((0, 1, 2, 16, 18, 24, 64, 100_000)))
                archive.writestr(zipfile.ZipInfo(name), mutate_bytes(rng, content) if rng.random() < 0.1 else content)
    data = bytearray(target.getvalue())
    if rng.random() < 0.4:  # a field of the directory or of a local header
        at = data.rfind(b"PK\x01\x02") if rng.random() < 0.7 else data.find(b"PK\x03\x04")
        offset = rng.randrange(4, 46)
        wild = rng.choice((b"\xff", b"\xff\xff\xff\xff", b"\x01", b"\0\0\0\0", rng.randbytes(2)))
        data[at + offset : at + offset + len(wild)] = wild
    return mutate_bytes(rng, bytes(data)) if rng.random() < 0.3 else bytes(data)


def make_npy(seed: int, index: int) -> bytes:
    """Images as an .npy beside good labels; header and length may lie."""
    rng = random.Random((seed << 40) + index)
    if rng.random() < 0.5:
        kind = rng.choice(("u1", "f4", "f8", "i2", "?", "<U2", "S1", "u8"))
        values = np.zeros(rng.choice(((2, 3, 3), (2, 16), (2, 3, 4, 4), (2, 4, 4, 4), (2,), (2, 0), (0, 3))), kind)
        if kind in ("f4", "f8") and values.size:
            values.flat[0] = rng.choice((1.0, -1.0, 0.5, 16, 255, 65535, 1e300, float("nan"), float("-inf")))
        inner = io.BytesIO()
        np.save(inner, values)
        content = inner.getvalue()
    else:
        content = npy_header(rng) + bytes(rng.choice((0, 1, 2, 16, 18, 24, 64, 100_000)))
    return mutate_bytes(rng, content) if rng.random() < 0.3 else content


CELLS = ("0", "1", "7", "16", "255", "256", "65535", "-1", "0.5", "1e9", "1e999", "nan", "inf", "", " ", "x",
         "1_0", "\"", "\0",
         "\x1b[31m", "9" * 400, "٣", "'", "0x10", "1.", "--1", "\ufeff")  # fmt: skip


def make_table(seed: int, index: int) -> bytes:
    """A table of pixels in which cells, lengths of rows, separators and headers may be wrong."""
    rng = random.Random((seed << 40) + index)
    columns = rng.choice((17, 17, 17, 18, 26, 50, 49, 65, 16, 2, 785))
    separator = rng.choice((",", ",", ",", ";", "\t", "|", " ", ", "))
    wrong = rng.choice((0, 0, 0, 0.002, 0.05))
    rows = []
    for row in range(rng.choice((1, 2, 5, 12))):
        good = ("0", "9", "255") if rng.random() < 0.9 else CELLS
        cells = [rng.choice(CELLS if rng.random() < wrong else good) for _ in range(columns)]
        cells[rng.choice((0, -1))] = rng.choice((str(row % 3), str(row % 3), "A", "a.png"))
        if rng.random() < wrong:
            cells = cells[: rng.randrange(len(cells) + 1)] * rng.choice((1, 2))
        rows.append(separator.join(cells))
    if rng.random() < 0.3:
        names = ["label", *(f"p{column}" for column in range(columns - 1))]
        rows.insert(0, separator.join(rng.choice((names, [str(column) for column in range(columns)], names[:3]))))
    text = rng.choice(("\n", "\n", "\r\n", "\n\n", separator + "\n")).join(rows) + rng.choice(("\n", ""))
    content = text.encode(rng.choice(("utf-8", "utf-8", "utf-8", "utf-16", "utf-8-sig")))
    return mutate_bytes(rng, content) if rng.random() < 0.2 else content


def make_list(seed: int, index: int) -> bytes:
    """A list of pictures, some of which are there; names, quotes, encodings and columns may be wrong."""
    rng = random.Random((seed << 40) + index)
    words = ("a.png", "b", "a", "../a.png", "/etc/passwd", "C:\\x\\a.png",
        ".\\a.png", "x/y/a.png", "", "0", "1",
             "train", "val", "cat", "path", "label", "split", "id", "class", "\"", "\"a.png\"", "é", "猫",
             "\u202ex", "\0", "\x1b[2J",
             "a" * 300, "/" * 50, "~", "nan", "1.0")  # fmt: skip
    separator = rng.choice((",", ",", ",", ";", "\t", "|", " "))
    headers = (
        ["path", "label"],
        ["id", "class", "split"],
        ["label", "filename"],
        ["", "file", "y"],
        ["a", "b", "c", "d"],
    )
    header = list(rng.choice(headers))
    rows = [header] if rng.random() < 0.7 else []
    for row in range(rng.choice((0, 1, 3, 8))):
        good = ["a.png", f"c{row % 2}", "train", "0"][: len(header)]
        rows.append([cell if rng.random() < 0.9 else rng.choice(words) for cell in good])
        if rng.random() < 0.05:
            rows[-1] = [rng.choice(words) for _ in range(rng.randrange(6))]
    text = rng.choice(("\n", "\r\n", "\r")).join(separator.join(row) for row in rows)
    encoding = rng.choice(("utf-8", "utf-8", "utf-8", "utf-16", "latin-1", "shift-jis", "utf-8-sig"))
    content = text.encode(encoding, "replace")
    return mutate_bytes(rng, content) if rng.random() < 0.3 else content


def make_cifar(seed: int, index: int) -> bytes:
    """A batch whose length may be wrong."""
    rng = random.Random((seed << 40) + index)
    size = rng.choice((3073, 3073, 6146, 3074, 3074, 0, 1, 3072, rng.randrange(20_000)))
    return bytes([rng.choice((0, 9, 255))]) + bytes(size - 1) if size else b""


def prepared(read: Callable[[bytes], str]) -> Callable[[bytes], str]:
    """What lies beside the file: a picture for lists, labels for images."""

    def attempt(data: bytes) -> str:
        folder = scratch()
        if not (folder / "y.npy").exists():
            np.save(folder / "y.npy", np.arange(2))
            (folder / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        return read(data)

    return attempt


def reads(name: str, read: Callable[[Path], object]) -> Callable[[bytes], str]:
    """Writes the file, reads it, and tells which rule refused it."""

    def attempt(data: bytes) -> str:
        path = scratch() / name
        path.write_bytes(data)
        try:
            read(path)
        except DataError as error:
            line = str(error)
            assert line.startswith((str(path), path.stem)), f"names no file: {line}"
            assert find_unprintable(line) is None and len(line) < len(str(path)) + 300, f"line: {line!r}"
            return f"refused: {rule_of(line.removeprefix(str(path)))}"
        return "accepted"

    return attempt


KINDS = {
    "idx": (make_idx, reads("images.idx", lambda path: read_idx(path, 3))),
    "npy": (make_npy, prepared(reads("x.npy", read_path))),
    "table": (make_table, prepared(reads("table.csv", read_path))),
    "list": (make_list, prepared(reads("list.csv", read_path))),
    "cifar": (make_cifar, reads("data_batch_1.bin", read_path)),
    "npz": (make_npz, reads("set.npz", read_npz)),
}

if __name__ == "__main__":
    sys.exit(main(__doc__.splitlines()[0], "fuzz.data", KINDS))
