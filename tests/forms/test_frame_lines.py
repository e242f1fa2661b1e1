"""Frames of cells are taken off, wherever they lie, and what is not seen of them is measured."""

import numpy as np
import pytest

from cnncli.forms.frame_lines import AROUND, without_frames
from cnncli.forms.layout import CELL, FRAME_LINE
from cnncli.forms.straighten import PER_MM

SIDE = round((CELL + 2 * AROUND) * PER_MM)
INK = 0.32
MM = (np.arange(SIDE) + 0.5) / PER_MM - AROUND  # of each pixel's middle, from the cell's inner edge
FOOT = FRAME_LINE / 2  # the middle of a printed line is so far outside


def line(position: np.ndarray, ink: float) -> np.ndarray:
    """A line of FRAME_LINE mm, as pixels of 1 / 6 mm average it; position : mm across it from its middle."""
    pixel = 1 / PER_MM
    low, high = np.maximum(position - pixel / 2, -FRAME_LINE / 2), np.minimum(position + pixel / 2, FRAME_LINE / 2)
    return ink * np.clip(high - low, 0, None) / pixel


def window(
    shift: tuple[float, float] = (0.0, 0.0), lean: float = 0.0, ink: float = INK, sides: str = "top right bottom left"
) -> np.ndarray:
    """A cell's window with its frame, moved (right, down) and leaning by so many mm a mm."""
    x, y = MM[None, :] - shift[0], MM[:, None] - shift[1]
    lean_x, lean_y = lean * (y - CELL / 2), lean * (x - CELL / 2)
    parts = {
        "top": line(y + FOOT - lean_y, ink) * ((x > -2 * FOOT) & (x < CELL + 2 * FOOT)),
        "bottom": line(y - CELL - FOOT - lean_y, ink) * ((x > -2 * FOOT) & (x < CELL + 2 * FOOT)),
        "left": line(x + FOOT + lean_x, ink) * ((y > -2 * FOOT) & (y < CELL + 2 * FOOT)),
        "right": line(x - CELL - FOOT + lean_x, ink) * ((y > -2 * FOOT) & (y < CELL + 2 * FOOT)),
    }
    return np.max([parts[side] for side in sides.split()], axis=0).astype(np.float32)


def many(*windows: np.ndarray, plain: int = 6) -> np.ndarray:
    """These among so many that nothing is the matter with: what a line looks like is learned from all."""
    return np.stack([*windows, *(window() for _ in range(plain))]).astype(np.float32)


def test_a_frame_is_taken_off_wherever_it_lies() -> None:
    shifts, leans = [(0.0, 0.0), (0.45, -0.3), (-0.8, 0.7), (0.1, 0.9)], [0.0, 0.02, -0.04]
    cleaned, frames = without_frames(many(*(window(shift, lean) for lean in leans for shift in shifts), plain=4))
    assert frames.sides.tolist() == [4] * 16 and frames.hidden.max() == 0
    assert cleaned.shape == (16, SIDE, SIDE)
    at_end = (MM < 1.5) | (MM > CELL - 1.5)
    beside_corners = ~(at_end[:, None] & at_end[None])
    left = cleaned[:, beside_corners].max(axis=1), cleaned.mean(axis=(1, 2)) / window().mean()
    # A line that leans is not averaged along as a straight one is.
    assert left[0][:4].max() < 0.08 and left[1][:4].max() < 0.15
    assert left[0].max() < 0.16 and left[1].max() < 0.25


def test_nothing_else_is_changed(rng: np.random.Generator) -> None:
    """Ink, paper and the noise of both, from 1 mm beside the frame on."""
    dark = many(window((0.3, 0.2)), window())
    inside = (MM > 1.5) & (MM < CELL - 1.5)
    outside = (MM < -2.2) | (MM > CELL + 2.2)
    dark[:2, 40:80, 40:80] = 0.8
    dark += rng.uniform(0.05, 0.07, dark.shape).astype(np.float32)
    before = dark.copy()
    cleaned, _ = without_frames(dark)
    np.testing.assert_array_equal(dark, before)
    for part in (inside, outside):
        np.testing.assert_allclose(cleaned[:, part][:, :, part], before[:, part][:, :, part], atol=0.02)


def test_ink_that_crosses_a_frame_stays_as_dark_as_it_is() -> None:
    """Shares of light multiply: below the line 0.7 of the rest is taken."""
    crossed = window()
    stroke = np.zeros((SIDE, SIDE), bool)
    stroke[:, 60:68] = True
    stroke[70:76, :] = True
    stroke[:, 7:10] = stroke[:, -10:-7] = True  # beside the cell, where its sides' lines would go on
    crossed = np.where(stroke, 1 - (1 - crossed) * 0.3, crossed).astype(np.float32)
    cleaned, frames = without_frames(many(crossed))
    np.testing.assert_allclose(cleaned[0][stroke], 0.7, atol=0.09)
    assert cleaned[0][~stroke].max() < 0.12 and frames.sides[0] == 4


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_sides_that_are_missing_are_counted(count: int) -> None:
    names = ["left", "bottom", "top", "right"]
    part = window(sides=" ".join(names[:count])) if count else np.zeros((SIDE, SIDE), np.float32)
    _, frames = without_frames(many(part))
    assert frames.sides.tolist() == [count] + [4] * 6
    # Missing sides follow each other round the corners: of four sides all are hidden, of three and two adjacent ones
    # as many; the left and bottom side are neighbours, as are top and right.
    assert frames.hidden[0] == pytest.approx([60, 45, 30, 15][count]) and frames.hidden[1:].max() == 0


def test_the_longest_piece_that_is_not_seen_is_measured_in_mm() -> None:
    pieces, windows = [(2.5, 2.5), (5.0, 5.0), (0.0, 7.5), (10.0, 5.0)], []
    for start, length in pieces:
        for turns in range(4):
            hidden = window()
            hidden[: round((AROUND + 1) * PER_MM), abs(MM - start - length / 2) < length / 2 + 0.2] = 0
            windows.append(np.rot90(hidden, turns))
    _, frames = without_frames(many(*windows))
    np.testing.assert_allclose(frames.hidden, [*np.repeat([length for _, length in pieces], 4), *[0.0] * 6], atol=0.01)


def test_a_piece_round_a_corner_counts_as_one() -> None:
    hidden = window()
    hidden[MM < 5.2] *= 1 - (MM < 1)[None] * 1.0
    hidden[MM < 1] *= 1 - (MM < 5.2)[None] * 1.0
    _, frames = without_frames(many(hidden))
    assert frames.hidden[0] == pytest.approx(10.0)


@pytest.mark.parametrize("turns", [0, 1])
def test_where_ink_runs_along_a_side_the_line_of_the_side_across_is_taken_off(turns: int) -> None:
    """Below ink that takes 0.8 of the light."""
    inky = window((0.2, 0.7) if turns == 0 else (0.7, 0.2))
    along = np.zeros((SIDE, SIDE), bool)
    along[np.ix_((MM > -0.2) & (MM < 1.3), (MM > 1) & (MM < CELL - 1))] = True
    along = np.rot90(along, turns)
    inky[along] = 1 - (1 - inky[along]) * 0.2
    cleaned, frames = without_frames(many(inky))
    assert frames.sides[0] == 4 and frames.hidden[0] == 0  # ink hides no frame
    middle = np.rot90(np.outer((MM > 0) & (MM < 1.1), (MM > 2) & (MM < 13)), turns)
    np.testing.assert_allclose(cleaned[0][middle], 0.8, atol=0.03)


def test_a_frame_below_much_ink_is_not_hidden() -> None:
    """Where ink is on both sides of a line, as far as it is looked for."""
    inky = window()
    inky[np.ix_(MM < 2.5, (MM > 1) & (MM < CELL - 1))] = 0.9
    _, frames = without_frames(many(inky))
    assert frames.hidden[0] == 0


@pytest.mark.parametrize(("ink", "seen"), [(0.008, 0), (0.024, 4)])
def test_lines_are_seen_from_a_darkness_of_15_in_a_thousand_on(ink: float, seen: int) -> None:
    """About two thirds of a line's ink is left at its darkest sample."""
    _, frames = without_frames(np.stack([window(ink=ink)] * 4))
    assert set(frames.sides.tolist()) == {seen}


def test_a_line_is_seen_that_has_a_third_of_what_others_have_and_its_parts_that_have_half() -> None:
    _, frames = without_frames(many(window(ink=0.2 * INK), window(ink=0.4 * INK), window(ink=0.6 * INK)))
    assert frames.sides[:3].tolist() == [0, 4, 4] and frames.hidden[:3].tolist() == [60, 60, 0]
