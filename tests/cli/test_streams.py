"""Terminals without UTF-8, and streams that are closed: no command crashes, and what cannot be shown is replaced."""

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.cells import cell_len

from cnn_process import Outcome, environment, run_cnn
from cnncli.cli.main import run
from cnncli.cli.streams import echo_json, prepare_streams

ENCODINGS = ("ascii", "latin-1", "cp1252", "utf-8")
CLASSES = ("猫", "chien é")
ROW = {
    "ascii": ("\\u732b", "chien \\xe9"),
    "latin-1": ("\\u732b", "chien é"),
    "cp1252": ("\\u732b", "chien é"),
    "utf-8": CLASSES,
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a data set of two classes, `données`, and a model of them, `modèle.bin`."""
    folder = tmp_path_factory.mktemp("ü")
    rng = np.random.default_rng(1)
    for label, name in enumerate(CLASSES):
        (folder / "données" / name).mkdir(parents=True)
        for index in range(8):
            pixels = rng.integers(0, 60, (8, 8)) + 150 * label
            Image.fromarray(pixels.astype(np.uint8)).save(folder / "données" / name / f"{index}é.png")
    outcome = run_cnn(
        *("train", "--arch", "linear", "--data", "données", "--epochs", 2, "--out", "modèle.bin"), folder=folder
    )
    assert outcome.code == 0, outcome.err
    return folder


Command = Callable[..., Outcome]


@pytest.fixture(params=ENCODINGS)
def encoding(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def command(encoding: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command in `place` with both streams in the encoding, which must be able to hold what is written."""

    def run_here(*arguments: object) -> Outcome:
        streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]
        with monkeypatch.context() as patch:
            patch.chdir(place)
            patch.setattr(sys, "stdout", streams[0])
            patch.setattr(sys, "stderr", streams[1])
            prepare_streams()
            code = run([str(argument) for argument in arguments])
            texts = []
            for stream in streams:
                stream.flush()
                assert isinstance(stream.buffer, io.BytesIO)
                texts.append(stream.buffer.getvalue().decode(encoding))
        return Outcome(code, *texts)

    return run_here


def test_eval_names_every_class(command: Command, encoding: str) -> None:
    outcome = command("eval", "modèle.bin", "--data", "données")
    assert (outcome.code, outcome.err) == (0, "")
    for name in ROW[encoding]:
        assert any(line.startswith(f"{name} ") for line in outcome.out.splitlines()), outcome.out
    assert ("." if encoding == "ascii" else "·") in outcome.out
    table = outcome.out.split("\n\n")[1].splitlines()
    assert len({cell_len(line) for line in table[:3]}) == 1, "columns stand below each other"


def test_train_tells_the_names_of_files(command: Command, encoding: str) -> None:
    outcome = command("train", "--arch", "linear", "--data", "données", "--epochs", 1, "--val", 0.2, "--out", "né.bin")
    assert outcome.code == 0
    name = "n\\xe9.bin" if encoding == "ascii" else "né.bin"
    assert f"cnn eval {name}" in outcome.out or f"cnn eval '{name}'" in outcome.out
    assert "epoch 1/1" in outcome.err


@pytest.mark.parametrize("arguments", [(), ("--show",), ("--json",), ("--show", "--out", "é.png")])
def test_data_shows_what_it_can(command: Command, encoding: str, arguments: tuple[str, ...]) -> None:
    outcome = command("data", "données", *arguments)
    assert (outcome.code, outcome.err) == (0, "")
    assert "--json" in arguments or all(name in outcome.out for name in ROW[encoding])


def test_predict_names_picture_and_class(command: Command, encoding: str) -> None:
    outcome = command("predict", "données/chien é/0é.png", "--model", "modèle.bin")
    assert outcome.code == 0
    assert any(name in outcome.out for name in ROW[encoding])
    assert ("0\\xe9.png" if encoding == "ascii" else "0é.png") in outcome.out
    assert ("█" if encoding == "utf-8" else "#") in outcome.out


def test_summary_is_shown(command: Command) -> None:
    assert command("summary", "modèle.bin").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("predict", "fehlt-ß-猫.png", "--model", "modèle.bin"),
        ("predict", "fehlt-\udcff.png", "--model", "modèle.bin"),
        ("eval", "ß-\udcff.bin"),
        ("summary", "ß-\udcff.toml"),
        ("train", "--data", "ß-猫-\udcff"),
        ("train", "--arch", "ß-猫-\udcff"),
        ("train", "--resume", "ß-猫-\udcff"),
        ("train", "--epochs", "ß-猫-\udcff"),
        ("train", "--schedule", "ß-猫-\udcff"),
        ("train", "--ß-猫-\udcff"),
        ("data", "ß-猫-\udcff"),
        ("download", "ß-猫-\udcff"),
        ("ß-猫-\udcff",),
    ],
)
def test_an_error_with_such_a_name_is_one_line(command: Command, arguments: tuple[str, ...]) -> None:
    outcome = command(*arguments)
    lines = [line for line in outcome.err.splitlines() if not line.startswith("model: ")]
    assert (outcome.code, outcome.out, len(lines)) == (2, "", 1), outcome.err
    assert "internal error" not in outcome.err and "Traceback" not in outcome.err


def test_a_stream_in_utf_8_shows_halves_of_surrogates_as_escapes(command: Command) -> None:
    assert "\\udcff" in command("eval", "ß-\udcff.bin").err


def test_a_locale_without_letters_does_no_harm(place: Path) -> None:
    """As on a server where LC_ALL=C, with what Python does against it switched off."""
    plain = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": ""}
    outcome = run_cnn("eval", "modèle.bin", "--data", "données", folder=place, env=plain)
    assert outcome.code == 0, outcome.err
    assert outcome.out.isascii() and "\\u732b" in outcome.out


@pytest.mark.parametrize(
    ("locale", "is_plain"),
    [
        ({"LC_ALL": "C"}, True), ({"LC_ALL": "POSIX", "LANG": "C.UTF-8"}, True), ({"LANG": "C"}, True),
        ({"LC_CTYPE": "C"}, True), ({"LC_CTYPE": "C", "LANG": "C.UTF-8"}, True), ({}, False),
        ({"LC_ALL": "C", "PYTHONUTF8": "1"}, False), ({"LC_ALL": "C", "PYTHONIOENCODING": "utf-8"}, False),
        ({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, False), ({"LC_ALL": "C.UTF-8", "LANG": "C"}, False),
    ],
)  # fmt: skip
def test_the_locale_c_is_ascii_where_it_was_chosen(place: Path, locale: dict[str, str], is_plain: bool) -> None:
    """Though Python makes UTF-8 of it; files are found by their names all the same."""
    none = dict.fromkeys(("LC_ALL", "LC_CTYPE", "LANG", "PYTHONIOENCODING"), "")
    outcome = run_cnn("predict", "données/chien é/0é.png", "--model", "modèle.bin", folder=place, env=none | locale)
    assert outcome.code == 0, outcome.err
    assert outcome.out.isascii() is is_plain
    assert ("chien \\xe9" if is_plain else "chien é") in outcome.out


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-"])
def test_a_closed_stream_is_no_error(place: Path, closed: str) -> None:
    call = f'"{sys.executable}" -m cnncli summary lenet5 {closed}'
    outcome = subprocess.run(
        call, shell=True, cwd=place, env=environment(place), capture_output=True, text=True, timeout=60, check=False
    )
    assert (outcome.returncode, outcome.stderr) == (0, "")


@pytest.mark.parametrize("arguments", ["eval modèle.bin --data données", "data données --show", "--help"])
def test_a_reader_of_both_streams_that_leaves_gets_no_traceback(place: Path, arguments: str) -> None:
    call = f'"{sys.executable}" -m cnncli {arguments} 2>&1 | head -c 1'
    outcome = subprocess.run(
        call, shell=True, cwd=place, env=environment(place), capture_output=True, text=True, timeout=60, check=False
    )
    assert (outcome.returncode, outcome.stderr) == (0, "")


def test_json_is_one_line_and_has_no_number_that_json_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    echo_json({"a": [1.5, None, "é"]})
    assert capsys.readouterr().out == '{"a": [1.5, null, "\\u00e9"]}\n'
    for number in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="not JSON compliant"):
            echo_json([number])
    assert capsys.readouterr().out == ""
