"""`cnn field` as users type it."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli import Network, load, save
from cnncli.cli.main import run
from cnncli.shipped import model_names, shipped_model
from cnncli.views.page import MARK

DIGIT = str(Path(__file__).parents[2] / "digit.png")


def test_json_has_the_part_of_each_layer(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["field", "lenet5", "--unit", "3:7,4", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["network"] == "lenet5"
    assert [(layer["name"], layer["seen"][1:]) for layer in facts["layers"]] == [
        ("input", [[12, 25], [6, 19]]), ("0", [[14, 23], [8, 17]]), ("1", [[14, 23], [8, 17]]),
        ("2", [[7, 11], [4, 8]]), ("3", [[7, 7], [4, 4]]),
    ]  # fmt: skip


def test_out_has_the_frame_around_the_part_and_the_rest_in_the_dark(tmp_path: Path) -> None:
    out = tmp_path / "field.png"
    assert run(["field", "lenet5", "--unit", "3:7,4", DIGIT, "--out", str(out)]) == 0
    with Image.open(out) as image:
        page = np.asarray(image.convert("RGB"))
    left = page[:, :476]  # of the two pictures the first
    rows, columns = np.nonzero((left[:560] == MARK).all(axis=2))
    top = int(rows.min()) - 12 * 16
    assert (columns.min(), columns.max()) == (28 + 6 * 16, 28 + 20 * 16 - 1)
    assert rows.max() == top + 26 * 16 - 1
    recipe = load(shipped_model("lenet5")).recipe
    pixels = recipe.prepare(DIGIT).pixels[0]
    seen = page[top + 8 : top + 448 : 16, 36 : 28 + 448 : 16, 0]
    inside = np.zeros((28, 28), bool)
    inside[12:26, 6:20] = True
    np.testing.assert_array_equal(seen[inside], pixels[inside])
    np.testing.assert_array_equal(seen[~inside], np.rint(pixels * 0.35).astype(np.uint8)[~inside])


def test_the_terminal_shows_it_and_without_a_picture_squares(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["field", "lenet5", "--unit", "7:3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "unit 3 of layer 7 (Linear) of lenet5"
    assert lines[1] == "sees rows 0 to 27 and columns 0 to 27 of the input: 28x28 of 28x28 pixels"
    assert run(["field", "lenet5", "--unit", "3:7,4"]) == 0
    assert "0: 10x10" in capsys.readouterr().out


@pytest.mark.parametrize("name", [name for name in model_names() if not name.endswith(("-m", "-l"))])
def test_units_of_every_network_can_be_marked(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network = Network.from_model_name(name)
    for step in network.trace()[:: max(1, len(network.trace()) // 4)]:
        unit = ",".join("0" for _ in step.output_shape)
        assert run(["field", name, "--unit", f"{step.name}:{unit}", "--out", str(tmp_path / "x.png")]) == 0
        assert " sees " in capsys.readouterr().out


def test_a_picture_is_prepared_as_the_network_asks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["field", "resnet-small", "--unit", "0:3,4", DIGIT]) == 0  # never trained: the whole picture is fitted
    assert "of 32x32 pixels" in capsys.readouterr().out
    save(Network.from_model_name("linear-regression", input_shape=(2,)), tmp_path / "numbers.bin")
    assert run(["field", str(tmp_path / "numbers.bin"), "--unit", "0:0", DIGIT]) == 2
    assert "takes no pictures; leave the picture out" in capsys.readouterr().err
    assert run(["field", str(tmp_path / "numbers.bin"), "--unit", "0:0"]) == 0
    assert "sees values 0 to 1 of the 2 of the input" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["lenet5"], "missing option '--unit'"),
        (["lenet6", "--unit", "0:0,0"], 'no network is named "lenet6"; did you mean "lenet5"?'),
        (["lenet5", "--unit", "0:28,0"], "use a row up to 27"),
    ],
)
def test_usage_errors_are_one_line(arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["field", *arguments]) == 2
    error = capsys.readouterr().err
    assert line in error and error.count("\n") == 1
