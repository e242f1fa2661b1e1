"""Muon: steps whose matrices are orthogonal, so that every direction of a weight matrix moves alike."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from cnncli import _core
from cnncli.errors import UsageError
from cnncli.layers.parameter import Parameter
from cnncli.limits import Limits
from cnncli.optim.adamw import AdamW
from cnncli.optim.default_rate import DefaultRate
from cnncli.optim.optimizer import Optimizer, unique

_ADJUSTMENTS = (None, "original", "match_rms_adamw")


class Muon(Optimizer):
    """Momentum, made orthogonal, for the weight matrices of hidden layers; AdamW for all other parameters.

    Of a matrix p of (rows, columns) with the gradient g, where b is 0 at first:
    b = momentum b + (1 - momentum) g;  d = momentum b + (1 - momentum) g, or d = b without Nesterov's momentum;
    p = (1 - lr weight_decay) p - lr s orthogonal(d),  with s = sqrt(max(1, rows / columns)).
    orthogonal(d) is x = d / max(|d|, eps), and then ns_steps times x = k0 x + (k1 a + k2 a a) x with a = x x^T, after
    Newton and Schulz: about U V^T of d = U S V^T. Weights of convolutions are matrices of (filters, all else).

    A matrix is hidden if weight decay is for it and another such one comes after it: the output layer's is none.

    lr : float >= 0, learning rate, default 0.001
    weight_decay : float >= 0, default 0.1; not for biases and batch normalization
    momentum : float from 0 to below 1, default 0.95; nesterov : whether it looks ahead, default True
    ns_coefficients : k0, k1 and k2; eps : float >= 0, the least norm; ns_steps : int from 0 to below 100, default 5
    adjust_lr_fn : None or "original" for s as above, "match_rms_adamw" for s = 0.2 sqrt(max(rows, columns))
    rest_share : float >= 0, learning rate of AdamW as a share of lr, default 0.15
    rest_betas, rest_eps : betas and eps of AdamW

    Raises UsageError for settings out of range. Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in
    neural networks". Arguments, defaults and steps are those of PyTorch's `Muon` up to adjust_lr_fn, in float32 where
    that has bfloat16; PyTorch leaves the rest to another optimizer.

    >>> Muon(0.02)
    Muon(lr 0.02, weight decay 0.1, momentum 0.95, rest share 0.15)
    """

    rule = "adam"  # of what is no hidden matrix
    counts_steps = True
    state_names = ("momentum", "mean", "square")
    on_command_line = DefaultRate(0.02, power=0.5, largest=3.0)

    def __init__(
        self,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: Sequence[float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
        rest_share: float = 0.15,
        rest_betas: Sequence[float] = (0.9, 0.999),
        rest_eps: float = 1e-8,
    ) -> None:
        super().__init__(lr, weight_decay)
        self.momentum = self.setting("momentum", momentum, below=1)
        self.nesterov = bool(nesterov)
        if len(ns_coefficients) != 3 or not all(math.isfinite(number) for number in ns_coefficients):
            raise UsageError(f"Muon: ns_coefficients is {ns_coefficients}; use three numbers")
        self.ns_coefficients = tuple(map(float, ns_coefficients))
        self.eps = self.setting("eps", eps)
        self.ns_steps = int(Limits(whole=True, least=0, below=100).checked("Muon: ns_steps", ns_steps))
        if adjust_lr_fn not in _ADJUSTMENTS:
            raise UsageError(f"Muon: adjust_lr_fn is {adjust_lr_fn!r}; use None, 'original' or 'match_rms_adamw'")
        self.adjust_lr_fn = adjust_lr_fn
        self.rest_share = self.setting("rest_share", rest_share)
        self.rest_betas = self.pair("rest_betas", rest_betas, below=1)
        self.rest_eps = self.setting("rest_eps", rest_eps)

    def step(self, parameters: Iterable[Parameter]) -> None:
        self.steps += 1
        listed = unique(parameters)
        hidden = {parameter.name for parameter in listed if parameter.decay and parameter.value.ndim >= 2}
        hidden -= {next((p.name for p in reversed(listed) if p.name in hidden), "")}
        for parameter in listed:
            decay = self.weight_decay if parameter.decay else 0.0
            if parameter.name in hidden:
                self._orthogonal_step(parameter, decay)
            else:
                settings = self.rule_settings(self.steps, decay)
                states = self.state_of(parameter, ("mean", "square"))
                _core.update(self.rule, parameter.value, parameter.gradient, states, settings)

    def _orthogonal_step(self, parameter: Parameter, decay: float) -> None:
        rows = len(parameter.value)
        columns = parameter.value.size // max(rows, 1)
        if self.adjust_lr_fn == "match_rms_adamw":
            scale = 0.2 * math.sqrt(max(rows, columns))
        else:
            scale = math.sqrt(max(1.0, rows / max(columns, 1)))
        arrays = (parameter.value, parameter.gradient, self.state_of(parameter, ("momentum",))["momentum"])
        _core.muon_update(
            *(np.reshape(array, (rows, columns)) for array in arrays),
            rate=self.lr * scale,
            kept_weight=1 - self.lr * decay,
            momentum=self.momentum,
            new_share=1 - self.momentum,
            nesterov=self.nesterov,
            coefficients=self.ns_coefficients,
            eps=self.eps,
            steps=self.ns_steps,
        )

    def coefficients(self, step: int, weight_decay: float) -> dict[str, float]:
        rest = AdamW(self.lr * self.rest_share, self.rest_betas, self.rest_eps)
        return rest.coefficients(step, weight_decay)

    def __repr__(self) -> str:
        return (
            f"Muon(lr {self.lr:g}, weight decay {self.weight_decay:g}, momentum {self.momentum:g}, "
            f"rest share {self.rest_share:g})"
        )
