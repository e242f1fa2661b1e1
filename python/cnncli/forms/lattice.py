"""The dots between the cells: found one after the other from the corners, so that folds are followed."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnncli.array_types import FloatArray
from cnncli.forms.layout import COLUMNS, DOT_RADIUS, ROWS, Paper, Points
from cnncli.forms.light import smoothed

PER_MM = 3.0  # pixels a mm of the page in which dots are looked for
_RING = 1.75  # mm from the middle of a dot, where the paper is light again
_REACH = 4.0  # mm from where its neighbours say that a dot is
_DOUBT = 3.0  # mm at which a dot counts 1/e
_LEAST = 0.12  # darkness of a dot above that around it
_MOST_JUMP = 3.0  # mm from where all of its neighbours say that it is
_NEAR = 45.0  # mm, neighbours that say so


@dataclass(frozen=True)
class Lattice:
    """Where the nodes of the lattice are.

    shifts : (12, 11, 2) mm, from where the corner marks say that they are to where they are
    is_found : bool (12, 11), whether the dot was seen; the shift of others comes from their neighbours
    strength : (12, 11), darkness of the dots above that around them
    """

    shifts: Points
    is_found: npt.NDArray[np.bool_]
    strength: Points


def find_dots(dark: FloatArray, paper: Paper, anchors: Points, anchor_shifts: Points) -> Lattice:
    """Looks for the dots of a page.

    dark : darkness of the page as the corner marks straighten it, at PER_MM
    anchors : (N, 2) mm, places at which the shift is known: the marks' corners; anchor_shifts : (N, 2) mm
    """
    xs, ys = paper.lattice
    nodes = np.stack(np.meshgrid(xs, ys), axis=-1)
    response = _response(dark)
    places, shifts = list(anchors), list(anchor_shifts)
    found = np.zeros(nodes.shape[:2], np.bool_)
    result = np.zeros_like(nodes)
    strength = np.zeros(nodes.shape[:2])
    todo = np.array([[paper.has_dot(row, column) for column in range(COLUMNS + 1)] for row in range(ROWS + 2)])
    away = np.array([_distances(nodes, place) for place in anchors]).min(axis=0)
    while todo.any():
        row, column = np.unravel_index(int(np.where(todo, away, np.inf).argmin()), todo.shape)
        node = int(row), int(column)
        todo[node] = False
        guess = _expected(nodes[node], np.array(places), np.array(shifts))
        seen = _peak(response, dark, nodes[node] + guess)
        if seen is None:
            continue
        at, strength[node] = seen
        found[node], result[node] = True, at - nodes[node]
        places.append(nodes[node])
        shifts.append(result[node])
        away = np.minimum(away, _distances(nodes, nodes[node]))
    found &= ~_jumps(result, found)
    known = np.concatenate([anchors, nodes[found]])
    moved = np.concatenate([anchor_shifts, result[found]])
    for node in zip(*np.nonzero(~found), strict=True):
        result[node] = _expected(nodes[node], known, moved)
    return Lattice(result, found, strength * found)


def _distances(nodes: Points, place: Points) -> Points:
    return np.asarray(np.hypot(nodes[..., 0] - place[0], nodes[..., 1] - place[1]))


def _response(dark: FloatArray) -> FloatArray:
    """Darkness of each place above that around it: of 8 places in a ring the third darkest, ink may touch a dot."""
    middle = smoothed(dark, 2 * round(DOT_RADIUS * PER_MM * 0.6) + 1)
    padded = np.pad(middle, 8, mode="edge")
    height, width = dark.shape
    # The three darkest so far; each place further round moves in where it is darker.
    darkest = [np.full(dark.shape, -1, np.float32) for _ in range(3)]
    for eighth in range(8):
        down = 8 + round(_RING * PER_MM * float(np.sin(eighth * np.pi / 4)))
        right = 8 + round(_RING * PER_MM * float(np.cos(eighth * np.pi / 4)))
        one = padded[down : down + height, right : right + width]
        for place in (0, 1, 2):
            darkest[place], one = np.maximum(darkest[place], one), np.minimum(darkest[place], one)
    return np.asarray(middle - darkest[2])


def _expected(place: Points, known: Points, shifts: Points) -> Points:
    """The shift at a place by those known nearby: a plane through them, weighted by nearness."""
    away = np.hypot(*(known - place).T)
    near = away <= max(_NEAR, float(np.sort(away)[min(2, len(away) - 1)]) + 1e-9)
    weights = 1 / (8.0 + away[near]) ** 2
    mean = weights @ shifts[near] / weights.sum()
    if np.count_nonzero(near) < 5:
        return np.asarray(mean)
    basis = np.column_stack([np.ones(np.count_nonzero(near)), known[near] - place])
    # The slopes are held near 0: where all known places lie on a line, nothing says how it goes on beside it.
    ridge = np.diag([0.0, 1.0, 1.0]) * 400 * weights.sum()
    plane = np.linalg.solve(basis.T @ (weights[:, None] * basis) + ridge, basis.T @ (weights[:, None] * shifts[near]))
    return np.asarray(plane[0])


def _peak(response: FloatArray, dark: FloatArray, place: Points) -> tuple[Points, float] | None:
    """(where the dot near a place is in mm, its strength), or None."""
    x, y = place * PER_MM - 0.5
    reach = round(_REACH * PER_MM)
    left, top = round(float(x)) - reach, round(float(y)) - reach
    view = np.s_[max(0, top) : max(0, top + 2 * reach + 1), max(0, left) : max(0, left + 2 * reach + 1)]
    window = response[view]
    if window.size == 0:
        return None
    rows, columns = np.mgrid[view]
    rows, columns = rows[: window.shape[0], : window.shape[1]], columns[: window.shape[0], : window.shape[1]]
    away = np.hypot(columns - x, rows - y) / PER_MM
    score = window * np.exp(-((away / _DOUBT) ** 2))
    best = np.unravel_index(int(score.argmax()), score.shape)
    if window[best] < _LEAST:
        return None
    row, column = int(rows[best]), int(columns[best])
    patch = np.s_[max(0, row - 3) : row + 4, max(0, column - 3) : column + 4]
    down, right = np.mgrid[patch]
    values = dark[patch]
    weight = (values - 0.35 * values.max()).clip(0)
    weight = weight * (np.hypot(down[: len(values)] - row, right[:, : values.shape[1]] - column)[: len(values)] <= 3.3)
    total = float(weight.sum())
    if total <= 0:
        return None
    centre = np.array([(weight * right).sum(), (weight * down).sum()]) / total + 0.5
    return centre / PER_MM, float(window[best])


def _jumps(shifts: Points, found: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Nodes far from where the median of their found neighbours puts them: ink that looked like a dot."""
    wrong = np.zeros_like(found)
    rows, columns = found.shape
    for row, column in zip(*np.nonzero(found), strict=True):
        view = np.s_[max(0, row - 1) : min(rows, row + 2), max(0, column - 1) : min(columns, column + 2)]
        beside = found[view].copy()
        beside[row - max(0, row - 1), column - max(0, column - 1)] = False
        if np.count_nonzero(beside) >= 3:
            median = np.median(shifts[view][beside], axis=0)
            wrong[row, column] = np.hypot(*(shifts[row, column] - median)) > _MOST_JUMP
    return wrong
