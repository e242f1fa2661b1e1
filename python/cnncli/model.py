"""The front door for programs: a trained model that turns images into labels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.confidence import Confidence
from cnncli.errors import ShapeError, UsageError
from cnncli.files import StrPath
from cnncli.layers.arrays import format_shape
from cnncli.network import Network
from cnncli.program import Program
from cnncli.recipe import InputRecipe
from cnncli.serialize import load_model

# Samples that a program has buffers for: few images need few, and many are run in parts.
_FEW, _MANY = 16, 256
_MOST_BYTES = 2 << 30  # of the outputs of all layers for many samples


@dataclass(frozen=True)
class Prediction:
    """What a model says about N images.

    labels : int64 (N,), the index of the most probable class
    names : its name, for each image
    probabilities : float32 (N, classes), each row sums to 1; calibrated if the model's record says how
    """

    labels: npt.NDArray[np.int64]
    names: list[str]
    probabilities: npt.NDArray[np.float32]


class Model:
    """A trained network with all that is needed to use it; safe to use from several threads.

    A model can be pickled, copied deeply and sent to another process, however that was started; the copy predicts the
    same bits. `copy.copy` shares the network.

    network : the layers and weights
    frozen : makes the network's arrays read-only, so that predictions need not look whether they have changed
    class_names : what the outputs mean
    recipe : how pictures become input, None if the network was trained on plain numbers
    record : how it was trained
    """

    def __init__(self, network: Network, *, frozen: bool = False) -> None:
        network.evaluate()
        if frozen:
            _freeze(network)
        self._frozen = frozen
        self.network = network
        self._is_large = network.activation_count() * 4 * _MANY > _MOST_BYTES
        self._programs: dict[int, Program] = {}
        self._mean_and_scale: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]] | None = None

    @property
    def class_names(self) -> list[str]:
        return self.network.class_names

    @property
    def recipe(self) -> InputRecipe | None:
        return self.network.recipe

    @property
    def record(self) -> dict[str, Any]:
        return self.network.record

    @property
    def confidence(self) -> Confidence:
        """The temperature that `predict` applies, and the threshold below which its answer is not sure."""
        return Confidence.from_record(self.network.record)

    def predict(self, images: npt.ArrayLike) -> Prediction:
        """The class of each image.

        images : (N, C, H, W), (N, H, W) for one channel, or one image (C, H, W) or (H, W). Whole numbers are
            pixels from 0 to 255, floats pixels from 0 to 1. Without a recipe numbers are taken as they are.

        Raises ShapeError for images of another size, UsageError for pixels outside these ranges.
        """
        names = self.class_names
        if not names:
            shape = format_shape(self.network.output_shape(self.network.input_shape))
            raise UsageError(
                f"predict: the network gives {shape} and not one value a class; "
                "use model.network.forward(images)"
            )
        inputs = self._inputs(np.asarray(images))
        size = _FEW if len(inputs) <= _FEW or self._is_large else _MANY
        program = self._programs.get(size)
        if program is None:
            program = self._programs.setdefault(size, Program(self.network, size, frozen=self._frozen))
        # Log-probabilities, whatever the network ends in
        probabilities = self.confidence.calibrated(program.predict(inputs))
        labels = probabilities.argmax(axis=1)
        return Prediction(labels, [names[label] for label in labels.tolist()], probabilities)

    def _inputs(self, images: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """What `Program.predict` takes: bytes, or floats that the recipe has normalized."""
        if self.recipe is None:
            return self.network.samples(images)
        images = _as_batch(images, self.recipe.shape)
        if images.dtype == np.uint8:
            return images
        if images.dtype.kind in "iu":
            _check_range(images, 255, "whole numbers")
            return images.astype(np.uint8)
        if images.dtype.kind not in "fb":
            raise UsageError(
                f"predict: images are {images.dtype}; pass whole numbers from 0 to 255 or floats"
            )
        _check_range(images, 1, "floats")
        if self._mean_and_scale is None:
            mean = np.asarray(self.recipe.mean, np.float32).reshape(-1, 1, 1)
            self._mean_and_scale = mean, np.asarray(self.recipe.scale, np.float32).reshape(-1, 1, 1)
        mean, scale = self._mean_and_scale
        normalized: npt.NDArray[np.float32] = images.astype(np.float32)
        normalized -= mean
        normalized /= scale
        return normalized

    def __getstate__(self) -> dict[str, Any]:
        """All but the programs: they point into arrays of this process, and are made anew where they are needed."""
        return {**self.__dict__, "_programs": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._programs = {}
        if self._frozen:  # copies of NumPy arrays can be written, whatever the originals are
            _freeze(self.network)

    def __repr__(self) -> str:
        return f"Model({self.network!r})"


def _freeze(network: Network) -> None:
    for array in [*network.parameters()[0], *(array for _, array in network.named_buffers())]:
        array.flags.writeable = False


def load(path: StrPath) -> Model:
    """The model of a model file, ready to predict; its arrays are read-only.

    Raises FormatError if the file is damaged or no model, CnnError if it cannot be read.
    """
    return Model(load_model(path), frozen=True)


def _as_batch(images: npt.NDArray[Any], shape: tuple[int, int, int]) -> npt.NDArray[Any]:
    """Images as (N, C, H, W)."""
    if images.shape == shape or (shape[0] == 1 and images.shape == shape[1:]):
        return images.reshape(1, *shape)
    if shape[0] == 1 and images.ndim == 3 and images.shape[1:] == shape[1:]:
        return images[:, None]
    if images.ndim == 4 and images.shape[1:] == shape:
        return images
    raise ShapeError(
        f"predict: got images {format_shape(images.shape)}, the network takes {format_shape(shape)} "
        "(channels, height, width); resize or transpose them"
    )


def _check_range(images: npt.NDArray[Any], largest: int, kind: str) -> None:
    if images.size and not (images.min() >= 0 and images.max() <= largest):  # written so that NaN is refused
        raise UsageError(
            f"predict: pixels from {images.min():g} to {images.max():g}; {kind} go from 0 to {largest}"
        )
