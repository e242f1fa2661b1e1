"""Pages of a form as a PDF of lines and letters: a few kB, sharp at any size.

Source: ISO 32000-1, PDF 1.4; letters are Helvetica, which every reader has, in the encoding WinAnsi.
"""

import zlib
from collections.abc import Iterator, Sequence

from cnncli.forms.drawing import Disc, Frame, Rect, Text, shapes
from cnncli.forms.form_page import FormPage

_POINTS = 72 / 25.4  # a mm
_ROUND = 0.5523  # where a quarter of a circle has its controls, as a Bezier curve
_SMALLEST = 1.2  # mm, of letters that are made smaller to fit

# Widths of Helvetica from the space to the tilde, in thousandths of its size (Adobe's Core 14 AFM files).
_WIDTHS = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
]  # fmt: skip
_OTHER_WIDTH = 800  # of a letter beyond ASCII, rather too wide than too narrow


def pages_pdf(pages: Sequence[FormPage]) -> bytes:
    """The pages as one file, the same bytes every time."""
    kids = " ".join(f"{4 + 2 * index} 0 R" for index in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /PrintScaling /None >> >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for index, page in enumerate(pages):
        size = f"{_number(page.paper.width * _POINTS)} {_number(page.paper.height * _POINTS)}"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size}] /Contents {5 + 2 * index} 0 R "
            "/Resources << /Font << /F 3 0 R >> >> >>".encode()
        )
        drawn = zlib.compress("\n".join(_operators(page)).encode("latin-1"), 9)
        head = f"<< /Length {len(drawn)} /Filter /FlateDecode >>\nstream\n"
        objects.append(head.encode() + drawn + b"\nendstream")
    return _file(objects)


def _file(objects: list[bytes]) -> bytes:
    content = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(content))
        content += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = len(content)
    content += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    for place in places:
        content += f"{place:010d} 00000 n \n".encode()
    content += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n".encode()
    return bytes(content)


def _operators(page: FormPage) -> Iterator[str]:
    """What draws a page: the origin moves to the top left corner, y grows downwards, a unit is a mm."""
    yield f"{_POINTS:.6f} 0 0 {-_POINTS:.6f} 0 {_number(page.paper.height * _POINTS)} cm"
    for shape in shapes(page):
        grey = _number(1 - shape.ink)
        match shape:
            case Rect():
                yield f"{grey} g {' '.join(map(_number, shape.box))} re f"
            case Frame():
                x, y, width, height = shape.box
                half = shape.line / 2
                box = (x - half, y - half, width + shape.line, height + shape.line)
                yield f"{grey} G {_number(shape.line)} w {' '.join(map(_number, box))} re S"
            case Disc():
                yield f"{grey} g {_circle(shape)} f"
            case Text():
                yield from _letters(shape, grey)


def _circle(disc: Disc) -> str:
    x, y, radius = disc.x, disc.y, disc.radius
    pull = _ROUND * radius
    curves = (
        (x + radius, y + pull, x + pull, y + radius, x, y + radius),
        (x - pull, y + radius, x - radius, y + pull, x - radius, y),
        (x - radius, y - pull, x - pull, y - radius, x, y - radius),
        (x + pull, y - radius, x + radius, y - pull, x + radius, y),
    )
    parts = [f"{_number(x + radius)} {_number(y)} m"]
    return " ".join(parts + [" ".join(map(_number, curve)) + " c" for curve in curves])


def _letters(text: Text, grey: str) -> Iterator[str]:
    words, size = text.text, text.size
    wide = _width(words) * size
    if wide > text.most:
        size = max(_SMALLEST, size * text.most / wide)
    while len(words) > 1 and _width(words) * size > text.most + 1e-6:  # which is what rounding may add
        words = words[:-1]
    shown = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    place = f"1 0 0 -1 {_number(text.x)} {_number(text.y)} Tm"
    yield f"BT {grey} g /F {_number(size)} Tf {place} ({shown}) Tj ET"


def _width(words: str) -> float:
    """Of a text in Helvetica of size 1."""
    return sum(_WIDTHS[ord(char) - 32] if " " <= char <= "~" else _OTHER_WIDTH for char in words) / 1000


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") or "0"
