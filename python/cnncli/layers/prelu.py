"""Rectifiers whose slope below 0 is learned, or random."""

from typing import Any

from cnncli.layers.arrays import FloatArray, Shape, format_shape
from cnncli.layers.faults import LayerShapeError, SettingError
from cnncli.layers.initialization import GAIN_RELU
from cnncli.layers.node_layer import Arrays, NodeLayer, Settings
from cnncli.layers.random_layer import RandomLayer
from cnncli.layers.settings import any_number, whole_number


class PReLU(NodeLayer):
    """A rectifier that learns its slope below 0: y = x above 0, else w x (He et al. 2015).

    weight : (num_parameters,), one slope for all values or one for each channel; weight decay leaves it alone. The
        gradient at 0 is that of the side below.

    num_parameters : 1, or the number of channels (of values, for vectors), default 1
    init : float, what the slopes are at first, default 0.25
    seed : None: no arrays before `initialize`; any other value changes nothing

    input : any shape, of which the first axis counts samples, and the next one channels;  output : the same shape

    Raises ShapeError for another number of channels. Torch7: nn.PReLU, whose 0 in place of num_parameters is 1 here.

    >>> layer = PReLU()
    >>> layer.forward([[-4, 0, 2]])
    array([[-1.,  0.,  2.]], dtype=float32)
    >>> layer.backward([[-4, 0, 2]], [[1, 1, 1]]), layer.grad_weight
    (array([[0.25, 0.25, 1.  ]], dtype=float32), array([-4.], dtype=float32))
    """

    kind = "gain"
    gain_before = GAIN_RELU
    parameter_names = ("weight",)
    decayed_names = ()
    sample_axes = (1, 3)

    weight: FloatArray
    grad_weight: FloatArray

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, seed: int | None = 0) -> None:
        self.num_parameters = whole_number("PReLU", "num_parameters", num_parameters)
        self.init = any_number("PReLU", "init", init)
        if seed is not None:
            self.initialize(seed)

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"weight": (self.num_parameters,)}

    def initialize(self, seed: int, stream: int = 0, gain: float = GAIN_RELU) -> None:
        """All slopes `init`, whatever the seed."""
        self.allocate()
        self.weight.fill(self.init)

    def node_settings(self) -> Settings:
        return {"function": "slope", "sizes": (self.num_parameters, 1, 1)}

    def node_arrays(self) -> Arrays:
        return {"weight": self.weight, "grad_weight": self.grad_weight}

    def settings(self) -> dict[str, Any]:
        return {"num_parameters": self.num_parameters, "init": self.init}

    def takes_any_shape(self) -> bool:
        return self.num_parameters == 1

    def output_shape(self, input_shape: Shape) -> Shape:
        if not self.takes_any_shape() and (
            len(input_shape) not in self.sample_axes or input_shape[0] != self.num_parameters
        ):
            remedy = f"use num_parameters={input_shape[0]}, or 1" if input_shape else "use num_parameters=1"
            raise LayerShapeError(
                repr(self),
                f"takes samples of {self.num_parameters} channels, got {format_shape(input_shape)}; {remedy}",
            )
        return input_shape

    def __repr__(self) -> str:
        init = "" if self.init == 0.25 else f", init {self.init:g}"
        return f"PReLU({self.num_parameters}{init})"


class RReLU(RandomLayer):
    """A rectifier with a random slope below 0: y = x above 0, else a x (Xu et al. 2015).

    In training each value draws a, uniform from `lower` to `upper`, a pure function of (seed, layer, step, sample,
    position); in evaluation a is the mean of both. The gradient is that of the slope drawn.

    Any shape, of which the first axis counts samples. Torch7: nn.RReLU.

    lower, upper : float, lower <= upper, default 1/8 and 1/3

    seed, layer, step : attributes as Dropout's

    >>> RReLU(0.25, 0.75).eval().forward([[-2, 0, 2]])
    array([[-1.,  0.,  2.]], dtype=float32)
    """

    kind = "random_slope"
    gain_before = GAIN_RELU

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3) -> None:
        self.lower = any_number("RReLU", "lower", lower)
        self.upper = any_number("RReLU", "upper", upper)
        if self.lower > self.upper:
            raise SettingError("RReLU", f"lower is {lower} and upper {upper}; use a lower that is not above upper")

    def node_settings(self) -> Settings:
        return {"lower": self.lower, "upper": self.upper, "layer": self.layer}

    def settings(self) -> dict[str, Any]:
        return {"lower": self.lower, "upper": self.upper}

    def __repr__(self) -> str:
        return f"RReLU({self.lower:g}, {self.upper:g})"
