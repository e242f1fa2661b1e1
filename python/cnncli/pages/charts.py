"""Charts as SVG: lines over epochs, and the calibration curve. Colours are those of the page's style."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cnncli.measures.calibration import Calibration
from cnncli.pages.html import Markup, element, join, text
from cnncli.shown import percent

_WIDTH, _HEIGHT = 560, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 104, 40, 44
_MOST_POINTS = 400
_LARGEST = 1e100


@dataclass(frozen=True)
class Line:
    """name : at its end; points : (x, y), both finite, in the order of x"""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class _Frame:
    """Data coordinates as those of the picture."""

    least_x: float
    most_x: float
    least_y: float
    most_y: float

    def x(self, value: float) -> float:
        share = (value - self.least_x) / (self.most_x - self.least_x)
        return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        share = (value - self.least_y) / (self.most_y - self.least_y)
        return round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM), 1)


def line_chart(
    title: str, lines: Sequence[Line], *, x_name: str, as_percent: bool = False, marked: tuple[float, str] | None = None
) -> Markup:
    """One or two lines in one frame; nothing without points.

    marked : an x with words, shown by a line
    """
    lines = [Line(line.name, _thinned(line.points)) for line in lines if line.points]
    xs = [x for line in lines for x, _ in line.points]
    ys = [y for line in lines for _, y in line.points]
    if not xs:
        return Markup("")
    low, high = _bounds(min(ys), max(ys), as_percent)
    if not low < high or max(map(abs, [*xs, *ys])) > _LARGEST:
        return Markup("")  # a record may say anything, such as shares beyond 0 and 1
    frame = _Frame(min(xs), max(max(xs), min(xs) + 1), low, high)
    inside = [_axes(frame, _ticks(low, high), _whole_ticks(frame.least_x, frame.most_x), x_name, as_percent)]
    if marked is not None:
        x = frame.x(marked[0])
        inside.append(_straight("best", x, _TOP, x, _HEIGHT - _BOTTOM))
        place = {"text_anchor": "end", "x": x - 4} if x > _WIDTH / 2 else {"x": x + 4}
        falls = lines[0].points[-1][1] < (low + high) / 2  # then there is room above, else below
        inside.append(element("text", marked[1], y=_TOP + 12 if falls else _HEIGHT - _BOTTOM - 6, **place))
    ends = _apart([frame.y(line.points[-1][1]) for line in lines])
    for line, kind, end in zip(lines, ("first", "second"), ends, strict=False):
        inside.append(_drawn(frame, line.points, kind))
        inside.append(element("text", line.name, x=_WIDTH - _RIGHT + 8, y=end + 4, class_=kind))
    said = "; ".join(f"{line.name} {_number(line.points[-1][1], as_percent)} at the end" for line in lines)
    return _chart(title, f"{title}: {said}", inside)


def calibration_chart(curve: Calibration) -> Markup:
    """Accuracy over probability, with the share of the answers in each bin; on the line from corner to corner
    probabilities are true."""
    frame, bins = _Frame(0, 1, 0, 1), len(curve.count)
    total = max(1, int(curve.count.sum()))
    ticks = [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    inside = [_axes(frame, ticks, ticks, "probability of the answer", True, is_share=True)]
    points = []
    for index, count in enumerate(curve.count.tolist()):
        if not count:
            continue
        left, right = frame.x(index / bins) + 1, frame.x((index + 1) / bins) - 1
        top = frame.y(count / total)
        size = {"width": round(right - left, 1), "height": round(frame.y(0) - top, 1)}
        inside.append(element("rect", x=left, y=top, **size, class_="bar"))
        points.append((float(curve.probability[index]), float(curve.accuracy[index])))
    inside.append(_straight("ideal", frame.x(0), frame.y(0), frame.x(1), frame.y(1)))
    inside.append(_drawn(frame, points, "second", dots=True))
    if points:
        end = frame.y(points[-1][1])
        inside.append(element("text", "accuracy", x=_WIDTH - _RIGHT + 8, y=end + 4, class_="second"))
    inside.append(element("text", "bars: share", x=_WIDTH - _RIGHT + 8, y=frame.y(0) - 18, class_="first"))
    inside.append(element("text", "of answers", x=_WIDTH - _RIGHT + 8, y=frame.y(0) - 2, class_="first"))
    said = f"Calibration curve: {len(points)} bins with answers; expected calibration error {percent(curve.error)}"
    return _chart("accuracy of answers by their probability", said, inside)


def _chart(title: str, said: str, inside: Sequence[Markup]) -> Markup:
    head = element("text", title, x=_LEFT, y=22)
    frame = f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{text(said)}">'
    return Markup(f"{frame}{head}{join(inside)}</svg>")


def _axes(
    frame: _Frame, y_ticks: Sequence[float], x_ticks: Sequence[float], x_name: str, as_percent: bool,
    is_share: bool = False,
) -> Markup:  # fmt: skip
    parts = []
    for tick in y_ticks:
        y = frame.y(tick)
        parts.append(_straight("axis", _LEFT, y, _WIDTH - _RIGHT, y))
        parts.append(element("text", _number(tick, as_percent, 3), x=_LEFT - 8, y=y + 4, text_anchor="end"))
    for tick in x_ticks:
        words = f"{tick:g}" if not is_share else percent(tick, 0)
        parts.append(element("text", words, x=frame.x(tick), y=_HEIGHT - _BOTTOM + 18, text_anchor="middle"))
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(element("text", x_name, x=middle, y=_HEIGHT - 8, text_anchor="middle"))
    return join(parts)


def _drawn(frame: _Frame, points: Sequence[tuple[float, float]], kind: str, dots: bool = False) -> Markup:
    places = [(frame.x(x), frame.y(y)) for x, y in points]
    path = element("polyline", points=" ".join(f"{x},{y}" for x, y in places), class_=f"line {kind}")
    if len(places) > 1 and not dots:
        return path
    dot = "dot" if kind == "first" else "dot2"
    return join([path, *(element("circle", cx=x, cy=y, r=4, class_=dot) for x, y in places)])


def _straight(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most so many points, the first and the last among them."""
    step = -(-len(points) // _MOST_POINTS)
    return [*points[:-1:step], points[-1]] if step else []


def _bounds(least: float, most: float, as_percent: bool) -> tuple[float, float]:
    """A little more than all values; shares stay within 0 and 1."""
    room = max((most - least) * 0.08, abs(most) * 1e-3, 1e-9)
    low, high = least - room, most + room
    return (max(0.0, low), min(1.0, high) if most <= 1 else high) if as_percent else (low, high)


def _ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers between two numbers, about so many."""
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    first = math.ceil(low / step)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _whole_ticks(low: float, high: float) -> list[float]:
    return [tick for tick in _ticks(low, high, 6) if tick == int(tick)] or [low]


def _apart(ends: list[float]) -> list[float]:
    """Heights of names that are not to overlap."""
    if len(ends) == 2 and abs(ends[0] - ends[1]) < 16:
        middle, sign = sum(ends) / 2, 1 if ends[0] >= ends[1] else -1
        return [middle + 8 * sign, middle - 8 * sign]
    return ends


def _number(value: float, as_percent: bool, digits: int = 4) -> str:
    return f"{100 * value:.{digits}g} %" if as_percent else f"{value:.{digits}g}"
