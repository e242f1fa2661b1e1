"""Shapes in messages and tables."""

from collections.abc import Iterable


def format_shape(shape: Iterable[int], empty: str = "no axes") -> str:
    """A shape as people write it; `empty` for one without axes.

    >>> format_shape((1, 28, 28)), format_shape(())
    ('1x28x28', 'no axes')
    """
    return "x".join(map(str, shape)) or empty
