"""`cnn histograms` as users type it, on a run that was trained."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from cnn_process import Outcome
from cnncli import load
from cnncli.cli.main import run
from cnncli.views.histograms import _chart, _line, histogram_lines


def test_a_training_keeps_the_histograms_of_its_model(
    trained: tuple[Path, Outcome], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(trained[0])
    assert run(["histograms", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    network = load("model.bin").network
    layers = {layer["name"]: layer for layer in facts["layers"]}
    assert list(layers) == [row.name for row in network.layer_table()] and facts["images"] == 64
    linear = next(row.name for row in network.layer_table() if row.type == "Linear")
    weight = network[int(linear)].weight
    assert layers[linear]["weights"]["low"] == float(weight.min())
    assert sum(layers[linear]["weights"]["counts"]) == weight.size
    assert sum(layers[linear]["activations"]["counts"]) == 64 * len(weight)
    assert layers[linear]["gradients"]["low"] < 0 < layers[linear]["gradients"]["high"]
    assert all(0 <= layer["dead"] <= layer["units"] for layer in layers.values() if layer["units"] is not None)


def test_they_are_drawn_or_saved(
    trained: tuple[Path, Outcome], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(trained[0])
    name = next(Path("runs").iterdir()).name
    assert run(["histograms", name]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{name}: 64 training images" and all(len(line) <= 120 for line in lines)
    assert any(line.startswith("  weights     ") for line in lines)
    out = tmp_path / "h.png"
    assert run(["histograms", f"runs/{name}", "--out", str(out)]) == 0
    with Image.open(out) as image:
        pixels = np.asarray(image.convert("RGB"))
    assert pixels.shape[1] == 1000
    for colour in ((59, 120, 196), (33, 145, 140), (199, 116, 27)):
        assert (pixels == colour).all(axis=2).sum() > 1000


def test_bars_are_roots_and_what_is_there_is_seen() -> None:
    assert _line([0, 1, 100, 400], 8, blocks=True) == " ▁▄█"
    assert _line([0, 1, 100, 400], 8, blocks=False) == " .=@"
    shown = {"low": -1.0, "high": 2.0, "counts": [1] * 32, "others": 3}
    layer = {
        "name": "1", "type": "ReLU", "weights": None, "activations": shown, "gradients": None, "units": 4, "dead": 2,
    }  # fmt: skip
    assert list(histogram_lines([layer], 100, blocks=False)) == [
        "1  ReLU  2 of 4 units never change", f"  activations {'@' * 32}  -1 to 2, 3 no numbers",
    ]  # fmt: skip


def test_folders_without_histograms_and_damaged_ones_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["histograms"]) == 2
    assert "runs: no run with histograms" in capsys.readouterr().err
    assert run(["histograms", "a"]) == 2
    assert capsys.readouterr().err == "cnn: a: no such run; start one with cnn train\n"
    (tmp_path / "runs" / "a").mkdir(parents=True)
    assert run(["histograms", "a"]) == 2
    assert "runs/a: holds no histograms.json" in capsys.readouterr().err
    histogram = '{"low": 0, "high": 1, "counts": [1], "others": 0}'
    layer = f'{{"name": "0", "type": "ReLU", "activations": {histogram}}}'
    for text in ("{", "[]", "{}", '{"images": 1, "layers": [1]}', f'{{"images": 1, "layers": [{layer}]}}'):
        (tmp_path / "runs" / "a" / "histograms.json").write_text(text)
        assert run(["histograms", "a"]) == 1
        error = capsys.readouterr().err
        assert "histograms.json: " in error and error.count("\n") == 1


def test_a_file_of_histograms_may_have_64_mebibytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of zeros, which take no room on a disk: what is no larger is read, and found to be no JSON."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "a").mkdir(parents=True)
    for size, is_told in ((2**26, False), (2**26 + 1, True)):
        with (tmp_path / "runs" / "a" / "histograms.json").open("wb") as file:
            file.truncate(size)
        assert run(["histograms", "a"]) == 1
        assert ("is larger than 64 MiB; train again" in capsys.readouterr().err) == is_told


@pytest.mark.parametrize(("low", "high", "has_zero"), [
    (-1.0, 2.0, True), (-0.00625, 0.0297, False), (-0.0297, 0.00625, False), (-0.00625, 0.016, True), (0.0, 1.0, False),
])  # fmt: skip
def test_numbers_below_the_bars_do_not_touch(
    low: float, high: float, has_zero: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 0 near an end whose number is long is left out; its line stays."""
    drawn: list[tuple[float, float]] = []

    def note(self: object, at: tuple[float, float], words: str, *, font: Any, anchor: str = "la", **_: object) -> None:
        wide = font.getlength(words)
        left = at[0] - {"l": 0, "m": wide / 2, "r": wide}[anchor[0]]
        drawn.append((left, left + wide))

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", note)
    _chart("gradients", {"low": low, "high": high, "counts": [1] * 32, "others": 0})
    drawn.sort()
    assert len(drawn) == 2 + has_zero
    assert all(right + 7 < left for (_, right), (left, _) in itertools.pairwise(drawn))
