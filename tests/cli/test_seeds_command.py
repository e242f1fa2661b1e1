"""`cnn train --seeds` and `--find-lr` as users type them."""

import signal
import time
from pathlib import Path

import pytest

from cnn_process import Cnn, run_cnn, start_cnn

SMALL = ("train", "--arch", "linear", "--threads", 1, "--epochs", 2)


def test_a_table_of_seeds_ends_in_their_mean_and_deviation(cnn: Cnn, small_data: Path) -> None:
    outcome = cnn(*SMALL, "--data", small_data, "--seeds", 3, "-q")
    assert (outcome.code, outcome.err) == (0, "")
    lines = [line.split() for line in outcome.out.splitlines() if line]
    assert lines[0] == ["seed", "test", "training", "epochs", "time", "model"]
    assert [line[0] for line in lines[1:5]] == ["1", "2", "3", "mean"] and "±" in lines[4]
    assert outcome.out.splitlines()[-1].startswith("test, mean and standard deviation of 3 seeds: ")
    shown = cnn(*SMALL, "--data", small_data, "--seeds", 2, "--seed", 5, "--json")
    assert [result["seed"] for result in shown.json["seeds"]] == [5, 6] and "seed 6, 2 of 2" in shown.err
    assert 0 <= shown.json["deviation"]["test_accuracy"] < 1 and shown.json["mean"]["epochs"] == 2
    replayed = cnn("replay", shown.json["seeds"][1]["model"], "--data", small_data)
    assert replayed.code == 0 and "reproduced" in replayed.out


def test_seeds_that_were_killed_go_on(small_data: Path, tmp_path: Path) -> None:
    words = ("train", "--arch", "mlp", "--threads", 1, "--epochs", 40, "--data", small_data, "--seeds", 2)
    process = start_cnn((*words, "--save-every", 0.05), tmp_path)
    checkpoint = tmp_path / "runs" / "mlp-seeds-1" / "mlp-small-1" / "checkpoint.bin"
    deadline = time.monotonic() + 60
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    if process.returncode == 130:  # else it was done before
        assert "cnn train --resume runs/mlp-seeds-1" in err
    outcome = run_cnn("train", "--resume", "runs/mlp-seeds-1", "--json", "-q", folder=tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    assert [result["seed"] for result in outcome.json["seeds"]] == [1, 2]


def test_a_range_test_draws_a_curve_and_trains_nothing(cnn: Cnn, small_data: Path, tmp_path: Path) -> None:
    outcome = cnn("train", "--arch", "mlp", "--data", small_data, "--find-lr", "--threads", 1, "-q")
    assert (outcome.code, outcome.err) == (0, "")
    assert "--lr " in outcome.out.splitlines()[-1] and "loss over the learning rate" in outcome.out
    facts = cnn("train", "--arch", "mlp", "--data", small_data, "--find-lr", "--json").json
    assert f"--lr {facts['suggested']:g}" in outcome.out  # whatever the threads
    assert not (tmp_path / "model.bin").exists() and not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        (["--seeds", "0"], "--seeds 0: use a whole number, at least 1 and at most 1,000"),
        (["--seeds", "2", "--out", "x.bin"], "--out: each training of --seeds has its own model"),
        (["--seeds", "2", "--find-lr"], "--find-lr trains nothing; leave out --seeds"),
        (["--resume", "nowhere", "--seeds", "2"], "--resume takes the settings of the run; leave out --seeds"),
        (["--find-lr", "--optim", "lbfgs"], "--find-lr: a batch of all images has too few steps to tell"),
        (["--log", "wandb"], "--log wandb: unknown; use one of tensorboard, trackio"),
    ],
)
def test_what_makes_no_sense_is_told_in_one_line(cnn: Cnn, typed: list[str], line: str) -> None:
    outcome = cnn("train", *typed)
    assert (outcome.code, outcome.out) == (2, "") and line in outcome.err and outcome.err.count("\n") == 1
