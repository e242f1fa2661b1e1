"""Writes what the core does to a file, for cpp/replay to do again on a machine without Python.

    python tests/support/replay_cases.py CASES

Each case is a layer, an optimizer or a network, trained for a step and used on batches of one and of many samples; what
came out is expected there within `tolerance` of the largest value, and bit for bit where nothing is summed.
"""

import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np

from activation_cases import CASES as ACTIVATIONS
from cnncli import _core, optim
from cnncli.criteria import CrossEntropyLoss, MSELoss, NLLLoss, SumSquares
from cnncli.criteria.criterion import Criterion
from cnncli.layers import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Identity,
    Linear,
    LogSoftmax,
    MaxPool2d,
    Module,
    Parallel,
    ReLU,
    Residual,
    SubSampling2d,
    Upsample,
    ZeroPad2d,
)
from cnncli.network import Network
from cnncli.pictures.recipe import InputRecipe
from cnncli.program import Program
from replay_layers import EXACT, MORE_LAYERS, SUMS

TRAINED = 4e-5  # of whole networks, forward, backward and update
_TYPES = {"float32": b"f", "uint8": b"u", "int64": b"i"}
_CORE_PROGRAM = _core.Program


class Cases:
    """A file of cases that grows by what recorded programs do."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.text("cnncli cases 1")
        self._keys: dict[int, int] = {}
        self._kept: list[np.ndarray] = []
        self._count = 0
        self.in_use: object = None
        self.tolerance = SUMS

    def integer(self, *values: int) -> None:
        self.file.write(struct.pack(f"<{len(values)}q", *map(int, values)))

    def number(self, value: float) -> None:
        self.file.write(struct.pack("<d", value))

    def text(self, *values: str) -> None:
        for value in values:
            self.integer(len(value.encode()))
            self.file.write(value.encode())

    def integers(self, values: Any) -> None:
        self.integer(len(values), *values)

    def values(self, array: np.ndarray) -> None:
        self.file.write(_TYPES[array.dtype.name])
        self.integers(array.shape)
        self.file.write(array.tobytes())

    def begin(self, name: str, tolerance: float) -> None:
        self.text("case", name)
        self._keys, self._kept, self.in_use, self.tolerance = {}, [], None, tolerance

    def new_key(self) -> int:
        self._count += 1
        return self._count

    def key(self, array: np.ndarray) -> int:
        """Of the memory of an array, whose values now are written when it is first seen."""
        place = array.__array_interface__["data"][0]
        if place not in self._keys:
            self._keys[place] = self.new_key()
            self._kept.append(array)
            self.text("array")
            self.integer(self._keys[place])
            self.values(array)
        return self._keys[place]

    def expect(self, what: str, key: int, array: np.ndarray) -> None:
        self.text("expect", what)
        self.integer(key)
        self.number(self.tolerance)
        self.values(np.asarray(array, np.float32))

    def expect_result(self, key: int, result: tuple[float, int] | None) -> None:
        assert result is not None
        self.expect("loss and right answers", key, np.array(result))


class RecordedProgram:
    """`_core.Program`, and a record of all that is asked of it."""

    cases: Cases
    used: ClassVar[set[str]] = set()  # kinds of nodes, and rules with "update " before

    def __init__(self, batch_size: int, *, training: bool, couples_samples: bool, frozen: bool = False) -> None:
        self._program = _CORE_PROGRAM(batch_size, training=training, couples_samples=couples_samples, frozen=frozen)
        self._key = self.cases.new_key()
        self._arrays: dict[str, np.ndarray] = {}
        self.cases.text("program")
        self.cases.integer(batch_size, training, couples_samples, frozen, self._key)
        self.cases.in_use = self

    def _use(self) -> Cases:
        if self.cases.in_use is not self:
            self.cases.text("use")
            self.cases.integer(self._key)
            self.cases.in_use = self
        return self.cases

    def input(self, shape: tuple[int, int, int], table: np.ndarray) -> int:
        cases = self._use()
        key = cases.key(table)
        cases.text("input")
        cases.integer(*shape, key)
        return self._program.input(shape, table)

    def add(self, kind: str, inputs: list[int], arrays: Any = None, settings: Any = None) -> int:
        cases, named = self._use(), {name: a for name, a in (arrays or {}).items() if a is not None}
        keys = {name: cases.key(array) for name, array in named.items()}
        plain = {name: value for name, value in (settings or {}).items() if not callable(value)}
        cases.text("add", kind)
        self.used.add(kind)
        cases.integers(inputs)
        cases.integer(len(keys))
        for name, key in keys.items():
            cases.text(name)
            cases.integer(key)
        cases.integer(len(plain))
        for name, value in plain.items():
            cases.text(name)
            self._write_setting(value)
        number = self._program.add(kind, inputs, arrays or {}, settings or {})
        self._arrays.update({f"{name} of node {number}": array for name, array in named.items()})
        return number

    def _write_setting(self, value: Any) -> None:
        cases = self.cases
        if isinstance(value, bool):
            cases.text("flag")
            cases.integer(value)
        elif isinstance(value, str):
            cases.text("text", value)
        elif isinstance(value, int | np.integer):
            cases.text("whole")
            cases.integer(int(value))
        elif isinstance(value, float | np.floating):
            cases.text("number")
            cases.number(float(value))
        else:
            cases.text("list")
            cases.integers(value)

    def loss(self, x: int, *, kind: str, sum: bool = False) -> None:
        cases = self._use()
        cases.text("loss")
        cases.integer(x, sum)
        cases.text(kind)
        self._program.loss(x, kind=kind, sum=sum)

    def update(self, rule: str, parameter: Any, gradient: Any, states: Any, *, group: int = 0) -> None:
        cases = self._use()
        keys = [cases.key(parameter), cases.key(gradient), *(cases.key(state) for state in states.values())]
        cases.text("update", rule)
        self.used.add(f"update {rule}")
        cases.integer(*keys[:2], len(states))
        for name, key in zip(states, keys[2:], strict=True):
            cases.text(name)
            cases.integer(key)
        cases.integer(group)
        number = len(self._arrays)
        self._arrays.update({f"{name} of update {number}": state for name, state in states.items()})
        self._program.update(rule, parameter, gradient, states, group=group)

    def finish(self) -> None:
        self._use().text("finish")
        self._program.finish()

    def bind(self, images: np.ndarray, targets: np.ndarray | None) -> None:
        cases = self._use()
        if len(images):
            keys = cases.key(images), -1 if targets is None else cases.key(targets)
            cases.text("bind")
            cases.integer(*keys)
        self._program.bind(images, targets)

    def step(self, indices: np.ndarray, *, seed: int, step: int, epoch: int, settings: Any, **rest: Any) -> Any:
        cases, key = self._use(), self.cases.new_key()
        cases.text("step")
        cases.integer(key)
        cases.values(indices)
        cases.integer(seed, step, epoch)
        for values in settings:
            cases.integer(len(values))
            for value in values:
                cases.number(value)
        result = self._program.step(indices, seed=seed, step=step, epoch=epoch, settings=settings, **rest)
        cases.expect_result(key, result)
        for name, array in self._arrays.items():
            cases.expect(name, cases.key(array), array)
        return result

    def forward(self, *, first: int, count: int, losses: bool, rows: np.ndarray, **rest: Any) -> Any:
        cases = self._use()
        key, rows_key = cases.new_key(), cases.new_key()
        cases.text("forward")
        cases.integer(key, rows_key, first, count, losses)
        result = self._program.forward(first=first, count=count, losses=losses, rows=rows, **rest)
        if losses:
            cases.expect_result(key, result)
        cases.expect(f"outputs for {count} samples", rows_key, rows)
        return result

    def shape(self, x: int) -> tuple[int, int, int]:
        return self._program.shape(x)


class Doubling(Module):
    """A custom layer, which the program that replays has too."""

    def update_output(self, x: np.ndarray) -> np.ndarray:
        return x * np.float32(2)

    def update_grad_input(self, x: np.ndarray, grad_output: np.ndarray) -> np.ndarray:
        return grad_output * np.float32(2)

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        return input_shape


@contextmanager
def recorded(path: Path) -> Iterator[Cases]:
    """All programs that are made meanwhile are recorded in `path`."""
    with path.open("wb") as file:
        RecordedProgram.cases = Cases(file)
        _core.Program = RecordedProgram  # type: ignore[misc, assignment]
        try:
            yield RecordedProgram.cases
        finally:
            _core.Program = _CORE_PROGRAM  # type: ignore[misc]


_LAYERS: list[tuple[str, list[Module], tuple[int, ...], float]] = [
    ("max pooling", [MaxPool2d(2)], (3, 8, 8), EXACT),
    ("max pooling 3, stride 2, padding 1", [MaxPool2d(3, stride=2, padding=1)], (5, 9, 7), EXACT),
    ("average pooling", [AvgPool2d(2)], (3, 8, 8), SUMS),
    ("average pooling 3, stride 1", [AvgPool2d(3, stride=1, padding=1)], (5, 9, 7), SUMS),
    ("max pooling, dilation, ceil mode", [MaxPool2d(2, 2, 1, dilation=2, ceil_mode=True)], (5, 9, 8), EXACT),
    ("sum pooling", [AvgPool2d(3, 2, ceil_mode=True, divisor_override=1)], (5, 8, 10), SUMS),
    ("adaptive average pooling", [AdaptiveAvgPool2d((3, None))], (5, 8, 10), SUMS),
    ("adaptive max pooling", [AdaptiveMaxPool2d((3, 4))], (5, 8, 10), EXACT),
    ("sub-sampling", [SubSampling2d(3, 3, stride=2)], (3, 9, 8), SUMS),
    ("dropout", [Dropout(0.25)], (3, 5, 7), EXACT),
    ("custom layer", [Doubling()], (3, 5, 7), EXACT),
    ("batch normalization", [BatchNorm2d(5)], (5, 6, 7), SUMS),
    ("linear", [Linear(70, 33)], (70,), SUMS),
    ("log softmax", [Linear(30, 17), LogSoftmax()], (30,), SUMS),
    ("transposed convolution", [ConvTranspose2d(4, 3, 3, stride=2, padding=1, output_padding=1)], (4, 5, 6), SUMS),
    ("zero padding", [ZeroPad2d((1, -2, 0, 3))], (3, 5, 7), EXACT),
    ("upsampling to the nearest", [Upsample(scale_factor=2)], (3, 5, 7), SUMS),
    ("bilinear upsampling", [Upsample((9, 4), mode="bilinear")], (3, 5, 7), SUMS),
    ("another shape", [Identity()], (3, 5, 7), EXACT),
    ("residual", [Residual([Conv2d(3, 3, 3, padding=1), ReLU()])], (3, 8, 8), SUMS),
    ("concat", [Concat(Conv2d(3, 4, 3, padding=1), MaxPool2d(3, stride=1, padding=1))], (3, 8, 8), SUMS),
    ("parallel", [Parallel(Conv2d(2, 4, 3, padding=1), [ReLU(), Conv2d(2, 3, 3, padding=1)])],
     (4, 8, 8), SUMS),
    ("convolution, ReLU, pooling", [Conv2d(1, 6, 5), ReLU(), MaxPool2d(2)], (1, 12, 12), SUMS),
    ("convolution 5x5 of many channels, ReLU, pooling", [Conv2d(8, 16, 5), ReLU(), MaxPool2d(2)],
     (8, 12, 12), SUMS),
    ("convolution, normalization, ReLU", [Conv2d(3, 8, 3, bias=False), BatchNorm2d(8), ReLU()],
     (3, 10, 10), SUMS),
]  # fmt: skip
_CONVOLUTIONS: list[tuple[tuple[int, ...], dict[str, Any], tuple[int, int, int]]] = [
    ((3, 8, 3), {}, (3, 9, 11)),
    ((16, 24, 3), {"padding": 1}, (16, 12, 12)),  # Winograd
    ((8, 16, 5), {"padding": 2}, (8, 12, 12)),
    ((8, 8, 1), {}, (8, 7, 7)),
    ((6, 9, 3), {"groups": 3, "stride": 2}, (6, 11, 13)),
    ((4, 5, 3), {"dilation": 2, "padding": 2}, (4, 9, 9)),
    ((3, 20, 7), {"stride": 2, "padding": 3, "bias": False}, (3, 17, 17)),
    ((64, 40, 3), {"padding": 1}, (64, 6, 6)),
    ((6, 16, 5), {"connections": "lenet5-c3"}, (6, 9, 9)),
]


def _fill(network: Network, rng: np.random.Generator) -> None:
    for parameter in network.named_parameters():
        size = np.sqrt(np.prod(parameter.value.shape[1:]) or 1)
        parameter.value[...] = rng.uniform(-1, 1, parameter.value.shape) / size
        parameter.gradient.fill(0)


def _record(
    cases: Cases, name: str, network: Network, tolerance: float, *, rng: np.random.Generator,
    criterion: Criterion | None = None, optimizer: Any = None, steps: int = 1,
) -> None:  # fmt: skip
    """One step of 33 samples in batches of up to 37, then outputs for one and for 19 samples."""
    cases.begin(name, tolerance)
    _fill(network, rng)
    features = int(np.prod(network.output_shape(network.input_shape)))
    images: np.ndarray
    if network.recipe is None:
        images = rng.uniform(-1, 1, (37, *network.input_shape)).astype(np.float32)
    else:
        images = rng.integers(0, 256, (37, *network.input_shape), dtype=np.uint8)
    targets: np.ndarray
    if isinstance(criterion, CrossEntropyLoss | NLLLoss):
        targets = rng.integers(0, features, 37)
    else:
        targets = rng.uniform(-1, 1, (37, features)).astype(np.float32)
    rate = 0.05 / 33 if isinstance(criterion, SumSquares) else 0.05
    program = Program(
        network, 37, criterion=criterion, optimizer=optimizer or optim.SGD(lr=rate, momentum=0.9), threads=1, seed=7
    )
    program.bind(images, targets)
    for step in range(steps):
        program.step(rng.permutation(37)[:33], step=step, epoch=0)
    program.evaluate(images[:19], targets[:19])
    program.evaluate(images[:1], targets[:1])
    program.evaluate(images[:3], targets[:3])


def _record_products(cases: Cases, rng: np.random.Generator) -> None:
    for m, n, k in ((1, 1, 1), (7, 33, 37), (65, 130, 257), (13, 17, 700)):
        for transpose_a, transpose_b in ((False, False), (False, True), (True, False), (True, True)):
            cases.begin(f"product {m}, {n}, {k}, {transpose_a}, {transpose_b}", SUMS)
            a = rng.uniform(-1, 1, (k, m) if transpose_a else (m, k)).astype(np.float32)
            b = rng.uniform(-1, 1, (n, k) if transpose_b else (k, n)).astype(np.float32)
            c = rng.uniform(-1, 1, (m, n)).astype(np.float32)
            keys = cases.key(a), cases.key(b), cases.key(c)
            cases.text("gemm")
            cases.integer(*keys, transpose_a, transpose_b, True)
            _core.gemm(a, b, c, transpose_a=transpose_a, transpose_b=transpose_b, accumulate=True)
            cases.expect("product", keys[2], c)


def _record_digits(cases: Cases) -> None:
    cases.begin("pictures of digits", EXACT)
    images, labels = np.empty((200, 28, 28), np.uint8), np.empty(200, np.uint8)
    _core.digits_generate(images, labels, seed=11, first=30)
    key = cases.new_key()
    cases.text("digits")
    cases.integer(key, len(images), 11, 30)
    cases.expect("pixels and labels", key, np.concatenate([images.ravel(), labels]))


def write_cases(path: Path) -> None:
    rng = np.random.Generator(np.random.Philox(5))
    with recorded(path) as cases:
        _record_digits(cases)
        _record_products(cases, rng)
        for case in ACTIVATIONS:
            _record(cases, str(case), Network([case.layer()], (3, 5, 7)), SUMS, rng=rng, criterion=SumSquares())
        for name, layers, shape, tolerance in (*_LAYERS, *MORE_LAYERS):
            _record(cases, name, Network(layers, shape), tolerance, rng=rng, criterion=SumSquares())
        for arguments, settings, shape in _CONVOLUTIONS:
            layer = Conv2d(*arguments, **settings)
            _record(cases, repr(layer), Network([layer], shape), SUMS, rng=rng, criterion=SumSquares())
        sums = CrossEntropyLoss(reduction="sum"), NLLLoss(reduction="sum")
        for criterion in (CrossEntropyLoss(), NLLLoss(), *sums, MSELoss(), SumSquares()):
            layers = [Linear(20, 7), *([LogSoftmax()] if isinstance(criterion, NLLLoss) else [])]
            _record(cases, repr(criterion), Network(layers, (20,)), SUMS, rng=rng, criterion=criterion)
        for name, make in optim.BY_NAME.items():
            if not make().runs_in_core:
                continue  # its steps are calls from Python after the program's
            network = Network([Linear(20, 7)], (20,))
            _record(cases, name, network, TRAINED, rng=rng, criterion=CrossEntropyLoss(), optimizer=make(), steps=3)
        for name in ("lenet5", "convnet"):
            network = Network.from_model_name(name)
            network.recipe = InputRecipe(mean=(0.13,), scale=(0.31,))  # images are bytes
            _record(cases, name, network, TRAINED, rng=rng, criterion=CrossEntropyLoss(), steps=2)


if __name__ == "__main__":
    write_cases(Path(sys.argv[1]))
