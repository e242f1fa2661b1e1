"""The feature maps that are shown are what the layers give, in the colours of their scale."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli import Network, load
from cnncli.errors import UsageError
from cnncli.layers import Concat, Conv2d, Dropout, Flatten, Linear, MaxPool2d, Parallel, ReLU, Residual
from cnncli.model.model import Model
from cnncli.pictures.recipe import InputRecipe
from cnncli.shipped import model_names, shipped_model
from cnncli.views.features import facts, feature_maps, feature_page
from cnncli.views.layer_names import of_layer
from cnncli.views.page import page_image
from cnncli.views.scales import Scale


def branched(channels: int = 1) -> Network:
    """All kinds of branches, and classes with names."""
    network = Network(
        [
            Conv2d(channels, 4, 3, padding=1),
            Concat([Conv2d(4, 2, 1)], [MaxPool2d(3, 1, 1), ReLU()]),
            Residual([Conv2d(6, 6, 3, padding=1)]),
            Parallel([ReLU()], [Conv2d(3, 3, 1)]),
            Dropout(0.5),
            Flatten(),
            Linear(6 * 8 * 8, 3),
        ],
        (channels, 8, 8),
        ["low", "mid", "high"],
        "branched",
        InputRecipe("plain", channels, 8, 8, mean=(0.2,) * channels, scale=(0.5,) * channels),
    )
    network.initialize(seed=3)
    return network


@pytest.mark.parametrize("channels", [1, 3])
def test_maps_are_the_outputs_of_the_layers_branches_included(channels: int, rng: np.random.Generator) -> None:
    network = branched(channels)
    image = rng.integers(0, 256, (channels, 8, 8)).astype(np.uint8)
    maps = {one.name: one.values for one in feature_maps(network, image)}
    first, concat, residual, parallel, *_ = network
    x = (image[None] / 255 - 0.2).astype(np.float32) / np.float32(0.5)
    a = first.forward(x)
    close = {"rtol": 1e-5, "atol": 1e-5}
    np.testing.assert_allclose(maps["0"], a[0], **close)
    one, two = (branch for _, branch in concat.branches)
    np.testing.assert_allclose(maps["1.0.0"], one[0].forward(a)[0], **close)
    b = np.concatenate([one[0].forward(a), two[1].forward(two[0].forward(a))], axis=1)
    np.testing.assert_allclose(maps["1.1.0"], two[0].forward(a)[0], **close)
    np.testing.assert_allclose(maps["1"], b[0], **close)
    c = b + residual.branches[0][1][0].forward(b)
    np.testing.assert_allclose(maps["2"], c[0], **close)
    d = np.concatenate([c[:, :3].clip(0), parallel.branches[1][1][0].forward(c[:, 3:])], axis=1)
    np.testing.assert_allclose(maps["3"], d[0], **close)
    np.testing.assert_array_equal(maps["4"], maps["3"])  # dropout drops nothing when one looks
    assert list(maps) == [row.name for row in network.layer_table()]


def test_looking_leaves_the_mode_of_the_network_alone() -> None:
    network = branched()
    network.train()
    feature_maps(network, np.zeros((8, 8), np.uint8))
    assert network.training and all(layer.training for layer in network.modules())


def of_pictures() -> list[str]:
    return [
        name
        for name in model_names()
        if not name.endswith(("-m", "-l")) and len(Network.from_model_name(name).input_shape) == 3
    ]


@pytest.mark.parametrize("name", of_pictures())
def test_every_network_of_pictures_has_a_page(name: str) -> None:
    network = Network.from_model_name(name)
    image = np.arange(np.prod(network.input_shape), dtype=np.uint8).reshape(network.input_shape)
    maps = feature_maps(network, image)
    assert [one.values.shape for one in maps] == [row.output_shape for row in network.layer_table()]
    page = feature_page(Model(network), image, maps, "x.png", 18)
    picture = page_image(page)
    assert picture.width == 1000 and len(page.panels) == len(maps) + 1
    assert all(len(panel.tiles) <= 18 for panel in page.panels)


def test_the_page_has_each_map_at_its_place_in_the_colours_of_its_scale() -> None:
    network = branched()
    image = np.random.default_rng(1).integers(0, 256, (1, 8, 8)).astype(np.uint8)
    maps = of_layer(feature_maps(network, image), "0", network.trace())
    page = feature_page(Model(network), image, maps, "x.png", 3)
    drawn = np.asarray(page_image(page))
    scale = Scale.of(maps[0].values)
    assert page.panels[1].scale == scale and scale.signed
    assert "the first 3 maps" in page.panels[1].note
    assert [tile.label for tile in page.panels[1].tiles] == ["0", "1", "2"]
    expected = scale.colours(maps[0].values[2]).repeat(11, axis=0).repeat(11, axis=1)
    left = 28 + 2 * 98
    found = [
        top for top in range(drawn.shape[0] - 88)
        if np.array_equal(drawn[top : top + 88, left : left + 88], expected)
    ]  # fmt: skip
    assert len(found) == 1
    shown = image[0].repeat(11, axis=0).repeat(11, axis=1)
    assert any(np.array_equal(drawn[top : top + 88, 28:116, 0], shown) for top in range(found[0]))


def test_classes_have_their_names_and_layers_that_change_nothing_are_not_drawn_again() -> None:
    network = branched()
    image = np.full((1, 8, 8), 77, np.uint8)
    page = feature_page(Model(network), image, feature_maps(network, image), "x.png", 18)
    by_title = {panel.title.split("  ")[0]: panel for panel in page.panels}
    assert [tile.label for tile in by_title["6"].tiles] == ["low", "mid", "high"]
    assert not by_title["4"].tiles and by_title["5"].note == "384, the same numbers"
    answer = Model(network).predict(image, channels="first")
    assert page.title == f"branched sees x.png: {answer.names[0]} ({answer.probabilities.max():.2%})".replace("%", " %")


def test_long_vectors_fill_rows_of_one_length() -> None:
    network = Network([Flatten(), Linear(4, 300), ReLU()], (1, 2, 2))
    network.initialize(seed=1)
    image = np.full((1, 2, 2), 200, np.uint8)
    page = feature_page(Model(network), image, feature_maps(network, image), "x.png", 18)
    tile = page.panels[2].tiles[0]
    assert tile.pixels.shape == (3, 100, 3)
    values = feature_maps(network, image)[1].values
    np.testing.assert_array_equal(tile.pixels.reshape(-1, 3), Scale.of(values).colours(values))
    odd = Network([Flatten(), Linear(4, 131)], (1, 2, 2))
    odd.initialize(seed=1)
    tile = feature_page(Model(odd), image, feature_maps(odd, image), "x.png", 18).panels[2].tiles[0]
    assert tile.pixels.shape == (2, 66, 3) and (tile.pixels[1, 65] == 255).all() and tile.levels[1, 65] == 0


def test_facts_are_those_of_the_numbers() -> None:
    network = Network([ReLU()], (1, 2, 2))
    (fact,) = facts(feature_maps(network, np.array([[-1.0, 0, 2, 5]], np.float32).reshape(2, 2)))
    assert fact == {
        "name": "0", "type": "ReLU", "output": [1, 2, 2], "mean": 1.75, "deviation": pytest.approx(2.0463382),
        "least": 0.0, "most": 5.0, "zeros": 0.5,
    }  # fmt: skip


def test_a_layer_is_chosen_by_name_with_those_inside_it() -> None:
    maps, steps = feature_maps(branched(), np.zeros((8, 8), np.uint8)), branched().trace()
    assert [one.name for one in of_layer(maps, "1", steps)] == ["1.0.0", "1.1.0", "1.1.1", "1"]
    assert [one.name for one in of_layer(maps, "Conv2", steps)] == ["1.0.0"]
    with pytest.raises(UsageError, match=r'no layer is named "9"; use one of 0, 1\.0\.0, '):
        of_layer(maps, "9", steps)
    with pytest.raises(UsageError, match='layer "conv1" has nothing that is shown here; use one of 1'):
        of_layer(maps[1:], "conv1", steps)


def test_the_shipped_model_sees_the_picture_of_the_readme(tmp_path: Path) -> None:
    model = load(shipped_model("lenet5"))
    pixels = model.recipe.prepare(Path(__file__).parents[2] / "digit.png").pixels
    page = feature_page(model, pixels, feature_maps(model.network, pixels), "digit.png", 18)
    assert page.title.startswith("lenet5 sees digit.png: 5 (")
    assert isinstance(page_image(page), Image.Image)
