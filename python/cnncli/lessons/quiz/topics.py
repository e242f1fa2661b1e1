"""The eleven topics of the quiz, in the order of the lecture."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cnncli.errors import UsageError
from cnncli.lessons.catalogue import CATALOGUE
from cnncli.lessons.quiz import basics, images, learning
from cnncli.lessons.quiz.asked import Drawn

_TRIES = 200


@dataclass(frozen=True)
class Topic:
    """name, title : of the topic
    points : of docs/lecture.md that it is about, the nearest first
    draw : a question with numbers of a generator; None where they do not do
    command : what shows it where no lesson does
    """

    name: str
    title: str
    points: tuple[int, ...]
    draw: Callable[[np.random.Generator], Drawn | None]
    command: str

    @property
    def see(self) -> str:
        """The lesson to see again, or another command."""
        for point in self.points:
            for entry in CATALOGUE:
                if point in entry.points:
                    return f"cnn learn {entry.name}"
        return self.command


TOPICS = (
    Topic("regression", "linear regression", (3, 4), basics.regression, "python examples/linear_regression.py"),
    Topic("activation", "activations", (9, 10, 11), basics.activation, "cnn check-layer Tanh"),
    Topic("layer", "a layer as a product of a matrix", (17, 18), basics.layer, 'cnn explain digit.png --at "fc1[3]"'),
    Topic("parameters", "parameters", (49,), basics.parameters, "cnn summary lenet5"),
    Topic("softmax", "softmax and log-likelihood", (24, 25, 23), basics.softmax,
          "cnn step mlp --data digits --explain"),
    Topic("backprop", "back-propagation", (30, 29), learning.backprop, "cnn step mlp --data digits --explain"),
    Topic("descent", "gradient descent", (27, 28, 33, 35), learning.descent, "cnn learn descent"),
    Topic("momentum", "momentum and adaptive rates", (38, 43), learning.momentum, "cnn learn optimizers"),
    Topic("convolution", "convolution", (46, 45), images.convolution, "cnn learn convolution"),
    Topic("sizes", "sizes of maps, and pooling", (50, 51), images.sizes, "cnn learn pooling"),
    Topic("deep", "field of view, dropout, batch norm", (53, 55, 56), images.deep, "cnn summary convnet"),
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A topic with the question drawn for it."""

    topic: Topic
    drawn: Drawn


def questions(seed: int) -> list[Asked]:
    """One question for each topic. The same seed gives the same ones."""
    return [Asked(topic, _draw(topic, seed, index)) for index, topic in enumerate(TOPICS)]


def _draw(topic: Topic, seed: int, index: int) -> Drawn:
    for attempt in range(_TRIES):
        found = topic.draw(np.random.default_rng([seed, index, attempt]))
        if found is not None:
            return found
    raise AssertionError(topic.name)


def read_answers(text: str, asked: list[Asked]) -> list[int | None]:
    """`1,3,-,2,...`: the number of a choice for each question, - for none. Raises UsageError for anything else."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != len(asked):
        raise UsageError(f"--answers: {len(parts)} answers for {len(asked)} questions; give one each, - for none")
    answers: list[int | None] = []
    for number, (part, one) in enumerate(zip(parts, asked, strict=True), start=1):
        most = len(one.drawn.question.choices)
        is_number = part.isascii() and part.isdigit() and len(part) < 4
        if part != "-" and not (is_number and 1 <= int(part) <= most):
            raise UsageError(f"--answers: answer {number} is {part[:20]!r}; use 1 to {most}, or - for none")
        answers.append(int(part) if is_number else None)
    return answers
