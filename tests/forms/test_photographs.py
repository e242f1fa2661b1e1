"""Photographs of forms by simulation: cells are cut right, bad photographs refused for their true reason."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw
from tools.photographs.bad import KINDS, bad_job
from tools.photographs.camera import Shot, as_jpeg, photograph
from tools.photographs.filling import Filled, fill, glyphs
from tools.photographs.shots import DISTURBANCES, good_job
from tools.photographs.truth import compare

from cnncli.errors import DataError
from cnncli.forms.form_page import make_pages
from cnncli.forms.photograph import Photograph, read_photograph
from cnncli.forms.raster import page_image

SHOT = Shot(width=1000, height=1350, share=0.92, tilt=(6, -4), turn=3)
SCALE = 5.0  # pixels a mm of what a scanner sees
SPOILED = {"cross": (0, 1), "scribble": (0, 4), "strike": (0, 7), "blur": (1, 1), "cover": (1, 4), "nothing": (1, 8),
           "finger": (0, 0)}  # fmt: skip


def filled_form(rows: int = 1) -> Filled:
    """One or two rows of 10 cells, so that tests are quick."""
    rng = np.random.default_rng(1)
    page = make_pages(["3"], rows, "a4")[0]
    return fill(page, glyphs("digits", rng), rng, ["blue pen", "pencil", "black pen"], SCALE)


@pytest.fixture(scope="module")
def scanned() -> Filled:
    """A form as a scanner sees it."""
    return filled_form()


def as_png(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "PNG", compress_level=1)
    return content.getvalue()


def refusal(image: Image.Image) -> str:
    with pytest.raises(DataError) as caught:
        read_photograph(as_png(image), "photo.jpg")
    said = str(caught.value)
    assert said.startswith("photo.jpg: ") and "\n" not in said
    return said


def test_a_tilted_folded_photograph_in_uneven_light_is_cut_right() -> None:
    filled = filled_form(2)
    shot = replace(SHOT, tilt=(20, -18), light=4.0, exposure=1.1, folds=1, blur=1.5, quality=60, desk="blue", seed=5)
    seen = read_photograph(as_jpeg(photograph(filled, shot), shot))
    assert [one for one in compare(filled, seen) if not one.right] == []


@pytest.mark.parametrize(("turned", "exif"), [(180, 1), (90, 6)])
def test_a_photograph_upside_down_or_sideways_is_cut_right(turned: int, exif: int, scanned: Filled) -> None:
    """Turned on the desk, and as a camera saves it that says which way was up."""
    image = scanned.image.rotate(-turned, expand=True)
    saved = image.transpose(Image.Transpose.ROTATE_90) if exif == 6 else image
    seen = read_photograph(as_jpeg(saved, SHOT, exif))
    assert seen.turned == turned and [one for one in compare(scanned, seen) if not one.right] == []


@pytest.fixture(scope="module")
def spoiled() -> Photograph:
    """A form as a scanner sees it, with whole glyphs but in the cells of SPOILED."""
    rng = np.random.default_rng(1)
    page = make_pages(["3"], 2, "a4")[0]
    filled = fill(page, glyphs("digits", rng), rng, per_mm=SCALE, empty=0, crossed=0, touching=0)
    image, draw = filled.image, ImageDraw.Draw(filled.image)
    for what, place in SPOILED.items():
        box = page.paper.cell(*place)
        left, top, right, bottom = (round(v * SCALE) for v in (box.x, box.y, box.x + 15, box.y + 15))
        if what == "cross":
            draw.line((left, top, right, bottom), fill=(30, 30, 90), width=6)
            draw.line((left, bottom, right, top), fill=(30, 30, 90), width=6)
        elif what == "scribble":
            for step in range(0, 76, 9):
                ends = (left + 2, top + step, right - 2, top + step + 8, left + 2, top + step + 9)
                draw.line(ends, fill=0, width=4)
        elif what == "strike":
            draw.line((left - 7, top + 45, right + 7, top + 30), fill=0, width=4)
        elif what == "blur":
            patch = image.crop((left - 12, top - 12, right + 12, bottom + 12))
            for _ in range(3):
                patch = patch.resize((10, 10), Image.Resampling.BOX).resize(patch.size, Image.Resampling.BICUBIC)
            image.paste(patch, (left - 12, top - 12))
        elif what == "finger":  # between the dots
            draw.rectangle((0, top + 9, left + 45, bottom - 9), fill=(190, 140, 110))
        elif what == "cover":
            draw.rectangle((left - 25, top - 38, right + 25, bottom + 38), fill=(190, 140, 110))
        else:
            draw.rectangle((left + 1, top + 1, right - 2, bottom - 2), fill=(255, 255, 255))
    return read_photograph(as_png(image))


@pytest.mark.parametrize(
    ("what", "reason"),
    [("cross", "crossed out"), ("scribble", "crossed out"), ("strike", "crossed out"), ("blur", "blurred"),
     ("cover", "covered or"), ("finger", "covered in part"), ("nothing", "empty")],
)  # fmt: skip
def test_a_spoiled_cell_is_refused_with_its_reason(what: str, reason: str, spoiled: Photograph) -> None:
    seen = {(cell.row, cell.column): cell.reason for cell in spoiled.cells}
    assert str(seen[SPOILED[what]]).startswith(reason)


def test_the_neighbours_of_spoiled_cells_are_taken(spoiled: Photograph) -> None:
    """But for those that the same thing covers in part."""
    near = {(row, column) for row in (0, 1) for column in (3, 4, 5)}
    refused = {(cell.row, cell.column) for cell in spoiled.cells if cell.reason is not None}
    assert refused - near == set(SPOILED.values()) - near


def test_a_corner_that_is_covered_or_cut_off_is_named(scanned: Filled) -> None:
    image = scanned.image
    covered = image.copy()
    ImageDraw.Draw(covered).ellipse((-60, image.height - 170, 140, image.height + 40), fill=(190, 140, 110))
    assert "the form's bottom left corner is covered" in refusal(covered)
    cut_off = refusal(image.crop((0, 0, image.width - 90, image.height)))
    assert "top right corner is cut off" in cut_off and "bottom right corner is cut off" in cut_off


def test_a_scan_in_black_and_white_is_refused_with_what_to_do(scanned: Filled) -> None:
    assert "scan it in grey" in refusal(
        scanned.image.convert("L").point(lambda value: 255 * (value > 140)).convert("1")
    )


def test_two_forms_in_one_picture_are_called_so_whatever_their_paper(scanned: Filled) -> None:
    letter = page_image(make_pages(["3"], 1, "letter")[0], SCALE)
    both = Image.new("RGB", (scanned.image.width + letter.width + 60, scanned.image.height + 40), (90, 60, 40))
    both.paste(scanned.image, (20, 20))
    both.paste(letter, (scanned.image.width + 40, 20))
    assert "several forms" in refusal(both)


def test_a_photograph_in_which_everything_is_dark_is_called_so(scanned: Filled) -> None:
    """Though it can be read: of 8 grey levels hardly anything is left to learn from."""
    assert "too dark" in refusal(scanned.image.point([value // 32 for value in range(256)] * 3))


def test_a_blurred_and_a_mirrored_photograph_are_called_so(scanned: Filled) -> None:
    image = scanned.image
    small = image.resize((50, 71), Image.Resampling.BOX).resize(image.size, Image.Resampling.BICUBIC)
    assert "too blurred" in refusal(small)
    assert "mirrored" in refusal(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))


@pytest.mark.parametrize("size", [(1, 1), (300, 390), (400, 1), (3000, 5)])
def test_pictures_of_any_shape_are_refused_in_one_line(size: tuple[int, int]) -> None:
    content = io.BytesIO()
    Image.new("RGB", size, "white").save(content, "PNG")
    with pytest.raises(DataError) as caught:
        read_photograph(content.getvalue())
    assert "\n" not in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(DISTURBANCES)))
def test_cells_are_cut_right_under_each_disturbance(number: int) -> None:
    job = good_job(number)
    filled, content = job.take()
    faults = [one for one in compare(filled, read_photograph(content)) if not one.right]
    assert len(faults) <= 0.02 * len(filled.cells), faults
    assert not any(one.label_is_wrong for one in faults)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(KINDS)))
def test_each_kind_of_bad_photograph_is_refused_for_its_true_reason(number: int) -> None:
    _, content, words = bad_job(number)
    with pytest.raises(DataError) as caught:
        read_photograph(content)
    assert all(word in str(caught.value) for word in words), str(caught.value)
