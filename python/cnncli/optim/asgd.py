"""ASGD: gradient descent that also keeps the mean of the weights."""

import math

from cnncli.optim.default_rate import DefaultRate
from cnncli.optim.optimizer import Optimizer


class ASGD(Optimizer):
    """Gradient descent with a falling rate r, and the mean a of the weights since step t0, in step t = 1, 2, ...:

    r = lr / (1 + lambd lr (t - 1))^alpha;  d = g + weight_decay p;  p = (1 - lambd r) p - r d;
    a = a + (p - a) / max(1, t - 1 - t0).

    lr : float >= 0, learning rate, default 0.01
    lambd : float >= 0, decay of all weights and of the rate, default 1e-4
    alpha : float >= 0, power of the rate's fall, default 0.75
    t0 : float >= 0, steps before the mean begins, default a million
    weight_decay : float >= 0, default 0; not for biases and batch normalization

    The mean is the state "average" of each parameter; a network has the weights p until you copy it there, as with
    PyTorch. Raises UsageError for settings out of range. Sources: Polyak & Juditsky 1992, "Acceleration of stochastic
    approximation by averaging"; Bottou's `asgd`. Arguments, defaults and steps are those of PyTorch's `ASGD`.

    >>> ASGD(0.1, t0=1000)
    ASGD(lr 0.1, lambd 0.0001, alpha 0.75, t0 1000)
    """

    rule = "asgd"
    counts_steps = True
    state_names = ("average",)
    on_command_line = DefaultRate(0.2, largest=2.0, follows_length=True)

    def __init__(
        self,
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(lr, weight_decay)
        self.lambd = self.setting("lambd", lambd)
        self.alpha = self.setting("alpha", alpha)
        self.t0 = self.setting("t0", t0)

    def coefficients(self, step: int, weight_decay: float) -> dict[str, float]:
        rate = self.lr / math.pow(1 + self.lambd * self.lr * (step - 1), self.alpha)
        return {
            "rate": rate,
            "kept_weight": 1 - self.lambd * rate,
            "share": 1 / max(1.0, step - 1 - self.t0),
            "weight_decay": weight_decay,
        }
