"""Projective maps between planes (homographies), and sampling of an image between its pixels."""

from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.array_types import FloatArray
from cnncli.forms.layout import Points

Matrix = npt.NDArray[np.float64]  # (3, 3)


def fit_projection(source: Points, target: Points) -> Matrix:
    """The projective map that takes `source` (N, 2) to `target`, N >= 4, by least squares.

    Points are first moved to mean 0 and mean distance sqrt(2), without which the equations are ill-conditioned.
    Source: Hartley & Zisserman 2004, "Multiple view geometry", 4.1, the normalized DLT

    >>> square = np.array([(0.0, 0), (1, 0), (1, 1), (0, 1)])
    >>> projected(fit_projection(square, 2 * square + 3), np.array([(0.5, 0.25)])).round(9).tolist()
    [[4.0, 3.5]]
    """
    from_source, to_target = _normalizer(source), _normalizer(target)
    x, y = projected(from_source, source).T
    u, v = projected(to_target, target).T
    zero, one = np.zeros_like(x), np.ones_like(x)
    rows = np.concatenate(
        [
            np.stack([x, y, one, zero, zero, zero, -u * x, -u * y, -u], axis=1),
            np.stack([zero, zero, zero, x, y, one, -v * x, -v * y, -v], axis=1),
        ]
    )
    solution = np.linalg.svd(rows)[2][-1].reshape(3, 3)
    matrix: Matrix = np.linalg.inv(to_target) @ solution @ from_source
    return np.asarray(matrix / matrix[2, 2])


def square_to_quads(quads: Points) -> Matrix:
    """The projective maps (N, 3, 3) that take the unit square to quadrangles (N, 4, 2), clockwise from the top left.

    Source: Heckbert 1989, "Fundamentals of texture mapping and image warping", 2.2.3

    >>> quad = np.array([[(1.0, 1), (5, 1), (5, 3), (1, 3)]])
    >>> projected(square_to_quads(quad)[0], np.array([(0.5, 0.5)])).tolist()
    [[3.0, 2.0]]
    """
    a, b, c, d = (quads[:, corner] for corner in range(4))
    one, other, bend = b - c, d - c, a - b + c - d
    below = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    below = np.where(abs(below) < 1e-12, 1e-12, below)
    g = (bend[:, 0] * other[:, 1] - bend[:, 1] * other[:, 0]) / below
    h = (one[:, 0] * bend[:, 1] - one[:, 1] * bend[:, 0]) / below
    result = np.ones((len(quads), 3, 3))
    result[:, :2, 0] = b - a + g[:, None] * b
    result[:, :2, 1] = d - a + h[:, None] * d
    result[:, :2, 2] = a
    result[:, 2, 0], result[:, 2, 1] = g, h
    return result


def inverse(matrix: Matrix) -> Matrix:
    """The map that takes everything back."""
    return np.asarray(np.linalg.inv(matrix), np.float64)


def _normalizer(points: Points) -> Matrix:
    centre = points.mean(axis=0)
    # Points that all lie in one place have no size; they must not end in a matrix of what is no number.
    scale = np.sqrt(2) / max(1e-12, float(np.hypot(*(points - centre).T).mean()))
    return np.array([[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1]])


def projected(matrix: Matrix, points: Points) -> Points:
    """Points (..., 2) through a projective map; what lies at the horizon goes very far away."""
    x, y = points[..., 0], points[..., 1]
    below = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2]
    below = np.where(abs(below) < 1e-12, 1e-12, below)
    return np.stack(
        [
            (matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]) / below,
            (matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]) / below,
        ],
        axis=-1,
    )


def sampled(image: npt.NDArray[Any], points: Points) -> FloatArray:
    """Values of an image (H, W) or (H, W, C) at points (..., 2), by bilinear interpolation.

    The centre of the first pixel is at (0.5, 0.5); beyond the edge the nearest pixel counts.

    >>> sampled(np.array([[0.0, 1], [2, 3]]), np.array([(1.0, 1.0), (0.5, 1.5)])).tolist()
    [1.5, 2.0]
    """
    height, width = image.shape[:2]
    x = (points[..., 0] - 0.5).clip(0, width - 1)
    y = (points[..., 1] - 0.5).clip(0, height - 1)
    left, top = x.astype(np.int64), y.astype(np.int64)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    fx, fy = (x - left).astype(np.float32), (y - top).astype(np.float32)
    if image.ndim == 3:
        fx, fy = fx[..., None], fy[..., None]
    upper = image[top, left] * (1 - fx) + image[top, right] * fx
    lower = image[bottom, left] * (1 - fx) + image[bottom, right] * fx
    return np.asarray(upper * (1 - fy) + lower * fy, np.float32)
