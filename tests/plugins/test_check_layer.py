"""`cnn check-layer` finds each kind of wrong layer by the check that is made for it, and passes sound ones;
`cnn new-layer` writes a sound one."""

import errno
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

from cnncli.checks.subject import Subject
from cnncli.errors import WriteError
from cnncli.layers import LAYER_TYPES, Module
from cnncli.layers.registry import is_built_in
from cnncli.plugins.new_layer import write_new_layer
from plugin_files import SWISH, Said, write_files

OUTPUT = "        return input * self.gate(input)\n"
GRADIENT = "        return grad_output * (gate + self.beta * input * gate * (1 - gate))\n"
ADDS = "        self.grad_beta += scale * np.sum(grad_output * input * input * gate * (1 - gate))\n"
SETTINGS = '        return {"beta": self.start}\n'

# What is replaced in the sound layer, by what; the first check that fails, and what it says.
WRONG: dict[str, tuple[str, str, str, str]] = {
    "a factor is missing": (
        GRADIENT, GRADIENT.replace("self.beta * ", ""), "gradient of the input",
        r"update_grad_input gives \S+ for input\[.*\], and differences \S+ \(samples of \S+, evaluation\)",
    ),
    "a power is missing": (
        ADDS, ADDS.replace("input * input", "input"), "gradient of beta",
        r"acc_grad_parameters gives \S+ for beta\[0\], and differences \S+ \(samples of \S+, evaluation\)",
    ),
    "wrong in training alone": (
        GRADIENT, GRADIENT.replace("return ", "return (1.01 if self.training else 1) * "), "gradient of the input",
        r"update_grad_input gives .* \(samples of \S+, training\)",
    ),
    "the gradient is overwritten": (
        ADDS, ADDS.replace("self.grad_beta +=", "self.grad_beta[...] ="), "gradients add up",
        r"grad_beta was 1 and is not 1 \+ scale \* gradient .*write self\.grad_beta \+= scale \* gradient",
    ),
    "scale is forgotten": (
        ADDS, ADDS.replace("scale * ", ""), "gradients add up", r"grad_beta was 1 and is not 1 \+ scale \* gradient .*",
    ),
    "writes to its input": (
        OUTPUT, "        input *= 2\n" + OUTPUT, "output", r"update_output writes to its input, .*my_layers\.py:21",
    ),
    "no empty batch": (
        OUTPUT, "        assert len(input)\n" + OUTPUT, "empty batch", r"update_output raised AssertionError \(.*:21\)",
    ),
    "draws in evaluation": (
        OUTPUT, "        self.n = getattr(self, 'n', 0) + 1\n        return input * self.gate(input) + self.n\n",
        "training and evaluation", r"in evaluation \(self\.training is False\) two passes give two outputs",
    ),
    "settings that are not its own": (
        SETTINGS, '        return {"beta": 1.0, "gamma": 2}\n', "save and load",
        r'cannot be saved: its constructor takes beta and its settings\(\) gives beta, gamma; .*',
    ),
    "another shape than it says": (
        SETTINGS, SETTINGS + "\n    def output_shape(self, input_shape):\n        return (*input_shape, 1)\n",
        "output", r"update_output returned an array of shape \(3, 2, 3, 3\) .*; make both say the same",
    ),
    "the batch shows in the output": (
        OUTPUT, "        return input * self.gate(input) + (0 if len(input) < 2 else 1)\n", "one sample",
        "in evaluation a sample's output depends on the other samples of its batch",
    ),
    "a buffer changes in evaluation": (
        OUTPUT, f"        self.seen += 1\n{OUTPUT}\n    buffer_names = ('seen',)\n    seen = np.zeros(1, np.float32)\n",
        "training and evaluation", "in evaluation a pass changes a parameter or a buffer",
    ),
    "NaN": (
        OUTPUT, "        return np.sqrt(input - 1)\n", "output", r"update_output returned NaN for finite input",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_layer_fails_the_check_made_for_it(kind: str, cnn: Said, tmp_path: Path) -> None:
    old, new, check, text = WRONG[kind]
    assert SWISH.count(old) == 1
    write_files(tmp_path, SWISH.replace(old, new))
    code, out, err = cnn("check-layer my_layers.py:Swish --shape 2x3x3 --shape 5 --json")
    assert (code, err) == (1, "")
    facts = json.loads(out)
    failed = [one for one in facts["checks"] if not one["passed"]]
    assert failed[0]["check"] == check, failed
    assert re.match(text, failed[0]["text"]), failed
    assert not facts["passed"]


def test_a_sound_layer_passes_and_each_check_has_a_line(cnn: Said, tmp_path: Path) -> None:
    write_files(tmp_path)
    code, out, err = cnn("check-layer my_layers.py --settings 'beta = 2' --shape 3x4x5 --shape 7")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "Swish() on samples of 3x4x5, 7"
    assert [re.split("  +", line)[1] for line in lines[1:-1]] == [
        "output", "gradient of the input", "gradient of beta", "gradients add up", "inputs stay as they are",
        "one sample", "empty batch", "training and evaluation", "save and load", "compiled",
    ]  # fmt: skip
    assert all(line.startswith("ok    ") for line in lines[1:-1])
    assert re.search(r"gradient of the input +\d+ elements, largest difference \S+e-1\d \(float64\)\n", out)
    assert lines[-1] == "all 10 checks passed"


BUILT_IN = {
    "Conv2d": "out_channels=4, kernel_size=3, padding=1", "Linear": "out_features=3", "ReLU": "", "Dropout": "",
    "BatchNorm2d": "", "MaxPool2d": "kernel_size=2", "LogSoftmax": "",
}  # fmt: skip


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_layers_pass(name: str, cnn: Said) -> None:
    code, out, err = cnn(f"check-layer {name} --settings '{BUILT_IN[name]}'")
    assert (code, err) == (0, ""), out


# What those need that cannot be made without settings, or whose samples are no images or vectors.
NEEDED = {
    "Add": "--settings size=1", "AdaptiveAvgPool2d": "--settings output_size=2",
    "AdaptiveMaxPool2d": "--settings output_size=2", "AvgPool1d": "--settings kernel_size=2 --shape 3x9",
    "AvgPool2d": "--settings kernel_size=2", "CMul": "--settings size=1",
    "Concat": "--settings 'branches=[[{ type = \"ReLU\" }], [{ type = \"Tanh\" }]]'",
    "Conv1d": "--settings 'out_channels=4, kernel_size=3, padding=1' --shape 3x9",
    "Conv2d": "--settings 'out_channels=4, kernel_size=3, padding=1'",
    "ConvTranspose2d": "--settings 'out_channels=4, kernel_size=3, stride=2'",
    "GroupNorm": "--settings num_groups=2 --shape 4x5x5", "LPPool2d": "--settings 'norm_type=2, kernel_size=2'",
    "LayerNorm": "--settings normalized_shape=8", "Linear": "--settings out_features=3",
    "LocalResponseNorm": "--settings size=3", "MaxPool1d": "--settings kernel_size=2 --shape 3x9",
    "MaxPool2d": "--settings kernel_size=2",
    "MaxUnpool2d": """Sequential --settings 'layers=[{ type = "MaxPool2d", kernel_size = 2 }, { type = "Tanh" }, """
    """{ type = "MaxUnpool2d", pooling = "0.0" }]'""",
    "Parallel": "--settings 'branches=[[{ type = \"ReLU\" }], [{ type = \"Tanh\" }]]' --shape 4x5x5",
    "Residual": "--settings 'body=[{ type = \"Tanh\" }]'", "Sequential": "--settings 'layers=[{ type = \"Tanh\" }]'",
    "StochasticPool2d": "--settings kernel_size=2", "SubSampling2d": "--settings kernel_size=2",
    "Threshold": "--settings 'threshold=0.1, value=0.2'", "Unflatten": "--settings 'dim=1, unflattened_size=[1, -1]'",
    "Upsample": "--settings scale_factor=2", "ZeroPad2d": "--settings padding=1",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(name for name, kind in LAYER_TYPES.items() if is_built_in(kind)))
def test_every_built_in_layer_passes(name: str, cnn: Said) -> None:
    needed = NEEDED.get(name, "")
    # An unpooling is checked together with its pooling.
    code, out, err = cnn(f"check-layer {needed}" if needed.startswith("Sequential") else f"check-layer {name} {needed}")
    assert (code, err) == (0, ""), out


USAGE = {
    "check-layer my_layers.py:Swisch": 'my_layers.py: has no layer Swisch; did you mean "Swish"?',
    "check-layer ReLU66": 'ReLU66: unknown type "ReLU66"; did you mean "ReLU6"?',
    "check-layer Conv2d": 'Conv2d: setting "out_channels" is missing; add it',
    "check-layer ReLU --settings beta": "--settings beta: use NAME=VALUE, NAME=VALUE with values as in TOML",
    "check-layer ReLU --settings beta=2": 'ReLU: unknown setting "beta"; known: none',
    "check-layer ReLU --shape 3xa": "--shape 3xa: use sizes such as 3x8x8 or 12",
    "check-layer ReLU --range 3": "--range 3: use two numbers, the smaller one first, such as 0.1,2",
    "check-layer Linear --settings out_features=2 --shape 2x3x3": "Linear",
    "check-layer lost.py": "lost.py: no such file",
    "new-layer class": "class: is no name of a class",
    "new-layer True": "True: is no name of a class",
    "new-layer Ärmel": ": is no name of a class",
    "new-layer 3Layers": "3Layers: is no name of a class",
    "new-layer swish": "swish: is no name of a class; use letters and digits, a capital first: Swish",
    "new-layer ReLU": "ReLU: is the name of a built-in layer; use another one",
    "new-layer Swish --out swish.txt": "swish.txt: plugins are .py files; use such a name",
    "new-layer Swish --out my_layers.py": "my_layers.py: is there already and is not overwritten; pass another --out",
    "new-layer Swish --out lost/swish.py": (
        "lost/swish.py: the folder lost does not exist; make it with mkdir -p or name another place"
    ),
}


@pytest.mark.parametrize("line", USAGE)
def test_what_cannot_be_done_is_one_line(line: str, cnn: Said, tmp_path: Path) -> None:
    path = write_files(tmp_path)
    code, out, err = cnn(line)
    assert code in (1, 2) and out == "" and err.count("\n") == 1
    assert USAGE[line] in err
    assert path.read_text() == SWISH


def test_a_range_keeps_the_input_where_the_layer_is_defined(cnn: Said, tmp_path: Path) -> None:
    write_files(
        tmp_path,
        "import numpy as np\nfrom cnncli.layers import Module\n\n\nclass Root(Module):\n"
        "    def update_output(self, input):\n        return np.sqrt(input)\n\n"
        "    def update_grad_input(self, input, grad_output):\n        return grad_output / (2 * np.sqrt(input))\n",
    )
    code, out, _ = cnn("check-layer my_layers.py --shape 4")
    assert code == 1 and "NaN for finite input" in out
    assert cnn("check-layer my_layers.py --shape 4 --range 0.5,2")[0] == 0


def test_the_written_layer_passes_and_trains_in_lenet5(cnn: Said, tmp_path: Path) -> None:
    code, out, err = cnn("new-layer SoftStep")
    assert (code, err) == (0, "") and "cnn check-layer soft_step.py:SoftStep" in out
    assert cnn("check-layer soft_step.py:SoftStep --shape 3x4x5")[0] == 0
    from cnncli.network.architectures import read_model

    layers = read_model("lenet5")[0]["layers"]
    assert sum(layer["type"] == "ReLU" for layer in layers) == 4
    layers = [{"type": "SoftStep"} if layer["type"] == "ReLU" else layer for layer in layers]
    described = "".join(
        "[[layers]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in layer.items()) for layer in layers
    )
    (tmp_path / "my_net.toml").write_text('name = "mine"\ninput = [1, 28, 28]\n' + described)
    code, out, err = cnn(
        "train --plugin soft_step.py --arch my_net.toml --data small.npz --epochs 4 --batch-size 20 --no-cache --json"
    )
    assert code == 0, err
    history = json.loads(out)["history"]
    assert history[-1]["loss"] < history[0]["loss"]


def test_a_full_disk_leaves_no_half_of_a_new_layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, left = os.write, [100]  # bytes that the disk still holds

    def write_some(descriptor: int, part: memoryview) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        count, left[0] = write(descriptor, part[: left[0]]), 0
        return count

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write_some)
        with pytest.raises(WriteError, match=r"/swish.py: the disk is full \(1,\d{3} bytes to write\); "):
            write_new_layer("Swish", str(tmp_path / "swish.py"))
    assert list(tmp_path.iterdir()) == [] and left == [0]


@pytest.mark.parametrize("in_training", [False, True])
def test_layer_without_an_output_in_evaluation_has_none_to_be_checked(in_training: bool) -> None:
    class Fails(Module):
        def update_output(self, input):  # type: ignore[no-untyped-def]
            if self.training == in_training:
                raise ValueError("no")
            return input

    subject = Subject(Fails(), (2,), np.ones((3, 2), np.float32))
    assert (subject.fault is None) == in_training
