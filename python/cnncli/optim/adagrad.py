"""Adagrad: a rate for each weight, which falls with the sum of its squared gradients."""

from cnncli.optim.default_rate import DefaultRate
from cnncli.optim.optimizer import Optimizer


class Adagrad(Optimizer):
    """Steps against the gradient g over the root of the sum of its squares so far, in step t = 1, 2, ...:

    d = g + weight_decay p;  s = s + d^2;  p = p - lr / (1 + (t - 1) lr_decay) d / (sqrt(s) + eps).

    lr : float >= 0, learning rate, default 0.01
    lr_decay : float >= 0, default 0
    weight_decay : float >= 0, default 0; not for biases and batch normalization
    initial_accumulator_value : float >= 0, of s before the first step, default 0
    eps : float >= 0, added to the root, default 1e-10

    Raises UsageError for settings out of range. Source: Duchi, Hazan & Singer 2011. Arguments, defaults and steps are
    those of PyTorch's `Adagrad`.

    >>> Adagrad(lr_decay=0.001)
    Adagrad(lr 0.01, lr decay 0.001, eps 1e-10)
    """

    rule = "adagrad"
    counts_steps = True
    state_names = ("sum",)
    on_command_line = DefaultRate(0.06, power=0.2, largest=2.0)

    def __init__(
        self,
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ) -> None:
        super().__init__(lr, weight_decay)
        self.lr_decay = self.setting("lr_decay", lr_decay)
        self.initial_accumulator_value = self.setting("initial_accumulator_value", initial_accumulator_value)
        self.eps = self.setting("eps", eps)

    def first_value(self, name: str) -> float:
        return self.initial_accumulator_value

    def coefficients(self, step: int, weight_decay: float) -> dict[str, float]:
        return {
            "rate": self.lr / (1 + (step - 1) * self.lr_decay),
            "eps": self.eps,
            "weight_decay": weight_decay,
        }
