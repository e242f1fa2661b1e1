"""What data and eval print of tables of numbers, and the lists of data sets, each whole."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cnncli.cli import data_list, numbers_named
from cnncli.cli.table_report import show_table
from cnncli.errors import UsageError
from cnncli.measures.classification import measure
from cnncli.measures.intervals import Interval
from cnncli.model import evaluate_numbers
from cnncli.model.evaluate_numbers import Fit, NumberEvaluation
from printed import printed, squeezed

NAN = float("nan")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def table(rows: list[str], head: str = "x,y") -> str:
    Path("t.csv").write_text("\n".join([head, *rows]) + "\n")
    return "t.csv"


def shown(path: str, faults: int, column: str | None = None) -> list[str]:
    found: list[int] = []
    lines = printed(lambda: found.append(show_table(path, column, False, False)))
    assert found == [faults]
    return lines


def test_a_table_is_told_with_the_measures_of_its_columns_and_its_values() -> None:
    lines = shown(table(["1.5,7,-1", "2.5,7,1", "3.5,8.5,1"], "a,b,kind"), 0)
    assert lines == [
        "t: 3 rows of 2 numbers",
        "  a: mean 2.5, std 0.816497, from 1.5 to 3.5",  # the root of 2/3
        "  b: mean 7.5, std 0.707107, from 7 to 8.5",  # the root of 1/2
        "  kind is to be predicted: -1, 1",
        f"    {'-1':20}       1 {'#' * 12}",
        f"    {'1':20}       2 {'#' * 24}",
        "nothing found: no doubles, no row with two targets",
    ]


@pytest.mark.parametrize(("count", "more"), [(9, ""), (10, ""), (11, " ...")])
def test_ten_values_of_a_target_are_named(count: int, more: str) -> None:
    lines = shown(table([f"{number}.5,{number}.25" for number in range(count)]), 0)
    values = ", ".join(sorted(f"{number}.25" for number in range(count))[:10])  # in the order of letters
    assert lines[2] == f"  y is to be predicted: {values}{more}"


def test_of_each_fault_three_groups_are_shown_and_four_rows_of_a_group() -> None:
    once = [f"{number}.5,1" for number in range(20, 30)]
    lines = shown(table(["1.5,2"] * 4 + ["2.5,2"] * 5 + ["3.5,2"] * 2 + ["4.5,2"] * 2 + once), 1)
    at = next(number for number, line in enumerate(lines) if line.startswith("! "))
    assert lines[at + 1 :] == [
        "    row 1 = row 2 = row 3 = row 4", "    row 5 = row 6 = row 7 = row 8 ...", "    row 10 = row 11"
    ]  # fmt: skip
    assert lines[at].startswith("! 9 rows are the same as another one")  # 3 + 4 + 1 + 1


def test_json_of_a_table_has_all_of_it() -> None:
    path = table(["1.5,1", "2.5,2", "1.5,1"])
    facts = json.loads("".join(printed(lambda: show_table(path, None, False, True))))
    assert (facts["name"], facts["source"], facts["rows"], facts["targets"]) == ("t", "t.csv", 3, ["y"])
    [column] = facts["columns"]
    assert (column["column"], column["least"], column["most"]) == ("x", 1.5, 2.5)
    assert column["mean"] == pytest.approx(5.5 / 3) and column["std"] == pytest.approx(2**0.5 / 3)
    assert facts["values"] == [{"value": "1", "rows": 2}, {"value": "2", "rows": 1}]
    assert [(one["count"], one["remedy"], one["rows"]) for one in facts["found"]] == [(1, None, [[1, 3]])]


@pytest.mark.parametrize(
    ("text", "column", "is_table"),
    [
        ("x,y\n1.5,2\n2.5,3\n", None, True), ("1.png,3\n2.png,4\n", None, False),
        ("1.png,3\n2.png,4\n", "1", False), ("1.png,3\n2.png,4\n", "1,2", True),
    ],
)  # fmt: skip
def test_a_table_is_a_file_of_numbers_or_one_of_which_columns_are_named(
    text: str, column: str | None, is_table: bool
) -> None:
    Path("t.csv").write_text(text)
    Path("folder").mkdir()
    assert numbers_named._is_number_table("t.csv", column) is is_table
    assert not numbers_named._is_number_table("none.csv", "1,2") and not numbers_named._is_number_table("folder", "1,2")
    if is_table:
        for option in ("--model", "--out", "--show"):
            with pytest.raises(UsageError, match=rf"^{option}: is about pictures, and t\.csv is a table of numbers; "):
                numbers_named.told_as_table("t.csv", column, False, False, {"--of": None, option: "m.bin"})
    else:
        assert numbers_named.told_as_table("t.csv", column, False, False, {"--model": "m.bin"}) is None


FITS = [
    Fit("price", 4.0, 2.0, 1.5, 0.9375, Interval(1.25, 1.75)), Fit("area", 1e6, 1e3, 900.0, NAN, Interval(NAN, NAN))
]  # fmt: skip


def fit_lines(monkeypatch: pytest.MonkeyPatch, as_json: bool = False, **changed: Any) -> list[str]:
    found = NumberEvaluation("m.bin", "flats", 1_200, FITS, None, [], [SimpleNamespace(text="a note")])  # type: ignore[list-item]
    for name, value in changed.items():
        object.__setattr__(found, name, value)
    monkeypatch.setattr(evaluate_numbers, "evaluate_numbers", lambda *_: found)
    return printed(numbers_named.show_fit, "m.bin", "t.csv", None, None, False, as_json)


def test_errors_are_told_in_the_units_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fit_lines(monkeypatch) == [
        "m.bin on the 1,200 rows of flats",
        "a note",
        "price: MSE 4, RMSE 2, MAE 1.5 (1.25 to 1.75 with 95 % confidence), R^2 0.937500",
        "area: MSE 1e+06, RMSE 1000, MAE 900, R^2 -",
    ]
    facts = json.loads(fit_lines(monkeypatch, as_json=True)[0])
    assert facts["targets"] == [
        {"target": "price", "mse": 4.0, "rmse": 2.0, "mae": 1.5, "mae_interval": [1.25, 1.75], "r2": 0.9375},
        {"target": "area", "mse": 1e6, "rmse": 1e3, "mae": 900.0, "mae_interval": None, "r2": None},
    ]
    assert (facts["samples"], facts["notes"]) == (1_200, ["a note"]) and "classes" not in facts


def test_classes_of_rows_have_their_table_and_accuracy(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = measure([0, 0, 1, 1], [0, 1, 1, 1], 2, NAN)
    changed = {"fits": [], "metrics": metrics, "class_names": ["-1", "1"], "notes": []}
    lines = squeezed(fit_lines(monkeypatch, **changed))
    assert lines[:3] == ["m.bin on the 1,200 rows of flats", "", "class precision recall F1 rows"]
    assert lines[-1] == "accuracy 75.00 % (30.06 % to 95.44 % with 95 % confidence; 1 of 4 wrong)"
    facts = json.loads(fit_lines(monkeypatch, as_json=True, **changed)[0])
    assert facts["accuracy"] == 0.75 and "targets" not in facts


def test_own_rows_are_told_as_own_images_are(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = fit_lines(monkeypatch, trained_on=True)
    assert seen[0] == "m.bin on the 1,200 rows of flats that it was trained on"
    assert seen[2].startswith("the model has seen these rows: what it makes of new ones is not measured here; ")
    assert seen[3].endswith("MAE 1.5 (1.25 to 1.75 with 95 % confidence; of its own training rows), R^2 0.937500")
    held = fit_lines(monkeypatch, part="held-out")
    assert held[0] == "m.bin on the 1,200 training rows of flats that it held out, which chose its best epoch"
    assert len(held) == 4
    facts = json.loads(fit_lines(monkeypatch, as_json=True, part="held-out")[0])
    assert (facts["part"], facts["trained_on"]) == ("held-out", False)


def model_of(values: bool) -> Any:
    """One that gives 2 a + b and a, or the class "big" where a is above 1, with 75 %."""

    def predict(rows: Any) -> Any:
        if values:
            return SimpleNamespace(values=np.column_stack([2 * rows[:, 0] + rows[:, 1], rows[:, 0]]))
        names = ["big" if row[0] > 1 else "small" for row in rows]
        return SimpleNamespace(values=None, names=names, probabilities=np.tile([0.25, 0.75], (len(rows), 1)))

    recipe = SimpleNamespace(targets=("u", "v"), columns=("a", "b"))
    return SimpleNamespace(network=SimpleNamespace(recipe=recipe), predict=predict)


def predicted(monkeypatch: pytest.MonkeyPatch, words: list[str], form: str = "text", values: bool = True) -> str:
    monkeypatch.setattr(evaluate_numbers, "recipe_of_numbers", lambda network: network.recipe)
    written: list[str] = []
    numbers_named.predict_rows(model_of(values), words, form, written.append)
    return "".join(written)


def test_rows_are_answered_one_by_one_or_from_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    assert predicted(monkeypatch, ["1.5,2", "-1,0.25"]) == "1.5,2: u = 5, v = 1.5\n-1,0.25: u = -1.75, v = -1\n"
    Path("t.csv").write_text("b,a,u,v\n2,1.5,0,0\n4,3.5,1,1\n")
    assert predicted(monkeypatch, ["t.csv"]) == "t.csv, row 1: u = 5, v = 1.5\nt.csv, row 2: u = 11, v = 3.5\n"
    assert predicted(monkeypatch, ["1.5,2"], values=False) == "1.5,2: big (75.00 %)\n"
    assert predicted(monkeypatch, ["1.5,2"], "csv") == 'row,u,v\n"1.5,2",5.0,1.5\n'
    assert predicted(monkeypatch, ["1.5,2"], "csv", False) == 'row,label,probability\n"1.5,2",big,0.75\n'
    assert predicted(monkeypatch, [], "csv") == "row\n"
    assert json.loads(predicted(monkeypatch, ["1.5,2"], "json")) == [{"row": "1.5,2", "u": 5.0, "v": 1.5}]


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("x,2", "x,2: is no file and no row of numbers; use one such as 1.5,2"),
        ("1", "1: the model takes 2 numbers, a, b; write them with commas between"),
        ("1,2,3", "1,2,3: the model takes 2 numbers, a, b; write them with commas between"),
        ("1,inf", "1,inf: the model takes 2 numbers, a, b; write them with commas between"),
    ],
)
def test_what_is_no_row_is_told_and_stops_no_other(
    word: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert predicted(monkeypatch, [word, "1.5,2"]) == "1.5,2: u = 5, v = 1.5\n"
    assert capsys.readouterr().err == f"cnn: {told}\n"
    assert json.loads(predicted(monkeypatch, [word], "json")) == [{"row": word, "error": told}]
    assert predicted(monkeypatch, [word, "1.5,2"], "csv").splitlines()[2] == '"1.5,2",5.0,1.5'


def test_a_table_to_be_predicted_may_lack_its_targets_and_a_row_without_a_number_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("t.csv").write_text("a,b,u,v\n1.5,2,,NA\n,4,0,0\nx,4,0,0\n3.5,4,,\n")
    Path("f.csv").write_text("a,b\n1,1\n")
    answered = "t.csv, row 1: u = 5, v = 1.5\nt.csv, row 4: u = 11, v = 3.5\nf.csv, row 1: u = 3, v = 1\n"
    assert predicted(monkeypatch, ["t.csv", "f.csv"]) == answered
    assert capsys.readouterr().err.splitlines() == [
        "cnn: t.csv, line 3, column a: is missing; fill it in, the model takes it",
        "cnn: t.csv, line 4, column a: 'x' is no number; fill in a number, or remove the column",
    ]
    rows = predicted(monkeypatch, ["t.csv"], "csv").splitlines()
    assert rows[2] == '"t.csv, row 2",,' and rows[4].startswith('"t.csv, row 4",11')
    Path("none.csv").write_text("a,b\n,1\n")
    assert predicted(monkeypatch, ["none.csv", "none.csv"]) == ""


def test_data_sets_are_listed_with_where_they_are_or_what_they_take() -> None:
    facts: list[dict[str, Any]] = [
        {"data": "digits", "title": "Drawn", "classes": 10, "download_bytes": 0, "folder": None, "is_here": True},
        {"data": "mnist", "title": "Written", "classes": 10, "download_bytes": 11_600_000, "folder": None,
         "is_here": False},
        {"data": "letters", "title": "Letters", "classes": 26, "download_bytes": 1, "folder": "sets/l",
         "is_here": True},
    ]  # fmt: skip
    assert printed(data_list.list_data_sets, facts) == [
        "data set  classes  here",
        "digits         10  yes          Drawn",
        "mnist          10  no, 11.6 MB  Written",
        "letters        26  yes          Letters, in sets/l",
        "",
        "cnn data NAME (or FOLDER) says what is in one, cnn train NAME learns from it",
    ]


def test_names_of_data_sets_stay_in_their_line_in_narrow_terminals() -> None:
    facts = [{"data": "a b c d e", "title": "t u v", "classes": 10, "download_bytes": 11_600_000, "folder": None,
              "is_here": False}]  # fmt: skip
    lines = printed(data_list.list_data_sets, facts, columns=24)
    assert lines[1].startswith("a b c") and "  no, 11" in lines[1] and lines[2] == ""


def test_what_is_known_of_data_sets_says_which_are_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        data_list, "locate", lambda source, folder: (Path(folder) / "m", {}) if source.name == "mnist" else None
    )
    facts = {one["data"]: one for one in data_list.data_set_facts("sets")}
    assert next(iter(facts)) == "digits" and facts["digits"] == {
        "data": "digits", "title": "Drawn digits that come with cnn, new for each seed", "classes": 10,
        "download_bytes": 0, "licence": None, "folder": None, "is_here": True,
    }  # fmt: skip
    mnist, letters = facts["mnist"], facts["emnist-letters"]
    assert (mnist["folder"], mnist["is_here"], mnist["classes"]) == ("sets/m", True, 10)
    assert (letters["folder"], letters["is_here"], letters["classes"]) == (None, False, 26)
    assert 11e6 < mnist["download_bytes"] < 12e6  # MNIST's four files have 11.6 MB
