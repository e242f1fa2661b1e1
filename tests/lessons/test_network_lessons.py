"""The lessons on layers, networks and classes, and their pages, against float64 formulas."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli.cli.main import run
from cnncli.lessons.perceptron import INPUTS
from lesson_pages import lesson, opened, press, slide

ROOT = Path(__file__).parents[2]


def test_a_layer_is_its_product_forward_and_backward(rng: np.random.Generator) -> None:
    for seed in (1, 2, 3):
        x = rng.normal(0, 2, 3)
        given = lesson("layer", seed=seed, values=tuple(x.tolist())).values
        weight, bias, g = np.array(given["weight"]), np.array(given["bias"]), np.array([1.0, -0.5])
        assert given["outputs"] == pytest.approx(weight @ x + bias, rel=1e-5, abs=1e-5)
        assert given["by_x"] == pytest.approx(weight.T @ g, rel=1e-5, abs=1e-5)
        assert np.array(given["by_weight"]) == pytest.approx(np.outer(g, x), rel=1e-5, abs=1e-5)
        assert given["by_bias"] == pytest.approx(g)
        assert given["two"] == pytest.approx(given["one"], rel=1e-4, abs=1e-4) and given["apart"] < 1e-4


@pytest.mark.parametrize("x", [(0.0, 0.0, 0.0), (100.0, -100.0, 100.0)])
def test_a_layer_of_any_inputs_has_a_question(x: tuple[float, ...]) -> None:
    assert len(lesson("layer", values=x).question.choices) >= 3


def test_the_page_of_a_layer_multiplies_as_the_library_does(browser: Any, tmp_path: Path) -> None:
    given = lesson("layer")
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        assert page.evaluate("[0, 1].map(lesson.output)") == pytest.approx(given.values["outputs"], rel=1e-5)
        press(page, "One step", 2)
        assert page.evaluate("lesson.state().at") == 2 and "so far" in page.locator("#controls .said").inner_text()
        drawn = [page.locator(f"#figure-{one}").inner_html() for one in (1, 2)]
        slide(page, "x2", 2.5)
        assert all(page.locator(f"#figure-{one}").inner_html() != drawn[one - 1] for one in (1, 2))
        weight, bias = np.array(given.values["weight"]), np.array(given.values["bias"])
        assert page.evaluate("[0, 1].map(lesson.output)") == pytest.approx(weight @ [1, 2.5, 0.5] + bias, rel=1e-6)
        assert shown.errors == []


def small(weights: Any, x: Any) -> tuple[Any, Any]:
    """(h, o) of the two-two-one network with tanh, in float64."""
    w = np.asarray(weights, np.float64)
    h = np.tanh(np.asarray(x, np.float64) @ w[:4].reshape(2, 2).T + w[4:6])
    return h, np.tanh(h @ w[6:8] + w[8])


@pytest.mark.parametrize("asked", [{}, {"values": (0.0, 0.0, 0.0, 1.0), "seed": 3, "rate": 0.5}])
def test_a_hidden_layer_learns_what_it_says(asked: dict[str, Any]) -> None:
    given = lesson("mlp", **asked).values
    targets = 2.0 * np.array(given["wanted"]) - 1
    for weights, loss in list(zip(given["weights"], given["losses"], strict=True))[::10]:
        assert loss == pytest.approx(((small(weights, INPUTS)[1] - targets) ** 2).mean(), rel=1e-3, abs=1e-5)
    hidden, outputs = small(given["weights"][-1], INPUTS)
    assert np.array(given["hidden"]) == pytest.approx(hidden, abs=1e-5)
    assert given["outputs"] == pytest.approx(outputs, abs=1e-5)
    assert (np.sign(outputs) == targets).all()  # XOR among them, which no line separates


def test_a_start_that_gets_stuck_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["learn", "mlp", "--seed", "2"]) == 0
    assert "of 4 are right; but E is large: it got stuck" in " ".join(capsys.readouterr().out.split())
    assert run(["learn", "mlp"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "4 of 4 are right" in said and "it got stuck" not in said


def test_the_page_of_the_mlp_has_its_outputs_at_every_step(browser: Any, tmp_path: Path) -> None:
    given = lesson("mlp")
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        for at in (0, 20, 50):
            page.evaluate(f"lesson.put({at})")
            outputs = page.evaluate("DATA.inputs.map(([x, y]) => lesson.forward(x, y).o)")
            assert outputs == pytest.approx(small(given.values["weights"][at], INPUTS)[1], abs=1e-9)
        drawn = [page.locator(f"#figure-{one}").inner_html() for one in (1, 2)]
        slide(page, "steps", 120)
        assert page.evaluate("lesson.state().at") == 10
        assert all(page.locator(f"#figure-{one}").inner_html() != drawn[one - 1] for one in (1, 2))
        told = page.locator("#controls .said").inner_text()
        slide(page, "x1", 0.3)
        assert page.locator("#controls .said").inner_text() != told
        press(page, "One step")
        assert page.evaluate("lesson.state().at") == 11 and shown.errors == []


@pytest.mark.parametrize("asked", [{}, {"seed": 3, "rate": 0.7}, {"data": str(ROOT / "examples" / "flats.csv")}])
def test_the_border_descends_as_the_formula_does(asked: dict[str, Any]) -> None:
    given = lesson("classification", **asked).values
    points, labels = np.array(given["points"]), np.array(given["labels"])
    assert set(labels) == {-1.0, 1.0}
    w, right = np.zeros(3), []
    for expected, loss in zip(given["path"], given["losses"], strict=True):
        z = points @ w[:2] + w[2]
        o = np.tanh(z)
        assert expected == pytest.approx(w, abs=2e-4) and loss == pytest.approx(((o - labels) ** 2).mean(), abs=1e-4)
        right.append(int((np.sign(z) == labels).sum()))
        d = 2 * (o - labels) * (1 - o * o) / len(labels)
        w = w - given["rate"] * np.array([*(d @ points), d.sum()])
    assert np.abs(np.subtract(given["right"], right)).max() <= 1  # a point may lie on the border
    assert given["output"] == pytest.approx(np.tanh(np.array([*given["shown"], 1]) @ given["path"][-1]), abs=1e-5)
    three = given["three"]
    sums = np.array(three["points"]) @ np.array(three["weight"]).T + three["bias"]
    assert three["right"] == (sums.argmax(axis=1) == three["labels"]).sum() >= 25


def test_a_table_with_two_classes_names_them(tmp_path: Path) -> None:
    table = tmp_path / "fruit.csv"
    table.write_text("weight,width,fruit\n" + "\n".join(f"{n},{n % 3},{'pear' if n > 5 else 'fig'}" for n in range(12)))
    given = lesson("classification", data=str(table))
    assert given.data["names"] == ("weight", "width", "fruit fig", "fruit pear")
    assert given.values["labels"] == [-1.0] * 6 + [1.0] * 6


@pytest.mark.parametrize(
    ("name", "lines", "said"),
    [("classification", "a,b\n1.5,2\n2.5,3\n", "has one input column"),
     ("classification", "a,b,c\n1.5,2,7\n2.5,3,7\n", "column c holds one class only"),
     ("supervised", "a,b\n1.5,2\n2.5,3\n", "three parts of them need 12 rows or more")],
)  # fmt: skip
def test_tables_that_will_not_do_are_told_in_one_line(
    name: str, lines: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "t.csv"
    table.write_text(lines)
    assert run(["learn", name, "--data", str(table)]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_the_page_of_the_border_descends_as_the_library_does(browser: Any, tmp_path: Path) -> None:
    given = lesson("classification")
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        press(page, "One step", 5)
        assert page.evaluate("lesson.state().w") == pytest.approx(given.values["path"][5], abs=1e-5)
        found = page.evaluate("lesson.compute(lesson.state().w)")
        assert found["error"] == pytest.approx(given.values["losses"][5], rel=1e-5)
        assert found["right"] == given.values["right"][5]
        drawn = page.locator("#figure-1").inner_html()
        slide(page, "w1", -2)
        assert page.locator("#figure-1").inner_html() != drawn
        right = page.evaluate("lesson.compute(lesson.state().w).right")
        assert page.locator("#figure-1 circle.mark").count() == 24 - right
        press(page, "From the start")
        assert page.evaluate("lesson.state()") == {"w": [0, 0, 0], "steps": 0} and shown.errors == []


@pytest.mark.parametrize("asked", [{}, {"seed": 6}, {"data": "table"}])
def test_the_curves_are_least_squares_and_validation_chooses(asked: dict[str, Any], tmp_path: Path) -> None:
    if "data" in asked:
        table = tmp_path / "table.csv"
        table.write_text("a,b\n" + "\n".join(f"{n / 2},{(n - 20) ** 2 + n % 5}" for n in range(40)))
        asked = {"data": str(table)}
    given = lesson("supervised", **asked).values
    x, y = np.array(given["points"]).T
    parts = [np.array(one) for one in given["parts"]]
    assert sorted(np.concatenate(parts)) == list(range(len(x)))
    for degree in range(7):  # above that a curve between the samples is no number to compare
        curve = np.polynomial.Polynomial.fit(x[parts[0]], y[parts[0]], degree)
        errors = [((curve(x[one]) - y[one]) ** 2).mean() for one in parts]
        assert given["errors"][degree] == pytest.approx(errors, rel=1e-2, abs=1e-4)
        at, height = given["curves"][degree][30]
        assert height == pytest.approx(curve(at), rel=1e-2, abs=1e-2)
    assert given["chosen"] == int(np.argmin([one[1] for one in given["errors"]]))
    training = [one[0] for one in given["errors"]]
    assert all(one >= two - 1e-6 for one, two in pairwise(training))


def test_a_degree_that_is_none_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    for degree in ("2.5", "-1", "10"):
        assert run(["learn", "supervised", "--values", degree]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_the_page_of_samples_shows_each_degree_and_each_part(browser: Any, tmp_path: Path) -> None:
    given = lesson("supervised")
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        dots = page.locator("#figure-1 circle").count()
        page.get_by_label("test", exact=True).check()
        assert page.locator("#figure-1 circle").count() == dots + 10
        for degree in (0, 4, 9):
            before = page.locator("#figure-1").inner_html()
            slide(page, "degree", degree)
            assert page.locator("#figure-1").inner_html() != before
            told = page.locator("#controls .said").inner_text()
            assert f"{given.values['errors'][degree][1]:.4f}" in told
            assert ("this one is taken" in told) == (degree == given.values["chosen"])
        press(page, "One step")
        assert page.evaluate("lesson.state().degree") == 0 and shown.errors == []
