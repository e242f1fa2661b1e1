"""The Tab key: what the shell is told for a line that is begun."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cnncli.cli.command_table import COMMANDS
from cnncli.cli.main import run
from cnncli.shipped import model_names
from shell_session import CLEAR_LINE, shell_session


def completed(words: list[str], folder: Path) -> list[tuple[str, str]]:
    """(kind, value) as click's script for bash gets them."""
    environment = os.environ | {
        "_CNN_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(["cnn", *words]), "COMP_CWORD": str(len(words)),
    }  # fmt: skip
    result = subprocess.run(
        [sys.executable, "-m", "cnncli"], env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    assert result.stderr == ""
    return [(kind, value) for kind, _, value in (line.partition(",") for line in result.stdout.splitlines())]


def plain(words: list[str], folder: Path) -> set[str]:
    return {value for kind, value in completed(words, folder) if kind == "plain"}


def test_commands_options_and_names_are_completed(tmp_path: Path) -> None:
    assert plain([""], tmp_path) == set(COMMANDS)
    assert {"--epochs"} == plain(["train", "--ep"], tmp_path)
    found = completed(["train", "--arch", "le"], tmp_path)
    assert {value for kind, value in found if kind == "plain"} == {n for n in model_names() if n.startswith("le")}
    assert "file" in {kind for kind, _ in found}
    assert "fashion-mnist" in plain(["train", "--data", ""], tmp_path)
    assert plain(["train", "--optim", "ad"], tmp_path) == {"adadelta", "adagrad", "adam", "adamax", "adamw"}
    assert {kind for kind, _ in completed(["eval", "mo"], tmp_path)} == {"file"}


def test_arguments_and_names_of_every_kind_are_completed(tmp_path: Path) -> None:
    for command in ("diagram", "field", "summary"):
        assert "lenet5" in plain([command, "l"], tmp_path)
    for command in ("filters", "saliency", "features", "explain", "export", "draw", "info"):
        assert completed([command, "l"], tmp_path) == [("plain", "lenet5"), ("file", "l")]
    assert plain(["help", "t"], tmp_path) == {"train"}
    assert plain(["learn", "desc"], tmp_path) == {"descent"}
    assert "zero-init" in plain(["break", ""], tmp_path)
    assert "sobel-x" in plain(["mask", "a.png", "--kernel", ""], tmp_path)
    assert plain(["saliency", "a.png", "--class", ""], tmp_path) == set("0123456789")


def test_runs_are_completed(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "settings.json").write_text("{}")
    assert plain(["train", "--resume", ""], tmp_path) == {"runs/first", "runs/second"}
    assert plain(["train", "--resume", "runs/s"], tmp_path) == {"runs/second"}
    assert plain(["runs", "fi"], tmp_path) == {"first"}
    (tmp_path / "runs" / "seeds-1").mkdir()
    (tmp_path / "runs" / "seeds-1" / "seeds.json").touch()
    assert plain(["train", "--resume", "see"], tmp_path) == plain(["runs", "see"], tmp_path) == {"seeds-1"}


@pytest.mark.parametrize(
    ("shell", "place"),
    [
        ("bash", ".local/share/bash-completion/completions/cnn"),
        ("zsh", ".local/share/zsh/site-functions/_cnn"),
        ("fish", ".config/fish/completions/cnn.fish"),
    ],
)
def test_the_script_goes_where_the_shell_looks(
    shell: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run(["completion", shell, "--print"]) == 0
    script = capsys.readouterr().out
    assert not any(tmp_path.iterdir())
    assert run(["completion", shell]) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path / place}: written")
    assert (tmp_path / place).read_text().strip() == script.strip()
    assert "_CNN_COMPLETE" in script


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_a_real_bash_completes(tmp_path: Path) -> None:
    (tmp_path / "cnn").write_text(f'#!/bin/sh\nexec {sys.executable} -m cnncli "$@"\n')
    (tmp_path / "cnn").chmod(0o755)
    lines = "source <(cnn completion bash --print); COMP_WORDS=(cnn pre); COMP_CWORD=1; _cnn_completion cnn"
    result = subprocess.run(
        ["bash", "-c", f'{lines}; echo "${{COMPREPLY[@]}}"'],
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert result.stdout.split() == ["predict"]


STARTED = {
    "zsh": ["zsh", "-i"],
    "fish": ["fish", "-i"],
}
ZSHRC = """
fpath=(~/.local/share/zsh/site-functions $fpath)
autoload -U compinit; compinit -u
PS1='ready> '
"""
FISH_CONFIG = """
function fish_prompt; echo 'ready> '; end
"""
# What is typed before Tab, and what the line then is.
TYPED = (
    ("cnn pre", "cnn predict "),
    ("cnn train --data fash", "cnn train --data fashion-mnist "),
    ("cnn train --arch vg", "cnn train --arch vgg "),
    ("cnn train --resume ", "cnn train --resume runs/first"),
    ("cnn runs fi", "cnn runs first "),
    ("cnn help tr", "cnn help train "),
    ("cnn filters le", "cnn filters lenet5 "),
    ("cnn eval mo", "cnn eval model.bin "),
    ("cnn predict di", "cnn predict digit.png "),
)


@pytest.mark.slow
@pytest.mark.parametrize("shell", STARTED)
def test_a_real_shell_completes_at_a_terminal(shell: str, tmp_path: Path) -> None:
    """The script where `cnn completion` puts it, the shell as it starts, Tab pressed; each line as it then stands."""
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here; apt-get install {shell}")
    home, here, programs = tmp_path / "home", tmp_path / "here", tmp_path / "programs"
    for folder in (home / ".config" / "fish", here / "runs" / "first", programs):
        folder.mkdir(parents=True)
    (programs / "cnn").write_text(f'#!/bin/sh\nexec {sys.executable} -m cnncli "$@"\n')
    (programs / "cnn").chmod(0o755)
    (home / ".zshrc").write_text(ZSHRC)
    (home / ".config" / "fish" / "config.fish").write_text(FISH_CONFIG)
    (here / "runs" / "first" / "settings.json").write_text("{}")
    for name in ("model.bin", "digit.png"):
        (here / name).touch()
    kept = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    environment = kept | {
        "HOME": str(home), "PATH": f"{programs}:{os.environ['PATH']}", "TERM": "xterm", "LANG": "C.UTF-8",
    }  # fmt: skip
    subprocess.run([programs / "cnn", "completion", shell], env=environment, check=True, capture_output=True)
    with shell_session(STARTED[shell], environment, here) as session:
        session.wait_for("ready> ")
        for begun, whole in TYPED:
            session.type(begun, "\t")
            session.wait_for(re.escape(whole.split()[-1]))
            session.type(CLEAR_LINE)
        if shell == "fish":  # which shows what a command does; commas stay in it
            session.type("cnn r", "\t")
            session.wait_for(re.escape("Train a model again, and say"))
