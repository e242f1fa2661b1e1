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


def adamw(
    p: np.ndarray, gradients: Sequence[np.ndarray], *, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8, weight_decay: float = 0.01, amsgrad: bool = False,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:  # fmt: skip
    m, v, peak = np.zeros_like(p), np.zeros_like(p), np.zeros_like(p)
    for t, g in enumerate(gradients, 1):
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        peak = np.maximum(peak, v)
        root = np.sqrt((peak if amsgrad else v) / (1 - betas[1] ** t))
        p = p - lr * weight_decay * p - lr * (m / (1 - betas[0] ** t)) / (root + eps)
    return p, {"mean": m, "square": v} | ({"largest": peak} if amsgrad else {})


def muon(
    p: np.ndarray, gradients: Sequence[np.ndarray], *, lr: float = 1e-3, weight_decay: float = 0.1,
    momentum: float = 0.95, nesterov: bool = True,
    ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315), eps: float = 1e-7, ns_steps: int = 5,
    adjust_lr_fn: str | None = None, rest_share: float = 0.15, rest_betas: tuple[float, float] = (0.9, 0.999),
    rest_eps: float = 1e-8,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:  # fmt: skip
    return adamw(p, gradients, lr=lr * rest_share, betas=rest_betas, eps=rest_eps, weight_decay=weight_decay)


def adagrad(
    p: np.ndarray, gradients: Sequence[np.ndarray], *, lr: float = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
    initial_accumulator_value: float = 0, eps: float = 1e-10,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:  # fmt: skip
    total = np.full_like(p, initial_accumulator_value)
    for t, g in enumerate(gradients):
        d = g + weight_decay * p
        total = total + d**2
        p = p - lr / (1 + t * lr_decay) * d / (np.sqrt(total) + eps)
    return p, {"sum": total}


def adadelta(
    p: np.ndarray, gradients: Sequence[np.ndarray], *, lr: float = 1, rho: float = 0.9, eps: float = 1e-6,
    weight_decay: float = 0,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:  # fmt: skip
    v, u = np.zeros_like(p), np.zeros_like(p)
    for g in gradients:
        d = g + weight_decay * p
        v = rho * v + (1 - rho) * d**2
        x = np.sqrt(u + eps) / np.sqrt(v + eps) * d
        u = rho * u + (1 - rho) * x**2
        p = p - lr * x
    return p, {"square": v, "step_square": u}


def rmsprop(
    p: np.ndarray, gradients: Sequence[np.ndarray], *, lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
    weight_decay: float = 0, momentum: float = 0, centered: bool = False,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:  # fmt: skip
    v, m, b = np.zeros_like(p), np.zeros_like(p), np.zeros_like(p)
    for g in gradients:
        d = g + weight_decay * p
        v = alpha * v + (1 - alpha) * d**2
        m = alpha * m + (1 - alpha) * d
        x = d / (np.sqrt(v - m**2 if centered else v) + eps)
        b = momentum * b + x
        p = p - lr * b
    return p, {"square": v} | ({"mean": m} if centered else {}) | ({"velocity": b} if momentum else {})


def adamax(
    p: np.ndarray, gradients: Sequence[np.ndarray], *, lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8, weight_decay: float = 0,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:  # fmt: skip
    m, u = np.zeros_like(p), np.zeros_like(p)
    for t, g in enumerate(gradients, 1):
        d = g + weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * d
        u = np.maximum(betas[1] * u, np.abs(d) + eps)
        p = p - lr / (1 - betas[0] ** t) * m / u
    return p, {"mean": m, "norm": u}


def nadam(
    p: np.ndarray, gradients: Sequence[np.ndarray], *, lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8, weight_decay: float = 0, momentum_decay: float = 4e-3, decoupled_weight_decay: bool = False,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:  # fmt: skip
    m, v = np.zeros_like(p), np.zeros_like(p)
    mu = [betas[0] * (1 - 0.5 * 0.96 ** (t * momentum_decay)) for t in range(len(gradients) + 2)]
    for t, g in enumerate(gradients, 1):
        if decoupled_weight_decay:
            p = p - lr * weight_decay * p
        d = g if decoupled_weight_decay else g + weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * d
        v = betas[1] * v + (1 - betas[1]) * d**2
        ahead = mu[t + 1] * m / (1 - np.prod(mu[1 : t + 2])) + (1 - mu[t]) * d / (1 - np.prod(mu[1 : t + 1]))
        p = p - lr * ahead / (np.sqrt(v / (1 - betas[1] ** t)) + eps)
    return p, {"mean": m, "square": v}


def radam(
    p: np.ndarray, gradients: Sequence[np.ndarray], *, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8, weight_decay: float = 0, decoupled_weight_decay: bool = False,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:  # fmt: skip
    m, v = np.zeros_like(p), np.zeros_like(p)
    longest = 2 / (1 - betas[1]) - 1
    for t, g in enumerate(gradients, 1):
        if decoupled_weight_decay:
            p = p - lr * weight_decay * p
        d = g if decoupled_weight_decay else g + weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * d
        v = betas[1] * v + (1 - betas[1]) * d**2
        mean = m / (1 - betas[0] ** t)
        length = longest - 2 * t * betas[1] ** t / (1 - betas[1] ** t)
        if length > 5:
            numerator = (length - 4) * (length - 2) * longest
            rectified = np.sqrt(numerator / ((longest - 4) * (longest - 2) * length))
            p = p - lr * mean * rectified * np.sqrt(1 - betas[1] ** t) / (np.sqrt(v) + eps)
        else:
            p = p - lr * mean
    return p, {"mean": m, "square": v}


def lion(
    p: np.ndarray, gradients: Sequence[np.ndarray], *, lr: float = 1e-4, betas: tuple[float, float] = (0.9, 0.99),
    weight_decay: float = 0,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:  # fmt: skip
    m = np.zeros_like(p)
    for g in gradients:
        c = betas[0] * m + (1 - betas[0]) * g
        p = p - lr * (np.sign(c) + weight_decay * p)
        m = betas[1] * m + (1 - betas[1]) * g
    return p, {"mean": m}


def rprop(
    p: np.ndarray, gradients: Sequence[np.ndarray], *, lr: float = 1e-2, etas: tuple[float, float] = (0.5, 1.2),
    step_sizes: tuple[float, float] = (1e-6, 50), weight_decay: float = 0,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:  # fmt: skip
    before, size = np.zeros_like(p), np.full_like(p, lr)
    for g in gradients:
        d = g + weight_decay * p
        stays, turned = np.sign(d) * np.sign(before) > 0, np.sign(d) * np.sign(before) < 0
        size = np.clip(size * np.where(stays, etas[1], np.where(turned, etas[0], 1)), *step_sizes)
        before = np.where(turned, 0, d)
        p = p - size * np.sign(before)
    return p, {"previous": before, "step_size": size}


def asgd(
    p: np.ndarray, gradients: Sequence[np.ndarray], *, lr: float = 1e-2, lambd: float = 1e-4, alpha: float = 0.75,
    t0: float = 1e6, weight_decay: float = 0,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:  # fmt: skip
    places = []
    for t, g in enumerate(gradients):
        rate = lr / (1 + lambd * lr * t) ** alpha
        p = p - rate * (g + weight_decay * p) - rate * lambd * p
        places.append(p)
    # The mean of the places from step t0 + 2 on; the place itself as long as there is no such step.
    return p, {"average": np.mean(places[int(t0) + 1 :], axis=0) if len(places) > t0 + 1 else p}


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
    Row(
        optim.AdamW,
        adamw,
        [{"lr": 0.1, "betas": (0.5, 0.75), "weight_decay": 0.5}, {"lr": 0.1, "eps": 0.1, "amsgrad": True}],
        torch="AdamW",
    ),
    Row(
        optim.Adagrad,
        adagrad,
        [
            {"lr": 0.1, "lr_decay": 0.5, "weight_decay": 0.1},
            {"lr": 0.1, "initial_accumulator_value": 0.5, "eps": 0.1},
        ],
        torch="Adagrad",
    ),
    Row(
        optim.Adadelta,
        adadelta,
        [{"lr": 0.5, "rho": 0.5, "eps": 0.01}, {"weight_decay": 0.1, "eps": 0.1}],
        torch="Adadelta",
    ),
    Row(
        optim.RMSprop,
        rmsprop,
        [
            {"lr": 0.1, "alpha": 0.5, "weight_decay": 0.1},
            {"lr": 0.1, "eps": 0.1, "momentum": 0.75},
            {"lr": 0.1, "alpha": 0.75, "centered": True, "eps": 0.01},
            {"lr": 0.1, "momentum": 0.5, "centered": True, "weight_decay": 0.1},
        ],
        torch="RMSprop",
    ),
    Row(
        optim.Adamax,
        adamax,
        [{"lr": 0.1, "betas": (0.5, 0.75), "weight_decay": 0.1}, {"lr": 0.1, "eps": 0.5}],
        torch="Adamax",
    ),
    Row(
        optim.NAdam,
        nadam,
        [
            {"lr": 0.1, "betas": (0.5, 0.75), "weight_decay": 0.1},
            {"lr": 0.1, "eps": 0.1, "momentum_decay": 0.5},
            {"lr": 0.1, "weight_decay": 0.5, "decoupled_weight_decay": True},
        ],
        torch="NAdam",
    ),
    Row(
        optim.RAdam,
        radam,
        [
            {"lr": 0.1, "betas": (0.5, 0.75), "weight_decay": 0.1},  # never adaptive
            {"lr": 0.1, "betas": (0.8, 0.9), "eps": 0.1},  # from step 6 on
            {"lr": 0.1, "weight_decay": 0.5, "decoupled_weight_decay": True},
        ],
        torch="RAdam",
    ),
    Row(
        optim.Rprop,
        rprop,
        [
            {"lr": 0.1},
            {"lr": 0.1, "etas": (0.25, 2.0), "step_sizes": (0.05, 0.3)},
        ],
        torch="Rprop",
    ),
    Row(
        optim.ASGD,
        asgd,
        [
            {"lr": 0.1, "lambd": 0.5, "alpha": 0.5, "weight_decay": 0.1},
            {"lr": 0.1, "t0": 2.0},
            {"lr": 0.1, "t0": 0.0, "weight_decay": 0.5},
        ],
        torch="ASGD",
    ),
    # One array alone is no hidden matrix: AdamW's part. The other is in tests/optim/test_muon.py.
    Row(
        optim.Muon,
        muon,
        [
            {"lr": 0.1, "rest_share": 0.5, "rest_betas": (0.5, 0.75), "weight_decay": 0.5},
            {"lr": 0.1, "rest_eps": 0.1, "momentum": 0.5, "nesterov": False, "adjust_lr_fn": "match_rms_adamw"},
        ],
    ),
    Row(optim.Lion, lion, [{"lr": 0.1, "betas": (0.5, 0.75), "weight_decay": 0.5}]),
)
CASES = [(row, settings) for row in ROWS for settings in ({}, *row.settings)]
IDS = [
    " ".join([row.kind.__name__, *(f"{name}={value}" for name, value in settings.items())]) for row, settings in CASES
]
