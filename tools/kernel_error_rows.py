"""Rows of `kernel_errors` for the layers and losses that networks of the first stage did not have."""

from collections.abc import Callable
from typing import Any

import numpy as np

import cnncli
from cnncli import criteria, layers
from cnncli.layers import (
    CMul,
    ConvTranspose2d,
    GroupNorm,
    LayerNorm,
    Linear,
    LocalResponseNorm,
    LPPool2d,
    Module,
    PReLU,
    Softmax,
    StochasticPool2d,
    SubSampling2d,
    Upsample,
)
from cnncli.optim import SGD
from cnncli.program import Program

SAMPLES = 64
# (what the kernel gives, what it should)
Result = tuple[np.ndarray, np.ndarray]
Names = dict[str, Any]
Row = Callable[[Names], Result]


def made(layer: Module) -> Any:
    layer.initialize(seed=1)
    return layer


def values(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def double(*arrays: Any) -> list[np.ndarray]:
    return [np.asarray(array, np.float64) for array in arrays]


def passes(layer: Module, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(output, the gradient of the input, that of the output, which is drawn)"""
    y = layer.forward(x)
    g = values(*y.shape, seed=1)
    layer.zero_grad_parameters()
    return y, layer.backward(x, g), g


def activation(name: str, which: int) -> Row:
    def row(n: Names) -> Result:
        x = values(SAMPLES, 1000) * 3
        y, grad_x, g = passes(getattr(layers, name)(), x)
        function, wide = n["FUNCTIONS"][name], x.astype(np.float64)
        return (y, function(wide)) if which == 0 else (grad_x, g * n["slope"](function, wide))

    return row


def gain(name: str) -> Row:
    def row(n: Names) -> Result:
        layer: Any = PReLU(6, init=0.3) if name == "PReLU" else CMul([6, 1, 1])
        x = values(SAMPLES, 6, 23, 31)
        _, _, g = passes(layer, x)
        products = np.prod(double(x, g), axis=0)
        kept = np.where(x > 0, 0, products) if name == "PReLU" else products
        return layer.grad_weight.ravel(), kept.sum(axis=(0, 2, 3))

    return row


def normalization(kind: str, which: int) -> Row:
    def row(n: Names) -> Result:
        layer = GroupNorm(2, 6) if kind == "groups" else LayerNorm([8, 9])
        x = values(SAMPLES, 6, 8, 9) * 3 + 5
        y, grad_x, g = passes(layer, x)
        shape = (SAMPLES, 2, 3, 8, 9) if kind == "groups" else x.shape
        axes = (2, 3, 4) if kind == "groups" else (2, 3)
        wide, grad = (array.reshape(shape) for array in double(x, g))
        h, scale = n["normalized"](wide, axes, layer.eps)
        expected = h if which == 0 else n["gradient"](h, scale, grad, axes)
        return (y, grad_x)[which], expected.reshape(x.shape)

    return row


def response(which: int) -> Row:
    def row(n: Names) -> Result:
        x = values(SAMPLES, 16, 8, 8)
        y, grad_x, g = passes(LocalResponseNorm(5, alpha=0.5, beta=0.75, k=1.0), x)
        return (y, grad_x)[which], n["response"](*double(x, g), 5, 0.5, 0.75, 1.0)[which]

    return row


def upsampling(which: int) -> Row:
    def row(n: Names) -> Result:
        x = values(SAMPLES, 4, 9, 7)
        y, grad_x, g = passes(Upsample((23, 16), mode="bilinear"), x)
        rows, columns, wide, grad = n["weights"](9, 23), n["weights"](7, 16), *double(x, g)
        if which == 0:
            return y, np.einsum("ph,qw,nchw->ncpq", rows, columns, wide, optimize=True)
        return grad_x, np.einsum("ph,qw,ncpq->nchw", rows, columns, grad, optimize=True)

    return row


def sub_sampling(n: Names) -> Result:
    layer = made(SubSampling2d(4, 3, 2))
    x = values(SAMPLES, 4, 13, 13)
    weight, bias = (array.reshape(4, 1, 1) for array in double(layer.weight, layer.bias))
    return layer(x), weight * n["windows"](*double(x), 3, 2, 0, 0).sum(axis=(4, 5)) + bias


def weighed(n: Names) -> Result:
    x = values(SAMPLES, 4, 13, 13)
    positive = np.maximum(n["windows"](*double(x), 3, 2, 0, 0), 0)
    total = positive.sum(axis=(4, 5))
    return StochasticPool2d(3, 2).eval()(x), (positive**2).sum(axis=(4, 5)) / np.where(total == 0, 1, total)


def powers(p: float) -> Row:
    def row(n: Names) -> Result:
        x = np.abs(values(SAMPLES, 4, 13, 13))
        return LPPool2d(p, 3, 2)(x), (n["windows"](*double(x), 3, 2, 0, 0) ** p).sum(axis=(4, 5)) ** (1 / p)

    return row


def transposed(n: Names) -> Result:
    layer = made(ConvTranspose2d(16, 6, 5, stride=2))
    x = values(SAMPLES, 16, 8, 8)
    return layer(x), n["transposed"](*double(x, layer.weight, layer.bias), stride=2)


def softmax(which: int) -> Row:
    def row(n: Names) -> Result:
        x = values(SAMPLES, 10) * 5
        y, grad_x, g = passes(Softmax(), x)
        return (y, grad_x)[which], n["softmax"](*double(x, g))[which]

    return row


def loss(name: str) -> Row:
    """Of each sample, in a program whose outputs are its inputs."""

    def row(n: Names) -> Result:
        layer = Linear(10, 10)
        layer.weight[...], layer.bias[...] = np.eye(10), 0
        x, target = values(SAMPLES, 10) * 3, np.random.default_rng(1).uniform(0, 1, (SAMPLES, 10)).astype(np.float32)
        if name in ("SoftMarginLoss", "HingeLoss"):
            target = np.where(target < 0.5, -1, 1).astype(np.float32)
        network, losses = cnncli.Network([layer], (10,)), np.zeros(SAMPLES, np.float32)
        program = Program(network, SAMPLES, criterion=getattr(criteria, name)(), optimizer=SGD(0.0))
        program.bind(x, target)
        program.step(np.arange(SAMPLES), step=0, epoch=0, losses=losses)
        return losses, n["VALUES"][name](*double(x, target)).mean(axis=1)

    return row


_SMOOTH = [
    "Tanh", "ScaledTanh", "Sigmoid", "LogSigmoid", "Softplus", "Softsign", "ELU", "SELU", "SiLU", "Mish", "GELU",
]  # fmt: skip
ROWS: dict[str, dict[str, Row]] = {
    "activation": {
        f"{name}{', gradient' if which else ''}": activation(name, which) for name in _SMOOTH for which in (0, 1)
    },
    "gains": {"gradient of slopes": gain("PReLU"), "gradient of factors": gain("CMul")},
    "sample-normalization": {
        "groups of 3 channels of 8x9": normalization("groups", 0),
        "groups, gradient of the input": normalization("groups", 1),
        "layers of 8x9": normalization("layers", 0),
        "layers, gradient of the input": normalization("layers", 1),
        "5 of 16 neighbouring channels": response(0),
        "neighbouring channels, gradient of the input": response(1),
    },
    "shapes": {
        "bilinear, 9x7 to 23x16": upsampling(0), "bilinear, gradient of the input": upsampling(1),
    },
    "pooling": {
        "sub-sampling of 3x3": sub_sampling,
        "stochastic, of 3x3, in evaluation": weighed,
        **{f"powers of {p}, of 3x3": powers(p) for p in (2, 2.5, 3)},
    },
    "convolution": {"transposed, 16 to 6 channels, 5x5, stride 2": transposed},
    "loss": {
        "softmax of 10 classes": softmax(0),
        "softmax, gradient": softmax(1),
        **{f"{name} of 10 values": loss(name) for name in (
            "L1Loss", "MSELoss", "SmoothL1Loss", "HuberLoss", "BCEWithLogitsLoss", "SoftMarginLoss", "HingeLoss")},
    },
}  # fmt: skip
