"""Answers to training pictures by networks that have not seen them: the training of a model done again without a part
of them, for each part once (cross-validation, Stone 1974)."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cnncli import _core
from cnncli.data import DataSet
from cnncli.data.held_out import Indices
from cnncli.errors import FormatError, UsageError
from cnncli.model_file.serialize import load_model
from cnncli.network import Network
from cnncli.network.answers import log_probabilities
from cnncli.number_recipe import NumberRecipe
from cnncli.program import Program
from cnncli.shown import printable
from cnncli.storage.typed_json import from_json
from cnncli.training.plan import Plan
from cnncli.training.runs import RunFolder
from cnncli.training.train import make_job

_BATCH_SIZE = 256


@dataclass(frozen=True, eq=False)
class FoldDone:
    """number : of the fold, from 1, of `folds`; right, pictures : of those that were left out of it"""

    number: int
    folds: int
    right: int
    pictures: int


@dataclass(frozen=True, eq=False)
class Answered:
    """log_probabilities : float32 (N, classes), to each training picture of `dataset`"""

    dataset: DataSet
    log_probabilities: npt.NDArray[np.float32]


def fold_of(labels: Indices, folds: int, seed: int) -> Indices:
    """int64 (N,), the fold of each sample: of each class about as many in every fold, chosen by the seed.

    >>> np.bincount(fold_of(np.array([0] * 6 + [1] * 3), 3, 1)).tolist()
    [3, 3, 3]
    """
    order = _core.permutation(len(labels), seed=seed, epoch=0)
    order = order[np.argsort(labels[order], kind="stable")]
    found = np.empty(len(labels), np.int64)
    found[order] = np.arange(len(labels)) % folds
    return found


def answer_in_folds(
    path: str, dataset: DataSet, folds: int, *, threads: int | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[FoldDone | Answered]:  # fmt: skip
    """Trains the network of a model file `folds` times with the settings in its record; last comes `Answered`.

    dataset : prepared by the model's recipe; its training part is answered

    Raises UsageError for a model whose training cannot be done again without its start or a table of numbers.
    """
    network = load_model(path)
    plan = _plan_of(path, network)
    train = dataset.train
    if train is None or len(train) < 2 * folds:
        raise UsageError(f"--folds {folds}: {dataset.name} has too few training pictures; use fewer folds")
    fold, found = fold_of(train.labels, folds, plan.seed), None
    with tempfile.TemporaryDirectory(prefix="cnncli-folds-") as folder:
        for number in range(folds):
            kept, left = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
            fresh = Network.from_description(network.description(), seed=plan.seed)
            fresh.recipe = network.recipe
            with RunFolder.create(Path(folder), f"fold-{number}", asdict(plan)) as run:
                trainer = make_job(run, plan, dataset, (kept, None), fresh, None, threads).trainer
                for _ in trainer.run(should_stop):
                    pass
            rows = log_probabilities(Program(trainer.kept, _BATCH_SIZE).predict(train.images[left]), fresh.outputs)
            found = np.empty((len(train), rows.shape[1]), np.float32) if found is None else found
            found[left] = rows
            yield FoldDone(number + 1, folds, int((rows.argmax(axis=1) == train.labels[left]).sum()), len(left))
    assert found is not None
    yield Answered(dataset, found)


def _plan_of(path: str, network: Network) -> Plan:
    """The settings that the model was trained with, for all its epochs and without an early end."""
    training = network.record.get("training")
    settings = training.get("settings") if isinstance(training, dict) else None
    if not isinstance(settings, dict) or isinstance(network.recipe, NumberRecipe):
        raise UsageError(f"--folds: {printable(path)} does not say how it was trained; leave it out")
    try:
        plan = from_json(Plan, {**settings, "data_dir": None, "out": ""})
    except FormatError as error:
        raise FormatError(
            f"{printable(path)}: what it says of its training {error}; train it again, or leave out --folds"
        ) from None
    if plan.start_from is not None:
        raise UsageError(f"--folds: {printable(path)} started from another model; leave it out")
    return replace(plan, validation=0.0, own_validation=False, target=None, images=None, until=None, patience=None)
