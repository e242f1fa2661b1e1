"""`_core.random_uniform` and `permutation`: pure functions of what they are for."""

from collections.abc import Callable

import numpy as np
import pytest

import oracles
from closeness import same_bits, unwritten
from cnncli import _core

SHUFFLE, INITIAL_WEIGHTS = 1, 5


def uniform(shape: tuple, seed: int = 1, purpose: int = INITIAL_WEIGHTS, stream: int = 0) -> np.ndarray:
    out = unwritten(*shape)
    _core.random_uniform(out, seed=seed, purpose=purpose, stream=stream)
    return out


@pytest.mark.parametrize("shape", [(0,), (1,), (3,), (4,), (5,), (16,), (17,), (1031,), (6, 1, 5, 5)])
def test_random_numbers_fill_any_shape(shape: tuple) -> None:
    assert np.isfinite(uniform(shape)).all()


def bits(count: int, seed: int, purpose: int, stream: int) -> np.ndarray:
    """Philox blocks of the counters (block low, block high, stream, purpose << 24), one after the other."""
    key = seed & 0xFFFFFFFF, seed >> 32
    blocks = [oracles.philox4x32((block, 0, stream, purpose << 24), key) for block in range(-(-count // 4))]
    return np.array(blocks, dtype=np.uint64).ravel()[:count]


@pytest.mark.parametrize("seed, purpose, stream", [(1, 5, 0), (2**63 + 12345, 1, 7), (0, 255, 2**32 - 1)])
def test_random_numbers_are_those_of_philox(seed: int, purpose: int, stream: int) -> None:
    for count in (1, 3, 4, 5, 102):
        drawn = bits(count + 1, seed, purpose, stream).astype(np.float64)
        expected = drawn[:count] // 256 / 2**24
        np.testing.assert_array_equal(uniform((count,), seed, purpose, stream), expected.astype(np.float32))


def test_random_numbers_are_those_of_a_longer_array() -> None:
    """A number depends on its place, not on how many are asked for."""
    long = uniform((1031,))
    for count in (1, 3, 4, 5, 17, 100):
        assert same_bits(uniform((count,)), long[:count])
    assert same_bits(uniform((2, 3, 5)).ravel(), long[:30])


@pytest.mark.parametrize("other", [{"seed": 2}, {"seed": 1 + 2**32}, {"purpose": SHUFFLE}, {"stream": 1}])
def test_random_numbers_differ_with_seed_purpose_and_stream(other: dict) -> None:
    one, two = uniform((4000,)), uniform((4000,), **other)
    assert abs(np.corrcoef(one, two)[0, 1]) < 4 / np.sqrt(4000)
    assert np.isin(one, two).mean() < 0.01  # not the same numbers elsewhere


def test_random_numbers_do_not_depend_on_instruction_set_or_threads(
    instruction_set: str, assert_same_bits_for_any_threads: Callable
) -> None:
    before = uniform((1031,))
    _core.set_instruction_set(_core.instruction_sets()[0])
    assert same_bits(uniform((1031,)), before)
    assert_same_bits_for_any_threads(lambda: (uniform((100_003,)),))


def test_uniform_numbers_are_uniform() -> None:
    values = uniform((100_000,)).astype(np.float64)
    assert values.min() >= 0 and values.max() < 1
    shares = np.histogram(values, bins=20, range=(0, 1))[0]
    chi_squared = ((shares - 5000) ** 2 / 5000).sum()
    assert 4 < chi_squared < 50  # 19 degrees of freedom: one in 10,000 on either side
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 4 / np.sqrt(100_000)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 16, 17, 1031])
def test_permutation_holds_every_index_once(count: int) -> None:
    order = _core.permutation(count, seed=1, epoch=0)
    assert order.dtype == np.int64 and order.shape == (count,)
    np.testing.assert_array_equal(np.sort(order), np.arange(count))


def test_permutation_depends_on_seed_and_epoch_only() -> None:
    order = _core.permutation(1031, seed=1, epoch=4)
    assert same_bits(order, _core.permutation(1031, seed=1, epoch=4))
    for other in ({"seed": 2, "epoch": 4}, {"seed": 1, "epoch": 5}, {"seed": 1 + 2**32, "epoch": 4}):
        assert (order == _core.permutation(1031, **other)).mean() < 0.02


def test_permutation_is_fair() -> None:
    """Each of the 24 orders of four comes up about equally often over the epochs."""
    orders, counts = np.unique(
        [_core.permutation(4, seed=3, epoch=epoch) for epoch in range(2400)], axis=0, return_counts=True
    )
    assert len(orders) == 24
    assert 6 < ((counts - 100) ** 2 / 100).sum() < 60  # 23 degrees of freedom


def test_random_functions_refuse_what_does_not_fit() -> None:
    with pytest.raises(TypeError, match=r"^out: expected float32, got float64$"):
        _core.random_uniform(np.zeros(4), seed=1, purpose=INITIAL_WEIGHTS)
    with pytest.raises(ValueError, match=r"^purpose: expected less than 256, got 256$"):
        _core.random_uniform(unwritten(4), seed=1, purpose=256)
    with pytest.raises(ValueError, match=r"^count: expected 0 to "):
        _core.permutation(-1, seed=1, epoch=0)


BALANCE = 8


def shuffled(members: list[int], seed: int, purpose: int, stream: int, part: int = 0) -> list[int]:
    """Fisher & Yates with Lemire's draws, from blocks of the counters (block, 0, stream, purpose << 24 | part)."""
    key = seed & 0xFFFFFFFF, seed >> 32
    numbers = (
        int(number)
        for block in range(10**6)
        for number in oracles.philox4x32((block, 0, stream, purpose << 24 | part), key)
    )
    out = list(members)
    for i in range(len(out) - 1, 0, -1):
        product = next(numbers) * (i + 1)
        while product % 2**32 < (2**32 - (i + 1)) % (i + 1):
            product = next(numbers) * (i + 1)
        j = product >> 32
        out[i], out[j] = out[j], out[i]
    return out


def balanced(labels: np.ndarray, count: int, seed: int, epoch: int) -> list[int]:
    """By the definition: of each class its endless row of shuffles, of which the epoch takes its part."""
    there, drawn = sorted(set(labels.tolist())), []
    for number, label in enumerate(there):
        share = count // len(there) + (number < count % len(there))
        members = np.flatnonzero(labels == label).tolist()
        row: list[int] = []
        for turn in range(-(-share * (epoch + 1) // len(members))):
            row += shuffled(members, seed, BALANCE, turn, label)
        drawn += row[share * epoch : share * (epoch + 1)]
    return shuffled(drawn, seed, SHUFFLE, epoch)


@pytest.mark.parametrize(
    "counts, count", [([5], 5), ([1, 7], 8), ([40, 3, 0, 11], 54), ([40, 3, 0, 11], 7), ([2, 2], 0), ([9, 1], 101)]
)
def test_a_balanced_order_is_that_of_its_definition(counts: list[int], count: int, rng: np.random.Generator) -> None:
    labels = rng.permutation(np.repeat(np.arange(len(counts)), counts)).astype(np.int64)
    for seed, epoch in ((1, 0), (2**40 + 7, 1), (3, 5)):
        order = _core.balanced_order(labels, count=count, seed=seed, epoch=epoch)
        assert order.dtype == np.int64 and order.tolist() == balanced(labels, count, seed, epoch)


def test_a_balanced_order_draws_classes_alike_and_the_images_of_a_class_in_turn(rng: np.random.Generator) -> None:
    labels = rng.permutation(np.repeat([0, 1, 2, 4], [500, 60, 7, 1])).astype(np.int64)
    drawn = np.zeros(len(labels), np.int64)
    for epoch in range(9):
        order = _core.balanced_order(labels, count=len(labels), seed=4, epoch=epoch)
        assert np.bincount(labels[order]).tolist() == [142, 142, 142, 0, 142]
        np.add.at(drawn, order, 1)
        for label in (0, 1, 2, 4):
            assert np.ptp(drawn[labels == label]) <= 1, label


def test_a_balanced_order_refuses_what_does_not_fit() -> None:
    assert _core.balanced_order(np.zeros(0, np.int64), count=0, seed=1, epoch=0).shape == (0,)
    with pytest.raises(ValueError, match=r"^labels: expected at least one, got none$"):
        _core.balanced_order(np.zeros(0, np.int64), count=3, seed=1, epoch=0)
    with pytest.raises(ValueError, match=r"^labels: expected 0 to 2\^24 - 1, got -1$"):
        _core.balanced_order(np.array([0, -1]), count=2, seed=1, epoch=0)
    with pytest.raises(TypeError, match=r"^labels: expected int64, got int32$"):
        _core.balanced_order(np.zeros(2, np.int32), count=2, seed=1, epoch=0)
    with pytest.raises(ValueError, match=r"^count: expected 0 to "):
        _core.balanced_order(np.zeros(2, np.int64), count=-1, seed=1, epoch=0)
