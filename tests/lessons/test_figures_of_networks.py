"""What the lessons on networks and on steps tell in tables and draw in figures, beside formulas in float64."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from cnncli.lessons import mlp
from cnncli.lessons.figures import Bars, Cells, Label, Line, Segments
from cnncli.lessons.perceptron import INPUTS
from lesson_pages import fresh
from lesson_parts import column, distance, dots, figures_of, frames_of, labels, line, on_page, points, rows_of, text_box


def run_by_hand(wanted: tuple[int, ...]) -> list[tuple[int, int, int, tuple[int, ...]]]:
    """(epoch, sample, answer, weights afterwards) until an epoch without a mistake, or five epochs."""
    w, found = np.zeros(3, int), []
    for epoch in range(1, 20):
        for sample, x in enumerate(INPUTS):
            answer = int(w @ [*x, 1] >= 0)
            w = w + (wanted[sample] - answer) * np.array([*x, 1])
            found.append((epoch, sample, answer, tuple(w.tolist())))
        if all(wanted[one[1]] == one[2] for one in found[-4:]):
            break
    return found


@pytest.mark.parametrize("wanted", [(0, 0, 0, 1), (1, 0, 0, 0), (0, 1, 1, 0), (1, 1, 1, 1)])
def test_each_mistake_of_the_perceptron_is_told(wanted: tuple[int, ...]) -> None:
    given = fresh("perceptron", values=tuple(map(float, wanted)))
    by_hand = run_by_hand(wanted)
    mistakes = [one for one in by_hand if one[2] != wanted[one[1]]]
    name = given.values["name"]
    assert name == {(0, 0, 0, 1): "AND", (0, 1, 1, 0): "XOR"}.get(wanted, "your table")
    run = given.values["runs"][name]
    ends = wanted != (0, 1, 1, 0)
    assert run["epochs"] == (by_hand[-1][0] if ends else None)
    if ends:
        assert run["changes"] == [[epoch, sample, *w] for epoch, sample, _, w in mistakes]
        assert run["weights"] == by_hand[-1][3]
    rows = rows_of(given, f"{name}: each mistake")
    if not mistakes:
        assert rows == [["1", "", "", "", "", "0", "0", "0"]]
    for row, (epoch, sample, answer, w) in zip(rows, mistakes, strict=False):
        x = INPUTS[sample]
        error = wanted[sample] - answer
        assert row == [str(epoch), f"({x[0]}, {x[1]})", str(answer), str(wanted[sample]), f"{error:+d}", *map(str, w)]
    assert len(rows) == max(1, len(run["changes"]))
    table = {row[0]: row[1:] for row in rows_of(given, "epochs until")}
    for one, outputs in (("AND", (0, 0, 0, 1)), ("OR", (0, 1, 1, 1))):
        hand = run_by_hand(outputs)
        wrong = sum(answer != outputs[sample] for _, sample, answer, _ in hand)
        assert table[one] == [*map(str, outputs), str(hand[-1][0]), str(wrong)]
    assert table["XOR"][4] == "never" and given.values["never"] == [(0, 1, 1, 0), (1, 0, 0, 1)]
    first, second = given.values["runs"]["XOR"]["circle"]
    weights = {epoch + 1: w for epoch, sample, _, w in run_by_hand((0, 1, 1, 0)) if sample == 3}
    assert weights[first] == weights[second] and len({weights[epoch] for epoch in range(2, second)}) == second - 2
    assert len(frames_of(given)) == 5 * (1 + (len(by_hand) if ends else 4 * (second - 1)))


def test_the_line_of_a_perceptron_has_an_arrow_to_the_side_of_1() -> None:
    given = fresh("perceptron")
    figure, circle = figures_of(given)
    for one in (figure, circle):
        now, arrow = points(one, Line)
        w1, w2, b = given.values["runs"]["AND" if one is figure else "XOR"]["changes"][-1][2:]
        for at in now:
            assert at @ [w1, w2] + b == pytest.approx(0, abs=1e-9) and max(at) <= 1.7 and min(at) >= -0.7
            assert np.isclose(at, [-0.7], atol=1e-9).any() or np.isclose(at, [1.7], atol=1e-9).any()  # at the border
        foot, tip = arrow
        assert foot @ [w1, w2] + b == pytest.approx(0, abs=1e-9) and tip @ [w1, w2] + b > 0
        assert across((w1, w2), tip - foot) == pytest.approx(0, abs=1e-9)
        assert math.dist(foot, tip) == pytest.approx(0.35) and labels(one)["here 1"] == pytest.approx(tip)
        assert across((w1, w2), foot - 0.5) == pytest.approx(0, abs=1e-9)  # it begins where the middle is nearest
        assert one.x == one.y == (-0.7, 1.7)
    former = [one[2:] for one in given.values["runs"]["AND"]["changes"][:-1]]
    assert len(points(figure, Segments, "before")[0]) == sum(map(crosses, former))
    assert dots(figure, "second", "wanted 1").tolist() == [[1, 1]] and len(dots(figure, "first", "wanted 0")) == 3
    first = frames_of(given)[0][0]
    assert labels(first)["everywhere 1"] and first.title == "before the first sample"


def across(one: Any, other: Any) -> float:
    """0 for two arrows that are parallel."""
    return float(one[0] * other[1] - one[1] * other[0])


def crosses(w: Any) -> bool:
    """Whether the line goes through the square of the figure, at more than a corner."""
    corners = [w[0] * x + w[1] * y + w[2] for x in (-0.7, 1.7) for y in (-0.7, 1.7)]
    return min(corners) < 0 < max(corners)


def test_the_terms_of_a_layer_are_told_and_shown_one_by_one() -> None:
    given = fresh("layer", seed=3)
    x, weight, bias = (np.array(given.values[name]) for name in ("x", "weight", "bias"))
    outputs = weight @ x + bias
    for k, row in enumerate(rows_of(given, "row times vector")):
        assert row[0] == f"o{k + 1}" and float(row[4]) == pytest.approx(bias[k])
        assert float(row[5]) == pytest.approx(outputs[k], rel=1e-3)
        for j in range(3):
            left, product = row[1 + j].split(" = ")
            assert left == f"{weight[k, j]:g} x {x[j]:g}" and float(product) == pytest.approx(weight[k, j] * x[j])
    back = rows_of(given, "what goes back")
    g = np.array([1.0, -0.5])
    numbers = [[float(one) for one in row[1].split()] for row in back]
    for told, expected in zip(numbers, (weight.T @ g, g[0] * x, g[1] * x, g), strict=True):
        assert told == pytest.approx(expected, rel=1e-3, abs=1e-6)
    frames = [frame for [frame] in frames_of(given)]
    assert len(frames) == 9 * 8  # as many as there are terms, and the beginning
    for done, frame in enumerate(frames[::8]):
        known = [part for part in frame.parts if isinstance(part, Cells)][3]
        assert [bool(text) for [text] in known.texts] == [done >= 4, done >= 8]
        marked = points(frame, Line, colour="mark")
        if 0 < done < 8:
            row, term = divmod(done - 1, 4)
            terms = [*(weight[row] * x), bias[row]][: term + 1]
            assert float(frame.notes[0].rsplit(" = ")[-1]) == pytest.approx(sum(terms), rel=1e-3, abs=1e-6)
            assert frame.notes[0].startswith(f"o{row + 1} = ") and frame.notes[0].count(" + ") == term
            assert len(marked) == (2 if term < 3 else 1)
            where = [part.at for part in frame.parts if isinstance(part, Cells)]
            corners = [(where[0][0] + term, where[0][1] - row), (where[1][0], where[1][1] - term)]
            if term == 3:
                corners = [(where[2][0], where[2][1] - row)]
            assert np.array([one[0] for one in marked]) == pytest.approx(np.array(corners))
        else:
            assert marked == [] and (frame.notes == []) == (done == 0)
    cells = [part for part in frames[-1].parts if isinstance(part, Cells)]
    assert {part.at[1] - len(part.texts) / 2 for part in cells} == {1.5}  # all in the middle of the height
    gaps = [other.at[0] - one.at[0] - len(one.texts[0]) for one, other in pairwise(cells)]
    assert gaps == pytest.approx([0.7] * 3)  # and equally far apart
    names = labels(frames[-1])
    for sign, (one, other) in (("+", cells[1:3]), ("=", cells[2:4])):
        across, up = names[sign]
        assert 0.15 < across - one.at[0] - 1 < 0.4 and across < other.at[0] and 1.3 < up < 1.5, sign
    for name, part in zip("Wxbo", cells, strict=True):
        assert names[name][0] == part.at[0] and 0.1 < names[name][1] - part.at[1] < 0.25
    for part, values in zip(cells, (weight, x[:, None], bias[:, None], outputs[:, None]), strict=True):
        assert [[float(text) for text in row] for row in part.texts] == [
            pytest.approx(row, rel=6e-3) for row in values.tolist()
        ]
        assert np.array(part.shades) == pytest.approx(0.6 * values / np.abs(values).max(), abs=1e-6)
    lines = figures_of(given)[1]
    for k, colour in enumerate(("first", "second")):
        [ends] = points(lines, Line, colour=colour)
        for at, height in (*ends, *dots(lines, colour)):
            assert height == pytest.approx(weight[k] @ [at, x[1], x[2]] + bias[k], abs=1e-5)
        assert ends[:, 0].tolist() == [-3, 3] and dots(lines, colour)[:, 0] == pytest.approx([x[0]])
        assert f"o{k + 1}, slope {weight[k, 0]:g}" in [name for _, name in lines.legend]


def test_small_layers_have_weights_of_one_decimal_from_minus_2_to_2() -> None:
    drawn = [np.array([*np.ravel(given["weight"]), *given["bias"]]) for given in
             (fresh("layer", seed=seed).values for seed in range(1, 25))]  # fmt: skip
    every = np.concatenate(drawn)
    assert np.allclose(every * 10, np.round(every * 10)) and (every != 0).all()
    assert every.min() < -1.7 and every.max() > 1.7 and np.abs(every).max() <= 2
    merged = fresh("layer", seed=2).values
    assert np.shape(merged["merged"]) == (2, 3) and np.abs(np.linalg.lstsq(
        np.array(merged["weight"]).T, np.array(merged["merged"]).T, rcond=None)[0]).max() <= 2.01  # fmt: skip


def test_an_input_on_its_way_through_the_mlp_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlp, "STEPS", 120)
    given = fresh("mlp", seed=3, values=(0.0, 1.0, 1.0, 1.0))
    w = np.array(given.values["weights"][-1])
    assert len(given.values["weights"]) == 11 == len(given.values["losses"]) == len(frames_of(given))
    x = np.array(INPUTS)
    a = x @ w[:4].reshape(2, 2).T + w[4:6]
    h = np.tanh(a)
    z = h @ w[6:8] + w[8]
    rows = rows_of(given, "the four inputs")
    for at, row in enumerate(rows):
        assert row[:2] == [f"({x[at, 0]}, {x[at, 1]})", str((0, 1, 1, 1)[at])]
        assert [float(one) for one in row[2:5]] == pytest.approx([*h[at], np.tanh(z[at])], abs=6e-4)
        assert row[5] == str(int(z[at] > 0))
    chain = rows_of(given, "one input on its way")
    told = [[float(one) for one in row[2].strip("()").split(",")] for row in chain]
    for one, expected in zip(told, (x[2], a[2], h[2], [z[2]], [np.tanh(z[2])]), strict=True):
        assert one == pytest.approx(list(expected), abs=6e-4)
    plane, hidden = figures_of(given)
    [faint] = points(plane, Segments, "output -0.5 and 0.5")
    [border] = points(plane, Segments, "output 0")

    def output(at: Any) -> Any:
        return np.tanh(np.tanh(at @ w[:4].reshape(2, 2).T + w[4:6]) @ w[6:8] + w[8])

    assert np.abs(output(faint.reshape(-1, 2))) == pytest.approx(0.5, abs=0.06)
    assert set(np.sign(output(faint.reshape(-1, 2)))) == {-1, 1}
    assert output(border.reshape(-1, 2)) == pytest.approx(0, abs=0.06)
    ends = line(hidden, "output 0")
    assert ends @ w[6:8] + w[8] == pytest.approx([0, 0], abs=1e-6)
    assert np.abs(ends).max() == pytest.approx(1.25) and hidden.x == hidden.y == (-1.25, 1.25)
    assert dots(hidden, "first", "wanted 0") == pytest.approx(h[:1], abs=1e-5)
    assert dots(hidden, "second", "wanted 1") == pytest.approx(h[1:], abs=1e-5)
    assert plane.x == plane.y == (-0.6, 1.6) and dots(plane, "second", "wanted 1").tolist() == x[1:].tolist()
    titles = [frame.title for [frame] in frames_of(given)]
    assert [title.partition(" steps")[0] for title in titles] == [f"OR after {12 * at}" for at in range(11)]


def test_scores_losses_and_steps_are_told_and_drawn() -> None:
    scores = (1.0, 0.25, 2.0, -1.5)
    given = fresh("softmax", values=scores, target=2, rate=0.5)
    p = np.exp(scores) / np.exp(scores).sum()
    rows = rows_of(given, "from scores to probabilities; class 2 is right")
    assert [row[0] for row in rows] == ["1", "2, right", "3", "4"]
    expected = [scores, np.exp(np.array(scores) - 2), p, np.log(p)]
    for at, values in enumerate(expected, start=1):
        assert column(rows, at) == pytest.approx(list(values), abs=6e-5)
    rows = rows_of(given, "the loss if that class")
    assert column(rows, 1) == pytest.approx(-np.log(p), abs=6e-5)
    assert column(rows, 2) == pytest.approx(p - [0, 1, 0, 0], abs=6e-5)
    bars, curve, steps = figures_of(given)
    right, others = points(bars, Bars)
    assert right == pytest.approx(np.array([[2, p[1]]])) and others == pytest.approx(
        np.array([[1, p[0]], [3, p[2]], [4, p[3]]]), abs=1e-6)  # fmt: skip
    for k, share in enumerate(p, start=1):
        across, up = labels(bars)[f"{share:.3f}"]
        assert k - 0.4 < across < k and share < up < share + 0.1  # above its bar
    assert bars.x == (0.4, 4.6) and 1 < bars.y[1] < 1.3 and [word for _, word in bars.marks] == ["1", "2", "3", "4"]
    assert [at for at, _ in bars.marks] == [1, 2, 3, 4]
    whole = line(curve, "-log p")
    assert whole[:, 1] == pytest.approx(-np.log(whole[:, 0])) and len(whole) == 120
    assert whole[0, 0] == pytest.approx(0.002) and whole[-1, 0] == pytest.approx(1)
    assert dots(curve, "second") == pytest.approx(np.array([[p[1], -math.log(p[1])]]), abs=1e-6)
    assert dots(curve, "first") == pytest.approx(np.stack([p, -np.log(p)], axis=1)[[0, 2, 3]], abs=1e-6)
    assert curve.x[0] < 0 and 1 < curve.x[1] < 1.1 and -0.5 < curve.y[0] < 0 and 6.2 < curve.y[1] < 7
    walk = np.array(given.values["walk"])
    assert len(walk) == 31
    for before, after in pairwise(walk):
        q = np.exp(before) / np.exp(before).sum()
        assert after == pytest.approx(before - 0.5 * (q - [0, 1, 0, 0]), abs=1e-5)
    [drawn] = points(steps, Line)
    losses = [[at, np.log(np.exp(z).sum()) - z[1]] for at, z in enumerate(walk)]
    assert drawn == pytest.approx(np.array(losses), abs=1e-5)
    assert steps.x == (0, 30) and dots(steps, "second") == pytest.approx(drawn[:1])
    assert steps.y == pytest.approx((-0.08 * drawn[0, 1], 1.08 * drawn[0, 1]))
    frames = [frame for [frame] in frames_of(given)]
    assert [frame.title.partition(":")[0] for frame in frames] == [f"after {at} steps" for at in range(31)]


@pytest.mark.parametrize(("count", "named"), [(5, 5), (6, 2)])
def test_of_many_classes_only_probable_ones_have_a_number(count: int, named: int) -> None:
    """Of six, four have less than 0.01: their numbers would stand over each other."""
    scores = (5.0, 4.0, -3.0, -3.0, -3.0, -3.0)[:count]
    assert sum(text.startswith("0.") for text in list_labels(fresh("softmax", values=scores))) == named


def list_labels(given: Any) -> list[str]:
    return [part.text for part in figures_of(given)[0].parts if hasattr(part, "text")]


def test_three_walks_down_a_valley_are_told_and_drawn() -> None:
    given = fresh("descent")
    assert given.values["rates"] == pytest.approx([0.01, 0.5, 1.05]) and given.values["border"] == 1
    rows = rows_of(given, "w after each step")
    assert [row[0] for row in rows] == ["0", "1", "2", "3", "4", "6", "8", "12"]
    walks = [[1 - 4 * (1 - 2 * rate) ** step for step in range(13)] for rate in (0.01, 0.5, 1.05)]
    for row in rows:
        assert [float(one) for one in row[1:]] == pytest.approx([walk[int(row[0])] for walk in walks], abs=1e-4)
    [figure] = figures_of(given)
    valley = line(figure, "E(w)")
    assert valley[:, 1] == pytest.approx((valley[:, 0] - 1) ** 2) and len(valley) == 111
    assert (valley[0, 0], valley[-1, 0]) == pytest.approx(figure.x) and figure.x == (-4.5, 6.5)  # 1 in its middle
    assert figure.y[0] < 0 and figure.y[1] > 5.5**2
    for colour, walk in zip(("third", "first", "mark"), walks, strict=True):
        expected = np.array([[w, (w - 1) ** 2] for w in walk])
        assert dots(figure, colour) == pytest.approx(expected, rel=1e-4, abs=1e-4)
        assert points(figure, Line, colour=colour)[0] == pytest.approx(expected, rel=1e-4, abs=1e-4)
    frames = frames_of(given)
    assert len(frames) == 13 * 5 and [len(dots(frame, "first")) for [frame] in frames[::5]] == list(range(1, 14))
    assert given.data == {"curvature": 2, "lowest": 1, "start": -3, "rate": 0.5, "steps": 12}


@pytest.mark.parametrize("values", [None, (0.3, -0.7, 0.2, 0.5)])
def test_the_links_of_a_chain_are_told_and_drawn(values: tuple[float, ...] | None) -> None:
    given = fresh("chain", values=values)
    w, x, b, t = values or (0.8, 1.5, -0.4, -1.0)

    def of(w: float) -> tuple[float, float, float]:
        o = math.tanh(w * x + b)
        return w * x + b, o, (o - t) ** 2 / 2

    z, o, error = of(w)
    links = [o - t, 1 - o * o, x]
    rows = rows_of(given, "the links, from E back to w")
    assert column(rows, 2) == pytest.approx(links, abs=6e-5)
    assert column(rows, 3) == pytest.approx(np.cumprod(links), abs=6e-5)
    moves = rows_of(given, "the same seen forward: w grows by d = 0.01")
    before, after = np.array([w, *of(w)]), np.array([w + 0.01, *of(w + 0.01)])
    for at, expected in ((1, before), (2, after), (3, after - before)):
        assert column(moves, at) == pytest.approx(expected, abs=1.1e-5)
    assert given.values["difference"] == pytest.approx((of(w + 0.01)[2] - of(w - 0.01)[2]) / 0.02, abs=2e-5)
    slope = math.prod(links)
    assert given.values["bias_gradient"] == pytest.approx(links[0] * links[1], abs=1e-5)
    chain, curve = figures_of(given)
    drawn = line(curve, "E")
    assert drawn == pytest.approx(np.array([[at, of(at)[2]] for at in np.linspace(w - 2, w + 2, 81)]), abs=1e-5)
    assert curve.x == pytest.approx((w - 2, w + 2)) and curve.y[0] < 0
    assert curve.y[1] == pytest.approx(max(2.2, 1.05 * drawn[:, 1].max()))
    tangent = line(curve, "its slope at w")
    assert tangent == pytest.approx(np.array([[w + step, error + slope * step] for step in (-0.8, 0.8)]), abs=1e-4)
    assert dots(curve, "second") == pytest.approx(np.array([[w, error]]), abs=1e-5)
    told = labels(chain)
    assert {f"w = {w:.3g}", f"z = {z:.3g}", f"o = {o:.3g}", f"E = {error:.3g}", "dE/do", "do/dz", "dz/dw",
            *(f"{one:.3g}" for one in links)} <= set(told)  # fmt: skip
    assert given.data == {"values": [w, x, b, t], "reach": 2}
    boxes = {part.text: text_box(chain, part) for part in chain.parts if isinstance(part, Label)}
    places = [on_page(chain, at)[0] for at in ((0, 1), (1, 1), (2, 1), (3, 1))]
    between = (("w x + b", "dz/dw"), ("tanh", "do/dz"), ("1/2 (o - t)²", "dE/do"))
    for texts, (before, behind) in zip(between, pairwise(places), strict=True):
        for text in texts:
            left, _, right, _ = boxes[text]
            assert before + 15 < left and right < behind, text
    arrows = [one for colour in ("soft", "second") for one in points(chain, Line, colour=colour)]
    assert len(arrows) == 6
    for number, arrow in enumerate(arrows):  # to the right above, to the left below
        start, tip, one, again, other = arrow
        way = 1 if number < 3 else -1
        assert (tip[0] - start[0]) * way == pytest.approx(0.76) and start[1] == tip[1] and (tip == again).all()
        assert (tip[0] - one[0]) * way == pytest.approx(0.07) and one[0] == other[0]
        assert one[1] - tip[1] == pytest.approx(tip[1] - other[1]) and 0.02 < one[1] - tip[1] < 0.07
        assert tip[0] + start[0] == pytest.approx(2 * (number % 3) + 1)


def test_a_chain_moves_forward_then_backward_and_takes_steps() -> None:
    frames = frames_of(fresh("chain"))
    shown = [frames[at] for at in range(0, 2 * 7 * 6, 6)] + [frames[at] for at in range(84, len(frames), 3)]
    assert len(shown) == 2 * 7 + 14 and len(frames) == 2 * 7 * 6 + 14 * 3
    w, x, b, t = 0.8, 1.5, -0.4, -1.0
    for step in range(16):
        o = math.tanh(w * x + b)
        stages = shown[7 * step : 7 * step + 7] if step < 2 else shown[12 + step : 13 + step]
        for stage, (above, below) in enumerate(stages if step < 2 else [*stages] * 7):
            ahead, back = min(4, stage + 1), max(0, stage - 3)
            if step < 2:
                assert len(dots(above, "first")) == ahead
                assert sum(text.startswith("d") for text in labels(above)) == back
                assert above.title.startswith("forward" if not back else "backward")
                assert (len(points(below, Line, "its slope at w")) == 1) == (back == 3)
            assert below.title == f"step {step}, rate 0.4: w = {w:.3f}, E = {(o - t) ** 2 / 2:.4f}"
            if step:
                assert len(dots(below, "first", "before")) == step
        w -= 0.4 * (o - t) * (1 - o * o) * x


@pytest.mark.parametrize("seed", [1, 4])
def test_the_small_network_of_back_propagation_is_told_and_drawn(seed: int) -> None:
    given = fresh("backprop", seed=seed)
    data, values = given.data, given.values
    x, t = np.array(data["x"]), data["target"]
    w, b, v, c = np.array(data["w"]).reshape(2, 2), np.array(data["b"]), np.array(data["v"]), data["c"]
    assert (x.tolist(), t, data["rate"]) == ([0.5, -1], pytest.approx(0.8), 1)
    h = 1 / (1 + np.exp(-(w @ x + b)))
    o = 1 / (1 + math.exp(-(h @ v + c)))
    top = [o - t, o * (1 - o)]
    factors = {f"v{k + 1}": [*top, h[k]] for k in (0, 1)} | {
        f"w{k + 1}{j + 1}": [*top, v[k], h[k] * (1 - h[k]), x[j]] for k in (0, 1) for j in (0, 1)
    }
    assert list(values["factors"]) == ["v1", "v2", "w11", "w12", "w21", "w22"]
    for name, expected in factors.items():
        assert values["factors"][name] == pytest.approx(expected, abs=1e-5)
    names = rows_of(given, "the factors of each gradient")
    assert [len(row[1].split(" x ")) for row in names] == [3, 3, 5, 5, 5, 5]
    assert names[4][1] == "dE/do x do/dz x dz/dh2 x dh2/da2 x da2/dw21"
    for row in rows_of(given, "with numbers, and differences"):
        gradient = math.prod(factors[row[0]])
        assert [float(one) for one in row[1].split(" x ")] == pytest.approx(factors[row[0]], abs=6e-4)
        assert [float(row[2]), float(row[3])] == pytest.approx([gradient] * 2, rel=2e-2, abs=2e-5)
    assert values["output"] == pytest.approx(o, abs=1e-6) and values["before"] == pytest.approx((o - t) ** 2 / 2)
    assert len(values["errors"]) == 41 and values["after"] == values["errors"][1]
    assert (np.abs(np.concatenate([w.ravel(), b, v, [c]])) <= 1).all() and 0 not in [*w.ravel(), *b, *v, c]
    picture, errors = figures_of(given)
    told = labels(picture)
    assert {f"x1 = {x[0]:.3g}", f"x2 = {x[1]:.3g}", f"h1 = {h[0]:.3g}", f"h2 = {h[1]:.3g}", f"o = {o:.3g}"} <= set(told)
    for text, at in told.items():  # above the upper units and below the lower ones, where no line is in the way
        if text.startswith(("x1", "h1", "o =")):
            assert at[1] > (0.5 if text[0] == "o" else 1), text
        elif text.startswith(("x2", "h2")):
            assert at[1] < 0, text
    [drawn] = points(errors, Line)
    assert drawn == pytest.approx(np.array(list(enumerate(values["errors"])))) and errors.x == (0, 40)
    assert dots(errors, "second") == pytest.approx(drawn[:1]) and errors.y[0] < 0
    assert errors.y == pytest.approx((-0.06 * drawn[:, 1].max(), 1.06 * drawn[:, 1].max()))


def test_weights_stand_at_the_lines_that_they_belong_to() -> None:
    """In the picture of the text and in that of the animation: the nearest line joins the two that the name tells."""
    given = fresh("backprop", seed=3)
    data = given.data
    weights = {f"w{k + 1}{j + 1}": data["w"][2 * k + j] for k in (0, 1) for j in (0, 1)}
    weights |= {"v1": data["v"][0], "v2": data["v"][1]}
    above, _ = frames_of(given)[80]
    for figure, said in ((figures_of(given)[0], "{value:g}"), (above, "{name} = {value:.3f}")):
        parts = [part for part in figure.parts if isinstance(part, Label)]
        for name, value in weights.items():
            texts = [text_box(figure, part) for part in parts if part.text == said.format(name=name, value=value)]
            [way] = [one for one in points(figure, Line)[:6] if joins(one, name)]
            one, other = (on_page(figure, end) for end in way)
            middles = [np.array([x, (low + top) / 2]) for left, low, right, top in texts
                       for x in np.linspace(left, right, 15)]  # fmt: skip
            assert min(distance(at, one, other) for at in middles) < 42, (name, figure.title)


def joins(way: np.ndarray, name: str) -> bool:
    """Whether a line goes from the column and the row that a weight's name tells."""
    start = way[:, 0].min()
    rows = {"w": (2 - int(name[-1]), 2 - int(name[1])), "v": (2 - int(name[1]), 0.5)}[name[0]]
    return (start == 0) == (name[0] == "w") and tuple(way[np.argsort(way[:, 0]), 1]) == rows


def test_values_flow_forward_and_gradients_backward_in_nine_stages() -> None:
    given = fresh("backprop", seed=2)
    frames = frames_of(given)
    assert len(frames) == 9 * 10 + 12 * 4
    gradients = given.values["gradients"]
    for stage in range(9):
        above, below = frames[10 * stage]
        assert above.title.startswith("forward" if stage < 4 else "backward" if stage < 8 else "step")
        told = list(labels(above))
        names = [text.split(" =")[0] for text in told if " = " in text and text[0] in "xhoE"]
        assert names == ["x1", "x2", "h1", "h2", "o", "E"][: (2, 4, 5, 6, 6, 6, 6, 6, 6)[stage]]
        back = [text for text in told if text.startswith("dE/d")]
        assert sum(text.startswith("dE/dz") for text in back) == (stage >= 4)
        assert sum(text.startswith("dE/dv") for text in back) == 2 * (stage >= 5)
        assert sum(text.startswith("dE/da") for text in back) == 2 * (stage >= 6)
        assert sum(text.startswith("dE/dw") for text in back) == 4 * (stage >= 7)
        lines = {colour: len(points(above, Line, colour=colour)) for colour in ("first", "second")}
        assert lines == {"first": (0, 4, 2, 1, 0, 0, 0, 0, 0)[stage], "second": (0, 0, 0, 0, 1, 2, 0, 4, 0)[stage]}
        assert len(dots(above, "first")) == len(names)
        assert below.title == f"E after 0 steps with the rate 1: {given.values['errors'][0]:.5f}"
    h1, h2 = (given.values["factors"][name][2] for name in ("v1", "v2"))
    x1, x2 = given.data["x"]
    expected = {"x1": x1, "x2": x2, "h1": h1, "h2": h2, "o": given.values["output"], "E": given.values["before"]}
    placed = {text: at[1] for text, at in labels(frames[80][0]).items()}
    assert {f"{name} = {value:.3g}" for name, value in expected.items()} <= set(placed)
    assert [placed[f"{name} = {expected[name]:.3g}"] > 1 for name in ("x1", "h1")] == [True, True]
    assert [placed[f"{name} = {expected[name]:.3g}"] < 0 for name in ("x2", "h2")] == [True, True]
    told = dict(text.split(" ") for text in labels(frames[80][0]) if text.startswith("dE/d"))
    for name, gradient in gradients.items():
        assert float(told[f"dE/d{name}"]) == pytest.approx(gradient, abs=6e-5)
    top = gradients["v1"] / given.values["factors"]["v1"][2]
    assert float(told["dE/dz"]) == pytest.approx(top, abs=6e-5)
    for k in (1, 2):
        by_a = gradients[f"w{k}1"] / given.data["x"][0]
        assert float(told[f"dE/da{k}"]) == pytest.approx(by_a, abs=6e-5)
    for step in range(1, 13):
        above, below = frames[90 + 4 * (step - 1)]
        assert len(points(below, Line)[0]) == step + 1 and below.x == (0, 12.5)
        assert above.title.startswith(f"step {step}:")
        assert f"{given.values['errors'][step]:.5f}" in below.title
    most = max(given.values["errors"][:13])
    assert below.y == pytest.approx((-0.08 * most, 1.08 * most))
