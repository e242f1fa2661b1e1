"""What each kind of layer makes of the values that a unit reads: terms, in-between results, and the unit itself.

A layer that is linear in evaluation is asked for its weights by its own backward pass: the gradient of one output with
respect to the input is the row of weights behind it, whatever the layer. The others are computed from their formula.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cnncli.layers import (
    AdaptiveMaxPool2d,
    BatchNorm1d,
    BatchNorm2d,
    GroupNorm,
    LayerNorm,
    LocalResponseNorm,
    LogSoftmax,
    LPPool2d,
    MaxPool1d,
    MaxPool2d,
    Module,
    PReLU,
    RReLU,
    Softmax,
    StochasticPool2d,
)  # fmt: skip
from cnncli.layers.activation import Activation
from cnncli.layers.arrays import FloatArray, Shape
from cnncli.layers.returned import grad_input_of, output_of
from cnncli.microscope.unit_sum import Place
from cnncli.microscope.windows import window_places

Parts = list[tuple[Place, float, float | None, float]]  # place, value, weight, part


@dataclass(frozen=True)
class Made:
    """A unit as its layer makes it: see `UnitSum`."""

    verb: str
    parts: Parts
    computed: float
    bias: float | None = None
    facts: dict[str, float] = field(default_factory=dict)


def made_by(layer: Module, x: FloatArray, y: FloatArray, unit: Place) -> Made:
    """How unit `unit` of the layer's output comes about, in evaluation.

    x, y : float32 (1, ...), the input of its last forward pass, and what that gave
    """
    with np.errstate(all="ignore"):  # what overflows is shown as what it is
        for types, rule in _RULES:
            if isinstance(layer, types):
                return rule(layer, x[0].astype(np.float64), y[0], unit)
        return _sum(layer, x, unit, y.shape)


def slopes(layer: Module, x: FloatArray, unit: Place, shape: Shape) -> FloatArray:
    """d(output[unit]) / d(input), float32 of the input's shape without the axis of samples."""
    chosen = np.zeros(shape, np.float32)
    chosen[(0, *unit)] = 1
    found: FloatArray = grad_input_of(layer, x, chosen)[0]
    return found


def _sum(layer: Module, x: FloatArray, unit: Place, shape: Shape) -> Made:
    weights = slopes(layer, x, unit, shape)
    bias = float(output_of(layer, np.zeros_like(x))[(0, *unit)])
    output_of(layer, x)  # so that it stands as it was
    parts: Parts = []
    for place in map(tuple, np.argwhere(weights != 0).tolist()):
        value, weight = float(x[(0, *place)]), float(weights[place])
        parts.append((place, value, weight, value * weight))
    return Made("sum", parts, math.fsum(part for *_, part in parts) + bias, bias if bias or len(parts) > 1 else None)


def _function(layer: Any, x: Any, y: FloatArray, unit: Place) -> Made:
    """Of one value: the layer's own result stands for the formula, beside its slope."""
    value = float(x[unit])
    batch = x[None].astype(np.float32)
    slope = float(slopes(layer, batch, unit, (1, *y.shape))[unit])
    return Made("formula", [(unit, value, None, value)], float(y[unit]), facts={"slope": slope})


def _largest(layer: Any, x: Any, y: FloatArray, unit: Place) -> Made:
    places = window_places(layer, x.shape, y.shape, unit)
    values = [float(x[place]) for place in places]
    top = math.nan if any(map(math.isnan, values)) else max(values)
    return Made("largest", [(place, value, None, value) for place, value in zip(places, values, strict=True)], top)


def _power_mean(layer: Any, x: Any, y: FloatArray, unit: Place) -> Made:
    places = window_places(layer, x.shape, y.shape, unit)
    values = [float(x[place]) for place in places]
    powers = [float(np.float64(value) ** layer.norm_type) for value in values]
    area = math.prod(layer.kernel_size) / max(1, len(places))  # of a window that reaches beyond the image
    total = math.fsum(powers) * area
    root = float(np.float64(total) ** (1 / layer.norm_type))
    facts = {"sum of powers": total}
    return Made("formula", _listed(places, values, powers), root, facts=facts)


def _expected(layer: Any, x: Any, y: FloatArray, unit: Place) -> Made:
    places = window_places(layer, x.shape, y.shape, unit)
    values = [float(x[place]) for place in places]
    chances = [max(value, 0.0) for value in values]
    total = math.fsum(chances)
    shares = [chance / total if total > 0 else 0.0 for chance in chances]
    parts: Parts = [
        (place, value, share, value * share) for place, value, share in zip(places, values, shares, strict=True)
    ]
    return Made("sum", parts, math.fsum(part for *_, part in parts), facts={"sum of what is above 0": total})


def _batch_norm(layer: Any, x: Any, y: FloatArray, unit: Place) -> Made:
    channel, value = unit[0], float(x[unit])
    mean, variance = float(layer.running_mean[channel]), float(layer.running_var[channel])
    return _normalized(layer, unit, [unit], [value], value, mean, variance, (channel,))


def _group_norm(layer: Any, x: Any, y: FloatArray, unit: Place) -> Made:
    size = layer.num_channels // layer.num_groups
    first = unit[0] // size * size
    places = [place for place in np.ndindex(x.shape) if first <= place[0] < first + size]
    return _of_its_own(layer, x, unit, places, (unit[0],))


def _layer_norm(layer: Any, x: Any, y: FloatArray, unit: Place) -> Made:
    lead = x.ndim - len(layer.normalized_shape)
    places = [(*unit[:lead], *rest) for rest in np.ndindex(x.shape[lead:])]
    return _of_its_own(layer, x, unit, places, unit[lead:])


def _of_its_own(layer: Any, x: Any, unit: Place, places: Sequence[Place], weight_at: Place) -> Made:
    """A normalization by mean and variance of the sample's own values."""
    values = [float(x[place]) for place in places]
    mean = math.fsum(values) / len(values)
    variance = math.fsum((value - mean) ** 2 for value in values) / len(values)
    return _normalized(layer, unit, places, values, float(x[unit]), mean, variance, weight_at)


def _normalized(
    layer: Any, unit: Place, places: Sequence[Place], values: Sequence[float], value: float, mean: float,
    variance: float, weight_at: Place,
) -> Made:  # fmt: skip
    weight = 1.0 if layer.weight is None else float(layer.weight[weight_at])
    bias = 0.0 if layer.bias is None else float(layer.bias[weight_at])
    normalized = (value - mean) / math.sqrt(variance + layer.eps)
    facts = {"x": value, "mean": mean, "variance": variance, "eps": layer.eps, "normalized": normalized, "w": weight}
    return Made("formula", _listed(places, values, values), normalized * weight + bias, bias, facts)


def _response_norm(layer: Any, x: Any, y: FloatArray, unit: Place) -> Made:
    channel = unit[0]
    first, last = channel - layer.size // 2, channel + (layer.size - 1) // 2
    places = [(c, *unit[1:]) for c in range(max(first, 0), min(last, len(x) - 1) + 1)]
    values = [float(x[place]) for place in places]
    squares = [value * value for value in values]
    base = layer.k + layer.alpha / layer.size * math.fsum(squares)
    power = float(np.float64(base) ** layer.beta)
    facts = {"x": float(x[unit]), "sum of squares": math.fsum(squares), "divisor": power}
    return Made("formula", _listed(places, values, squares), float(np.float64(x[unit]) / power), facts=facts)


def _softmax(layer: Any, x: Any, y: FloatArray, unit: Place) -> Made:
    axis = 0 if layer.dim in (None, -1) else layer.dim - 1
    places = [(*unit[:axis], index, *unit[axis + 1 :]) for index in range(x.shape[axis])]
    values = [float(x[place]) for place in places]
    top = max(values)
    powers = [math.exp(value - top) if math.isfinite(value - top) else math.nan for value in values]
    total = math.fsum(powers)
    own = float(x[unit]) - top
    facts = {"largest score": top, "sum of exp(score - largest)": total}
    result = own - math.log(total) if isinstance(layer, LogSoftmax) else math.exp(own) / total
    return Made("formula", _listed(places, values, powers), result, facts=facts)


def _listed(places: Sequence[Place], values: Sequence[float], parts: Sequence[float]) -> Parts:
    return [(place, value, None, part) for place, value, part in zip(places, values, parts, strict=True)]


_RULES: list[tuple[tuple[type[Module], ...], Callable[..., Made]]] = [
    ((Activation, PReLU, RReLU), _function),
    ((MaxPool2d, MaxPool1d, AdaptiveMaxPool2d), _largest),
    ((LPPool2d,), _power_mean),
    ((StochasticPool2d,), _expected),
    ((BatchNorm1d, BatchNorm2d), _batch_norm),
    ((GroupNorm,), _group_norm),
    ((LayerNorm,), _layer_norm),
    ((LocalResponseNorm,), _response_norm),
    ((Softmax, LogSoftmax), _softmax),
]
