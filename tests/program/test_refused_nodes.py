"""What nodes of the core refuse and what they still take: shapes and settings on both sides of each border."""

from typing import Any

import numpy as np
import pytest

from cnncli import _core

IMAGE = (2, 3, 3)
MOST = 2**31 - 1  # values
POOL = {"kernel": (2, 2), "stride": (1, 1), "padding": (0, 0)}
AVERAGE = {**POOL, "count_padding": False}
POWER = {**POOL, "norm": 2.0}
STOCHASTIC = {**POOL, "layer": 0}
DRAWN = {"rate": 0.5, "layer": 0}
SLOPES = {"lower": 0.1, "upper": 0.3, "layer": 0}
CONVOLUTION = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
MAPPED: dict[str, Any] = {
    "stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "out_channels": 2, "connections": (0, 0, 1, 1)
}  # fmt: skip
TRANSPOSED = {**CONVOLUTION, "output_padding": (0, 0)}
GROUPS = {"groups": 2, "size": 0, "epsilon": 1e-5}
SIZES = {"groups": 0, "size": 3, "epsilon": 1e-5}
RESPONSE = {"size": 2, "alpha": 0.1, "beta": 0.5, "k": 1.0}
UPSAMPLING = {
    "size": (0, 0), "scale_height": 2.0, "scale_width": 2.0, "mode": "bilinear", "align_corners": False,
    "recompute_scale_factor": False,
}  # fmt: skip
GAIN = {"function": "offset", "sizes": (2, 1, 3)}
Shape = tuple[int, ...]
# kind, settings, those that are changed, shapes of arrays, what is wrong
Case = tuple[str, dict[str, Any], dict[str, Any], dict[str, Shape], str]

REFUSED: list[Case] = [
    *(("average_pooling", AVERAGE, {"dilation": pair}, {}, "dilation: expected 1") for pair in [(2, 1), (1, 2)]),
    ("average_pooling", {"output": (2, 2), "count_padding": True}, {}, {}, "count_padding: expected False"),
    *(("average_pooling", AVERAGE, {"divisor": n}, {}, "divisor: expected 0 to") for n in (-1, MOST + 1)),
    *(("max_pooling", POOL, {"kernel": pair}, {}, "kernel: .x. does not fit") for pair in [(4, 1), (1, 4)]),
    *(("max_pooling", POOL, {"padding": pair}, {}, "padding: expected at most half") for pair in [(2, 0), (0, 2)]),
    *(("max_pooling", POOL, {"kernel": (1, 1), "padding": pair}, {}, "padding: expected at most half")
      for pair in [(1, 0), (0, 1)]),
    # The first and the last window have a place inside, and one between them has none.
    *(("max_pooling", POOL, {"kernel": kernel, "padding": padding, "dilation": dilation}, {},
       "padding: a window lies wholly in")
      for kernel, padding, dilation in [((2, 1), (2, 0), (4, 1)), ((1, 2), (0, 2), (1, 4))]),
    *((kind, settings, changed, {}, "dilation, output: expected none")
      for kind, settings in (("power_pooling", POWER), ("stochastic_pooling", STOCHASTIC))
      for changed in ({"dilation": (1, 1)}, {"output": (1, 1)})),
    *(("power_pooling", POWER, {"norm": p}, {}, "norm: expected 1 to 1e6") for p in (0.99, 1.1e6, float("nan"))),
    *(("stochastic_pooling", STOCHASTIC, {"layer": n}, {}, "layer: expected 0 to") for n in (-1, 1 << 24)),
    *(("dropout", DRAWN, {"layer": n}, {}, "layer: expected 0 to") for n in (-1, 1 << 24)),
    *(("dropout", DRAWN, {"rate": p}, {}, "rate: expected 0 <= rate < 1") for p in (-0.01, 1.0, float("nan"))),
    ("random_slope", SLOPES, {"lower": 0.31}, {}, "upper: expected at least lower"),
    *(("random_slope", SLOPES, {"layer": n}, {}, "layer: expected 0 to") for n in (-1, 1 << 24)),
    *(("convolution", CONVOLUTION, {"groups": n}, {"weight": (2, 2, 1, 1)}, "groups: expected a divisor")
      for n in (-1, 0, 3)),
    ("convolution", CONVOLUTION, {"groups": 2}, {"weight": (3, 1, 1, 1)}, "weight: shape .* does not fit 2 groups"),
    *(("convolution", CONVOLUTION, {}, {"weight": shape}, "weight: shape .* does not fit 1 groups")
      for shape in [(0, 2, 1, 1), (1, 2, 0, 1), (1, 2, 1, 0)]),
    *(("convolution", CONVOLUTION, {}, {"weight": shape}, "weight: a kernel of .x. does not fit")
      for shape in [(1, 2, 4, 1), (1, 2, 1, 4)]),
    *(("convolution", CONVOLUTION, {"dilation": pair}, {"weight": (1, 2, 2, 2)}, "weight: a kernel of .x. does not")
      for pair in [(3, 1), (1, 3)]),
    *(("convolution", {**CONVOLUTION, "padding": (1, 1), "algorithm": "winograd"}, changed, {"weight": shape},
       "algorithm: winograd is for")
      for changed, shape in [({}, (2, 2, 2, 3)), ({}, (2, 2, 3, 2)), ({"stride": (2, 1)}, (2, 2, 3, 3)),
                             ({"stride": (1, 2)}, (2, 2, 3, 3)), ({"groups": 2}, (2, 1, 3, 3)),
                             ({"dilation": (2, 1), "padding": (2, 1)}, (2, 2, 3, 3)),
                             ({"dilation": (1, 2), "padding": (1, 2)}, (2, 2, 3, 3))]),
    *(("mapped_convolution", MAPPED, {"out_channels": n}, {"weight": (2, 1, 1)}, "out_channels: expected at least 1")
      for n in (-1, 0)),
    *(("mapped_convolution", MAPPED, {"connections": table}, {"weight": (1, 1, 1)}, "connections: .* is not among")
      for table in [(-1, 0), (2, 0), (0, -1), (0, 2)]),
    *(("mapped_convolution", MAPPED, {}, {"weight": shape}, "weight: shape .* has no kernel")
      for shape in [(2, 0, 1), (2, 1, 0)]),
    *(("transposed_convolution", TRANSPOSED, {"groups": n}, {"weight": (2, 1, 2, 2)}, "groups: expected a divisor")
      for n in (-1, 0, 3)),
    *(("transposed_convolution", TRANSPOSED, {}, {"weight": shape}, "weight: shape .* has no kernel")
      for shape in [(2, 0, 1, 1), (2, 1, 0, 1), (2, 1, 1, 0)]),
    *(("transposed_convolution", TRANSPOSED, {"stride": (2, 2), "dilation": (1, 1), "output_padding": pair},
       {"weight": (2, 1, 2, 2)}, "output_padding: expected less") for pair in [(2, 0), (0, 2)]),
    *(("transposed_convolution", TRANSPOSED, {"padding": pair}, {"weight": (2, 1, 2, 2)}, "padding: nothing is left")
      for pair in [(2, 0), (0, 2)]),
    *(("transposed_convolution", TRANSPOSED, {"padding": pair}, {"weight": (2, 1, 1, 1)}, "padding: nothing is left")
      for pair in [(2, 0), (0, 2)]),
    *(("group_normalization", settings, changed, {}, "groups, size: expected one of them")
      for settings, changed in ((GROUPS, {"size": 3}), (GROUPS, {"groups": 0}))),
    *(("group_normalization", GROUPS, {"groups": n}, {}, "groups: .* does not fit") for n in (-1, 3, 4)),
    *(("group_normalization", SIZES, {"size": n}, {}, "size: .* does not fit") for n in (-1, 4, 36)),
    *(("response_normalization", RESPONSE, {"size": n}, {}, "size: expected at least 1") for n in (-1, 0)),
    *(("softmax", {"axis": n}, {}, {}, "axis: expected 0, 1 or 2") for n in (-1, 3)),
    *(("slice", {"first": first, "channels": channels}, {}, {}, "first, channels: not among")
      for first, channels in [(-1, 1), (2, 1), (0, 0), (0, 3), (1, 2)]),
    ("gain", GAIN, {"function": "x"}, {"weight": (6,)}, "function: expected offset, factor or slope"),
    *(("gain", GAIN, {"sizes": sizes}, {"weight": (6,)}, "sizes: ")
      for sizes in [(2, 3), (2, 1, 3, 1), (3, 1, 3), (2, 2, 3), (2, 1, 2), (0, 1, 1)]),
    *(("zero_padding", {"padding": sides}, {}, {}, "padding: ") for sides in [
        (0, 0, 0), (0, 0, 0, 0, 0), (1 << 24, 0, 0, 0), (0, 0, -(1 << 24), 1 << 23), (-3, 0, 0, 0), (0, 0, 0, -3),
        (0, 1 << 23, 1 << 23, 0), (-2, -1, 0, 0), (0, 0, -1, -2)]),
    *(("upsampling", UPSAMPLING, changed, {}, "size, scale: ") for changed in [
        {"scale_height": 0.3}, {"scale_width": 0.3}, {"scale_width": 1e30}, {"scale_height": 2.0**30},
        {"size": (1 << 20, 1 << 20)}]),
]  # fmt: skip

# Likewise, with the shape of the output in the place of the message.
TAKEN: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Shape], Shape]] = [
    # A side whose square is more values than there may be.
    ("zero_padding", {"padding": (0, 0, 49_997, 0)}, {}, {}, (2, 50_000, 3)),
    ("zero_padding", {"padding": (49_997, 0, 0, 0)}, {}, {}, (2, 3, 50_000)),
    ("average_pooling", AVERAGE, {"divisor": 0}, {}, (2, 2, 2)),
    ("average_pooling", AVERAGE, {"divisor": MOST}, {}, (2, 2, 2)),
    ("average_pooling", {"output": (1, 2), "count_padding": False}, {}, {}, (2, 1, 2)),
    ("max_pooling", POOL, {"kernel": (3, 3)}, {}, (2, 1, 1)),
    ("max_pooling", POOL, {"padding": (1, 1)}, {}, (2, 4, 4)),
    ("power_pooling", POWER, {"norm": 1.0}, {}, (2, 2, 2)),
    ("power_pooling", POWER, {"norm": 1e6}, {}, (2, 2, 2)),
    ("stochastic_pooling", STOCHASTIC, {"layer": (1 << 24) - 1}, {}, (2, 2, 2)),
    ("dropout", DRAWN, {"rate": 0.0, "layer": (1 << 24) - 1}, {}, IMAGE),
    ("random_slope", SLOPES, {"lower": 0.3, "layer": (1 << 24) - 1}, {}, IMAGE),
    ("convolution", CONVOLUTION, {"groups": 2}, {"weight": (4, 1, 3, 3)}, (4, 1, 1)),
    ("convolution", {**CONVOLUTION, "padding": (1, 1), "algorithm": "winograd"}, {}, {"weight": (1, 2, 3, 3)},
     (1, 3, 3)),
    ("mapped_convolution", MAPPED, {"out_channels": 1, "connections": (0, 1)}, {"weight": (1, 1, 1)}, (1, 3, 3)),
    ("transposed_convolution", TRANSPOSED, {"stride": (2, 2), "output_padding": (1, 1)}, {"weight": (2, 1, 1, 1)},
     (1, 6, 6)),
    ("transposed_convolution", TRANSPOSED, {"dilation": (2, 2), "output_padding": (1, 1)}, {"weight": (2, 1, 1, 1)},
     (1, 4, 4)),
    ("transposed_convolution", TRANSPOSED, {"padding": (1, 1)}, {"weight": (2, 1, 1, 1)}, (1, 1, 1)),
    ("group_normalization", GROUPS, {"groups": 1}, {}, IMAGE),
    ("group_normalization", SIZES, {"size": 18}, {}, IMAGE),
    ("group_normalization", SIZES, {"size": 1}, {}, IMAGE),
    ("response_normalization", RESPONSE, {"size": 1}, {}, IMAGE),
    *(("softmax", {"axis": n}, {}, {}, IMAGE) for n in (0, 1, 2)),
    *(("slice", {"first": first, "channels": channels}, {}, {}, (channels, 3, 3))
      for first, channels in [(0, 2), (1, 1), (0, 1)]),
    ("gain", GAIN, {}, {"weight": (6,)}, IMAGE),
    ("zero_padding", {"padding": (-2, 0, 0, -2)}, {}, {}, (2, 1, 1)),
    ("upsampling", UPSAMPLING, {"scale_height": 0.34, "scale_width": 0.34}, {}, (2, 1, 1)),
]  # fmt: skip

# Planes without a value, of which there is no maximum, no neighbour and no mean.
EMPTY: list[tuple[str, dict[str, Any]]] = [
    ("max_pooling", {"output": (1, 1)}),
    ("max_pooling", {**POOL, "kernel": (1, 1)}),
    ("average_pooling", {"output": (1, 1), "count_padding": False}),
    ("stochastic_pooling", {**STOCHASTIC, "padding": (1, 1)}),
    ("upsampling", {**UPSAMPLING, "size": (2, 2)}),
    ("upsampling", {**UPSAMPLING, "size": (2, 2), "mode": "nearest"}),
    ("softmax", {"axis": 0}),
    ("response_normalization", RESPONSE),
]


def forward(kind: str, settings: dict[str, Any], arrays: dict[str, Shape], shape: Shape = IMAGE) -> np.ndarray:
    ones = {name: np.ones(size, np.float32) for name, size in arrays.items()}
    return _core.Node(kind, settings).forward(np.ones((1, *shape), np.float32), ones)


@pytest.mark.parametrize(("kind", "settings", "changed", "arrays", "message"), REFUSED)
def test_what_lies_beyond_a_border_is_refused(
    kind: str, settings: dict[str, Any], changed: dict[str, Any], arrays: dict[str, Shape], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{kind}: {message}"):
        forward(kind, settings | changed, arrays)


@pytest.mark.parametrize("shape", [(2, 0, 3), (2, 3, 0)])
@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [("max_pooling", {**POOL, "kernel": (1, 1)}, "kernel: "), ("upsampling", UPSAMPLING, "size, scale: ")],
)
def test_an_image_without_a_side_is_refused(kind: str, settings: dict[str, Any], message: str, shape: Shape) -> None:
    with pytest.raises(ValueError, match=f"^{kind}: {message}"):
        forward(kind, settings, {}, shape)


@pytest.mark.parametrize(("shape", "expected"), [((2, 3, 1), (1, 2, 6, 2)), ((2, 1, 3), (1, 2, 2, 6))])
def test_an_image_of_one_row_or_column_is_enlarged(shape: Shape, expected: Shape) -> None:
    assert forward("upsampling", UPSAMPLING, {}, shape).shape == expected


@pytest.mark.parametrize(("kind", "settings", "changed", "arrays", "shape"), TAKEN)
def test_what_lies_at_a_border_is_taken(
    kind: str, settings: dict[str, Any], changed: dict[str, Any], arrays: dict[str, Shape], shape: Shape
) -> None:
    assert forward(kind, settings | changed, arrays).shape == (1, *shape)


@pytest.mark.parametrize("shape", [(2, 0, 3), (2, 3, 0)])
@pytest.mark.parametrize(("kind", "settings"), EMPTY)
def test_a_plane_without_values_is_refused_where_values_are_needed(
    kind: str, settings: dict[str, Any], shape: Shape
) -> None:
    with pytest.raises(ValueError, match=f"^{kind}: "):
        forward(kind, settings, {}, shape)


@pytest.mark.parametrize("shape", [(2, 0, 3), (2, 3, 0), (0, 3, 3)])
@pytest.mark.parametrize("kind", ["add", "concat"])
def test_sums_and_rows_of_nothing_are_nothing(kind: str, shape: Shape) -> None:
    assert forward(kind, {}, {}, shape).shape == (1, *shape)
