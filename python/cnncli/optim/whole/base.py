"""What optimizers of one vector share: they get a function of all parameters at once, and may call it many times."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from cnncli import _core
from cnncli.errors import FormatError
from cnncli.limits import Limits
from cnncli.optim.default_rate import DefaultRate
from cnncli.optim.optimizer import arguments_of
from cnncli.optim.whole.line_search import Closure, Vector
from cnncli.training_options import MAX_ITER

_RATE = Limits(above=0)
_COUNT = Limits(whole=True, least=1)
_TOLERANCE = Limits(least=0)


class WholeBatchOptimizer:
    """Minimizes a function of one vector; a `Trainer` gives it the loss of all images as one of all parameters.

    lr : float > 0, which may be set before a call of `step`
    max_iter : int >= 1, iterations of a call of `step`
    max_eval : int >= 1, evaluations of a call, after which it ends; default 1.25 max_iter
    tolerance_grad, tolerance_change : floats >= 0, where a call ends

    Raises UsageError for settings out of range.

    on_command_line, command_settings : as those of `Optimizer`: what `cnn train` takes where nothing is said
    command_arguments : further arguments that `cnn train` gives
    """

    on_command_line: ClassVar[DefaultRate] = DefaultRate(1.0, power=0.0, largest=1.0)
    command_settings: ClassVar[Mapping[str, Any]] = {"batch_size": "full", "schedule": "constant", "epochs": 10}
    command_arguments: ClassVar[Mapping[str, Any]] = {}

    def __init__(
        self,
        lr: float = 1.0,
        max_iter: int = MAX_ITER,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
    ) -> None:
        self.lr = self.setting("lr", lr, _RATE)
        self.max_iter = self.setting("max_iter", max_iter, _COUNT)
        self.max_eval = max_iter * 5 // 4 if max_eval is None else self.setting("max_eval", max_eval, _COUNT)
        self.tolerance_grad = self.setting("tolerance_grad", tolerance_grad, _TOLERANCE)
        self.tolerance_change = self.setting("tolerance_change", tolerance_change, _TOLERANCE)
        self.iterations, self.evaluations = 0, 0

    def setting(self, name: str, value: Any, limits: Limits) -> Any:
        """`value`, if the limits hold; else UsageError."""
        return limits.checked(f"{type(self).__name__}: {name}", value)

    def step(self, closure: Closure, x: npt.NDArray[np.floating]) -> float:
        """Goes on from `x`, which is changed; returns the loss where it began."""
        raise NotImplementedError

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments as JSON values."""
        return arguments_of(self)

    def state_dict(self) -> dict[str, Any]:
        """A copy of all state: numbers, and the bits of float64 arrays as int64."""
        return {"iterations": self.iterations, "evaluations": self.evaluations}

    def load_state_dict(self, state: Mapping[str, Any], size: int) -> None:
        """Take the state of `state_dict`, for a vector of `size`. Raises FormatError for what it cannot be."""
        counts = {"iterations", "evaluations"}
        if not state:  # of a training that has not begun
            self.iterations = self.evaluations = 0
            return
        if set(state) != counts or not all(type(state[name]) is int and state[name] >= 0 for name in counts):
            raise FormatError(f"{type(self).__name__}: is no state of it; load that of the same optimizer")
        self.iterations, self.evaluations = state["iterations"], state["evaluations"]


def dot(one: Vector, other: Vector) -> float:
    """The sum of the products, in an order that no thread and no instruction set changes."""
    return _core.dot(one, other)


def as_bits(values: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Of float64 numbers, which a checkpoint holds as whole ones."""
    return np.array(values, np.float64).view(np.int64)
