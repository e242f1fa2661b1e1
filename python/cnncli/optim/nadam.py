"""NAdam: Adam with Nesterov's momentum."""

import math
from collections.abc import Sequence

from cnncli.optim.default_rate import DefaultRate
from cnncli.optim.optimizer import Optimizer, whole_power


class NAdam(Optimizer):
    """Adam whose mean looks a step ahead, in step t = 1, 2, ... with c(t) = b1 (1 - 0.96^(t momentum_decay) / 2):

    d = g + weight_decay p;  m = b1 m + (1 - b1) d;  v = b2 v + (1 - b2) d^2;  C = c(1) c(2) ... c(t),
    p = p - lr ((1 - c(t)) / (1 - C) d + c(t + 1) / (1 - C c(t + 1)) m) / (sqrt(v / (1 - b2^t)) + eps).

    lr : float >= 0, learning rate, default 0.002
    betas : b1 and b2, floats from 0 to below 1, default 0.9 and 0.999
    eps : float >= 0, added to the root, default 1e-8
    weight_decay : float >= 0, default 0; not for biases and batch normalization
    momentum_decay : float >= 0, default 0.004
    decoupled_weight_decay : whether weight decay is that of AdamW, p = (1 - lr weight_decay) p before the step

    Raises UsageError for settings out of range. Source: Dozat 2016, "Incorporating Nesterov momentum into Adam".
    Arguments, defaults and steps are those of PyTorch's `NAdam`.

    >>> NAdam()
    NAdam(lr 0.002, betas (0.9, 0.999), eps 1e-08, momentum decay 0.004)
    """

    rule = "nadam"
    counts_steps = True
    state_names = ("mean", "square")
    on_command_line = DefaultRate(0.004, power=0.5, largest=3.0)

    def __init__(
        self,
        lr: float = 2e-3,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(lr, weight_decay)
        self.betas = self.pair("betas", betas, below=1)
        self.eps = self.setting("eps", eps)
        self.momentum_decay = self.setting("momentum_decay", momentum_decay)
        self.decoupled_weight_decay = bool(decoupled_weight_decay)
        self._product = 0, 1.0  # number of factors, and c(1) c(2) ... of so many

    def coefficients(self, step: int, weight_decay: float) -> dict[str, float]:
        first, second = self.betas
        now, ahead, product = self._share(step), self._share(step + 1), self._product_of(step)
        decoupled = self.decoupled_weight_decay
        return {
            "gradient_rate": self.lr * (1 - now) / (1 - product),
            "mean_rate": self.lr * ahead / (1 - product * ahead),
            "new_mean": 1 - first,
            "kept_square": second,
            "new_square": 1 - second,
            "root_of_correction": math.sqrt(1 - whole_power(second, step)),
            "eps": self.eps,
            "weight_decay": 0.0 if decoupled else weight_decay,
            "kept_weight": 1 - self.lr * weight_decay if decoupled else 1.0,
        }

    def _share(self, step: int) -> float:
        return self.betas[0] * (1 - 0.5 * math.pow(0.96, step * self.momentum_decay))

    def _product_of(self, step: int) -> float:
        """Always multiplied in the same order, so that a resumed training has the same bits."""
        done, product = self._product if self._product[0] <= step else (0, 1.0)
        for factor in range(done + 1, step + 1):
            product *= self._share(factor)
        self._product = step, product
        return product
