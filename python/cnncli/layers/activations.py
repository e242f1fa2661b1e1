"""The element-wise layers without parameters, a class each; the formulas are the core's.

How one is added: docs/add-a-layer.md.
"""

from cnncli.layers import kinked_activations
from cnncli.layers.activation import Activation
from cnncli.layers.faults import SettingError
from cnncli.layers.initialization import GAIN_RELU
from cnncli.layers.kinked_activations import *  # noqa: F403 (its __all__)
from cnncli.layers.settings import any_number, positive
from cnncli.shown import shown

# Klambauer et al. 2017: the fixed point of mean 0 and variance 1.
_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805

__all__ = [
    "CELU", "ELU", "GELU", "SELU", "LogSigmoid", "Mish", "ScaledTanh", "SiLU", "Sigmoid", "Softplus", "Softsign",
    "Tanh",
]
__all__ += kinked_activations.__all__


class Tanh(Activation):
    """The hyperbolic tangent of each element: y = tanh(x), dy/dx = 1 - y².

    Any shape. Torch7: nn.Tanh. `ScaledTanh` is the form of LeCun.

    >>> Tanh().forward([0, 100])
    array([0., 1.], dtype=float32)
    """

    function = "tanh"
    gives = "sign"


class Sigmoid(Activation):
    """The logistic function of each element: y = 1 / (1 + exp(-x)), dy/dx = y (1 - y).

    Any shape. Torch7: nn.Sigmoid.

    >>> Sigmoid().forward([0, 100])
    array([0.5, 1. ], dtype=float32)
    """

    function = "sigmoid"
    gives = "probability"


class ScaledTanh(Activation):
    """LeCun's hyperbolic tangent: y = amplitude tanh(slope x), with f(1) = 1 and f(-1) = -1 by default.

    LeCun, Bottou, Bengio & Haffner 1998, "Gradient-Based Learning Applied to Document Recognition", appendix A. Any
    shape. Torch7 writes nn.Tanh between two nn.MulConstant.

    amplitude : float above 0, default 1.7159
    slope : float above 0, default 2/3

    >>> ScaledTanh().forward([0, 1]).round(3)
    array([0., 1.], dtype=float32)
    """

    function = "scaled_tanh"
    gives = "sign"
    setting_names = ("amplitude", "slope")

    def __init__(self, amplitude: float = 1.7159, slope: float = 2 / 3) -> None:
        self.amplitude = positive("ScaledTanh", "amplitude", amplitude)
        self.slope = positive("ScaledTanh", "slope", slope)

    def coefficients(self) -> tuple[float, float]:
        return self.amplitude, self.slope


class ELU(Activation):
    """y = x where x is above 0, else alpha (exp(x) - 1) (Clevert, Unterthiner & Hochreiter 2016).

    Any shape. Torch7: nn.ELU; PyTorch: ELU.

    alpha : float, default 1

    >>> ELU().forward([-100, 0, 2])
    array([-1.,  0.,  2.], dtype=float32)
    """

    function = "elu"
    gain_before = GAIN_RELU
    setting_names = ("alpha",)

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = any_number("ELU", "alpha", alpha)

    def coefficients(self) -> tuple[float, float]:
        return self.alpha, 1.0


class SELU(Activation):
    """scale times an ELU, with two numbers by which layers keep mean 0 and variance 1.

    Klambauer, Unterthiner, Mayr & Hochreiter 2017, "Self-Normalizing Neural Networks": alpha 1.67326..., scale
    1.05070... . Any shape. PyTorch: SELU.

    >>> SELU().forward([0, 1]).round(4)
    array([0.    , 1.0507], dtype=float32)
    """

    function = "elu"

    def coefficients(self) -> tuple[float, float]:
        return _SELU_SCALE * _SELU_ALPHA, _SELU_SCALE


class CELU(Activation):
    """y = x where x is above 0, else alpha (exp(x / alpha) - 1): an ELU without a kink (Barron 2017).

    Any shape. PyTorch: CELU.

    alpha : float above 0, default 1

    >>> CELU(2).forward([-100, 0, 2])
    array([-2.,  0.,  2.], dtype=float32)
    """

    function = "celu"
    gain_before = GAIN_RELU
    setting_names = ("alpha",)

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = positive("CELU", "alpha", alpha)

    def coefficients(self) -> tuple[float, float]:
        return self.alpha, 0.0


class SiLU(Activation):
    """y = x / (1 + exp(-x)) (Elfwing, Uchibe & Doya 2017; "swish" of Ramachandran, Zoph & Le 2017).

    Any shape. PyTorch: SiLU.

    >>> SiLU().forward([-1000, 0, 100])
    array([ -0.,   0., 100.], dtype=float32)
    """

    function = "silu"
    gain_before = GAIN_RELU


class Mish(Activation):
    """y = x tanh(log(1 + exp(x))) (Misra 2019).

    Any shape. PyTorch: Mish.

    >>> Mish().forward([0, 100])
    array([  0., 100.], dtype=float32)
    """

    function = "mish"
    gain_before = GAIN_RELU


class Softplus(Activation):
    """A smooth ReLU: y = log(1 + exp(beta x)) / beta, and x itself where beta x is above the threshold.

    Dugas, Bengio, Bélisle, Nadeau & Garcia 2001. Any shape. Torch7: nn.SoftPlus; PyTorch: Softplus.

    beta : float above 0, default 1
    threshold : float, default 20

    >>> Softplus().forward([-1000, 30])
    array([ 0., 30.], dtype=float32)
    """

    function = "softplus"
    gain_before = GAIN_RELU
    setting_names = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self.beta = positive("Softplus", "beta", beta)
        self.threshold = any_number("Softplus", "threshold", threshold)

    def coefficients(self) -> tuple[float, float]:
        return self.beta, self.threshold


class Softsign(Activation):
    """y = x / (1 + |x|) (Turian, Bergstra & Bengio 2009).

    Any shape. Torch7: nn.SoftSign; PyTorch: Softsign.

    >>> Softsign().forward([-1, 0, 3])
    array([-0.5 ,  0.  ,  0.75], dtype=float32)
    """

    function = "softsign"
    gives = "sign"


class LogSigmoid(Activation):
    """The logarithm of the logistic function: y = -log(1 + exp(-x)).

    Any shape. Torch7: nn.LogSigmoid; PyTorch: LogSigmoid.

    >>> LogSigmoid().forward([-100, 0]).round(3)
    array([-100.   ,   -0.693], dtype=float32)
    """

    function = "log_sigmoid"


class GELU(Activation):
    """y = x Phi(x), with the distribution function Phi of the standard normal (Hendrycks & Gimpel 2016).

    Any shape. Torch7: nn.GELU; PyTorch: GELU.

    approximate : "none", or "tanh" for x (1 + tanh(sqrt(2/pi) (x + 0.044715 x³))) / 2, default "none"

    >>> GELU().forward([-1000, 0, 100])
    array([ -0.,   0., 100.], dtype=float32)
    """

    function = "gelu"
    gain_before = GAIN_RELU
    setting_names = ("approximate",)

    def __init__(self, approximate: str = "none") -> None:
        if approximate not in ("none", "tanh"):
            raise SettingError("GELU", f"approximate is {shown(approximate)}; use none or tanh")
        self.approximate = approximate
        if approximate == "tanh":
            self.function = "gelu_tanh"  # type: ignore[misc]  # of this object
