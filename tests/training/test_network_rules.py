"""Mistakes in the layers of a description are told before data are read, with file, line and layer."""

from pathlib import Path

import pytest

from cnncli.errors import CnnError
from cnncli.training.network_rules import check_network
from cnncli.training.train import train
from cnncli.training_options import TrainSettings

TOP = 'name = "own"\ninput = [1, 28, 28]\n# layers\n'
FLAT = '[[layers]]\ntype = "Flatten"\n'
CASES = {
    "type": (TOP + FLAT + '\n[[layers]]\ntype = "Linaer"\n', 'line 7, layer 1: unknown type "Linaer"; did you mean'),
    "setting": (
        TOP + '[[layers]]\ntype = "Conv2d"\nkernell = 3\n',
        'line 4, layer 0 (Conv2d): unknown setting "kernell"; did you mean "kernel_size"?',
    ),
    "value": (
        'name = "own"\ninput = [1, 28, 28]\n'
        'layers = [\n  {type = "Flatten"},\n  {type = "Linear", out_features = -3},\n]\n',
        "line 3, layer 1 (Linear): out_features is -3; use a whole number, at least 1 and at most 2,147,483,647",
    ),
    "size": (
        TOP + '[[layers]]\ntype = "Conv2d"\nout_channels = 4\nkernel_size = 50\n',
        "line 4, layer 0 (Conv2d): kernel 50x50 does not fit its input 28x28",
    ),
    "nested": (
        'name = "own"\n[[layers]]\ntype = "Sequential"\n[[layers.layers]]\ntype = "Flatten"\n[[layers.layers]]\n'
        'type = "Linear"\nout_features = "klasses"\n',
        'line 6, layer 0.1 (Linear): out_features is "klasses"',
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_faulty_layers_are_told_before_data_are_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    monkeypatch.chdir(tmp_path)
    text, line = CASES[case]
    Path("own.toml").write_text(text)
    with pytest.raises(CnnError) as caught:
        next(train(TrainSettings(architecture="own.toml", data="not there")))
    assert str(caught.value).startswith(f"own.toml, {line}")


def test_what_only_the_data_decide_is_left_to_them(tmp_path: Path) -> None:
    layers = [{"type": "Conv2d", "out_channels": 4, "kernel_size": 50}, {"type": "Flatten"}]
    ending = {"type": "Linear", "out_features": 7}
    for described in ({}, {"input": [1, 28, 28]}):
        settings = TrainSettings(architecture="own.toml", pixels=(64, 64) if described else None)
        check_network(settings, {**described, "layers": [*layers, ending]}, "own.toml")
