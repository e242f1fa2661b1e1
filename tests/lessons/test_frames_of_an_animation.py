"""Pictures of an animation that are of different heights."""

import io

import numpy as np
from PIL import Image, ImageSequence

from cnncli.lessons.draw_image import animation, frame_image
from cnncli.lessons.figures import Figure, Line, Stack
from cnncli.views.page import PAPER


def from_paper(pixels: np.ndarray) -> np.ndarray:
    """How far the colour of each pixel is from that of the paper."""
    return np.asarray(np.abs(pixels - np.array(PAPER)).max(axis=2))


def test_a_lower_picture_stands_in_the_upper_left_corner_with_paper_below_it() -> None:
    figure = Figure("t", (0.0, 1.0), (0.0, 1.0), [Line([(0, 0), (1, 1)], "first")])
    low, high = Stack([figure], (260,)), Stack([figure, figure], (260, 200))
    with Image.open(io.BytesIO(animation([low, high]))) as image:
        frames = [np.asarray(frame.convert("RGB")).astype(int) for frame in ImageSequence.Iterator(image)]
    assert [frame.shape for frame in frames] == [(460, 640, 3)] * 2
    alone = from_paper(np.asarray(frame_image(low)).astype(int))
    drawn = from_paper(frames[0][:260])
    # A GIF has few colours, so that faint ones may move.
    assert (alone > 120).sum() > 500 and (drawn[alone > 120] > 40).all() and (drawn[alone <= 10] < 60).all()
    assert from_paper(frames[0][260:]).max() <= 8
