"""Ranges of numbers: what is accepted at each border, and how a range is told."""

import math
from typing import Any

import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.limits import Limits

NO_NUMBERS: list[Any] = [None, "1", True, [1], 1j, math.nan, math.inf, -math.inf, 10**400, -(10**400), np.bool_(1)]


@pytest.mark.parametrize(
    ("limits", "taken", "refused"),
    [
        (Limits(), [0, -1.5, 1e308, np.float32(2), np.int8(3)], []),
        (Limits(above=1), [1.0001, 2], [1, 0.9]), (Limits(least=1), [1, 1.5], [0.9999]),
        (Limits(below=1), [0.9999, -5], [1, 1.1]), (Limits(most=1), [1, -5], [1.0001]),
        (Limits(least=0, below=1), [0, 0.5], [-1e-9, 1]), (Limits(above=0, most=1), [1e-9, 1], [0, 1.0001]),
        (Limits(whole=True), [0, -7, np.int64(3), 10**30], [1.0, 0.5, np.float64(2)]),
        (Limits(whole=True, least=1, most=3), [1, 2, 3, np.uint8(2)], [0, 4, 2.0]),
    ],
    ids=lambda value: repr(value) if isinstance(value, Limits) else None,
)  # fmt: skip
def test_a_number_is_accepted_up_to_each_border(limits: Limits, taken: list[Any], refused: list[Any]) -> None:
    for value in taken:
        assert limits.accepts(value) and limits.checked("x", value) is value
    for value in [*refused, *NO_NUMBERS]:
        assert not limits.accepts(value)
        with pytest.raises(UsageError, match=r"^x is .*; use a (whole )?number"):
            limits.checked("x", value)


def test_a_range_is_told_in_words() -> None:
    assert Limits().remedy == "use a number" and Limits(whole=True).remedy == "use a whole number"
    assert Limits(above=0, most=1e6).remedy == "use a number, more than 0 and at most 1,000,000.0"
    assert Limits(whole=True, least=1, below=2000).fault("n", "x") == (
        'n is "x"; use a whole number, at least 1 and less than 2,000'
    )
