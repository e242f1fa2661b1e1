"""The preparation of a picture step by step: what there is after each, and what a network would then see."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from cnncli.pictures import picture_file
from cnncli.pictures.digit_picture import cut_out, find_ink
from cnncli.pictures.recipe import InputRecipe

if TYPE_CHECKING:
    from cnncli.pictures.recipe import Picture

Bytes = npt.NDArray[np.uint8]
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Stage:
    """The picture after a step.

    name : of the step
    picture : uint8 (H, W) or (H, W, 3), of any size
    pixels : uint8 (C, H, W), what the network would see, the whole of this picture fitted to its size
    box : x, y, width, height of the glyph in `picture`; None: none is looked for, or nothing else is there
    """

    name: str
    picture: Bytes
    pixels: Bytes
    box: Box | None = None


def preparation_stages(
    recipe: InputRecipe,
    source: "Picture",
    invert: bool | None = None,
    *,
    box: Box | None = None,
    name: str | None = None,
) -> tuple[list[Stage], list[str]]:
    """(stages, notes): from the picture as it is to what `recipe.prepare` gives, which the last one has; its notes.

    source, invert, box, name : as `recipe.prepare` takes them

    Raises DataError and NoGlyphError as it does.
    """
    prepared = recipe.prepare(source, invert, box=box, name=name)
    where = picture_file.name_of(source, name)
    read, _ = picture_file.read_picture(source, recipe.enough_pixels if box is None else None, name)
    image = cut_out(picture_file.as_bytes(read), where, box)
    first = np.asarray(image)
    plain = _fitted(recipe, image)
    stages = [Stage("the picture", first, plain)]
    done = [note for note in prepared.notes if note != "inverted"]
    if recipe.kind == "glyph" and "cropped and centred" in done:
        ink, is_dark, glyph = find_ink(cut_out(read, where, box), where, _dark_ink(recipe, invert))
        stages = [Stage("the picture", first, plain, glyph)]
        if is_dark != (recipe.polarity == "dark-on-light"):
            stages.append(Stage("light and dark swapped", 255 - first, 255 - plain, glyph))
        alone = np.rint(ink * 255).astype(np.uint8)
        whole = _fitted(recipe, Image.fromarray(alone))
        if recipe.polarity == "dark-on-light":
            alone, whole = 255 - alone, 255 - whole
        stages.append(Stage("the ink alone", alone, whole))
        stages.append(Stage("cropped and centred", prepared.pixels[0], prepared.pixels))
    elif not np.array_equal(plain, prepared.pixels):
        last = "light and dark swapped" if "inverted" in prepared.notes else "prepared"
        stages.append(Stage(last, _picture(prepared.pixels), prepared.pixels))
    return stages, prepared.notes


def _dark_ink(recipe: InputRecipe, invert: bool | None) -> bool | None:
    return None if invert is None else invert != (recipe.polarity == "dark-on-light")


def _fitted(recipe: InputRecipe, image: Image.Image) -> Bytes:
    """The whole picture in the network's size."""
    return replace(recipe, kind="plain").prepare(image).pixels


def _picture(pixels: Bytes) -> Bytes:
    return np.ascontiguousarray(pixels.transpose(1, 2, 0)) if len(pixels) == 3 else pixels[0]
