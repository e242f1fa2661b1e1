"""Every layer of the registry is its definition, eager and compiled, in batches and alone, and PyTorch's layer.

Shapes and settings are drawn by hypothesis, at least thirty of each. Definitions are float64 sums over indices, or
formulas with their finite differences; they share nothing with the program.
"""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from beside_torch import compare
from closeness import same_bits
from cnncli import _core
from cnncli.layers import LAYER_TYPES
from cnncli.layers.registry import is_built_in
from drawn_layers import quick, uniform, using
from drawn_norms import slack
from layer_chains import build, prediction_fault, training_fault
from layer_rows import ROWS, Row

each_row = pytest.mark.parametrize("row", ROWS, ids=str)
thirty, few = settings(quick, max_examples=30), settings(quick, max_examples=5)
Samples, Seed = st.sampled_from([0, 1, 3, 16, 17]), st.integers(0, 2**32 - 1)


def test_every_registered_layer_has_a_row() -> None:
    registered = {name for name, layer_type in LAYER_TYPES.items() if is_built_in(layer_type)}
    assert {row.name for row in ROWS} == registered


@each_row
def test_both_passes_are_the_definition_on_every_instruction_set(row: Row) -> None:
    kinds = set()

    @thirty
    @given(row.drawn, Samples, Seed)
    def check(drawn: Any, samples: int, seed: int) -> None:
        kinds.add(type(row.layer(drawn[0])).__name__)
        row.check(drawn, samples, seed)

    check()
    assert kinds == {row.name}


@each_row
def test_compiled_it_is_the_eager_layer_for_batches_and_single_samples(row: Row) -> None:
    @thirty
    @given(row.drawn, Seed)
    def check(drawn: Any, seed: int) -> None:
        layer, shape = drawn[:2]
        assume(row.compiled(layer))
        rng = np.random.default_rng(seed)
        chain = build([lambda _: layer], shape)
        assert not (fault := prediction_fault(chain, rng)), fault
        assert not (fault := training_fault(chain, rng)), fault

    check()


@each_row
def test_a_single_sample_is_a_batch_of_one(row: Row) -> None:
    @few
    @given(row.drawn, Seed)
    def check(drawn: Any, seed: int) -> None:
        layer, shape = drawn[:2]
        layer.eval()
        x = uniform(np.random.default_rng(seed), 1, *shape)
        if len(shape) in layer.sample_axes and not layer.takes_any_shape():
            assert same_bits(layer.forward(x[0]), layer.forward(x))
            if layer.sample_axes == (3,) and shape[0] == 1:  # a grey image
                assert same_bits(layer.forward(x[0, 0]), layer.forward(x))

    check()


@each_row
def test_what_is_no_number_stays_in_its_sample(row: Row) -> None:
    """In evaluation, on every instruction set, both passes: the bits of all other samples are those without it."""

    @few
    @given(row.drawn, st.sampled_from([np.nan, np.inf, -np.inf]), st.integers(0, 17), Seed)
    def check(drawn: Any, value: float, sample: int, seed: int) -> None:
        layer, shape = drawn[:2]
        layer.eval()
        rng = np.random.default_rng(seed)
        x = uniform(rng, 18, *shape)
        place = (sample, *(rng.integers(size) for size in shape))
        others = np.arange(18) != sample
        for instruction_set in _core.instruction_sets():
            with using(instruction_set):
                y = layer.forward(x)
                grad_y = uniform(rng, *y.shape)
                clean = y[others], layer.backward(x, grad_y)[others]
                poisoned, grad_y[sample] = x.copy(), value
                poisoned[place] = value
                found = layer.forward(poisoned)[others], layer.backward(poisoned, grad_y)[others]
            assert all(map(same_bits, found, clean))

    check()


@pytest.mark.torch
@each_row
def test_it_is_what_pytorch_makes_of_the_same_arguments(row: Row) -> None:
    if row.torch is None:
        pytest.skip(f"PyTorch has no {row.name}, and tests/support/beside_torch.py no function for it")
    pytest.importorskip("torch", reason="PyTorch is not installed; CI has an environment with it")

    @thirty
    @given(row.drawn, Seed)
    def check(drawn: Any, seed: int) -> None:
        layer, shape = drawn[:2]
        function = row.torch(layer)
        assume(function is not None)
        compare(layer, shape, function, seed, scale=slack)

    check()
