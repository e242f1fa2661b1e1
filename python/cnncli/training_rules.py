"""What each setting of a training may be: one rule for all who give one, a caller or a network's description.

Raised before any data is read, with the place, the rule, the value and the remedy.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from cnncli.architectures import find_line
from cnncli.description import quoted, shown, suggestion
from cnncli.errors import FormatError, UsageError
from cnncli.files import printable
from cnncli.schedule import SCHEDULES

OPTIMIZERS = ("sgd",)


@dataclass(frozen=True)
class Rule:
    """What a setting may be.

    use : the remedy for another value: "use a whole number, at least 1"
    accepts : whether a value of any type is one
    names : all values, where they are words
    """

    use: str
    accepts: Callable[[Any], bool]
    names: tuple[str, ...] = ()

    def remedy(self, value: object) -> str:
        """What to do instead of `value`."""
        if self.names and isinstance(value, str):
            hint = suggestion(value, self.names)
            return hint if hint.startswith("did you mean") else self.use
        return self.use


def _whole(least: int, most: int) -> Rule:
    return Rule(
        f"use a whole number, at least {least:,} and at most {most:,}",
        lambda value: isinstance(value, Integral) and not isinstance(value, bool) and least <= int(value) <= most,
    )


def _number(limits: str, holds: Callable[[float], bool]) -> Rule:
    def accepts(value: Any) -> bool:
        if not isinstance(value, Real) or isinstance(value, bool):
            return False
        try:
            return math.isfinite(value) and holds(float(value))
        except OverflowError:  # a whole number that no float reaches
            return False

    return Rule(f"use a number, {limits}", accepts)


def _word(names: Iterable[str]) -> Rule:
    known = tuple(names)
    use = f"use {'one of ' if len(known) > 1 else ''}{', '.join(known)}"
    return Rule(use, lambda value: isinstance(value, str) and value in known, known)


_SHARE = _number("at least 0 and less than 1", lambda number: 0 <= number < 1)
_PART = _number("more than 0 and at most 1", lambda number: 0 < number <= 1)

# The keys of a description's [training]; the names are those of TrainSettings, and `nesterov` has no option.
TRAINING: Mapping[str, Rule] = {
    "epochs": _whole(1, 100_000),
    "batch_size": _whole(1, 65_536),
    "optimizer": _word(OPTIMIZERS),
    "learning_rate": _number("more than 0", lambda number: number > 0),
    "momentum": _SHARE,
    "nesterov": Rule("use true or false", lambda value: isinstance(value, bool)),
    "weight_decay": _number("at least 0", lambda number: number >= 0),
    "schedule": _word(SCHEDULES),
    "validation": _SHARE,
}
# Those of its [target].
TARGET: Mapping[str, Rule] = {
    **TRAINING,
    "cycle": TRAINING["epochs"],
    "shares": Rule(
        "use a list of numbers above 0 and at most 1",
        lambda value: isinstance(value, list) and all(_PART.accepts(share) for share in value),
    ),
}
# What a caller may ask for beside them, and the options that stand for settings of other names.
_ASKED: Mapping[str, Rule] = {
    **TRAINING,
    "target": Rule("use an accuracy above 0 and at most 1, such as 0.99", _PART.accepts),
    "seed": _whole(0, 2**63 - 1),
    "threads": _whole(1, 1024),
    "save_every": _number("at least 0", lambda number: number >= 0),
}
_OPTIONS = {"learning_rate": "lr", "optimizer": "optim", "validation": "val"}


def check_asked(settings: Mapping[str, Any]) -> None:
    """Raises UsageError for what no training can be asked for; None asks for nothing."""
    for name, rule in _ASKED.items():
        value = settings.get(name)
        if value is not None and not rule.accepts(value):
            option = f"--{_OPTIONS.get(name, name.replace('_', '-'))}"
            typed = quoted(value) if isinstance(value, str) else shown(value)
            unknown = "unknown; " if rule.names else ""
            raise UsageError(f"{option} {typed}: {unknown}{rule.remedy(value)}")


def check_described(description: Mapping[str, Any], architecture: str, source: str) -> None:
    """Raises FormatError, with file and line, for a [training] or a [target] of a description that breaks a rule.

    architecture : what `read_model` was given, to find the line
    source : what errors call the file
    """
    for table, rules in (("training", TRAINING), ("target", TARGET)):
        values = description.get(table, {})
        if not isinstance(values, dict):
            raise FormatError(
                f"{_where(architecture, source, table)}: {table} is {shown(values)}; "
                f"use a table [{table}] of settings such as epochs = 10"
            )
        for key, value in values.items():
            where = f"{_where(architecture, source, table, key)}, [{table}]"
            if key not in rules:
                raise FormatError(f'{where}: unknown setting "{quoted(key)}"; {suggestion(key, rules)}')
            if not rules[key].accepts(value):
                raise FormatError(f"{where}: {key} is {shown(value)}; {rules[key].remedy(value)}")


def _where(architecture: str, source: str, *keys: str) -> str:
    line = find_line(architecture, keys)
    return printable(source) if line is None else f"{printable(source)}, line {line}"
