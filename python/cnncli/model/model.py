"""The front door for programs: a trained model that turns images or rows of numbers into answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from cnncli.errors import UsageError
from cnncli.layers.arrays import format_shape
from cnncli.model.given_images import as_array, as_batch, as_pictures
from cnncli.model.given_rows import as_rows
from cnncli.model.views_of_image import Views
from cnncli.model_file.confidence import Confidence
from cnncli.model_file.serialize import load_model, save_model
from cnncli.network import Network
from cnncli.network.answers import log_probabilities
from cnncli.number_recipe import NumberRecipe
from cnncli.pictures.recipe import InputRecipe
from cnncli.program import Program
from cnncli.storage.files import StrPath

if TYPE_CHECKING:
    from cnncli.pictures.recipe import Picture

    # What `Model.predict` takes
    Images = npt.ArrayLike | StrPath | Picture | Iterable[StrPath | Picture]

# Samples that a program has buffers for: few images need few, and many are run in parts.
_FEW, _MANY = 16, 256
_MOST_BYTES = 2 << 30  # of the outputs of all layers for many samples


@dataclass(frozen=True)
class Prediction:
    """What a model says about N images or rows.

    labels : int64 (N,), the index of the most probable class
    names : its name, for each image
    probabilities : float32 (N, classes), each row sums to 1; calibrated if the model's record says how
    threshold : probability from which an answer is sure, as the model's training found it; 0 if it did not
    values : of a model that predicts numbers and no classes: float64 (N, targets), in the units of its table. There are
        then no labels, no names and no probabilities; None for all others
    """

    labels: npt.NDArray[np.int64]
    names: list[str]
    probabilities: npt.NDArray[np.float32]
    threshold: float = 0.0
    values: npt.NDArray[np.float64] | None = None

    @property
    def sure(self) -> npt.NDArray[np.bool_]:
        """bool (N,), whether the probability of each label reaches the threshold."""
        largest: npt.NDArray[np.float32] = self.probabilities.max(axis=1, initial=0.0)
        return largest >= self.threshold


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
        network.eval()
        if frozen:
            _freeze(network)
        self._frozen = frozen
        self.network = network
        self._is_large = network.activation_count() * 4 * _MANY > _MOST_BYTES
        self._programs: dict[int, Program] = {}

    @property
    def class_names(self) -> list[str]:
        return self.network.class_names

    @property
    def recipe(self) -> InputRecipe | None:
        recipe = self.network.recipe
        return None if isinstance(recipe, NumberRecipe) else recipe

    @property
    def record(self) -> dict[str, Any]:
        return self.network.record

    @property
    def confidence(self) -> Confidence:
        """The temperature that `predict` applies, with tta only if it is below 1, and the threshold below which its
        answer is not sure."""
        return Confidence.from_record(self.network.record)

    def predict(
        self, images: "Images", *, channels: Literal["first", "last"] | None = None, tta: bool = False
    ) -> Prediction:
        """The class of each image, or of each row of a model that was trained on a table of numbers; of one that
        predicts numbers these, as `Prediction.values`.

        images : pictures, which are prepared as the recipe says: one or any number of paths, PIL images, and picture
            files, opened or as bytes. Or an array of images of the network's size, which are taken as they are: (N, C,
            H, W), (N, H, W, C), rows (N, C * H * W), or one image without N; for one channel its axis may be left out.
            Whole numbers are pixels from 0 to 255, floats pixels from 0 to 1. Without a recipe numbers are taken as
            they are.
            Of a model of numbers: rows (N, columns) as they stand in its table, one row, or the path of a table with
            these columns.
        channels : where the channels of an array are: "first", "last", or None: found from its shape. Rows of colour
            images need it: planes are "first", the colours of each pixel side by side "last".
        tta : test-time augmentation: probabilities are means over the image and itself a little moved, and mirrored
            where that may be (`views_of_image`); 5 or 10 times the computing

        Raises DataError for a picture or a table that cannot be read, ShapeError for arrays of another size, UsageError
        for pixels outside these ranges and where the order of channels is not plain.
        """
        recipe = self.network.recipe
        if isinstance(recipe, NumberRecipe):
            if tta:
                raise UsageError("predict: tta moves images, and the model takes rows of numbers; leave it out")
            return self._predict_inputs(recipe.inputs(as_rows(images, recipe)))
        if not self.class_names:
            shape = format_shape(self.network.output_shape(self.network.input_shape))
            raise UsageError(
                f"predict: the network gives {shape} and not one value a class; "
                "use model.network.forward(images)"
            )
        pictures = as_pictures(images)
        if pictures is None:
            return self._predict_inputs(self._inputs(as_array(images), channels), tta)
        parts = [self._predict_inputs(self._prepared([first, *islice(pictures, _MANY - 1)]), tta) for first in pictures]
        none = np.zeros((0, len(self.class_names)), np.float32)
        probabilities = np.concatenate([part.probabilities for part in parts] or [none])
        names = [name for part in parts for name in part.names]
        return Prediction(probabilities.argmax(axis=1), names, probabilities, self.confidence.threshold)

    def _predict_inputs(self, inputs: npt.NDArray[Any], tta: bool = False) -> Prediction:
        """What `Program.predict` says of what it takes."""
        size = _FEW if len(inputs) <= _FEW or self._is_large else _MANY
        program = self._programs.get(size)
        if program is None:
            program = self._programs.setdefault(size, Program(self.network, size, frozen=self._frozen))
        # Log-probabilities, whatever the network ends in
        outputs, recipe = program.predict(inputs), self.network.recipe
        confidence, names = self.confidence, self.class_names
        if isinstance(recipe, NumberRecipe) and not names:
            none = np.zeros((len(inputs), 0), np.float32)
            return Prediction(np.zeros(0, np.int64), [], none, values=recipe.values(outputs))
        logarithms = log_probabilities(outputs, self.network.outputs)
        if tta:
            logarithms = self._views().mean(program.predict, outputs, inputs, self.network.outputs)
            confidence = confidence.of_means()
        probabilities = confidence.calibrated(logarithms)
        labels = probabilities.argmax(axis=1)
        return Prediction(labels, [names[label] for label in labels.tolist()], probabilities, confidence.threshold)

    def _views(self) -> Views:
        if len(self.network.input_shape) != 3:
            raise UsageError("predict: tta moves images, and the network takes none; leave it out")
        return Views.of(self.network)

    def _prepared(self, pictures: "list[tuple[Picture, str | None]]") -> npt.NDArray[np.uint8]:
        """uint8 (N, C, H, W)"""
        if self.recipe is None:
            raise UsageError(
                "predict: the model was trained on plain numbers and records no way to make them from pictures; "
                "pass arrays as it was trained on"
            )
        return np.stack([self.recipe.prepare(source, name=name).pixels for source, name in pictures])

    def _inputs(self, images: npt.NDArray[Any], channels: str | None) -> npt.NDArray[Any]:
        """What `Program.predict` takes: bytes, or floats that the recipe has normalized."""
        if self.recipe is None:
            return self.network.samples(images)
        # Who says where the channels are has prepared the images, and a dark one may be among them.
        if channels is None and images.dtype.kind in "iu" and images.size and images.max() == 1:
            raise UsageError(
                "predict: pixels of 0 and 1 alone; pass truth values, or floats where 1 is white, or times 255"
            )
        images = as_batch(images, self.recipe.shape, channels)
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
        return self.recipe.normalize(images.astype(np.float32))

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


def save(network: Network | Model, path: StrPath) -> None:
    """Write a network to a model file that `load` and `cnn predict` read; the file appears whole or not at all.

    Raises FormatError for what could not be read back (NaN in the weights), CnnError if it cannot be written.
    """
    save_model(path, network.network if isinstance(network, Model) else network)


def _check_range(images: npt.NDArray[Any], largest: int, kind: str) -> None:
    if images.size and not (images.min() >= 0 and images.max() <= largest):  # written so that NaN is refused
        raise UsageError(
            f"predict: pixels from {images.min():g} to {images.max():g}; {kind} go from 0 to {largest}"
        )
