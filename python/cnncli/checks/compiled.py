"""A layer in a compiled program against the same layer in an eager network."""

import numpy as np
from numpy.typing import ArrayLike

from cnncli.checks.differences import Failed
from cnncli.checks.subject import SAMPLES, Subject
from cnncli.criteria import Criterion
from cnncli.layers import Module
from cnncli.layers.arrays import FloatArray
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.program import Program


class _Weighted(Criterion):
    """sum(output * weights): its gradient is whatever the check wants it to be."""

    def __init__(self, weights: FloatArray) -> None:
        self.weights = weights

    def forward(self, input: ArrayLike, target: ArrayLike) -> float:
        return float(np.sum(np.asarray(input, np.float64) * self.weights))

    def backward(self, input: ArrayLike, target: ArrayLike) -> FloatArray:
        return self.weights.reshape(np.shape(input))

    def settings(self) -> dict[str, object]:
        return {"weights": self.weights}


class _Before(Module):
    """Passes on what it gets, and keeps the gradient that the layer behind it gives."""

    gradient: FloatArray

    def update_output(self, input: FloatArray) -> FloatArray:
        return input

    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray:
        self.gradient = grad_output.copy()
        return grad_output


def check_compiled(subjects: list[Subject]) -> str:
    """Output and all gradients of a step; only the output where training draws at random. Raises Failed."""
    compared = True
    for subject in subjects:
        before, layer = _Before(), subject.fresh()
        program = Program(
            Network([before, layer], subject.shape), SAMPLES, criterion=_Weighted(subject.weights), optimizer=SGD(0.0)
        )
        _same("output", program.predict(subject.input), subject.run(subject.fresh(), subject.input, training=False))
        if _is_random(subject):
            compared = False
            continue
        program.bind(subject.input, subject.weights.reshape(SAMPLES, -1))
        program.step(np.arange(SAMPLES), step=0, epoch=0)
        eager = subject.passes(training=True)
        _same("gradient of the input", before.gradient, eager.grad_input)
        for parameter in layer.named_parameters():
            _same(f"gradient of {parameter.name}", parameter.gradient, eager.gradients[parameter.name])
    return "as in an eager network" if compared else "as in an eager network (evaluation; training draws at random)"


def _is_random(subject: Subject) -> bool:
    layer = subject.fresh()
    first, second = (subject.run(layer, subject.input, training=True) for _ in range(2))
    return first.tobytes() != second.tobytes()


def _same(what: str, compiled: FloatArray, eager: FloatArray) -> None:
    eager = eager.reshape(compiled.shape)
    largest = float(np.abs(eager).max(initial=1e-6))
    if not np.allclose(compiled, eager, rtol=1e-4, atol=1e-4 * largest):
        apart = np.abs(compiled - eager).max()
        raise Failed(f"the {what} is another one than in an eager network, by up to {apart:.3g}")
