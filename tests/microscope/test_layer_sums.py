"""What is computed on the way to a unit: which values count, what becomes of each, and the results in between."""

import math
from typing import Any

import numpy as np
import pytest

from cnncli.layers import (
    AdaptiveMaxPool2d,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    GroupNorm,
    LayerNorm,
    Linear,
    LocalResponseNorm,
    LogSoftmax,
    LPPool2d,
    MaxPool2d,
    Module,
    Parallel,
    ReLU,
    Residual,
    Softmax,
    StochasticPool2d,
    Tanh,
)
from cnncli.microscope.unit import Microscope
from cnncli.microscope.unit_sum import UnitSum
from cnncli.microscope.windows import window_places, window_size
from cnncli.network import Network

X = np.round(np.random.default_rng(3).normal(0, 1, (4, 5, 6)), 2).astype(np.float32)


def unit_of(layer: Module, place: tuple[int, ...], x: np.ndarray = X) -> UnitSum:
    return Microscope(Network([layer], x.shape), x).unit(0, place)


def parts(unit: UnitSum) -> dict[tuple[int, ...], float]:
    return {term.place: term.part for term in unit.terms}


def window(x: np.ndarray, channel: int, rows: slice, columns: slice) -> dict[tuple[int, ...], float]:
    return {(channel, r, c): float(x[channel, r, c]) for r in range(5)[rows] for c in range(6)[columns]}


def test_a_normalization_by_kept_values_tells_them() -> None:
    layer = BatchNorm2d(4)
    layer.running_mean[...], layer.running_var[...] = [1, 2, 3, 4], [5, 6, 7, 8]
    layer.weight[...], layer.bias[...] = [1, 2, 3, 4], [0.1, 0.2, 0.3, 0.4]  # type: ignore[index]
    x = float(X[2, 3, 4])
    unit = unit_of(layer, (2, 3, 4))
    normalized = (x - 3) / math.sqrt(7 + 1e-5)
    expected = {"x": x, "mean": 3, "variance": 7, "eps": 1e-5, "normalized": normalized, "w": 3}
    assert unit.facts == pytest.approx(expected) and unit.bias == pytest.approx(0.3)
    assert unit.computed == pytest.approx(3 * normalized + 0.3) and parts(unit) == {(2, 3, 4): x}


@pytest.mark.parametrize(("layer", "chosen", "weight_at"), [
    (GroupNorm(2, 4), np.s_[2:4], 3), (GroupNorm(4, 4), np.s_[3:4], 3), (GroupNorm(1, 4), np.s_[0:4], 3),
    (LayerNorm((5, 6)), np.s_[3], (1, 2)), (LayerNorm((4, 5, 6)), np.s_[:], (3, 1, 2)),
])  # fmt: skip
def test_a_normalization_by_own_values_tells_them(layer: Any, chosen: Any, weight_at: Any) -> None:
    layer.weight[...] = np.arange(layer.weight.size).reshape(layer.weight.shape)
    layer.bias[...] = 0.01 * layer.weight
    unit = unit_of(layer, (3, 1, 2))
    values = X[chosen].astype(np.float64)
    normalized = (float(X[3, 1, 2]) - values.mean()) / math.sqrt(values.var() + layer.eps)
    weight = float(layer.weight[weight_at])
    assert unit.facts == pytest.approx({
        "x": float(X[3, 1, 2]), "mean": values.mean(), "variance": values.var(), "eps": layer.eps,
        "normalized": normalized, "w": weight,
    })  # fmt: skip
    assert unit.computed == pytest.approx(normalized * weight + 0.01 * weight) == pytest.approx(unit.output, abs=1e-4)
    assert len(unit.terms) == values.size and sum(parts(unit).values()) == pytest.approx(values.sum())


@pytest.mark.parametrize(("size", "channel", "first", "last"), [(3, 0, 0, 1), (3, 2, 1, 3), (4, 2, 0, 3), (5, 3, 1, 3)])
def test_a_response_normalization_has_its_neighbours_squares(size: int, channel: int, first: int, last: int) -> None:
    """Of an even size one channel more before than behind: size // 2 before, (size - 1) // 2 behind."""
    layer = LocalResponseNorm(size, alpha=0.3, beta=0.6, k=1.5)
    unit = unit_of(layer, (channel, 1, 2))
    values = X[first : last + 1, 1, 2].astype(np.float64)
    assert parts(unit) == pytest.approx({(c, 1, 2): float(X[c, 1, 2]) ** 2 for c in range(first, last + 1)})
    divisor = (1.5 + 0.3 / size * (values**2).sum()) ** 0.6
    x = float(X[channel, 1, 2])
    assert unit.facts == pytest.approx({"x": x, "sum of squares": (values**2).sum(), "divisor": divisor})
    assert unit.computed == pytest.approx(x / divisor) == pytest.approx(unit.output, abs=1e-5)


@pytest.mark.parametrize("kind", [Softmax, LogSoftmax])
def test_probabilities_have_the_powers_of_all_scores(kind: type[Module]) -> None:
    for shape, place, axis in [((7,), (4,), 0), ((4, 5, 6), (2, 1, 3), 0)][: 2 if kind is Softmax else 1]:
        x = X.ravel()[:7] if shape == (7,) else X
        unit = unit_of(kind(), place, x)
        scores = np.take(x.astype(np.float64), range(shape[0]), axis=axis)[(slice(None), *place[1:])]
        powers = np.exp(scores - scores.max())
        assert list(parts(unit).values()) == pytest.approx(powers.tolist())
        assert [term.place[0] for term in unit.terms] == list(range(shape[0]))
        assert unit.facts == pytest.approx({"largest score": scores.max(), "sum of exp(score - largest)": powers.sum()})
        share = powers[place[0]] / powers.sum()
        assert unit.computed == pytest.approx(share if kind is Softmax else math.log(share))


def test_a_power_mean_has_the_powers_of_its_window() -> None:
    x = np.abs(X) + np.float32(0.1)
    for norm in (2.0, 3.0):
        unit = unit_of(LPPool2d(norm, 2), (1, 1, 2), x)
        powers = {place: value**norm for place, value in window(x, 1, slice(2, 4), slice(4, 6)).items()}
        assert parts(unit) == pytest.approx(powers)
        assert unit.facts == pytest.approx({"sum of powers": sum(powers.values())})
        assert (
            unit.computed == pytest.approx(sum(powers.values()) ** (1 / norm)) == pytest.approx(unit.output, rel=1e-5)
        )


def test_a_drawn_pool_has_the_shares_of_what_is_above_0() -> None:
    unit = unit_of(StochasticPool2d(2), (0, 0, 1))
    values = window(X, 0, slice(0, 2), slice(2, 4))
    chances = {place: max(value, 0.0) for place, value in values.items()}
    total = sum(chances.values())
    assert {term.place: term.weight for term in unit.terms} == pytest.approx(
        {place: chance / total for place, chance in chances.items()})  # fmt: skip
    assert unit.facts == pytest.approx({"sum of what is above 0": total})
    assert unit.computed == pytest.approx(sum(chance * values[place] / total for place, chance in chances.items()))
    nothing = unit_of(StochasticPool2d(2), (0, 0, 0), -np.abs(X) - 1)
    assert nothing.computed == 0 and {term.weight for term in nothing.terms} == {0.0}


def test_the_largest_of_a_window_and_a_function_of_one_value() -> None:
    unit = unit_of(MaxPool2d(2), (3, 1, 1))
    values = window(X, 3, slice(2, 4), slice(2, 4))
    assert parts(unit) == pytest.approx(values) and unit.computed == max(values.values()) and unit.verb == "largest"
    broken = X.copy()
    broken[3, 2, 2] = np.nan
    assert math.isnan(unit_of(MaxPool2d(2), (3, 1, 1), broken).computed)
    unit = unit_of(Tanh(), (1, 2, 3))
    x = float(X[1, 2, 3])
    assert unit.facts == pytest.approx({"slope": 1 - math.tanh(x) ** 2}, rel=1e-4) and parts(unit) == {(1, 2, 3): x}
    assert unit.verb == "formula" and unit.terms[0].weight is None


def test_a_sum_has_its_bias_where_there_is_one_or_there_are_more_terms(rng: np.random.Generator) -> None:
    layer = Linear(3, 2)
    layer.weight[...], layer.bias[...] = [[1, 0, 2], [0, 0, 3]], [0.5, 0]  # type: ignore[index]
    x = np.float32([1, 2, 3])
    first, second = (unit_of(layer, (k,), x) for k in (0, 1))
    assert (parts(first), first.bias, first.computed) == ({(0,): 1, (2,): 6}, 0.5, 7.5)
    assert (parts(second), second.bias, second.computed) == ({(2,): 9}, None, 9)
    layer.bias[...] = 0  # type: ignore[index]
    assert unit_of(layer, (0,), x).bias == 0


@pytest.mark.parametrize(
    ("layer", "unit", "rows", "columns"),
    [(MaxPool2d(2), (1, 1, 2), [2, 3], [4, 5]), (MaxPool2d(3, stride=2, padding=1), (1, 0, 0), [0, 1], [0, 1]),
     (MaxPool2d(3, stride=2, padding=1), (1, 2, 2), [3, 4], [3, 4, 5]),
     (MaxPool2d(2, stride=1, dilation=2), (1, 1, 3), [1, 3], [3, 5]),
     (MaxPool2d((2, 3), stride=(1, 2)), (1, 3, 1), [3, 4], [2, 3, 4]),
     (AdaptiveMaxPool2d((2, 4)), (1, 1, 1), [2, 3, 4], [1, 2]),
     (AdaptiveMaxPool2d((2, 4)), (1, 0, 3), [0, 1, 2], [4, 5])],
)  # fmt: skip
def test_windows_are_where_their_sides_reach(layer: Any, unit: Any, rows: list[int], columns: list[int]) -> None:
    found = window_places(layer, (4, 5, 6), layer.output_shape((4, 5, 6)), unit)
    assert found == [(1, r, c) for r in rows for c in columns]
    assert window_size(layer) == (None if isinstance(layer, AdaptiveMaxPool2d) else int(np.prod(layer.kernel_size)))
    assert window_size(ReLU()) is None


@pytest.mark.parametrize(
    ("layer", "place", "empty"),
    [(Conv2d(4, 2, 3, padding=1), (0, 0, 0), 4 * 5), (Conv2d(4, 2, 3, padding=1), (0, 0, 2), 4 * 3),
     (Conv2d(4, 2, 3), (0, 0, 0), 0), (MaxPool2d(3, stride=2, padding=1), (0, 0, 0), 5),
     (AvgPool2d(2, ceil_mode=True), (0, 2, 0), 2), (MaxPool2d(2), (0, 0, 0), 0)],
)  # fmt: skip
def test_places_of_a_window_on_padding_are_counted(layer: Any, place: tuple[int, ...], empty: int) -> None:
    for parameter in layer.named_parameters():
        parameter.value[...] = 1  # a weight of 0 is no term
    assert unit_of(layer, place).empty == empty


def test_branches_are_told_with_what_they_bring() -> None:
    x = np.abs(X)
    network = Network([Residual([ReLU(), Tanh()]), Concat([ReLU()], [Tanh()]), Parallel([ReLU()], [Tanh()])], (4, 5, 6))
    scope = Microscope(network, x)
    steps = {step.name: index for index, step in enumerate(scope.steps) if step.part is None}
    added = scope.unit(steps["0"], (1, 2, 3))
    value = float(x[1, 2, 3])
    assert sorted(parts_list(added)) == pytest.approx(sorted([value, math.tanh(value)])) and added.words.startswith(
        "the sum"
    )
    beside = scope.unit(steps["1"], (5, 2, 3))  # the second branch begins with channel 4
    whole = float(scope.values[steps["0"] + 1][0, 1, 2, 3])
    assert parts_list(beside) == pytest.approx([math.tanh(whole)]) and beside.terms[0].place == (1, 2, 3)
    assert beside.words == "its branches beside each other"
    pieces = [index for index, step in enumerate(scope.steps) if step.part is not None]
    for number, index in enumerate(pieces):
        shared = scope.unit(index, (1, 2, 3))
        assert shared.terms[0].place == (1 + 4 * number, 2, 3) and shared.words == f"part {number} of the channels"
        assert scope.source(index + 1).endswith(f", part {number}") and scope.source(0) == "input"


def parts_list(unit: UnitSum) -> list[float]:
    return [term.part for term in unit.terms]


def test_readers_are_counted_with_the_one_that_changes_most() -> None:
    network = Network([ReLU(), Conv2d(4, 2, 3, padding=1), Tanh()], (4, 5, 6))
    network.initialize(4)
    x = np.abs(X) + np.float32(0.5)
    scope = Microscope(network, x)
    [reader] = scope.readers(0, (2, 0, 3))
    without = x.copy()
    without[2, 0, 3] = 0
    before = network[1].forward(x[None])[0].astype(np.float64)
    after = network[1].forward(without[None])[0]
    assert (reader.name, reader.type, reader.units) == ("1", "Conv2d", 2 * 6)  # two rows of three, in both maps
    assert reader.place == np.unravel_index(np.abs(before - after).argmax(), before.shape)
    assert reader.before == pytest.approx(before[reader.place]) and reader.after == pytest.approx(after[reader.place])
    assert scope.readers(2, (0, 0, 0)) == []


def test_what_is_no_finite_number_is_none_in_json() -> None:
    unit = unit_of(Linear(2, 1), (0,), np.float32([np.inf, 1]))
    facts = unit.to_dict()
    assert facts["output"] is None and facts["computed"] is None and facts["terms"][0]["value"] is None
    assert facts["unit"] == [0] and facts["shape"] == [1] and facts["terms"][1]["value"] == 1


@pytest.mark.parametrize("layer", [BatchNorm2d(4, affine=False), GroupNorm(2, 4, affine=False)], ids=str)
def test_a_normalization_that_learns_nothing_has_the_weight_1_and_the_bias_0(layer: Module) -> None:
    unit = unit_of(layer, (1, 2, 3))
    assert (unit.facts["w"], unit.bias) == (1, 0) and unit.computed == pytest.approx(unit.facts["normalized"])


@pytest.mark.parametrize(("dim", "axis"), [(1, 0), (2, 1), (3, 2)])
def test_probabilities_along_any_axis_have_the_scores_of_that_axis(dim: int, axis: int) -> None:
    unit = unit_of(Softmax(dim=dim), (2, 1, 3))
    assert [term.place[axis] for term in unit.terms] == list(range(X.shape[axis]))
    others = {tuple(np.delete(term.place, axis).tolist()) for term in unit.terms}
    assert others == {tuple(np.delete((2, 1, 3), axis).tolist())}
    assert unit.computed == pytest.approx(unit.output, rel=1e-5)
    assert unit_of(Softmax(dim=-1), (4,), X.ravel()[:7]).computed == pytest.approx(
        unit_of(Softmax(), (4,), X.ravel()[:7]).computed)  # fmt: skip
