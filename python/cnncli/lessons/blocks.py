"""What a lesson is made of."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cnncli.errors import UsageError
from cnncli.lessons.figures import Figure, Stack
from cnncli.views.tiles import Page, Panel

# A number of a table, or what stands for one.
_NUMBER = re.compile(r"[-+]?[0-9.,]*[0-9](e[-+]?[0-9]+)?( ?%)?|left|never|diverged||-?inf|nan")


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Numbers:
    """A table of what was computed; cells are text already. The first column names the row."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]

    def is_number(self, column: int) -> bool:
        """Whether a column holds numbers, which stand at the right; the first one holds names."""
        return column > 0 and all(_NUMBER.fullmatch(row[column]) for row in self.rows)


@dataclass(frozen=True)
class Code:
    """Lines of Python, or of a terminal, as they are; at most 76 characters each."""

    lines: Sequence[str]


@dataclass(frozen=True)
class Choice:
    """A possible answer; `why` says why it is right or wrong."""

    text: str
    is_right: bool
    why: str


@dataclass(frozen=True)
class Question:
    """With one right choice; which one it is was computed."""

    text: str
    choices: Sequence[Choice]

    def __post_init__(self) -> None:
        assert sum(choice.is_right for choice in self.choices) == 1, self.text
        assert len({choice.text for choice in self.choices}) == len(self.choices), self.text

    @property
    def right(self) -> int:
        """Its number, from 1."""
        return 1 + next(index for index, choice in enumerate(self.choices) if choice.is_right)


Block = Words | Numbers | Code | Figure | Panel  # a panel: pictures, and numbers as pictures


@dataclass(frozen=True)
class Lesson:
    """name, title : as the catalogue has them
    blocks : in order
    question : at the end
    go_on : commands, or lines of Python, to go on with
    values : what a test checks, and what --json prints
    script : a file of `web` without its ending, which brings the page's controls to life; "" where there are none
    data : what the script needs, as JSON values
    frames : figures, pages or stacks of the animation; one that is held comes again and again
    tools : files of `web`, without their endings, that the script uses beside kit.js
    controlled : the figure, from 1, before which a page has its controls
    """

    name: str
    title: str
    blocks: Sequence[Block]
    question: Question
    go_on: Sequence[str]
    values: dict[str, Any]
    script: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    frames: Callable[[], Sequence[Figure | Page | Stack]] | None = None
    tools: Sequence[str] = ()
    controlled: int = 1


@dataclass(frozen=True)
class Asked:
    """What the reader gives a lesson; None: the lesson's own.

    data : a table of numbers; picture : a picture file; model : a model file, a description that ends in .toml, or the
    name of a network; rate : a learning rate; seed : of what is drawn; values : numbers of the lesson, such as scores
    or inputs; target : a class, from 1; plugin : names of optimizers of the reader's
    """

    data: str | None = None
    picture: str | None = None
    model: str | None = None
    rate: float | None = None
    seed: int = 1
    values: tuple[float, ...] | None = None
    target: int | None = None
    plugin: tuple[str, ...] = ()


def number(value: float, digits: int = 4) -> str:
    """A number of a table.

    >>> number(2 / 3), number(1e-7), number(float("inf"))
    ('0.6667', '1.000e-07', 'inf')
    """
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value + 0.0:.{digits}f}"
    return f"{value:.3e}" if abs(value) < float("inf") else f"{value}"


def finite(value: Any) -> Any:
    """The value with None for each number that is none, as where a training diverges: JSON has no word for these.

    >>> finite({"a": [1.0, float("nan")]})
    {'a': [1.0, None]}
    """
    if isinstance(value, dict):
        return {key: finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def check_values(
    values: tuple[float, ...] | None, otherwise: tuple[float, ...], counts: range, what: str, most: float = 1e4
) -> tuple[float, ...]:
    """The reader's numbers, or the lesson's; `what` says what they are and how many there may be."""
    if values is None:
        return otherwise
    if len(values) not in counts:
        raise UsageError(f"--values: has {len(values)}; give {what}, with commas between them")
    wrong = next((value for value in values if not abs(value) <= most), None)
    if wrong is not None:
        raise UsageError(f"--values: {wrong:g} is beyond {most:g}; give {what}")
    return values


def distinct(choices: Sequence[Choice], most: int = 4) -> list[Choice]:
    """The first choice, which is right, with those others whose text is not there yet; sorted where all are numbers."""
    found: list[Choice] = []
    for choice in choices:
        if choice.text not in {known.text for known in found} and len(found) < most:
            found.append(choice)
    try:
        return sorted(found, key=lambda choice: float(choice.text))
    except ValueError:
        return found


def check_rate(rate: float | None, otherwise: float) -> float:
    """The reader's rate, or the lesson's."""
    if rate is None:
        return otherwise
    if not 0 < rate < 1e6:
        raise UsageError(f"--rate {rate:g}: no learning rate; use a number above 0 and below 1e6")
    return rate
