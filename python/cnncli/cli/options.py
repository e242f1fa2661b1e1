"""The options that several commands share, each a decorator, so that they read alike everywhere."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from cnncli.limits import Limits
from cnncli.nearest import nearest, same_but_for_case
from cnncli.shown import printable

_LARGEST_SIDE = 4096
_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)"
_TIME = re.compile(rf"(?:{_NUMBER} ?h)? ?(?:{_NUMBER} ?(?:m|min))? ?(?:{_NUMBER} ?s)?")
# As people write 1:30 h: without a unit a number counts what comes below the unit before it, seconds where none does.
_BARE_TIME = re.compile(rf"(?:{_NUMBER} ?h ?)?(?:{_NUMBER} ?(?:m|min) ?)?{_NUMBER}")

F = TypeVar("F", bound=Callable[..., Any])

_MOST_EXACT = 2.0**53  # beyond it not every whole number is a float

if TYPE_CHECKING:  # generic for type checkers only
    _FloatType = click.ParamType[float]
    _StrType = click.ParamType[str]
    _PathType = click.ParamType[str]
    _SizeType = click.ParamType[tuple[int, int]]
else:
    _FloatType = _StrType = _PathType = _SizeType = click.ParamType


def offered(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    """Those that begin so, in any case, for the shell."""
    return [CompletionItem(name) for name in names if name.lower().startswith(incomplete.lower())]


class NearestChoice(click.Choice[str]):
    """A choice that suggests the nearest of its values.

    now : of what plugins may add to, all values at the time of the call
    """

    def __init__(self, choices: Sequence[str], now: Callable[[], Sequence[str]] | None = None) -> None:
        super().__init__(choices)
        self._now = now

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        choices = self.choices if self._now is None else self._now()
        value = same_but_for_case(str(value), choices)
        if value in choices:
            return str(value)
        if value not in self.choices:
            near = nearest(str(value), choices)
            remedy = f"did you mean {near}?" if near else f"use one of {', '.join(choices)}"
            if self._now is not None and not near:
                remedy += ", or your own with --plugin FILE.py"
            self.fail(f"{value}: unknown; {remedy}", param, ctx)
        return super().convert(value, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return offered(self.choices, incomplete)

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """Nothing: the message that something is missing stays one line."""
        return ""


class Dial(NearestChoice):
    """How large a network; who means the pixels of the images is told."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        if text[:1].isdigit():
            self.fail(f"{text}: is how large the network is, s, m or l; the pixels of images are --pixels", param, ctx)
        return super().convert(text, param, ctx)


class LossTerms(NearestChoice):
    """The names of losses, each with its settings after a colon, added by +; what the settings may be is told later."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        terms = []
        for term in str(value).split("+"):
            name, colon, settings = term.partition(":")
            terms.append(super().convert(name, param, ctx) + colon + settings)
        return "+".join(terms)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        before, plus, begun = incomplete.rpartition("+")
        return offered([before + plus + name for name in self.choices], before + plus + begun)


class Number(_FloatType):
    """A number within limits, which are those of `Limits`, or one of some words, which stays a text."""

    name = "number"

    def __init__(self, words: tuple[str, ...] = (), *, whole: bool = False, **limits: float) -> None:
        self._words, self._limits = words, Limits(whole=whole, **limits)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        value = same_but_for_case(str(value), self._words) if self._words else value
        if value in self._words:
            return value
        try:
            number = _whole_number(value) if self._limits.whole else float(value)
        except (ValueError, OverflowError):
            number = math.nan
        if not self._limits.accepts(number):
            remedy = " or ".join([f"{self._limits.remedy},", *self._words]) if self._words else self._limits.remedy
            self.fail(f"{str(value).strip() or repr(value)}: {remedy}", param, ctx)
        return number

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return offered(self._words, incomplete)


def _whole_number(value: Any) -> float:
    """An int, also of 1e3 or 20.0; ValueError for anything else."""
    try:
        return int(value)
    except ValueError:
        number = float(value)
        if not number.is_integer() or abs(number) > _MOST_EXACT:
            raise
        return int(number)


class Duration(_FloatType):
    """A time above 0, in seconds: of 90, 90s, 5m, 2m30, 1.5h, 1h30 or 1h30m."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value).strip().lower()
        parts, bare = _TIME.fullmatch(text), _BARE_TIME.fullmatch(text)
        found = parts or bare
        seconds = 0.0
        if found is not None and text:
            hours, minutes, rest = (float(part or 0) for part in found.groups())
            is_minutes = found is bare and bare.group(1) is not None and bare.group(2) is None
            seconds = 3600 * hours + 60 * (minutes + rest if is_minutes else minutes) + (0 if is_minutes else rest)
        if not 0 < seconds < math.inf:
            self.fail(f"{text or repr(value)}: use a time above 0, such as 90s, 5m or 1h30m", param, ctx)
        return seconds


class Steps(_StrType):
    """Steps of a training, as `Pace` writes them."""

    name = "steps"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from cnncli.errors import UsageError
        from cnncli.training.pace import Pace

        try:
            return Pace.of(str(value)).text
        except UsageError as error:
            self.fail(f"{value}: {error}", param, ctx)


class Folder(_PathType):
    """The path of a folder, which need not exist."""

    name = "folder"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from pathlib import Path  # here: help does not need it

        if not value:
            self.fail("'': name a folder, . for the one you are in", param, ctx)
        if Path(value).exists() and not Path(value).is_dir():
            self.fail(f"{value}: is a file; name a folder", param, ctx)
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(incomplete, type="dir")]


def _set_debug(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        ctx.find_root().ensure_object(dict)["debug"] = True


def debug_option(function: F) -> F:
    """`--debug`: the traceback of an error goes to stderr."""
    return click.option(
        "--debug",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_set_debug,
        help="Print the traceback of an error.",
    )(function)


def json_option(function: F) -> F:
    """`--json`: one JSON value on stdout instead of text."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON value instead of text.")(
        function
    )


def _set_quiet(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        ctx.find_root().ensure_object(dict)["quiet"] = True


def quiet_option(function: F) -> F:
    """`-q`: no progress and no notes on stderr, only warnings and errors."""
    return click.option(
        "--quiet",
        "-q",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_set_quiet,
        help="Print the result only, and warnings and errors.",
    )(function)


def is_quiet() -> bool:
    """Whether the command that runs was given `--quiet`."""
    ctx = click.get_current_context(silent=True)
    return ctx is not None and bool(ctx.find_root().ensure_object(dict).get("quiet"))


class ImageSize(_SizeType):
    """Pixels of an image: one number for a square, or height x width."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value[0], value[1]
        words = str(value).lower().replace("×", "x").split("x")
        sides = [int(word) if word.isascii() and word.isdigit() and len(word) < 6 else 0 for word in words]
        if len(sides) > 2 or not all(1 <= side <= _LARGEST_SIDE for side in sides):
            self.fail(f"{value}: use pixels such as 32, or HxW such as 32x48, up to {_LARGEST_SIDE}", param, ctx)
        return sides[0], sides[-1]


def invert_option(function: F) -> F:
    """`--invert` and `--no-invert`, of commands that take a picture."""
    return click.option(
        "--invert/--no-invert",
        default=None,
        help="Swap light and dark, or leave them.  [default: found out from each picture]",
    )(function)


def box_option(function: F) -> F:
    """`--box`, as four whole numbers."""
    return click.option(
        "--box",
        callback=lambda ctx, parameter, value: None if value is None else _box(value),
        metavar="X,Y,W,H",
        help="Look at this part of the picture only: its corner at the top left, width and height, in pixels.",
    )(function)


def _box(text: str) -> tuple[int, int, int, int]:
    """`10,20,100,120` as four numbers."""
    words = text.split(",")
    if len(words) != 4 or not all(word.strip().isascii() and word.strip().isdigit() for word in words):
        raise click.BadParameter(f"{printable(text)}: use four whole numbers, X,Y,W,H, such as 10,20,100,120")
    x, y, width, height = (int(word) for word in words)
    return x, y, width, height


def tta_option(function: F) -> F:
    """`--tta`."""
    return click.option(
        "--tta", is_flag=True,
        help="Test-time augmentation: answer with the mean of the image and itself a little moved, and mirrored where "
        "sides do not count (never digits and letters); 5 or 10 times the computing.",
    )(function)
