"""Facts of runs for the rules of the doctor, with nothing in them but what a test is about."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cnncli.doctor.facts import Epoch, RunFacts
from cnncli.doctor.finding import Finding

HALF = 0.485  # of 0.97


def epoch(number: int = 1, **facts: Any) -> Epoch:
    empty: dict[str, Any] = {
        "losses": [], "steps": [], "gradient": [], "turn": [], "update": [], "layers": None, "inputs": [],
    }  # fmt: skip
    return Epoch(number, **(empty | facts))


def run(epochs: Sequence[Epoch] = (), **facts: Any) -> RunFacts:
    return RunFacts(Path("run"), facts.pop("history", []), list(epochs), **facts)


def between(low: float, high: float) -> float:
    """Where half of the likelihood is reached: the mean of the logarithms."""
    return math.sqrt(low * high)


def likelihood(found: Finding | None) -> float:
    return 0.0 if found is None else found.likelihood
