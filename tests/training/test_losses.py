"""Every loss by its name: `--loss`, what its targets are, what the model then answers, and what does not fit."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import cnncli
from cnncli.criteria import (
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HingeLoss,
    HuberLoss,
    MSELoss,
    MultiCriterion,
    OfLabels,
)
from cnncli.criteria.by_text import BY_NAME, LossTerm, make_loss, read_loss
from cnncli.errors import FormatError, UsageError
from cnncli.model.evaluate import evaluate_model
from cnncli.model_file.serialize import load_model
from cnncli.training.losses import class_weights
from cnncli.training.records import Finished
from cnncli.training.train import train
from cnncli.training_options import LOSSES, TrainSettings

NETWORK = """
name = "small"
input = [1, 6, 6]
layers = [
    {{ type = "Flatten" }},
    {{ type = "Linear", out_features = {outputs} }},{ends}
]
"""


def settings_for(folder: Path, outputs: str = '"classes"', ends: str = "", **more: Any) -> TrainSettings:
    """Two kinds of pictures, light above and light below, and a network of one layer and its end."""
    (folder / "small.toml").write_text(
        NETWORK.format(outputs=outputs, ends=f'\n    {{ type = "{ends}" }},' if ends else "")
    )
    rng = np.random.default_rng(2)
    for kind in ("above", "below"):
        (folder / "pictures" / kind).mkdir(parents=True, exist_ok=True)
        for n in range(20):
            image = rng.integers(0, 90, (6, 6)).astype(np.uint8)
            image[slice(0, 3) if kind == "above" else slice(3, 6)] += 140
            Image.fromarray(image).save(folder / "pictures" / kind / f"{n}.png")
    plain: dict[str, Any] = {
        "architecture": str(folder / "small.toml"), "data": str(folder / "pictures"), "prepare": "plain", "epochs": 15,
        "batch_size": 8, "learning_rate": 0.05, "threads": 1, "out": str(folder / "model.bin"),
        "runs": str(folder / "runs"), "use_cache": False,
    }  # fmt: skip
    return TrainSettings(**plain | more)


def finished(settings: TrainSettings) -> Finished:
    *_, last = train(settings)
    assert isinstance(last, Finished)
    return last


def test_command_knows_every_loss_of_the_table_in_its_order() -> None:
    assert tuple(BY_NAME) == LOSSES


FITS = {"nll": "LogSoftmax", "kl-div": "LogSoftmax", "bce": "Sigmoid"}


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains_a_classifier_and_is_in_the_model(tmp_path: Path, loss: str) -> None:
    rate = 0.005 if loss == "sum-squares" else 0.5 if loss in ("kl-div", "bce") else 0.05
    done = finished(settings_for(tmp_path, ends=FITS.get(loss, ""), loss=loss, learning_rate=rate))
    assert done.validation_accuracy is not None and done.validation_accuracy > 0.9 and done.remark is None
    model = cnncli.load(done.model)
    assert model.record["training"]["settings"]["loss"] == loss
    assert f"--loss {loss}" in model.record["training"]["command"]
    measured = evaluate_model(done.model, data=str(tmp_path / "pictures"))
    assert measured.metrics.accuracy > 0.9
    predicted = model.predict(str(tmp_path / "pictures" / "above" / "0.png"))
    assert predicted.names == ["above"] and predicted.probabilities.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("loss", "ends", "outputs"),
    [
        ("hinge", "Tanh", "sign"), ("mse", "Tanh", "sign"), ("hinge", "", "sign"), ("soft-margin", "", "logit"),
        ("bce-with-logits", "", "logit"), ("bce", "Sigmoid", "probability"), ("mse", "Sigmoid", "probability"),
    ],
)  # fmt: skip
def test_one_output_tells_two_classes_apart(tmp_path: Path, loss: str, ends: str, outputs: str) -> None:
    done = finished(settings_for(tmp_path, "1", ends, loss=loss, learning_rate=0.2, epochs=30))
    assert done.validation_accuracy == 1.0 and done.remark is None
    model = cnncli.load(done.model)
    assert model.network.outputs == outputs and model.class_names == ["above", "below"]
    for kind in ("above", "below"):
        files = sorted(map(str, (tmp_path / "pictures" / kind).iterdir()))
        predicted = model.predict(files)
        assert predicted.names == [kind] * 20 and predicted.probabilities.shape == (20, 2)
    measured = evaluate_model(done.model, data=str(tmp_path / "pictures"), part="train")
    assert measured.metrics.accuracy == 1.0
    images = np.stack([model.recipe.prepare(f).pixels for f in files]) if model.recipe else np.zeros(0)
    values = load_model(done.model).forward(images)[:, 0]
    assert (values > (0.5 if outputs == "probability" else 0)).all()  # "below" is class 1, +1


@pytest.mark.parametrize(
    ("outputs", "ends", "loss", "message"),
    [
        ("1", "", "cross-entropy", "--loss cross-entropy: takes one output a class, but small has one for two "
         'classes; use bce-with-logits, hinge, soft-margin or mse, or end it with out_features = "classes"'),
        ('"classes"', "", "nll", "--loss nll: takes log-probabilities, but the last layer of small is 1, "
         "Linear(36 -> 2); end it with LogSoftmax, or use --loss cross-entropy"),
        ('"classes"', "", "kl-div", "--loss kl-div: takes log-probabilities, but the last layer of small is 1, "
         "Linear(36 -> 2); end it with LogSoftmax, or use --loss cross-entropy"),
        ('"classes"', "Tanh", "bce", "--loss bce: takes probabilities, but the last layer of small is 2, Tanh(); "
         "end it with Sigmoid, or use --loss bce-with-logits"),
        ('"classes"', "Sigmoid", "bce-with-logits", "--loss bce-with-logits: takes scores of any size, but the last "
         "layer of small is 2, Sigmoid(); leave out that layer, or use --loss bce"),
        ("1", "Step", "hinge", "--loss hinge: takes outputs with a gradient, but the last layer of small is 2, "
         "Step(threshold=0); end it with Tanh, whose answers are the same"),
    ],
)  # fmt: skip
def test_loss_that_does_not_fit_is_told_in_one_line(
    tmp_path: Path, outputs: str, ends: str, loss: str, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        list(train(settings_for(tmp_path, outputs, ends, loss=loss)))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        ("hubert", "--loss hubert: did you mean huber?"), ("xyz", "--loss xyz: use one of cross-entropy, nll"),
        ("huber:delta=x", "--loss huber:delta=x: delta of huber is 'x'; use a number"),
        ("huber:beta=1", "--loss huber:beta=1: huber has no setting 'beta'; it has reduction, delta, times, such as "
         "times=2"),
        ("multi-margin:p=3", "--loss multi-margin:p=3: MultiMarginLoss: p is 3; pass 1 or 2"),
        ("mse+hube", "--loss mse+hube: did you mean huber?"),
    ],
)  # fmt: skip
def test_text_that_is_no_loss_is_told_with_its_rule(tmp_path: Path, loss: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        list(train(settings_for(tmp_path, loss=loss)))
    assert str(caught.value).replace("unknown; ", "").startswith(message)


def test_loss_of_a_description_has_settings_and_its_mistakes_have_a_line(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    toml = Path(settings.architecture)
    toml.write_text(toml.read_text() + '[training]\nloss = "multi-margin:p=2,margin=0.5"\nl1 = 0.001\n')
    done = finished(settings)
    recorded = cnncli.load(done.model).record["training"]["settings"]
    assert recorded["loss"] == "multi-margin:p=2,margin=0.5" and recorded["l1"] == 0.001
    toml.write_text(toml.read_text().replace("p=2", "q=2"))
    with pytest.raises(FormatError, match=r"small.toml, line 9, \[training\]: loss is .*has no setting 'q'"):
        list(train(settings))


def test_losses_are_added_with_their_weights() -> None:
    assert read_loss("mse+huber:delta=2,times=0.5") == [LossTerm("mse", {}), LossTerm("huber", {"delta": 2}, 0.5)]
    both = make_loss("mse+huber:delta=2,times=0.5", "values")
    assert isinstance(both, MultiCriterion) and repr(both.criteria) == repr([MSELoss(), HuberLoss(delta=2)])
    x, t = np.array([[0.0, 4.0]]), np.array([[1.0, 0.0]])
    assert both.forward(x, t) == pytest.approx((1 + 16) / 2 + 0.5 * (0.5 + 2 * 3) / 2)


def test_targets_follow_the_outputs() -> None:
    def target(text: str, outputs: str) -> list[list[float]]:
        criterion = make_loss(text, outputs)
        assert isinstance(criterion, OfLabels)
        return criterion.targets(np.zeros((1, 3)), [1]).tolist()

    assert target("mse", "sign") == target("hinge", "sign") == target("soft-margin", "logit") == [[-1, 1, -1]]
    assert target("mse", "probability") == target("bce-with-logits", "logit") == [[0, 1, 0]]
    assert target("multi-label-margin", "scores") == [[1, -1, -1]]
    assert OfLabels(HingeLoss()).targets(np.zeros((2, 1)), [0, 1]).tolist() == [[-1], [1]]


def test_class_weights_reach_the_loss(tmp_path: Path) -> None:
    labels = np.array([0, 0, 0, 1])
    assert class_weights("balanced", ["a", "b"], labels) == [4 / 6, 2.0]
    assert class_weights("b=2.5", ["a", "b"], labels) == [1.0, 2.5]
    weighted = make_loss("cross-entropy", "scores", weight=[1, 3], label_smoothing=0.1)
    assert isinstance(weighted, CrossEntropyLoss) and weighted.label_smoothing == 0.1
    assert weighted.weight is not None and weighted.weight.tolist() == [1, 3]
    one = make_loss("bce-with-logits", "logit", positive=3.0)
    assert isinstance(one, OfLabels) and isinstance(one.criterion, BCEWithLogitsLoss)
    assert one.criterion.pos_weight is not None and one.criterion.pos_weight.tolist() == [3]
    plain = finished(settings_for(tmp_path, epochs=1))
    before = load_model(plain.model).parameters()[0][1]
    heavy = finished(settings_for(tmp_path, epochs=1, class_weights="above=100"))
    bias = load_model(heavy.model).parameters()[0][1]
    assert bias[0] - bias[1] > before[0] - before[1]
    assert "--class-weights above=100" in cnncli.load(heavy.model).record["training"]["command"]


@pytest.mark.parametrize(
    ("weights", "loss", "message"),
    [
        ("abov=2", None, "--class-weights abov=2: no class abov; did you mean \"above\"?"),
        ("above", None, "--class-weights above: above is no class with a number above 0; use balanced, or NAME=WEIGHT "
         "such as above=2"),
        ("balanced", "hinge", "--class-weights balanced: hinge has no weights of classes; leave it out or use --loss "
         "cross-entropy, nll or multi-margin, with one output bce-with-logits"),
    ],
)  # fmt: skip
def test_class_weights_that_do_not_fit_are_told(tmp_path: Path, weights: str, loss: str | None, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        list(train(settings_for(tmp_path, class_weights=weights, loss=loss)))
    assert str(caught.value) == message


def test_l1_penalty_of_a_training_makes_weights_vanish(tmp_path: Path) -> None:
    plain = finished(settings_for(tmp_path))
    before = np.abs(load_model(plain.model).parameters()[0][0])
    sparse = finished(replace(settings_for(tmp_path), l1=0.3))
    after = np.abs(load_model(sparse.model).parameters()[0][0])
    assert after.sum() < before.sum() / 2
    assert json.dumps(cnncli.load(sparse.model).record["training"]["settings"]["l1"]) == "0.3"


def test_shipped_perceptron_has_one_output_and_learns_two_kinds_of_pictures(tmp_path: Path) -> None:
    done = finished(settings_for(tmp_path, architecture="perceptron", pixels=(6, 6), epochs=20, learning_rate=None))
    network = load_model(done.model)
    assert done.validation_accuracy == 1.0 and network.outputs == "sign"
    assert network.output_shape(network.input_shape) == (1,)
