"""What eval, compare, runs and step print of measures that are put together by hand."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cnncli.cli import render_compare, render_eval, render_runs, render_step
from cnncli.cli.render import print_table, stdout_console
from cnncli.measures.calibration import Calibration
from cnncli.measures.classification import Confusion, measure
from cnncli.measures.intervals import Interval
from cnncli.microscope.chain import Chain, Factor
from cnncli.microscope.one_step import OneStep, ParameterStep
from cnncli.model.compare import ClassDifference, Comparison
from cnncli.training.run_list import Run
from printed import printed, squeezed

# Of 4, 2 and 2 images one a is taken for bb, and so is one ccc.
LABELS, ANSWERS = [0, 0, 0, 0, 1, 1, 2, 2], [0, 0, 0, 1, 1, 1, 2, 1]
NAN = float("nan")


def evaluation(**changed: Any) -> Any:
    curve = Calibration(np.array([0, 8]), np.array([NAN, 0.9]), np.array([NAN, 0.75]), 0.15)
    facts = {
        "model": "m.bin", "data": "mnist", "class_names": ["a", "bb", "ccc"], "seconds": 1.5, "part": "test",
        "metrics": measure(LABELS, ANSWERS, 3, 0.5), "trained_on": False, "notes": [SimpleNamespace(text="a note")],
        "calibration": curve, "temperature": 1.0,
    }  # fmt: skip
    return SimpleNamespace(**(facts | changed))


def test_an_evaluation_has_classes_confusions_and_last_the_accuracy() -> None:
    lines = printed(render_eval.show_evaluation, evaluation(), ["written: x.csv"])
    assert squeezed(lines) == [
        "m.bin on 8 test images of mnist, 1.5 s", "a note", "",
        "class precision recall F1 images",
        "a 100.00 % 75.00 % 85.71 % 4",  # F1 = 2 TP / (2 TP + FP + FN) = 6/7
        "bb 50.00 % 100.00 % 66.67 % 2",
        "ccc 100.00 % 50.00 % 66.67 % 2",
        "mean of classes 83.33 % 75.00 % 73.02 %",
        "mean of images 87.50 % 75.00 % 76.19 %",
        "",
        "confusion: rows are the true classes, columns the answers",
        "a bb ccc", "a 3 1 ·", "bb · 2 ·", "ccc · 1 1", "",
        "most confused: images, share of their class",
        "1 25.00 % a taken for bb", "1 50.00 % ccc taken for bb", "",
        "loss 0.5000", "balanced accuracy 75.00 %, as if each class had as many images",
        "calibration expected error 15.00 % (ECE of 2 bins)",
        "written: x.csv",
        "accuracy 75.00 % (40.93 % to 92.85 % with 95 % confidence; 2 of 8 wrong)",  # Wilson's interval
    ]  # fmt: skip
    assert lines[3:6] == [
        "class            precision    recall       F1  images",
        "a                 100.00 %   75.00 %  85.71 %       4",
        "bb                 50.00 %  100.00 %  66.67 %       2",
    ]
    assert lines[11:13] == ["     a  bb  ccc", "a    3   1    ·"] and lines[17] == "1  25.00 %  a taken for bb"


def test_loss_and_calibration_say_on_which_side_of_the_temperature_they_are() -> None:
    lines = squeezed(printed(render_eval.show_evaluation, evaluation(temperature=1.4567)))
    assert "loss 0.5000 (before the temperature)" in lines
    assert any(line.startswith("calibration ") and line.endswith(", after the temperature of 1.46") for line in lines)
    assert not any("temperature" in line for line in printed(render_eval.show_evaluation, evaluation()))


def test_what_is_not_there_has_no_line_in_an_evaluation() -> None:
    none = Calibration(np.array([0]), np.array([NAN]), np.array([NAN]), NAN)
    right = measure([0, 0, 1, 1], [0, 0, 1, -1], 2, 0.5)
    seen = evaluation(class_names=["a", "b"], metrics=right, calibration=none, trained_on=True, notes=[])
    lines = squeezed(printed(render_eval.show_evaluation, seen))
    assert lines[:3] == ["m.bin on the 4 images of mnist that it was trained on, 1.5 s", "", lines[2]]
    assert lines[lines.index("b · 1") + 1 :] == [
        "", "loss 0.5000", "no answer 1 images, counted as wrong", render_eval.SEEN,
        "accuracy 75.00 % (30.06 % to 95.44 % with 95 % confidence; 1 of 4 wrong of its own training images)",
    ]  # fmt: skip
    assert not any(line.startswith(("mean of images", "balanced", "calibration", "most")) for line in lines)
    held = render_eval.which_images(evaluation(part="held-out"))
    assert held == "the 8 training images of mnist that it held out, which chose its best epoch"
    nothing = measure([], [], 2, 0.0)
    assert render_eval._balance(nothing) == []


def test_of_more_than_20_classes_there_is_no_matrix_and_of_more_than_64_the_worst_20() -> None:
    def lines(classes: int) -> list[str]:
        labels = np.arange(classes - 1)  # the last class has no image
        answers = np.where(labels < 10, (labels + 1) % 10, labels)
        answers[30:] = np.where(np.arange(30, classes - 1) % 2 == 0, answers[30:], -1)
        names = [f"n{number}" for number in range(classes)]
        return squeezed(printed(render_eval.show_evaluation, evaluation(
            class_names=names, metrics=measure(labels, answers, classes, 0.5))))  # fmt: skip

    assert any(line.startswith("confusion") for line in lines(20))
    assert not any(line.startswith("confusion") for line in lines(21))
    assert sum(line.startswith("n") and "taken" not in line for line in lines(64)[:80] if line[1:2].isdigit()) == 64
    many = lines(65)
    assert many[3].startswith("the 20 of 65 classes with the lowest F1 precision")
    # None right: n0 to n9 and, of the classes from 30 on, those with odd numbers.
    worst = [*range(10), *range(31, 50, 2)]
    assert [line.split()[0] for line in many[4:24]] == [f"n{number}" for number in worst]
    assert many[24].startswith("mean of classes")
    assert sum("taken for" in line for line in many) == 5


@pytest.mark.parametrize(("width", "heads"), [(12, ["a", "bb", "ccc"]), (11, ["1", "2", "3"])])
def test_a_matrix_has_numbers_where_names_do_not_fit(width: int, heads: list[str]) -> None:
    table = render_eval._matrix(["a", "bb", "ccc"], measure(LABELS, ANSWERS, 3, 0.5), width)
    assert [str(column.header) for column in table.columns[1:]] == heads
    names = [str(cell) for cell in table.columns[0].cells]
    assert names == (["a", "bb", "ccc"] if heads[0] == "a" else [" 1 a", " 2 bb", " 3 ccc"])


@pytest.mark.parametrize(("count", "width", "fits"), [(9, 5, True), (10, 5, False), (10, 7, True), (100, 8, False)])
def test_numbers_in_a_matrix_take_room_as_names_do(count: int, width: int, fits: bool) -> None:
    """One letter for names, and for both columns a space and a name or a number."""
    labels = [0] * count + [1]
    table = render_eval._matrix(["a", "b"], measure(labels, labels, 2, 0.5), width)
    assert (str(table.columns[1].header) == "a") is fits


@pytest.mark.parametrize(("width", "letters"), [(20, 8), (49, 8), (50, 9), (80, 24), (96, 32), (240, 32)])
def test_names_that_are_confused_share_a_line(width: int, letters: int) -> None:
    metrics = measure([0, 0, 0], [0, 0, 1], 2, 0.5)
    table = render_eval._confusions(["a" * 40, "b" * 40], metrics, [Confusion(0, 1, 1)], width)
    short = "a" * (letters - 3) + "... taken for " + "b" * (letters - 3) + "..."
    assert [str(next(iter(column.cells))) for column in table.columns] == ["1", "33.33 %", short]


@pytest.mark.parametrize("columns", [12, 16, 20, 26, 32])
def test_rows_of_tables_stay_one_line_in_narrow_terminals(columns: int) -> None:
    names = ["a b c d e", "bb bb bb bb", "c c c c"]
    metrics = measure(LABELS, ANSWERS, 3, 0.5)
    rows = [ClassDifference(f"{name} and more words", 1_000, 20, 1_001) for name in names]
    tables = (
        (render_eval._class_table(names, metrics, "images"), 1 + 3 + 2),
        (render_eval._matrix(names, metrics, 200), 1 + 3),
        (render_eval._confusions(names, metrics, metrics.most_confused(5), 80), 2),
        (render_compare._class_table(comparison(classes=rows)), 1 + 3),
    )
    for table, lines in tables:
        assert len(printed(lambda table=table: print_table(stdout_console(), table), columns=columns)) == lines


def test_json_of_an_evaluation_has_null_for_what_does_not_exist() -> None:
    facts = render_eval.evaluation_facts(evaluation(metrics=measure([0, 0], [0, 1], 3, 0.5)))
    assert facts["classes"][2] == {"class": "ccc", "precision": None, "recall": None, "f1": None, "samples": 0}
    assert facts["classes"][0] == {
        "class": "a", "precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "samples": 2,
    }  # fmt: skip
    assert facts["calibration"] == [
        {"answers": 0, "probability": None, "accuracy": None}, {"answers": 8, "probability": 0.9, "accuracy": 0.75},
    ]  # fmt: skip
    assert facts["mean"] == {"precision": 0.5, "recall": 0.5, "f1": pytest.approx(1 / 3)}  # a 2/3, bb 0
    assert facts["weighted_mean"]["recall"] == facts["accuracy"] == 0.5
    assert facts["most_confused"] == [{"class": "a", "taken_for": "bb", "samples": 1}]
    both = render_eval.evaluation_facts(evaluation())
    assert (both["mean"]["precision"], both["weighted_mean"]["precision"]) == (pytest.approx(5 / 6), 0.875)
    assert render_eval.interval_facts(Interval(NAN, NAN)) is None
    labels = np.arange(30)
    assert len(render_eval.class_facts(measure(labels, (labels + 1) % 30, 30, 0.5), list(map(str, labels)))[
        "most_confused"]) == 20  # fmt: skip


ABOVE, AROUND = Interval(0.15, 0.355), Interval(-0.15, 0.355)


def comparison(
    only: tuple[int, int] = (30, 5), p_value: float = 1e-5, interval: Interval = ABOVE, **changed: Any
) -> Any:
    first, second = only
    paired: Any = SimpleNamespace(
        both=1_060, only_first=first, only_second=second, neither=5, samples=1_100, difference=(first - second) / 100,
        interval=interval, p_value=p_value, is_exact=False,
    )  # fmt: skip
    made = Comparison(evaluation(), evaluation(model="n.bin"), paired, 1_234, [])
    return dataclasses.replace(made, **changed)


def test_a_comparison_tells_where_two_models_differ_and_which_is_better() -> None:
    rows = [ClassDifference("a", 1_000, 20, 1_001), ClassDifference("b" * 41, 2, 1, 0)]
    lines = printed(render_compare.show_comparison, comparison(classes=rows), ["written: x.csv"])
    assert squeezed(lines) == [
        "on 8 test images of mnist", "",
        "A m.bin: accuracy 75.00 % (40.93 % to 92.85 %)", "B n.bin: accuracy 75.00 % (40.93 % to 92.85 %)",
        "both right 1,060", "only A right 30", "only B right 5", "neither 5", "answers 1,234 of 1,100 differ",
        "A less B +25.00 points (+15.00 to +35.50 with 95 % confidence)", "chance McNemar's test: p < 0.0001", "",
        "class images only A right only B right", "a 1,000 20 1,001", f"{'b' * 37}... 2 1 0", "",
        "written: x.csv", "A is better by 25.00 points",
    ]  # fmt: skip
    assert lines[12:14] == [
        f"{'class':40}   images   only A right   only B right", f"{'a':40}    1,000             20          1,001",
    ]  # fmt: skip


BETTER = "A is better by 25.00 points"
NONE = "no real difference is shown: chance alone makes as large a one"
BORDER = "on the border, hardly a real difference: chance alone makes as large a one"


@pytest.mark.parametrize(
    ("made", "last"),
    [
        (comparison((5, 30), interval=Interval(-0.35, -0.01)), "B is better by 25.00 points"),
        (comparison((1, 0)), "A is better by 1.00 points"),
        (comparison((0, 1), interval=Interval(-0.1, -0.01)), "B is better by 1.00 points"),
        (comparison((5, 5), 1.0, AROUND), f"{NONE} more often than not"),
        (comparison((30, 5), 0.51, AROUND), f"{NONE} more often than not"),
        (comparison((30, 5), 0.3, AROUND), f"{NONE} about one time in 3"),
        (comparison((30, 5), 0.0501, AROUND), f"{NONE} about one time in 20"),
        (comparison((30, 5), 0.0501), f"{BORDER} about one time in 20"),
        (comparison((5, 30), 0.07, Interval(-0.3, -0.01)), f"{BORDER} about one time in 14"),
        (comparison((30, 5), 0.049, AROUND), f"{BORDER} about one time in 20"),
        (comparison(first=evaluation(trained_on=True)), f"{BETTER}, on images that one of them has seen"),
        (comparison(first=evaluation(trained_on=True), second=evaluation(trained_on=True)),
         f"{BETTER}, on images that both have seen"),
        (comparison((0, 0)), "no difference: each image is right for both, or for neither"),
    ],
)
def test_the_last_line_of_a_comparison_is_its_verdict(made: Comparison, last: str) -> None:
    lines = squeezed(printed(render_compare.show_comparison, made))
    assert lines[-1] == last and any("McNemar" in line for line in lines) is (not last.startswith("no difference"))


def test_of_more_than_ten_classes_the_first_ten_are_compared_and_their_number_is_told() -> None:
    for count, head in ((10, "class images"), (11, "class (of 11) images")):
        rows = [ClassDifference(f"n{number}", 1, 0, 0) for number in range(count)]
        lines = squeezed(printed(render_compare.show_comparison, comparison(classes=rows)))
        assert any(line.startswith(head) for line in lines) and sum(line.startswith("n") for line in lines) == 10 + 1


def test_each_model_that_has_seen_the_images_is_told_and_an_exact_test_too() -> None:
    made = comparison(second=evaluation(model="n.bin", trained_on=True))
    made.paired.is_exact, made.paired.p_value = True, 0.03125
    lines = squeezed(printed(render_compare.show_comparison, made))
    assert f"n.bin: {render_eval.SEEN}" in lines and f"m.bin: {render_eval.SEEN}" not in lines
    assert "chance McNemar's test (exact): p = 0.0312" in lines
    assert [render_compare._p_text(p) for p in (1e-4, 9.9e-5)] == ["= 0.0001", "< 0.0001"]


RUN = Run(Path("runs/a-1"), "done", {"epochs": 9}, [{"loss": 0.25, "seconds": 90.0}], None, 1e6, 2_000_000)


@pytest.mark.parametrize(
    ("history", "test_accuracy", "cells"),
    [
        ([], None, ("", "")),
        ([{"loss": 0.25}], None, ("loss 0.2500", "training")),
        ([{"loss": 0.25, "accuracy": 0.5}], None, ("50.00 %", "training")),
        ([{"loss": 0.25, "accuracy": 0.5, "validation_accuracy": 0.75}], None, ("75.00 %", "validation")),
        ([{"loss": 0.25, "accuracy": 0.5, "validation_accuracy": 0.75}], 0.0, ("0.00 %", "test")),
        ([], 0.875, ("87.50 %", "test")),
    ],
)
def test_a_run_is_listed_with_the_best_that_is_known_of_it(
    history: list[dict[str, Any]], test_accuracy: float | None, cells: tuple[str, str]
) -> None:
    run = dataclasses.replace(RUN, history=history, test_accuracy=test_accuracy)
    assert render_runs._accuracy(run) == cells


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "now"), (0, "now"), (59, "now"), (60, "1 min ago"), (3_599, "59 min ago"), (3_600, "1 h ago"),
        (86_399, "23 h ago"), (86_400, "1 d ago"), (8_640_000, "100 d ago"),
    ],
)  # fmt: skip
def test_how_long_ago_is_in_the_largest_unit(seconds: int, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render_runs, "time", SimpleNamespace(time=lambda: 1e6 + seconds))
    assert render_runs._ago(1e6) == words


def test_runs_are_a_table_which_narrow_terminals_have_no_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render_runs, "time", SimpleNamespace(time=lambda: 1e6 + 60))
    broken = dataclasses.replace(RUN, path=Path("elsewhere/b-2"), state="damaged", history=[], fault="is no JSON",
                                 settings={"time_limit": 60.0}, size_bytes=500_000)  # fmt: skip
    wide = [
        "run  state    epochs     accuracy  of            time  when         size",
        "a-1  done        1/9  loss 0.2500  training  1:30 min  1 min ago  2.0 MB",
    ]
    found = printed(render_runs.list_runs, [RUN, broken], Path("runs"))
    assert squeezed(found[:3]) == [*squeezed(wide), "b-2 damaged 0 0.0 s 1 min ago 500 kB"]
    assert found[:2] == wide
    assert found[3:] == [
        "b-2: is no JSON", "", "2.5 MB in runs",
        "cnn runs NAME NAME compares, --prune removes; cnn train --resume RUN goes on",
    ]  # fmt: skip
    on_100, on_99 = (printed(render_runs.list_runs, [RUN], Path("runs"), columns=width) for width in (100, 99))
    assert squeezed(on_100)[:2] == squeezed(wide)
    assert squeezed(on_99)[:2] == [
        "run state epochs accuracy of when", "a-1 done 1/9 loss 0.2500 training 1 min ago"
    ]  # fmt: skip
    long = dataclasses.replace(RUN, path=Path("runs") / ("n" * 60))
    narrow = printed(render_runs.list_runs, [long], Path("runs"), columns=70)
    assert sum(line.count("n" * 3) and line.split()[0].count("n") for line in narrow[1:4]) == 60  # all of the name
    assert "loss 0.2500  training  1 min ago" in narrow[1]
    assert printed(render_runs.list_runs, [], Path("runs")) == ["no runs in runs; cnn train starts one"]


def test_json_of_a_run_has_null_for_what_is_not_known() -> None:
    facts = render_runs.run_facts(RUN)
    assert (facts["fault"], facts["network"], facts["accuracy"], facts["loss"]) == (None, None, None, 0.25)
    assert (facts["epochs_done"], facts["epochs"], facts["seconds"]) == (1, 9, 90.0)
    damaged = render_runs.run_facts(dataclasses.replace(RUN, history=[], fault="is no JSON"))
    assert (damaged["fault"], damaged["loss"]) == ("is no JSON", None)


def test_two_runs_stand_beside_each_other() -> None:
    first = dataclasses.replace(
        RUN, settings={"epochs": 9, "batch_size": 32, "learning_rate": 0.1234567, "out": "a.bin"}, test_accuracy=0.5
    )
    other = dataclasses.replace(
        RUN, path=Path("b-2"), settings={"epochs": 9, "batch_size": 64, "learning_rate": None, "out": "b.bin"},
        history=[{"loss": 0.5, "accuracy": 0.25}],
    )  # fmt: skip
    lines = printed(render_runs.show_comparison, [first, other])
    assert sorted(squeezed(lines[1:3])) == ["batch size 32 64", "learning rate 0.123457 -"]
    assert squeezed([lines[0], *lines[3:]]) == [
        "a-1 b-2", "state done done", "epochs 1/9 1/9", "loss 0.2500 0.5000", "accuracy 25.00 %", "test 50.00 %",
        "time 1:30 min 0.0 s",
    ]  # fmt: skip
    assert lines[3].startswith("state           done")
    neither = squeezed(printed(render_runs.show_comparison, [RUN, RUN]))
    assert [line.split()[0] for line in neither] == ["a-1", "state", "epochs", "loss", "time"]


def settings_told(*settings: dict[str, object]) -> tuple[dict[str, list[object]], list[str]]:
    runs = [dataclasses.replace(RUN, settings=one) for one in settings]
    lines = squeezed(printed(render_runs.show_comparison, runs))
    shown = lines[1 : next(place for place, line in enumerate(lines) if line.startswith("state "))]
    return render_runs.comparison_facts(runs)["differ"], shown


def test_a_training_that_its_time_ends_has_no_number_of_epochs() -> None:
    timed = {"epochs": 100_000, "time_limit": 20.0}
    differ, shown = settings_told(timed, {"epochs": 3, "time_limit": None})
    assert differ == {"epochs": [None, 3], "time_limit": [20.0, None]}
    assert shown == ["epochs - 3", "time limit 20.0 s -"]
    assert settings_told(timed, {"epochs": 90_000, "time_limit": 90.0})[1] == ["time limit 20.0 s 1:30 min"]
    assert render_runs.run_facts(dataclasses.replace(RUN, settings=timed))["epochs"] is None


def test_data_that_changed_between_two_runs_are_told() -> None:
    one = {"data": "/a", "data_digest": "a" * 64, "plugins": ["p.py"], "plugin_digests": ["c" * 64, "d" * 64]}
    differ, shown = settings_told(one, one | {"data_digest": "b" * 64})
    assert differ == {"data_digest": ["a" * 64, "b" * 64]} and shown == ["data of digest aaaaaaaa bbbbbbbb"]
    assert settings_told(one, one | {"data_digest": "b" * 64, "data": "/b"})[1] == ["data /a /b"]
    assert settings_told(one, one | {"data_digest": "b" * 64, "prepare": "plain"})[1] == ["prepare - plain"]
    assert settings_told(one, one | {"plugin_digests": ["e" * 64, "d" * 64]})[1] == [
        "plugins of digest cccccccc, dddddddd eeeeeeee, dddddddd",
    ]
    model = {"start_from": "a.bin", "start_digest": "a" * 64}
    assert settings_told(model, model | {"start_digest": "b" * 64})[1] == ["model of digest aaaaaaaa bbbbbbbb"]
    assert settings_told(model, {"start_from": "b.bin", "start_digest": "b" * 64})[1] == ["start from a.bin b.bin"]


@pytest.mark.parametrize("columns", [18, 24])
def test_names_of_settings_stay_one_line_in_narrow_terminals(columns: int) -> None:
    other = dataclasses.replace(RUN, path=Path("b"), settings={"epochs": 3, "batch_size": 2})
    one = dataclasses.replace(RUN, path=Path("a"), settings={"epochs": 9, "batch_size": 4})
    lines = printed(render_runs.show_comparison, [one, other], columns=columns)
    assert sum(line.startswith("batch size ") for line in lines) == 1


CHAIN = Chain("1.weight", (0, 2), 0.25, 0.5, 0.5, 3e-4, 1.5, 1.25, 1_200, [], 0.125)


@pytest.mark.parametrize(
    ("gradient", "difference", "line"),
    [
        (0.0, 0.0, ""), (1.0, 1.0, ""), (1000.0, 999.0, ""), (-1.0, -0.9984, "0.2 % apart, by the rounding"),
        (10.0, 9.0, "10.0 % apart, by the rounding"), (0.898, 1.0, "10 % apart: many kinks"),
        (0.5, -0.5, "200 % apart: many kinks"), (0.0, 1.0, "100 % apart: many kinks"), (-1.0, 0.0, "100 % apart: many"),
    ],
)  # fmt: skip
def test_gradients_that_differ_are_explained(gradient: float, difference: float, line: str) -> None:
    lines = list(render_step._apart(dataclasses.replace(CHAIN, gradient=gradient, difference=difference)))
    assert (lines[0] if lines else "").strip().startswith(line) and bool(lines) is bool(line)


def test_a_chain_has_its_factors_and_their_product() -> None:
    factors = [Factor(("loss", ()), ("3", (0, 1)), "CrossEntropy", -0.5), Factor(("3", (0, 1)), ("weight", (0, 2)),
               "Linear", -0.25)]  # fmt: skip
    lines = list(render_step.chain_lines(dataclasses.replace(CHAIN, factors=factors)))
    assert squeezed(lines) == [
        "the gradient of 1.weight[0,2], which is 0.25000", "by back-propagation 0.500000",
        "by finite difference 0.500000", "(loss 1.500000 with 0.0003 more, 1.250000 with 0.0003 less)", "",
        "It takes part in 1,200 values of its layer, and each reaches the loss on many",
        "paths; their products add up to the gradient. The strongest path, each factor",
        "from the loss down to the weight:",
        "d loss / d 3[0,1] -0.500000 CrossEntropy", "d 3[0,1] / d weight[0,2] -0.250000 Linear",
        "their product, 25.0 % of the gradient 0.125",
    ]  # fmt: skip
    none = list(render_step.chain_lines(CHAIN))
    assert none[-1] == "The loss does not depend on it: all that it gives is lost on the way, or is 0."
    zero = list(render_step.chain_lines(dataclasses.replace(CHAIN, gradient=0.0, factors=factors)))
    assert squeezed(zero)[-1] == "their product 0.125"


def test_a_step_has_a_row_for_each_parameter_and_the_length_of_all_gradients() -> None:
    rows = [ParameterStep("1.weight", (10, 4), 0.8, 3.0, 0.2), ParameterStep("1.bias", (10,), 0.0, 4.0, 0.25)]
    batch = SimpleNamespace(network=SimpleNamespace(name=""), criterion=Path())
    lines = list(render_step.step_lines(
        OneStep(2.5, 1.25, rows), batch, SimpleNamespace(lr=0.1), "mnist", 64))  # type: ignore[arg-type]  # fmt: skip
    assert lines[0].startswith("one step of the network on 64 samples of mnist: ") and lines[0].endswith("rate 0.1")
    assert squeezed(lines[-6:]) == [
        "parameter shape norm gradient change change/norm", "1.weight 10x4 0.8 3 0.2 25.00 %", "1.bias 10 0 4 0.25",
        "all 5", "", "loss on these samples: 2.500000 before, 1.250000 after",
    ]  # fmt: skip
    assert [len(line) for line in lines[-6:-3]] == [60, 60, 48] and len(lines[-3]) == 37
    facts = render_step.step_facts(OneStep(float("inf"), 1.25, rows))
    assert (facts["loss_before"], facts["loss_after"], facts["parameters"][0]["norm"]) == (None, 1.25, 0.8)
