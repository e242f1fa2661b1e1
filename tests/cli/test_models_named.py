"""Where a command takes a trained model, the name of a network that comes with its weights does too."""

from pathlib import Path

import pytest

from cnncli.cli.main import run
from cnncli.cli.models_named import find_model, model_file
from cnncli.errors import UsageError
from cnncli.network.architectures import shipped_model

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
    Path("lenet5").write_bytes(b"")
    assert model_file("lenet5") == Path("lenet5")
    assert model_file("nowhere.bin") == Path("nowhere.bin") and model_file("nobody") == Path("nobody")


def test_a_network_without_weights_is_told_to_be_trained() -> None:
    with pytest.raises(UsageError) as caught:
        model_file("convnet")
    assert str(caught.value) == 'no trained model ships as "convnet"; train one with cnn train --arch convnet'
    assert run(["info", "convnet"]) == 2
