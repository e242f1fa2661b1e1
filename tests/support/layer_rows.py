"""For every layer that the program comes with: drawings, its definition, and PyTorch's counterpart. A row a kind.

What is drawn is a tuple of the layer and the shape of a sample, and of what else the check of the definition needs.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from hypothesis import strategies as st

import beside_torch
import drawn_activations
import drawn_containers
from closeness import FEW
from cnncli.layers import AdaptiveAvgPool2d, AdaptiveMaxPool2d
from drawn_convolutions import (
    dense,
    dense_terms,
    linear_terms,
    linears,
    mapped_terms,
    sequence_terms,
    sequences,
    tables,
    transposed,
    transposed_terms,
)
from drawn_layers import Term, check_sums
from drawn_more_pools import (
    check_draws,
    check_means,
    check_powers,
    check_sequence_maxima,
    check_there_and_back,
    power_pools,
    sequence_pools,
    stochastic_pools,
    there_and_back,
    window_terms,
)
from drawn_norms import NORMS, check_formula
from drawn_pools import (
    adaptive_places,
    adaptive_pools,
    average_terms,
    check_maxima,
    sliding_places,
    sliding_pools,
    sub_sampling_terms,
    sub_samplings,
)
from drawn_shapes import (
    check_order,
    flattened,
    padded,
    padding_terms,
    unchanged,
    unflattened,
    upsampled,
    upsampling_terms,
)

Check = Callable[[Any, int, int], None]


@dataclass(frozen=True)
class Row:
    """One layer with one kind of settings.

    drawn : the strategy
    check : (drawn, samples, seed): eager, both passes are the definition's, on every instruction set
    torch : (layer) -> a function (x, parameters and buffers by name) of PyTorch's means, or None where this drawing
        has no counterpart; the default makes PyTorch's module of the same name with the same arguments; None instead
        of a function: PyTorch has nothing like it
    compiled : whether a drawing can be held to chains, whose values are of both signs
    note : tells two rows of one layer apart
    layer : the layer in what is drawn, if that is a container of what the layer needs
    """

    name: str
    drawn: st.SearchStrategy[Any]
    check: Check
    torch: Callable[[Any], Any] | None = beside_torch.same
    compiled: Callable[[Any], bool] = field(default=lambda layer: True)
    note: str = ""
    layer: Callable[[Any], Any] = field(default=lambda drawn: drawn)

    def __str__(self) -> str:
        return f"{self.name}-{self.note}" if self.note else self.name


def of_terms(terms: Callable[[Any, Any], Iterable[Term]], few: float = FEW) -> Check:
    return lambda drawn, samples, seed: check_sums(*drawn, samples, terms(*drawn), seed, few)


def of_formula(formula: Callable[..., Any]) -> Check:
    return lambda drawn, samples, seed: check_formula(formula, *drawn, samples, seed)


def _maxima(places: Callable[[Any, Any], Any]) -> Check:
    return lambda drawn, samples, seed: check_maxima(*drawn, places(*drawn), samples, seed)


def _averages(places: Callable[[Any, Any], Any]) -> Check:
    return of_terms(lambda layer, shape: average_terms(layer, shape, places(layer, shape)))


_TORCH = {
    "Add": beside_torch.plus, "CMul": beside_torch.times, "Mul": beside_torch.times,
    "Dropout": beside_torch.without_chance, "Dropout2d": beside_torch.without_chance,
    "RReLU": beside_torch.without_chance,
    "Softmax": partial(beside_torch.same, dim=1), "LogSoftmax": partial(beside_torch.same, dim=1),
}  # fmt: skip
ROWS = [
    *drawn_activations.rows(Row),
    *(Row(name, drawn, of_formula(formula), _TORCH.get(name, beside_torch.same))
      for name, (drawn, formula) in NORMS.items()),
    Row("Linear", linears(), of_terms(linear_terms)),
    Row("Conv2d", dense(), of_terms(dense_terms)),
    Row("Conv2d", tables(), of_terms(mapped_terms), beside_torch.masked, note="connections"),
    Row("Conv1d", sequences(), of_terms(sequence_terms)),
    Row("ConvTranspose2d", transposed(), of_terms(transposed_terms)),
    Row("MaxPool2d", sliding_pools("max"), _maxima(sliding_places), beside_torch.with_little_padding),
    Row("AvgPool2d", sliding_pools("average"), _averages(sliding_places)),
    Row("AdaptiveMaxPool2d", adaptive_pools(AdaptiveMaxPool2d), _maxima(adaptive_places)),
    Row("AdaptiveAvgPool2d", adaptive_pools(AdaptiveAvgPool2d), _averages(adaptive_places)),
    Row("SubSampling2d", sub_samplings(), of_terms(sub_sampling_terms), beside_torch.sub_sampling),
    Row("LPPool2d", power_pools(), check_powers, lambda layer: beside_torch.same(layer) if _of_signs(layer) else None,
        lambda layer: _of_signs(layer)),
    Row("StochasticPool2d", stochastic_pools(), check_draws, lambda layer: beside_torch.weighed(layer.eval())),
    Row("StochasticPool2d", stochastic_pools(), check_means, lambda layer: beside_torch.weighed(layer.eval()),
        note="evaluation"),
    Row("MaxPool1d", sequence_pools("max"), check_sequence_maxima, beside_torch.with_little_padding),
    Row("AvgPool1d", sequence_pools("average"), of_terms(window_terms)),
    Row("MaxUnpool2d", there_and_back(), check_there_and_back, beside_torch.there_and_back,
        layer=lambda drawn: drawn[1]),
    Row("ZeroPad2d", padded(), of_terms(padding_terms), beside_torch.cut_or_padded),
    Row("Upsample", upsampled(), of_terms(upsampling_terms)),
    Row("Flatten", flattened(), check_order),
    Row("Unflatten", unflattened(), check_order),
    Row("Identity", unchanged(), check_order),
    Row("Sequential", drawn_containers.sequentials(), of_formula(drawn_containers.in_order), beside_torch.in_order),
    Row("Residual", drawn_containers.residuals(), of_formula(drawn_containers.summed), beside_torch.summed),
    Row("Concat", drawn_containers.concats(), of_formula(drawn_containers.beside_each_other),
        beside_torch.beside_each_other),
    Row("Parallel", drawn_containers.parallels(), of_formula(drawn_containers.shared_out), beside_torch.shared_out),
]  # fmt: skip


def _of_signs(layer: Any) -> bool:
    """Whether sums of powers of values of both signs are no less than 0, or have a root anyway."""
    return layer.norm_type in (1, 2, 4)
