"""Rprop: only the sign of a gradient counts, and each weight has its own step."""

from collections.abc import Sequence
from typing import ClassVar

from cnncli.errors import UsageError
from cnncli.limits import Limits
from cnncli.optim.default_rate import DefaultRate
from cnncli.optim.optimizer import Optimizer


class Rprop(Optimizer):
    """Steps of each weight's own size s against the sign of its gradient g, for gradients of all images at once:

    d = g + weight_decay p. Where d has the sign of the last step's d: s = min(etas[1] s, step_sizes[1]).
    Where it has turned: s = max(etas[0] s, step_sizes[0]), and the weight waits: d = 0. Then p = p - s sign(d).

    lr : float >= 0, size of the first step, default 0.01; a schedule changes nothing
    etas : what a step shrinks and grows by, floats from 0 to below 1 and above 1, default 0.5 and 1.2
    step_sizes : the smallest and the largest step, floats >= 0, default 1e-6 and 50
    weight_decay : float >= 0, default 0; not for biases and batch normalization; PyTorch has none

    The sign of a gradient of few images is mostly chance: use the whole training set as one batch. Raises UsageError
    for settings out of range. Source: Riedmiller & Braun 1993, "A direct adaptive method for faster backpropagation
    learning", without its return to the old weight. Arguments, defaults and steps are those of PyTorch's `Rprop`.

    >>> Rprop(etas=(0.5, 1.1))
    Rprop(lr 0.01, etas (0.5, 1.1), step sizes (1e-06, 50))
    """

    rule = "rprop"
    state_names = ("previous", "step_size")
    on_command_line = DefaultRate(0.001, power=0.0, largest=1.0)
    command_settings: ClassVar = {"batch_size": "full", "schedule": "constant", "epochs": 100}

    def __init__(
        self,
        lr: float = 1e-2,
        etas: Sequence[float] = (0.5, 1.2),
        step_sizes: Sequence[float] = (1e-6, 50.0),
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(lr, weight_decay)
        self.etas = self.pair("etas", etas)
        self.step_sizes = self.pair("step_sizes", step_sizes)
        Limits(above=0, below=1).checked("Rprop: etas[0]", etas[0])
        Limits(above=1).checked("Rprop: etas[1]", etas[1])
        if self.step_sizes[0] > self.step_sizes[1]:
            raise UsageError(f"Rprop: step_sizes is {tuple(step_sizes)}; give the smaller one first")

    def first_value(self, name: str) -> float:
        return self.lr if name == "step_size" else 0.0

    def coefficients(self, step: int, weight_decay: float) -> dict[str, float]:
        return {
            "shrink": self.etas[0],
            "grow": self.etas[1],
            "least": self.step_sizes[0],
            "most": self.step_sizes[1],
            "weight_decay": weight_decay,
        }
