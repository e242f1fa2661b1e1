"""Every element-wise layer: its settings, its formula in float64, and what PyTorch calls it. A row each.

The formulas are written from the definitions; gradients come from finite differences of them, but at kinks.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cnncli.layers import (
    CELU,
    ELU,
    GELU,
    SELU,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    Mish,
    ReLU,
    ReLU6,
    ScaledTanh,
    Sigmoid,
    SiLU,
    Softplus,
    Softshrink,
    Softsign,
    Step,
    Tanh,
    Threshold,
)
from cnncli.layers.activation import Activation
from cnncli.layers.settings import LARGEST, SMALLEST

Array = np.ndarray


@dataclass(frozen=True)
class Case:
    """layer : with its settings
    formula : y of x, both float64
    limits : y at -Inf and at Inf
    kinks : (x, gradient there) where the function has no derivative; PyTorch's choices
    torch : module of torch.nn with the same arguments, or "" where there is none: then it is held to a function of
        `beside_torch` with the core's name for it, if there is one
    """

    layer: Callable[[], Activation]
    formula: Callable[[Array], Array]
    limits: tuple[float, float]
    kinks: tuple[tuple[float, float], ...] = ()
    torch: str = ""
    arguments: tuple[float | str, ...] = field(default=())

    def __str__(self) -> str:
        return repr(self.layer())


def sigmoid(x: Array) -> Array:
    return np.where(
        x < 0, np.exp(np.minimum(x, 0)) / (1 + np.exp(np.minimum(x, 0))), 1 / (1 + np.exp(-np.maximum(x, 0)))
    )


def softplus(x: Array) -> Array:
    return np.logaddexp(0, x)


def normal_distribution(x: Array) -> Array:
    return np.vectorize(lambda value: 0.5 * math.erfc(-value / math.sqrt(2)), otypes=[np.float64])(x)


def times(x: Array, factor: Array) -> Array:
    """x times what goes to 0 faster than x grows."""
    return np.where(factor == 0, 0.0, x * factor)


def exponential(x: Array, positive: float, alpha: float, width: float = 1.0) -> Array:
    return np.where(x > 0, positive * x, alpha * np.expm1(np.minimum(x, 0) / width))


def gelu_tanh(x: Array) -> Array:
    u = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return times(x, sigmoid(2 * u))


INF = math.inf
SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946

CASES = [
    Case(ReLU, lambda x: np.maximum(x, 0), (0, INF), ((0, 0),), "ReLU"),
    Case(Tanh, np.tanh, (-1, 1), (), "Tanh"),
    Case(Sigmoid, sigmoid, (0, 1), (), "Sigmoid"),
    Case(ScaledTanh, lambda x: 1.7159 * np.tanh(2 / 3 * x), (-1.7159, 1.7159)),
    Case(lambda: ScaledTanh(0.5, 3), lambda x: 0.5 * np.tanh(3 * x), (-0.5, 0.5)),
    Case(Step, lambda x: np.where(np.isnan(x), x, x >= 0), (0, 1), ((0, 0),)),
    Case(lambda: Step(-1.5), lambda x: np.where(np.isnan(x), x, x >= -1.5), (0, 1), ((-1.5, 0),)),
    Case(
        lambda: Threshold(0.5, -2), lambda x: np.where(x <= 0.5, -2, x), (-2, INF), ((0.5, 0),), "Threshold", (0.5, -2)
    ),
    Case(LeakyReLU, lambda x: np.where(x > 0, x, 0.01 * x), (-INF, INF), ((0, 0.01),), "LeakyReLU"),
    Case(
        lambda: LeakyReLU(-0.5), lambda x: np.where(x > 0, x, -0.5 * x), (INF, INF), ((0, -0.5),), "LeakyReLU", (-0.5,)
    ),
    Case(ReLU6, lambda x: np.clip(x, 0, 6), (0, 6), ((0, 0), (6, 0)), "ReLU6"),
    Case(Hardtanh, lambda x: np.clip(x, -1, 1), (-1, 1), ((-1, 0), (1, 0)), "Hardtanh"),
    Case(
        lambda: Hardtanh(-0.5, 2), lambda x: np.clip(x, -0.5, 2), (-0.5, 2), ((-0.5, 0), (2, 0)), "Hardtanh", (-0.5, 2)
    ),
    Case(ELU, lambda x: exponential(x, 1, 1), (-1, INF), ((0, 1),), "ELU"),
    Case(lambda: ELU(0.3), lambda x: exponential(x, 1, 0.3), (-0.3, INF), ((0, 0.3),), "ELU", (0.3,)),
    Case(
        SELU,
        lambda x: exponential(x, SELU_SCALE, SELU_SCALE * SELU_ALPHA),
        (-SELU_SCALE * SELU_ALPHA, INF),
        ((0, SELU_SCALE * SELU_ALPHA),),
        "SELU",
    ),
    Case(CELU, lambda x: exponential(x, 1, 1), (-1, INF), ((0, 1),), "CELU"),
    Case(lambda: CELU(0.3), lambda x: exponential(x, 1, 0.3, 0.3), (-0.3, INF), ((0, 1),), "CELU", (0.3,)),
    Case(GELU, lambda x: times(x, normal_distribution(x)), (0, INF), (), "GELU"),
    Case(lambda: GELU("tanh"), gelu_tanh, (0, INF), (), "GELU", ("tanh",)),
    Case(SiLU, lambda x: times(x, sigmoid(x)), (0, INF), (), "SiLU"),
    Case(Mish, lambda x: times(x, np.tanh(softplus(x))), (0, INF), (), "Mish"),
    Case(Softplus, lambda x: np.where(x > 20, x, softplus(x)), (0, INF), ((20, 1),), "Softplus"),
    Case(
        lambda: Softplus(2, 3),
        lambda x: np.where(2 * x > 3, x, softplus(2 * x) / 2),
        (0, INF),
        ((1.5, float(sigmoid(np.array(3.0)))),),
        "Softplus",
        (2, 3),
    ),
    Case(
        Softshrink,
        lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
        (-INF, INF),
        ((-0.5, 0), (0.5, 0)),
        "Softshrink",
    ),
    Case(
        lambda: Softshrink(2), lambda x: np.sign(x) * np.maximum(np.abs(x) - 2, 0), (-INF, INF), ((-2, 0), (2, 0)),
        "Softshrink", (2,),
    ),
    Case(Softsign, lambda x: np.where(np.isinf(x), np.sign(x), x / (1 + np.abs(x))), (-1, 1), ((0, 1),), "Softsign"),
    Case(Hardsigmoid, lambda x: np.clip(x + 3, 0, 6) / 6, (0, 1), ((-3, 0), (3, 0)), "Hardsigmoid"),
    Case(Hardswish, lambda x: times(x, np.clip(x + 3, 0, 6) / 6), (0, INF), ((-3, 0), (3, 1)), "Hardswish"),
    Case(LogSigmoid, lambda x: -softplus(-x), (-INF, 0), (), "LogSigmoid"),
]

# What a setting takes, and what it refuses.
ANY = ([-LARGEST, 0.0, LARGEST], [float("inf"), float("nan"), 2 * LARGEST, "1", None, True])
ABOVE_0 = ([SMALLEST, 1, LARGEST], [0, -1, SMALLEST / 2, float("inf"), float("nan")])
Borders = tuple[dict[str, Any], dict[str, tuple[list[Any], list[Any]]]]  # other arguments, setting: (taken, refused)
BORDERS: dict[str, Borders] = {
    "ScaledTanh": ({}, {"amplitude": ABOVE_0, "slope": ABOVE_0}),
    "Step": ({}, {"threshold": ANY}), "Threshold": ({"threshold": 0, "value": 0}, {"threshold": ANY, "value": ANY}),
    "LeakyReLU": ({}, {"negative_slope": ANY}), "ELU": ({}, {"alpha": ANY}), "CELU": ({}, {"alpha": ABOVE_0}),
    "Softplus": ({}, {"beta": ABOVE_0, "threshold": ANY}),
    "Softshrink": ({}, {"lambd": ([0, 1, LARGEST], [-1e-9, float("nan")])}),
}  # fmt: skip
