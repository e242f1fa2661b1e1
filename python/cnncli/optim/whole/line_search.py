"""A step length along a direction that meets the strong Wolfe conditions."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnncli.errors import UsageError

Vector = npt.NDArray[np.float64]
# The loss and its gradient at a vector, which it must not change.
Closure = Callable[[npt.NDArray[np.floating]], tuple[float, npt.ArrayLike]]

_MOST_TRIALS = 25
_ENOUGH = 1e-4  # share of the decrease that the slope promises


@dataclass(frozen=True)
class Point:
    """A place on the line: how far along it, with the loss, the gradient, and the slope along the line."""

    at: float
    loss: float
    gradient: Vector
    slope: float


def measure(closure: Closure, x: npt.NDArray[np.floating], place: Vector) -> tuple[float, Vector]:
    """The loss and a float64 copy of the gradient, with `x` brought to `place`."""
    x[...] = place
    loss, gradient = closure(x)
    found = np.array(gradient, np.float64)
    if found.shape != x.shape:
        raise UsageError(f"closure: its gradient has shape {found.shape}, the vector {x.shape}; return such a one")
    return float(loss), found


def check_vector(x: npt.NDArray[np.floating]) -> None:
    """Raises UsageError for anything but a float vector that can be changed in place."""
    if not isinstance(x, np.ndarray) or x.ndim != 1 or x.dtype not in (np.float32, np.float64):
        raise UsageError("x: expected a vector of float32 or float64; flatten the parameters into one array")


def strong_wolfe(
    evaluate: Callable[[float], Point], start: Point, first: float, size: float, flat: float, tolerance: float = 1e-9
) -> tuple[Point, int]:
    """A point with loss <= start.loss + 1e-4 at start.slope and abs(slope) <= flat abs(start.slope), and the number of
    evaluations. The best point found after 25 trials, or where the bracket is below `tolerance`.

    evaluate : the point at a distance; start : at 0, falling; first : distance to try first
    size : largest element of the direction, which times the bracket is compared with `tolerance`
    flat : share of the slope that may be left

    Source: Nocedal & Wright 2006, "Numerical optimization", algorithms 3.5 and 3.6, with the cubic interpolation and
    the safeguards of Schmidt's minFunc, which PyTorch's `LBFGS` has too.
    """

    def is_high(point: Point) -> bool:
        return not point.loss <= start.loss + _ENOUGH * point.at * start.slope

    def is_flat(point: Point) -> bool:
        return abs(point.slope) <= -flat * start.slope

    before, point, trials = start, evaluate(first), 0
    while True:  # until a bracket holds a minimum
        if trials == _MOST_TRIALS:
            before = start
            break
        if is_high(point) or (trials > 1 and point.loss >= before.loss):
            break
        if is_flat(point):
            return point, trials + 1
        if point.slope >= 0:
            break
        bounds = point.at + 0.01 * (point.at - before.at), 10 * point.at
        before, point = point, evaluate(_cubic_minimum(before, point, bounds))
        trials += 1

    low, high, was_near = *_by_loss(before, point), False
    while trials < _MOST_TRIALS and abs(high.at - low.at) * size >= tolerance:
        least, most = sorted((low.at, high.at))
        at = _cubic_minimum(low, high, (least, most))
        margin = 0.1 * (most - least)
        # Near an end twice in a row, or at one: too little is gained.
        is_near = min(most - at, at - least) < margin
        if is_near and (was_near or at >= most or at <= least):
            at = most - margin if abs(at - most) < abs(at - least) else least + margin
            is_near = False
        was_near = is_near
        point = evaluate(at)
        trials += 1
        if is_high(point) or point.loss >= low.loss:
            low, high = _by_loss(low, point)
            continue
        if is_flat(point):
            return point, trials + 1
        if point.slope * (high.at - low.at) >= 0:
            high = low
        low = point
    return low, trials + 1


def _by_loss(one: Point, other: Point) -> tuple[Point, Point]:
    """The lower first; one that is no number is the higher."""
    return (other, one) if other.loss < one.loss or math.isnan(one.loss) else (one, other)


def _cubic_minimum(one: Point, other: Point, bounds: tuple[float, float]) -> float:
    """Of the cubic with the losses and slopes of both points, within bounds; their middle where it has none."""
    left, right = (one, other) if one.at <= other.at else (other, one)
    least, most = bounds
    if left.at == right.at:
        return (least + most) / 2
    first = left.slope + right.slope - 3 * (left.loss - right.loss) / (left.at - right.at)
    square = first**2 - left.slope * right.slope
    if not square >= 0 or not math.isfinite(square):
        return (least + most) / 2
    second = math.sqrt(square)
    below = right.slope - left.slope + 2 * second
    if below == 0:
        return (least + most) / 2
    at = right.at - (right.at - left.at) * (right.slope + second - first) / below
    return min(max(at, least), most)
