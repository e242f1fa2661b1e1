"""What each setting of a training may be: one rule for all who give one, a caller or a network's description.

Raised before any data is read, with the place, the rule, the value and the remedy.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cnncli.criteria.by_text import read_loss
from cnncli.errors import FormatError, UsageError
from cnncli.limits import Limits
from cnncli.network.architectures import find_line
from cnncli.network.description import suggestion
from cnncli.option_row import TrainingOption
from cnncli.shown import printable, shortened, shown
from cnncli.training.pace import REMEDY, is_pace
from cnncli.training_options import TRAINING_OPTIONS


@dataclass(frozen=True)
class Rule:
    """What a setting may be.

    use : the remedy for another value: "use a whole number, at least 1"; "" where it is made of words
    accepts : whether a value of any type is one
    row : of an option whose values are words, to which plugins add
    """

    use: str
    accepts: Callable[[Any], bool]
    row: TrainingOption | None = None

    def remedy(self, value: object) -> str:
        """What to do instead of `value`."""
        if self.row is None:
            return self.use
        names = self.row.known_words
        hint = suggestion(value, names) if isinstance(value, str) else ""
        if hint.startswith("did you mean"):
            return hint
        return f"use {'one of ' if len(names) > 1 else ''}{', '.join(names)}"


class LossRule(Rule):
    """That of a loss: what `read_loss` reads."""

    def __init__(self) -> None:
        super().__init__("use a name such as cross-entropy", lambda value: _loss_fault(value) is None)

    def remedy(self, value: object) -> str:
        return _loss_fault(value) or self.use


def _loss_fault(value: object) -> str | None:
    if not isinstance(value, str):
        return "use the name of a loss, such as cross-entropy"
    try:
        read_loss(value)
    except UsageError as error:
        return str(error)
    return None


def _rule(row: TrainingOption) -> Rule:
    """The rule that a row of the table states."""
    if row.kind == "word":
        return Rule("", lambda value: isinstance(value, str) and value in row.known_words, row)
    if row.kind == "loss":
        return LossRule()
    if row.kind == "switch":
        return Rule("use true or false", lambda value: isinstance(value, bool))
    if row.kind == "steps":
        return Rule(REMEDY, is_pace)
    limits = Limits(whole=row.kind == "whole", **dict(row.limits))
    if row.words:
        use = f"{limits.remedy}, or {' or '.join(row.words)}"
        return Rule(use, lambda value: limits.accepts(value) or (isinstance(value, str) and value in row.words))
    return Rule(row.use or limits.remedy, limits.accepts)


_RULED = [row for row in TRAINING_OPTIONS if row.limits or row.kind in ("word", "switch", "loss", "steps")]
_PART = Limits(above=0, most=1)
# The keys of a description's [training].
TRAINING: Mapping[str, Rule] = {row.field: _rule(row) for row in _RULED if row.is_described}
# Those of its [target].
TARGET: Mapping[str, Rule] = {
    **TRAINING,
    "cycle": TRAINING["epochs"],
    "shares": Rule(
        "use a list of numbers above 0 and at most 1",
        lambda value: isinstance(value, list) and all(_PART.accepts(share) for share in value),
    ),
}


def check_asked(settings: Mapping[str, Any]) -> None:
    """Raises UsageError for what no training can be asked for; None asks for nothing."""
    for row in _RULED:
        value, rule = settings.get(row.field), _rule(row)
        if value is not None and not rule.accepts(value):
            typed = shortened(value) if isinstance(value, str) else shown(value)
            unknown = "unknown; " if rule.row else ""
            raise UsageError(f"{row.option} {typed}: {unknown}{rule.remedy(value)}")


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
                raise FormatError(f'{where}: unknown setting {shown(key)}; {suggestion(key, rules)}')
            if not rules[key].accepts(value):
                raise FormatError(f"{where}: {key} is {shown(value)}; {rules[key].remedy(value)}")


def _where(architecture: str, source: str, *keys: str) -> str:
    line = find_line(architecture, keys)
    return printable(source) if line is None else f"{printable(source)}, line {line}"
