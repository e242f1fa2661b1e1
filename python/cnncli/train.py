"""Training: a generator that yields plain records and prints nothing.

Everything random is a function of (seed, epoch, step), so a run that stops anywhere and resumes ends with the
bits of one that did not stop.
"""

import copy
import math
import platform
import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from cnncli import _core, data, schedule
from cnncli.architectures import read_model
from cnncli.confidence import fit
from cnncli.criteria import CrossEntropy
from cnncli.data import DataSet, Split, images_digest
from cnncli.divergence import Cause, find_cause, find_parameter
from cnncli.errors import CnnError, DataError, FormatError, Interrupted, WriteError
from cnncli.files import printable
from cnncli.held_out import Indices, labels_of, measure_recipe, split_images
from cnncli.layers import BatchNormalization
from cnncli.network import Network
from cnncli.network_rules import check_network, layer_lines
from cnncli.optim import SGD
from cnncli.outcome import MOST_IMAGES, Measured, OneAnswer, looks_dead, remark
from cnncli.plan import (
    Plan,
    TrainSettings,
    check_out,
    find_data,
    held_for_validation,
    make_plan,
    moved,
    picture_wish,
    read_plan,
    with_data,
)
from cnncli.program import Program
from cnncli.prospects import check_prospects
from cnncli.records import EpochDone, Finished, Progress, Record, SaveFailed, Started, Stopped
from cnncli.runs import RunFolder
from cnncli.serialize import load_model, save_beside_earlier
from cnncli.timetable import HardImages, Timetable
from cnncli.training_options import recorded_words
from cnncli.training_state import TrainingState, check_fit, read_state
from cnncli.version import __version__

_RETRY_SECONDS = 10.0  # after a save that failed
_PROGRESS_SECONDS = 0.2
# Within a cycle a target must be passed by this many standard errors of an accuracy measured on so many images.
# With none LeNet-5 stopped at 0.99 after 2 to 6 epochs of 7 by luck, and was right on 98.7 % of other images.
_STANDARD_ERRORS = 2.0


def train(
    settings: TrainSettings, should_stop: Callable[[], bool] = lambda: False, report: data.Report = data.ignore
) -> Iterator[Record]:
    """Trains a network; yields `Started`, then `Progress`, `EpochDone` and perhaps `SaveFailed`; last comes
    `Finished` or `Stopped`.

    should_stop : asked every 20 ms or so; once it is true, a checkpoint is written and the training ends. A step
        that has begun is then given up, and done again when the run is resumed
    report : called with what happens while the data set is fetched, before `Started`

    Raises CnnError once the loss is no finite number, naming the step, the layer and a remedy; the last good
    checkpoint stays. A checkpoint that cannot be written is a `SaveFailed` and tried again; the first and the
    last one are errors.
    """
    with _resume(settings, report) if settings.resume else _begin(settings, report) as training:
        yield training.started()
        yield from training.run(should_stop)


@contextmanager
def _begin(settings: TrainSettings, report: data.Report) -> Iterator["_Training"]:
    """A new run in a folder of its own."""
    description, source = read_model(settings.architecture)
    plan = make_plan(settings, description, source)
    check_network(settings, description, source)
    check_out(plan.out)
    found = find_data(settings.data, settings.data_dir, settings.label_column, report)
    if "train" not in found.raw.parts:
        raise DataError(f"{found.raw.name}: holds no training images; pass another --data")
    dataset = found.prepare(
        wish=picture_wish(settings, description, source, len(found.raw.class_names)),
        skip_bad=settings.skip_bad,
        use_cache=settings.use_cache,
        report=report,
    )
    if dataset.train is None or not len(dataset.train):
        raise DataError(f"{dataset.name}: none of its training pictures can be used; pass another --prepare")
    is_described = settings.target is not None or "validation" in description.get("training", {})
    plan = with_data(
        plan, dataset, found.name_or_path, held_for_validation(settings, plan, is_described, dataset)
    )
    with layer_lines(settings.architecture, source):
        network = Network.from_description(
            description, dataset.class_names, dataset.train.images.shape[1:], seed=plan.seed, source=source
        )
    splits = split_images(dataset, plan.validation, plan.seed, plan.own_validation)
    labels = labels_of(dataset, splits[0])
    timetable = Timetable(len(labels), plan.batch_size, plan.epochs, plan.shares)
    warnings = check_prospects(network, labels, dataset.class_names, timetable, dataset.name)
    network.recipe = measure_recipe(dataset, None if plan.own_validation else splits[1])
    with RunFolder.create(settings.runs, f"{network.name}-{dataset.name}", asdict(plan)) as run:
        told = found.notice, warnings
        yield _Training(run, plan, dataset, splits, told, network, None, TrainingState(), {}, settings)


@contextmanager
def _resume(settings: TrainSettings, report: data.Report) -> Iterator["_Training"]:
    """A stopped run, as its last checkpoint left it."""
    assert settings.resume is not None
    with RunFolder.open(settings.resume, settings.runs) as run:
        plan = moved(read_plan(run), settings)
        check_out(plan.out)
        checkpoint = run.load_checkpoint()
        where = printable(run.checkpoint_path)
        state = read_state(where, checkpoint.state)
        try:
            found = find_data(plan.data, plan.data_dir, plan.label_column, report)
        except DataError as error:
            if settings.data is not None:
                raise
            raise DataError(f"{error}; if the data were moved, pass --data with the new place") from None
        dataset = found.prepare(
            recipe=checkpoint.network.recipe, skip_bad=plan.skip_bad, use_cache=settings.use_cache, report=report
        )
        if dataset.digest != plan.data_digest:
            raise DataError(
                f"{printable(plan.data)}: is not the data that {printable(run.path)} was trained on; "
                "bring the old data back, pass --data with their new place, or start a new run"
            )
        if settings.data is not None:
            run.update_settings({"data": found.name_or_path})
            plan = replace(plan, data=found.name_or_path)
        check_fit(where, checkpoint, dataset)
        yield _Training(
            run,
            plan,
            dataset,
            split_images(dataset, plan.validation, plan.seed, plan.own_validation),
            (None, []),
            checkpoint.network,
            checkpoint.optimizer_state,
            state,
            checkpoint.images,
            settings,
        )


class _Training:
    """One run, ready to go on from `state`."""

    def __init__(
        self,
        run: RunFolder,
        plan: Plan,
        dataset: DataSet,
        splits: tuple[Indices | None, Split | None],
        told: tuple[str | None, list[str]],
        network: Network,
        optimizer_state: Any,
        state: TrainingState,
        image_arrays: dict[str, Any],
        settings: TrainSettings,
    ) -> None:
        self._run, self._plan, self._dataset = run, plan, dataset
        self._notice, self._warnings = told
        self._network, self._state = network, state
        assert dataset.train is not None
        self._kept, self._validation = splits
        self._optimizer = SGD(
            plan.learning_rate, momentum=plan.momentum, nesterov=plan.nesterov, weight_decay=plan.weight_decay
        )
        if optimizer_state is not None:
            self._optimizer.load_state_dict(optimizer_state)
        self._program = Program(
            network,
            plan.batch_size,
            criterion=CrossEntropy(),
            optimizer=self._optimizer,
            threads=settings.threads,
            seed=plan.seed,
        )
        # Of data with a name it is known which images are whose.
        self._images_digest = None if plan.data in data.NAMES else images_digest(dataset.train)
        self._program.bind(dataset.train.images, dataset.train.labels)
        self._threads = settings.threads or _core.default_thread_count()
        self._images = len(dataset.train.labels if self._kept is None else self._kept)
        self._timetable = Timetable(self._images, plan.batch_size, plan.epochs, plan.shares)
        if not 0 <= state.step <= self._timetable.steps:
            raise FormatError(
                f"{printable(run.checkpoint_path)}: state has step {state.step} of {self._timetable.steps}; "
                "start a new run"
            )
        self._hard_images = self._load_hard_images(image_arrays) if plan.shares else None
        self._order_epoch = -1
        self._order = np.empty(0, dtype=np.int64)
        self._images_here, self._seconds_here = 0, 0.0  # of this process, for the speed shown
        self._clock = self._last_progress = time.perf_counter()
        self._save_every = settings.save_every
        self._save_time = self._clock + self._save_every  # of the next checkpoint within an epoch
        self._saved = -1, 0  # step and epochs of the last checkpoint
        self._unsaved_best: tuple[Network, dict[str, Any]] | None = None  # and its record

    def _load_hard_images(self, arrays: dict[str, Any]) -> HardImages:
        images = HardImages(self._images)
        if arrays:
            try:
                images.load(arrays)
            except (KeyError, ValueError):
                raise FormatError(
                    f"{printable(self._run.checkpoint_path)}: does not fit the training images; start a new run"
                ) from None
        return images

    def started(self) -> Started:
        return Started(
            run=self._run.path,
            network=self._network.name,
            parameters=sum(parameter.value.size for parameter in self._network.named_parameters()),
            data=self._dataset.name,
            source=self._dataset.source,
            notice=self._notice,
            warnings=self._warnings,
            images=self._images,
            validation_images=_pictures(self._validation) if self._validation else 0,
            epochs=self._plan.epochs,
            steps=self._timetable.steps,
            first_step=self._state.step,
            batch_size=self._plan.batch_size,
            learning_rate=self._plan.learning_rate,
            rate_factor=self._plan.rate_factor,
            threads=self._threads,
            seed=self._plan.seed,
            target=self._plan.target,
            target_epoch=self._plan.cycle if self._plan.target is not None else None,
            early_target=self._early_target(),
            preparation=self._network.recipe.text if self._network.recipe is not None else "",
            notes=[note.text for note in self._dataset.notes],
        )

    def run(self, should_stop: Callable[[], bool]) -> Iterator[Record]:
        self._save()  # so that there is a checkpoint to resume from at any time
        try:
            yield from self._run_from_here(should_stop)
        except WriteError as error:
            go_on = f"cnn train --resume {shlex.quote(printable(self._run.path))}"
            raise WriteError(f"{error}; then go on with {go_on}") from None

    def _run_from_here(self, should_stop: Callable[[], bool]) -> Iterator[Record]:
        state = self._state
        self._clock = time.perf_counter()
        try:
            while True:
                if self._epoch_is_over():
                    yield self._close_epoch(should_stop)
                    yield from self._save_or_tell()
                elif state.step == self._timetable.steps or self._target_reached():
                    break
                else:
                    if should_stop():
                        raise Interrupted("asked to stop between two steps")
                    self._step(self._timetable.epoch_of(state.step), should_stop)
                if self._clock >= self._save_time:
                    yield from self._save_or_tell()
                if self._epoch_is_over():  # closed first: progress is that of an epoch which goes on
                    continue
                if self._clock - self._last_progress > _PROGRESS_SECONDS and state.images:
                    self._last_progress = self._clock
                    yield self._progress()
            self._save_if_needed()
            yield self._finish(should_stop)
        except Interrupted:
            self._save_if_needed()
            epoch = min(self._timetable.epoch_of(state.step) + 1, self._plan.epochs)
            yield Stopped(self._run.path, epoch, state.step)

    def _epoch_is_over(self) -> bool:
        """Whether all steps of an epoch are done, but not what follows them."""
        state = self._state
        if state.images == 0:
            return False
        return state.step == self._timetable.first_step(self._timetable.epoch_of(state.step - 1) + 1)

    def _learning_rate(self, step: int) -> float:
        """Of one cycle over all epochs; with a target of a first cycle, and then of one for each epoch."""
        first, end, share = 0, self._timetable.first_step(self._plan.cycle or self._plan.epochs), 1.0
        if step >= end:
            epoch = self._timetable.epoch_of(step)
            first, end = self._timetable.first_step(epoch), self._timetable.first_step(epoch + 1)
            share = schedule.FURTHER_CYCLE_SHARE
        return schedule.learning_rate(
            self._plan.schedule, share * self._plan.learning_rate, step - first, end - first
        )

    def _target_reached(self) -> bool:
        """Read off the history, which a checkpoint holds, so that a resumed run stops where the whole one does."""
        target, history = self._plan.target, self._state.history
        if target is None or self._validation is None:
            return False
        early = self._early_target()
        return any(
            epoch["validation_accuracy"] >= (target if self._ends_cycle(epoch) else early) for epoch in history
        )

    def _early_target(self) -> float | None:
        """The validation accuracy that ends the training within its first cycle; None without a target."""
        target = self._plan.target
        if target is None or self._validation is None:
            return None
        return target + _STANDARD_ERRORS * math.sqrt(target * (1 - target) / _pictures(self._validation))

    def _ends_cycle(self, facts: dict[str, Any]) -> bool:
        """Whether an epoch ends a cycle of the schedule; after the first cycle each one does."""
        return bool(facts["epoch"] >= (self._plan.cycle or self._plan.epochs))

    def _rank(self, facts: dict[str, Any]) -> tuple[bool, float, float]:
        """Orders epochs by validation accuracy, then by loss; of equal ones `max` takes the first.

        With a target the end of a cycle goes first: what is accurate at a high rate is so by luck more often.
        """
        is_end = self._plan.target is not None and self._ends_cycle(facts)
        return is_end, facts["validation_accuracy"], -facts["validation_loss"]

    def _step(self, epoch: int, should_stop: Callable[[], bool]) -> None:
        """One batch; adds to the sums of the epoch. Raises Interrupted, and then nothing has changed."""
        state = self._state
        step_of_epoch = state.step - self._timetable.first_step(epoch)
        if epoch != self._order_epoch:
            self._order = self._order_of(epoch, is_new=step_of_epoch == 0)
            self._order_epoch = epoch
        start = step_of_epoch * self._plan.batch_size
        positions = self._order[start : start + self._plan.batch_size]
        losses = np.empty(len(positions), np.float32) if self._hard_images is not None else None
        indices = positions if self._kept is None else self._kept[positions]
        result = self._program.step(
            indices,
            step=state.step,
            epoch=epoch,
            learning_rate=self._learning_rate(state.step),
            losses=losses,
            should_stop=should_stop,
        )
        if not math.isfinite(result.loss):
            assert self._dataset.train is not None
            cause = find_cause(self._network, self._dataset.train.images[indices], indices)
            raise self._diverged(f"the loss is {result.loss}", cause, state.step + 1)
        if self._hard_images is not None and losses is not None:
            self._hard_images.put(positions, losses)
        state.step += 1
        state.loss_sum += result.loss * result.samples
        state.correct += result.correct
        state.images += result.samples
        self._images_here += result.samples
        self._tick()

    def _order_of(self, epoch: int, is_new: bool) -> Indices:
        """Positions among the images trained on, in the order of the epoch; a resumed epoch keeps its choice."""
        count = self._timetable.images(epoch)
        order = _core.permutation(count, seed=self._plan.seed, epoch=epoch)
        if self._hard_images is None:
            return order
        chosen = self._hard_images.choose(count) if is_new else self._hard_images.chosen
        return chosen[order]

    def _tick(self) -> None:
        now = time.perf_counter()
        elapsed, self._clock = now - self._clock, now
        self._seconds_here += elapsed
        self._state.epoch_seconds += elapsed
        self._state.seconds += elapsed

    def _check_loss(self, name: str, loss: float) -> None:
        if not math.isfinite(loss):
            cause = find_parameter(self._network)
            raise self._diverged(f"the {name} loss is {loss}", cause, self._state.step)

    def _diverged(self, what: str, cause: Cause | None, step: int) -> CnnError:
        """step : the one that showed it, counted from 1"""
        line = f"epoch {self._timetable.epoch_of(step - 1) + 1}, step {step}: {what}"
        remedy = f"start again with --lr below {self._plan.learning_rate:g}"
        if cause is not None:
            line += f": {printable(cause.what)}"
            remedy = cause.remedy or remedy
        return CnnError(f"{line}; {remedy}; the last good checkpoint stays in {printable(self._run.path)}")

    def _progress(self) -> Progress:
        state = self._state
        speed = self._images_here / self._seconds_here
        epoch = min(self._timetable.epoch_of(state.step), self._plan.epochs - 1)
        last = max(self._plan.cycle or self._plan.epochs, epoch + 1)
        left = sum(self._timetable.images(later) for later in range(epoch, last)) - state.images
        return Progress(
            epoch=epoch + 1,
            step=state.step,
            loss=state.loss_sum / state.images,
            accuracy=state.correct / state.images,
            learning_rate=self._learning_rate(state.step),
            images_per_second=speed,
            seconds_left=left / speed,
        )

    def _close_epoch(self, should_stop: Callable[[], bool]) -> EpochDone:
        """Validates, and marks the model to be kept if it is the best one so far.

        Raises Interrupted, and then the epoch is still to be closed.
        """
        state, plan = self._state, self._plan
        epoch = self._timetable.epoch_of(state.step - 1) + 1
        validation_loss = validation_accuracy = None
        if self._validation is not None:
            measured = self._program.evaluate(
                self._validation.images, self._validation.labels, should_stop
            )
            validation_loss, validation_accuracy = (
                measured.loss,
                measured.correct / _pictures(self._validation),
            )
            self._check_loss("validation", validation_loss)
        self._tick()
        done = EpochDone(
            epoch=epoch,
            epochs=plan.epochs,
            images=state.images,
            loss=state.loss_sum / state.images,
            accuracy=state.correct / state.images,
            validation_loss=validation_loss,
            validation_accuracy=validation_accuracy,
            learning_rate=self._learning_rate(state.step - 1),
            seconds=state.epoch_seconds,
            images_per_second=state.images / state.epoch_seconds,
        )
        facts = asdict(done)
        del facts["epochs"]
        state.history.append(facts)
        state.loss_sum, state.correct, state.images, state.epoch_seconds = 0.0, 0, 0, 0.0
        best = max(state.history, key=self._rank)["epoch"] if self._validation is not None else epoch
        if best == epoch:
            state.best_epoch = epoch
            if self._validation is not None:
                self._unsaved_best = self._network, self._record()
        return done

    def _save_or_tell(self) -> Iterator[SaveFailed]:
        """Saves; if a full disk or the like is in the way, says so, and the training goes on."""
        try:
            self._save()
        except WriteError as error:
            if self._unsaved_best is not None and self._unsaved_best[0] is self._network:
                # The next step will change the weights.
                self._unsaved_best = copy.deepcopy(self._network), self._unsaved_best[1]
            retry = min(_RETRY_SECONDS, self._save_every)
            self._save_time = time.perf_counter() + retry
            yield SaveFailed(str(error), retry)

    def _save_if_needed(self) -> None:
        if self._saved != (self._state.step, len(self._state.history)):
            self._save()

    def _save(self) -> None:
        """Writes what a resumed run needs: the best model, then the checkpoint, whose state names its epoch."""
        # The loss of a step does not show what its own update did.
        cause = find_parameter(self._network)
        if cause is not None:
            raise self._diverged("the update went wrong", cause, self._state.step)
        if self._unsaved_best is not None:
            self._run.save_best(*self._unsaved_best)
            self._unsaved_best = None
        if self._state.history:
            self._run.write_metrics(self._state.history)
        arrays = self._hard_images.arrays() if self._hard_images is not None else None
        self._run.save_checkpoint(self._network, self._optimizer, asdict(self._state), images=arrays)
        self._saved = self._state.step, len(self._state.history)
        self._save_time = time.perf_counter() + self._save_every

    def _record(self) -> dict[str, Any]:
        """How the model was trained, for the model file. Recorded paths keep their base name only."""
        plan = asdict(self._plan)
        for name in ("data_dir", "out"):
            del plan[name]
        plan["data"] = Path(self._plan.data).name
        plan["architecture"] = Path(self._plan.architecture).name
        return {
            "data": {
                "name": self._dataset.name,
                "digest": self._dataset.digest,
                "by_name": self._plan.data in data.NAMES,
                "images_digest": self._images_digest,
                "images": self._images,
                "left_aside": _left_aside(self._dataset),
            },
            "training": {
                "command": self._command(),
                "settings": plan,
                "best_epoch": self._state.best_epoch,
                "history": self._state.history,
                "seconds": self._state.seconds,
                "threads": self._threads,
                "instruction_set": _core.instruction_set(),
                "versions": {
                    "cnncli": __version__,
                    "numpy": np.__version__,
                    "python": platform.python_version(),
                },
            },
        }

    def _command(self) -> str:
        """What repeats the training, but for the place of the data."""
        values = asdict(self._plan)
        for name in ("architecture", "data"):
            values[name] = Path(values[name]).name
        if self._plan.prepare == "auto":
            values["prepare"] = None
        if self._plan.own_validation:
            values["validation"] = None
        return shlex.join(["cnn", "train", *recorded_words(values)])

    def _finish(self, should_stop: Callable[[], bool]) -> Finished:
        """Measures the best model on the test images, unread until now, and writes the model files."""
        state, test = self._state, self._dataset.test
        record = self._record()
        self._run.save_last(self._network, record)
        network, program = self._network, self._program
        epochs = len(state.history)
        if state.best_epoch != epochs:
            network = load_model(self._run.best_path)
            program = Program(network, self._plan.batch_size, criterion=CrossEntropy(), threads=self._threads)
        if self._validation is not None:
            record["confidence"] = fit(program.predict(self._validation.images), self._validation.labels).to_record()
        test_loss = test_accuracy = None
        if test is not None and len(test):
            measured = program.evaluate(test.images, test.labels, should_stop)
            test_loss, test_accuracy = measured.loss, measured.correct / _pictures(test)
            self._check_loss("test", test_loss)
            record["test"] = {"images": _pictures(test), "loss": test_loss, "accuracy": test_accuracy}
        said = self._judge(program, test_accuracy, should_stop)
        self._run.save_best(network, record)
        out = Path(self._plan.out)
        try:
            earlier = save_beside_earlier(out, network, record)
        except WriteError as error:
            raise WriteError(f"{error}; the trained model is {printable(self._run.best_path)}") from None
        best = state.history[state.best_epoch - 1]
        reached = self._target_reached()
        images = [facts.get("images", self._images) for facts in state.history]  # older runs did not say
        return Finished(
            run=self._run.path,
            model=_from_here(out),
            model_bytes=out.stat().st_size,
            data_path=self._plan.data,
            data_dir=self._plan.data_dir,
            label_column=self._plan.label_column,
            skip_bad=self._plan.skip_bad,
            sample=self._sample_picture(),
            earlier_model=None if earlier is None else _from_here(earlier),
            network=network.name,
            data=self._dataset.name,
            images=self._images,
            epochs=epochs,
            best_epoch=state.best_epoch,
            epoch_images=images[state.best_epoch - 1],
            loss=best["loss"],
            accuracy=best["accuracy"],
            validation_images=_pictures(self._validation) if self._validation is not None else 0,
            validation_is_own=self._plan.own_validation,
            validation_loss=best["validation_loss"],
            validation_accuracy=best["validation_accuracy"],
            test_images=_pictures(test) if test is not None else 0,
            test_loss=test_loss,
            test_accuracy=test_accuracy,
            seconds=state.seconds,
            images_per_second=sum(images) / state.seconds,
            seed=self._plan.seed,
            history=state.history,
            notes=[note.text for note in self._dataset.notes],
            target=self._plan.target,
            target_reached=reached if self._plan.target is not None else None,
            seconds_to_target=state.seconds if reached else None,  # nothing is trained after it
            remark=said,
            warnings=[*self._warnings, *([said] if said is not None else [])],
        )

    def _sample_picture(self) -> str | None:
        """A picture file that the network was not trained on, if there is one."""
        for part in (self._dataset.test, self._validation, self._dataset.train):
            if part is not None and part.files:
                return part.files[0]
        return None

    def _judge(
        self, program: Program, test_accuracy: float | None, should_stop: Callable[[], bool]
    ) -> str | None:
        """One line if the model that was kept learned nothing."""
        dataset, best = self._dataset, self._state.history[self._state.best_epoch - 1]
        assert dataset.train is not None
        labels = labels_of(dataset, self._kept)
        losses = [facts["loss"] for facts in self._state.history]
        trained = Measured(best.get("images", self._images), best["loss"], best["accuracy"])
        measured = [trained]
        if test_accuracy is not None and dataset.test is not None:
            measured.append(Measured(_pictures(dataset.test), math.nan, test_accuracy))
        if not looks_dead(OneAnswer.of(labels), losses, measured):
            return None
        some = np.linspace(0, len(labels) - 1, min(MOST_IMAGES, len(labels))).astype(np.int64)
        chosen = some if self._kept is None else self._kept[some]
        found = program.evaluate(dataset.train.images[chosen], labels[some], should_stop)
        return remark(
            OneAnswer.of(labels[some]),
            losses,
            trained,
            Measured(len(some), found.loss, found.correct / len(some)),
            steps=self._state.step,
            batch_size=self._plan.batch_size,
            learning_rate=self._plan.learning_rate,
            normalizes=any(isinstance(layer, BatchNormalization) for _, layer in program.network.leaves()),
        )


def _left_aside(dataset: DataSet) -> dict[str, int]:
    """What of the data was not used, as numbers: a model file holds no paths."""
    return {what: count for note in dataset.notes if note.kind == "left aside" for what, count in note.counts.items()}


def _pictures(part: Split) -> int:
    """How many pictures a part has, those without an answer among them."""
    return len(part.labels) + len(part.blanks)


def _from_here(path: Path) -> Path:
    """The path as short as the user would type it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
