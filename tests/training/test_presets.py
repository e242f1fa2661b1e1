"""Presets: options under one name, which what is typed goes before."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from cnncli.cli.main import run
from cnncli.data import DataSet, Split
from cnncli.data.held_out import split_images
from cnncli.errors import FormatError, UsageError
from cnncli.shipped import description_folder, model_names, preset_names
from cnncli.training.presets import preset_settings
from cnncli.training.runs import RunFolder
from cnncli.training.train import train
from cnncli.training_options import TRAINING_OPTIONS, TrainSettings


def settings_of(runs: Path) -> dict[str, object]:
    [folder] = runs.iterdir()
    with RunFolder.open(folder.name, runs) as opened:
        return opened.settings


def test_every_preset_names_a_network_and_sets_what_it_means() -> None:
    for name in preset_names():
        found = preset_settings(name)
        assert found["architecture"] in model_names()
    demo = preset_settings("torch-digits")
    # The defaults of the demo's own options.
    assert (demo["learning_rate"], demo["batch_size"], demo["momentum"], demo["images"]) == (0.05, 10, 0, 2000)


def test_every_option_of_the_demo_has_one_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = (description_folder() / "presets" / "torch-digits.toml").read_text(encoding="utf-8")
    rows = [line[6:].split("  ") for line in table.splitlines() if line.startswith("#     --")]
    theirs = {word.strip(",") for row in rows for word in row[0].split() if word.startswith("--")}
    # Torch7's train-on-mnist.lua: its options, but for --dataset's and the machine's.
    assert theirs == {
        f"--{name}" for name in (
            "save", "network", "model", "full", "plot", "optimization", "learningRate", "batchSize", "momentum",
            "coefL1", "coefL2", "maxIter", "threads",
        )
    }  # fmt: skip
    ours = {word for row in rows for word in re.findall(r"--[a-z0-9-]+", " ".join(row[1:]))}
    assert ours <= {row.option for row in TRAINING_OPTIONS}
    monkeypatch.chdir(tmp_path)
    asked = ["train", "--preset", "torch-digits", "--data", "digits", "--images", "200", "--epochs", "1"]
    assert run([*asked, "--arch", "torch-digits-linear", "--out", "first.bin"]) == 0
    assert run([*asked, "--from", "first.bin", "--optim", "lbfgs", "--max-iterations", "2", "--plot"]) == 0
    assert [path.parent.parent.name for path in tmp_path.glob("runs/*/curves.png")] == ["runs"]


def test_what_is_typed_goes_before_the_preset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--out", str(tmp_path / "model.bin"), "--runs", str(tmp_path / "runs"), "--json"]
    asked = ["--data", "digits", "--arch", "torch-digits-linear", "--images", "300", "--epochs", "1"]
    assert run(["train", "--preset", "torch-digits", *asked, *where]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["epochs"] == 1
    plan = settings_of(tmp_path / "runs")
    assert (plan["architecture"], plan["images"], plan["epochs"]) == ("torch-digits-linear", 300, 1)
    assert (plan["batch_size"], plan["learning_rate"], plan["momentum"]) == (10, 0.05, 0.0)
    assert (plan["nesterov"], plan["schedule"], plan["optimizer"]) == (False, "constant", "sgd")


def test_what_it_says_of_its_optimizer_holds_for_that_one_only() -> None:
    of_adam = preset_settings("torch-digits", {"optimizer": "adam"})
    assert of_adam["batch_size"] == 10  # of every optimizer
    assert not {"momentum", "nesterov", "learning_rate", "weight_decay", "optimizer"} & set(of_adam)
    of_lbfgs = preset_settings("torch-digits", {"optimizer": "lbfgs"})
    assert not {"momentum", "batch_size", "schedule", "epochs"} & set(of_lbfgs)
    assert preset_settings("torch-digits", {"optimizer": "sgd"})["learning_rate"] == 0.05


@pytest.mark.parametrize(
    ("preset", "typed", "left"),
    [
        ("epochs = 16", {"steps": "3"}, set()),
        ("epochs = 16", {"time_limit": "60"}, {"epochs"}),  # whichever comes first
        ("epochs = 16", {"seed": 2}, {"epochs"}),
        ('steps = "16"', {"epochs": 2}, set()),
        ('steps = "16"', {"target": 0.9}, set()),
        ("time-limit = 60", {"steps": "3"}, set()),
    ],
)
def test_an_end_that_is_typed_puts_one_of_the_preset_aside_that_it_bars(
    preset: str, typed: dict[str, object], left: set[str], tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'[options]\narch = "linear"\n{preset}\n')
    assert set(preset_settings(str(path), typed)) == {"architecture", *left}


def test_a_preset_is_tried_for_some_steps(tmp_path: Path) -> None:
    where = ["--out", str(tmp_path / "model.bin"), "--runs", str(tmp_path / "runs")]
    asked = ["--data", "digits", "--images", "100", "--steps", "2"]
    assert run(["train", "--preset", "torch-digits", *asked, *where]) == 0
    assert settings_of(tmp_path / "runs")["steps"] == "2"


def test_the_demo_trains_by_lbfgs_too(tmp_path: Path) -> None:
    where = ["--out", str(tmp_path / "model.bin"), "--runs", str(tmp_path / "runs")]
    asked = ["--data", "digits", "--arch", "torch-digits-linear", "--images", "200", "--epochs", "2"]
    assert run(["train", "--preset", "torch-digits", "--optim", "lbfgs", *asked, *where]) == 0
    plan = settings_of(tmp_path / "runs")
    assert (plan["optimizer"], plan["batch_size"], plan["momentum"]) == ("lbfgs", "full", None)


def test_a_default_that_is_typed_goes_before_it_too(tmp_path: Path) -> None:
    """`--seed 1` is the default, and still what the user wants."""
    options = ['arch = "linear"', 'data = "digits"', "seed = 5", "images = 64", "epochs = 1"]
    (tmp_path / "mine.toml").write_text("\n".join(["[options]", *options]))
    where = ["--out", str(tmp_path / "model.bin"), "--runs", str(tmp_path / "runs")]
    assert run(["train", "--preset", str(tmp_path / "mine.toml"), "--seed", "1", *where]) == 0
    assert settings_of(tmp_path / "runs")["seed"] == 1


def test_from_python_it_gives_what_is_left_at_its_default(tmp_path: Path) -> None:
    settings = TrainSettings(
        preset="torch-digits", architecture="torch-digits-linear", data="digits", images=100, epochs=1,
        runs=str(tmp_path / "runs"), out=str(tmp_path / "model.bin"),
    )  # fmt: skip
    list(train(settings))
    plan = settings_of(tmp_path / "runs")
    assert (plan["images"], plan["batch_size"], plan["architecture"]) == (100, 10, "torch-digits-linear")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[options]\nepoch = 3", r', \[options\]: unknown option "epoch"; did you mean "epochs"\?$'),
        ("[options]\nepochs = 0", r": --epochs 0: use a whole number, at least 1 and at most 100,000$"),
        ("[options]\nlr = true", r": --lr true: use a number, more than 0$"),
        ("[options]\nnesterov = 1", r", \[options\]: nesterov is 1; use true or false$"),
        ("[options]\npixels = [3]", r", \[options\]: pixels is \[3\]; use a number of pixels or \[height, width\]$"),
        ('[options]\nthreads = 2', r', \[options\]: unknown option "threads"; .*$'),
        ("options = 3", r': has no \[options\]; add them, such as arch = "lenet5"$'),
        ("[option]\n", r': unknown key "option"; did you mean "options"\?$'),
        ("[", r": is not TOML \(.*\)$"),
    ],
)
def test_a_mistake_is_one_line(text: str, error: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(FormatError, match=f"^{path}{error}"):
        preset_settings(str(path))


def test_data_without_their_option_go_before_the_preset_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text('[options]\narch = "linear"\ndata = "mnist"\nepochs = 1\n')
    assert run(["train", "digits", "--preset", "mine.toml", "--images", "100"]) == 0
    assert settings_of(tmp_path / "runs")["data"] == "digits"


def test_a_preset_for_data_without_a_name_asks_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The usual data set would be digits, which its flips spoil."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text('data = "leaves"\n[options]\narch = "linear"\nepochs = 1\n')
    for name, needed in (("mine.toml", "leaves"), ("cifar10", "a folder of CIFAR-10's pictures, ")):
        assert run(["train", "--preset", name]) == 2
        line = capsys.readouterr().err
        assert f"--preset {name}: is for {needed}" in line and "; add --data with the place of these" in line
        assert preset_settings(name)["architecture"] in model_names()
        with pytest.raises(UsageError, match=f"^--preset {name}: is for {needed}"):
            list(train(TrainSettings(preset=name)))
    assert not (tmp_path / "runs").exists()
    for where in (["--data", "digits"], ["digits"]):
        assert run(["train", *where, "--preset", "mine.toml", "--images", "100"]) == 0


def test_an_unknown_preset_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r'^--preset torch-digit: unknown; did you mean "torch-digits"'):
        preset_settings("torch-digit")
    with pytest.raises(UsageError, match=r"^--preset nowhere.toml: no such file; check the name, or use cifar10, "):
        preset_settings("nowhere.toml")
    with pytest.raises(UsageError, match="cannot be read"):
        preset_settings("/dev/null/nowhere.toml")


def labelled(labels: np.ndarray) -> DataSet:
    images = np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1)
    return DataSet(
        name="some", train=Split(images, labels), test=None, class_names=["a", "b"], polarity="any", source=None
    )


@pytest.mark.parametrize("share", [0.0, 0.25])
def test_so_many_images_are_trained_on_with_the_share_of_each_class(share: float) -> None:
    labels = np.array([0] * 60 + [1] * 40)
    kept, held_out = split_images(labelled(labels), share, 3, most=20)
    assert kept is not None and len(kept) == 20 == len(set(kept.tolist()))
    assert (labels[kept] == 0).sum() == 12
    assert np.array_equal(kept, split_images(labelled(labels), share, 3, most=20)[0])
    assert not np.array_equal(kept, split_images(labelled(labels), share, 4, most=20)[0])
    if held_out is not None:
        assert not set(held_out.images.ravel().tolist()) & set(kept.tolist())
    assert (split_images(labelled(labels), 0.0, 3, most=100)[0]) is None
    with pytest.raises(UsageError, match=r"^--images 101: there are 100 to train on; leave it out to take them all$"):
        split_images(labelled(labels), 0.0, 3, most=101)
