"""What all optimizers share: they walk the parameters and keep named state for each."""

from collections.abc import Iterable, Mapping, Sequence
from inspect import Parameter as Argument
from inspect import signature
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from cnncli import _core
from cnncli.errors import FormatError, UsageError
from cnncli.layers.arrays import FloatArray
from cnncli.layers.parameter import Parameter
from cnncli.limits import Limits
from cnncli.optim.default_rate import DefaultRate
from cnncli.shown import setting_text, shown

_RULES = _core.update_rules()
_JSON_VALUES = (bool, int, float, str, list, tuple, type(None))


class Optimizer:
    """Changes parameters along their gradients, element by element. A subclass names an update rule of the core and
    gives its settings; one without a rule overrides `update`, and works everywhere too.

    rule : the update rule, one of `_core.update_rules()`; "" for none
    state_names : of the arrays it keeps for each parameter; those of the rule that its settings make use of
    counts_steps : whether the formula depends on the number of the step, which is then saved with the state

    on_command_line : the default learning rate of `cnn train`
    command_settings : arguments for which `cnn train` has another default than Python, and "schedule", where another
        one than the network's is better

    lr : attribute, to be set before any step by a schedule
    weight_decay : share of each weight added to its gradient, or taken off the weight if the optimizer says so; only
        where Parameter.decay is set
    steps : int, steps done
    state : parameter name -> state name -> array of the parameter's shape, changed in place only
    """

    rule: ClassVar[str] = ""
    counts_steps: ClassVar[bool] = False
    state_names: tuple[str, ...] = ()
    on_command_line: ClassVar[DefaultRate] = DefaultRate(0.001)
    command_settings: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, lr: float = 1e-3, weight_decay: float = 0.0) -> None:
        self.lr = self.setting("lr", lr)
        self.weight_decay = self.setting("weight_decay", weight_decay)
        self.steps = 0
        self.state: dict[str, dict[str, FloatArray]] = {}

    @property
    def runs_in_core(self) -> bool:
        """Whether its rule is all that it does; a subclass that overrides `step` or `update` runs in Python."""
        kind = type(self)
        return bool(self.rule) and kind.update is Optimizer.update and kind.step is Optimizer.step

    def step(self, parameters: Iterable[Parameter]) -> None:
        """Change every parameter in place, by its gradient and its state."""
        self.steps += 1
        for parameter in unique(parameters):
            self.update(
                parameter.value,
                parameter.gradient,
                self.state_of(parameter),
                weight_decay=self.weight_decay if parameter.decay else 0.0,
            )

    def update(
        self, value: FloatArray, gradient: FloatArray, state: Mapping[str, FloatArray], *, weight_decay: float
    ) -> None:
        """The formula, for one array: change `value` and `state` in place. `steps` counts the step that it is."""
        if not self.rule:
            raise NotImplementedError(f"{type(self).__name__} does not override update")
        _core.update(self.rule, value, gradient, dict(state), self.rule_settings(self.steps, weight_decay))

    def coefficients(self, step: int, weight_decay: float) -> dict[str, float]:
        """The settings of the rule by name. step : number of the step, from 1; weight_decay : of the parameters"""
        raise NotImplementedError(f"{type(self).__name__} does not override coefficients")

    def rule_settings(self, step: int, weight_decay: float) -> list[float]:
        """`coefficients` in the rule's order."""
        values = self.coefficients(step, weight_decay)
        return [values[name] for name in _RULES[self.rule][1]]

    def state_of(self, parameter: Parameter, names: Sequence[str] | None = None) -> dict[str, FloatArray]:
        """The state arrays of one parameter, made on first use; `names` where it does not need all of them."""
        arrays = self.state.setdefault(parameter.name, {})
        for name in self.state_names if names is None else names:
            if name not in arrays:
                arrays[name] = np.full_like(parameter.value, self.first_value(name))
            elif arrays[name].shape != parameter.value.shape:
                raise UsageError(
                    f"{self!r}: {name} of {parameter.name} has shape {arrays[name].shape}, the parameter "
                    f"{parameter.value.shape}; use one optimizer per network"
                )
        return arrays

    def first_value(self, name: str) -> float:
        """What a state array is filled with before the first step."""
        return 0.0

    def state_dict(self) -> dict[str, Any]:
        """A copy of all state: "3.weight.velocity" -> array, and "steps" -> int where the formula depends on it."""
        arrays: dict[str, Any] = {
            f"{parameter}.{name}": array.copy()
            for parameter, arrays in self.state.items()
            for name, array in arrays.items()
        }
        return {**arrays, "steps": self.steps} if self.counts_steps else arrays

    def load_state_dict(self, state: Mapping[str, ArrayLike]) -> None:
        """Take the state of `state_dict`; arrays that exist are written in place, as at first where it has none.

        Raises FormatError for a name that is no state of this optimizer, or a value that it cannot be.
        """
        rest = dict(state)
        steps = rest.pop("steps", 0) if self.counts_steps else 0
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 0:
            raise FormatError(
                f"{self!r}: steps is {shown(steps)}; load the state of an optimizer with the same settings"
            )
        checked = self._checked_arrays(rest)
        self.steps = steps
        for parameter, arrays in self.state.items():
            for name, array in arrays.items():
                array[...] = checked.pop((parameter, name), self.first_value(name))
        for (parameter, name), array in checked.items():
            self.state.setdefault(parameter, {})[name] = array

    def _checked_arrays(self, state: Mapping[str, ArrayLike]) -> dict[tuple[str, str], FloatArray]:
        checked: dict[tuple[str, str], FloatArray] = {}
        for key, values in state.items():
            parameter, _, name = key.rpartition(".")
            if not parameter or name not in self.state_names:
                raise FormatError(
                    f'{self!r}: has no state {shown(key)}; load the state of an optimizer with the same settings'
                )
            array = np.array(values, np.float32, order="C")
            known = self.state.get(parameter, {}).get(name)
            if known is not None and known.shape != array.shape:
                raise FormatError(
                    f"{self!r}: state {key} has shape {array.shape}, not {known.shape}; "
                    "load the state of the same network"
                )
            checked[parameter, name] = array
        return checked

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments as JSON values."""
        return arguments_of(self)

    def setting(self, name: str, value: float, below: float | None = None) -> float:
        """`value` as a float from 0 to below `below`; raises UsageError for any other."""
        return float(Limits(least=0, below=below).checked(f"{type(self).__name__}: {name}", value))

    def pair(self, name: str, values: Sequence[float], below: float | None = None) -> tuple[float, float]:
        """Two floats from 0 to below `below`; raises UsageError for anything else."""
        if len(values) != 2:
            raise UsageError(f"{type(self).__name__}: {name} is {shown(values)}; use two numbers")
        return self.setting(f"{name}[0]", values[0], below), self.setting(f"{name}[1]", values[1], below)

    def __repr__(self) -> str:
        parts = [
            name.replace("_", " ") + ("" if value is True else f" {setting_text(value)}")
            for name, value in self.settings().items()
            if value or name == "lr"
        ]
        return f"{type(self).__name__}({', '.join(parts)})"


def arguments_of(optimizer: object) -> dict[str, Any]:
    """The constructor's arguments by name, as the attributes of these names hold them.

    Of an optimizer that passes further ones on (`**more`) those of its base class too. What a user's own keeps under
    other names, or in arrays, is left out.
    """
    names: list[str] = []
    for kind in type(optimizer).__mro__:
        if "__init__" in vars(kind):
            parameters = list(signature(kind).parameters.values())
            names += [parameter.name for parameter in parameters if parameter.name not in names]
            if all(parameter.kind is not Argument.VAR_KEYWORD for parameter in parameters):
                break
    values = {name: getattr(optimizer, name) for name in names if hasattr(optimizer, name)}
    return {name: value for name, value in values.items() if isinstance(value, _JSON_VALUES)}


def unique(parameters: Iterable[Parameter]) -> list[Parameter]:
    """Parameters of different arrays: one that two layers share is changed once."""
    found: dict[int, Parameter] = {}
    for parameter in parameters:
        found.setdefault(id(parameter.value), parameter)
    return list(found.values())


def whole_power(base: float, exponent: int) -> float:
    """base ** exponent by multiplications alone, so that the bits do not depend on the C library."""
    result = 1.0
    while exponent:
        if exponent & 1:
            result *= base
        base *= base
        exponent >>= 1
    return result
