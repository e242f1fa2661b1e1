"""Help that fits a screen: one line an option, under headings; `cnn help NAME` has all of it."""

import re
from collections.abc import Iterator
from typing import Any

import click

from cnncli.cli.coloured_help import HelpContext
from cnncli.option_row import TrainingOption
from cnncli.training_options import GROUPS, TRAINING_OPTIONS

SCREEN_LINES = 24
_IS_FULL, _ASKED = "cnncli.is_full", "cnncli.asked"  # keys of a context's `meta`
_HELP_WORDS = ("-h", "--help")
_NOTE = re.compile(r"  \[(?:default|env var): .*\]$")
_SENTENCE = re.compile(r"[.;:](?: |$)")
_SHORT = 48  # characters


class TableOption(click.Option):
    """An option out of the table of the training's options; `row` is what the table says of it."""

    def __init__(self, *args: Any, row: TrainingOption, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row = row


class HelpCommand(click.Command):
    """A command whose help is as long as a screen, or one line an option where the whole is longer."""

    context_class = HelpContext

    def get_help(self, ctx: click.Context) -> str:
        whole = self.full_help(ctx)
        if whole.count("\n") < SCREEN_LINES and _ASKED not in ctx.meta:
            return whole
        ctx.meta[_IS_FULL] = False
        return super().get_help(ctx)

    def full_help(self, ctx: click.Context) -> str:
        """All that there is to say of every option."""
        ctx.meta[_IS_FULL] = True
        return super().get_help(ctx)

    def sections(self, ctx: click.Context) -> list[tuple[str, list[click.Option]]]:
        """The options under their headings."""
        return [("Options", [one for one in self.get_params(ctx) if isinstance(one, click.Option)])]

    def values(self, ctx: click.Context) -> dict[str, str]:
        """What options have where they are not given, by field, as far as that is known beforehand."""
        return {}

    def short_line(self, option: click.Option, names: str, text: str, values: dict[str, str]) -> tuple[str, str] | None:
        """Names and a few words; None for an option that is only named."""
        brief = option.row.brief if isinstance(option, TableOption) else ""
        return _short_names(option, names), brief or _first_clause(text)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        records = {
            title: [(option, record) for option in options if (record := option.get_help_record(ctx))]
            for title, options in self.sections(ctx)
        }
        if ctx.meta.get(_IS_FULL, True):
            for title, found in records.items():
                with formatter.section(title):
                    formatter.write_dl([record for _, record in found])
            return
        values = self.values(ctx)
        pages = {}
        for title, found in records.items():
            lines = [self.short_line(option, *record, values) for option, record in found]
            named = [option.opts[0] for (option, _), line in zip(found, lines, strict=True) if line is None]
            pages[title] = [line for line in lines if line is not None], named
        width = max(len(names) for listed, _ in pages.values() for names, _ in listed)
        for title, (listed, named) in pages.items():
            with formatter.section(title):
                # A first column of one width for all sections; click takes the widest of those it is given.
                formatter.write_dl([(f"{names:<{width}}", text) for names, text in listed])
                if named:
                    _write_names(formatter, named, width + 2)
        formatter.write_paragraph()
        formatter.write_text(f"cnn help {ctx.info_name} says all of every option.")


class GroupedCommand(HelpCommand):
    """A command with the whole table of options, under the headings of their groups.

    Of the table those with a few words are listed, the others named; after `--arch vgg` with the values that this
    network's training has.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if len(args) > 1 and not ctx.resilient_parsing and any(word in _HELP_WORDS for word in args):
            ctx.meta[_ASKED] = [word for word in args if word not in _HELP_WORDS]
        return super().parse_args(ctx, args)

    def sections(self, ctx: click.Context) -> list[tuple[str, list[click.Option]]]:
        [(_, options)] = super().sections(ctx)
        titles = [*GROUPS, "Other"]
        by_title: dict[str, list[click.Option]] = {title: [] for title in titles}
        for option in options:
            by_title[option.row.group if isinstance(option, TableOption) else titles[-1]].append(option)
        return [(f"{title} options", found) for title, found in by_title.items() if found]

    def short_line(self, option: click.Option, names: str, text: str, values: dict[str, str]) -> tuple[str, str] | None:
        if not isinstance(option, TableOption):
            return super().short_line(option, names, text, values)
        value = values.get(option.row.field)
        if not option.row.brief and value in (None, str(option.row.fallback)):
            return None
        words = option.row.brief or _first_clause(text)
        return _short_names(option, names), f"{words}  [{value}]" if value else words

    def values(self, ctx: click.Context) -> dict[str, str]:
        asked = ctx.meta.get(_ASKED)
        return _values_of_training(self, ctx, asked) if asked else {}


def _write_names(formatter: click.HelpFormatter, names: list[str], column: int) -> None:
    """Names beside each other; click would break them at their hyphens."""
    from textwrap import wrap

    width = max(formatter.width - formatter.current_indent - column, 20)
    for line in wrap(" ".join(names), width, break_on_hyphens=False, break_long_words=False):
        formatter.write(" " * (formatter.current_indent + column) + line + "\n")


def _short_names(option: click.Option, names: str) -> str:
    """`--lr RATE` of `--lr, --learning-rate RATE`; `-h, --help` stays."""
    if option.opts[0].startswith("--"):
        for other in option.opts[1:]:
            names = names.replace(f", {other}", "")
    return names


def _first_clause(text: str) -> str:
    """The beginning of a text, up to its first comma where that is what fits into a line."""
    clause = _SENTENCE.split(_NOTE.sub("", text), maxsplit=1)[0]
    return clause if len(clause) <= _SHORT else clause.partition(", ")[0]


def _values_of_training(command: click.Command, ctx: click.Context, asked: list[str]) -> dict[str, str]:
    """What a training has where nothing more is said, by field, for the network or optimizer typed beside --help."""
    from cnncli.errors import CnnError
    from cnncli.network.architectures import read_model
    from cnncli.training.plan import make_plan
    from cnncli.training_options import TrainSettings

    with click.Context(command, info_name=ctx.info_name, parent=ctx.parent, resilient_parsing=True) as trial:
        command.parse_args(trial, list(asked))
        fields = {row.field for row in TRAINING_OPTIONS}
        typed = {name: value for name, value in trial.params.items() if name in fields and value is not None}
    try:
        settings = TrainSettings(**typed)
        plan = make_plan(settings, *read_model(settings.network))
    except CnnError:
        return {}
    return dict(_shown_values(vars(plan)))


def _shown_values(plan: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for row in TRAINING_OPTIONS:
        value = plan.get(row.field)
        if row.group == "Training" and row.is_described and value not in (None, False):
            shown = f"{value:.4g}" if isinstance(value, float) else "yes" if value is True else str(value)
            yield row.field, shown
