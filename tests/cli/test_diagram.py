"""`cnn diagram` as users type it."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cnncli.cli.main import run


def test_out_is_an_svg(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "lenet5.svg"
    assert run(["diagram", "lenet5", "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}: lenet5, 61,706 parameters\n"
    assert ElementTree.parse(out).getroot().tag.endswith("svg")


def test_json_tells_what_each_layer_reads(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagram", "resnet-small", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    by_name = {layer["name"]: layer for layer in facts["layers"]}
    assert by_name["3"]["inputs"] == ["3.body.4", "2"] and by_name["3.body.0"]["inputs"] == ["2"]
    assert by_name["0"]["inputs"] == ["input"] and by_name["0"]["parameters"] == 432
    assert sum(layer["parameters"] for layer in facts["layers"]) == 175_258


def test_parts_of_the_channels_come_from_the_layer_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "halves.toml").write_text(
        'name = "halves"\ninput = [2, 4, 4]\n[[layers]]\ntype = "Tanh"\n[[layers]]\ntype = "Parallel"\n'
        'branches = [[{ type = "ReLU" }], [{ type = "Sigmoid" }]]\n'
    )
    assert run(["diagram", str(tmp_path / "halves.toml"), "--json"]) == 0
    layers = json.loads(capsys.readouterr().out)["layers"]
    assert [(layer["name"], layer["inputs"]) for layer in layers] == [
        ("0", ["input"]), ("1.0.0", ["0"]), ("1.1.0", ["0"]), ("1", ["1.0.0", "1.1.0"]),
    ]  # fmt: skip


def test_without_out_lines_have_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagram", "lenet5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["input", "1x28x28"] and lines[-1] == "61,706 parameters"
    assert lines[1].split()[-2:] == ["6x28x28", "156"] and lines[0].index("1x28x28") == lines[1].index("6x28x28")


def test_errors_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagram", "lenet5", "--out", "x.png"]) == 2
    assert "--out x.png: the diagram is an SVG; use a name that ends in .svg" in capsys.readouterr().err
    assert run(["diagram", "lenet"]) == 2
    assert 'did you mean "lenet5"?' in capsys.readouterr().err
