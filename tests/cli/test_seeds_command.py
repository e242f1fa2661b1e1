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


def test_runs_of_seeds_have_pages_and_are_found_as_single_ones_are(
    cnn: Cnn, small_data: Path, tmp_path: Path
) -> None:
    """By `cnn doctor` and `cnn histograms`, which take the folder of the seeds for all its runs, as `cnn runs` does."""
    single = cnn(*SMALL, "--data", small_data, "-q")
    outcome = cnn(*SMALL, "--data", small_data, "--seeds", 2, "--plot", "-q")
    assert (single.code, outcome.code) == (0, 0)
    group = Path("runs/linear-seeds-1")
    runs = [str(group / f"linear-small-{number}") for number in (1, 2)]
    for run in runs:
        page = (tmp_path / run / "report.html").read_text("utf-8")
        assert "linear-small" in page and f"seed-{run[-1]}.bin" in page and (tmp_path / run / "curves.png").is_file()
    assert f"the pages of the runs: {group}/*/report.html" in outcome.out.splitlines()
    (newest,) = cnn("doctor", "--json").json["runs"]
    assert newest["run"] == runs[1] == cnn("histograms", "--json").json["run"]
    for name in (str(group), group.name):
        assert [facts["run"] for facts in cnn("doctor", name, "--json").json["runs"]] == runs
        assert [facts["run"] for facts in cnn("histograms", name, "--json").json["runs"]] == runs
        lines = cnn("histograms", name).out.splitlines()
        assert [line for line in lines if "training images" in line] == [
            f"linear-small-{number}: 64 training images" for number in (1, 2)
        ]
    assert cnn("histograms", group, "--out", "h.png").out == "h.png: linear-seeds-1: 2 runs\n"
    unknown = cnn("doctor", "nothing").err
    assert f"the newest are {runs[1]}, {runs[0]}, runs/linear-small-1" in unknown


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
