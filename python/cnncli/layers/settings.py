"""Checks of layer settings: the value as the kernels take it, or a SettingError that says what would do."""

import math
from typing import cast

from cnncli.layers.faults import SettingError

Pair = tuple[int, int]

# Sizes beyond this never describe a real layer, and would not fit the kernels' integers when multiplied.
LARGEST_SETTING = 2**31 - 1
LARGEST, SMALLEST = 3e38, 1e-30  # of float32, and a little within
LARGEST_SIDE = 2**24 - 1  # of a kernel, stride, padding or dilation: what the kernels take


def whole_number(layer: str, name: str, value: object, minimum: int = 1) -> int:
    """A whole number from `minimum` to LARGEST_SETTING; booleans and floats are refused."""
    number = _as_int(value)
    if number is None or not minimum <= number <= LARGEST_SETTING:
        raise SettingError(layer, f"{name} is {_shown(value)}; use a whole number of at least {minimum}")
    return number


def pair(layer: str, name: str, value: object, minimum: int = 1) -> Pair:
    """(height, width) from one whole number for both or from two of them."""
    sides = list(value) if isinstance(value, tuple | list) else [value, value]
    numbers = [_as_int(side) for side in sides]
    if len(sides) != 2 or any(side is None or not minimum <= side <= LARGEST_SETTING for side in numbers):
        raise SettingError(
            layer,
            f"{name} is {_shown(value)}; use a whole number of at least {minimum}, or two: (height, width)",
        )
    if any(side is not None and side > LARGEST_SIDE for side in numbers):
        raise SettingError(layer, f"{name} is {_shown(value)}; use at most {LARGEST_SIDE}")
    return cast(Pair, tuple(numbers))


def flag(layer: str, name: str, value: object) -> bool:
    """True or False, nothing that merely looks like it."""
    if not isinstance(value, bool):
        raise SettingError(layer, f"{name} is {_shown(value)}; use true or false")
    return value


def number(
    layer: str, name: str, value: object, minimum: float, maximum: float, *, below: bool = False
) -> float:
    """A finite number from `minimum` to `maximum`, which itself is left out where `below` is set."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        found = _as_float(value)
        if minimum <= found <= maximum and math.isfinite(found) and not (below and found == maximum):
            return found
    ends = f"from {minimum:g} to below {maximum:g}" if below else f"from {minimum:g} to {maximum:g}"
    raise SettingError(layer, f"{name} is {_shown(value)}; use a number {ends}")


def any_number(layer: str, name: str, value: object) -> float:
    """Any number that float32, in which the core computes, can hold."""
    return number(layer, name, value, -LARGEST, LARGEST)


def positive(layer: str, name: str, value: object) -> float:
    """Any number above 0 that float32 can hold."""
    return number(layer, name, value, SMALLEST, LARGEST)


def format_sides(sides: Pair) -> str:
    """Both sides, always: 5x5."""
    return f"{sides[0]}x{sides[1]}"


def format_pair(sides: Pair) -> str:
    """One number where both sides agree: 2, but 2x3."""
    return str(sides[0]) if sides[0] == sides[1] else format_sides(sides)


def _as_int(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        return int(value.__index__())  # type: ignore[attr-defined]
    except AttributeError:
        return None


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number that no float reaches
        return math.inf


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python does not print whole numbers of more than 4,300 digits
        return "a number of thousands of digits"
    return text if len(text) <= 40 else text[:37] + "..."
