"""Every optimizer's row: its class, the settings to try, its formula in float64, and the name that PyTorch has for it.

A formula takes the parameter before the first step and the gradient of each step, and the class's arguments by name
with its documented defaults; it returns the parameter after the last step and the states by name. It is written from
the paper and shares nothing with the product.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnncli import optim

Formula = Callable[..., tuple[np.ndarray, dict[str, np.ndarray]]]


@dataclass(frozen=True)
class Row:
    """settings : each is tried beside the defaults; torch : name in torch.optim, "" for none"""

    kind: type[optim.Optimizer]
    formula: Formula
    settings: Sequence[dict[str, Any]]
    torch: str = ""


def sgd(
    p: np.ndarray, gradients: Sequence[np.ndarray], *, lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
    weight_decay: float = 0, nesterov: bool = False,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:  # fmt: skip
    v = np.zeros_like(p)
    for g in gradients:
        d = g + weight_decay * p
        if momentum:
            v = momentum * v + (1 - dampening) * d
            d = d + momentum * v if nesterov else v
        p = p - lr * d
    return p, {"velocity": v} if momentum else {}


def adam(
    p: np.ndarray, gradients: Sequence[np.ndarray], *, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8, weight_decay: float = 0, amsgrad: bool = False,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:  # fmt: skip
    m, v, peak = np.zeros_like(p), np.zeros_like(p), np.zeros_like(p)
    for t, g in enumerate(gradients, 1):
        d = g + weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * d
        v = betas[1] * v + (1 - betas[1]) * d**2
        peak = np.maximum(peak, v)
        root = np.sqrt((peak if amsgrad else v) / (1 - betas[1] ** t))
        p = p - lr * (m / (1 - betas[0] ** t)) / (root + eps)
    return p, {"mean": m, "square": v} | ({"largest": peak} if amsgrad else {})


ROWS = (
    Row(
        optim.SGD,
        sgd,
        [
            {"lr": 0.1},
            {"lr": 0.1, "weight_decay": 0.01},
            {"lr": 0.1, "momentum": 0.9},
            {"lr": 0.1, "momentum": 0.9, "dampening": 0.9},
            {"lr": 0.1, "momentum": 0.9, "nesterov": True},
            {"lr": 0.1, "momentum": 0.5, "dampening": 0.25, "weight_decay": 0.1},
            {"lr": 0.1, "momentum": 0.5, "nesterov": True, "weight_decay": 0.01},
            {"lr": 0.0, "momentum": 0.9},
        ],
        torch="SGD",
    ),
    Row(
        optim.Adam,
        adam,
        [
            {"lr": 0.1},
            {"lr": 0.1, "betas": (0.5, 0.75), "weight_decay": 0.1},
            {"lr": 0.1, "betas": (0.0, 0.6), "eps": 0.1, "amsgrad": True},
        ],
        torch="Adam",
    ),
)
CASES = [(row, settings) for row in ROWS for settings in ({}, *row.settings)]
IDS = [
    " ".join([row.kind.__name__, *(f"{name}={value}" for name, value in settings.items())]) for row, settings in CASES
]
