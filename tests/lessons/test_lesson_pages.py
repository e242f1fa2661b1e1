"""The pages of the lessons in a browser: they load and complain of nothing, and their controls do what they say."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from browser import OpenPage
from cnncli.lessons.catalogue import CATALOGUE, Entry
from cnncli.lessons.page import lesson_page
from lesson_pages import lesson, opened, press, slide


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_the_page_of_every_lesson_is_opened_by_a_test(entry: Entry) -> None:
    """Each visit checks what holds for all pages, beside what the test is about."""
    texts = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    tests = texts.split("\ndef test_")
    assert any("opened(browser" in one and f'lesson("{entry.name}"' in one for one in tests)


@pytest.mark.slow
def test_without_scripts_everything_but_the_controls_is_there(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(lesson_page(lesson("descent")), encoding="utf-8")
    with OpenPage(browser, path, java_script_enabled=False) as shown:
        assert shown.page.locator("svg.plot").count() == 1 and shown.page.locator("#question .why:visible").count() == 4


def test_descent_steps_as_the_library_does(browser: Any, tmp_path: Path) -> None:
    given = lesson("descent")
    with opened(browser, given, tmp_path) as shown:
        for rate, walk in zip(given.values["rates"], given.values["walks"], strict=True):
            rate_taken = float(slide(shown.page, "rate", rate, "document.getElementById('control-rate').value"))
            press(shown.page, "One step", 5)
            walked = shown.page.evaluate("lesson.state().walked")
            if abs(rate_taken - rate) < 1e-9:
                assert walked == pytest.approx(walk[:6], rel=1e-4)
        shown.page.get_by_role("button", name="From the start").click()
        assert shown.page.evaluate("lesson.state().walked") == [-3]
        assert shown.errors == []


def test_regression_walks_as_the_library_does_and_follows_its_sliders(browser: Any, tmp_path: Path) -> None:
    given = lesson("regression")
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        assert page.evaluate("lesson.error([0, 0])") == pytest.approx(given.values["losses"][0], rel=1e-4)
        before = page.locator("#figure-1").inner_html()
        taken = float(slide(page, "rate", given.values["rate"], "document.getElementById('control-rate').value"))
        press(page, "One step", 3)
        state = page.evaluate("lesson.state()")
        assert state["steps"] == 3
        if abs(taken - given.values["rate"]) < 1e-9:
            assert state["w"] == pytest.approx(given.values["path"][3], rel=1e-3)
        assert page.locator("#figure-1").inner_html() != before
        slide(page, "w1", 1.5)
        assert page.evaluate("lesson.state().w[1]") == pytest.approx(1.5)
        page.locator("#figure-2").click(position={"x": 300, "y": 120})
        assert page.evaluate("lesson.state()")["w"] != [0, 1.5]
        assert shown.errors == []


def test_back_propagation_has_the_library_s_gradients(browser: Any, tmp_path: Path) -> None:
    given = lesson("backprop")
    with opened(browser, given, tmp_path) as shown:
        found = shown.page.evaluate("lesson.compute(...DATA.x, DATA.target)")
        assert found["gradients"] == pytest.approx(given.values["gradients"], rel=1e-4)
        assert found["error"] == pytest.approx(given.values["before"], rel=1e-4)
        before = shown.page.locator("#controls .said").inner_text()
        press(shown.page, "One step", 5)
        assert shown.page.evaluate("lesson.state().errors") == pytest.approx(given.values["errors"][:6], rel=1e-3)
        drawn = [shown.page.locator(f"#figure-{one}").inner_html() for one in (1, 2)]
        slide(shown.page, "t", 0.1)
        assert shown.page.locator("#controls .said").inner_text() != before
        assert all(shown.page.locator(f"#figure-{one}").inner_html() != drawn[one - 1] for one in (1, 2))
        assert shown.errors == []


def test_an_epoch_goes_through_its_batches(browser: Any, tmp_path: Path) -> None:
    with opened(browser, lesson("notation"), tmp_path) as shown:
        page = shown.page
        assert page.evaluate("lesson.batches()") == [64] * 7 + [52]
        press(page, "One step", 8)
        assert "samples 449 to 500. The epoch is over." in page.locator("#controls .said").inner_text()
        drawn = page.locator("#figure-2").inner_html()
        slide(page, "batch size", 125)
        assert page.evaluate("lesson.batches()") == [125] * 4 and page.locator("#figure-2").inner_html() != drawn
        assert shown.errors == []


def test_the_mask_slides_and_turns(browser: Any, tmp_path: Path) -> None:
    given = lesson("convolution")
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        sums = "[0, 1, 2].map((r) => [0, 1, 2].map((c) => lesson.sum(r, c)))"
        assert page.evaluate(sums) == given.values["result"]
        for turned, name in ((False, "correlation"), (True, "convolution")):
            page.evaluate(f"lesson.set([[0, 1, 2], [0, 0, 1], [0, 0, 0]], {str(turned).lower()})")
            assert page.evaluate(sums) == given.values[name]
        page.get_by_role("button", name="One step").click()
        assert "column 1" in page.locator("#controls .said").inner_text()
        page.locator("input[aria-label='mask, row 0, column 0']").fill("7")
        page.locator("input[aria-label='mask, row 0, column 0']").press("Tab")
        assert page.evaluate("lesson.sum(0, 0)") != given.values["convolution"][0][0]
        held = "new Promise((done) => setTimeout(() => done(document.activeElement.getAttribute('aria-label')), 20))"
        assert page.evaluate(held) == "mask, row 0, column 1"  # all was drawn anew, and the keyboard is at the next one
        page.get_by_role("button", name="Play").focus()
        page.keyboard.press("Enter")
        assert page.locator("#controls .said").get_attribute("aria-live") == "off"  # while it plays nothing is read out
        page.keyboard.press("Enter")
        assert page.locator("#controls .said").get_attribute("aria-live") == "polite"
        assert shown.errors == []


def test_pooling_gives_what_the_layers_give(browser: Any, tmp_path: Path) -> None:
    given = lesson("pooling")
    with opened(browser, given, tmp_path) as shown:
        names = {"max": "max", "average": "average", "sum": "sum", "stochastic": "stochastic, evaluation"}
        for name, ours in names.items():
            pooled = shown.page.evaluate(f"lesson.pool('{name}', 2, 2)")
            assert np.allclose(pooled, given.values["results"][ours], rtol=1e-5)
        slide(shown.page, "window", 3)
        slide(shown.page, "stride", 1)
        assert shown.page.locator("#figure-1 .cells").nth(1).locator("rect").count() == 4


# Done once the race has gone on by five steps.
WENT_ON = """() => new Promise((done) => {
  const timer = setInterval(() => { if (lesson.state().now >= 5) { clearInterval(timer); done(); } }, 20);
})"""


def test_the_race_plays(browser: Any, tmp_path: Path) -> None:
    with opened(browser, lesson("optimizers"), tmp_path) as shown:
        page = shown.page
        press(page, "From the start")
        assert page.evaluate("lesson.state().now") == 0
        press(page, "Play")
        page.evaluate(WENT_ON)
        page.get_by_role("button", name="Pause").click()
        drawn = page.locator("#figure-1 .line").count()
        page.get_by_label("NAG").check()
        assert page.locator("#figure-1 .line").count() == drawn + 1
        page.evaluate("[...controls.querySelectorAll('input[type=checkbox]:not(:checked)')].map((one) => one.click())")
        colours = page.locator("#figure-1 .line").evaluate_all("all => all.map((one) => getComputedStyle(one).stroke)")
        assert len(set(colours)) == 7
        legend = page.locator("figure").first.locator(".legend")
        assert all(name in legend.inner_text() for name in ("SGD", "NAG", "RMSprop", "Adam"))
        assert shown.errors == []
