"""What the lesson on batch normalization reads off the reader's network and picture, against float64."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.layers import BatchNorm2d, Conv2d, Flatten, Linear, Module
from cnncli.lessons.batch_norm import _look, _own_blocks
from cnncli.lessons.blocks import Asked, Numbers
from cnncli.lessons.figures import Figure, Line
from cnncli.lessons.given import seen
from cnncli.model_file.serialize import save_model
from cnncli.network import Network

MEANS, VARIANCES, WEIGHTS, BIASES = np.array([[1.0, 2], [4, 9], [3, 5], [1, -1]])
EPSILON = 1e-5


@pytest.fixture
def model(tmp_path: Path) -> str:
    """Two maps, x + 0.5 and -2 x, each normalized by numbers of its own; a second normalization is not looked at."""
    first, second = BatchNorm2d(2), BatchNorm2d(2)
    layers: list[Module] = [Conv2d(1, 2, 1), first, second, Flatten(), Linear(128, 2)]
    network = Network(layers, (1, 8, 8), class_names=["a", "b"])
    network.initialize(1)
    weight, bias = network.parameters()[0][:2]
    weight[...], bias[...] = np.array([1, -2]).reshape(weight.shape), [0.5, 0]
    assert first.weight is not None and first.bias is not None
    first.running_mean[...], first.running_var[...] = MEANS, VARIANCES
    second.running_mean[...] = 100
    first.weight[...], first.bias[...] = WEIGHTS, BIASES
    save_model(tmp_path / "own.bin", network)
    return str(tmp_path / "own.bin")


def maps(model: str) -> np.ndarray:
    """float64 (2, pixels), before the normalization."""
    given = seen(Asked(model=model))
    x = given.network.samples(given.image).astype(np.float64).ravel()
    return np.stack([x + 0.5, -2 * x])


def normalized(values: np.ndarray, channel: int, mean: float, variance: float) -> np.ndarray:
    return WEIGHTS[channel] * (values - mean) / np.sqrt(variance + EPSILON) + BIASES[channel]


def test_it_reads_the_first_normalization_channel_by_channel(model: str) -> None:
    own, before = _look(Asked(model=model)), maps(model)
    assert own is not None and own.title == f"layer bn1 of {model}, on a digit of the set digits"
    for channel, found in enumerate(own.channels):
        behind = normalized(before[channel], channel, MEANS[channel], VARIANCES[channel])
        expected = [before[channel].mean(), MEANS[channel], VARIANCES[channel], behind.mean(), behind.std()]
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-5)
    assert len(own.channels) == 2
    np.testing.assert_allclose(own.before, before[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(own.evaluated, normalized(before[0], 0, 1, 4), rtol=1e-4, atol=1e-5)
    in_training = normalized(before[0], 0, float(before[0].mean()), float(before[0].var()))
    np.testing.assert_allclose(own.trained, in_training, rtol=1e-4, atol=1e-4)


def test_it_looks_where_a_model_or_a_picture_is_given(model: str, tmp_path: Path) -> None:
    assert _look(Asked()) is None and _own_blocks(None) == []
    pixels = np.random.default_rng(1).integers(0, 256, (32, 32, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "p.png")
    own = _look(Asked(picture=str(tmp_path / "p.png")))
    assert own is not None and own.title == "layer bn1 of convnet, not trained yet, on p.png"
    assert len(own.channels) == 6  # as many as a table shows, of more
    both = _look(Asked(model=model, picture=str(tmp_path / "p.png")))
    assert both is not None and both.title == f"layer bn1 of {model}, on p.png"


def test_what_it_reads_is_told_and_drawn(model: str) -> None:
    own = _look(Asked(model=model))
    assert own is not None
    table, figure, _ = _own_blocks(own)
    assert isinstance(table, Numbers) and isinstance(figure, Figure)
    assert [row[0] for row in table.rows] == ["0", "1"]
    assert [[float(value) for value in row[1:]] for row in table.rows] == [
        pytest.approx(list(channel), abs=6e-4) for channel in own.channels
    ]
    assert figure.title == f"channel 0 of {own.title}"
    drawn = [part.name for part in figure.parts if isinstance(part, Line)]
    assert drawn == ["before", "behind, in training", "behind, in evaluation"]
    values = np.concatenate([own.before, own.trained, own.evaluated])
    assert figure.x[0] <= values.min() and values.max() <= figure.x[1]
