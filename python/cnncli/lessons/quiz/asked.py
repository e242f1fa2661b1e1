"""A question of the quiz while it is put together."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from cnncli.lessons.blocks import Choice, Numbers, Question

_CHOICES = 4


@dataclass(frozen=True)
class Drawn:
    """question : with its choices in the order in which they are shown
    tables : what stands before it, such as the picture of a convolution
    """

    question: Question
    tables: Sequence[Numbers] = field(default=())


Answer = tuple[str, str]  # its text, and why it is right or what slip leads to it


def drawn(
    rng: np.random.Generator, text: str, right: Answer, wrong: Sequence[Answer], tables: Sequence[Numbers] = ()
) -> Drawn | None:
    """The question with its choices shuffled; None where the numbers make two of them alike.

    wrong : three, or more where some may come out alike: the first three that differ are taken
    """
    texts, taken = {right[0]}, []
    for answer in wrong:
        if answer[0] not in texts:
            texts.add(answer[0])
            taken.append(answer)
    if len(taken) < _CHOICES - 1:
        return None
    choices = [Choice(right[0], True, right[1])]
    choices += [Choice(said, False, why) for said, why in taken[: _CHOICES - 1]]
    order = rng.permutation(len(choices))
    return Drawn(Question(text, [choices[index] for index in order]), tables)


def plain(value: float, digits: int = 4) -> str:
    """A number as one would write it: no zeros at the end.

    >>> plain(-0.5), plain(3.0), plain(2 / 3), plain(-1e-9)
    ('-0.5', '3', '0.6667', '0')
    """
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def pick(rng: np.random.Generator, *values: float) -> float:
    """One of them."""
    return values[int(rng.integers(len(values)))]


def whole(rng: np.random.Generator, low: int, high: int) -> int:
    """From low to high, both among them."""
    return int(rng.integers(low, high + 1))
