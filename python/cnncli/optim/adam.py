"""Adam: steps of about the same size for every weight, whatever the size of its gradient."""

import math
from collections.abc import Sequence

from cnncli.optim.default_rate import DefaultRate
from cnncli.optim.optimizer import Optimizer, whole_power


class Adam(Optimizer):
    """Steps along the mean of past gradients over the root of the mean of their squares, in step t = 1, 2, ...:

    d = g + weight_decay p;  m = b1 m + (1 - b1) d;  v = b2 v + (1 - b2) d^2,
    p = p - lr / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + eps), where m and v are 0 at first.

    lr : float >= 0, learning rate, default 0.001
    betas : b1 and b2, floats from 0 to below 1, shares of the means that are kept, default 0.9 and 0.999
    eps : float >= 0, added to the root, default 1e-8
    weight_decay : float >= 0, default 0; not for biases and batch normalization
    amsgrad : whether v is replaced, in the root, by the largest one so far

    Raises UsageError for settings out of range. Sources: Kingma & Ba 2015, algorithm 1; Reddi, Kale & Kumar 2018 for
    amsgrad. Arguments, defaults and steps are those of PyTorch's `Adam`.

    >>> Adam(betas=(0.9, 0.99), amsgrad=True)
    Adam(lr 0.001, betas (0.9, 0.99), eps 1e-08, amsgrad)
    """

    rule = "adam"
    counts_steps = True
    on_command_line = DefaultRate(0.003, power=0.5, largest=3.0)

    def __init__(
        self,
        lr: float = 1e-3,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(lr, weight_decay)
        self.betas = self.pair("betas", betas, below=1)
        self.eps = self.setting("eps", eps)
        self.amsgrad = bool(amsgrad)
        self.state_names = ("mean", "square", "largest") if self.amsgrad else ("mean", "square")

    def coefficients(self, step: int, weight_decay: float) -> dict[str, float]:
        first, second = self.betas
        return {
            "rate": self.lr / (1 - whole_power(first, step)),
            "new_mean": 1 - first,
            "kept_square": second,
            "new_square": 1 - second,
            "root_of_correction": math.sqrt(1 - whole_power(second, step)),
            "eps": self.eps,
            "weight_decay": weight_decay,
            "kept_weight": 1.0,
        }
