"""What the doctor says: findings, each with its likelihood and the numbers that speak for it."""

import math
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Evidence:
    """One number that speaks for a finding.

    text : a sentence, without a full stop, that has the number in it and what it is compared with
    value : the number
    usual : what it is compared with: a bound, or the number of a healthy training
    epoch : at which it was measured; None: at the end
    """

    text: str
    value: float
    usual: float
    epoch: int | None = None

    def facts(self) -> dict[str, Any]:
        return {"text": self.text, "value": self.value, "usual": self.usual, "epoch": self.epoch}


@dataclass(frozen=True)
class Finding:
    """kind : one of KINDS; likelihood : from 0 to 1, see `docs/doctor.md`; evidence : the strongest first"""

    kind: str
    likelihood: float
    evidence: list[Evidence] = field(default_factory=list)


def grade(value: float, low: float, high: float) -> float:
    """How clearly a number stands out: 0 up to `low`, 1 from `high` on, between them in proportion of logarithms.

    >>> grade(1.0, 2.0, 8.0), grade(4.0, 2.0, 8.0), grade(20.0, 2.0, 8.0)
    (0.0, 0.5, 1.0)
    """
    if not value > low:
        return 0.0
    if value >= high:
        return 1.0
    return math.log(value / low) / math.log(high / low)
