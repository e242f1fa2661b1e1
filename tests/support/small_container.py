"""A small model file made by hand, for tests of its bytes to break; the line that refuses it."""

import hashlib
import json
import struct
from typing import Any

import numpy as np
import pytest

from cnncli.errors import FormatError
from cnncli.storage import container

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
