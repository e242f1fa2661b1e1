"""The logistic function."""

from cnncli.layers.activation import Activation


class Sigmoid(Activation):
    """The logistic function of each element: y = 1 / (1 + exp(-x)), dy/dx = y (1 - y).

    Any shape.

    >>> Sigmoid().forward([0, 100])
    array([0.5, 1. ], dtype=float32)
    """

    kind = "sigmoid"
