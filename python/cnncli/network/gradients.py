"""The gradient of a network's outputs with respect to its input and to what each layer gives."""

import numpy as np
from numpy.typing import ArrayLike

from cnncli.layers.arrays import FloatArray
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
        for index, part in zip(step.inputs, step.back(inputs, gradients[place + 1]), strict=True):
            gradients[index] += part
    return tensors, gradients
