"""Dataclasses from JSON values of files that others wrote: each value has the type of its field, or it is refused."""

import math
from dataclasses import MISSING, fields
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from cnncli.errors import FormatError
from cnncli.shown import shown

T = TypeVar("T")


def check_fields(cls: type, values: Any, *, complete: bool = False) -> None:
    """Raises FormatError unless `values` is an object of JSON whose keys are fields of the dataclass `cls`, among them
    all that have no default; with `complete` all fields.
    """
    if not isinstance(values, dict):
        raise FormatError(f"is {shown(values)}; it must be an object")
    known = {field.name: field for field in fields(cls)}
    names = ", ".join(known)
    for name in values:
        if name not in known:
            raise FormatError(f"has the unknown key {shown(name)}{f'; it has {names}' if complete else ''}")
    for name, field in known.items():
        has_default = field.default is not MISSING or field.default_factory is not MISSING
        if name not in values and (complete or not has_default):
            raise FormatError(f"has no {name}{f'; it needs {names}' if complete else ''}")


def from_json(cls: type[T], values: Any, *, complete: bool = False) -> T:
    """An object of the dataclass `cls` with the fields `values`.

    Fields may be bool, int, float (whole numbers too, and finite), str, None, unions of those, list[...],
    tuple[int, int], which is a list of two in JSON, tuple[str, ...], and dict[str, Any].

    complete : fields with a default must be there too

    Raises FormatError that begins with the problem; the caller says where.
    """
    check_fields(cls, values, complete=complete)
    types = get_type_hints(cls)
    for name, value in values.items():
        if not _fits(value, types[name]):
            raise FormatError(f"has {name} = {shown(value)}; use {_words(types[name])}")
    return cls(**{name: tuple(value) if _is_tuple(value, types[name]) else value for name, value in values.items()})


def _is_tuple(value: Any, kind: Any) -> bool:
    """Whether a list of JSON is to become a tuple."""
    parts = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    return isinstance(value, list) and any(get_origin(part) is tuple for part in parts)


def _fits(value: Any, kind: Any) -> bool:
    if kind is Any:
        return True
    if isinstance(kind, UnionType):
        return any(_fits(value, part) for part in get_args(kind))
    if get_origin(kind) is list:
        return isinstance(value, list) and all(_fits(item, get_args(kind)[0]) for item in value)
    if get_origin(kind) is tuple:
        parts = get_args(kind)
        if parts[-1] is Ellipsis:
            return isinstance(value, list) and all(_fits(item, parts[0]) for item in value)
        return isinstance(value, list) and len(value) == len(parts) and all(map(_fits, value, parts))
    if get_origin(kind) is dict:
        return isinstance(value, dict)
    if kind is float:
        return type(value) in (int, float) and math.isfinite(value)
    return type(value) is kind  # True is no int here


def _words(kind: Any) -> str:
    if isinstance(kind, UnionType):
        return " or ".join(_words(part) for part in get_args(kind))
    if get_origin(kind) is list or get_args(kind)[1:] == (Ellipsis,):
        return f"a list of {_words(get_args(kind)[0])}"
    if get_origin(kind) is tuple:
        return f"a list of {len(get_args(kind))} values, each {_words(get_args(kind)[0])}"
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", NoneType: "null"}
    return names.get(kind, "an object")
