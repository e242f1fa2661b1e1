"""One learned array of a network."""

from dataclasses import dataclass

from cnncli.layers.arrays import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """A learned array with its gradient, as optimizers and model files see it.

    name : path through the network, the layer's index first: "3.weight", in a nested Sequential "2.0.weight"
    value : float32, changed in place only, since a compiled program keeps pointers to it
    gradient : float32, shape of `value`; layers add to it
    decay : whether weight decay applies (weights yes; biases and batch normalization no)
    """

    name: str
    value: FloatArray
    gradient: FloatArray
    decay: bool
