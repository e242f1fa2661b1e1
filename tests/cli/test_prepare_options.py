"""How pictures become images, as users ask for it, and that all commands do it alike."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnn_process import Cnn
from picture_sets import KINDS, write_files

COLOUR_NETWORK = """
name = "small"
input = [3, 24, 24]
classes = 3
layers = [{ type = "Flatten" }, { type = "Linear", out_features = "classes" }]
"""


@pytest.fixture
def letters(tmp_path: Path, rng: np.random.Generator) -> list[Path]:
    return write_files(tmp_path / "letters", KINDS["letters on paper"](60, rng))


@pytest.fixture
def colours(tmp_path: Path, rng: np.random.Generator) -> list[Path]:
    return write_files(tmp_path / "colours", KINDS["colour 32x32"](30, rng))


def train(cnn: Cnn, data: str, *more: Any) -> Any:
    outcome = cnn("train", "--arch", "linear", "--data", data, "--epochs", 4, "--batch-size", 8, "--val", 0, *more)
    assert outcome.code == 0, outcome.err
    return outcome


def told(err: str) -> str:
    """The line that says how pictures become images; on a busy machine others go before it."""
    return next(line for line in err.splitlines() if line.startswith(("glyph: ", "plain: ")))


def test_eval_and_predict_give_the_same_answers(cnn: Cnn, letters: list[Path]) -> None:
    outcome = train(cnn, "letters")
    assert told(outcome.err).startswith("glyph: the one glyph of a picture is found, ")
    answers = cnn("predict", "--json", "--model", "model.bin", "--reject", 0, *letters).json
    right = sum(answer.get("label") == Path(answer["file"]).parent.name for answer in answers)
    measured = cnn("eval", "model.bin", "--data", "letters", "--part", "train", "--json").json
    assert measured["accuracy"] == right / len(letters)
    assert measured["part"] == "train" and measured["unanswered"] == 0
    assert measured["notes"][0].startswith("glyph: ")
    summary = cnn("summary", "model.bin")
    line = next(line for line in summary.out.splitlines() if line.startswith("pictures "))
    assert line.split()[1] == "glyph:"
    assert cnn("summary", "model.bin", "--json").json["preparation"]["kind"] == "glyph"


def test_colour_pictures_train_in_colour_with_one_command(cnn: Cnn, colours: list[Path]) -> None:
    outcome = train(cnn, "colours", "--json")
    assert "fitted to RGB 32x32" in outcome.json["notes"][0]
    evaluated = cnn("eval", "model.bin", "--data", "colours", "--part", "train", "--json").json
    assert evaluated["accuracy"] > 0.9


def test_declared_input_of_an_own_network_wins_and_options_are_checked_against_it(
    cnn: Cnn, colours: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "small.toml").write_text(COLOUR_NETWORK)
    outcome = train(cnn, "colours", "--arch", "small.toml")
    assert told(outcome.err) == (
        "plain: the whole picture is fitted to RGB 24x24 "
        f"({_reason(outcome.err)}; the pictures are RGB of 32x32, small.toml declares RGB 24x24)"
    )
    outcome = train(cnn, "colours", "--arch", "small.toml", "--pixels", "20x16", "--colour", "grey")
    assert "fitted to grey 20x16" in told(outcome.err)
    fixed = COLOUR_NETWORK.replace("out_features", "in_features = 1728, out_features")
    (tmp_path / "fixed.toml").write_text(fixed)
    outcome = cnn("train", "--data", "colours", "--arch", "fixed.toml", "--pixels", 20)
    assert outcome.code == 2
    line = "cnn: --pixels 20x20: the network cannot take 3x20x20 (fixed.toml, layer 1 (Linear): "
    assert outcome.err.startswith(line)


def _reason(err: str) -> str:
    return told(err).split(" (")[1].split(";")[0]


@pytest.mark.parametrize("size", ["0", "32x", "1x2x3", "big", "5000"])
def test_bad_size_is_one_line(size: str, cnn: Cnn) -> None:
    outcome = cnn("train", "--data", "digits", "--pixels", size)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        f"cnn train: --pixels {size}: use pixels such as 32, or HxW such as 32x48, up to 4096 (see cnn train --help)\n"
    )


def test_broken_pictures_are_listed_before_the_training_and_may_be_skipped(cnn: Cnn, colours: list[Path]) -> None:
    for file in colours[:2]:
        file.write_bytes(file.read_bytes()[:60])
    outcome = cnn("train", "--arch", "linear", "--data", "colours")
    assert (outcome.code, outcome.out) == (1, "")
    lines = outcome.err[outcome.err.index("cnn: ") :].splitlines()
    assert lines[0] == (
        "cnn: colours: 2 of 30 pictures cannot be read; mend or remove them, or pass --skip-bad to go on without them"
    )
    assert [line.split(": ")[0].strip() for line in lines[1:]] == [
        f"colours/{file.parent.name}/{file.name}" for file in colours[:2]
    ]
    outcome = train(cnn, "colours", "--skip-bad", "--json")
    assert outcome.json["images"] == 28
    assert outcome.json["notes"][-1].startswith("left aside: 2 pictures of 30 that cannot be read (")


def test_cache_is_shown_left_alone_and_emptied(cnn: Cnn, colours: list[Path]) -> None:
    assert cnn("data", "colours", "--no-cache").code == 0
    assert cnn("data", "--cache", "--json").json["pictures"] == 0
    assert cnn("data", "colours").code == 0
    shown = cnn("data", "--cache").out
    assert ": 30 prepared pictures, " in shown and shown.endswith(" of at most 2.1 GB\n")
    assert ": emptied, it held 30 prepared pictures, " in cnn("data", "--clear-cache").out
    assert cnn("data", "--cache", "--json").json["size_bytes"] == 0
    assert cnn("data", "colours", "--cache").code == 2


def test_colour_that_the_network_cannot_take_is_told_with_the_size_of_its_images(cnn: Cnn, colours: list[Path]) -> None:
    conv = '{ type = "Conv2d", in_channels = 3, out_channels = 2, kernel_size = 3 }, '
    Path(colours[0].parents[2] / "small.toml").write_text(COLOUR_NETWORK.replace("layers = [", f"layers = [{conv}"))
    outcome = cnn("train", "--arch", "small.toml", "--data", "colours", "--colour", "grey")
    assert outcome.code == 2
    assert "--colour grey: the network cannot take 1x24x24 (" in outcome.err
