"""The command `cnn`: finds the commands, and turns every error into one line and an exit code."""

from cnncli.cli.early import end_of_imports, leave, on_interrupt  # first: the imports below can be interrupted

# isort: split
import gc
import os
import signal
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click
from click.exceptions import NoArgsIsHelpError

from cnncli import __version__
from cnncli.cli.coloured_help import HelpContext
from cnncli.cli.command_table import COMMANDS, GROUPS, OTHER_WORDS
from cnncli.cli.plain import can_colour, style
from cnncli.cli.signals import Terminated, exit_code, raise_terminated
from cnncli.cli.streams import echo, prepare_streams
from cnncli.errors import CnnError
from cnncli.nearest import nearest, same_but_for_case
from cnncli.shown import printable, reason_of

_COLLECT_AFTER = 100_000  # new objects; Python's own number is 700


class Commands(click.Group):
    """A group whose commands are imported when asked for, so that help is quick."""

    context_class = HelpContext

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_help(self, ctx: click.Context) -> str:
        from cnncli.cli.overview import NARROWEST, overview

        width = ctx.make_formatter().width
        return overview() if width >= NARROWEST else super().get_help(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, commands in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name, listed.summary) for name, listed in commands.items()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"cnncli.cli.{COMMANDS[cmd_name].module}").command
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command. Of an interrupt click would print an empty line, and forget which signal it was."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            ctx.exit(exit_code(getattr(error, "signal_number", signal.SIGINT)))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args:
            args = [same_but_for_case(args[0], COMMANDS), *args[1:]]
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = OTHER_WORDS.get(args[0].lower()) or nearest(args[0], COMMANDS)
            remedy = f"did you mean {near}?" if near else f"use one of {', '.join(COMMANDS)}"
            ctx.fail(f"no command {args[0]!r}; {remedy}")
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None and not ctx.resilient_parsing and any(argument.startswith("-") for argument in rest):
            from cnncli.cli.usage import check_values, in_our_words

            trial = click.Context(command, info_name=name, parent=ctx)
            rest = in_our_words(command, rest, trial)
            check_values(command, rest, trial)
        return name, command, rest


def _print_version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        echo(f"cnn {__version__}")
        ctx.exit()


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nExample:\n  cnn train --arch lenet5",
)
@click.option(
    "--version",
    "-V",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version.",
)
def cli() -> None:
    """Train, evaluate and run convolutional networks on any CPU."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line and returns its exit code: 0, 1 failure, 2 usage, 130 or 143 after a signal."""
    state: dict[str, Any] = {"debug": False}  # `--debug` sets it while the command line is parsed
    try:
        result = cli.main(args=arguments, prog_name="cnn", standalone_mode=False, obj=state)
        sys.stdout.flush()  # here, so that a full disk is an error and not a message at shutdown
        return result if isinstance(result, int) else 0
    except NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        return _fail_usage(error)
    except Terminated as error:
        return exit_code(error.signal_number)
    except (KeyboardInterrupt, click.Abort):
        return exit_code(signal.SIGINT)
    except BrokenPipeError:  # the reader, such as `head`, has had enough
        _drop_stdout()
        return 1
    except CnnError as error:
        return _fail(str(error), error, state["debug"], error.exit_code)
    except OSError as error:
        if error.filename is None:
            _drop_stdout()
        reason = reason_of(error)
        return _fail(f"{printable(str(error.filename))}: {reason}" if error.filename else reason, error, state["debug"])
    except MemoryError as error:
        return _fail("not enough memory; use a smaller --batch-size or data set", error, state["debug"])
    except Exception as error:
        if isinstance(error.__cause__, KeyboardInterrupt):  # as Python 3.11 has it of one while a class is made
            return exit_code(getattr(error.__cause__, "signal_number", signal.SIGINT))
        from cnncli.cli.crash import save_traceback

        where = "" if state["debug"] else f"; details: {save_traceback(error)}"
        return _fail(
            f"internal error: {type(error).__name__}: {_one_line(error)}{where}", error, state["debug"]
        )


def _fail(message: str, error: BaseException, debug: bool, code: int = 1) -> int:
    prefix = style("cnn:", "1;31", can_colour(sys.stderr))
    if debug:
        import traceback

        traceback.print_exception(error)
    echo(f"{prefix} {message}", err=True)
    if not debug:  # the traceback has them
        for note in getattr(error, "__notes__", ()):
            echo(note, err=True)
    return code


def _drop_stdout() -> None:
    """What is still buffered for a stdout that cannot be written must not fail again at the end of Python."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail_usage(error: click.ClickException) -> int:
    from cnncli.cli.usage import usage_line

    where, colon, rest = usage_line(error).partition(":")
    echo(f"{style(where + colon, '1;31', can_colour(sys.stderr))}{rest}", err=True)
    return error.exit_code


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())


def main() -> NoReturn:
    """The entry point of `cnn` and of `python -m cnncli`."""
    # Modules stay: searching them for garbage while more are imported makes every command 15 ms slower.
    on_interrupt(leave)
    gc.set_threshold(_COLLECT_AFTER, *gc.get_threshold()[1:])
    signal.signal(signal.SIGTERM, raise_terminated)
    prepare_streams()
    on_interrupt(raise_terminated)
    try:
        code = run()
    except Terminated as error:  # a second signal, while the first one was handled
        code = exit_code(error.signal_number)
    _leave(code)


def _leave(code: int) -> NoReturn:
    """Ends the process. All is written by now: taking down what was imported takes another 15 ms."""
    on_interrupt(leave)
    signal.signal(signal.SIGTERM, leave)
    if threading.active_count() == 1:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError):  # said by `run` already; ValueError: closed
            pass
        os._exit(code)
    sys.exit(code)


end_of_imports()
