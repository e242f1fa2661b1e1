"""`--balance`: classes of different sizes, drawn alike or weighed; the same bits after a stop and in a replay."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli import Trainer, _core
from cnncli.cli.main import run
from cnncli.criteria import CrossEntropyLoss, MSELoss
from cnncli.errors import UsageError
from cnncli.layers import Flatten, Linear
from cnncli.model_file.serialize import load_model
from cnncli.model_file.weights import weights_digest
from cnncli.network import Network
from cnncli.optim import LBFGS, SGD
from cnncli.training.records import Finished, Started, Stopped
from cnncli.training.replay import Verdict, replay
from cnncli.training.train import train
from cnncli.training.training_set import TrainingSet
from cnncli.training_options import TrainSettings


@pytest.fixture(scope="module")
def rare_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn digits, of which nine are rare: 400 zeros, 4 of each other; 20 of each to test."""
    images, labels = np.empty((4000, 28, 28), np.uint8), np.empty(4000, np.uint8)
    _core.digits_generate(images, labels, seed=5, first=0)
    train_rows, test_rows = [], []
    for label in range(10):
        rows = np.flatnonzero(labels == label)
        train_rows += rows[: 300 if label == 0 else 4].tolist()
        test_rows += rows[300:320].tolist()
    path = tmp_path_factory.mktemp("data") / "rare.npz"
    np.savez(
        path, x_train=images[train_rows], y_train=labels[train_rows], x_test=images[test_rows], y_test=labels[test_rows]
    )
    return path


def settings_for(folder: Path, data: Path, **more: Any) -> TrainSettings:
    given: dict[str, Any] = {
        "architecture": "linear", "epochs": 3, "batch_size": 16, "data": str(data), "threads": 1,
        "out": str(folder / "model.bin"), "runs": str(folder / "runs"),
    }  # fmt: skip
    return TrainSettings(**given | more)


def finished(settings: TrainSettings) -> Finished:
    *_, last = train(settings)
    assert isinstance(last, Finished)
    return last


@pytest.mark.parametrize("balance", ["sample", "weights"])
def test_small_classes_are_found_with_balance_and_not_without(balance: str, tmp_path: Path) -> None:
    """Two kinds of noise that overlap, 400 to 16: whoever counts images does best by saying the large one."""
    rng = np.random.default_rng(8)

    def drawn(label: int, count: int) -> np.ndarray:
        image = rng.normal(110, 60, (count, 8, 8))
        image[:, :4] += 18 * label
        return image.clip(0, 255).astype(np.uint8)

    def both(few: int) -> tuple[np.ndarray, np.ndarray]:
        return np.concatenate([drawn(0, 400), drawn(1, few)]), np.repeat([0, 1], [400, few])

    (images, labels), (test_images, test_labels) = both(16), both(400)
    path = tmp_path / "noise.npz"
    np.savez(path, x_train=images, y_train=labels, x_test=test_images, y_test=test_labels)
    asked = {"epochs": 10, "prepare": "plain", "learning_rate": 0.005}
    plain = finished(settings_for(tmp_path, path, **asked)).test_accuracy
    mended = finished(settings_for(tmp_path, path, **asked, balance=balance)).test_accuracy
    assert plain is not None and mended is not None and plain < 0.65 and mended > plain + 0.1


@pytest.mark.parametrize("balance", ["sample", "weights"])
def test_balance_is_the_same_after_a_stop_and_in_a_replay(balance: str, tmp_path: Path, rare_set: Path) -> None:
    whole = finished(settings_for(tmp_path, rare_set, balance=balance))
    digest = weights_digest(load_model(whole.model))
    *_, verdict = replay(str(whole.model), TrainSettings(data=str(rare_set), threads=3))
    assert isinstance(verdict, Verdict) and verdict.kind == "reproduced", verdict

    (tmp_path / "again").mkdir()
    asked = 0

    def should_stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 30

    *_, stopped = train(settings_for(tmp_path / "again", rare_set, balance=balance, save_every=0.0), should_stop)
    assert isinstance(stopped, Stopped) and 0 < stopped.step < 63
    resumed = finished(TrainSettings(resume=str(stopped.run)))
    assert weights_digest(load_model(resumed.model)) == digest
    record = load_model(whole.model).record["training"]
    assert f"--balance {balance}" in record["command"] and record["settings"]["balance"] == balance


def test_what_is_drawn_depends_on_no_batch_size() -> None:
    rng = np.random.default_rng(1)
    labels = rng.permutation(np.repeat([0, 1], [90, 6]))
    images = rng.random((96, 1, 2, 2)).astype(np.float32)
    orders = []
    for batch in (1, 7, 96, "full"):
        network = Network([Flatten(), Linear(4, 2)], (1, 2, 2))
        trainer = Trainer(network, (images, labels), optimizer=SGD(0.1), epochs=2, batch_size=batch, balanced=True)
        orders.append([trainer._order_of(epoch, is_new=True).tolist() for epoch in (0, 1)])
    assert all(order == orders[0] for order in orders)
    assert [np.bincount(labels[order]).tolist() for order in orders[0]] == [[48, 48], [48, 48]]
    assert orders[0][0] != orders[0][1]


def test_only_those_that_are_trained_on_are_drawn() -> None:
    labels = np.repeat([0, 1], [60, 40])
    only = np.concatenate([np.arange(50), np.arange(60, 65)])
    network = Network([Flatten(), Linear(4, 2)], (1, 2, 2))
    samples = (np.zeros((100, 1, 2, 2), np.float32), labels)
    trainer = Trainer(network, samples, epochs=1, batch_size=5, only=only, balanced=True)
    drawn = TrainingSet.of(samples, "x", only).indices(trainer._order_of(0, is_new=True))
    assert set(drawn.tolist()) <= set(only.tolist())
    assert np.bincount(labels[drawn]).tolist() == [28, 27]


def test_what_cannot_be_balanced_is_told(tmp_path: Path, rare_set: Path) -> None:
    images, labels = np.zeros((4, 1, 2, 2), np.float32), np.array([0, 1, 0, 1])
    network = Network([Flatten(), Linear(4, 2)], (1, 2, 2))
    with pytest.raises(UsageError, match=r"^balanced: the targets are no classes; leave it out$"):
        Trainer(network, (images, np.zeros((4, 2), np.float32)), criterion=MSELoss(), balanced=True)
    with pytest.raises(UsageError, match=r"^balanced: shares and whole batches choose"):
        Trainer(network, (images, labels), CrossEntropyLoss(), LBFGS(), batch_size="full", balanced=True)
    for more, message in (
        ({"balance": "weights", "class_weights": "0=2"},
         "--balance weights: --class-weights says it in another way; leave one of them out"),
        ({"balance": "sample", "optimizer": "lbfgs"},
         "--balance sample: lbfgs takes all images in each step, each once; use --balance weights or another --optim"),
        ({"balance": "weights", "loss": "hinge"},
         "--balance weights: hinge has no weights of classes; leave it out or use --loss cross-entropy, nll or "
         "multi-margin, with one output bce-with-logits"),
        ({"balance": "samples"}, "--balance samples: unknown; did you mean \"sample\"?"),
    ):  # fmt: skip
        with pytest.raises(UsageError) as caught:
            list(train(settings_for(tmp_path, rare_set, **more)))
        assert str(caught.value) == message


def test_a_description_may_ask_for_it_and_the_user_goes_first(tmp_path: Path, rare_set: Path) -> None:
    text = """
name = "flat"
input = [1, 28, 28]
layers = [{ type = "Flatten" }, { type = "Linear", out_features = "classes" }]
[training]
epochs = 1
balance = "BALANCE"
[target]
shares = [1.0, 0.5]
"""
    path = tmp_path / "flat.toml"

    def plan_of(described: str, **more: Any) -> dict[str, Any]:
        path.write_text(text.replace("BALANCE", described))
        run_folder = finished(settings_for(tmp_path, rare_set, architecture=str(path), epochs=None, **more)).run
        plan: dict[str, Any] = json.loads((run_folder / "settings.json").read_text())
        return plan

    assert plan_of("sample")["balance"] == "sample"
    assert plan_of("sample", balance="weights")["balance"] == "weights"
    weighed = plan_of("weights", class_weights="0=2")
    assert (weighed["balance"], weighed["class_weights"]) == (None, "0=2")
    assert plan_of("sample", optimizer="lbfgs", batch_size="full")["balance"] is None
    hard = plan_of("sample", target=0.99)
    assert (hard["balance"], hard["shares"]) == ("sample", [])
    assert plan_of("weights", target=0.99)["shares"] == [1.0, 0.5]


def test_the_training_and_the_model_say_it(
    tmp_path: Path, rare_set: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    first, *_ = train(settings_for(tmp_path, rare_set, balance="sample"))
    assert isinstance(first, Started)
    assert first.notes[-1] == (
        "balance: an epoch draws 34 images of each class, so each of the 4 of 1 8.4 times"
    )
    assert run(["train", "rare.npz", "--data-dir", "x"]) == 2  # no such set
    line = ["train", str(rare_set), "--arch", "linear", "--epochs", "1", "--balance", "weights"]
    assert run(line) == 0
    said = capsys.readouterr().err
    assert "balance: losses are multiplied by 0.11 (0, 300 images) to 8.4 (1, 4 images)" in said
    assert run(["info", "model.bin"]) == 0
    assert "losses weighed, so that each class counts as much" in capsys.readouterr().out


def test_a_training_for_classes_alike_is_judged_on_classes_alike(tmp_path: Path, rare_set: Path) -> None:
    """Of all images fewer are right than with the largest class for all, and still it has learned."""
    last = finished(settings_for(tmp_path, rare_set, balance="sample", epochs=2))
    assert last.remark is None
    dead = finished(settings_for(tmp_path, rare_set, balance="sample", epochs=1, learning_rate=1e-12))
    assert dead.remark is not None and dead.remark.startswith("nothing was learned: ")
