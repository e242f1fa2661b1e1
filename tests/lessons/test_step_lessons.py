"""The lessons on steps of descent and their pages, against float64 formulas and finite differences."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli.cli.main import run
from cnncli.lessons.step import LINES, Training
from lesson_pages import lesson, opened, press, slide


def line_walk(points: Any, rate: float, batches: list[Any]) -> Any:
    """(w0, w1) before each step and after the last, in float64."""
    x, y = np.asarray(points).T
    w = np.zeros(2)
    found = [w.copy()]
    for chosen in batches:
        error = w[0] + w[1] * x[chosen] - y[chosen]
        w = w - rate * np.array([2 * error.mean(), 2 * (error * x[chosen]).mean()])
        found.append(w.copy())
    return np.array(found)


@pytest.mark.parametrize("asked", [{}, {"seed": 5, "rate": 0.05}, {"data": "table"}])
def test_the_three_loops_walk_as_the_formulas_do(asked: dict[str, Any], tmp_path: Path) -> None:
    if "data" in asked:
        table = tmp_path / "table.csv"
        table.write_text("length,weight\n" + "\n".join(f"{n},{10 * n + n % 7}" for n in range(90)))
        asked = {"data": str(table)}
    given = lesson("loops", **asked).values
    count = len(given["points"])
    assert count == (60 if "data" in asked else 14)
    assert given["sizes"]["batch"] == count and given["sizes"]["stochastic"] == 1
    for name, size in given["sizes"].items():
        batches = [order[at : at + size] for order in given["orders"] for at in range(0, count, size)]
        walked = line_walk(given["points"], given["rate"], batches)
        assert np.array(given["paths"][name]) == pytest.approx(walked, abs=1e-4)
        x, y = np.array(given["points"]).T
        losses = ((walked[:, :1] + walked[:, 1:] * x - y) ** 2).mean(axis=1)
        assert given["losses"][name] == pytest.approx(losses, rel=1e-3, abs=1e-5)
    assert all(sorted(order) == list(range(count)) for order in given["orders"])


def test_a_rate_that_diverges_still_makes_a_lesson_and_a_page(tmp_path: Path, capsys: Any) -> None:
    for name in ("loops", "regression", "step"):
        page = tmp_path / f"{name}.html"
        assert run(["learn", name, "--rate", "9e5", "--json", "--out", str(page)]) == 0
        assert run(["learn", name, "--rate", "9e5"]) == 0
        assert "NaN" not in page.read_text(encoding="utf-8")


def test_the_page_of_loops_walks_as_the_library_does(browser: Any, tmp_path: Path) -> None:
    given = lesson("loops")
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        for name, size in given.values["sizes"].items():
            slide(page, "points in a step", size)
            press(page, "One step", 4)
            page.evaluate("(() => { while (lesson.step()); })()")
            state = page.evaluate("lesson.state()")
            rate = float(page.locator("#control-rate").input_value())
            batches = [order[at : at + size] for order in given.values["orders"] for at in range(0, 14, size)]
            walked = line_walk(given.values["points"], rate, batches)
            assert state["steps"] == len(batches) and np.array(state["walked"]) == pytest.approx(walked, abs=1e-6)
            assert abs(rate - given.values["rate"]) < 0.0026 and name in page.locator("#controls .said").inner_text()
        drawn = page.locator("#figure-1").inner_html()
        press(page, "Another order")
        assert page.evaluate("lesson.state().steps") == 0 and page.locator("#figure-1").inner_html() != drawn
        assert shown.errors == []


def test_the_chain_s_gradient_is_its_factors_and_its_difference(rng: np.random.Generator) -> None:
    for values in ((0.8, 1.5, -0.4, -1.0), *(tuple(rng.uniform(-2, 2, 4).tolist()) for _ in range(5))):
        given = lesson("chain", values=values).values
        w, x, b, t = values

        def error(w: float, b: float, x: float = x, t: float = t) -> float:
            return 0.5 * (math.tanh(w * x + b) - t) ** 2

        by_w = (error(w + 1e-5, b) - error(w - 1e-5, b)) / 2e-5
        by_b = (error(w, b + 1e-5) - error(w, b - 1e-5)) / 2e-5
        assert given["forward"] == pytest.approx([w * x + b, math.tanh(w * x + b), error(w, b)], rel=1e-5, abs=1e-6)
        assert given["gradient"] == pytest.approx(by_w, rel=1e-4, abs=1e-6)
        assert given["bias_gradient"] == pytest.approx(by_b, rel=1e-4, abs=1e-6)
        assert math.prod(given["factors"].values()) == pytest.approx(by_w, rel=1e-4, abs=1e-6)
        assert given["difference"] == pytest.approx(by_w, rel=2e-2, abs=1e-3)


@pytest.mark.parametrize("values", [(0.0, 0.0, 0.0, 0.0), (10.0, 10.0, 10.0, 10.0), (1.0, 1.0, 0.0, 0.0)])
def test_a_chain_of_any_numbers_has_a_question(values: tuple[float, ...]) -> None:
    assert len(lesson("chain", values=values).question.choices) >= 3


def test_the_chain_s_page_has_the_library_s_numbers_and_goes_downhill(browser: Any, tmp_path: Path) -> None:
    given = lesson("chain")
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        found = page.evaluate("lesson.compute(...DATA.values)")
        assert [found["z"], found["o"], found["error"]] == pytest.approx(given.values["forward"], rel=1e-5)
        assert found["factors"] == pytest.approx(given.values["factors"], rel=1e-5)
        drawn = [page.locator(f"#figure-{one}").inner_html() for one in (1, 2)]
        press(page, "One step")
        assert page.evaluate("lesson.state().w") == pytest.approx(0.8 - 0.5 * given.values["gradient"], abs=1e-4)
        assert all(page.locator(f"#figure-{one}").inner_html() != drawn[one - 1] for one in (1, 2))
        slide(page, "t", 0.9)
        assert page.evaluate("lesson.state().trail") == [] and shown.errors == []
        press(page, "From the start")
        assert page.evaluate("lesson.state().w") == 0.8


def loss_and_gradient(weights: Any, inputs: Any, targets: Any) -> tuple[float, Any]:
    """Of the small network of the lesson, in float64: two inputs, three tanh, two log-softmax."""
    x, w = np.asarray(inputs, np.float64), np.asarray(weights, np.float64)
    first, b, second, c = w[:6].reshape(3, 2), w[6:9], w[9:15].reshape(2, 3), w[15:]
    h = np.tanh(x @ first.T + b)
    z = h @ second.T + c
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(len(x))
    d = (p - np.eye(2)[targets]) / len(x)
    a = (d @ second) * (1 - h * h)
    gradient = np.concatenate([(a.T @ x).ravel(), a.sum(axis=0), (d.T @ h).ravel(), d.sum(axis=0)])
    return float(-np.log(p[rows, targets]).mean()), gradient


@pytest.mark.parametrize("asked", [{}, {"seed": 4, "rate": 0.3}])
def test_the_six_lines_are_a_step_and_the_fourth_is_needed(asked: dict[str, Any]) -> None:
    given = lesson("step", **asked).values
    weights, held = np.array(given["weights"]), np.zeros(17)
    loss, gradient = loss_and_gradient(weights, given["inputs"], given["targets"])
    assert given["before"] == pytest.approx(loss, rel=1e-5) and given["gradient"] == pytest.approx(gradient, abs=1e-6)
    for rate, after in given["curve"][::20]:
        expected = loss_and_gradient(weights - rate * gradient, given["inputs"], given["targets"])[0]
        assert after == pytest.approx(expected, rel=1e-3, abs=1e-5)
    for name, forgets in (("six lines", True), ("without line 4", False)):
        w, held = weights.copy(), np.zeros(17)
        for found in given["walks"][name][:8]:
            loss, gradient = loss_and_gradient(w, given["inputs"], given["targets"])
            assert found == pytest.approx(loss, rel=1e-3, abs=1e-5)
            held = gradient if forgets else held + gradient
            w = w - given["rate"] * held
    moved = weights - given["rate"] * np.array(given["gradient"])
    second = loss_and_gradient(moved, given["inputs"], given["targets"])[1]
    assert given["piled"] == pytest.approx(np.linalg.norm(given["gradient"] + second), rel=1e-4)


def test_without_its_last_line_a_step_changes_nothing() -> None:
    training = Training(1, 1.0)
    assert training.run(LINES[:5]) == training.run(LINES[:5])
    assert training.run() != training.run()


def test_the_page_of_a_step_takes_it_with_and_without_its_lines(browser: Any, tmp_path: Path) -> None:
    given = lesson("step")
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        for box, name in ((None, "six lines"), ("line 4, zero", "without line 4")):
            press(page, "From the start")
            if box:
                page.get_by_label(box).uncheck()
            press(page, "One step", 5)
            assert page.evaluate("lesson.state().losses") == pytest.approx(given.values["walks"][name][:6], rel=1e-3)
        page.get_by_label("line 6, update").uncheck()
        before = page.evaluate("lesson.state().w")
        press(page, "One step")
        assert page.evaluate("lesson.state().w") == before
        drawn = page.locator("#figure-1").inner_html()
        slide(page, "rate", 5)
        assert page.locator("#figure-1").inner_html() != drawn and shown.errors == []
