"""Tables of numbers on the command line: regression, and classes by the sign of one output."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

import cnncli
from cnncli.cli.main import run
from cnncli.data.number_sets import class_names, load_numbers
from cnncli.data.tables.number_table import holds_numbers, read_number_table, target_values
from cnncli.errors import CnnError, FormatError
from cnncli.model.evaluate_numbers import fit_of
from cnncli.number_recipe import NumberRecipe


def write_flats(path: Path, rows: int = 60) -> None:
    """price = 3 area - 200 rooms + 1000, with decimal commas and a column that numbers the rows."""
    rng = np.random.default_rng(5)
    area, rooms = rng.uniform(50, 200, rows), rng.normal(3, 0.5, rows)
    lines = ["id;area;rooms;price"]
    for n, (a, r) in enumerate(zip(area, rooms, strict=True)):
        lines.append(f"{n + 1};{a:.4f};{r:.4f};{3 * round(a, 4) - 200 * round(r, 4) + 1000:.4f}".replace(".", ","))
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def cnn(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    capsys.readouterr()
    assert run([*words]) == code
    captured = capsys.readouterr()
    return captured.out if code == 0 else captured.err


def test_regression_trains_evaluates_predicts_and_shows_the_line(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_flats(Path("flats.csv"))
    trained = cnn(capsys, "train", "--arch", "linear-regression", "--data", "flats.csv", "--epochs", "60")
    assert "60 training rows" in trained and "accuracy" not in trained and "images" not in trained
    facts = json.loads(cnn(capsys, "eval", "model.bin", "--data", "flats.csv", "--json"))
    (fit,) = facts["targets"]
    assert fit["target"] == "price" and fit["r2"] > 0.9999 and facts["samples"] == 60
    assert fit["rmse"] == pytest.approx(fit["mse"] ** 0.5)
    assert "R^2 1.0000" in cnn(capsys, "eval", "model.bin", "--data", "flats.csv")
    (line,) = json.loads(cnn(capsys, "summary", "model.bin", "--json"))["learned"]
    name, _, area, _, sign, rooms, _, _, bias = line.split()
    assert (name, sign) == ("price", "-")
    assert [float(area), float(rooms), float(bias)] == pytest.approx([3, 200, 1000], rel=0.01)
    assert line in cnn(capsys, "summary", "model.bin")
    said = cnn(capsys, "predict", "model.bin", "100,3")
    assert said.startswith("100,3: price = ") and float(said.split()[-1]) == pytest.approx(700, abs=5)
    rows = json.loads(cnn(capsys, "predict", "flats.csv", "--model", "model.bin", "--json"))
    values = target_values(read_number_table(Path("flats.csv")))[:, 0]
    assert [row["price"] for row in rows] == pytest.approx(values.tolist(), abs=5)
    table = list(csv.reader(io.StringIO(cnn(capsys, "predict", "flats.csv", "--model", "model.bin", "--csv"))))
    assert table[0] == ["row", "price"] and float(table[1][1]) == pytest.approx(rows[0]["price"])


def test_two_targets_are_predicted_and_a_run_goes_on(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40, 2)).round(4)
    y = np.column_stack([x @ [1, 2], x @ [-1, 0.5] + 7])
    np.savetxt("two.csv", np.column_stack([y[:, 0], x, y[:, 1]]), "%.6f", ",", header="u,a,b,v", comments="")
    options = ["--arch", "linear-regression", "--data", "two.csv", "--target-column", "u,v"]
    cnn(capsys, "train", *options, "--epochs", "80", "--runs", "runs")
    fits = json.loads(cnn(capsys, "eval", "model.bin", "--data", "two.csv", "--json"))["targets"]
    assert [fit["target"] for fit in fits] == ["u", "v"] and min(fit["r2"] for fit in fits) > 0.999
    assert "--label-column u,v" in cnncli.load("model.bin").record["training"]["command"]
    before = Path("model.bin").read_bytes()
    (folder,) = Path("runs").iterdir()
    cnn(capsys, "train", "--resume", str(folder), "--out", "again.bin")
    again = cnncli.load("again.bin").network
    first = cnncli.load("model.bin").network
    assert again.parameters()[0][0].tobytes() == first.parameters()[0][0].tobytes() and before


@pytest.mark.parametrize("loss", ["mse", "hinge"])
def test_labels_minus_1_and_plus_1_through_tanh(
    here: Path, capsys: pytest.CaptureFixture[str], loss: str
) -> None:
    Path("and.csv").write_text("a,b,out\n0,0,-1\n0,1,-1\n1,0,-1\n1,1,+1\n")
    cnn(capsys, "train", "--arch", "perceptron", "--data", "and.csv", "--loss", loss)
    model = cnncli.load("model.bin")
    assert model.class_names == ["-1", "1"] and model.network.outputs == "sign"
    rows = json.loads(cnn(capsys, "predict", "model.bin", "and.csv", "--json"))
    assert [row["label"] for row in rows] == ["-1", "-1", "-1", "1"]
    assert json.loads(cnn(capsys, "eval", "model.bin", "--data", "and.csv", "--json"))["accuracy"] == 1.0
    assert cnn(capsys, "predict", "model.bin", "1,1").startswith("1,1: 1 (")


def test_cnn_data_tells_what_a_table_is(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_flats(Path("flats.csv"))
    assert "60 rows of 2 numbers" in cnn(capsys, "data", "flats.csv")
    facts = json.loads(cnn(capsys, "data", "flats.csv", "--json"))
    table = read_number_table(Path("flats.csv"))
    assert facts["columns"][0]["mean"] == pytest.approx(table.rows[:, 0].mean()) and facts["targets"] == ["price"]
    assert facts["notes"] == ["left aside: column id, which numbers the rows"]


@pytest.mark.parametrize(
    "text",
    [
        "a,b,y\n1.5,2,3\n4,5.5,6\n", "a;b;y\n1,5;2;3\n4;5,5;6\n", "a\tb\ty\n1.5\t2\t3\n4\t5.5\t6\n",
        "a b y\n1.5 2 3\n4 5.5 6\n", "sep=;\na;b;y\n1.5;2;3\n\n4;5.5;6\n",
    ],
)  # fmt: skip
def test_separators_headers_and_decimal_commas(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    table = read_number_table(path)
    assert (table.names, table.targets) == (["a", "b"], ["y"])
    assert table.rows.tolist() == [[1.5, 2], [4, 5.5]] and target_values(table).tolist() == [[3], [6]]
    path.write_text(text.replace("a,b,y\n", "").replace("a;b;y\n", "").replace("a\tb\ty\n", "").replace("a b y\n", ""))
    bare = read_number_table(path)
    assert (bare.names, bare.targets, bare.rows.tolist()) == (["x1", "x2"], ["y"], table.rows.tolist())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1.5,2\n,3\n", "line 3, column a: is missing; fill it in, or pass --skip-bad to leave out such rows"),
        ("a,b\n1.5,2\n2,NA\n", "line 3, column b: is missing; fill it in, or pass --skip-bad to leave out such rows"),
        ("a,b\n1.5,2\nx,3\n", "line 3, column a: 'x' is no number; fill in a number, or remove the column"),
        ("a,b\n1.5,2\n1,2,3\n", "line 3: 3 columns, 2 in the first row; give each the same"),
        ("a,b\n1.5,2\n2.5,2\n", "column b is the same in all rows, so that there is nothing to predict; "
         "pass --label-column with another one"),
    ],
)  # fmt: skip
def test_table_that_cannot_be_learned_is_told_in_one_line(
    here: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    Path("t.csv").write_text(text)
    said = cnn(capsys, "train", "--arch", "linear-regression", "--data", "t.csv", code=1)
    assert message in said and said.count("\n") == 1 and "Traceback" not in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--loss", "hinge"], "--loss hinge: takes classes, but linear-regression gives numbers; use --loss mse, l1"),
        (["--target", "0.9"], "--target: is an accuracy, which numbers have none of; leave it out"),
        (["--pixels", "28"], "--pixels: is about pictures, and --data is a table of numbers; leave it out"),
        (["--label-column", "prize"], "no column prize; pass --label-column with one or more of"),
    ],
)  # fmt: skip
def test_options_that_do_not_fit_numbers_are_told(
    here: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    write_flats(Path("flats.csv"))
    with_words = ["train", "--arch", "linear-regression", "--data", "flats.csv", *words]
    capsys.readouterr()
    assert run(with_words) in (1, 2)
    assert message in capsys.readouterr().err


def test_rows_with_missing_numbers_are_left_aside_when_asked(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1.5,2\n,3\n4,5\n")
    table = read_number_table(tmp_path / "t.csv", skip_bad=True)
    assert table.rows.tolist() == [[1.5], [4]]
    assert [note.text for note in table.notes] == ["left aside: 1 rows with missing numbers"]


def test_classes_of_a_table_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,k\n1.5,2,10\n1,3,+1\n4,5,-2\n1,1,1.0\n")
    assert class_names(read_number_table(tmp_path / "t.csv")) == ["-2", "1", "10"]
    (tmp_path / "f.csv").write_text("a,b,k\n1.5,2,1.5\n1,3,2.5\n4,5,3.5\n")
    with pytest.raises(CnnError, match=r"numbers such as 1\.5, which are no classes; use --arch linear-reg"):
        load_numbers(tmp_path / "f.csv", None, has_values=False)


def test_list_of_pictures_is_no_table_of_numbers(tmp_path: Path) -> None:
    lists = (("1.png,3\n2.png,4\n", False), ("1,frog\n2,cat\n", False), ("0.5,frog\n1.5,cat\n2,cat\n", True))
    for text, is_table in lists:
        (tmp_path / "t.csv").write_text("path,label\n" + text)
        assert holds_numbers(tmp_path / "t.csv") is is_table


def test_fit_is_the_formulas() -> None:
    values, predicted = np.array([1.0, 2, 4, 7]), np.array([1.5, 2, 3, 8])
    fit = fit_of("y", values, predicted)
    assert fit.mse == (0.25 + 1 + 1) / 4 and fit.rmse == fit.mse**0.5 and fit.mae == 2.5 / 4
    assert fit.r2 == pytest.approx(1 - 2.25 / ((values - 3.5) ** 2).sum())
    assert np.isnan(fit_of("y", np.ones(3), np.ones(3)).r2)


def test_recipe_of_numbers_survives_its_file_and_refuses_others() -> None:
    recipe = NumberRecipe(("a", "b"), (1.0, 2.0), (0.5, 4.0), ("y",), (3.0,), (10.0,))
    assert NumberRecipe.from_dict("m", json.loads(json.dumps(recipe.to_dict()))) == recipe
    weights, biases = recipe.line(np.array([[2.0, -1.0]]), np.array([0.25]))
    rows = np.array([[0.0, 0.0], [1.0, 5.0]])
    by_hand = [3 + 10 * (2 * (a - 1) / 0.5 - (b - 2) / 4 + 0.25) for a, b in rows]
    assert (rows @ weights[0] + biases[0]).tolist() == pytest.approx(by_hand)
    for wrong in ({"scale": [0.5, 0.0]}, {"mean": [1.0]}, {"columns": ["a", 3]}, {"target_mean": []}, {"more": []}):
        with pytest.raises(FormatError, match=r"^m: .* train (it|the model) again$"):
            NumberRecipe.from_dict("m", recipe.to_dict() | wrong)
