"""A number says which images it was measured on; what is printed to be typed next runs as it stands."""

import json
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnn_process import run_cnn
from cnncli.cli.next_commands import next_commands
from cnncli.training.records import EpochDone, Finished, Stopped
from cnncli.training.train import train
from cnncli.training_options import TrainSettings
from picture_sets import mnist_like

SHORT = ["--arch", "linear", "--epochs", "1"]


def run(*words: str) -> str:
    outcome = run_cnn(*words, folder=Path.cwd())
    assert outcome.code == 0, outcome.err
    return outcome.out


def refused(*words: str) -> str:
    outcome = run_cnn(*words, folder=Path.cwd())
    assert outcome.code == 1 and outcome.err.count("\n") == 1, outcome.err
    return outcome.err


def write_pictures(folder: Path, rng: np.random.Generator, each: int, classes: tuple[str, ...] = ("a", "b")) -> None:
    """Noise: any label is as good as another."""
    for name in classes:
        (folder / name).mkdir(parents=True)
        for index in range(each):
            Image.fromarray(rng.integers(0, 256, (12, 12), dtype=np.uint8)).save(folder / name / f"{index}.png")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def test_without_test_part_a_tenth_of_each_class_is_held_out_and_eval_measures_on_it(
    here: Path, rng: np.random.Generator
) -> None:
    write_pictures(here / "own", rng, each=30)
    finished = json.loads(run("train", "--data", "own", *SHORT, "--json"))
    assert (finished["images"], finished["validation_images"]) == (54, 6)
    measured = json.loads(run("eval", "model.bin", "--data", "own", "--json"))
    assert (measured["part"], measured["samples"], measured["trained_on"]) == ("held-out", 6, False)
    assert measured["accuracy"] == finished["validation_accuracy"]
    assert "6 training images of own that it held out" in run("eval", "model.bin", "--data", "own")


def test_held_out_pictures_without_a_glyph_count_as_wrong(here: Path) -> None:
    for index, (picture, label) in enumerate(mnist_like(60, np.random.default_rng(3))):
        name = "odd" if int(label) % 2 else "even"
        (here / "own" / name).mkdir(parents=True, exist_ok=True)
        (picture if index % 3 else Image.new("L", (28, 28))).save(here / "own" / name / f"{index}.png")
    trained = json.loads(run("train", "--data", "own", "--prepare", "glyph", "--val", "0.5", *SHORT, "--json"))
    assert trained["validation_images"] == 30
    blank = 30 - (40 - trained["images"])
    assert 0 < blank < 20
    measured = json.loads(run("eval", "model.bin", "--data", "own", "--part", "held-out", "--json"))
    assert (measured["samples"], measured["accuracy"]) == (30, trained["validation_accuracy"])
    assert measured["accuracy"] <= 1 - blank / 30


def test_own_training_images_are_called_so_also_from_another_place(here: Path, rng: np.random.Generator) -> None:
    write_pictures(here / "own", rng, each=30)
    run("train", "--data", "own", *SHORT, "--val", "0")
    shutil.move(here / "own", here / "moved")
    measured = json.loads(run("eval", "model.bin", "--data", "moved", "--json"))
    assert (measured["part"], measured["trained_on"]) == ("train", True)
    said = run("eval", "model.bin", "--data", "moved")
    assert "that it was trained on" in said and "of its own training images" in said
    write_pictures(here / "others", rng, each=30)
    assert json.loads(run("eval", "model.bin", "--data", "others", "--json"))["trained_on"] is False


def test_a_part_for_validation_is_used_for_it(here: Path, rng: np.random.Generator) -> None:
    write_pictures(here / "own" / "train", rng, each=20)
    write_pictures(here / "own" / "val", rng, each=7)
    finished = json.loads(run("train", "--data", "own", *SHORT, "--json"))
    assert (finished["images"], finished["validation_images"]) == (40, 14)
    assert json.loads(run("eval", "model.bin", "--data", "own", "--json"))["part"] == "validation"
    finished = json.loads(run("train", "--data", "own", *SHORT, "--val", "0.5", "--json"))
    assert (finished["images"], finished["validation_images"]) == (20, 20)


def test_with_a_test_part_nothing_is_held_out(here: Path, rng: np.random.Generator) -> None:
    write_pictures(here / "own" / "train", rng, each=20)
    write_pictures(here / "own" / "test", rng, each=5)
    finished = json.loads(run("train", "--data", "own", *SHORT, "--json"))
    assert (finished["images"], finished["validation_images"], finished["test_accuracy"] is None) == (40, 0, False)


def test_part_names_the_images_to_measure_on(here: Path, rng: np.random.Generator) -> None:
    write_pictures(here / "own" / "train", rng, each=20)
    write_pictures(here / "own" / "test", rng, each=5)
    run("train", "--data", "own", *SHORT)
    measured = json.loads(run("eval", "model.bin", "--data", "own", "--part", "train", "--json"))
    assert (measured["samples"], measured["trained_on"]) == (40, True)
    assert "holds no validation images" in refused(*["eval", "model.bin", "--data", "own", "--part", "validation"])
    assert "held none of these images out" in refused(*["eval", "model.bin", "--data", "own", "--part", "held-out"])


def test_training_images_are_those_that_were_trained_on(here: Path, rng: np.random.Generator) -> None:
    write_pictures(here / "own", rng, each=30)
    finished = json.loads(run("train", "--data", "own", *SHORT, "--epochs", "60", "--json"))
    assert finished["images"] == 54
    measured = json.loads(run("eval", "model.bin", "--data", "own", "--part", "train", "--json"))
    assert (measured["part"], measured["samples"], measured["trained_on"]) == ("train", 54, True)
    assert "the 54 images of own that it was trained on" in run("eval", "model.bin", "--data", "own", "--part", "train")
    run("train", "--data", "own", *SHORT, "--images", "20")
    assert json.loads(run("eval", "model.bin", "--data", "own", "--part", "train", "--json"))["samples"] == 20


def make_npz(here: Path, rng: np.random.Generator) -> str:
    images, labels = rng.integers(0, 256, (40, 12, 12), dtype=np.uint8), np.arange(40) % 2
    np.savez(here / "set.npz", images=images, labels=labels)
    return "set.npz"


def make_folder(here: Path, rng: np.random.Generator) -> str:
    write_pictures(here / "my pictures", rng, each=15)
    return "my pictures"


def make_list(here: Path, rng: np.random.Generator) -> str:
    write_pictures(here / "pictures", rng, each=15)
    rows = [f"{path.relative_to(here)},{path.parent.name}" for path in sorted((here / "pictures").rglob("*.png"))]
    (here / "list.csv").write_text("path,label\n" + "\n".join(rows) + "\n")
    return "list.csv"


def make_named(here: Path, rng: np.random.Generator) -> str:
    return "digits"


def make_broken_folder(here: Path, rng: np.random.Generator) -> str:
    write_pictures(here / "-broken", rng, each=15)
    (next((here / "-broken").iterdir()) / "empty.png").write_bytes(b"")
    return "-broken"


def make_asking_list(here: Path, rng: np.random.Generator) -> str:
    make_list(here, rng)
    rows = (here / "list.csv").read_text().splitlines()[1:]
    (here / "list.csv").write_text("path,kind,sort of\n" + "".join(f"{row},{at % 3}\n" for at, row in enumerate(rows)))
    return "list.csv"


FORMS = {
    make_npz: {}, make_folder: {}, make_list: {}, make_named: {}, make_broken_folder: {"skip_bad": True},
    make_asking_list: {"label_column": "sort of"},
}  # fmt: skip


@pytest.mark.parametrize(
    "make", [make_folder, *(pytest.param(make, marks=pytest.mark.slow) for make in FORMS if make is not make_folder)],
    ids=lambda make: make.__name__,
)  # fmt: skip
def test_what_to_try_next_runs_as_printed(here: Path, rng: np.random.Generator, make) -> None:  # type: ignore[no-untyped-def]
    settings = TrainSettings(architecture="linear", data=make(here, rng), epochs=1, use_cache=False, **FORMS[make])
    *_, finished = train(settings)
    assert isinstance(finished, Finished)
    commands = next_commands(finished)
    assert commands[0].startswith("cnn eval model.bin") and len(commands) == 2
    for command in commands:
        program, *words = shlex.split(command)
        assert program == "cnn"
        run(*words)


def test_a_run_goes_on_after_its_data_its_folder_and_the_model_were_moved(
    here: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pictures(here / "first" / "own", rng, each=30)
    (here / "first" / "models").mkdir()
    records: list[object] = []
    settings = TrainSettings(
        architecture="linear", data="first/own", epochs=20, out="first/models/m.bin", runs="first/runs", batch_size=4
    )
    for record in train(settings, should_stop=lambda: any(isinstance(one, EpochDone) for one in records)):
        records.append(record)
    assert isinstance(records[-1], Stopped)
    whole = list(train(TrainSettings(architecture="linear", data="first/own", epochs=20, runs="w", batch_size=4)))[-1]
    (here / "first").rename(here / "second")
    [moved_run] = (here / "second" / "runs").iterdir()
    command = ["train", "--resume", f"second/runs/{moved_run.name}", "--json"]
    assert "pass --data with the new place" in refused(*command)
    write_pictures(here / "others", rng, each=30)
    assert "is not the data that" in refused(*[*command, "--data", "others"])
    finished = json.loads(run(*command, "--data", "second/own"))
    assert finished["model"] == "m.bin" and finished["loss"] == whole.loss
