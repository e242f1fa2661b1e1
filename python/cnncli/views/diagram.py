"""A network as a diagram: boxes of layers from top to bottom, branches beside each other; as SVG or as lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from cnncli.layers import Conv1d, Conv2d, ConvTranspose2d, Linear, Sequential
from cnncli.layers.activation import Activation
from cnncli.layers.adaptive_pool2d import AdaptivePooling
from cnncli.layers.batch_norm import BatchNorm
from cnncli.layers.branches import Branches
from cnncli.layers.pooling import Pooling
from cnncli.layers.sequential import runs_in_order
from cnncli.network import LayerRow, Network
from cnncli.shown import format_shape, printable, shortened

_GAP, _ASIDE = 30, 28  # between boxes, and between branches
_TURN = 19  # below a box, where its line turns to the branches
_HIGH, _LOW = 48, 28  # of a box with two lines of text, and with one
_LETTER, _SMALL = 7.6, 6.4  # width of a letter, about, of names and of the rest
_MARGIN, _HEAD = 24, 64
_MOST_LETTERS = 48  # of a line in a box

# kind of layer -> (light fill, light line, dark fill, dark line)
_COLOURS = {
    "convolution": ("#e3eefb", "#3b78c4", "#14304f", "#6ea8ee"),
    "matrix": ("#efe6fa", "#8054c0", "#322152", "#b493ea"),
    "pooling": ("#fdeedd", "#c7741b", "#4a2e0c", "#eda457"),
    "normalization": ("#e4f4ea", "#36905c", "#123a24", "#6cc894"),
    "activation": ("#f1f1f3", "#7f7f89", "#2b2b31", "#a0a0aa"),
    "join": ("#fbe6ee", "#bf4677", "#4c1a30", "#ee86b1"),
    "other": ("#f1f1f3", "#7f7f89", "#2b2b31", "#a0a0aa"),
}


@dataclass(frozen=True)
class Box:
    """A layer or a join; `row`: of the network's table, None for the input."""

    kind: str
    row: LayerRow | None
    text: str
    shape: str

    @property
    def second(self) -> str:
        """The settings, below the name."""
        return "" if self.row is None else shortened(self.row.settings, _MOST_LETTERS)

    @property
    def count(self) -> str:
        """The parameters."""
        return f"{self.row.parameters:,}" if self.row is not None and self.row.parameters else ""

    @property
    def height(self) -> int:
        return _HIGH if self.second else _LOW

    @property
    def width(self) -> int:
        first = _LETTER * len(self.text) + (_SMALL * len(self.count) + 24 if self.count else 0)
        return round(max(150, first + 36, _SMALL * len(self.second) + 36))


@dataclass(frozen=True)
class Fork:
    """Branches beside each other, (name, its parts) each, and the box that joins them."""

    branches: "list[tuple[str, list[Part]]]"
    join: Box


Part = Box | Fork


def diagram_parts(network: Network) -> list[Part]:
    """The input, and the layers in their order."""
    rows = {row.name: row for row in network.layer_table()}
    source = Box("other", None, "input", format_shape(network.input_shape))
    return [source, *_parts(network, rows, "")]


def _parts(layers: Sequential, rows: dict[str, LayerRow], prefix: str) -> Iterator[Part]:
    for index, layer in enumerate(layers):
        name = f"{prefix}{index}"
        if isinstance(layer, Sequential) and runs_in_order(layer):
            yield from _parts(layer, rows, f"{name}.")
        elif isinstance(layer, Branches) and runs_in_order(layer):
            branches = [(key, list(_parts(branch, rows, f"{name}.{key}."))) for key, branch in layer.branches]
            yield Fork(branches, _box("join", rows[name]))
        else:
            yield _box(_kind(layer), rows[name])


def _kind(layer: object) -> str:
    kinds: dict[str, tuple[type, ...]] = {
        "convolution": (Conv2d, Conv1d, ConvTranspose2d), "matrix": (Linear,), "pooling": (Pooling, AdaptivePooling),
        "normalization": (BatchNorm,), "activation": (Activation,),
    }  # fmt: skip
    return next((kind for kind, types in kinds.items() if isinstance(layer, types)), "other")


def _box(kind: str, row: LayerRow) -> Box:
    return Box(kind, row, f"{row.name}  {printable(row.type)}", format_shape(row.output_shape))


# As SVG


def diagram_svg(network: Network) -> str:
    """The diagram as one SVG, which also reads on a dark page: its colours follow what the reader prefers."""
    parts = diagram_parts(network)
    width, height = _size(parts)
    name = printable(network.name or "network")
    title = printable(network.title or name)
    facts = f"{network.parameter_count():,} parameters, input {format_shape(network.input_shape)}"
    page_width = max(width + 2 * _MARGIN, round(max(11.2 * len(title), 7 * len(facts))) + 2 * _MARGIN)
    elements: list[str] = []
    _draw(parts, page_width / 2, _HEAD + _MARGIN, elements)
    page_height = height + _HEAD + _MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {page_width} {page_height}" width="{page_width}" '
        f'height="{page_height}" role="img" aria-label={quoteattr(f"{title}: {facts}")}>',
        f"<title>{escape(title)}</title>",
        f"<style>{_style()}</style>",
        '<rect class="page" width="100%" height="100%"/>',
        f'<text class="title" x="{_MARGIN}" y="{_MARGIN + 18}">{escape(title)}</text>',
        f'<text class="faint" x="{_MARGIN}" y="{_MARGIN + 40}">{escape(facts)}</text>',
        *elements,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _style() -> str:
    light = "".join(f".{kind}{{fill:{one[0]};stroke:{one[1]}}}" for kind, one in _COLOURS.items())
    dark = "".join(f".{kind}{{fill:{one[2]};stroke:{one[3]}}}" for kind, one in _COLOURS.items())
    return (
        "text{font:13px system-ui,'Segoe UI',Helvetica,Arial,sans-serif;fill:#18181b}.title{font-size:20px}"
        ".name{font-weight:600}.faint,.small{fill:#60606b}.small{font-size:12px}.page{fill:#fff}"
        f".line{{fill:none;stroke:#8a8a94;stroke-width:1.5}}.head{{fill:#8a8a94}}{light}"
        "@media(prefers-color-scheme:dark){text{fill:#ececf0}.faint,.small{fill:#a5a5b0}.page{fill:#17171a}"
        f"{dark}}}"
    )


def _size(parts: list[Part]) -> tuple[int, int]:
    width, height = 60, 0
    for part in parts:
        if isinstance(part, Box):
            # The shape beside the line below a box takes room on its right, and for the middle as much on its left.
            width = max(width, part.width, 2 * round(_SMALL * len(part.shape) + 16))
            height += part.height + _GAP
        else:
            sizes = [_size(branch) for _, branch in part.branches]
            width = max(width, sum(wide for wide, _ in sizes) + _ASIDE * (len(sizes) - 1), part.join.width)
            height += max(tall for _, tall in sizes) + _GAP + part.join.height + _GAP
    return width, height


def _draw(parts: list[Part], x: float, y: float, out: list[str]) -> float:
    """Draws parts below each other from `y` on, their middle at `x`; returns where the line below them ends."""
    for index, part in enumerate(parts):
        forks = index + 1 < len(parts) and isinstance(parts[index + 1], Fork)
        if isinstance(part, Fork):
            y = _draw_branches(part, x, y, out)
        box = part.join if isinstance(part, Fork) else part
        y = _draw_box(box, x, y, out, _TURN if forks else _GAP) + (_GAP - _TURN if forks else 0)
    return y


def _draw_branches(fork: Fork, x: float, y: float, out: list[str]) -> float:
    """All of a fork but the box that joins it."""
    sizes = [_size(branch) for _, branch in fork.branches]
    tall = max(height for _, height in sizes)
    left = x - (sum(width for width, _ in sizes) + _ASIDE * (len(sizes) - 1)) / 2
    for (_, branch), (width, _) in zip(fork.branches, sizes, strict=True):
        middle = left + width / 2
        turn = y - _GAP + _TURN
        out.append(f'<path class="line" d="M{x:g} {turn:g}H{middle:g}V{y:g}"/>')
        end = _draw(branch, middle, y, out)
        bottom = y + tall
        out.append(f'<path class="line" d="M{middle:g} {end:g}V{bottom:g}H{x:g}V{bottom + _GAP:g}"/>')
        left += width + _ASIDE
    return y + tall + _GAP


def _draw_box(box: Box, x: float, y: float, out: list[str], line: int = _GAP) -> float:
    """`line`: pixels of the line below it."""
    width, height = box.width, box.height
    left, bottom = x - width / 2, y + height
    label = " ".join(filter(None, (box.text, box.row.settings if box.row else "", box.shape)))
    out.append(f"<g><title>{escape(printable(label))}</title>")
    if box.row is not None:
        out.append(f'<path class="head" d="M{x - 4:g} {y - 7:g}h8l-4 7z"/>')
    out.append(f'<rect class="{box.kind}" x="{left:g}" y="{y:g}" width="{width}" height="{height}" rx="6"/>')
    out.append(f'<text class="name" x="{left + 14:g}" y="{y + 19:g}">{escape(box.text)}</text>')
    if box.count:
        out.append(
            f'<text class="small" text-anchor="end" x="{left + width - 12:g}" y="{y + 19:g}">{box.count}</text>'
        )
    if box.second:
        out.append(f'<text class="small" x="{left + 14:g}" y="{y + 38:g}">{escape(box.second)}</text>')
    out.append(f'<path class="line" d="M{x:g} {bottom:g}V{bottom + line:g}"/>')
    out.append(f'<text class="small" x="{x + 8:g}" y="{bottom + 15:g}">{box.shape}</text></g>')
    return bottom + line


# As lines


def diagram_lines(network: Network, blocks: bool) -> list[tuple[str, str, str]]:
    """(text, shape, parameters) of each line, branches indented; `blocks`: with the lines of Unicode."""
    marks = ("├ ", "│ ", "└ ") if blocks else ("|-", "| ", "`-")
    return [*_lines(diagram_parts(network), "", marks)]


def _lines(parts: list[Part], indent: str, marks: tuple[str, str, str]) -> Iterator[tuple[str, str, str]]:
    fork, along, join = marks
    for part in parts:
        if isinstance(part, Box):
            yield f"{indent}{part.text} {part.second}".rstrip(), part.shape, part.count
            continue
        for name, branch in part.branches:
            yield f"{indent}{fork}{printable(name)}{'' if branch else ': as it is'}", "", ""
            yield from _lines(branch, f"{indent}{along}  ", marks)
        yield f"{indent}{join}{part.join.text} {part.join.second}".rstrip(), part.join.shape, part.join.count
