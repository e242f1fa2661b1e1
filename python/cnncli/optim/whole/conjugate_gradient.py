"""Conjugate gradients: directions that do not undo each other."""

from functools import partial

import numpy as np
import numpy.typing as npt

from cnncli.optim.whole.base import WholeBatchOptimizer, dot
from cnncli.optim.whole.line_search import Closure, Point, Vector, check_vector, measure, strong_wolfe

_FLAT = 0.1  # of the slope may be left: a rougher search gives directions that do not fall
_LARGEST_GROWTH = 100.0  # of a first trial, from one iteration to the next


class CG(WholeBatchOptimizer):
    """Minimizes a function of one vector by non-linear conjugate gradients (Polak-Ribiere), in float64.

    lr : float > 0, by which the first trial of each line search is multiplied, default 1
    max_iter : int, iterations of a call of `step`, default 20
    max_eval : int, evaluations of a call, after which it ends; default 1.25 max_iter
    tolerance_grad, tolerance_change : a call ends where no element of the gradient is above the first, or neither the
        step nor the loss changes by more than the second; default 1e-7 and 1e-9

    Each call of `step` begins with the gradient's direction, so that nothing has to be kept between calls. A direction
    that does not fall is left for the gradient's. Raises UsageError for settings out of range. Sources: Polak &
    Ribiere 1969 with the restarts of Powell 1984; Torch7's `optim.cg` (Rasmussen's `minimize`), whose lengths of first
    trials it has, but not its line search: that is the one of `LBFGS`.

    >>> x = np.zeros(2)
    >>> CG().step(lambda x: (((x - 3) ** 2).sum(), 2 * (x - 3)), x)
    18.0
    >>> np.round(x, 6)
    array([3., 3.])
    """

    def step(self, closure: Closure, x: npt.NDArray[np.floating]) -> float:
        """Up to max_iter iterations; changes `x`, and returns the loss where they began.

        closure : gives the loss and the gradient at the vector that it gets
        x : vector of float32 or float64, the parameters
        """
        check_vector(x)
        place = x.astype(np.float64)
        first, gradient = measure(closure, x, place)
        loss, evaluations, direction = first, 1, -gradient
        length = self.lr / (1.0 + dot(gradient, gradient))
        for _ in range(self.max_iter):
            if gradient.size == 0 or float(np.abs(gradient).max()) <= self.tolerance_grad:
                break
            slope = dot(gradient, direction)
            if not slope < 0:
                direction = -gradient
                slope = dot(gradient, direction)
            size = float(np.abs(direction).max())
            start = Point(0.0, loss, gradient, slope)
            evaluate = partial(_at, closure, x, place, direction)
            found, count = strong_wolfe(evaluate, start, length, size, _FLAT, self.tolerance_change)
            evaluations += count
            self.iterations += 1
            place = place + found.at * direction
            change, before = found.gradient - gradient, loss
            share = max(0.0, dot(found.gradient, change) / dot(gradient, gradient))
            moved = found.at * size
            loss, gradient = found.loss, found.gradient
            direction = share * direction - gradient
            next_slope = dot(gradient, direction)
            if next_slope < 0:
                length = found.at * min(_LARGEST_GROWTH, slope / next_slope)
            if evaluations >= self.max_eval or moved <= self.tolerance_change:
                break
            if abs(loss - before) < self.tolerance_change:
                break
        x[...] = place
        self.evaluations += evaluations
        return first

    def __repr__(self) -> str:
        return f"CG(lr {self.lr:g}, max iter {self.max_iter})"


def _at(closure: Closure, x: npt.NDArray[np.floating], place: Vector, direction: Vector, at: float) -> Point:
    loss, gradient = measure(closure, x, place + at * direction)
    return Point(at, loss, gradient, dot(gradient, direction))
