"""Adadelta: steps as large as earlier ones were for gradients of this size."""

from cnncli.optim.default_rate import DefaultRate
from cnncli.optim.optimizer import Optimizer


class Adadelta(Optimizer):
    """Steps in the units of the weights, from the means v and u of squared gradients and of squared steps:

    d = g + weight_decay p;  v = rho v + (1 - rho) d^2;  x = sqrt(u + eps) / sqrt(v + eps) d,
    u = rho u + (1 - rho) x^2;  p = p - lr x, where v and u are 0 at first.

    lr : float >= 0, what each step is multiplied by, default 1
    rho : float from 0 to below 1, share of the means that is kept, default 0.9
    eps : float >= 0, within the roots; the first steps grow from it, default 1e-6
    weight_decay : float >= 0, default 0; not for biases and batch normalization

    Raises UsageError for settings out of range. Source: Zeiler 2012, "ADADELTA", algorithm 1. Arguments, defaults and
    steps are those of PyTorch's `Adadelta`.

    >>> Adadelta(rho=0.95)
    Adadelta(lr 1, rho 0.95, eps 1e-06)
    """

    rule = "adadelta"
    state_names = ("square", "step_square")
    on_command_line = DefaultRate(1.0, power=0.5, largest=4.0)

    def __init__(self, lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0.0) -> None:
        super().__init__(lr, weight_decay)
        self.rho = self.setting("rho", rho, below=1)
        self.eps = self.setting("eps", eps)

    def coefficients(self, step: int, weight_decay: float) -> dict[str, float]:
        return {
            "rate": self.lr,
            "kept": self.rho,
            "new": 1 - self.rho,
            "eps": self.eps,
            "weight_decay": weight_decay,
        }
