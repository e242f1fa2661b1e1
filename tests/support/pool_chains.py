"""Rows of pooling layers for `layer_chains`: types that no fusion knows."""

from collections.abc import Callable

from cnncli.layers import LPPool2d, Module, StochasticPool2d

POOLS: dict[str, list[Callable[[tuple[int, ...]], Module]]] = {
    "LPPool2d": [lambda shape: LPPool2d(2, 3, 2)],
    "StochasticPool2d": [lambda shape: StochasticPool2d(3, 2, 1)],
}
