"""What lies as MNIST's digits do, found for many images at once: each rule at its limit."""

import numpy as np
import pytest

from cnncli.pictures.segmentation import as_mnist
from cnncli.pictures.segmentation.as_mnist import lies_as_mnist


def bar(top: int, left: int, tall: int, wide: int, ink: int = 255, size: tuple[int, int] = (28, 28)) -> np.ndarray:
    pixels = np.zeros(size, np.uint8)
    pixels[top : top + tall, left : left + wide] = ink
    return pixels


def lies(*images: np.ndarray) -> list[bool]:
    """Of grey images (H, W), each alone and among the others; and the same for their negatives, which are dark."""
    stack = np.stack(images)[:, None]
    found, dark = lies_as_mnist(stack)
    again, negative = lies_as_mnist(255 - stack)
    assert found.tolist() == again.tolist() and not dark[found].any() and negative[again].all()
    for one, alone in zip(found, (lies_as_mnist(stack[at : at + 1])[0] for at in range(len(stack))), strict=True):
        assert one == alone[0]
    return [bool(one) for one in found]


def test_glyph_is_18_to_20_pixels_high_or_wide_and_never_more() -> None:
    boxes = {
        (20, 4): True, (18, 4): True, (17, 4): False, (21, 4): False, (4, 20): True, (4, 18): True, (4, 17): False,
        (4, 21): False, (20, 20): True, (17, 17): False, (17, 18): True, (18, 17): True,
    }  # fmt: skip
    images = [bar(14 - tall // 2, 14 - wide // 2, tall, wide) for tall, wide in boxes]
    assert lies(*images) == list(boxes.values())


def test_glyph_is_centred_by_its_mass_to_a_pixel() -> None:
    moves = {(0, 0): True, (1, 1): True, (-1, -1): True, (2, 0): False, (-2, 0): False, (0, 2): False, (0, -2): False}
    assert lies(*(bar(4 + down, 12 + right, 20, 4) for down, right in moves)) == list(moves.values())


def test_other_sizes_have_a_box_of_five_sevenths_of_each_side() -> None:
    for (tall, wide), fits in {(40, 4): True, (38, 4): True, (37, 4): False, (41, 4): False, (4, 20): True}.items():
        assert lies(bar(28 - tall // 2, 14 - wide // 2, tall, wide, size=(56, 28))) == [fits]


def test_ink_is_half_of_full_at_least_and_paper_has_none() -> None:
    assert lies(bar(4, 12, 20, 4, 128), bar(4, 12, 20, 4, 127), np.maximum(bar(4, 12, 20, 4), 1)) == [
        True, False, False,
    ]  # fmt: skip
    assert lies(np.zeros((28, 28), np.uint8)) == [False]


@pytest.mark.parametrize(("beside", "is_pen"), [(0, False), (3, False), (4, True), (10, True)])
def test_line_of_one_pixel_is_no_pen(beside: int, is_pen: bool) -> None:
    image = bar(4, 14, 20, 1)
    image[10 - beside // 2 : 10 - beside // 2 + beside, 13] = 255
    assert lies(image, np.ascontiguousarray(image.T)) == [is_pen, is_pen]


def test_image_of_three_channels_lies_so_if_it_is_grey() -> None:
    grey = np.stack([bar(4, 12, 20, 4)] * 3)
    images = [grey]
    for channel in range(3):
        coloured = grey.copy()
        coloured[channel, 10, 13] = 254
        images.append(coloured)
    assert lies_as_mnist(np.stack(images))[0].tolist() == [True, False, False, False]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 8])
def test_images_are_looked_at_in_pieces_of_any_size(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(as_mnist, "_AT_ONCE", 4)
    images = np.stack([bar(4 + at % 3, 12, 20, 4) for at in range(max(count, 1))])[:count, None]
    images[1::2] = 255 - images[1::2]
    found, dark = lies_as_mnist(images)
    assert found.tolist() == [at % 3 < 2 for at in range(count)]
    assert dark.tolist() == [at % 2 == 1 for at in range(count)]
