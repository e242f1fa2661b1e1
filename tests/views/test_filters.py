"""Filters are shown as the layers have them: each kernel at its place, in the colours of its scale."""

import numpy as np
import pytest
from PIL import Image

from cnncli import Network
from cnncli.layers import (
    BatchNorm1d,
    Concat,
    Conv1d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Sequential,
)
from cnncli.shipped import model_names
from cnncli.views.filters import facts, filter_page, filters, mosaic
from cnncli.views.page import page_image
from cnncli.views.scales import Scale


def numbered(layer: Conv2d | Linear | Conv1d | ConvTranspose2d) -> None:
    layer.weight[...] = np.arange(layer.weight.size).reshape(layer.weight.shape)


def test_weights_come_layer_by_layer_also_from_branches() -> None:
    network = Network(
        [Conv2d(3, 2, 3), Concat([Conv2d(2, 3, 1)], [ReLU(), Conv2d(2, 2, 3, padding=1)]), MaxPool2d(3)], (3, 8, 8)
    )
    network.initialize(seed=2)
    found = filters(network)
    assert [(one.name, one.weights.shape, one.is_colour) for one in found] == [
        ("0", (2, 3, 3, 3), True), ("1.0.0", (3, 2), False), ("1.1.1", (2, 2, 3, 3), False),
    ]  # fmt: skip
    np.testing.assert_array_equal(found[0].weights, network[0].weight)
    np.testing.assert_array_equal(found[1].weights, network[1].branches[0][1][0].weight[:, :, 0, 0])


def test_units_behind_an_image_have_its_shape_and_those_behind_them_have_none() -> None:
    network = Network(
        [Conv2d(1, 2, 3), Flatten(), BatchNorm1d(2 * 3 * 4), Dropout(), Linear(24, 5), ReLU(), Linear(5, 5)], (1, 5, 6)
    )
    network.initialize(seed=2)
    numbered(network[4])
    found = {one.name: one.weights for one in filters(network)}
    assert list(found) == ["0", "4", "6"]
    assert found["4"].shape == (5, 2, 3, 4) and found["6"].shape == (5, 5)
    assert found["4"][1, 1, 2, 3] == 24 + 1 * 12 + 2 * 4 + 3
    pooled = Network([MaxPool2d(4), Flatten(), Linear(3, 2)], (3, 4, 4))
    pooled.initialize(seed=1)
    assert filters(pooled)[0].weights.shape == (2, 3)


def test_forms_of_weights_are_brought_to_one() -> None:
    network = Network([ConvTranspose2d(4, 6, 2, groups=2), Flatten(2), Conv1d(6, 3, 5)], (4, 3, 3))
    network.initialize(seed=1)
    numbered(network[0])
    numbered(network[2])
    first, second = filters(network)
    assert first.weights.shape == (6, 2, 2, 2)
    # output 4 is the second of the second group, which sees inputs 2 and 3
    np.testing.assert_array_equal(first.weights[4, 1], network[0].weight[3, 1])
    np.testing.assert_array_equal(first.weights[2, 0], network[0].weight[0, 2])
    assert second.weights.shape == (3, 6, 1, 5)
    np.testing.assert_array_equal(second.weights[:, :, 0], network[2].weight)


def test_inputs_that_a_map_does_not_see_are_no_numbers() -> None:
    network = Network([Conv2d(3, 2, 2, connections=[[0, 2], [1]])], (3, 4, 4))
    network.initialize(seed=1)
    numbered(network[0])
    (one,) = filters(network)
    assert np.isnan(one.weights[0, 1]).all() and np.isnan(one.weights[1, [0, 2]]).all()
    np.testing.assert_array_equal(one.weights[0, 2], [[4, 5], [6, 7]])
    np.testing.assert_array_equal(one.weights[1, 1], [[8, 9], [10, 11]])


def test_a_mosaic_has_kernels_in_rows_with_gaps() -> None:
    sheet = mosaic(np.arange(5.0).reshape(5, 1, 1).repeat(2, axis=1).repeat(2, axis=2))
    n = np.nan
    np.testing.assert_array_equal(sheet, [[0, 0, n, 1, 1, n, 2, 2]] * 2 + [[n] * 8] + [[3, 3, n, 4, 4, n, n, n]] * 2)
    np.testing.assert_array_equal(mosaic(np.ones((1, 3, 2))), np.ones((3, 2)))


def of_pictures() -> list[str]:
    return [name for name in model_names() if len(Network.from_model_name(name).input_shape) == 3]


@pytest.mark.parametrize("name", of_pictures())
def test_every_network_of_pictures_has_a_page(name: str) -> None:
    network = Network.from_model_name(name)
    found = filters(network)
    page = filter_page(network, found, 18)
    image = page_image(page)
    assert image.width == 1000 and len(page.panels) == len(found) > 0
    assert sum(one.weights[~np.isnan(one.weights)].size for one in found) == sum(
        parameter.value.size
        for parameter in network.named_parameters()
        if parameter.name.endswith("weight") and parameter.value.ndim > 1
    )


def place_of(page: Image.Image, tile: np.ndarray, left: int) -> list[int]:
    pixels = np.asarray(page)
    height, width = tile.shape[:2]
    return [
        top for top in range(pixels.shape[0] - height)
        if np.array_equal(pixels[top : top + height, left : left + width], tile)
    ]  # fmt: skip


def test_tiles_have_the_weights_in_colours_around_0() -> None:
    network = Network([Conv2d(1, 3, 4)], (1, 8, 8))
    network[0].weight[...] = np.random.default_rng(4).normal(size=(3, 1, 4, 4))
    page = filter_page(network, filters(network), 18)
    most = float(np.abs(network[0].weight).max())
    assert page.panels[0].scale == Scale(-most, most, True)
    tile = Scale(-most, most, True).colours(network[0].weight[2, 0]).repeat(22, axis=0).repeat(22, axis=1)
    assert len(place_of(page_image(page), tile, 28 + 2 * 98)) == 1


def test_filters_over_colours_are_colours() -> None:
    network = Network([Conv2d(3, 1, 1 + 1)], (3, 4, 4))
    network[0].weight[...] = 0
    network[0].weight[0, 0, 0, 0], network[0].weight[0, 2, 1, 1] = 2, -1
    (tile,) = filter_page(network, filters(network), 18).panels[0].tiles
    grey = [128, 128, 128]
    assert tile.pixels.tolist() == [[[255, 128, 128], grey], [grey, [128, 128, 64]]]


def test_facts_are_those_of_the_weights() -> None:
    network = Network([Sequential(Flatten(), Linear(2, 2))], (2,))
    network[0][1].weight[...] = [[3, -4], [0, 1]]
    (fact,) = facts(filters(network))
    assert fact == {
        "name": "0.1", "type": "Linear", "shape": [2, 2], "mean": 0.0, "deviation": pytest.approx(6.5**0.5),
        "least": -4.0, "most": 3.0, "lengths": [5.0, 1.0],
    }  # fmt: skip
