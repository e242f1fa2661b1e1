"""One convolution with its sizes and settings, and the arrays to run it on."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class ConvolutionCase:
    """A convolution of `samples` square images of `size` x `size`."""

    samples: int
    channels: int
    outputs: int
    size: int
    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    groups: int = 1

    @property
    def output_size(self) -> int:
        reach = self.dilation * (self.kernel - 1) + 1
        return (self.size + 2 * self.padding - reach) // self.stride + 1

    @property
    def multiply_adds(self) -> int:
        """Of one sample in one pass, those that fall on padding included."""
        taps = self.channels // self.groups * self.kernel**2
        return self.outputs * self.output_size**2 * taps

    def arrays(self) -> dict[str, np.ndarray]:
        """input, weight, bias and grad_output, float32 from a fixed seed."""
        random = np.random.default_rng(1)
        shapes = {
            "input": (self.samples, self.channels, self.size, self.size),
            "weight": (self.outputs, self.channels // self.groups, self.kernel, self.kernel),
            "bias": (self.outputs,),
            "grad_output": (self.samples, self.outputs, self.output_size, self.output_size),
        }
        return {name: random.uniform(-1, 1, shape).astype(np.float32) for name, shape in shapes.items()}

    def settings(self) -> dict[str, Any]:
        """As the core takes them."""
        pairs = {name: (getattr(self, name),) * 2 for name in ("stride", "padding", "dilation")}
        return {**pairs, "groups": self.groups}

    def to_dict(self) -> dict[str, int]:
        return asdict(self)

    def __str__(self) -> str:
        parts = [f"{self.channels} -> {self.outputs} on {self.size}x{self.size}, {self.kernel}x{self.kernel}"]
        parts += [
            f"{name} {getattr(self, name)}"
            for name, usual in (("stride", 1), ("padding", 0), ("dilation", 1), ("groups", 1))
            if getattr(self, name) != usual
        ]
        return ", ".join(parts)
