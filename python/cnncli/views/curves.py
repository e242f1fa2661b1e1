"""The course of a training as a picture: losses and accuracies of its epochs."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image, ImageDraw

from cnncli.views.page import EDGE, FAINT, HEADING, INK, LABEL, MARGIN, PAPER, TITLE, WIDTH, font, png, write

_FINE = 2  # drawn so many times as large, and made smaller: smooth lines
_HEIGHT = 300  # of one diagram, with what is written around it
_LEFT, _TOP, _BOTTOM = 70, 44, 34
TRAINING, VALIDATION = (37, 99, 235), (234, 88, 12)  # apart also for who does not see red from green
_MOST_TICKS = 6

Curve = tuple[str, tuple[int, int, int], list[float | None]]


def curves_png(title: str, history: Sequence[Mapping[str, Any]]) -> bytes:
    """A PNG of 1000 pixels' width.

    history : of each epoch `loss` and `accuracy`, `validation_loss` and `validation_accuracy`; None where there is none
    """
    diagrams = [
        (heading, _curves(history, name)) for heading, name in (("loss", "loss"), ("accuracy, %", "accuracy"))
    ]
    shown = [(heading, curves) for heading, curves in diagrams if curves]
    size = WIDTH * _FINE, (2 * MARGIN + TITLE + 10 + _HEIGHT * len(shown)) * _FINE
    image = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(image)
    _text(draw, (MARGIN, MARGIN), title, TITLE, INK)
    for index, (heading, curves) in enumerate(shown):
        _diagram(draw, MARGIN + TITLE + 10 + index * _HEIGHT, heading, curves)
    return png(image.resize((size[0] // _FINE, size[1] // _FINE), Image.Resampling.LANCZOS))


def _curves(history: Sequence[Mapping[str, Any]], name: str) -> list[Curve]:
    """Those that have a value in some epoch; accuracies in percent."""
    factor = 100 if name == "accuracy" else 1
    found: list[Curve] = []
    for label, colour, key in (("training", TRAINING, name), ("validation", VALIDATION, f"validation_{name}")):
        values = [None if epoch.get(key) is None else factor * float(epoch[key]) for epoch in history]
        if any(value is not None for value in values):
            found.append((label, colour, values))
    return found


def ticks(low: float, high: float) -> list[float]:
    """Round numbers of equal distance, 6 at most, from below `low` to above `high`.

    >>> ticks(0.03, 0.41)
    [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    >>> ticks(1, 1)
    [1.0, 1.1]
    """
    width = (high - low) or abs(high) or 1.0
    exponent = math.floor(math.log10(width)) - 1
    for power in range(exponent, exponent + 4):
        for digit in (1, 2, 5):
            step = digit * 10.0**power
            first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
            last = max(last, first + 1)
            if last - first < _MOST_TICKS:
                return [round(number * step, 12) for number in range(first, last + 1)]
    return [low, high]


def _diagram(draw: ImageDraw.ImageDraw, top: int, heading: str, curves: list[Curve]) -> None:
    values = [value for _, _, curve in curves for value in curve if value is not None]
    levels = ticks(min(values), max(values))
    epochs = len(curves[0][2])
    left, right = MARGIN + _LEFT, WIDTH - MARGIN - 20
    high, low = top + _TOP, top + _HEIGHT - _BOTTOM

    def place(epoch: float, value: float) -> tuple[float, float]:
        x = (left + right) / 2 if epochs == 1 else left + (epoch - 1) / (epochs - 1) * (right - left)
        y = low - (value - levels[0]) / (levels[-1] - levels[0]) * (low - high)
        return x * _FINE, y * _FINE

    _text(draw, (MARGIN, top), heading, HEADING, FAINT)
    for level in levels:
        y = place(1, level)[1]
        draw.line((left * _FINE, y, right * _FINE, y), fill=EDGE, width=_FINE)
        _text(draw, (left - 8, round(y / _FINE) - LABEL // 2), f"{level:g}", LABEL, FAINT, from_right=True)
    for epoch in sorted({round(number) for number in ticks(1, epochs) if 1 <= number <= epochs} | {1, epochs}):
        below = round(place(epoch, levels[0])[0] / _FINE)
        name = f"epoch {epoch}" if epoch == epochs else str(epoch)
        _text(draw, (below + 20 if epoch == epochs else below + 4, low + 8), name, LABEL, FAINT, from_right=True)
    at = left + 120
    for label, colour, curve in curves:
        points = [place(epoch, value) for epoch, value in enumerate(curve, 1) if value is not None]
        if len(points) > 1:
            draw.line(points, fill=colour, width=2 * _FINE, joint="curve")
        dot = (3 if epochs <= 40 else 0) * _FINE
        for x, y in points if dot else []:
            draw.ellipse((x - dot, y - dot, x + dot, y + dot), fill=colour)
        draw.line((at * _FINE, (top + 10) * _FINE, (at + 24) * _FINE, (top + 10) * _FINE), fill=colour, width=3 * _FINE)
        last = next(value for value in reversed(curve) if value is not None)
        at = _text(draw, (at + 32, top + 2), f"{label} {last:.4g}", LABEL, INK) + 28


def _text(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, colour: tuple[int, int, int],
    from_right: bool = False,
) -> int:
    """Writes from a place on, or up to it; returns where it ends. Places and sizes are those of the picture."""
    x = at[0] * _FINE
    if from_right:
        face, drawn = font(size * _FINE, text)
        x -= round(face.getlength(drawn))
    return write(draw, (x, at[1] * _FINE), text, size * _FINE, colour, WIDTH * _FINE - x) // _FINE
