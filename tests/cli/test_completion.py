"""The Tab key: what the shell is told for a line that is begun."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cnncli.cli.command_table import COMMANDS
from cnncli.cli.main import run
from cnncli.network.architectures import model_names


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


def test_runs_are_completed(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "settings.json").write_text("{}")
    assert plain(["train", "--resume", ""], tmp_path) == {"runs/first", "runs/second"}
    assert plain(["train", "--resume", "runs/s"], tmp_path) == {"runs/second"}


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
