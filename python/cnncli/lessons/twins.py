"""Small trainings on images: networks that differ in one thing, with one start and the same batches."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from cnncli import data
from cnncli.criteria import CrossEntropyLoss
from cnncli.data import Split
from cnncli.data.digits import load_digits
from cnncli.errors import DataError
from cnncli.layers import Flatten, Module
from cnncli.network import Network
from cnncli.optim import Optimizer
from cnncli.pictures.recipe import InputRecipe
from cnncli.program import Program

_TEST = 500


@dataclass(frozen=True)
class Images:
    """name : what they are called; classes : how many there are; recipe : made of the training images"""

    name: str
    train: Split
    test: Split
    classes: int
    recipe: InputRecipe

    @property
    def inputs(self) -> int:
        """Values of an image."""
        return math.prod(self.recipe.shape)


@dataclass
class Trained:
    """What was measured before the first step and behind some others, all in evaluation.

    batches : the loss of each step's batch, in training; steps : at which the others were measured
    train, test : mean losses of the training and test images; right : shares of test images with the right answer
    """

    batches: list[float] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    train: list[float] = field(default_factory=list)
    test: list[float] = field(default_factory=list)
    right: list[float] = field(default_factory=list)


@lru_cache(maxsize=4)
def images(asked: str | None, count: int) -> Images:
    """So many training images and up to 500 others: of `digits`, or of the reader's data.

    Raises DataError for data with too few.
    """
    whole = load_digits(count, _TEST) if asked in (None, "digits") else data.load(str(asked))
    train, test = whole.train, whole.test
    if train is None or len(train.labels) < 40:
        raise DataError(f"{whole.name}: has fewer than 40 training images, which this lesson needs; use more data")
    order = np.random.default_rng(0).permutation(len(train.labels))
    count = min(count, len(order) - (0 if test is not None and len(test.labels) else max(10, len(order) // 5)))
    kept = Split(train.images[order[:count]], train.labels[order[:count]])
    if test is None or not len(test.labels):
        test = Split(train.images[order[count:]], train.labels[order[count:]])
    tested = Split(test.images[:_TEST], test.labels[:_TEST])
    return Images(whole.name, kept, tested, len(whole.class_names), InputRecipe.measured(kept.images))


def mislabelled(given: Images, share: float, seed: int) -> Images:
    """The same with another class for this share of the training images, which are drawn."""
    rng, labels = np.random.default_rng([seed, 1]), given.train.labels.copy()
    wrong = rng.permutation(len(labels))[: round(len(labels) * share)]
    labels[wrong] = (labels[wrong] + rng.integers(1, max(2, given.classes), len(wrong))) % given.classes
    return replace(given, train=Split(given.train.images, labels))


def network_of(given: Images, layers: Sequence[Module], seed: int) -> Network:
    """These layers behind a picture's values, with weights that depend on the seed and on the place among all
    weights of two axes: networks that differ in other layers begin with the same."""
    network = Network([Flatten(), *layers], given.recipe.shape, recipe=given.recipe)
    network.initialize(seed)
    rng = np.random.default_rng(seed)
    for parameter in network.named_parameters():
        if parameter.value.ndim == 2:
            reach = math.sqrt(6 / sum(parameter.value.shape))  # Glorot & Bengio 2010
            parameter.value[...] = rng.uniform(-reach, reach, parameter.value.shape)
    return network


def batches_of(count: int, size: int, steps: int, seed: int) -> list[npt.NDArray[np.int64]]:
    """The images of each step; every one comes once before any comes again."""
    rng = np.random.default_rng([seed, count])
    order = np.concatenate([rng.permutation(count) for _ in range(-(-steps * size // count))]).astype(np.int64)
    return [order[step * size : (step + 1) * size] for step in range(steps)]


def train(
    given: Images, network: Network, optimizer: Optimizer, batches: Sequence[npt.NDArray[np.int64]], every: int,
    seed: int,
) -> Trained:  # fmt: skip
    """The network learns; it ends early where the loss is no number. every : steps from a measurement to the next"""
    program = Program(
        network, len(batches[0]), criterion=CrossEntropyLoss(), optimizer=optimizer, threads=1, seed=seed
    )
    program.bind(given.train.images, given.train.labels)
    found = Trained()
    for step in range(len(batches) + 1):
        if step % every == 0 or step == len(batches):
            seen, unseen = (program.evaluate(part.images, part.labels) for part in (given.train, given.test))
            found.steps.append(step)
            found.train.append(seen.loss)
            found.test.append(unseen.loss)
            found.right.append(unseen.correct / len(given.test.labels))
        if step < len(batches):
            loss = program.step(batches[step], step=step, epoch=0, learning_rate=optimizer.lr).loss
            if not math.isfinite(loss):
                break
            found.batches.append(loss)
    return found
