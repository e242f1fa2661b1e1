"""Every lesson: its numbers against formulas of their own, its question, its figures, and what it takes."""

import inspect
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnncli.cli.main import run
from cnncli.cli.render_lesson import judge, lesson_lines
from cnncli.data.digits import load_digits
from cnncli.lessons import batch_norm, draw_image, dropout, learned_mask, mlp, race, twins
from cnncli.lessons.blocks import Asked, Lesson, Numbers
from cnncli.lessons.catalogue import CATALOGUE, Entry, give
from cnncli.lessons.draw_image import figure_image, frame_image
from cnncli.lessons.draw_svg import figure_svg
from cnncli.lessons.draw_text import figure_lines
from cnncli.lessons.draw_tiles import panel_figure
from cnncli.lessons.figures import Dots, Figure, Label, Line, Segments, spread, ticks
from cnncli.lessons.optimizers import SURFACES
from cnncli.views.tiles import Panel
from lesson_pages import lesson

ROOT = Path(__file__).parents[2]
each_lesson = pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)

# Something of the reader's for each option; a lesson of its own numbers has a line of its own.
GIVEN: dict[str, Any] = {
    "data": str(ROOT / "examples" / "flats.csv"), "rate": 0.123, "seed": 4, "target": 1, "model": "convnet",
    "plugin": ("adamw",),
}  # fmt: skip
VALUES: dict[str, tuple[float, ...]] = {
    "activations": (1.0,), "chain": (1.0, 0.5, 0.2, 0.9), "convolution-1d": (1.0, 0.0, -1.0), "custom": (0.5,),
    "convolution": (0.0, 1.0, 0.0, 1.0, -4.0, 1.0, 0.0, 1.0, 2.0),
    "backprop": (1.0, 1.0, 0.1), "notation": (20.0, 6.0), "layer": (0.0, 0.0, 1.0),
    "mlp": (0.0, 0.0, 0.0, 1.0), "perceptron": (1.0, 0.0, 0.0, 0.0), "softmax": (2.0, 0.5),
    "supervised": (8.0,), "reading": (2010.0, 2016.0),
}  # fmt: skip


PLAIN = {"rate", "h", "o", "x5", "x6", "x7", "x8"}  # columns of numbers as short as they can be


@each_lesson
def test_it_has_what_a_lesson_has_and_fits_a_terminal_of_80_columns(
    entry: Entry, capsys: pytest.CaptureFixture[str]
) -> None:
    given = lesson(entry.name)
    assert given.name == entry.name and len(given.go_on) >= 2
    json.dumps(given.values, allow_nan=False)
    assert given.script and any(isinstance(block, Figure) for block in given.blocks)
    assert (given.frames is not None) == entry.animated
    for table in (block for block in given.blocks if isinstance(block, Numbers)):
        assert {len(row) for row in table.rows} == {len(table.heads)}
        for column, head in enumerate(table.heads):  # numbers below each other have the same digits, but plain ones
            cells = [row[column] for row in table.rows if re.fullmatch(r"-?\d+\.\d+", row[column])]
            assert len({len(cell.partition(".")[2]) for cell in cells}) <= 1 or head in PLAIN, (table.title, head)
    for command in given.go_on:
        assert command.startswith("cnn ")
    for line in (*lesson_lines(given), *judge(given, 1)):
        assert len(line) <= 80, line


# What each takes is set, and what must change by it: nothing but a number of the text where it is left out. Of the
# settings that are in neither, only figures change: the question is about something else.
ASKED_ABOUT: dict[str, set[str]] = {
    "notation": {"values"}, "supervised": {"data", "seed"}, "regression": {"data", "seed"},
    "classification": {"data", "rate", "seed"}, "activations": {"values"}, "perceptron": {"values"},
    "layer": {"values", "seed"}, "mlp": {"values", "rate", "seed"},
    "softmax": {"values", "target", "model", "picture"}, "descent": {"rate"}, "chain": {"values"},
    "backprop": {"values", "seed"}, "step": {"rate", "seed"}, "loops": {"data", "rate"}, "optimizers": {"rate"},
    "race": {"data", "rate", "seed"}, "convolution-1d": {"data", "values"}, "convolution": {"picture", "values"},
    "masks": {"picture"}, "learn-a-mask": {"picture"}, "pooling": {"picture", "seed"}, "field": {"model"},
    "lenet5": {"model"}, "dropout": {"model"}, "batchnorm": {"seed"}, "custom": {"values"}, "reading": {"values"},
}  # fmt: skip


@pytest.fixture
def _short_trainings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few steps show as well that a setting changes a training."""
    monkeypatch.setattr(race, "STEPS", 24)
    monkeypatch.setattr(race, "hold", inspect.unwrap(race.hold))
    monkeypatch.setattr(race, "_IMAGES", 640)
    monkeypatch.setattr(race, "_TEST", 100)
    monkeypatch.setattr(batch_norm, "IMAGES", 640)
    monkeypatch.setattr(twins, "_TEST", 100)
    monkeypatch.setattr(mlp, "STEPS", 60)
    monkeypatch.setattr("cnncli.lessons.step._STEPS", 12)
    monkeypatch.setattr("cnncli.lessons.step._RATES", 12)
    monkeypatch.setattr(dropout, "STEPS", 20)
    monkeypatch.setattr(batch_norm, "STEPS", 10)
    monkeypatch.setattr(learned_mask, "STEPS", 12)
    monkeypatch.setattr(learned_mask, "_TOLD", (0, 12))


@pytest.mark.usefixtures("_short_trainings")
def test_what_the_reader_gives_changes_figures_and_questions_and_wrong_answers_have_reasons(tmp_path: Path) -> None:
    assert list(ASKED_ABOUT) == [entry.name for entry in CATALOGUE]
    sheet = np.full((60, 50), 250, np.uint8)
    sheet[10:50, 22:28] = sheet[10:16, 14:24] = 20  # a one
    Image.fromarray(sheet).save(tmp_path / "one.png")
    small = load_digits(200, 50).train
    assert small is not None
    np.savez(tmp_path / "images.npz", x=small.images[:, 0], y=small.labels)
    for entry in CATALOGUE:
        gifts = GIVEN | {"picture": str(tmp_path / "one.png"), "values": VALUES.get(entry.name)}
        if entry.name in ("race", "dropout", "batchnorm"):
            gifts["data"] = str(tmp_path / "images.npz")
        own = give(entry, Asked())
        check_reasons(own)
        for option in entry.takes:
            other = give(entry, Asked(**{option: gifts[option]}))
            said = f"{entry.name} --{option}"
            assert own.values != other.values and drawn(own) != drawn(other), said
            assert (own.question != other.question) == (option in ASKED_ABOUT[entry.name]), said
            check_reasons(other)


def check_reasons(given: Lesson) -> None:
    """Each choice gets a verdict of its own, and one is right."""
    choices = given.question.choices
    assert len(choices) >= 3 and sum(choice.is_right for choice in choices) == 1
    whys = [choice.why for choice in choices]
    assert len({*whys}) == len(whys) and all(len(why) > 20 for why in whys), given.name
    verdicts = [re.findall(r"^(Right|No)\. ", "\n".join(judge(given, number)), re.MULTILINE)
                for number in range(1, len(choices) + 1)]  # fmt: skip
    assert verdicts == [["Right" if choice.is_right else "No"] for choice in choices]


def drawn(given: Lesson) -> list[str]:
    """Its figures, as a page has them."""
    figures = [figure_svg(block) for block in given.blocks if isinstance(block, Figure)]
    return figures + [panel_figure(block) for block in given.blocks if isinstance(block, Panel)]


def test_the_lesson_of_regression_walks_to_least_squares() -> None:
    given = lesson("regression", seed=3).values
    points = np.array(given["points"])
    x, y = points.T
    slope = np.cov(x, y, bias=True)[0, 1] / np.var(x)
    best = [y.mean() - slope * x.mean(), slope]
    assert given["best"] == pytest.approx(best)
    assert given["end"] == pytest.approx(best, abs=1e-3)
    path = np.array(given["path"])
    errors = path[:, :1] + path[:, 1:] * x - y
    assert given["losses"] == pytest.approx((errors**2).mean(axis=1), rel=1e-4)
    slopes = np.stack([2 * errors.mean(axis=1), 2 * (errors * x).mean(axis=1)], axis=1)
    assert path[1:] == pytest.approx(path[:-1] - given["rate"] * slopes[:-1], abs=1e-5)


def test_regression_on_a_table_standardizes_it(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("length,weight\n" + "\n".join(f"{n},{10 * n + n % 3}" for n in range(8)))
    points = np.array(lesson("regression", data=str(table)).values["points"])
    assert points.mean(axis=0) == pytest.approx([0, 0], abs=1e-9) and points.std(axis=0) == pytest.approx([1, 1])


def test_the_lesson_of_descent_multiplies_the_distance() -> None:
    given = lesson("descent", rate=0.3).values
    for rate, walk in zip(given["rates"], given["walks"], strict=True):
        factors = [(1 - 2.0 * rate) ** step for step in range(len(walk))]
        assert walk == pytest.approx([1 + (-3 - 1) * factor for factor in factors], rel=1e-4)
    assert given["rates"][1] == 0.3 and given["border"] == 1.0


def test_the_lesson_of_back_propagation_has_gradients_that_are_their_factors_and_differences() -> None:
    for seed in range(1, 6):
        given = lesson("backprop", seed=seed).values
        for name, factors in given["factors"].items():
            assert math.prod(factors) == pytest.approx(given["gradients"][name], rel=1e-4, abs=1e-7)
            assert given["differences"][name] == pytest.approx(given["gradients"][name], rel=2e-2, abs=2e-5)
        assert given["after"] < given["before"]


def test_the_steps_of_back_propagation_are_those_of_finite_differences() -> None:
    """All nine weights and biases of the small network, in float64."""
    given = lesson("backprop", seed=2, values=(1.0, -0.5, 0.2), rate=2.0)
    data = given.data
    point = np.array([*data["w"], *data["b"], *data["v"], data["c"]])

    def error(p: np.ndarray) -> float:
        h = 1 / (1 + np.exp(-(p[:4].reshape(2, 2) @ [1.0, -0.5] + p[4:6])))
        return float(0.5 * (1 / (1 + np.exp(-(h @ p[6:8] + p[8]))) - 0.2) ** 2)

    for expected in given.values["errors"][:6]:
        assert error(point) == pytest.approx(expected, rel=1e-3)
        shifts = 1e-5 * np.eye(9)
        point = point - 2.0 * np.array([(error(point + one) - error(point - one)) / 2e-5 for one in shifts])


def test_an_epoch_is_cut_into_batches() -> None:
    for samples, batch in ((500, 64), (60_000, 64), (7, 7), (1, 1), (5, 1)):
        given = lesson("notation", values=(samples, batch))
        sizes = np.bincount(np.arange(samples) // batch)
        assert (given.values["steps"], given.values["last"]) == (len(sizes), sizes[-1])
        assert len(given.question.choices) >= 3


def test_the_lesson_of_convolution_has_the_known_example() -> None:
    given = lesson("convolution").values
    assert given["mask"] == [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
    assert given["result"] == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]
    picture = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]])
    mask = np.array([[0, 1, 2], [0, 0, 1], [0, 0, 0]])
    for name, kernel in (("correlation", mask), ("convolution", mask[::-1, ::-1])):
        assert given[name] == [
            [int((picture[r : r + 3, c : c + 3] * kernel).sum()) for c in range(3)] for r in range(3)
        ]


def test_the_lesson_of_pooling_has_every_pooling_right() -> None:
    given = lesson("pooling", seed=2).values
    windows = np.array(given["image"]).reshape(2, 2, 2, 2).swapaxes(1, 2).reshape(2, 2, 4)
    assert given["results"]["max"] == windows.max(axis=2).tolist()
    assert given["results"]["sum"] == windows.sum(axis=2).tolist()
    weighted = (windows**2).sum(axis=2) / windows.sum(axis=2)
    assert np.allclose(given["results"]["stochastic, evaluation"], weighted, rtol=1e-5)
    assert np.sum(given["gradients"]["max"]) == 4 and np.unique(given["gradients"]["average"]).tolist() == [0.25]


@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)
def test_the_surfaces_of_the_race_have_the_slopes_of_their_heights(surface: Any, rng: np.random.Generator) -> None:
    for x, y in zip(rng.uniform(*surface.x, 20), rng.uniform(*surface.y, 20), strict=True):
        step = 1e-5
        across = (surface.height(x + step, y) - surface.height(x - step, y)) / (2 * step)
        up = (surface.height(x, y + step) - surface.height(x, y - step)) / (2 * step)
        assert surface.slope(x, y) == pytest.approx((across, up), rel=1e-4, abs=1e-5)
    if surface.lowest is not None:
        assert surface.height(*surface.lowest) == pytest.approx(0, abs=1e-12)


def test_the_racers_are_the_papers_formulas() -> None:
    """Momentum and Adam on the ravine, in float64."""
    paths = lesson("optimizers").values["paths"]["ravine"]
    point, velocity = np.array([-7.0, 2.0]), np.zeros(2)
    for expected in paths["momentum"][1:30]:
        velocity = 0.9 * velocity + np.array([point[0] / 10, 2 * point[1]])
        point = point - 0.1 * velocity
        assert expected == pytest.approx(point, abs=1e-4)
    point, mean, square = np.array([-7.0, 2.0]), np.zeros(2), np.zeros(2)
    for step, expected in enumerate(paths["Adam"][1:30], start=1):
        gradient = np.array([point[0] / 10, 2 * point[1]])
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        point = point - 0.4 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        assert expected == pytest.approx(point, abs=1e-4)


def test_a_race_far_out_of_the_picture_is_left() -> None:
    given = lesson("optimizers", rate=50.0)
    texts = [cell for block in given.blocks if isinstance(block, Numbers) for row in block.rows for cell in row]
    assert "left" in texts


@pytest.mark.parametrize("entry", [one for one in CATALOGUE if one.animated], ids=lambda entry: entry.name)
def test_an_animation_moves(entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw_image, "_FINE", 1)
    given = lesson(entry.name)
    assert given.frames is not None
    frames = given.frames()
    assert 2 < len({id(frame) for frame in frames}) <= 80 and len(frames) <= 200  # of at most 24 seconds
    first, last = (np.asarray(frame_image(frame)) for frame in (frames[0], frames[-1]))
    assert first.shape[1] == last.shape[1] == 640 and max(len(first), len(last)) <= 760
    assert first.shape != last.shape or (first != last).mean() > 1e-4


def test_an_animation_is_a_gif_and_what_has_none_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(draw_image, "_FINE", 1)
    assert run(["learn", "pooling", "--gif", str(tmp_path / "a.gif")]) == 0
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 5 and image.size == (640, 440)  # no window has its arrow, then one, two, three, four
        assert image.info["duration"] == 7 * 120  # what is held is one picture that stays
        image.seek(4)
        assert image.info["duration"] == 6 * 120 + 2000
    still = [one.name for one in CATALOGUE if not one.animated]
    assert still == ["reading"]
    assert run(["learn", "reading", "--gif", str(tmp_path / "b.gif")]) == 2
    assert "the lesson reading has no animation, all others have one; --out" in capsys.readouterr().err


def test_figures_are_drawn_with_dots_and_with_letters() -> None:
    figure = Figure(
        "all parts", (0.0, 1.0), (-1.0, 1.0),
        [Line([(0, 0), (1, 1), (math.pi, 1e9)], "first", "a line"), Dots([(0.5, 0.5)], "mark", "a dot"),
         Segments([((0, -1), (1, -1))]), Label((0.2, -0.5), "here")],
        "across", "up",
    )  # fmt: skip
    for braille in (True, False):
        lines = list(figure_lines(figure, 60, 10, braille, lambda text, kind: text))
        assert all(len(line) <= 74 for line in lines) and "here" in "".join(lines) and "across" in lines[-2]
        assert all(ord(letter) < 128 for line in lines for letter in line) or braille
    assert figure_image(figure).size == (640, 440)


def test_ticks_and_ranges_of_any_size() -> None:
    for low, high in ((-1e-9, 1e-9), (0, 1e12), (3, 3.0001), (-5e5, 2)):
        marks = ticks(low, high)
        assert 1 <= len(marks) <= 6 and all(low - 1e-12 <= mark <= high + 1e-12 for mark in marks)
    assert spread([2.0, 2.0]) == (1.0, 3.0) and spread([math.nan, 1.0, 3.0], 0.5) == (0.0, 4.0)


@pytest.mark.parametrize(
    ("words", "said"),
    [(["regresion"], 'no lesson is named "regresion"; did you mean regression?'), (["zzz"], "cnn learn lists them"),
     (["pooling", "--rate", "1"], "--rate: the lesson pooling has no use for it; it takes --picture and --seed"),
     (["notation", "--seed", "2"], "it takes --values"), (["notation", "--values", "5,9"], "as 500,64"),
     (["descent", "--rate", "0"], "no learning rate"),
     (["descent", "--answer", "9"], "the question has"), (["regression", "--out", "a.png"], "ends in .html"),
     (["regression", "--data", "missing.csv"], "missing.csv"), (["descent", "--gif", "a.png"], "ends in .gif"),
     (["reading", "--values", "2011,2012"], "papers of fewer than 3 years here; use a longer time, such as 1958,2019"),
     (["softmax", "--values", "1"], "--values: has 1; give the scores of 2 to 12 classes, with commas between them"),
     (["softmax", "--values", "1,nan"], "nan is beyond 1000"), (["softmax", "--target", "4"], "there are 3 scores"),
     (["perceptron", "--values", "1,0,0"], "has 3; give the four wanted outputs"),
     (["perceptron", "--values", "1,0,0,0.5"], "the wanted outputs are 0 or 1; AND is 0,0,0,1"),
     (["softmax", "--values", "1;2"], "1;2 is no list of numbers; write 14,11,16")],
)  # fmt: skip
def test_wrong_wishes_are_one_line(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["learn", *words]) in (1, 2)
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_a_table_of_one_value_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "flat.csv"
    table.write_text("a,b\n1.5,2\n1.5,3\n")
    assert run(["learn", "regression", "--data", str(table)]) == 2
    assert "column a holds one value only" in capsys.readouterr().err


def test_the_list_has_every_lesson_with_its_points(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["learn"]) == 0
    text = capsys.readouterr().out
    assert all(f"  {entry.name} " in text for entry in CATALOGUE)
    assert run(["learn", "--json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)["lessons"]] == [one.name for one in CATALOGUE]
    points = [entry.points for entry in CATALOGUE if entry.points]
    assert points == sorted(points) and all(1 <= point <= 57 for some in points for point in some)
