"""A page that was collected before by another photograph."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from cnncli.forms.cells import WINDOW, Cell
from cnncli.forms.same_page import page_before
from cnncli.forms.saving import save_cells

DIGEST = "0" * 64


def strokes(seed: int) -> npt.NDArray[np.uint8]:
    """A cell with a scrawl of its own."""
    points = np.random.default_rng(seed).integers(20, WINDOW - 20, (6, 2))
    image = Image.new("L", (WINDOW, WINDOW), 255)
    ImageDraw.Draw(image).line([tuple(point) for point in points.tolist()], fill=40, width=6)
    return np.asarray(image)


def cells(first_seed: int, count: int = 8) -> list[Cell]:
    return [Cell(0, column, "a", None, strokes(first_seed + column)) for column in range(count)]


def photographed_again(cell: Cell, rng: np.random.Generator) -> Cell:
    """Moved by half a millimetre, in other light, with noise."""
    assert cell.picture is not None
    moved = np.roll(cell.picture, (2, -2), axis=(0, 1)) * 0.8 + 40 + rng.normal(0, 6, cell.picture.shape)
    return Cell(cell.row, cell.column, cell.name, None, moved.clip(0, 255).astype(np.uint8))


def test_another_photograph_of_a_page_is_noticed(tmp_path: Path, rng: np.random.Generator) -> None:
    first = cells(10)
    written = save_cells(tmp_path, "first", DIGEST, first)
    again = [photographed_again(cell, rng) for cell in first[:6]] + cells(900)[6:]  # two of them were not taken then
    assert sorted(page_before(tmp_path, again)) == sorted(written)


def test_another_page_of_the_same_classes_is_none(tmp_path: Path) -> None:
    save_cells(tmp_path, "first", DIGEST, cells(10))
    assert page_before(tmp_path, cells(500)) == []


def test_three_cells_are_too_few_to_say(tmp_path: Path) -> None:
    save_cells(tmp_path, "first", DIGEST, cells(10, 3))
    assert page_before(tmp_path, cells(10, 3)) == []


def test_files_that_are_no_pictures_do_no_harm(tmp_path: Path) -> None:
    for path in save_cells(tmp_path, "first", DIGEST, cells(10)):
        path.write_bytes(b"no picture")
    assert page_before(tmp_path, cells(10)) == []


def test_a_long_name_of_a_photograph_is_cut_to_80_characters(tmp_path: Path) -> None:
    for stem, kept in (("p" * 80, "p" * 80), ("q" * 81, "q" * 80)):
        saved = save_cells(tmp_path, stem, DIGEST, cells(0, 1))
        assert [path.name for path in saved] == [f"{kept}-r1c1.png"]
