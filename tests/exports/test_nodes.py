"""The nodes that are exported, run by the programs of the page in Chromium, give what the layers give."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from browser import OpenPage, chromium
from cnncli import Network, load
from cnncli.errors import UsageError
from cnncli.exports.nodes import nodes_of
from cnncli.exports.page import page_of
from cnncli.layers import LAYER_TYPES, MaxUnpool2d, Module, Softmax
from cnncli.layers.registry import is_built_in
from cnncli.network.seen import seen_parts
from cnncli.pages.network_page import as_text
from cnncli.program.lowering import in_three
from cnncli.shipped import shipped_model
from every_layer import CASES, Made, Shape, filled, types_in

SUMS = ("convolution", "mapped_convolution", "transposed_convolution", "linear")
FEW = 2e-6  # of the largest value: float32 here, float64 sums there


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    path = tmp_path_factory.mktemp("page") / "lenet5.html"
    path.write_bytes(page_of(load(shipped_model("lenet5")), "lenet5"))
    with chromium() as browser, OpenPage(browser, path) as opened:
        yield opened.page
        assert opened.errors == []


def in_browser(
    page: Any, network: Network, sample: np.ndarray, units: list[int]
) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """The outputs, and what the page says of some of them."""
    nodes, result = nodes_of(network)
    recipe = {"mean": [0.0], "scale": [1.0]}
    description = {"nodes": nodes.rows, "input": in_three(network.input_shape), "result": result, "recipe": recipe}
    weights = as_text(nodes.weight_bytes())
    said = page.evaluate("([a, b, c, d]) => cnn.of(a, b, c, d)", [description, weights, sample.ravel().tolist(), units])
    return np.array(said["outputs"], np.float32), said["units"]


@pytest.mark.parametrize(("make", "shape"), CASES)
def test_layers_give_in_the_browser_what_they_give_here(
    make: Made, shape: Shape, page: Any, rng: np.random.Generator
) -> None:
    network = filled(make(), shape, rng)
    sample = rng.normal(0, 2, shape).astype(np.float32)
    wanted = network.forward(sample[None])[0].ravel()
    chosen = sorted({0, wanted.size // 3, wanted.size // 2, wanted.size - 1})
    found, units = in_browser(page, network, sample, chosen)
    assert found.shape == wanted.shape
    assert np.array_equal(np.isnan(found), np.isnan(wanted))
    np.testing.assert_allclose(found, wanted, rtol=0, atol=FEW * max(1.0, float(np.nanmax(np.abs(wanted), initial=0))))
    for at, unit in zip(chosen, units, strict=True):
        if unit["kind"] in SUMS:
            assert unit["sum"] == pytest.approx(unit["value"], abs=1e-5)
        place = np.unravel_index(at, in_three(network.output_shape(shape)))
        assert_field(network, tuple(int(side) for side in place), unit["field"])


def assert_field(network: Network, place: tuple[int, ...], field: list[int] | None) -> None:
    """The window on the input is that of `cnn field`, which takes all of the input for a softmax and an unpooling."""
    if len(network.input_shape) != 3 or any(isinstance(layer, Softmax | MaxUnpool2d) for layer in network):
        return
    own = place if len(network.output_shape(network.input_shape)) == 3 else place[:1]
    if len(own) == 1 and len(network.output_shape(network.input_shape)) == 2:
        return
    try:
        seen = seen_parts(network, len(network.trace()) - 1, tuple((side, side) for side in own))
    except UsageError:  # padding alone
        assert field is None
        return
    (top, bottom), (left, right) = seen[0].region[1:]
    assert field == [top, bottom, left, right]


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
