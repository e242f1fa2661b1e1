"""Projective maps and sampling between pixels, against NumPy in float64."""

import numpy as np
import pytest

from cnncli.forms.projection import fit_projection, inverse, projected, sampled, square_to_quads

SQUARE = np.array([(0.0, 0), (1, 0), (1, 1), (0, 1)])


def by_matrix(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points through a homography by its definition: homogeneous coordinates, divided by the third."""
    moved = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return moved[:, :2] / moved[:, 2:]


def some_matrix(rng: np.random.Generator) -> np.ndarray:
    """Of a page in a photograph: turned, moved, larger and tilted."""
    angle = rng.uniform(0, 6.3)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    tilt = np.array([[1, 0, 0], [0, 1, 0], [*rng.uniform(-1e-3, 1e-3, 2), 1]])
    shear = np.array(
        [[rng.uniform(2, 6), rng.uniform(-1, 1), rng.uniform(-500, 500)], [0, rng.uniform(2, 6), 70], [0, 0, 1]]
    )
    matrix = shear @ turn @ tilt
    return np.asarray(matrix / matrix[2, 2])


def test_a_map_is_found_again_from_four_points_or_more(rng: np.random.Generator) -> None:
    for count in (4, 5, 16):
        for _ in range(5):
            matrix = some_matrix(rng)
            points = np.array([(0, 0), (210, 0), (210, 297), (0, 297), *rng.uniform(0, 250, (12, 2)).tolist()])[:count]
            np.testing.assert_allclose(projected(matrix, points), by_matrix(matrix, points), rtol=1e-12)
            found = fit_projection(points, by_matrix(matrix, points))
            np.testing.assert_allclose(found, matrix, rtol=1e-6, atol=1e-7)
            np.testing.assert_allclose(projected(inverse(found), by_matrix(matrix, points)), points, atol=1e-6)


def test_points_that_no_map_takes_to_each_other_get_the_normalized_least_squares(rng: np.random.Generator) -> None:
    """Hartley & Zisserman, algorithm 4.2: mean 0 and mean distance sqrt(2), then the least eigenvector of A^T A."""

    def normalizer(points: np.ndarray) -> np.ndarray:
        centre = points.mean(axis=0)
        scale = np.sqrt(2) / np.mean(np.sqrt(((points - centre) ** 2).sum(axis=1)))
        return np.array([[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1]])

    for _ in range(5):
        source = rng.uniform(0, 200, (9, 2))
        target = by_matrix(some_matrix(rng), source) + rng.normal(0, 5, (9, 2))
        one, other = normalizer(source), normalizer(target)
        rows = []
        for (x, y), (u, v) in zip(by_matrix(one, source), by_matrix(other, target), strict=True):
            rows += [[0, 0, 0, -x, -y, -1, v * x, v * y, v], [x, y, 1, 0, 0, 0, -u * x, -u * y, -u]]
        solution = np.linalg.eigh(np.array(rows).T @ np.array(rows))[1][:, 0].reshape(3, 3)
        matrix = np.linalg.inv(other) @ solution @ one
        np.testing.assert_allclose(fit_projection(source, target), matrix / matrix[2, 2], rtol=1e-6, atol=1e-9)


def test_the_unit_square_goes_to_the_corners_and_its_middle_to_where_diagonals_meet(rng: np.random.Generator) -> None:
    quads = np.array([(10.0, 12), (50, 7), (61, 55), (4, 40)]) + rng.uniform(-3, 3, (20, 4, 2))
    quads[0] = 3 + 5 * SQUARE  # a parallelogram, whose map is affine
    for quad, matrix in zip(quads, square_to_quads(quads), strict=True):
        np.testing.assert_allclose(by_matrix(matrix, SQUARE), quad, atol=1e-9)
        (a, b, c, d), middle = quad, by_matrix(matrix, np.array([(0.5, 0.5)]))[0]
        share = np.linalg.solve(np.column_stack([c - a, b - d]), b - a)
        np.testing.assert_allclose(middle, a + share[0] * (c - a), atol=1e-9)


def test_what_lies_at_the_horizon_goes_far_away_and_raises_nothing() -> None:
    flat = np.array([[1.0, 0, 0], [0, 1, 0], [1, 0, -1]])
    far = projected(flat, np.array([(1.0, 2.0), (1 + 1e-6, 2.0), (1 - 1e-6, 2.0)]))
    assert np.isfinite(far).all() and far[0, 0] > 1e9
    np.testing.assert_allclose(far[1:, 1], [2e6, -2e6], rtol=1e-6)
    assert np.isfinite(square_to_quads(np.zeros((1, 4, 2)))).all()


def test_to_a_single_place_goes_everything(rng: np.random.Generator) -> None:
    found = fit_projection(np.array([(0.0, 0), (1, 0), (1, 1), (0, 1)]), np.full((4, 2), 3.0))
    np.testing.assert_allclose(projected(found, rng.uniform(0, 1, (5, 2))), 3, rtol=1e-9)


@pytest.mark.parametrize("shape", [(5, 7), (1, 6), (6, 1), (1, 1), (4, 5, 3)])
def test_sampling_is_bilinear_between_the_middles_of_pixels(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    """Through np.interp down, then across; beyond the middles of the outer pixels these count."""
    image = rng.uniform(0, 255, shape)
    points = rng.uniform(-2, 9, (40, 2))
    points[0], points[1] = (shape[1] - 0.5, shape[0] - 0.5), (0.5, 0.5)
    planes = image.reshape(*shape[:2], -1)
    expected = [
        [
            np.interp(x - 0.5, range(shape[1]), [np.interp(y - 0.5, range(shape[0]), column) for column in plane.T])
            for plane in planes.transpose(2, 0, 1)
        ]
        for x, y in points
    ]
    seen = sampled(image, points)
    assert seen.dtype == np.float32 and seen.shape == (40, *shape[2:])
    np.testing.assert_allclose(seen.reshape(40, -1), expected, rtol=1e-5, atol=1e-3)


def test_points_in_any_number_of_rows_are_moved_one_by_one(rng: np.random.Generator) -> None:
    matrix, points = some_matrix(rng), rng.uniform(0, 250, (24, 2))
    moved = by_matrix(matrix, points)
    for shape in ((2, 3, 4, 2), (4, 6, 2), (24, 2)):
        np.testing.assert_allclose(projected(matrix, points.reshape(shape)), moved.reshape(shape), rtol=1e-12)
    np.testing.assert_allclose(projected(matrix, points[0]), moved[0], rtol=1e-12)
