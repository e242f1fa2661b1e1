"""Cases of every criterion: its settings, what it takes, and its formula in float64, written from the definition."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cnncli import criteria
from cnncli.criteria import (
    BCEWithLogitsLoss,
    Criterion,
    CrossEntropyLoss,
    HingeLoss,
    L1Loss,
    MSELoss,
    MultiCriterion,
    MultiLabelMarginLoss,
    MultiMarginLoss,
)

CLASSES = 5
WEIGHTS = [0.5, 2.0, 0.0, 1.0, 3.0, 0.25, 1.5, 0.75]  # of which a case takes as many as it has classes


@dataclass(frozen=True)
class Case:
    """One criterion with one choice of settings.

    formula : the loss of (samples, classes) numbers and targets, in plain Python
    takes : "values", "signs" (-1 or 1), "probabilities", "log-probabilities", "labels", "label lists", "distributions"
    inputs : "any", "probabilities" or "log-probabilities"
    torch : whether PyTorch has it under this name and with these settings
    """

    name: str
    formula: Callable[[np.ndarray, np.ndarray], float]
    takes: str = "values"
    inputs: str = "any"
    settings: dict[str, Any] = field(default_factory=dict)
    torch: bool = True

    def make(self, classes: int = CLASSES) -> Criterion:
        if self.name == "MultiCriterion":
            return MultiCriterion(*self.settings["criteria"], weights=self.settings["weights"])
        return getattr(criteria, self.name)(**self.settings_for(classes))

    def settings_for(self, classes: int) -> dict[str, Any]:
        return {name: value[:classes] if isinstance(value, list) else value for name, value in self.settings.items()}

    @property
    def tells_two_by_one(self) -> bool:
        """Whether one output tells two classes apart."""
        return self.name == "OfLabels" and not isinstance(self.settings["criterion"], MultiLabelMarginLoss)

    def __str__(self) -> str:
        return f"{self.name}-{'-'.join(f'{name}={value}' for name, value in self.settings.items())}-{self.takes}"

    def draw(
        self, rng: np.random.Generator, samples: int, classes: int = CLASSES
    ) -> tuple[np.ndarray, np.ndarray]:
        """(input, target), away from the kinks of the formulas."""
        shape = (samples, classes)
        x = rng.permutation(np.linspace(-2.9, 3.0437, samples * classes)).reshape(shape)
        x = x + 0.013
        if self.inputs == "probabilities":
            x = 1 / (1 + np.exp(-x))
        elif self.inputs == "log-probabilities":
            x = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
        return x.astype(np.float32), self._target(rng, samples, classes)

    def _target(self, rng: np.random.Generator, samples: int, classes: int) -> np.ndarray:
        shape = (samples, classes)
        if self.takes == "labels":
            return rng.integers(0, 2 if classes == 1 and self.tells_two_by_one else classes, samples)
        if self.takes == "distributions":
            shares = rng.uniform(0.05, 1, shape)
            return (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
        if self.takes == "label lists":
            rows = np.full(shape, -1)
            for row in rows:
                some = rng.permutation(classes)[: rng.integers(0, classes + 1)]
                row[: some.size] = some
            return rows
        if self.takes == "signs":
            return rng.choice([-1.0, 1.0], shape).astype(np.float32)
        if self.takes == "probabilities":
            return rng.uniform(0.05, 0.95, shape).astype(np.float32)
        if self.takes == "log-probabilities":
            return np.log(rng.uniform(0.05, 0.95, shape)).astype(np.float32)
        return rng.uniform(-2, 2, shape).astype(np.float32)


def over_values(function: Callable[[float, float], float], reduction: str = "mean") -> Callable[..., float]:
    def formula(x: np.ndarray, t: np.ndarray) -> float:
        total = sum(function(float(a), float(b)) for a, b in zip(x.flat, t.flat, strict=True))
        return total / {"mean": max(x.size, 1), "sum": 1, "batchmean": max(len(x), 1), "half": 2}[reduction]

    return formula


def _smooth(beta: float) -> Callable[[float, float], float]:
    return lambda a, b: (a - b) ** 2 / (2 * beta) if abs(a - b) < beta else abs(a - b) - beta / 2


def _huber(delta: float) -> Callable[[float, float], float]:
    return lambda a, b: (a - b) ** 2 / 2 if abs(a - b) <= delta else delta * (abs(a - b) - delta / 2)


def _with_logits(a: float, t: float, weight: float = 1.0) -> float:
    s = 1 / (1 + math.exp(-a))
    return -(weight * t * math.log(s) + (1 - t) * math.log(1 - s))


def cross_entropy(
    of_scores: bool = True, weight: list[float] | None = None, smoothing: float = 0.0, ignored: int = -100,
    reduction: str = "mean",
) -> Callable[..., float]:
    def formula(x: np.ndarray, labels: np.ndarray) -> float:
        total = divisor = 0.0
        for row, label in zip(x, labels, strict=True):
            if label == ignored:
                continue
            w = weight or [1.0] * len(row)
            log_sum = math.log(sum(math.exp(v) for v in row)) if of_scores else 0.0
            total += (1 - smoothing) * w[label] * (log_sum - row[label])
            total += sum(smoothing / len(row) * w[c] * (log_sum - v) for c, v in enumerate(row))
            divisor += w[label]
        return total if reduction == "sum" or divisor == 0 else total / divisor

    return formula


def multi_margin(p: int = 1, margin: float = 1.0, weight: list[float] | None = None, reduction: str = "mean") -> Any:
    def formula(x: np.ndarray, labels: np.ndarray) -> float:
        total = 0.0
        for row, y in zip(x, labels, strict=True):
            others = [max(0.0, margin - row[y] + v) ** p for i, v in enumerate(row) if i != y]
            total += (weight[y] if weight else 1.0) * sum(others) / len(row)
        return total if reduction == "sum" else total / max(len(x), 1)

    return formula


def multi_label_margin(x: np.ndarray, targets: np.ndarray) -> float:
    total = 0.0
    for row, target in zip(x, targets.tolist(), strict=True):
        mine = target[: target.index(-1)] if -1 in target else target
        others = [i for i in range(len(row)) if i not in mine]
        total += sum(max(0.0, 1 - row[y] + row[i]) for y in mine for i in others) / len(row)
    return total / max(len(x), 1)


def of_labels(function: Callable[[float, float], float], off: float = -1.0) -> Callable[..., float]:
    def formula(x: np.ndarray, labels: np.ndarray) -> float:
        total = 0.0
        for row, label in zip(x, labels, strict=True):
            for i, value in enumerate(row):
                total += function(float(value), 1.0 if label == (1 if len(row) == 1 else i) else off)
        return total / max(x.size, 1)

    return formula


def soft(weight: list[float] | None = None, smoothing: float = 0.0, reduction: str = "mean") -> Callable[..., float]:
    def formula(x: np.ndarray, targets: np.ndarray) -> float:
        total = 0.0
        for row, shares in zip(x, targets, strict=True):
            log_sum = math.log(sum(math.exp(v) for v in row))
            for c, (value, share) in enumerate(zip(row, shares, strict=True)):
                smoothed = (1 - smoothing) * float(share) + smoothing / len(row)
                total += (weight[c] if weight else 1.0) * smoothed * (log_sum - value)
        return total if reduction == "sum" else total / max(len(x), 1)

    return formula


def weighted(function: Callable[[float, float, float], float]) -> Callable[..., float]:
    """The mean of a function of value, target and the weight of its place in the sample."""

    def formula(x: np.ndarray, t: np.ndarray) -> float:
        return sum(
            function(float(a), float(b), WEIGHTS[i])
            for u, v in zip(x, t, strict=True)
            for i, (a, b) in enumerate(zip(u, v, strict=True))
        ) / max(x.size, 1)

    return formula


def weighted_sum(*parts: tuple[float, Callable[..., float]]) -> Callable[..., float]:
    return lambda x, t: sum(weight * formula(x, t) for weight, formula in parts)


def _absolute(a: float, t: float) -> float:
    return abs(a - t)


def _square(a: float, t: float) -> float:
    return (a - t) ** 2


def _entropy(a: float, t: float) -> float:
    return -(t * math.log(a) + (1 - t) * math.log(1 - a))


def _divergence(a: float, t: float) -> float:
    return t * (math.log(t) - a)


def _logistic(a: float, t: float) -> float:
    return math.log(1 + math.exp(-t * a))


LOG = "log-probabilities"
CASES = [
    Case("L1Loss", over_values(_absolute)),
    Case("L1Loss", over_values(_absolute, "sum"), settings={"reduction": "sum"}),
    Case("MSELoss", over_values(_square)),
    Case("MSELoss", over_values(_square, "sum"), settings={"reduction": "sum"}),
    Case("SumSquares", over_values(_square, "half"), torch=False),
    Case("SmoothL1Loss", over_values(_smooth(1))),
    Case("SmoothL1Loss", over_values(_smooth(0.3), "sum"), settings={"beta": 0.3, "reduction": "sum"}),
    Case("SmoothL1Loss", over_values(_absolute), settings={"beta": 0}),
    Case("HuberLoss", over_values(_huber(1))),
    Case("HuberLoss", over_values(_huber(0.4)), settings={"delta": 0.4}),
    Case("BCELoss", over_values(_entropy), "probabilities", "probabilities"),
    Case("BCELoss", over_values(_entropy, "sum"), "probabilities", "probabilities", {"reduction": "sum"}),
    Case("BCEWithLogitsLoss", over_values(_with_logits), "probabilities"),
    Case(
        "BCEWithLogitsLoss",
        weighted(_with_logits), "probabilities", settings={"pos_weight": WEIGHTS},
    ),
    Case(
        "BCEWithLogitsLoss", weighted(lambda a, t, w: w * _with_logits(a, t)), "probabilities",
        settings={"weight": WEIGHTS},
    ),
    Case(
        "BCELoss", weighted(lambda a, t, w: w * _entropy(a, t)), "probabilities", "probabilities", {"weight": WEIGHTS}
    ),
    Case("HuberLoss", over_values(_huber(0.4), "sum"), settings={"delta": 0.4, "reduction": "sum"}),
    Case("OfLabels", of_labels(lambda a, t: max(0.0, 1 - t * a)), "labels", settings={"criterion": HingeLoss()},
         torch=False),
    Case("OfLabels", of_labels(_square, 0.25), "labels", settings={"criterion": MSELoss(), "off": 0.25}, torch=False),
    Case("OfLabels", of_labels(_with_logits, 0), "labels", settings={"criterion": BCEWithLogitsLoss(), "off": 0},
         torch=False),
    Case(
        "OfLabels", multi_margin(), "labels", settings={"criterion": MultiLabelMarginLoss()}, torch=False
    ),
    Case("CrossEntropyLoss", soft(), "distributions"),
    Case(
        "CrossEntropyLoss", soft(WEIGHTS, 0.2, "sum"), "distributions",
        settings={"weight": WEIGHTS, "label_smoothing": 0.2, "reduction": "sum"},
    ),
    Case("CrossEntropyLoss", soft(WEIGHTS, 0.2), "distributions", settings={"weight": WEIGHTS, "label_smoothing": 0.2}),
    Case("KLDivLoss", over_values(_divergence), "probabilities", LOG),
    Case("KLDivLoss", over_values(_divergence, "batchmean"), "probabilities", LOG, {"reduction": "batchmean"}),
    Case(
        "KLDivLoss", over_values(lambda a, t: math.exp(t) * (t - a), "sum"), LOG, LOG,
        {"reduction": "sum", "log_target": True},
    ),
    Case("SoftMarginLoss", over_values(_logistic), "signs"),
    Case("HingeLoss", over_values(lambda a, t: max(0.0, 1 - t * a)), "signs", torch=False),
    Case(
        "HingeLoss", over_values(lambda a, t: max(0.0, 0.25 - t * a), "sum"), "signs",
        settings={"margin": 0.25, "reduction": "sum"}, torch=False,
    ),
    Case("CrossEntropyLoss", cross_entropy(), "labels"),
    Case("CrossEntropyLoss", cross_entropy(weight=WEIGHTS), "labels", settings={"weight": WEIGHTS}),
    Case("CrossEntropyLoss", cross_entropy(smoothing=0.1), "labels", settings={"label_smoothing": 0.1}),
    Case("CrossEntropyLoss", cross_entropy(ignored=2), "labels", settings={"ignore_index": 2}),
    Case(
        "CrossEntropyLoss", cross_entropy(True, WEIGHTS, 0.3, 1, "sum"), "labels",
        settings={"weight": WEIGHTS, "label_smoothing": 0.3, "ignore_index": 1, "reduction": "sum"},
    ),
    Case(
        "CrossEntropyLoss", cross_entropy(True, WEIGHTS, 0.3, 1), "labels",
        settings={"weight": WEIGHTS, "label_smoothing": 0.3, "ignore_index": 1},
    ),
    Case("NLLLoss", cross_entropy(False), "labels", LOG),
    Case("NLLLoss", cross_entropy(False, WEIGHTS, 0, 4), "labels", LOG, {"weight": WEIGHTS, "ignore_index": 4}),
    Case("NLLLoss", cross_entropy(False, reduction="sum"), "labels", LOG, {"reduction": "sum"}),
    Case("MultiMarginLoss", multi_margin(), "labels"),
    Case(
        "MultiMarginLoss", multi_margin(2, 0.7, WEIGHTS, "sum"), "labels",
        settings={"p": 2, "margin": 0.7, "weight": WEIGHTS, "reduction": "sum"},
    ),
    Case("MultiLabelMarginLoss", multi_label_margin, "label lists"),
    Case("MultiCriterion", weighted_sum((2, over_values(_absolute)), (0.25, over_values(_square))),
         settings={"criteria": (L1Loss(), MSELoss()), "weights": (2, 0.25)}, torch=False),
    Case("MultiCriterion", weighted_sum((0.5, cross_entropy(smoothing=0.1)), (1, multi_margin())), "labels",
         settings={"criteria": (CrossEntropyLoss(label_smoothing=0.1), MultiMarginLoss()), "weights": (0.5, 1)},
         torch=False),
]
