"""`cnn new-project`: five files that run, and come to the bits of `cnn train`."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import cnncli
from cnncli import _core
from cnncli.cli.main import run
from cnncli.model_file.weights import weights_digest
from cnncli.network import Network
from cnncli.project import make
from cnncli.project.layer_code import layer_lines, layer_names
from cnncli.shipped import model_names
from cnncli.training_options import TrainSettings

FILES = ["README.md", "data.py", "loss.py", "model.py", "test.py", "train.py"]
OF_CLASSES = [name for name in model_names() if name not in ("linear-regression", "perceptron")]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def drawn(count: int, first: int = 0) -> tuple[Any, Any]:
    images, labels = np.empty((count, 28, 28), np.uint8), np.empty(count, np.uint8)
    _core.digits_generate(images, labels, seed=7, first=first)
    return images, labels


def small_set(with_test: bool) -> str:
    images, labels = drawn(400)
    if with_test:
        np.savez("small.npz", x_train=images[:300], y_train=labels[:300], x_test=images[300:], y_test=labels[300:])
    else:
        np.savez("small.npz", x=images, y=labels)
    return "small.npz"


def coloured_folder() -> str:
    """Pictures in colour, with a part of its own for validation."""
    rng = np.random.default_rng(3)
    for part, count in (("train", 6), ("val", 2), ("test", 2)):
        for name, colour in (("red", (200, 40, 40)), ("blue", (40, 40, 200))):
            folder = Path("photos", part, name)
            folder.mkdir(parents=True)
            for index in range(count):
                pixels = np.clip(rng.normal(colour, 60, (18, 16, 3)), 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(folder / f"{index}.png")
    return "photos"


def python(file: str) -> str:
    done = subprocess.run([sys.executable, file], cwd="project", capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


def command_of_readme() -> list[str]:
    found = re.search(r"^cnn (train .*)$", Path("project/README.md").read_text(), re.MULTILINE)
    assert found is not None
    return shlex.split(found[1])


def same_weights(ours: str, theirs: Any) -> bool:
    return weights_digest(cnncli.load(ours).network) == weights_digest(cnncli.load(theirs).network)


@pytest.mark.parametrize(
    ("architecture", "data", "kept"),
    [("mlp", lambda: small_set(True), "model.bin"),
     pytest.param("lenet5", lambda: small_set(False), "last.bin", marks=pytest.mark.slow),
     ("linear", coloured_folder, "last.bin"),
     pytest.param("resnet-small", coloured_folder, "last.bin", marks=pytest.mark.slow),
     pytest.param("lenet5-1998", lambda: small_set(True), "model.bin", marks=pytest.mark.slow)],
    ids=["test images", "a tenth held out", "own validation", "branches", "a border"],
)  # fmt: skip
def test_the_files_come_to_the_weights_of_the_command_in_the_readme(
    architecture: str, data: Any, kept: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The seed is another one than the usual, and the command comes from the README."""
    assert run(["new-project", "project", "--arch", architecture, "--data", data(), "--seed", "5"]) == 0
    assert sorted(path.name for path in Path("project").iterdir()) == FILES
    trained = python("train.py")
    assert run([*command_of_readme(), "--out", "model.bin"]) == 0
    [last] = Path("runs").glob("*/last.bin")
    assert same_weights("project/model.bin", "model.bin" if kept == "model.bin" else last)
    said = re.findall(r"^epoch 2 of 2: loss ([0-9.]+), ([0-9.]+) %", trained, re.MULTILINE)
    assert len(said) == 1
    ours, theirs = cnncli.load("project/model.bin"), cnncli.load(last)
    assert ours.class_names == theirs.class_names and ours.recipe == theirs.recipe
    before, after = map(float, re.findall(r"goes from ([0-9.]+) to ([0-9.]+)", trained)[0])
    assert after < before
    tested = python("test.py")
    right = float(re.findall(r"^right: ([0-9.]+) %", tested, re.MULTILINE)[0])
    shown = capsys.readouterr().out
    if kept == "model.bin":
        assert f"accuracy {right:.2f} %" in shown


@pytest.mark.slow
def test_the_usual_project_gives_the_weights_of_the_usual_command() -> None:
    assert run(["new-project", "project"]) == 0
    python("train.py")
    assert run([*command_of_readme(), "--out", "model.bin"]) == 0
    assert same_weights("project/model.bin", "model.bin")


def test_the_first_three_stages_say_what_the_lecture_says() -> None:
    assert run(["new-project", "project", "--data", small_set(True)]) == 0
    assert "300 training images, 100 test images" in python("data.py")
    assert "61,706 parameters" in python("model.py")
    # The gradient is softmax less the one of the target, to four digits.
    exponents = np.exp([14.0, 11.0, 16.0])
    shares = exponents / exponents.sum() - [0, 0, 1]
    said = python("loss.py")
    assert f"E = {-np.log(exponents[2] / exponents.sum()):.4f}" in said
    assert str([round(float(share), 4) for share in shares]) in said


@pytest.mark.parametrize("name", OF_CLASSES)
def test_the_layers_as_python_are_the_network(name: str) -> None:
    network = Network.from_model_name(name, seed=3)
    made: dict[str, Any] = {}
    text = f"from cnncli.layers import {', '.join(layer_names(network))}\nlayers = [\n"
    exec(text + "\n".join(layer_lines(network)) + "\n]", made)
    again = Network(made["layers"], network.input_shape, network.class_names, network.name, title=network.title)
    again.initialize(3)
    assert again.description() == network.description()
    assert weights_digest(again) == weights_digest(network)


@pytest.mark.parametrize("name", OF_CLASSES)
def test_every_network_of_classes_has_a_project_that_python_reads(name: str) -> None:
    settings = TrainSettings(architecture=name, data="digits", epochs=1, augment="none")
    files = make.project_files(settings, lambda _: None)
    for file, text in files.items():
        if file.endswith(".py"):
            compile(text, file, "exec")
        assert all(len(line) <= 120 for line in text.splitlines() if "|" not in line), file


def test_a_folder_with_something_in_it_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    Path("project").mkdir()
    assert run(["new-project", "project"]) == 0  # an empty one is taken
    (Path("project") / "data.py").write_text("mine")
    assert run(["new-project", "project"]) == 2
    assert "is there and not empty; name a new folder" in capsys.readouterr().err
    assert (Path("project") / "data.py").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "said"),
    [(["a/b/c"], "the folder a/b does not exist"), (["file"], "is a file; name a new folder"),
     (["p", "--arch", "lenet6"], "lenet5"), (["p", "--data", "nowhere"], "nowhere: no such data set"),
     (["p", "--arch", "perceptron"], "use lenet5"), (["p", "--arch", "linear-regression"], "use lenet5"),
     (["p", "--arch", "own.toml"], "its [training] says ema, which the project does not know")],
)  # fmt: skip
def test_what_cannot_be_is_one_line_and_nothing_is_written(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("file").write_text("")
    Path("own.toml").write_text(
        'name = "own"\ninput = [1, 28, 28]\nclasses = 10\n[[layers]]\ntype = "Flatten"\n[[layers]]\ntype = "Linear"\n'
        'out_features = "classes"\n[training]\nema = 0.99\n'
    )
    before = sorted(Path().iterdir())
    assert run(["new-project", *words]) in (1, 2)
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert sorted(Path().iterdir()) == before


def test_a_write_that_fails_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written = []

    def fill(path: Path, text: bytes) -> None:
        written.append(path)
        if len(written) == 4:
            raise OSError(28, "No space left on device")
        path.write_bytes(text)

    monkeypatch.setattr(make, "write_atomically", fill)
    assert run(["new-project", "project"]) == 1
    assert "project: the disk is full" in capsys.readouterr().err
    assert [path for path in Path().iterdir() if path.name != "cache"] == []


def test_a_path_with_quotes_is_quoted() -> None:
    Path('it\'s "mine"').mkdir()
    Path(small_set(True)).rename('it\'s "mine"/small.npz')
    assert run(["new-project", "project", "--data", 'it\'s "mine"/small.npz']) == 0
    assert "300 training images" in python("data.py")
    assert command_of_readme()[4].endswith('it\'s "mine"/small.npz')

