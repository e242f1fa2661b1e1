"""Stochastic gradient descent."""

from collections.abc import Mapping
from typing import Any

from cnncli import _core
from cnncli.errors import UsageError
from cnncli.layers.arrays import FloatArray
from cnncli.optim.optimizer import Optimizer


class SGD(Optimizer):
    """Steps against the gradient g, with momentum:

    d = g + weight_decay p;  v = momentum v + (1 - dampening) d;  p = p - learning_rate v,
    and with Nesterov's momentum p = p - learning_rate (d + momentum v). The velocity v is 0 at first.

    learning_rate : float >= 0
    momentum : float from 0 to below 1, share of the velocity that is kept, default 0
    dampening : float from 0 to below 1, share of the gradient that is left out of the velocity, default 0;
        Torch7's `sgd` takes the momentum for it where nothing is said
    nesterov : whether to look ahead; needs momentum and no dampening
    weight_decay : float >= 0, default 0; not for biases and batch normalization

    Without momentum there is no velocity, and dampening has no effect. Raises UsageError for settings out of
    range. Sources: Polyak 1964; Nesterov 1983 in the form of Torch7's `optim.sgd`.

    >>> SGD(0.1, momentum=0.9, nesterov=True)
    SGD(learning rate 0.1, momentum 0.9, nesterov)
    """

    state_names = ("velocity",)

    def __init__(
        self,
        learning_rate: float,
        momentum: float = 0.0,
        dampening: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(learning_rate, weight_decay)
        self.momentum = self.setting("momentum", momentum, below=1)
        self.dampening = self.setting("dampening", dampening, below=1)
        self.nesterov = bool(nesterov)
        if self.nesterov and (self.momentum == 0 or self.dampening != 0):
            raise UsageError(
                f"SGD: nesterov with momentum {self.momentum:g} and dampening {self.dampening:g}; "
                "use momentum > 0 and dampening 0"
            )

    def update(
        self, value: FloatArray, gradient: FloatArray, state: Mapping[str, FloatArray], *, weight_decay: float
    ) -> None:
        _core.sgd_update(
            value,
            gradient,
            state["velocity"] if self.momentum else None,
            learning_rate=self.learning_rate,
            momentum=self.momentum,
            dampening=self.dampening,
            nesterov=self.nesterov,
            weight_decay=weight_decay,
        )

    def settings(self) -> dict[str, Any]:
        return {
            "learning_rate": self.learning_rate,
            "momentum": self.momentum,
            "dampening": self.dampening,
            "nesterov": self.nesterov,
            "weight_decay": self.weight_decay,
        }

    def __repr__(self) -> str:
        parts = [
            name.replace("_", " ") + ("" if value is True else f" {value:g}")
            for name, value in self.settings().items()
            if value or name == "learning_rate"
        ]
        return f"SGD({', '.join(parts)})"
