"""What the lessons on pictures tell and draw, beside formulas in float64."""

import math
from typing import Any

import numpy as np
import pytest

from cnncli.lessons.blocks import Numbers
from cnncli.lessons.figures import Bars, Cells, Dots, Label, Line, Segments
from lesson_pages import fresh
from lesson_parts import column, dots, figures_of, frames_of, labels, line, points, rows_of


def test_two_boxes_overlap_as_drawn() -> None:
    given = fresh("convolution-1d")
    frames = [frame for [frame] in frames_of(given)]
    assert len(frames) == 49
    shown = [*zip(frames, np.linspace(-0.5, 2.5, 49), strict=True)][::6]
    for frame, t in (*shown, (figures_of(given)[0], 0.6)):
        area = max(0, 1 - abs(t - 1))
        assert frame.title == f"t = {t:.2f}: the boxes overlap by {area:.2f}" and frame.x == (-1.6, 2.6)
        standing, sliding = line(frame, "f stands"), line(frame, "g slides")
        assert (standing[:, 0].min(), standing[:, 0].max(), standing[:, 1].max()) == (0, 1, 1)
        assert (sliding[0, 0], sliding[-1, 0]) == pytest.approx((t - 1, t)) and np.ptp(sliding[:, 0]) == pytest.approx(
            1
        )
        assert 1 < sliding[:, 1].max() < 1.1 and sliding[[0, -1], 1].tolist() == [0, 0]  # seen beside the other
        assert standing[[0, -1], 1].tolist() == [0, 0] and np.ptp(standing[:2, 0]) == 0 == np.ptp(sliding[:2, 0])
        overlap = [part for part in frame.parts if isinstance(part, Bars)]
        assert len(overlap) == (area > 1e-9)
        for bars in overlap:
            [(middle, high)] = bars.points
            low, end = max(0, t - 1), min(1, t)
            assert (middle - bars.width / 2, middle + bars.width / 2) == pytest.approx((low, end)) and 0.9 < high < 1
        way = line(frame, "f * g to t")
        assert way[:, 1] == pytest.approx(np.maximum(0, 1 - np.abs(way[:, 0] - 1))) and way[0, 0] == -0.5
        assert dots(frame, "mark") == pytest.approx(np.array([[t, area]])) and 1.1 < frame.y[1] < 1.4


def test_sums_in_place_of_the_integral_and_slid_masks_are_told() -> None:
    given = fresh("convolution-1d", values=(1.0, 2.0, -0.5, 4.0))
    for row, h in zip(rows_of(given, "two boxes in steps of h"), (0.5, 0.25, 0.1, 0.05, 0.01), strict=True):
        count = round(1 / h)
        sums = h * np.convolve(np.ones(count), np.ones(count))
        error = np.abs(sums - np.maximum(0, 1 - np.abs(np.arange(len(sums)) * h - 1))).max()
        expected = [h, 2 * count - 1, sums[round(0.5 / h)], error]
        assert [float(one) for one in row] == pytest.approx(expected, abs=6e-5)
    signal, mask = np.array([0, 0, 1, 3, 2, 0, 0, 1.0]), np.array([1, 2, -0.5, 4])
    correlated, convolved = np.correlate(signal, mask, "valid"), np.convolve(signal, mask, "valid")
    rows = rows_of(given, "the mask 1 2 -0.5 4 slid along")
    for place, row in enumerate(rows):
        assert row[0] == str(place) and [float(one) for one in row[1].split()] == signal[place : place + 4].tolist()
        assert [float(one) for one in row[2:]] == pytest.approx([correlated[place], convolved[place]])
    assert len(rows) == 5 and given.data == {"signal": signal.tolist(), "mask": mask.tolist()}
    figure = figures_of(given)[1]
    [bars] = points(figure, Bars)
    assert bars == pytest.approx(np.array(list(enumerate(signal))))
    for colour, name, results in (("first", "correlation", correlated), ("second", "true convolution", convolved)):
        expected = np.array([[place + 1.5, value] for place, value in enumerate(results)])  # 1.5: half of 4 - 1
        assert line(figure, name) == pytest.approx(expected) and dots(figure, colour) == pytest.approx(expected)
    heights = [*signal, *correlated, *convolved, 0]
    room = 0.06 * (max(heights) - min(heights))
    assert figure.y == pytest.approx((min(heights) - room, max(heights) + room)) and figure.x == pytest.approx(
        (-0.8, 7.8)
    )


def test_a_long_signal_is_the_first_24_of_a_column_and_12_places_are_told(tmp_path: Any) -> None:
    table = tmp_path / "t.csv"
    table.write_text("a,b\n" + "\n".join(f"{n * n % 17},{n}" for n in range(40)))
    given = fresh("convolution-1d", data=str(table), values=(1.0, 2.0))
    assert given.values["signal"] == [n * n % 17 for n in range(24)]
    assert len(rows_of(given, "the mask 1 2 slid along")) == 12
    table.write_text("a,b\n1,2\n2,3\n")
    assert fresh("convolution-1d", data=str(table), values=(1.0, 2.0, 3.0)).values["signal"] == [1, 2, 0]


def test_a_mask_over_a_picture_is_told_and_drawn_at_each_place() -> None:
    mask = (0.0, 1.0, 2.0, -1.0, 0.5, 0.0, 3.0, 0.0, -2.0)
    given = fresh("convolution", values=mask)
    picture, kernel, result = (np.array(given.values[name]) for name in ("picture", "mask", "result"))
    assert [[float(one) for one in row[1:]] for row in rows_of(given, "the mask")] == np.reshape(mask, (3, 3)).tolist()
    [slid] = [block for block in given.blocks if isinstance(block, Numbers) and "slid over" in block.title]
    for row, (name, one, two) in enumerate(slid.rows):
        assert name == str(row) and [float(value) for value in one.split()] == given.values["correlation"][row]
        assert [float(value) for value in two.split()] == given.values["convolution"][row]
    sizes = [[int(one) for one in row] for row in rows_of(given, "how large the result is")]
    assert sizes == [[0, 1, 3, 3], [0, 2, 2, 2], [1, 1, 5, 5], [1, 2, 3, 3]]
    assert given.data["mask"] == kernel.tolist() and given.data["picture"] == picture.tolist()
    frames = [frame for [frame] in frames_of(given)]
    assert len(frames) == 9 * 4
    for at, frame in enumerate(frames[::4]):
        row, col = divmod(at, 3)
        left, right = (part for part in frame.parts if isinstance(part, Cells))
        assert [[float(text) for text in one] for one in left.texts] == picture.tolist() and left.at == (0, 5)
        told = [text for one in right.texts for text in one]
        assert [float(text) for text in told if text] == result.ravel()[: at + 1].tolist() and told[at + 1 :] == [
            ""
        ] * (8 - at)
        shades = 0.8 * result / np.abs(result).max() * (np.arange(9).reshape(3, 3) <= at)
        assert np.array(right.shades) == pytest.approx(shades) and np.array(left.shades) == pytest.approx(0.8 * picture)
        assert (line(frame, "the mask").min(axis=0), line(frame, "the mask").max(axis=0)) == (
            pytest.approx([col, 2 - row]), pytest.approx([col + 3, 5 - row]))  # fmt: skip
        x, y = right.at
        assert right.at[1] - 1.5 == 2.5 == left.at[1] - 2.5  # both in the middle of the height
        box = line(frame, "its sum")
        assert box.min(axis=0) == pytest.approx([x + col, y - row - 1]) and np.ptp(box, axis=0).tolist() == [1, 1]
        terms, total = frame.notes[0].split(" = ")
        products = [float(a) * float(b) for a, b in (term.split(" x ") for term in terms.split(" + "))]
        assert sum(products) == pytest.approx(result[row, col]) == float(total) and len(products) == 6
        assert frame.title == f"the mask at rows {row} to {row + 2}, columns {col} to {col + 2}"
        arrow = labels(frame)["->"]
        assert 5 < arrow[0] < x - 0.5 and arrow[1] == 2.5 and frame.rows == 12


def test_each_window_of_a_map_is_told_and_has_an_arrow() -> None:
    given = fresh("pooling", seed=3)
    image = np.array(given.values["image"])
    assert sorted(image.ravel()) == list(range(16))
    windows = image.reshape(2, 2, 2, 2).swapaxes(1, 2).reshape(2, 2, 4)
    rows = {row[0]: [one.split() for one in row[1:]] for row in rows_of(given, "what is left of each window")}
    weighted = (windows**2).sum(axis=2) / windows.sum(axis=2)
    for name, expected in (("max", windows.max(axis=2)), ("average", windows.mean(axis=2)),
                           ("sum", windows.sum(axis=2)), ("stochastic, evaluation", weighted)):  # fmt: skip
        assert np.array([[float(one) for one in row] for row in rows[name]]) == pytest.approx(expected, abs=6e-3)
    drawn = np.array([[float(one) for one in row] for row in rows["stochastic, a draw"]])
    assert all(drawn[at] in windows[at] for at in np.ndindex(2, 2))
    back = {row[0]: [one.split() for one in row[1:]] for row in rows_of(given, "where a gradient of 1")}
    assert {text for row in back["average"] for text in row} == {".25"} and len(back["max"]) == 4
    ones = np.array([[float(text) for text in row] for row in back["max"]])
    assert (ones * image).sum() == windows.max(axis=2).sum() and ones.sum() == 4
    chances = rows_of(given, "the upper left window in 1000 draws")
    first = np.sort(windows[0, 0])
    assert column(chances, 0) == first.tolist() and column(chances, 1) == pytest.approx(first / first.sum(), abs=6e-4)
    assert sum(column(chances, 2)) == 1000
    for count, [frame] in enumerate(frames_of(given)[::7]):
        arrows = points(frame, Segments, "the largest")
        left, right = (part for part in frame.parts if isinstance(part, Cells))
        assert len(arrows) == count and left.at == (0, 4)
        told = [text for row in right.texts for text in row]
        assert [float(text) for text in told if text] == windows.max(axis=2).ravel()[:count].tolist()
        for place, [[start, end]] in enumerate(arrows):
            row, col = divmod(place, 2)
            r, c = np.argwhere(image == windows[row, col].max())[0]
            assert c < start[0] < c + 1 and start[1] == pytest.approx(4 - r - 0.5)  # within the largest one's square
            x, y = right.at
            assert x + col < end[0] < x + col + 1 and end[1] == pytest.approx(y - row - 0.5)
        for head, [[start, end]] in zip(points(frame, Line, "", "second"), arrows, strict=True):
            one, tip, two = head
            along = (end - start) / math.dist(start, end)
            assert tip == pytest.approx(end) and math.dist(one, tip) == pytest.approx(math.dist(two, tip))
            assert (one + two) / 2 == pytest.approx(end - 0.25 * along) and math.dist(one, two) == pytest.approx(0.3)
        shades = 0.8 * windows.max(axis=2) / 15 * 15 / image.max() * (np.arange(4).reshape(2, 2) < count)
        assert np.array(right.shades) == pytest.approx(shades) and np.array(left.shades) == pytest.approx(
            image * 0.8 / 15
        )
        lines = points(frame, Line, colour="first")
        assert sorted((one.min(), one.max()) for one in lines) == [(0, 4)] * 6
        assert right.at[1] - 1 == 2 == left.at[1] - 2 and len(frames_of(given)) == 5 * 7
        assert labels(frame)["max"][0] == right.at[0] and 0 < labels(frame)["max"][1] - right.at[1] < 0.6


def test_a_mask_on_its_way_is_told_and_drawn() -> None:
    given = fresh("learn-a-mask", rate=0.02)
    true = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])
    assert given.values["true"] == true.tolist() and len(given.data["before"]) == 16
    assert np.shape(given.data["before"]) == (16, 10, 10) and np.std(given.data["before"]) == pytest.approx(1, abs=0.1)
    rows = rows_of(given, "how the mask is found")
    assert [int(row[0]) for row in rows] == [0, 10, 50, 100, 200, 400]
    for row in rows:
        assert float(row[1]) == pytest.approx(given.values["losses"][int(row[0])], rel=1e-3, abs=6e-7)
    assert float(rows[-1][2]) == pytest.approx(np.abs(np.array(given.values["learned"]) - true).max(), abs=6e-5)
    assert float(rows[-1][3]) == pytest.approx(given.values["bias"], abs=6e-5)
    assert float(rows[0][2]) == pytest.approx(np.abs(np.array(given.data["start"]) - true).max(), abs=6e-5)
    curve, figure = figures_of(given)
    logs = np.log10(given.values["losses"])
    assert line(curve, "loss") == pytest.approx(
        np.array(list(enumerate(np.maximum(logs, -7)))), abs=1e-6
    ) and curve.x == (0, 400)
    assert curve.y == pytest.approx((max(logs.min(), -7) - 0.3, logs.max() + 1))
    learned, wanted = (part for part in figure.parts if isinstance(part, Cells))
    assert [[float(text) for text in row] for row in wanted.texts] == true.tolist()
    assert np.array(wanted.shades) == pytest.approx(true / 2)
    assert np.array([[float(text) for text in row] for row in learned.texts]) == pytest.approx(
        np.array(given.values["learned"]), abs=6e-3)  # fmt: skip
    assert (learned.at, wanted.at) == ((0, 3), (4, 3)) and figure.rows == 13
    assert {text: at[0] for text, at in labels(figure).items()} == {"learned": 0, "the true mask": 4}
    steps = [int(frame.title.split()[1].rstrip(":")) for [frame] in frames_of(given)]
    assert steps == [*range(0, 60, 3), *range(60, 401, 20)]
    assert set(given.data["masks"]) == {"emboss", "sharpen", "blur", "edge"} and given.data["steps"] == 400


def test_slopes_and_differences_of_a_layer_are_drawn() -> None:
    given = fresh("custom", values=(0.4,))
    slopes, steps = figures_of(given)
    x = np.linspace(-2, 2, 81)
    for name, expected in (
        ("y", x + 0.4 * x * x),
        ("without the 2", 1 + 0.4 * x),
        ("dy/dx by the method", 1 + 0.8 * x),
    ):
        assert line(slopes, name) == pytest.approx(np.column_stack([x, expected]), abs=1e-6)
    assert dots(slopes, "mark") == pytest.approx(np.column_stack([x, 1 + 0.8 * x])[::8], abs=1e-6)
    assert slopes.x == (-2, 2)
    h = 10.0 ** -np.arange(1, 13)
    assert line(steps, "error of the difference")[:, 0] == pytest.approx(np.log10(h))
    assert line(steps, "error of the difference")[:, 1] == pytest.approx(
        np.log10(np.maximum(given.values["errors"], 1e-16))
    )
    value, exact = math.exp(0.7 + 0.4 * 0.49), math.exp(0.7 + 0.4 * 0.49) * (1 + 0.8 * 0.7)
    third = value * ((1.56) ** 3 + 3 * 1.56 * 0.8)  # of exp(x + 0.4 x²), whose slope is 1 + 0.8 x
    assert given.values["errors"][1] == pytest.approx(third * 1e-4 / 6, rel=1e-2)
    assert steps.x[0] < -12 and -1 < steps.x[1] < 0 and [at for at, _ in steps.marks] == [-12, -10, -8, -6, -4, -2]
    frames = frames_of(given)
    assert len(frames) == 25 * 2
    for number in (0, 8, 24):
        above, below = frames[2 * number]
        h = 10 ** (-number / 8)
        low, high = (math.exp(at + 0.4 * at * at) for at in (0.7 - h, 0.7 + h))
        slope = (high - low) / (2 * h)
        assert above.title == f"h = {h:.3g}: the difference is {slope:.5f}, dE/dx is {exact:.5f}"
        assert dots(above, "second") == pytest.approx(np.array([[0.7 - h, low], [0.7 + h, high]]))
        assert dots(above, "first") == pytest.approx(np.array([[0.7, value]])) and above.x == (-1, 2)
        [secant] = points(above, Line, "through both points")
        assert secant[:, 0] == pytest.approx([-0.5, 1.9])
        assert secant[:, 1] - low == pytest.approx(slope * (secant[:, 0] - 0.7 + h))
        curve = line(above, "E = exp(y)")
        assert curve[:, 1] == pytest.approx(np.exp(curve[:, 0] + 0.4 * curve[:, 0] ** 2)) and len(curve) == 91
        assert (curve[0, 0], curve[-1, 0]) == (-1, 2) and above.y == (-1, 9)
        assert dots(below, "second") == pytest.approx(np.array([[math.log10(h), math.log10(abs(slope - exact))]]))
        [errors] = points(below, Line)
        assert errors[:, 0] == pytest.approx(-np.arange(25) / 8) and errors[number, 1] == pytest.approx(
            math.log10(abs(slope - exact)))  # fmt: skip
        assert [at for at, _ in below.marks] == [-3, -2, -1, 0] and below.x == pytest.approx((-3.1, 0.1))


def test_a_row_of_a_photo_is_drawn_and_its_pixel_told() -> None:
    given = fresh("masks")
    row, col = given.values["place"]
    picture = np.array(given.values["picture"])
    assert picture.shape == (64, 96)
    edges = np.abs(np.array(given.values["results"]["edge"])[1:-1, 1:-1])
    assert edges[row - 1, col - 1] == edges.max()
    around = rows_of(given, f"the pixel at row {row}, column {col}")
    assert [int(one[0]) for one in around] == [row - 1, row, row + 1]
    assert [[float(one) for one in cells[1:]] for cells in around] == picture[
        row - 1 : row + 2, col - 1 : col + 2
    ].tolist()
    for name, total in rows_of(given, "what the masks make of it"):
        assert float(total) == pytest.approx(given.values["results"][name][row][col], rel=1e-3)
    [figure] = figures_of(given)
    for name, values in (("sharpen", given.values["results"]["sharpen"]), ("the picture", picture),
                         ("blur", given.values["results"]["blur"])):  # fmt: skip
        assert line(figure, name) == pytest.approx(np.array(list(enumerate(values[row]))), abs=1e-3)
    assert figure.x == (-0.5, 95.5)
    sums = {one[0]: one[4] for one in rows_of(given, "the masks")}
    assert sums == {"sharpen": "1", "emboss": "1", "blur": "1", "edge": "0"}
    blur = next(one for one in rows_of(given, "the masks") if one[0] == "blur")
    assert blur[1:4] == ["1/9 1/9 1/9"] * 3


def test_the_mean_of_what_a_unit_sees_and_its_windows_are_drawn() -> None:
    given = fresh("field")
    fields, distances = given.values["fields"], given.values["distances"]
    for row in rows_of(given, "how the field of view"):
        assert float(row[2]) == distances[row[0]]
        left, right = row[3].split(" = ")
        assert float(right) == fields[row[0]] == eval(left.replace("x", "*"))  # as it is told
    stairs, nested = figures_of(given)
    sizes = list(fields.values())
    assert dots(stairs, "first") == pytest.approx(np.array(list(enumerate(sizes, start=1))))
    way = line(stairs, "field of view")
    assert way[:3].tolist() == [[0, 1], [1, 1], [1, 5]] and len(way) == 3 * len(sizes)
    assert line(stairs, "side of the input").tolist() == [[0, 28], [len(sizes), 28]]
    assert stairs.x == (0, len(sizes) + 1) and stairs.y == pytest.approx((0, 1.12 * 28))
    grows = {name: size for name, size in fields.items() if name in ("conv1", "pool1", "conv2", "pool2")}
    for name, size in grows.items():
        across, up = labels(stairs)[f"{name} {size:g}"]
        assert list(fields).index(name) < across < list(fields).index(name) + 1 and size < up < size + 2
    assert len(labels(stairs)) == 4
    windows = points(nested, Line)
    assert np.ptp(windows[0], axis=0).tolist() == [28, 28]
    assert [np.ptp(one, axis=0).tolist() for one in windows[1:]] == [[size, size] for size in grows.values()]
    for one in windows[1:]:  # the unit in the middle sees the middle of the picture
        assert one.mean(axis=0) == pytest.approx([14, 14], abs=3)
    last = windows[-1]
    (left, low), (right, top) = last.min(axis=0).astype(int), last.max(axis=0).astype(int)
    image = np.array(given.data["image"])
    assert given.values["seen_mean"] == pytest.approx(image[28 - top : 28 - low, left:right].mean(), abs=1e-3)
    assert nested.x == pytest.approx((14 - 0.81 * 28, 14 + 0.81 * 28)) and nested.y == pytest.approx(
        (-0.04 * 28, 1.04 * 28)
    )
    assert nested.notes == ["pool2: 16 x 16 of 28 x 28 pixels"]


def test_shares_of_layers_and_answers_are_bars() -> None:
    given = fresh("lenet5")
    learns = {"conv1": 156, "conv2": 2416, "fc1": 48120, "fc2": 10164, "fc3": 850}
    works = {"conv1": 117_600, "conv2": 240_000, "fc1": 48_000, "fc2": 10_080, "fc3": 840}
    shares, answers = figures_of(given)
    for name, colour, counts in (("share of what is learned", "first", learns), ("share of the work", "second", works)):
        expected = np.array(list(counts.values())) / sum(counts.values())
        lines = points(shares, Line, name)
        assert [one[1, 0] for one in lines] == pytest.approx(expected)
        for at, (one, share) in enumerate(zip(lines, expected, strict=True)):
            assert one[0, 0] == 0 and one[0, 1] == one[1, 1] and abs(one[0, 1] + at) == 0.25  # in its row
            assert dots(shares, colour)[at] == pytest.approx(one[1])
            x, y = {part.at: part for part in shares.parts if isinstance(part, Label)
                    and part.text == f"{100 * share:.1f} %" and part.kind == colour}.popitem()[0]  # fmt: skip
            assert share < x < share + 0.1 and y < one[0, 1] < y + 0.3
    assert rows_of(given, "the layers of")[-1] == ["in all", "", "61,706", "416,520", ""]
    probabilities = list(given.values["probabilities"].values())
    lines = points(answers, Line, "probability")
    assert [one[1].tolist() for one in lines] == [pytest.approx([p, -at]) for at, p in enumerate(probabilities)]
    assert len(rows_of(given, "where these numbers")) == 5 and len(given.frames()) == 60  # type: ignore[misc]
    for figure, rows in ((shares, 10), (answers, 10)):
        assert figure.rows == rows


def test_years_of_papers_are_drawn_at_their_places() -> None:
    for asked, span in ((None, (1958, 2019)), ((2010.0, 2016.0), (2010, 2016))):
        given = fresh("reading", values=asked)
        [figure] = figures_of(given)
        papers = given.values["papers"]
        assert all(span[0] <= paper["year"] <= span[1] for paper in papers)
        found = [points for part in figure.parts if isinstance(part, Dots) for points in part.points]
        assert found == [(paper["year"], -row) for row, paper in enumerate(papers)]
        years = [part.pairs[0] for part in figure.parts if isinstance(part, Segments)]
        told = [int(part.text) for part in figure.parts if isinstance(part, Label) and part.text.isdigit()]
        assert [one[0] for one, _ in years] == told == ([1958, 1980, 2000, 2019] if asked is None else [2010, 2016])
        assert all(one[1] == 0.5 and other[1] == 0.5 - len(papers) and one[0] == other[0] for one, other in years)
        assert figure.rows == len(papers) + 1 and figure.high == 28 * len(papers) + 56
        by_row: dict[int, list[Label]] = {}
        for part in figure.parts:
            if isinstance(part, Label) and not part.text.isdigit():
                by_row.setdefault(round(-part.at[1] - 0.4), []).append(part)
        length = span[1] - span[0]
        for row, paper in enumerate(papers):
            who, shows = by_row[row]
            assert who.at[0] == pytest.approx(figure.x[0]) and 0 < shows.at[0] - paper["year"] < 0.06 * length
            assert paper["what"].startswith(who.text.removesuffix(" et al.").split(" & ")[0])
        for part in figure.parts:
            if isinstance(part, Label) and part.text.isdigit():
                assert int(part.text) - 0.1 * length < part.at[0] < int(part.text) and 0.5 < part.at[1] < 1
        assert [row[0] for row in rows_of(given, "papers")] == [str(paper["year"]) for paper in papers]
        choices = given.question.choices
        right = choices[given.question.right - 1]
        oldest = min(papers, key=lambda paper: paper["year"])
        assert right.text == oldest["teaches"] and len(choices) == 4
        ages = [int(choice.why.split(", ")[1].split()[0]) for choice in choices if not choice.is_right]
        assert max(ages) == max(paper["year"] for paper in papers) - oldest["year"] and min(ages) > 0
        assert given.data["years"] == list(span)
        assert [read["year"] or 0 for read in given.data["reads"]] == sorted(
            read["year"] or 0 for read in given.data["reads"]
        )
