"""Initial weights, a pure function of (seed, stream, shape)."""

import math

import numpy as np
import numpy.typing as npt

from cnncli import _core
from cnncli._core import PURPOSE_INITIAL_WEIGHTS
from cnncli.layers.arrays import FloatArray
from cnncli.layers.faults import SettingError

# Before a ReLU, which halves the variance: He et al. 2015, "Delving Deep into Rectifiers", equation 10.
GAIN_RELU = math.sqrt(2.0)
# Before anything else: LeCun, Bottou, Orr & Müller 1998, "Efficient BackProp", section 4.6.
GAIN_LINEAR = 1.0

INITIALIZATIONS = ("he", "torch")
# How many inputs an output sums, one number for all, or one for each row of the array to fill.
FanIn = int | npt.NDArray[np.int64]


def read_initialization(layer: str, value: object) -> str:
    """The name of a rule, or a SettingError."""
    if value not in INITIALIZATIONS:
        raise SettingError(layer, f"initialization is {value!r}; use {' or '.join(INITIALIZATIONS)}")
    return str(value)


def fill_uniform(weight: FloatArray, fan_in: FanIn, *, seed: int, stream: int, gain: float) -> None:
    """Fill `weight` in place with uniform numbers of mean 0 and standard deviation gain / sqrt(fan_in).

    They lie within gain * sqrt(3 / fan_in), since a uniform distribution on [-b, b] has variance b²/3.

    fan_in : number of inputs that each output sums
    stream : tells the layers of a network apart
    """
    _core.random_uniform(weight, seed=seed, purpose=PURPOSE_INITIAL_WEIGHTS, stream=stream)
    _stretch(weight, gain * math.sqrt(3.0), fan_in)


def initialize_weights(
    weight: FloatArray, bias: FloatArray | None, fan_in: FanIn, bias_fan_in: FanIn | None = None, *,
    rule: str, seed: int, stream: int, gain: float,
) -> None:
    """Fill the weights and biases of a layer in place by a rule of INITIALIZATIONS.

    "he" : weights as `fill_uniform`, biases 0
    "torch" : both uniform on [-b, b], b = 1 / sqrt(fan_in), whatever follows: Torch7's `reset()`, PyTorch's default
    bias_fan_in : that of the biases, where rows of weights are no outputs
    """
    if rule == "he":
        fill_uniform(weight, fan_in, seed=seed, stream=stream, gain=gain)
        if bias is not None:
            bias.fill(0)
        return
    # One draw for both: numbers are counted from 0 in each, so that the biases of a second one were the first weights.
    drawn = np.empty(weight.size + (0 if bias is None else bias.size), np.float32)
    _core.random_uniform(drawn, seed=seed, purpose=PURPOSE_INITIAL_WEIGHTS, stream=stream)
    weight[...] = drawn[: weight.size].reshape(weight.shape)
    _stretch(weight, 1.0, fan_in)
    if bias is not None:
        bias[...] = drawn[weight.size :]
        _stretch(bias, 1.0, fan_in if bias_fan_in is None else bias_fan_in)


def _stretch(numbers: FloatArray, factor: float, fan_in: FanIn) -> None:
    """Numbers from 0 to 1, in place, to [-b, b] with b = factor / sqrt(fan_in)."""
    if isinstance(fan_in, int):
        bound = factor / math.sqrt(max(fan_in, 1))
        numbers *= 2.0 * bound
        numbers -= bound
        return
    bounds = (factor / np.sqrt(fan_in)).astype(np.float32).reshape(-1, *[1] * (numbers.ndim - 1))
    numbers *= 2 * bounds
    numbers -= bounds
