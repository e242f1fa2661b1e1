"""The matrices that Winograd's lines stand for are those of their points; docs/kernels/winograd.md derives the same."""

import re
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tools import winograd_error as tool

import oracles
from cnncli import _core

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "kernels" / "winograd.md").read_text()

HALVES = [Fraction(0), Fraction(5, 8), Fraction(-5, 8), Fraction(3, 2), Fraction(-3, 2)]
# The finite points of each form; infinity is the last row of each matrix.
POINTS = {(2, 3): [Fraction(0), Fraction(1), Fraction(-1)], (2, 5): HALVES, (3, 4): HALVES, (4, 3): HALVES}

Rows = list[list[Fraction]]
each_form = pytest.mark.parametrize("form", POINTS, ids=str)


def times(polynomial: list[Fraction], root: Fraction) -> list[Fraction]:
    """Coefficients from that of 1 on, of the polynomial times (t - root)."""
    return [a - root * b for a, b in zip([Fraction(0), *polynomial], [*polynomial, Fraction(0)], strict=True)]


def derived(outputs: int, taps: int) -> tuple[Rows, Rows, Rows]:
    """B^T, G and A^T by Lagrange's interpolation at the points and infinity."""
    points = POINTS[outputs, taps]
    input_rows, filter_rows = [], []
    for point in points:
        vanishing, distance = [Fraction(1)], Fraction(1)
        for other in points:
            if other != point:
                vanishing, distance = times(vanishing, other), distance * (point - other)
        input_rows.append([*vanishing, Fraction(0)])
        filter_rows.append([point**k / distance for k in range(taps)])
    whole = [Fraction(1)]
    for point in points:
        whole = times(whole, point)
    input_rows.append(whole)
    filter_rows.append([Fraction(int(k == taps - 1)) for k in range(taps)])
    output_rows = [[*(point**k for point in points), Fraction(int(k == outputs - 1))] for k in range(outputs)]
    return input_rows, filter_rows, output_rows


def page_functions() -> dict[str, Any]:
    """What the Python of the page defines."""
    (lines,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(lines, names)
    return names


def test_every_form_of_the_kernels_has_its_points_here() -> None:
    assert _core.winograd_forms() == list(POINTS)


@each_form
def test_the_derivation_is_that_of_a_filter(form: tuple[int, int]) -> None:
    """Sum over k of A[o][k] G[k][t] B[k][i] is 1 where i = o + t, and else 0: y_o = sum over t of w_t x_(o+t)."""
    outputs, taps = form
    bt, g, at = derived(outputs, taps)
    for o, t, i in product(range(outputs), range(taps), range(len(bt))):
        assert sum(at[o][k] * g[k][t] * bt[k][i] for k in range(len(bt))) == (i == o + t)


@each_form
def test_the_lines_of_the_kernels_are_the_matrices_of_their_points(
    instruction_set: str, form: tuple[int, int]
) -> None:
    """B^T and A^T exactly; G, which has the reciprocals, to three roundings."""
    for name, actual, expected in zip("BGA", _core.winograd_matrices(*form), derived(*form), strict=True):
        assert [len(row) for row in actual] == [len(row) for row in expected]
        for row, (values, exact) in enumerate(zip(actual, expected, strict=True)):
            for col, (value, fraction) in enumerate(zip(values, exact, strict=True)):
                off = abs(Fraction(value) - fraction)
                allowed = 3 * abs(fraction) / 2**24 if name == "G" else 0
                assert off <= allowed, f"{name}[{row}][{col}] is {value}, not {fraction}"


def test_a_form_that_is_not_there_is_refused() -> None:
    message = r"^outputs and taps: expected one of \(2, 3\), \(2, 5\), \(3, 4\), \(4, 3\), got \(6, 3\)$"
    with pytest.raises(ValueError, match=message):
        _core.winograd_matrices(6, 3)


@each_form
def test_numpy_of_the_page_makes_the_same_matrices(form: tuple[int, int]) -> None:
    made = page_functions()["matrices"]([float(point) for point in POINTS[form]], *form)
    for actual, expected in zip(made, derived(*form), strict=True):
        np.testing.assert_allclose(actual, np.array(expected, float), rtol=1e-13, atol=1e-13)


@each_form
def test_numpy_of_the_page_convolves(form: tuple[int, int], rng: np.random.Generator) -> None:
    outputs, taps = form
    x, w = rng.normal(size=(2 * outputs + taps - 1, 3 * outputs + taps - 1)), rng.normal(size=(taps, taps))
    actual = page_functions()["winograd"](x, w, [float(point) for point in POINTS[form]], outputs)
    settings = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
    expected = oracles.convolution_forward(x[None, None], w[None, None], None, **settings)
    np.testing.assert_allclose(actual, expected[0, 0], rtol=1e-12, atol=1e-12)


def test_the_page_names_the_points_and_the_matrices_of_its_example() -> None:
    for (outputs, taps), points in POINTS.items():
        (row,) = re.findall(rf"^\| F\({outputs}x{outputs}, {taps}x{taps}\) \|.*\| (.*) \|$", PAGE, re.MULTILINE)
        assert row == "the same" or row == ", ".join([*map(str, points), "infinity"])
    cells = r"^\| (?:0|1|-1|infinity) \|.*\| ([-\d ]+) \|.*\| ([-\d/ ]+) \| ([-\d ]+) \|$"
    rows = re.findall(cells, PAGE, re.MULTILINE)
    bt, g, at = derived(2, 3)
    columns = [list(column) for column in zip(*at, strict=True)]
    assert [[[Fraction(cell) for cell in part.split()] for part in row] for row in rows] == [
        [bt[k], g[k], columns[k]] for k in range(4)
    ]


def test_files_and_names_of_the_page_exist() -> None:
    for file in re.findall(r"`?((?:tests|tools|docs|cpp)/[\w./]*\w)", PAGE):
        assert (ROOT / file).exists(), file
    headers = "".join(path.read_text() for path in (ROOT / "cpp" / "kernels").rglob("*.h"))
    for name in re.findall(r"`(\w+_(?:pays|form)|\w+Line|fused)`", PAGE):
        assert name in headers + (ROOT / "cpp" / "simd" / "vector.h").read_text(), name
    for name in re.findall(r"`(\w+\.h)`", PAGE):
        assert list((ROOT / "cpp").rglob(name)), name


def test_the_errors_of_the_page_are_measured(instruction_set: str) -> None:
    """The rms to an eighth, the largest to a half: another compiler, or less of it, may order additions otherwise."""
    documented = tool.documented()
    if instruction_set not in documented:
        pytest.skip(f"the page was made on another machine, without {instruction_set}")
    measured = tool.errors()
    assert list(measured) == list(documented[instruction_set])
    for row, (rms, largest) in documented[instruction_set].items():
        assert measured[row][0] == pytest.approx(rms, rel=0.125), row
        assert measured[row][1] == pytest.approx(largest, rel=0.5), row
