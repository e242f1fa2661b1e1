"""Checks of layer settings: the value as the kernels take it, or a SettingError that says what would do."""

from typing import Any

from cnncli.layers.faults import SettingError
from cnncli.limits import Limits
from cnncli.shown import format_shape, shown

Pair = tuple[int, int]

# Sizes beyond this never describe a real layer, and would not fit the kernels' integers when multiplied.
LARGEST_SETTING = 2**31 - 1
LARGEST, SMALLEST = 3e38, 1e-30  # of float32, and a little within
LARGEST_SIDE = 2**24 - 1  # of a kernel, stride, padding or dilation: what the kernels take


def whole_number(layer: str, name: str, value: object, minimum: int = 1) -> int:
    """A whole number from `minimum` to LARGEST_SETTING; booleans and floats are refused."""
    return int(_checked(layer, name, value, Limits(whole=True, least=minimum, most=LARGEST_SETTING)))


def pair(layer: str, name: str, value: Any, minimum: int = 1) -> Pair:
    """(height, width) from one whole number for both or from two of them."""
    sides = list(value) if isinstance(value, tuple | list) else [value, value]
    limits = Limits(whole=True, least=minimum, most=LARGEST_SIDE)
    if len(sides) != 2 or not all(map(limits.accepts, sides)):
        raise SettingError(layer, f"{name} is {shown(value)}; {limits.remedy}, or two: (height, width)")
    return int(sides[0]), int(sides[1])


def flag(layer: str, name: str, value: object) -> bool:
    """True or False, nothing that merely looks like it."""
    if not isinstance(value, bool):
        raise SettingError(layer, f"{name} is {shown(value)}; use true or false")
    return value


def number(
    layer: str, name: str, value: object, minimum: float, maximum: float, *, below: bool = False
) -> float:
    """A finite number from `minimum` to `maximum`, which itself is left out where `below` is set."""
    limits = Limits(least=minimum, below=maximum) if below else Limits(least=minimum, most=maximum)
    return float(_checked(layer, name, value, limits))


def any_number(layer: str, name: str, value: object) -> float:
    """Any number that float32, in which the core computes, can hold."""
    return number(layer, name, value, -LARGEST, LARGEST)


def positive(layer: str, name: str, value: object) -> float:
    """Any number above 0 that float32 can hold."""
    return number(layer, name, value, SMALLEST, LARGEST)


def _checked(layer: str, name: str, value: Any, limits: Limits) -> Any:
    if not limits.accepts(value):
        raise SettingError(layer, limits.fault(name, value))
    return value


def format_pair(sides: Pair) -> str:
    """One number where both sides agree: 2, but 2x3."""
    return str(sides[0]) if sides[0] == sides[1] else format_shape(sides)
