"""Reading gzip files in large pieces: what Python's own module reads, and nothing else."""

import gzip
import io
import zlib

import numpy as np
import pytest

from cnncli.data.binary.gzip_reader import GzipReader

SIZES = [0, 1, 1000, 262_144, 700_001]


def content(size: int) -> bytes:
    """Half noise, half zeros: pieces that shrink and pieces that do not."""
    noise = np.random.default_rng(size).integers(0, 256, size, dtype=np.uint8)
    noise[size // 2 :] = 0
    return noise.tobytes()


def read_all(packed: bytes, at_once: int) -> bytes:
    reader = GzipReader(io.BytesIO(packed))
    parts = []
    while part := reader.read(at_once):
        assert len(part) <= at_once
        parts.append(part)
    assert all(len(part) == at_once for part in parts[:-1])
    return b"".join(parts)


@pytest.mark.parametrize("at_once", [1 << 20, 65_537, 999])
@pytest.mark.parametrize("size", SIZES)
def test_content_comes_out_whole(size: int, at_once: int) -> None:
    assert read_all(gzip.compress(content(size)), at_once) == content(size)


def test_members_follow_one_another_and_zeros_may_pad_them() -> None:
    packed = b"".join(gzip.compress(content(size)) for size in SIZES) + bytes(300_000)
    assert gzip.decompress(packed) == read_all(packed, 1 << 20) == b"".join(content(size) for size in SIZES)


@pytest.mark.parametrize("at_once", [1, 7, 16, 999])
def test_members_follow_one_another_in_small_pieces(at_once: int) -> None:
    """What the limit left of the first member's piece is what the second one begins with, once."""
    packed = b"".join(gzip.compress(content(size)) for size in (1000, 30, 400)) + bytes(20)
    assert read_all(packed, at_once) == gzip.decompress(packed)


@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.999, "no trailer", "half a trailer"])
def test_cut_file_is_an_error(kept: float | str) -> None:
    packed = gzip.compress(content(700_001))
    cut = {"no trailer": len(packed) - 8, "half a trailer": len(packed) - 4}
    length = cut[kept] if isinstance(kept, str) else int(kept * len(packed))
    with pytest.raises(EOFError):
        read_all(packed[:length], 1 << 20)


@pytest.mark.parametrize("place", [0, 2, -1, -5, 5000])
def test_damaged_file_is_an_error(place: int) -> None:
    packed = bytearray(gzip.compress(content(700_001)))
    packed[place] ^= 0x55
    with pytest.raises(zlib.error):
        read_all(bytes(packed), 1 << 20)


def test_something_else_behind_the_last_member_is_an_error() -> None:
    with pytest.raises(zlib.error):
        read_all(gzip.compress(content(1000)) + b"more", 1 << 20)


def test_a_bomb_is_taken_in_small_pieces() -> None:
    """100 MB of zeros: the reader never holds more than what it is asked for."""
    reader = GzipReader(io.BytesIO(gzip.compress(bytes(100_000_000))))
    assert reader.read(1000) == bytes(1000)
    assert len(reader._rest) < 200_000 and len(reader._member.unconsumed_tail) < 200_000


def test_what_zlib_packs_without_a_gzip_header_is_damage() -> None:
    for packed in (zlib.compress(b"12"), gzip.compress(b"12") + zlib.compress(b"34")):
        with pytest.raises(zlib.error):
            read_all(packed, 3)
