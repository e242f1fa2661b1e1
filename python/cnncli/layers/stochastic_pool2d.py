"""Stochastic pooling."""

from cnncli.layers.node_layer import Settings
from cnncli.layers.pooling import Pooling
from cnncli.layers.random_layer import RandomLayer
from cnncli.layers.settings import Pair


class StochasticPool2d(Pooling, RandomLayer):
    """A value of each window, drawn with a probability proportional to itself; in evaluation their weighted mean.

    With a = max(x, 0), place i of a window has the probability p_i = a_i / (sum of the window's a):

    training : y = x_i for a place i drawn so; the gradient goes there
    evaluation : y = sum of p_i x_i; dy/dx_i = (2 x_i - y) / (sum of a) where x_i is above 0, else 0

    Negative values and padding have the probability 0. A window without a value above 0 gives 0, and passes no
    gradient on. In training the first NaN of a window is taken, else its first Inf; in evaluation NaN gives NaN, and
    Inf gives Inf. What is drawn is a pure function of (seed, layer, step, sample, position of the output).

    input : (samples, channels, height, width); a single image is a batch of one
    output : (samples, channels, (height + 2 padding - kernel_size) // stride + 1, same for width); with ceil_mode the
        quotient is rounded up, and a window that would begin in the padding behind the image is left out

    kernel_size : int >= 1 or (height, width)
    stride : int >= 1 or (height, width), default the kernel, so that windows do not overlap
    padding : int >= 0 or (height, width), at most half the kernel, default 0
    ceil_mode : whether a last window that reaches beyond the padded image counts, default False

    seed, layer, step : attributes as Dropout's

    Raises ShapeError if the kernel does not fit the padded image. Source: Zeiler & Fergus 2013; neither Torch7 nor
    PyTorch has it.

    >>> image = [[0, 1, -5, -1], [3, 0, 0, -2]]
    >>> layer = StochasticPool2d(2)
    >>> layer.initialize(seed=1)
    >>> [layer.forward(image)[0, 0, 0].tolist() for _ in range(6)]
    [[1.0, 0.0], [3.0, 0.0], [1.0, 0.0], [3.0, 0.0], [1.0, 0.0], [1.0, 0.0]]
    >>> layer.eval().forward(image)
    array([[[[2.5, 0. ]]]], dtype=float32)
    """

    kind = "stochastic_pooling"

    def __init__(
        self,
        kernel_size: int | Pair,
        stride: int | Pair | None = None,
        padding: int | Pair = 0,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode=ceil_mode)

    def node_settings(self) -> Settings:
        return {**super().node_settings(), "layer": self.layer}
