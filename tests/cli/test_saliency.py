"""`cnn saliency` as users type it."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli import Network, load, save
from cnncli.cli.main import run
from cnncli.number_recipe import NumberRecipe
from cnncli.shipped import shipped_model
from cnncli.views.saliency import gradient_map, occlusion_map

DIGIT = str(Path(__file__).parents[2] / "digit.png")


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model.bin in the folder would be looked at in place of the one that ships."""
    monkeypatch.chdir(tmp_path)


def test_json_has_the_maps_of_all_methods(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["saliency", DIGIT, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["class"] == "5" and list(facts["maps"]) == ["gradient", "grad-cam", "occlusion"]
    model = load(shipped_model("lenet5"))
    image = model.recipe.prepare(DIGIT).pixels
    np.testing.assert_allclose(facts["maps"]["gradient"], gradient_map(model.network, image, 5), atol=1e-6)
    np.testing.assert_allclose(facts["maps"]["occlusion"], occlusion_map(model, image, 5), atol=1e-6)


def test_class_and_method_choose(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "why.png"
    arguments = ["saliency", "lenet5", DIGIT, "--class", "3", "--method", "grad-cam", "--layer", "2"]
    assert run([*arguments, "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"{out}: why digit.png is 3 (") and printed.endswith(" and not 5\n")
    with Image.open(out) as image:
        assert image.width == 1000
    assert run(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "Grad-CAM: where the maps of layer 2 speak for it"
    assert any(line.startswith("the input") and "Grad-CAM, layer 2" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "FILE is missing"),
        ([DIGIT, "--class", "13"], 'no class is named "13"; use one of 0, 1, 2'),
        ([DIGIT, "--method", "grad"], "did you mean"),
        ([DIGIT, "--method", "grad-cam", "--layer", "8"], "layer 8 has no maps"),
        (["numbers.bin", DIGIT], "a model of numbers, which sees no pictures"),
    ],
)
def test_errors_are_one_line(
    arguments: list[str], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    table = Network.from_model_name("linear-regression", input_shape=(2,))
    table.recipe = NumberRecipe(("a", "b"), (0.0, 0.0), (1.0, 1.0), ("y",), (0.0,), (1.0,))
    save(table, "numbers.bin")
    assert run(["saliency", *arguments]) == 2
    error = capsys.readouterr().err
    assert line in error and error.count("\n") == 1
