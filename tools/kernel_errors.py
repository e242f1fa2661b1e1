"""Measures the error of kernels against float64 and writes the tables of docs/kernels; `--print`: only prints them.

The references are the NumPy of the pages themselves. Each entry: the root mean square of the error relative to that of
the result, and the largest error in units of the last place (2^-23) of the result's root mean square.

    python -m tools.kernel_errors
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from tools import kernel_error_rows
from tools.kernel_error_rows import SAMPLES, Names, Result, double, made, values
from tools.page_blocks import run_lines
from tools.page_tables import with_made_lines

import cnncli
from cnncli import _core
from cnncli.criteria import MSELoss, SumSquares
from cnncli.layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Flatten,
    Linear,
    LogSoftmax,
    MaxPool2d,
    Parameter,
    ReLU,
)
from cnncli.optim import SGD, Adam
from cnncli.program import Program

FOLDER = Path(__file__).parents[1] / "docs" / "kernels"

def linear(n: Names, which: int) -> Result:
    layer, x, g = made(Linear(400, 120)), values(SAMPLES, 400), values(SAMPLES, 120, seed=1)
    y = layer(x)
    if which == 0:
        return y, n["linear"](*double(x, layer.weight, layer.bias))
    grad_x = layer.backward(x, g)
    return (grad_x, layer.grad_weight)[which - 1], n["linear_gradients"](*double(x, layer.weight, g))[which - 1]


def convolution(n: Names, layer: Conv2d, size: int, gradient: bool = False) -> Result:
    layer, padding = made(layer), layer.padding[0]
    x = values(SAMPLES, layer.in_channels, size, size)
    y = layer(x)
    if not gradient:
        return y, n["convolution"](*double(x, layer.weight, layer.bias), padding=padding)
    g = values(*y.shape, seed=1)
    layer.backward(x, g)
    return layer.grad_weight, n["weight_gradient"](*double(x, g), layer.weight.shape, padding=padding)


def pooled_convolution(n: Names) -> Result:
    layer = Conv2d(1, 6, 5, padding=2)
    network = cnncli.Network([layer, ReLU(), MaxPool2d(2), Flatten()], (1, 28, 28))
    network.initialize(seed=1)
    x = values(SAMPLES, 1, 28, 28)
    y = np.maximum(n["convolution"](*double(x, layer.weight, layer.bias), padding=2), 0)
    y = y.reshape(SAMPLES, 6, 14, 2, 14, 2).max(axis=(3, 5))
    return Program(network, SAMPLES, criterion=MSELoss()).predict(x), y.reshape(SAMPLES, -1)


def listed_gradient(n: Names) -> Result:
    layer = Conv2d(1, 1, 5)
    network = cnncli.Network([layer, ReLU(), MaxPool2d(2), Flatten()], (1, 28, 28))
    network.initialize(seed=1)
    x, g = values(SAMPLES, 1, 28, 28), values(SAMPLES, 144, seed=1).round(2)
    program = Program(network, SAMPLES, criterion=SumSquares(), optimizer=SGD(0.0))
    target = program.predict(x) - g
    g = program.predict(x) - target  # as it is in float32
    program.bind(x, target)
    program.step(np.arange(SAMPLES), step=0, epoch=0)
    w, b = double(layer.weight[0, 0], layer.bias[0])
    total = np.zeros((5, 5))
    for image, gradient in zip(*double(x[:, 0], g.reshape(-1, 12, 12)), strict=True):
        total += n["weight_gradient"](image, (5, 5), n["entries"](image, w, b, gradient))
    return layer.grad_weight[0, 0], total


def average(n: Names) -> Result:
    x = values(SAMPLES, 4, 13, 13)
    return AvgPool2d(3, 2, 1)(x), n["average_pooling"](*double(x), 3, 2, 1)


def normalization(n: Names, which: int) -> Result:
    layer, x, g = made(BatchNorm2d(8)).train(), values(SAMPLES, 8, 14, 14) * 3 + 5, values(SAMPLES, 8, 14, 14, seed=1)
    y = layer(x)
    if which == 0:
        return y, n["batch_normalization"](*double(x, layer.weight, layer.bias), layer.eps)
    return layer.backward(x, g), n["gradients"](*double(x, layer.weight, g), layer.eps)[0]


def log_softmax(n: Names) -> Result:
    x = values(SAMPLES, 10) * 5
    return LogSoftmax()(x), n["log_softmax"](*double(x))


def entropy_gradient(n: Names) -> Result:
    x, targets = values(SAMPLES, 10) * 5, np.arange(SAMPLES) % 10
    criterion = cnncli.criteria.CrossEntropyLoss()
    criterion.forward(x, targets)
    return criterion.backward(x, targets), n["cross_entropy"](*double(x), targets)[1]


def update(n: Names, optimizer: SGD | Adam) -> Result:
    start, steps = values(10000), 10
    weight, expected, states = start.copy(), start.astype(np.float64), (0.0, 0.0)
    for t in range(1, steps + 1):
        g = values(10000, seed=t)
        optimizer.step([Parameter("weight", weight, g, True)])
        if isinstance(optimizer, SGD):
            expected, velocity = n["sgd"](expected, *double(g), states[0], 0.1, 0.9, 0.01)
            states = velocity, 0.0
        else:
            expected, *states = n["adam"](expected, *double(g), *states, t, 0.001)
    return weight, expected


def one_image(n: Names, inputs: int, outputs: int, kernel: int, size: int) -> Result:
    layer = Conv2d(inputs, outputs, kernel)
    network = cnncli.Network([layer, Flatten()], (inputs, size, size))
    network.initialize(seed=1)
    x = values(1, inputs, size, size)
    y = n["convolution"](n["channels_last"](*double(x[0]), 0), *double(layer.weight, layer.bias))
    return Program(network, 1, criterion=MSELoss()).predict(x)[0], y.transpose(2, 0, 1).ravel()


_FIRST: dict[str, dict[str, Callable[[Names], Result]]] = {
    "gemm": {
        "linear layer, 400 to 120": lambda n: linear(n, 0),
        "gradient of its input": lambda n: linear(n, 1),
        "gradient of its weights, 64 samples": lambda n: linear(n, 2),
    },
    "convolution": {
        "direct, 6 to 16 channels, 5x5": lambda n: convolution(n, Conv2d(6, 16, 5), 14),
        "im2col, 32 to 64 channels, 5x5": lambda n: convolution(n, Conv2d(32, 64, 5, padding=2), 9),
        "gradient of the weights, 64 samples of 10x10": lambda n: convolution(n, Conv2d(6, 16, 5), 14, gradient=True),
        "pooled, 1 to 6 channels, 5x5": pooled_convolution,
    },
    "pooled-gradient": {"gradient of 5x5 weights, 64 samples of 12x12 windows": listed_gradient},
    "pooling": {"average of 3x3": average},
    "batch-normalization": {
        "forward, 64 samples of 14x14": lambda n: normalization(n, 0),
        "gradient of the input": lambda n: normalization(n, 1),
    },
    "loss": {"log-softmax of 10 classes": log_softmax, "gradient of the cross entropy": entropy_gradient},
    "update": {
        "SGD with momentum, 10 steps": lambda n: update(n, SGD(0.1, momentum=0.9, weight_decay=0.01)),
        "Adam, 10 steps": lambda n: update(n, Adam(0.001)),
    },
    "single": {
        "6 to 16 channels, 5x5": lambda n: one_image(n, 6, 16, 5, 14),
        "64 to 64 channels, 5x5": lambda n: one_image(n, 64, 64, 5, 12),
    },
}
ROWS = {
    page: _FIRST.get(page, {}) | kernel_error_rows.ROWS.get(page, {}) for page in _FIRST | kernel_error_rows.ROWS
}


@contextmanager
def instruction_set(name: str) -> Iterator[None]:
    before = _core.instruction_set()
    _core.set_instruction_set(name)
    try:
        yield
    finally:
        _core.set_instruction_set(before)


def measure(result: Result) -> tuple[float, float]:
    """(root mean square of the error, relative; largest error in units of the last place)"""
    actual, expected = result
    scale = float(np.sqrt(np.mean(np.square(expected))))
    error = np.abs(actual.astype(np.float64) - expected) / scale
    return float(np.sqrt(np.mean(error**2))), float(error.max() * 2**23)


def errors(page: str) -> dict[str, dict[str, tuple[float, float]]]:
    """What the rows of a page are on each instruction set that is here."""
    names = run_lines(FOLDER / f"{page}.md")
    found: dict[str, dict[str, tuple[float, float]]] = {row: {} for row in ROWS[page]}
    for name in _core.instruction_sets():
        with instruction_set(name):
            for row, function in ROWS[page].items():
                found[row][name] = measure(function(names))
    return found


def table(page: str) -> str:
    sets = _core.instruction_sets()
    lines = [f"| | {' | '.join(sets)} |", "|---" * (len(sets) + 1) + "|"]
    for row, entries in errors(page).items():
        lines.append(f"| {row} | {' | '.join('{:.1e}, {:.2g}'.format(*entries[name]) for name in sets)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    for page in ROWS:
        lines = table(page)
        if sys.argv[1:] == ["--print"]:
            print(f"{page}\n{lines}")
            continue
        path = FOLDER / f"{page}.md"
        text = path.read_text(encoding="utf-8")
        path.write_text(with_made_lines(text, "tools/kernel_errors.py", lines), encoding="utf-8")


if __name__ == "__main__":
    main()
