"""The lesson on softmax and its page, against float64 formulas."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnncli.errors import UsageError
from cnncli.lessons.blocks import Asked
from cnncli.lessons.given import seen
from lesson_pages import lesson, opened, press, slide


def softmax(scores: Any) -> Any:
    shares = np.exp(np.asarray(scores, np.float64) - np.max(scores))
    return shares / shares.sum()


def test_the_loss_of_14_11_16_is_positive() -> None:
    given = lesson("softmax").values
    assert given["loss"] == pytest.approx(0.1328, abs=5e-5)
    assert given["probabilities"] == pytest.approx([0.1185, 0.0059, 0.8756], abs=5e-5)


def test_probabilities_losses_and_gradients_are_the_formulas(rng: np.random.Generator) -> None:
    for count in (2, 5, 9):
        scores = tuple(rng.normal(0, 4, count).tolist())
        target = int(rng.integers(1, count + 1))
        given = lesson("softmax", values=scores, target=target, rate=0.5).values
        p = softmax(scores)
        assert given["probabilities"] == pytest.approx(p, rel=1e-5, abs=1e-7)
        assert given["losses"] == pytest.approx(-np.log(p), rel=1e-5, abs=1e-6)
        for k in range(count):
            losses = [-math.log(softmax(np.array(scores) + shift * np.eye(count)[k])[target - 1])
                      for shift in (1e-5, -1e-5)]  # fmt: skip
            assert given["gradient"][k] == pytest.approx((losses[0] - losses[1]) / 2e-5, rel=1e-4, abs=1e-6)
        assert np.subtract(*given["walk"][:2]) == pytest.approx(0.5 * np.array(given["gradient"]), abs=1e-6)


def test_a_network_s_scores_give_its_probabilities(tmp_path: Path) -> None:
    sheet = np.full((60, 50), 250, np.uint8)
    sheet[10:50, 22:28] = 20  # a one
    Image.fromarray(sheet).save(tmp_path / "one.png")
    given = lesson("softmax", model="lenet5", picture=str(tmp_path / "one.png"))
    given_too = seen(Asked(model="lenet5", picture=str(tmp_path / "one.png")))
    given_too.network.eval()
    expected = softmax(given_too.network.forward(given_too.image)[0])  # this network gives the scores themselves
    assert given.values["probabilities"] == pytest.approx(expected, abs=1e-4)
    assert given.data["names"] == list("0123456789") and given.values["target"] == np.argmax(expected) + 1
    assert "one.png" in given.blocks[0].text


@pytest.mark.parametrize("asked", [{"model": "linear-regression"}, {"model": "lenet5", "values": (1.0, 2.0)}])
def test_scores_come_from_one_place_and_of_classes(asked: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        lesson("softmax", **asked)


@pytest.mark.parametrize("scores", [(0.0, 0.0), (1000.0, -1000.0), (3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0)])
def test_scores_at_the_edges_have_a_lesson_with_a_question(scores: tuple[float, ...]) -> None:
    given = lesson("softmax", values=scores)
    assert len(given.question.choices) >= 3 and sum(given.values["probabilities"]) == pytest.approx(1, abs=1e-6)


def test_the_page_moves_scores_and_learns_them_as_the_library_does(browser: Any, tmp_path: Path) -> None:
    given = lesson("softmax")
    with opened(browser, given, tmp_path) as shown:
        page = shown.page
        found = page.evaluate("lesson.compute(DATA.scores, DATA.target)")
        assert found["p"] == pytest.approx(given.values["probabilities"], rel=1e-5)
        assert found["gradient"] == pytest.approx(given.values["gradient"], rel=1e-5)
        press(page, "One step", 3)
        assert page.evaluate("lesson.state().scores") == pytest.approx(given.values["walk"][3], rel=1e-6)
        told = page.locator("#controls .said").inner_text()
        press(page, "Add 3 to every score")  # which changes no probability
        assert page.locator("#controls .said").inner_text() == told
        bars, curve = page.locator("#figure-1").inner_html(), page.locator("#figure-2").inner_html()
        slide(page, "z 2", 15)
        assert page.evaluate("lesson.state().scores[1]") == 15 and page.locator("#figure-1").inner_html() != bars
        page.locator("#control-right-class").select_option("2")
        assert page.evaluate("lesson.state().target") == 2 and page.locator("#figure-2").inner_html() != curve
        press(page, "From the start")
        assert page.evaluate("lesson.state().scores") == [14, 11, 16]
        assert shown.errors == []
