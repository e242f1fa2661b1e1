"""What Torch7 lets one do with a module and all inside it: walk, find, replace, copy, share, flatten."""

import builtins
import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncli.errors import UsageError
from cnncli.layers.arrays import FloatArray

Module = Any  # the class, which itself uses this file
Kind = TypeVar("Kind")

_moves = 0  # how often arrays of any module went to another place; programs compare it with what they have seen


def array_moves() -> int:
    """A number that changes whenever a module gets other arrays, so that programs look for theirs again."""
    return _moves


class ModuleTools:
    """The part of `Module` that treats a module as a tree; a module comes before those inside it."""

    def modules(self) -> Iterator[Module]:
        """This module and all inside it, in order. PyTorch: modules."""
        module: Any = self
        yield module
        for _, child in module.children():
            yield from child.modules()

    def list_modules(self) -> list[Module]:
        """`modules()` as a list. Torch7: listModules."""
        return list(self.modules())

    def find_modules(self, kind: builtins.type[Kind]) -> list[Kind]:
        """All modules of a class or a subclass of it, here and inside. Torch7: findModules."""
        return [module for module in self.modules() if isinstance(module, kind)]

    def apply(self, function: Callable[[Module], object]) -> Self:
        """Calls `function` with each module, those inside first, as PyTorch and Torch7 do. Returns the module."""
        for _, child in self.children():  # type: ignore[attr-defined]
            child.apply(function)
        function(self)
        return self

    def replace(self, function: Callable[[Module], Module]) -> Module:
        """Puts `function(module)` in the place of each module, those inside first; returns that of this one.

        A program that was compiled before goes on with the modules it has: compile another one. Torch7: replace.

        >>> from cnncli.layers import ReLU, Sequential, Tanh
        >>> Sequential(ReLU()).replace(lambda layer: Tanh() if isinstance(layer, ReLU) else layer)
        Sequential(
          (0) Tanh()
        )
        """
        self._replace_inside(function)
        return function(self)

    def _replace_inside(self, function: Callable[[Module], Module]) -> None:
        """Of containers."""

    def clear_state(self) -> Self:
        """Forgets what the passes have kept for backward, here and inside; parameters stay. Torch7: clearState.

        A custom layer that keeps large arrays may override `clear_own_state`.
        """
        for module in self.modules():
            module.clear_own_state()
        return self

    def clear_own_state(self) -> None:
        """Forgets what this module itself has kept; nothing, unless overridden."""

    def reset(self, seed: int = 0) -> Self:
        """New initial weights, those of `initialize(seed)`. Torch7: reset. Returns the module."""
        self.initialize(seed)  # type: ignore[attr-defined]
        return self

    def type(self, name: str | None = None) -> Any:
        """"float32", the only type that there is; given another one, UsageError. Torch7: type, float, double."""
        if name is None:
            return "float32"
        if name not in ("float32", "float", "torch.FloatTensor"):
            raise UsageError(f"type {name}: all arrays are float32; convert what comes out, as in output.astype(float)")
        return self

    def clone(self, *shared: str) -> Self:
        """A copy of the module. Of the parameters and buffers named, the copy has this module's own arrays.

        shared : such as "weight", "bias", "grad_weight", "grad_bias"

        Torch7: clone. A module and its sharing clone in one network cannot train compiled (UsageError says so).
        """
        made = copy.deepcopy(self)
        return made.share(self, *shared) if shared else made

    def share(self, other: "ModuleTools", *names: str) -> Self:
        """From now on the named arrays, here and inside, are those of `other`, a module of the same form.

        Torch7: share. Returns the module; raises UsageError for modules of other forms.
        """
        global _moves
        forms = [[(one.__class__, _shapes(one, names)) for one in tree.modules()] for tree in (self, other)]
        if forms[0] != forms[1]:
            raise UsageError("share: the modules have other layers or shapes than each other; share with a clone()")
        for own, theirs in zip(self.modules(), other.modules(), strict=True):
            for name in names:
                if name in theirs.__dict__:
                    own.__dict__[name] = theirs.__dict__[name]
        _moves += 1
        return self

    def get_parameters(self) -> tuple[FloatArray, FloatArray]:
        """(parameters, gradients): two flat float32 arrays, of which the arrays of all layers are views from now on.

        What is written to one shows in the other. Optimizers of one vector (`LBFGS`, `CG`) take them as they are.
        Programs that were compiled before look for the arrays again. A later call gives other flat arrays, and those
        before are left alone; so do deepcopy and pickle. Torch7: getParameters.

        >>> from cnncli.layers import Linear
        >>> layer = Linear(2, 1)
        >>> parameters, gradients = layer.get_parameters()
        >>> parameters[:] = [1, 2, 3]
        >>> layer.weight.tolist(), layer.bias.tolist()
        ([[1.0, 2.0]], [3.0])
        """
        global _moves
        found: dict[int, NDArray[Any]] = {}  # an array that is shared is there once
        places: list[tuple[Module, str]] = []
        for prefix in ("", "grad_"):
            for module in self.modules():
                for name in module.parameter_names:
                    if getattr(module, prefix + name) is not None:
                        places.append((module, prefix + name))
        flats = []
        for prefix in ("", "grad_"):
            own = [(module, key) for module, key in places if key.startswith("grad_") == bool(prefix)]
            arrays = {id(array): array for array in (getattr(module, key) for module, key in own)}
            flat = np.concatenate([np.zeros(0, np.float32), *(array.ravel() for array in arrays.values())])
            begin = 0
            for key_id, array in arrays.items():
                found[key_id] = flat[begin : begin + array.size].reshape(array.shape)
                begin += array.size
            flats.append(flat)
        for module, key in places:
            module.__dict__[key] = found[id(getattr(module, key))]
        _moves += 1
        return flats[0], flats[1]

    def state_dict(self) -> dict[str, FloatArray]:
        """A copy of all parameters and buffers by name: "3.weight". PyTorch: state_dict."""
        return {name: array.copy() for name, array in self._state_arrays().items()}

    def load_state_dict(self, state: Mapping[str, ArrayLike]) -> None:
        """Writes the arrays of `state_dict` of a module of the same form in place. PyTorch: load_state_dict.

        Raises UsageError, and changes nothing, unless names and shapes are those that the module has.
        """
        own = self._state_arrays()
        given = {name: np.asarray(array) for name, array in state.items()}
        for name in [*own, *given]:
            has, gets = (str(arrays[name].shape) if name in arrays else "none" for arrays in (own, given))
            if has != gets:
                raise UsageError(f"load_state_dict: {name} has shape {has}, and gets {gets}; load that of its like")
        for name, array in own.items():
            array[...] = given[name]

    def _state_arrays(self) -> dict[str, FloatArray]:
        module: Any = self
        return {**{one.name: one.value for one in module.named_parameters()}, **dict(module.named_buffers())}


def _shapes(module: Module, names: tuple[str, ...]) -> list[tuple[int, ...] | None]:
    return [getattr(module.__dict__.get(name), "shape", None) for name in names]
