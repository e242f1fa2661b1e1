"""`cnn mask` as users type it."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.cli.main import run

# A corner: correlation with it looks down and right, convolution up and left.
CORNER = "0 0 0; 0 0 0; 0 0 1"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    pixels = np.arange(60, dtype=np.uint8).reshape(6, 10) * 4
    Image.fromarray(pixels).save(tmp_path / "ramp.png")
    return tmp_path / "ramp.png"


@pytest.mark.parametrize(("form", "step"), [(None, 1), ("correlation", 1), ("convolution", -1)])
def test_out_has_the_picture_masked_in_the_form_that_was_asked_for(picture: Path, form: str | None, step: int) -> None:
    out = picture.with_name("out.png")
    arguments = ["mask", str(picture), "--kernel", CORNER, "--out", str(out), "--border", "zero"]
    assert run([*arguments, *(["--form", form] if form else [])]) == 0
    before, after = np.asarray(Image.open(picture)), np.asarray(Image.open(out))
    moved = np.zeros_like(before)
    if step == 1:
        moved[:-1, :-1] = before[1:, 1:]
    else:
        moved[1:, 1:] = before[:-1, :-1]
    np.testing.assert_array_equal(after, moved)


def test_json_has_the_mask_and_the_values_of_both_forms(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["mask", str(picture), "--kernel", "0 0 -2", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["kernel"] == [[0, 0, -2]] and facts["border"] == "repeat" and facts["values"] == "cut"
    assert facts["results"] == [
        {"form": "correlation", "least": -2 * 236.0, "most": -2 * 4.0},  # the first pixel is no right neighbour
        {"form": "convolution", "least": -2 * 232.0, "most": 0.0},
    ]


def test_without_a_file_to_write_the_view_is_drawn(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["mask", str(picture), "--kernel", "emboss"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "emboss over ramp.png"
    assert lines[-3:] == ["  -2  -1   0", "  -1   1   1", "   0   1   2"]
    labels = next(line for line in lines if line.startswith("the picture"))
    assert labels.split("  ")[0] == "the picture" and labels.endswith("convolution")


def test_the_saved_view_has_picture_and_results(picture: Path) -> None:
    view = picture.with_name("view.png")
    colours = np.zeros((40, 40, 3), np.uint8)
    colours[:, :] = (10, 200, 30)
    Image.fromarray(colours).save(picture)
    assert run(["mask", str(picture), "--kernel", "0 2 0", "--save-view", str(view)]) == 0
    page = np.asarray(Image.open(view))
    assert page.shape[1] == 1000
    assert (page == (10, 200, 30)).all(axis=2).sum() > 450 * 450  # the picture
    assert (page == (20, 255, 60)).all(axis=2).sum() > 450 * 450  # twice as bright, and cut


def test_grey_and_16_bits(tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 4), 65535 // 2, np.uint16)).save(tmp_path / "deep.png")
    colours = np.zeros((4, 4, 3), np.uint8)
    colours[..., 0] = 100
    Image.fromarray(colours).save(tmp_path / "red.png")
    out = tmp_path / "out.png"
    for name, options, expected in (("deep.png", [], 128), ("red.png", ["--grey"], 30)):  # 0.299 of red
        assert run(["mask", str(tmp_path / name), "--kernel", "1", "--out", str(out), *options]) == 0
        assert np.unique(np.asarray(Image.open(out))).tolist() in ([expected - 1], [expected])


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--kernel", "1 2"], "is 1x2; use odd numbers"),
        (["--kernel", "nothing"], "unknown; use one of sharpen"),
        ([], "missing option '--kernel'"),
        (["--kernel", "edge", "--out", "x.jpg"], "--out x.jpg: the picture is a PNG"),
        (["--kernel", "edge", "--form", "correlated"], "did you mean correlation?"),
    ],
)
def test_usage_errors_are_one_line(
    picture: Path, arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["mask", str(picture), *arguments]) == 2
    captured = capsys.readouterr()
    assert line in captured.err and captured.err.count("\n") == 1 and not captured.out


def test_a_missing_picture_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["mask", str(tmp_path / "none.png"), "--kernel", "edge"]) == 2
    assert "no such file" in capsys.readouterr().err
