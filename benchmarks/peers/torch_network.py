"""PyTorch: a network of ours as modules with the same parameters, trained and run in the form that is asked for."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.convolution_case import ConvolutionCase
from benchmarks.peers import Unfit
from benchmarks.workload import Workload

# Our names of what a layer holds, where PyTorch's differ.
_NAMES = {"running_var": "running_var"}


class Contender:
    """channels_last : the layout of images and weights
    fused : the optimizer's fused kernel
    bfloat16 : autocast
    compiled : by inductor; training: forward, loss and backward; inference: with frozen weights
    inductor : settings of inductor, {"cpp_wrapper": True}
    traced : inference by TorchScript, frozen and optimized for it, which packs weights for oneDNN; in which layout,
        "contiguous" or "channels_last"
    flush_denormal : numbers too small to be normal count as 0
    """

    def __init__(
        self,
        threads: int,
        *,
        channels_last: bool = False,
        fused: bool = False,
        bfloat16: bool = False,
        compiled: bool = False,
        inductor: dict[str, Any] | None = None,
        traced: str = "",
        flush_denormal: bool = False,
    ) -> None:
        cpu = Path("/proc/cpuinfo")
        if bfloat16 and cpu.exists() and not {"avx512_bf16", "amx_bf16", "bf16"} & set(cpu.read_text().split()):
            # Measured on such a CPU: ten times the time of float32.
            raise Unfit("this CPU has no instructions for bfloat16")
        torch.set_num_threads(threads)
        torch.set_num_interop_threads(1)
        if flush_denormal:
            torch.set_flush_denormal(True)
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format
        self.traced_format = torch.channels_last if traced == "channels_last" else torch.contiguous_format
        self.fused, self.bfloat16, self.compiled, self.traced = fused, bfloat16, compiled, traced
        self.inductor = inductor or {}
        self.versions = {"torch": torch.__version__}

    def precision(self) -> AbstractContextManager[Any]:
        if not self.bfloat16:
            return nullcontext()
        return torch.autocast("cpu", dtype=torch.bfloat16, cache_enabled=not self.traced)

    def train(
        self, workload: Workload, batch_size: int, learning_rate: float, momentum: float
    ) -> Callable[[], list[float]]:
        network = build(workload).to(memory_format=self.memory_format).train()
        images = torch.from_numpy(workload.images).contiguous(memory_format=self.memory_format)
        labels = torch.from_numpy(workload.labels)
        optimizer = torch.optim.SGD(network.parameters(), lr=learning_rate, momentum=momentum, fused=self.fused)
        loss_of = nn.CrossEntropyLoss()
        batches = [torch.from_numpy(batch) for batch in workload.batches(batch_size)]

        def forward(picked: Any, wanted: Any) -> Any:
            with self.precision():
                return loss_of(network(picked), wanted)

        if self.compiled:
            forward = torch.compile(forward, options=self.inductor, dynamic=False)

        def epoch() -> list[float]:
            losses = []
            for batch in batches:
                optimizer.zero_grad()
                loss = forward(images[batch].contiguous(memory_format=self.memory_format), labels[batch])
                loss.backward()
                optimizer.step()
                losses.append(float(loss.item()))
            return losses

        return epoch

    def infer(self, workload: Workload, batch_size: int) -> Callable[[], np.ndarray]:
        layout = self.traced_format if self.traced else self.memory_format
        network = build(workload).append(nn.LogSoftmax(1)).to(memory_format=layout).eval()
        parts = [torch.from_numpy(part).contiguous(memory_format=layout) for part in workload.parts(batch_size)]
        run: Any = network
        if self.traced:
            with torch.no_grad(), self.precision():
                traced = torch.jit.trace(network, parts[0])
                run = torch.jit.optimize_for_inference(torch.jit.freeze(traced))
        elif self.compiled:
            run = torch.compile(network, options={"freezing": True, **self.inductor}, dynamic=False)
        # Inductor freezes weights under no_grad only.
        mode = torch.no_grad if self.compiled else torch.inference_mode

        def predict() -> np.ndarray:
            with mode(), self.precision():
                return np.concatenate([run(part).float().numpy() for part in parts])

        return predict

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


def build(workload: Workload) -> nn.Sequential:
    modules = []
    for kind, settings, arrays in workload.layers():
        module = _MAKERS[kind](settings)
        with torch.no_grad():
            for name, array in arrays.items():
                getattr(module, _NAMES.get(name, name)).copy_(torch.from_numpy(array))
        modules.append(module)
    return nn.Sequential(*modules)


_MAKERS: dict[str, Callable[[dict[str, Any]], nn.Module]] = {
    "Conv2d": lambda s: nn.Conv2d(
        s["in_channels"],
        s["out_channels"],
        tuple(s["kernel_size"]),
        tuple(s["stride"]),
        tuple(s["padding"]),
        tuple(s["dilation"]),
        s["groups"],
        s["bias"],
    ),
    "BatchNorm1d": lambda s: nn.BatchNorm1d(s["num_features"], s["eps"], s["momentum"], s["affine"]),
    "BatchNorm2d": lambda s: nn.BatchNorm2d(s["num_features"], s["eps"], s["momentum"], s["affine"]),
    "ReLU": lambda s: nn.ReLU(),
    "MaxPool2d": lambda s: nn.MaxPool2d(tuple(s["kernel_size"]), tuple(s["stride"]), tuple(s["padding"])),
    "Flatten": lambda s: nn.Flatten(),
    "Linear": lambda s: nn.Linear(s["in_features"], s["out_features"], s["bias"]),
}
