"""Training with an optimizer that sees the loss of all images as a function of one vector of all parameters."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import numpy as np

from cnncli.augmentation import Augmentation
from cnncli.data.held_out import Indices
from cnncli.errors import Interrupted, UsageError
from cnncli.layers.arrays import FloatArray
from cnncli.layers.parameter import Parameter
from cnncli.network import Network
from cnncli.optim import Optimizer, WholeBatchOptimizer
from cnncli.program import Program, StepResult
from cnncli.training.timetable import Timetable


class GradientsOnly(Optimizer):
    """Changes nothing: its program's steps leave the gradients for others."""

    def step(self, parameters: Iterable[Parameter]) -> None:
        pass


def load_optimizer(
    optimizer: Optimizer | WholeBatchOptimizer, state: Mapping[str, Any], network: Network, fixed: Collection[str] = ()
) -> None:
    """Gives an optimizer of either kind the state that a checkpoint has of it. Raises FormatError as these do.

    fixed : names of the parameters that it does not see
    """
    if isinstance(optimizer, WholeBatchOptimizer):
        learned = [parameter.value.size for parameter in network.named_parameters() if parameter.name not in fixed]
        optimizer.load_state_dict(state, sum(learned))
    else:
        optimizer.load_state_dict(state)


class WholeBatch:
    """Steps of a network by such an optimizer: each is a call of its `step`, which may run the network many times.

    program : made with `GradientsOnly`, and bound to the images
    indices : of all images that are trained on

    Dropout draws the same for every step, so that the function stays the same. What a step evaluates first moves no
    running statistics: an image of the same weights may be known already, and a resumed run does not know it.
    """

    def __init__(self, program: Program, optimizer: WholeBatchOptimizer, network: Network, indices: Indices) -> None:
        self._program, self._optimizer, self._indices = program, optimizer, indices
        self._parameters = program.learned()
        self._buffers = [buffer for _, buffer in network.named_buffers()]
        self._known: tuple[bytes, StepResult, FloatArray] | None = None  # weights, and what was found there

    @staticmethod
    def check(optimizer: WholeBatchOptimizer, timetable: Timetable, images: int, clips: bool, averages: bool) -> None:
        """Raises UsageError for a training that it cannot make steps of."""
        name = type(optimizer).__name__
        if timetable.batch_size < images or timetable.shares:
            raise UsageError(
                f"batch_size: is {timetable.batch_size}, but {name} takes all {images:,} images in each step; "
                "pass 'full'"
            )
        if clips:
            raise UsageError(f"clip_norm, clip_value: {name} measures the function as it is; leave them out")
        if averages:
            raise UsageError(f"ema: {name} makes few long steps, whose average is none of their ends; leave it out")

    @staticmethod
    def check_augmentation(optimizer: WholeBatchOptimizer, changes: Augmentation) -> None:
        """Raises UsageError for images that change: the function would be another one in each evaluation."""
        if not changes.is_none:
            raise UsageError(
                f"augmentation: {changes.words}, but {type(optimizer).__name__} needs the same images in each "
                "evaluation; use none, or another optimizer"
            )

    def step(self, learning_rate: float, should_stop: Callable[[], bool]) -> StepResult:
        """One call of the optimizer; what is returned is measured after it.

        Raises Interrupted and whatever else comes from within; then nothing has changed.
        """
        optimizer = self._optimizer
        x = self._vector(lambda parameter: parameter.value)
        start, state = x.copy(), optimizer.state_dict()
        buffers = [buffer.copy() for buffer in self._buffers]
        optimizer.lr = learning_rate
        try:
            found, _ = self._measure(x, should_stop)
            self._restore(buffers)
            if not np.isfinite(found.loss):
                return found

            def closure(place: np.ndarray) -> tuple[float, FloatArray]:
                result, gradient = self._measure(place, should_stop)
                return result.loss, gradient

            optimizer.step(closure, x)
            self._known = None  # so that a step ends with a run at its weights, whatever was tried last
            return self._measure(x, should_stop)[0]
        except BaseException:
            self._known = None
            self._put(start)
            self._restore(buffers)
            optimizer.load_state_dict(state, x.size)
            raise

    def _measure(self, x: FloatArray, should_stop: Callable[[], bool]) -> tuple[StepResult, FloatArray]:
        weights = x.tobytes()
        if self._known is None or self._known[0] != weights:
            if should_stop():
                raise Interrupted("asked to stop between two runs of all images")
            self._put(x)
            result = self._program.step(self._indices, step=0, epoch=0, should_stop=should_stop)
            self._known = weights, result, self._vector(lambda parameter: parameter.gradient)
        return self._known[1:]

    def _vector(self, part: Callable[[Parameter], FloatArray]) -> FloatArray:
        return np.concatenate([part(parameter).ravel() for parameter in self._parameters])

    def _put(self, x: FloatArray) -> None:
        begin = 0
        for parameter in self._parameters:
            parameter.value[...] = x[begin : begin + parameter.value.size].reshape(parameter.value.shape)
            begin += parameter.value.size

    def _restore(self, buffers: list[np.ndarray]) -> None:
        for buffer, value in zip(self._buffers, buffers, strict=True):
            buffer[...] = value
