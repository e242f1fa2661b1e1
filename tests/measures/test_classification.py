"""Measures of classes and of calibration against counting one by one."""

import math

import numpy as np
import pytest

from cnncli.errors import ShapeError, UsageError
from cnncli.measures.calibration import calibration
from cnncli.measures.classification import measure


def mean(values: list[float]) -> float:
    there = [value for value in values if not math.isnan(value)]
    return sum(there) / len(there) if there else math.nan


CASES = {
    "random": ([0, 1, 2, 2, 1, 0, 3, 3, 3, 2], [0, 1, 1, 2, 0, 0, 3, 2, -1, 2]),
    "a class without samples": ([0, 0, 1, 1], [0, 3, 1, 0]),
    "one class": ([2, 2, 2], [2, 2, 1]),
    "all right": ([0, 1, 2, 3], [0, 1, 2, 3]),
    "all wrong": ([0, 1, 2, 3], [1, 2, 3, 0]),
    "one sample": ([1], [1]),
    "one sample without an answer": ([1], [-1]),
    "none": ([], []),
}


@pytest.mark.parametrize("case", CASES)
def test_means_balance_and_pairs_are_those_of_counting(case: str) -> None:
    labels, answers = CASES[case]
    found = measure(labels, answers, classes=4, loss=0.0)
    pairs = list(zip(labels, answers, strict=True))
    recalls, precisions, scores, supports = [], [], [], []
    for k in range(4):
        right, true, answered = pairs.count((k, k)), labels.count(k), answers.count(k)
        recalls.append(right / true if true else math.nan)
        precisions.append(right / answered if answered else math.nan)
        scores.append(2 * right / (true + answered) if true + answered else math.nan)
        supports.append(true)
    assert found.balanced_accuracy == pytest.approx(mean(recalls), nan_ok=True)
    assert found.means() == pytest.approx((mean(precisions), mean(recalls), mean(scores)), nan_ok=True)
    weighted = found.means(weighted=True)
    if labels:
        assert weighted[1] == pytest.approx(found.accuracy)
        known = [(s, n) for s, n in zip(scores, supports, strict=True) if not math.isnan(s)]
        assert weighted[2] == pytest.approx(sum(s * n for s, n in known) / sum(n for _, n in known))
    else:
        assert all(map(math.isnan, weighted))
    assert found.right == sum(a == b for a, b in pairs) and found.unanswered == answers.count(-1)
    assert found.is_balanced == (len({n for n in supports if n}) <= 1)
    wrong = sorted({pair for pair in pairs if pair[0] != pair[1] and pair[1] >= 0}, key=lambda p: (-pairs.count(p), p))
    assert [tuple(one) for one in found.most_confused(3)] == [(*p, pairs.count(p)) for p in wrong[:3]]


def test_calibration_is_that_of_a_loop_over_bins(rng: np.random.Generator) -> None:
    shares = np.concatenate([rng.random(300), [0.0, 1.0, 1 / 15, 2 / 15, 0.2]])
    right = rng.random(len(shares)) < shares
    found = calibration(shares, right)
    error = 0.0
    for b in range(15):
        low, high = b / 15, (b + 1) / 15
        inside = [i for i, p in enumerate(shares) if (low < p <= high) or (b == 0 and p == 0)]
        assert found.count[b] == len(inside)
        if inside:
            sure, hits = np.mean(shares[inside]), np.mean(right[inside])
            assert found.probability[b] == pytest.approx(sure) and found.accuracy[b] == pytest.approx(hits)
            error += len(inside) / len(shares) * abs(sure - hits)
        else:
            assert math.isnan(found.probability[b]) and math.isnan(found.accuracy[b])
    assert found.error == pytest.approx(error)


def test_calibration_of_one_answer_of_none_and_of_what_is_no_probability() -> None:
    assert calibration([1.0], [True]).error == 0 and calibration([1.0], [False]).error == 1
    assert math.isnan(calibration([], []).error)
    for wrong in (math.nan, -0.1, 1.5, math.inf):
        with pytest.raises(UsageError, match=r"^calibration: probability \S+; they go from 0 to 1$"):
            calibration([0.5, wrong], [True, True])
    with pytest.raises(ShapeError, match=r"takes \(N,\) and \(N,\), got \(2,\) and \(1,\)"):
        calibration([0.5, 0.5], [True])
