"""Hand-made bad model files, each with a line of its own, in Python and in every command that reads models."""

import os
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

import cnncli
from bad_models import CASES, NO_MODEL
from cnncli.cli.main import run
from cnncli.errors import CnnError
from cnncli.storage.container import MAX_FILE_BYTES
from hand_made_models import GOOD

NAME = "bad.bin"


def zipped() -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02cposix\nsystem\n.")
    return target.getvalue()


# Other programs' files; the first line serves them all.
NO_MODELS = {
    "HTML": b"<!DOCTYPE html><html><body>404</body></html>",
    "PNG": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(60),
    "ZIP of PyTorch": zipped(),
    "pickle": b"\x80\x04cposix\nsystem\n(S'id'\ntR.",
    "ONNX": b"\x08\x08\x12\x07pytorch\x1a\x052.0.0:\x80\x01",
    "gzip": b"\x1f\x8b\x08" + bytes(30),
    "ELF": b"\x7fELF\x02\x01\x01" + bytes(60),
    "JSON": b'{"version": 1, "network": 1}',
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def special(kind: str) -> tuple[str, str]:
    """A path that is no regular file, and its line."""
    device = ": is a pipe or a device; name a regular file"
    match kind:
        case "a pipe":
            os.mkfifo(NAME)
            return NAME, device
        case "/dev/zero":
            Path(NAME).symlink_to("/dev/zero")
            return NAME, device
        case "a folder":
            Path(NAME).mkdir()
            return NAME, ": is a folder; name a model file"
        case "a link to nowhere":
            Path(NAME).symlink_to("nowhere")
            return NAME, ": does not exist; check the name, or make one with cnn train --out"
        case "a link to itself":
            Path(NAME).symlink_to(NAME)
            return NAME, ": cannot be read: too many levels of symbolic links"
        case "a file of 3 GiB":
            with Path(NAME).open("wb") as file:
                file.truncate(3 << 30)
            return NAME, f": has 3,221,225,472 bytes; a model file has at most {MAX_FILE_BYTES:,}"
    raise AssertionError(kind)


SPECIAL = ["a pipe", "/dev/zero", "a folder", "a link to nowhere", "a link to itself", "a file of 3 GiB"]


def test_there_are_many_kinds_and_each_has_a_line_of_its_own() -> None:
    lines = [line for _, line in CASES.values()]
    assert len(CASES) >= 70
    assert len(set(lines)) == len(lines)


def test_the_file_that_all_others_are_made_from_is_right() -> None:
    Path(NAME).write_bytes(GOOD)
    assert cnncli.load(NAME).predict(np.zeros((1, 2, 2), np.uint8)).names in (["no"], ["yes"])


def refused(capsys: pytest.CaptureFixture[str], path: str, line: str) -> None:
    """The line and nothing else, from Python and from every command that reads a model."""
    with pytest.raises(CnnError) as caught:
        cnncli.load(path)
    assert str(caught.value) == f"{path}{line}"
    expected = 2 if "does not exist" in line else 1  # the fault of a name, and not of a file
    for arguments in (["eval", path], ["predict", "--model", path, "x.png"], ["summary", path]):
        code = run([*arguments])
        captured = capsys.readouterr()
        assert (code, captured.out, captured.err) == (expected, "", f"cnn: {path}{line}\n"), arguments


@pytest.mark.parametrize("case", CASES)
def test_each_bad_file_has_its_line_in_python_and_in_every_command(
    case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data, line = CASES[case]
    Path(NAME).write_bytes(data)
    refused(capsys, NAME, line)


@pytest.mark.parametrize("kind", NO_MODELS)
def test_files_of_other_programs_are_no_models(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(NAME).write_bytes(NO_MODELS[kind])
    refused(capsys, NAME, f": {NO_MODEL}")


@pytest.mark.parametrize("kind", SPECIAL)
def test_what_is_no_regular_file_is_refused(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    path, line = special(kind)
    refused(capsys, path, line)
