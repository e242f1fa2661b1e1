"""Faults of layers written by users: each is told where it is, in eager networks and in compiled programs."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli.criteria import CrossEntropyLoss
from cnncli.errors import CnnError, FormatError
from cnncli.layers import (
    LAYER_TYPES,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    LogSoftmax,
    MaxPool2d,
    Module,
    ReLU,
    Sequential,
    register,
)
from cnncli.model_file.serialize import load_model, save_model
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.program import Program

VALUES, CLASSES, SAMPLES = 12, 5, 8


class Scale(Module):
    """One learned factor for each value; each test spoils one of its methods."""

    parameter_names = ("weight",)

    def __init__(self) -> None:
        self.weight = np.full(VALUES, 1.5)  # float64, which becomes float32
        self.grad_weight = np.zeros(VALUES)

    def update_output(self, input: np.ndarray) -> Any:
        return input * self.weight

    def update_grad_input(self, input: np.ndarray, grad_output: np.ndarray) -> Any:
        return grad_output * self.weight

    def acc_grad_parameters(self, input: np.ndarray, grad_output: np.ndarray, scale: float = 1.0) -> None:
        self.grad_weight += scale * (input * grad_output).sum(axis=0)

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        return input_shape


def run_eager(network: Network, images: np.ndarray, labels: np.ndarray) -> None:
    network.train()
    network.zero_grad_parameters()
    criterion = CrossEntropyLoss()
    outputs = network.forward(images)
    criterion.forward(outputs, labels)
    network.backward(images, criterion.backward(outputs, labels))
    SGD(0.1).step(network.named_parameters())


def run_compiled(network: Network, images: np.ndarray, labels: np.ndarray) -> None:
    program = Program(network, SAMPLES, optimizer=SGD(0.1))
    program.bind(images, labels)
    program.step(np.arange(len(images)), step=0, epoch=0, learning_rate=0.1)


Run = Callable[[Network, np.ndarray, np.ndarray], None]
each_run = pytest.mark.parametrize("run", [run_eager, run_compiled], ids=["eager", "compiled"])


def samples(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(size=(SAMPLES, 1, 3, 4)).astype(np.float32), rng.integers(0, CLASSES, SAMPLES)


def network_with(layer: Module) -> Network:
    """The layer stands at 2.0, between two that would be blamed for what it returns."""
    inner = Sequential(layer, ReLU())
    network = Network([Flatten(), Linear(VALUES, VALUES), inner, Linear(VALUES, CLASSES)], (1, 3, 4))
    network.initialize(4)
    return network


class Replaces(Scale):
    def acc_grad_parameters(self, input: np.ndarray, grad_output: np.ndarray, scale: float = 1.0) -> None:
        self.grad_weight = self.grad_weight + scale * (input * grad_output).sum(axis=0)


class Overwrites(Scale):
    def acc_grad_parameters(self, input: np.ndarray, grad_output: np.ndarray, scale: float = 1.0) -> None:
        self.grad_weight = scale * (input * grad_output).sum(axis=0)


class Normalizes(Scale):
    def update_output(self, input: np.ndarray) -> Any:
        self.weight = self.weight / np.abs(self.weight).max()
        return super().update_output(input)


class Counts(Scale):
    buffer_names = ("mean",)

    def __init__(self) -> None:
        super().__init__()
        self.mean = [0.0] * VALUES

    def update_output(self, input: np.ndarray) -> Any:
        self.mean = 0.9 * self.mean + 0.1 * input.mean(axis=0)
        return super().update_output(input)


class ShortGradient(Scale):
    def update_grad_input(self, input: np.ndarray, grad_output: np.ndarray) -> Any:
        return grad_output[:, :-1]


class SummedGradient(Scale):
    def update_grad_input(self, input: np.ndarray, grad_output: np.ndarray) -> Any:
        return grad_output.sum(axis=0)


class ForgetsGradient(Scale):
    def update_grad_input(self, input: np.ndarray, grad_output: np.ndarray) -> Any:
        self.gradient = grad_output * self.weight


class ShortOutput(Scale):
    def update_output(self, input: np.ndarray) -> Any:
        return input[:, :-1]


class Averages(Scale):
    def update_output(self, input: np.ndarray) -> Any:
        return input.mean(axis=0, keepdims=True)


class ForgetsOutput(Scale):
    def update_output(self, input: np.ndarray) -> Any:
        input * self.weight


class TextOutput(Scale):
    def update_output(self, input: np.ndarray) -> Any:
        return np.full(input.shape, "x")


class RaggedOutput(Scale):
    def update_output(self, input: np.ndarray) -> Any:
        return [[1.0], [1.0, 2.0]]


class ComplexGradient(Scale):
    def update_grad_input(self, input: np.ndarray, grad_output: np.ndarray) -> Any:
        return grad_output * 1j


class NoGradient(Scale):
    def __init__(self) -> None:
        self.weight = np.ones(VALUES)


class OtherGradient(Scale):
    def __init__(self) -> None:
        self.weight, self.grad_weight = np.ones(VALUES), np.zeros(1)


IN_PLACE = "is replaced by another array, but programs and optimizers keep the one it has; change that in place: "
GRADIENT_SHAPE = "return the gradient with respect to the input, which has the shape of the input"
FAULTS: list[tuple[type[Scale], str]] = [
    (Replaces, f"layer 2.0, Replaces: grad_weight {IN_PLACE}self.grad_weight += gradient"),
    (Overwrites, f"layer 2.0, Overwrites: grad_weight {IN_PLACE}self.grad_weight += gradient"),
    (Normalizes, f"layer 2.0, Normalizes: weight {IN_PLACE}self.weight[...] = values"),
    (Counts, f"layer 2.0, Counts: mean {IN_PLACE}self.mean[...] = values"),
    (
        ShortGradient,
        "layer 2.0, ShortGradient(): update_grad_input returned an array of shape (8, 11) for an input of shape "
        f"(8, 12); {GRADIENT_SHAPE}",
    ),
    (
        SummedGradient,
        "layer 2.0, SummedGradient(): update_grad_input returned an array of shape (12,) for an input of shape "
        f"(8, 12); {GRADIENT_SHAPE}",
    ),
    (
        ForgetsGradient,
        "layer 2.0, ForgetsGradient(): update_grad_input returned None; end it with return and the gradient with "
        "respect to the input",
    ),
    (
        ComplexGradient,
        "layer 2.0, ComplexGradient(): update_grad_input returned complex64; return the gradient with respect to the "
        "input as an array of numbers",
    ),
    (
        ShortOutput,
        "layer 2.0, ShortOutput(): update_output returned an array of shape (8, 11) for an input of shape (8, 12), "
        "and its output_shape says (8, 12); make both say the same",
    ),
    (
        Averages,
        "layer 2.0, Averages(): update_output returned an array of shape (1, 12) for an input of shape (8, 12); "
        "return one output for each sample, which the first axis counts",
    ),
    (ForgetsOutput, "layer 2.0, ForgetsOutput(): update_output returned None; end it with return and the output"),
    (TextOutput, "layer 2.0, TextOutput(): update_output returned text; return the output as an array of numbers"),
    (
        RaggedOutput,
        "layer 2.0, RaggedOutput(): update_output returned object; return the output as an array of numbers",
    ),
    (
        NoGradient,
        "NoGradient: has no grad_weight, which weight needs for its gradient; make it in __init__, "
        "self.grad_weight = np.zeros(shape), or call allocate()",
    ),
    (OtherGradient, "OtherGradient: weight has shape (12,) and grad_weight (1,); use np.zeros_like(self.weight)"),
]


@each_run
@pytest.mark.parametrize(("layer_type", "line"), FAULTS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_fault_of_a_layer_names_it_and_its_method(
    run: Run, layer_type: type[Scale], line: str, rng: np.random.Generator
) -> None:
    network = network_with(layer_type())
    with pytest.raises(CnnError) as caught:
        run(network, *samples(rng))
    assert str(caught.value) == line


@each_run
def test_a_sound_layer_learns_and_float64_is_converted(run: Run, rng: np.random.Generator) -> None:
    class Doubles(Scale):
        def update_output(self, input: np.ndarray) -> Any:
            return super().update_output(input).astype(np.float64)

        def update_grad_input(self, input: np.ndarray, grad_output: np.ndarray) -> Any:
            return super().update_grad_input(input, grad_output).astype(np.float64)

    images, labels = samples(rng)
    networks = network_with(Scale()), network_with(Doubles())
    for network in networks:
        run(network, images, labels)
        assert (network[2][0].weight != 1.5).any()  # type: ignore[index]
        assert network[2][0].weight.dtype == np.float32  # type: ignore[index]
    for one, other in zip(networks[0].parameters()[0], networks[1].parameters()[0], strict=True):
        assert one.tobytes() == other.tobytes()


def test_an_array_of_a_built_in_layer_stays_the_one_that_programs_know() -> None:
    layer = Linear(3, 2)
    with pytest.raises(CnnError, match=re.escape(f"Linear: weight {IN_PLACE}self.weight[...] = values")):
        layer.weight = np.zeros((2, 3), np.float32)
    layer.weight -= 1
    layer.weight[...] = 7
    assert layer.parameters()[0][0].tolist() == [[7] * 3] * 2


def test_what_is_no_array_does_not_become_a_weight() -> None:
    class Wrong(Module):
        parameter_names = ("weight",)

        def __init__(self, value: Any) -> None:
            self.weight = value

    for value in ("text", [[1], [1, 2]], object()):
        with pytest.raises(CnnError, match=r"^Wrong: weight is no array of numbers; use one such as np\.zeros\(3\)$"):
            Wrong(value)
    assert Wrong(2).weight.shape == ()


# Subclasses of Sequential


class Block(Sequential):
    """Only a constructor of its own."""

    def __init__(self, channels: int) -> None:
        super().__init__(
            Conv2d(channels, channels, 3, padding=1), BatchNorm2d(channels), ReLU(), Dropout(0.5)
        )


class Doubled(Sequential):
    """Passes of its own: input + layers(input)."""

    def update_output(self, input: np.ndarray) -> np.ndarray:
        return input + super().update_output(input)

    def update_grad_input(self, input: np.ndarray, grad_output: np.ndarray) -> np.ndarray:
        return grad_output + super().update_grad_input(input, grad_output)


class SizedDoubled(Doubled):
    def __init__(self, channels: int) -> None:
        super().__init__(Conv2d(channels, channels, 3, padding=1), ReLU())
        self.channels = channels

    def settings(self) -> dict[str, Any]:
        return {"channels": self.channels}


@pytest.fixture
def registered() -> Iterator[Callable[..., None]]:
    """Registers types for the time of a test."""
    names = []

    def add(*types: type[Module]) -> None:
        for layer_type in types:
            names.append(register(layer_type).__name__)

    yield add
    for name in names:
        del LAYER_TYPES[name]


def network_of(*containers: Module) -> Network:
    network = Network(
        [Conv2d(1, 3, 3, padding=1), *containers, MaxPool2d(2), Flatten(), Linear(12, CLASSES)], (1, 4, 4)
    )
    network.initialize(6)
    return network


CONTAINERS: dict[str, Callable[[], Module]] = {
    "Block": lambda: Block(3),
    "Doubled": lambda: Doubled(Conv2d(3, 3, 3, padding=1), ReLU(), Dropout(0.5)),
    "SizedDoubled": lambda: SizedDoubled(3),
    "Network": lambda: Network([ReLU(), Conv2d(3, 3, 1)], (3, 4, 4)),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_of_ones_own_trains_compiled_as_it_does_eagerly(name: str, rng: np.random.Generator) -> None:
    images, labels = rng.normal(size=(SAMPLES, 1, 4, 4)).astype(np.float32), rng.integers(0, CLASSES, SAMPLES)
    compiled, eager = (network_of(CONTAINERS[name](), Dropout(0.3)) for _ in range(2))
    assert [p.value.tobytes() for p in compiled.named_parameters()] == [
        p.value.tobytes() for p in eager.named_parameters()
    ]
    for network in (compiled, eager):  # what dropout draws is the business of other tests
        for layer in network.numbered():
            if isinstance(layer, Dropout):
                layer.p = 0.0
    run_compiled(compiled, images, labels)
    run_eager(eager, images, labels)
    for one, other in zip(compiled.named_parameters(), eager.named_parameters(), strict=True):
        np.testing.assert_allclose(one.value, other.value, rtol=0, atol=2e-5, err_msg=one.name)


def test_a_container_that_only_makes_its_layers_is_compiled_to_native_calls() -> None:
    assert Program(network_of(Block(3)), SAMPLES)._direct
    assert not Program(network_of(CONTAINERS["Doubled"]()), SAMPLES)._direct


def test_the_layers_in_a_container_of_ones_own_draw_other_numbers_than_those_after_it() -> None:
    convolutions = [Conv2d(3, 3, 3, padding=1) for _ in range(3)]
    network_of(Doubled(*convolutions[:2]), convolutions[2])
    first, second, third = (convolution.weight for convolution in convolutions)
    assert not np.isin(second, first).any() and not np.isin(third, second).any() and not np.isin(third, first).any()


def test_a_container_with_its_own_passes_is_one_row_of_the_table() -> None:
    rows = network_of(CONTAINERS["Doubled"](), Block(3)).layer_table()
    assert [row.type for row in rows[:4]] == ["Conv2d", "Doubled", "Conv2d", "BatchNorm2d"]
    assert rows[1].parameters == 3 * 3 * 9 + 3


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_of_ones_own_is_saved_and_comes_back(
    name: str, tmp_path: Path, registered: Callable[..., None], rng: np.random.Generator
) -> None:
    registered(Doubled, SizedDoubled)
    network = network_of(CONTAINERS[name]())
    network.eval()
    save_model(tmp_path / "model.bin", network)
    loaded = load_model(tmp_path / "model.bin")
    assert type(loaded[1]).__name__ == {"Block": "Sequential", "Network": "Sequential"}.get(name, name)
    images = rng.normal(size=(3, 1, 4, 4)).astype(np.float32)
    assert loaded.forward(images).tobytes() == network.forward(images).tobytes()
    wanted = Program(network, 3).predict(images)
    np.testing.assert_allclose(wanted, LogSoftmax().forward(network.forward(images)), rtol=0, atol=1e-5)


# What cannot be saved


class Slope(Module):
    def __init__(self, slope: float = 0.1) -> None:
        self.slope = slope

    def update_output(self, input: np.ndarray) -> np.ndarray:
        return np.maximum(input, np.float32(self.slope) * input)


class Described(Slope):
    def settings(self) -> dict[str, Any]:
        return {"slope": np.array([self.slope])}


class Sized(Scale):
    """Its settings leave out nothing, but tell another size than it has."""

    def __init__(self, size: int) -> None:
        self.weight, self.grad_weight = np.ones(size), np.zeros(size)

    def settings(self) -> dict[str, Any]:
        return {"size": 7}

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        return input_shape


class Plus(Linear):
    def __init__(self, size: int) -> None:
        super().__init__(size, size)


def built_in_name() -> Module:
    class ReLU(Slope):
        pass

    return ReLU()


UNSAVED: dict[str, tuple[Callable[[], Module], str]] = {
    "not registered": (
        Scale,
        "layer 1, Scale(): cannot be saved: the program does not know its type; write @register before class Scale "
        "(from cnncli.layers)",
    ),
    "container that is not registered": (
        lambda: Doubled(Linear(VALUES, VALUES)),
        "layer 1, Doubled: cannot be saved: the program does not know its type; write @register before class "
        "Doubled (from cnncli.layers)",
    ),
    "name of a built-in layer": (
        built_in_name,
        "layer 1, ReLU(): cannot be saved: ReLU is the name of a built-in layer; give the class another name",
    ),
    "no settings": (
        lambda: Slope(0.2),
        "layer 1, Slope(): cannot be saved: its constructor takes slope and its settings() gives nothing; write in "
        'class Slope: def settings(self): return {"slope": self.slope}',
    ),
    "settings of its base class": (
        lambda: Plus(VALUES),
        "layer 1, Linear(12 -> 12): cannot be saved: its constructor takes size and its settings() gives "
        'in_features, out_features, bias; write in class Plus: def settings(self): return {"size": self.size}',
    ),
    "settings that are no JSON": (
        Described,
        "layer 1, Described(): cannot be saved: settings() has slope as no text, number or list; return plain values",
    ),
    "other settings than it has": (
        lambda: Sized(VALUES),
        "cannot be saved: 1.weight is of shape 12, but of shape 7 in a layer made from settings(); return from "
        "settings() what the constructor was given",
    ),
}


@pytest.mark.parametrize("case", UNSAVED)
def test_what_would_not_come_back_is_told_before_anything_is_written(
    case: str, tmp_path: Path, registered: Callable[..., None]
) -> None:
    make, line = UNSAVED[case]
    registered(Slope, Described, Sized, Plus)
    network = Network([Flatten(), make(), Linear(VALUES, CLASSES)], (1, 3, 4), name="mine")
    with pytest.raises(FormatError) as caught:
        save_model(tmp_path / "model.bin", network)
    assert str(caught.value) in (f'network "mine", {line}', f'network "mine": {line}')
    assert list(tmp_path.iterdir()) == []
