"""`--patience`, `--steps` and `--time-limit` as users type them."""

import shlex
import shutil
import signal
import time
from pathlib import Path

import pytest

from cnn_process import Cnn, run_cnn, start_cnn

SMALL = ("train", "--arch", "linear", "--threads", 1)


def test_the_table_tells_what_ended_the_training_and_what_repeats_it(
    cnn: Cnn, small_data: Path, tmp_path: Path
) -> None:
    outcome = cnn(*SMALL, "--data", small_data, "--time-limit", "0.5s", "-q")
    assert (outcome.code, outcome.err) == (0, "")
    rows = {name: value.strip() for name, _, value in (line.partition("  ") for line in outcome.out.splitlines())}
    assert " of 0.5 s, " in rows["time"]
    first = (tmp_path / "model.bin").read_bytes()
    again = run_cnn(*shlex.split(rows["repeat"])[1:], "--out", "again.bin", "--threads", 1, folder=tmp_path)
    assert again.code == 0, again.err
    from cnncli.storage import container

    one, two = (container.read(path)[0] for path in (tmp_path / "model.bin", tmp_path / "again.bin"))
    assert {name: array.tobytes() for name, array in one.items() if name != "sha256"} == {
        name: array.tobytes() for name, array in two.items() if name != "sha256"
    }
    assert first


def test_progress_of_a_timed_training_says_how_long_it_may_be(cnn: Cnn, small_data: Path) -> None:
    outcome = cnn(*SMALL, "--data", small_data, "--time-limit", "1s", "--epochs", 3, "--json")
    assert outcome.code == 0, outcome.err
    assert " at most 3 epochs in 1.0 s of batches of 64," in outcome.err
    assert outcome.json["epochs"] == 3 and outcome.json["time_limit"] == 1.0
    assert outcome.json["command"].startswith("cnn train --arch linear --data ")


def test_a_training_that_ended_early_says_so(cnn: Cnn, small_data: Path) -> None:
    outcome = cnn(*SMALL, "--data", small_data, "--epochs", 60, "--patience", 2, "--lr", 1e-9, "--json")
    assert outcome.code == 0, outcome.err
    assert (outcome.json["patience"], outcome.json["ended_early"]) == (2, True)
    assert outcome.json["epochs"] == outcome.json["best_epoch"] + 2 < 60


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        (["--time-limit", "0"], "--time-limit 0: use a time above 0, such as 90s, 5m or 1h30m"),
        (["--time-limit", "soon"], "--time-limit soon: use a time above 0, such as 90s, 5m or 1h30m"),
        (["--time-limit", "-5m"], "--time-limit -5m: use a time above 0, such as 90s, 5m or 1h30m"),
        (["--patience", "0"], "--patience 0: use a whole number, at least 1 and at most 100,000"),
        (["--steps", "x"], "--steps x: use a number of steps such as 5000, or 5000,1200:4300 for 5000 of them and, "
         "from step 1200 on, 4300"),
        (["--plateau-patience", "1"], "--plateau-patience 1: belongs to --schedule plateau; add that, or leave it out"),
        (["--steps", "9", "--epochs", "2"], "--steps 9: --epochs ends the training too; leave one of them out"),
    ],
)  # fmt: skip
def test_wrong_values_are_told_in_one_line(cnn: Cnn, small_data: Path, typed: list[str], line: str) -> None:
    outcome = cnn(*SMALL, "--data", small_data, *typed)
    assert (outcome.code, outcome.out) == (2, "") and line in outcome.err and outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    ("typed", "seconds"), [("90", 90), ("90s", 90), ("1.5m", 90), ("5min", 300), ("1h30m", 5400), ("1H 2M 3S", 3723)]
)
def test_times_are_typed_as_people_do(typed: str, seconds: float) -> None:
    from cnncli.cli.options import Duration

    assert Duration().convert(typed, None, None) == seconds


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [("1h30", 5400), ("1h 30", 5400), ("1 h 5", 3900), ("2m30", 150), ("2 min 30", 150), ("1h2m3", 3723),
     ("1h30s", 3630), ("0h.5", 30)],
)  # fmt: skip
def test_a_number_without_a_unit_counts_what_comes_below_the_unit_before_it(typed: str, seconds: float) -> None:
    from cnncli.cli.options import Duration

    assert Duration().convert(typed, None, None) == seconds


@pytest.mark.slow
def test_a_timed_run_that_was_killed_goes_on_with_the_time_that_is_left(small_data: Path, tmp_path: Path) -> None:
    process = start_cnn((*SMALL, "--data", small_data, "--time-limit", "2s", "--save-every", 0.1), tmp_path)
    checkpoint = tmp_path / "runs" / "linear-small-1" / "checkpoint.bin"
    deadline = time.monotonic() + 60
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.7)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    outcome = run_cnn("train", "--resume", "runs/linear-small-1", "--json", folder=tmp_path)
    assert outcome.code == 0, outcome.err
    assert 1.5 < outcome.json["seconds"] < 8
    replayed = run_cnn("replay", "model.bin", "--data", small_data, folder=tmp_path)
    assert (replayed.code, "reproduced" in replayed.out) == (0, True), replayed.err


def test_the_command_that_repeats_a_training_is_one_line_however_long(
    cnn: Cnn, small_data: Path, tmp_path: Path
) -> None:
    far = tmp_path.joinpath(*["a folder of some length that makes the command long"] * 5)
    far.mkdir(parents=True)
    data = shutil.copy(small_data, far)
    outcome = cnn(*SMALL, "--data", data, "--epochs", 1, "-q")
    [line] = [line for line in outcome.out.splitlines() if line.startswith("repeat")]
    assert len(line) > 260 and line[11:].startswith("cnn train --arch linear")
    again = run_cnn(*shlex.split(line)[2:], "--out", "again.bin", folder=tmp_path)
    assert again.code == 0, again.err
