"""The compiled core. Arrays are C-contiguous; outputs come allocated; nothing is converted silently."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

_Float = NDArray[np.float32]
_Pair = tuple[int, int]
_Matrix = list[list[float]]
_Algorithm = Literal["auto", "direct", "im2col", "winograd"]

def gemm(
    a: _Float,
    b: _Float,
    c: _Float,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    accumulate: bool = False,
) -> None: ...
def convolution_algorithms() -> list[_Algorithm]: ...

# The forms F(outputs, taps) of Winograd's minimal filtering in use, and the matrices B^T, G and A^T of one.
def winograd_forms() -> list[tuple[int, int]]: ...
def winograd_matrices(outputs: int, taps: int) -> tuple[_Matrix, _Matrix, _Matrix]: ...

# Each returns the algorithm that ran and the seconds it took, without the conversions around it.
def convolution_forward(
    input: _Float,
    output: _Float,
    weight: _Float,
    bias: _Float | None,
    *,
    stride: _Pair,
    padding: _Pair,
    dilation: _Pair,
    groups: int,
    algorithm: _Algorithm = "auto",
) -> tuple[str, float]: ...
def convolution_backward_input(
    grad_output: _Float,
    grad_input: _Float,
    weight: _Float,
    *,
    stride: _Pair,
    padding: _Pair,
    dilation: _Pair,
    groups: int,
    algorithm: _Algorithm = "auto",
) -> tuple[str, float]: ...
def convolution_backward_parameters(
    input: _Float,
    grad_output: _Float,
    grad_weight: _Float,
    grad_bias: _Float | None,
    *,
    stride: _Pair,
    padding: _Pair,
    dilation: _Pair,
    groups: int,
    scale: float = 1.0,
    algorithm: _Algorithm = "auto",
) -> tuple[str, float]: ...
def linear_forward(input: _Float, output: _Float, weight: _Float, bias: _Float | None) -> None: ...
def linear_backward_input(grad_output: _Float, grad_input: _Float, weight: _Float) -> None: ...
def linear_backward_parameters(
    input: _Float, grad_output: _Float, grad_weight: _Float, grad_bias: _Float | None, *, scale: float = 1.0
) -> None: ...
def max_pooling_forward(
    input: _Float, output: _Float, argmax: NDArray[np.int32], *, kernel: _Pair, stride: _Pair, padding: _Pair
) -> None: ...
def max_pooling_backward(
    grad_output: _Float,
    argmax: NDArray[np.int32],
    grad_input: _Float,
    *,
    kernel: _Pair,
    stride: _Pair,
    padding: _Pair,
) -> None: ...
def average_pooling_forward(
    input: _Float, output: _Float, *, kernel: _Pair, stride: _Pair, padding: _Pair, count_padding: bool = True
) -> None: ...
def average_pooling_backward(
    grad_output: _Float,
    grad_input: _Float,
    *,
    kernel: _Pair,
    stride: _Pair,
    padding: _Pair,
    count_padding: bool = True,
) -> None: ...
def activation_functions() -> dict[str, Literal["input", "output"]]: ...
def activation_forward(
    input: _Float, output: _Float, *, function: str, alpha: float = ..., beta: float = ...
) -> None: ...
def activation_backward(
    kept: _Float, grad_output: _Float, grad_input: _Float, *, function: str, alpha: float = ..., beta: float = ...
) -> None: ...
def batch_normalization_forward(
    input: _Float,
    output: _Float,
    weight: _Float | None,
    bias: _Float | None,
    running_mean: _Float,
    running_variance: _Float,
    saved_mean: _Float,
    saved_inverse_std: _Float,
    *,
    training: bool,
    momentum: float,
    epsilon: float,
) -> None: ...
def batch_normalization_backward(
    input: _Float,
    grad_output: _Float,
    grad_input: _Float,
    weight: _Float | None,
    saved_mean: _Float,
    saved_inverse_std: _Float,
    grad_weight: _Float | None,
    grad_bias: _Float | None,
    *,
    training: bool,
    scale: float = 1.0,
) -> None: ...
def dropout_forward(input: _Float, output: _Float, *, rate: float, seed: int, layer: int, step: int) -> None: ...
def dropout_backward(
    grad_output: _Float, grad_input: _Float, *, rate: float, seed: int, layer: int, step: int
) -> None: ...
def log_softmax_forward(input: _Float, output: _Float) -> None: ...
def log_softmax_backward(output: _Float, grad_output: _Float, grad_input: _Float) -> None: ...
def softmax_nll_forward(
    input: _Float, labels: NDArray[np.int64], losses: _Float, log_probabilities: _Float
) -> None: ...
def softmax_nll_backward(
    log_probabilities: _Float, labels: NDArray[np.int64], grad_input: _Float, *, scale: float
) -> None: ...
def update(
    rule: str, parameter: _Float, gradient: _Float, states: dict[str, _Float], settings: Sequence[float]
) -> None: ...
def update_rules() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]: ...
def random_uniform(out: _Float, *, seed: int, purpose: int, stream: int = 0) -> None: ...
def random_normal(out: _Float, *, seed: int, purpose: int, stream: int = 0) -> None: ...
def permutation(count: int, *, seed: int, epoch: int) -> NDArray[np.int64]: ...
def instruction_sets() -> list[str]: ...
def instruction_set() -> str: ...
def set_instruction_set(name: str) -> None: ...
def thread_count() -> int: ...
def set_thread_count(count: int) -> None: ...
def default_thread_count() -> int: ...
def fma_peak(*, seconds: float) -> float: ...
def digits_generate(images: NDArray[np.uint8], labels: NDArray[np.uint8], *, seed: int, first: int) -> None: ...

class Program:
    """A network lowered to native calls on buffers of its own; values are numbered as they are added."""

    def __init__(self, batch_size: int, *, training: bool, couples_samples: bool, frozen: bool = False) -> None: ...
    def input(self, shape: tuple[int, ...], table: _Float) -> int: ...
    def add(
        self,
        kind: str,
        inputs: list[int],
        arrays: Mapping[str, _Float | None] = ...,
        settings: Mapping[str, Any] = ...,
    ) -> int: ...
    def loss(self, x: int, *, kind: str) -> None: ...
    def result(self, x: int) -> None: ...
    def update(
        self, rule: str, parameter: _Float, gradient: _Float, states: dict[str, _Float], *, group: int = 0
    ) -> None: ...
    def finish(self) -> None: ...
    def bind(self, images: NDArray[Any], targets: NDArray[Any] | None) -> None: ...
    def step(
        self,
        indices: NDArray[np.int64],
        *,
        seed: int,
        step: int,
        epoch: int,
        settings: Sequence[Sequence[float]],
        threads: int,
        losses: _Float | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> tuple[float, int] | None: ...
    def forward(
        self,
        *,
        first: int,
        count: int,
        losses: bool,
        rows: _Float | None,
        threads: int,
        should_stop: Callable[[], bool] | None = None,
    ) -> tuple[float, int] | None: ...
    def predict(self, images: Any, threads: int) -> _Float | None: ...
    def bytes(self) -> int: ...
    def stages(self) -> list[list[tuple[str, int, int, int]]]: ...
    def shape(self, x: int) -> tuple[int, ...]: ...
