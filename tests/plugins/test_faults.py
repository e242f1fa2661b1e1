"""Kinds of wrong custom layers: each is told with the layer's name and method, in an eager network, in a compiled one,
and by `cnn train`."""

import re
from pathlib import Path

import numpy as np
import pytest

import cnncli
from cnncli.criteria import CrossEntropyLoss
from cnncli.errors import CnnError
from cnncli.layers import Flatten, Linear, Module, ReLU, Sequential
from cnncli.layers.registry import LAYER_TYPES
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.program import Program
from plugin_files import SWISH, Said, write_files

OUTPUT = "        return input * self.gate(input)\n"
GRADIENT = "        return grad_output * (gate + self.beta * input * gate * (1 - gate))\n"
ADDS = "        self.grad_beta += scale * np.sum(grad_output * input * input * gate * (1 - gate))\n"
NUMBERS = "; look for a division by 0, a root or logarithm of a negative number, or an exp of a large one"
NEW_ARRAY = (
    "which belongs to other layers (my_layers.py:{line}); make a new array, or work on a copy such as input.copy()"
)

# What is replaced in the sound layer, by what, and what is said of it behind "layer 2, ".
FAULTS: dict[str, tuple[str, str, str]] = {
    "gradient of another shape": (
        GRADIENT, "        return grad_output.sum(axis=0)\n",
        "Swish(): update_grad_input returned an array of shape (8,) for an input of shape ({samples}, 8); return the "
        "gradient with respect to the input, which has the shape of the input",
    ),
    "gradient replaced": (
        ADDS, ADDS.replace("+=", "="),
        "Swish: grad_beta is replaced by another array, but programs and optimizers keep the one it has; change that "
        "in place: self.grad_beta += gradient",
    ),
    "writes to its input": (
        OUTPUT, "        input *= self.gate(input)\n        return input\n",
        f"Swish(): update_output writes to its input, {NEW_ARRAY.format(line=21)}",
    ),
    "writes to the gradient it gets": (
        GRADIENT, "        grad_output *= gate\n        return grad_output\n",
        f"Swish(): update_grad_input writes to its input or its grad_output, {NEW_ARRAY.format(line=25)}",
    ),
    "writes to its input while gradients are added": (
        ADDS, "        np.square(input, out=input)\n",
        f"Swish(): acc_grad_parameters writes to its input or its grad_output, {NEW_ARRAY.format(line=29)}",
    ),
    "no numbers": (
        OUTPUT, "        return input * (1 + 1j)\n",
        "Swish(): update_output returned complex64; return the output as an array of numbers",
    ),
    "gradient that is text": (
        GRADIENT, "        return 'gradient'\n",
        "Swish(): update_grad_input returned text; return the gradient with respect to the input as an array of "
        "numbers",
    ),
    "NaN": (
        OUTPUT, "        return np.where(input == 0, 0, np.sqrt(-1 - np.abs(input)))\n",
        f"Swish(): update_output returned NaN for finite input up to {{largest}}{NUMBERS}",
    ),
    "NaN in the gradient": (
        GRADIENT, "        return grad_output * 0 * np.log(-1 - np.abs(input))\n",
        f"Swish(): update_grad_input returned NaN for finite input up to {{largest}}{NUMBERS}",
    ),
    "NaN in the gradient of a parameter": (
        ADDS, "        self.grad_beta += np.inf * np.zeros(1)\n",
        f"Swish(): acc_grad_parameters added to grad_beta NaN for finite input up to {{largest}}{NUMBERS}",
    ),
    "exception": (
        GRADIENT, "        return grad_output * self.gates\n",
        "Swish(): update_grad_input raised AttributeError: 'Swish' object has no attribute 'gates' (my_layers.py:25)",
    ),
    "exception further down": (
        OUTPUT, "        return input @ np.zeros((3, 3))\n",
        "Swish(): update_output raised ValueError: matmul: Input operand 1 has a mismatch in its core dimension 0, "
        "with gufunc signature (n?,k),(k,m?)->(n?,m?) (size 3 is different from 8) (my_layers.py:21)",
    ),
    "no scale": (
        "grad_output, scale=1.0", "grad_output",
        "Swish(): acc_grad_parameters raised TypeError: Swish.acc_grad_parameters() takes 3 positional arguments but 4 "
        "were given (my_layers.py:27)",
    ),
    "no update_output": (
        "def update_output", "def updateOutput",
        "Swish: does not override update_output; write in class Swish: def update_output(self, input), which returns "
        "the output",
    ),
    "no update_grad_input": (
        "def update_grad_input", "def backwards",
        "Swish: does not override update_grad_input; write in class Swish: def update_grad_input(self, input, "
        "grad_output), which returns the gradient with respect to the input",
    ),
    "no acc_grad_parameters": (
        "def acc_grad_parameters", "def accGradParameters",
        "Swish(): has the parameters beta, but no acc_grad_parameters, so that they would never be learned; write in "
        "class Swish: def acc_grad_parameters(self, input, grad_output, scale=1.0), which adds to their gradients",
    ),
    "gradient returned and not added": (
        ADDS, "        return scale * np.sum(grad_output * input * input * gate * (1 - gate))\n",
        "Swish(): acc_grad_parameters returned float32; add to self.grad_beta and return nothing",
    ),
    "parameter that is not listed": (
        'parameter_names = ("beta",)', "factor = 1",
        "Swish(): has beta and grad_beta, but parameter_names does not list beta, so that it would never be learned; "
        'write in class Swish: parameter_names = ("beta",)',
    ),
    "nothing returned": (
        "        return input * self.gate(input)", "        input * self.gate(input)",
        "Swish(): update_output returned None; end it with return and the output",
    ),
    "samples mixed up": (
        OUTPUT, "        return np.mean(input, axis=0)\n",
        "Swish(): update_output returned an array of shape (8,) for an input of shape ({samples}, 8); return one "
        "output for each sample, which the first axis counts",
    ),
}  # fmt: skip
SAMPLES = 20
each_fault = pytest.mark.parametrize("fault", FAULTS)


def plugin_of(fault: str) -> str:
    old, new, _ = FAULTS[fault]
    assert SWISH.count(old) == 1
    return SWISH.replace(old, new)


def is_said(fault: str, line: str) -> None:
    """The line, behind the layer's place, which has its name where it is a line of a description; `largest` and
    `samples` stand for what the data make of them."""
    wanted = re.escape(FAULTS[fault][2]).replace(r"\{largest\}", "[0-9.]+").replace(r"\{samples\}", f"(?:{SAMPLES}|1)")
    without_name = wanted.removeprefix(re.escape("Swish(): ")).removeprefix(re.escape("Swish: "))
    assert re.fullmatch(rf"layer 2, {wanted}|my_net\.toml, line 12, layer 2 \(Swish\): {without_name}", line), line


def batch() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return rng.normal(size=(SAMPLES, 1, 4, 4)).astype(np.float32), rng.integers(0, 5, SAMPLES)


def make_network(layer: Module) -> Network:
    network = Network([Flatten(), Linear(16, 8), layer, Sequential(ReLU()), Linear(8, 5)], (1, 4, 4))
    network.initialize(4)
    return network


def eager_step(layer: Module) -> None:
    network, (images, labels) = make_network(layer).train(), batch()
    criterion = CrossEntropyLoss()
    network.backward(images, criterion.backward(network.forward(images), labels))


def compiled_step(layer: Module) -> None:
    images, labels = batch()
    program = Program(make_network(layer), SAMPLES, optimizer=SGD(0.1))
    program.bind(images, labels)
    program.step(np.arange(SAMPLES), step=0, epoch=0)


@each_fault
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("step", [eager_step, compiled_step])
def test_a_wrong_layer_is_named_with_its_method(
    step: object, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path, plugin_of(fault))
    cnncli.load_plugin("my_layers.py")
    with pytest.raises(CnnError) as caught:
        step(LAYER_TYPES["Swish"]())  # type: ignore[operator]
    is_said(fault, str(caught.value))


@each_fault
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_cnn_train_names_the_wrong_layer(fault: str, cnn: Said, tmp_path: Path) -> None:
    write_files(tmp_path, plugin_of(fault))
    options = f"--arch my_net.toml --data small.npz --epochs 1 --batch-size {SAMPLES} --no-cache"
    code, out, err = cnn(f"train --plugin my_layers.py {options}")
    assert code in (1, 2) and out == ""
    is_said(fault, err.splitlines()[-1].removeprefix("cnn: "))
    assert "Traceback" not in err


def test_the_exception_itself_is_kept_for_whoever_wants_its_traceback(tmp_path: Path) -> None:
    write_files(tmp_path, plugin_of("exception"))
    cnncli.load_plugin(tmp_path / "my_layers.py")
    for step in (eager_step, compiled_step):
        with pytest.raises(CnnError) as caught:
            step(LAYER_TYPES["Swish"]())
        assert isinstance(caught.value.__cause__, AttributeError)


def test_a_layer_without_settings_is_told_what_to_write(cnn: Said, tmp_path: Path) -> None:
    write_files(tmp_path, SWISH.replace("def settings", "def my_settings"))
    code, _, err = cnn("train --plugin my_layers.py --arch my_net.toml --data small.npz --epochs 1 --no-cache")
    assert (code, err.splitlines()[-1]) == (
        1,
        'cnn: network "mine", layer 2, Swish(): cannot be saved: its constructor takes beta and its settings() gives '
        'nothing; write in class Swish: def settings(self): return {"beta": self.beta}',
    )


def test_a_layer_may_return_its_input_as_it_is() -> None:
    class Passes(Module):
        def update_output(self, input: np.ndarray) -> np.ndarray:
            return input

        def update_grad_input(self, input: np.ndarray, grad_output: np.ndarray) -> np.ndarray:
            return grad_output

    layer, images = Passes(), np.ones((2, 3), np.float32)
    for result in (layer.forward(images), layer.backward(images, images)):
        result += 1  # what comes out of a layer is the caller's
    assert images.tolist() == [[1] * 3] * 2


def test_nan_that_comes_in_or_that_weights_hold_is_not_the_fault_of_the_layer(tmp_path: Path) -> None:
    write_files(tmp_path)
    cnncli.load_plugin(tmp_path / "my_layers.py")
    layer = LAYER_TYPES["Swish"]()
    assert np.isnan(layer.forward([[1, np.nan]])).tolist() == [[False, True]]
    layer.beta[...] = np.nan  # type: ignore[attr-defined]
    assert np.isnan(layer.forward([[1.0, 2.0]])).all()


def test_infinity_of_finite_input_is_passed_on() -> None:
    class Exponential(Module):
        def update_output(self, input: np.ndarray) -> np.ndarray:
            with np.errstate(over="ignore"):
                return np.exp(input)

    assert Exponential().forward([0.0, 1000.0]).tolist() == [1, np.inf]
