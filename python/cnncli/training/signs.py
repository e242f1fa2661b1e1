"""Signs of how a training goes, measured along its way: what `cnn doctor` judges it by.

A few times an epoch a step is gauged: how long the gradients and the weights are, how far the step moves them, and
whether the next step's gradient points the same way. The losses of the steps are kept as means of up to 64 runs of
neighbouring steps. All of it stands in the state of the training, so that a run that is resumed goes on with it.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.layers.parameter import Parameter
from cnncli.network import Network
from cnncli.training.state import GAUGES, TrainingState

BINS = 64  # of the losses of an epoch
_GAUGES = 6  # steps of an epoch that are gauged, at most
_APART = 16  # steps from one to the next, at least: so gauging takes less than 1 % of the time
_ALL_EPOCHS = 16  # so many have signs; then as many of each doubling of the epochs
_NUMBERS = 2048  # of the weights of a layer
_IMAGES = 16  # of the batch, of which the input is measured


class _Sampled:
    """The weights of a layer, or some of them. times : by which lengths of those are too short"""

    def __init__(self, parameter: Parameter) -> None:
        self.parameter, self.name, size = parameter, parameter.name, parameter.value.size
        self._places: npt.NDArray[np.int64] | None = None
        self.times = 1.0
        if size > _NUMBERS:
            self._places = np.sort(np.random.default_rng(0).integers(0, size, _NUMBERS))
            self.times = math.sqrt(size / _NUMBERS)

    def values(self) -> npt.NDArray[np.float32]:
        return self._taken(self.parameter.value)

    def gradients(self) -> npt.NDArray[np.float32]:
        return self._taken(self.parameter.gradient)

    def _taken(self, array: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        flat = array.reshape(-1)
        return flat.copy() if self._places is None else flat[self._places]


class Signs:
    """Takes the signs of a training into `state.signs`, a list of dicts of JSON values, one for an epoch.

    epoch : from 1
    losses : means over runs of neighbouring steps, in the order of the steps
    gauges : "step" (of the epoch, from 1), "gradient" (length of the gradients of all weights as one vector, as the
        step has used it), "turn" (cosine of the angle from it to the next step's; None where there was no next step),
        "update" (the largest share of its length by which a layer's weights moved)
    layers : of the first gauge: "names" of the weights, their lengths "weight", "gradient" and "update"
    inputs : mean, deviation, least and largest number that the network got, of some images of the first gauge

    Biases and gains are left out: they have no decay (`Parameter.decay`), and start at 0 or 1. Of an array of more
    than 2,048 numbers so many are looked at, drawn once, so that lengths are right to some 2 %. To four digits. What
    is no finite number is None.
    """

    def __init__(self, network: Network, state: TrainingState) -> None:
        self._network, self._state = network, state
        self._weights = [_Sampled(one) for one in network.named_parameters() if one.decay]
        self._before: list[npt.NDArray[np.float32]] | None = None  # the weights, where this step is gauged
        self._gradients: list[npt.NDArray[np.float32]] | None = None  # those of a step that was gauged
        self._turns: list[float | None] = []  # those of the epoch that it belongs to
        self._is_kept = False

    def before(
        self, images: npt.NDArray[Any], indices: npt.NDArray[np.int64], epoch: int, step: int, steps: int
    ) -> None:
        """Ahead of a step. epoch : from 0; step : within its epoch, from 0; steps : of that epoch"""
        if step == 0 or not self._is_kept:
            self._is_kept = has_signs(epoch)
        self._before = None
        if not self._is_kept or not self._weights:
            return
        apart = max(_APART, -(-steps // _GAUGES))
        is_due = (self._state.step if steps < _APART else step) % apart == 0
        if is_due:
            self._before = [one.values() for one in self._weights]
            if "inputs" not in self._open(epoch):
                self._open(epoch)["inputs"] = _measures(self._network.samples(images[indices[:_IMAGES]]))

    def after(self, loss: float, epoch: int, step: int, steps: int) -> None:
        """After the same step."""
        if not self._is_kept:
            self._gradients = None
            return
        signs = self._open(epoch)
        width = -(-steps // BINS)
        losses, place = signs["losses"], step // width
        if place < len(losses):
            losses[place] += (loss - losses[place]) / (step % width + 1)
        else:
            losses.append(loss)
        gauges = signs["gauges"]
        if self._gradients is not None:
            self._turns[-1] = _short(_cosine(self._gradients, self._weights))
            self._gradients = None
        if self._before is None:
            return
        weight, gradient, update, found = [], [], [], []
        for old, one in zip(self._before, self._weights, strict=True):
            found.append(one.gradients())
            weight.append(one.times * _length(old))
            gradient.append(one.times * _length(found[-1]))
            update.append(one.times * _length(one.values() - old))
        self._before = None
        shares = [moved / long for moved, long in zip(update, weight, strict=True) if long > 0]
        gauges["step"].append(step + 1)
        gauges["gradient"].append(_short(math.hypot(*gradient)))
        gauges["turn"].append(None)
        gauges["update"].append(_short(max(shares, default=0.0)))
        if "layers" not in signs:
            names = [one.name for one in self._weights]
            rows = {"weight": weight, "gradient": gradient, "update": update}
            signs["layers"] = {"names": names, **{name: [*map(_short, row)] for name, row in rows.items()}}
        self._gradients, self._turns = found, gauges["turn"]

    def _open(self, epoch: int) -> dict[str, Any]:
        signs = self._state.signs
        if not signs or signs[-1]["epoch"] != epoch + 1:
            if signs:
                signs[-1] = rounded(signs[-1])
            gauges: dict[str, list[Any]] = {name: [] for name in GAUGES}
            signs.append({"epoch": epoch + 1, "losses": [], "gauges": gauges})
        return signs[-1]


def has_signs(epoch: int) -> bool:
    """Whether an epoch, from 0, has signs: the first 16, then every second of 16 to 31, every fourth to 63, ...

    >>> [epoch for epoch in range(70) if has_signs(epoch)][16:]
    [16, 18, 20, 22, 24, 26, 28, 30, 32, 36, 40, 44, 48, 52, 56, 60, 64]
    """
    return epoch % (1 << max(0, epoch.bit_length() - _ALL_EPOCHS.bit_length() + 1)) == 0


def rounded(signs: dict[str, Any]) -> dict[str, Any]:
    """Those of an epoch whose means are complete."""
    return {**signs, "losses": [*map(_short, signs["losses"])]}


@np.errstate(over="ignore", invalid="ignore")  # infinity is a sign, too
def _length(values: npt.NDArray[np.float32]) -> float:
    return math.sqrt(float(np.dot(values, values)))  # of so few numbers BLAS shares out no sum among threads


@np.errstate(over="ignore", invalid="ignore")
def _cosine(old: list[npt.NDArray[np.float32]], weights: list[_Sampled]) -> float:
    product, lengths = 0.0, ([0.0], [0.0])
    for one, weight in zip(old, weights, strict=True):
        other = weight.gradients()
        product += weight.times**2 * float(np.dot(one, other))
        lengths[0].append(weight.times * _length(one))
        lengths[1].append(weight.times * _length(other))
    long = math.hypot(*lengths[0]) * math.hypot(*lengths[1])
    return product / long if long else math.nan


def _measures(values: npt.NDArray[np.float32]) -> list[float | None]:
    return [*map(_short, (values.mean(dtype=np.float64), values.std(dtype=np.float64), values.min(), values.max()))]


def _short(value: float) -> float | None:
    """A number to four digits."""
    return float(f"{value:.4g}") if math.isfinite(value) else None
