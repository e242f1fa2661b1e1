"""Histograms count every value of every layer, and dead units are those that never change."""

import numpy as np
import pytest

from cnncli.criteria import CrossEntropyLoss
from cnncli.layers import Concat, Conv2d, Flatten, Linear, ReLU, Tanh
from cnncli.network import Network
from cnncli.network.histograms import BINS, dead_units, histogram, images_at_once, layer_histograms


def test_a_histogram_counts_values_in_equal_bins(rng: np.random.Generator) -> None:
    values = rng.normal(size=1000).astype(np.float32)
    found = histogram(values)
    counts, edges = np.histogram(values.astype(np.float64), bins=BINS)
    assert sum(found["counts"]) == 1000 and (found["low"], found["high"]) == (edges[0], edges[-1])
    assert np.abs(np.array(found["counts"]) - counts).sum() <= 2  # a value on an edge may fall on either side
    assert histogram(np.array([3.0, 3.0, np.nan, np.inf])) == {
        "low": 3.0, "high": 3.0, "counts": [2] + [0] * (BINS - 1), "others": 2,
    }  # fmt: skip
    assert sum(histogram(np.array([np.nan]))["counts"]) == 0


def test_layers_have_their_weights_outputs_and_gradients(rng: np.random.Generator) -> None:
    network = Network(
        [Conv2d(1, 4, 3, padding=1), ReLU(), Concat([Conv2d(4, 2, 1)], [Tanh()]), Flatten(), Linear(6 * 16, 3)],
        (1, 4, 4),
    )
    network.initialize(seed=1)
    network.train()
    network[0].weight[1], network[0].bias[1] = 0, -1  # never above 0
    network[0].weight[2], network[0].bias[2] = 0, 5  # above 0, and always the same but for nothing
    images = rng.normal(size=(8, 1, 4, 4)).astype(np.float32)
    labels = np.arange(8) % 3
    loss = CrossEntropyLoss()

    def grad_of(scores: np.ndarray) -> np.ndarray:
        loss.forward(scores, labels)
        return loss.backward(scores, labels)

    found = {one["name"]: one for one in layer_histograms(network, images, grad_of)}
    assert list(found) == ["0", "1", "2.0.0", "2.1.0", "2", "3", "4"] and network.training
    assert sum(found["0"]["weights"]["counts"]) == 36 and found["0"]["weights"]["low"] == network[0].weight.min()
    assert sum(found["2"]["activations"]["counts"]) == 8 * 6 * 16
    assert (found["1"]["units"], found["1"]["dead"]) == (4, 2) and found["1"]["weights"] is None
    assert found["0"]["dead"] is None and found["3"]["gradients"] is None

    network.eval()
    moved = []
    place = np.unravel_index(int(np.abs(network[4].grad_weight).argmax()), network[4].weight.shape)
    for step in (1e-2, -1e-2):
        network[4].weight[place] += step
        moved.append(loss.forward(network.forward(images), labels))
        network[4].weight[place] -= step
    slope = (moved[0] - moved[1]) / 2e-2
    shown = found["4"]["gradients"]
    assert max(abs(shown["low"]), abs(shown["high"])) == pytest.approx(abs(slope), rel=1e-2)
    assert layer_histograms(network, images)[0]["gradients"] is None


def test_a_unit_is_dead_if_it_is_the_same_for_all_samples_and_places() -> None:
    output = np.zeros((2, 3, 2, 2), np.float32)
    output[1, 1, 0, 1] = 1  # alive in one place for one sample
    output[:, 2] = 7
    assert dead_units(output) == 2
    assert dead_units(np.array([[1, 2], [1, 3]], np.float32)) == 1


def test_images_are_few_for_large_networks() -> None:
    assert images_at_once(Network.from_model_name("lenet5")) == 64
    assert 1 <= images_at_once(Network.from_model_name("mobilenet-small")) < 64
