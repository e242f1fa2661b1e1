"""The bytes of model files: what is written is read, and every broken rule has its own line."""

import hashlib
import json
import os
import random
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy

from cnncli.errors import CnnError, FormatError
from cnncli.storage import container
from scripts import command_of, run_file

HASH_ENTRY = {"dtype": "U8", "shape": [32], "data_offsets": [24, 56]}


def small_tensors() -> dict[str, np.ndarray]:
    return {
        "0.bias": np.array([0.5, -1.5], np.float32),
        "0.weight": np.arange(4, dtype=np.float32).reshape(2, 2),
    }


def small_header() -> dict[str, Any]:
    """The header of a small right file, for tests to break. Its data: 24 bytes of float32, 32 of the hash."""
    return {
        "__metadata__": {"cnncli": '{"version":1}'},
        "0.bias": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
        "0.weight": {"dtype": "F32", "shape": [2, 2], "data_offsets": [8, 24]},
        "sha256": HASH_ENTRY,
    }


def small_data() -> bytes:
    return struct.pack("<6f", 0.5, -1.5, 0, 1, 2, 3)


def sealed(header: bytes | dict[str, Any], data: bytes | None = None) -> bytes:
    """A file by hand: length, header, data and the right hash, so that the rule under test is the one met."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    content = struct.pack("<Q", len(text)) + text + (small_data() if data is None else data)
    return content + hashlib.sha256(content).digest()


def line_of(data: bytes) -> str:
    with pytest.raises(FormatError) as caught:
        container.unpack(data, "model.bin")
    return str(caught.value)


def test_a_file_made_by_hand_is_read() -> None:
    tensors, record = container.unpack(sealed(small_header()))
    assert record == {"version": 1}
    assert list(tensors) == ["0.bias", "0.weight"]
    for name, expected in small_tensors().items():
        assert tensors[name].dtype == np.float32
        np.testing.assert_array_equal(tensors[name], expected)


def test_what_is_written_is_read(tmp_path: Path, rng: np.random.Generator) -> None:
    tensors = {
        "3.weight": rng.standard_normal((4, 3, 5, 5), np.float32),
        "0.scalar": np.float32(2).reshape(()),
        "optimizer/steps": np.array([1 << 60, -1]),
        "a-b_c.D": rng.standard_normal(17, np.float32),
    }
    record = {"b": [1, -2.5, None, True, "größe"], "a": {"z": 0.1, "y": (1 << 64) - 1}}
    container.write(tmp_path / "model.bin", tensors, record)
    read, read_record = container.read(tmp_path / "model.bin")
    assert read_record == record
    assert set(read) == set(tensors)
    for name, tensor in tensors.items():
        assert read[name].dtype == tensor.dtype
        assert read[name].shape == tensor.shape
        assert read[name].tobytes() == tensor.tobytes()
        assert not read[name].flags.writeable


def test_views_and_other_byte_orders_are_written_by_value() -> None:
    grid = np.arange(12, dtype=np.float32).reshape(3, 4)
    views = {"t": grid.T, "s": grid[:, ::2], "r": grid[::-1], "b": grid.astype(">f4")}
    read, _ = container.unpack(container.pack(views, {}))
    for name, view in views.items():
        np.testing.assert_array_equal(read[name], view)


def test_a_file_without_tensors_is_a_file() -> None:
    assert container.unpack(container.pack({}, {"a": 1})) == ({}, {"a": 1})


def test_the_same_content_gives_the_same_bytes_in_every_process() -> None:
    digests = set()
    for seed in range(4):
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        digests.add(subprocess.check_output(command_of("packed_sets"), env=environment))
    assert len(digests) == 1


def test_the_file_ends_with_the_hash_of_all_before_it() -> None:
    data = container.pack(small_tensors(), {})
    assert data[-32:] == hashlib.sha256(data[:-32]).digest()


def test_the_safetensors_package_reads_our_files(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    container.write(path, small_tensors(), {"version": 1, "a": "é"})
    loaded = safetensors.numpy.load_file(path)
    assert sorted(loaded) == ["0.bias", "0.weight", "sha256"]
    for name, expected in small_tensors().items():
        np.testing.assert_array_equal(loaded[name], expected)
    assert loaded["sha256"].tobytes() == path.read_bytes()[-32:]
    with safetensors.safe_open(path, "numpy") as file:
        assert file.metadata() == {"cnncli": '{"a":"é","version":1}'}


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    header = json.loads(json.dumps(small_header()))
    change(header)
    return header


def entry(**values: object) -> dict[str, Any]:
    return changed(lambda header: header["0.weight"].update(values))


def duplicate_tensor() -> bytes:
    text = json.dumps(small_header())
    return text.replace('"0.bias"', '"0.weight"').encode()


def swapped() -> dict[str, Any]:
    header = small_header()
    return {
        "__metadata__": header["__metadata__"],
        "0.weight": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
        "0.bias": {"dtype": "F32", "shape": [2], "data_offsets": [16, 24]},
        "sha256": HASH_ENTRY,
    }


def with_record(text: object) -> dict[str, Any]:
    return changed(lambda header: header["__metadata__"].update(cnncli=text))


def many_tensors(count: int) -> dict[str, Any]:
    header: dict[str, Any] = {"__metadata__": {"cnncli": "{}"}}
    for index in range(count):
        header[f"{index:05}"] = {"dtype": "F32", "shape": [1], "data_offsets": [4 * index, 4 * index + 4]}
    header["sha256"] = {"dtype": "U8", "shape": [32], "data_offsets": [4 * count, 4 * count + 32]}
    return header


BROKEN = {
    "empty": (b"", "is not a model file: it has no { at byte 8"),
    "text": (b"hello, this is no model", "is not a model file: it has no { at byte 8"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "is not a model file: it has no { at byte 8"),
    "zip": (b"PK\x03\x04" + bytes(100), "is not a model file: it has no { at byte 8"),
    "huge header": (
        struct.pack("<Q", (4 << 20) + 8) + b"{}" + bytes(100),
        "header has 4,194,312 bytes; at most 4,194,304 are allowed",
    ),
    "overflowing header": (
        b"\xff" * 8 + b"{}" + bytes(100),
        "header has 18,446,744,073,709,551,615 bytes; at most 4,194,304 are allowed",
    ),
    "odd header": (
        struct.pack("<Q", 9) + b"{}       " + bytes(32),
        "header has 9 bytes; it must be a multiple of 8",
    ),
    "header beyond the end": (
        struct.pack("<Q", 4096) + b"{}" + bytes(30),
        "is cut short: header of 4,096 bytes, but only 32 are there",
    ),
    "header not UTF-8": (sealed(b'{"\xff":1}'), "header is not UTF-8 at byte 2"),
    "header not JSON": (
        sealed(b'{"a":1 "b":2}'),
        "header is not JSON at character 7: expecting ',' delimiter",
    ),
    "header with bytes after it": (sealed(b"{}x"), "header is not JSON at character 2: extra data"),
    "header too deep": (sealed(b'{"a":' * 40 + b"1" + b"}" * 40), "header is nested deeper than 32 levels"),
    "header far too deep": (sealed(b'{"a":' * 500_000), "header is nested deeper than 32 levels"),
    "header with NaN": (sealed(b'{"a":NaN}'), "header has NaN, which is not JSON"),
    "no metadata": (
        sealed(changed(lambda header: header.pop("__metadata__"))),
        "metadata is not the one key cnncli; the file is from another program",
    ),
    "metadata of another program": (
        sealed(changed(lambda header: header.update(__metadata__={"format": "pt"}))),
        "metadata is not the one key cnncli; the file is from another program",
    ),
    "more metadata": (
        sealed(changed(lambda header: header["__metadata__"].update(more="x"))),
        "metadata is not the one key cnncli; the file is from another program",
    ),
    "metadata no object": (
        sealed(changed(lambda header: header.update(__metadata__=["cnncli"]))),
        "metadata is not the one key cnncli; the file is from another program",
    ),
    "record no text": (sealed(with_record(1)), "metadata key cnncli is not text"),
    "record not JSON": (
        sealed(with_record("{")),
        "record is not JSON at character 1: expecting property name enclosed in double quotes",
    ),
    "record no object": (sealed(with_record("[1]")), "record is not a JSON object"),
    "record with a key twice": (sealed(with_record('{"a":1,"a":2}')), 'record has the key "a" twice'),
    "record with infinity": (
        sealed(with_record('{"a":1e999}')),
        "record has the number 1e999, which no float64 can hold",
    ),
    "record too deep": (
        sealed(with_record('{"a":' + "[" * 40 + "]" * 40 + "}")),
        "record is nested deeper than 32 levels",
    ),
    "record with an escape sequence": (
        sealed(with_record('{"a":"\\u001b[31mred"}')),
        r'record has the control character U+001B in "\x1b[31mred"; remove it',
    ),
    "record with a line end in a key": (
        sealed(with_record('{"a\\n":1}')),
        r'record has the control character U+000A in "a\n"; remove it',
    ),
    "record with half a character": (
        sealed(with_record('{"a":"\\ud800"}')),
        r'record has the control character U+D800 in "\ud800"; remove it',
    ),
    "record with a long text": (
        sealed(with_record(json.dumps({"a": "x" * 65_537}))),
        "record has a text of 65,537 characters; at most 65,536 may be",
    ),
    "no tensors at all": (
        sealed({"__metadata__": {"cnncli": "{}"}}),
        "last tensor is not sha256; the file is from another program",
    ),
    "no hash": (
        sealed(changed(lambda header: header.pop("sha256"))),
        "last tensor is not sha256; the file is from another program",
    ),
    "hash not last": (
        sealed(changed(lambda header: header.update({"0.weight": header.pop("0.weight")}))),
        "last tensor is not sha256; the file is from another program",
    ),
    "hash of another type": (
        sealed(changed(lambda header: header["sha256"].update(dtype="F32", shape=[8]))),
        'tensor sha256 has dtype "F32"; it must be U8',
    ),
    "hash of another shape": (
        sealed(changed(lambda header: header["sha256"].update(shape=[4, 8]))),
        "tensor sha256 has shape [4, 8]; it must be [32]",
    ),
    "a tensor twice": (sealed(duplicate_tensor()), 'header has the key "0.weight" twice'),
    "a key of a tensor twice": (
        sealed(json.dumps(small_header()).replace('"shape": [2],', '"shape": [2], "shape": [2],').encode()),
        'header has the key "shape" twice',
    ),
    "too many tensors": (
        sealed(many_tensors(16_384), bytes(4 * 16_384)),
        "has 16,385 tensors; at most 16,384 are allowed",
    ),
    "name with a space": (
        sealed({"__metadata__": {"cnncli": "{}"}, "a b": 1, "sha256": 1}),
        'tensor name "a b" is not allowed; use 1 to 200 of A-Z a-z 0-9 _ . / - and not sha256',
    ),
    "name with an escape sequence": (
        sealed({"__metadata__": {"cnncli": "{}"}, "\x1b[m": 1, "sha256": 1}),
        r'tensor name "\x1b[m" is not allowed; use 1 to 200 of A-Z a-z 0-9 _ . / - and not sha256',
    ),
    "empty name": (
        sealed({"__metadata__": {"cnncli": "{}"}, "": 1, "sha256": 1}),
        'tensor name "" is not allowed; use 1 to 200 of A-Z a-z 0-9 _ . / - and not sha256',
    ),
    "long name": (
        sealed({"__metadata__": {"cnncli": "{}"}, "a" * 201: 1, "sha256": 1}),
        'tensor name "' + "a" * 57 + '..." is not allowed; use 1 to 200 of A-Z a-z 0-9 _ . / - and not sha256',
    ),
    "entry no object": (
        sealed(changed(lambda header: header.update({"0.bias": [1]}))),
        "tensor 0.bias must have dtype, shape and data_offsets, and nothing else",
    ),
    "entry with less": (
        sealed(changed(lambda header: header["0.bias"].pop("dtype"))),
        "tensor 0.bias must have dtype, shape and data_offsets, and nothing else",
    ),
    "entry with more": (
        sealed(changed(lambda header: header["0.bias"].update(more=1))),
        "tensor 0.bias must have dtype, shape and data_offsets, and nothing else",
    ),
    "unknown dtype": (sealed(entry(dtype="F16")), 'tensor 0.weight has dtype "F16"; it must be F32 or I64'),
    "bytes beside the hash": (
        sealed(entry(dtype="U8")),
        'tensor 0.weight has dtype "U8"; it must be F32 or I64',
    ),
    "dtype no text": (sealed(entry(dtype=[])), "tensor 0.weight has dtype []; it must be F32 or I64"),
    "shape no list": (
        sealed(entry(shape=4)),
        "tensor 0.weight has shape 4; it must be up to 8 numbers from 1 on",
    ),
    "shape with 0": (
        sealed(entry(shape=[0, 1 << 60])),
        "tensor 0.weight has shape [0, 1152921504606846976]; it must be up to 8 numbers from 1 on",
    ),
    "negative shape": (
        sealed(entry(shape=[-2, -2])),
        "tensor 0.weight has shape [-2, -2]; it must be up to 8 numbers from 1 on",
    ),
    "shape with a float": (
        sealed(entry(shape=[2.0, 2])),
        "tensor 0.weight has shape [2.0, 2]; it must be up to 8 numbers from 1 on",
    ),
    "shape with a boolean": (
        sealed(entry(shape=[True, 4])),
        "tensor 0.weight has shape [true, 4]; it must be up to 8 numbers from 1 on",
    ),
    "nine dimensions": (
        sealed(entry(shape=[1] * 8 + [4])),
        "tensor 0.weight has shape [1, 1, 1, 1, 1, 1, 1, 1, 4]; it must be up to 8 numbers from 1 on",
    ),
    "shape that overflows 64 bits to the right size": (
        sealed(entry(shape=[(1 << 62) + 1, 4])),
        "tensor 0.weight has 16 bytes; its shape [4611686018427387905, 4] needs 73786976294838206480",
    ),
    "shape of another size": (
        sealed(entry(shape=[2, 3])),
        "tensor 0.weight has 16 bytes; its shape [2, 3] needs 24",
    ),
    "offsets no list": (
        sealed(entry(data_offsets="8,24")),
        'tensor 0.weight has data_offsets "8,24"; use two numbers from 0 on',
    ),
    "three offsets": (
        sealed(entry(data_offsets=[8, 24, 32])),
        "tensor 0.weight has data_offsets [8, 24, 32]; use two numbers from 0 on",
    ),
    "negative offset": (
        sealed(entry(data_offsets=[-8, 8])),
        "tensor 0.weight has data_offsets [-8, 8]; use two numbers from 0 on",
    ),
    "offset of 65 bits": (
        sealed(entry(data_offsets=[1 << 64, 24])),
        "header has the number 18446744073709551616, which needs more than 64 bits",
    ),
    "offsets in the wrong order": (
        sealed(entry(data_offsets=[8, 0])),
        "tensor 0.weight has -8 bytes; its shape [2, 2] needs 16",
    ),
    "overlap": (
        sealed(entry(data_offsets=[4, 20])),
        "tensor 0.weight begins at 4, but the data before it ends at 8",
    ),
    "gap": (
        sealed(entry(data_offsets=[12, 28])),
        "tensor 0.weight begins at 12, but the data before it ends at 8",
    ),
    "gap at the start": (
        sealed(changed(lambda header: header["0.bias"].update(data_offsets=[8, 16]))),
        "tensor 0.bias begins at 8, but the data before it ends at 0",
    ),
    "names out of order": (
        sealed(swapped()),
        "tensor 0.bias is out of order; sort by element size, largest first, and name",
    ),
    "sizes out of order": (
        sealed(entry(dtype="I64", shape=[2])),
        "tensor 0.weight is out of order; sort by element size, largest first, and name",
    ),
    "NaN": (
        sealed(small_header(), struct.pack("<6f", 0, 0, 0, float("nan"), 0, 0)),
        "tensor 0.weight holds NaN or infinity; train with a smaller learning rate",
    ),
    "infinity": (
        sealed(small_header(), struct.pack("<6f", 0, float("-inf"), 0, 0, 0, 0)),
        "tensor 0.bias holds NaN or infinity; train with a smaller learning rate",
    ),
    "data missing": (
        sealed(small_header(), small_data()[:-4]),
        "is cut short: {expected} bytes expected, {found} found",
    ),
    "data after the hash": (
        sealed(small_header()) + b"more",
        "is followed by other bytes: {expected} bytes expected, {found} found",
    ),
    "another hash": (
        sealed(small_header())[:-1] + b"\x00",
        "does not match its SHA-256, so it is damaged; copy it again",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_each_broken_rule_has_its_line(case: str) -> None:
    data, line = BROKEN[case]
    sizes = {"expected": len(sealed(small_header())), "found": len(data)}
    assert line_of(data) == f"model.bin: {line.format(**sizes) if 'expected' in line else line}"


def test_the_line_begins_with_the_path_as_it_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a\x1b[31m.bin").write_bytes(b"")
    with pytest.raises(FormatError) as caught:
        container.read("./a\x1b[31m.bin")
    assert str(caught.value) == r"./a\x1b[31m.bin: is not a model file: it has no { at byte 8"


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


@pytest.mark.parametrize(
    ("tensors", "record", "line"),
    [
        (
            {"a": np.array([1, np.nan], np.float32)},
            {},
            "tensor a holds NaN or infinity; train with a smaller learning rate",
        ),
        ({"a": np.zeros(2)}, {}, "tensor a is float64; convert it to float32 or int64"),
        ({"a": np.zeros(0, np.float32)}, {}, "tensor a has shape [0]; it must be up to 8 numbers from 1 on"),
        ({"sha256": np.zeros(8, np.float32)}, {}, 'tensor name "sha256" is not allowed; {rule}'),
        ({"__metadata__": np.zeros(8, np.float32)}, {}, 'header has the key "__metadata__" twice'),
        ({"größe": np.zeros(8, np.float32)}, {}, r'tensor name "größe" is not allowed; {rule}'),
        ({"\ud800": np.zeros(8, np.float32)}, {}, r'tensor name "\ud800" is not allowed; {rule}'),
        (
            {},
            {"a": float("nan")},
            "record has NaN, which is not JSON",
        ),
        ({}, {"a": {1, 2}}, "record is not JSON: object of type set is not json serializable"),
        ({}, {"a": "x\ny"}, r'record has the control character U+000A in "x\ny"; remove it'),
        ({}, {"a": "\ud800"}, r'record has the control character U+D800 in "\ud800"; remove it'),
        ({}, {"a": 1 << 64}, "record has the number 18446744073709551616, which needs more than 64 bits"),
    ],
)
def test_what_could_not_be_read_is_not_written(
    tmp_path: Path, tensors: dict[str, np.ndarray], record: dict[str, Any], line: str
) -> None:
    path = tmp_path / "model.bin"
    with pytest.raises(FormatError) as caught:
        container.write(path, tensors, record)
    rule = "use 1 to 200 of A-Z a-z 0-9 _ . / - and not sha256"
    assert str(caught.value) == f"{path}: {line.replace('{rule}', rule)}"
    assert not path.exists()


def test_a_record_beyond_the_limit_of_the_header_is_not_written() -> None:
    record = {"history": ["x" * 8000] * 600}
    text = json.dumps(record, separators=(",", ":"))
    hash_entry = {"dtype": "U8", "shape": [32], "data_offsets": [0, 32]}
    header = json.dumps({"__metadata__": {"cnncli": text}, "sha256": hash_entry}, separators=(",", ":"))
    size = -(-len(header) // 8) * 8
    with pytest.raises(FormatError) as caught:
        container.pack({}, record)
    assert str(caught.value) == f"model.bin: header has {size:,} bytes; at most 4,194,304 are allowed"


def test_reading_runs_nothing_and_opens_nothing_else(tmp_path: Path) -> None:
    """An audit hook sees every import, file, process and socket of the interpreter."""
    path = tmp_path / "model.bin"
    container.write(path, small_tensors(), {"command": "cnn train", "data": "/etc/passwd"})
    found = run_file("watched_reading", "container", path)
    assert found == f"{[('open', str(path)), ('open', 3)]}\n"  # 3: the descriptor, wrapped


def test_the_example_of_the_format_page_is_right() -> None:
    page = Path(__file__).parents[2] / "docs" / "model-format.md"
    example = page.read_text(encoding="utf-8").split("```")[1].replace("TEXT", "{}")
    tensors, record = container.unpack(sealed(example.strip().encode(), struct.pack("<10f", *range(10))))
    assert record == {}
    assert {name: tensor.shape for name, tensor in tensors.items()} == {"1.bias": (2,), "1.weight": (2, 4)}


def test_a_record_is_checked_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    sides = (2, 3, 4, 5, 6, 7, 8, 9)
    tensors = {f"{number}.weight": np.zeros(sides[: number % 8 + 1], np.float32) for number in range(16)}
    for text in ("x" * 900, '"' * 900, "ü" * 900):
        record = {"a": text}
        written = int.from_bytes(container.pack(tensors, record)[:8], "little")
        for most, is_told in ((written - 1, True), (written + 16 * 120, False)):
            with monkeypatch.context() as patched:
                patched.setattr(container, "MAX_HEADER_BYTES", most)
                if is_told:
                    with pytest.raises(FormatError, match=r"^here: header would have [\d,]+ bytes; at most "):
                        container.check(tensors, record, "here")
                else:
                    container.check(tensors, record, "here")
    with pytest.raises(FormatError, match=r"^here: record has a text of 70,000 characters"):
        container.check({}, {"a": "x" * 70_000}, "here")
