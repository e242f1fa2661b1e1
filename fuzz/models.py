"""Hostile model files by the million: `python -m fuzz.models --count 200000`.

Each file is a function of (seed, index). Most are changed where it matters and sealed again with the right lengths
and the right SHA-256, so that the code behind those checks is reached. Whatever is accepted must also run: it is
compiled and predicts one sample. Only FormatError may come out of reading, and of predicting no error at all but a
CnnError; nothing may take more than a second or a lot of memory.
"""

import hashlib
import json
import math
import random
import struct
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from cnncli.errors import CnnError, FormatError
from cnncli.layers import LAYER_TYPES
from cnncli.model import Model
from cnncli.model_file.serialize import tensor_shapes, unpack_checkpoint, unpack_network
from cnncli.shown import find_unprintable
from cnncli.storage import container
from fuzz.harness import main, rule_of

MOST_LINE_CHARACTERS = 400
MOST_ACTIVATION_BYTES = 1 << 20  # of one sample, or its activations, of a network that is also run
MOST_WORK = 1 << 27  # of such a network: a tenth of a second
MOST_VALUES = 20_000  # parameters of a network made to fit

Base = tuple[list[tuple[str, str, list[int], bytes]], dict[str, Any]]  # tensors (name, dtype, shape, data), record

RECIPE = {
    "kind": "plain", "channels": 1, "height": 6, "width": 6, "polarity": "any", "mean": [0.25], "scale": [0.5],
}  # fmt: skip
RECORD = {"data": {"name": "digits", "by_name": True}, "training": {"seed": 1, "history": [{"epoch": 1}]}}


def network(input_shape: list[int], layers: list[dict[str, Any]], classes: int, recipe: Any = None) -> dict[str, Any]:
    names = [str(index) for index in range(classes)]
    return {"name": "n", "title": "t", "input": input_shape, "classes": names, "recipe": recipe, "layers": layers}


NETWORKS = [
    network([1, 6, 6], [{"type": "Flatten"}, {"type": "Linear", "in_features": 36, "out_features": 3}], 3, RECIPE),
    network(
        [1, 6, 6],
        [
            {"type": "Conv2d", "in_channels": 1, "out_channels": 2, "kernel_size": [3, 3], "padding": [1, 1]},
            {"type": "ReLU"},
            {"type": "MaxPool2d", "kernel_size": [2, 2], "stride": [2, 2], "padding": [0, 0]},
            {"type": "Flatten"},
            {"type": "Linear", "in_features": 18, "out_features": 2, "bias": True},
            {"type": "LogSoftmax"},
        ],
        2,
        RECIPE,
    ),
    network(
        [2, 5, 4],
        [
            {"type": "Conv2d", "out_channels": 4, "kernel_size": [1, 3], "stride": 2, "dilation": [1, 1],
             "groups": 2},
            {"type": "BatchNorm2d", "num_features": 4, "momentum": 0.1, "eps": 1e-5, "affine": True},
            {"type": "AvgPool2d", "kernel_size": [3, 1], "padding": [1, 0], "count_include_pad": True},
            {"type": "Sequential", "layers": [{"type": "Tanh"}, {"type": "Flatten"}]},
            {"type": "Dropout", "p": 0.5},
            {"type": "Linear", "out_features": 2, "bias": False},
        ],
        2,
    ),
    network([4], [{"type": "Linear", "out_features": "classes"}, {"type": "Sigmoid"}], 3),
]  # fmt: skip

EXTREME_INTEGERS = [
    -1, 0, 1, 2, 3, 5, 7, 16, 255, 256, 4095, 4097, 65535, 65536, 2**24, 2**30, 2**31 - 1, 2**31, 2**32 - 1, 2**32,
    2**53, 2**62, 2**63 - 1, 2**63, 2**64 - 1, -(2**31), -(2**63),
]  # fmt: skip
TEXTS = [
    "", " ", "a", "classes", "\x1b[31mred\x1b[0m", "a\nb", "\r", "\x00", "\u202egnp.exe", "\u2066x", "\ufeff", "\u0085",
    "\ud800", "\U0001f600", "e\u0301" * 40, "x" * 9000, "../../etc/passwd", "/dev/zero", "file:///etc/passwd",
    "http://localhost/", "__import__('os').system('id')", "${HOME}", "%s%n", "{0.__class__}", "'; --", "NaN", "\\", '"',
    "\u200b", "\U000e0041", "\x9b31m", "sha256", "__metadata__", "type", "0.weight", "optimizer/0.weight.velocity",
]  # fmt: skip
FLOATS = [0.0, -0.0, 0.5, 1e-45, 1e-320, 1e-30, 3.4e38, 1e39, 1e308, -1e308, 1 / 3, 999999.5]
TYPES = [*sorted(LAYER_TYPES), "Module", "Network", "relu", "object", "os.system"]
SETTINGS = [
    "type", "layers", "kernel_size", "stride", "padding", "dilation", "groups", "bias", "in_features", "out_features",
    "num_features", "in_channels", "out_channels", "p", "momentum", "eps", "affine", "count_include_pad", "seed",
    "self",
]  # fmt: skip


def any_value(rng: random.Random, depth: int = 0) -> Any:
    """A JSON value of the kinds that readers stumble over."""
    match rng.randrange(10 if depth < 3 else 6):
        case 0 | 1:
            return rng.choice(EXTREME_INTEGERS)
        case 2:
            return rng.choice(TEXTS)
        case 3:
            return rng.choice(FLOATS)
        case 4:
            return rng.choice((None, True, False))
        case 5:
            return rng.randint(0, 9)
        case 6 | 7:
            return [any_value(rng, depth + 1) for _ in range(rng.choice((0, 1, 2, 2, 3, 9)))]
        case 8:
            return {rng.choice(SETTINGS + TEXTS): any_value(rng, depth + 1) for _ in range(rng.randint(0, 3))}
        case _:
            return {"type": rng.choice(TYPES)}


def places(value: Any, found: list[tuple[Any, Any]] | None = None) -> list[tuple[Any, Any]]:
    """(container, key) of every value inside a JSON value."""
    found = [] if found is None else found
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found.append((value, key))
        places(inner, found)
    return found


def change_somewhere(rng: random.Random, value: Any) -> None:
    """One change anywhere in a JSON value: another value, a key renamed, removed or added, a list repeated."""
    found = places(value)
    if not found:
        return
    holder, key = rng.choice(found)
    match rng.randrange(8):
        case 0 | 1 | 2:
            holder[key] = any_value(rng)
        case 3:
            del holder[key]
        case 4 if isinstance(holder, dict):
            holder[rng.choice(SETTINGS + TEXTS)] = holder.pop(key)
        case 5:
            if isinstance(holder, dict):
                holder[rng.choice(SETTINGS)] = any_value(rng)
            else:
                holder[key:key] = [json.loads(json.dumps(holder[key]))] * rng.choice((1, 1, 2, 30))
        case 6:
            other, other_key = rng.choice(found)
            if not isinstance(other[other_key], dict | list):
                holder[key] = other[other_key]
        case _:
            if isinstance(holder[key], int | float) and not isinstance(holder[key], bool):
                holder[key] = holder[key] * rng.choice((-1, 2, 2**31, 2**32 + 1)) + rng.choice((-1, 0, 1))


def random_layer(rng: random.Random) -> dict[str, Any]:
    """A layer with settings that may be right, and with extremes where arithmetic may overflow."""

    def size(small: int) -> int:
        return rng.randint(1, small) if rng.random() < 0.93 else rng.choice(EXTREME_INTEGERS)

    def sides(small: int) -> Any:
        return [size(small), size(small)] if rng.random() < 0.5 else size(small)

    def padding() -> Any:
        return rng.choice((0, 0, 1, 2, [0, 1], [1, 3], sides(9)))

    kind = rng.choice(
        ("Conv2d", "Conv2d", "MaxPool2d", "AvgPool2d", "ReLU", "Sigmoid", "Tanh", "Flatten", "Linear",
         "LogSoftmax", "Dropout", "BatchNorm1d", "BatchNorm2d", "Sequential")
    )  # fmt: skip
    layer: dict[str, Any] = {"type": kind}
    if kind == "Conv2d":
        layer |= {"out_channels": size(5), "kernel_size": sides(4), "stride": sides(3), "padding": padding()}
        if rng.random() < 0.3:
            layer |= {"dilation": sides(3), "groups": size(3), "bias": rng.random() < 0.5}
    elif "Pool" in kind:
        layer |= {"kernel_size": sides(4), "stride": sides(3), "padding": padding()}
        if rng.random() < 0.2:  # no weights bound the window
            side = rng.choice((2**20, 2**30, 2**31 - 1))
            layer |= {"kernel_size": side, "padding": side // 2, "stride": rng.choice((1, side, side // 2))}
        if kind == "AvgPool2d" and rng.random() < 0.5:
            layer["count_include_pad"] = rng.random() < 0.5
    elif kind == "Linear":
        layer |= {"out_features": size(9), "bias": rng.random() < 0.5}
    elif kind == "Dropout":
        layer["p"] = rng.choice((0.0, 0.5, 0.999999999, 1.0, *FLOATS))
    elif "BatchNorm" in kind:
        layer |= {"eps": rng.choice((1e-5, 1e-30, 1.0)), "affine": rng.random() < 0.7}
    elif kind == "Sequential":
        layer["layers"] = [random_layer(rng) for _ in range(rng.randint(1, 2))]
    return layer


def random_network(rng: random.Random) -> Base:
    """A network of random layers with the tensors that it asks for, as far as its author can tell."""
    from cnncli.network.description import LayerBuilder

    def size(small: int) -> int:
        return rng.randint(1, small) if rng.random() < 0.95 else rng.choice((100, 1000, 5000))

    shape = [size(4), size(9), size(9)] if rng.random() < 0.9 else [size(9)]
    layers = [random_layer(rng) for _ in range(rng.randint(1, 3))]
    described = {"name": "", "title": "", "input": shape, "classes": None, "recipe": None, "layers": layers}
    if len(shape) == 3 and shape[0] in (1, 3) and rng.random() < 0.5:
        described["recipe"] = {
            **RECIPE, "channels": shape[0], "height": shape[1], "width": shape[2],
            "mean": [rng.choice(FLOATS)] * shape[0], "scale": [rng.choice(FLOATS)] * shape[0],
        }  # fmt: skip
    tensors = []
    try:
        from cnncli.layers import Sequential

        modules, output = LayerBuilder("", None).build(layers, tuple(shape))
        shapes = list(tensor_shapes(Sequential(*modules)))
        if sum(math.prod(size) for _, size in shapes) <= MOST_VALUES:
            for name, needed in shapes:
                tensors.append((name, "F32", list(needed), values(rng, name, needed)))
        if len(output) == 1 and output[0] <= 300:
            described["classes"] = [f"c{index}" for index in range(output[0])]
    except CnnError:
        pass
    return tensors, {"version": 1, "network": described, "record": {}}


def values(rng: random.Random, name: str, shape: Sequence[int]) -> bytes:
    """float32 values for the tensor of this name, some of them extreme."""
    count = math.prod(shape)
    special = (0.0, 1.0, -1.0, 0.5, 3e38, -3e38, 1e-45, 1e-38)
    some = [rng.choice(special) if rng.random() < 0.1 else rng.uniform(-1, 1) for _ in range(min(count, 64))]
    if name.endswith("running_var"):
        some = [abs(value) for value in some]
    data = struct.pack(f"<{len(some)}f", *some)
    return (data * (count // max(1, len(some)) + 1))[: 4 * count]


@cache
def base_texts() -> list[tuple[list[tuple[str, str, list[int], bytes]], str]]:
    """The right files that others are made from: models of one to six layers, and a checkpoint of each."""
    from cnncli.network import Network

    found = []
    rng = random.Random(0)
    for described in NETWORKS:
        built = Network.from_description(described, seed=None)
        shapes = list(tensor_shapes(built))
        tensors = [(name, "F32", list(shape), values(rng, name, shape)) for name, shape in shapes]
        record = {"version": 1, "network": described, "record": RECORD}
        found.append((tensors, json.dumps(record)))
        name, _, shape, data = tensors[0]  # one is enough: they are read alike, and headers stay short
        state = [(f"optimizer/{name}.velocity", "F32", shape, data)]
        state.append(("images/loss", "F32", [5], values(rng, "loss", [5])))
        state.append(("images/order", "I64", [3], struct.pack("<3q", 0, 1, -1)))
        record["checkpoint"] = {
            "optimizer": {"steps": 3},
            "state": {"step": 3, "loss_sum": 0.5, "correct": 1, "images": 2, "history": [], "best_epoch": 0},
        }
        found.append((tensors + state, json.dumps(record)))
    return found


def base(rng: random.Random) -> Base:
    tensors, text = rng.choice(base_texts())
    return list(tensors), json.loads(text)


def header_of(tensors: list[tuple[str, str, list[int], bytes]], record: str) -> tuple[dict[str, Any], bytes]:
    """Header and data in the format's order."""
    entries: dict[str, Any] = {"__metadata__": {"cnncli": record}}
    data = b""
    for name, dtype, shape, content in sorted(tensors, key=lambda tensor: (tensor[1] == "F32", tensor[0])):
        end = len(data) + len(content)
        entries[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [len(data), end]}
        data += content
    entries["sha256"] = {"dtype": "U8", "shape": [32], "data_offsets": [len(data), len(data) + 32]}
    return entries, data


def sealed(header: bytes, data: bytes) -> bytes:
    """Length, header, data and the right hash."""
    header += b" " * (-len(header) % 8)
    content = struct.pack("<Q", len(header)) + header + data
    return content + hashlib.sha256(content).digest()


def dumped(value: Any, ascii_only: bool = True) -> bytes:
    return json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":")).encode("utf-8", "surrogatepass")


def packed(tensors: list[tuple[str, str, list[int], bytes]], record: Any) -> bytes:
    header, data = header_of(tensors, json.dumps(record))
    return sealed(dumped(header), data)


def mutate_bytes(rng: random.Random, data: bytes) -> bytes:
    result = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(result) + 1)
        size = rng.choice((1, 1, 2, 8, 40))
        match rng.randrange(7):
            case 0:
                result[at : at + size] = rng.randbytes(size)
            case 1:
                del result[at : at + size]
            case 2:
                result[at:at] = result[at : at + size] * rng.choice((1, 1, 2, 50))
            case 3:
                result[at : at + 1] = bytes([rng.choice(b'{}[]",:0123456789-eE\\ntrufalsNaI')])
            case 4:
                result[at:at] = rng.choice(
                    (b"99999999999", b'{"a":', b"[[[[", b"1e999", b"\\ud800", b"\x1b[2J", b"-", b"0" * 30, b"\\u0000")
                )
            case 5 if at < len(result):
                result[at] ^= 1 << rng.randrange(8)
            case _:
                del result[at:]
    return bytes(result)


def changed_bytes(rng: random.Random) -> bytes:
    return mutate_bytes(rng, packed(*base(rng)))


def changed_header_text(rng: random.Random) -> bytes:
    tensors, record = base(rng)
    header, data = header_of(tensors, json.dumps(record))
    return sealed(mutate_bytes(rng, dumped(header)), data)


def changed_header(rng: random.Random) -> bytes:
    tensors, record = base(rng)
    header, data = header_of(tensors, json.dumps(record))
    for _ in range(rng.randint(1, 2)):
        change_somewhere(rng, header)
    return sealed(dumped(header, rng.random() < 0.5), data)


def changed_record(rng: random.Random) -> bytes:
    tensors, record = base(rng)
    for _ in range(rng.choice((1, 1, 2, 3))):
        part = rng.choice((record, record["network"], record["network"]["layers"], record.get("checkpoint", record)))
        change_somewhere(rng, part)
        if not isinstance(record.get("network"), dict) or not isinstance(record["network"].get("layers"), list):
            break
    return packed(tensors, record)


def changed_record_text(rng: random.Random) -> bytes:
    tensors, record = base(rng)
    text = mutate_bytes(rng, dumped(record)).decode("utf-8", "replace")
    header, data = header_of(tensors, text)
    return sealed(dumped(header, rng.random() < 0.5), data)


def changed_tensors(rng: random.Random) -> bytes:
    tensors, record = base(rng)
    if tensors:
        at = rng.randrange(len(tensors))
        name, dtype, shape, content = tensors[at]
        match rng.randrange(6):
            case 0:
                tensors.pop(at)
            case 1:
                tensors[at] = (name, "I64" if len(content) % 8 == 0 else dtype, [len(content) // 8], content)
            case 2:
                tensors[at] = (name, dtype, shape[::-1], content)
            case 3:
                wild = rng.choice((math.nan, math.inf, -math.inf, 3e38, 1e-45))
                tensors[at] = (name, dtype, shape, struct.pack("<f", wild) + content[4:])
            case 4:
                tensors[at] = (rng.choice((*TEXTS, "optimizer/x", "images/loss")), dtype, shape, content)
            case _:
                tensors.append((f"{rng.randrange(9)}.{rng.choice(('weight', 'bias', 'x'))}", dtype, shape, content))
    return packed(tensors, record)


def fitting(rng: random.Random) -> bytes:
    return packed(*random_network(rng))


def spliced(rng: random.Random) -> bytes:
    """Parts of two right files: tensors of one and record of the other, or bytes cut at any place."""
    first, second = base(rng), base(rng)
    match rng.randrange(4):
        case 0:
            return packed(first[0], second[1])
        case 1:
            merged = {name: (name, *rest) for name, *rest in [*first[0], *second[0]]}
            return packed(list(merged.values()), first[1] | {"network": second[1]["network"]})
        case 2:
            one, two = packed(*first), packed(*second)
            content = one[: rng.randrange(len(one))] + two[rng.randrange(len(two)) : -32]
            return content + hashlib.sha256(content).digest()
        case _:
            one, two = packed(*first), packed(*second)
            return one[: rng.randrange(len(one))] + two[rng.randrange(len(two)) :]


def huge_text(rng: random.Random) -> bytes:
    """Deep nesting, long repeats and long numbers, in the header and in the record; up to 100 kB."""
    many = rng.choice((30, 30, 40, 40, 1000, 1000, 20_000))
    text = rng.choice((
        '{"a":' * many + "1" + "}" * many,
        '{"a":' + "[" * many + "]" * many + "}",
        '{"a":' + "[" * many,
        '{"a":' + "9" * many + "}",
        '{"a":0.' + "1" * many + "}",
        '{"a":1e-' + "9" * min(many, 5000) + "}",
        '{"a":"' + "\\u0041" * (many // 2) + '"}',
        "{" + ",".join(f'"{index}":0' for index in range(many // 10)) + "}",
        '{"version":1,"network":{"layers":[' + ",".join(['{"type":"ReLU"}'] * (many // 10)) + "]},\"record\":{}}",
        '{"version":1,"network":{"input":[1],"layers":[' + '{"type":"Sequential","layers":[' * min(many, 2000)
        + "]}" * min(many, 2000) + ']},"record":{}}',
        '{"version":1,"network":{"input":[1],"classes":[' + ",".join(['"a"'] * (many // 5))
        + '],"layers":[{"type":"ReLU"}]},"record":{}}',
    ))  # fmt: skip
    if rng.random() < 0.2:
        return sealed(text.encode(), b"")
    header, data = header_of([], text)
    return sealed(dumped(header), data)


_MAKERS: list[tuple[int, Callable[[random.Random], bytes]]] = [
    (10, changed_bytes),
    (15, changed_header_text),
    (15, changed_header),
    (25, changed_record),
    (10, changed_record_text),
    (8, changed_tensors),
    (25, fitting),
    (8, spliced),
    (1, huge_text),
]
_CHOICES = [maker for weight, maker in _MAKERS for _ in range(weight)]


def make(seed: int, index: int) -> bytes:
    """The file `index` of a seed."""
    rng = random.Random((seed << 40) + index)
    return rng.choice(_CHOICES)(rng)


def attempt(data: bytes) -> str:
    """Read it as `cnncli.load` and `--resume` do; run what is accepted. The rule it broke, or what it is."""
    try:
        tensors, content = container.unpack(data, "model.bin")
    except FormatError as error:
        return f"container: {checked_rule(error)}"
    loaded, kind = None, "accepted: a model"
    if "checkpoint" in content:
        try:
            loaded = unpack_checkpoint(tensors, content, "model.bin").network
            loaded.eval()
            kind = "accepted: a checkpoint"
        except FormatError as error:
            kind = f"accepted: a model, but {checked_rule(error)}"
    if loaded is None:
        try:
            loaded = unpack_network(tensors, content, "model.bin")
        except FormatError as error:
            return f"model: {checked_rule(error)}"
    return f"{kind}; {run(loaded)}"


def work_of(loaded: Any) -> int:
    """Multiplications and values read by windows for one sample."""
    steps = [step for step in loaded.trace() if step.is_layer]
    return sum(
        step.layer.multiply_adds(step.input_shapes[0]) + step.layer.window_reads(step.input_shapes[0]) for step in steps
    )


def run(loaded: Any) -> str:
    """One sample through the network."""
    loaded.layer_table()
    if 4 * max(loaded.activation_count(), math.prod(loaded.input_shape)) > MOST_ACTIVATION_BYTES:
        return "too large to be run here"
    if work_of(loaded) > MOST_WORK:
        return "too much work to be run here"
    model = Model(loaded, frozen=True)
    pixels = np.zeros((1, *loaded.input_shape), np.uint8 if model.recipe is not None else np.float32)
    try:
        prediction = model.predict(pixels)
    except CnnError as error:
        return f"predict: {checked_rule(error)}"
    assert prediction.probabilities.shape == (1, len(loaded.class_names))
    assert prediction.names == [loaded.class_names[prediction.labels[0]]]
    return "predicted"


def checked_rule(error: CnnError) -> str:
    line = str(error)
    assert len(line) <= MOST_LINE_CHARACTERS, f"a line of {len(line)} characters: {line[:200]}"
    assert find_unprintable(line) is None, f"not printable: {line!r}"
    assert not isinstance(error, FormatError) or line.startswith("model.bin"), f"names no file: {line}"
    return rule_of(line.removeprefix("model.bin").lstrip(": ,"))


KINDS = {"model": (make, attempt)}

if __name__ == "__main__":
    sys.exit(main(__doc__.splitlines()[0], "fuzz.models", KINDS))
