"""`Model.predict` of models of numbers: rows and tables in, values in the units of the table or classes out."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncli
from cnncli.cli.main import run
from cnncli.errors import CnnError
from cnncli.training.train import train
from cnncli.training_options import TrainSettings


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """values.bin predicts two columns of values.csv, classes.bin the class in classes.csv."""
    folder = tmp_path_factory.mktemp("rows")
    rng = np.random.default_rng(2)
    rows = rng.normal(50, 20, size=(200, 2))
    lines = [f"{a},{b},{300 * a - b},{a + b}" for a, b in rows]
    (folder / "values.csv").write_text("\n".join(["a,b,price,sum", *lines]) + "\n")
    lines = [f"{a},{b},{int(a > b)}" for a, b in rows]
    (folder / "classes.csv").write_text("\n".join(["a,b,larger", *lines]) + "\n")
    common: dict[str, Any] = {"runs": str(folder / "runs"), "epochs": 60}
    *_, _ = train(TrainSettings(
        architecture="linear-regression", data=str(folder / "values.csv"), label_column="price,sum",
        out=str(folder / "values.bin"), **common,
    ))  # fmt: skip
    *_, _ = train(TrainSettings(
        architecture="linear", data=str(folder / "classes.csv"), label_column="larger",
        out=str(folder / "classes.bin"), **common,
    ))  # fmt: skip
    return folder


def test_values_come_in_the_units_of_the_table(folder: Path) -> None:
    model = cnncli.load(folder / "values.bin")
    rows = np.array([[10, 20], [90.5, 30], [60, 60]])
    answer = model.predict(rows)
    assert answer.values is not None and answer.values.dtype == np.float64
    expected = np.stack([300 * rows[:, 0] - rows[:, 1], rows.sum(axis=1)], axis=1)
    np.testing.assert_allclose(answer.values, expected, rtol=0.02)
    assert (answer.labels.shape, answer.names, answer.probabilities.shape) == ((0,), [], (3, 0))
    # By hand: standardized, through the network, and back.
    recipe: Any = model.network.recipe
    outputs = model.network.forward(((rows - recipe.mean) / recipe.scale).astype(np.float32))
    by_hand = outputs * np.array(recipe.target_scale) + recipe.target_mean
    np.testing.assert_allclose(answer.values, by_hand, rtol=1e-5)
    for one_row in ([90.5, 30], np.float32([90.5, 30]), [[90.5, 30]]):
        found = model.predict(one_row).values
        assert found is not None
        np.testing.assert_allclose(found, answer.values[1:2], rtol=1e-6)
    none = model.predict(np.zeros((0, 2))).values
    assert none is not None and none.shape == (0, 2)


def test_a_table_gives_what_the_command_gives(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, targets in (("values", ["price", "sum"]), ("classes", None)):
        answer = cnncli.load(folder / f"{name}.bin").predict(str(folder / f"{name}.csv"))
        assert run(["predict", str(folder / f"{name}.bin"), str(folder / f"{name}.csv"), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert len(told) == 200
        if targets is not None:
            assert answer.values is not None
            assert answer.values.tolist() == [[row[target] for target in targets] for row in told]
        else:
            assert answer.values is None and answer.names == [row["label"] for row in told]
            assert answer.probabilities.max(axis=1).tolist() == [row["probability"] for row in told]


def test_classes_of_rows_are_those_of_the_table(folder: Path) -> None:
    model = cnncli.load(folder / "classes.bin")
    assert model.predict([[90, 10], [10, 90]]).names == ["1", "0"]
    assert model.predict([90, 10]).labels.tolist() == [1]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[1, 2, 3]], r"^predict: got an array of shape \(1, 3\); the model takes 2 numbers a row, a, b: \(rows, 2\)$"),
        ([1, 2, 3], r"^predict: got an array of shape \(3,\); the model takes 2 numbers a row, a, b"),
        ([[1, 2], [3]], r"^predict: the rows differ in length; the model takes 2 numbers a row, a, b$"),
        ([["x", "y"]], r"^predict: rows are <U1; the model takes 2 numbers a row, a, b$"),
        ([[1, 2], [np.nan, 2]], r"^predict: row 1 has a number that is missing or not finite"),
        ("lost.csv", r"^lost\.csv: no such file; the model takes 2 numbers a row, a, b$"),
    ],
)
def test_other_rows_are_told_what_the_model_takes(folder: Path, rows: Any, message: str) -> None:
    with pytest.raises(CnnError, match=message) as caught:
        cnncli.load(folder / "values.bin").predict(rows)
    assert "\n" not in str(caught.value)
