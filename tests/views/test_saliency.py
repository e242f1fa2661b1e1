"""Saliency maps against their formulas: finite differences, equations of the papers, and brute force."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli import Network, load
from cnncli.errors import UsageError
from cnncli.layers import AvgPool2d, Concat, Conv2d, Flatten, Linear, Residual, Sigmoid, Tanh
from cnncli.model.model import Model
from cnncli.pictures.recipe import InputRecipe
from cnncli.shipped import shipped_model
from cnncli.views.page import page_image
from cnncli.views.saliency import (
    _starts,
    class_index,
    grad_cam,
    gradient_map,
    occlusion_map,
    saliencies,
    saliency_page,
)
from cnncli.views.scales import Scale


def smooth(channels: int = 3) -> Network:
    network = Network(
        [
            Conv2d(channels, 4, 3, padding=1), Tanh(), AvgPool2d(2),
            Residual([Conv2d(4, 4, 3, padding=1)]), Concat([Conv2d(4, 3, 1)], []), Tanh(),
            Flatten(), Linear(7 * 4 * 5, 3),
        ],
        (channels, 8, 10),
        ["low", "mid", "high"],
        "smooth",
        InputRecipe("plain", channels, 8, 10, mean=(0.4,) * channels, scale=(0.3,) * channels),
    )  # fmt: skip
    network.initialize(seed=2)
    return network


def test_the_gradient_map_is_the_largest_finite_difference_of_the_channels(rng: np.random.Generator) -> None:
    network = smooth()
    x = rng.normal(size=(3, 8, 10)).astype(np.float32)
    values = gradient_map(network, x, 1)
    step = 1e-2
    for row, column in [(0, 0), (3, 4), (7, 9), (5, 2)]:
        slopes = []
        for channel in range(3):
            scores = []
            for sign in (1, -1):
                moved = x.copy()
                moved[channel, row, column] += sign * step
                scores.append(float(network.forward(moved)[0, 1]))
            slopes.append(abs(scores[0] - scores[1]) / (2 * step))
        assert values[row, column] == pytest.approx(max(slopes), rel=2e-2, abs=1e-4)


def test_grad_cam_is_its_formula(rng: np.random.Generator) -> None:
    network = smooth(1)
    x = rng.normal(size=(1, 8, 10)).astype(np.float32)
    values, name = grad_cam(network, x, 2)
    assert name == "5"  # the activation behind the last convolution, which is within the branches
    maps = network.activations(x)[-3][0].astype(np.float64)
    assert maps.shape == (7, 4, 5)
    weight = network[7].weight[2].reshape(7, 4, 5).astype(np.float64)  # d score / d map of the last layer
    alpha = weight.mean(axis=(1, 2))
    cam = np.maximum(np.einsum("k,khw->hw", alpha, maps), 0)
    # from 4x5 to 8x10: pixel i lies at i / 2 - 1 / 4, between two of the map, the outermost repeated
    padded = np.pad(cam, 1, mode="edge")
    far = 0.25 * padded[:-1] + 0.75 * padded[1:], 0.75 * padded[:-1] + 0.25 * padded[1:]
    rows = np.stack([far[0][:-1], far[1][1:]], axis=1).reshape(8, 7)
    columns = 0.25 * rows[:, :-1] + 0.75 * rows[:, 1:], 0.75 * rows[:, :-1] + 0.25 * rows[:, 1:]
    expected = np.stack([columns[0][:, :-1], columns[1][:, 1:]], axis=2).reshape(8, 10)
    np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-6)
    assert grad_cam(network, x, 2, "1")[1] == "1"


def test_occlusion_is_found_again_by_brute_force(rng: np.random.Generator) -> None:
    model = Model(smooth())
    image = rng.integers(0, 256, (3, 8, 10)).astype(np.uint8)
    rim = np.concatenate([image[:, 0], image[:, -1], image[:, :, 0], image[:, :, -1]], axis=1)
    cover = np.rint(np.median(rim, axis=1))

    def probability(pixels: np.ndarray) -> float:
        scores = model.network.forward(pixels)[0].astype(np.float64)
        return float(np.exp(scores[1]) / np.exp(scores).sum())

    lost: dict[tuple[int, int], list[float]] = {}
    for top in (0, 1, 2, 3, 4, 5):  # squares of 3 move by 1
        for left in (0, 1, 2, 3, 4, 5, 6, 7):
            covered = image.copy()
            covered[:, top : top + 3, left : left + 3] = cover[:, None, None]
            drop = probability(image) - probability(covered)
            for row in range(top, top + 3):
                for column in range(left, left + 3):
                    lost.setdefault((row, column), []).append(drop)
    values = occlusion_map(model, image, 1, patch=3)
    for place, drops in lost.items():
        assert values[place] == pytest.approx(np.mean(drops), abs=1e-5)


def test_a_square_larger_than_half_covers_the_last_pixels_too() -> None:
    model = Model(smooth(1))
    image = np.random.default_rng(1).integers(0, 256, (1, 8, 10)).astype(np.uint8)
    assert np.isfinite(occlusion_map(model, image, 0, patch=7)).all()
    assert np.isfinite(occlusion_map(model, image, 0, patch=20)).all()


def test_one_output_for_two_classes_speaks_for_both() -> None:
    network = Network([Flatten(), Linear(4, 1), Sigmoid()], (1, 2, 2), ["no", "yes"])
    network[1].weight[...] = [[1, -2, 3, 0]]
    network[1].bias[...] = 0
    image = np.zeros((1, 2, 2), np.float32)
    for label in (0, 1):
        np.testing.assert_allclose(gradient_map(network, image, label), np.array([[1, 2], [3, 0]]) / 4, rtol=1e-6)


def test_networks_without_convolutions_have_the_other_two_maps() -> None:
    network = Network([Flatten(), Linear(16, 3)], (1, 4, 4), recipe=InputRecipe("plain", 1, 4, 4))
    network.initialize(seed=1)
    image = np.arange(16, dtype=np.uint8).reshape(1, 4, 4) * 10
    found, note = saliencies(Model(network), image, 0, None)
    assert [one.method for one in found] == ["gradient", "occlusion"] and "needs a convolution" in note
    with pytest.raises(UsageError, match="needs a convolution"):
        saliencies(Model(network), image, 0, "grad-cam")
    with pytest.raises(UsageError, match="layer 6 has no maps"):
        grad_cam(smooth(), np.zeros((3, 8, 10), np.uint8), 0, "6")
    first = grad_cam(smooth(), np.zeros((3, 8, 10), np.uint8), 0, "conv1")
    assert first[1] == grad_cam(smooth(), np.zeros((3, 8, 10), np.uint8), 0, first[1])[1] != "conv1"
    with pytest.raises(UsageError, match='no layer is named "x"'):
        grad_cam(smooth(), np.zeros((3, 8, 10), np.uint8), 0, "x")


def test_maps_of_one_place_say_nothing_of_where() -> None:
    """As the last convolution of LeNet-5 in 1998 has them: the one before it is taken."""
    network = Network([Conv2d(1, 2, 3), Conv2d(2, 3, 6), Flatten(), Linear(3, 2)], (1, 8, 8))
    network.initialize(seed=1)
    image = np.ones((1, 8, 8), np.float32)
    assert grad_cam(network, image, 0)[1] == "0"
    with pytest.raises(UsageError, match="layer 1 has no maps"):
        grad_cam(network, image, 0, "1")


def test_classes_are_known_by_name() -> None:
    model = Model(smooth(1))
    image = np.random.default_rng(1).integers(0, 256, (1, 8, 10)).astype(np.uint8)
    assert class_index(model, image, "high") == 2
    assert class_index(model, image, None) == int(model.predict(image, channels="first").labels[0])
    with pytest.raises(UsageError, match='no class is named "tall"; use one of low, mid, high'):
        class_index(model, image, "tall")
    assert class_index(model, image, "HIGH") == 2
    model.network.class_names = ["low", "High", "high"]
    assert class_index(model, image, "High") == 1
    with pytest.raises(UsageError, match='no class is named "HIGH"'):
        class_index(model, image, "HIGH")


def test_the_page_has_the_maps_and_looking_leaves_the_model_alone() -> None:
    model = load(shipped_model("lenet5"))
    image = model.recipe.prepare(Path(__file__).parents[2] / "digit.png").pixels
    found, note = saliencies(model, image, 5, None)
    assert [one.method for one in found] == ["gradient", "grad-cam", "occlusion"] and not note
    assert found[1].layer == "4" and all(one.values.shape == (28, 28) for one in found)
    ink = image[0] > 128
    assert found[2].values[ink].mean() > 2 * abs(found[2].values[~ink].mean())  # the ink is what matters
    page = saliency_page(model, image, "digit.png", 5, found, note)
    assert page.title.startswith("why digit.png is 5 (")
    drawn = np.asarray(page_image(page))
    scale = Scale.of(found[0].values)
    expected = scale.colours(found[0].values).repeat(8, axis=0).repeat(8, axis=1)
    left = 28 + 224 + 10
    assert any(
        np.array_equal(drawn[top : top + 224, left : left + 224], expected) for top in range(drawn.shape[0] - 224)
    )
    assert isinstance(page_image(saliency_page(model, image, "digit.png", 3, found, note)), Image.Image)
    assert " and not 5" in saliency_page(model, image, "digit.png", 3, found, note).title


def test_squares_begin_half_of_one_apart_and_the_last_ends_at_the_edge() -> None:
    cases = {(7, 2): [0, 1, 2, 3, 4, 5], (7, 3): [0, 1, 2, 3, 4], (9, 4): [0, 2, 4, 5], (10, 6): [0, 3, 4], (3, 5): [0]}
    assert {case: _starts(*case) for case in cases} == cases and _starts(3, 1) == [0, 1, 2]
