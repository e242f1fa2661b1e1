"""The LeNet-5 that comes with the package, and the embedded digits: what they promise on the real MNIST."""

import subprocess
import sys
from pathlib import Path

import pytest
from tools.pictures.glyphs import FONT_PACKAGES, HELD_OUT_FONTS, TRAINING_FONTS, missing_fonts

import cnncli
import cnncli.data
from cnn_process import run_cnn
from cnncli.data.download.sources import SOURCES
from cnncli.network.architectures import shipped_model

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def model() -> cnncli.Model:
    return cnncli.load(shipped_model("lenet5"))


def test_record_names_the_command_the_data_and_the_accuracy(model: cnncli.Model) -> None:
    record = model.record
    assert record["training"]["command"].startswith("python -m tools.train_shipped ")
    assert record["data"]["digest"] == SOURCES["mnist"].digest
    assert record["test"]["images"] == 10_000 and record["test"]["accuracy"] >= 0.993


def test_page_beside_the_model_has_its_command_and_accuracy(model: cnncli.Model) -> None:
    page = " ".join((ROOT / "models" / "README.md").read_text(encoding="utf-8").replace("\\\n", " ").split())
    assert model.record["training"]["command"] in page
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
    command += ["--out", str(tmp_path / "model.bin"), "--epochs", "1", "--share", "0.02"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=600)
    made = cnncli.load(tmp_path / "model.bin")
    assert made.record["test"]["accuracy"] >= 0.97
    assert 0 < made.confidence.threshold < 1


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
