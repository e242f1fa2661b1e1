"""How a unit comes about: its terms give it, and a term that is taken away is missing from it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncli
from closeness import same_bits
from cnncli.errors import UsageError
from cnncli.layers import Conv2d, Module, register
from cnncli.microscope.places import find_place
from cnncli.microscope.unit import Microscope, first_sentence
from cnncli.microscope.unit_sum import UnitSum
from cnncli.network import Network
from drawn_convolutions import dense, dense_terms
from drawn_layers import fill, quick, uniform
from layer_chains import build
from layer_chains import fill as fill_all
from layer_rows import ROWS, Row

some = settings(quick, max_examples=8)


def units_of(network: Network, scope: Microscope, rng: np.random.Generator) -> list[tuple[int, UnitSum]]:
    """One unit of each step, drawn."""
    found = []
    for index, step in enumerate(scope.steps):
        if 0 not in step.output_shape:
            place = tuple(int(rng.integers(side)) for side in step.output_shape)
            found.append((index, scope.unit(index, place)))
    return found


@pytest.mark.parametrize("row", [row for row in ROWS if not row.note], ids=str)
def test_its_terms_give_it_and_without_one_of_them_it_lacks_that_part(row: Row) -> None:
    summed = []

    @some
    @given(row.drawn, st.integers(0, 2**32 - 1))
    def check(drawn: Any, seed: int) -> None:
        rng = np.random.default_rng(seed)
        layer, shape = drawn[:2]
        if 0 in shape:
            return
        fill_all([layer], rng)
        network = Network([layer], shape)
        scope = Microscope(
            network, np.abs(uniform(rng, *shape)) + 0.1 if row.name == "LPPool2d" else uniform(rng, *shape)
        )
        for index, unit in units_of(network, scope, rng):
            assert np.isclose(unit.computed, unit.output, rtol=1e-4, atol=1e-5)
            if unit.verb != "sum" or not unit.terms or row.name == "StochasticPool2d":
                continue
            whole = sum(term.part for term in unit.terms) + (unit.bias or 0)
            assert np.isclose(whole, unit.computed, rtol=1e-9, atol=1e-12)
            term = unit.terms[int(rng.integers(len(unit.terms)))]
            step = scope.steps[index]
            network.eval()
            lacking = []
            for number, tensor in enumerate(step.inputs):  # branches without a layer read one tensor more than once
                inputs = [scope.values[source].copy() for source in step.inputs]
                inputs[number][(0, *term.place)] = 0 if scope.source(tensor) == term.source else np.nan
                lacking.append(float(step.run(inputs)[(0, *unit.place)]))
            assert np.isclose(lacking, unit.computed - term.part, rtol=1e-4, atol=1e-4).any()
            summed.append(row.name)

    check()
    if row.name in ("Linear", "Conv2d", "ConvTranspose2d", "AvgPool2d", "Upsample", "Residual", "Concat", "Parallel"):
        assert len(summed) >= 3


@some
@given(dense(), st.integers(0, 2**32 - 1))
def test_the_terms_of_a_convolution_are_its_definition(drawn: tuple[Conv2d, Any], seed: int) -> None:
    layer, shape = drawn
    rng = np.random.default_rng(seed)
    fill(layer, rng)
    scope = Microscope(Network([layer], shape), uniform(rng, *shape))
    place = tuple(int(rng.integers(side)) for side in scope.steps[0].output_shape)
    expected = {at: float(layer.weight[of]) for out, at, of in dense_terms(layer, shape) if out == place}
    unit = scope.unit(0, place)
    assert {term.place: term.weight for term in unit.terms} == pytest.approx(expected)
    assert unit.empty <= np.prod(layer.kernel_size) * layer.in_channels // layer.groups - len(expected)


def test_places_on_padding_are_counted() -> None:
    layer = Conv2d(2, 1, 3, padding=1)
    scope = Microscope(Network([layer], (2, 4, 4)), np.ones((2, 4, 4), np.float32))
    assert (scope.unit(0, (0, 0, 0)).empty, scope.unit(0, (0, 1, 1)).empty) == (10, 0)


def test_without_a_unit_the_rest_is_computed_anew(rng: np.random.Generator) -> None:
    network = Network.from_model_name("resnet-small", seed=1)
    image = rng.integers(0, 256, network.input_shape, dtype=np.uint8)
    scope = Microscope(network, image)
    shape = scope.steps[0].output_shape
    place = tuple(int(side) for side in np.unravel_index(int(np.abs(scope.values[1]).argmax()), shape))
    values = list(scope.values)
    values[1] = values[1].copy()
    values[1][(0, *place)] = 0
    network.eval()
    for index, step in enumerate(scope.steps[1:], start=1):
        values[index + 1] = step.run([values[source] for source in step.inputs])
    assert same_bits(scope.without(0, place), values[-1][0])
    for reader in scope.readers(0, place):
        index = next(i for i, step in enumerate(scope.steps) if step.name == reader.name and step.inputs[0] == 1)
        after = scope.steps[index].run([values[1]])[0]
        assert reader.units == int((after != scope.values[index + 1][0]).sum())
        assert reader.after == after[reader.place]


def test_a_network_in_training_is_looked_at_in_evaluation_and_left_as_it_was(rng: np.random.Generator) -> None:
    chain = build([lambda shape: cnncli.layers.BatchNorm2d(shape[0]), lambda _: cnncli.layers.Dropout(0.5)], (2, 3, 3))
    network = Network(chain.layers, chain.shape)
    network.train()
    before = {name: array.copy() for name, array in network.named_buffers()}
    image = uniform(rng, 2, 3, 3)
    unit = Microscope(network, image).unit(1, (0, 1, 1))
    assert unit.output == pytest.approx(float(image[0, 1, 1]), rel=1e-4)
    assert network.training and all(same_bits(before[name], array) for name, array in network.named_buffers())


def test_a_layer_of_somebody_shows_its_slopes() -> None:
    @register
    class Doubled(Module):
        """Twice its input."""

        def update_output(self, input: Any) -> Any:
            return 2 * input

        def update_grad_input(self, input: Any, grad_output: Any) -> Any:
            return 2 * grad_output

        def settings(self) -> dict[str, Any]:
            return {}

    unit = Microscope(Network([Doubled()], (3,)), np.float32([1, 2, 3])).unit(0, (1,))
    assert [(term.place, term.weight, term.part) for term in unit.terms] == [((1,), 2.0, 4.0)]
    assert unit.words.startswith("a layer of your own")


def test_every_layer_says_its_formula_without_its_sources() -> None:
    for row in ROWS:
        text = first_sentence(getattr(cnncli.layers, row.name).__new__(getattr(cnncli.layers, row.name)))
        assert 10 < len(text) < 160 and not any(year in text for year in ("19", "20")), text


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0[3,10,12]", (0, (3, 10, 12))), ("conv1[3, 10, 12]", (0, (3, 10, 12))), ("3:5,1,3", (3, (5, 1, 3))),
     ("pool2[0,4,4]", (5, (0, 4, 4))), ("fc3[9]", (11, (9,))), ("ReLU1[0,0,0]", (1, (0, 0, 0))),
     ("MaxPool2d1[5,13,13]", (2, (5, 13, 13)))],
)  # fmt: skip
def test_units_have_names(text: str, expected: tuple[int, tuple[int, ...]]) -> None:
    assert find_place(Network.from_model_name("lenet5").trace(), text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [("conv1", "no unit; use LAYER[INDEX,...]"), ("conv9[0,0,0]", 'no layer is named "conv9"; use one of 0, 1'),
     ("conv1[6,0,0]", "gives 6x28x28, counted from 0; use indices up to [5,27,27]"), ("fc1[]", "up to [119]"),
     ("fc1[1,2]", "use indices up to [119]"), ("", "no unit"), ("fc1[-1]", "no unit")],
)  # fmt: skip
def test_what_is_no_unit_is_one_clear_line(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_place(Network.from_model_name("lenet5").trace(), text)
    assert said in str(caught.value) and "\n" not in str(caught.value)
