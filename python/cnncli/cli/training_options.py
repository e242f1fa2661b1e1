"""The rows of the table of options as options of the command line."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from cnncli.cli.options import Folder, ImageSize, NearestChoice, Number
from cnncli.training_options import TRAINING_OPTIONS, TrainingOption

F = TypeVar("F", bound=Callable[..., Any])


def training_options(function: F) -> F:
    """All options of a training, in the order of the table; the function gets each by the name of its field."""
    for row in reversed(TRAINING_OPTIONS):
        function = _option(row)(function)
    return function


def free_on_resume() -> set[str]:
    """The fields that a run which goes on takes anew."""
    return {row.field for row in TRAINING_OPTIONS if row.stays_free}


def _option(row: TrainingOption) -> Callable[[F], F]:
    note = f"  [default: {row.otherwise}]" if row.otherwise else ""
    common: dict[str, Any] = {"help": row.help + note}
    if row.kind == "flag":
        if row.negates:
            return click.option(row.option, row.field, is_flag=True, flag_value=False, default=True, **common)
        return click.option(row.option, row.field, is_flag=True, **common)
    if row.env:
        common |= {"envvar": row.env, "show_envvar": True}
    shows = row.default is not None and not row.otherwise
    return click.option(
        row.option,
        *([row.long_flag] if row.long_flag else []),
        row.field,
        type=_type(row),
        metavar=row.metavar,
        default=row.default,
        show_default=shows,
        **common,
    )


def _type(row: TrainingOption) -> Any:
    if row.kind in ("whole", "number"):
        return Number(whole=row.kind == "whole", **dict(row.limits))
    if row.kind == "word":
        return NearestChoice(row.words)
    return {"folder": Folder(), "path": click.Path(), "size": ImageSize(), "text": None}[row.kind]
