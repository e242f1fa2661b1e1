"""`cnn learn`."""

import sys
from typing import TYPE_CHECKING

import click

from cnncli.cli.drawn import check_ending
from cnncli.cli.help_pages import HelpCommand
from cnncli.cli.names import FilePath, Name, NameOrPath
from cnncli.cli.options import Number, debug_option, json_option
from cnncli.cli.streams import echo, echo_json
from cnncli.cli.training_options import table_option
from cnncli.shown import printable

if TYPE_CHECKING:
    from cnncli.lessons.blocks import Lesson


def _check_html(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    return check_ending(value, ".html", "the lesson is a page")


def _check_gif(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    return check_ending(value, ".gif", "the animation is a GIF")


def _read_values(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[float, ...] | None:
    try:
        return None if value is None else tuple(map(float, value.split(",")))
    except ValueError:
        raise click.BadParameter(f"{printable(value or '')} is no list of numbers; write 14,11,16") from None


@click.command(
    "learn",
    cls=HelpCommand,
    short_help="Lessons on your own numbers, in the terminal or as a page.",
    epilog="\b\nExample:\n  cnn learn descent --rate 0.9",
)
@click.argument("lesson", metavar="[LESSON]", required=False, type=Name("lessons"))
@click.option("--rate", type=Number(least=0), metavar="RATE", help="The learning rate of the lesson.")
@click.option("--data", type=NameOrPath("data sets"), metavar="TABLE",
              help="A table of numbers, its first column and its last; of race images.")
@click.option("--picture", type=FilePath(), metavar="FILE", help="A picture of yours that the lesson is shown on.")
@click.option("--model", type=NameOrPath("networks"), metavar="NAME|FILE",
              help="A network: its name, a model.bin or a .toml.")
@table_option("plugins")
@click.option("--values", metavar="N,...", callback=_read_values, help="Its numbers: scores, inputs or wanted outputs.")
@click.option("--target", type=Number(whole=True, least=1), metavar="K", help="The class that is right, from 1.")
@click.option("--seed", type=Number(whole=True, least=0), metavar="N", help="Draws other numbers.  [default: 1]")
@click.option("--answer", type=Number(whole=True, least=1), metavar="N", help="Answer the question with choice N.")
@click.option("--out", "-o", type=FilePath(), metavar="FILE.html", callback=_check_html,
              help="The lesson as one page with controls.")
@click.option("--gif", type=FilePath(), metavar="FILE.gif", callback=_check_gif, help="Its figure as an animation.")
@json_option
@debug_option
def command(
    lesson: str | None,
    rate: float | None,
    data: str | None,
    picture: str | None,
    model: str | None,
    plugins: tuple[str, ...] | None,
    values: tuple[float, ...] | None,
    target: int | None,
    seed: int | None,
    answer: int | None,
    out: str | None,
    gif: str | None,
    as_json: bool,
) -> None:
    """Show a lesson, with numbers that are computed now; without LESSON list those there are.

    A page (--out) loads nothing and has sliders and a player; an animation (--gif) runs anywhere.
    """
    import json

    from cnncli.cli.outputs import check_outputs
    from cnncli.cli.render_lesson import ask, catalogue_lines, judge, lesson_lines
    from cnncli.errors import UsageError
    from cnncli.lessons.blocks import Asked, finite
    from cnncli.lessons.catalogue import CATALOGUE, find_entry, give

    if lesson is None:
        entries = [{"name": one.name, "shows": one.shows, "points": list(one.points)} for one in CATALOGUE]
        for line in [json.dumps({"lessons": entries})] if as_json else catalogue_lines():
            echo(line)
        return
    entry = find_entry(lesson)
    check_outputs({"--out": out, "--gif": gif}, [("the picture", picture), ("the model", model), ("the table", data)])
    if gif is not None and not entry.animated:
        others = [one.name for one in CATALOGUE if one.animated]
        those = "all others have one" if len(others) == len(CATALOGUE) - 1 else f"these have one: {', '.join(others)}"
        raise UsageError(f"--gif: the lesson {entry.name} has no animation, {those}; --out writes it as a page")
    joining = _optimizers(plugins) if "plugin" in entry.takes else ()
    asked = Asked(data, picture, model, rate, 1 if seed is None else seed, values, target, joining)
    given = give(entry, asked)
    if answer is not None and answer > len(given.question.choices):
        raise UsageError(f"--answer {answer}: the question has {len(given.question.choices)} choices; use one of them")
    _write(given, out, gif)
    files = {name: path for name, path in (("out", out), ("gif", gif)) if path is not None}
    if as_json:
        choices = [{"text": one.text, "right": one.is_right, "why": one.why} for one in given.question.choices]
        facts = {"lesson": given.name, "values": given.values, "question": given.question.text, "choices": choices}
        echo_json(finite({**facts, **files}))
        return
    if files and answer is None:
        for path in files.values():
            echo(f"{path}: {given.title}")
        return
    for line in lesson_lines(given):
        echo(line)
    if answer is None and sys.stdin.isatty() and sys.stdout.isatty():
        answer = ask(len(given.question.choices))
    for line in judge(given, answer):
        echo(line)


def _optimizers(plugins: tuple[str, ...] | None) -> tuple[str, ...]:
    """The names of the optimizers in these files."""
    from cnncli.plugins import load_plugin

    return tuple(name for file in plugins or () for name in load_plugin(file).optimizers)


def _write(given: "Lesson", out: str | None, gif: str | None) -> None:
    from cnncli.lessons.draw_image import animation
    from cnncli.lessons.page import lesson_page
    from cnncli.storage.files import write_atomically

    if out is not None:
        write_atomically(out, lesson_page(given).encode())
    if gif is not None:
        assert given.frames is not None
        write_atomically(gif, animation(given.frames()))
