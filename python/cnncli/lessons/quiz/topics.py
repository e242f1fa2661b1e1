"""The eleven topics of the quiz, in the order of the lecture."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cnncli.errors import UsageError
from cnncli.lessons.quiz import basics, images, learning
from cnncli.lessons.quiz.asked import Drawn

_TRIES = 200


@dataclass(frozen=True)
class Topic:
    """name, title : of the topic
    draw : a question with numbers of a generator; None where they do not do
    lesson : that is about it
    """

    name: str
    title: str
    draw: Callable[[np.random.Generator], Drawn | None]
    lesson: str

    @property
    def see(self) -> str:
        """The command that shows the lesson again."""
        return f"cnn learn {self.lesson}"


TOPICS = (
    Topic("regression", "linear regression", basics.regression, "regression"),
    Topic("activation", "activations", basics.activation, "activations"),
    Topic("layer", "a layer as a product of a matrix", basics.layer, "layer"),
    Topic("parameters", "parameters", basics.parameters, "convolution"),
    Topic("softmax", "softmax and log-likelihood", basics.softmax, "softmax"),
    Topic("backprop", "back-propagation", learning.backprop, "backprop"),
    Topic("descent", "gradient descent", learning.descent, "descent"),
    Topic("momentum", "momentum and adaptive rates", learning.momentum, "optimizers"),
    Topic("convolution", "convolution", images.convolution, "convolution"),
    Topic("sizes", "sizes of maps, and pooling", images.sizes, "pooling"),
    Topic("deep", "field of view, dropout, batch norm", images.deep, "field"),
)


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
