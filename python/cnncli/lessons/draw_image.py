"""Figures as pictures, and several of them as an animation."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from cnncli.lessons.figures import Bars, Cells, Dots, Figure, Label, Line, Part
from cnncli.views.page import EDGE, FAINT, INK, PAPER, font, page_image, write
from cnncli.views.tiles import Page

_WIDTH, _HEIGHT = 640, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 20, 48, 64
_COLOURS = {
    "first": (11, 110, 105), "second": (180, 83, 10), "third": (105, 65, 165), "soft": (150, 152, 160),
    "mark": (200, 30, 60), "fourth": (31, 111, 209), "fifth": (194, 68, 143), "sixth": (122, 122, 0),
    "own": (29, 35, 41),
}  # fmt: skip
_IN_A_ROW = 5  # names of the legend
_FINE = 2  # drawn larger and made smaller, so that slanted lines are smooth


def figure_image(figure: Figure) -> Image.Image:
    """RGB, 640 x 440 pixels."""
    image = Image.new("RGB", (_WIDTH * _FINE, _HEIGHT * _FINE), PAPER)
    draw = ImageDraw.Draw(image)
    for part in figure.parts:
        _draw(draw, figure, part)
    for x, y, width, height in (
        (0, 0, _LEFT, _HEIGHT), (0, 0, _WIDTH, _TOP), (_WIDTH - _RIGHT, 0, _RIGHT, _HEIGHT),
        (0, _HEIGHT - _BOTTOM, _WIDTH, _BOTTOM),
    ):  # fmt: skip
        draw.rectangle([x * _FINE, y * _FINE, (x + width) * _FINE, (y + height) * _FINE], fill=PAPER)
    small = image.resize((_WIDTH, _HEIGHT), Image.Resampling.LANCZOS)
    _write_around(small, figure)
    return small


def animation(figures: Sequence[Figure | Page], milliseconds: int = 120) -> bytes:
    """A GIF of them that runs again and again; the last one stays a while."""
    images = [_frame(figure) for figure in figures]
    size = max(image.width for image in images), max(image.height for image in images)
    frames = [_on_paper(image, size).quantize(64) for image in images]
    times = [milliseconds] * (len(frames) - 1) + [2000]
    content = io.BytesIO()
    frames[0].save(content, "GIF", save_all=True, append_images=frames[1:], duration=times, loop=0, optimize=True)
    return content.getvalue()


def _frame(figure: Figure | Page) -> Image.Image:
    if isinstance(figure, Figure):
        return figure_image(figure)
    page = page_image(figure)
    return page.resize((_WIDTH, round(page.height * _WIDTH / page.width)), Image.Resampling.LANCZOS)


def _on_paper(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture in the upper left corner of one of this size: all frames of an animation have one."""
    if image.size == size:
        return image
    paper = Image.new("RGB", size, PAPER)
    paper.paste(image, (0, 0))
    return paper


def _place(figure: Figure, point: tuple[float, float]) -> tuple[float, float]:
    (left, right), (low, high) = figure.x, figure.y
    x = _LEFT + (point[0] - left) / (right - left) * (_WIDTH - _LEFT - _RIGHT)
    y = _HEIGHT - _BOTTOM - (point[1] - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)
    return max(-2000.0, min(3000.0, x)) * _FINE, max(-2000.0, min(3000.0, y)) * _FINE


def _draw(draw: ImageDraw.ImageDraw, figure: Figure, part: Part) -> None:
    colour = _COLOURS[part.kind]
    if isinstance(part, Cells):
        _draw_cells(draw, figure, part)
        return
    if isinstance(part, Label):
        x, y = _place(figure, part.at)
        write(draw, (round(x) + 8, round(y) - 36), part.text, 14 * _FINE, colour, 400 * _FINE)
    elif isinstance(part, Dots):
        for x, y in (_place(figure, point) for point in part.points):
            draw.ellipse([x - 4 * _FINE, y - 4 * _FINE, x + 4 * _FINE, y + 4 * _FINE], fill=colour)
    elif isinstance(part, Bars):
        for x, height in part.points:
            one, two = _place(figure, (x - part.width / 2, 0.0)), _place(figure, (x + part.width / 2, height))
            draw.rectangle([one[0], min(one[1], two[1]), two[0], max(one[1], two[1])], fill=colour)
    elif isinstance(part, Line):
        draw.line([_place(figure, point) for point in part.points], fill=colour, width=3 * _FINE, joint="curve")
    else:
        wide = _FINE if part.kind == "soft" else 2 * _FINE
        for one, other in part.pairs:
            draw.line([_place(figure, one), _place(figure, other)], fill=colour, width=wide)


def _draw_cells(draw: ImageDraw.ImageDraw, figure: Figure, part: Cells) -> None:
    for (left, top), text, shade, kind in part.squares():
        (x, y), (x_end, y_end) = _place(figure, (left, top)), _place(figure, (left + 1, top - 1))
        mixed = tuple(round(255 + (one - 255) * shade * 0.6) for one in _COLOURS[kind])
        draw.rectangle([x, y, x_end, y_end], fill=mixed, outline=EDGE, width=_FINE)
        if text:
            face, text = font(_cell_letters(x_end - x), text)
            draw.text(((x + x_end) / 2, (y + y_end) / 2), text, fill=INK, font=face, anchor="mm")


def _cell_letters(width: float) -> int:
    """Pixels of the letters in a square, so that five fit in."""
    return round(max(8 * _FINE, min(15 * _FINE, width / 2.8)))


def _write_around(image: Image.Image, figure: Figure) -> None:
    draw = ImageDraw.Draw(image)
    write(draw, (_LEFT, 12), figure.title, 18, INK, _WIDTH - _LEFT - _RIGHT)
    if not figure.bare:
        _write_axes(draw, figure)
    rows = [figure.legend] if len(figure.legend) <= _IN_A_ROW else _halves(figure.legend)
    for row, names in enumerate(rows):
        left, top = _LEFT, _HEIGHT - 30 if len(rows) == 1 else _HEIGHT - 42 + 20 * row
        for kind, name in names:
            draw.rectangle([left, top + 4, left + 12, top + 16], fill=_COLOURS[kind])
            left = write(draw, (left + 18, top), name, 14, INK, _WIDTH - left - 30) + 16


def _halves(names: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    half = -(-len(names) // 2)
    return [names[:half], names[half:]]


def _write_axes(draw: ImageDraw.ImageDraw, figure: Figure) -> None:
    draw.line([(_LEFT, _TOP), (_LEFT, _HEIGHT - _BOTTOM), (_WIDTH - _RIGHT, _HEIGHT - _BOTTOM)], fill=EDGE, width=2)
    for value, word in figure.marks_below(7):
        x = _place(figure, (value, figure.y[0]))[0] / _FINE
        write(draw, (round(x) - 4 * len(word), _HEIGHT - _BOTTOM + 6), word, 13, FAINT, 60)
    for value, word in figure.marks_beside(6):
        y = _place(figure, (figure.x[0], value))[1] / _FINE
        write(draw, (8, round(y) - 8), word, 13, FAINT, _LEFT - 12)
