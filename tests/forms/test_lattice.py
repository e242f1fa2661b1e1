"""The dots between the cells, found on pages of darkness whose dots are known."""

from collections.abc import Callable

import numpy as np
import pytest

from cnncli.forms.lattice import PER_MM, Lattice, find_dots
from cnncli.forms.layout import DOT_RADIUS, PAPERS, Paper, corners_of

A4 = PAPERS["a4"]
ANCHORS = np.concatenate([corners_of(A4.mark(corner)) for corner in range(4)])
Shift = Callable[[np.ndarray], np.ndarray]


def nodes(paper: Paper = A4) -> np.ndarray:
    """(132, 2): x and y in mm, row after row."""
    xs, ys = paper.lattice
    return np.array([(x, y) for y in ys for x in xs])


HAS_DOT = np.array([A4.has_dot(row, column) for row in range(12) for column in range(11)])


def still(places: np.ndarray) -> np.ndarray:
    return np.zeros_like(places)


def tilted(places: np.ndarray) -> np.ndarray:
    """2 mm to the right at the top, 1.5 mm to the left at the bottom; up to 1 mm downwards on the right."""
    return np.stack([2 - 3.5 * places[:, 1] / 297, places[:, 0] / 210], axis=-1)


def folded(places: np.ndarray) -> np.ndarray:
    """Straight at the edges, and up to 5 mm off in the middle."""
    tent = np.maximum(0, 1 - abs(places[:, 1] - 150) / 120)
    return np.stack([5 * tent, -2 * tent], axis=-1)


def page(shift: Shift, without: tuple[int, ...] = (), ink: float = 0.8) -> np.ndarray:
    """Darkness of a page of A4 with its dots, whose edges are half a pixel soft."""
    y, x = (np.mgrid[0 : round(297 * PER_MM), 0 : round(210 * PER_MM)] + 0.5) / PER_MM
    dark = np.zeros(y.shape, np.float32)
    for index, (right, down) in enumerate(nodes() + shift(nodes())):
        if HAS_DOT[index] and index not in without:
            view = np.s_[
                int((down - 2) * PER_MM) : int((down + 2) * PER_MM),
                int((right - 2) * PER_MM) : int((right + 2) * PER_MM),
            ]
            away = np.hypot(x[view] - right, y[view] - down)
            dark[view] = np.maximum(dark[view], ink * ((DOT_RADIUS - away) * PER_MM + 0.5).clip(0, 1))
    return dark


@pytest.mark.parametrize("shift", [tilted, folded])
def test_every_dot_is_found_where_it_is(shift: Shift) -> None:
    found = find_dots(page(shift), A4, ANCHORS, shift(ANCHORS))
    np.testing.assert_array_equal(found.is_found.reshape(-1), HAS_DOT)
    np.testing.assert_allclose(found.shifts.reshape(-1, 2)[HAS_DOT], shift(nodes())[HAS_DOT], atol=0.06)
    strength = found.strength.reshape(-1)
    assert strength[HAS_DOT] == pytest.approx(0.8, abs=0.12) and (strength[~HAS_DOT] == 0).all()


def test_dots_that_are_gone_lie_where_their_neighbours_say() -> None:
    gone = (0, 10, 37, 38, 60, 71, 120)
    found = find_dots(page(tilted, gone), A4, ANCHORS, tilted(ANCHORS))
    seen = found.is_found.reshape(-1)
    assert not seen[list(gone)].any() and seen.sum() == HAS_DOT.sum() - len(gone)
    np.testing.assert_allclose(found.shifts.reshape(-1, 2), tilted(nodes()), atol=0.15)


def test_nothing_is_found_on_an_empty_page_and_shifts_are_those_of_the_marks() -> None:
    found = find_dots(page(still, tuple(range(132))), A4, ANCHORS, np.full_like(ANCHORS, 1.25))
    assert not found.is_found.any() and not found.strength.any()
    np.testing.assert_allclose(found.shifts, 1.25, atol=1e-9)


@pytest.mark.parametrize(("ink", "seen"), [(0.09, False), (0.18, True)])
def test_a_dot_is_seen_from_a_darkness_of_12_percent_on(ink: float, seen: bool) -> None:
    assert find_dots(page(still, (), ink), A4, ANCHORS, still(ANCHORS)).is_found.any() == seen


def spot(dark: np.ndarray, index: int, way: tuple[float, float]) -> None:
    """As round and as dark as a dot, so many mm (right, down) of a node."""
    right, down = nodes()[index] + way
    y, x = (np.mgrid[0 : dark.shape[0], 0 : dark.shape[1]] + 0.5) / PER_MM
    dark[np.hypot(x - right, y - down) < DOT_RADIUS] = 0.8


@pytest.fixture(scope="module")
def disturbed() -> Lattice:
    """What is found where two dots are gone, with a spot near each, and ink is beside others."""
    dark = page(still, (38, 82))
    spot(dark, 38, (3.6, 0.0))
    spot(dark, 82, (0.0, 2.0))
    for index, way in ((24, (0, 2.6)), (49, (2.6, 0)), (75, (-2.6, 0)), (101, (0, -2.6))):
        right, down = ((nodes()[index] + way) * PER_MM).round().astype(int)
        view = np.s_[down - 3 : down + 3, right - 3 : right + 3]
        dark[view] = np.maximum(dark[view], 0.7)
    right, down = (nodes()[60] * PER_MM).round().astype(int)
    dark[down - 60 : down + 60, right - 1 : right + 1] = 0.8
    return find_dots(dark, A4, ANCHORS, still(ANCHORS))


def test_ink_on_a_dot_or_beside_it_does_not_move_it(disturbed: Lattice) -> None:
    off = np.hypot(*disturbed.shifts.reshape(-1, 2).T)
    assert off[[24, 49, 75, 101]].max() < 0.5 and np.delete(off, [24, 49, 75, 101, 82, 60]).max() < 0.06
    assert disturbed.is_found.reshape(-1)[[24, 49, 75, 101]].all()


def test_a_spot_that_only_looks_like_a_dot_is_told_by_its_neighbours(disturbed: Lattice) -> None:
    """It is 3.6 mm from where the dot would be."""
    assert not disturbed.is_found.reshape(-1)[38] and disturbed.strength.reshape(-1)[38] == 0
    assert abs(disturbed.shifts.reshape(-1, 2)[38]).max() < 0.06


def test_three_neighbours_tell_a_spot_from_a_dot_and_two_do_not() -> None:
    """At both upper corners the dot is gone and a spot is 3.6 mm off; at the right a neighbour is gone, too."""
    dark = page(still, (0, 10, 9))
    spot(dark, 0, (3.6, 0.0))
    spot(dark, 10, (-3.6, 0.0))
    found = find_dots(dark, A4, ANCHORS, still(ANCHORS))
    assert found.is_found.reshape(-1)[[0, 10, 9]].tolist() == [False, True, False]
    np.testing.assert_allclose(found.shifts.reshape(-1, 2)[10], (-3.6, 0), atol=0.15)


def test_a_spot_as_near_as_2_mm_is_taken_for_the_dot(disturbed: Lattice) -> None:
    np.testing.assert_allclose(disturbed.shifts.reshape(-1, 2)[82], (0, 2), atol=0.15)


def test_a_page_that_is_cut_off_is_searched_as_far_as_it_goes() -> None:
    dark = page(still)[: round(150 * PER_MM), : round(100 * PER_MM)].copy()
    found = find_dots(dark, A4, ANCHORS, still(ANCHORS))
    inside = HAS_DOT & (nodes()[:, 0] < 98) & (nodes()[:, 1] < 148)
    outside = (nodes()[:, 0] > 106) | (nodes()[:, 1] > 156)
    assert found.is_found.reshape(-1)[inside].all() and not found.is_found.reshape(-1)[outside].any()
    assert abs(found.shifts).max() < 0.3
