"""Stochastic gradient descent."""

from typing import ClassVar

from cnncli.errors import UsageError
from cnncli.optim.default_rate import DefaultRate
from cnncli.optim.optimizer import Optimizer


class SGD(Optimizer):
    """Steps against the gradient g, with momentum:

    d = g + weight_decay p;  v = momentum v + (1 - dampening) d;  p = p - lr v,
    and with Nesterov's momentum p = p - lr (d + momentum v). The velocity v is 0 at first.

    lr : float >= 0, learning rate, default 0.001
    momentum : float from 0 to below 1, share of the velocity that is kept, default 0
    dampening : float from 0 to below 1, share of the gradient that is left out of the velocity, default 0;
        Torch7's `sgd` takes the momentum for it where nothing is said
    weight_decay : float >= 0, default 0; not for biases and batch normalization
    nesterov : whether to look ahead; needs momentum and no dampening

    Without momentum there is no velocity, and dampening has no effect. Raises UsageError for settings out of
    range. Sources: Polyak 1964; Nesterov 1983 in the form of Torch7's `optim.sgd`.

    >>> SGD(0.1, momentum=0.9, nesterov=True)
    SGD(lr 0.1, momentum 0.9, nesterov)
    """

    rule = "sgd"
    on_command_line = DefaultRate(0.05, follows_length=True)
    command_settings: ClassVar = {"momentum": 0.9}

    def __init__(
        self,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(lr, weight_decay)
        self.momentum = self.setting("momentum", momentum, below=1)
        self.dampening = self.setting("dampening", dampening, below=1)
        self.nesterov = bool(nesterov)
        self.state_names = ("velocity",) if self.momentum else ()
        if self.nesterov and (self.momentum == 0 or self.dampening != 0):
            raise UsageError(
                f"SGD: nesterov with momentum {self.momentum:g} and dampening {self.dampening:g}; "
                "use momentum > 0 and dampening 0, or not nesterov"
            )

    def coefficients(self, step: int, weight_decay: float) -> dict[str, float]:
        return {
            "rate": self.lr,
            "momentum": self.momentum,
            "dampening": self.dampening,
            "nesterov": float(self.nesterov),
            "weight_decay": weight_decay,
        }
