"""The strip of a prediction: pictures with the box, answers below, and the steps that changed them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli import load
from cnncli.cli.main import run
from cnncli.pictures.stages import Stage, preparation_stages
from cnncli.shipped import shipped_model
from cnncli.views.page import MARK, page_image
from cnncli.views.strip import answers_of, changes, strip_page

DIGIT = str(Path(__file__).parents[2] / "digit.png")


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model.bin in the folder would be looked at in place of the one that ships."""
    monkeypatch.chdir(tmp_path)


def stage(name: str) -> Stage:
    return Stage(name, np.zeros((4, 4), np.uint8), np.zeros((1, 4, 4), np.uint8))


def test_steps_that_change_the_answer_are_told() -> None:
    stages = [stage("a"), stage("b"), stage("c"), stage("d")]
    answers = [("8", 0.5), ("5", 0.5), ("5", 0.9), ("6", 0.9)]
    assert changes(stages, answers) == ["b: changed the answer from 8 to 5", "d: changed the answer from 5 to 6"]
    assert changes(stages[:1], answers[:1]) == ["no step changed the answer, 8"]


def test_the_answers_are_those_of_the_model_after_each_step() -> None:
    model = load(shipped_model("lenet5"))
    stages, notes = preparation_stages(model.recipe, DIGIT)
    answers = answers_of(model, stages)
    for one, (label, share) in zip(stages, answers, strict=True):
        alone = model.predict(one.pixels, channels="first")
        assert alone.names == [label] and share == pytest.approx(float(alone.probabilities.max()), rel=1e-4)
    whole = model.predict(DIGIT)
    assert answers[-1][0] == whole.names[0] == "5"
    page = strip_page("digit.png", stages, notes, answers)
    assert page.lines[0] == f"what was done: {', '.join(notes)}"
    drawn = np.asarray(page_image(page))
    last = stages[-1].pixels[0].repeat(8, axis=0).repeat(8, axis=1)
    left = 28 + 3 * (224 + 10)
    places = [
        top for top in range(drawn.shape[0] - 224)
        if np.array_equal(drawn[top : top + 224, left : left + 224, 0], last)
    ]  # fmt: skip
    assert len(places) == 2  # cropped and centred, and what the network sees
    rows, columns = np.nonzero((drawn[:, 28:252] == MARK).all(axis=2))
    x, y, width, height = stages[0].box
    with Image.open(DIGIT) as image:
        factor = 224 / max(image.size)
    top = places[0]
    assert abs(columns.min() - x * factor) < 6 and abs(columns.max() - (x + width) * factor) < 6
    assert abs(rows.min() - top - y * factor) < 6 and abs(rows.max() - top - (y + height) * factor) < 6


def test_predict_shows_and_saves_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "strip.png"
    assert run(["predict", DIGIT, "--show", "--save-view", str(out)]) == 0
    captured = capsys.readouterr()
    assert "digit.png: 5 (" in captured.out and "how digit.png is read\n" in captured.out
    assert "changed the answer from" in captured.out and f"{out}: how the picture was read\n" in captured.err
    with Image.open(out) as image:
        assert image.width == 1000
    assert run(["predict", DIGIT, "--json", "--save-view", str(out)]) == 0
    assert capsys.readouterr().out.startswith("[{")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ([DIGIT, DIGIT, "--show"], "--show and --save-view are about one picture; name one"),
        ([DIGIT, "--show", "--json"], "--show draws what --csv and --json cannot hold"),
        ([DIGIT, "--all", "--save-view", "x.png"], "are about one digit; leave out --all"),
        ([DIGIT, "--save-view", "x.jpg"], "the picture is a PNG"),
    ],
)
def test_usage_errors_are_one_line(options: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["predict", *options]) == 2
    captured = capsys.readouterr()
    assert line in captured.err and not captured.out and len(captured.err.splitlines()) <= 2


def test_a_picture_that_cannot_be_read_has_no_strip(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["predict", str(tmp_path / "none.png"), "--show"]) == 2
    assert "how" not in capsys.readouterr().out
