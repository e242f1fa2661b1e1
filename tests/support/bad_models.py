"""Bad model files, a row each: what is wrong, the file, and the line that refuses it."""

import json
import math
import struct

from fuzz.models import dumped, header_of, packed, sealed
from hand_made_models import (
    GOOD,
    START,
    deep,
    floats,
    header,
    integers,
    layer,
    network,
    recipe,
    record,
    right,
    tensor,
    tiny,
    twice,
    without,
)
from known_layers import KNOWN_LAYERS

NO_MODEL = "is not a model file: it has no { at byte 8"
FOLLOW = "use 1 to 200 of A-Z a-z 0-9 _ . / - and not sha256"

# kind -> (the file, its line after "bad.bin"); every line is another one
CASES: dict[str, tuple[bytes, str]] = {
    # the container
    "empty file": (b"", f": {NO_MODEL}"),
    "header longer than the file": (
        struct.pack("<Q", 4096) + b"{}" + bytes(30),
        ": is cut short: header of 4,096 bytes, but only 32 are there",
    ),
    "header of 2^64 - 1 bytes": (
        b"\xff" * 8 + b"{}",
        ": header has 18,446,744,073,709,551,615 bytes; at most 4,194,304 are allowed",
    ),
    "header of odd length": (
        struct.pack("<Q", 9) + b"{}       " + bytes(32),
        ": header has 9 bytes; it must be a multiple of 8",
    ),
    "header no UTF-8": (sealed(b'{"\xff":1}', b""), ": header is not UTF-8 at byte 2"),
    "header no JSON": (sealed(b'{"a" 1}', b""), ": header is not JSON at character 5: expecting ':' delimiter"),
    "header nested without end": (sealed(b'{"a":' * 100_000, b""), ": header is nested deeper than 32 levels"),
    "header with NaN": (sealed(b'{"a":NaN}', b""), ": header has NaN, which is not JSON"),
    "number of 5,000 digits": (
        sealed(b'{"a":' + b"9" * 5000 + b"}", b""),
        f": header has the number {'9' * 40}, which needs more than 64 bits",
    ),
    "metadata of another program (safetensors of PyTorch)": (
        header(lambda entries: entries.update(__metadata__={"format": "pt"})),
        ": metadata is not the one key cnncli; the file is from another program",
    ),
    "metadata no text": (
        header(lambda entries: entries.update(__metadata__={"cnncli": 1})),
        ": metadata key cnncli is not text",
    ),
    "no hash": (
        header(lambda entries: entries.pop("sha256")),
        ": last tensor is not sha256; the file is from another program",
    ),
    "a tensor twice": (twice(), ': header has the key "1.bias" twice'),
    "a name that steers the terminal": (
        tensor("1.bias", to="\x1b[31m"),
        rf': tensor name "\x1b[31m" is not allowed; {FOLLOW}',
    ),
    "an entry that is no object": (
        header(lambda entries: entries.update({"1.bias": 1})),
        ": tensor 1.bias must have dtype, shape and data_offsets, and nothing else",
    ),
    "an unknown dtype": (
        header(lambda entries: entries["1.bias"].update(dtype="F16")),
        ': tensor 1.bias has dtype "F16"; it must be F32 or I64',
    ),
    "a shape of 0 x 2^60": (
        header(lambda entries: entries["1.bias"].update(shape=[0, 1 << 60])),
        ": tensor 1.bias has shape [0, 1152921504606846976]; it must be up to 8 numbers from 1 on",
    ),
    "a shape that overflows 64 bits to the right size": (
        header(lambda entries: entries["1.weight"].update(shape=[(1 << 62) + 2, 4])),
        ": tensor 1.weight has 32 bytes; its shape [4611686018427387906, 4] needs 73786976294838206496",
    ),
    "offsets that are negative": (
        header(lambda entries: entries["1.bias"].update(data_offsets=[-8, 0])),
        ": tensor 1.bias has data_offsets [-8, 0]; use two numbers from 0 on",
    ),
    "tensors that overlap": (
        header(lambda entries: entries["1.weight"].update(data_offsets=[4, 36])),
        ": tensor 1.weight begins at 4, but the data before it ends at 8",
    ),
    "tensors with a gap": (
        header(lambda entries: entries["1.weight"].update(data_offsets=[12, 44])),
        ": tensor 1.weight begins at 12, but the data before it ends at 8",
    ),
    "data cut": (GOOD[:-4], f": is cut short: {len(GOOD):,} bytes expected, {len(GOOD) - 4:,} found"),
    "data appended": (
        GOOD + b"more",
        f": is followed by other bytes: {len(GOOD):,} bytes expected, {len(GOOD) + 4:,} found",
    ),
    "a bit of a weight flipped": (
        GOOD[:START] + bytes([GOOD[START] ^ 1]) + GOOD[START + 1 :],
        ": does not match its SHA-256, so it is damaged; copy it again",
    ),
    "NaN in a weight": (
        tensor("1.weight", data=floats(*[0.0] * 7, math.nan)),
        ": tensor 1.weight holds NaN or infinity; train with a smaller learning rate",
    ),
    "infinity in a bias": (
        tensor("1.bias", data=floats(0, math.inf)),
        ": tensor 1.bias holds NaN or infinity; train with a smaller learning rate",
    ),
    # the record
    "record no object": (
        sealed(dumped(header_of([], "[1]")[0]), b""),
        ": record is not a JSON object",
    ),
    "record with a key twice": (
        sealed(dumped(header_of([], '{"a":1,"a":2}')[0]), b""),
        ': record has the key "a" twice',
    ),
    "record with 1e999": (
        sealed(dumped(header_of([], '{"a":1e999}')[0]), b""),
        ": record has the number 1e999, which no float64 can hold",
    ),
    "record nested deeply": (
        record(lambda content: content["record"].update(a=deep(40))),
        ": record is nested deeper than 32 levels",
    ),
    "record with a text of 66,000 characters": (
        record(lambda content: content["record"].update(a="x" * 66_000)),
        ": record has a text of 66,000 characters; at most 65,536 may be",
    ),
    "a class name with an escape sequence": (
        network(classes=["no", "\x1b[31myes"]),
        r': record has the control character U+001B in "\x1b[31myes"; remove it',
    ),
    "a class name with a line end": (
        network(classes=["no\nyes", "b"]),
        r': record has the control character U+000A in "no\nyes"; remove it',
    ),
    "a class name that reverses the line": (
        network(classes=["no", "\u202egnp"]),
        r': record has the control character U+202E in "\u202egnp"; remove it',
    ),
    "a class name of half a character": (
        network(classes=["no", "\ud800"]),
        r': record has the control character U+D800 in "\ud800"; remove it',
    ),
    "no version": (
        record(lambda content: content.pop("version")),
        ": format version None; this program reads 1, update it",
    ),
    "a later version": (
        record(lambda content: content.update(version=2)),
        ": format version 2; this program reads 1, update it",
    ),
    "a version that only equals": (
        record(lambda content: content.update(version=True)),
        ": format version true; this program reads 1, update it",
    ),
    "an unknown key": (
        record(lambda content: content.update(code="import os")),
        ': record has the unknown key "code"',
    ),
    "no network": (record(lambda content: content.pop("network")), ": record has no object network"),
    "a record of another type": (record(lambda content: content.update(record=[])), ": record has no object record"),
    # the description of the network
    "an unknown key of the network": (network(layer=1), ': unknown key "layer"; did you mean "layers"?'),
    "layers of another type": (
        network(layers=1),
        ': needs "layers", a list of one layer or more; add [[layers]] tables',
    ),
    "a layer that is no object": (
        record(lambda content: content["network"]["layers"].append(7)),
        ', layer 3: has no "type"; use one such as type = "ReLU"',
    ),
    "a layer that is a module of Python": (
        layer(0, type="os.system"),
        f', layer 0: unknown type "os.system"; {KNOWN_LAYERS}',
    ),
    "an unknown setting": (
        layer(1, __init__=1),
        ', layer 1 (Linear): unknown setting "__init__"; known: bias, in_features, initialization, out_features',
    ),
    "a setting of another type": (layer(1, bias="no"), ', layer 1 (Linear): bias is "no"; use true or false'),
    "a negative size": (
        layer(1, out_features=-2),
        ", layer 1 (Linear): out_features is -2; use a whole number, at least 1 and at most 2,147,483,647",
    ),
    "a size of 2^63": (
        layer(1, out_features=1 << 63),
        ", layer 1 (Linear): out_features is 9223372036854775808; use a whole number, at least 1 and at most "
        "2,147,483,647",
    ),
    "layers that do not fit": (
        layer(1, in_features=5),
        ", layer 1 (Linear): takes samples of shape 5, got 4; use in_features=4",
    ),
    "a negative input": (
        network(input=[1, -2, 2]),
        ": input is [1, -2, 2]; use [channels, height, width] such as [1, 28, 28]",
    ),
    "an input of 2^62 values": (
        network(input=[1, 1 << 30, 1 << 30]),
        ": one input of 1x1073741824x1073741824 takes more than the limit of 2 GiB; use smaller images",
    ),
    "parameters that overflow 64 bits": (
        tiny([1 << 28], {"type": "Linear", "in_features": 1 << 28, "out_features": (1 << 31) - 1}),
        ", layer 0 (Linear): parameters up to here take 2.147e+09 GiB, more than the limit of 2 GiB; "
        "use smaller layers",
    ),
    "a huge network in a tiny file": (
        tiny([20_000], {"type": "Linear", "in_features": 20_000, "out_features": 20_000}),
        ": tensor 0.weight is missing, 20000x20000 of the network",
    ),
    "activations beyond the budget": (
        tiny([1, 20_000, 20_000], {"type": "ReLU"}, {"type": "Tanh"}),
        ", layer 1 (Tanh): activations of one sample up to here take 2.98 GiB, more than the limit of 2 GiB; "
        "use smaller layers",
    ),
    "padding beyond the budget": (
        tiny(
            [1, 2, 2],
            {"type": "Conv2d", "out_channels": 1, "kernel_size": 1, "stride": 99_999, "padding": 99_999},
        ),
        ", layer 0 (Conv2d): activations of one sample up to here take 149 GiB, more than the limit of 2 GiB; "
        "use smaller layers",
    ),
    "pooling that would take hours": (
        tiny(
            [1, 1000, 5000],
            {"type": "AvgPool2d", "kernel_size": 1 << 20, "stride": 1, "padding": 1 << 19},
        ),
        ", layer 0 (AvgPool2d): one sample takes 2.503e+13 values to be pooled up to here, more than the limit of "
        "8.59e+09; use smaller kernels or larger strides",
    ),
    "a convolution that would take hours": (
        tiny([1, 20_000, 20_000], {"type": "Conv2d", "out_channels": 1, "kernel_size": 700}),
        ", layer 0 (Conv2d): one sample takes 1.825e+14 multiply-adds up to here, more than the limit of "
        "4.398e+12; use smaller kernels or larger strides",
    ),
    "a kernel that the kernels do not take": (
        tiny([1, 2, 2], {"type": "MaxPool2d", "kernel_size": 1 << 30, "padding": 1 << 29}),
        ", layer 0 (MaxPool2d): kernel_size is 1073741824; use a whole number, at least 1 and at most 16,777,215, or "
        "two: (height, width)",
    ),
    "a rate that is 1 in float32": (
        tiny([2], {"type": "Dropout", "p": 0.999999999}),
        ", layer 0 (Dropout): p is 0.999999999, in float32 1; use a number, at least 0 and less than 1",
    ),
    "5,000 layers": (
        tiny([2], *[{"type": "ReLU"}] * 5000),
        ": network has 5,000 layers; at most 4,096 are allowed",
    ),
    "layers nested deeply": (
        tiny([2], json.loads('{"type":"Sequential","layers":[' * 10 + '{"type":"ReLU"}' + "]}" * 10)),
        ", layer 0.0.0.0.0.0.0.0.0 (Sequential): is nested deeper than 8; put its layers side by side",
    ),
    "class names missing": (
        network(classes=["no"]),
        ': the last layer gives samples of shape 2 for 1 classes; end with type = "Linear", out_features = "classes"',
    ),
    "a class name twice": (
        network(classes=["no", "no"]),
        ': class name "no" is there twice; give each class its own',
    ),
    "an empty class name": (network(classes=["no", ""]), ": class name 1 is empty; give each class a name"),
    "a class name that is no text": (
        network(classes=["no", 1]),
        ": class name is 1; use a text of printable characters",
    ),
    "classes of another type": (
        network(classes={"a": 1}),
        ": classes is {'a': 1}; use a whole number, at least 1 and at most 2,147,483,647, or a list of names",
    ),
    "a name of another type": (network(name=[1]), ": name is [1]; use a text of printable characters"),
    # the recipe
    "a recipe that is no object": (
        network(recipe="none"),
        ": recipe is no table; remove it or use one with kind, channels, height and width",
    ),
    "a recipe with less": (
        record(lambda content: content["network"]["recipe"].pop("mean")),
        ": input recipe has no mean; it needs kind, channels, height, width, polarity, mean, scale, border",
    ),
    "a recipe with more": (
        recipe(crop=1),
        ': input recipe has the unknown key "crop"; it has kind, channels, height, width, polarity, mean, scale, '
        "border",
    ),
    "a deviation of 0": (
        recipe(scale=[0]),
        ": input recipe: scale is [0.0]; use a number, at least 1e-06, for each channel",
    ),
    "a deviation that is 0 in float32": (
        recipe(scale=[1e-60]),
        ": input recipe: scale is [1e-60]; use a number, at least 1e-06, for each channel",
    ),
    "a mean beyond float32": (
        recipe(mean=[1e308]),
        ": input recipe: mean is [1e+308]; use a list of 1 finite numbers, one a channel",
    ),
    "a negative height": (
        recipe(height=-28),
        ": input recipe: height is -28; use a whole number, at least 1 and at most 4,096",
    ),
    "an unknown kind of picture": (
        recipe(kind="../x"),
        ': input recipe: kind is "../x"; use glyph or plain',
    ),
    "a recipe of another size": (
        recipe(height=3),
        ": its input recipe makes 1x3x2, but its network takes 1x2x2",
    ),
    # weights and network
    "a tensor missing": (without("1.bias"), ": tensor 1.bias is missing, 2 of the network"),
    "a tensor of no layer": (
        packed([*right()[0], ("9.bias", "F32", [1], floats(1))], right()[1]),
        ": tensor 9.bias belongs to no layer of the network",
    ),
    "a tensor of another shape": (
        tensor("1.weight", shape=[4, 2]),
        ": tensor 1.weight is 4x2, but its layer needs 2x4",
    ),
    "a tensor of another type": (
        integers("1.bias"),
        ": tensor 1.bias is 1, but its layer needs 2",
    ),
    "a variance below 0": (
        tensor("2.running_var", data=floats(1, -1)),
        ": tensor 2.running_var holds a variance below 0; train the network again",
    ),
}
