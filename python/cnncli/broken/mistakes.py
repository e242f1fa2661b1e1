"""The mistakes themselves, made as they are in programs: in the data, the network, or the loop of the training."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.data import DataSet, Split
from cnncli.data.held_out import Indices
from cnncli.errors import UsageError
from cnncli.layers import LAYER_TYPES, Module, PReLU, RReLU
from cnncli.layers.activation import Activation
from cnncli.layers.arrays import FloatArray
from cnncli.layers.parameter import Parameter
from cnncli.network import Network
from cnncli.network.answers import answers
from cnncli.optim import Optimizer
from cnncli.pictures.recipe import InputRecipe
from cnncli.program import EvaluationResult, Program
from cnncli.training.trainer import Trainer

Description = dict[str, Any]

_DEEPER = 6  # layers of sigmoids more
_WIDTH = 64


class Unshuffled(Trainer):
    """Takes the images of every epoch in the order in which they stand in the data."""

    def _order_of(self, epoch: int, is_new: bool) -> Indices:
        return np.arange(self.timetable.pool(epoch), dtype=np.int64)


class NotZeroed(Trainer):
    """Never sets the gradients back to 0: each step's are added to those of all the steps before it."""

    def __init__(self, *given: Any, **more: Any) -> None:
        network, samples, criterion, optimizer, *rest = given
        super().__init__(network, samples, criterion, _Summing(optimizer), *rest, **more)


class _Summing(Optimizer):
    """An optimizer that finds in the gradients what the backward passes of all steps have added up there."""

    def __init__(self, inner: Optimizer) -> None:
        self._inner = inner
        self._sums: dict[str, FloatArray] = {}
        super().__init__(inner.lr, inner.weight_decay)

    def step(self, parameters: Iterable[Parameter]) -> None:
        learned = list(parameters)
        for one in learned:
            total = self._sums.setdefault(one.name, np.zeros_like(one.gradient))
            total += one.gradient
            one.gradient[...] = total
        self._inner.lr = self.lr
        self._inner.step(learned)

    def state_dict(self) -> dict[str, Any]:
        return self._inner.state_dict()


class TrainingModeAtTest(Trainer):
    """Measures the network as it is in training: dropout drops, batch normalization takes the batch's own numbers."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._measuring = self.program_of(self.kept)

    def program_of(self, network: Network) -> Program:
        return _InTrainingMode(network, self.timetable.batch_size, criterion=self.criterion, threads=self.threads)


class _InTrainingMode(Program):
    def evaluate(
        self, images: npt.ArrayLike, targets: npt.ArrayLike, should_stop: Callable[[], bool] | None = None
    ) -> EvaluationResult:
        network, pictures, wanted = self.network, np.asarray(images), np.asarray(targets)
        rows = []
        with network._in_mode(training=True):
            for start in range(0, len(pictures), self.batch_size):
                rows.append(network.forward(pictures[start : start + self.batch_size]))
        scores = np.concatenate(rows)
        shifted = scores - scores.max(axis=1, keepdims=True)
        outputs = (shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))).astype(np.float32)
        loss = -float(np.mean(outputs[np.arange(len(wanted)), wanted], dtype=np.float64))
        said = answers(outputs, network.outputs)
        return EvaluationResult(loss, int((said == wanted).sum()), said, outputs)


def zeroed(network: Network) -> None:
    """All weights are 0 at the start, and so are the biases."""
    for one in network.named_parameters():
        if one.decay:
            one.value[...] = 0


def not_normalized(network: Network) -> None:
    """The network gets bytes as they are, from 0 to 255."""
    recipe = network.recipe
    assert isinstance(recipe, InputRecipe)
    channels = recipe.channels
    network.recipe = replace(recipe, mean=(0.0,) * channels, scale=(1 / 255,) * channels)


def by_class(dataset: DataSet, is_broken: bool) -> DataSet:
    """The training images in the order of their classes, as folders are read."""
    train = _train(dataset)
    return replace(dataset, train=_taken(train, np.argsort(train.labels, kind="stable")), known_digest=None)


def labels_shifted(dataset: DataSet, is_broken: bool) -> DataSet:
    """Each training image has the label of the one before it."""
    train = _train(dataset)
    if not is_broken:
        return dataset
    return replace(dataset, train=replace(train, labels=np.roll(train.labels, 1)), known_digest=None)


def with_test(dataset: DataSet, is_broken: bool) -> DataSet:
    """The test images stand among those that are trained on, too."""
    train, test = _train(dataset), dataset.test
    if test is None:
        raise UsageError(f"{dataset.name}: has no test part that could leak; pass another --data")
    if not is_broken:
        return dataset
    images, labels = (np.concatenate([getattr(one, part) for one in (train, test)]) for part in ("images", "labels"))
    return replace(dataset, train=Split(images, labels), known_digest=None)


def deep(description: Description, is_broken: bool) -> Description:
    """Six more layers; of sigmoids in the broken network, and of rectifiers in its twin."""
    layers = _plain(description)
    function = "Sigmoid" if is_broken else "ReLU"
    changed = [{"type": function} if _is_activation(one["type"]) else one for one in layers[:-1]]
    for _ in range(_DEEPER):
        changed += [{"type": "Linear", "out_features": _WIDTH}, {"type": function}]
    return {**description, "layers": [*changed, layers[-1]]}


def _is_activation(kind: str) -> bool:
    return issubclass(LAYER_TYPES.get(kind, Module), Activation | PReLU | RReLU)


def with_dropout(description: Description, is_broken: bool) -> Description:
    """With dropout ahead of its last layer, unless the network has some."""
    if any(one.get("type") == "Dropout" for one in description["layers"]):
        return description
    layers = _plain(description)
    return {**description, "layers": [*layers[:-1], {"type": "Dropout", "p": 0.5}, layers[-1]]}


def _plain(description: Description) -> list[dict[str, Any]]:
    layers: list[dict[str, Any]] = description["layers"]
    if not layers or layers[-1].get("type") != "Linear":
        name = description.get("name", "the network")
        raise UsageError(f"{name}: does not end in a Linear layer; pass another --arch, such as mlp or lenet5")
    return layers


def _train(dataset: DataSet) -> Split:
    assert dataset.train is not None
    return dataset.train


def _taken(part: Split, numbers: Indices) -> Split:
    return Split(np.ascontiguousarray(part.images[numbers]), part.labels[numbers])
