"""Torch7's confusion matrix and logger."""

from pathlib import Path

import numpy as np
import pytest

from cnncli.errors import CnnError
from cnncli.measures import ConfusionMatrix, Logger


def test_counts_and_shares_follow_from_the_answers(rng: np.random.Generator) -> None:
    true, scores = rng.integers(0, 4, 200), rng.normal(size=(200, 5))
    matrix = ConfusionMatrix(5)
    matrix.batch_add(scores[:150], true[:150])
    for score, target in zip(scores[150:190], true[150:190], strict=True):
        matrix.add(score, int(target))
    matrix.batch_add(scores[190:].argmax(axis=1), true[190:])
    answers = scores.argmax(axis=1)
    wanted = [[int(np.sum((true == row) & (answers == column))) for column in range(5)] for row in range(5)]
    assert matrix.matrix.tolist() == wanted
    right = [np.sum((true == k) & (answers == k)) for k in range(5)]
    valids = [right[k] / max(1, np.sum(true == k)) for k in range(5)]
    unions = [right[k] / np.sum((true == k) | (answers == k)) for k in range(5)]
    np.testing.assert_allclose(matrix.valids, valids)
    np.testing.assert_allclose(matrix.union_valids, unions)
    assert matrix.average_row_valid == pytest.approx(np.mean(valids[:4]))  # no sample is of class 4
    assert matrix.average_union_valid == pytest.approx(np.mean(unions))
    assert matrix.total_valid == pytest.approx(np.mean(true == answers))
    matrix.zero()
    assert not matrix.matrix.any()
    assert (matrix.total_valid, matrix.average_row_valid, matrix.average_union_valid) == (0, 0, 0)


@pytest.mark.parametrize(
    ("answers", "targets", "line"),
    [
        ([0, 3], [0, 1], "answer 3 is no class from 0 to 2"),
        ([0, 1], [0, -1], "target -1 is no class from 0 to 2"),
        ([0.5, 1], [0, 1], r"answer 0\.5 is no class from 0 to 2"),
        ([0, 1], [0], r"takes answers \(N,\) or \(N, 3\) and targets \(N,\), got \(2,\) and \(1,\)"),
        ([[1, 2]], [0], r"takes answers .* got \(1, 2\) and \(1,\)"),
    ],
)
def test_what_are_no_answers_is_not_counted(answers: list[float], targets: list[int], line: str) -> None:
    matrix = ConfusionMatrix(["a", "b", "c"])
    with pytest.raises(CnnError, match=f"^ConfusionMatrix: {line}"):
        matrix.batch_add(answers, targets)
    assert not matrix.matrix.any()


def test_a_log_is_on_disk_row_by_row(tmp_path: Path) -> None:
    logger = Logger(tmp_path / "log.txt", ["epoch", "loss"])
    logger.add([1, 0.125])
    assert (tmp_path / "log.txt").read_text() == "epoch\tloss\n1\t0.125\n"
    logger.add({"loss": 1e-9, "epoch": 2})
    logger.close()
    assert np.genfromtxt(tmp_path / "log.txt", names=True)["loss"].tolist() == [0.125, 1e-9]


def test_wrong_rows_and_names_of_a_log_are_told(tmp_path: Path) -> None:
    with Logger(tmp_path / "log.txt") as logger:
        with pytest.raises(CnnError, match=r"^Logger: the columns have no names"):
            logger.add([1])
        for wrong in (["a", "a"], [], ["a", "b\t"], ["\na", "b"], ["\t\n"]):
            with pytest.raises(CnnError, match=r"^Logger: names are "):
                logger.set_names(wrong)
        logger.add({"a": 1, "b": 2})
        with pytest.raises(CnnError, match=r"^Logger: the columns are a, b already"):
            logger.set_names(["c"])
        with pytest.raises(CnnError, match=r"^Logger: 1 numbers for the 2 columns"):
            logger.add([1])
        with pytest.raises(CnnError, match=r"^Logger: got a, c; the columns are a, b"):
            logger.add({"a": 1, "c": 2})
    assert (tmp_path / "log.txt").read_text() == "a\tb\n1\t2\n"
    with pytest.raises(CnnError, match=r"log\.txt: .* does not exist"):
        Logger(tmp_path / "lost" / "log.txt")
