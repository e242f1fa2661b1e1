"""What the lessons on steps of descent tell and draw, beside formulas in float64."""

import math

import numpy as np
import pytest

from cnncli.lessons import loops
from cnncli.lessons.figures import Figure, Line, Segments, contours
from cnncli.lessons.optimizers import SURFACES
from cnncli.lessons.step import Training
from lesson_pages import fresh
from lesson_parts import dots, figures_of, frames_of, line, points, rows_of


def test_the_six_lines_of_a_step_are_told_and_drawn() -> None:
    given = fresh("step", seed=3, rate=0.5)
    values = given.values
    gradient = np.array(values["gradient"])
    rows = [row[2] for row in rows_of(given, "what each line did")]
    assert rows[0].startswith("12 x 2 outputs") and rows[2].startswith("12 x 2 slopes") and rows[4].startswith("17 ")
    assert float(rows[1].split()[-1]) == pytest.approx(values["before"], abs=6e-5)
    assert float(rows[2].split()[-1]) == pytest.approx(1 / math.sqrt(12), abs=6e-5)  # each sample has one slope, -1/12
    assert float(rows[4].split()[-1]) == pytest.approx(np.linalg.norm(gradient), abs=6e-5)
    assert float(rows[5].split()[-1]) == pytest.approx(0.5 * np.linalg.norm(gradient), abs=6e-5)
    over_rate, walks = figures_of(given)
    curve = line_of(over_rate, "first")
    assert curve[:, 0] == pytest.approx(np.linspace(0, 8, 61)) and over_rate.x == (0, 8)
    w, x, t = (np.array(values[name]) for name in ("weights", "inputs", "targets"))

    def loss(p: np.ndarray) -> float:
        h = np.tanh(x @ p[:6].reshape(3, 2).T + p[6:9])
        scores = h @ p[9:15].reshape(2, 3).T + p[15:]
        return float(np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(t)), t]))

    assert curve[:, 1] == pytest.approx([loss(w - rate * gradient) for rate in curve[:, 0]], abs=1e-4)
    assert dots(over_rate, "mark") == pytest.approx(np.array([[0.5, values["after"]]]))
    assert dots(over_rate, "second") == pytest.approx(np.array([[0, values["before"]]]), abs=1e-5)
    for (name, found), colour in zip(values["walks"].items(), ("first", "mark"), strict=True):
        assert len(found) == 61 and line(walks, name) == pytest.approx(np.array(list(enumerate(found))))
        assert dots(walks, colour) == pytest.approx(np.array([[60, found[-1]]])) and walks.x == (0, 60)
    frames = frames_of(given)
    assert len(frames) == 6 * 10 + 31 * 2
    assert [above.title[:6] for above, _ in frames[:60:10]] == [f"line {at}" for at in range(1, 7)]
    for step, (above, below) in enumerate(frames[60::2]):
        assert above.title.endswith(f"E = {values['walks']['six lines'][step]:.4f}")
        assert len(line(below, "six lines")) == step + 1 and below.y == walks.y
        assert np.concatenate([dots(above, "first"), dots(above, "second")]).tolist() == [
            *x[t == 0].tolist(), *x[t == 1].tolist()
        ]  # fmt: skip
    [border] = points(frames[60][0], Segments, "the border")
    h = np.tanh(border.reshape(-1, 2) @ w[:6].reshape(3, 2).T + w[6:9])
    lead = h @ (w[9:15].reshape(2, 3)[1] - w[9:15].reshape(2, 3)[0]) + w[16] - w[15]
    assert lead == pytest.approx(0, abs=0.02)
    assert fresh("step", rate=7.2).values["curve"][-1][0] == pytest.approx(9)  # a long step is in the middle, too


def test_samples_of_two_classes_follow_a_rule_but_for_three() -> None:
    every = []
    for seed in range(1, 13):
        names = Training(seed, 1.0).names
        x, t = names["inputs"].astype(float), names["targets"]
        assert x.shape == (12, 2) and ((x[:, 0] + x[:, 1] ** 2 / 1.5 > 0.6) != t).sum() == 3
        every.append(x)
    assert np.concatenate(every).std() == pytest.approx(1.5, abs=5 * 1.5 / math.sqrt(2 * 288))


def line_of(figure: Figure, colour: str) -> np.ndarray:
    [found] = points(figure, Line, colour=colour)
    return found


def test_three_loops_are_told_and_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "_FRAMES", 4)
    given = fresh("loops", seed=4)
    values, count = given.values, 14
    assert values["sizes"] == {"batch": 14, "stochastic": 1, "mini-batch": 4} and len(values["orders"]) == 8
    x = np.array(values["points"])[:, 0]
    assert values["rate"] == pytest.approx(0.9 / (2 * (1 + x**2).max()), abs=6e-4)
    losses = {name: values["losses"][name] for name in ("batch", "stochastic", "mini-batch")}
    losses["sum of all"] = values["summed"]
    steps = {"batch": 1, "stochastic": 14, "mini-batch": 4, "sum of all": 1}
    for row in rows_of(given, "steps of an epoch"):
        size = values["sizes"].get(row[0], 14)
        assert [float(one) for one in row[1:4]] == pytest.approx([size, values["rate"], steps[row[0]]])
        expected = [losses[row[0]][epochs * steps[row[0]]] for epochs in (1, 2, 4, 8)]
        assert [float(one) for one in row[4:]] == pytest.approx(expected, rel=6e-4, abs=6e-5)
    surface, over = figures_of(given)
    for colour, name in (("first", "stochastic"), ("second", "mini-batch"), ("third", "batch")):
        path = np.array(values["paths"][name])
        assert len(path) == 8 * steps[name] + 1
        assert line(surface, name) == pytest.approx(path) and dots(surface, colour) == pytest.approx(path[-1:])
        expected = [[step / steps[name], loss] for step, loss in enumerate(losses[name])]
        assert line(over, name) == pytest.approx(np.array(expected))
    assert over.x == (0, 8) and over.y[1] > losses["batch"][0] > 0.9 * over.y[1] / 1.1 and over.y[0] < 0
    assert given.data["size"] == 4 and count == len(values["points"])
    frames = frames_of(given)
    assert len(frames) == 5
    for share, [frame] in enumerate(frames):
        assert [len(line(frame, name)) for name in ("stochastic", "mini-batch", "batch")] == [
            int(8 * share / 4 * steps[name]) + 1 for name in ("stochastic", "mini-batch", "batch")
        ]


def test_a_race_is_told_after_10_30_60_and_120_steps_and_drawn() -> None:
    given = fresh("optimizers")
    for surface, figure in zip(SURFACES, figures_of(given), strict=True):
        paths = given.values["paths"][surface.name]
        for row in rows_of(given, surface.name):
            path = paths[row[0]]
            for step, text in zip((10, 30, 60, 120), row[2:], strict=True):
                if step >= len(path):
                    assert text == "left"
                else:
                    assert float(text) == pytest.approx(float(surface.height(*path[step])), rel=1e-3, abs=6e-5)
        for name, colour in (("SGD", "first"), ("momentum", "second"), ("Adam", "third")):
            assert line(figure, name) == pytest.approx(np.array(paths[name])) and len(paths[name]) <= 121
            assert dots(figure, colour) == pytest.approx(np.array(paths[name][-1:]))
            assert paths[name][0] == list(surface.start)
        assert (figure.x, figure.y) == (surface.x, surface.y)
        [pairs] = points(figure, Segments)
        exact = contours(surface.height, surface.x, surface.y, surface.levels, 40)
        assert pairs == pytest.approx(np.array(exact), abs=6e-4)
        assert (pairs == np.round(pairs, 3)).all()  # pages hold thousands of them
        heights = surface.height(*pairs.reshape(-1, 2).T)
        nearest = np.abs(heights[:, None] - surface.levels)
        assert set(nearest.argmin(axis=1)) == set(range(len(surface.levels)))
        bends = 0.02 * (1 + np.hypot(*np.array([surface.slope(*at) for at in pairs.reshape(-1, 2)]).T))
        assert (nearest.min(axis=1) <= bends).mean() > 0.9  # between the corners of a square the height is bent
        if surface.lowest:
            assert dots(figure, "mark").tolist() == [list(surface.lowest)]
    frames = frames_of(given)
    assert len(frames) == 61
    for number in (0, 5, 60):
        assert [frame.title for frame in frames[number]] == [
            f"saddle, {2 * number} steps",
            f"Beale, {2 * number} steps",
        ]
        saddle, _ = frames[number]
        assert len(saddle.legend) == 7
        for name, path in given.values["paths"]["saddle"].items():
            assert len(line(saddle, name)) == min(2 * number + 1, len(path))
    told = given.data["surfaces"][0]["contours"]
    assert np.array(told).reshape(-1, 2, 2) == pytest.approx(points(figures_of(given)[0], Segments)[0])


def test_who_leaves_a_surface_is_far_outside_of_it_at_the_next_step() -> None:
    """Farther than three times the larger end of an axis; on the saddle that is 6, and y doubles or so at the end."""
    paths = fresh("optimizers").values["paths"]["saddle"]
    left = [np.array(path) for path in paths.values() if len(path) < 121]
    assert left
    assert all(2 < np.abs(path[-1]).max() <= 6 for path in left)


def test_start_and_lowest_point_of_a_surface_are_well_within_its_picture() -> None:
    """Neither at an end nor lost in a wide plane; what is even to both sides is in the middle."""
    ravine, saddle, beale = SURFACES
    assert ravine.y[0] == -ravine.y[1] and saddle.x[0] == -saddle.x[1] == saddle.y[0] == -saddle.y[1]
    for surface in (ravine, beale):
        assert surface.lowest is not None
        for axis, (low, high) in enumerate((surface.x, surface.y)):
            ends = sorted((surface.start[axis], surface.lowest[axis]))
            before, behind = (ends[0] - low) / (high - low), (high - ends[1]) / (high - low)
            assert 0.1 < before <= 0.5 and 0.1 < behind < 0.4 and (axis == 1 or before < 0.4), surface.name
    for surface in SURFACES:
        levels = np.array(surface.levels)
        assert (np.diff(levels) > 0).all() and len(levels) >= 7
    # Nearly on the ridge, where plain descent stays for long.
    assert saddle.start[0] < -1 and 0 < saddle.start[1] < 0.02
    assert {-3.0, 0.0, 3.0} <= set(saddle.levels)  # as many above the saddle as below it
    assert sorted(-level for level in saddle.levels) == sorted(saddle.levels)
