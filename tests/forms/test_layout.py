"""Where everything stands on a form, measured on paper, and as shapes, PDF and picture."""

import re
import zlib
from itertools import pairwise

import numpy as np
import pytest

from cnncli.forms.drawing import Disc, Frame, Rect, Text, label, shapes
from cnncli.forms.form_page import FormPage, make_pages, page_bytes
from cnncli.forms.layout import PAPERS
from cnncli.forms.mark_words import word
from cnncli.forms.page_code import code_blocks
from cnncli.forms.pdf import pages_pdf
from cnncli.forms.raster import page_image

MM = 72 / 25.4  # points
PAGE = make_pages(["3", "Größe"], 2, "a4")[0]


@pytest.mark.parametrize(("name", "width", "height"), [("a4", 210, 297), ("letter", 215.9, 279.4)])
def test_forms_that_were_printed_are_still_read(name: str, width: float, height: float) -> None:
    """The measures of the first forms: what hangs on people's walls must stay readable."""
    paper = PAPERS[name]
    assert (paper.width, paper.height) == (width, height)
    xs, ys = paper.lattice
    np.testing.assert_allclose(xs, width / 2 + 19 * np.arange(-5, 6.0))
    row = (height - 54) / 10
    np.testing.assert_allclose(ys, [*(27 + row * np.arange(11)), height - 27 + 18])
    for down, across in np.ndindex(10, 10):
        box = paper.cell(down, across)
        assert box == pytest.approx((xs[across] + 2, ys[down + 1] - 0.36 * (row - 15) - 15, 15, 15), abs=1e-3)
    for index in range(8):
        assert paper.code_block(index) == pytest.approx((xs[1 + index] + 2.5, height - 27 + 2, 14, 14))
    far_x, far_y = width - 9 - 14, height - 9 - 14
    assert [paper.mark(corner) for corner in range(4)] == [
        pytest.approx((x, y, 14, 14)) for x, y in ((9, 9), (far_x, 9), (far_x, far_y), (9, far_y))
    ]
    last = [paper.has_dot(11, column) for column in range(11)]
    assert last == [False, *[True] * 9, False] and all(paper.has_dot(10, column) for column in range(11))


def dark_modules(rects: list[Rect], box: tuple[float, ...], side: int) -> np.ndarray:
    """Which modules of a square the rectangles fill, by whether they hold its middle."""
    left, top, width, _ = box
    steps = (np.arange(side) + 0.5) * width / side
    result = np.zeros((side, side), bool)
    for rect in rects:
        x, y, wide, tall = rect.box
        result |= np.outer((top + steps > y) & (top + steps < y + tall), (left + steps > x) & (left + steps < x + wide))
    return result


def test_shapes_are_those_of_the_layout() -> None:
    drawn = list(shapes(PAGE))
    rects = [one for one in drawn if isinstance(one, Rect)]
    assert {one.ink for one in rects} == {1.0}
    for corner in range(4):
        expected = np.pad(word("a4", corner), 1, constant_values=True)
        np.testing.assert_array_equal(dark_modules(rects, PAGE.paper.mark(corner), 7), expected)
    blocks = code_blocks(page_bytes(PAGE))
    for index in range(8):
        side = blocks.shape[1]
        np.testing.assert_array_equal(dark_modules(rects, PAGE.paper.code_block(index), side), blocks[index])
    xs, ys = PAGE.paper.lattice
    discs = [(one.x, one.y) for one in drawn if isinstance(one, Disc)]
    nodes = [(x, y) for row, y in enumerate(ys) for column, x in enumerate(xs) if row < 11 or 0 < column < 10]
    np.testing.assert_allclose(sorted(discs), sorted(nodes))
    assert {(one.radius, one.ink) for one in drawn if isinstance(one, Disc)} == {(0.75, 1.0)}
    frames = [one for one in drawn if isinstance(one, Frame)]
    assert [one.box for one in frames] == [PAGE.paper.cell(row, column) for row in range(4) for column in range(10)]
    assert {(one.line, one.ink) for one in frames} == {(0.25, 0.32)}


def test_texts_stand_beside_the_marks_and_names_above_their_cells() -> None:
    page = FormPage(PAPERS["letter"], 2, 3, ("3", "Größe"))
    texts = [one for one in shapes(page) if isinstance(one, Text)]
    head, names = texts[:4], texts[4:]
    for one in head:
        # Between the upper marks and above the dots.
        assert one.x >= 9 + 14 + 2 and one.x + one.most <= 215.9 - 9 - 14 - 2
        assert one.y - one.size >= 8 and one.y < 27 - 0.75
        assert 2 < one.size <= 5 and one.ink >= 0.7
    lines = [head[index].y - head[index].size for index in (0, 1, 2)]
    assert all(upper.y <= lower for upper, lower in zip(head[:2], lines[1:], strict=True))
    assert [one.text for one in head if one.text.startswith("page")] == ["page 2 of 3"]
    assert len(names) == 20
    for index, one in enumerate(names):
        cell = page.paper.cell(index // 10, index % 10)
        assert one.text == ("3", "Größe")[index // 10]
        assert one.x == cell.x and one.most == cell.width
        assert cell.y - 3 < one.y < cell.y - 1 and 2 < one.size < 4
        assert 0.3 < one.ink < 0.62  # faint enough for cells.py to tell it from a pen
        above = page.paper.lattice[1][index // 10]
        assert one.y - one.size > above + 0.75 or one.x > page.paper.lattice[0][index % 10] + 0.75
    assert not [one for one in shapes(PAGE) if isinstance(one, Text) and one.text.startswith("page")]


def test_letters_that_helvetica_lacks_are_named_by_their_number() -> None:
    assert label("aZ~ é¡ÿ") == "aZ~ é¡ÿ" and label("Ā星") == "U+0100U+661F" and label("“") == "U+201C"


def lines_of(pages: list[FormPage]) -> list[list[str]]:
    """What draws each page, read from the file."""
    content = pages_pdf(pages)
    result = []
    for match in re.finditer(rb"/Length (\d+) /Filter /FlateDecode >>\nstream\n", content):
        packed = content[match.end() : match.end() + int(match[1])]
        assert content[match.end() + int(match[1]) :].startswith(b"\nendstream")
        result.append(zlib.decompress(packed).decode("latin-1").splitlines())
    assert len(result) == len(pages)
    return result


def test_the_pdf_draws_each_shape_in_mm_from_the_top() -> None:
    ((first, *drawn),) = [[line.split() for line in lines_of([PAGE])[0]]]
    np.testing.assert_allclose([float(word) for word in first[:6]], [MM, 0, 0, -MM, 0, 297 * MM], atol=1e-3)
    assert first[6] == "cm"
    for shape, words in zip(shapes(PAGE), drawn, strict=True):
        grey = float(words[1] if isinstance(shape, Text) else words[0])
        assert grey == pytest.approx(1 - shape.ink, abs=1e-3)
        numbers = [float(one) for one in words if re.fullmatch(r"-?\d*\.?\d+", one)]
        if isinstance(shape, Rect):
            assert words[1] == "g" and words[-2:] == ["re", "f"]
            assert numbers[1:] == pytest.approx(shape.box, abs=1e-3)
        elif isinstance(shape, Frame):  # a line is drawn to both sides of its middle
            x, y, width, height = shape.box
            assert words[1] == "G" and words[3] == "w" and words[-2:] == ["re", "S"]
            expected = [shape.line, x - 0.125, y - 0.125, width + 0.25, height + 0.25]
            assert numbers[1:] == pytest.approx(expected, abs=1e-3)
        elif isinstance(shape, Disc):
            assert words[1] == "g" and words[-1] == "f"
            places = np.array(numbers[1:]).reshape(-1, 2)
            assert len(places) == 13 and (places[0] == places[-1]).all()
            share = np.linspace(0, 1, 9)[:, None]
            corners = [math_angle(places[index] - (shape.x, shape.y)) for index in (0, 3, 6, 9, 12)]
            assert all((after - before) % 360 == pytest.approx(90, abs=0.1) for before, after in pairwise(corners))
            for start in range(0, 12, 3):  # a cubic Bezier curve follows the circle to 3 in 10,000
                a, b, c, d = places[start : start + 4]
                curve = (
                    (1 - share) ** 3 * a
                    + 3 * share * (1 - share) ** 2 * b
                    + 3 * share**2 * (1 - share) * c
                    + share**3 * d
                )
                assert np.hypot(*(curve - (shape.x, shape.y)).T) == pytest.approx(shape.radius, rel=2e-3)
        else:
            place = words[words.index("Tm") - 6 : words.index("Tm")]
            assert [float(one) for one in place] == pytest.approx([1, 0, 0, -1, shape.x, shape.y], abs=1e-3)
            assert float(words[words.index("/F") + 1]) <= shape.size + 1e-3


def math_angle(way: np.ndarray) -> float:
    return float(np.degrees(np.arctan2(way[1], way[0])))


def test_pages_of_a_pdf_have_their_paper_and_belong_to_it() -> None:
    pages = make_pages(list("abcdefghijklmno"), 1, "letter")
    content = pages_pdf(pages)
    assert b"/Kids [4 0 R 6 0 R] /Count 2" in content
    boxes = re.findall(rb"/MediaBox \[0 0 (\S+) (\S+)\] /Contents (\d+) 0 R", content)
    assert [int(number) for *_, number in boxes] == [5, 7]
    for width, height, _ in boxes:
        assert (float(width), float(height)) == pytest.approx((612, 792), abs=1e-3)
    assert b"/Size 8 /Root 1 0 R" in content and b"xref\n0 8\n0000000000 65535 f \n" in content


# Widths of Helvetica in thousandths, from Adobe's Core 14 AFM files, letters that share one together.
HELVETICA = {
    191: "'", 222: "ijl", 260: "|", 278: " !,./:;I[\\]ft", 333: "()-`r", 334: "{}", 355: '"', 389: "*", 469: "^",
    500: "Jcksvxyz", 556: "#$0123456789?L_abdeghnopqu", 584: "+<=>~", 611: "FTZ", 667: "&ABEKPSVXY", 722: "CDHNRUw",
    778: "GOQ", 833: "Mm", 889: "%", 944: "W", 1015: "@",
}  # fmt: skip


def letters(*names: str) -> list[tuple[float, str]]:
    """(size, text) of the names above cells, four on a page: a code holds no more of them."""
    found = []
    parts = [names[start : start + 4] for start in range(0, len(names), 4)]
    for lines in lines_of([FormPage(PAPERS["a4"], 1, 1, part) for part in parts]):
        texts = [re.fullmatch(r"BT \S+ g /F (\S+) Tf .*Tm \((.*)\) Tj ET", line) for line in lines]
        above = [(float(text[1]), re.sub(r"\\(.)", r"\1", text[2])) for text in texts if text][3:]  # below the head
        found += above[::10]
    return found


def test_letters_become_smaller_by_the_widths_of_helvetica() -> None:
    """A name of n equal letters of width w is n w size wide, and may be 15 mm."""
    assert sum(map(len, HELVETICA.values())) == 95
    # What stands above a cell is held by shapes; names here are some that parse_classes refuses.
    cases = [
        (width, 25 if width < 400 else 12 if width < 900 else 10, char)
        for width, group in HELVETICA.items() for char in group
    ]  # fmt: skip
    names = [f"a{char * count}a" for _, count, char in cases]
    found = letters(*names)
    assert [text for _, text in found] == names
    wide = [(count * width + 2 * 556) / 1000 for width, count, _ in cases]
    assert [size for size, _ in found] == pytest.approx([min(3.1, 15 / one) for one in wide], abs=2e-3)
    assert letters("é" * 10)[0][0] == pytest.approx(15 / 8.0, abs=1e-3)


def test_the_longest_names_lose_letters_and_stay_readable() -> None:
    ((size, text),) = letters("m" * 60)
    assert size == 1.2 and len(text) == int(15 / (1.2 * 0.833))
    assert letters("3") == [(3.1, "3")]


def test_the_picture_shows_each_shape_where_it_is() -> None:
    """At 8 pixels a mm, without texts: filled shapes are dark within, and light around."""
    image = np.asarray(page_image(PAGE, 8.0))
    assert image.shape == (297 * 8, 210 * 8)
    mm = lambda *values: [round(value * 8) for value in values]  # noqa: E731
    for shape in shapes(PAGE):
        if isinstance(shape, Frame):
            x, y, right, bottom = mm(shape.box.x, shape.box.y, shape.box.x + 15, shape.box.y + 15)
            grey = round(255 * 0.68)
            for line in (image[y - 2 : y, x : right], image[bottom : bottom + 2, x:right], image[y:bottom, x - 2 : x],
                         image[y:bottom, right : right + 2]):  # fmt: skip
                assert abs(np.median(line) - grey) < 45 and line.max() < 245
            assert image[y + 1 : bottom - 1, x + 1 : right - 1].min() == 255
            assert image[y - 4 : y - 2, x:right].min() >= 250 or shape.box.y < 40
        elif isinstance(shape, Disc):
            left, top = mm(shape.x - 2, shape.y - 2)
            part = 255 - image[top : top + 32, left : left + 32].astype(float)
            y, x = np.mgrid[0:32, 0:32] + 0.5
            centre = np.array([(part * x).sum(), (part * y).sum()]) / part.sum()
            assert centre == pytest.approx(((shape.x * 8) - left, shape.y * 8 - top), abs=0.45)
            assert part.sum() / 255 == pytest.approx(np.pi * 36, rel=0.06)
        elif isinstance(shape, Rect):
            left, top, right, bottom = mm(
                shape.box.x, shape.box.y, shape.box.x + shape.box.width, shape.box.y + shape.box.height
            )
            assert image[top + 1 : bottom - 1, left + 1 : right - 1].max() == 0
    for corner in range(4):
        box = PAGE.paper.mark(corner)
        left, top = mm(box.x, box.y)
        dark = image[top - 20 : top + 112 + 20, left - 20 : left + 112 + 20] < 128
        rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
        assert (rows[0], rows[-1], columns[0], columns[-1]) == pytest.approx((20, 131, 20, 131), abs=1)


def test_names_in_the_picture_stay_above_their_cells() -> None:
    page = FormPage(PAPERS["a4"], 1, 1, ("3", "a name that is longer than its cell is", "m" * 60))
    image = np.asarray(page_image(page, 8.0))
    for row in range(3):
        box = page.paper.cell(row, 4)
        left, top = round(box.x * 8), round(box.y * 8)
        above = image[top - 40 : top - 4, left : left + 120] < 250
        assert above.any() and not above[:, :4].all()
        wide = np.flatnonzero(above.any(axis=0))
        assert wide[-1] <= 121 and (wide[-1] > 95 if row else wide[-1] < 30)
        assert not (image[top - 40 : top - 4, left + 124 : left + 140] < 250).any()
        dark = image[top - 40 : top - 4, left : left + 120].min()
        assert 100 <= dark <= 220  # half of black, at most
