"""All that is found in a run, the likeliest cause first."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cnncli.doctor import curves, mechanics
from cnncli.doctor.facts import RunFacts, read_facts
from cnncli.doctor.finding import Finding

LEAST = 0.5  # likelihood, below which nothing is said

Rule = Callable[[RunFacts], Finding | None]

_MACHINERY = ("zero-init", "no-normalization", "deep-sigmoids", "no-shuffle", "gradients-kept")

# Each rule with the kinds that explain what it looks at: a network that gets raw bytes diverges as one with too high a
# rate does, and then has dead units; batches of one class have like gradients. What is said is multiplied by what those
# leave unexplained. A kind stands after those that explain it.
_RULES: tuple[tuple[Rule, tuple[str, ...]], ...] = (
    (mechanics.zero_init, ()),
    (mechanics.no_normalization, ()),
    (mechanics.deep_sigmoids, ()),
    (curves.no_shuffle, ()),
    (curves.training_mode_at_test, ()),
    (curves.test_set_leak, ("training-mode-at-test",)),
    (mechanics.gradients_kept, ("no-shuffle",)),
    (mechanics.rate_too_high, _MACHINERY),
    (curves.labels_shifted, (*_MACHINERY, "rate-too-high", "training-mode-at-test")),
    (curves.overfitting, (*_MACHINERY, "rate-too-high", "training-mode-at-test", "labels-shifted")),
    (curves.dead_units, (*_MACHINERY, "rate-too-high")),
    (curves.duplicates, ()),
)


def findings(run: RunFacts, least: float = LEAST) -> list[Finding]:
    """What is found, the most likely first; nothing in a healthy run."""
    found: dict[str, Finding] = {}
    for rule, explained_by in _RULES:
        one = rule(run)
        if one is not None:
            left = math.prod(1 - found[kind].likelihood for kind in explained_by if kind in found)
            found[one.kind] = replace(one, likelihood=round(one.likelihood * left, 3))
    kept = [one for one in found.values() if one.likelihood >= least]
    return sorted(kept, key=lambda one: -one.likelihood)


def examine(folder: Path) -> list[Finding]:
    """`findings` of a run's folder."""
    return findings(read_facts(folder))
