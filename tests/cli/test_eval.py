"""`cnn eval` as users type it."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cnncli
from cnn_process import Cnn, Outcome
from cnncli.cli.main import run
from cnncli.model_file.serialize import save_model
from cnncli.network import Network
from cnncli.pictures.recipe import InputRecipe


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
        r"^accuracy (\S+) %  \(\S+ % to \S+ % with 95 % confidence; (\d+) of 160 wrong\)\n\Z",
        capsys.readouterr().out, re.MULTILINE,
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


def test_every_number_of_the_screen_is_in_the_json(
    model: str, small_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["eval", model, "--data", str(small_data), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    recalls = [row["recall"] for row in facts["classes"]]
    assert facts["balanced_accuracy"] == pytest.approx(sum(recalls) / 10) == facts["mean"]["recall"]
    low, high = facts["accuracy_interval"]
    assert low < facts["accuracy"] < high and facts["weighted_mean"]["recall"] == pytest.approx(facts["accuracy"])
    assert sum(one["answers"] for one in facts["calibration"]) == 160
    worst = facts["most_confused"][0]
    assert facts["confusion"][int(worst["class"])][int(worst["taken_for"])] == worst["samples"]


def test_answers_as_csv_are_those_of_python(
    model: str, small_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["eval", model, "--data", str(small_data), "--csv", str(tmp_path / "answers.csv")]) == 0
    with np.load(small_data) as arrays:
        prediction = cnncli.load(model).predict(arrays["x_test"])
        labels = arrays["y_test"].astype(int).tolist()
    with (tmp_path / "answers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["file", "class", "answer", "right", "probability", *"0123456789"]
    assert [row["file"] for row in rows] == [f"image {i + 1}" for i in range(160)]
    for row, label, name, shares in zip(rows, labels, prediction.names, prediction.probabilities, strict=True):
        assert (row["class"], row["answer"], row["right"]) == (str(label), name, str(int(str(label) == name)))
        assert [float(row[k]) for k in "0123456789"] == pytest.approx(shares.tolist(), abs=1e-5)
        assert float(row["probability"]) == max(float(row[k]) for k in "0123456789")


def test_mistakes_are_copied_once_each_and_only_they(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Class names that no file can have, files of one name in two folders, and one with a line end in its name."""
    names = ["a:b", 'a"b']
    drawn = np.random.default_rng(5)
    for name in names:
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(6):
            pixels = drawn.integers(0, 256, (12, 12), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "data" / name / f"{number}\n.png")
    network = Network.from_model_name("linear", names, (1, 12, 12), seed=1)
    network.recipe = InputRecipe("plain", 1, 12, 12, "any", (0.0,), (1.0,))
    save_model(tmp_path / "m.bin", network)
    command = ["eval", str(tmp_path / "m.bin"), "--data", str(tmp_path / "data"), "--part", "train"]
    assert run([*command, "--json", "--mistakes", str(tmp_path / "wrong"), "--csv", str(tmp_path / "all.csv")]) == 0
    facts = json.loads(capsys.readouterr().out)
    with (tmp_path / "wrong" / "mistakes.csv").open(newline="") as file:
        mistakes = list(csv.DictReader(file))
    with (tmp_path / "all.csv").open(newline="") as file:
        wrong = {row["file"] for row in csv.DictReader(file) if row["right"] == "0"}
    assert 0 < len(mistakes) == round(12 * (1 - facts["accuracy"])) and {row["file"] for row in mistakes} == wrong
    copies = {str(path.relative_to(tmp_path / "wrong")) for path in (tmp_path / "wrong").rglob("*.png")}
    assert copies == {row["copy"] for row in mistakes}
    for row in mistakes:
        assert (tmp_path / "wrong" / row["copy"]).read_bytes() == Path(row["file"]).read_bytes()
    assert run([*command, "--mistakes", str(tmp_path / "wrong")]) == 2
    assert capsys.readouterr().err.endswith("wrong: holds files already; name a new folder\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.csv", "data", "m.bin", "wrong"]


@pytest.mark.parametrize("option", ["--csv", "--mistakes"])
def test_a_target_that_cannot_be_made_is_told_before_the_work(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The model does not even exist."""
    (tmp_path / "file").write_text("")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    wrong = {"no/where": "does not exist; make it with mkdir -p", "full": "name a "}
    wrong |= {"file": "is a file; name a folder"} if option == "--mistakes" else {}
    for path, words in wrong.items():
        assert run(["eval", "none.bin", option, str(tmp_path / path)]) == 2
        line = capsys.readouterr().err
        assert line.startswith(f"cnn: {option} ") and words in line and len(line.splitlines()) == 1
