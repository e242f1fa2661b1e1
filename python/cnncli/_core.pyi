"""The compiled core. Arrays are C-contiguous; outputs come allocated; nothing is converted silently."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

_Float = NDArray[np.float32]
_Matrix = list[list[float]]

def gemm(
    a: _Float,
    b: _Float,
    c: _Float,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    accumulate: bool = False,
) -> None: ...
def convolution_algorithms() -> list[str]: ...
def chosen_algorithms(
    sample: tuple[int, ...], weight: Sequence[int], settings: Mapping[str, Any]
) -> dict[Literal["forward", "grad_input", "acc_grad"], str]: ...

# The forms F(outputs, taps) of Winograd's minimal filtering in use, and the matrices B^T, G and A^T of one.
def winograd_forms() -> list[tuple[int, int]]: ...
def winograd_matrices(outputs: int, taps: int) -> tuple[_Matrix, _Matrix, _Matrix]: ...
def activation_functions() -> dict[str, Literal["input", "output"]]: ...

class Node:
    """A layer at once: the passes of a program of one node, on arrays as people have them."""

    def __init__(self, kind: str, settings: Mapping[str, Any] = ...) -> None: ...
    def forward(
        self,
        input: _Float,
        arrays: Mapping[str, _Float | None] = ...,
        kept: dict[str, NDArray[Any]] | None = None,
        training: bool = False,
        seed: int = 0,
        step: int = 0,
    ) -> _Float: ...
    def grad_input(
        self,
        input: _Float,
        grad_output: _Float,
        arrays: Mapping[str, _Float | None] = ...,
        kept: Mapping[str, NDArray[Any]] = ...,
        training: bool = False,
        seed: int = 0,
        step: int = 0,
    ) -> _Float: ...
    def acc_grad(
        self,
        input: _Float,
        grad_output: _Float,
        arrays: Mapping[str, _Float | None] = ...,
        kept: Mapping[str, NDArray[Any]] = ...,
        training: bool = False,
        scale: float = 1.0,
    ) -> None: ...
    @property
    def seconds(self) -> float:
        """That the operations of the last call took, without the conversions around them."""
    @property
    def bytes(self) -> int:
        """Memory that is kept for the next call."""

def softmax_nll_forward(
    input: _Float, labels: NDArray[np.int64], losses: _Float, log_probabilities: _Float
) -> None: ...
def softmax_nll_backward(
    log_probabilities: _Float, labels: NDArray[np.int64], grad_input: _Float, *, scale: float
) -> None: ...
def update(
    rule: str, parameter: _Float, gradient: _Float, states: dict[str, _Float], settings: Sequence[float]
) -> None: ...
def muon_update(
    parameter: _Float, gradient: _Float, momentum_array: _Float, *, rate: float, kept_weight: float, momentum: float,
    new_share: float, nesterov: bool, coefficients: Sequence[float], eps: float, steps: int,
) -> None: ...
def dot(one: NDArray[np.float64], other: NDArray[np.float64]) -> float: ...
def clip_gradients(gradients: Sequence[_Float], *, norm: float, value: float) -> float: ...
def update_rules() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]: ...
PURPOSE_INITIAL_WEIGHTS: int
MOST_AUGMENTED_VALUES: int  # of an image with a border of three

def random_uniform(out: _Float, *, seed: int, purpose: int, stream: int = 0) -> None: ...
def permutation(count: int, *, seed: int, epoch: int) -> NDArray[np.int64]: ...
def balanced_order(labels: NDArray[np.int64], *, count: int, seed: int, epoch: int) -> NDArray[np.int64]: ...
def augment_images(
    images: NDArray[Any],
    indices: NDArray[np.int64],
    *,
    settings: Mapping[str, float],
    source: dict[str, Any],
    partners: NDArray[np.int64] | None = None,
    seed: int,
    epoch: int,
    threads: int = 1,
) -> _Float: ...
def augmentation_draws(
    settings: Mapping[str, float],
    shape: tuple[int, ...],
    indices: NDArray[np.int64],
    *,
    seed: int,
    epoch: int,
    possible_partners: int = 1,
) -> dict[str, Any]: ...
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
    def augment(self, settings: Mapping[str, float]) -> None: ...
    def bind_augmentation(self, source: dict[str, Any], partners: NDArray[np.int64] | None) -> None: ...
    def add(
        self,
        kind: str,
        inputs: list[int],
        arrays: Mapping[str, _Float | None] = ...,
        settings: Mapping[str, Any] = ...,
    ) -> int: ...
    def loss(self, x: int, *, kind: str, sum: bool = False) -> None: ...
    def described_loss(self, x: int, function: str, settings: dict[str, Any]) -> None: ...
    def called_loss(self, x: int, function: Callable[[_Float], tuple[_Float, NDArray[np.uint8], _Float]]) -> None: ...
    def result(self, x: int) -> None: ...
    def update(
        self, rule: str, parameter: _Float, gradient: _Float, states: dict[str, _Float], *, group: int = 0
    ) -> None: ...
    def average(self, value: _Float, average: _Float) -> None: ...
    def penalty(self, parameters: Sequence[_Float], gradients: Sequence[_Float], *, l1: float) -> None: ...
    def clip(self, gradients: Sequence[_Float], *, norm: float, value: float) -> None: ...
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
        average_share: float | None = None,
    ) -> tuple[float, int] | None: ...
    def take_averages(self, *, share: float, threads: int) -> None: ...
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
