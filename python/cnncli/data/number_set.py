"""A data set of numbers: rows with classes, or with values to be predicted."""

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.data.dataset import DataSet, Split
from cnncli.errors import DataError
from cnncli.number_recipe import NumberRecipe


@dataclass(frozen=True, eq=False)
class NumberSplit(Split):
    """images : float (N, F), the numbers of each sample; labels : int64 (N,) classes, or float (N, T) values"""

    images: Any
    labels: Any

    def __post_init__(self) -> None:
        if self.images.ndim != 2 or len(self.labels) != len(self.images):
            raise DataError(f"numbers are {self.images.shape} with {self.labels.shape} targets; one a row is needed")


@dataclass(frozen=True, eq=False)
class NumberSet(DataSet):
    """Rows of numbers. class_names : none where the targets are values

    columns, targets : names
    """

    columns: tuple[str, ...] = field(default=())
    targets: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """All is checked where the table is read."""

    @property
    def samples(self) -> str:
        return "rows"

    @property
    def has_values(self) -> bool:
        """Whether the targets are numbers and no classes."""
        return not self.class_names

    def computed_digest(self) -> str:
        assert self.train is not None
        total = hashlib.sha256(repr((self.class_names, self.columns, self.targets)).encode())
        total.update(np.ascontiguousarray(self.train.images, "<f8").tobytes())
        total.update(np.ascontiguousarray(self.train.labels, "<f8").tobytes())
        return total.hexdigest()

    def measured(self, kept: npt.NDArray[np.int64] | None) -> NumberRecipe:
        """How these numbers become input: standardized by the rows `kept`, None: by all."""
        assert self.train is not None
        part: Any = self.train
        rows, values = (array if kept is None else array[kept] for array in (part.images, part.labels))
        return NumberRecipe.measured(self.columns, rows, self.targets, values if self.has_values else None)

    def prepared(self, recipe: NumberRecipe) -> "NumberSet":
        """The numbers as the network takes and gives them, float32."""
        assert self.train is not None
        labels = recipe.outputs(self.train.labels) if self.has_values else self.train.labels
        part = NumberSplit(recipe.inputs(self.train.images), labels)
        return replace(self, train=part, known_digest=self.digest)
