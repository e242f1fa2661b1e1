"""Images of another size."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cnncli import _core
from cnncli.errors import CnnError, ShapeError
from cnncli.layers import AdaptiveAvgPool2d, AdaptiveMaxPool2d, Conv2d, Upsample
from cnncli.network import Network
from drawn_layers import uniform


def test_the_middle_of_four_pixels_is_their_mean() -> None:
    y = Upsample(1, mode="bilinear").forward([[1, 2], [3, 6]])
    assert y.tolist() == [[[[3]]]]


def test_aligned_corners_keep_the_corners(rng: np.random.Generator) -> None:
    x = uniform(rng, 2, 3, 4, 5)
    y = Upsample((9, 11), mode="bilinear", align_corners=True).forward(x)
    assert (y[:, :, ::8, ::10] == x[:, :, ::3, ::4]).all()


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_reach_what_lies_beside_them(instruction_set: str, poison: float) -> None:
    x = np.ones((17, 1, 1, 4), np.float32)
    x[16, 0, 0, 2] = poison
    nearest = Upsample((1, 8)).forward(x)
    assert (~np.isfinite(nearest)).sum() == 2 and not np.isfinite(nearest[16, 0, 0, 4:6]).any()
    y = Upsample((1, 8), mode="bilinear").forward(x)
    assert (~np.isfinite(y)).sum() == 4 and not np.isfinite(y[16, 0, 0, 3:7]).any()
    layer = Upsample((1, 2), mode="bilinear")
    layer.forward(x)
    grad_y = np.ones((17, 1, 1, 2), np.float32)
    grad_y[3, 0, 0, 1] = poison
    grad_x = layer.backward(x, grad_y)
    assert not np.isfinite(grad_x[3, 0, 0, 2:]).any() and (~np.isfinite(grad_x)).sum() == 2


def test_it_gives_the_same_bits_for_any_threads(
    rng: np.random.Generator, assert_same_bits_for_any_threads: Callable
) -> None:
    layer, x = Upsample(scale_factor=1.7, mode="bilinear"), uniform(rng, 40, 3, 9, 9)
    grad_y = uniform(rng, *layer.forward(x).shape)
    assert_same_bits_for_any_threads(lambda: (layer.forward(x), layer.backward(x, grad_y)))


def test_a_convolution_behind_sees_no_more_than_its_window_meets() -> None:
    for mode, seen in (("nearest", [(1, 1), (2, 2)]), ("bilinear", [(2, 2), (3, 3)])):
        network = Network([Upsample(scale_factor=2, mode=mode), Conv2d(1, 1, 3)], (1, 8, 8))
        # Three pixels half a pixel apart: one more than one alone.
        assert [row.field_of_view for row in network.layer_table()] == seen
    halves = Network([Upsample(scale_factor=2), Upsample(scale_factor=0.5), Conv2d(1, 1, 3)], (1, 8, 8))
    assert [row.field_of_view for row in halves.layer_table()] == [(1, 1), (1, 1), (3, 3)]


def test_descriptions_and_settings() -> None:
    layers = [
        {"type": "Upsample", "scale_factor": 2},
        {"type": "Upsample", "size": [5, 9], "mode": "bilinear", "align_corners": True},
        {"type": "Upsample", "scale_factor": [1.5, 1], "mode": "bilinear", "recompute_scale_factor": True},
    ]
    network = Network.from_description({"input": [1, 4, 4], "layers": layers})
    assert [row.output_shape for row in network.layer_table()] == [(1, 8, 8), (1, 5, 9), (1, 7, 9)]
    assert list(map(repr, network)) == [
        "Upsample(scale 2, nearest)", "Upsample(to 5x9, bilinear, corners aligned)",
        "Upsample(scale 1.5x1, bilinear, scale from sizes)",
    ]  # fmt: skip
    again = Network.from_description(network.description())
    assert again.description() == network.description()
    assert list(map(repr, again)) == list(map(repr, network))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Upsample(), "Upsample: size or scale_factor: neither is given; use one of them"),
        (lambda: Upsample(2, 2), "Upsample: size or scale_factor: both are given; use one of them"),
        (lambda: Upsample(2, mode="bicubic"), "Upsample: mode is 'bicubic'; use nearest or bilinear"),
        (lambda: Upsample(2, align_corners=False),
         "Upsample: align_corners is for bilinear alone; leave it out, or use mode bilinear"),
        (lambda: Upsample(2, recompute_scale_factor=True),
         "Upsample: recompute_scale_factor is for scale_factor alone; leave it out"),
        (lambda: Upsample(scale_factor=(1, 2, 3)),
         "Upsample: scale_factor has 3 numbers; use one, or two: (height, width)"),
        (lambda: Upsample(scale_factor=-1), "Upsample: scale_factor is -1; use a number, at least 1e-30 "
         "and at most 3e+38"),
        (lambda: Upsample(scale_factor=0.2).output_shape((1, 4, 9)),
         "Upsample(scale 0.2, nearest): leaves no pixel of its input of 1x4x9; use a larger scale_factor"),
        (lambda: Upsample(2).output_shape((4,)),
         "Upsample(to 2x2, nearest): takes samples of shape CxHxW, got 4; "
         "reshape samples to channels x height x width"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(CnnError) as caught:
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize("shape", [(2, 0, 3), (2, 3, 0)])
@pytest.mark.parametrize(
    "layer", [Upsample(2), Upsample(2, mode="bilinear"), AdaptiveAvgPool2d(2), AdaptiveMaxPool2d(None)], ids=repr
)
def test_an_image_without_a_pixel_is_refused(layer: Any, shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"takes images of at least one pixel, got 2x.x.; leave those out$"):
        layer.forward(np.zeros((4, *shape)))


def test_the_core_refuses_what_does_not_fit() -> None:
    x = np.ones((1, 2, 3, 3), np.float32)
    good: dict[str, Any] = {
        "size": (0, 0), "scale_height": 2.0, "scale_width": 2.0, "mode": "bilinear", "align_corners": False,
        "recompute_scale_factor": False,
    }  # fmt: skip
    for changed, message in (
        ({"scale_height": 0.0}, r"size, scale: no picture is left of shape \(2, 3, 3\)"),
        ({"scale_height": 1e30}, r"size, scale: no picture is left"),
        ({"scale_height": 1e5, "scale_width": 1e5}, r"size, scale: expected at most 2\^31 - 1 values"),
        ({"mode": "x"}, "mode: expected nearest or bilinear, got 'x'"),
        ({"mode": "nearest", "align_corners": True}, "align_corners: expected False for nearest"),
    ):
        with pytest.raises(ValueError, match=rf"^upsampling: {message}"):
            _core.Node("upsampling", {**good, **changed}).forward(x)
