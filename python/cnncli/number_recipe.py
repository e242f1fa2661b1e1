"""How the numbers of a table become what a network takes, and its outputs numbers of the table again."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.errors import FormatError
from cnncli.shown import find_unprintable

KIND = "numbers"
_MOST_COLUMNS = 65_536


@dataclass(frozen=True)
class NumberRecipe:
    """Columns of a table, standardized: input = (value - mean) / scale, value = target_mean + target_scale * output.

    columns : names of the F input columns
    mean, scale : of each, measured from the training rows; scale > 0
    targets : names of the T columns that are predicted
    target_mean, target_scale : of each; empty where the target is a class

    >>> recipe = NumberRecipe(("x",), (10.0,), (2.0,), ("y",), (5.0,), (0.5,))
    >>> recipe.inputs(np.array([[12.0]])).tolist(), recipe.values(np.array([[1.0]])).tolist()
    ([[1.0]], [[5.5]])
    """

    columns: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    targets: tuple[str, ...]
    target_mean: tuple[float, ...] = ()
    target_scale: tuple[float, ...] = ()

    @classmethod
    def measured(
        cls,
        columns: Sequence[str],
        rows: npt.NDArray[np.float64],
        targets: Sequence[str],
        values: npt.NDArray[np.float64] | None,
    ) -> "NumberRecipe":
        """Means and standard deviations of rows (N, F) and of target values (N, T), or None where these are classes.

        A column of one number keeps the scale 1.
        """
        measures = [_measures(rows)] + ([_measures(values)] if values is not None else [((), ())])
        return cls(tuple(columns), *measures[0], tuple(targets), *measures[1])

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample."""
        return (len(self.columns),)

    @property
    def text(self) -> str:
        """For the user, in one line."""
        some = ", ".join(self.columns[:8]) + (f" and {len(self.columns) - 8} more" if len(self.columns) > 8 else "")
        both = " and targets" if self.target_mean else ""
        return f"inputs{both} standardized; {some} -> {', '.join(self.targets)}"

    def inputs(self, rows: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """What the network takes, float32 (N, F), of numbers as they stand in the table."""
        return ((np.asarray(rows, np.float64) - self.mean) / self.scale).astype(np.float32)

    def normalize(self, rows: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """As `inputs`, by the name that recipes of pictures have."""
        return self.inputs(rows)

    def outputs(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """What the network is to give, float32 (N, T), for numbers of the target columns."""
        return ((np.asarray(values, np.float64) - self.target_mean) / self.target_scale).astype(np.float32)

    def values(self, outputs: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Numbers in the units of the target columns, float64 (N, T), of what the network gave."""
        return np.asarray(outputs, np.float64) * self.target_scale + self.target_mean

    def line(
        self, weight: npt.NDArray[Any], bias: npt.NDArray[Any] | None
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """(weights (T, F), biases (T,)) of a linear network in the units of the table: value = weights x + biases.

        weight, bias : those of its layer, float (T, F) and (T,), for standardized numbers
        """
        w = np.asarray(weight, np.float64) / np.asarray(self.scale)
        b = np.zeros(len(w)) if bias is None else np.asarray(bias, np.float64)
        b = b - w @ np.asarray(self.mean)
        if not self.target_mean:
            return w, b
        scales = np.asarray(self.target_scale)
        return w * scales[:, np.newaxis], b * scales + self.target_mean

    def to_dict(self) -> dict[str, Any]:
        """As JSON values for a model file."""
        return {"kind": KIND, **{name: list(value) for name, value in asdict(self).items()}}

    @classmethod
    def from_dict(cls, where: str, values: Mapping[str, Any]) -> "NumberRecipe":
        """What `to_dict` gave. Raises FormatError, with `where`, for anything else: nothing in a file is trusted."""
        names = list(cls.__dataclass_fields__)
        if sorted(values) != sorted([*names, "kind"]):
            raise FormatError(f"{where}: recipe of numbers needs {', '.join(names)}; train the model again")
        lists = {name: values[name] for name in names}
        if not all(isinstance(value, list) and len(value) <= _MOST_COLUMNS for value in lists.values()):
            raise FormatError(f"{where}: recipe of numbers has something else than lists; train the model again")
        for name in ("columns", "targets"):
            if not all(isinstance(item, str) and find_unprintable(item) is None for item in lists[name]):
                raise FormatError(f"{where}: {name} of the recipe are no printable texts; train the model again")
        for name in ("mean", "scale", "target_mean", "target_scale"):
            whole = lists["targets" if name.startswith("target") else "columns"]
            fits = all(type(item) in (int, float) and math.isfinite(item) for item in lists[name])
            fits = fits and (name.endswith("mean") or all(item > 0 for item in lists[name]))
            if not fits or len(lists[name]) not in ({len(whole), 0} if name.startswith("target") else {len(whole)}):
                raise FormatError(f"{where}: {name} of the recipe is not a number for each column; train it again")
        if len(lists["target_mean"]) != len(lists["target_scale"]) or not lists["columns"]:
            raise FormatError(f"{where}: recipe of numbers has columns without numbers; train the model again")
        return cls(**{name: tuple(value) for name, value in lists.items()})


def _measures(rows: npt.NDArray[np.float64]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    return tuple(mean.tolist()), tuple(np.where(scale > 0, scale, 1.0).tolist())
