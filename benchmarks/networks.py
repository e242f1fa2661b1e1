"""Workloads from the networks of models/, and the operations that they take."""

import numpy as np

from benchmarks.workload import Workload
from cnncli import _core
from cnncli.network import Network
from cnncli.pictures.recipe import InputRecipe


def draw_digits(count: int, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(uint8 (count, 28, 28), labels as uint8): of the embedded data set, from its image number `first` on."""
    images, labels = np.empty((count, 28, 28), np.uint8), np.empty(count, np.uint8)
    _core.digits_generate(images, labels, seed=1, first=first)
    return images, labels


def make_workload(name: str, images: int) -> Workload:
    """The network `models/NAME.toml` with weights from seed 1, and pictures of digits in its size and channels."""
    network = Network.from_model_name(name, seed=1)
    channels, height, width = network.input_shape
    digits, labels = draw_digits(images)
    pixels = np.zeros((images, channels, height, width), np.uint8)
    pixels[:, :, (height - 28) // 2 :, (width - 28) // 2 :][:, :, :28, :28] = digits[:, None]
    if channels > 1:  # coloured, on noise: no two channels are the same
        random = np.random.default_rng(1)
        colours = random.uniform(0.3, 1, (images, channels, 1, 1))
        pixels = np.maximum(pixels * colours, random.uniform(0, 60, pixels.shape)).astype(np.uint8)
    network.recipe = InputRecipe.measured(pixels, kind="plain", polarity="light-on-dark")
    return workload_of(network, pixels, labels.astype(np.int64))


def workload_of(network: Network, pixels: np.ndarray, labels: np.ndarray) -> Workload:
    """A network as it is, with its weights and recipe."""
    arrays = {parameter.name: parameter.value.copy() for parameter in network.named_parameters()}
    arrays |= {name: value.copy() for name, value in network.named_buffers()}
    return Workload(network.description(), arrays, pixels, network.samples(pixels), labels)


def operations(name: str, *, training: bool) -> int:
    """Additions and multiplications for one image, counted as direct convolution does them.

    Training runs forward, gradient of the input and gradient of the weights: three times as many, but for the
    first layer, whose input needs no gradient.
    """
    counts = [row.multiply_adds for row in Network.from_model_name(name).layer_table()]
    total = sum(counts)
    if not training:
        return 2 * total
    first = next(count for count in counts if count)
    return 2 * (3 * total - first)
