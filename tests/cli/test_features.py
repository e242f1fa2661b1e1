"""`cnn features` as users type it."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli import Network, load, save
from cnncli.cli.main import run
from cnncli.number_recipe import NumberRecipe
from cnncli.shipped import shipped_model

DIGIT = str(Path(__file__).parents[2] / "digit.png")


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model.bin in the folder would be looked at in place of the one that ships."""
    monkeypatch.chdir(tmp_path)


def test_json_has_a_row_for_each_layer_with_numbers_of_its_maps(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["features", "lenet5", DIGIT, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    model = load(shipped_model("lenet5"))
    outputs = model.network.activations(model.recipe.prepare(DIGIT).pixels)
    assert [layer["output"] for layer in facts["layers"]] == [list(output.shape[1:]) for output in outputs]
    for layer, output in zip(facts["layers"], outputs, strict=True):
        assert layer["mean"] == pytest.approx(float(output.mean()), rel=1e-3, abs=1e-5)
        assert layer["most"] == float(output.max())


def test_without_out_all_layers_are_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["features", DIGIT]) == 0
    text = capsys.readouterr().out
    assert text.startswith("lenet5 sees digit.png: 5 (")
    assert "\n3  Conv2d 6 -> 16, kernel 5x5  16x10x10, -" in text and "11  Linear 84 -> 10" in text
    assert max(len(line) for line in text.splitlines()) <= 120


def test_out_is_a_picture_and_layer_and_maps_choose(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = {}
    for name, options in {"all": [], "one": ["--layer", "3"], "two": ["--layer", "3", "--maps", "2"]}.items():
        out = tmp_path / f"{name}.png"
        assert run(["features", DIGIT, "--out", str(out), *options]) == 0
        assert str(out) in capsys.readouterr().out
        with Image.open(out) as image:
            sizes[name] = image.height
    assert sizes["all"] > 1500 > sizes["one"] > sizes["two"]


def test_a_picture_is_looked_at_as_predict_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dark = 255 - np.asarray(Image.open(DIGIT).convert("L"))
    Image.fromarray(dark).save(tmp_path / "light.png")
    assert run(["features", str(tmp_path / "light.png")]) == 0
    assert capsys.readouterr().out.startswith("lenet5 sees light.png: 5 (")
    assert run(["features", DIGIT, "--box", "0,0,9999,2"]) == 1
    assert "does not lie in its" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        ([], 2, "FILE is missing"),
        (["model.bin"], 2, "missing argument 'FILE'"),
        (["a", "b", "c"], 2, "3 names; give one model and one picture"),
        (["numbers.bin", DIGIT], 2, "numbers.bin: a model of numbers, which sees no pictures"),
        (["arrays.bin", DIGIT], 2, "arrays.bin: a model trained on arrays"),
        (["vgg", DIGIT], 2, 'no trained model ships as "vgg"'),
        ([DIGIT, "--layer", "77"], 2, 'no layer is named "77"; use one of 0, 1, '),
        (["none.png"], 2, "no such file"),
        ([DIGIT, "--out", "x.gif"], 2, "the picture is a PNG"),
    ],
)
def test_errors_are_one_line(
    arguments: list[str], code: int, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    shutil.copy(shipped_model("lenet5"), "model.bin")
    network = Network.from_model_name("mlp")
    save(network, "arrays.bin")
    table = Network.from_model_name("linear-regression", input_shape=(2,))
    columns = ("a", "b")
    table.recipe = NumberRecipe(columns, (0.0, 0.0), (1.0, 1.0), ("y",), (0.0,), (1.0,))
    save(table, "numbers.bin")
    assert run(["features", *arguments]) == code
    error = capsys.readouterr().err
    assert line in error and error.count("\n") == 1
