"""PyTorch tuned: channels_last, fused SGD; the table of peers adds the tuned malloc."""

from collections.abc import Callable

import numpy as np
import torch

from benchmarks.convolution_case import ConvolutionCase
from benchmarks.peers.torch_network import TorchContender


class Contender(TorchContender):
    memory_format = torch.channels_last
    fused_optimizer = True

    def convolution(self, case: ConvolutionCase) -> Callable[[], dict[str, np.ndarray]]:
        """Everything lies in channels_last before the clock starts, as in the middle of a network."""
        tensors = {
            name: torch.from_numpy(array).contiguous(memory_format=torch.channels_last)
            if array.ndim == 4
            else torch.from_numpy(array)
            for name, array in case.arrays().items()
        }
        x, weight, bias = (tensors[name].requires_grad_() for name in ("input", "weight", "bias"))

        def run() -> dict[str, np.ndarray]:
            x.grad = weight.grad = bias.grad = None
            y = torch.nn.functional.conv2d(x, weight, bias, case.stride, case.padding, case.dilation, case.groups)
            y.backward(tensors["grad_output"])
            return {  # views, not copies
                "output": y.detach().numpy(),
                "grad_input": x.grad.numpy(),
                "grad_weight": weight.grad.numpy(),
                "grad_bias": bias.grad.numpy(),
            }

        return run
