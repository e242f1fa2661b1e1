"""How tests compare float32 results with float64 references; buffers whose every unwritten element shows."""

import numpy as np

EPSILON = float(np.finfo(np.float32).eps)
# `few` below for a sum as it is defined, and for one by Winograd's F(4x4, 3x3), whose transforms grow rounding: errors
# of single values are up to 25 float32 epsilons times the root of the terms (the direct sum's: 3), twice that is
# allowed. Two such results differ by the sum of what is allowed to each.
FEW = 8.0
FEW_WINOGRAD = 50.0


def assert_close(
    actual: np.ndarray,
    expected: np.ndarray,
    *,
    terms: float = 1,
    scale: float | np.ndarray = 1.0,
    few: float = FEW,
) -> None:
    """Shape and dtype, then NaN and infinities by place and sign, then the finite values.

    Allowed is float32 epsilon * scale * (`few` * sqrt(terms) + terms / 4). `terms` is the number of values that
    were summed for one element: the rounding errors of each are independent, so they grow with its root. A running
    sum also rounds what it holds, after k terms about sqrt(k) of them, by 0.2 epsilon rms: in all by 0.14 * terms,
    of which twice is allowed; that is the larger part from some hundred terms on. `scale` is the size of one of the
    terms (a number, or an array for each element); larger values count with their own size.
    """
    __tracebackhide__ = True
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.dtype == np.float32, f"dtype {actual.dtype}, not float32"
    assert actual.shape == expected.shape, f"shape {actual.shape}, not {expected.shape}"
    # What float64 still holds and float32 does not is infinite in float32.
    with np.errstate(over="ignore"):
        rounded = expected.astype(np.float32).astype(np.float64)
    for name, kind in (("NaN", np.isnan), ("+Inf", np.isposinf), ("-Inf", np.isneginf)):
        wrong = np.argwhere(kind(actual) != kind(rounded))
        assert not len(wrong), _report(f"{name} in the wrong places", wrong, actual, expected)
    finite = np.isfinite(rounded)
    error = np.abs(np.where(finite, actual, 0.0).astype(np.float64) - np.where(finite, expected, 0.0))
    size = np.maximum(scale, np.abs(np.where(finite, expected, 0.0)))
    allowed = EPSILON * (few * np.sqrt(max(terms, 1)) + terms / 4) * size
    wrong = np.argwhere(error > allowed)
    assert not len(wrong), _report(
        f"off by up to {(error[error > allowed] / allowed[error > allowed]).max():.3g} times the allowed",
        wrong,
        actual,
        expected,
    )


def _report(what: str, wrong: np.ndarray, actual: np.ndarray, expected: np.ndarray) -> str:
    shown = ", ".join(
        f"{[int(i) for i in index]}: {actual[tuple(index)]:.9g} instead of {expected[tuple(index)]:.9g}"
        for index in wrong[:5]
    )
    return f"{what} at {len(wrong)} of {actual.size} elements of {actual.shape}: {shown}"


def unwritten(*shape: int) -> np.ndarray:
    """A float32 output buffer full of NaN: an element that nobody writes shows."""
    return np.full(shape, np.nan, dtype=np.float32)


def same_bits(left: np.ndarray, right: np.ndarray) -> bool:
    return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()
