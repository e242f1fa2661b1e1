"""Loss, accuracy, confusion and the measures of each class."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cnncli.data import Split
from cnncli.errors import ShapeError, UsageError
from cnncli.measures.classification import measure
from cnncli.model.evaluate import evaluate_model
from cnncli.model.own_data import own_samples
from cnncli.model.suspects import _unseen, find_suspects
from cnncli.model_file.serialize import save_model
from cnncli.network import Network


def test_measures_are_those_of_counting_one_by_one(rng: np.random.Generator) -> None:
    labels, answers = rng.integers(0, 7, 500), rng.integers(0, 7, 500)
    answers[:300] = labels[:300]
    found = measure(labels, answers, classes=7, loss=0.25)
    pairs = list(zip(labels.tolist(), answers.tolist(), strict=True))
    assert found.samples == 500 and found.loss == 0.25
    assert found.accuracy == pytest.approx(sum(true == answer for true, answer in pairs) / 500)
    for k in range(7):
        for j in range(7):
            assert found.confusion[k, j] == pairs.count((k, j))
        right = pairs.count((k, k))
        wrongly_found = sum(answer == k and true != k for true, answer in pairs)
        missed = sum(true == k and answer != k for true, answer in pairs)
        precision, recall = right / (right + wrongly_found), right / (right + missed)
        assert found.precision[k] == pytest.approx(precision)
        assert found.recall[k] == pytest.approx(recall)
        assert found.f1[k] == pytest.approx(2 * precision * recall / (precision + recall))
        assert found.support[k] == right + missed


def test_measures_of_a_class_that_does_not_occur_do_not_exist() -> None:
    found = measure([0, 0, 1], [0, 1, 1], classes=3, loss=0.0)
    assert np.isnan(found.precision[2]) and np.isnan(found.recall[2]) and np.isnan(found.f1[2])
    assert found.support.tolist() == [2, 1, 0]


def test_class_that_is_never_answered_has_recall_zero_and_no_precision() -> None:
    found = measure([0, 2], [0, 0], classes=3, loss=0.0)
    assert found.recall[2] == 0 and found.f1[2] == 0
    assert np.isnan(found.precision[2])


def test_accuracy_of_nothing_does_not_exist() -> None:
    found = measure([], [], classes=3, loss=float("nan"))
    assert found.samples == 0 and np.isnan(found.accuracy) and found.confusion.sum() == 0


def test_labels_and_answers_of_different_length_are_refused() -> None:
    with pytest.raises(ShapeError) as caught:
        measure([0, 1], [0], classes=2, loss=0.0)
    assert str(caught.value) == "measure: labels (2,) and predictions (1,) differ; pass (N,) and (N,)"


def test_path_in_a_record_is_never_opened(tmp_path: Path) -> None:
    """A model of a stranger must not choose which files are read."""
    np.savez(tmp_path / "set.npz", images=np.zeros((2, 28, 28), np.uint8), labels=np.array([0, 1]))
    network = Network.from_model_name("linear", 2)
    network.record = {"data": {"name": str(tmp_path / "set.npz"), "by_name": True}}
    save_model(tmp_path / "model.bin", network)
    with pytest.raises(UsageError, match=r"model files hold no paths; pass --data PATH$"):
        evaluate_model(tmp_path / "model.bin")


def test_suspects_are_found_without_a_word_on_how_to_read_the_data(tmp_path: Path, rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (6, 28, 28), dtype=np.uint8)
    np.savez(tmp_path / "set.npz", images=images, labels=np.array([0, 1] * 3))
    network = Network.from_model_name("linear", 2)
    save_model(tmp_path / "model.bin", network)
    found = find_suspects(str(tmp_path / "model.bin"), str(tmp_path / "set.npz"))
    assert (found.unseen, found.seen, found.folds) == (6, 0, 0)


@pytest.mark.parametrize(
    ("settings", "held"),
    [
        ({"validation": 0.25, "seed": 0}, 5),
        ({"validation": 0.25, "seed": -1}, None),
        ({"validation": 0.25, "seed": True}, None),
        ({"validation": 0.0, "seed": 0}, None),
        ({"validation": 1.0, "seed": 0}, None),
        ({"validation": 1, "seed": 0}, None),
        ({}, None),
        ([], None),
    ],
)
def test_images_that_a_model_held_out_are_those_of_its_record_if_it_is_sound(
    settings: object, held: int | None
) -> None:
    split = Split(np.zeros((20, 1, 2, 2), np.uint8), np.repeat([0, 1], 10))
    record = {"data": {"by_name": True, "name": "set"}, "training": {"settings": settings}}
    own = own_samples(record, "set", split)
    assert own is not None and len(own.held_out) == (held or 0)
    assert sorted([*own.held_out.tolist(), *own.trained_on.tolist()]) == list(range(20))
    assert own_samples(record, "another", split) is None
    for training in (None, {}):
        bare = own_samples(record | {"training": training}, "set", split)
        assert bare is not None and len(bare.held_out) == 0 and len(bare.trained_on) == 20


def test_images_that_were_neither_held_out_nor_trained_on_were_not_seen() -> None:
    split = Split(np.zeros((20, 1, 2, 2), np.uint8), np.repeat([0, 1], 10))
    settings = {"validation": 0.2, "seed": 1, "images": 6}
    own = own_samples({"data": {"made_from": "set"}, "training": {"settings": settings}}, "set", split)
    assert own is not None and (len(own.held_out), len(own.trained_on)) == (4, 6)
    assert not set(own.held_out.tolist()) & set(own.trained_on.tolist())
    found: Any = SimpleNamespace(split=split, own=own)
    assert np.flatnonzero(~_unseen(found)).tolist() == own.trained_on.tolist()
    assert _unseen(SimpleNamespace(split=split, own=None)).all()  # type: ignore[arg-type]
