"""Values that are names or paths, what the Tab key offers for them, and where the scripts for shells go."""

from pathlib import Path
from typing import Any

import click
import pytest

from cnncli.cli import completion, names
from cnncli.shipped import model_names


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@click.command()
@click.argument("value")
def command(value: str) -> None:
    """Any."""


def context(**params: Any) -> click.Context:
    made = click.Context(command, info_name="cnn")
    made.params.update(params)
    return made


def offered(kind: Any, begun: str, **params: Any) -> list[tuple[str, str]]:
    """(type, value) of each item."""
    return [(item.type, item.value) for item in kind.shell_complete(context(**params), command.params[0], begun)]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("lenet5", "lenet5"), ("LeNet5", "lenet5"), ("Here", "Here"), ("./LeNet5", "./LeNet5"), ("Nothing", "Nothing"),
        ("nothing", "nothing"), (7, "7"),
    ],
)  # fmt: skip
def test_a_name_is_taken_in_any_case_unless_it_is_a_path(typed: object, meant: str) -> None:
    Path("Here").touch()
    assert names.NameOrPath("networks").convert(typed, None, None) == meant


def test_a_file_goes_before_a_name_that_differs_in_case() -> None:
    kind = names.NameOrPath("data sets")
    assert kind.convert("MNIST", None, None) == "mnist"
    Path("MNIST").mkdir()
    assert kind.convert("MNIST", None, None) == "MNIST"


def test_names_that_begin_alike_are_offered_and_files() -> None:
    networks = sorted(name for name in model_names() if name.startswith("le"))
    assert networks
    for begun in ("le", "LE"):
        assert sorted(offered(names.NameOrPath("networks"), begun)) == sorted(
            [("file", begun), *(("plain", name) for name in networks)]
        )
    assert offered(names.NameOrPath("data sets"), "fash") == [("plain", "fashion-mnist"), ("file", "fash")]
    assert ("plain", "mnist-100k") in offered(names.NameOrPath("presets"), "mnist")
    assert offered(names.FilePath(), "mo") == [("file", "mo")]


def run_in(folder: str) -> None:
    Path(folder).mkdir(parents=True)
    (Path(folder) / "settings.json").touch()


def test_runs_are_offered_of_the_folder_that_was_typed_else_of_runs() -> None:
    for folder in ("runs/b", "runs/a", "other/c"):
        run_in(folder)
    Path("runs/none").mkdir()
    kind = names.RunFolder()
    assert offered(kind, "") == [("plain", "runs/a"), ("plain", "runs/b")]
    assert offered(kind, "runs/b", runs=None) == [("plain", "runs/b")]
    assert offered(kind, "", runs="other") == [("plain", "other/c")]
    assert offered(kind, "x") == [("dir", "x")]


def test_runs_are_offered_by_their_names_too_and_those_of_several_seeds() -> None:
    for folder in ("runs/net-one", "runs/seeds-1/net-1"):
        run_in(folder)
    kind = names.RunFolder()
    assert offered(kind, "net") == [("plain", "net-one")]
    assert offered(kind, "runs/s") == [("plain", "runs/seeds-1/net-1")]
    assert offered(kind, "seeds-1/") == [("plain", "seeds-1/net-1")]
    Path("runs/seeds-1/seeds.json").touch()
    assert offered(kind, "seeds-1") == [("plain", "seeds-1/net-1")]
    assert offered(names.RunFolder(groups=True), "seeds-1") == [("plain", "seeds-1"), ("plain", "seeds-1/net-1")]
    run_in("other/d")
    assert offered(kind, "d", root="other") == [("plain", "d")]


@pytest.mark.parametrize(
    ("shell", "variables", "place"),
    [
        ("bash", {}, "home/.local/share/bash-completion/completions/cnn"),
        ("zsh", {}, "home/.local/share/zsh/site-functions/_cnn"),
        ("fish", {}, "home/.config/fish/completions/cnn.fish"),
        ("bash", {"XDG_DATA_HOME": "d"}, "d/bash-completion/completions/cnn"),
        ("zsh", {"XDG_DATA_HOME": "d", "XDG_CONFIG_HOME": "c"}, "d/zsh/site-functions/_cnn"),
        ("fish", {"XDG_DATA_HOME": "d", "XDG_CONFIG_HOME": "c"}, "c/fish/completions/cnn.fish"),
        ("fish", {"XDG_CONFIG_HOME": ""}, "home/.config/fish/completions/cnn.fish"),  # empty is as unset
    ],
)
def test_scripts_go_to_the_folders_of_the_user(
    shell: str, variables: dict[str, str], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "home")
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert completion._place(shell) == Path(place)
