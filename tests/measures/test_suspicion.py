"""Which labels are suspicious: counted sample by sample, as Northcutt, Jiang and Chuang 2021 define it."""

import numpy as np
import pytest

from cnncli.measures.suspicion import suspicious


def listed(labels: list[int], shares: list[list[float]], honest: list[bool]) -> list[int]:
    return suspicious(np.array(labels, np.int64), np.array(shares), np.array(honest, np.bool_)).tolist()


def by_hand(labels: list[int], shares: list[list[float]], honest: list[bool]) -> list[int]:
    """Sample by sample: another class is the most probable one, and no less probable than it is, in the mean, for the
    honest samples with its label, or for all of them where none is honest."""
    found = []
    for sample, (label, share) in enumerate(zip(labels, shares, strict=True)):
        answer = share.index(max(share))
        own = [k for k, other in enumerate(labels) if other == answer]
        own = [k for k in own if honest[k]] or own
        if answer != label and own and share[answer] >= sum(shares[k][answer] for k in own) / len(own):
            found.append((share[label] - share[answer], sample))
    return [sample for _, sample in sorted(found)]


@pytest.mark.parametrize("seed", range(8))
def test_it_is_what_counting_sample_by_sample_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, 40).tolist()  # no sample is of class 3
    shares = rng.dirichlet([0.5] * 4, 40).tolist()
    honest = (rng.random(40) < 0.3).tolist()
    found = listed(labels, shares, honest)
    assert found == by_hand(labels, shares, honest)
    assert found


def test_as_sure_as_usual_is_suspicious_and_less_sure_is_not() -> None:
    for share, found in ((0.75, [2]), (0.75 - 2**-20, [])):
        assert listed([0, 0, 1], [[0.5, 0.5], [1, 0], [share, 1 - share]], [True] * 3) == found


def test_what_the_model_has_seen_sets_no_standard_where_other_samples_do() -> None:
    shares = [[1.0, 0.0], [0.625, 0.375], [0.75, 0.25]]
    assert listed([0, 0, 1], shares, [False, True, False]) == [2]  # usual is 0.625
    assert listed([0, 0, 1], shares, [False, False, False]) == []  # usual is their mean, 0.8125
    assert listed([0, 0, 1], shares, [True, True, True]) == []


def test_samples_without_an_answer_count_for_nothing_and_keep_their_numbers() -> None:
    nothing = [float("nan"), float("nan")]
    shares = [nothing, [0.75, 0.25], nothing, [1, 0], [0.875, 0.125]]
    assert listed([0, 0, 1, 1, 1], shares, [True] * 5) == [3, 4]
    assert listed([0, 1], [nothing, nothing], [True, True]) == []


def test_of_labels_equally_suspicious_the_first_comes_first() -> None:
    shares = [[0.5, 0.5], [0.75, 0.25], [1, 0], [0.75, 0.25]]
    assert listed([0, 1, 1, 1], shares, [True] * 4) == [2, 1, 3]
