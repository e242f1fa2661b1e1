"""Figures as pictures, and several of them as an animation."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from cnncli.lessons.figures import Bars, Cells, Dots, Figure, Label, Line, Part, Point, Stack
from cnncli.views.page import EDGE, FAINT, INK, PAPER, font, page_image, write
from cnncli.views.tiles import Page

_WIDTH, _HEIGHT = 640, 440
_LOW = 320  # pixels of a height at which there is room for few numbers beside the axis
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 20, 48, 64
_COLOURS = {
    "first": (11, 110, 105), "second": (180, 83, 10), "third": (105, 65, 165), "soft": (150, 152, 160),
    "mark": (200, 30, 60), "fourth": (31, 111, 209), "fifth": (194, 68, 143), "sixth": (122, 122, 0),
    "own": (29, 35, 41),
}  # fmt: skip
_IN_A_ROW = 5  # names of the legend
_FINE = 2  # drawn larger and made smaller, so that slanted lines are smooth


@dataclass(frozen=True)
class _Sheet:
    """A figure on its way to pixels: how high it is, and what draws on the fine picture."""

    figure: Figure
    height: int
    draw: ImageDraw.ImageDraw

    def place(self, point: Point) -> Point:
        """Where a point stands on the fine picture; what lies far outside stays near."""
        (left, right), (low, high) = self.figure.x, self.figure.y
        x = _LEFT + (point[0] - left) / (right - left) * (_WIDTH - _LEFT - _RIGHT)
        y = self.height - _BOTTOM - (point[1] - low) / (high - low) * (self.height - _TOP - _BOTTOM)
        return _near(x) * _FINE, _near(y) * _FINE


def _near(place: float) -> float:
    return max(-2000.0, min(3000.0, place))


def figure_image(figure: Figure, height: int = _HEIGHT) -> Image.Image:
    """RGB, 640 pixels wide and so many high."""
    image = Image.new("RGB", (_WIDTH * _FINE, height * _FINE), PAPER)
    sheet = _Sheet(figure, height, ImageDraw.Draw(image))
    for part in figure.parts:
        _draw(sheet, part)
    for x, y, width, high in (
        (0, 0, _LEFT, height), (0, 0, _WIDTH, _TOP), (_WIDTH - _RIGHT, 0, _RIGHT, height),
        (0, height - _BOTTOM, _WIDTH, _BOTTOM),
    ):  # fmt: skip
        sheet.draw.rectangle([x * _FINE, y * _FINE, (x + width) * _FINE, (y + high) * _FINE], fill=PAPER)
    small = image.resize((_WIDTH, height), Image.Resampling.BOX)
    _write_around(_Sheet(figure, height, ImageDraw.Draw(small)))
    return small


def animation(frames: Sequence[Figure | Page | Stack], milliseconds: int = 120) -> bytes:
    """A GIF of them that runs again and again; the last one stays a while."""
    images: list[Image.Image] = []
    before: Figure | Page | Stack | None = None
    for one in frames:  # one that is held is drawn once
        images.append(images[-1] if one is before else frame_image(one))
        before = one
    size = max(image.width for image in images), max(image.height for image in images)
    sized = [_on_paper(image, size).quantize(64) for image in images]
    times = [milliseconds] * (len(sized) - 1) + [2000]
    content = io.BytesIO()
    sized[0].save(content, "GIF", save_all=True, append_images=sized[1:], duration=times, loop=0, optimize=True)
    return content.getvalue()


def frame_image(one: Figure | Page | Stack) -> Image.Image:
    """RGB, 640 pixels wide and as high as it needs."""
    if isinstance(one, Figure):
        return figure_image(one)
    if isinstance(one, Stack):
        image = Image.new("RGB", (_WIDTH, sum(one.heights)), PAPER)
        for place, (figure, height) in enumerate(zip(one.figures, one.heights, strict=True)):
            image.paste(figure_image(figure, height), (0, sum(one.heights[:place])))
        return image
    page = page_image(one)
    return page.resize((_WIDTH, round(page.height * _WIDTH / page.width)), Image.Resampling.LANCZOS)


def _on_paper(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture in the upper left corner of one of this size: all frames of an animation have one."""
    if image.size == size:
        return image
    paper = Image.new("RGB", size, PAPER)
    paper.paste(image, (0, 0))
    return paper


def _draw(sheet: _Sheet, part: Part) -> None:
    colour, draw = _COLOURS[part.kind], sheet.draw
    if isinstance(part, Cells):
        _draw_cells(sheet, part)
        return
    if isinstance(part, Label):
        x, y = sheet.place(part.at)
        write(draw, (round(x) + 8, round(y) - 36), part.text, 14 * _FINE, colour, 400 * _FINE)
    elif isinstance(part, Dots):
        for x, y in (sheet.place(point) for point in part.points):
            draw.ellipse([x - 4 * _FINE, y - 4 * _FINE, x + 4 * _FINE, y + 4 * _FINE], fill=colour)
    elif isinstance(part, Bars):
        for x, height in part.points:
            one, two = sheet.place((x - part.width / 2, 0.0)), sheet.place((x + part.width / 2, height))
            draw.rectangle([one[0], min(one[1], two[1]), two[0], max(one[1], two[1])], fill=colour)
    elif isinstance(part, Line):
        draw.line([sheet.place(point) for point in part.points], fill=colour, width=3 * _FINE, joint="curve")
    else:
        wide = _FINE if part.kind == "soft" else 2 * _FINE
        for one, other in part.pairs:
            draw.line([sheet.place(one), sheet.place(other)], fill=colour, width=wide)


def _draw_cells(sheet: _Sheet, part: Cells) -> None:
    for (left, top), text, shade, kind in part.squares():
        (x, y), (x_end, y_end) = sheet.place((left, top)), sheet.place((left + 1, top - 1))
        mixed = tuple(round(255 + (one - 255) * shade * 0.6) for one in _COLOURS[kind])
        sheet.draw.rectangle([x, y, x_end, y_end], fill=mixed, outline=EDGE, width=_FINE)
        if text:
            face, text = font(_cell_letters(x_end - x), text)
            sheet.draw.text(((x + x_end) / 2, (y + y_end) / 2), text, fill=INK, font=face, anchor="mm")


def _cell_letters(width: float) -> int:
    """Pixels of the letters in a square, so that five fit in."""
    return round(max(8 * _FINE, min(15 * _FINE, width / 2.8)))


def _write_around(sheet: _Sheet) -> None:
    figure, draw, height = sheet.figure, sheet.draw, sheet.height
    write(draw, (_LEFT, 12), figure.title, 18, INK, _WIDTH - _LEFT - _RIGHT)
    if not figure.bare:
        _write_axes(sheet)
    elif figure.notes:
        write(draw, (_LEFT, height - 56), figure.notes[0], 15, INK, _WIDTH - _LEFT - _RIGHT)
    rows = [figure.legend] if len(figure.legend) <= _IN_A_ROW else _halves(figure.legend)
    for row, names in enumerate(rows):
        left, top = _LEFT, height - 30 if len(rows) == 1 else height - 42 + 20 * row
        for kind, name in names:
            draw.rectangle([left, top + 4, left + 12, top + 16], fill=_COLOURS[kind])
            left = write(draw, (left + 18, top), name, 14, INK, _WIDTH - left - 30) + 16


def _halves(names: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    half = -(-len(names) // 2)
    return [names[:half], names[half:]]


def _write_axes(sheet: _Sheet) -> None:
    figure, draw, height = sheet.figure, sheet.draw, sheet.height
    wide = round(font(13, figure.x_name)[0].getlength(figure.x_name))
    write(draw, (_WIDTH - _RIGHT - wide, height - 46), figure.x_name, 13, FAINT, _WIDTH)
    write(draw, (8, _TOP - 16), figure.y_name, 13, FAINT, _LEFT + 60)
    draw.line([(_LEFT, _TOP), (_LEFT, height - _BOTTOM), (_WIDTH - _RIGHT, height - _BOTTOM)], fill=EDGE, width=2)
    for value, word in figure.marks_below(7):
        x = sheet.place((value, figure.y[0]))[0] / _FINE
        write(draw, (round(x) - 4 * len(word), height - _BOTTOM + 6), word, 13, FAINT, 60)
    for value, word in figure.marks_beside(6 if height > _LOW else 4):
        y = sheet.place((figure.x[0], value))[1] / _FINE
        write(draw, (8, round(y) - 8), word, 13, FAINT, _LEFT - 12)
