"""Test-time augmentation: a network is asked about an image and about it a little moved; its answers are averaged.

Source: Krizhevsky, Sutskever & Hinton 2012, "ImageNet classification with deep convolutional neural networks", which
averages over crops and their mirror images.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from cnncli.array_types import Array
from cnncli.augmentation import PictureFacts, sides_are_alike
from cnncli.network import Network
from cnncli.network.answers import log_probabilities
from cnncli.pictures.portions import portions
from cnncli.pictures.recipe import InputRecipe
from cnncli.shown import plural

_STEP_OF = 28  # pixels of the shorter side, for each of which images are moved by one


@dataclass(frozen=True)
class Views:
    """How an image is looked at.

    shift : pixels by which it is moved up, down, left and right, its edge repeated
    mirrors : each of these and the image itself once more, with left and right exchanged
    """

    shift: int
    mirrors: bool

    @classmethod
    def of(cls, network: Network) -> "Views":
        """Those for the images of a network: mirrored only where `sides_are_alike`, so never digits and letters."""
        channels, height, width = network.input_shape
        recipe = network.recipe
        is_glyph = not isinstance(recipe, InputRecipe) or recipe.kind == "glyph"
        facts = PictureFacts(
            channels=channels, height=height, width=width, images=0, is_glyph=is_glyph, class_names=network.class_names
        )
        return cls(max(1, min(height, width) // _STEP_OF), sides_are_alike(facts))

    @property
    def count(self) -> int:
        """How many there are, the image itself among them."""
        return 10 if self.mirrors else 5

    @property
    def words(self) -> str:
        """What they are, for the user."""
        pixels = plural(self.shift, "pixel")
        return f"as it is and moved by {pixels} to each side{', all that mirrored too' if self.mirrors else ''}"

    def others(self, images: Array) -> Iterator[Array]:
        """All views but the images themselves, (N, C, H, W) each, contiguous."""
        for flipped in (images, images[..., ::-1]) if self.mirrors else (images,):
            if flipped is not images:
                yield np.ascontiguousarray(flipped)
            for axis in (2, 3):
                for step in (-self.shift, self.shift):
                    yield _moved(flipped, axis, step)

    def mean(self, predict: Callable[[Array], Array], first: Array, images: Array, outputs: str) -> Array:
        """Logarithms of the mean probabilities over all views, float32 (N, classes).

        predict : the outputs of a network, (N, K); first : those for the images as they are
        outputs : what they mean, see `network.answers`
        """
        total = np.exp(log_probabilities(first, outputs).astype(np.float64))
        for rows in portions(len(images)):
            for view in self.others(images[rows]):
                total[rows] += np.exp(log_probabilities(predict(view), outputs).astype(np.float64))
        with np.errstate(divide="ignore"):
            found: Array = np.log(total / self.count).astype(np.float32)
        return found


def _moved(images: Array, axis: int, step: int) -> Array:
    """Images moved along an axis; what comes in is their edge, again and again.

    >>> _moved(np.array([[[[1, 2, 3]]]]), 3, 1).tolist(), _moved(np.array([[[[1, 2, 3]]]]), 3, -2).tolist()
    ([[[[1, 1, 2]]]], [[[[3, 3, 3]]]])
    """
    side = images.shape[axis]
    return np.take(images, np.clip(np.arange(side) - step, 0, side - 1), axis=axis)
