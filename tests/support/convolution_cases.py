"""Convolutions of random arrays for tests of kernels: what the core computes, and what float64 says."""

from dataclasses import dataclass

import numpy as np

import oracles
from cnncli import _core


@dataclass(frozen=True)
class Shape:
    batch: int = 5
    channels: int = 3
    outputs: int = 7
    size: tuple[int, int] = (6, 7)
    kernel: tuple[int, int] = (3, 3)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1

    @property
    def settings(self) -> dict:
        return {
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "groups": self.groups,
        }

    @property
    def output_size(self) -> tuple[int, int]:
        return oracles.output_size(self.size, self.kernel, self.stride, self.padding, self.dilation)

    @property
    def weights(self) -> int:
        return self.channels // self.groups * self.kernel[0] * self.kernel[1]

    def __str__(self) -> str:
        """What differs from the first case, for the test's name."""
        different = [name for name, value in vars(self).items() if value != getattr(Shape, name)]
        return ",".join(f"{name}={getattr(self, name)}" for name in different).replace(" ", "") or "plain"


@dataclass(frozen=True)
class Case:
    shape: Shape
    x: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    grad_y: np.ndarray

    def node(self, algorithm: str) -> _core.Node:
        return _core.Node("convolution", {**self.shape.settings, "algorithm": algorithm})

    def forward(self, algorithm: str, with_bias: bool = True) -> np.ndarray:
        arrays = {"weight": self.weight, "bias": self.bias if with_bias else None}
        return self.node(algorithm).forward(self.x, arrays)

    def backward_input(self, algorithm: str) -> np.ndarray:
        x = np.full_like(self.x, np.nan)  # not read
        return self.node(algorithm).grad_input(x, self.grad_y, {"weight": self.weight})

    def backward_parameters(
        self, algorithm: str, scale: float = 1.0, start: float = 0.0, with_bias: bool = True
    ) -> tuple[np.ndarray, np.ndarray]:
        grad_weight, grad_bias = np.full_like(self.weight, start), np.full_like(self.bias, start)
        arrays = {
            "weight": np.full_like(self.weight, np.nan),  # not read
            "grad_weight": grad_weight, "grad_bias": grad_bias if with_bias else None,
        }
        self.node(algorithm).acc_grad(self.x, self.grad_y, arrays, scale=scale)
        return grad_weight, grad_bias

    def expected_forward(self, with_bias: bool = True) -> np.ndarray:
        bias = self.bias if with_bias else None
        return oracles.convolution_forward(self.x, self.weight, bias, **self.shape.settings)

    def expected_backward_input(self) -> np.ndarray:
        return oracles.convolution_backward_input(
            self.grad_y, self.weight, self.shape.size, **self.shape.settings
        )

    def expected_backward_parameters(self) -> tuple[np.ndarray, np.ndarray]:
        return oracles.convolution_backward_parameters(
            self.x, self.grad_y, self.shape.kernel, **self.shape.settings
        )

    @property
    def gradient_terms(self) -> int:
        return 1 + self.shape.batch * self.shape.output_size[0] * self.shape.output_size[1]


def make(rng: np.random.Generator, shape: Shape) -> Case:
    def uniform(*size: int) -> np.ndarray:
        return rng.uniform(-1, 1, size).astype(np.float32)

    return Case(
        shape,
        x=uniform(shape.batch, shape.channels, *shape.size),
        weight=uniform(shape.outputs, shape.channels // shape.groups, *shape.kernel),
        bias=uniform(shape.outputs),
        grad_y=uniform(shape.batch, shape.outputs, *shape.output_size),
    )
