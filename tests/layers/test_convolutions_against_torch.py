"""Convolutions and layers of shape, drawn at random, beside PyTorch's with the same arguments, in float64."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from beside_torch import compare
from closeness import assert_close
from cnncli.layers import Conv1d, Conv2d, ConvTranspose2d, Flatten, Linear, Unflatten, Upsample, ZeroPad2d
from drawn_convolutions import sequences, tables, transposed
from drawn_layers import quick, uniform

torch = pytest.importorskip("torch", reason="PyTorch is not installed; CI has an environment with it")
pytestmark = pytest.mark.torch


@quick
@given(tables(), st.integers(0, 2**32 - 1))
def test_a_table_is_a_mask_on_the_weights(case: tuple[Conv2d, tuple[int, ...]], seed: int) -> None:
    layer, shape = case
    assert layer.connections is not None
    places = torch.tensor([[o, c] for o, row in enumerate(layer.connections) for c in row])

    def function(x: Any, weight: Any, bias: Any) -> Any:
        full = torch.zeros(layer.out_channels, layer.in_channels, *layer.kernel_size, dtype=torch.float64)
        full = full.index_put((places[:, 0], places[:, 1]), weight)
        return torch.nn.functional.conv2d(x, full, bias, layer.stride, layer.padding, layer.dilation)

    compare(layer, shape, function, seed)


def test_torchs_initialization_has_the_bounds_of_pytorchs_layers() -> None:
    for ours, theirs in (
        (Linear(300, 200, initialization="torch"), torch.nn.Linear(300, 200)),
        (Conv2d(6, 64, 5, groups=2, initialization="torch"), torch.nn.Conv2d(6, 64, 5, groups=2)),
    ):
        for name, parameter in theirs.named_parameters():
            mine = getattr(ours, name)
            assert mine.shape == tuple(parameter.shape)
            assert abs(np.abs(mine).max() / float(parameter.detach().abs().max()) - 1) < 0.05


@quick
@given(transposed(), st.integers(0, 2**32 - 1))
def test_transposed_convolution(case: tuple[ConvTranspose2d, tuple[int, ...]], seed: int) -> None:
    layer, shape = case
    theirs = torch.nn.ConvTranspose2d(
        layer.in_channels, layer.out_channels, layer.kernel_size, layer.stride, layer.padding, layer.output_padding,
        layer.groups, layer.has_bias, layer.dilation,
    )  # fmt: skip
    assert tuple(theirs.weight.shape) == layer.weight.shape

    def function(x: Any, weight: Any, bias: Any) -> Any:
        return torch.nn.functional.conv_transpose2d(
            x, weight, bias, theirs.stride, theirs.padding, theirs.output_padding, theirs.groups, theirs.dilation
        )

    compare(layer, shape, function, seed)


@quick
@given(sequences(), st.integers(0, 2**32 - 1))
def test_convolution_of_sequences(case: tuple[Conv1d, tuple[int, ...]], seed: int) -> None:
    layer, shape = case
    settings = {name: value for name, value in layer.settings().items() if name != "bias"}
    theirs = torch.nn.Conv1d(**settings, bias=layer.has_bias)
    assert tuple(theirs.weight.shape) == layer.weight.shape
    how = (theirs.stride, theirs.padding, theirs.dilation, theirs.groups)
    compare(layer, shape, lambda x, weight, bias: torch.nn.functional.conv1d(x, weight, bias, *how), seed)


@quick
@given(st.tuples(*[st.integers(-3, 4)] * 4), st.tuples(st.integers(1, 3), st.integers(1, 8), st.integers(1, 8)),
       st.integers(0, 2**32 - 1))  # fmt: skip
def test_zero_padding(padding: tuple[int, int, int, int], shape: tuple[int, int, int], seed: int) -> None:
    left, right, top, bottom = padding
    assume(left + shape[2] + right > 0 and top + shape[1] + bottom > 0)
    # PyTorch cuts before it pads, and has no picture of less than nothing between.
    assume(min(left, 0) + shape[2] + min(right, 0) >= 0 and min(top, 0) + shape[1] + min(bottom, 0) >= 0)
    compare(ZeroPad2d(padding), shape, lambda x, weight, bias: torch.nn.ZeroPad2d(padding)(x), seed, terms=1)


@quick
@given(
    st.sampled_from(["nearest", "bilinear"]), st.booleans(), st.booleans(), st.booleans(),
    st.floats(0.3, 4), st.floats(0.3, 4), st.integers(1, 12),
    st.tuples(st.integers(1, 3), st.integers(4, 9), st.integers(4, 9)), st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_upsampling(
    mode: str, by_size: bool, corners: bool, recompute: bool, first: float, second: float, size: int,
    shape: tuple[int, int, int], seed: int,
) -> None:  # fmt: skip
    """In float32 on both sides: places are PyTorch's for float32, whatever the factor."""
    settings: dict[str, Any] = {"mode": mode, "align_corners": corners if mode == "bilinear" else None}
    if by_size:
        settings["size"] = (size, size + 3)
    else:
        settings |= {"scale_factor": (first, second), "recompute_scale_factor": recompute or None}
    x = uniform(np.random.default_rng(seed), 3, *shape)
    tensor = torch.tensor(x, requires_grad=True)
    expected = torch.nn.Upsample(**settings)(tensor)
    layer = Upsample(**settings)
    y = layer.forward(x)
    assert_close(y, expected.detach().numpy(), terms=16)
    grad_y = uniform(np.random.default_rng(seed + 1), *y.shape)
    expected.backward(torch.tensor(grad_y))
    assert_close(layer.backward(x, grad_y), tensor.grad.numpy(), terms=64)


@quick
@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.data())
def test_flatten_and_unflatten(shape: list[int], data: st.DataObject) -> None:
    start = data.draw(st.integers(1, len(shape)))
    end = data.draw(st.integers(start, len(shape)))
    x = uniform(np.random.default_rng(1), 5, *shape)
    flat = Flatten(start, end).forward(x)
    assert flat.shape == tuple(torch.nn.Flatten(start, end)(torch.tensor(x)).shape)
    sizes = shape[start - 1 : end]
    again = Unflatten(start, sizes).forward(flat)
    assert again.shape == tuple(torch.nn.Unflatten(start, sizes)(torch.tensor(flat)).shape) == x.shape
    assert again.tobytes() == x.tobytes()
