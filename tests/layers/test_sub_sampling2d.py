"""LeNet-5's trainable sub-sampling: Torch7's SpatialSubSampling."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cnncli import _core
from cnncli.errors import ShapeError
from cnncli.layers import Conv2d, Linear, ReLU, Sequential, SubSampling2d, Tanh
from cnncli.model_file.serialize import load_model, save_model
from cnncli.network import Network
from drawn_layers import uniform
from layer_check import check_layer


def test_finite_differences_settings_and_kinds_of_input(rng: np.random.Generator) -> None:
    def oracle(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
        y = np.zeros((len(x), 2, 2, 3))
        for n, c, p, q in np.ndindex(y.shape):
            window = x[n, c, 2 * p : 2 * p + 3, q : q + 2].astype(np.float64)
            y[n, c, p, q] = weight[c] * sum(window.ravel()) + bias[c]
        return y

    check_layer(SubSampling2d(2, (3, 2), (2, 1)), oracle, (3, 2, 6, 4), rng, terms=18)


def test_layers_s2_and_s4_of_lenet5() -> None:
    s2, s4 = SubSampling2d(6, 2), SubSampling2d(16, 2)
    assert (s2.parameter_count(), s4.parameter_count()) == (12, 32)
    assert s2.output_shape((6, 28, 28)) == (6, 14, 14) and s4.output_shape((16, 10, 10)) == (16, 5, 5)
    assert s2.multiply_adds((6, 28, 28)) == 1176 and s2.window_reads((6, 28, 28)) == 4704
    assert [parameter.decay for parameter in s2.named_parameters()] == [True, False]
    assert repr(SubSampling2d(6, (2, 3), 1)) == "SubSampling2d(6, kernel 2x3, stride 1)"
    network = Network([Conv2d(1, 6, 5), SubSampling2d(6, 2)], (1, 32, 32))
    assert [row.field_of_view for row in network.layer_table()] == [(5, 5), (6, 6)]


def test_initial_values() -> None:
    """He's bound is gain * sqrt(3 / area), Torch7's 1 / sqrt(area)."""
    he, torch = SubSampling2d(500, 2, seed=None), SubSampling2d(500, (2, 8), initialization="torch", seed=4)
    he.initialize(4, gain=1.0)
    assert 0.85 < np.abs(he.weight).max() <= 0.8661 and not he.bias.any()
    assert 0.24 < np.abs(torch.weight).max() <= 0.25 and 0.24 < np.abs(torch.bias).max() <= 0.25
    assert he.weight.min() < -0.8 and abs(he.weight.mean()) < 0.1
    # It has weights: what stands before it is followed by no ReLU, and its own gain is that of the ReLU behind.
    before, inside = Conv2d(1, 1, 3), Sequential(Conv2d(1, 1, 3), SubSampling2d(1, 2), ReLU())
    inside.initialize(3)
    before.initialize(3, 0, gain=1.0)
    assert (inside[0].weight == before.weight).all()
    alone = SubSampling2d(1, 2)
    alone.initialize(3, 1, gain=2**0.5)
    assert (inside[1].weight == alone.weight).all()


def test_it_gives_the_same_bits_for_any_threads(
    rng: np.random.Generator, assert_same_bits_for_any_threads: Callable
) -> None:
    layer = SubSampling2d(5, 3, 2)
    x, grad_y = uniform(rng, 150, 5, 9, 8), uniform(rng, 150, 5, 4, 3)

    def compute() -> tuple[np.ndarray, ...]:
        layer.zero_grad_parameters()
        return layer.forward(x), layer.backward(x, grad_y), layer.grad_weight.copy(), layer.grad_bias.copy()

    assert_same_bits_for_any_threads(compute)


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_nan_and_infinity_stay_in_their_window_and_map(instruction_set: str, poison: float) -> None:
    layer = SubSampling2d(2, 2)
    layer.weight[...] = 1
    x, grad_y = np.ones((17, 2, 4, 4), np.float32), np.ones((17, 2, 2, 2), np.float32)
    x[16, 0, 3, 1] = poison
    y = layer.forward(x)
    assert np.argwhere(~np.isfinite(y)).tolist() == [[16, 0, 1, 0]]
    layer.backward(x, grad_y)
    assert not np.isfinite(layer.grad_weight[0]) and layer.grad_weight[1] == 17 * 16
    grad_y[16, 1, 0, 1] = poison
    assert np.argwhere(~np.isfinite(layer.backward(x, grad_y))).tolist() == [
        [16, 1, 0, 2], [16, 1, 0, 3], [16, 1, 1, 2], [16, 1, 1, 3]
    ]  # fmt: skip


def test_a_description_leaves_out_its_maps_and_a_model_file_keeps_its_weights(
    tmp_path: Any, rng: np.random.Generator
) -> None:
    described = {
        "input": [1, 12, 12], "classes": 2,
        "layers": [{"type": "Conv2d", "out_channels": 3, "kernel_size": 5},
                   {"type": "SubSampling2d", "kernel_size": 2, "initialization": "torch"}, {"type": "Tanh"},
                   {"type": "Flatten"}, {"type": "Linear", "out_features": 2}],
    }  # fmt: skip
    network = Network.from_description(described, seed=3)
    layer = network[1]
    assert isinstance(layer, SubSampling2d) and layer.num_features == 3 and isinstance(network[2], Tanh)
    assert isinstance(network[4], Linear) and layer.bias.any()
    save_model(tmp_path / "m.bin", network)
    again = load_model(tmp_path / "m.bin")
    x = uniform(rng, 3, 1, 12, 12)
    assert (again.forward(x) == network.forward(x)).all()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ShapeError) as caught:
        SubSampling2d(6, 2).forward(np.zeros((1, 3, 4, 4)))
    assert str(caught.value) == (
        "SubSampling2d(6, kernel 2x2): takes samples of shape 6xHxW, got 3x4x4; use num_features=3"
    )
    with pytest.raises(ShapeError, match=r"kernel 5x5 does not fit its input 4x4; use kernel_size <= 4"):
        SubSampling2d(1, 5).forward(np.zeros((1, 1, 4, 4)))
    settings = {"kernel": (2, 2), "stride": (2, 2), "padding": (1, 1)}
    x, one = np.ones((1, 1, 4, 4), np.float32), np.ones(1, np.float32)
    with pytest.raises(ValueError, match=r"^sub_sampling: padding: expected 0$"):
        _core.Node("sub_sampling", settings).forward(x, {"weight": one, "bias": one})
    with pytest.raises(ValueError, match=r"^sub_sampling: bias: needed, got none$"):
        _core.Node("sub_sampling", {**settings, "padding": (0, 0)}).forward(x, {"weight": one})
