"""What Trainer makes of its arguments: the loss that a network needs, targets that fit it, parts of data sets."""

import math
from typing import Any

import numpy as np
import pytest

from cnncli.criteria import CrossEntropyLoss, MSELoss, OfLabels
from cnncli.data import DataSet, Split
from cnncli.errors import UsageError
from cnncli.layers import Flatten, Linear
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.program import Program
from cnncli.training.records import EpochDone
from cnncli.training.timetable import Timetable
from cnncli.training.trainer import Trainer


def linear(size: int, **more: Any) -> Network:
    built = Network([Linear(3, size)], (3,), **more)
    built.initialize(1)
    return built


def last_of(trainer: Trainer) -> EpochDone:
    *_, last = trainer
    assert isinstance(last, EpochDone)
    return last


@pytest.mark.parametrize("outputs", [1, 2])
def test_a_network_of_values_is_trained_by_squared_errors_where_no_loss_is_given(
    rng: np.random.Generator, outputs: int
) -> None:
    x = rng.normal(size=(64, 3)).astype(np.float32)
    weight = rng.normal(size=(outputs, 3)).astype(np.float32)
    trainer = Trainer(linear(outputs, outputs="values"), (x, x @ weight.T), epochs=30, batch_size=8)
    last = last_of(trainer)
    assert type(trainer.criterion) is MSELoss and last.accuracy is None and 0 <= last.loss < 1e-6
    np.testing.assert_allclose(trainer.network[0].weight, weight, atol=1e-3)


def test_one_output_of_two_classes_learns_them_where_no_loss_is_given(rng: np.random.Generator) -> None:
    x = rng.normal(size=(64, 3)).astype(np.float32)
    trainer = Trainer(linear(1, class_names=["no", "yes"]), (x, (x[:, 0] > 0).astype(np.int64)), epochs=10)
    last = last_of(trainer)
    assert type(trainer.criterion) is OfLabels and last.accuracy is not None and last.accuracy > 0.9


NUMBERS = np.linspace(-2, 3, 12, dtype=np.float32)


@pytest.mark.parametrize(
    ("network", "criterion", "targets", "message"),
    [
        (
            linear(2, outputs="values"), CrossEntropyLoss(), np.zeros(12, np.int64),
            "CrossEntropyLoss(): takes classes, but the outputs of network are values; leave the criterion out, or "
            "pass one of values such as MSELoss()",
        ),
        (
            linear(1, outputs="values", name="line"), OfLabels(MSELoss()), np.zeros(12, np.int64),
            'OfLabels(MSELoss(), off=-1, on=1): takes classes, but the outputs of network "line" are values; leave the '
            "criterion out, or pass one of values such as MSELoss()",
        ),
        (
            linear(2), None, NUMBERS,
            "CrossEntropyLoss(): targets are float32 (12,), and no classes; pass whole numbers, counted from 0, or "
            'make the network with outputs="values"',
        ),
        (
            linear(2), None, NUMBERS.reshape(6, 1, 2),
            "CrossEntropyLoss(): targets are float32 (6, 1, 2), and no classes; pass whole numbers, counted from 0, or "
            'make the network with outputs="values"',
        ),
        (
            linear(1), None, NUMBERS.reshape(12, 1),
            "CrossEntropyLoss(): of one output nothing is learned, whatever the targets; make the network with "
            'outputs="values" for numbers, or with two class_names',
        ),
        (
            linear(2), None, NUMBERS.reshape(6, 2),
            "CrossEntropyLoss(): target -2 of sample 0 is no probability of a class; pass numbers from 0 to 1, or make "
            'the network with outputs="values"',
        ),
    ],
)  # fmt: skip
def test_losses_and_targets_that_make_no_sense_together_are_refused(
    network: Network, criterion: Any, targets: np.ndarray, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        Trainer(network, (np.ones((len(targets), 3), np.float32), targets), criterion)
    assert str(caught.value) == message


def test_targets_that_are_measured_are_held_to_the_same_rules() -> None:
    program = Program(linear(2), 4)
    with pytest.raises(UsageError, match=r"^CrossEntropyLoss\(\): targets are float64 \(4,\), and no classes; "):
        program.evaluate(np.ones((4, 3), np.float32), np.full(4, 0.5))


def test_probabilities_of_classes_train_as_before(rng: np.random.Generator) -> None:
    x = rng.normal(size=(64, 3)).astype(np.float32)
    yes = 1 / (1 + np.exp(-4 * x[:, :1]))
    last = last_of(Trainer(linear(2), (x, np.hstack([1 - yes, yes])), optimizer=SGD(0.5), epochs=10))
    assert last.accuracy is not None and last.accuracy > 0.9


def classes(rng: np.random.Generator, count: int = 20) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(size=(count, 3)).astype(np.float32), rng.integers(0, 2, count)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"epochs": 10}, "epochs"), ({"batch_size": 64, "warm_up": 0.0}, "batch_size, warm_up"),
        ({"schedule": "constant"}, "schedule"),
    ],
)  # fmt: skip
def test_what_a_timetable_has_is_not_given_beside_it(
    rng: np.random.Generator, more: dict[str, Any], named: str
) -> None:
    with pytest.raises(UsageError) as caught:
        Trainer(linear(2), classes(rng), timetable=Timetable(20, 8, 2), **more)
    assert str(caught.value) == f"timetable: has {named} of its own; leave out one of them"


def test_without_a_timetable_there_are_ten_epochs_of_batches_of_64(rng: np.random.Generator) -> None:
    table = Trainer(linear(2), classes(rng, 100)).timetable
    assert (table.epochs, table.batch_size, table.steps, table.schedule) == (10, 64, 20, "constant")
    assert table.warm_up_steps == 0
    table = Trainer(linear(2), classes(rng), epochs=4, batch_size="full", schedule="linear", warm_up=1).timetable
    assert (table.epochs, table.batch_size, table.schedule, table.warm_up_steps) == (4, 20, "linear", 1)


def test_progress_can_be_asked_for_before_a_step_and_between_epochs(rng: np.random.Generator) -> None:
    trainer = Trainer(linear(2), classes(rng), epochs=2, batch_size=8)
    told = trainer.progress()
    assert (told.epoch, told.step, told.accuracy, told.images_per_second) == (1, 0, None, 0)
    assert math.isnan(told.loss) and told.seconds_left == math.inf and told.learning_rate == 0.05
    left = []
    for record in trainer.steps():
        told = trainer.progress()
        left.append((told.epoch, round(told.seconds_left * told.images_per_second)))
        assert math.isnan(told.loss) == isinstance(record, EpochDone)
    assert left == [(1, 32), (1, 24), (1, 20), (2, 20), (2, 12), (2, 4), (2, 0), (2, 0)]


def images_of(rng: np.random.Generator, count: int) -> Split:
    return Split(rng.integers(0, 256, (count, 1, 1, 3), dtype=np.uint8), rng.integers(0, 2, count))


def test_of_a_data_set_its_own_parts_are_measured(rng: np.random.Generator) -> None:
    parts = {"train": images_of(rng, 30), "validation": images_of(rng, 7), "test": images_of(rng, 11)}

    def data(*names: str) -> DataSet:
        return DataSet("shapes", class_names=["a", "b"], **{part: parts[part] if part in names else None
                                                           for part in parts})  # fmt: skip

    def trainer(validation: DataSet | None = None) -> Trainer:
        network = Network([Flatten(), Linear(3, 2)], (1, 1, 3))
        return Trainer(network, data("train"), validation=validation, epochs=1)

    assert len(trainer(data(*parts)).validation or ()) == 7
    assert len(trainer().evaluate(data(*parts)).predictions) == 11
    assert len(trainer().evaluate(data("train", "validation")).predictions) == 7
    for call, message in (
        (lambda: trainer(data("train", "test")), "validation: shapes has no validation images"),
        (lambda: trainer().evaluate(data("train")), "samples: shapes has no test or validation images"),
        (lambda: Trainer(linear(2), data("test")), "training_set: shapes has no training images"),
    ):
        with pytest.raises(UsageError) as caught:
            call()
        assert str(caught.value) == f"{message}; pass other images, (images, targets)"
