"""All that is found in a run, the likeliest cause first."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cnncli.doctor import curves, mechanics
from cnncli.doctor.facts import RunFacts, read_facts
from cnncli.doctor.finding import Finding

LEAST = 0.5  # likelihood, below which nothing is said

Rule = Callable[[RunFacts], Finding | None]

# What is found first explains what comes later: a network that gets raw bytes diverges as one with too high a rate
# does, and then has dead units. What is said later is multiplied by what the ranks before leave unexplained.
_RANKS: tuple[tuple[Rule, ...], ...] = (
    (
        mechanics.zero_init,
        mechanics.no_normalization,
        mechanics.gradients_kept,
        mechanics.deep_sigmoids,
        curves.training_mode_at_test,
        curves.test_set_leak,
        curves.no_shuffle,
    ),
    (mechanics.rate_too_high,),
    (curves.labels_shifted,),
    (curves.overfitting, curves.dead_units),
)
_BY_THEMSELVES: tuple[Rule, ...] = (curves.duplicates,)


def findings(run: RunFacts, least: float = LEAST) -> list[Finding]:
    """What is found, the most likely first; nothing in a healthy run."""
    found = [one for rule in _BY_THEMSELVES if (one := rule(run)) is not None]
    left = 1.0
    for rank in _RANKS:
        own = [one for rule in rank if (one := rule(run)) is not None]
        found += [replace(one, likelihood=round(one.likelihood * left, 3)) for one in own]
        for one in own:
            left *= 1 - one.likelihood
    kept = [one for one in found if one.likelihood >= least]
    return sorted(kept, key=lambda one: -one.likelihood)


def examine(folder: Path) -> list[Finding]:
    """`findings` of a run's folder."""
    return findings(read_facts(folder))
