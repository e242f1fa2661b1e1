"""The form as PDF and PNG."""

import io
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.forms.form_page import make_pages
from cnncli.forms.layout import PAPERS
from cnncli.forms.pdf import pages_pdf
from cnncli.forms.raster import page_image, page_png


def test_nothing_of_a_form_lies_over_anything_else() -> None:
    """Marks, dots, cells and code squares are apart, and all are 8 mm or more inside the paper."""
    for paper in PAPERS.values():
        boxes = [paper.cell(row, column) for row in range(10) for column in range(10)]
        boxes += [paper.mark(corner) for corner in range(4)] + [paper.code_block(index) for index in range(8)]
        for place, box in enumerate(boxes):
            assert box.x >= 8 and box.x + box.width <= paper.width - 8
            assert box.y >= 8 and box.y + box.height <= paper.height - 8
            for other in boxes[:place]:
                apart_x = max(box.x, other.x) - min(box.x + box.width, other.x + other.width)
                apart_y = max(box.y, other.y) - min(box.y + box.height, other.y + other.height)
                assert max(apart_x, apart_y) >= 2.0


def test_the_pdf_is_the_same_bytes_every_time_and_its_table_finds_every_object() -> None:
    pages = make_pages(list("abcdefghijkl"), 1, "letter")
    content = pages_pdf(pages)
    assert content == pages_pdf(pages) and len(content) < 20_000
    start = int(content.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert content[start:].startswith(b"xref\n")
    places = [int(line[:10]) for line in re.findall(rb"\d{10} 00000 n ", content)]
    assert len(places) == 3 + 2 * len(pages)
    for number, place in enumerate(places, start=1):
        assert content[place:].startswith(b"%d 0 obj\n" % number)


def test_the_png_has_16_greys_and_tells_its_size_on_paper() -> None:
    with Image.open(io.BytesIO(page_png(make_pages(["x"], 1, "letter")[0]))) as image:
        assert image.size == (2550, 3300) and image.info["dpi"] == pytest.approx((300, 300), abs=0.01)
        pixels = np.asarray(image)
    assert set(np.unique(pixels)) <= set(range(0, 256, 17)) and pixels.max() == 255 and pixels.min() == 0


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="pdftoppm is missing; apt-get install poppler-utils")
def test_pdf_and_png_show_the_same(tmp_path: Path) -> None:
    page = make_pages(["0", "Größe", "(a)\\"[:3]], 3, "a4")[0]
    (tmp_path / "form.pdf").write_bytes(pages_pdf([page]))
    words = ["pdftoppm", "-r", "101.6", "-gray", "-singlefile", str(tmp_path / "form.pdf"), str(tmp_path / "form")]
    subprocess.run(words, check=True, timeout=60)
    with Image.open(tmp_path / "form.pgm") as image:
        drawn = np.asarray(image.convert("L"), float)
    ours = np.asarray(page_image(page, 4.0), float)
    height, width = min(drawn.shape[0], ours.shape[0]), min(drawn.shape[1], ours.shape[1])
    away = abs(drawn[:height, :width] - ours[:height, :width])
    assert away[100:].mean() < 3  # below the text, which has other letters
