"""`cnn train --from`: what a training takes over from a model, what is made new, and what stays as it is."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli.cli.main import run
from cnncli.errors import CnnError
from cnncli.model_file.serialize import load_model
from cnncli.storage import container
from cnncli.training.records import Finished, Started, Stopped
from cnncli.training.start import read_start
from cnncli.training.train import train
from cnncli.training_options import TrainSettings
from small_training import small_settings, weights

HEAD = ("6.weight", "6.bias")


@pytest.fixture
def trained(tmp_path: Path) -> TrainSettings:
    """Settings that start from small.bin, a model of ten digits."""
    settings = replace(small_settings(tmp_path), epochs=1, out=str(tmp_path / "small.bin"))
    *_, last = train(settings)
    assert isinstance(last, Finished)
    return replace(
        settings, architecture=TrainSettings().architecture, start_from=str(tmp_path / "small.bin"), runs="runs2",
        epochs=2, out=str(tmp_path / "next.bin"), seed=7,
    )


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_digest_is_that_of_the_model_that_was_loaded(
    trained: TrainSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert trained.start_from is not None
    path, read = Path(trained.start_from), container._read_regular_file
    digest = hashlib.sha256(path.read_bytes()).hexdigest()

    def read_and_change(*what: Any) -> bytes:
        content = read(*what)
        path.write_bytes(b"another model, written in between")
        return content

    monkeypatch.setattr(container, "_read_regular_file", read_and_change)
    assert read_start(trained).digest == digest


def test_a_model_that_comes_with_the_program_is_repeated_by_its_name(tmp_path: Path) -> None:
    settings = TrainSettings(data="digits", start_from="lenet5", images=64, epochs=1, runs=str(tmp_path / "runs"))
    _, last = finish(settings)
    assert " --from lenet5 " in (last.run / "command.txt").read_text()


def few_classes(tmp_path: Path) -> str:
    """The drawn digits 0 to 3 alone."""
    drawn = np.load(tmp_path / "drawn.npz")
    arrays = {}
    for part in ("train", "test"):
        kept = drawn[f"y_{part}"] < 4
        arrays |= {f"x_{part}": drawn[f"x_{part}"][kept], f"y_{part}": drawn[f"y_{part}"][kept]}
    np.savez(tmp_path / "few.npz", **arrays)
    return str(tmp_path / "few.npz")


def finish(settings: TrainSettings) -> tuple[Started, Finished]:
    first, *_, last = train(settings)
    assert isinstance(first, Started) and isinstance(last, Finished)
    return first, last


def arrays(path: str | Path | None) -> dict[str, bytes]:
    return {name: value for name, value in weights(path).items() if name[0].isdigit()}


def first_checkpoint(settings: TrainSettings) -> dict[str, bytes]:
    """The arrays before the first step."""
    *_, last = train(replace(settings, out="stopped.bin"), should_stop=lambda: True)
    assert isinstance(last, Stopped)
    return arrays(last.run / "checkpoint.bin")


def test_it_begins_with_the_weights_and_statistics_of_the_model(trained: TrainSettings) -> None:
    begun, model = first_checkpoint(trained), arrays(trained.start_from)
    assert begun == model and len(model) == 8
    started, _ = finish(trained)
    assert started.started_from == f"starts from {trained.start_from}, with the weights of 3 layers"
    assert arrays(trained.out) != model


def test_other_classes_get_a_new_head(trained: TrainSettings, tmp_path: Path) -> None:
    settings = replace(trained, data=few_classes(tmp_path))
    begun, model = first_checkpoint(settings), arrays(trained.start_from)
    assert {name for name in begun if begun[name] != model[name]} == set(HEAD)
    assert load_model(tmp_path / "small.bin").output_shape((1, 28, 28)) == (10,)
    started, finished = finish(settings)
    assert started.started_from is not None
    assert started.started_from.endswith("with the weights of 2 layers; layer 6 is made new for the classes 0, 1, 2, 3")
    network = load_model(finished.model)
    assert network.class_names == ["0", "1", "2", "3"] and network.output_shape((1, 28, 28)) == (4,)
    assert network.recipe == load_model(tmp_path / "small.bin").recipe
    # The new head is that of the seed.
    assert first_checkpoint(replace(settings, seed=8))["6.weight"] != begun["6.weight"]


def test_batch_and_augmentation_are_chosen_from_the_data_where_nobody_says(trained: TrainSettings) -> None:
    """As `choose` does without a model, of 200 drawn digits: batches of 16."""
    settings = replace(trained, batch_size=None, augment=None, epochs=1)
    started, finished = finish(settings)
    assert started.batch_size == 16 and started.augmentation
    (reason,) = started.reasons
    assert reason.endswith(
        f": {started.augmentation}; batches of 16 for 200 pictures of 10 classes (--augment, --batch-size)"
    )
    assert " --batch-size 16 " in finished.command and " --augment " in finished.command
    plain, _ = finish(replace(settings, batch_size=64, augment="none"))
    assert (plain.batch_size, plain.augmentation, plain.reasons) == (64, "", [])
    size, _ = finish(replace(settings, augment="none"))
    assert size.reasons == ["batches of 16 for 200 pictures of 10 classes (--batch-size)"]


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "muon", "rprop", "lbfgs"])
def test_frozen_layers_stay_as_they_are(trained: TrainSettings, optimizer: str) -> None:
    batch = "full" if optimizer == "lbfgs" else 32
    settings = replace(trained, freeze=2, optimizer=optimizer, batch_size=batch, weight_decay=None, l1=1e-3)
    model = arrays(trained.start_from)
    started, _ = finish(settings)
    assert started.started_from is not None and started.started_from.endswith("; layers 0 to 1 stay as they are")
    found = arrays(settings.out)
    changed = {name for name in found if found[name] != model[name]}
    assert changed >= set(HEAD) and not changed & {"0.weight", "0.bias", "1.weight", "1.bias"}
    if optimizer != "lbfgs":  # it measures with what the images give, and puts back what they were
        assert changed == {*HEAD, "1.running_mean", "1.running_var"}


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_it_goes_on_exactly_without_the_model_that_it_started_from(
    trained: TrainSettings, optimizer: str, tmp_path: Path
) -> None:
    batch = "full" if optimizer == "lbfgs" else 32
    settings = replace(
        trained, data=few_classes(tmp_path), freeze=1, optimizer=optimizer, batch_size=batch, save_every=0.0
    )
    finish(settings)
    stop = iter([False, False, *[True] * 10_000])
    *_, last = train(replace(settings, out=str(tmp_path / "again.bin")), should_stop=lambda: next(stop))
    assert isinstance(last, Stopped)
    Path(str(trained.start_from)).unlink()
    _, finished = finish(TrainSettings(resume=str(last.run)))
    assert weights(finished.model) == weights(settings.out)


def test_the_record_names_the_model_and_its_command_repeats_the_training(
    trained: TrainSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, finished = finish(replace(trained, freeze=2))
    record = load_model(finished.model).record["training"]
    assert record["settings"]["start_from"] == "small.bin" and record["settings"]["freeze"] == 2
    assert len(record["settings"]["start_digest"]) == 64
    assert "--from small.bin --freeze 2 " in record["command"] and "--arch" not in record["command"]
    words = record["command"].split()[1:]
    assert run([*words, "--out", "repeated.bin", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["network"] == "small"
    assert weights(tmp_path / "repeated.bin") == weights(finished.model)
    assert run(["summary", "next.bin"]) == 0
    line = capsys.readouterr().out.splitlines()[-1]
    assert " ".join(line.split()) == "started from small.bin, of which layers 0 to 1 stayed as they were"


def test_replay_needs_the_model_that_it_started_from(
    trained: TrainSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    finish(replace(trained, freeze=1, data=few_classes(tmp_path)))
    asked = ["replay", "next.bin", "--data", "few.npz"]
    assert run(asked) == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith(
        "the training started from small.bin, and model files hold no paths; pass --from MODEL"
    )
    assert run([*asked, "--from", "small.bin"]) == 0
    assert "next.bin: reproduced: the same bits in every weight" in capsys.readouterr().out
    finish(replace(trained, start_from=None, architecture=str(tmp_path / "small.toml"), out="other.bin"))
    assert run([*asked, "--from", "other.bin"]) == 5
    assert "other.bin is not the model that it started from: another digest" in capsys.readouterr().out


def test_a_table_of_numbers_keeps_its_columns_and_gets_new_targets(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(120, 2))
    tables = {"one": 3 * rows[:, 0] - rows[:, 1], "two": 100 + 50 * rows[:, 1]}
    for name, target in tables.items():
        lines = [f"{a:.6f},{b:.6f},{y:.6f}" for (a, b), y in zip(rows, target, strict=True)]
        (tmp_path / f"{name}.csv").write_text("\n".join([f"a,b,{name}", *lines]) + "\n")
    (tmp_path / "net.toml").write_text(
        'name = "net"\ninput = [2]\noutputs = "values"\n[[layers]]\ntype = "Linear"\nout_features = 4\n'
        '[[layers]]\ntype = "Tanh"\n[[layers]]\ntype = "Linear"\nout_features = "targets"\n'
        '[training]\nloss = "mse"\n'
    )
    first = TrainSettings(architecture="net.toml", data="one.csv", epochs=3, out=str(tmp_path / "one.bin"))
    finish(first)
    started, finished = finish(TrainSettings(start_from="one.bin", data="two.csv", loss="mse", epochs=40))
    assert started.started_from is not None
    assert started.started_from.endswith("with the weights of 1 layer; layer 2 is made new for the columns two")
    recipe: Any = load_model(finished.model).recipe
    before: Any = load_model("one.bin").recipe
    assert (recipe.mean, recipe.scale, recipe.targets) == (before.mean, before.scale, ("two",))
    assert run(["replay", str(finished.model), "--data", "two.csv", "--from", "one.bin"]) == 0
    assert recipe.target_mean[0] == pytest.approx(tables["two"].mean(), rel=0.1)
    assert finished.history[-1]["loss"] < 0.5 * finished.history[0]["loss"]


def test_what_cannot_be_started_from_is_one_line(trained: TrainSettings, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b,label\n" + "1,2,0\n2,1,1\n" * 30)
    (tmp_path / "no.bin").write_bytes(b"nothing")
    wide = np.zeros((40, 32, 32), np.uint8)
    np.savez(tmp_path / "wide.npz", x_train=wide, y_train=np.arange(40) % 10)
    for wrong, message in (
        (replace(trained, architecture="vgg"), r"^--arch: is what the model of --from has decided; leave it out$"),
        (replace(trained, pixels=(32, 32)), r"^--pixels: is what the model of --from has decided; leave it out$"),
        (replace(trained, freeze=7), r"^--freeze 7: leaves nothing to learn, since layer 6 is the last one .* most 6$"),
        (replace(trained, start_from=None, freeze=2), r"^--freeze 2: would keep random weights; add --from with"),
        (replace(trained, freeze=-1), r"^--freeze -1: use a whole number, at least 0 and at most 100,000$"),
        (replace(trained, start_from="lost.bin"), r"^lost\.bin: does not exist"),
        (replace(trained, start_from="no.bin"), r"^no\.bin: "),
        (replace(trained, data=str(tmp_path / "x.csv")), r"has samples of shape 2, but \S+ takes 1x28x28; use data of"),
    ):
        with pytest.raises(CnnError, match=message) as caught:
            finish(wrong)
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "next.bin").exists()
