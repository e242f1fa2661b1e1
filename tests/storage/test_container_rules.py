"""Every broken rule of the bytes of model files has its own line."""

import json
import struct
from collections.abc import Callable
from typing import Any

import pytest

from small_container import HASH_ENTRY, line_of, sealed, small_data, small_header


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
