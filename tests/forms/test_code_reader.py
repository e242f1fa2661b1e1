"""The code at the foot of a form is read from flat pages drawn module by module."""

import binascii
from dataclasses import replace

import numpy as np
import pytest

from cnncli.errors import DataError
from cnncli.forms.code_reader import read_code
from cnncli.forms.form_page import FormPage, make_pages, page_bytes
from cnncli.forms.lattice import Lattice
from cnncli.forms.layout import Paper
from cnncli.forms.page_code import SIZES, capacity, code_blocks
from cnncli.forms.straighten import PER_MM, FlatPage

PAGE = Paper("a4", 210.0, 60.0)  # hardly more than the strip in which the code stands


def flat(
    text: bytes, paper: float = 220.0, ink: float = 30.0, shift: tuple[float, float] = (0, 0)
) -> tuple[FlatPage, np.ndarray]:
    """A page with the squares of this text, which lie so many mm (right, down) off, and its pixels, to be spoiled."""
    blocks = code_blocks(text)
    rows = np.full((round(PAGE.height * PER_MM), round(PAGE.width * PER_MM)), paper, np.float32)
    y, x = ((np.arange(length) + 0.5) / PER_MM for length in rows.shape)
    for index, block in enumerate(blocks):
        box = PAGE.code_block(index)
        across = np.floor((x - box.x - shift[0]) / box.width * len(block)).astype(int)
        down = np.floor((y - box.y - shift[1]) / box.width * len(block)).astype(int)
        inside = np.ix_((down >= 0) & (down < len(block)), (across >= 0) & (across < len(block)))
        rows[inside] = np.where(block[down[inside[0][:, 0]]][:, across[inside[1][0]]], ink, paper)
    pixels = np.repeat(rows[..., None], 3, axis=2)
    nothing = np.zeros((1, 1), np.float32)
    lattice = Lattice(np.zeros((12, 11, 2)), np.ones((12, 11), bool), np.zeros((12, 11)))
    return FlatPage(PAGE, pixels, nothing, nothing, lattice), pixels


def long_page(side: int) -> FormPage:
    """A page whose text just needs squares of so many modules a side."""
    smaller = [size for size in SIZES if size[0] < side]
    least = capacity(*smaller[-1]) + 1 if smaller else 1
    names = []
    page = make_pages(["x"], 1, "a4")[0]
    while len(page_bytes(page)) < least:
        names.append(f"{len(names)}".ljust(12, "x"))
        page = make_pages(names, 1, "a4")[0]
    assert code_blocks(page_bytes(page)).shape[1] == side
    return page


@pytest.mark.parametrize("side", [side for side, _ in SIZES])
def test_a_code_of_any_size_says_which_page_it_is(side: int) -> None:
    page = long_page(side)
    assert read_code(flat(page_bytes(page))[0]) == page


@pytest.mark.parametrize("shift", [(0.6, 0.0), (0.0, -0.6), (0.6, 0.6), (-0.6, 0.6), (-0.6, -0.6)])
def test_squares_that_lie_0_6_mm_off_in_any_direction_are_read(shift: tuple[float, float]) -> None:
    """A module of the smallest size is 1 mm wide: without a second look that is another module."""
    page = long_page(14)
    assert read_code(flat(page_bytes(page), shift=shift)[0]) == page


def test_faint_ink_is_read_and_light_that_falls_off_over_the_page() -> None:
    """Ink takes 0.4 of the light, which at the right is 0.35 of that at the left."""
    page = replace(long_page(8), page=2, pages=2)
    made, pixels = flat(page_bytes(page), ink=132)
    pixels *= np.linspace(1, 0.35, pixels.shape[1], dtype=np.float32)[:, None]
    assert read_code(made) == page


def test_what_is_light_is_judged_nearby_where_light_falls_off_within_a_square() -> None:
    """At its right the paper is darker than the middle between the ink there and the lightest paper of the square."""
    page = long_page(14)
    made, pixels = flat(page_bytes(page), ink=110)
    box = PAGE.code_block(0)
    share = ((np.arange(pixels.shape[1]) + 0.5) / PER_MM - box.x) % 19 / box.width
    pixels *= (1 - 0.38 * share.clip(0, 1)).astype(np.float32)[:, None]
    assert 220 * 0.62 < (220 + 110 * 0.62) / 2
    assert read_code(made) == page


def test_a_covered_square_and_dirt_are_borne_and_half_of_the_squares_are_not() -> None:
    page = long_page(14)
    made, pixels = flat(page_bytes(page))
    start = round((PAGE.code_block(3).x - 1) * PER_MM)
    pixels[:, start : start + 16 * PER_MM] = 120
    assert read_code(made) == page
    pixels[:, : 5 * 19 * PER_MM] = 120
    with pytest.raises(DataError) as caught:
        read_code(made)
    assert str(caught.value) == "the code at the foot of the form cannot be read; is it covered, dirty or torn?"


def test_a_code_of_a_later_version_says_so_at_once() -> None:
    content = bytes([2, 1, 1, 1, 1, 1, 0x61])
    content += binascii.crc_hqx(content, 0xFFFF).to_bytes(2, "big")
    with pytest.raises(DataError, match="version 2"):
        read_code(flat(content)[0])


def test_a_page_without_a_code_has_none() -> None:
    made, pixels = flat(page_bytes(long_page(8)))
    pixels[:] = 220
    with pytest.raises(DataError, match="cannot be read; is it covered, dirty or torn"):
        read_code(made)
