"""Small networks that together have every layer type that comes with the program, in many settings."""

from collections.abc import Callable

import numpy as np

from cnncli import Network
from cnncli.layers import (
    GELU,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    Add,
    AvgPool1d,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    CMul,
    Concat,
    Conv1d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Dropout2d,
    Flatten,
    GroupNorm,
    Identity,
    LayerNorm,
    Linear,
    LocalResponseNorm,
    LogSoftmax,
    LPPool2d,
    MaxPool1d,
    MaxPool2d,
    MaxUnpool2d,
    Module,
    Mul,
    Parallel,
    PReLU,
    Residual,
    RReLU,
    Sequential,
    Softmax,
    Softmax2d,
    StochasticPool2d,
    SubSampling2d,
    Unflatten,
    Upsample,
    ZeroPad2d,
    activations,
)  # fmt: skip
from cnncli.layers.branches import Branches

Shape = tuple[int, ...]
Made = Callable[[], list[Module]]

_POOLING = MaxPool2d(3, 2, 1)

CASES: list[tuple[Made, Shape]] = [
    (lambda: [Conv2d(3, 4, (3, 5), (2, 1), (1, 2), (2, 1))], (3, 9, 8)),
    (lambda: [Conv2d(4, 6, 3, groups=2, bias=False)], (4, 5, 6)),
    (lambda: [Conv2d(4, 4, 3, padding=1, groups=4)], (4, 5, 6)),
    (lambda: [Conv2d(6, 16, 3, connections="lenet5-c3")], (6, 5, 5)),
    (lambda: [Conv2d(3, 2, 2, 2, 1, connections=[[2], [0, 1]], bias=False)], (3, 6, 5)),
    (lambda: [Conv1d(2, 3, 3, 2, 1, 2)], (2, 11)),
    (lambda: [Conv1d(4, 4, 2, groups=2)], (4, 7)),
    (lambda: [ConvTranspose2d(2, 3, 3, 2, 1, 1)], (2, 4, 5)),
    (lambda: [ConvTranspose2d(4, 6, (2, 3), (1, 2), groups=2, bias=False, dilation=(2, 1))], (4, 3, 4)),
    (lambda: [MaxPool2d((3, 2), (2, 1), 1, ceil_mode=True)], (2, 8, 7)),
    (lambda: [MaxPool2d(2, 2, dilation=2)], (2, 7, 7)),
    (lambda: [_POOLING, MaxUnpool2d(pooling=_POOLING, output_size=(7, 8))], (2, 7, 8)),
    (lambda: [AvgPool2d(3, 2, 1)], (2, 8, 7)),
    (lambda: [AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False)], (2, 8, 8)),
    (lambda: [AvgPool2d(3, 2, 1, ceil_mode=True)], (2, 8, 8)),
    (lambda: [AvgPool2d(2, divisor_override=3)], (2, 4, 4)),
    (lambda: [AdaptiveAvgPool2d((3, None))], (2, 7, 5)),
    (lambda: [AdaptiveMaxPool2d((9, 2))], (2, 7, 5)),
    (lambda: [MaxPool1d(3, 2, 1, ceil_mode=True)], (2, 10)),
    (lambda: [AvgPool1d(3, 2, 1, count_include_pad=False)], (2, 9)),
    (lambda: [LPPool2d(2, 2)], (2, 4, 6)),
    (lambda: [Identity(), activations.ReLU(), LPPool2d(2.5, 3, 2, ceil_mode=True)], (2, 8, 8)),
    (lambda: [LPPool2d(1, (1, 2))], (1, 3, 4)),
    (lambda: [StochasticPool2d(3, 2, 1)], (2, 7, 7)),
    (lambda: [SubSampling2d(3, 2)], (3, 6, 7)),
    (lambda: [BatchNorm2d(3)], (3, 4, 5)),
    (lambda: [BatchNorm1d(7, 1e-3, affine=False)], (7,)),
    (lambda: [GroupNorm(2, 4)], (4, 3, 5)),
    (lambda: [GroupNorm(3, 6, bias=False)], (6,)),
    (lambda: [LayerNorm((3, 5))], (4, 3, 5)),
    (lambda: [LayerNorm(8, elementwise_affine=False)], (8,)),
    (lambda: [LocalResponseNorm(4, 0.5, 0.6, 2)], (7, 3, 3)),
    (lambda: [PReLU(4), PReLU()], (4, 3, 3)),
    (lambda: [RReLU(0.1, 0.5)], (9,)),
    (lambda: [Dropout(0.3), Dropout(0.25, scale_in="evaluation"), Dropout2d(0.4, scale_in="evaluation")], (2, 3, 3)),
    (lambda: [Mul(), Add(1, scalar=True), CMul((3, 1, 1)), Add((1, 4, 1)), CMul((3, 4, 5))], (3, 4, 5)),
    (lambda: [CMul(6), Add(6)], (6,)),
    (lambda: [Softmax()], (7,)),
    (lambda: [Softmax(1), Softmax(2), Softmax(3), Softmax2d()], (3, 4, 5)),
    (lambda: [Flatten(), Linear(24, 5, bias=False), LogSoftmax()], (2, 3, 4)),
    (lambda: [Flatten(2), Unflatten(2, (3, -1)), Flatten(1, 2), Flatten(1, -1), Unflatten(1, (2, 2, 6))], (2, 3, 4)),
    (lambda: [ZeroPad2d((1, -1, 2, 0)), ZeroPad2d(-1)], (2, 5, 5)),
    (lambda: [Upsample(scale_factor=2), Upsample((3, 11))], (2, 3, 4)),
    (lambda: [Upsample(scale_factor=(1.7, 2.3), mode="bilinear")], (2, 4, 5)),
    (lambda: [Upsample((7, 3), mode="bilinear", align_corners=True)], (2, 4, 5)),
    (lambda: [Upsample(scale_factor=1.7, mode="bilinear", recompute_scale_factor=True)], (1, 4, 5)),
    (lambda: [Sequential(Conv2d(2, 4, 3, padding=1), Sequential(activations.Tanh())), Mul()], (2, 4, 4)),
    (lambda: [Residual([Conv2d(2, 4, 3, padding=1)], [Conv2d(2, 4, 1)]), Residual([BatchNorm2d(4)])], (2, 4, 4)),
    (lambda: [Concat([Conv2d(2, 3, 1)], [], [Residual([activations.Sigmoid()])])], (2, 4, 4)),
    (lambda: [Parallel([Conv2d(2, 1, 1)], [activations.ReLU()], [MaxPool2d(3, 1, 1)])], (6, 4, 4)),
    (lambda: [Concat([Linear(5, 2)], [Linear(5, 3)]), Parallel([Mul()], [Mul()], [Mul()], [], [Mul()])], (5,)),
    (lambda: [GELU("tanh")], (5, 5, 5)),
    (lambda: [activations.Threshold(0.3, -2.0)], (5, 5, 5)),
    *(
        (lambda name=name: [getattr(activations, name)()], (5, 5, 5))
        for name in activations.__all__ if name != "Threshold"
    ),
]  # fmt: skip


def types_in(layers: list[Module]) -> set[str]:
    """The names of the types of all layers, and of what they are nested in."""
    found = set()
    for layer in layers:
        found.add(type(layer).__name__)
        inside = [branch for _, branch in layer.branches] if isinstance(layer, Branches) else []
        inside += [layer] if isinstance(layer, Sequential) else []
        for branch in inside:
            found |= types_in(list(branch))
    return found


def filled(layers: list[Module], shape: Shape, rng: np.random.Generator) -> Network:
    """A network of them in evaluation, whose numbers are all drawn."""
    network = Network(layers, shape)
    network.eval()
    for parameter in network.named_parameters():
        parameter.value[...] = rng.uniform(-1, 1, parameter.value.shape)
    for _, buffer in network.named_buffers():
        buffer[...] = rng.uniform(0.3, 2, buffer.shape)
    return network
