"""A broken training and its healthy twin: the same data, network, seed and settings, but for the mistake."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cnncli import data
from cnncli.broken.cases import Case
from cnncli.data import DataSet, Split
from cnncli.data.digits import load_digits
from cnncli.data.held_out import Held, measure_recipe, split_images
from cnncli.data.number_sets import holds_numbers
from cnncli.data.split import split_indices
from cnncli.errors import DataError, UsageError
from cnncli.network import Network
from cnncli.network.architectures import read_model
from cnncli.training.diagnostics import write_divergence
from cnncli.training.divergence import Diverged
from cnncli.training.job import Job
from cnncli.training.plan import find_data, make_plan, picture_wish, with_data
from cnncli.training.records import Record
from cnncli.training.running import run_job
from cnncli.training.runs import RunFolder
from cnncli.training.train import make_job
from cnncli.training.trainer import Trainer
from cnncli.training_options import TrainSettings

IMAGES, TEST_IMAGES = 4000, 1000  # of the data, so that a pair takes seconds
_VALIDATION = 0.25
_FEWEST = 100  # training images


@dataclass(frozen=True)
class Source:
    """What twins are trained on and with.

    description, source : of the network, as `read_model` gives them
    dataset : all images that there are; `most` of the training and of the test part are taken
    name_or_path : what loads the data again
    """

    settings: TrainSettings
    description: dict[str, Any]
    source: str
    dataset: DataSet
    name_or_path: str
    most: tuple[int, int] = (IMAGES, TEST_IMAGES)


def read_source(
    settings: TrainSettings, most: tuple[int, int] = (IMAGES, TEST_IMAGES), report: data.Report = data.ignore
) -> Source:
    """Reads network and data. Raises UsageError for data that are no images in classes."""
    description, source = read_model(settings.network)
    if settings.data == "digits":  # which are drawn, those of each seed others
        drawn = load_digits(*most, seed=settings.seed)
        return Source(settings, description, source, drawn, "digits", most)
    if settings.data is not None and holds_numbers(Path(settings.data)):
        raise UsageError(f"{settings.data}: holds numbers, and the broken trainings need pictures; pass other --data")
    found = find_data(settings.data, settings.data_dir, settings.label_column, report)
    if "train" not in found.raw.parts:
        raise DataError(f"{found.raw.name}: holds no training images; pass another --data")
    wish = picture_wish(settings, description, source, len(found.raw.class_names))
    whole = found.prepare(wish=wish, skip_bad=settings.skip_bad, use_cache=settings.use_cache, report=report)
    if whole.train is None or len(whole.train) < _FEWEST:
        raise DataError(f"{whole.name}: has fewer than {_FEWEST} training images; pass other --data")
    return Source(settings, description, source, whole, found.name_or_path, most)


def _fewer(source: Source) -> DataSet:
    """So many of the images, and none kept for validation: that part is held out of the training images."""
    whole, seed = source.dataset, source.settings.seed
    parts = [
        None if part is None else _some(part, most, seed)
        for part, most in zip((whole.train, whole.test), source.most, strict=True)
    ]
    return replace(whole, train=parts[0], test=parts[1], validation=None, known_digest=None)


def _some(part: Split, most: int, seed: int) -> Split:
    """At most so many images of a part, of each class its share, in an order that says nothing."""
    numbers = np.arange(len(part))
    if most < len(part):
        numbers = split_indices(part.labels, most / len(part), seed=seed)[1]
    numbers = np.random.default_rng(seed).permutation(numbers)
    return Split(np.ascontiguousarray(part.images[numbers]), part.labels[numbers])


@contextmanager
def begun(case: Case | None, source: Source, is_broken: bool) -> Iterator[Job]:
    """One of the twins, ready to train; without a case an ordinary training of the same images."""
    settings, description, dataset = source.settings, source.description, _fewer(source)
    if case is not None:
        description, dataset = case.described(description, is_broken), case.data(dataset, is_broken)
    plan = with_data(make_plan(settings, description, source.source), dataset, source.name_or_path, Held(_VALIDATION))
    assert dataset.train is not None
    network = Network.from_description(
        description, dataset.class_names, dataset.train.images.shape[1:], seed=plan.seed, source=source.source
    )
    splits = split_images(dataset, plan.validation, plan.seed)
    network.recipe = measure_recipe(dataset, splits[1])
    kind: type[Trainer] = Trainer
    if case is not None and is_broken:
        case.network(network)
        kind, plan = case.trainer, replace(plan, learning_rate=case.rate(plan.learning_rate, network))
    with RunFolder.create(settings.runs, f"{network.name}-{dataset.name}", asdict(plan)) as run:
        yield make_job(run, plan, dataset, splits, network, None, settings.threads, kind=kind)


def trained(job: Job, report: Callable[[Record], object] = lambda record: None) -> None:
    """Trains to the end, or until the loss is no number, of which the run's folder then tells."""
    try:
        for record in run_job(job, save_every=math.inf, should_stop=lambda: False):
            report(record)
    except Diverged as error:
        write_divergence(job, error)
