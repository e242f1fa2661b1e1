"""How a picture became the input of a network, step by step, and what the network would say after each."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from cnncli.model.model import Model
from cnncli.pictures.stages import Stage
from cnncli.shown import percent, printable
from cnncli.views.page import MARK
from cnncli.views.tiles import Page, Panel, Pixels, as_rgb, picture_tile

_SIDE = 224  # pixels of a picture, 28 times 8: four stand beside each other
_SMALL, _LINE = 64, 2  # pixels of a picture that is shown pixel by pixel, without a frame, and of a frame's line


def answers_of(model: Model, stages: Sequence[Stage]) -> list[tuple[str, float]]:
    """(class, probability) that the model would answer after each stage."""
    prediction = model.predict(np.stack([stage.pixels for stage in stages]), channels="first")
    return list(zip(prediction.names, prediction.probabilities.max(axis=1).tolist(), strict=True))


def changes(stages: Sequence[Stage], answers: Sequence[tuple[str, float]]) -> list[str]:
    """Which steps changed the answer, a line each; one line if none did."""
    lines = [
        f"{stage.name}: changed the answer from {printable(before)} to {printable(after)}"
        for stage, ((before, _), (after, _)) in zip(stages[1:], pairwise(answers), strict=True)
        if before != after
    ]
    return lines or [f"no step changed the answer, {printable(answers[-1][0])}"]


def strip_page(name: str, stages: Sequence[Stage], notes: Sequence[str], answers: Sequence[tuple[str, float]]) -> Page:
    """The picture after each step with the box that was found, and below it what the network would see and say."""
    pictures = [picture_tile(_marked(stage), stage.name) for stage in stages]
    inputs = [
        picture_tile(as_rgb(stage.pixels), f"{printable(answer)} ({percent(share)})")
        for stage, (answer, share) in zip(stages, answers, strict=True)
    ]
    done = f"what was done: {', '.join(notes)}" if notes else "nothing had to be done"
    panels = [
        Panel("step by step", pictures, side=_SIDE),
        Panel("what the network would see and say after it", inputs, side=_SIDE),
    ]
    return Page(f"how {name} is read", panels, [done, *changes(stages, answers)])


def _marked(stage: Stage) -> Pixels:
    """The picture in the size in which it is shown, with a frame around the glyph."""
    image = Image.fromarray(stage.picture).convert("RGB")
    longer = max(image.size)
    if longer <= _SMALL:
        return np.asarray(image)
    factor = _SIDE / longer
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    shown = image.resize(size, Image.Resampling.LANCZOS)
    if stage.box is not None:
        x, y, width, height = (side * factor for side in stage.box)
        frame = (x - _LINE, y - _LINE, x + width + _LINE - 1, y + height + _LINE - 1)
        ImageDraw.Draw(shown).rectangle([round(side) for side in frame], outline=MARK, width=_LINE)
    return np.asarray(shown)
