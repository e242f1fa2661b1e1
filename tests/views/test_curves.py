"""The curves of a training: what is higher in the numbers is higher in the picture."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnncli.views.curves import TRAINING, VALIDATION, curves_png, ticks

HEAD, DIAGRAM = 28 + 36, 300  # rows of the title, and of a diagram


def drawn(history: list[dict[str, Any]]) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(curves_png("small on digits", history))).convert("RGB"))


def curve(picture: np.ndarray, colour: tuple[int, int, int], diagram: int) -> dict[int, float]:
    """The middle row of a curve in each column of a diagram, below its heading."""
    top = HEAD + diagram * DIAGRAM
    near = np.abs(picture[top + 36 : top + 272].astype(int) - colour).max(axis=2) < 40
    return {int(x): float(np.flatnonzero(near[:, x]).mean()) for x in np.flatnonzero(near.any(axis=0))}


def epoch(loss: float, accuracy: float | None, validation: float | None = None) -> dict[str, Any]:
    return {
        "loss": loss, "accuracy": accuracy, "validation_loss": validation,
        "validation_accuracy": None if validation is None else 1 - validation,
    }  # fmt: skip


def test_curves_go_as_the_numbers_do() -> None:
    picture = drawn([epoch(2.0, 0.2, 0.9), epoch(1.0, 0.6, 0.8), epoch(0.5, 0.7, 1.0)])
    assert picture.shape == (HEAD + 28 + 2 * DIAGRAM, 1000, 3)
    loss = curve(picture, TRAINING, 0)
    first, middle, last = min(loss) + 4, (min(loss) + max(loss)) // 2, max(loss) - 4
    # The second epoch lies in the middle; from 2 to 1 it falls twice as far as from 1 to 0.5.
    assert loss[middle] - loss[first] == pytest.approx(2 * (loss[last] - loss[middle]), abs=4) and loss[last] > 100
    accuracy = curve(picture, TRAINING, 1)
    assert accuracy[first] > accuracy[middle] > accuracy[last]
    validation = curve(picture, VALIDATION, 0)
    assert validation[middle] > validation[first] > validation[last]


def test_what_there_is_not_is_not_drawn() -> None:
    only_losses = drawn([epoch(2.0, None), epoch(1.0, None)])
    assert only_losses.shape == (HEAD + 28 + DIAGRAM, 1000, 3)
    assert curve(only_losses, TRAINING, 0) and not curve(only_losses, VALIDATION, 0)


@pytest.mark.parametrize("losses", [[0.25], [3.0] * 200, [1e-9, 1e9], [0.0, 0.0]])
def test_any_course_can_be_drawn(losses: list[float]) -> None:
    assert curve(drawn([epoch(loss, 0.0) for loss in losses]), TRAINING, 0)


def test_ticks_are_few_and_reach_over_all(rng: np.random.Generator) -> None:
    for low, high in np.sort(10 ** rng.uniform(-6, 6, (300, 2))):
        found = ticks(low, high)
        assert found[0] <= low * (1 + 1e-6) and found[-1] >= high * (1 - 1e-6) and 2 <= len(found) <= 6
        assert np.allclose(np.diff(found), found[1] - found[0])
