"""`cnn summary` as users type it."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cnn_process import Outcome
from cnncli.cli import render_summary
from cnncli.cli.main import run
from cnncli.cli.render_summary import show_summary
from cnncli.layers import (
    Conv2d,
    Flatten,
    GroupNorm,
    Hardtanh,
    LayerNorm,
    Linear,
    LocalResponseNorm,
    RReLU,
    ScaledTanh,
    Threshold,
)
from cnncli.network import Network
from cnncli.shipped import model_names


def test_lenet5_is_the_one_of_the_paper(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summary", "lenet5"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    layers = {line[0]: line for line in lines if line and line[0].isdigit()}
    # Hand count of section II.B with a dense C3: 6*25+6, 16*150+16, 120*400+120, 84*120+84, 10*84+10.
    counts = {"0": "156", "3": "2,416", "7": "48,120", "9": "10,164", "11": "850"}
    for index, count in counts.items():
        assert count in layers[index]
    fields = [layers[index][-3] for index in ("0", "2", "3", "5", "7")]
    assert fields == ["5x5", "6x6", "14x14", "16x16", "32x32"]
    assert ["parameters", "61,706", "(247", "kB)"] in lines
    assert ["multiply-adds", "416,520", "for", "one", "image"] in lines


def test_json_has_the_same_facts(capsys: pytest.CaptureFixture[str]) -> None:
    import json

    assert run(["summary", "lenet5", "--json"]) == 0
    facts: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert facts["parameters"] == 61706 == sum(layer["parameters"] for layer in facts["layers"])
    assert facts["parameter_bytes"] == 4 * 61706
    first = facts["layers"][0]
    # 28*28 places, 6 maps, 25 weights
    assert first["multiply_adds"] == 28 * 28 * 6 * 25
    assert first["output"] == [6, 28, 28] and first["field_of_view"] == [5, 5]
    assert first["activation_bytes"] == 6 * 28 * 28 * 4


@pytest.mark.parametrize("name", model_names())
def test_every_network_has_a_summary(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summary", name]) == 0
    assert "parameters" in capsys.readouterr().out


def test_model_file_has_a_summary(trained: tuple[Path, Outcome], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summary", str(trained[0] / "model.bin")]) == 0
    from_file = capsys.readouterr().out
    assert run(["summary", "mlp"]) == 0
    *same, preparation, loss = from_file.splitlines()
    assert loss.split() == ["loss", "cross-entropy"]
    assert same == capsys.readouterr().out.splitlines()
    assert preparation.split()[:2] == ["pictures", "glyph:"]


def test_without_a_name_it_lists_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    import json

    assert run(["summary"]) == 0
    table = capsys.readouterr().out
    rows = [line.split() for line in table.splitlines()[1 : 1 + len(model_names())]]
    assert sorted(row[0] for row in rows) == model_names()
    counts = [int(row[2].replace(",", "")) for row in rows]
    assert counts == sorted(counts) and ["lenet5", "1x28x28", "61,706"] in [row[:3] for row in rows]
    assert run(["summary", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["networks"]
    assert [facts["network"] for facts in listed] == [row[0] for row in rows]
    assert [facts["parameters"] for facts in listed] == counts


def test_missing_file_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summary", "nothing.bin"]) == 2
    assert capsys.readouterr().err == (
        "cnn: nothing.bin: does not exist; check the name, or make one with cnn train --out\n"
    )


@pytest.mark.parametrize("width", [80, 120])
def test_a_terminal_of_80_columns_cuts_no_setting(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    layers = [
        Conv2d(3, 128, (3, 5), (1, 2), (1, 2), (2, 1), bias=False), LocalResponseNorm(5), ScaledTanh(), RReLU(),
        Hardtanh(-1.5, 2.5), GroupNorm(4, 128), Threshold(0.125, 0.375), Flatten(), LayerNorm(128 * 62 * 30),
        Linear(128 * 62 * 30, 10),
    ]  # fmt: skip
    network = Network(layers, (3, 64, 60))
    shown = io.StringIO()
    console = Console(file=shown, width=width, force_terminal=True, color_system=None)
    monkeypatch.setattr(render_summary, "stdout_console", lambda: console)
    show_summary(network)
    lines = shown.getvalue().splitlines()
    assert max(map(len, lines)) <= width and "\N{HORIZONTAL ELLIPSIS}" not in shown.getvalue()
    starts = [line[3:].split("  ")[0] for line in lines]  # the column of the layers
    words = " ".join(" ".join(starts).split())
    for row in network.layer_table():
        assert f"{row.type} {row.settings}".strip() in words
