"""The nodes that are exported, run by the programs of the page in Chromium, give what the layers give."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import OpenPage, chromium
from every_layer import CASES, Made, Shape, filled, types_in

from cnncli import Network, load
from cnncli.errors import UsageError
from cnncli.exports.nodes import nodes_of
from cnncli.exports.page import page_of
from cnncli.layers import LAYER_TYPES, Module
from cnncli.layers.registry import is_built_in
from cnncli.network.architectures import shipped_model
from cnncli.program.lowering import in_three

FEW = 2e-6  # of the largest value: float32 here, float64 sums there


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    path = tmp_path_factory.mktemp("page") / "lenet5.html"
    path.write_bytes(page_of(load(shipped_model("lenet5")), "lenet5"))
    with chromium() as browser, OpenPage(browser, path) as opened:
        yield opened.page
        assert opened.errors == []


def in_browser(page: Any, network: Network, sample: np.ndarray) -> np.ndarray:
    nodes, result = nodes_of(network)
    recipe = {"mean": [0.0], "scale": [1.0]}
    description = {"nodes": nodes.rows, "input": in_three(network.input_shape), "result": result, "recipe": recipe}
    weights = base64.b64encode(nodes.weight_bytes()).decode()
    said = page.evaluate("([a, b, c]) => cnn.of(a, b, c)", [description, weights, sample.ravel().tolist()])
    return np.array(said, np.float32)


@pytest.mark.parametrize(("make", "shape"), CASES)
def test_layers_give_in_the_browser_what_they_give_here(
    make: Made, shape: Shape, page: Any, rng: np.random.Generator
) -> None:
    network = filled(make(), shape, rng)
    sample = rng.normal(0, 2, shape).astype(np.float32)
    wanted = network.forward(sample[None])[0].ravel()
    found = in_browser(page, network, sample)
    assert found.shape == wanted.shape
    assert np.array_equal(np.isnan(found), np.isnan(wanted))
    np.testing.assert_allclose(found, wanted, rtol=0, atol=FEW * max(1.0, float(np.nanmax(np.abs(wanted), initial=0))))


def test_no_built_in_layer_type_is_left_out() -> None:
    covered = set().union(*(types_in(make()) for make, _ in CASES))
    assert covered == {name for name, layer_type in LAYER_TYPES.items() if is_built_in(layer_type)} - {"Network"}


def test_a_custom_layer_is_refused_by_its_name() -> None:
    class Doubled(Module):
        def update_output(self, input: np.ndarray) -> np.ndarray:
            return 2 * input

    with pytest.raises(UsageError) as caught:
        nodes_of(Network([Doubled()], (3,)))
    assert str(caught.value) == (
        "layer 0 (Doubled): a custom layer, whose Python a page cannot run; export a network of built-in layers"
    )
