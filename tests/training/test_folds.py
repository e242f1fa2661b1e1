"""`cnn data --model --folds`: the training of a model done again without a part of its pictures."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli import data
from cnncli.errors import FormatError
from cnncli.model_file.serialize import load_model, save_model
from cnncli.network.answers import log_probabilities
from cnncli.program import Program
from cnncli.training import folds
from cnncli.training.folds import Answered, answer_in_folds
from cnncli.training.records import Finished
from cnncli.training.train import make_job, train
from small_training import small_settings


def trained(folder: Path, **asked: Any) -> tuple[str, data.DataSet]:
    """A model of three epochs of 60 drawn digits, and these as it takes them."""
    *_, last = train(replace(small_settings(folder, train=60, test=10), **asked))
    assert isinstance(last, Finished)
    raw = data.read_raw(str(folder / "drawn.npz"), data_dir=None, label_column=None, report=data.ignore)
    network = load_model(last.model)
    return str(last.model), data.prepare_set(raw, recipe=network.recipe, skip_bad=False, use_cache=False)


def test_the_average_of_the_weights_answers_where_the_model_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, dataset = trained(tmp_path, ema=0.9)
    trainers = []

    def noted(*what: Any) -> Any:
        job = make_job(*what)
        trainers.append((job.trainer, job.kept))
        return job

    monkeypatch.setattr(folds, "make_job", noted)
    *_, found = answer_in_folds(model, dataset, 2)
    assert isinstance(found, Answered) and dataset.train is not None and len(trainers) == 2
    for trainer, kept in trainers:
        left = np.setdiff1d(np.arange(60), kept)
        rows = Program(trainer.kept, 64).predict(dataset.train.images[left])
        assert np.array_equal(log_probabilities(rows, trainer.kept.outputs), found.log_probabilities[left])


def test_folds_take_all_epochs_whatever_ended_the_training_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, dataset = trained(tmp_path, patience=1, validation=0.2, learning_rate=1e-9)
    steps = []

    def noted(*what: Any) -> Any:
        job = make_job(*what)
        steps.append((job.trainer.state, job.trainer.timetable.steps))
        return job

    monkeypatch.setattr(folds, "make_job", noted)
    assert len(list(answer_in_folds(model, dataset, 2))) == 3
    assert [state.step for state, _ in steps] == [count for _, count in steps] == [3, 3]


def test_settings_that_are_no_longer_known_name_the_file(tmp_path: Path) -> None:
    model, dataset = trained(tmp_path)
    network = load_model(model)
    network.record["training"]["settings"]["foo"] = 1
    save_model(model, network)
    with pytest.raises(FormatError) as caught:
        list(answer_in_folds(model, dataset, 2))
    assert str(caught.value) == (
        f'{model}: what it says of its training has the unknown key "foo"; train it again, or leave out --folds'
    )
