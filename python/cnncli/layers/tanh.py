"""The hyperbolic tangent."""

from cnncli.layers.activation import Activation


class Tanh(Activation):
    """The hyperbolic tangent of each element: y = tanh(x), dy/dx = 1 - y².

    Any shape; the form without LeCun's scale of 1.7159 tanh(2x/3).

    >>> Tanh().forward([0, 100])
    array([0., 1.], dtype=float32)
    """

    kind = "tanh"
