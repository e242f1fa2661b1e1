"""Trainer from Python: what it yields, that it goes on where it was, and that it is the loop of `cnn train`."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncli
from cnncli.criteria import CrossEntropyLoss, MSELoss, NLLLoss
from cnncli.data import Split
from cnncli.errors import Interrupted, UsageError
from cnncli.layers import Flatten, Linear, LogSoftmax, ReLU
from cnncli.network import Network
from cnncli.optim import SGD, Optimizer
from cnncli.training.divergence import Diverged
from cnncli.training.records import EpochDone, Finished, Progress, StepDone
from cnncli.training.timetable import Timetable
from cnncli.training.train import train
from cnncli.training.trainer import Trainer
from small_training import small_settings, weights

PAGE = Path(__file__).parents[2] / "docs" / "training.md"


def samples(rng: np.random.Generator, count: int = 90) -> tuple[np.ndarray, np.ndarray]:
    """Images whose class is the brightest of three rows."""
    images = rng.normal(size=(count, 1, 3, 4)).astype(np.float32)
    labels = rng.integers(0, 3, count)
    images[np.arange(count), 0, labels] += 2
    return images, labels


def network() -> Network:
    built = Network([Flatten(), Linear(12, 8), ReLU(), Linear(8, 3)], (1, 3, 4))
    built.initialize(1)
    return built


def bits(trained: Network) -> list[bytes]:
    return [parameter.value.tobytes() for parameter in trained.named_parameters()]


def test_lines_of_the_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    (code,) = re.findall(r"## From Python\n\n```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(code, "docs/training.md", "exec"), names)
    epoch, _, accuracy = capsys.readouterr().out.splitlines()[-1].split()
    assert epoch == "1" and float(accuracy) > 0.8
    model = cnncli.load("mlp.bin")
    assert model.recipe is not None and model.recipe.kind == "glyph"  # digits are found in pictures
    test = names["digits"].test
    assert (model.predict(test.images).labels == test.labels).mean() > 0.8


def test_loop_gets_an_epoch_each_time_and_learns(rng: np.random.Generator) -> None:
    images, labels = samples(rng)
    validation = samples(rng, 30)
    trainer = Trainer(network(), (images, labels), epochs=12, batch_size=8, validation=validation)
    epochs = [record for record in trainer if isinstance(record, EpochDone)]
    assert [record.epoch for record in epochs] == list(range(1, 13))
    assert all(record.images == 90 for record in epochs)
    last = epochs[-1]
    assert last.loss < 0.5 * epochs[0].loss and last.accuracy is not None and last.accuracy > 0.7
    measured = trainer.evaluate(validation)
    assert (measured.loss, measured.correct / 30) == (last.validation_loss, last.validation_accuracy)
    assert not list(trainer)  # the timetable is at its end
    assert trainer.optimizer.lr == 0.05


def test_steps_are_told_one_by_one(rng: np.random.Generator) -> None:
    records = list(Trainer(network(), samples(rng, 20), epochs=2, batch_size=8).steps())
    assert [type(record) for record in records] == [*[StepDone] * 3, EpochDone] * 2
    steps = [record for record in records if isinstance(record, StepDone)]
    assert [(record.epoch, record.step, record.samples) for record in steps] == [
        (1, 1, 8), (1, 2, 8), (1, 3, 4), (2, 4, 8), (2, 5, 8), (2, 6, 4),
    ]  # fmt: skip
    epoch = records[3]
    assert isinstance(epoch, EpochDone)
    assert epoch.loss == pytest.approx(sum(step.loss * step.samples for step in steps[:3]) / 20)


def test_progress_is_told_a_few_times_a_second(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnncli.training.trainer._PROGRESS_SECONDS", 0.0)
    found = [r for r in Trainer(network(), samples(rng, 20), epochs=1, batch_size=8) if isinstance(r, Progress)]
    assert [record.step for record in found] == [1, 2]  # the third step ends the epoch


@pytest.mark.parametrize("stop", [1, 3, 4, 7])
def test_a_training_that_was_stopped_goes_on_with_the_same_bits(rng: np.random.Generator, stop: int) -> None:
    given = samples(rng, 20)
    whole = Trainer(network(), given, optimizer=SGD(0.1, momentum=0.9), epochs=3, batch_size=8)
    list(whole)

    halved = network()
    optimizer = SGD(0.1, momentum=0.9)
    left = Trainer(halved, given, optimizer=optimizer, epochs=3, batch_size=8)
    for _, _record in zip(range(stop), left.steps(), strict=False):
        pass
    again = Trainer(halved, given, optimizer=optimizer, epochs=3, batch_size=8, state=left.state)
    list(again)
    assert bits(halved) == bits(whole.network)
    assert [{**facts, "seconds": 0, "images_per_second": 0} for facts in again.state.history] == [
        {**facts, "seconds": 0, "images_per_second": 0} for facts in whole.state.history
    ]


def test_a_training_asked_to_stop_can_be_run_again(rng: np.random.Generator) -> None:
    given = samples(rng, 20)
    whole = Trainer(network(), given, epochs=2, batch_size=8)
    list(whole)
    asked = iter([False, False, False, True])
    trainer = Trainer(network(), given, epochs=2, batch_size=8, threads=1)
    with pytest.raises(Interrupted):
        list(trainer.run(lambda: next(asked, True)))
    assert trainer.optimizer.lr == 0.05
    list(trainer.run())
    assert bits(trainer.network) == bits(whole.network)


def test_cnn_train_is_this_loop(tmp_path: Path) -> None:
    """The same network, data, optimizer and timetable, once by the command's function and once by hand."""
    settings = replace(small_settings(tmp_path), optimizer="sgd", schedule="cosine", weight_decay=0.001)
    *_, finished = train(settings)
    assert isinstance(finished, Finished)
    data = cnncli.data.load(settings.data or "")
    assert data.train is not None
    from cnncli.data.held_out import measure_recipe
    from cnncli.network.architectures import read_model

    description, _ = read_model(settings.architecture)
    built = Network.from_description(description, data.class_names, (1, 28, 28), seed=1)
    built.recipe = measure_recipe(data, None)
    timetable = Timetable(len(data.train), 32, 3, schedule="cosine")
    optimizer = SGD(0.025, momentum=0.9, weight_decay=0.001)
    list(Trainer(built, data.train, CrossEntropyLoss(), optimizer, timetable, seed=1))
    cnncli.save(built, tmp_path / "own.bin")
    assert weights(tmp_path / "own.bin") == weights(finished.model)


def test_targets_of_squared_errors_have_no_accuracy(rng: np.random.Generator) -> None:
    images, labels = samples(rng)
    wanted = np.eye(3, dtype=np.float32)[labels]
    given = images, wanted
    trainer = Trainer(network(), given, MSELoss(), SGD(0.1), epochs=20, batch_size=10, validation=given)
    first, *_, last = (record for record in trainer if isinstance(record, EpochDone))
    assert last.accuracy is None and last.validation_accuracy is None
    assert last.loss < 0.6 * first.loss


def test_likelihoods_train_as_scores_do(rng: np.random.Generator) -> None:
    images, labels = samples(rng)
    scores = network()
    likelihoods = Network([Flatten(), Linear(12, 8), ReLU(), Linear(8, 3), LogSoftmax()], (1, 3, 4))
    likelihoods.initialize(1)
    first = [r.loss for r in Trainer(scores, (images, labels), epochs=3) if isinstance(r, EpochDone)]
    second = [r.loss for r in Trainer(likelihoods, (images, labels), NLLLoss(), epochs=3) if isinstance(r, EpochDone)]
    assert second == pytest.approx(first, rel=1e-5)


class Signs(Optimizer):
    """An optimizer of its own, without a rule of the core."""

    def update(self, value: Any, gradient: Any, state: Any, *, weight_decay: float) -> None:
        value -= self.lr * np.sign(gradient)


def test_an_optimizer_of_ones_own_trains(rng: np.random.Generator) -> None:
    given = samples(rng)
    trainer = Trainer(network(), given, optimizer=Signs(0.01), epochs=8, batch_size=30)
    before = [parameter.value.copy() for parameter in trainer.network.named_parameters()]
    next(trainer.steps())
    for learned, old in zip(trainer.network.named_parameters(), before, strict=True):
        np.testing.assert_allclose(old - learned.value, 0.01 * np.sign(learned.gradient), atol=1e-6)
    *_, last = trainer
    assert isinstance(last, EpochDone) and last.accuracy is not None and last.accuracy > 0.7
    assert trainer.optimizer.steps == 24


class HalfSgd(SGD):
    """A built-in one with an update of its own, which no program may leave out."""

    def update(self, value: Any, gradient: Any, state: Any, *, weight_decay: float) -> None:
        super().update(value, gradient / 2, state, weight_decay=weight_decay)


def test_an_update_that_a_subclass_overrides_is_used(rng: np.random.Generator) -> None:
    given = samples(rng)
    halved, plain = (Trainer(network(), given, optimizer=kind) for kind in (HalfSgd(0.5), SGD(0.25)))
    next(halved.steps())
    next(plain.steps())
    assert bits(halved.network) == bits(plain.network)


def test_a_loss_that_is_no_number_is_told_with_a_remedy(rng: np.random.Generator) -> None:
    trainer = Trainer(network(), samples(rng), optimizer=SGD(1e30), epochs=3)
    with pytest.raises(Diverged, match=r"^epoch \d, step \d: the .*; start again with a learning rate below 1e\+30$"):
        list(trainer)
        trainer.check_weights()


def test_bytes_are_normalized_and_the_network_remembers_how(rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (40, 1, 3, 4), dtype=np.uint8)
    part = Split(images, rng.integers(0, 3, 40))
    trained = network()
    list(Trainer(trained, part, epochs=1))
    assert trained.recipe is not None
    assert trained.recipe.mean == pytest.approx([images.mean() / 255], abs=1e-6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("mnist", "training_set: is str; pass (images, targets) or a part of a data set"),
        (
            (np.zeros((3, 1, 3, 4), np.float32), np.zeros(2, np.int64)),
            "training_set: images (3, 1, 3, 4) and targets (2,); pass one target for each image, and at least one",
        ),
    ],
)
def test_samples_that_do_not_fit_are_refused(given: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Trainer(network(), given)
    assert str(caught.value) == message


def test_a_state_of_another_training_is_refused(rng: np.random.Generator) -> None:
    trainer = Trainer(network(), samples(rng, 20), epochs=2, batch_size=8)
    list(trainer)
    with pytest.raises(UsageError, match=r"^state: is at step 6 of 3; use that of this training$"):
        Trainer(network(), samples(rng, 20), epochs=1, batch_size=8, state=trainer.state)


def test_the_loss_is_a_setting_of_the_command(tmp_path: Path) -> None:
    settings = small_settings(tmp_path)
    with pytest.raises(UsageError, match=r"^--loss nll: .* but the last layer of small is 6, Linear"):
        list(train(replace(settings, loss="nll")))
    ending = Path(settings.architecture)
    ending.write_text(ending.read_text().replace("\n]\n", '\n    { type = "LogSoftmax" },\n]\n'))
    *_, finished = train(replace(settings, loss="nll"))
    assert isinstance(finished, Finished)
    recorded = cnncli.load(finished.model).record["training"]
    assert recorded["settings"]["loss"] == "nll" and "--loss nll" in recorded["command"]


def test_smoothed_labels_and_margin_loss_are_settings_of_command_and_description(tmp_path: Path) -> None:
    settings = small_settings(tmp_path)
    with pytest.raises(UsageError, match=r"^--label-smoothing 0.1: multi-margin has no such setting; leave it out"):
        list(train(replace(settings, loss="multi-margin", label_smoothing=0.1)))
    ending = Path(settings.architecture)
    plain = ending.read_text()
    for loss, smoothing in (("cross-entropy", 0.1), ("multi-margin", 0.0)):
        ending.write_text(plain)
        *_, asked = train(replace(settings, loss=loss, label_smoothing=smoothing))
        ending.write_text(plain + f'[training]\nloss = "{loss}"\nlabel_smoothing = {smoothing}\n')
        *_, described = train(settings)
        assert isinstance(asked, Finished) and isinstance(described, Finished)
        assert asked.loss == described.loss
        recorded = cnncli.load(described.model).record["training"]["settings"]
        assert (recorded["loss"], recorded["label_smoothing"]) == (loss, smoothing)
        assert asked.accuracy > 0.15


@pytest.mark.parametrize("cycle", [None, 2])
def test_progress_tells_the_epochs_means_so_far_and_the_time_to_the_end_or_to_that_of_the_cycle(
    rng: np.random.Generator, cycle: int | None
) -> None:
    timetable = Timetable(20, 8, 3, schedule="cosine", cycle=cycle)
    trainer = Trainer(network(), samples(rng, 20), optimizer=SGD(0.5), timetable=timetable)
    losses: list[float] = []
    for record in trainer.steps():
        if isinstance(record, EpochDone) or record.step % 3 == 0:  # within an epoch of three steps
            losses.clear()
            continue
        losses.append(record.loss)
        told = trainer.progress()
        done = 8 * len(losses)
        assert (told.epoch, told.step) == (record.epoch, record.step)
        assert told.loss == pytest.approx(sum(losses) / len(losses))
        assert told.accuracy is not None and 0 <= told.accuracy <= 1 and (told.accuracy * done).is_integer()
        assert told.learning_rate == timetable.learning_rate(record.step, 0.5)
        epochs = 3 if cycle is None else max(cycle, record.epoch)
        assert told.seconds_left * told.images_per_second == pytest.approx(20 * (epochs - record.epoch + 1) - done)
    assert trainer.state.step == 9


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), float("-inf")])
def test_measured_loss_that_is_no_number_ends_the_training_and_any_other_does_not(
    rng: np.random.Generator, loss: float
) -> None:
    trainer = Trainer(network(), samples(rng, 20), optimizer=SGD(0.5), epochs=2, batch_size=8)
    for _, _record in zip(range(4), trainer.steps(), strict=False):  # the three steps of an epoch and its end
        pass
    trainer.check_loss("validation", 0.0)
    with pytest.raises(Diverged) as caught:
        trainer.check_loss("validation", loss)
    assert str(caught.value) == (
        f"epoch 1, step 3: the validation loss is {loss}; start again with a learning rate below 0.5"
    )
