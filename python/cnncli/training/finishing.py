"""The end of a training: the best model is measured on the test images, and written."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli import _core
from cnncli.data.held_out import labels_of
from cnncli.errors import WriteError
from cnncli.layers.batch_norm import BatchNorm
from cnncli.model_file.confidence import fit
from cnncli.model_file.seal import sealed
from cnncli.model_file.serialize import load_model, save_beside_earlier
from cnncli.network import Network
from cnncli.network.answers import log_probabilities
from cnncli.program import Program
from cnncli.shown import from_here, printable
from cnncli.training.diagnostics import write_diagnostics
from cnncli.training.job import Job
from cnncli.training.outcome import MOST_IMAGES, HowTrained, Measured, OneAnswer, looks_dead, remark
from cnncli.training.records import Finished
from cnncli.training.run_histograms import write_histograms

_BATCH_SIZE = 256


def finish(job: Job, should_stop: Callable[[], bool]) -> Finished:
    """Measures the best model on the test images, unread until now, and writes the model files."""
    trainer, dataset, plan, validation = job.trainer, job.dataset, job.plan, job.validation
    state, test, record = trainer.state, dataset.test, job.record()
    epochs, last = len(state.history), _of_last_epoch(job, record)
    network = trainer.kept
    if state.best_epoch != epochs:
        network = load_model(job.run.best_path)
    program = trainer.program_of(network)
    has_classes = bool(network.class_names)
    rows = outputs = None
    if validation is not None and has_classes:
        rows = _log_probabilities(network, validation.images)
        record["confidence"] = fit(rows, validation.labels).to_record()
    test_loss = test_accuracy = None
    if test is not None and len(test):
        measured = program.evaluate(test.images, test.labels, should_stop)
        test_loss, test_accuracy, outputs = measured.loss, measured.correct / test.pictures, measured.outputs
        trainer.check_loss("test", test_loss)
        record["test"] = {"images": test.pictures, "loss": test_loss, "accuracy": test_accuracy}
    said = _judge(job, program, test_accuracy, should_stop) if has_classes else None
    record = sealed(network, record)
    _save_best(job, network, record)
    warnings = [*job.warnings, *([said] if said is not None else [])]
    write_diagnostics(job, network, program, rows, outputs, warnings)
    out = Path(plan.out)
    try:
        earlier = save_beside_earlier(out, network, record)
    except WriteError as error:
        raise WriteError(f"{error}; the trained model is {printable(job.run.best_path)}") from None
    # After all else: a run with this file is done, and what was stopped before can go on.
    job.run.save_last(trainer.kept, last)
    best = state.history[state.best_epoch - 1]
    images = [facts.get("images", job.images) for facts in state.history]  # older runs did not say
    return Finished(
        **vars(job.facts()),
        model=Path(from_here(out)),
        model_bytes=out.stat().st_size,
        plugins=plan.plugins or (),
        data_path=plan.data,
        data_dir=plan.data_dir,
        label_column=plan.label_column,
        skip_bad=plan.skip_bad,
        sample=_sample_picture(job),
        earlier_model=None if earlier is None else Path(from_here(earlier)),
        epochs=epochs,
        best_epoch=state.best_epoch,
        epoch_images=images[state.best_epoch - 1],
        loss=best["loss"],
        accuracy=best["accuracy"],
        validation_is_own=plan.own_validation,
        validation_loss=best["validation_loss"],
        validation_accuracy=best["validation_accuracy"],
        test_images=test.pictures if test is not None else 0,
        test_loss=test_loss,
        test_accuracy=test_accuracy,
        seconds=state.seconds,
        images_per_second=sum(images) / state.seconds,
        history=state.history,
        notes=[note.text for note in dataset.notes],
        remark=said,
        **_how_it_ended(job),
        warnings=warnings,
    )


def _how_it_ended(job: Job) -> dict[str, Any]:
    """The facts of `Finished` about its end."""
    trainer, history = job.trainer, job.trainer.state.history
    reached = job.target.is_reached(history)
    return {
        "target_reached": reached if job.plan.target is not None else None,
        "converged": trainer.has_converged if trainer.until is not None else None,
        "seconds_to_target": trainer.state.seconds if reached else None,  # nothing is trained after it
        "patience": job.plan.patience,
        "ended_early": None if trainer.early is None else trainer.early.is_reached(history),
        "command": job.command(with_places=True, is_short=True),
    }


def _save_best(job: Job, network: Network, record: dict[str, Any]) -> None:
    """The model that is kept, and how its layers are spread."""
    job.run.save_best(network, record)
    write_histograms(job, network)


def _of_last_epoch(job: Job, record: dict[str, Any]) -> dict[str, Any]:
    """The record of the model of the last epoch, which need not be the best one."""
    epochs = len(job.trainer.state.history)
    return sealed(job.trainer.kept, {**record, "training": {**record["training"], "epoch": epochs}})


def _sample_picture(job: Job) -> str | None:
    """A picture file that the network was not trained on, if there is one."""
    for part in (job.dataset.test, job.validation, job.dataset.train):
        if part is not None and part.files:
            return part.files[0]
    return None


def _judge(
    job: Job, program: Program, test_accuracy: float | None, should_stop: Callable[[], bool]
) -> str | None:
    """One line if the model that was kept learned nothing."""
    dataset, plan, state = job.dataset, job.plan, job.trainer.state
    best = state.history[state.best_epoch - 1]
    assert dataset.train is not None
    labels = labels_of(dataset, job.kept)
    losses = [facts["loss"] for facts in state.history]
    trained = Measured(best.get("images", job.images), best["loss"], best["accuracy"])
    measured = [trained]
    if test_accuracy is not None and dataset.test is not None:
        measured.append(Measured(dataset.test.pictures, math.nan, test_accuracy))
    some = np.linspace(0, len(labels) - 1, min(MOST_IMAGES, len(labels))).astype(np.int64)
    if plan.balance is not None:  # the answers are those for classes of one size, and are measured on such
        some = _core.balanced_order(labels, count=len(some), seed=plan.seed, epoch=0)
    elif not looks_dead(OneAnswer.of(labels), losses, measured):
        return None
    chosen = some if job.kept is None else job.kept[some]
    found = program.evaluate(dataset.train.images[chosen], labels[some], should_stop)
    loss = found.loss
    if plan.loss != "cross-entropy":  # what one answer for all is measured with
        rows = _log_probabilities(program.network, dataset.train.images[chosen])
        loss = -float(np.mean(rows[np.arange(len(some)), labels[some]], dtype=np.float64))
    return remark(
        OneAnswer.of(labels[some]),
        losses,
        trained,
        Measured(len(some), loss, found.correct / len(some)),
        HowTrained(
            steps=state.step,
            batch_size=job.trainer.timetable.batch_size,
            learning_rate=plan.learning_rate,
            usual_rate=job.trainer.optimizer.on_command_line.at(job.trainer.timetable.batch_size),
            normalizes=any(isinstance(layer, BatchNorm) for _, layer in program.network.leaves()),
        ),
    )



def _log_probabilities(network: Network, images: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """(N, classes), whatever the loss."""
    return log_probabilities(Program(network, _BATCH_SIZE).predict(images), network.outputs)
