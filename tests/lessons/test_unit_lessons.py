"""The lessons on single units and layers, and their pages, against formulas of their own."""

import math
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli.lessons.perceptron import INPUTS, learn, line_ends
from lesson_pages import lesson, opened, press, slide

FORMULAS: dict[str, Callable[[float], float]] = {
    "step": lambda a: float(a >= 0),
    "sigmoid": lambda a: 1 / (1 + math.exp(-a)),
    "tanh": math.tanh,
    "scaled tanh": lambda a: 1.7159 * math.tanh(2 * a / 3),
    "ReLU": lambda a: max(a, 0.0),
    "leaky ReLU": lambda a: a if a > 0 else 0.1 * a,
    "PReLU": lambda a: a if a > 0 else 0.25 * a,
}


def separable(wanted: tuple[int, ...]) -> bool:
    """Whether some line parts the four points: tried with all small whole weights and half biases."""
    for w1, w2, twice in product(range(-2, 3), range(-2, 3), range(-7, 8)):
        if all((w1 * x + w2 * y + twice / 2 >= 0) == bool(one) for (x, y), one in zip(INPUTS, wanted, strict=True)):
            return True
    return False


@pytest.mark.parametrize("wanted", list(product((0, 1), repeat=4)), ids=lambda one: "".join(map(str, one)))
def test_the_perceptron_learns_what_a_line_separates_and_nothing_else(wanted: tuple[int, ...]) -> None:
    run = learn(wanted)
    assert (run.epochs is not None) == separable(wanted) == (run.circle is None)
    w1, w2, b = 0, 0, 0
    for one in run.shown:  # the rule again, in whole numbers
        x1, x2 = INPUTS[one.sample]
        answer = int(w1 * x1 + w2 * x2 + b >= 0)
        error = wanted[one.sample] - answer
        w1, w2, b = w1 + error * x1, w2 + error * x2, b + error
        assert (one.answer, one.after) == (answer, (w1, w2, b))
    if run.circle is not None:
        first, second = run.circle
        assert run.shown[4 * (first - 1)].before == run.shown[4 * (second - 1) - 1].after


def test_the_perceptron_s_lesson_takes_a_table() -> None:
    given = lesson("perceptron", values=(1, 0, 0, 0))
    assert given.values["runs"]["your table"]["epochs"] > 0 and len(given.values["never"]) == 2
    assert given.values["runs"]["XOR"]["epochs"] is None
    assert len(lesson("perceptron", values=(1, 1, 1, 1)).question.choices) == 4  # it makes no mistake to ask for


@pytest.mark.parametrize("weights", [(0, 0, 1), (1, 0, -9), (0, 3, -2), (2, 1, -3), (-1, -1, 1), (1, -1, 0)])
def test_the_ends_of_a_line_are_on_it_and_at_the_border(weights: tuple[int, int, int]) -> None:
    ends = line_ends(weights)
    w1, w2, b = weights
    assert len(ends) in (0, 2) and (len(ends) == 2) == (weights not in ((0, 0, 1), (1, 0, -9)))
    for x, y in ends:
        assert w1 * x + w2 * y + b == pytest.approx(0, abs=1e-9)
        assert max(abs(x - 0.5), abs(y - 0.5)) == pytest.approx(1.2)


def test_the_perceptron_s_page_follows_the_rule_and_notices_the_circle(browser: Any, tmp_path: Path) -> None:
    given = lesson("perceptron")
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        for name in ("AND", "OR", "XOR"):
            press(page, name)
            run = given.values["runs"][name]
            assert page.evaluate("lesson.state().wanted") == list(run["wanted"])
            steps = page.evaluate("(() => { let n = 1; while (lesson.step() && n < 500) n += 1; return n; })()")
            state = page.evaluate("lesson.state()")
            assert state["w"] == list(run["weights"])
            assert steps == 4 * (run["epochs"] or run["circle"][1] - 1)
            assert ("learned" in state["said"]) == (name != "XOR") and ("circle" in state["said"]) == (name == "XOR")
        drawn = page.locator("#figure-1").inner_html()
        press(page, "From the start")
        press(page, "One step")
        assert page.evaluate("lesson.state().at") == 0 and page.locator("#figure-1").inner_html() != drawn
        page.get_by_label("1 for 11").check()
        assert page.evaluate("lesson.state().wanted") == [0, 1, 1, 1]
        slide(page, "w1", 2)
        assert page.evaluate("lesson.state().w") == [2, 0, 0]
        assert shown.errors == []


@pytest.mark.parametrize("at", [(-2.0, 0.5), (0.3,), (-5.0, -0.01, 12.0)])
def test_the_activations_have_their_formulas_and_slopes(at: tuple[float, ...]) -> None:
    found = lesson("activations", values=at).values["found"]
    assert list(found) == list(FORMULAS)
    for name, formula in FORMULAS.items():
        assert found[name]["f"] == pytest.approx([formula(a) for a in at], rel=1e-5, abs=1e-6)
        slopes = [(formula(a + 1e-4) - formula(a - 1e-4)) / 2e-4 for a in at]
        assert found[name]["slope"] == pytest.approx(slopes, rel=1e-3, abs=1e-4)


def test_the_steepest_slopes_are_those_of_the_text() -> None:
    steepest = lesson("activations").values["steepest"]
    assert steepest["sigmoid"] == pytest.approx(0.25) and steepest["tanh"] == pytest.approx(1)
    assert steepest["scaled tanh"] == pytest.approx(1.1439, abs=1e-4) and steepest["step"] == 0


def test_the_page_of_activations_has_the_layers_numbers(browser: Any, tmp_path: Path) -> None:
    given = lesson("activations", values=(-1.5, 0.7))
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        for name, found in given.values["found"].items():
            page.locator("#control-activation").select_option(name)
            if name in ("leaky ReLU", "PReLU"):
                slide(page, "slope below 0", {"leaky ReLU": 0.1, "PReLU": 0.25}[name])
            assert page.locator("#control-slope-below-0").is_visible() == (name in ("leaky ReLU", "PReLU"))
            for a, f, slope in zip((-1.5, 0.7), found["f"], found["slope"], strict=True):
                assert page.evaluate(f"lesson.compute('{name}', {a})") == pytest.approx([f, slope], rel=1e-5, abs=1e-7)
        drawn = [page.locator(f"#figure-{one}").inner_html() for one in (1, 2)]
        slide(page, "a", 2.5)
        press(page, "One step")
        assert page.evaluate("lesson.state().a") == pytest.approx(2.6)
        assert all(page.locator(f"#figure-{one}").inner_html() != drawn[one - 1] for one in (1, 2))
        assert shown.errors == []


def test_a_sum_of_any_size_has_a_question(rng: np.random.Generator) -> None:
    for a in (0.0, -20.0, 20.0, *rng.normal(0, 3, 5)):
        assert len(lesson("activations", values=(float(a),)).question.choices) >= 3
