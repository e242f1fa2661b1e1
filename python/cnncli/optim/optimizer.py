"""What all optimizers share: they walk the parameters and keep named state for each."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from cnncli.errors import FormatError, UsageError
from cnncli.layers.arrays import FloatArray
from cnncli.layers.parameter import Parameter


class Optimizer:
    """Changes parameters along their gradients. A subclass owns its formula and the names of its state.

    learning_rate : attribute, to be set before any step by a schedule
    weight_decay : share of each weight added to its gradient; only where Parameter.decay is set
    state : parameter name -> state name -> array of the parameter's shape, 0 at first, changed in place only
    """

    state_names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, learning_rate: float, weight_decay: float = 0.0) -> None:
        self.learning_rate = self.setting("learning_rate", learning_rate)
        self.weight_decay = self.setting("weight_decay", weight_decay)
        self.state: dict[str, dict[str, FloatArray]] = {}

    def step(self, parameters: Iterable[Parameter]) -> None:
        """Change every parameter in place, by its gradient and its state."""
        for parameter in parameters:
            self.update(
                parameter.value,
                parameter.gradient,
                self.state_of(parameter),
                weight_decay=self.weight_decay if parameter.decay else 0.0,
            )

    def update(
        self, value: FloatArray, gradient: FloatArray, state: Mapping[str, FloatArray], *, weight_decay: float
    ) -> None:
        """The formula, for one array: change `value` and `state` in place."""
        raise NotImplementedError(f"{type(self).__name__} does not override update")

    def state_of(self, parameter: Parameter) -> dict[str, FloatArray]:
        """The state arrays of one parameter, made on first use."""
        arrays = self.state.setdefault(parameter.name, {})
        for name in self.state_names:
            if name not in arrays:
                arrays[name] = np.zeros_like(parameter.value)
            elif arrays[name].shape != parameter.value.shape:
                raise UsageError(
                    f"{self!r}: {name} of {parameter.name} has shape {arrays[name].shape}, the parameter "
                    f"{parameter.value.shape}; use one optimizer per network"
                )
        return arrays

    def state_dict(self) -> dict[str, FloatArray]:
        """A copy of all state: "3.weight.velocity" -> array."""
        return {
            f"{parameter}.{name}": array.copy()
            for parameter, arrays in self.state.items()
            for name, array in arrays.items()
        }

    def load_state_dict(self, state: Mapping[str, ArrayLike]) -> None:
        """Take the state of `state_dict`; arrays that exist are written in place, with 0 where it has none.

        Raises FormatError for a name that is no state of this optimizer, or an array of another shape.
        """
        checked: dict[tuple[str, str], FloatArray] = {}
        for key, values in state.items():
            parameter, _, name = key.rpartition(".")
            if not parameter or name not in self.state_names:
                raise FormatError(
                    f'{self!r}: has no state "{key}"; load the state of an optimizer with the same settings'
                )
            array = np.array(values, np.float32, order="C")
            known = self.state.get(parameter, {}).get(name)
            if known is not None and known.shape != array.shape:
                raise FormatError(
                    f"{self!r}: state {key} has shape {array.shape}, not {known.shape}; "
                    "load the state of the same network"
                )
            checked[parameter, name] = array
        for parameter, arrays in self.state.items():
            for name, array in arrays.items():
                array[...] = checked.pop((parameter, name), 0)
        for (parameter, name), array in checked.items():
            self.state.setdefault(parameter, {})[name] = array

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments as JSON values."""
        return {"learning_rate": self.learning_rate, "weight_decay": self.weight_decay}

    def setting(self, name: str, value: float, below: float = float("inf")) -> float:
        """`value` as a float from 0 to below `below`; raises UsageError for any other."""
        number = float(value)
        if not 0 <= number < below:
            limit = "of at least 0" if below == float("inf") else f"from 0 to below {below:g}"
            raise UsageError(f"{type(self).__name__}: {name} is {value}; use a number {limit}")
        return number

    def __repr__(self) -> str:
        parts = [f"{name.replace('_', ' ')} {value:g}" for name, value in self.settings().items() if value]
        return f"{type(self).__name__}({', '.join(parts)})"
