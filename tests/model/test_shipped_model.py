"""The LeNet-5 that comes with the package, and the embedded digits: what they promise on the real MNIST."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tools.pictures.glyphs import FONT_PACKAGES, HELD_OUT_FONTS, TRAINING_FONTS, missing_fonts

import cnncli
import cnncli.data
from cnn_process import run_cnn
from cnncli.cli.main import run
from cnncli.data import Split
from cnncli.model.measured_part import _recorded_data
from cnncli.model.own_data import is_own
from cnncli.model_file.seal import is_intact
from cnncli.shipped import shipped_model

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def model() -> cnncli.Model:
    return cnncli.load(shipped_model("lenet5"))


def test_record_names_the_command_the_data_and_the_accuracy(model: cnncli.Model) -> None:
    record = model.record
    assert record["data"]["made_by"] == "python -m tools.train_shipped --data-dir FOLDER"
    assert record["training"]["command"].startswith("cnn train --arch lenet5 --data shipped-digits.npz ")
    assert record["data"]["made_from"] == "mnist" and is_intact(model.network)
    assert record["test"]["images"] == 10_000 and record["test"]["accuracy"] >= 0.993


def test_file_says_nothing_that_the_same_training_elsewhere_would_not(model: cnncli.Model) -> None:
    training = model.record["training"]
    assert training["instruction_set"] == "avx2" and not {"seconds", "threads"} & set(training)
    assert all(not {"seconds", "images_per_second"} & set(facts) for facts in training["history"])


def test_replay_asks_for_its_data_and_says_what_makes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = str(shipped_model("lenet5"))
    assert run(["replay", path]) == 2
    assert "python -m tools.train_shipped --data-dir FOLDER makes" in capsys.readouterr().err
    assert run(["info", path]) == 0
    made = next(line for line in capsys.readouterr().out.splitlines() if "made from mnist" in line)
    assert made.strip() == "made from mnist and more, by python -m tools.train_shipped --data-dir FOLDER"


def test_what_data_were_made_from_is_measured_and_told_to_be_trained_on() -> None:
    record = {"data": {"name": "more-digits", "by_name": False, "made_from": "digits"}}
    assert _recorded_data("m", record) == "digits"
    split = Split(np.zeros((1, 1, 2, 2), np.uint8), np.zeros(1, np.int64))
    assert is_own(record, "digits", split) and not is_own(record, "mnist", split)


def test_page_beside_the_model_has_its_command_and_accuracy(model: cnncli.Model) -> None:
    page = " ".join((ROOT / "models" / "README.md").read_text(encoding="utf-8").replace("\\\n", " ").split())
    assert model.record["data"]["made_by"] in page
    assert f"{100 * model.record['test']['accuracy']:.2f} %" in page


def test_digit_of_the_repository_is_a_five(model: cnncli.Model) -> None:
    assert model.recipe is not None
    assert model.predict(model.recipe.prepare(ROOT / "digit.png").pixels).labels.tolist() == [5]


@pytest.mark.slow
def test_shipped_model_is_right_on_993_of_1000_test_images(mnist_folder: Path, tmp_path: Path) -> None:
    outcome = run_cnn(
        "eval", shipped_model("lenet5"), "--data", "mnist", "--data-dir", mnist_folder, "--json", folder=tmp_path
    )
    assert outcome.code == 0, outcome.err
    assert outcome.json["samples"] == 10_000 and outcome.json["accuracy"] >= 0.993


@pytest.mark.slow
def test_its_command_with_one_epoch_and_few_pictures_comes_close(mnist_folder: Path, tmp_path: Path) -> None:
    if missing_fonts((*TRAINING_FONTS, *HELD_OUT_FONTS)):
        pytest.skip(f"fonts are missing; apt-get install {FONT_PACKAGES}")
    command = [sys.executable, "-m", "tools.train_shipped", "--data-dir", str(mnist_folder)]
    command += ["--work", str(tmp_path), "--epochs", "1", "--share", "0.02"]
    for name, more in (("one.bin", {"CNN_ISA": "avx2"}), ("other.bin", {"CNN_NUM_THREADS": "2"})):
        (tmp_path / "model.bin").unlink(missing_ok=True)
        shutil.rmtree(tmp_path / "runs", ignore_errors=True)
        asked = [*command, "--out", str(tmp_path / name)]
        subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, timeout=900, env=os.environ | more)
    made = cnncli.load(tmp_path / "one.bin")
    assert (tmp_path / "one.bin").read_bytes() == (tmp_path / "other.bin").read_bytes()
    assert made.record["test"]["accuracy"] >= 0.97
    assert 0 < made.confidence.threshold < 1
    replayed = run_cnn("replay", tmp_path / "one.bin", "--data", tmp_path / "shipped-digits.npz", folder=tmp_path)
    assert replayed.code == 0, replayed.err + replayed.out


@pytest.mark.slow
def test_at_most_two_in_a_hundred_right_answers_are_rejected(model: cnncli.Model, mnist_folder: Path) -> None:
    test = cnncli.data.load("mnist", data_dir=str(mnist_folder)).test
    assert test is not None
    prediction = model.predict(test.images)
    right = prediction.labels == test.labels
    assert (prediction.probabilities.max(axis=1)[right] < model.confidence.threshold).mean() <= 0.02


@pytest.mark.slow
def test_lenet5_trained_on_digits_alone_reads_mnist(mnist_folder: Path, tmp_path: Path) -> None:
    trained = run_cnn(
        "train", "--arch", "lenet5", "--data", "digits", "--weight-decay", "0.003", folder=tmp_path
    )
    assert trained.code == 0, trained.err
    outcome = run_cnn(
        "eval", "model.bin", "--data", "mnist", "--data-dir", mnist_folder, "--json", folder=tmp_path
    )
    assert outcome.code == 0, outcome.err
    assert outcome.json["samples"] == 10_000 and outcome.json["accuracy"] >= 0.98
