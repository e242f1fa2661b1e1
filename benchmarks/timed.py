"""A result with its own seconds."""

from typing import Any, NamedTuple


class Timed(NamedTuple):
    """What a work returns that measured its seconds itself, since what is around them does not belong to it."""

    value: Any
    seconds: float
