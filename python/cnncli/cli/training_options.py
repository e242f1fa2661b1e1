"""The rows of the table of options as options of the command line, of `cnn train` and of other commands."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import click

from cnncli.cli.help_pages import TableOption
from cnncli.cli.names import FilePath, NameOrPath, RunFolder
from cnncli.cli.options import Dial, Duration, Folder, ImageSize, LossTerms, NearestChoice, Number, Steps
from cnncli.option_row import PLUGIN_WORDS, TrainingOption
from cnncli.training_options import TRAINING_OPTIONS, row_of

F = TypeVar("F", bound=Callable[..., Any])


def training_options(function: F) -> F:
    """All options of a training, in the order of the table; the function gets each by the name of its field."""
    for row in reversed(TRAINING_OPTIONS):
        function = _option(row)(function)
    return function


def table_option(field: str, otherwise: str = "", brief: str = "") -> Callable[[F], F]:
    """The option of a training in another command, which gets it by the name of its field.

    otherwise, brief : what is chosen without it there, and what it is in a few words; "" for what `cnn train` says
    """
    row = row_of(field)
    return _option(replace(row, otherwise=otherwise or row.otherwise, brief=brief or row.brief))


def table_options(*names: str) -> Callable[[F], F]:
    """Several of them."""

    def decorate(function: F) -> F:
        for name in reversed(names):
            function = table_option(name)(function)
        return function

    return decorate


def free_on_resume() -> set[str]:
    """The fields that a run which goes on takes anew."""
    return {row.field for row in TRAINING_OPTIONS if row.stays_free}


def _option(row: TrainingOption) -> Callable[[F], F]:
    note = f"  [default: {row.otherwise}]" if row.otherwise else ""
    common: dict[str, Any] = {"cls": TableOption, "row": row, "help": row.help + note}
    if row.kind == "flag":
        if row.negates:
            return click.option(row.option, row.field, is_flag=True, flag_value=False, default=True, **common)
        return click.option(row.option, row.field, is_flag=True, **common)
    if row.kind == "files":
        # Eager, so that the words of other options are known when these are read.
        return click.option(
            row.option, row.field, multiple=True, is_eager=True, callback=_load_plugins, type=FilePath(),
            metavar=row.metavar, **common,
        )
    if row.kind == "switch":
        return click.option(f"{row.option}/{row.opposite}", row.field, default=None, **common)
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


def _load_plugins(ctx: click.Context, parameter: click.Parameter, files: tuple[str, ...]) -> tuple[str, ...] | None:
    if not files or ctx.resilient_parsing:
        return None
    from cnncli.plugins import load_plugin  # here: it runs the user's code

    for file in files:
        load_plugin(file)
    return files


def _type(row: TrainingOption) -> Any:
    if row.kind in ("whole", "number"):
        return Number(row.words, whole=row.kind == "whole", **dict(row.limits))
    if row.names:
        return NameOrPath(row.names)
    if row.field == "size":
        return Dial(row.words)
    if row.kind == "word":
        return NearestChoice(row.words, (lambda: row.known_words) if row.field in PLUGIN_WORDS else None)
    if row.kind == "loss":
        return LossTerms(row.words, lambda: row.known_words)
    if row.field == "resume":
        return RunFolder(groups=True)
    return {"folder": Folder(), "path": FilePath(), "pixels": ImageSize(), "text": None, "time": Duration(),
            "steps": Steps()}[row.kind]  # fmt: skip
