"""Model files cut, flipped and mutated, and paths that are no model files, are refused; reading does nothing else."""

import hashlib
import os
import random
import struct
from pathlib import Path

import numpy as np
import pytest

from cnncli.errors import CnnError, FormatError
from cnncli.storage import container
from scripts import run_file
from small_container import line_of, sealed, small_data, small_header, small_tensors


def test_a_file_cut_at_any_byte_is_refused() -> None:
    data = sealed(small_header())
    for length in range(len(data)):
        assert "\n" not in line_of(data[:length])


def test_every_flipped_bit_is_found() -> None:
    data = sealed(small_header())
    for position in range(len(data)):
        for bit in range(8):
            damaged = bytearray(data)
            damaged[position] ^= 1 << bit
            line = line_of(bytes(damaged))
            if position >= len(data) - 32 - len(small_data()):
                assert line == "model.bin: does not match its SHA-256, so it is damaged; copy it again"


def mutated(data: bytes, rng: random.Random) -> bytes:
    """`data` with a few changes such as an attacker tries: bytes, numbers, pieces cut, doubled and moved."""
    result = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(result) + 1)
        size = rng.choice((1, 2, 8, 40))
        match rng.randrange(5):
            case 0:
                result[at : at + size] = rng.randbytes(size)
            case 1:
                del result[at : at + size]
            case 2:
                result[at:at] = result[at : at + size]
            case 3:
                result[at : at + 1] = rng.choice(b'{}[]",:0123456789-eE\\ntrufalsNaI').to_bytes(1, "little")
            case 4:
                result[at:at] = rng.choice(
                    (b"99999999999", b'{"a":', b"[[[[", b"1e999", b"\\ud800", b"\x1b[2J")
                )
    return bytes(result)


@pytest.mark.parametrize("seed", range(4))
def test_mutated_files_are_refused_in_one_line_or_read(seed: int) -> None:
    """5,000 files whose hash is right again after the change, so that the checks behind it are reached."""
    rng = random.Random(seed)
    original = container.pack(small_tensors(), {"version": 1, "network": {"layers": [{"type": "ReLU"}]}})
    length = 8 + struct.unpack("<Q", original[:8])[0]
    read = 0
    for _ in range(1250):
        if rng.random() < 0.5:
            header = mutated(original[8:length], rng)
            data = sealed(header, original[length:-32])
        else:
            content = mutated(original[:-32], rng)
            data = content + hashlib.sha256(content).digest()
        try:
            tensors, record = container.unpack(data)
        except FormatError as error:
            line = str(error)
            assert line.startswith("model.bin: ")
            assert line.isprintable()
            assert len(line) < 250
        else:
            read += 1
            assert isinstance(record, dict)
            for tensor in tensors.values():
                assert np.isfinite(tensor).all()
    assert 0 < read < 625


def test_noise_is_refused() -> None:
    rng = random.Random(7)
    for size in range(300):
        line_of(rng.randbytes(size))


def error_of(path: Path | str, **options: int) -> str:
    with pytest.raises(CnnError) as caught:
        container.read(path, **options)
    return str(caught.value)


def test_the_line_begins_with_the_path_as_it_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a\x1b[31m.bin").write_bytes(b"")
    with pytest.raises(FormatError) as caught:
        container.read("./a\x1b[31m.bin")
    assert str(caught.value) == r"./a\x1b[31m.bin: is not a model file: it has no { at byte 8"


def test_only_regular_files_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    os.mkfifo("pipe")
    Path("link").symlink_to("pipe")
    assert error_of("folder") == "folder: is a folder; name a model file"
    assert error_of("pipe") == "pipe: is a pipe or a device; name a regular file"
    assert error_of("link") == "link: is a pipe or a device; name a regular file"
    assert error_of("/dev/zero") == "/dev/zero: is a pipe or a device; name a regular file"
    assert error_of("/dev/null") == "/dev/null: is a pipe or a device; name a regular file"


def test_a_pipe_that_takes_the_place_of_the_file_does_not_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("model.bin").write_bytes(sealed(small_header()))
    regular = Path("model.bin").stat()
    monkeypatch.setattr(Path, "stat", lambda *_, **__: regular)
    assert error_of("pipe") == "pipe: is a pipe or a device; name a regular file"


def test_a_symbolic_link_to_a_model_is_read(tmp_path: Path) -> None:
    container.write(tmp_path / "model.bin", small_tensors(), {"a": 1})
    (tmp_path / "link").symlink_to("model.bin")
    assert container.read(tmp_path / "link")[1] == {"a": 1}


def test_a_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert error_of("model.bin") == (
        "model.bin: does not exist; check the name, or make one with cnn train --out"
    )
    Path("a").symlink_to("a")
    assert error_of("a") == "a: cannot be read: too many levels of symbolic links"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.bin").touch(mode=0o000)
    assert error_of("model.bin") == "model.bin: no permission to read it; allow it with chmod +r"


def test_a_file_above_the_limit_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Path("model.bin").open("wb") as file:
        file.truncate((2 << 30) + 1)  # takes no room on the disk
    assert (
        error_of("model.bin") == "model.bin: has 2,147,483,649 bytes; a model file has at most 2,147,483,648"
    )
    Path("small.bin").write_bytes(bytes(101))
    assert error_of("small.bin", max_bytes=100) == "small.bin: has 101 bytes; a model file has at most 100"


def test_reading_runs_nothing_and_opens_nothing_else(tmp_path: Path) -> None:
    """An audit hook sees every import, file, process and socket of the interpreter."""
    path = tmp_path / "model.bin"
    container.write(path, small_tensors(), {"command": "cnn train", "data": "/etc/passwd"})
    found = run_file("watched_reading", "container", path)
    assert found == f"{[('open', str(path)), ('open', 3)]}\n"  # 3: the descriptor, wrapped
