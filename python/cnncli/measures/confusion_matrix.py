"""Which class was taken for which, counted answer by answer."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncli.errors import ShapeError, UsageError


class ConfusionMatrix:
    """Counts answers: a row for each true class, a column for each answer. Torch7: optim.ConfusionMatrix.

    classes : their names, or how many there are

    matrix : int64 (K, K), from which `valids`, `average_row_valid`, `average_union_valid` and `total_valid` follow

    >>> matrix = ConfusionMatrix(["cat", "dog"])
    >>> matrix.batch_add([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], [0, 1, 1])
    >>> matrix.add(1, 1)
    >>> print(matrix)
    ConfusionMatrix:
    [[       1       0]   100.000%  [class: cat]
     [       1       2]]  66.667%   [class: dog]
     + average row correct: 83.333%
     + average rowUcol correct (VOC measure): 58.333%
     + global correct: 75.000%
    """

    def __init__(self, classes: int | Sequence[str]) -> None:
        names = [str(index) for index in range(classes)] if isinstance(classes, int) else list(classes)
        if not names:
            raise UsageError("ConfusionMatrix: has no classes; pass their names or their number")
        self.classes = names
        self.matrix: NDArray[np.int64] = np.zeros((len(names), len(names)), np.int64)

    def add(self, prediction: ArrayLike, target: int) -> None:
        """One answer: a class, or a score for each class. target : the true class, from 0; Torch7 counts from 1"""
        answer = np.asarray(prediction)
        self.batch_add(answer[np.newaxis] if answer.ndim else [int(answer)], [target])

    def batch_add(self, predictions: ArrayLike, targets: ArrayLike) -> None:
        """Answers for a batch: classes (N,) or scores (N, K); targets : true classes (N,). Torch7: batchAdd.

        Raises ShapeError for other shapes, UsageError for a class that there is not; then nothing is counted.
        """
        answers, true, count = np.asarray(predictions), np.asarray(targets), len(self.classes)
        if answers.ndim == 2 and answers.shape[1] == count:
            answers = answers.argmax(axis=1)
        if answers.ndim != 1 or answers.shape != true.shape:
            raise ShapeError(
                f"ConfusionMatrix: takes answers (N,) or (N, {count}) and targets (N,), got {answers.shape} and "
                f"{true.shape}; pass one answer for each target"
            )
        for what, values in (("answer", answers), ("target", true)):
            wrong = values[(values < 0) | (values >= count) | (values != values.astype(np.int64))]
            if wrong.size:
                raise UsageError(f"ConfusionMatrix: {what} {wrong[0]} is no class from 0 to {count - 1}")
        np.add.at(self.matrix, (true.astype(np.int64), answers.astype(np.int64)), 1)

    def zero(self) -> None:
        """Forgets all answers."""
        self.matrix.fill(0)

    @property
    def valids(self) -> NDArray[np.float64]:
        """(K,): of each true class the share that was right; 0 where there was none. Torch7: valids."""
        return _share(np.diagonal(self.matrix), self.matrix.sum(axis=1))

    @property
    def union_valids(self) -> NDArray[np.float64]:
        """(K,): right answers over all that are of the class or were taken for it. Torch7: unionvalids."""
        right = np.diagonal(self.matrix)
        return _share(right, self.matrix.sum(axis=0) + self.matrix.sum(axis=1) - right)

    @property
    def average_row_valid(self) -> float:
        """The mean of `valids` over the classes that were there. Torch7: averageValid."""
        there = self.matrix.sum(axis=1) > 0
        return float(self.valids[there].mean()) if there.any() else 0.0

    @property
    def average_union_valid(self) -> float:
        """The mean of `union_valids` over the classes that were there or were answered. Torch7: averageUnionValid."""
        there = self.matrix.sum(axis=0) + self.matrix.sum(axis=1) > 0
        return float(self.union_valids[there].mean()) if there.any() else 0.0

    @property
    def total_valid(self) -> float:
        """The share of all answers that was right. Torch7: totalValid."""
        total = int(self.matrix.sum())
        return float(np.trace(self.matrix) / total) if total else 0.0

    def __str__(self) -> str:
        """As Torch7 prints it."""
        lines = ["ConfusionMatrix:"]
        last = len(self.classes) - 1
        for index, (name, row, valid) in enumerate(zip(self.classes, self.matrix, self.valids, strict=True)):
            begin, end = ("[[" if index == 0 else " ["), ("]]" if index == last else "] ")
            lines.append(f"{begin}{''.join(f'{count:8d}' for count in row)}{end}  {f'{valid:.3%}':9} [class: {name}]")
        lines.append(f" + average row correct: {self.average_row_valid:.3%}")
        lines.append(f" + average rowUcol correct (VOC measure): {self.average_union_valid:.3%}")
        lines.append(f" + global correct: {self.total_valid:.3%}")
        return "\n".join(lines)


def _share(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
