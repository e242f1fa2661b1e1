"""`_core.gemm`: c = op(a) op(b), or c += op(a) op(b)."""

import re
from collections.abc import Callable

import numpy as np
import pytest

import oracles
from closeness import assert_close, same_bits, unwritten
from cnncli import _core

TRANSPOSES = [(False, False), (False, True), (True, False), (True, True)]


def operands(
    rng: np.random.Generator, m: int, n: int, k: int, transpose_a: bool = False, transpose_b: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    a = rng.uniform(-1, 1, (k, m) if transpose_a else (m, k)).astype(np.float32)
    b = rng.uniform(-1, 1, (n, k) if transpose_b else (k, n)).astype(np.float32)
    return a, b


@pytest.mark.parametrize("transpose_a, transpose_b", TRANSPOSES)
@pytest.mark.parametrize("m", [0, 1, 2, 3, 5, 6, 7, 8, 9, 13])
def test_gemm_is_the_sum_of_products(
    instruction_set: str, rng: np.random.Generator, m: int, transpose_a: bool, transpose_b: bool
) -> None:
    for n in (0, 1, 3, 15, 16, 17, 31, 32, 33, 47, 53):
        for k in (0, 1, 2, 37):
            a, b = operands(rng, m, n, k, transpose_a, transpose_b)
            c = unwritten(m, n)
            _core.gemm(a, b, c, transpose_a=transpose_a, transpose_b=transpose_b)
            assert_close(c, oracles.gemm(a, b, transpose_a=transpose_a, transpose_b=transpose_b), terms=k)


@pytest.mark.parametrize("transpose_a, transpose_b", TRANSPOSES)
@pytest.mark.parametrize(
    "m, n, k", [(101, 37, 700), (7, 1061, 300), (300, 17, 33), (1, 1, 1031), (65, 130, 257)]
)
def test_gemm_beyond_the_blocks_that_are_packed(
    instruction_set: str,
    rng: np.random.Generator,
    m: int,
    n: int,
    k: int,
    transpose_a: bool,
    transpose_b: bool,
) -> None:
    a, b = operands(rng, m, n, k, transpose_a, transpose_b)
    c = unwritten(m, n)
    _core.gemm(a, b, c, transpose_a=transpose_a, transpose_b=transpose_b)
    assert_close(c, oracles.gemm(a, b, transpose_a=transpose_a, transpose_b=transpose_b), terms=k)


@pytest.mark.parametrize("m, n, k", [(5, 7, 3), (13, 33, 600), (1, 17, 5), (3, 4, 0)])
def test_gemm_accumulates_when_told_to(
    instruction_set: str, rng: np.random.Generator, m: int, n: int, k: int
) -> None:
    a, b = operands(rng, m, n, k)
    before = rng.uniform(-1, 1, (m, n)).astype(np.float32)
    c = before.copy()
    _core.gemm(a, b, c, accumulate=True)
    assert_close(c, before + oracles.gemm(a, b), terms=k + 1)


def test_gemm_without_terms_is_zero(instruction_set: str) -> None:
    c = unwritten(3, 17)
    _core.gemm(np.empty((3, 0), np.float32), np.empty((0, 17), np.float32), c)
    np.testing.assert_array_equal(c, 0)


@pytest.mark.parametrize("transpose_a, transpose_b", TRANSPOSES)
@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_gemm_keeps_nan_and_infinity_to_their_row_and_column(
    instruction_set: str, rng: np.random.Generator, poison: float, transpose_a: bool, transpose_b: bool
) -> None:
    m, n, k = 13, 19, 21
    a, b = operands(rng, m, n, k, transpose_a, transpose_b)
    (a.T if transpose_a else a)[4, 20] = poison
    (b.T if transpose_b else b)[0, 18] = poison
    (b.T if transpose_b else b)[20, 3] = 0  # 0 * Inf in row 4
    c = unwritten(m, n)
    _core.gemm(a, b, c, transpose_a=transpose_a, transpose_b=transpose_b)
    expected = oracles.gemm(a, b, transpose_a=transpose_a, transpose_b=transpose_b)
    assert np.isfinite(np.delete(np.delete(expected, 4, 0), 18, 1)).all()
    assert np.isnan(expected[4, 3])
    assert_close(c, expected, terms=k)


@pytest.mark.parametrize("m, n, k", [(97, 65, 300), (3, 1000, 7), (500, 3, 2), (1, 1, 5)])
def test_gemm_gives_the_same_bits_for_any_threads(
    instruction_set: str,
    rng: np.random.Generator,
    assert_same_bits_for_any_threads: Callable,
    m: int,
    n: int,
    k: int,
) -> None:
    a, b = operands(rng, m, n, k)

    def compute() -> tuple[np.ndarray]:
        c = unwritten(m, n)
        _core.gemm(a, b, c)
        return (c,)

    assert_same_bits_for_any_threads(compute)


def test_gemm_leaves_its_inputs_alone(instruction_set: str, rng: np.random.Generator) -> None:
    a, b = operands(rng, 7, 17, 5)
    before_a, before_b = a.copy(), b.copy()
    _core.gemm(a, b, unwritten(7, 17))
    assert same_bits(a, before_a) and same_bits(b, before_b)


@pytest.mark.parametrize(
    "a, b, c, settings, argument",
    [
        ((3, 4), (5, 6), (3, 6), {}, "b"),
        ((3, 4), (4, 6), (3, 5), {}, "c"),
        ((3, 4), (4, 6), (6, 3), {}, "c"),
        ((3, 4), (4, 6), (3, 6), {"transpose_a": True}, "b"),
        ((3, 4), (4, 6), (3, 6), {"transpose_b": True}, "b"),
        ((12,), (4, 6), (3, 6), {}, "a"),
    ],
)
def test_gemm_refuses_shapes_that_do_not_fit(
    a: tuple, b: tuple, c: tuple, settings: dict, argument: str
) -> None:
    shape = {"a": a, "b": b, "c": c}[argument]
    with pytest.raises(ValueError, match=rf"^{argument}: expected .*got .*{re.escape(str(shape))}$"):
        _core.gemm(np.ones(a, np.float32), np.ones(b, np.float32), unwritten(*c), **settings)


def test_gemm_refuses_other_types_and_layouts() -> None:
    a, b, c = np.ones((3, 4), np.float32), np.ones((4, 6), np.float32), unwritten(3, 6)
    read_only = unwritten(3, 6)
    read_only.flags.writeable = False
    for arguments, error, message in (
        ((a.astype(np.float64), b, c), TypeError, r"^a: expected float32, got float64$"),
        ((a.tolist(), b, c), TypeError, "incompatible function arguments"),
        ((a, b.astype(np.int32), c), TypeError, "^b: expected float32, got int32$"),
        ((a, b, c.astype(np.float64)), TypeError, "^c: expected float32, got float64$"),
        ((a, np.ones((6, 4), np.float32).T, c), ValueError, "^b: must be C-contiguous$"),
        ((a, b, unwritten(6, 3).T), ValueError, "^c: must be C-contiguous$"),
        ((a, b, unwritten(6, 6)[::2]), ValueError, "^c: must be C-contiguous$"),
        ((a, b, read_only), ValueError, "^c: is read-only$"),
        ((a, b.astype(">f4"), c), TypeError, "^b: expected float32"),
    ):
        with pytest.raises(error, match=message):
            _core.gemm(*arguments)


def test_gemm_takes_read_only_inputs(instruction_set: str) -> None:
    a, b, c = np.ones((3, 4), np.float32), np.ones((4, 6), np.float32), unwritten(3, 6)
    a.flags.writeable = b.flags.writeable = False
    _core.gemm(a, b, c)
    np.testing.assert_array_equal(c, 4)
