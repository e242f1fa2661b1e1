"""Adamax: Adam by the largest gradient instead of the mean of squares."""

from collections.abc import Sequence

from cnncli.optim.default_rate import DefaultRate
from cnncli.optim.optimizer import Optimizer, whole_power


class Adamax(Optimizer):
    """Steps along the mean of past gradients over the largest one, which is forgotten slowly, in step t = 1, 2, ...:

    d = g + weight_decay p;  m = b1 m + (1 - b1) d;  u = max(b2 u, |d| + eps);  p = p - lr / (1 - b1^t) m / u.

    lr : float >= 0, learning rate, default 0.002
    betas : b1 and b2, floats from 0 to below 1, default 0.9 and 0.999
    eps : float >= 0, added to the gradient's size, default 1e-8
    weight_decay : float >= 0, default 0; not for biases and batch normalization

    Raises UsageError for settings out of range. Source: Kingma & Ba 2015, algorithm 2. Arguments, defaults and steps
    are those of PyTorch's `Adamax`.

    >>> Adamax(weight_decay=0.01)
    Adamax(lr 0.002, betas (0.9, 0.999), eps 1e-08, weight decay 0.01)
    """

    rule = "adamax"
    counts_steps = True
    state_names = ("mean", "norm")
    on_command_line = DefaultRate(0.01, power=0.5, largest=3.0)

    def __init__(
        self,
        lr: float = 2e-3,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(lr, weight_decay)
        self.betas = self.pair("betas", betas, below=1)
        self.eps = self.setting("eps", eps)

    def coefficients(self, step: int, weight_decay: float) -> dict[str, float]:
        first, second = self.betas
        return {
            "rate": self.lr / (1 - whole_power(first, step)),
            "new_mean": 1 - first,
            "kept_norm": second,
            "eps": self.eps,
            "weight_decay": weight_decay,
        }
