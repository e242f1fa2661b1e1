"""The gradient of a network's outputs with respect to its input and to what each layer gives."""

import numpy as np
from numpy.typing import ArrayLike

from cnncli.layers.arrays import FloatArray
from cnncli.layers.returned import grad_input_of
from cnncli.layers.trace import Step
from cnncli.network.network import Network


def activation_gradients(
    network: Network, input: ArrayLike, grad_output: ArrayLike
) -> tuple[list[FloatArray], list[FloatArray]]:
    """(tensors, gradients): the input and the output of each step of `network.trace()`, and for each its gradient.

    input : samples in any form that `network.samples` takes; grad_output : float32 (samples, *outputs), the gradient
        with respect to the network's output

    Tensor 0 is the input as the first layer gets it, tensor k + 1 the output of step k. What several layers read has
    the sum of their gradients; what none reads has 0. Gradients of parameters stay as they are.
    """
    steps = network.trace()
    tensors = [network.samples(input), *network.activations(input)]
    gradients: list[FloatArray] = [np.zeros_like(tensor) for tensor in tensors]
    gradients[-1] += np.asarray(grad_output, np.float32).reshape(tensors[-1].shape)
    for place in range(len(steps) - 1, -1, -1):
        step = steps[place]
        inputs = [tensors[index] for index in step.inputs]
        for index, part in zip(step.inputs, _before(step, inputs, gradients[place + 1]), strict=True):
            gradients[index] += part
    return tensors, gradients


def _before(step: Step, inputs: list[FloatArray], gradient: FloatArray) -> list[FloatArray]:
    """The gradient with respect to each input of a step."""
    if step.is_layer:
        return [grad_input_of(step.layer, inputs[0], gradient)]
    if step.part is not None:  # one of the equal parts that Parallel gives
        whole = np.zeros_like(inputs[0])
        start = step.part * gradient.shape[1]
        whole[:, start : start + gradient.shape[1]] = gradient
        return [whole]
    if getattr(step.layer, "joined_by", "") == "add":
        return [gradient] * len(inputs)
    ends = np.cumsum([value.shape[1] for value in inputs])[:-1]
    return [np.ascontiguousarray(part) for part in np.split(gradient, ends, axis=1)]
