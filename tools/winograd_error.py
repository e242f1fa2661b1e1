"""Writes the table of errors in docs/kernels/winograd.md: `python -m tools.winograd_error`. Takes some seconds.

64 channels and outputs, normal values, against float64. Each cell: the error's root mean square, relative to that of
the result, and the largest error in units of the last place (2^-23) of the result's root mean square.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tools.page_tables import made_lines, with_made_lines

from cnncli import _core
from cnncli.layers import Conv2d, MaxPool2d, Module
from cnncli.program.lowering import lower

TARGET = Path(__file__).parents[1] / "docs" / "kernels" / "winograd.md"
CHANNELS = 64
_TOOL = "tools/winograd_error.py"
Results = dict[str, tuple[np.ndarray, np.ndarray]]


def correlate(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Of x (N, C, H, W) that has its padding, with weight (O, C, K, K)."""
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], (2, 3))
    result: np.ndarray = np.einsum("nchwij,ocij->nohw", windows, weight, optimize=True)
    return result


def padded(x: np.ndarray, by: int) -> np.ndarray:
    return np.pad(x, ((0, 0), (0, 0), (by, by), (by, by)))


def layer_results(rng: np.random.Generator, size: int) -> Results:
    """A 3x3 convolution forward and backward, by Winograd and by definition: row of the table -> computed, exact."""
    sizes = (16, size), (CHANNELS, 3), (16, size)
    x, weight, g = (rng.normal(size=(count, CHANNELS, k, k)).astype(np.float32) for count, k in sizes)
    settings = {"stride": (1, 1), "padding": (1, 1), "dilation": (1, 1), "groups": 1}
    double_x, double_w, double_g = (array.astype(np.float64) for array in (x, weight, g))
    flipped = double_w.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]
    exact_w = correlate(padded(double_x, 1).transpose(1, 0, 2, 3), double_g.transpose(1, 0, 2, 3)).transpose(1, 0, 2, 3)
    found: Results = {}
    for algorithm, by in (("winograd", "F(4x4, 3x3)"), ("direct", "definition")):
        node = _core.Node("convolution", {**settings, "algorithm": algorithm})
        y, grad_x = node.forward(x, {"weight": weight}), node.grad_input(x, g, {"weight": weight})
        found[f"3x3, forward, {by}"] = y, correlate(padded(double_x, 1), double_w)
        found[f"3x3, gradient of the input, {by}"] = grad_x, correlate(padded(double_g, 1), flipped)
        grad_w = np.zeros_like(weight)
        node.acc_grad(x, g, {"weight": weight, "grad_weight": grad_w})
        found[f"3x3, gradient of the weights, {by.replace('4x4, 3x3', '3x3, 4x4')}"] = grad_w, exact_w
    return found


def predicted(layers: list[Module], x: np.ndarray) -> np.ndarray:
    program = _core.Program(16, training=False, couples_samples=False)
    shape = x.shape[1:]
    program.result(lower(layers, program, program.input(shape, np.zeros((shape[0], 256), np.float32)), shape))
    program.finish()
    rows = program.predict(x, 1)
    assert rows is not None
    return np.asarray(rows)


def program_results(rng: np.random.Generator, samples: int, size: int, kernel: int, pool: bool, name: str) -> Results:
    """A convolution of a program without bias, and with maxima of 2x2 if `pool`."""
    convolution = Conv2d(CHANNELS, CHANNELS, kernel, padding=kernel // 2, bias=False)
    convolution.weight[...] = rng.normal(size=convolution.weight.shape)
    x = rng.normal(size=(samples, CHANNELS, size, size)).astype(np.float32)
    exact = correlate(padded(x.astype(np.float64), kernel // 2), convolution.weight.astype(np.float64))
    if pool:
        exact = exact.reshape(samples, CHANNELS, size // 2, 2, size // 2, 2).max((3, 5))
    layers: list[Module] = [convolution, *([MaxPool2d(2)] if pool else [])]
    return {name: (predicted(layers, x).reshape(exact.shape), exact)}


def results() -> Results:
    """On the instruction set in use; the same numbers on each."""
    rng = np.random.default_rng(1)
    return {
        **layer_results(rng, 12),
        **program_results(rng, 16, 8, 5, True, "5x5 and 2x2 pooling, F(2x2, 5x5)"),
        **program_results(rng, 1, 32, 3, False, "one image, 3x3, F(4x4, 3x3)"),
        **program_results(rng, 1, 8, 3, False, "one image of 8x8, 3x3, F(2x2, 3x3)"),
    }


def errors() -> dict[str, tuple[float, float]]:
    """Row of the table -> root mean square and largest error, on the instruction set in use."""
    found = {}
    for name, (actual, exact) in results().items():
        size, error = np.sqrt(np.mean(exact**2)), np.abs(actual - exact)
        found[name] = float(np.sqrt(np.mean(error**2)) / size), float(error.max() / size * 2**23)
    return found


def table(sets: list[str]) -> Iterator[str]:
    columns = []
    before = _core.instruction_set()
    for name in sets:
        _core.set_instruction_set(name)
        columns.append(errors())
    _core.set_instruction_set(before)
    yield f"| {CHANNELS} channels | {' | '.join(sets)} |\n|---|{'---|' * len(sets)}\n"
    for row in columns[0]:
        cells = (f"{column[row][0]:.1e}, {column[row][1]:.0f}".replace("e-0", "e-") for column in columns)
        yield f"| {row} | {' | '.join(cells)} |\n"


def documented() -> dict[str, dict[str, tuple[float, float]]]:
    """Instruction set -> row -> what errors() gave when the page was made."""
    lines = made_lines(TARGET.read_text(encoding="utf-8"), _TOOL).splitlines()
    (_, *sets), _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    numbers = {row: [tuple(map(float, cell.split(","))) for cell in cells] for row, *cells in rows}
    return {name: {row: (cells[i][0], cells[i][1]) for row, cells in numbers.items()} for i, name in enumerate(sets)}


def main() -> None:
    page = TARGET.read_text(encoding="utf-8")
    made = with_made_lines(page, _TOOL, "".join(table(_core.instruction_sets())))
    TARGET.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
