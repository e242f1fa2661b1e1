"""Colours of numbers: anchors at their places, the ends beyond the ends, and an order that grey keeps."""

import numpy as np
import pytest

from cnncli.views.scales import Scale

VIRIDIS_START, VIRIDIS_MIDDLE, VIRIDIS_END = [68, 1, 84], [33, 145, 140], [253, 231, 37]  # matplotlib's


def test_magnitudes_have_the_colours_of_viridis_at_its_anchors_and_beyond_its_ends() -> None:
    scale = Scale(2, 4)
    assert scale.colours([2, 3, 4, 1, 9]).tolist() == [
        VIRIDIS_START, VIRIDIS_MIDDLE, VIRIDIS_END, VIRIDIS_START, VIRIDIS_END
    ]  # fmt: skip
    # half way between #440154 and #472d7b, an eighth further on
    assert scale.colours(2 + 2 / 16).tolist() == [70, 23, 104]


def test_signed_numbers_are_blue_below_white_at_and_red_above_0() -> None:
    colours = Scale(-1, 1, True).colours([-0.5, 0, 0.5]).astype(int)
    assert colours[0, 2] > colours[0, 0] + 50 and colours[2, 0] > colours[2, 2] + 50
    assert colours[1].tolist() == [247, 247, 247]


def test_lightness_of_magnitudes_grows_with_the_number() -> None:
    linear = (Scale(0, 1).colours(np.linspace(0, 1, 33)) / 255) ** 2.2
    lightness = (linear @ [0.2126, 0.7152, 0.0722]) ** (1 / 3)  # CIE's, but for its dark end
    steps = np.diff(lightness)
    assert steps.min() > 0 and steps.max() < 2 * steps.mean()


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([-1, 3], Scale(-3, 3, True)),
        ([1, 3], Scale(0, 3)),
        ([], Scale(0, 0)),
        ([np.nan, np.inf, 2], Scale(0, 2)),
    ],
)
def test_a_scale_holds_the_finite_numbers_and_0(values: list[float], scale: Scale) -> None:
    assert Scale.of(values) == scale


def test_what_is_no_number_is_grey_and_a_scale_of_nothing_has_one_colour() -> None:
    assert Scale(0, 1).colours([np.nan]).tolist() == [[128, 128, 128]]
    assert Scale(0, 1).colours([np.inf, -np.inf]).tolist() == [VIRIDIS_END, VIRIDIS_START]
    assert Scale(0, 0).colours([0, 1]).tolist() == [VIRIDIS_START] * 2
    assert Scale(0, 0, True).colours([0.0]).tolist() == [[247, 247, 247]]
