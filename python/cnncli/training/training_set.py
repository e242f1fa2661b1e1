"""The samples that a training steps over, as arrays."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.data import DataSet, Split
from cnncli.data.held_out import Indices, measure_recipe
from cnncli.errors import UsageError
from cnncli.network import Network
from cnncli.pictures.recipe import InputRecipe

Samples = DataSet | Split | tuple[npt.ArrayLike, npt.ArrayLike]


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Samples with their targets, or some of them.

    images : uint8 or float32 (N, ...)
    targets : (N, ...), classes or values
    only : int64 (M,), numbers of those that count; None: all
    blanks : pictures without an image, which a measure counts as wrong
    """

    images: npt.NDArray[Any]
    targets: npt.NDArray[Any]
    only: Indices | None = None
    blanks: int = 0

    @classmethod
    def of(
        cls, samples: Samples, name: str, only: Indices | None = None, parts: tuple[str, ...] = ("train",)
    ) -> "TrainingSet":
        """Of a data set the first of these parts that it has. Without copies where the types are right.

        Raises UsageError, with `name`, for arrays that do not fit.
        """
        if isinstance(samples, DataSet):
            there = [part for part in map(samples.__getattribute__, parts) if part is not None and len(part)]
            if not there:
                words = " or ".join("training" if part == "train" else part for part in parts)
                raise UsageError(f"{name}: {samples.name} has no {words} images; pass other images, (images, targets)")
            samples = there[0]
        if isinstance(samples, Split):
            return cls(samples.images, samples.labels, only, len(samples.blanks))
        if not isinstance(samples, tuple | list) or len(samples) != 2:
            raise UsageError(f"{name}: is {type(samples).__name__}; pass (images, targets) or a part of a data set")
        images, targets = (np.asarray(array) for array in samples)
        if images.ndim == 0 or targets.ndim == 0 or len(images) != len(targets) or not len(images):
            raise UsageError(
                f"{name}: images {images.shape} and targets {targets.shape}; pass one target for each image, "
                "and at least one"
            )
        return cls(images, targets, only)

    def __len__(self) -> int:
        return len(self.targets if self.only is None else self.only)

    def indices(self, positions: Indices) -> Indices:
        """Numbers among all samples of those at some positions among the ones that count."""
        return positions if self.only is None else self.only[positions]


def give_recipe(network: Network, given: Samples, samples: TrainingSet) -> None:
    """A network without one gets how pictures become input from the data set, or measured from bytes."""
    if network.recipe is None and isinstance(given, DataSet):
        network.recipe = measure_recipe(given, None)
    elif network.recipe is None and samples.images.dtype == np.uint8:
        network.recipe = InputRecipe.measured(samples.images)
