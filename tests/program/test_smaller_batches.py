"""A last batch that is smaller: what a larger one left behind in the lanes of other samples counts nowhere."""

from collections.abc import Callable

import numpy as np
import pytest

import cnncli
from cnncli import _core
from cnncli.criteria import CrossEntropyLoss
from cnncli.layers import (
    Add,
    BatchNorm2d,
    CMul,
    Conv2d,
    ConvTranspose2d,
    Flatten,
    GroupNorm,
    LayerNorm,
    Linear,
    Module,
    Mul,
    PReLU,
    SubSampling2d,
    Tanh,
)
from cnncli.network import Network
from cnncli.optim import SGD

LAYERS: dict[str, Callable[[], Module]] = {
    "Conv2d": lambda: Conv2d(3, 3, 3, padding=1),
    "depthwise": lambda: Conv2d(3, 3, 3, padding=1, groups=3),
    "connections": lambda: Conv2d(3, 3, 3, padding=1, connections=[[0, 1], [1, 2], [0, 2]]),
    "ConvTranspose2d": lambda: ConvTranspose2d(3, 3, 3, padding=1),
    "SubSampling2d": lambda: SubSampling2d(3, 2),
    "PReLU": lambda: PReLU(3),
    "CMul": lambda: CMul((3, 1, 4)),
    "Add": lambda: Add((3, 4, 1)),
    "Mul": lambda: Mul(),
    "GroupNorm": lambda: GroupNorm(1, 3),
    "LayerNorm": lambda: LayerNorm([3, 4, 4]),
    "BatchNorm2d": lambda: BatchNorm2d(3),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("samples", [17, 21])
def test_a_smaller_last_batch_learns_as_the_eager_layers_do(
    name: str, samples: int, instruction_set: str, rng: np.random.Generator
) -> None:
    networks = []
    for _ in range(2):
        layer = LAYERS[name]()
        size = int(np.prod(layer.output_shape((3, 4, 4))))
        networks.append(Network([layer, Tanh(), Flatten(), Linear(size, 4)], (3, 4, 4)))
        networks[-1].initialize(seed=7)
    compiled, eager = networks
    order = np.asarray(_core.permutation(samples, seed=1, epoch=0))  # what a Trainer takes first
    images, labels = rng.normal(size=(samples, 3, 4, 4)).astype(np.float32), rng.integers(0, 4, samples)
    images[order[:16]] *= 20  # left behind they would be seen
    *_, done = cnncli.Trainer(compiled, (images, labels), optimizer=SGD(0.05), epochs=1, batch_size=16)
    assert done.images == samples
    eager.train()
    criterion, optimizer = CrossEntropyLoss(), SGD(0.05)
    for batch in (order[:16], order[16:]):
        eager.zero_grad_parameters()
        outputs = eager.forward(images[batch])
        criterion.forward(outputs, labels[batch])
        eager.backward(images[batch], criterion.backward(outputs, labels[batch]))
        optimizer.step(eager.named_parameters())
    for one, other in zip(compiled.named_parameters(), eager.named_parameters(), strict=True):
        scale = max(1.0, float(np.abs(other.value).max()))
        assert np.allclose(one.value, other.value, rtol=1e-4, atol=2e-5 * scale), one.name
