"""What a chain of factors is put together from: losses beside a weight, the units it takes part in, the way on."""

import re

import numpy as np
import pytest

from cnncli.criteria import MSELoss
from cnncli.errors import UsageError
from cnncli.layers import Concat, Conv2d, Flatten, Linear, Module, Parallel, ReLU, Residual, Tanh
from cnncli.microscope.chain import _top, _tops, _Walk, find_weight, gradient_chain, largest_gradient
from cnncli.microscope.one_step import Batch, one_step
from cnncli.network import Network
from cnncli.optim import SGD


def batch_of(layers: list[Module], shape: tuple[int, ...], samples: int = 3) -> Batch:
    rng = np.random.default_rng(7)
    network = Network(layers, shape)
    network.initialize(2)
    for parameter in network.named_parameters():
        parameter.value[...] = rng.uniform(-0.6, 0.6, parameter.value.shape)
    outputs = network.output_shape(shape)
    given = rng.normal(size=(samples, *shape)).astype(np.float32)
    return Batch(network, given, rng.normal(size=(samples, *outputs)), MSELoss())


def test_the_largest_places_come_first_and_only_those_above_0(rng: np.random.Generator) -> None:
    for count in (1, 3, 4, 100):
        values = np.abs(rng.normal(size=(3, 4, 5)))
        values[values < 0.5] = 0
        found = _tops(values, count)
        there = np.sort(values[values > 0])[::-1][:count]
        assert [values[place] for place in found] == there.tolist() and len(found) == min(count, len(there))
        assert _top(values) == found[0] and all(isinstance(side, int) for side in found[0])
    assert _tops(np.zeros((2, 2)), 4) == [] and _tops(np.zeros((2, 0)), 4) == []


def test_the_losses_beside_a_weight_are_those_with_it_moved() -> None:
    batch = batch_of([Linear(3, 4), Tanh(), Linear(4, 2)], (3,))
    chain = gradient_chain(batch, "2.weight", (1, 2))
    weight = batch.network[2].weight
    kept = weight[1, 2].copy()
    assert chain.value == kept and chain.shift == 3e-4
    losses = []
    for sign in (1, -1):
        weight[1, 2] = kept + np.float32(sign * 3e-4)
        losses.append(batch.loss())
    weight[1, 2] = kept
    assert [chain.above, chain.below] == pytest.approx(losses, rel=1e-6)
    assert chain.difference == pytest.approx((losses[0] - losses[1]) / 6e-4, rel=1e-3)
    assert (chain.parameter, chain.place) == ("2.weight", (1, 2))


@pytest.mark.parametrize(("place", "units"), [((1, 0, 1, 1), 48), ((1, 0, 0, 0), 27), ((2, 1, 0, 1), 36)])
def test_a_weight_of_a_mask_takes_part_wherever_it_lies_within_the_picture(place: tuple[int, ...], units: int) -> None:
    """3 samples of 4 x 4 places; at a side or a corner of the mask a row, or a row and a column, fall on padding."""
    batch = batch_of([Conv2d(2, 3, 3, padding=1), Tanh(), Flatten(), Linear(48, 2)], (2, 4, 4))
    chain = gradient_chain(batch, "0.weight", place)
    assert chain.units == units and len(chain.factors) == 5
    assert [factor.type for factor in chain.factors] == ["MSELoss", "Linear", "Flatten", "Tanh", "Conv2d"]
    sample, channel, row, column = chain.factors[-1].of[1]
    assert channel == place[0] and 0 <= sample < 3
    picture = np.pad(batch.samples[sample, place[1]], 1)
    assert chain.factors[-1].value == pytest.approx(float(picture[row + place[2], column + place[3]]), rel=1e-4)


def test_of_all_paths_through_three_layers_the_way_on_is_the_strongest_at_each_step() -> None:
    batch = batch_of([Linear(3, 4), Tanh(), Linear(4, 5), Tanh(), Linear(5, 2)], (3,), samples=2)
    net = batch.network
    x = batch.samples.astype(np.float64)
    a = x @ net[0].weight.T + net[0].bias
    h = np.tanh(a)
    b = h @ net[2].weight.T + net[2].bias
    k = np.tanh(b)
    out = k @ net[4].weight.T + net[4].bias
    by_out = 2 * (out - batch.targets) / out.size
    by_k = by_out @ net[4].weight
    by_b = by_k * (1 - k * k)
    by_h = by_b @ net[2].weight
    by_a = by_h * (1 - h * h)
    chain = gradient_chain(batch, "0.weight", (1, 2))
    sample = int(np.abs(by_a[:, 1] * x[:, 2]).argmax())
    unit = int(np.abs(net[2].weight[:, 1] * by_b[sample]).argmax())
    last = int(np.abs(net[4].weight[:, unit] * by_out[sample]).argmax())
    expected = [by_out[sample, last], net[4].weight[last, unit], 1 - k[sample, unit] ** 2, net[2].weight[unit, 1],
                1 - h[sample, 1] ** 2, x[sample, 2]]  # fmt: skip
    assert [factor.value for factor in chain.factors] == pytest.approx(expected, rel=1e-3)
    assert chain.gradient == pytest.approx(float(by_a[:, 1] @ x[:, 2]), rel=1e-4)
    assert chain.factors[-1].by == ("0.weight", (1, 2)) and chain.factors[1].by == ("3", (sample, unit))
    assert chain.path == pytest.approx(np.prod(expected), rel=1e-3)


@pytest.mark.parametrize("layers", [
    [Concat([ReLU()], [Tanh()]), Conv2d(4, 1, 2)], [Parallel([Conv2d(1, 2, 1)], [Tanh()]), Conv2d(3, 1, 2)],
    [Residual([Conv2d(2, 2, 1)]), Conv2d(2, 1, 2)],
], ids=["Concat", "Parallel", "Residual"])  # fmt: skip
def test_gradients_of_all_values_are_those_of_back_propagation(layers: list[Module]) -> None:
    """By what a small change of the input does to the loss."""
    batch = batch_of(layers, (2, 3, 3), samples=1)
    walk = _Walk(batch)
    given = batch.samples.copy()
    for place in ((0, 0, 1, 1), (0, 1, 2, 0), (0, 1, 0, 2)):
        losses = []
        for shift in (1e-2, -1e-2):
            batch.samples[...] = given
            batch.samples[place] += np.float32(shift)
            losses.append(batch.loss())
        batch.samples[...] = given
        assert walk.gradients[0][place] == pytest.approx((losses[0] - losses[1]) / 2e-2, rel=2e-2, abs=2e-4)


def test_parameters_are_listed_up_to_twelve() -> None:
    for count, dots in ((6, False), (7, True)):
        parameters = list(Network([Linear(2, 2) for _ in range(count)], (2,)).named_parameters())
        with pytest.raises(
            UsageError, match=r"use one of 0\.weight, .*5\.bias" + (re.escape(", ...") if dots else "$")
        ):
            find_weight(parameters, "none[0]")
    assert find_weight(parameters, " 0.weight[1, 0]") == ("0.weight", (1, 0))


def test_a_weight_is_named_by_its_layer_as_units_are() -> None:
    network = Network([ReLU(), Linear(2, 2), Linear(2, 2)], (2,))
    parameters = list(network.named_parameters())
    assert find_weight(parameters, "fc2.weight[1,0]", network.trace()) == ("2.weight", (1, 0))
    with pytest.raises(UsageError, match=r'no parameter is named "fc3\.weight"'):
        find_weight(parameters, "fc3.weight[1,0]", network.trace())


def test_the_first_parameter_that_has_a_gradient_has_the_largest() -> None:
    network = Network([Linear(2, 2), Linear(2, 2)], (2,))
    parameters = list(network.named_parameters())
    network.zero_grad_parameters()
    with pytest.raises(UsageError, match="no weight has a gradient"):
        largest_gradient(parameters)
    parameters[2].gradient[...] = [[1, -5], [3, 2]]
    parameters[3].gradient[...] = [9, 9]
    assert largest_gradient(parameters) == ("1.weight", (0, 1))


def test_what_a_step_did_is_told_in_lengths() -> None:
    batch = batch_of([Linear(3, 2)], (3,))
    before = [parameter.value.astype(np.float64) for parameter in batch.network.named_parameters()]
    step = one_step(batch, SGD(0.25))
    for row, old, parameter in zip(step.parameters, before, batch.network.named_parameters(), strict=True):
        assert (row.name, row.shape) == (parameter.name, parameter.value.shape)
        assert row.value == pytest.approx(np.sqrt((old**2).sum()), rel=1e-6)
        assert row.change == pytest.approx(np.sqrt(((parameter.value - old) ** 2).sum()), rel=1e-5)
        assert row.gradient == pytest.approx(row.change / 0.25, rel=1e-4)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e6])
def test_the_way_on_is_found_from_units_of_any_size(size: float) -> None:
    small = batch_of([Linear(3, 4), Linear(4, 5), Linear(5, 2)], (3,), samples=2)
    batch = Batch(small.network, small.samples * np.float32(size), small.targets, MSELoss())
    chain = gradient_chain(batch, "0.weight", (1, 2))
    assert [factor.type for factor in chain.factors] == ["MSELoss", "Linear", "Linear", "Linear"]
