"""A name or a path that does not exist is the same fault whatever it names: the exit code is 2, in one line."""

import shutil
from pathlib import Path

import click
import pytest

from cnncli.cli.command_table import COMMANDS
from cnncli.cli.main import cli, run
from cnncli.cli.names import FilePath, Name, OfModel, RunFolder
from cnncli.cli.options import Folder

PICTURE = Path(__file__).parents[2] / "digit.png"

# For each argument and option that names something to read a line in which that does not exist.
LINES = {
    "train positional_data": "train none",
    "train --arch": "train --arch none --data digits",
    "train --data": "train --data none.csv",
    "train --from": "train --from none.bin --data digits",
    "train --plugin": "train --plugin none.py",
    "train --preset": "train --preset none",
    "train --data-dir": "train --data mnist --data-dir none",
    "train --resume": "train --resume none",
    "predict files": "predict none.png",
    "predict --model": "predict --model none.bin digit.png",
    "predict --plugin": "predict --plugin none.py digit.png",
    "eval model": "eval none.bin",
    "eval --data": "eval lenet5 --data none",
    "eval --data-dir": "eval lenet5 --data mnist --data-dir none",
    "eval --plugin": "eval lenet5 --plugin none.py",
    "runs names": "runs none",
    "summary network": "summary none.bin",
    "summary --plugin": "summary lenet5 --plugin none.py",
    "filters model": "filters none.bin",
    "filters --layer": "filters lenet5 --layer none",
    "filters --plugin": "filters lenet5 --plugin none.py",
    "features words": "features none.png",
    "features --layer": "features digit.png --layer none",
    "features --plugin": "features digit.png --plugin none.py",
    "saliency words": "saliency none.bin digit.png",
    "saliency --class": "saliency digit.png --class none",
    "saliency --layer": "saliency digit.png --layer none",
    "saliency --plugin": "saliency digit.png --plugin none.py",
    "explain words": "explain none.png --at 0:0,0,0",
    "explain --plugin": "explain digit.png --at 0:0,0,0 --plugin none.py",
    "step network": "step none",
    "step --data": "step lenet5 --data none",
    "step --data-dir": "step lenet5 --data mnist --data-dir none",
    "step --plugin": "step lenet5 --plugin none.py",
    "doctor names": "doctor none",
    "histograms run": "histograms none",
    "diagram network": "diagram none.bin",
    "diagram --plugin": "diagram lenet5 --plugin none.py",
    "field network": "field none.bin --unit 1:1,1",
    "field picture": "field lenet5 none.png --unit 2:1,1",
    "field --plugin": "field lenet5 --unit 2:1,1 --plugin none.py",
    "mask picture": "mask none.png --kernel edge",
    "mask --kernel": "mask digit.png --kernel none",
    "data name_or_path": "data none",
    "data --data-dir": "data mnist --data-dir none",
    "data --model": "data digits --model none.bin",
    "collect photos": "collect none.png",
    "learn lesson": "learn none",
    "learn --data": "learn race --data none",
    "learn --picture": "learn masks --picture none.png",
    "learn --model": "learn lenet5 --model none.bin",
    "learn --plugin": "learn custom-layer --plugin none.py",
    "draw model": "draw none.bin",
    "draw --plugin": "draw lenet5 --plugin none.py",
    "new-project --arch": "new-project made --arch none --data digits",
    "new-project --data": "new-project made --arch lenet5 --data none",
    "break case": "break none",
    "break --arch": "break zero-init --arch none",
    "break --data": "break zero-init --data none",
    "break --data-dir": "break zero-init --data mnist --data-dir none",
    "check-layer layer": "check-layer none.py",
    "help name": "help none",
    "export model": "export none.bin --html page.html",
    "export --plugin": "export lenet5 --html page.html --plugin none.py",
    "info model": "info none.bin",
    "info --plugin": "info lenet5 --plugin none.py",
    "compare first": "compare none.bin lenet5",
    "compare second": "compare lenet5 none.bin",
    "compare --data": "compare lenet5 lenet5 --data none",
    "compare --data-dir": "compare lenet5 lenet5 --data mnist --data-dir none",
    "compare --plugin": "compare lenet5 lenet5 --plugin none.py",
    "replay model": "replay none.bin",
    "replay --data": "replay lenet5 --data none",
    "replay --plugin": "replay lenet5 --plugin none.py",
}
# What is written, and the folder of all runs, which the first training makes.
WRITTEN = {"--out", "--report", "--csv", "--mistakes", "--save-view", "--show", "--html", "--gif", "--keep", "--dir"}
# The last two are read for some models only.
OTHER = {"--runs", "new-project folder", "replay --from", "replay --data-dir"}


def named() -> set[str]:
    """All arguments and options that name something to read."""
    found = set()
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        for parameter in command.params:
            called = parameter.opts[0] if isinstance(parameter, click.Option) else parameter.name
            if isinstance(parameter.type, Name | FilePath | OfModel | RunFolder | Folder) and called not in WRITTEN:
                found.add(f"{name} {called}")
    return {one for one in found if one not in OTHER and one.partition(" ")[2] not in OTHER}


def test_the_table_holds_all_arguments_and_options_that_name_something() -> None:
    assert set(LINES) == named()


@pytest.mark.parametrize("line", LINES.values())
def test_what_does_not_exist_is_a_fault_of_the_command_line(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(PICTURE, "digit.png")
    code = run(line.split())
    err = capsys.readouterr().err
    *_, last = err.splitlines()
    assert (code, last[:3]) == (2, "cnn") and "none" in last
    assert {path.name for path in tmp_path.iterdir()} == {"digit.png"}


@pytest.mark.parametrize(
    ("line", "code"),
    [("predict digit.png none.png", 2), ("predict digit.png no*.png", 2), ("predict bad.png", 1),
     ("predict bad.png none.png", 2), ("predict list.txt", 1), ("collect bad.png none.png", 2), ("collect bad.png", 1)],
)  # fmt: skip
def test_of_several_pictures_what_is_missing_goes_before_what_cannot_be_read(
    line: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(PICTURE, "digit.png")
    Path("bad.png").write_bytes(b"no picture")
    Path("list.txt").write_text("none.png\n")  # the list is wrong, and not the command line
    assert run(line.split()) == code
    assert "cnn: " in capsys.readouterr().err
