"""`cnn filters` as users type it."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli import Network, load, save
from cnncli.cli.main import run
from cnncli.number_recipe import NumberRecipe
from cnncli.shipped import shipped_model


def test_json_has_the_weights_of_each_layer_in_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["filters", "lenet5", "--json"]) == 0
    layers = json.loads(capsys.readouterr().out)["layers"]
    network = load(shipped_model("lenet5")).network
    assert [layer["name"] for layer in layers] == ["0", "3", "7", "9", "11"]
    lengths = np.sqrt((network[3].weight.astype(np.float64) ** 2).sum(axis=(1, 2, 3)))
    np.testing.assert_allclose(layers[1]["lengths"], lengths, atol=1e-6)


def test_weights_are_drawn_or_saved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["filters", "lenet5", "--layer", "0"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "the weights of lenet5"
    assert lines[3].startswith("0  Conv2d 1 -> 6, kernel 5x5, padding 2  6x1x5x5")
    assert lines[-1].split() == ["0", "1", "2", "3", "4", "5"]
    assert run(["filters", "lenet5", "--out", str(tmp_path / "w.png")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'w.png'}: the weights of 5 layers\n"
    with Image.open(tmp_path / "w.png") as image:
        assert image.width == 1000 and image.height > 1000


def test_a_model_of_arrays_has_weights_and_one_of_numbers_no_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(Network.from_model_name("mlp"), tmp_path / "arrays.bin")
    assert run(["filters", str(tmp_path / "arrays.bin"), "--layer", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["layers"][0]["shape"] == [256, 1, 28, 28]
    table = Network.from_model_name("linear-regression", input_shape=(2,))
    table.recipe = NumberRecipe(("a", "b"), (0.0, 0.0), (1.0, 1.0), ("y",), (0.0,), (1.0,))
    save(table, tmp_path / "numbers.bin")
    assert run(["filters", str(tmp_path / "numbers.bin")]) == 2
    error = capsys.readouterr().err
    assert "numbers.bin: a model of numbers, which sees no pictures" in error and error.count("\n") == 1
