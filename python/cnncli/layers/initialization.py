"""Initial weights, a pure function of (seed, stream, shape)."""

import math

from cnncli import _core
from cnncli.layers.arrays import FloatArray

# Before a ReLU, which halves the variance: He et al. 2015, "Delving Deep into Rectifiers", equation 10.
GAIN_RELU = math.sqrt(2.0)
# Before anything else: LeCun, Bottou, Orr & Müller 1998, "Efficient BackProp", section 4.6.
GAIN_LINEAR = 1.0

PURPOSE_INITIAL_WEIGHTS = 5  # Purpose::kInitialWeights of cpp/random/philox.h


def fill_uniform(weight: FloatArray, fan_in: int, *, seed: int, stream: int, gain: float) -> None:
    """Fill `weight` in place with uniform numbers of mean 0 and standard deviation gain / sqrt(fan_in).

    They lie within gain * sqrt(3 / fan_in), since a uniform distribution on [-b, b] has variance b²/3.

    fan_in : number of inputs that each output sums
    stream : tells the layers of a network apart
    """
    bound = gain * math.sqrt(3.0 / max(fan_in, 1))
    _core.random_uniform(weight, seed=seed, purpose=PURPOSE_INITIAL_WEIGHTS, stream=stream)
    weight *= 2.0 * bound
    weight -= bound
