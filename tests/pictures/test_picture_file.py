"""Pictures are read upright, opaque and with known range, whatever their format is and their name says."""

import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.errors import DataError
from cnncli.pictures import picture_file
from cnncli.pictures.picture_file import read_picture

# How a camera stored an upright picture, for each value of the EXIF orientation (TIFF 6.0, tag 274).
STORED = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.T,
    6: lambda upright: np.rot90(upright),
    7: lambda upright: upright[::-1, ::-1].T,
    8: lambda upright: np.rot90(upright, -1),
}


def upright_pixels() -> np.ndarray:
    """16x24, dark but for the upper left and, brighter, the upper right corner: no turn or flip leaves it alike."""
    pixels = np.zeros((16, 24), np.uint8)
    pixels[:8, :8], pixels[:8, 16:] = 120, 240
    return pixels


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("name", ["picture.png", "picture.jpg", "picture.tiff", "picture.webp"])
def test_camera_pictures_are_turned_upright(tmp_path: Path, name: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation](upright_pixels())))
    stored.save(tmp_path / name, exif=exif, quality=95)
    image, _ = read_picture(tmp_path / name)
    pixels = np.asarray(image.convert("L")).astype(int)
    np.testing.assert_allclose(pixels, upright_pixels(), atol=12)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "PPM", "TIFF", "WEBP"])
@pytest.mark.parametrize("name", ["picture.png", "picture.jpg", "picture", "picture.txt"])
def test_the_content_counts_and_not_the_name(tmp_path: Path, form: str, name: str) -> None:
    Image.fromarray(upright_pixels()).save(tmp_path / name, format=form)
    image, notes = read_picture(tmp_path / name)
    np.testing.assert_allclose(np.asarray(image.convert("L")).astype(int), upright_pixels(), atol=12)
    assert notes == []


def png() -> bytes:
    stream = io.BytesIO()
    Image.fromarray(upright_pixels()).save(stream, format="PNG")
    return stream.getvalue()


def test_a_png_cut_anywhere_is_one_line_or_whole(tmp_path: Path) -> None:
    content, path, refused = png(), tmp_path / "cut.png", 0
    for length in range(1, len(content)):
        path.write_bytes(content[:length])
        try:
            image, _ = read_picture(path)
        except DataError as error:
            refused += 1
            assert str(error).startswith(f"{path}: "), length
            assert "\n" not in str(error)
        else:  # the last bytes are checksums
            np.testing.assert_array_equal(np.asarray(image), upright_pixels())
    assert refused >= len(content) - 28


def test_a_png_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    content, path = bytearray(png()), tmp_path / "bomb.png"
    content[16:24] = (60_000).to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match="60000x60000 is more than 89,478,485 pixels; scale the picture down"):
        read_picture(path)


@pytest.mark.parametrize("top", [255, 1023, 4095, 65535])
def test_sixteen_bits_that_hold_fewer_are_scaled_to_the_same_picture(tmp_path: Path, top: int) -> None:
    values = np.rint(upright_pixels() / 240 * top).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / "picture.png")
    image, _ = read_picture(tmp_path / "picture.png")
    np.testing.assert_allclose(np.asarray(image), upright_pixels() / 240 * 255, atol=255 / top)


@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_above_the_limit_is_read_at_reduced_size_where_that_saves_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, progressive: bool
) -> None:
    monkeypatch.setattr(picture_file, "MAX_PIXELS", 100_000)
    path = tmp_path / "large.jpg"
    Image.new("L", (1600, 1600), 90).save(path, progressive=progressive)
    said = r"large.jpg: 1600x1600 is more than 100,000 pixels; scale the picture down$"
    if progressive:
        with pytest.raises(DataError, match=said):
            read_picture(path, enough=150)
    else:
        assert read_picture(path, enough=150)[0].size == (200, 200)
        with pytest.raises(DataError, match=said):
            read_picture(path)


def test_heic_is_read_as_other_pictures_are(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif", reason="HEIC needs the extra: pip install 'cnncli[formats]'")
    heif.register_heif_opener()
    values = np.zeros((32, 64, 3), np.uint8)
    values[:16] = 200, 40, 40
    picture = Image.fromarray(values)
    exif = Image.Exif()
    exif[0x112] = 6  # to be turned to the right
    picture.save(tmp_path / "plain.heic", quality=95)
    picture.save(tmp_path / "named.jpg", "HEIF", quality=95)
    picture.save(tmp_path / "turned.heic", quality=95, exif=exif.tobytes())
    Image.fromarray(values[..., 0]).save(tmp_path / "grey.heic", quality=95)
    for name in ("plain.heic", "named.jpg"):
        read, _ = read_picture(tmp_path / name)
        assert read.mode == "RGB" and np.abs(np.asarray(read).astype(int) - values).mean() < 3
    turned, _ = read_picture(tmp_path / "turned.heic")
    assert turned.size == (32, 64) and np.abs(np.asarray(turned).astype(int) - np.rot90(values, -1)).mean() < 3
    grey, _ = read_picture(tmp_path / "grey.heic")
    assert np.abs(np.asarray(grey.convert("L")).astype(int) - values[..., 0]).mean() < 3
    content = (tmp_path / "plain.heic").read_bytes()
    (tmp_path / "cut.heic").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"cut\.heic: the (HEIC )?picture is cut or damaged"):
        read_picture(tmp_path / "cut.heic")
