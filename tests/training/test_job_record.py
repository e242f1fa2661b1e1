"""What a run says of itself: the command that repeats it, with places or with names alone, and its record."""

import shlex
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cnncli import _core
from cnncli.data import DataSet, Note, Split, images_digest
from cnncli.network.architectures import read_model
from cnncli.shown import find_unprintable
from cnncli.training.job import Job, digest_for
from cnncli.training.plan import Plan, make_plan
from cnncli.training.state import TrainingState
from cnncli.training_options import TrainSettings
from cnncli.version import __version__


def plan(**changed: Any) -> Plan:
    made = make_plan(TrainSettings("lenet5", epochs=5), *read_model("lenet5"))
    return replace(made, data="mnist", data_dir=None, out="m.bin", **changed)


def dataset(**more: Any) -> DataSet:
    part = Split(np.zeros((3, 1, 2, 2), np.uint8), np.array([0, 1, 0]))
    return DataSet(**{"name": "pets", "source": "here", "class_names": ["a", "b"], "train": part, "test": None, **more})


def job(of: Plan, state: TrainingState | None = None, epochs: int = 5, data: DataSet | None = None) -> Job:
    trainer: Any = SimpleNamespace(
        state=state or TrainingState(), timetable=SimpleNamespace(epochs=epochs), training_set=range(3), threads=2
    )
    unused: Any = None
    return Job(unused, of, data or dataset(), None, None, trainer, unused, "digest of images")


def options(command: str) -> dict[str, str]:
    """Its options that have a value."""
    words = shlex.split(command)
    assert words[:2] == ["cnn", "train"]
    return {word: value for word, value in pairwise(words) if word.startswith("--")}


NAMES = ("pets\nof mine.npz", "it's\x1b[31m.npz", "tab\t\\.npz", "plain.npz")


@pytest.mark.parametrize("is_short", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_bash_reads_from_the_line_that_repeats_a_training_the_words_that_were_typed(
    name: str, is_short: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    of = replace(plan(), data=name, plugins=(f"my {name}.py",))
    line = job(of).command(with_places=True, is_short=is_short)
    assert line.startswith("cnn train ") and find_unprintable(line) is None
    told = subprocess.run(
        ["bash", "-c", f"cnn() {{ printf '%s\\0' \"$@\"; }}; {line}"], capture_output=True, text=True, check=True
    )
    words = told.stdout.split("\0")
    place = name if is_short else str(tmp_path / name)
    assert words[words.index("--data") + 1] == place and words[words.index("--plugin") + 1] == f"my {name}.py"


FILES = {
    "data": "some/where/pets.npz", "data_dir": "/cache", "start_from": "/old/start.bin", "plugins": ("/my/a.py", "b.py")
}  # fmt: skip


def test_a_model_file_names_files_by_their_last_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    of = replace(plan(), **FILES, architecture="/nets/own.toml")
    found = options(job(of).command())
    assert (found["--data"], found["--from"]) == ("pets.npz", "start.bin") and "--arch" not in found
    assert "--plugin a.py --plugin b.py" in job(of).command() and "--data-dir" not in found
    assert options(job(replace(of, start_from=None)).command())["--arch"] == "own.toml"


def test_a_run_keeps_the_places_of_files_and_no_place_of_what_has_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    of = replace(plan(), **{**FILES, "start_from": None, "plugins": None}, architecture="own.toml")
    found = options(job(of).command(with_places=True))
    assert found["--data"] == str(tmp_path / "some/where/pets.npz") and found["--arch"] == str(tmp_path / "own.toml")
    assert found["--data-dir"] == "/cache"
    short = options(job(replace(of, architecture="lenet5")).command(with_places=True, is_short=True))
    assert (short["--data"], short["--arch"]) == ("some/where/pets.npz", "lenet5")
    named = options(job(plan()).command(with_places=True))
    assert (named["--data"], named["--arch"]) == ("mnist", "lenet5") and "--data-dir" not in named


def test_the_folder_of_a_run_gets_the_command_with_places_and_all_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written: list[str] = []
    one = job(replace(plan(), data="pets.npz"))
    replace(one, run=SimpleNamespace(write_command=written.append)).keep_command()  # type: ignore[arg-type]
    (found,) = map(options, written)
    assert found["--data"] == str(tmp_path / "pets.npz") and "--lr" in found


def test_what_comes_by_itself_is_left_out_of_the_short_command_alone() -> None:
    whole, short = (options(job(plan()).command(is_short=is_short)) for is_short in (False, True))
    assert {"--optim", "--lr", "--epochs"} <= set(whole) and not {"--optim", "--lr"} & set(short)
    assert short["--epochs"] == "5"


def test_nothing_is_said_twice_of_preparation_validation_and_length() -> None:
    plain = plan(prepare="auto", validation=0.1, own_validation=False)
    for of, there in (
        (plain, {"--val", "--epochs"}), (replace(plain, prepare="plain"), {"--prepare", "--val", "--epochs"}),
        (replace(plain, own_validation=True), {"--epochs"}), (replace(plain, steps="70"), {"--steps", "--val"}),
    ):  # fmt: skip
        assert {"--prepare", "--val", "--epochs", "--steps"} & set(options(job(of).command())) == there


def test_a_training_in_time_is_repeated_by_the_steps_that_it_took() -> None:
    timed = plan(time_limit=60.0)
    assert job(timed).as_done() is timed
    done = job(timed, TrainingState(pace="90,20:70"), epochs=8)
    assert done.as_done() == replace(timed, epochs=8, steps="90,20:70", time_limit=None)
    found = options(done.command())
    assert found["--steps"] == "90,20:70" and not {"--epochs", "--time-limit"} & set(found)


def test_the_record_holds_names_numbers_and_no_places() -> None:
    notes = [
        Note("left aside", "2 small ones", {"too small": 2}), Note("parts", "9 large ones", {"large": 9}),
        Note("left aside", "1 more", {"broken": 1}),
    ]  # fmt: skip
    state = TrainingState(best_epoch=2, seconds=3.5, history=[{"epoch": 1}, {"epoch": 2}])
    of = replace(plan(), **FILES, architecture="/nets/own.toml", data_digest="d")
    record = job(of, state, data=dataset(known_digest="d", notes=notes)).record()
    assert record["data"] == {
        "name": "pets", "digest": "d", "by_name": False, "images_digest": "digest of images", "images": 3,
        "left_aside": {"too small": 2, "broken": 1},
    }  # fmt: skip
    training = record["training"]
    assert (training["best_epoch"], training["epoch"], training["seconds"], training["threads"]) == (2, 2, 3.5, 2)
    assert training["history"] == state.history and training["instruction_set"] == _core.instruction_set()
    assert training["versions"]["cnncli"] == __version__ and training["versions"]["numpy"] == np.__version__
    settings = training["settings"]
    assert not {"data_dir", "out"} & set(settings) and settings["plugins"] == ["a.py", "b.py"]
    assert (settings["data"], settings["architecture"], settings["start_from"]) == ("pets.npz", "own.toml", "start.bin")
    assert training["command"] == job(of, state).command()
    plain = job(plan()).record()
    assert plain["data"]["by_name"] is True and plain["data"]["left_aside"] == {}
    assert plain["training"]["settings"]["start_from"] is None and plain["training"]["settings"]["plugins"] is None


def test_images_have_a_digest_unless_the_name_of_their_data_tells_which_they_are() -> None:
    data = dataset()
    assert data.train is not None
    assert digest_for(plan(), data) is None
    assert digest_for(replace(plan(), data="./mnist"), data) == images_digest(data.train)
