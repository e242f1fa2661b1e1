"""`cnn eval` as users type it."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import cnncli
from cnn_process import Cnn, Outcome
from cnncli.cli.main import run


@pytest.fixture
def model(trained: tuple[Path, Outcome]) -> str:
    return str(trained[0] / "model.bin")


def test_json_agrees_with_a_count_by_hand(
    model: str, small_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["eval", model, "--data", str(small_data), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    with np.load(small_data) as arrays:
        prediction = cnncli.load(model).predict(arrays["x_test"])
        labels = arrays["y_test"].astype(int)
    confusion = np.zeros((10, 10), int)
    for true, answer in zip(labels, prediction.labels, strict=True):
        confusion[true, answer] += 1
    assert facts["samples"] == 160
    assert facts["confusion"] == confusion.tolist()
    assert facts["accuracy"] == np.trace(confusion) / 160
    expected_loss = -np.log(prediction.probabilities[np.arange(160), labels].astype(np.float64)).mean()
    assert facts["loss"] == pytest.approx(expected_loss, rel=1e-4)
    assert facts["classes"][3]["recall"] == pytest.approx(confusion[3, 3] / confusion[3].sum())
    assert facts["data"] == small_data.stem or facts["data"] == small_data.name


def test_accuracy_is_that_of_the_training(
    trained: tuple[Path, Outcome], model: str, small_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["eval", model, "--data", str(small_data)]) == 0
    found = re.search(
        r"^accuracy (\S+) % \((\d+) wrong\)  loss \d\.\d{4}$", capsys.readouterr().out, re.MULTILINE
    )
    assert found is not None
    line = f"test accuracy {found[1]} %, {found[2]} of 160 images wrong"
    assert line in [" ".join(line.split()) for line in trained[1].out.splitlines()]


def test_table_and_matrix_have_a_row_for_each_class(
    model: str, small_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["eval", model, "--data", str(small_data)]) == 0
    lines = capsys.readouterr().out.splitlines()
    start = [line.split() for line in lines].index(["class", "precision", "recall", "F1", "images"])
    assert [line.split()[0] for line in lines[start + 1 : start + 11]] == list("0123456789")
    start = lines.index("confusion: rows are the true classes, columns the answers")
    assert lines[start + 1].split() == list("0123456789")
    counts = [line.split()[1:] for line in lines[start + 2 : start + 12]]
    assert sum(int(count) for row in counts for count in row if count != "·") == 160


def test_model_trained_on_a_path_needs_data(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["eval", model]) == 2
    assert capsys.readouterr().err.endswith("model files hold no paths; pass --data PATH\n")


def test_recorded_data_is_used_without_data(cnn: Cnn) -> None:
    made = cnn("train", "--arch", "linear", "--data", "digits", "--epochs", 1, "--json")
    assert made.code == 0, made.err
    outcome = cnn("eval", "model.bin", "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json["data"] == "digits"
    assert outcome.json["accuracy"] == made.json["test_accuracy"]


def test_thread_count_changes_nothing(
    model: str, small_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    losses = []
    for threads in ("1", "2", "3"):
        assert run(["eval", model, "--data", str(small_data), "--threads", threads, "--json"]) == 0
        losses.append(json.loads(capsys.readouterr().out)["loss"])
    assert losses[0] == losses[1] == losses[2]


def test_images_of_another_size_are_fitted_and_that_is_said(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = np.zeros((20, 1, 30, 28), np.uint8)
    images[:, :, 10] = 255
    labels = np.arange(20) % 10
    np.savez(tmp_path / "tall.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    assert run(["eval", model, "--data", str(tmp_path / "tall.npz")]) == 0
    assert "in grey 28x28 (the images are grey 30x28)" in capsys.readouterr().out


def test_file_that_is_no_model_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "model.bin").write_text("no model")
    assert run(["eval", str(tmp_path / "model.bin")]) == 1
    captured = capsys.readouterr()
    assert captured.out == "" and len(captured.err.splitlines()) == 1


@pytest.mark.parametrize(
    "options, note",
    [
        (["--loss", "multi-margin"], "the loss is the cross-entropy; the training made multi-margin small"),
        (["--label-smoothing", "0.1"], "the loss is that of the labels; the training smoothed them by 0.1"),
    ],
)
def test_a_loss_that_is_not_the_one_of_the_training_is_named(
    cnn: Cnn, small_data: Path, options: list[str], note: str
) -> None:
    outcome = cnn("train", "--arch", "linear", "--data", small_data, "--epochs", 1, *options)
    assert outcome.code == 0, outcome.err
    outcome = cnn("eval", "model.bin", "--data", small_data)
    assert note in outcome.out.splitlines()
