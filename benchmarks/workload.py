"""What a contender gets: a network, its weights, images and labels; a file that any interpreter with NumPy reads."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Workload:
    """A network and samples for it.

    description : as `Network.description()` gives it: name, input, layers with all their settings, recipe
    arrays : parameters and buffers by name ("0.weight", "1.running_mean"), as our layers hold them
    pixels : uint8 (N, C, H, W)
    images : float32, the same normalized by the network's recipe
    labels : int64 (N,)
    """

    description: dict[str, Any]
    arrays: dict[str, np.ndarray]
    pixels: np.ndarray
    images: np.ndarray
    labels: np.ndarray

    def layers(self) -> list[tuple[str, dict[str, Any], dict[str, np.ndarray]]]:
        """(type, settings, arrays by their name in the layer) of each layer; a copy of each array."""
        found = []
        for index, settings in enumerate(self.description["layers"]):
            prefix = f"{index}."
            own = {
                name.removeprefix(prefix): array.copy()
                for name, array in self.arrays.items()
                if name.startswith(prefix)
            }
            found.append((settings["type"], settings, own))
        return found

    def batches(self, batch_size: int) -> list[np.ndarray]:
        """Indices of the samples of each step: shuffled once, the last ones left out if they fill no batch."""
        order = np.random.default_rng(1).permutation(len(self.labels))
        return [order[start : start + batch_size] for start in range(0, len(order) - batch_size + 1, batch_size)]

    def parts(self, batch_size: int) -> list[np.ndarray]:
        """The normalized images in batches for inference, in order, as many as fill whole ones."""
        count = len(self.images) // batch_size * batch_size
        return [self.images[start : start + batch_size] for start in range(0, count, batch_size)]

    def save(self, path: Path) -> None:
        np.savez(
            path,
            description=np.array(json.dumps(self.description)),
            pixels=self.pixels,
            images=self.images,
            labels=self.labels,
            **{f"array:{name}": value for name, value in self.arrays.items()},
        )

    @classmethod
    def load(cls, path: Path) -> "Workload":
        with np.load(path) as file:
            arrays = {name.removeprefix("array:"): file[name] for name in file.files if name.startswith("array:")}
            description = json.loads(str(file["description"]))
            return cls(description, arrays, file["pixels"], file["images"], file["labels"])
