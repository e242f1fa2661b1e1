"""L-BFGS: Newton's direction from the last changes of place and gradient."""

from collections import deque
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from cnncli.errors import FormatError, UsageError
from cnncli.limits import Limits
from cnncli.optim.whole.base import WholeBatchOptimizer, as_bits, dot
from cnncli.optim.whole.line_search import Closure, Point, Vector, check_vector, measure, strong_wolfe
from cnncli.shown import shown
from cnncli.training_options import MAX_ITER

_MOST_CHANGES = 2**31 - 1  # far more than memory holds


class LBFGS(WholeBatchOptimizer):
    """Minimizes a function of one vector by the quasi-Newton method with limited memory, in float64.

    lr : float > 0, length of each step, the first trial of the line search, default 1
    max_iter : int, iterations of a call of `step`, default 20
    max_eval : int, evaluations of a call, after which it ends; default 1.25 max_iter
    tolerance_grad, tolerance_change : a call ends where no element of the gradient is above the first, or neither the
        step nor the loss changes by more than the second; default 1e-7 and 1e-9
    history_size : int, changes kept, default 100
    line_search_fn : None or "strong_wolfe"

    It goes on from one call of `step` to the next; the function must not change between calls with new samples. Raises
    UsageError for settings out of range. Sources: Liu & Nocedal 1989; Torch7's `optim.lbfgs`. Arguments, defaults and
    steps are those of PyTorch's `LBFGS`.

    >>> x = np.zeros(2)
    >>> LBFGS(line_search_fn="strong_wolfe").step(lambda x: (((x - 3) ** 2).sum(), 2 * (x - 3)), x)
    18.0
    >>> np.round(x, 6)
    array([3., 3.])
    """

    command_arguments: ClassVar = {"line_search_fn": "strong_wolfe", "history_size": 10}

    def __init__(
        self,
        lr: float = 1.0,
        max_iter: int = MAX_ITER,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        if line_search_fn not in (None, "strong_wolfe"):
            raise UsageError(f'LBFGS: line_search_fn is {shown(line_search_fn)}; use None or "strong_wolfe"')
        super().__init__(lr, max_iter, max_eval, tolerance_grad, tolerance_change)
        self.line_search_fn = line_search_fn
        self.history_size = self.setting("history_size", history_size, Limits(whole=True, least=1, most=_MOST_CHANGES))
        self._changes: deque[tuple[Vector, Vector, float]] = deque(maxlen=history_size)
        self._scale = 1.0
        self._direction: Vector = np.empty(0)
        self._gradient: Vector = np.empty(0)  # before the last step
        self._length = 0.0

    def step(self, closure: Closure, x: npt.NDArray[np.floating]) -> float:
        """Up to max_iter iterations; changes `x`, and returns the loss where they began.

        closure : gives the loss and the gradient at the vector that it gets
        x : vector of float32 or float64, the parameters
        """
        check_vector(x)
        place = x.astype(np.float64)
        first, gradient = measure(closure, x, place)
        loss, evaluations = first, 1
        for iteration in range(1, self.max_iter + 1):
            if self._is_small(gradient):
                break
            self.iterations += 1
            self._learn(gradient)
            slope = dot(gradient, self._direction)
            # The first direction has no scale yet.
            length = self.lr
            if self.iterations == 1:
                length *= min(1.0, 1.0 / dot(np.abs(gradient), np.ones_like(gradient)))
            self._gradient, self._length = gradient, length
            if slope > -self.tolerance_change:
                break
            before = loss
            if self.line_search_fn:
                found, count = self._search(closure, x, place, Point(0.0, loss, gradient, slope))
                loss, gradient, self._length = found.loss, found.gradient, found.at
                place = place + found.at * self._direction
            else:
                place, count = place + length * self._direction, 0
                if iteration < self.max_iter:  # nobody would look at the last one
                    loss, gradient = measure(closure, x, place)
                    count = 1
            evaluations += count
            moved = float(np.abs(self._length * self._direction).max())
            if evaluations >= self.max_eval or moved <= self.tolerance_change:
                break
            if abs(loss - before) < self.tolerance_change:
                break
        x[...] = place
        self.evaluations += evaluations
        return first

    def _is_small(self, gradient: Vector) -> bool:
        return gradient.size == 0 or float(np.abs(gradient).max()) <= self.tolerance_grad

    def _learn(self, gradient: Vector) -> None:
        """The direction: minus the gradient, times the inverse Hessian that the changes tell (the two loops)."""
        if self.iterations > 1:
            change, moved = gradient - self._gradient, self._length * self._direction
            product = dot(change, moved)
            if product > 1e-10:
                self._changes.append((change, moved, 1.0 / product))
                self._scale = product / dot(change, change)
        direction, shares = -gradient, []
        for change, moved, inverse in reversed(self._changes):
            shares.append(dot(moved, direction) * inverse)
            direction = direction - shares[-1] * change
        direction = self._scale * direction
        for (change, moved, inverse), share in zip(self._changes, reversed(shares), strict=True):
            direction = direction + (share - dot(change, direction) * inverse) * moved
        self._direction = direction

    def _search(
        self, closure: Closure, x: npt.NDArray[np.floating], place: Vector, start: Point
    ) -> tuple[Point, int]:
        def evaluate(at: float) -> Point:
            loss, gradient = measure(closure, x, place + at * self._direction)
            return Point(at, loss, gradient, dot(gradient, self._direction))

        size = float(np.abs(self._direction).max())
        return strong_wolfe(evaluate, start, self._length, size, 0.9, self.tolerance_change)

    def state_dict(self) -> dict[str, Any]:
        state = super().state_dict()
        if not self.iterations:
            return state
        state |= {"scale": float(self._scale), "length": float(self._length)}
        state |= {"direction": as_bits(self._direction), "gradient": as_bits(self._gradient)}
        if self._changes:
            changes, moves, inverses = zip(*self._changes, strict=True)
            state |= {"changes": as_bits(changes), "moves": as_bits(moves), "inverses": as_bits(inverses)}
        return state

    def load_state_dict(self, state: Mapping[str, Any], size: int) -> None:
        counts = {name: state[name] for name in ("iterations", "evaluations") if name in state}
        rest = {name: value for name, value in state.items() if name not in counts}
        super().load_state_dict(counts, size)
        kept = len(rest["inverses"]) if isinstance(rest.get("inverses"), np.ndarray) else 0
        shapes: dict[str, tuple[int, ...]] = {}
        if self.iterations:
            shapes |= {"direction": (size,), "gradient": (size,)}
        if kept:
            shapes |= {"changes": (kept, size), "moves": (kept, size), "inverses": (kept,)}
        numbers = {"scale", "length"} if self.iterations else set()
        fits = set(rest) == {*shapes, *numbers} and all(
            isinstance(rest[name], np.ndarray) and rest[name].dtype == np.int64 and rest[name].shape == shape
            for name, shape in shapes.items()
        )
        if not fits or not all(isinstance(rest[name], float) for name in numbers):
            raise FormatError(
                f"LBFGS: is no state of it for {size:,} parameters; load that of the same optimizer and network"
            )
        arrays = {name: np.array(rest[name]).view(np.float64) for name in shapes}
        self._changes.clear()
        if kept:
            inverses = map(float, arrays["inverses"])
            self._changes.extend(zip(arrays["changes"], arrays["moves"], inverses, strict=True))
        self._scale, self._length = (rest["scale"], rest["length"]) if numbers else (1.0, 0.0)
        self._direction, self._gradient = arrays.get("direction", np.empty(0)), arrays.get("gradient", np.empty(0))

    def __repr__(self) -> str:
        search = f", {self.line_search_fn}" if self.line_search_fn else ""
        return f"LBFGS(lr {self.lr:g}, max iter {self.max_iter}, history size {self.history_size}{search})"
