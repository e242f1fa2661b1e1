"""What is drawn: strokes of a round pen on paper, as points from 0 to 1, so that the pad may change its size."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image, ImageDraw

PAPER, INK = 255, 0
SIDE = 160  # pixels of the picture that is prepared and saved: finding the glyph takes half as long as in 320
PENS = {"thin": 0.055, "normal": 0.085, "thick": 0.125}  # widths, as shares of the side
_FINE = 2  # drawn larger and made smaller, so that slanted lines are smooth

Point = tuple[float, float]


@dataclass
class Stroke:
    """pen : its width, as a share of the side; points : (x, y) from 0 to 1, one at least"""

    pen: float
    points: list[Point]


@dataclass
class Canvas:
    """The strokes so far; `version` changes with them."""

    strokes: list[Stroke] = field(default_factory=list)
    version: int = 0
    _cleared: list[Stroke] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self.strokes

    def begin(self, point: Point, pen: float) -> None:
        """A stroke begins, with a dot."""
        self.strokes.append(Stroke(pen, [_inside(point)]))
        self.version += 1

    def go_on(self, point: Point) -> None:
        """The last stroke goes on to a point."""
        points = self.strokes[-1].points
        if points[-1] != _inside(point):
            points.append(_inside(point))
            self.version += 1

    def undo(self) -> bool:
        """Takes the last stroke back, or the clearing; whether there was one."""
        if self.strokes:
            self.strokes.pop()
        elif self._cleared:
            self.strokes, self._cleared = self._cleared, []
        else:
            return False
        self.version += 1
        return True

    def clear(self) -> None:
        """Empty paper; `undo` brings the strokes back."""
        if self.strokes:
            self._cleared, self.strokes = self.strokes, []
            self.version += 1

    def picture(self, side: int = SIDE) -> Image.Image:
        """Dark on light, mode "L", `side` pixels each way."""
        return draw_strokes(self.strokes, side)


def draw_strokes(strokes: Sequence[Stroke], side: int) -> Image.Image:
    """Strokes with round ends and corners as a grey picture."""
    large = side * _FINE
    image = Image.new("L", (large, large), PAPER)
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        width = max(1.0, stroke.pen * large)
        places = [(x * large, y * large) for x, y in stroke.points]
        if len(places) > 1:
            draw.line(places, fill=INK, width=round(width))
        for x, y in places:
            draw.ellipse([x - width / 2, y - width / 2, x + width / 2, y + width / 2], fill=INK)
    return image.resize((side, side), Image.Resampling.BOX)


def _inside(point: Point) -> Point:
    return min(1.0, max(0.0, point[0])), min(1.0, max(0.0, point[1]))
