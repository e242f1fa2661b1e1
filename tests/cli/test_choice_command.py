"""`cnn train DATA` without a network: what is chosen, said and kept, and what goes before it."""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnn_process import Cnn, run_cnn
from cnncli.storage import container


def blots(folder: Path, each: int = 12, side: int = 12) -> Path:
    """Pictures in two colours, which are no glyphs."""
    rng = np.random.default_rng(4)
    for part in ("train", "test"):
        for name, colour in (("red", (200, 40, 40)), ("blue", (40, 40, 200))):
            place = folder / "blots" / part / name
            place.mkdir(parents=True)
            for index in range(each):
                pixels = np.clip(rng.normal(colour, 60, (side, side, 3)), 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(place / f"{index}.png")
    return folder / "blots"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return blots(tmp_path)


def test_three_lines_say_what_was_chosen_and_the_command_repeats_it(cnn: Cnn, photos: Path, tmp_path: Path) -> None:
    outcome = cnn("train", "blots", "--size", "s", "--epochs", 2, "--threads", 1, "--json")
    assert outcome.code == 0, outcome.err
    chosen = [line for line in outcome.err.splitlines() if line.startswith("chosen: ")]
    assert len(chosen) == 3 and chosen[0].startswith("chosen: resnet9-s for images of 12x12: pictures in colour")
    assert outcome.json["network"] == "resnet9-s" and outcome.json["epochs"] == 2
    first = container.read(tmp_path / "model.bin")[0]
    words = shlex.split(outcome.json["command"])
    assert words[:6] == ["cnn", "train", "--arch", "resnet9-s", "--data", "blots"]
    again = run_cnn(*words[1:], "--out", "again.bin", "--threads", 1, folder=tmp_path)
    assert again.code == 0 and "chosen" not in again.err
    second = container.read(tmp_path / "again.bin")[0]
    assert all(np.array_equal(first[name], second[name]) for name in first if name != "sha256")
    kept = (Path(outcome.json["run"]) / "command.txt")
    assert (tmp_path / kept).read_text().startswith("cnn train --arch resnet9-s --data /")
    assert run_cnn("replay", "model.bin", "--data", "blots", folder=tmp_path).code == 0


def test_what_is_asked_for_goes_before_what_is_chosen(cnn: Cnn, photos: Path, tmp_path: Path) -> None:
    outcome = cnn(
        "train", "--data", "blots", "--size", "s", "--epochs", 1, "--batch-size", 7, "--pixels", 16, "--colour", "grey",
        "--lr", 0.01, "--json",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    content = container.read(tmp_path / "model.bin")[1]
    record = content["record"]["training"]["settings"]
    assert (record["epochs"], record["batch_size"], record["pixels"], record["learning_rate"]) == (1, 7, [16, 16], 0.01)
    assert content["network"]["input"] == [1, 16, 16]


def test_an_end_of_ones_own_takes_the_place_of_the_epochs(cnn: Cnn, photos: Path) -> None:
    timed = cnn("train", "blots", "--size", "s", "--time-limit", "0.5s", "--threads", 1, "--json")
    assert timed.code == 0 and timed.json["time_limit"] == 0.5, timed.err
    counted = cnn("train", "blots", "--size", "s", "--steps", 3, "--threads", 1, "--json")
    assert counted.code == 0 and counted.json["epochs"] == 2, counted.err


def test_a_target_alone_takes_the_usual_network(cnn: Cnn, photos: Path) -> None:
    outcome = cnn("train", "blots", "--target", 0.01, "--val", 0.3, "--json")
    assert outcome.json["network"] == "lenet5" and "chosen" not in outcome.err, outcome.err


def test_with_a_named_network_all_is_as_it_was(cnn: Cnn, photos: Path) -> None:
    outcome = cnn("train", "blots", "--arch", "linear", "--epochs", 1, "--json")
    assert outcome.code == 0 and "chosen" not in outcome.err, outcome.err


def test_a_chosen_run_that_is_resumed_says_and_does_the_same(cnn: Cnn, photos: Path, tmp_path: Path) -> None:
    whole = cnn("train", "blots", "--size", "s", "--epochs", 2, "--threads", 1, "--json", "-q")
    assert whole.code == 0 and "chosen" not in whole.err, whole.err
    resumed = cnn("train", "--resume", whole.json["run"], "--json", "-q")
    assert (resumed.code, resumed.err) == (0, whole.err) and resumed.json["command"] == whole.json["command"]
    assert json.loads((tmp_path / whole.json["run"] / "settings.json").read_text())["architecture"] == "resnet9-s"


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        (["--size", "64"], "--size 64: is how large the network is, s, m or l; the pixels of images are --pixels"),
        (["--size", "huge"], "--size huge: unknown; use one of s, m, l"),
        (["--size", "m", "--arch", "mlp"], "--size m: chooses a network, and --arch names one; leave one of them out"),
        (["--size", "m", "--from", "lenet5"], "--size: is what the model of --from has decided; leave it out"),
        (["--momentum", "0.5", "--optim", "adam"], "--momentum 0.5: adam has no such setting"),
        (["--out", "nowhere/model.bin"], "nowhere does not exist; make it with mkdir -p"),
    ],
)
def test_what_makes_no_sense_is_told_before_the_data_are_read(cnn: Cnn, typed: list[str], line: str) -> None:
    outcome = cnn("train", "no-such-data", *typed)
    assert (outcome.code, outcome.out) == (2, "") and line in outcome.err and outcome.err.count("\n") == 1


def test_data_that_are_missing_are_told(cnn: Cnn) -> None:
    outcome = cnn("train", "no-such-data")
    assert outcome.code == 2 and outcome.err.startswith("cnn: no-such-data: no such data set")
