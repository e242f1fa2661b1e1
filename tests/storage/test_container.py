"""The bytes of model files: what is written is read, by others too, and what could not be read is not written."""

import hashlib
import json
import os
import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy

from cnncli.errors import FormatError
from cnncli.storage import container
from scripts import command_of
from small_container import sealed, small_header, small_tensors


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
