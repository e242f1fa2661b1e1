"""What the lessons on dropout and normalization tell and draw, beside formulas in float64."""

import math
import re

import numpy as np
import pytest

from cnncli.lessons import batch_norm, dropout
from cnncli.lessons.figures import Bars, Line
from lesson_pages import fresh
from lesson_parts import column, dots, figures_of, frames_of, line, points, rows_of


def test_draws_of_dropout_are_told_and_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("STEPS", 40), ("IMAGES", 100)):
        monkeypatch.setattr(dropout, name, value)
    given = fresh("dropout", seed=2)
    drawn = {form: np.array(found) for form, found in given.values["drawn"].items()}
    inputs = np.array([4, 1, 3, 2, 0.5, 2.5, 1.5, 3.5])
    rows = {row[0]: [float(one) for one in row[1:]] for row in rows_of(given, "one draw, p = 0.5")}
    [heads] = [block.heads for block in given.blocks if getattr(block, "title", "") == "one draw, p = 0.5"]
    assert list(heads) == ["", *(f"x{place}" for place in range(1, 9))]
    assert rows["input"] == inputs.tolist() == rows["inverted, evaluation"]
    assert rows["first, evaluation"] == (inputs / 2).tolist()
    for form in ("inverted", "first"):
        assert rows[f"{form}, training"] == drawn[form][0].tolist()
    means = rows_of(given, "x1 = 4: the mean over so many draws")
    assert [row[0] for row in means] == ["1", "10", "100", "2000", "evaluation"]
    for at, form in ((1, "inverted"), (2, "first")):
        expected = [drawn[form][:count, 0].mean() for count in (1, 10)]
        assert column(means[:2], at) == pytest.approx(expected, abs=6e-4)
        assert float(means[3][at]) == pytest.approx(given.values["means"][form], abs=6e-4)
    assert [float(one) for one in means[-1][1:]] == [4, 2]
    mean, sums, losses = figures_of(given)
    assert mean.x == pytest.approx((0, math.log10(2000))) and [word for _, word in mean.marks] == [
        "1",
        "10",
        "100",
        "1000",
    ]
    assert [at for at, _ in mean.marks] == [0, 1, 2, 3]
    for form, colour, target in (("inverted", "first", 4), ("first", "second", 2)):
        curve = line(mean, f"mean, {form} form")
        assert curve[0] == pytest.approx([0, drawn[form][0, 0]]) and len(curve) > 100
        for at, height in curve[:8]:
            assert height == pytest.approx(drawn[form][: round(10**at), 0].mean(), abs=1e-5)
        assert curve[-1] == pytest.approx([math.log10(2000), given.values["means"][form]])
        assert dots(mean, colour) == pytest.approx(curve[-1:])
        level = [one for one in points(mean, Line, "in evaluation") if one[:, 1].tolist() == [target, target]]
        assert level[0][:, 0] == pytest.approx(mean.x)  # from side to side
    assert mean.y == pytest.approx((-0.06 * 8, 1.06 * 8))  # one draw can give 4 / 0.5
    [bars] = points(sums, Bars)
    assert bars[:, 1].sum() == 2000 and (bars[:, 1] @ bars[:, 0]) / 2000 == pytest.approx(
        float(sums.notes[0].split()[1].rstrip(",")), abs=6e-4)  # fmt: skip
    assert (
        np.diff(bars[:, 0]) == pytest.approx(1) and bars[0, 0] == 0 and bars[-1, 0] == 36
    )  # 36 halves, twice as large
    assert line(sums, "in evaluation: 18")[:, 0].tolist() == [18, 18]
    assert sums.y == pytest.approx((0, 1.08 * bars[:, 1].max())) and [part.width for part in sums.parts[:1]] == [0.9]
    assert line(sums, "in evaluation: 18")[:, 1].tolist() == [0, bars[:, 1].max()]
    runs = {name: run for name, run in given.values["training"].items() if isinstance(run, dict)}
    for name, run in runs.items():
        for said, key in (("test", "test"), ("training", "train")):
            expected = np.column_stack([run["steps"], run[key]])
            assert line(losses, f"{said}, {name}") == pytest.approx(expected) and run["steps"] == [0, 20, 40]
    high = max(loss for run in runs.values() for loss in run["test"][1:])
    assert losses.x == (0, 40) and losses.y == pytest.approx((-0.1 * high, 1.1 * high))
    for row in rows_of(given, "after 40 steps"):
        run = runs[row[0]]
        expected = [run["train"][-1], run["test"][-1], min(run["test"])]
        assert [float(one) for one in row[1:4]] == pytest.approx(expected, abs=6e-4)
        assert row[4] == f"{100 * run['right'][-1]:.1f} %" and all(re.fullmatch(r"\d\.\d{3}", one) for one in row[1:4])
    frames = frames_of(given)
    for number in (0, 1, 5, 9):
        above, below = frames[4 * number]
        kept, gone = points(above, Bars, "kept")[0].reshape(-1, 2), points(above, Bars, "dropped")[0].reshape(-1, 2)
        values = drawn["inverted"][number]
        assert kept.tolist() == [[at + 1, value] for at, value in enumerate(values) if value]
        assert gone.tolist() == [[at + 1, inputs[at]] for at, value in enumerate(values) if not value]
        assert above.title.startswith(f"draw {number + 1}, p = 0.5: {len(kept)} of 8 ") and above.y == (
            0,
            pytest.approx(8.8),
        )
        assert line(below, "mean, first form")[-1, 0] == pytest.approx(math.log10(number + 1))
        crosses = points(above, Line, colour="mark")
        assert [one.mean(axis=0).tolist() for one in crosses] == [[x, high / 2] for x, high in gone.tolist()]
        assert above.x == (0.4, 8.6) and [word for _, word in above.marks] == [f"x{at}" for at in range(1, 9)]
    assert frames[-1][0].title.startswith("draw 2000,") and 70 <= len(frames) <= 80


def test_batches_behind_normalization_are_told_and_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("STEPS", 12), ("IMAGES", 100)):
        monkeypatch.setattr(batch_norm, name, value)
    given = fresh("batchnorm", seed=4)
    values = given.values
    batch, means, variances = (np.array(values[name]) for name in ("batch", "means", "variances"))
    assert len(means) == 60 and len(batch) == 64
    rows = rows_of(given, "a batch of 64 values around 5")
    assert [float(one) for one in rows[0][1:]] == pytest.approx([batch.mean(), batch.std()], abs=6e-5)
    assert [float(one) for one in rows[1][1:]] == pytest.approx([0, 1], abs=6e-5)
    rows = rows_of(given, "the same batch in evaluation")
    assert [int(row[0]) for row in rows] == [1, 2, 5, 10, 30, 60]
    for row in rows:
        at = int(row[0]) - 1
        behind = (batch - means[at]) / np.sqrt(variances[at] + 1e-5)
        expected = [means[at], variances[at], behind.mean(), behind.std()]
        assert [float(one) for one in row[1:]] == pytest.approx(expected, abs=1.1e-4)
    shares, running, losses = figures_of(given)
    after_one = (batch - means[0]) / np.sqrt(variances[0] + 1e-5)
    series = {"before": batch, "behind, in training": (batch - batch.mean()) / np.sqrt(batch.var() + 1e-5),
              "behind, in evaluation after 1 batch": after_one}  # fmt: skip
    low, high = (end(one.min() if end is min else one.max() for one in series.values()) for end in (min, max))
    room = 0.05 * (high - low)
    assert shares.x == pytest.approx((low - room, high + room), abs=1e-4)
    edges = np.linspace(*shares.x, 29)
    tops = []
    for name, found in series.items():
        outline = line(shares, name)
        expected = np.histogram(found, edges)[0] / 64
        heights = outline[1:-1, 1].reshape(28, 2)
        assert heights == pytest.approx(np.stack([expected] * 2, axis=1), abs=1.1 / 64)  # float32 at an edge
        assert heights.sum() == pytest.approx(2) and outline[[0, -1]] == pytest.approx(
            np.array([[edges[0], 0], [edges[-1], 0]]))  # fmt: skip
        assert outline[1:-1, 0].reshape(28, 2) == pytest.approx(np.stack([edges[:-1], edges[1:]], axis=1))
        tops.append(heights.max())
    assert shares.y == pytest.approx((0, 1.1 * max(tops)))
    assert line(running, "running mean") == pytest.approx(np.array(list(enumerate([0, *means]))))
    assert line(running, "running variance") == pytest.approx(np.array(list(enumerate([1, *variances]))))
    levels = points(running, Line, colour="soft")
    assert [one[:, 1].tolist() for one in levels] == [
        pytest.approx([batch.mean()] * 2),
        pytest.approx([batch.var()] * 2),
    ]
    assert running.x == (0, 60) and running.y == pytest.approx((0, 1.1 * max(*variances, *means, batch.var())))
    assert all(one[:, 0].tolist() == [0, 60] for one in levels)
    factors = values["training"]["factors"]
    assert factors == [0.2, 1, 10]
    middle = values["training"]["runs"][1]
    for name in ("without", "with"):
        found = middle[name]["batches"]
        curve = line(losses, f"{name} batch normalization")
        expected = [[step, np.mean(found[max(0, step - 10) : step])] for step in range(1, 13)]
        assert curve == pytest.approx(np.array(expected))
    first = max(middle[name]["batches"][0] for name in middle)
    assert losses.x == (0, 12) and losses.y == pytest.approx((-0.05 * 1.1 * first, 1.05 * 1.1 * first))
    for row, factor, pair in zip(rows_of(given, "loss at the end"), factors, values["training"]["runs"], strict=True):
        assert float(row[0]) == pytest.approx(0.5 * factor)
        ends = [np.mean(pair[name]["batches"][-10:]) for name in ("without", "with")]
        assert [float(one) for one in row[1:3]] == pytest.approx(ends, abs=6e-4)
        assert row[3:] == [f"{100 * pair[name]['right'][-1]:.1f} %" for name in ("without", "with")]
    ends = {name: [pair[name]["right"][-1] for pair in values["training"]["runs"]] for name in ("with", "without")}
    better = sum(one > other for one, other in zip(*ends.values(), strict=True))
    [said] = [block.text for block in given.blocks if "which lie far apart" in getattr(block, "text", "")]
    assert f"better at {better} of the 3 rates" in said
    for name in ("with", "without"):
        assert f"{100 * (max(ends[name]) - min(ends[name])):.1f} %" in said
    frames = frames_of(given)
    assert len(frames) == 10 * 3 + 50
    for number, (above, below) in ((1, frames[0]), (4, frames[9]), (60, frames[-1])):
        behind = (batch - means[number - 1]) / np.sqrt(variances[number - 1] + 1e-5)
        assert above.title.startswith(f"after {number} batch{'' if number == 1 else 'es'}:")
        told = [float(one.rstrip(",")) for one in above.title.split() if one[-1].isdigit() or one[-1] == ","][1:]
        assert told[-2:] == pytest.approx([behind.mean(), behind.std()], abs=6e-3)
        assert len(line(below, "running mean")) == number + 1 and below.y == running.y and above.y == (0, 0.4)
        assert dots(below, "first") == pytest.approx(np.array([[number, means[number - 1]]]))
        assert dots(below, "second") == pytest.approx(np.array([[number, variances[number - 1]]]))
