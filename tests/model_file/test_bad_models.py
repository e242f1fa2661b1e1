"""Hand-made bad model files, each with a line of its own, through every door: Python, the commands, and --resume."""

import json
import math
import os
import struct
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncli
from cnncli.cli.main import run
from cnncli.errors import CnnError
from cnncli.storage.container import MAX_FILE_BYTES
from fuzz.models import Base, dumped, header_of, packed, sealed
from known_layers import KNOWN_LAYERS

NAME = "bad.bin"
RECIPE = {
    "kind": "plain", "channels": 1, "height": 2, "width": 2, "polarity": "any", "mean": [0.25], "scale": [0.5],
}  # fmt: skip


def floats(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}f", *values)


def right() -> Base:
    """A small model: Flatten, Linear(4 -> 2), BatchNorm1d."""
    tensors = [
        ("1.bias", "F32", [2], floats(0, 1)),
        ("1.weight", "F32", [2, 4], floats(*range(8))),
        ("2.bias", "F32", [2], floats(0, 0)),
        ("2.running_mean", "F32", [2], floats(0, 0)),
        ("2.running_var", "F32", [2], floats(1, 1)),
        ("2.weight", "F32", [2], floats(1, 1)),
    ]
    layers = [
        {"type": "Flatten"},
        {"type": "Linear", "in_features": 4, "out_features": 2, "bias": True},
        {"type": "BatchNorm1d", "num_features": 2, "momentum": 0.1, "eps": 1e-5, "affine": True},
    ]
    network = {
        "name": "n", "title": "t", "input": [1, 2, 2], "classes": ["no", "yes"], "recipe": dict(RECIPE),
        "layers": layers,
    }  # fmt: skip
    return tensors, {"version": 1, "network": network, "record": {}}


def header(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The right file with a changed header."""
    tensors, record = right()
    entries, data = header_of(tensors, json.dumps(record))
    change(entries)
    return sealed(dumped(entries), data)


def record(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The right file with a changed record."""
    tensors, content = right()
    change(content)
    return packed(tensors, content)


def network(**values: Any) -> bytes:
    return record(lambda content: content["network"].update(values))


def recipe(**values: Any) -> bytes:
    return record(lambda content: content["network"]["recipe"].update(values))


def layer(index: int, **values: Any) -> bytes:
    return record(lambda content: content["network"]["layers"][index].update(values))


def tiny(input_shape: list[int], *layers: dict[str, Any], **more: Any) -> bytes:
    """A network without a tensor, however large it claims to be."""
    described = {"input": input_shape, "layers": list(layers), **more}
    return packed([], {"version": 1, "network": described, "record": {}})


def tensor(name: str, *, shape: list[int] | None = None, data: bytes | None = None, to: str | None = None) -> bytes:
    tensors, content = right()
    changed = [
        (to or found, dtype, size if shape is None else shape, values if data is None else data)
        if found == name
        else (found, dtype, size, values)
        for found, dtype, size, values in tensors
    ]
    return packed(changed, content)


def without(name: str) -> bytes:
    tensors, content = right()
    return packed([entry for entry in tensors if entry[0] != name], content)


def integers(name: str) -> bytes:
    tensors, content = right()
    return packed([(n, "I64", [1], d) if n == name else (n, t, s, d) for n, t, s, d in tensors], content)


def zipped() -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02cposix\nsystem\n.")
    return target.getvalue()


def twice() -> bytes:
    tensors, content = right()
    entries, data = header_of(tensors, json.dumps(content))
    return sealed(dumped(entries).replace(b'"2.bias"', b'"1.bias"'), data)


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


GOOD = packed(*right())
START = 8 + int.from_bytes(GOOD[:8], "little")  # of the data
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
    "record with a text of 9,000 characters": (
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
# Other programs' files; the first line serves them all.
NO_MODELS = {
    "HTML": b"<!DOCTYPE html><html><body>404</body></html>",
    "PNG": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(60),
    "ZIP of PyTorch": zipped(),
    "pickle": b"\x80\x04cposix\nsystem\n(S'id'\ntR.",
    "ONNX": b"\x08\x08\x12\x07pytorch\x1a\x052.0.0:\x80\x01",
    "gzip": b"\x1f\x8b\x08" + bytes(30),
    "ELF": b"\x7fELF\x02\x01\x01" + bytes(60),
    "JSON": b'{"version": 1, "network": 1}',
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def special(kind: str) -> tuple[str, str]:
    """A path that is no regular file, and its line."""
    device = ": is a pipe or a device; name a regular file"
    match kind:
        case "a pipe":
            os.mkfifo(NAME)
            return NAME, device
        case "/dev/zero":
            Path(NAME).symlink_to("/dev/zero")
            return NAME, device
        case "a folder":
            Path(NAME).mkdir()
            return NAME, ": is a folder; name a model file"
        case "a link to nowhere":
            Path(NAME).symlink_to("nowhere")
            return NAME, ": does not exist; check the name, or make one with cnn train --out"
        case "a link to itself":
            Path(NAME).symlink_to(NAME)
            return NAME, ": cannot be read: too many levels of symbolic links"
        case "a file of 3 GiB":
            with Path(NAME).open("wb") as file:
                file.truncate(3 << 30)
            return NAME, f": has 3,221,225,472 bytes; a model file has at most {MAX_FILE_BYTES:,}"
    raise AssertionError(kind)


SPECIAL = ["a pipe", "/dev/zero", "a folder", "a link to nowhere", "a link to itself", "a file of 3 GiB"]


def test_there_are_many_kinds_and_each_has_a_line_of_its_own() -> None:
    lines = [line for _, line in CASES.values()]
    assert len(CASES) >= 70
    assert len(set(lines)) == len(lines)


def test_the_file_that_all_others_are_made_from_is_right() -> None:
    Path(NAME).write_bytes(GOOD)
    assert cnncli.load(NAME).predict(np.zeros((1, 2, 2), np.uint8)).names in (["no"], ["yes"])


def refused(capsys: pytest.CaptureFixture[str], path: str, line: str) -> None:
    """The line and nothing else, from Python and from every command that reads a model."""
    with pytest.raises(CnnError) as caught:
        cnncli.load(path)
    assert str(caught.value) == f"{path}{line}"
    for arguments in (["eval", path], ["predict", "--model", path, "x.png"], ["summary", path]):
        code = run([*arguments])
        captured = capsys.readouterr()
        assert (code, captured.out, captured.err) == (1, "", f"cnn: {path}{line}\n"), arguments


@pytest.mark.parametrize("case", CASES)
def test_each_bad_file_has_its_line_in_python_and_in_every_command(
    case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data, line = CASES[case]
    Path(NAME).write_bytes(data)
    refused(capsys, NAME, line)


@pytest.mark.parametrize("kind", NO_MODELS)
def test_files_of_other_programs_are_no_models(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(NAME).write_bytes(NO_MODELS[kind])
    refused(capsys, NAME, f": {NO_MODEL}")


@pytest.mark.parametrize("kind", SPECIAL)
def test_what_is_no_regular_file_is_refused(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    path, line = special(kind)
    refused(capsys, path, line)


# --resume reads checkpoints


@pytest.fixture(scope="module")
def stopped_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, bytes]]:
    """A run of one small network, and its checkpoint."""
    from cnncli.training.train import train
    from cnncli.training_options import TrainSettings

    place = tmp_path_factory.mktemp("resume")
    rng = np.random.default_rng(1)
    np.savez(place / "set.npz", images=rng.integers(0, 256, (40, 4, 4)).astype(np.uint8), labels=np.arange(40) % 2)
    settings = TrainSettings(
        architecture="linear", data=str(place / "set.npz"), runs=str(place / "runs"), out=str(place / "model.bin"),
        epochs=2, threads=1,
    )  # fmt: skip
    for _ in train(settings):
        pass
    [folder] = (place / "runs").iterdir()
    yield folder, (folder / "checkpoint.bin").read_bytes()


def resumed(capsys: pytest.CaptureFixture[str], folder: Path) -> str:
    """What `cnn train --resume` says on stderr when it fails."""
    code = run(["train", "--resume", str(folder)])
    captured = capsys.readouterr()
    assert (code, captured.out) == (1, ""), captured.err
    return captured.err


@pytest.mark.parametrize("case", CASES)
def test_resume_refuses_each_bad_file_with_its_line(
    case: str, stopped_run: tuple[Path, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, good = stopped_run
    data, line = CASES[case]
    (folder / "checkpoint.bin").write_bytes(data)
    try:
        assert resumed(capsys, folder) == f"cnn: {folder}/checkpoint.bin{line}\n"
    finally:
        (folder / "checkpoint.bin").write_bytes(good)


def state(**values: Any) -> Callable[[dict[str, Any], dict[str, np.ndarray]], object]:
    return lambda content, _: content["checkpoint"]["state"].update(values)


def of_an_older_version(state: dict[str, Any]) -> dict[str, Any]:
    """One that has the history itself, but of numbers."""
    return {name: value for name, value in state.items() if name not in ("epochs", "metrics")} | {"history": [1, 2]}


CHECKPOINTS: dict[str, tuple[Callable[[dict[str, Any], dict[str, np.ndarray]], object], str]] = {
    "no state": (
        lambda content, tensors: (content.pop("checkpoint"), [tensors.pop(n) for n in list(tensors) if "/" in n]),
        "is a model without the state of its training; name a checkpoint.bin",
    ),
    "a state of another type": (
        lambda content, _: content.update(checkpoint={"optimizer": {}, "state": 1}),
        "checkpoint must be an object of two objects, optimizer and state",
    ),
    "a key missing": (
        lambda content, _: content["checkpoint"]["state"].pop("step"),
        "state has no step; it needs {fields}",
    ),
    "an unknown key": (state(code=1), 'state has the unknown key "code"; it has {fields}'),
    "a step of another type": (state(step="1"), 'state has step = "1"; use a whole number; start a new run'),
    "a negative step": (state(step=-1), "state has step = -1; start a new run"),
    "a history of numbers": (
        lambda content, _: content["checkpoint"].update(state=of_an_older_version(content["checkpoint"]["state"])),
        "state has history = [1, 2]; use a list of an object; start a new run",
    ),
    "epochs of another type": (state(epochs="2"), 'state has epochs = "2"; start a new run'),
    "a best epoch that never was": (
        state(best_epoch=99),
        "best_epoch is 99, but 2 are done; start a new run",
    ),
    "a trace that is no hash": (state(trace="x" * 32), f'state has trace = "{"x" * 32}"; start a new run'),
    "an optimizer state that is no array": (
        lambda content, _: content["checkpoint"]["optimizer"].update({"1.weight.other": "x"}),
        'optimizer state "1.weight.other" does not fit the network; start a new run',
    ),
    "an optimizer state of no layer": (
        lambda _, tensors: tensors.update({"optimizer/7.weight.velocity": np.zeros(2, np.float32)}),
        'optimizer state "7.weight.velocity" does not fit the network; start a new run',
    ),
    "an optimizer state of another shape": (
        lambda _, tensors: tensors.update({"optimizer/1.bias.velocity": np.zeros(3, np.float32)}),
        'optimizer state "1.bias.velocity" does not fit the network; start a new run',
    ),
    "other classes": (
        lambda content, _: content["network"].update(classes=["x", "y"]),
        "is of a network for other images or classes than set has; start a new run",
    ),
}


@pytest.mark.parametrize("case", CHECKPOINTS)
def test_resume_refuses_each_bad_state_with_its_line(
    case: str, stopped_run: tuple[Path, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    from cnncli.storage import container

    folder, good = stopped_run
    change, line = CHECKPOINTS[case]
    tensors, content = container.unpack(good)
    change(content, tensors)
    (folder / "checkpoint.bin").write_bytes(container.pack(tensors, content))
    try:
        said = resumed(capsys, folder)
    finally:
        (folder / "checkpoint.bin").write_bytes(good)
    fields = "step, loss_sum, correct, images, epoch_seconds, seconds, best_epoch, trace, marks, pace, history, signs"
    fields += "; start a new run"
    assert said == f"cnn: {folder}/checkpoint.bin: {line.replace('{fields}', fields)}\n"


# Files that break no rule, and yet could take all memory or give no answer


def test_a_model_that_answers_nan_is_told_and_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    from PIL import Image

    Path(NAME).write_bytes(tensor("1.weight", data=floats(*[3e38, -3e38] * 4)))
    Image.new("L", (2, 2), 255).save("x.png")
    assert run(["predict", "--model", NAME, "--json", "x.png"]) == 1
    line = "x.png: the model gives NaN or infinity for it; train it with a smaller learning rate"
    captured = capsys.readouterr()
    assert captured.err == f"cnn: {line}\n"
    assert json.loads(captured.out) == [{"file": "x.png", "error": line}]


def test_a_model_that_answers_nan_is_not_evaluated(capsys: pytest.CaptureFixture[str]) -> None:
    np.savez("set.npz", images=np.full((4, 2, 2), 255, np.uint8), labels=np.array([0, 1, 0, 1]))
    tensors, content = right()
    content["network"]["classes"] = ["0", "1"]
    overflowing = packed(
        [(n, t, s, floats(*[3e38, -3e38] * 4) if n == "1.weight" else d) for n, t, s, d in tensors], content
    )
    Path(NAME).write_bytes(overflowing)
    assert run(["eval", NAME, "--data", "set.npz", "--json"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"cnn: {NAME}: gives NaN or infinity on set; train it with a smaller learning rate\n"


def test_millions_of_outputs_get_no_names() -> None:
    """They would take 100 times the memory of the file's largest promise."""
    Path(NAME).write_bytes(tiny([1, 10_000, 10_000], {"type": "Flatten"}))
    assert cnncli.load(NAME).class_names == []


def test_a_confusion_matrix_of_gigabytes_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path(NAME).write_bytes(tiny([1, 100, 100], {"type": "Flatten"}))
    assert run(["eval", NAME, "--data", "digits"]) == 2
    captured = capsys.readouterr()
    assert captured.err == f"cnn: {NAME}: has 10,000 classes; at most 8,192 are evaluated\n"


def test_buffers_beyond_the_memory_of_the_machine_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(NAME).write_bytes(tiny([1, 100, 100], {"type": "ReLU"}, {"type": "Flatten"}))
    monkeypatch.setattr(os, "sysconf", lambda name: 1024)  # 1 MiB
    with pytest.raises(CnnError) as caught:
        cnncli.load(NAME).predict(np.zeros((1, 100, 100)))
    assert str(caught.value) == (
        "network: a batch of 16 needs at least 0.001192 GiB, and this machine has 0.0009766; "
        "use a smaller batch or network"
    )
