"""Dark quadrangles found and their edges measured, on shapes whose corners and blur are known."""

import math

import numpy as np
import pytest
from PIL import Image, ImageDraw

from cnncli.forms.edges import refined
from cnncli.forms.quads import dark_quads, local_mean

STEPS = np.linspace(-6, 6, 2401)
STEP = np.array([0.5 * (1 + math.erf(step / math.sqrt(2))) for step in STEPS])


def edge(distance: np.ndarray, blur: float) -> np.ndarray:
    """A step that a Gaussian blurs: 0 on the left, 1 on the right."""
    return np.interp(distance / blur, STEPS, STEP)


def blurred_box(
    width: float, height: float, turn: float, blur: float, dark: float = 40.0, light: float = 200.0
) -> tuple[np.ndarray, np.ndarray]:
    """(picture, corners): a dark box about (60, 50), exactly as a Gaussian blurs it."""
    y, x = np.mgrid[0:101, 0:121] + 0.5
    along = np.array([math.cos(turn), math.sin(turn)])
    u = (x - 60.3) * along[0] + (y - 49.8) * along[1]
    v = (y - 49.8) * along[0] - (x - 60.3) * along[1]
    inside = (edge(u + width / 2, blur) - edge(u - width / 2, blur)) * (
        edge(v + height / 2, blur) - edge(v - height / 2, blur)
    )
    corners = np.array([(-width, -height), (width, -height), (width, height), (-width, height)]) / 2
    turned = corners @ np.array([along, [-along[1], along[0]]]) + (60.3, 49.8)
    return (light - (light - dark) * inside).astype(np.float32), turned


@pytest.mark.parametrize("turn", [0.0, 0.3, 1.2, 2.7])
@pytest.mark.parametrize("blur", [1.5, 2.5])
def test_edges_are_found_to_a_part_of_a_pixel_with_their_blur(
    turn: float, blur: float, rng: np.random.Generator
) -> None:
    grey, corners = blurred_box(50, 40, turn, blur)
    found = refined(grey, corners + rng.uniform(-0.8, 0.8, (4, 2)), 8.0)
    assert found is not None
    np.testing.assert_allclose(found[0], corners, atol=0.12)
    assert found[1] == pytest.approx(blur, rel=0.15)


def test_the_blur_is_that_of_the_most_blurred_side() -> None:
    sharp, corners = blurred_box(50, 40, 0.0, 0.8)
    soft, _ = blurred_box(50, 40, 0.0, 2.5)
    grey = np.where(np.arange(121)[None] < 60, soft, sharp)
    found = refined(grey, corners, 7.0)
    assert found is not None and found[1] == pytest.approx(2.5, rel=0.12)


@pytest.mark.parametrize(("dark", "seen"), [(180.0, False), (157.0, True)])
def test_an_edge_is_seen_from_a_contrast_of_15_percent_of_the_light(dark: float, seen: bool) -> None:
    grey, corners = blurred_box(50, 40, 0.1, 1.0, dark)
    assert (refined(grey, corners, 7.0) is not None) == seen


def test_light_boxes_on_dark_paper_have_no_such_edges() -> None:
    grey, corners = blurred_box(50, 40, 0.1, 1.0)
    assert refined(240 - grey, corners, 7.0) is None


@pytest.mark.parametrize(("share", "seen"), [(0.3, True), (0.7, False)])
def test_a_side_is_measured_by_what_is_left_of_it(share: float, seen: bool) -> None:
    """Something as dark lies at its end: a third of a side is left out, of which the line is no worse."""
    grey, corners = blurred_box(60, 50, 0.0, 1.0)
    left = corners[0, 0]
    grey[: int(corners[0, 1]) + 12, int(left) : int(left + 60 * share)] = 40
    found = refined(grey, corners, 7.0)
    assert (found is not None) == seen
    if found is not None:
        np.testing.assert_allclose(found[0], corners, atol=0.4)


def test_a_few_places_that_lie_off_do_not_move_a_line() -> None:
    grey, corners = blurred_box(60, 50, 0.0, 1.0)
    top = int(corners[0, 1])
    grey[top - 3 : top + 2, 40:47] = 40  # a bump of 3 pixels over 7 of 60
    found = refined(grey, corners, 7.0)
    assert found is not None
    np.testing.assert_allclose(found[0], corners, atol=0.06)


def test_sides_that_nearly_go_on_in_a_line_meet_nowhere() -> None:
    """A triangle has no fourth corner, wherever one is put on its sides."""
    triangle = [(60.0, 40.0), (140.0, 40.0), (100.0, 110.0)]
    assert refined(drawn(triangle), np.array([triangle[0], (100.0, 40.0), *triangle[1:]]), 5.0) is None


def test_rounded_corners_do_not_move_the_lines() -> None:
    grey, corners = blurred_box(60, 50, 0.0, 1.0)
    y, x = np.mgrid[0:101, 0:121] + 0.5
    for corner, way in zip(corners, ((1, 1), (-1, 1), (-1, -1), (1, -1)), strict=True):
        u, v = (x - corner[0]) * way[0], (y - corner[1]) * way[1]
        grey[(u < 4) & (v < 4) & (np.hypot(u - 4, v - 4) > 4)] = 200
    found = refined(grey, corners, 7.0)
    assert found is not None
    np.testing.assert_allclose(found[0], corners, atol=0.1)


def drawn(points: list[tuple[float, float]], size: tuple[int, int] = (200, 160)) -> np.ndarray:
    image = Image.new("L", (size[0] * 4, size[1] * 4), 220)
    ImageDraw.Draw(image).polygon([(4 * x, 4 * y) for x, y in points], fill=30)
    return np.asarray(image.reduce(4), np.float32)


def turned_box(width: float, height: float, angle: float) -> list[tuple[float, float]]:
    c, s = math.cos(angle), math.sin(angle)
    corners = [(-width / 2, -height / 2), (width / 2, -height / 2), (width / 2, height / 2), (-width / 2, height / 2)]
    return [(100 + c * x - s * y, 80 + s * x + c * y) for x, y in corners]


QUADS = {
    "box": turned_box(40, 30, 0.0),
    "turned": turned_box(36, 36, 0.6),
    "tilted": [(80.0, 60.0), (122, 66), (118, 104), (86, 98)],
    "least": turned_box(14, 11, 0.0),
    "long": turned_box(44, 18, 0.2),
}


@pytest.mark.parametrize("name", QUADS)
def test_corners_of_dark_quadrangles_are_found_to_a_pixel_and_clockwise(name: str) -> None:
    found = dark_quads(drawn(QUADS[name]), 60)
    assert len(found) == 1
    # From any corner on, in the order in which the eye goes round with y downwards.
    best = min(float(abs(np.roll(found[0], shift, axis=0) - QUADS[name]).max()) for shift in range(4))
    assert best < 1.6


def test_each_of_many_is_found_and_bits_inside_do_not_matter() -> None:
    grey = np.full((220, 300), 210, np.float32)
    for row in range(3):
        for column in range(4):
            top, left = 20 + 70 * row, 20 + 70 * column
            grey[top : top + 28, left : left + 28] = 40
            grey[top + 8 : top + 16, left + 8 : left + 20] = 210
    found = dark_quads(grey, 60)
    corners = sorted(tuple(quad.min(axis=0).tolist()) for quad in found)
    assert corners == sorted((20 + 70 * column, 20 + 70 * row) for row in range(3) for column in range(4))
    assert all((np.ptp(quad, axis=0) == 28).all() for quad in found)


def ring(outer: float, inner: float) -> np.ndarray:
    y, x = np.mgrid[0:160, 0:200] + 0.5
    away = np.maximum(abs(x - 100), abs(y - 80))
    return np.where((away < outer) & (away >= inner), 30, 220).astype(np.float32)


@pytest.mark.parametrize(
    "grey",
    [
        drawn([(80, 60), (125, 80), (80, 110)]),  # a triangle
        drawn([(100 + 20 * math.cos(t / 4), 80 + 20 * math.sin(t / 4)) for t in range(25)]),  # a disc
        drawn(turned_box(8, 8, 0.0)),  # less than 10 pixels
        drawn(turned_box(90, 40, 0.0)),  # more than 0.3 of the longer side
        drawn(turned_box(50, 14, 0.0)),  # the shorter side is 0.28 of the longer
        drawn(turned_box(60, 16, 0.785)),  # the same in a box that is square
        ring(20, 17.5),  # covers a quarter of itself
        np.full((160, 200), 200, np.float32),
        np.where(drawn(QUADS["box"]) < 100, 185, 200).astype(np.float32),  # 0.93 of the light around
    ],
)
def test_what_is_no_dark_quadrangle_is_left_out(grey: np.ndarray) -> None:
    assert dark_quads(grey, 60) == []


@pytest.mark.parametrize(
    "grey",
    [ring(20, 14), np.where(drawn(QUADS["box"]) < 100, 165, 200).astype(np.float32), drawn(turned_box(56, 30, 0))],
)
def test_half_covered_pale_and_large_ones_are_found(grey: np.ndarray) -> None:
    assert len(dark_quads(grey, 60)) == 1


@pytest.mark.parametrize("window", [1, 2, 6, 7, 40])
def test_the_mean_around_a_pixel_is_cut_off_at_the_edges(window: int, rng: np.random.Generator) -> None:
    values = rng.uniform(0, 255, (9, 14)).astype(np.float32)
    reach = max(1, window // 2)
    expected = [
        [values[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1].mean() for x in range(14)]
        for y in range(9)
    ]
    np.testing.assert_allclose(local_mean(values, window), expected, rtol=1e-5)
