"""Arrays of ours in the layout of TensorFlow and JAX: images (N, H, W, C), kernels (H, W, C, O)."""

from typing import Any

import numpy as np

from benchmarks.workload import Workload


def images(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1))


def layers(workload: Workload) -> list[tuple[str, dict[str, Any], dict[str, np.ndarray]]]:
    """The layers of the workload; kernels and the weights of linear layers turned round (inputs first)."""
    found = []
    channels = workload.description["input"][0]
    flattened = False
    for kind, settings, arrays in workload.layers():
        if kind == "Conv2d":
            arrays["weight"] = arrays["weight"].transpose(2, 3, 1, 0)
            channels = settings["out_channels"]
        elif kind == "Linear":
            weight = arrays["weight"]  # (outputs, inputs)
            if flattened:  # its inputs come as (H, W, C) now
                weight = weight.reshape(len(weight), channels, -1).transpose(0, 2, 1).reshape(len(weight), -1)
            arrays["weight"] = weight.T
            flattened = False
        elif kind == "Flatten":
            flattened = True
        found.append((kind, settings, {name: np.ascontiguousarray(array) for name, array in arrays.items()}))
    return found
