"""Where a command takes a trained model, the name of a network that comes with its weights does too."""

from pathlib import Path

import click
import pytest

from cnncli.cli.main import run
from cnncli.cli.models_named import find_model, look_at, model_and_picture, model_file, open_model
from cnncli.errors import UsageError
from cnncli.shipped import shipped_model

DIGIT = str(Path(__file__).parents[2] / "digit.png")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("words", [["info", "lenet5"], ["predict", DIGIT, "--model", "lenet5"], ["filters", "lenet5"]])
def test_the_network_that_comes_may_be_named(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 0
    told = capsys.readouterr()
    assert told.err == "" or "model: lenet5" in told.err  # cnn predict says which
    assert told.out


def test_a_file_of_that_name_goes_first() -> None:
    assert model_file("lenet5") == shipped_model("lenet5") and find_model("lenet5")[1] == "lenet5"
    assert model_file("LeNet5") == shipped_model("lenet5")
    Path("lenet5").write_bytes(b"")
    assert model_file("lenet5") == Path("lenet5")
    assert model_file("nowhere.bin") == Path("nowhere.bin") and model_file("nobody") == Path("nobody")


def test_a_network_without_weights_is_told_to_be_trained() -> None:
    with pytest.raises(UsageError) as caught:
        model_file("convnet")
    assert str(caught.value) == 'no trained model ships as "convnet"; train one with cnn train --arch convnet'
    assert run(["info", "convnet"]) == 2


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ((), (None, None)), (("a.png",), (None, "a.png")), (("m.bin",), ("m.bin", None)),
        (("m.bin", "a.png"), ("m.bin", "a.png")), (("lenet5", "a.png"), ("lenet5", "a.png")),
    ],
)  # fmt: skip
def test_of_the_words_of_a_command_one_is_the_model_and_one_the_picture(
    words: tuple[str, ...], meant: tuple[str | None, str | None]
) -> None:
    assert model_and_picture(words) == meant


def test_more_than_two_names_and_no_picture_are_told() -> None:
    with pytest.raises(click.UsageError, match=r"^3 names; give one model and one picture$"):
        model_and_picture(("m.bin", "a.png", "b.png"))
    for words in ((), ("m.bin",)):
        with pytest.raises(click.UsageError, match="missing argument 'FILE', the picture"):
            look_at(words, None, None, None, None)


@pytest.mark.parametrize(("plugins", "told"), [(("own.py",), "note: own.py is another one\n"), (None, ""), ((), "")])
def test_a_plugin_that_changed_is_told_beside_the_result(
    plugins: tuple[str, ...] | None, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cnncli.model_file.custom.changed_plugins", lambda network: ["own.py is another one"])
    loaded, said = open_model("lenet5", plugins)
    assert said == "lenet5" and len(loaded.class_names) == 10
    assert tuple(capsys.readouterr()) == ("", told)
