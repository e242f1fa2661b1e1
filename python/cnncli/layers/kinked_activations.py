"""The element-wise layers without parameters that have kinks or jumps; the others are in activations.py.

How one is added: docs/add-a-layer.md.
"""

from cnncli.layers.activation import Activation
from cnncli.layers.faults import SettingError
from cnncli.layers.initialization import GAIN_RELU
from cnncli.layers.settings import LARGEST, any_number, number

__all__ = [
    "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU", "ReLU", "ReLU6", "Softshrink", "Step", "Threshold",
]


class ReLU(Activation):
    """The positive part of each element: y = max(x, 0) (Nair & Hinton 2010; Glorot, Bordes & Bengio 2011).

    Any shape. The gradient at 0 is 0. NaN stays NaN. Torch7: nn.ReLU.

    >>> ReLU().forward([-1, 0, 2])
    array([0., 0., 2.], dtype=float32)
    """

    function = "relu"
    gain_before = GAIN_RELU


class Step(Activation):
    """The step of the perceptron (Rosenblatt 1958): y = 1 where x is at least the threshold, else 0.

    Its derivative is 0 wherever it has one, and so is the gradient: nothing can be learned through it. What the lecture
    calls "threshold"; Torch7's and PyTorch's `Threshold` is another function. Any shape. NaN stays NaN.

    threshold : float, default 0

    >>> Step().forward([-1, 0, 2])
    array([0., 1., 1.], dtype=float32)
    """

    function = "step"
    gives = "sign"
    setting_names = ("threshold",)

    def __init__(self, threshold: float = 0.0) -> None:
        self.threshold = any_number("Step", "threshold", threshold)

    def coefficients(self) -> tuple[float, float]:
        return self.threshold, 0.0


class Threshold(Activation):
    """y = x where x is above the threshold, else the value; the gradient is that of y.

    Any shape. NaN stays NaN. Torch7: nn.Threshold; PyTorch: Threshold.

    threshold : float
    value : float

    >>> Threshold(0.5, -1).forward([0, 0.5, 2])
    array([-1., -1.,  2.], dtype=float32)
    """

    function = "threshold"
    setting_names = ("threshold", "value")

    def __init__(self, threshold: float, value: float) -> None:
        self.threshold = any_number("Threshold", "threshold", threshold)
        self.value = any_number("Threshold", "value", value)

    def coefficients(self) -> tuple[float, float]:
        return self.threshold, self.value


class LeakyReLU(Activation):
    """y = x where x is above 0, else slope x (Maas, Hannun & Ng 2013).

    Any shape. The gradient at 0 is that of the left side. Torch7: nn.LeakyReLU; PyTorch: LeakyReLU.

    negative_slope : float, default 0.01

    >>> LeakyReLU(0.5).forward([-1, 0, 2])
    array([-0.5,  0. ,  2. ], dtype=float32)
    """

    function = "leaky_relu"
    gain_before = GAIN_RELU
    setting_names = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = any_number("LeakyReLU", "negative_slope", negative_slope)

    def coefficients(self) -> tuple[float, float]:
        return self.negative_slope, 0.0


class ReLU6(Activation):
    """The positive part, at most 6: y = min(max(x, 0), 6) (Krizhevsky 2010).

    Any shape. The gradient at 0 and at 6 is 0. Torch7: nn.ReLU6; PyTorch: ReLU6.

    >>> ReLU6().forward([-1, 2, 8])
    array([0., 2., 6.], dtype=float32)
    """

    function = "hardtanh"
    gives = "sign"
    gain_before = GAIN_RELU

    def coefficients(self) -> tuple[float, float]:
        return 0.0, 6.0


class Hardtanh(Activation):
    """y = x between two bounds, which it does not leave (Collobert 2004).

    Any shape. The gradient at the bounds is 0. Torch7: nn.HardTanh, nn.Clamp; PyTorch: Hardtanh.

    min_val, max_val : floats, default -1 and 1

    >>> Hardtanh().forward([-3, 0.5, 3])
    array([-1. ,  0.5,  1. ], dtype=float32)
    """

    function = "hardtanh"
    gives = "sign"
    setting_names = ("min_val", "max_val")

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        self.min_val = any_number("Hardtanh", "min_val", min_val)
        self.max_val = any_number("Hardtanh", "max_val", max_val)
        if not self.min_val < self.max_val:
            raise SettingError("Hardtanh", f"min_val is {min_val}, max_val {max_val}; use a smaller and a larger one")

    def coefficients(self) -> tuple[float, float]:
        return self.min_val, self.max_val


class Softshrink(Activation):
    """Each element, nearer to 0 by lambd: y = x - lambd above lambd, x + lambd below -lambd, else 0 (Donoho 1995).

    Any shape. The gradient at -lambd and at lambd is 0. NaN stays NaN. Torch7: nn.SoftShrink; PyTorch: Softshrink.

    lambd : float >= 0, default 0.5

    >>> Softshrink().forward([-2, 0.3, 2])
    array([-1.5,  0. ,  1.5], dtype=float32)
    """

    function = "softshrink"
    setting_names = ("lambd",)

    def __init__(self, lambd: float = 0.5) -> None:
        self.lambd = number("Softshrink", "lambd", lambd, 0.0, LARGEST)

    def coefficients(self) -> tuple[float, float]:
        return self.lambd, 0.0


class Hardsigmoid(Activation):
    """A sigmoid of three lines: y = min(max(x + 3, 0), 6) / 6.

    Any shape. PyTorch: Hardsigmoid.

    >>> Hardsigmoid().forward([-4, 0, 4])
    array([0. , 0.5, 1. ], dtype=float32)
    """

    function = "hardsigmoid"
    gives = "probability"


class Hardswish(Activation):
    """y = x min(max(x + 3, 0), 6) / 6 (Howard et al. 2019, "Searching for MobileNetV3").

    Any shape. PyTorch: Hardswish.

    >>> Hardswish().forward([-4, 0, 4])
    array([0., 0., 4.], dtype=float32)
    """

    function = "hardswish"
    gain_before = GAIN_RELU
