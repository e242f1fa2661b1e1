"""Heights and widths that differ, and limits that bite on one side only: each side has its own numbers."""

from fractions import Fraction

import numpy as np
import pytest

from cnncli.errors import ShapeError, UsageError
from cnncli.layers import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    Conv2d,
    ConvTranspose2d,
    MaxPool2d,
    MaxUnpool2d,
    Upsample,
)  # fmt: skip
from cnncli.layers.settings import LARGEST_SIDE


def lengths(size: int, outputs: int) -> list[int]:
    """Of the windows of adaptive pooling: how many places meet [i size / n, (i + 1) size / n)."""
    edges = [(Fraction(i * size, outputs), Fraction((i + 1) * size, outputs)) for i in range(outputs)]
    return [sum(low < place + 1 and place < high for place in range(size)) for low, high in edges]


@pytest.mark.parametrize(("size", "outputs"), [(5, 3), (5, 7), (9, 3), (4, 2), (3, 1), (6, 4)])
def test_the_largest_window_of_adaptive_pooling_is_the_field_of_view_of_its_side(size: int, outputs: int) -> None:
    step = size // outputs or 1  # at least one pixel
    kernel = max(lengths(size, outputs))
    assert AdaptiveAvgPool2d((outputs, 2)).window((1, size, 2)) == ((kernel, 1), (step, 1))
    assert AdaptiveMaxPool2d((2, outputs)).window((1, 2, size)) == ((1, kernel), (1, step))


@pytest.mark.parametrize(("size", "outputs"), [(5, 3), (5, 7), (1, 4), (6, 1), (4, 2)])
def test_adaptive_pooling_counts_no_fewer_reads_than_its_windows_have(size: int, outputs: int) -> None:
    reads = AdaptiveAvgPool2d((outputs, 1)).window_reads((3, size, 4))
    exact = 3 * 4 * sum(lengths(size, outputs))
    assert exact <= reads <= 3 * 4 * (size + outputs)
    if 1 in (size, outputs):  # all windows have one place, or one window has all
        assert reads == exact


def test_one_side_of_adaptive_pooling_may_be_kept() -> None:
    image = np.arange(6).reshape(2, 3)
    assert AdaptiveAvgPool2d((None, 1)).forward(image).tolist() == [[[[1], [4]]]]
    assert AdaptiveMaxPool2d((1, None)).forward(image).tolist() == [[[[3, 4, 5]]]]


def windows(size: int, kernel: int, stride: int, padding: int, dilation: int, over: bool) -> list[list[int]]:
    """The places of each window along one side: whole ones, or (over) also those that reach beyond by less than a
    step and begin before the padding behind the image."""
    found: list[list[int]] = []
    for begin in range(-padding, size + padding, stride):
        places = [begin + k * dilation for k in range(kernel)]
        end = size + padding + (stride - 1 if over else 0)
        if places[-1] < end and (not over or not found or begin < size):
            found.append(places)
    return found


def answer(layer: MaxPool2d, shape: tuple[int, int, int]) -> tuple[int, ...] | None:
    try:
        return layer.output_shape(shape)[1:]
    except ShapeError:
        return None


@pytest.mark.parametrize("over", [False, True])
@pytest.mark.parametrize("dilation", [1, 2, 4])
def test_a_pooling_has_the_windows_that_can_be_listed_on_either_side(over: bool, dilation: int) -> None:
    for size in range(1, 6):
        for kernel in (1, 2, 3):
            for padding in range((dilation * (kernel - 1) + 1) // 2 + 1):
                for stride in (1, 2, 3):
                    listed = windows(size, kernel, stride, padding, dilation, over)
                    fits = bool(listed) and all(any(0 <= place < size for place in one) for one in listed)
                    tall = MaxPool2d((kernel, 1), (stride, 1), (padding, 0), (dilation, 1), ceil_mode=over)
                    assert answer(tall, (1, size, 2)) == ((len(listed), 2) if fits else None), (size, tall)
                    wide = MaxPool2d((1, kernel), (1, stride), (0, padding), (1, dilation), ceil_mode=over)
                    assert answer(wide, (1, 2, size)) == ((2, len(listed)) if fits else None), (size, wide)


def test_half_of_each_side_of_a_window_may_be_padding() -> None:
    """A kernel of 2x7 whose rows are 3 apart spans 4x7."""
    taken = MaxPool2d((2, 7), padding=(2, 3), dilation=(3, 1))
    assert taken.window((1, 20, 20)) == ((4, 7), (2, 7))
    for padding in ((3, 3), (2, 4)):
        with pytest.raises(UsageError, match=r"is more than half of kernel 2x7 .*; use padding <= \(?2"):
            MaxPool2d((2, 7), padding=padding, dilation=(3, 1))


def test_a_kernel_that_does_not_fit_is_told_what_would() -> None:
    for layer, shape, message in (
        (Conv2d(1, 1, 5), (1, 4, 3), "kernel 5x5 does not fit its input 4x3; use kernel_size <= 3 or add padding"),
        (Conv2d(1, 1, (5, 2)), (1, 4, 3), "kernel 5x2 does not fit its input 4x3; use kernel_size <= 4x3 or add"),
        (Conv2d(1, 1, 7, padding=(1, 0)), (1, 3, 6), "kernel 7x7 does not fit its padded input 5x6; "
         "use kernel_size <= 5 or"),
        (Conv2d(1, 1, 7, padding=(0, 1)), (1, 9, 3), "kernel 7x7 does not fit its padded input 9x5; "
         "use kernel_size <= 5 or"),
        (Conv2d(1, 1, (2, 3), dilation=(4, 1)), (1, 4, 3), "kernel 2x3 with dilation 4x1 spans 5x3, which does not fit "
         "its input 4x3; use a smaller kernel or dilation, or add padding"),
    ):  # fmt: skip
        with pytest.raises(ShapeError) as caught:
            layer.output_shape(shape)
        assert message in str(caught.value)


def test_an_unpooled_place_lies_in_no_more_windows_than_there_are() -> None:
    layer = MaxUnpool2d((4, 5), (1, 2))
    assert layer.window((1, 9, 9))[0] == (4, 3)  # windows of 5 that begin 2 apart: three may hold one place
    assert layer.window((1, 2, 9))[0] == (2, 3)
    assert layer.window((1, 9, 1))[0] == (4, 1)


def test_each_side_is_unpooled_with_its_own_stride_and_padding() -> None:
    layer = MaxUnpool2d((5, 3), (2, 1), (2, 1))
    assert layer.output_shape((1, 3, 4)) == (1, 5, 4)  # 2 * 2 + 5 - 4 rows, 3 * 1 + 3 - 2 columns
    assert MaxPool2d((5, 3), (2, 1), (2, 1)).output_shape((1, 5, 4)) == (1, 3, 4)
    with pytest.raises(ShapeError, match=r"makes 9 columns of 4; use an output_size from 4 to 4$"):
        MaxUnpool2d((5, 3), (2, 1), (2, 1), output_size=(5, 9)).output_shape((1, 3, 4))


def test_an_unpooled_side_is_at_most_the_largest_side() -> None:
    layer = MaxUnpool2d(1, 1)
    assert layer.output_shape((1, LARGEST_SIDE, 1)) == (1, LARGEST_SIDE, 1)
    for shape in ((1, LARGEST_SIDE + 1, 1), (1, 1, LARGEST_SIDE + 1)):
        with pytest.raises(ShapeError):
            layer.output_shape(shape)


@pytest.mark.parametrize(("shape", "places"), [((2, 1, 2, 2), (1, 2, 2)), ((1, 2, 2, 2), (2, 2)), ((2, 2), (3, 2))])
def test_fewer_indices_than_values_are_refused(shape: tuple[int, ...], places: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"indices have shape .*; pass one for each value"):
        MaxUnpool2d(2).forward(np.ones(shape), np.zeros(places, int))


@pytest.mark.parametrize("places", [(1, 1, 1, 2), (1, 1, 2), (1, 2)])
def test_indices_of_one_image_may_lack_its_first_axes(places: tuple[int, ...]) -> None:
    y = MaxUnpool2d(1, 1).forward(np.array([[7, 8]]), np.array([1, 0]).reshape(places))
    assert y.tolist() == [[[[8, 7]]]]


def test_no_samples_are_unpooled_to_none() -> None:
    assert MaxUnpool2d(2).forward(np.zeros((0, 1, 2, 2)), np.zeros((0, 1, 2, 2))).shape == (0, 1, 4, 4)


def test_interpolation_sees_two_rows_and_columns_where_there_are_two() -> None:
    layer = Upsample((4, 6), mode="bilinear")
    assert layer.window((1, 1, 3)) == ((1, 2), (Fraction(1, 4), Fraction(1, 2)))
    assert layer.window((1, 3, 1)) == ((2, 1), (Fraction(3, 4), Fraction(1, 6)))
    assert Upsample((4, 6)).window((1, 3, 2)) == ((1, 1), (Fraction(3, 4), Fraction(1, 3)))


@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(5, 2, 1), (4, 3, 2), (3, 4, 1), (1, 1, 1), (2, 2, 3)])
def test_a_transposed_convolution_sees_the_inputs_whose_masks_reach_a_place(
    kernel: int, stride: int, dilation: int
) -> None:
    reach = range(dilation * (kernel - 1) + 1)
    most = max(sum(place - i * stride in reach for i in range(20)) for place in range(40))
    step = Fraction(1, stride)
    tall = ConvTranspose2d(1, 1, (kernel, 1), stride=(stride, 1), dilation=(dilation, 1))
    assert tall.window((1, 20, 20)) == ((most, 1), (step, 1))
    wide = ConvTranspose2d(1, 1, (1, kernel), stride=(1, stride), dilation=(1, dilation))
    assert wide.window((1, 20, 20)) == ((1, most), (1, step))


def test_masks_that_fall_apart_begin_as_large_as_an_output_needs() -> None:
    """A mask of 3x2 with steps of 2x2: an output meets at most 2 x 1 of its places, of 32 channels in each group. He
    et al. 2015: uniform within sqrt(2) sqrt(3 / 64)."""
    layer = ConvTranspose2d(64, 64, (3, 2), stride=2, groups=2)
    bound = np.sqrt(2 * 3 / 64)
    assert 0.99 * bound < np.abs(layer.weight).max() <= bound * (1 + 1e-6)


def test_each_side_is_scaled_by_its_own_factor() -> None:
    image = np.array([[1, 2], [3, 4]])
    for factors in ((2, 3), (3, 2)):
        wanted = image.repeat(factors[0], axis=0).repeat(factors[1], axis=1)
        assert Upsample(scale_factor=factors).forward(image)[0, 0].tolist() == wanted.tolist()


def test_sides_are_told_from_channels() -> None:
    assert AdaptiveAvgPool2d((None, 1)).output_shape((4, 2, 3)) == (4, 2, 1)
    assert AdaptiveAvgPool2d((1, None)).output_shape((4, 2, 3)) == (4, 1, 3)
    assert MaxPool2d(3).window_reads((1, 4, 5)) == 3 * 3  # one window


def test_the_index_that_is_no_place_is_named_beside_right_ones() -> None:
    for places, wrong in (([[-1, 3]], -1), ([[0, 8]], 8)):
        with pytest.raises(ShapeError, match=rf"indices have {wrong}, which is no place of 2x4; use 0 to 7$"):
            MaxUnpool2d(2).forward([[1, 2]], places)


def test_returned_indices_are_a_setting() -> None:
    assert AdaptiveMaxPool2d(1, return_indices=True).settings() == {"output_size": [1, 1], "return_indices": True}
