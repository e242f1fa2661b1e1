"""Pictures of many megapixels: read one at a time, and made smaller to what all of it would have given."""

import io
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.errors import DataError
from cnncli.pictures import huge
from cnncli.pictures.picture_file import read_picture, whole_size
from cnncli.pictures.recipe import InputRecipe

SIDE = 64


@pytest.fixture(autouse=True)
def few_pixels_are_many(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(huge, "MANY_PIXELS", SIDE * SIDE - 1)
    monkeypatch.setattr(huge, "_STRIP_PIXELS", 9 * SIDE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def drawn(mode: str, rng: np.random.Generator) -> Image.Image:
    grey = rng.integers(0, 256, (SIDE, SIDE), dtype=np.uint8)
    if mode == "I;16":
        return Image.fromarray(grey.astype(np.uint16) * 257)
    if mode == "I;16B":
        return Image.frombytes(mode, (SIDE, SIDE), (grey.astype(">u2") * 257).astype(">u2").tobytes())
    if mode in ("I", "F"):
        return Image.fromarray(grey.astype(np.int32 if mode == "I" else np.float32))
    if mode == "P":
        return Image.fromarray(grey).convert("RGB").quantize(200)
    colours = Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 4), dtype=np.uint8), "RGBA")
    return colours if mode == "RGBA" else colours.convert("RGB").convert(mode)


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "LA", "P", "CMYK", "I;16", "I;16B", "I", "F"])
@pytest.mark.parametrize("enough", [16, 50, None])
def test_a_huge_picture_is_the_mean_of_what_all_of_it_would_be(
    mode: str, enough: int | None, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = drawn(mode, rng)
    found, notes = read_picture(picture, enough)
    monkeypatch.setattr(huge, "MANY_PIXELS", SIDE * SIDE)
    whole, told = read_picture(picture, enough)
    factor = 4 if enough == 16 else 1
    assert (found.mode, found.size, notes) == (whole.mode, (SIDE // factor, SIDE // factor), told)
    planes = np.asarray(whole, np.float64).reshape(SIDE // factor, factor, SIDE // factor, factor, -1)
    np.testing.assert_allclose(
        np.asarray(found, np.float64).reshape(SIDE // factor, SIDE // factor, -1), planes.mean(axis=(1, 3)), atol=0.51
    )


def test_white_ink_on_nothing_and_turned_photos_are_read_as_small_ones_are(rng: np.random.Generator) -> None:
    ink = Image.new("LA", (SIDE, SIDE), (255, 0))
    ink.paste((255, 255), (0, 0, 8, 8))
    found, notes = read_picture(ink, 16)
    assert found.getpixel((0, 0)) == (255, 255, 255) and found.getpixel((15, 15)) == (0, 0, 0)
    assert notes == ["transparent parts filled with black"]
    content, exif = io.BytesIO(), Image.Exif()
    exif[274] = 6
    Image.fromarray(np.arange(2 * SIDE * SIDE).reshape(SIDE, -1).astype(np.uint8)).save(content, "PNG", exif=exif)
    found, _ = read_picture(content.getvalue(), 16)
    assert found.size == (16, 32) and whole_size(content.getvalue(), found) == (SIDE, 2 * SIDE)


def test_boxes_of_all_digits_count_the_pixels_of_the_whole_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Image.new("L", (3000, 1400), 255)
    for left in (500, 1900):
        page.paste(0, (left, 400, left + 100, 1000))
    recipe = InputRecipe("glyph", polarity="light-on-dark")
    boxes = [box for _, box in recipe.prepare_all(page)]
    monkeypatch.setattr(huge, "MANY_PIXELS", 1 << 25)
    assert len(boxes) == 2
    np.testing.assert_allclose(boxes, [box for _, box in recipe.prepare_all(page)], atol=10)


def test_pictures_wait_for_each_other_and_the_limit_of_pillow_comes_back() -> None:
    usual, order, is_in = Image.MAX_IMAGE_PIXELS, [], threading.Event()

    def hold() -> None:
        with huge.alone():
            is_in.set()
            order.append("first")
            other.join(0.05)  # which waits
            order.append("first has ended")

    def follow() -> None:
        is_in.wait()
        read_picture(Image.new("L", (SIDE, SIDE)), 16)
        order.append("second")

    other, holder = threading.Thread(target=follow), threading.Thread(target=hold)
    other.start()
    holder.start()
    holder.join()
    other.join()
    assert order == ["first", "first has ended", "second"] and usual == Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize("form", ["TIFF", "WEBP", "PNG", "BMP"])
def test_the_limit_is_ours_and_not_that_of_pillow(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = io.BytesIO()
    Image.new("RGB", (SIDE, SIDE), (9, 9, 9)).save(content, form)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert read_picture(content.getvalue(), 16)[0].size == (16, 16)
    monkeypatch.setattr("cnncli.pictures.picture_file.MAX_PIXELS", SIDE * SIDE - 1)
    with pytest.raises(DataError, match=r"^picture: 64x64 is more than 4,095 pixels; scale the picture down$"):
        read_picture(content.getvalue(), 16)


def test_a_place_where_nothing_can_be_locked_does_not_stop_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert read_picture(Image.new("L", (SIDE, SIDE), 7), 16)[0].getpixel((3, 3)) == 7
