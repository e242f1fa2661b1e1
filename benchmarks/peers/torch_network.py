"""A network of ours as PyTorch modules with the same parameters, and how it is trained and run."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.workload import Workload

# Our names of what a layer holds, where PyTorch's differ.
_NAMES = {"running_variance": "running_var"}


class TorchContender:
    """Trains and infers eagerly; what the subclasses set is how."""

    memory_format = torch.contiguous_format
    fused_optimizer = False

    def __init__(self, threads: int) -> None:
        torch.set_num_threads(threads)
        self.versions = {"torch": torch.__version__}

    def precision(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def train(
        self, workload: Workload, batch_size: int, learning_rate: float, momentum: float
    ) -> Callable[[], list[float]]:
        network = build(workload).to(memory_format=self.memory_format).train()
        images, labels = self._images(workload.images), torch.from_numpy(workload.labels)
        optimizer = torch.optim.SGD(
            network.parameters(), lr=learning_rate, momentum=momentum, fused=self.fused_optimizer
        )
        loss_of = nn.CrossEntropyLoss()
        batches = [torch.from_numpy(batch) for batch in workload.batches(batch_size)]

        def epoch() -> list[float]:
            losses = []
            for batch in batches:
                optimizer.zero_grad()
                picked = images[batch].contiguous(memory_format=self.memory_format)
                with self.precision():
                    loss = loss_of(network(picked), labels[batch])
                loss.backward()
                optimizer.step()
                losses.append(float(loss.item()))
            return losses

        return epoch

    def infer(self, workload: Workload, batch_size: int) -> Callable[[], np.ndarray]:
        network = build(workload).to(memory_format=self.memory_format).eval()
        parts = [self._images(part) for part in workload.parts(batch_size)]

        def predict() -> np.ndarray:
            with torch.inference_mode(), self.precision():
                return np.concatenate([network(part).log_softmax(1).float().numpy() for part in parts])

        return predict

    def _images(self, images: np.ndarray) -> Any:
        return torch.from_numpy(images).contiguous(memory_format=self.memory_format)


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
    "Convolution": lambda s: nn.Conv2d(
        s["input_channels"],
        s["output_channels"],
        tuple(s["kernel"]),
        tuple(s["stride"]),
        tuple(s["padding"]),
        tuple(s["dilation"]),
        s["groups"],
        s["bias"],
    ),
    "BatchNormalization": lambda s: nn.BatchNorm2d(s["features"], s["epsilon"], s["momentum"], s["affine"]),
    "ReLU": lambda s: nn.ReLU(),
    "MaxPooling": lambda s: nn.MaxPool2d(tuple(s["kernel"]), tuple(s["stride"]), tuple(s["padding"])),
    "Flatten": lambda s: nn.Flatten(),
    "Linear": lambda s: nn.Linear(s["inputs"], s["outputs"], s["bias"]),
}
