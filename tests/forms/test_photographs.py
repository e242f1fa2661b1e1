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

SHOT = Shot(width=1000, height=1350, share=0.92, tilt=(6, -4), turn=3)


def filled_form(rng: np.random.Generator, names: str = "36") -> Filled:
    """Two rows of 10 cells, so that tests are quick."""
    page = make_pages(list(names), 1, "a4")[0]
    return fill(page, glyphs("digits", rng), rng, ["blue pen", "pencil", "black pen"], 5.0)


def wrong(filled: Filled, content: bytes) -> list[str]:
    return [f"{one.row} {one.column} {one.what}" for one in compare(filled, read_photograph(content)) if not one.right]


def test_a_tilted_folded_photograph_in_uneven_light_is_cut_right(rng: np.random.Generator) -> None:
    filled = filled_form(rng)
    shot = replace(SHOT, tilt=(20, -18), light=4.0, exposure=1.1, folds=1, blur=1.5, quality=60, desk="blue", seed=5)
    assert wrong(filled, as_jpeg(photograph(filled, shot), shot)) == []


@pytest.mark.parametrize(("turn", "exif"), [(180.0, 1), (90.0, 6)])
def test_a_photograph_upside_down_or_sideways_is_cut_right(turn: float, exif: int, rng: np.random.Generator) -> None:
    filled = filled_form(rng, "7")
    shot = replace(SHOT, turn=turn, width=1350, height=1350)
    image = photograph(filled, shot)
    if exif == 6:
        image = image.transpose(Image.Transpose.ROTATE_90)
    content = as_jpeg(image, shot, exif)
    seen = read_photograph(content)
    assert seen.turned == turn and [one for one in compare(filled, seen) if not one.right] == []


def drawn_form(draw_in: str) -> Photograph:
    """A form as a scanner sees it, with a stroke in the first cell and something in the second."""
    page = make_pages(["3"], 1, "a4")[0]
    rng = np.random.default_rng(1)
    filled = fill(page, glyphs("digits", rng), rng, empty=0, crossed=0, touching=0)
    image, scale = filled.image, filled.per_mm
    box = page.paper.cell(0, 1)
    left, top, right, bottom = (round(v * scale) for v in (box.x, box.y, box.x + 15, box.y + 15))
    draw = ImageDraw.Draw(image)
    if draw_in == "cross":
        draw.line((left, top, right, bottom), fill=(30, 30, 90), width=6)
        draw.line((left, bottom, right, top), fill=(30, 30, 90), width=6)
    elif draw_in == "scribble":
        for step in range(0, 116, 14):
            draw.line((left + 2, top + step, right - 2, top + step + 12, left + 2, top + step + 14), fill=0, width=6)
    elif draw_in == "strike":
        draw.line((left - 10, top + 70, right + 10, top + 50), fill=0, width=5)
    elif draw_in == "blur":
        patch = image.crop((left - 20, top - 20, right + 20, bottom + 20))
        for _ in range(3):
            patch = patch.resize((10, 10), Image.Resampling.BOX).resize(patch.size, Image.Resampling.BICUBIC)
        image.paste(patch, (left - 20, top - 20))
    elif draw_in == "cover":
        draw.rectangle((left - 40, top - 60, right + 40, bottom + 60), fill=(190, 140, 110))
    else:
        draw.rectangle((left + 1, top + 1, right - 2, bottom - 2), fill=(255, 255, 255))
    content = io.BytesIO()
    image.save(content, "PNG")
    return read_photograph(content.getvalue())


@pytest.mark.parametrize(
    ("what", "reason"),
    [("cross", "crossed out"), ("scribble", "crossed out"), ("strike", "crossed out"), ("blur", "blurred"),
     ("cover", "covered"), ("nothing", "empty")],
)  # fmt: skip
def test_a_spoiled_cell_is_refused_with_its_reason_and_its_neighbours_are_not(what: str, reason: str) -> None:
    cells = drawn_form(what).cells
    assert str(cells[1].reason).startswith(reason)
    assert [cell.reason for cell in cells[3:]] == [None] * 7


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_bad_photograph_is_refused_for_its_true_reason(number: int) -> None:
    _, content, words = bad_job(number)
    with pytest.raises(DataError) as caught:
        read_photograph(content, "photo.jpg")
    said = str(caught.value)
    assert said.startswith("photo.jpg: ") and all(word in said for word in words), said


def test_a_mirrored_photograph_is_refused(rng: np.random.Generator) -> None:
    filled = filled_form(rng, "1")
    mirrored = photograph(filled, SHOT).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    with pytest.raises(DataError, match="mirrored"):
        read_photograph(as_jpeg(mirrored, SHOT))


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
@pytest.mark.parametrize("number", range(2, len(KINDS)))
def test_each_kind_of_bad_photograph_is_refused_for_its_true_reason(number: int) -> None:
    _, content, words = bad_job(number)
    with pytest.raises(DataError) as caught:
        read_photograph(content)
    assert all(word in str(caught.value) for word in words), str(caught.value)
