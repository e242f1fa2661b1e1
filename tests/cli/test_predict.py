"""`cnn predict` as users type it."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cnncli
from cnn_process import Cnn, Outcome
from cnncli.cli import plain
from cnncli.cli.main import run
from scripts import command_of


@pytest.fixture
def folder(trained: tuple[Path, Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, the current one, with model.bin and three drawn digits: light, dark and in colour."""
    from cnncli import _core

    shutil.copy(trained[0] / "model.bin", tmp_path)
    images, labels = np.empty((3, 28, 28), np.uint8), np.empty(3, np.uint8)
    _core.digits_generate(images, labels, seed=11, first=0)
    Image.fromarray(images[0]).save(tmp_path / "light.png")
    Image.fromarray(255 - images[1]).save(tmp_path / "dark.png")
    Image.fromarray(255 - images[2]).convert("RGB").resize((280, 280)).save(tmp_path / "large.jpg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_json_is_what_the_library_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = ["light.png", "dark.png", "large.jpg"]
    assert run(["predict", *files, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    model = cnncli.load("model.bin")
    assert model.recipe is not None
    expected = model.predict(np.stack([model.recipe.prepare(file).pixels for file in files]))
    assert [fact["file"] for fact in facts] == files
    for index, fact in enumerate(facts):
        assert fact["label"] == expected.names[index]
        assert list(fact["probabilities"]) == list("0123456789")
        np.testing.assert_allclose(
            list(fact["probabilities"].values()), expected.probabilities[index], rtol=0, atol=1e-6
        )
        assert fact["probability"] == max(fact["probabilities"].values())


def test_one_file_gets_a_chart_of_all_classes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["predict", "light.png"]) == 0
    captured = capsys.readouterr()
    assert captured.err == "model: model.bin in this folder\n"
    lines = captured.out.splitlines()
    head = re.fullmatch(r"light\.png: (\d) \((\d+\.\d\d) %\)", lines[0])
    assert head is not None
    rows = [re.fullmatch(r"  (\d) +(\d+\.\d\d) %( [█▏▎▍▌▋▊▉]+)?", line) for line in lines[-10:]]
    assert [row and row[1] for row in rows] == list("0123456789")
    shares = {row[1]: row[2] for row in rows if row}
    assert shares[head[1]] == head[2]


def test_several_files_get_a_line_each_and_a_count(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["predict", "light.png", "dark.png"]) == 0
    lines = capsys.readouterr().out.splitlines()
    heads = [re.fullmatch(r"(\S+\.png): (\d) \(\d+\.\d\d %\)(  [a-z; ]+)?", line) for line in lines[:-1]]
    assert [head and head[1] for head in heads] == ["light.png", "dark.png"]
    labels = sorted(head[2] for head in heads if head)
    counts = f"2 x {labels[0]}" if labels[0] == labels[1] else f"1 x {labels[0]}, 1 x {labels[1]}"
    assert lines[-1] == f"2 pictures: {counts}"


def test_bad_file_does_not_stop_the_others(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.png").write_bytes(b"no picture")
    assert run(["predict", "light.png", "bad.png", "missing.png", "dark.png", "--json"]) == 2
    captured = capsys.readouterr()
    facts = json.loads(captured.out)
    assert [fact["file"] for fact in facts] == ["light.png", "bad.png", "missing.png", "dark.png"]
    assert ["label" in fact for fact in facts] == [True, False, False, True]
    for fact in facts[1:3]:
        assert set(fact) == {"file", "error"} and fact["error"].startswith(f"{fact['file']}: ")
    assert captured.err == "".join(f"cnn: {fact['error']}\n" for fact in facts[1:3])


def test_missing_file_alone_exits_2_without_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["predict", "missing.png"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[1].startswith("cnn: missing.png: ")


def test_more_files_than_fit_at_once_are_answered_in_order(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from cnncli.cli import answers

    monkeypatch.setattr(answers, "_AT_ONCE", 2)
    files = ["light.png", "missing.png", "missing.png", "missing.png", "dark.png", "large.jpg"]
    assert run(["predict", *files, "--json"]) == 2
    facts = json.loads(capsys.readouterr().out)
    assert [fact["file"] for fact in facts] == files
    assert run(["predict", "large.jpg", "--json"]) == 0
    alone = json.loads(capsys.readouterr().out)
    assert alone[0]["label"] == facts[-1]["label"]


def test_invert_and_no_invert_decide(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["predict", "dark.png", "--invert", "--json"]) == 0
    inverted = json.loads(capsys.readouterr().out)
    assert run(["predict", "dark.png", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == inverted
    assert run(["predict", "light.png", "--no-invert", "--json"]) == 0
    kept = json.loads(capsys.readouterr().out)
    assert run(["predict", "light.png", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == kept


def test_named_model_is_used(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("model.bin").rename("other.bin")
    assert run(["predict", "light.png", "--model", "other.bin"]) == 0
    assert capsys.readouterr().err == "model: other.bin\n"


def test_shipped_model_is_used_where_there_is_none(cnn: Cnn, folder: Path) -> None:
    Path("model.bin").unlink()
    outcome = cnn("predict", "light.png")
    assert outcome.code == 0, outcome.err
    assert outcome.err == "model: the LeNet-5 that comes with cnn\n"


def test_name_of_a_file_cannot_steer_the_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("light.png").rename("\x1b[31mred.png")
    assert run(["predict", "\x1b[31mred.png"]) == 0
    assert capsys.readouterr().out.startswith(r"\x1b[31mred.png: ")


def test_bars_need_no_unicode(cnn: Cnn, folder: Path) -> None:
    outcome = cnn("predict", "light.png", env={"PYTHONIOENCODING": "ascii"})
    assert outcome.code == 0, outcome.err
    assert "#" in outcome.out and outcome.out.isascii()


def test_predict_imports_no_more_than_it_needs(folder: Path) -> None:
    words = command_of("loaded_modules", "predict", "light.png", "--json")
    result = subprocess.run(words, capture_output=True, text=True, check=True)
    loaded = set(result.stderr.split())
    assert loaded.isdisjoint({"rich", "requests", "platformdirs", "cnncli.training.train", "cnncli.data"})


@pytest.mark.parametrize(
    ("share", "bar"), [(0.0, ""), (1.0, "████"), (0.5, "██"), (1 / 32, "▏"), (0.25 + 4 / 32, "█▌")]
)
def test_bar_is_drawn_in_eighths(share: float, bar: str) -> None:
    assert plain.bar(share, 4) == bar


def test_picture_has_two_rows_a_line() -> None:
    assert plain.picture([[0, 0], [255, 255], [255, 0]]) == [
        "\x1b[38;5;232;48;5;255m▀▀\x1b[0m",
        "\x1b[38;5;255;48;5;232m▀\x1b[38;5;232;48;5;232m▀\x1b[0m",
    ]


def test_predict_loads_nothing_that_it_does_not_use(tmp_path: Path) -> None:
    """Imports are most of the time of this command."""
    words = command_of("loaded_modules", "predict", Path(__file__).parents[2] / "digit.png")
    result = subprocess.run(words, capture_output=True, text=True, check=True, cwd=tmp_path)
    loaded = set(result.stderr.split())
    assert "numpy" in loaded
    unused = {"numpy.ma", "rich", "requests", "safetensors", "platformdirs", "cnncli.training.train", "cnncli.data"}
    assert not unused & loaded
