"""RAdam: Adam that waits until it can tell its variances."""

import math
from collections.abc import Sequence

from cnncli.optim.default_rate import DefaultRate
from cnncli.optim.optimizer import Optimizer, whole_power


class RAdam(Optimizer):
    """Adam, rectified: in step t = 1, 2, ... with r = 2 / (1 - b2) - 1 and r(t) = r - 2 t b2^t / (1 - b2^t):

    d = g + weight_decay p;  m = b1 m + (1 - b1) d;  v = b2 v + (1 - b2) d^2.
    Where r(t) > 5: p = p - lr R m / (1 - b1^t) sqrt(1 - b2^t) / (sqrt(v) + eps), with
    R^2 = (r(t) - 4) (r(t) - 2) r / ((r - 4) (r - 2) r(t)); before that p = p - lr m / (1 - b1^t).

    lr : float >= 0, learning rate, default 0.001
    betas : b1 and b2, floats from 0 to below 1, default 0.9 and 0.999
    eps : float >= 0, added to the root, default 1e-8
    weight_decay : float >= 0, default 0; not for biases and batch normalization
    decoupled_weight_decay : whether weight decay is that of AdamW, p = (1 - lr weight_decay) p before the step

    Raises UsageError for settings out of range. Source: Liu et al. 2020, "On the variance of the adaptive learning rate
    and beyond", algorithm 2. Arguments, defaults and steps are those of PyTorch's `RAdam`.

    >>> RAdam(betas=(0.9, 0.99))
    RAdam(lr 0.001, betas (0.9, 0.99), eps 1e-08)
    """

    rule = "radam"
    counts_steps = True
    state_names = ("mean", "square")
    on_command_line = DefaultRate(0.01, power=0.5, largest=3.0)

    def __init__(
        self,
        lr: float = 1e-3,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(lr, weight_decay)
        self.betas = self.pair("betas", betas, below=1)
        self.eps = self.setting("eps", eps)
        self.decoupled_weight_decay = bool(decoupled_weight_decay)

    def coefficients(self, step: int, weight_decay: float) -> dict[str, float]:
        first, second = self.betas
        kept = whole_power(second, step)
        longest = 2 / (1 - second) - 1
        length = longest - 2 * step * kept / (1 - kept)
        rate, decoupled = self.lr / (1 - whole_power(first, step)), self.decoupled_weight_decay
        if length > 5:
            part = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
            rate *= math.sqrt(part * (1 - kept))
        return {
            "rate": rate,
            "is_adaptive": float(length > 5),
            "new_mean": 1 - first,
            "kept_square": second,
            "new_square": 1 - second,
            "eps": self.eps,
            "weight_decay": 0.0 if decoupled else weight_decay,
            "kept_weight": 1 - self.lr * weight_decay if decoupled else 1.0,
        }
