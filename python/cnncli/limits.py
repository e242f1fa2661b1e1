"""Ranges of numbers: what the command line, a network's description and a caller from Python may give."""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from cnncli.errors import UsageError
from cnncli.shown import shown

MOST_THREADS = 1024

_HOLDS: Mapping[str, tuple[str, Callable[[float, float], bool]]] = {
    "above": ("more than", operator.gt),
    "least": ("at least", operator.ge),
    "below": ("less than", operator.lt),
    "most": ("at most", operator.le),
}


@dataclass(frozen=True)
class Limits:
    """A finite number, or a whole one, from `least` or above `above` to `most` or below `below`.

    >>> limits = Limits(whole=True, least=1, most=100_000)
    >>> print(limits.remedy)
    use a whole number, at least 1 and at most 100,000
    >>> limits.accepts(7), limits.accepts(7.0), limits.accepts(True), limits.accepts(10**400)
    (True, False, False, False)
    """

    whole: bool = False
    above: float | None = None
    least: float | None = None
    below: float | None = None
    most: float | None = None

    @property
    def remedy(self) -> str:
        """What to do instead of another value."""
        stated = " and ".join(f"{words} {limit:,}" for words, limit, _ in self._rules())
        return f"use a {'whole ' if self.whole else ''}number{f', {stated}' if stated else ''}"

    def fault(self, name: str, value: object) -> str:
        """The message for a value that is refused.

        >>> Limits(least=0, below=1).fault("momentum", 1)
        'momentum is 1; use a number, at least 0 and less than 1'
        """
        return f"{name} is {shown(value)}; {self.remedy}"

    def accepts(self, value: Any) -> bool:
        """Whether a value of any type is such a number; a bool is none."""
        if not isinstance(value, Integral if self.whole else Real) or isinstance(value, bool):
            return False
        try:
            number: float = value.__index__() if isinstance(value, Integral) else float(value)
            return math.isfinite(number) and all(holds(number, limit) for _, limit, holds in self._rules())
        except OverflowError:  # a whole number that no float reaches
            return False

    def checked(self, name: str, value: Any) -> Any:
        """`value`, if it is accepted; else UsageError, in which `name` stands first.

        >>> Limits(least=0).checked("l1", 0.5)
        0.5
        """
        if not self.accepts(value):
            raise UsageError(self.fault(name, value))
        return value

    def _rules(self) -> list[tuple[str, float, Callable[[float, float], bool]]]:
        return [
            (words, limit, holds)
            for name, (words, holds) in _HOLDS.items()
            if (limit := getattr(self, name)) is not None
        ]
