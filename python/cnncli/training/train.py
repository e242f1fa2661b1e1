"""`cnn train` without the command line: a run with its folder, around a Trainer. Plain records, nothing printed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from cnncli import data
from cnncli.data import DataSet, Split
from cnncli.data.held_out import Indices, labels_of, measure_recipe, split_images
from cnncli.data.number_set import NumberSet
from cnncli.errors import CnnError, DataError, FormatError, WriteError
from cnncli.model_file.serialize import Checkpoint
from cnncli.network import Network
from cnncli.network.architectures import read_model
from cnncli.number_recipe import NumberRecipe
from cnncli.plugins import load_plugin
from cnncli.shown import printable, typed
from cnncli.training.augmented import augmentation_of, with_augmentation
from cnncli.training.chosen import Settled, settle, settle_beside
from cnncli.training.convergence import Convergence
from cnncli.training.dependent import two_patiences
from cnncli.training.diagnostics import write_divergence
from cnncli.training.divergence import Diverged
from cnncli.training.job import Job, digest_for
from cnncli.training.logs import check_log, logged, open_log
from cnncli.training.losses import check_loss, make_criterion
from cnncli.training.network_rules import check_network, layer_lines
from cnncli.training.number_training import (
    classes_of,
    is_for_numbers,
    labels_to_weigh,
    read_numbers,
    standardized,
)
from cnncli.training.pace import Pace
from cnncli.training.plan import (
    Plan,
    check_out,
    check_runs,
    find_data,
    held_for_validation,
    load_plugins,
    make_optimizer,
    make_plan,
    moved,
    picture_wish,
    read_plan,
    with_data,
)
from cnncli.training.plateau import Plateau
from cnncli.training.presets import preset_settings
from cnncli.training.prospects import check_classes, check_prospects, lost_classes, twice_softmax
from cnncli.training.records import EpochDone, Record
from cnncli.training.running import run_job, started
from cnncli.training.runs import RunFolder
from cnncli.training.start import Start, as_for, frozen_names, read_start, start_place, with_frozen
from cnncli.training.state import TrainingState, check_fit, read_state
from cnncli.training.summed import with_sum
from cnncli.training.targets import Target
from cnncli.training.timetable import HardImages, Timetable, batch_of
from cnncli.training.trainer import Trainer
from cnncli.training.whole_batch import load_optimizer
from cnncli.training_options import TrainSettings


def train(
    settings: TrainSettings,
    should_stop: Callable[[], bool] = lambda: False,
    report: data.Report = data.ignore,
    on_epoch: Callable[[EpochDone], object] | None = None,
) -> Iterator[Record]:
    """Trains a network; yields `Started`, then `Progress`, `EpochDone` and perhaps `SaveFailed`; last comes
    `Finished` or `Stopped`.

    should_stop : asked every 20 ms or so; once it is true, a checkpoint is written and the training ends. A step
        that has begun is then given up, and done again when the run is resumed
    report : called with what happens while the data set is fetched, before `Started`
    on_epoch : called with the `EpochDone` of each epoch; if it returns True, the training ends there, with its best
        model, and its command and `cnn replay` come to the same bits

    Raises CnnError once the loss is no finite number, naming the step, the layer and a remedy; the last good
    checkpoint stays. A checkpoint that cannot be written is a `SaveFailed` and tried again; the first and the
    last one are errors.
    """
    check_log(settings.log)
    if settings.resume is None:
        check_runs(settings.runs)
    with _resume(settings, report) if settings.resume else begin(settings, report) as job:
        job.trainer.on_epoch = on_epoch
        try:
            with open_log(settings.log, job.run.path, job.plan.seed) as log:
                yield started(job)
                yield from logged(run_job(job, settings.save_every, should_stop), log)
        except Diverged as error:
            write_divergence(job, error)
            remedy = error.remedy or f"start again with --lr below {error.peak:g}"
            checkpoint = f"the last good checkpoint stays in {printable(job.run.path)}"
            raise CnnError(f"{error.what}; {remedy}; {checkpoint}") from None
        except WriteError as error:
            go_on = f"cnn train --resume {typed(job.run.path)}"
            raise WriteError(f"{error}; then go on with {go_on}") from None


@contextmanager
def begin(settings: TrainSettings, report: data.Report) -> Iterator[Job]:
    """A new run in a folder of its own."""
    if settings.preset is not None:
        plain = TrainSettings()
        typed = {field: value for field, value in vars(settings).items() if value != getattr(plain, field)}
        settings = replace(settings, **preset_settings(settings.preset, typed))
    for file in settings.plugins or ():
        load_plugin(file)
    start = None if settings.start_from is None else read_start(settings)
    settled = settle(settings, report) if start is None else settle_beside(settings, start, report)
    settings = settled.settings
    if start is None:
        description, source = read_model(settings.network)
    else:
        settings, description, source = as_for(start, settings), start.description, start.path
    plan = make_plan(settings, description, source)
    check_network(settings, description, source)
    check_out(plan.out)
    dataset, name_or_path, notice = _data_of(settled, description, source, report, start)
    assert dataset.train is not None
    is_described = settings.target is not None or "validation" in description.get("training", {})
    plan = with_data(
        plan, dataset, name_or_path, held_for_validation(settings, plan, is_described, dataset)
    )
    plan = with_augmentation(plan, dataset)
    started_from = None
    if start is not None:
        network, started_from = start.grown(dataset, plan.seed)
        plan = replace(plan, start_from=start_place(start.path), start_digest=start.digest)
    else:
        with layer_lines(settings.network, source):
            network = Network.from_description(
                description, classes_of(dataset), dataset.train.images.shape[1:], seed=plan.seed, source=source
            )
    started_from = with_frozen(started_from, settings, network)
    splits = split_images(dataset, plan.validation, plan.seed, plan.own_validation, plan.images)
    labels = labels_of(dataset, splits[0])
    check_classes(dataset, labels)
    check_loss(network, plan)
    plan = with_sum(plan, settings, description.get("training", {}), len(labels))
    table = _timetable(plan, len(labels))
    plan = replace(plan, epochs=table.epochs)
    warnings = check_prospects(network, labels, dataset.class_names, table)
    warnings += lost_classes(dataset, start is not None)
    warnings += twice_softmax(network, plan.loss) + two_patiences(settings, plan)
    if isinstance(dataset, NumberSet):
        dataset, splits, network.recipe = standardized(dataset, plan, None if start is None else start.rows)
    elif start is None or network.recipe is None:
        network.recipe = measure_recipe(dataset, None if plan.own_validation else splits[1])
    with RunFolder.create(settings.runs, f"{network.name}-{dataset.name}", asdict(plan)) as run:
        job = make_job(run, plan, dataset, splits, network, None, settings.threads)
        job.keep_command()
        yield replace(job, notice=notice, warnings=warnings, started_from=started_from, reasons=settled.reasons)


def _data_of(
    settled: Settled, description: dict[str, Any], source: str, report: data.Report, start: Start | None
) -> tuple[DataSet, str, str | None]:
    """(the data set, what loads it again, a notice for the user)."""
    settings = settled.settings
    if is_for_numbers(settings, description):
        assert settings.data is not None
        has_values = description.get("outputs") == "values"
        numbers = read_numbers(settings.data, settings.label_column, has_values, settings.skip_bad)
        return numbers, str(Path(settings.data).resolve()), None
    found = settled.found or find_data(settings.data, settings.data_dir, settings.label_column, report)
    if "train" not in found.raw.parts:
        raise DataError(f"{found.raw.name}: holds no training images; pass another --data")
    dataset = found.prepare(
        **_preparation(settings, description, source, len(found.raw.class_names), start),
        skip_bad=settings.skip_bad,
        use_cache=settings.use_cache,
        report=report,
    )
    if dataset.train is None or not len(dataset.train):
        raise DataError(f"{dataset.name}: none of its training pictures can be used; pass another --prepare")
    return dataset, found.name_or_path, found.notice


def _preparation(
    settings: TrainSettings, description: dict[str, Any], source: str, classes: int, start: Start | None
) -> dict[str, Any]:
    """How pictures become images: as the model has it that the training starts from, or as is decided from them."""
    if start is not None and start.network.recipe is not None:
        return {"recipe": start.pictures}
    return {"wish": picture_wish(settings, description, source, classes)}


def data_again(
    plan: Plan, network: Network, settings: TrainSettings, report: data.Report
) -> tuple[DataSet, str]:
    """(the data set of a run that goes on, what loads it again)."""
    try:
        if isinstance(network.recipe, NumberRecipe):
            numbers = read_numbers(plan.data, plan.label_column, network.outputs == "values", plan.skip_bad)
            return standardized(numbers, plan, network.recipe)[0], str(Path(plan.data).resolve())
        found = find_data(plan.data, plan.data_dir, plan.label_column, report)
    except DataError as error:
        if settings.data is not None:
            raise
        raise DataError(f"{error}; if the data were moved, pass --data with the new place") from None
    dataset = found.prepare(
        recipe=network.recipe, skip_bad=plan.skip_bad, use_cache=settings.use_cache, report=report
    )
    return dataset, found.name_or_path


@contextmanager
def _resume(settings: TrainSettings, report: data.Report) -> Iterator[Job]:
    """A stopped run, as its last checkpoint left it."""
    assert settings.resume is not None
    with RunFolder.open(settings.resume, settings.runs) as run:
        plan = moved(read_plan(run), settings)
        check_out(plan.out)
        warnings = load_plugins(plan)
        checkpoint = run.load_checkpoint()
        where = printable(run.checkpoint_path)
        read_state(where, checkpoint.state)
        dataset, name_or_path = data_again(plan, checkpoint.network, settings, report)
        if dataset.digest != plan.data_digest:
            raise DataError(
                f"{printable(plan.data)}: is not the data that {printable(run.path)} was trained on; "
                "bring the old data back, pass --data with their new place, or start a new run"
            )
        if settings.data is not None:
            run.update_settings({"data": name_or_path})
            plan = replace(plan, data=name_or_path)
        if settings.plugins:
            run.update_settings({"plugins": plan.plugins})
        check_fit(where, checkpoint, dataset)
        splits = split_images(dataset, plan.validation, plan.seed, plan.own_validation, plan.images)
        job = make_job(run, plan, dataset, splits, checkpoint.network, checkpoint, settings.threads)
        yield replace(job, warnings=warnings)


def _timetable(plan: Plan, images: int, state: TrainingState | None = None) -> Timetable:
    """The steps of a plan, with those of a training that is on its way."""
    pace = Pace.of(plan.steps) if plan.steps is not None else None
    if state is not None and state.pace:
        pace = Pace.of(state.pace)
    elif plan.time_limit is not None:  # as many as there may be, until their time is known
        pace = Pace(((0, plan.epochs * -(-images // batch_of(plan.batch_size, images))),))
    return Timetable(
        images, plan.batch_size, plan.epochs, plan.shares, schedule=plan.schedule, cycle=plan.cycle,
        warm_up=plan.warmup or 0.0, pace=pace,
    )


def make_job(
    run: RunFolder,
    plan: Plan,
    dataset: DataSet,
    splits: tuple[Indices | None, Split | None],
    network: Network,
    checkpoint: Checkpoint | None,
    threads: int | None,
    kind: type[Trainer] = Trainer,
) -> Job:
    """A run, ready to begin, or to go on from a checkpoint; what is to be told of it is put in by its caller."""
    assert dataset.train is not None
    kept, validation = splits
    images = len(dataset.train if kept is None else kept)
    where = printable(run.checkpoint_path)
    state, hard_images = TrainingState(), HardImages(images) if plan.shares else None
    if checkpoint is not None:
        state = read_state(where, checkpoint.state)
    timetable = _timetable(plan, images, state)
    state.pace = timetable.pace.text if timetable.pace is not None else ""
    optimizer, fixed = make_optimizer(plan), frozen_names(network, plan.freeze or 0)
    if checkpoint is not None:
        if state.step > timetable.steps:
            raise FormatError(f"{where}: state has step {state.step} of {timetable.steps}; start a new run")
        try:
            load_optimizer(optimizer, checkpoint.optimizer_state, network, fixed)
        except FormatError as error:
            raise FormatError(f"{where}: {error}; or start a new run") from None
        if hard_images is not None and checkpoint.images:
            try:
                hard_images.load(checkpoint.images)
            except (KeyError, ValueError):
                raise FormatError(f"{where}: does not fit the training images; start a new run") from None
    trainer = kind(
        network,
        dataset.train,
        make_criterion(plan, network, dataset, labels_to_weigh(dataset, labels_of(dataset, kept))),
        optimizer,
        timetable,
        validation=validation,
        only=kept,
        seed=plan.seed,
        threads=threads,
        state=state,
        hard_images=hard_images,
        clip_norm=plan.clip_norm,
        clip_value=plan.clip_value,
        plateau=Plateau(plan.plateau_factor or 0.1, plan.plateau_patience or 0) if plan.schedule == "plateau" else None,
        until=Convergence(plan.until_limit or 0.0, plan.until_window or 1) if plan.until else None,
        patience=plan.patience,
        l1=plan.l1 or 0.0,
        fixed=fixed,
        balanced=plan.balance == "sample",
        ema=plan.ema,
        augmentation=augmentation_of(plan),
    )
    if checkpoint is not None and trainer.average is not None:
        try:
            trainer.average.load(checkpoint.averages)
        except FormatError as error:
            raise FormatError(f"{where}: {error}; start a new run") from None
    target = Target(plan.target, timetable, validation.pictures if validation is not None else 0)
    digest = digest_for(plan, dataset)
    return Job(run, plan, dataset, kept, validation, trainer, target, digest)
