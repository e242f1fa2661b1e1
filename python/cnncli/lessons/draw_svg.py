"""Figures as SVG, in the colours of the page's style."""

import json

from cnncli.lessons.figures import Bars, Cells, Dots, Figure, Label, Line, Part, Point
from cnncli.pages.html import Markup, element, empty, join

WIDTH = 560
LEFT, RIGHT, TOP, BOTTOM = 58, 16, 14, 46  # room for the numbers of the axes
_BARE = 20, 20, 14, 14  # where there are none


def figure_svg(figure: Figure, anchor: str | None = None) -> Markup:
    """The figure with its title below it and its names; `anchor` is the id of its drawing, for scripts."""
    clip = f"{anchor or 'figure'}-inside"
    parts = element("g", *(_part(figure, part) for part in figure.parts), clip_path=f"url(#{clip})")
    drawn = [_inside(figure, clip), *([] if figure.bare else [_axes(figure)]), parts]
    svg = element(
        "svg", *drawn, id=anchor, viewBox=f"0 0 {WIDTH} {figure.high}", class_="plot", role="img",
        aria_label=figure.title,
        data_x=json.dumps(figure.x), data_y=json.dumps(figure.y),
        data_room=json.dumps(_BARE if figure.bare else (LEFT, RIGHT, TOP, BOTTOM)),
    )  # fmt: skip
    names = [element("li", name, class_=kind) for kind, name in figure.legend]
    legend = element("ul", *names, class_="legend") if names else ""
    notes = [element("p", note, class_="soft") for note in figure.notes]
    return element("figure", svg, legend, element("figcaption", figure.title), *notes)


def _inside(figure: Figure, name: str) -> Markup:
    """What is outside of the axes is not drawn, but for half a dot."""
    west, east, top, base = (0, 0, 0, 0) if figure.bare else (LEFT - 6, RIGHT - 6, TOP - 6, BOTTOM - 6)
    box = empty("rect", x=west, y=top, width=WIDTH - west - east, height=figure.high - top - base)
    return element("clipPath", box, id=name)


def place(figure: Figure, point: Point) -> Point:
    """Where a point stands in the picture; what lies far outside stays near."""
    (left, right), (low, high) = figure.x, figure.y
    west, east, top, base = _BARE if figure.bare else (LEFT, RIGHT, TOP, BOTTOM)
    x = west + (point[0] - left) / (right - left) * (WIDTH - west - east)
    y = figure.high - base - (point[1] - low) / (high - low) * (figure.high - top - base)
    return round(max(-2000.0, min(3000.0, x)), 1), round(max(-2000.0, min(3000.0, y)), 1)


def _axes(figure: Figure) -> Markup:
    parts = [
        element("path", d=f"M{LEFT},{TOP}V{figure.high - BOTTOM}H{WIDTH - RIGHT}", class_="axis"),
        element("text", figure.x_name, x=WIDTH - RIGHT, y=figure.high - 8, text_anchor="end"),
        element("text", figure.y_name, x=6, y=TOP + 4, class_="name"),
    ]
    for value, word in figure.marks_below(7):
        x, _ = place(figure, (value, figure.y[0]))
        parts.append(element("text", word, x=x, y=figure.high - BOTTOM + 18, text_anchor="middle"))
    for value, word in figure.marks_beside(6):
        _, y = place(figure, (figure.x[0], value))
        if y > TOP + 16 or not figure.y_name:
            parts.append(element("text", word, x=LEFT - 8, y=y + 4, text_anchor="end"))
    return join(parts)


def _part(figure: Figure, part: Part) -> Markup:
    if isinstance(part, Cells):
        return _cells(figure, part)
    if isinstance(part, Label):
        x, y = place(figure, part.at)
        return element("text", part.text, x=x + 4, y=y - 4, class_=f"said {part.kind}")
    if isinstance(part, Dots):
        dots = [element("circle", cx=x, cy=y, r=5) for x, y in (place(figure, point) for point in part.points)]
        return element("g", *dots, class_=f"dots {part.kind}")
    if isinstance(part, Bars):
        return element("g", *(_bar(figure, point, part.width) for point in part.points), class_=f"dots {part.kind}")
    if isinstance(part, Line):
        path = "L".join("{},{}".format(*place(figure, point)) for point in part.points)
    else:
        path = "M".join("{},{}L{},{}".format(*place(figure, one), *place(figure, two)) for one, two in part.pairs)
    kind = "line" if isinstance(part, Line) else "contour"
    return element("path", d=f"M{path}", class_=f"{kind} {part.kind}") if path else Markup("")


def _cells(figure: Figure, part: Cells) -> Markup:
    drawn = []
    for (left, top), text, shade, kind in part.squares():
        (x, y), (x_end, y_end) = place(figure, (left, top)), place(figure, (left + 1, top - 1))
        width, height = round(x_end - x, 1), round(y_end - y, 1)
        opacity = round(shade * 0.6, 2)
        drawn.append(element("rect", x=x, y=y, width=width, height=height, class_=kind, fill_opacity=opacity))
        if text:
            drawn.append(element("text", text, x=round(x + width / 2, 1), y=round(y + height / 2 + 5, 1)))
    return element("g", *drawn, class_="cells")


def _bar(figure: Figure, point: Point, width: float) -> Markup:
    left, base = place(figure, (point[0] - width / 2, 0.0))
    right, top = place(figure, (point[0] + width / 2, point[1]))
    return element("path", d=f"M{left},{base}V{top}H{right}V{base}Z")
