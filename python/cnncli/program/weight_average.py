"""The running average of a network's weights: a second network beside the trained one, which follows it."""

import copy
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import FormatError
from cnncli.layers.arrays import FloatArray, format_shape
from cnncli.limits import Limits
from cnncli.network import Network
from cnncli.shown import shown


class WeightAverage:
    """An exponential moving average (EMA) of all weights, and of the running statistics of batch normalization.

    After step t, counted from 1, with weights w: average = d average + (1 - d) w, where d = min(decay, t / (9 + t)), so
    that an average of few steps is not mostly that of random weights; after the first step it is w itself.

    network : the one that is trained; its recipe has to stand already
    decay : float, above 0 and below 1; the average is about that of the last 1 / (1 - decay) steps

    The average is often a little better than the weights of any step, whose noise it has not. It is taken element by
    element, so that no bit depends on threads or on AVX2 and AVX-512. Running means and variances are averaged as the
    weights are, as timm's `ModelEmaV2` and PyTorch's `AveragedModel(use_buffers=True)` do: those of the averaged
    weights themselves would take a run of all images.
    Sources: Polyak & Juditsky 1992; the shorter memory at first is that of TensorFlow's `ExponentialMovingAverage`.

    >>> from cnncli.layers import Flatten, Linear
    >>> average = WeightAverage(Network([Flatten(), Linear(4, 2)], (1, 2, 2)), 0.99)
    >>> [round(average.share(step), 3) for step in (0, 1, 9, 2000)]
    [1.0, 0.818, 0.474, 0.01]
    """

    def __init__(self, network: Network, decay: float) -> None:
        self.decay = Limits(above=0, below=1).checked("ema", decay)
        self.network = copy.deepcopy(network)  # holds the averages
        self._trained = network

    def share(self, step: int) -> float:
        """What the weights after a step, counted from 0, count in the average after it."""
        return max(1 - self.decay, 9 / (10 + step)) if step else 1.0

    def pairs(self) -> list[tuple[FloatArray, FloatArray]]:
        """(array of the trained network, its average), changed in place; parameters, then buffers."""
        return list(zip(_all(self._trained).values(), self.arrays().values(), strict=True))

    def arrays(self) -> dict[str, FloatArray]:
        """The averages by the names of the network's parameters and buffers."""
        return _all(self.network)

    def load(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Take the averages of `arrays()`. Raises FormatError for other names or shapes."""
        own = self.arrays()
        if arrays.keys() != own.keys():
            odd = min(arrays.keys() ^ own.keys())
            raise FormatError(f"average of weights: {shown(odd)} is {'missing' if odd in own else 'of no layer'}")
        for name, array in own.items():
            if arrays[name].shape != array.shape or arrays[name].dtype != np.float32:
                found = f"{arrays[name].dtype} {format_shape(arrays[name].shape)}"
                raise FormatError(
                    f"average of weights: {shown(name)} is {found}, not float32 {format_shape(array.shape)}"
                )
        for name, array in own.items():
            array[...] = arrays[name]


def _all(network: Network) -> dict[str, FloatArray]:
    parameters = {parameter.name: parameter.value for parameter in network.named_parameters()}
    return parameters | dict(network.named_buffers())
