"""What lessons tell in tables and draw in figures, beside the values that they were computed from."""

import math

import numpy as np
import pytest

from cnncli.lessons.figures import Bars, Dots, Line, Segments
from lesson_pages import fresh
from lesson_parts import column, dots, figures_of, frames_of, line, points, rows_of


def test_an_epoch_is_drawn_as_a_bar_for_each_batch() -> None:
    given = fresh("notation", values=(50.0, 8.0))
    _, figure = figures_of(given)
    full, rest = points(figure, Bars)
    assert full.tolist() == [[step, 8] for step in range(1, 7)] and rest.tolist() == [[7, 2]]
    assert figure.x == (0.4, 7.6) and figure.y == pytest.approx((0, 8.8))  # a tenth of room
    for taken, [frame] in enumerate(frames_of(given)[::4]):
        drawn = np.concatenate([one.reshape(-1, 2) for one in points(frame, Bars)])
        assert drawn[:, 1].sum() == min(8 * taken, 50) and frame.x == figure.x
        assert frame.title == f"step {taken} of 7: {min(8 * taken, 50)} of 50 samples were seen"
    assert len(frames_of(given)) == 8 * 4  # each stays for four pictures


def test_of_a_long_epoch_sixty_bars_are_drawn() -> None:
    given = fresh("notation", values=(1000.0, 10.0))
    [bars] = points(figures_of(given)[1], Bars)
    assert len(bars) == 60 and "100, of which 60 are drawn" in figures_of(given)[1].title
    assert "of which" not in figures_of(fresh("notation", values=(600.0, 10.0)))[1].title
    assert len(frames_of(given)) == 61 * 4


def test_samples_are_dealt_out_in_turn_and_their_errors_are_drawn() -> None:
    given = fresh("supervised", values=(3.0,))
    xy, errors = np.array(given.values["points"]), np.array(given.values["errors"])
    assert [len(one) for one in given.values["parts"]] == [10, 10, 10]
    for number, row in enumerate(rows_of(given, "the first of 30 samples")):
        assert row[0] == str(number) and [float(one) for one in row[1:3]] == pytest.approx(xy[number], rel=5e-3)
        assert row[3] == ("training", "validation", "test")[number % 3]
    rows = rows_of(given, "mean squared error")
    assert [row[0].split(",")[0] for row in rows] == [str(degree) for degree in range(10)]
    assert [int(row[1]) for row in rows] == list(range(1, 11))  # a curve of degree d has d + 1 weights
    assert [row[0].endswith("chosen") for row in rows].index(True) == given.values["chosen"]
    for part in range(3):
        assert column(rows, 2 + part) == pytest.approx(errors[:, part], rel=1e-3, abs=6e-5)
    curve, error = figures_of(given)
    assert line(curve, "the curve") == pytest.approx(np.array(given.values["curves"][3]))
    for name, colour, part in (("training", "first", 0), ("validation", "second", 1)):
        chosen = given.values["parts"][part]
        assert dots(curve, colour, name) == pytest.approx(xy[chosen])
        assert line(error, name)[:, 1] == pytest.approx(errors[:, part])
        assert line(error, name)[:, 0].tolist() == list(range(10))
    assert "test" not in [name for _, name in curve.legend]
    assert dots(error, "mark").tolist() == [[given.values["chosen"], errors[given.values["chosen"], 1]]]
    room = 0.04 * np.ptp(xy[:, 0])
    assert curve.x == pytest.approx((xy[:, 0].min() - room, xy[:, 0].max() + room))
    most = 2.2 * errors[0, :2].max()  # twice what the level line has, and some room
    assert error.y == pytest.approx((-0.04 * most, most)) and errors[:8, :2].max() < most
    assert [word for _, word in error.marks] == [str(degree) for degree in range(10)]
    assert error.x[0] < 0 and 9 < error.x[1] < 9.5
    assert [frame.title.split(":")[0] for [frame] in frames_of(given)[::5]] == [f"degree {one}" for one in range(10)]
    assert len(frames_of(given)) == 50


def test_the_line_of_regression_is_told_and_drawn() -> None:
    given = fresh("regression", seed=2)
    path, losses, xy = np.array(given.values["path"]), given.values["losses"], np.array(given.values["points"])
    rows = rows_of(given, "descent with rate")
    assert [row[0] for row in rows] == ["0", "1", "2", "5", "10", "30", "60", "least squares"]
    for row in rows[:-1]:
        step = int(row[0])
        assert [float(one) for one in row[1:]] == pytest.approx([*path[step], losses[step]], abs=6e-5)
    lowest = [*given.values["best"], given.values["least"]]
    assert [float(one) for one in rows[-1][1:]] == pytest.approx(lowest, abs=6e-5)
    assert len(path) == 61 and len(xy) == 14
    hessian = 2 * np.array([[1, xy[:, 0].mean()], [xy[:, 0].mean(), (xy[:, 0] ** 2).mean()]])
    assert given.values["rate"] == pytest.approx(0.9 / np.linalg.eigvalsh(hessian).max(), abs=6e-5)
    data, surface = figures_of(given)
    assert dots(data, "first") == pytest.approx(xy)
    for name, (w0, w1) in (("step 0", path[0]), ("step 60", path[-1])):
        ends = line(data, name)
        assert ends[:, 1] == pytest.approx(w0 + w1 * ends[:, 0]) and ends[:, 0] == pytest.approx(data.x)
    assert data.y[0] < min(xy[:, 1].min(), 0) and data.y[1] > max(xy[:, 1].max(), 0)
    assert line(surface, "descent") == pytest.approx(path) and dots(surface, "second").tolist() == [[0, 0]]
    assert dots(surface, "mark") == pytest.approx(np.array([given.values["best"]]))
    assert_level_lines(surface, xy)
    frames = frames_of(given)
    assert [frame.parts[1].name for [frame] in frames] == [f"step {step}" for step in range(0, 61, 2)]


def assert_level_lines(surface, xy) -> None:
    """Seven lines of equal E, from near the lowest point to near the corners."""
    [pairs] = points(surface, Segments, "lines of equal E")
    middles = pairs.mean(axis=1)
    x, y = xy.T
    heights = np.array([((w0 + w1 * x - y) ** 2).mean() for w0, w1 in middles])
    least = np.polyfit(x, y, 1, full=True)[1][0] / len(x)
    corner = max(((w0 + w1 * x - y) ** 2).mean() for w0 in surface.x for w1 in surface.y)
    shares = np.sqrt(np.maximum(heights - least, 0) / (corner - least))
    levels = np.array([0.08, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95])
    nearest = np.abs(shares[:, None] - levels)
    assert nearest.min(axis=1).max() < 0.015 and set(nearest.argmin(axis=1)) == set(range(7))
    assert np.ptp(middles[:, 0]) > 0.9 * (surface.x[1] - surface.x[0])


@pytest.mark.parametrize("rate", [None, 0.6])
def test_the_border_of_two_classes_is_told_and_drawn(rate: float | None) -> None:
    given = fresh("classification", rate=rate)
    path, xy = np.array(given.values["path"]), np.array(given.values["points"])
    labels = np.array(given.values["labels"])
    assert given.values["rate"] == (rate or 0.2) and len(path) == 41 and len(xy) == 24
    rows = rows_of(given, "descent with rate")
    assert [int(row[0]) for row in rows] == [0, 1, 2, 5, 10, 20, 40]
    for row in rows:
        step = int(row[0])
        assert [float(one) for one in row[1:5]] == pytest.approx([*path[step], given.values["losses"][step]], abs=6e-5)
        assert int(row[5]) == given.values["right"][step]
    plane, _ = figures_of(given)
    for colour, label in (("first", -1), ("second", 1)):
        assert dots(plane, colour) == pytest.approx(xy[labels == label])
    w = path[-1]
    assert line(plane, "the border") @ w[:2] + w[2] == pytest.approx([0, 0], abs=1e-6)
    halves = [-np.tanh(pair @ w[:2] + w[2]) for one in points(plane, Segments, "o = -0.5 and 0.5") for pair in one]
    assert np.array(halves) == pytest.approx(np.array([[-0.5, -0.5], [0.5, 0.5]]), abs=1e-6)
    for axis, side in ((0, plane.x), (1, plane.y)):
        room = 0.15 * np.ptp(xy[:, axis])
        assert side == pytest.approx((xy[:, axis].min() - room, xy[:, axis].max() + room))
    wide = max(map(abs, (*plane.x, *plane.y)))
    assert np.abs(line(plane, "the border")).max() == pytest.approx(wide)  # from side to side
    titles = [frame.title for [frame] in frames_of(given)]
    assert titles == [f"step {step}: {given.values['right'][step]} of 24 right" for step in range(41)]
    nearest = np.abs(np.abs(xy @ w[:2] + w[2]) - 1).argmin()  # neither sure nor undecided
    assert given.values["shown"] == xy[nearest].tolist()


def test_between_three_classes_the_two_largest_sums_are_alike() -> None:
    given = fresh("classification", seed=4)
    told = given.values["three"]
    weight, bias, xy = (np.array(told[name]) for name in ("weight", "bias", "points"))
    labels = np.array(told["labels"])
    assert np.bincount(labels).tolist() == [10, 10, 10]
    for label, middle in enumerate([(0, 1.5), (1.5, -1), (-1.5, -1)]):
        assert xy[labels == label].mean(axis=0) == pytest.approx(middle, abs=4 * 0.6 / math.sqrt(10))
    _, figure = figures_of(given)
    ends = np.concatenate([one.reshape(-1, 2) for one in points(figure, Segments, "borders")])
    sums = np.sort(ends @ weight.T + bias, axis=1)
    assert sums[:, 2] - sums[:, 1] == pytest.approx(0, abs=0.06)  # where the borders meet one ends a little late
    assert len(points(figure, Segments, "borders")) == 3 and len(ends) > 500
    assert figure.x == figure.y == (-3.5, 3.5)
    for label, colour in enumerate(("first", "second", "third")):
        assert dots(figure, colour, f"class {label}") == pytest.approx(xy[labels == label])
    one_step = np.zeros((3, 3))
    inputs = np.concatenate([xy, np.ones((30, 1))], axis=1)
    for _ in range(50):
        shares = np.exp(inputs @ one_step.T)
        shares /= shares.sum(axis=1, keepdims=True)
        one_step -= 0.5 * (shares - np.eye(3)[labels]).T @ inputs / 30
    assert np.column_stack([weight, bias]) == pytest.approx(one_step, abs=1e-3)


F = {
    "step": (lambda a: np.where(a >= 0, 1.0, 0), lambda a: 0 * a),
    "sigmoid": (lambda a: 1 / (1 + np.exp(-a)), lambda a: np.exp(-a) / (1 + np.exp(-a)) ** 2),
    "tanh": (np.tanh, lambda a: 1 / np.cosh(a) ** 2),
    "scaled tanh": (lambda a: 1.7159 * np.tanh(2 * a / 3), lambda a: 1.7159 * 2 / 3 / np.cosh(2 * a / 3) ** 2),
    "ReLU": (lambda a: np.maximum(a, 0), lambda a: np.where(a > 0, 1.0, 0)),
    "leaky ReLU": (lambda a: np.where(a > 0, a, 0.1 * a), lambda a: np.where(a > 0, 1, 0.1)),
    "PReLU": (lambda a: np.where(a > 0, a, 0.25 * a), lambda a: np.where(a > 0, 1, 0.25)),
}
COLOURS = {"sigmoid": "first", "tanh": "second", "ReLU": "third"}


@pytest.mark.parametrize("at", [None, (-1.5, 3.0, 7.0)])
def test_activations_are_told_and_drawn_at_the_sums(at: tuple[float, ...] | None) -> None:
    given = fresh("activations", values=at)
    sums = np.array(at or (-2.0, 0.5))
    rows = rows_of(given, "at your sums" if at else "at two sums")
    assert [row[0] for row in rows] == list(F)
    for row in rows:
        expected = np.stack([F[row[0]][which](sums) for which in (0, 1)], axis=1).ravel()
        assert [float(one) for one in row[1:]] == pytest.approx(expected, abs=6e-5)
    for which, figure in enumerate(figures_of(given)):
        for name, colour in COLOURS.items():
            curve, marks = line(figure, name), dots(figure, colour)
            assert curve[:, 0] == pytest.approx(np.linspace(-4, 4, 161))
            assert curve[:, 1] == pytest.approx(F[name][which](curve[:, 0]), abs=1e-5)
            inside = sums[np.abs(sums) <= 4]
            assert marks == pytest.approx(np.stack([inside, F[name][which](inside)], axis=1), abs=1e-5)
        assert figure.x == (-4, 4) and figure.y_name == ("f", "f'")[which]
        low, high = figure.y
        assert low < -0.1 and (which == 0 or 1.1 < high < 1.5)  # tanh has 1 at 0, the others less
        assert which == 1 or (low < -1.1 and high > 2)
    assert given.data == {"at": sums[0], "leak": 0.1, "slope": 0.25}


def test_tangents_move_along_the_activations() -> None:
    frames = frames_of(fresh("activations"))
    assert len(frames) == 49
    for number in (0, 10, 24, 40, 48):
        a = -4 + number / 6
        above, below = frames[number]
        assert above.title.startswith(f"f at a = {a:.2f}: sigmoid {F['sigmoid'][0](a):.2f}, tanh {np.tanh(a):.2f}")
        assert below.title.endswith(", ".join(f"{name} {float(F[name][1](np.float64(a))):.2f}" for name in COLOURS))
        for name, tangent in zip(COLOURS, points(above, Line, "tangents"), strict=True):
            f, slope = (float(F[name][which](np.float64(a))) for which in (0, 1))
            ends = np.array([[a + step, f + step * slope] for step in (-0.8, 0.8)])
            assert tangent == pytest.approx(ends, abs=1e-5)
        assert len(points(below, Line, "tangents")) == 0 and len(points(above, Dots)) == 3
