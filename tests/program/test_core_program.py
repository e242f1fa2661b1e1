"""`_core.Program` trusts nothing that Python hands to it or changes later: memory of others stays untouched."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from closeness import same_bits
from cnncli import _core

CLASSES = 3
PLAIN_SGD = (0.1, 0.0, 0.0, 0.0, 0.0)


def call_out(
    output_shape: tuple[int, ...], forward: Callable[..., Any], backward: Callable[..., Any]
) -> dict[str, Any]:
    """The settings of a custom layer."""
    return {"output_shape": output_shape, "forward": forward, "backward": backward}


class Small:
    """Images of two pixels, perhaps a custom layer, a linear layer and cross-entropy; plain SGD."""

    def __init__(self, rng: np.random.Generator, count: int, own: Callable[[], object] | None = None) -> None:
        self.weight = rng.normal(size=(CLASSES, 2)).astype(np.float32)
        self.gradient = np.zeros_like(self.weight)
        self.images = rng.normal(size=(count, 1, 1, 2)).astype(np.float32)
        self.labels = rng.integers(0, CLASSES, count)
        self.program = _core.Program(count, training=True, couples_samples=False)
        x = self.program.input((1, 1, 2), np.zeros((1, 256), np.float32))
        if own is not None:
            x = self.program.add("custom", [x], settings=call_out((1, 1, 2), self._calling(own), self._gradient))
        x = self.program.add("linear", [x], {"weight": self.weight, "grad_weight": self.gradient})
        self.program.loss(x, kind="cross_entropy")
        self.program.update("sgd", self.weight, self.gradient, {})
        self.program.finish()
        self.program.bind(self.images, self.labels)

    @staticmethod
    def _calling(own: Callable[[], object]) -> Callable[[np.ndarray], np.ndarray]:
        def forward(x: np.ndarray) -> np.ndarray:
            own()
            return x

        return forward

    @staticmethod
    def _gradient(x: np.ndarray, grad_output: np.ndarray, accumulate: bool) -> np.ndarray:
        return grad_output

    def step(self, indices: np.ndarray) -> tuple[float, int]:
        return self.program.step(indices, seed=0, step=0, epoch=0, settings=[PLAIN_SGD], threads=1)

    def losses(self) -> tuple[float, int]:
        return self.program.forward(first=0, count=len(self.images), losses=True, rows=None, threads=1)


@pytest.mark.parametrize("label", [-1, CLASSES, 2**40, -(2**62)])
def test_labels_that_changed_after_bind_are_checked_again(rng: np.random.Generator, label: int) -> None:
    small = Small(rng, 5)
    small.labels[3] = label
    before = small.weight.copy()
    message = rf"^targets: expected 0 to 2, got {label} for sample 3$"
    with pytest.raises(ValueError, match=message):
        small.step(np.array([0, 3]))
    with pytest.raises(ValueError, match=message):
        small.losses()
    assert same_bits(small.weight, before)
    assert small.step(np.array([0, 1]))[0] > 0  # still of use


def test_indices_that_a_custom_layer_changes_during_the_step_do_not_matter(rng: np.random.Generator) -> None:
    indices = np.arange(1500)  # more than one part: the second is read after the custom layer has run
    state = rng.bit_generator.state

    def spoil() -> None:
        indices[:] = 2**40

    spoiled = Small(rng, 1500, spoil)
    result = spoiled.step(indices)
    rng.bit_generator.state = state
    whole = Small(rng, 1500, lambda: None)
    assert whole.step(np.arange(1500)) == result
    assert same_bits(whole.weight, spoiled.weight)


@pytest.mark.parametrize(
    "call",
    [
        lambda small: small.program.bind(small.images[:1].copy(), small.labels[:1].copy()),
        lambda small: small.step(np.array([0])),
        lambda small: small.losses(),
    ],
    ids=["bind", "step", "forward"],
)
def test_custom_layer_cannot_use_the_program_that_runs_it(
    rng: np.random.Generator, call: Callable[[Small], Any]
) -> None:
    holder: list[Small] = []
    holder.append(Small(rng, 4, lambda: call(holder[0])))
    with pytest.raises(ValueError, match=r"^this program is running; wait until it has ended$"):
        holder[0].step(np.array([3]))


@pytest.mark.parametrize("index", [-1, 5, 2**40])
def test_index_of_no_image_is_refused(rng: np.random.Generator, index: int) -> None:
    with pytest.raises(ValueError, match=rf"^indices: expected 0 to 4, got {index}$"):
        Small(rng, 5).step(np.array([0, index]))


PIXEL = np.zeros((1, 256), np.float32)


@pytest.mark.parametrize("tensor", [-1, 1, 2**31 - 1])
@pytest.mark.parametrize(
    "add",
    [
        lambda program, x: program.add("flatten", [x]),
        lambda program, x: program.add("add", [0, x]),
        lambda program, x: program.loss(x, kind="mse"),
        lambda program, x: program.result(x),
        lambda program, x: program.shape(x),
    ],
    ids=["node", "second input", "loss", "result", "shape"],
)
def test_tensor_that_does_not_exist_is_refused(add: Callable[[Any, int], Any], tensor: int) -> None:
    program = _core.Program(1, training=False, couples_samples=False)
    program.input((1, 1, 1), PIXEL)
    with pytest.raises(ValueError, match=rf"^x: expected a tensor of this program, 0 to 0, got {tensor}$"):
        add(program, tensor)


def test_calls_out_of_order_are_refused(rng: np.random.Generator) -> None:
    program = _core.Program(1, training=False, couples_samples=False)
    with pytest.raises(ValueError, match=r"^x: expected a tensor of this program, which has none, got 0$"):
        program.add("flatten", [0])
    program.input((1, 1, 1), PIXEL)
    with pytest.raises(ValueError, match=r"^input: this program has one$"):
        program.input((1, 2, 2), PIXEL)
    for early in (
        lambda: program.bind(np.zeros((1, 1, 1, 1), np.float32), None),
        lambda: program.forward(first=0, count=0, losses=False, rows=None, threads=1),
    ):
        with pytest.raises(ValueError, match=r"^finish\(\) this program first$"):
            early()
    program.loss(0, kind="mse")
    with pytest.raises(ValueError, match=r"^loss: this program has one$"):
        program.loss(0, kind="nll")
    program.finish()
    for late in (lambda: program.add("flatten", [0]), lambda: program.result(0), program.finish):
        with pytest.raises(ValueError, match=r"^this program is finished; make a new one$"):
            late()


@pytest.mark.parametrize("shape", [(1, 0, 1), (-1, 1, 1), (2**31, 2**31, 4)])
def test_shape_of_a_custom_layer_must_be_possible(shape: tuple[int, int, int]) -> None:
    program = _core.Program(1, training=False, couples_samples=False)
    program.input((1, 1, 1), PIXEL)
    with pytest.raises(ValueError, match=r"^custom: output_shape: expected sizes from 1, at most 2\^31 - 1 values$"):
        program.add("custom", [0], settings=call_out(shape, abs, abs))


@pytest.mark.parametrize(
    ("kind", "inputs", "arrays", "settings", "message"),
    [
        ("dense", [0], {}, {}, r"kind: expected one of convolution, .*, slice; got 'dense'"),
        ("flatten", [], {}, {}, "flatten: inputs: expected one, got 0"),
        ("flatten", [0, 0], {}, {}, "flatten: inputs: expected one, got 2"),
        ("slice", [0], {}, {"first": 2, "channels": 1}, "slice: first, channels: not among the 2 channels"),
        ("slice", [0], {}, {"first": 1, "channels": 2}, "slice: first, channels: not among the 2 channels"),
        ("slice", [0], {}, {"first": -1, "channels": 1}, "slice: first, channels: not among the 2 channels"),
        ("add", [], {}, {}, "add: inputs: expected at least one, got 0"),
        ("add", [0, 1], {}, {}, r"add: inputs: expected one shape, got \(2, 3, 3\) and \(18, 1, 1\)"),
        ("concat", [0, 1], {}, {},
         r"concat: inputs: expected one height and width, got \(2, 3, 3\) and \(18, 1, 1\)"),
        ("linear", [0], {}, {}, "linear: weight: needed, got none"),
        ("linear", [0], {"weight": (4, 5)}, {}, r"linear: weight: expected shape \(any, 18\), got \(4, 5\)"),
        ("linear", [0], {"weight": (4, 18)}, {"relu": True}, "linear: relu: no such setting"),
        ("flatten", [0], {"weight": (1,)}, {}, "flatten: weight: no such array"),
        ("activation", [0], {}, {"function": "exp"}, "activation: function: expected one of relu, .*; got 'exp'"),
        ("activation", [0], {}, {"function": 1}, "activation: function: expected a text"),
        ("max_pooling", [0], {}, {"kernel": (4, 4), "stride": (1, 1), "padding": (0, 0)},
         r"max_pooling: kernel: 4x4 does not fit an input of shape \(2, 3, 3\)"),
        ("max_pooling", [0], {}, {"kernel": (2, 2), "stride": (0, 1), "padding": (0, 0)},
         r"max_pooling: stride: expected at least 1, got \(0, 1\)"),
        ("dropout", [0], {}, {"rate": 1.0, "layer": 0}, "dropout: rate: expected 0 <= rate < 1, got 1.0+"),
        ("custom", [0], {}, {"output_shape": (1, 1)}, r"custom: output_shape: expected \(channels, height, width\)"),
        ("custom", [0], {}, {"output_shape": (1, 1, 1)}, "custom: forward, backward: needed, got none"),
        ("dropout", [0], {}, {"rate": 0.5, "layer": 0.5}, "dropout: layer: expected a whole number"),
    ],
)  # fmt: skip
def test_node_that_cannot_be_is_refused_and_adds_nothing(
    kind: str, inputs: list[int], arrays: dict[str, tuple[int, ...]], settings: dict[str, Any], message: str
) -> None:
    program = _core.Program(1, training=False, couples_samples=False)
    x = program.input((2, 3, 3), np.zeros((2, 256), np.float32))
    flat = program.add("flatten", [x])
    with pytest.raises(ValueError, match=f"^{message}$"):
        program.add(kind, inputs, {name: np.ones(shape, np.float32) for name, shape in arrays.items()}, settings)
    assert program.add("flatten", [x]) == flat + 1


@pytest.mark.parametrize(
    ("arrays", "settings", "message"),
    [
        ({"weight": [1.0]}, {}, "weight: expected an array or None, got list"),
        ({"weight": np.ones((1, 1))}, {}, "weight: expected float32, got float64"),
        ({}, {"rate": [0.5]}, "rate: expected a number, .*"),
        ({}, {"rate": None}, "rate: expected a number, .*"),
        ({}, {"layer": 2**70}, "layer: expected a number, .*"),
    ],
)
def test_argument_of_a_wrong_type_is_refused(arrays: dict[str, Any], settings: dict[str, Any], message: str) -> None:
    program = _core.Program(1, training=False, couples_samples=False)
    x = program.input((1, 1, 1), PIXEL)
    with pytest.raises(TypeError, match=f"^{message}$"):
        program.add("flatten", [x], arrays, settings)


def test_numbers_of_numpy_are_numbers() -> None:
    program = _core.Program(1, training=True, couples_samples=False)
    x = program.input((1, 1, 1), PIXEL)
    assert program.add("dropout", [x], settings={"rate": np.float32(0.5), "layer": np.int64(3)}) == x + 1
