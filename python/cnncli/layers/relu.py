"""The rectified linear unit."""

from cnncli.layers.activation import Activation


class ReLU(Activation):
    """The positive part of each element: y = max(x, 0) (Nair & Hinton 2010; Glorot, Bordes & Bengio 2011).

    Any shape. The gradient at 0 is 0. NaN stays NaN.

    >>> ReLU().forward([-1, 0, 2])
    array([0., 0., 2.], dtype=float32)
    """

    kind = "relu"
