"""Rows of pooling layers for `layer_chains`: types that no fusion knows."""

from collections.abc import Callable

from cnncli.layers import (
    AvgPool1d,
    Flatten,
    LPPool2d,
    MaxPool1d,
    MaxPool2d,
    MaxUnpool2d,
    Module,
    Sequential,
    StochasticPool2d,
    Unflatten,
)


def unpooled(pooling: MaxPool2d, shape: tuple[int, ...]) -> Module:
    """The maxima of images where they were, and 0 elsewhere."""
    size = (shape[1], shape[2]) if len(shape) == 3 else None
    return Sequential(pooling, MaxUnpool2d(pooling=pooling, output_size=size))


POOLS: dict[str, list[Callable[[tuple[int, ...]], Module]]] = {
    "AvgPool1d": [
        lambda shape: Sequential(Flatten(2), AvgPool1d(3, 2, 1, True, False)),
        lambda shape: Sequential(Flatten(2), AvgPool1d(2, 1), Unflatten(-1, (1, -1))),
    ],
    "LPPool2d": [lambda shape: LPPool2d(2, 3, 2)],
    "MaxPool1d": [
        lambda shape: Sequential(Flatten(2), MaxPool1d(3, 2, 1)),
        lambda shape: Sequential(Flatten(2), MaxPool1d(2, 2), Unflatten(-1, (1, -1))),
    ],
    "MaxUnpool2d": [lambda shape: unpooled(MaxPool2d(2), shape), lambda shape: unpooled(MaxPool2d(3, 2, 1), shape)],
    "StochasticPool2d": [lambda shape: StochasticPool2d(3, 2, 1)],
}
