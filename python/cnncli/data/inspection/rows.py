"""What is wrong with a table of numbers before anything is trained on it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnncli.data.imbalance import imbalance_of
from cnncli.shown import plural

_MOST_CLASSES = 64  # different values of a target that are taken for classes


@dataclass(frozen=True)
class RowFinding:
    """kind : "duplicates", "two-targets", "constant-columns" or "imbalance"; count : rows or columns

    rows : some groups of rows, counted from 1 as they stand in the table; text, remedy : in words
    """

    kind: str
    count: int
    rows: list[list[int]]
    text: str
    remedy: str = ""


def target_counts(cells: Sequence[Sequence[str]]) -> dict[str, int]:
    """How often each value of the one target stands there; empty where these are many, and so numbers."""
    if not cells or len(cells[0]) != 1:
        return {}
    counts = Counter(row[0] for row in cells)
    return dict(counts) if len(counts) <= min(_MOST_CLASSES, max(2, len(cells) // 2)) else {}


def inspect_rows(
    rows: npt.NDArray[np.float64], cells: Sequence[Sequence[str]], names: Sequence[str]
) -> list[RowFinding]:
    """Faults of a table, in the order of RowFinding's kinds.

    rows : float64 (N, F), the inputs; cells : of each row the targets as they stand there; names : of the columns

    >>> found = inspect_rows(np.array([[1.0, 5], [2, 5], [1, 5]]), [["a"], ["b"], ["b"]], ["x", "y"])
    >>> [(one.kind, one.count) for one in found]
    [('two-targets', 2), ('constant-columns', 1)]
    """
    groups: dict[bytes, list[int]] = {}
    for number, row in enumerate(rows + 0.0):  # -0 is 0
        groups.setdefault(row.tobytes(), []).append(number)
    doubled = [members for members in groups.values() if len(members) > 1]
    same: list[list[int]] = []
    parted: list[list[int]] = []
    for members in doubled:
        targets = {tuple(cells[number]) for number in members}
        (parted if len(targets) > 1 else same).append([number + 1 for number in members])
    found: list[RowFinding] = []
    if same:
        count = sum(len(members) - 1 for members in same)
        text = f"{plural(count, 'row')} {_is(count)} the same as another one"
        found.append(RowFinding("duplicates", count, same, text))
    if parted:
        count = sum(map(len, parted))
        text = f"{plural(count, 'row')} have the inputs of another one and another target"
        found.append(RowFinding("two-targets", count, parted, text, "no network can tell them apart"))
    constant = [name for name, column in zip(names, rows.T, strict=True) if len(column) and np.ptp(column) == 0]
    if constant:
        count = len(constant)
        text = f"{count:,} column{' is' if count == 1 else 's are'} the same in all rows: {', '.join(constant[:6])}"
        found.append(RowFinding("constant-columns", count, [], text, "leave out what says nothing"))
    counts = target_counts(cells)
    balance = imbalance_of(list(counts), list(counts.values())) if counts else None
    if balance is not None and balance.remedy:
        (large, most), (small, least) = balance.largest, balance.smallest
        text = f"{balance.ratio:.0f} times as many of {large} ({most:,}) as of {small} ({least:,})"
        found.append(RowFinding("imbalance", 1, [], text, f"as classes: cnn train --balance {balance.remedy}"))
    return found


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
