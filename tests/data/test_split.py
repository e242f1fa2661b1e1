"""What is held out of a data set: the share that was asked for, of every class, chosen by Philox numbers alone."""

from fractions import Fraction

import numpy as np
import pytest

from cnncli.data.held_out import share_to_hold_out
from cnncli.data.split import split_indices
from cnncli.errors import UsageError

_WORD = 2**64


def philox_4x64(seed: int, purpose: int, count: int) -> list[int]:
    """Salmon et al. 2011, in ten rounds; the counter of the first four numbers is 1."""
    numbers: list[int] = []
    for block in range(1, -(-count // 4) + 1):
        words, keys = [block, 0, 0, 0], [seed % _WORD, purpose]
        for _ in range(10):
            high0, low0 = divmod(words[0] * 0xD2E7470EE14C6C93, _WORD)
            high1, low1 = divmod(words[2] * 0xCA5A826395121157, _WORD)
            words = [high1 ^ words[1] ^ keys[0], low1, high0 ^ words[3] ^ keys[1], low0]
            keys = [(keys[0] + 0x9E3779B97F4A7C15) % _WORD, (keys[1] + 0xBB67AE8584CAA73B) % _WORD]
        numbers += words
    return numbers[:count]


def quotas(counts: list[int], fraction: Fraction) -> list[int]:
    """How many of each class are held out, in exact arithmetic: largest remainders first, one of each class stays."""
    shares = [count * fraction for count in counts]
    given = [int(share) for share in shares]
    by_remainder = sorted(range(len(counts)), key=lambda index: (given[index] - shares[index], index))
    for index in by_remainder[: round(sum(counts) * fraction) - sum(given)]:
        given[index] += 1
    return [min(one, count - 1) for one, count in zip(given, counts, strict=True)]


@pytest.mark.parametrize("seed", [0, 1, 2**64 + 5])
@pytest.mark.parametrize("eighths", [1, 3, 4, 7])  # exact in float64
@pytest.mark.parametrize("counts", [[7, 9, 14], [1, 1, 1, 30], [5], [3, 3, 3, 3, 3], [2, 40]])
def test_each_class_gives_its_share_of_the_smallest_philox_numbers(
    counts: list[int], eighths: int, seed: int, rng: np.random.Generator
) -> None:
    labels = rng.permutation(np.repeat(np.arange(len(counts)) * 3 + 1, counts))
    keys = philox_4x64(seed, int.from_bytes(b"split", "big"), len(labels))
    expected: list[int] = []
    for label, quota in zip(np.unique(labels), quotas(counts, Fraction(eighths, 8)), strict=True):
        expected += sorted(np.flatnonzero(labels == label).tolist(), key=lambda index: keys[index])[:quota]
    kept, held_out = split_indices(labels, eighths / 8, seed)
    assert held_out.tolist() == sorted(expected)
    assert kept.tolist() == sorted(set(range(len(labels))) - set(expected))


@pytest.mark.parametrize("fraction", [-0.5, 0, 1, 1.25])
def test_share_that_leaves_nothing_or_takes_nothing_is_refused(fraction: float) -> None:
    with pytest.raises(UsageError, match=rf"^fraction is {fraction}; use a number, more than 0 and less than 1$"):
        split_indices(np.array([0, 0, 1, 1]), fraction)


def test_seed_below_0_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^seed is -1; use a whole number, at least 0$"):
        split_indices(np.array([0, 0, 1, 1]), 0.5, -1)


def test_seed_is_0_if_none_is_told() -> None:
    labels = np.zeros(200, np.int64)
    assert split_indices(labels, 0.5)[1].tolist() == split_indices(labels, 0.5, 0)[1].tolist()


@pytest.mark.parametrize(("rows", "share"), [(999, 0.0), (1_000, 0.1)])
def test_rows_with_values_are_held_out_from_a_thousand_on(rows: int, share: float) -> None:
    """A few rows choose the epoch by their noise; images with labels are held out from 20 on."""
    assert share_to_hold_out(np.zeros((rows, 2))) == share
    assert share_to_hold_out(np.arange(20) % 2) == 0.1
