"""What each setting of a layer may be, up to its borders and one beyond, and what a layer says of itself there."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from activation_cases import ANY, Borders
from activation_cases import BORDERS as ACTIVATION_BORDERS
from cnncli import layers
from cnncli.errors import CnnError, ShapeError, UsageError
from cnncli.layers import (
    Add,
    AvgPool2d,
    CMul,
    Conv1d,
    Conv2d,
    ConvTranspose2d,
    Flatten,
    LayerNorm,
    MaxPool1d,
    MaxPool2d,
    Module,
    Residual,
    ScaledTanh,
    Softmax,
    Softmax2d,
    Unflatten,
    Upsample,
    ZeroPad2d,
)  # fmt: skip
from cnncli.layers.settings import LARGEST_SETTING, LARGEST_SIDE, SMALLEST

EPS = ([1e-30, 1e-5, 1], [0, 0.5e-30, 1.5, -1])
COUNT = ([1, 2, 7], [0, -1, 1.0, True, LARGEST_SETTING + 1])
SIDES = ([1, 2, LARGEST_SIDE, (1, 2), [3, 1]], [0, -1, 1.0, True, LARGEST_SIDE + 1, (1, 0), (1,), (1, 2, 3), ()])
PADDING = ([0, 1, (0, 2), LARGEST_SIDE], [-1, 0.0, False, LARGEST_SIDE + 1, (0, -1), (0,), (0, 0, 0)])

# layer: (the other arguments, setting: (taken, refused))
CASES: dict[str, Borders] = {
    **ACTIVATION_BORDERS,
    "BatchNorm2d": ({"num_features": 2}, {
        "num_features": COUNT, "eps": EPS, "momentum": ([0, 0.5, 1], [-1e-9, 1 + 1e-9, None])}),
    "Dropout": ({}, {"p": ([0, 0.5, 0.9999], [1, -1e-9, float("nan")])}),
    "Dropout2d": ({}, {"p": ([0, 0.5, 0.9999], [1, -1e-9, float("nan")])}),
    "GroupNorm": ({"num_groups": 1, "num_channels": 6}, {
        "num_groups": ([1, 2, 3, 6], [0, 4, 7, 12, 1.0]), "num_channels": COUNT, "eps": EPS}),
    "LayerNorm": ({"normalized_shape": 2}, {"normalized_shape": ([1, [2, 3]], [0, [], [2, 0]]), "eps": EPS}),
    "LocalResponseNorm": ({"size": 2}, {
        "size": COUNT, "alpha": ([0, 1, 1e30], [-1e-9, 2e30]), "beta": ANY, "k": ([0, 1, 1e30], [-1e-9, 2e30])}),
    "PReLU": ({}, {"num_parameters": COUNT, "init": ANY}),
    "Linear": ({"in_features": 1, "out_features": 1}, {"in_features": COUNT, "out_features": COUNT}),
    "LPPool2d": ({"norm_type": 2, "kernel_size": 2}, {
        "norm_type": ([1, 1.5, 1e6], [0.999, 1e6 + 1]), "kernel_size": SIDES, "stride": (SIDES[0], SIDES[1])}),
    "MaxPool2d": ({"kernel_size": 2}, {"kernel_size": SIDES, "stride": SIDES, "dilation": SIDES,
                                       "padding": ([0, 1, (0, 1)], [2, (0, 2), (2, 0), -1])}),
    "AvgPool2d": ({"kernel_size": 2}, {"divisor_override": COUNT, "padding": ([0, 1], [2, (0, 2), (2, 0), -1])}),
    "Conv2d": ({"in_channels": 6, "out_channels": 4, "kernel_size": 1}, {
        "stride": SIDES, "padding": PADDING, "dilation": SIDES, "groups": ([1, 2], [0, 3, 4, 6, 1.0])}),
    "Conv1d": ({"in_channels": 2, "out_channels": 2, "kernel_size": 1}, {
        "kernel_size": ([1, 2], [0, 1.0, (1, 1)]), "stride": ([1, LARGEST_SIDE], [0, LARGEST_SIDE + 1]),
        "padding": ([0, 3], [-1, 0.0]), "dilation": ([1, 2], [0, True])}),
    "ConvTranspose2d": ({"in_channels": 2, "out_channels": 2, "kernel_size": 1, "stride": (3, 2), "dilation": (1, 4)}, {
        "output_padding": ([0, (2, 0), (0, 3), (2, 3)], [(3, 0), (0, 4), -1, (0, -1)])}),
    "AvgPool1d": ({"kernel_size": 4}, {"kernel_size": COUNT, "stride": COUNT, "padding": ([0, 2], [3, -1])}),
    "AdaptiveAvgPool2d": ({}, {"output_size": ([1, (None, 2), None, [3, 4]], [0, (1,), (1, 2, 3), 1.0, (0, None)])}),
    "Upsample": ({}, {"size": SIDES, "scale_factor": ([0.5, 3, (1, 2.5), SMALLEST], [0, -1, (1,), (1, 2, 3), True])}),
    "ZeroPad2d": ({}, {"padding": ([0, -3, (1, 2, 3, 4), LARGEST_SIDE, -LARGEST_SIDE, (0, LARGEST_SIDE, 0, -3)],
                                   [1.0, (1, 2), (1, 2, 3), LARGEST_SIDE + 1, -LARGEST_SIDE - 1,
                                    (0, 0, LARGEST_SIDE + 1, 0)])}),
    "Flatten": ({}, {"start_dim": ([1, 5, -1, -64], [0, -65, 1.0]), "end_dim": ([1, 5, -1, -64], [0, -65, True])}),
    "Unflatten": ({"dim": 1, "unflattened_size": (1, 1)}, {
        "dim": ([1, -1, -64], [0, -65]),
        "unflattened_size": ([[1], [-1, 2], [2] * 63], [[], [2] * 64, [-2, 3], [-1, -1], [0, 1], [1.0], 3])}),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_setting_is_taken_up_to_its_borders_and_refused_beyond(name: str) -> None:
    kind: Any = getattr(layers, name)
    others, borders = CASES[name]
    for setting, (taken, refused) in borders.items():
        for value in taken:
            made = kind(**{**others, setting: value})
            settings = made.settings()
            assert repr(kind(**settings)) == repr(made) and kind(**settings).settings() == settings
        for value in refused:
            with pytest.raises(UsageError, match=rf"^{name}: "):
                kind(**{**others, setting: value})


def test_more_numbers_than_the_kernels_can_count_are_refused() -> None:
    most = 2**31 - 1  # a prime
    for kind, of in ((Add, [1, 1, most]), (CMul, [1, most, 1]), (LayerNorm, [most])):
        assert kind(of, seed=None).parameter_count() >= most  # type: ignore[operator]
        with pytest.raises(UsageError):
            kind([2**11, 2**10, 2**10], seed=None)  # type: ignore[operator]
    for wrong in ([1, 2], [1, 2, 3, 4], []):
        with pytest.raises(UsageError, match=r"^Add: size is .*; use one whole number, or three"):
            Add(wrong)


def test_an_output_of_softmax_sees_one_place_only_if_channels_are_shared_out() -> None:
    place = ((1, 1), (1, 1))
    for layer, windows in ((Softmax(), (None, place)), (Softmax(1), (None, place)), (Softmax2d(), (place, place))):
        assert layer.window((3, 4, 5)) == windows[1]
        assert isinstance(layer, Softmax2d) or layer.window((3,)) == windows[0]
    assert Softmax(2).window((3, 4, 5)) is Softmax(3).window((3, 4, 5)) is None


def test_lecuns_tanh_keeps_one_and_minus_one() -> None:
    """LeCun 1989: f(1) = 1 and f(-1) = -1, with 1.7159 tanh(2/3 x)."""
    assert ScaledTanh().forward([[1, -1, 0, 100]]) == pytest.approx(np.array([[1, -1, 0, 1.7159]]), abs=2e-5)


@pytest.mark.parametrize(
    ("layer", "shape", "output"),
    [
        (ZeroPad2d((-1, 0, 0, -2)), (2, 3, 2), (2, 1, 1)), (ZeroPad2d((-1, 0, 0, -2)), (2, 2, 2), None),
        (ZeroPad2d((-1, 0, 0, -2)), (2, 3, 1), None), (Upsample(scale_factor=0.5), (1, 2, 3), (1, 1, 1)),
        (Upsample(scale_factor=0.5), (1, 1, 4), None), (Upsample(scale_factor=(2, 0.3)), (1, 1, 3), None),
        (ConvTranspose2d(1, 1, 1, padding=1), (1, 3, 4), (1, 1, 2)),
        (ConvTranspose2d(1, 1, 1, padding=1), (1, 2, 4), None), (ConvTranspose2d(1, 1, 1, padding=1), (1, 4, 2), None),
        (Conv1d(2, 3, 3, stride=2), (2, 3), (3, 1)), (Conv1d(2, 3, 3, stride=2), (2, 2), None),
        (Conv1d(2, 3, 3, dilation=2, padding=1), (2, 3), (3, 1)), (Conv1d(2, 3, 3), (1, 3), None),
        (Conv1d(2, 3, 3), (2, 3, 3), None), (MaxPool1d(3), (2, 3), (2, 1)), (MaxPool1d(3), (2, 2), None),
        (MaxPool1d(4, 3, ceil_mode=True), (2, 2), (2, 1)), (MaxPool1d(4, 3, ceil_mode=True), (2, 1), None),
        (MaxPool2d(3), (1, 3, 3), (1, 1, 1)), (MaxPool2d(3), (1, 2, 3), None), (MaxPool2d(3), (1, 3, 2), None),
        (MaxPool2d(3, 2, 1, ceil_mode=True), (1, 4, 5), (1, 3, 3)), (AvgPool2d(2, 3, 1, True), (1, 4, 5), (1, 2, 2)),
        (Conv2d(1, 1, 3, dilation=2), (1, 5, 6), (1, 1, 2)), (Conv2d(1, 1, 3, dilation=2), (1, 4, 6), None),
        (Flatten(1, 2), (3, 4), (12,)), (Flatten(1, 3), (3, 4), None), (Flatten(2, 2), (3, 4), (3, 4)),
        (Flatten(-1, 1), (3, 4), None), (Flatten(-1, 2), (3, 4), (3, 4)), (Unflatten(2, (2, -1)), (3, 4), (3, 2, 2)),
        (Unflatten(2, (3, -1)), (3, 4), None), (Unflatten(3, (1,)), (3, 4), None), (Unflatten(-3, (1,)), (3, 4), None),
    ],
    ids=str,
)  # fmt: skip
def test_the_smallest_input_gives_one_value_and_a_smaller_one_none(
    layer: Module, shape: tuple[int, ...], output: tuple[int, ...] | None
) -> None:
    if output is None:
        with pytest.raises(ShapeError):
            layer.output_shape(shape)
    else:
        assert layer.output_shape(shape) == output == layer.forward(np.ones((2, *shape)))[0].shape


@pytest.mark.parametrize(
    ("layer", "shape", "scratch", "reads", "products"),
    [
        (Conv1d(2, 3, 3, padding=2), (2, 9), 2 * 13, 0, 3 * 11 * 2 * 3), (Conv1d(2, 4, 3, groups=2), (2, 9), 0, 0, 84),
        (Conv2d(2, 3, 1, connections=[[0], [0, 1], [1]]), (2, 4, 5), 3 * 2, 0, 20 * 4),
        (Conv2d(2, 3, 1, padding=(0, 1), connections=[[0], [0, 1], [1]]), (2, 4, 5), 6 + 2 * 4 * 7, 0, 28 * 4),
        (ConvTranspose2d(2, 6, (2, 3), stride=2, groups=2), (2, 4, 5), 0, 0, 40 * 3 * 6),
        (MaxPool2d(2), (3, 4, 6), 0, 3 * 2 * 3 * 4, 0), (AvgPool2d((1, 3), 1), (2, 4, 6), 0, 2 * 4 * 4 * 3, 0),
        (MaxPool2d((5, 4), padding=(2, 2)), (1, 1, 3), 0, 1 * 1 * 1 * 3, 0), (MaxPool1d(3), (2, 9), 0, 2 * 3 * 3, 0),
        (MaxPool1d(4, 1, 2), (2, 1), 0, 2 * 2 * 1, 0), (Upsample((4, 6)), (2, 2, 3), 0, 48, 0),
        (Upsample((4, 6), mode="bilinear"), (2, 2, 3), 0, 4 * 48, 0),
        (Residual([Conv2d(2, 2, 1)], [Conv2d(2, 2, 1)]), (2, 3, 3), 0, 0, 2 * 9 * 4),
    ],
    ids=str,
)  # fmt: skip
def test_what_a_sample_takes_is_counted(
    layer: Module, shape: tuple[int, ...], scratch: int, reads: int, products: int
) -> None:
    assert (layer.scratch_count(shape), layer.window_reads(shape), layer.multiply_adds(shape)) == (
        scratch, reads, products
    )  # fmt: skip


class Writes(Module):
    """A custom layer that does one thing wrong."""

    def update_output(self, input: np.ndarray) -> Any:
        input += 1
        return input


class Roots(Module):
    def update_output(self, input: np.ndarray) -> Any:
        with np.errstate(all="ignore"):
            return np.sqrt(input - 1)


class Same(Module):
    def update_output(self, input: np.ndarray) -> Any:
        return input


class Words(Module):
    def update_output(self, input: np.ndarray) -> Any:
        return [["a"]]


@pytest.mark.parametrize(
    ("make", "x", "message"),
    [
        (Writes, 1.0, r"update_output writes to its input"),
        (Roots, 0.5, r"update_output returned NaN for finite input"),
        (Words, 1.0, r"update_output returned text; return .* as an array of numbers"),
        (Roots, np.inf, ""), (Roots, 0.0, ""), (Roots, 1.0, ""), (Same, 1.0, ""),
    ],
)  # fmt: skip
def test_a_custom_layer_is_told_what_it_does_wrong_and_nothing_else(
    make: Callable[[], Module], x: float, message: str
) -> None:
    given = np.array([[x, 1.0]], np.float32) if x else np.zeros((1, 2), np.float32)
    if message:
        with pytest.raises(CnnError, match=message):
            make().forward(given)
    else:
        output = make().forward(given)
        output += 1  # is an array of its own
        assert given.tolist() == [[x, 1.0 if x else 0.0]]
