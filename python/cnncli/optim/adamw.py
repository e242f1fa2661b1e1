"""Adam with decoupled weight decay."""

from collections.abc import Sequence

from cnncli.optim.adam import Adam
from cnncli.optim.default_rate import DefaultRate


class AdamW(Adam):
    """Adam whose weight decay is taken off the weights, p = (1 - lr weight_decay) p, and unseen by its means.

    lr, betas, eps, amsgrad : as for Adam
    weight_decay : float >= 0, default 0.01; not for biases and batch normalization

    Source: Loshchilov & Hutter 2019, "Decoupled weight decay regularization", algorithm 2. Arguments, defaults and
    steps are those of PyTorch's `AdamW`.

    >>> AdamW(0.002)
    AdamW(lr 0.002, betas (0.9, 0.999), eps 1e-08, weight decay 0.01)
    """

    on_command_line = DefaultRate(0.003, power=0.5, largest=3.0)

    def __init__(
        self,
        lr: float = 1e-3,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(lr, betas, eps, weight_decay, amsgrad)

    def coefficients(self, step: int, weight_decay: float) -> dict[str, float]:
        return {**super().coefficients(step, 0.0), "kept_weight": 1 - self.lr * weight_decay}
