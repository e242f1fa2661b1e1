"""Rows of pooling layers for `layer_chains`: types that no fusion knows."""

from collections.abc import Callable

from cnncli.layers import AvgPool1d, Flatten, LPPool2d, MaxPool1d, Module, Sequential, StochasticPool2d, Unflatten

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
    "StochasticPool2d": [lambda shape: StochasticPool2d(3, 2, 1)],
}
