"""Chains of layers, made from the registry: every order of its types that fits by shapes, in several settings."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from cnncli import _core
from cnncli.errors import CnnError
from cnncli.layers import (
    GELU,
    LAYER_TYPES,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    Add,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    CMul,
    Concat,
    Conv1d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Dropout2d,
    Flatten,
    GroupNorm,
    Identity,
    LayerNorm,
    Linear,
    LocalResponseNorm,
    LogSoftmax,
    MaxPool2d,
    Module,
    Mul,
    Parallel,
    PReLU,
    ReLU,
    Residual,
    RReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Softmax2d,
    SubSampling2d,
    Tanh,
    Unflatten,
    Upsample,
    ZeroPad2d,
)
from cnncli.layers.activation import Activation
from cnncli.layers.batch_norm import BatchNorm
from cnncli.layers.faults import SettingError
from cnncli.layers.random_layer import RandomLayer
from cnncli.layers.registry import is_built_in
from cnncli.program.lowering import couples_samples, in_three, leaves, lower
from pool_chains import POOLS

Shape = tuple[int, ...]
Make = Callable[[Shape], Module]

SAMPLES = 17  # more than a block of lanes
SINGLE = 12  # as many at most are run one by one
SEED = 5
# Results of other sums in another order: what is wrong by a layer is wrong by the size of the values.
TOLERANCE, GRADIENT_TOLERANCE = 2e-4, 2e-3


class Custom(Module):
    """A layer written in Python, with a learned factor; keeps the gradient that it passes on."""

    parameter_names = ("weight",)

    def __init__(self) -> None:
        self.weight, self.grad_weight = np.full(1, 1.5, np.float32), np.zeros(1, np.float32)
        self.grad_input = np.zeros(0, np.float32)

    def update_output(self, input: np.ndarray) -> np.ndarray:
        return input * self.weight

    def update_grad_input(self, input: np.ndarray, grad_output: np.ndarray) -> np.ndarray:
        self.grad_input = grad_output * self.weight
        return self.grad_input

    def acc_grad_parameters(self, input: np.ndarray, grad_output: np.ndarray, scale: float = 1.0) -> None:
        self.grad_weight += np.float32(scale * np.sum(input.astype(np.float64) * grad_output))

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape


def norm(shape: Shape) -> BatchNorm:
    """Batch normalization for samples of this shape, images or vectors."""
    return (BatchNorm2d if len(shape) == 3 else BatchNorm1d)(shape[0])


# For each registered type, the settings that a program may treat differently; what does not fit a shape is left out.
# The first ones are in every triple, `MORE` in the slow tests too. A convolution to 5 channels from few pools on its
# way out where a single image runs, one of 16 and more channels is Winograd's. Element-wise functions are one
# operation: ReLU, which other layers take over, and some for each side of the gradient stand for all.
ROWS: dict[str, list[Make]] = {
    "AvgPool2d": [lambda shape: AvgPool2d(2)],
    "BatchNorm1d": [lambda shape: BatchNorm1d(shape[0])],
    "BatchNorm2d": [lambda shape: BatchNorm2d(shape[0])],
    "Concat": [lambda shape: Concat(Conv2d(shape[0], 3, 3, padding=1), [])],
    "Conv2d": [
        lambda shape: Conv2d(shape[0], 5, 5, padding=2),
        lambda shape: Conv2d(shape[0], 16, 3, padding=1, bias=False),
    ],
    "Dropout": [lambda shape: Dropout(0.3)],
    "Flatten": [lambda shape: Flatten()],
    "GELU": [lambda shape: GELU()],
    "Linear": [lambda shape: Linear(shape[0], 7)],
    "LogSoftmax": [lambda shape: LogSoftmax()],
    "MaxPool2d": [lambda shape: MaxPool2d(2), lambda shape: MaxPool2d(3, stride=2, padding=1)],
    "Parallel": [lambda shape: Parallel([norm((max(1, shape[0] // 2), *shape[1:])), ReLU()], Tanh())],
    "ReLU": [lambda shape: ReLU()],
    "Residual": [
        lambda shape: Residual([Conv2d(shape[0], shape[0], 3, padding=1), BatchNorm2d(shape[0]), ReLU()]),
    ],
    "Sequential": [lambda shape: Sequential(norm(shape), ReLU())],
    "Sigmoid": [lambda shape: Sigmoid()],
    "Tanh": [lambda shape: Tanh()],
}
MORE: dict[str, list[Make]] = {
    "AvgPool2d": [
        lambda shape: AvgPool2d(3, stride=2, padding=1, count_include_pad=False),
        lambda shape: AvgPool2d(3, stride=2, padding=1, ceil_mode=True, divisor_override=2),
    ],
    "BatchNorm1d": [lambda shape: BatchNorm1d(shape[0], affine=False)],
    "BatchNorm2d": [lambda shape: BatchNorm2d(shape[0], affine=False)],
    "Conv2d": [
        lambda shape: Conv2d(shape[0], 16, 3, stride=2, padding=1),
        lambda shape: Conv2d(shape[0], shape[0], 2, groups=shape[0]),
        lambda shape: Conv2d(shape[0], 20, 3, padding=2, dilation=2),
        lambda shape: Conv2d(shape[0], 3, 1, bias=False),
        lambda shape: Conv2d(shape[0], 4, 3, padding=1, connections=[[o % shape[0]] for o in range(4)]),
    ],
    "Flatten": [lambda shape: Flatten(2)],
    "Linear": [lambda shape: Linear(shape[0], 16, bias=False)],
    "MaxPool2d": [
        lambda shape: MaxPool2d((1, 2)),
        lambda shape: MaxPool2d(2, stride=1),
        lambda shape: MaxPool2d(2, ceil_mode=True),
        lambda shape: MaxPool2d(2, stride=2, dilation=2, padding=1),
    ],
    "Concat": [lambda shape: Concat([MaxPool2d(2), Flatten()], [AvgPool2d(2), Dropout(0.2), Flatten()])],
    "Parallel": [lambda shape: Parallel([Conv2d(max(1, shape[0] // 2), 4, 3, padding=1), ReLU()], Dropout(0.3))],
    "Residual": [
        lambda shape: Residual([Conv2d(shape[0], 16, 3, stride=2, padding=1), ReLU()],
                               [Conv2d(shape[0], 16, 1, stride=2, bias=False), BatchNorm2d(16)]),
        lambda shape: Residual(Residual(Concat([Tanh()])), Parallel([Sigmoid()])),
    ],
    "Sequential": [lambda shape: Sequential(Conv2d(shape[0], 4, 3, padding=1), ReLU(), MaxPool2d(2))],
}

# Types that no fusion knows and that single images run like any other: in the quick tests alone and beside each type
# of ROWS, in the slow ones beside all and in chains that are drawn.
UNFUSED: dict[str, list[Make]] = {
    "AdaptiveAvgPool2d": [lambda shape: AdaptiveAvgPool2d((3, None))],
    "AdaptiveMaxPool2d": [lambda shape: AdaptiveMaxPool2d(3)],
    **POOLS,
    "SubSampling2d": [lambda shape: SubSampling2d(shape[0], 2)],
    "Conv1d": [
        lambda shape: Sequential(Flatten(2), Conv1d(shape[0], 5, 3, padding=1)),
        lambda shape: Sequential(Flatten(2), Conv1d(shape[0], 5, 3, padding=1), Unflatten(-1, (1, -1))),
    ],
    "ConvTranspose2d": [lambda shape: ConvTranspose2d(shape[0], 4, 3, stride=2, padding=1)],
    "Identity": [lambda shape: Identity()],
    "Unflatten": [lambda shape: Unflatten(1, (1, -1, 1)), lambda shape: Unflatten(1, (-1, 1))],
    "Upsample": [
        lambda shape: Upsample(scale_factor=2), lambda shape: Upsample(scale_factor=1.5, mode="bilinear"),
    ],
    "ZeroPad2d": [lambda shape: ZeroPad2d((1, 0, -1, 2))],
    "Add": [lambda shape: Add(list(shape))],
    "CMul": [lambda shape: CMul([shape[0], *([1] * (len(shape) - 1))])],
    "Dropout2d": [lambda shape: Dropout2d(0.4)],
    "GroupNorm": [lambda shape: GroupNorm(1, shape[0])],
    "LayerNorm": [lambda shape: LayerNorm(shape[-1])],
    "LocalResponseNorm": [lambda shape: LocalResponseNorm(3, alpha=0.5)],
    "Mul": [lambda shape: Mul()],
    "PReLU": [lambda shape: PReLU(shape[0])],
    "RReLU": [lambda shape: RReLU()],
    "Softmax": [lambda shape: Softmax()],
    "Softmax2d": [lambda shape: Softmax2d()],
}


def settings(more: bool) -> dict[str, list[Make]]:
    """Rows for every built-in type of the registry, and one for a layer of the user's; a type without a row fails."""
    every = {**ROWS, **UNFUSED}
    known = sorted(
        name
        for name, kind in LAYER_TYPES.items()
        if is_built_in(kind) and (name in every or not issubclass(kind, Activation))
    )
    missing = [name for name in known if name not in every]
    assert not missing, f"{', '.join(missing)}: registered, but in no chain of layers; add a row to ROWS or UNFUSED"
    rows = {name: [*every[name], *(MORE.get(name, []) if more else [])] for name in known if more or name in ROWS}
    return {**rows, "Custom": [lambda shape: Custom()]}


@dataclass(frozen=True)
class Chain:
    shape: Shape
    layers: list[Module]

    def __str__(self) -> str:
        return f"{self.shape}: {', '.join(map(repr, self.layers))}"


def fits(layer: Module, shape: Shape) -> bool:
    try:
        layer.output_shape(shape)
    except CnnError:
        return False
    return True


def chains(types: Sequence[Sequence[Make]], shape: Shape) -> Iterator[Chain]:
    """One for each choice of a setting of each type that fits; each has layers of its own."""

    def extend(makes: list[Make], reached: Shape) -> Iterator[list[Make]]:
        if len(makes) == len(types):
            yield makes
            return
        for make in types[len(makes)]:
            try:
                layer = make(reached)
            except SettingError:
                if len(reached) in (1, 3):
                    raise
                continue  # its sizes are those of a vector or an image, and this is neither
            if fits(layer, reached):
                yield from extend([*makes, make], layer.output_shape(reached))

    for makes in extend([], shape):
        yield build(makes, shape)


def build(makes: Sequence[Make], shape: Shape) -> Chain:
    layers, reached = [], shape
    for make in makes:
        layers.append(make(reached))
        reached = layers[-1].output_shape(reached)
    for index, leaf in enumerate(leaves(layers)):
        if isinstance(leaf, RandomLayer):
            leaf.seed, leaf.layer = SEED, index
    return Chain(shape, layers)


def fill(layers: Sequence[Module], rng: np.random.Generator) -> None:
    """Numbers that neither vanish nor grow on the way, and are no layer's initial ones."""
    for layer in leaves(list(layers)):
        for parameter in layer.named_parameters():
            value = parameter.value
            fan_in = value[0].size if value.ndim > 1 else 1
            value[...] = rng.normal(size=value.shape) * (1.5 / fan_in) ** 0.5
            if isinstance(layer, BatchNorm):
                value[...] += np.where(value < 0, -0.5, 0.5)
        for name, array in layer.named_buffers():
            array[...] = rng.uniform(0.5, 2, array.shape) if "var" in name else rng.normal(size=array.shape)


def samples(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=(SAMPLES, *shape)).astype(np.float32)


def differ(actual: np.ndarray, expected: np.ndarray, tolerance: float, floor: float = 0.1) -> str:
    """Nothing, or by how much of the largest value, which counts as `floor` at least."""
    if actual.shape != expected.shape:
        return f"shape {actual.shape} instead of {expected.shape}"
    scale = max(float(np.abs(expected).max(initial=0)), floor)
    error = float(np.abs(actual - expected).max(initial=0)) / scale
    return "" if error < tolerance else f"off by {error:.2g} of the largest value"


def _forward(layers: Sequence[Module], images: np.ndarray) -> np.ndarray:
    for layer in layers:
        images = layer.forward(images)
    return images


def _lowered(chain: Chain, core: "_core.Program") -> int:
    shape = in_three(chain.shape)
    return lower(chain.layers, core, core.input(shape, np.zeros((shape[0], 256), np.float32)), chain.shape)


def prediction_fault(chain: Chain, rng: np.random.Generator) -> str:
    """How a batch, twelve samples and one sample of the program differ from the eager layers in evaluation."""
    fill(chain.layers, rng)
    images = samples(chain.shape, rng)
    for layer in chain.layers:
        layer._set_training(False)
    expected = _forward(chain.layers, images).reshape(SAMPLES, -1)
    core = _core.Program(SAMPLES, training=False, couples_samples=False)
    core.result(_lowered(chain, core))
    core.finish()
    images = images.reshape(SAMPLES, *in_three(chain.shape))
    for count in (SAMPLES, SINGLE, 1):
        rows = core.predict(images[:count], 1)
        assert rows is not None
        if fault := differ(rows, expected[:count], TOLERANCE):
            return f"{count} samples: {fault}"
    return ""


@contextmanager
def rounded_otherwise(layers: Sequence[Module], rng: np.random.Generator) -> Iterator[None]:
    """Within it each value that an eager layer gives, and each gradient it passes on, differs in the last bits."""

    def nudge(values: np.ndarray) -> np.ndarray:
        return values * (1 + rng.uniform(-1, 1, values.shape) * 2.0**-22).astype(np.float32)

    def nudged(method: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
        return lambda *arguments: nudge(method(*arguments))

    touched = list({id(leaf): leaf for leaf in leaves(list(layers))}.values())
    for leaf in touched:
        for name in ("update_output", "update_grad_input"):
            setattr(leaf, name, nudged(getattr(leaf, name)))
    try:
        yield
    finally:
        for leaf in touched:
            del leaf.update_output, leaf.update_grad_input  # those of the class are seen again


def training_fault(chain: Chain, rng: np.random.Generator, repeats: int = 3) -> str:
    """How a training step's loss, gradients and statistics differ from those of the eager layers.

    A value beside zero, or two beside each other, may be rounded to the other side where ReLU or a maximum sends the
    gradient elsewhere: a difference counts if it shows again with other numbers. What a chain makes of any rounding
    is no fault of the program either: normalizations behind two sigmoids blow it up, and so do two behind a channel
    that ReLU left constant. So a difference also has to be larger than what the eager layers themselves make of
    other last bits behind every layer, on the way there and back.
    """
    fault = ""
    for _ in range(repeats):
        fault = _training_fault(chain, rng)
        if not fault:
            break
    return fault


def _training_fault(chain: Chain, rng: np.random.Generator) -> str:
    layers = chain.layers
    fill(layers, rng)
    images = samples(chain.shape, rng)
    for layer in layers:
        layer._set_training(True)
    core = _core.Program(SAMPLES, training=True, couples_samples=couples_samples(layers))
    core.loss(_lowered(chain, core), kind="sum_squares")
    core.finish()
    buffers = [buffer for layer in layers for _, buffer in layer.named_buffers()]
    before = [buffer.copy() for buffer in buffers]

    def results(passes: Callable[[], float]) -> dict[str, np.ndarray]:
        for buffer, old in zip(buffers, before, strict=True):
            buffer[...] = old
        for layer in layers:
            layer.zero_grad_parameters()
        found = {"loss": np.array(passes(), np.float32)}
        for index, layer in enumerate(layers):
            found |= {f"gradient of {index}.{p.name}": p.gradient.copy() for p in layer.named_parameters()}
            if isinstance(layer, Custom):
                found[f"gradient that {index} passes on"] = layer.grad_input.copy()
        return found | {f"buffer {index}": buffer.copy() for index, buffer in enumerate(buffers)}

    outputs = _forward(layers, images)
    targets = rng.normal(size=outputs.shape).astype(np.float32)

    def compiled() -> float:
        core.bind(images.reshape(SAMPLES, *in_three(chain.shape)), targets.reshape(SAMPLES, -1))
        result = core.step(np.arange(SAMPLES), seed=SEED, step=0, epoch=0, settings=[], threads=1)
        assert result is not None
        return result[0]

    def eager() -> float:
        for leaf in leaves(layers):
            if isinstance(leaf, RandomLayer):
                leaf.step = 0
        inputs = [images]
        for layer in layers:
            inputs.append(layer.forward(inputs[-1]))
        gradient = inputs[-1] - targets
        for layer, input in zip(reversed(layers), reversed(inputs[:-1]), strict=True):
            gradient = layer.backward(input, gradient)
        return 0.5 * float(np.square(inputs[-1] - targets, dtype=np.float64).sum())

    actual, expected = results(compiled), results(eager)
    # A gradient may be 0 but for rounding of its large terms, as that of a bias before batch normalization is.
    floor = 0.1 * max(1.0, *(float(np.abs(array).max()) for name, array in expected.items() if "gradient" in name), 0.0)
    neighbour: dict[str, np.ndarray] = {}
    for name in expected:
        shape = expected[name].shape
        if fault := differ(actual[name].reshape(shape), expected[name], GRADIENT_TOLERANCE, floor):
            with rounded_otherwise(layers, rng):
                neighbour = neighbour or results(eager)
            if differ(neighbour[name], expected[name], GRADIENT_TOLERANCE / 10, floor):
                continue  # ill-conditioned: nothing is said of this array
            return f"{name}: {fault}"
    return ""
