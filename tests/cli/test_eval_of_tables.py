"""`cnn eval` of a table says which of its rows were measured, as of pictures."""

import json
from pathlib import Path

import numpy as np
import pytest

from cnncli.cli.main import run
from cnncli.model_file.serialize import save_model
from cnncli.network import Network
from cnncli.pictures.recipe import InputRecipe
from html_page import Page


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def cnn(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    capsys.readouterr()
    assert run([*words]) == code
    captured = capsys.readouterr()
    return captured.out if code == 0 else captured.err


def write_kinds(path: str, seed: int = 1, rows: int = 60) -> None:
    """Two columns, and one of two classes that they tell badly."""
    drawn = np.random.default_rng(seed)
    kinds = np.where(np.arange(rows) % 3, "wren", "owl")
    cells = drawn.normal(size=(rows, 2)).round(4) + (kinds == "owl")[:, np.newaxis]
    lines = [f"{a:.4f},{b:.4f},{kind}" for (a, b), kind in zip(cells, kinds, strict=True)]
    Path(path).write_text("a,b,kind\n" + "\n".join(lines) + "\n")


def write_prices(path: str, rows: int = 40) -> None:
    drawn = np.random.default_rng(2).normal(size=(rows, 2)).round(3)
    lines = [f"{a},{b},{2 * a - b + 0.1 * a * b:.4f}" for a, b in drawn.tolist()]
    Path(path).write_text("a,b,price\n" + "\n".join(lines) + "\n")


TRAIN = ["--epochs", "5", "--runs", "runs", "--quiet"]


def test_rows_that_a_model_held_out_are_measured_by_default_and_are_those_of_its_training(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_kinds("birds.csv")
    cnn(capsys, "train", "birds.csv", "--arch", "mlp", "--val", "0.3", *TRAIN)
    trained = json.loads(cnn(capsys, "info", "model.bin", "--json"))["training"]
    best = trained["history"][trained["best_epoch"] - 1]
    Path("moved.csv").write_bytes(Path("birds.csv").read_bytes())
    for words in ((), ("--part", "held-out")):
        facts = json.loads(cnn(capsys, "eval", "model.bin", "--data", "moved.csv", "--json", *words))
        assert (facts["part"], facts["trained_on"], facts["samples"]) == ("held-out", False, 18)
        assert facts["accuracy"] == best["validation_accuracy"]
    said = cnn(capsys, "eval", "model.bin", "--data", "birds.csv").splitlines()
    assert said[0] == "model.bin on the 18 training rows of birds that it held out, which chose its best epoch"
    facts = json.loads(cnn(capsys, "eval", "model.bin", "--data", "birds.csv", "--json", "--part", "train"))
    assert (facts["part"], facts["trained_on"], facts["samples"]) == ("train", True, 42)
    said = cnn(capsys, "eval", "model.bin", "--data", "birds.csv", "--part", "train").splitlines()
    assert said[0] == "model.bin on the 42 rows of birds that it was trained on"
    assert said[-2].startswith("the model has seen these rows: ") and said[-1].endswith(" of its own training rows)")


def test_rows_of_a_table_all_of_which_were_trained_on_are_called_so(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_prices("flats.csv")
    cnn(capsys, "train", "flats.csv", "--arch", "linear-regression", *TRAIN)
    said = cnn(capsys, "eval", "model.bin", "--data", "flats.csv").splitlines()
    assert said[0] == "model.bin on the 40 rows of flats that it was trained on"
    assert said[1].startswith("the model has seen these rows: ") and "; of its own training rows), R^2" in said[2]
    facts = json.loads(cnn(capsys, "eval", "model.bin", "--data", "flats.csv", "--json"))
    assert (facts["part"], facts["trained_on"], facts["samples"]) == ("train", True, 40)
    refused = cnn(capsys, "eval", "model.bin", "--data", "flats.csv", "--part", "held-out", code=1)
    assert refused == "cnn: flats.csv: model.bin held none of these rows out; leave out --part\n"
    refused = cnn(capsys, "eval", "model.bin", "--data", "flats.csv", "--part", "test", code=1)
    assert refused == "cnn: flats.csv: holds no test rows; it has train: leave out --part\n"


def test_held_out_values_are_measured_and_images_of_a_training_count_as_trained_on(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_prices("flats.csv")
    options = ["--arch", "linear-regression", "--val", "0.25", "--images", "20"]
    cnn(capsys, "train", "flats.csv", *options, *TRAIN)
    trained = json.loads(cnn(capsys, "info", "model.bin", "--json"))["training"]
    facts = json.loads(cnn(capsys, "eval", "model.bin", "--data", "flats.csv", "--json"))
    assert (facts["part"], facts["samples"]) == ("held-out", 10)
    drawn = np.loadtxt("flats.csv", delimiter=",", skiprows=1)[:, 2]
    assert facts["targets"][0]["mse"] < np.var(drawn) * 4 and trained["images"] == 20
    facts = json.loads(cnn(capsys, "eval", "model.bin", "--data", "flats.csv", "--json", "--part", "train"))
    assert (facts["trained_on"], facts["samples"]) == (True, 20)


def test_all_rows_of_another_table_are_measured(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_kinds("birds.csv")
    write_kinds("others.csv", seed=2)
    cnn(capsys, "train", "birds.csv", "--arch", "mlp", *TRAIN)
    facts = json.loads(cnn(capsys, "eval", "model.bin", "--data", "others.csv", "--json"))
    assert (facts["part"], facts["trained_on"], facts["samples"]) == ("train", False, 60)
    said = cnn(capsys, "eval", "model.bin", "--data", "others.csv")
    assert said.startswith("model.bin on the 60 rows of others\n") and "seen" not in said


@pytest.mark.parametrize(("arch", "more"), [
    ("linear-regression", "The errors in the units of the table:"), ("mlp", "Each class and what is taken for what:"),
])  # fmt: skip
def test_the_command_on_the_page_of_a_training_on_a_table_runs(
    arch: str, more: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (write_prices if arch == "linear-regression" else write_kinds)("own.csv")
    cnn(capsys, "train", "own.csv", "--arch", arch, *TRAIN)
    page = Page(next(Path("runs").glob("*/report.html")).read_text())
    assert more in page.text and "mistakes as pictures" not in page.text and "pictures inputs" not in page.text
    assert "cnn eval model.bin --data own.csv" in page.text and "--report" not in page.text
    assert "numbers inputs" in page.text
    cnn(capsys, "eval", "model.bin", "--data", "own.csv")
    assert "\nnumbers " in cnn(capsys, "info", "model.bin") and "\npictures " not in cnn(capsys, "info", "model.bin")


@pytest.mark.parametrize("words", [
    "eval pictures.bin --data t.csv", "predict pictures.bin t.csv", "compare pictures.bin pictures.bin --data t.csv",
    "new-project p --data t.csv", "data t.csv --augment light --show",
])  # fmt: skip
def test_a_table_of_numbers_is_called_so_where_pictures_are_needed(
    words: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("t.csv").write_text("area,rooms,price\n1.5,2,3\n2.5,3,4\n")
    network = Network.from_model_name("linear", 2, seed=1)
    network.recipe = InputRecipe("glyph")
    save_model(here / "pictures.bin", network)
    said = cnn(capsys, *words.split(), code=1)
    assert "cnn: t.csv: is a table of numbers, in which there are no pictures; pass pictures, or use a model " in said


def test_a_model_of_numbers_is_named_where_pictures_are_to_be_trained_on(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_prices("own.csv")
    cnn(capsys, "train", "own.csv", "--arch", "linear-regression", *TRAIN)
    (here / "photos").mkdir()
    said = cnn(capsys, "train", "photos", "--from", "model.bin", code=2)
    assert said == "cnn: --from model.bin: predicts numbers; pass --data with a table, such as x.csv\n"
