"""A job while it runs: what is told of its start, its epochs, checkpoints and end."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from cnncli.data.held_out import labels_of
from cnncli.errors import Interrupted
from cnncli.training.balance import balance_line
from cnncli.training.finishing import finish
from cnncli.training.job import Job
from cnncli.training.keeper import Keeper
from cnncli.training.records import EpochDone, Record, Started, Stopped
from cnncli.training.time_limit import TimeLimit

_PROGRESS_SECONDS = 0.2


def started(job: Job) -> Started:
    """What is told of a job before its first step."""
    plan, network, timetable = job.plan, job.trainer.network, job.trainer.timetable
    return Started(
        **vars(job.facts()),
        parameters=sum(parameter.value.size for parameter in network.named_parameters()),
        source=job.dataset.source,
        notice=job.notice,
        started_from=job.started_from,
        warnings=job.warnings,
        epochs=plan.epochs,
        steps=timetable.steps,
        first_step=job.trainer.state.step,
        batch_size=timetable.batch_size,
        optimizer=plan.optimizer,
        learning_rate=plan.learning_rate,
        rate_factor=plan.rate_factor,
        threads=job.trainer.threads,
        target_epoch=plan.cycle if plan.target is not None else None,
        early_target=job.target.early,
        augmentation="" if job.trainer.augmentation.is_none else job.trainer.augmentation.words,
        preparation=network.recipe.text if network.recipe is not None else "",
        notes=[*(note.text for note in job.dataset.notes), *_balance_lines(job)],
        has_classes=bool(network.class_names),
        class_names=tuple(network.class_names),
        reasons=job.reasons,
    )


def _balance_lines(job: Job) -> list[str]:
    """What is done for small classes, if something is."""
    if job.plan.balance is None:
        return []
    labels = labels_of(job.dataset, job.kept)
    return [balance_line(job.plan.balance, labels, job.dataset.class_names, job.dataset.samples)]


def run_job(job: Job, save_every: float, should_stop: Callable[[], bool]) -> Iterator[Record]:
    """To the end of the timetable, to the target, or until `should_stop`; once all steps are done, to its end."""
    trainer = job.trainer

    def ask() -> bool:
        answer = should_stop()  # asked in any case: it lets a training wait
        return answer and trainer.state.step < trainer.timetable.steps

    def wait() -> bool:
        should_stop()
        return False

    keeper = Keeper(job.run, trainer, job.target, partial(job.record, is_final=False), save_every)
    job.check_savable()
    keeper.save()  # so that there is a checkpoint to resume from at any time
    limit = None if job.plan.time_limit is None else TimeLimit(job.plan.time_limit, trainer, job.plan.epochs)
    shown = time.perf_counter()
    try:
        steps = trainer.steps(ask)
        # An epoch that a kill left open is closed first: it may be the one that reaches the target.
        while trainer.epoch_is_over or not job.target.is_reached(trainer.state.history):
            done = next(steps, None)
            if done is None:
                break
            if limit is not None and limit.note(done):
                job.keep_command()
            if isinstance(done, EpochDone):
                if trainer.timetable.pace is not None and trainer.timetable.steps == trainer.state.step:
                    job.keep_command()
                yield replace(done, is_best=keeper.note_epoch())
                yield from keeper.save_or_tell()
            if keeper.is_due:
                yield from keeper.save_or_tell()
            if trainer.epoch_is_over:  # closed first: progress is that of an epoch which goes on
                continue
            if time.perf_counter() - shown > _PROGRESS_SECONDS and trainer.state.images:
                shown = time.perf_counter()
                progress = trainer.progress()
                yield progress if limit is None else replace(progress, seconds_left=max(limit.left, 0.0))
        keeper.save_if_needed()
        yield finish(job, wait)
    except Interrupted:
        keeper.save_if_needed()
        step = trainer.state.step
        epoch = min(trainer.timetable.epoch_of(step) + 1, trainer.timetable.epochs)
        yield Stopped(job.run.path, epoch, step)
