"""Every pair and triple of layers, in every order that fits: batch against single against eager, and training."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from activation_cases import CASES
from cnncli import _core
from cnncli.layers import Step, Threshold
from layer_chains import ROWS, UNFUSED, Chain, Custom, Make, chains, prediction_fault, settings, training_fault

# Images of few channels, so wide that also what is pooled twice fills vectors; of enough for Winograd; and vectors.
SHAPES = [(2, 8, 24), (16, 8, 8), (12,)]
LARGE = [(2, 12, 50), (17, 13, 14), (33,)]
TYPES = [*ROWS, "Custom"]
# In the quick triples only between two others, which is where a fusion could go wrong.
BRANCHING = {"Concat", "Parallel", "Residual"}
each_type = pytest.mark.parametrize("first", TYPES)
every_type = pytest.mark.parametrize("first", [*TYPES, *UNFUSED])


@pytest.fixture(autouse=True)
def one_thread(restored_threads: None) -> None:
    """Networks this small only lose by a second thread."""
    _core.set_thread_count(1)


Fault = Callable[[Chain, np.random.Generator], str]


def all_chains(first: str, length: int, shapes: list[tuple[int, ...]], more: bool = False) -> list[Chain]:
    rows = settings(more)
    return [
        chain
        for rest in itertools.product(rows, repeat=length - 1)
        if more or length < 3 or not BRANCHING.intersection((first, rest[-1]))
        for shape in shapes
        for chain in chains([rows[name] for name in (first, *rest)], shape)
    ]


def assert_none_wrong(found: list[Chain], fault: Fault, rng: np.random.Generator) -> None:
    faults = [f"{chain}: {text}" for chain in found if (text := fault(chain, rng))]
    assert not faults, f"{len(faults)} of {len(found)} networks:\n" + "\n".join(faults[:10])


def probed(chain: Chain) -> Chain:
    """With a layer in front that sees the gradient of the input."""
    layers = [Custom(), *chain.layers]
    for layer in chain.layers:
        if hasattr(layer, "layer"):  # a dropout, which draws by its number in the network
            layer.layer += 1
    return Chain(chain.shape, layers)


def test_every_type_stands_at_every_place() -> None:
    rows = settings(more=False)
    assert list(rows) == TYPES
    for place in range(3):
        for name in TYPES:
            found = any(
                list(chains([rows[kind] for kind in types], shape))
                for types in itertools.product(TYPES, repeat=3)
                if types[place] == name
                for shape in SHAPES
            )
            assert found, f"{name} fits nowhere at place {place}"


def some_triples(first: str) -> list[Chain]:
    return all_chains(first, 3, SHAPES)[TYPES.index(first) % 6 :: 6]


@each_type
def test_predictions_of_pairs_and_triples_are_those_of_the_eager_layers(first: str, rng: np.random.Generator) -> None:
    """Of the triples every sixth, by turns from one first layer to the next; the slow test has all."""
    for length in (1, 2):
        assert_none_wrong(all_chains(first, length, SHAPES), prediction_fault, rng)
    assert_none_wrong(some_triples(first), prediction_fault, rng)


@each_type
def test_training_of_pairs_and_triples_is_that_of_the_eager_layers(first: str, rng: np.random.Generator) -> None:
    for length in (1, 2):
        assert_none_wrong(all_chains(first, length, SHAPES), training_fault, rng)
    assert_none_wrong([probed(chain) for chain in some_triples(first)], training_fault, rng)


@pytest.mark.slow
@each_type
def test_all_triples_are_the_eager_layers(first: str, rng: np.random.Generator) -> None:
    found = all_chains(first, 3, SHAPES)
    assert_none_wrong(found, prediction_fault, rng)
    assert_none_wrong([probed(chain) for chain in found], training_fault, rng)


@pytest.mark.parametrize("name", UNFUSED)
def test_what_no_fusion_knows_alone_and_beside_the_others(name: str, rng: np.random.Generator) -> None:
    rows = settings(more=False)
    this = UNFUSED[name]
    orders = [[this], *([this, row] for row in rows.values()), *([row, this] for row in rows.values())]
    for fault in (prediction_fault, training_fault):
        found = [chain for types in orders for shape in SHAPES for chain in chains(types, shape)]
        assert found, f"{name} fits no shape"
        assert_none_wrong(found, fault, rng)


@pytest.mark.slow
@every_type
def test_more_settings_of_pairs_and_triples(first: str, instruction_set: str, rng: np.random.Generator) -> None:
    """All alone and in pairs; of the triples, of which there are hundreds of thousands, some that are drawn."""
    found = [chain for length in (1, 2) for chain in all_chains(first, length, LARGE, more=True)]
    found += drawn(settings(more=True), 100 if first in UNFUSED else 500, LARGE, rng, 3, first)
    assert_none_wrong(found, prediction_fault, rng)
    assert_none_wrong(found, training_fault, rng)


def drawn(
    rows: dict[str, list[Make]],
    count: int,
    shapes: list[tuple[int, ...]],
    rng: np.random.Generator,
    length: int,
    first: str | None = None,
) -> list[Chain]:
    """So many chains of random layers and settings that fit."""
    found: list[Chain] = []
    while len(found) < count:
        types = [str(name) for name in rng.choice(list(rows), size=length)]
        if first is not None:
            types[0] = first
        shape = shapes[rng.integers(len(shapes))]
        found.extend(chains([[rows[name][rng.integers(len(rows[name]))]] for name in types], shape))
    return found


@pytest.mark.slow
def test_longer_chains(instruction_set: str, rng: np.random.Generator) -> None:
    """Drawn from all of four to seven layers, and all element-wise functions but those that jump."""
    rows = settings(more=True)
    rows["GELU"] = [
        lambda shape, case=case: case.layer()  # type: ignore[misc]
        for case in CASES
        if not isinstance(case.layer(), Step | Threshold)
    ]
    found = [chain for length in (4, 5, 6, 7) for chain in drawn(rows, 750, SHAPES, rng, length)]
    assert_none_wrong(found, prediction_fault, rng)
    assert_none_wrong(found, training_fault, rng)
