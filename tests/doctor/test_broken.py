"""`cnn break`: the figures of a broken training beside its healthy twin, and the mistakes that are made."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli.broken import mistakes
from cnncli.broken.figures import figures
from cnncli.broken.pair import Source, _fewer, _some, read_source
from cnncli.data import Split
from cnncli.data.digits import load_digits
from cnncli.doctor.curves import loss_of_bin
from cnncli.doctor.facts import Layers, Part, RunFacts
from cnncli.errors import DataError, UsageError
from cnncli.layers import Dropout, Linear
from cnncli.lessons.figures import Dots, Figure, Line
from cnncli.network import Network
from cnncli.network.architectures import read_model
from cnncli.pictures.recipe import InputRecipe
from cnncli.training_options import TrainSettings
from run_facts import epoch, run


def history(*losses: float) -> list[dict[str, Any]]:
    return [
        {"epoch": at, "loss": loss, "validation_loss": 2 * loss, "accuracy": 0.01 * at,
         "validation_accuracy": 0.02 * at}
        for at, loss in enumerate(losses, start=1)
    ]  # fmt: skip


def lines(figure: Figure) -> dict[str, Any]:
    return {part.name: np.array(part.points) for part in figure.parts if isinstance(part, Line) and part.name}


def drawn(case: str, broken: RunFacts, healthy: RunFacts) -> dict[str, Figure]:
    return {figure.title: figure for figure in figures(case, broken, healthy)}


def test_losses_and_accuracies_are_drawn_over_the_epochs() -> None:
    broken, healthy = run(history=history(2.0, 1.0, 1.5)), run(history=history(1.0, 0.5, 0.25))
    found = drawn("training-mode-at-test", broken, healthy)
    loss = found["training loss"]
    assert lines(loss)["broken"].tolist() == [[1, 2], [2, 1], [3, 1.5]] and loss.x == (1, 3)
    assert lines(loss)["healthy twin"].tolist() == [[1, 1], [2, 0.5], [3, 0.25]]
    room = 0.06 * (2 - 0.25)
    assert loss.y == pytest.approx((0.25 - room, 2 + room)) and loss.x_name == "epoch"
    assert [kind for kind, _ in loss.legend] == ["first", "mark"]
    assert lines(found["validation accuracy, %"])["broken"] == pytest.approx(np.array([[1, 2], [2, 4], [3, 6]]))
    assert lines(found["validation loss"])["healthy twin"].tolist() == [[1, 2], [2, 1], [3, 0.5]]
    own = drawn("labels-shifted", broken, healthy)["accuracy of the broken one, %"]
    assert lines(own)["broken, training"] == pytest.approx(np.array([[1, 1], [2, 2], [3, 3]]))
    assert lines(own)["broken, validation"] == pytest.approx(np.array([[1, 2], [2, 4], [3, 6]]))


@pytest.mark.parametrize(("highest", "is_logarithm"), [(10.0, False), (10.1, True)])
def test_losses_of_more_than_ten_times_the_twins_largest_are_powers_of_ten(highest: float, is_logarithm: bool) -> None:
    found = drawn("training-mode-at-test", run(history=history(1.0, highest, 0.1)), run(history=history(1.0, 0.5, 0.1)))
    title = "training loss, power of ten" if is_logarithm else "training loss"
    expected = [0, math.log10(highest), -1] if is_logarithm else [1, highest, 0.1]
    assert lines(found[title])["broken"][:, 1] == pytest.approx(expected)
    other = [0, math.log10(0.5), -1] if is_logarithm else [1, 0.5, 0.1]
    assert lines(found[title])["healthy twin"][:, 1] == pytest.approx(other)


def test_of_a_training_of_two_epochs_the_steps_are_drawn() -> None:
    """Four losses of an epoch stand at an eighth, three eighths, ... of it; the twin's as far as one epoch more."""
    broken = run([epoch(1, losses=[3.0, 2.0, 1.0, 4.0]), epoch(2, losses=[5.0, 6.0])], history=history(2.0, 1.0))
    healthy = run([epoch(at, losses=[1.0, 0.5]) for at in range(1, 6)], history=history(*[1.0] * 5))
    loss = drawn("training-mode-at-test", broken, healthy)["loss of each step"]
    assert lines(loss)["broken"].tolist() == [[0.125, 3], [0.375, 2], [0.625, 1], [0.875, 4], [1.25, 5], [1.75, 6]]
    assert lines(loss)["healthy twin"][:, 0].tolist() == [0.25, 0.75, 1.25, 1.75, 2.25, 2.75]
    alone = drawn("training-mode-at-test", run(history=history(2.0)), healthy)["loss of each step"]
    assert lines(alone)["healthy twin"][:, 0].tolist() == [0.25, 0.75, 1.25, 1.75]


def test_each_case_has_a_figure_of_its_own() -> None:
    epochs = [
        epoch(at, losses=[0.1 * at, 1.0], update=[0.1, None, 0.01], gradient=[10.0**at, 0.0]) for at in range(1, 6)
    ]
    twin = [epoch(at, losses=[0.5, 0.5], update=[0.001], gradient=[1.0]) for at in range(1, 6)]
    broken, healthy = run(epochs), run(twin)
    saw = drawn("no-shuffle", broken, healthy)["loss of the steps of the last 3 epochs"]
    assert lines(saw)["broken"] == pytest.approx(np.array(
        [[2.25, 0.3], [2.75, 1], [3.25, 0.4], [3.75, 1], [4.25, 0.5], [4.75, 1]]))  # fmt: skip
    assert lines(saw)["healthy twin"][:, 0].tolist() == [2.25, 2.75, 3.25, 3.75, 4.25, 4.75]
    first = drawn("no-normalization", broken, healthy)["loss of the first steps, power of ten"]
    assert lines(first)["broken"] == pytest.approx(np.array(
        [[0.25, -1], [0.75, 0], [1.25, math.log10(0.2)], [1.75, 0]]))  # fmt: skip
    moves = drawn("rate-too-high", broken, healthy)["share by which a step moves weights, power of ten"]
    assert lines(moves)["broken"][:3] == pytest.approx(np.array([[0, -1], [2 / 3, -2], [1, -1]]))
    assert lines(moves)["healthy twin"] == pytest.approx(np.array([[at, -3] for at in range(5)]))
    lengths = drawn("gradients-kept", broken, healthy)["length of the gradient, power of ten"]
    assert lines(lengths)["broken"] == pytest.approx(np.array([[at - 1, at] for at in range(1, 6)]))


def layers(*gradient: float | None) -> RunFacts:
    names = [str(place) for place in range(len(gradient))]
    empty = [None] * len(gradient)
    return run([epoch(1), epoch(2, layers=Layers(names, empty, list(gradient), empty)), epoch(3)])


def test_the_gradients_of_layers_are_drawn_by_their_numbers() -> None:
    found = drawn("deep-sigmoids", layers(0.01, None, 1.0, 10.0), layers(1.0, 1.0, 1.0))
    figure = found["gradient of each layer at the first step, power of ten"]
    assert lines(figure)["broken"] == pytest.approx(np.array([[1, -2], [3, 0], [4, 1]])) and figure.notes == []
    assert [len(part.points) for part in figure.parts if isinstance(part, Dots)] == [3, 3] and figure.x == (0, 5)
    [zero] = [one for one in figures("zero-init", layers(0.0, 0.0), layers(1.0, 2.0)) if "layer" in one.title]
    assert zero.notes == ["of the broken one: 0 in every layer"] and list(lines(zero)) == ["healthy twin"]
    assert figures("zero-init", run(), run()) == []


def test_shares_of_losses_below_a_bound_add_up_to_100_percent() -> None:
    parts = {name: Part(10, 5, 1.0, [1, 2, 3, 4], []) for name in ("training", "test", "validation")}
    figure = drawn("test-set-leak", run(parts=parts), run())["% of images with a loss below 10 to the x"]
    for name in ("training", "test", "validation"):
        points = lines(figure)[f"broken, {name}"]
        assert points[:, 1].tolist() == [10, 30, 60, 100]
        assert points[:, 0] == pytest.approx([math.log10(loss_of_bin(place)) for place in range(4)])


def test_one_measure_is_a_dot_in_the_middle() -> None:
    figure = drawn("no-shuffle", run(history=history(2.0)[:1]), run(history=history(1.0)[:1]))["validation accuracy, %"]
    dots = [part for part in figure.parts if isinstance(part, Dots)]
    assert [part.name for part in dots] == ["healthy twin", "broken"] and figure.x == (0.5, 1.5)


LAYERS = [{"type": "Flatten"}, {"type": "Linear", "out_features": 9}, {"type": "Tanh"},
          {"type": "Linear", "out_features": "classes"}]  # fmt: skip


def test_a_deep_network_has_six_layers_more_of_one_function() -> None:
    for is_broken, function in ((True, "Sigmoid"), (False, "ReLU")):
        found = mistakes.deep({"name": "n", "layers": LAYERS}, is_broken)["layers"]
        assert [one["type"] for one in found] == ["Flatten", "Linear", function, *["Linear", function] * 6, "Linear"]
        assert [one["out_features"] for one in found if one["type"] == "Linear"] == [9, *[64] * 6, "classes"]
    for own in ("Hardswish", "Softplus", "PReLU", "Hardtanh"):  # of whatever function its own layers are
        given = [LAYERS[0], LAYERS[1], {"type": own}, LAYERS[3]]
        assert mistakes.deep({"name": "n", "layers": given}, True)["layers"][2] == {"type": "Sigmoid"}
    with pytest.raises(UsageError, match="does not end in a Linear layer"):
        mistakes.deep({"layers": LAYERS[:-1]}, True)
    with pytest.raises(UsageError, match="the network: does not end"):
        mistakes.with_dropout({"layers": []}, True)


def test_dropout_of_a_half_comes_before_the_last_layer_unless_there_is_some() -> None:
    found = mistakes.with_dropout({"layers": LAYERS}, True)["layers"]
    assert found == [*LAYERS[:-1], {"type": "Dropout", "p": 0.5}, LAYERS[-1]]
    own = {"layers": [{"type": "Dropout", "p": 0.1}, *LAYERS]}
    assert mistakes.with_dropout(own, True) is own


def test_weights_are_0_and_bytes_go_in_as_they_are(rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (20, 1, 4, 4)).astype(np.uint8)
    network = Network([Linear(16, 3)], (16,))
    network.initialize(1)
    mistakes.zeroed(network)
    assert not network[0].weight.any()  # type: ignore[union-attr]
    network = Network.from_description(
        {"input": [1, 4, 4], "classes": 3, "layers": [LAYERS[0], LAYERS[3]]}, list("abc")
    )
    network.recipe = InputRecipe.measured(images)
    mistakes.not_normalized(network)
    assert network.samples(images) == pytest.approx(images.astype(np.float32), abs=1e-3)


def test_a_training_part_is_sorted_shifted_or_has_the_test_part_in_it() -> None:
    whole = load_digits(30, 10)
    train, test = whole.train, whole.test
    assert train is not None and test is not None
    for is_broken in (True, False):
        ordered = mistakes.by_class(whole, is_broken).train
        assert ordered is not None and (np.diff(ordered.labels) >= 0).all() and len(ordered) == 30
        assert (ordered.images[0] == train.images[train.labels.argmin()]).all()
    shifted, leaked = mistakes.labels_shifted(whole, True).train, mistakes.with_test(whole, True).train
    assert shifted is not None and leaked is not None
    assert (shifted.labels[1:] == train.labels[:-1]).all() and shifted.labels[0] == train.labels[-1]
    assert len(leaked) == 40 and (leaked.images[30:] == test.images).all() and (leaked.labels[30:] == test.labels).all()
    assert mistakes.labels_shifted(whole, False) is whole is mistakes.with_test(whole, False)


def test_what_is_measured_in_training_mode_is_the_loss_of_its_own_outputs(rng: np.random.Generator) -> None:
    network = Network([Linear(6, 3), Dropout(0.0)], (6,))
    network.initialize(2)
    samples, labels = rng.normal(size=(7, 6)).astype(np.float32), rng.integers(0, 3, 7)
    program = mistakes._InTrainingMode(network, 3, threads=1)
    found = program.evaluate(samples, labels)
    scores = samples @ network[0].weight.T + network[0].bias  # type: ignore[union-attr]
    logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    assert found.loss == pytest.approx(-logs[np.arange(7), labels].mean(), rel=1e-5)
    assert found.correct == (scores.argmax(axis=1) == labels).sum() and found.outputs == pytest.approx(logs, abs=1e-5)
    far = program.evaluate(samples * 1e4, labels)
    assert math.isfinite(far.loss)  # the largest score is taken off first


def test_of_many_images_each_class_has_its_share(rng: np.random.Generator) -> None:
    labels = np.repeat([0, 1], [300, 100])
    part = Split(rng.integers(0, 256, (400, 1, 2, 2)).astype(np.uint8), labels)
    some = _some(part, 100, 3)
    assert np.bincount(some.labels).tolist() == [75, 25] and (np.diff(some.labels) != 0).sum() > 5
    every = _some(part, 400, 3)
    assert len(every) == 400 and (every.labels != labels).any() and np.bincount(every.labels).tolist() == [300, 100]


def test_data_of_fewer_than_100_training_images_are_refused(tmp_path: Path) -> None:
    for count in (99, 100):
        images = np.random.default_rng(1).integers(0, 256, (count, 28, 28), dtype=np.uint8)
        np.savez(tmp_path / f"{count}.npz", x_train=images, y_train=np.arange(count) % 2)
        settings = TrainSettings(architecture="mlp", data=str(tmp_path / f"{count}.npz"), runs=str(tmp_path / "runs"))
        if count < 100:
            with pytest.raises(DataError, match="fewer than 100 training images"):
                read_source(settings)
        else:
            source = read_source(settings)
            assert source.most == (4000, 1000) and source.dataset.train is not None
            assert len(source.dataset.train) == 100
    drawn_here = read_source(TrainSettings(architecture="mlp", data="digits"), (60, 20))
    kept = _fewer(drawn_here)
    assert kept.train is not None and kept.test is not None and kept.validation is None
    assert (len(kept.train), len(kept.test)) == (60, 20)
    description, source_text = read_model("mlp")
    small = _fewer(Source(drawn_here.settings, description, source_text, drawn_here.dataset, "digits", (30, 10)))
    assert small.train is not None and small.test is not None and (len(small.train), len(small.test)) == (30, 10)
