"""`--tta`: means over views of an image, which ones, and what is said of them."""

import numpy as np
import pytest

import cnncli
from cnncli.layers import Flatten, Linear
from cnncli.model.views_of_image import Views
from cnncli.network import Network
from cnncli.pictures.recipe import InputRecipe


def network(kind: str, channels: int, names: list[str], side: int = 8) -> Network:
    made = Network([Flatten(), Linear(channels * side * side, len(names))], (channels, side, side), class_names=names)
    made.recipe = InputRecipe(kind, channels, side, side, "any", (0.4,) * channels, (0.3,) * channels)
    return made


def moved(image: np.ndarray, down: int, right: int) -> np.ndarray:
    """By the definition, pixel by pixel."""
    _, height, width = image.shape
    out = np.empty_like(image)
    for y in range(height):
        for x in range(width):
            out[:, y, x] = image[:, min(max(y - down, 0), height - 1), min(max(x - right, 0), width - 1)]
    return out


@pytest.mark.parametrize("names, count", [(["cat", "dog", "emu"], 10), (["turn left", "turn right"], 5)])
def test_the_answer_is_the_mean_over_all_views(names: list[str], count: int, rng: np.random.Generator) -> None:
    model = cnncli.Model(network("plain", 3, names))
    images = rng.integers(0, 256, (5, 3, 8, 8)).astype(np.uint8)
    views = []
    for one in (images, images[..., ::-1]) if count == 10 else (images,):
        for step in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)):
            views.append(np.stack([moved(image, *step) for image in one]))
    assert Views.of(model.network).count == len(views) == count
    each = [model.predict(view, channels="first").probabilities.astype(np.float64) for view in views]
    expected = np.mean(each, axis=0)
    found = model.predict(images, channels="first", tta=True)
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-6)
    assert found.labels.tolist() == expected.argmax(axis=1).tolist()


@pytest.mark.parametrize(
    "kind, channels, names, mirrors",
    [
        ("glyph", 1, ["cat", "dog"], False), ("plain", 1, ["cat", "dog"], False), ("plain", 3, ["1", "2"], False),
        ("plain", 3, ["a", "b"], False), ("plain", 3, ["cat", "dog"], True),
    ],
)  # fmt: skip
def test_digits_letters_and_sides_are_never_mirrored(kind: str, channels: int, names: list[str], mirrors: bool) -> None:
    assert Views.of(network(kind, channels, names)).mirrors is mirrors


def test_larger_images_are_moved_further() -> None:
    assert [Views.of(network("plain", 1, ["a", "b"], side)).shift for side in (8, 28, 56, 96)] == [1, 1, 2, 3]
