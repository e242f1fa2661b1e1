"""The landscape that is drawn where the reader gives no picture, and the masks that go over pictures."""

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.lessons.photo_masks import landscape, strongest_place
from cnncli.views.page import MARK
from cnncli.views.tiles import Page, Panel
from lesson_pages import fresh
from lesson_parts import rows_of

Y, X = np.mgrid[0:64, 0:96]


def test_a_sun_of_radius_9_stands_in_a_sky_that_darkens_downwards() -> None:
    picture = landscape()
    sun = np.array([[math.dist((y, x), (15, 70)) < 9 for x in range(96)] for y in range(64)])
    assert (picture[sun] == 250).all() and picture.shape == (64, 96) and picture.dtype == np.float32
    free = ~sun & (Y < 28) & ((np.abs(X - 29) > 19) | (Y < 20))
    assert (picture[free] == np.rint(200 - 0.9 * Y[free])).all()
    assert landscape(80, 100)[0, 0] == 200 and landscape(80, 100).shape == (80, 100)


def test_a_house_has_a_roof_a_door_and_a_wall_of_bricks() -> None:
    picture = landscape()
    for y in range(21, 35):  # from the ridge at column 29, below row 20, by 1.3 columns a row on each side
        half = (y - 20) * 1.3
        inside = [x for x in range(96) if abs(x - 29) < half]
        assert (picture[y, inside] == 40).all(), y
        assert picture[y, inside[0] - 1] != 40 and picture[y, inside[-1] + 1] != 40
    assert (picture[43:58, 26:33] == 25).all()  # the door, seven wide
    assert (picture[42, 26:33] != 25).all() and (picture[43:58, [25, 33]] != 25).all()
    wall = picture[35:58, 15:44].copy()
    wall[43 - 35 :, 26 - 15 : 33 - 15] = np.nan
    assert set(np.unique(wall[~np.isnan(wall)])) == {70, 185}
    joints = [y for y in range(35, 58) if (picture[y, [15, 16, 17, 18, 36, 43]] == 70).all()]
    assert joints == [40, 46, 52]  # each course of bricks is six high
    for top, last, columns in ((35, 39, [20, 40]), (41, 45, [15, 25, 35]), (47, 51, [20, 40]), (53, 57, [15, 25, 35])):
        for y in range(top, last + 1):  # bricks are ten long, and every other course begins half a brick later
            upright = [x for x in range(15, 44) if picture[y, x] == 70]
            assert [x for x in upright if not 26 <= x < 33] == [x for x in columns if y < 43 or not 26 <= x < 33], y
    assert (picture[35:58, [14, 44]] != 185).all() and (picture[58:, 14:44] != 185).all()


def test_hills_are_waves_that_darken_downwards() -> None:
    """Their edge lies at 35.2 + 6 sin(x / 9); below it the grey wavers by 6 around 120 - 0.4 y."""
    picture = landscape()
    for x in (0, 5, 60, 75, 90):
        edge = 64 * 0.55 + 6 * math.sin(x / 9)
        above, below = math.floor(edge), math.floor(edge) + 1
        assert picture[above, x] == round(200 - 0.9 * above), x
        for y in (below, below + 5, 63):
            assert picture[y, x] == pytest.approx(120 - 0.4 * y + 6 * math.sin(x / 3) * math.sin(y / 4), abs=0.51)


def test_the_strongest_place_is_not_at_the_border_if_there_is_room() -> None:
    edges = np.zeros((4, 5), np.float32)
    edges[0, 0], edges[3, 4], edges[2, 0], edges[1, 4] = 9, -9, 9, 9
    edges[2, 3], edges[1, 1] = -3, 2
    assert strongest_place(edges) == (2, 3)
    assert strongest_place(np.array([[1, 5], [2, 3]], np.float32)) == (0, 1)
    assert strongest_place(np.array([[1, 5, 0], [2, -3, 0], [0, 0, 9]], np.float32)) == (1, 1)


def tile_pixels(page: Page) -> dict[str, np.ndarray]:
    return {tile.label: np.asarray(tile.pixels).astype(int) for panel in page.panels for tile in panel.tiles}


def test_masks_go_down_over_the_picture_and_leave_their_results_behind(tmp_path: Path) -> None:
    frames = fresh("masks").frames()  # type: ignore[misc]
    picture = landscape()
    assert [page.title.split()[1] for page in frames] == [*(str(row) for row in range(0, 64, 2)), "63"]
    assert [len(panel.tiles) for panel in frames[0].panels] == [3, 2]
    for page, row in ((frames[0], 0), (frames[10], 20), (frames[-1], 64)):
        tiles = tile_pixels(page)
        before = tiles["the picture"]
        marked = [y for y in range(64) if (before[y] != np.repeat(picture[y][:, None], 3, axis=1)).any()]
        assert marked == ([] if row == 64 else [y for y in (row - 1, row, row + 1) if y >= 0])
        for y in marked:
            assert before[y] == pytest.approx(picture[y][:, None] * 0.4 + np.array(MARK) * 0.6, abs=1)
        for name in ("sharpen", "emboss", "blur", "edge"):
            assert (tiles[name][row:] == 255).all() and (row == 0 or tiles[name][:row].min() < 250)
    blurred = tile_pixels(frames[-1])["blur"]
    assert blurred[5, 5] == pytest.approx(picture[4:7, 4:7].mean(), abs=1)
    sheet = np.full((200, 40, 3), 90, np.uint8)
    Image.fromarray(sheet).save(tmp_path / "p.png")
    long = fresh("masks", picture=str(tmp_path / "p.png"))
    assert np.shape(long.values["picture"]) == (96, 19) and len(long.frames()) == 25  # type: ignore[misc]


def test_the_picture_and_what_each_mask_makes_of_it_are_shown_once() -> None:
    panels = [block for block in fresh("masks").blocks if isinstance(block, Panel)]
    assert [tile.label for panel in panels for tile in panel.tiles] == ["", "sharpen", "emboss", "blur", "edge"]


def save(folder: Path, pixels: object) -> str:
    Image.fromarray(np.asarray(pixels, np.uint8)).save(folder / "own.png")
    return str(folder / "own.png")


def test_at_the_border_the_outermost_pixels_are_repeated(tmp_path: Path) -> None:
    pixels = np.array([[10, 20], [30, 200]])
    given = fresh("masks", picture=save(tmp_path, pixels))
    row, column = given.values["place"]
    around = np.pad(pixels, 1, mode="edge")
    rows = rows_of(given, "the pixel at row")
    told = [[float(one) for one in cells[1:]] for cells in rows]
    assert told == around[row : row + 3, column : column + 3].tolist()
    assert [int(cells[0]) for cells in rows] == [row - 1, row, row + 1]
    right = given.question.choices[given.question.right - 1]
    below = around[row : row + 3, column : column + 3]
    assert float(right.text) == 5 * below[1, 1] - below[0, 1] - below[1, 0] - below[1, 2] - below[2, 1]


@pytest.mark.parametrize(("pixels", "expected"), [
    (np.full((9, 9), 10), [0, 10, 50, 90]),  # edge, the pixel itself, without neighbours, neighbours added
    (np.zeros((9, 9)), [0, 1]),  # one too much
    (np.arange(81).reshape(9, 9) * 3, None),
])  # fmt: skip
def test_choices_about_a_pixel_are_what_their_reasons_tell(pixels: object, expected: object, tmp_path: Path) -> None:
    pixels = np.asarray(pixels)
    given = fresh("masks", picture=save(tmp_path, pixels))
    row, column = given.values["place"]
    around = np.pad(pixels, 1, mode="edge")[row : row + 3, column : column + 3].astype(float)
    middle, beside = around[1, 1], around[0, 1] + around[1, 0] + around[1, 2] + around[2, 1]
    right = 5 * middle - beside
    candidates = [right, middle, around.mean(), 5 * middle, 5 * middle + beside, beside - 4 * middle, right + 1]
    wanted = list(dict.fromkeys(round(one, 4) for one in candidates))[:4]
    assert [float(one.text) for one in given.question.choices] == pytest.approx(sorted(wanted), rel=1e-3)
    assert expected is None or sorted(wanted) == expected
