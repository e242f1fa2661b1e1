"""Pictures are read upright, opaque and with known range, whatever their format is and their name says."""

import io
import os
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.errors import DataError
from cnncli.pictures import picture_file
from cnncli.pictures.picture_file import can_decode, fit_picture, name_of, read_picture

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
    with pytest.raises(DataError, match="60000x60000 is more than 268,435,456 pixels; scale the picture down"):
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


def test_messages_call_a_picture_by_its_name_its_path_or_picture(tmp_path: Path) -> None:
    assert name_of(tmp_path / "a.png") == str(tmp_path / "a.png")
    assert name_of(b"") == name_of(Image.new("L", (1, 1))) == "picture"
    assert name_of(b"", "scan 7") == name_of(tmp_path / "a.png", "scan 7") == "scan 7"
    with pytest.raises(DataError, match=r"^scan 7: the file is empty; save the picture again$"):
        read_picture(b"", name="scan 7")


def test_what_is_no_picture_file_is_one_line(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "text.png").write_text("some text")
    (tmp_path / "empty.png").touch()
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.4\n")
    for name, reason in {
        ".": ": a folder, not a picture; name the picture files in it",
        "pipe": "/pipe: not a regular file; save the picture to a file first",
        "missing.png": "/missing.png: no such file; check the name",
        "scan.pdf": "/scan.pdf: a PDF, whose pages are no pictures yet; save or scan each as PNG or JPEG",
        "empty.png": "/empty.png: the file is empty; save the picture again",
        "a" * 300: f"/{'a' * 300}: cannot be read (file name too long); check the file and its permissions",
    }.items():
        with pytest.raises(DataError) as caught:
            read_picture(tmp_path / name)
        assert str(caught.value) == f"{tmp_path}{reason}"
    with pytest.raises(DataError, match=r": cannot be read \(.*null byte\); check the file and its permissions$"):
        read_picture(tmp_path / "zero\0byte")
    with pytest.raises(DataError, match=r"text\.png: not a picture that can be read; save it as PNG"):
        read_picture(tmp_path / "text.png")


def test_file_above_1_gib_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate((1 << 30) + 1)
    with pytest.raises(DataError, match=r"huge.png: 1,073,741,825 bytes; the limit is 1,073,741,824, scale it down$"):
        read_picture(tmp_path / "huge.png")


@pytest.mark.parametrize("as_bytes", [False, True])
def test_file_at_the_limit_is_read_and_one_byte_more_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_bytes: bool
) -> None:
    (tmp_path / "picture.png").write_bytes(png())
    source = png() if as_bytes else tmp_path / "picture.png"
    monkeypatch.setattr(picture_file, "MAX_FILE_BYTES", len(png()))
    np.testing.assert_array_equal(np.asarray(read_picture(source)[0]), upright_pixels())
    monkeypatch.setattr(picture_file, "MAX_FILE_BYTES", len(png()) - 1)
    with pytest.raises(DataError, match=rf": {len(png())} bytes; the limit is {len(png()) - 1}, scale it down$"):
        read_picture(source)


def test_picture_at_the_limit_of_pixels_is_read_and_one_pixel_more_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for source in (png(), Image.fromarray(upright_pixels())):
        monkeypatch.setattr(picture_file, "MAX_PIXELS", 16 * 24)
        assert read_picture(source)[0].size == (24, 16)
        monkeypatch.setattr(picture_file, "MAX_PIXELS", 16 * 24 - 1)
        with pytest.raises(DataError, match=r"^picture: 24x16 is more than 383 pixels; scale the picture down$"):
            read_picture(source)


def resized_head(content: bytes, width: int, height: int) -> bytes:
    """A JPEG or PNG whose head tells another size."""
    head = bytearray(content)
    if content.startswith(b"\x89PNG"):
        head[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
        head[29:33] = zlib.crc32(head[12:29]).to_bytes(4, "big")
    else:
        place = content.index(b"\xff\xc0") + 5  # a baseline frame: marker, length, bits, height, width
        head[place : place + 4] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(head)


def test_head_of_a_jpeg_may_tell_a_thousand_million_pixels_and_that_of_a_png_may_not(tmp_path: Path) -> None:
    stream = io.BytesIO()
    Image.fromarray(upright_pixels()).save(stream, format="JPEG")
    path = tmp_path / "large"
    path.write_bytes(resized_head(stream.getvalue(), 31_250, 32_000))
    assert read_picture(path, 100)[0].size == (3_907, 4_000)  # an eighth, which is what has to be held
    jpeg = stream.getvalue()
    for content, width, height in ((jpeg, 52_579, 19_019), (png(), 31_250, 32_000), (png(), 16_384, 16_385)):
        path.write_bytes(resized_head(content, width, height))
        with pytest.raises(DataError, match=rf"large: {width}x{height} is more than 268,435,456 pixels; scale the pic"):
            read_picture(path)


@pytest.mark.parametrize(
    ("mode", "read"), [("1", "L"), ("L", "L"), ("RGB", "RGB"), ("CMYK", "RGB"), ("P", "RGB"), ("I", "F"), ("F", "F")]
)
def test_every_mode_becomes_one_of_three(mode: str, read: str) -> None:
    image, notes = read_picture(Image.new(mode, (5, 3)))
    assert (image.mode, image.size, notes) == (read, (5, 3), [])


@pytest.mark.parametrize(
    ("mode", "values", "expected"),
    [
        ("F", [0, 0.5, 1], [0, 127.5, 255]),
        ("F", [-1, 0.25, 0.5], [0, 63.75, 127.5]),
        ("F", [0, 1, 2], [0, 1, 2]),
        ("F", [-3, 100, 254.5], [0, 100, 254.5]),
        ("F", [0, 100, 255], [0, 100, 255]),
        ("F", [0, 128, 256], [0, 127.5, 255]),
        ("F", [-7, 30_000, 60_000], [0, 127.5, 255]),
        ("F", [0, 0, 0], [0, 0, 0]),
        ("I", [-9, 1, 200], [0, 1, 200]),
        ("I", [0, 1, 255], [0, 1, 255]),
        ("I", [0, 1, 1], [0, 1, 1]),
        ("I", [0, 341, 1023], [0, 85, 255]),
        ("I", [0, 1365, 4095], [0, 85, 255]),
        ("I", [0, 257, 4096], [0, 1, 4096 / 257]),
        ("I", [0, 257, 65_535], [0, 1, 255]),
        ("I", [0, 32_768, 65_536], [0, 127.5, 255]),
        ("I", [0, 1 << 20, 1 << 22], [0, 63.75, 255]),
    ],
)
def test_numbers_of_more_than_8_bits_are_scaled_by_the_range_that_they_must_have(
    mode: str, values: list[float], expected: list[float]
) -> None:
    numbers = np.array([values], np.float32 if mode == "F" else np.int32)
    image, notes = read_picture(Image.fromarray(numbers))
    assert (image.mode, notes) == ("F", [])
    np.testing.assert_allclose(np.asarray(image)[0], expected, rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(bad: float) -> None:
    numbers = np.array([[0, bad, 7]], np.float32)
    with pytest.raises(DataError, match=r"^picture: holds NaN or infinite pixels; save it with 8 or 16 bits$"):
        read_picture(Image.fromarray(numbers))


@pytest.mark.parametrize("size", [(1, 1), (3, 2)])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_alpha_lies_over_white_but_over_black_where_white_would_hide_it(mode: str, size: tuple[int, int]) -> None:
    def picture(grey: int) -> Image.Image:
        if mode == "P":
            made = Image.new("P", size, 1)
            made.putpalette([grey, grey, grey, 0, 0, 0])
            made.info["transparency"] = 1
            made.putpixel((0, 0), 0)
            return made
        made = Image.new("RGBA", size, (0, 0, 0, 0))
        made.putpixel((0, 0), (grey, grey, grey, 255))
        return made.convert(mode)

    for grey, filling in ((0, "white"), (255, "black")):
        image, notes = read_picture(picture(grey))
        pixels = np.asarray(image)
        assert image.mode == "RGB" and pixels[0, 0].tolist() == [grey] * 3
        if size != (1, 1):
            assert notes == [f"transparent parts filled with {filling}"]
            assert (pixels[1] == (255 if filling == "white" else 0)).all()


@pytest.mark.parametrize(("alpha", "notes"), [(255, []), (254, ["transparent parts filled with white"])])
def test_alpha_that_hides_nothing_is_not_told(alpha: int, notes: list[str]) -> None:
    image = Image.new("RGBA", (3, 2), (9, 9, 9, 255))
    image.putpixel((1, 1), (200, 200, 200, alpha))
    assert read_picture(image)[1] == notes


def test_cut_picture_says_what_its_decoder_said() -> None:
    stream = io.BytesIO()
    Image.effect_noise((64, 64), 90).save(stream, format="JPEG")
    with pytest.raises(
        DataError, match=r"^picture: the picture is cut or damaged \(.*truncated.*\); save or copy it aga"
    ):
        read_picture(stream.getvalue()[:-500])
    with pytest.raises(
        DataError, match=r"^picture: the PNG picture is cut or damaged( \(.+\))?; save or copy it again$"
    ):
        read_picture(png()[:20])


def test_formats_that_the_libraries_do_not_decode_name_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import features

    heads = {"AVIF": b"\0\0\0\x1cftypavif" + bytes(40), "HEIF": b"\0\0\0\x1cftypheic" + bytes(40)}
    assert can_decode("PNG") and can_decode("WEBP")
    monkeypatch.setattr(features, "check", lambda name: name != "avif")
    monkeypatch.setattr(picture_file, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    assert not can_decode("AVIF") and not can_decode("HEIF") and can_decode("PNG")
    with pytest.raises(DataError, match=r"^picture: an AVIF picture, which the installed Pillow does not decode; "):
        read_picture(heads["AVIF"])
    with pytest.raises(DataError, match=r"^picture: a HEIC picture; "):
        read_picture(heads["HEIF"])
    monkeypatch.setattr(features, "check", lambda name: name == "avif")
    monkeypatch.setattr(picture_file, "find_spec", lambda name: object() if name == "pillow_heif" else None)
    assert can_decode("AVIF") and can_decode("HEIF")
    with pytest.raises(DataError, match=r"^picture: the AVIF picture is cut or damaged"):
        read_picture(heads["AVIF"])


def test_float_picture_is_rounded_and_clipped_to_bytes() -> None:
    image = Image.fromarray(np.array([[-5, 0.4, 0.6, 254.6, 300]], np.float32))
    assert fit_picture(image, channels=1, height=1, width=5).tolist() == [[[0, 0, 1, 255, 255]]]


def test_colours_become_luma_or_stay() -> None:
    image = Image.new("RGB", (1, 1), (255, 0, 0))
    assert fit_picture(image, channels=1, height=1, width=1).tolist() == [[[76]]]  # 0.299 * 255, ITU-R BT.601
    assert fit_picture(image, channels=3, height=1, width=1).tolist() == [[[255]], [[0]], [[0]]]
    assert fit_picture(Image.new("L", (1, 1), 7), channels=3, height=1, width=1).tolist() == [[[7]]] * 3


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
@pytest.mark.parametrize("size", [(7, 4), (4, 7), (7, 3), (3, 9)])  # width, height
def test_picture_that_fits_lies_in_the_middle_of_the_median_of_its_border(
    channels: int, mode: str, size: tuple[int, int], rng: np.random.Generator
) -> None:
    wide, tall = size
    height, width = max(tall, 7), max(wide, 7) if tall < 8 else 20
    for _ in range(8):
        pixels = rng.integers(0, 256, (tall, wide, channels), dtype=np.uint8)
        rim = np.concatenate([pixels[0], pixels[tall - 1], pixels[:, 0], pixels[:, wide - 1]])
        expected = np.empty((height, width, channels), np.uint8)
        expected[:] = np.rint(np.median(rim, axis=0))
        top, left = (height - tall) // 2, (width - wide) // 2
        expected[top : top + tall, left : left + wide] = pixels
        image = Image.fromarray(pixels[..., 0] if mode == "L" else pixels)
        np.testing.assert_array_equal(
            fit_picture(image, channels=channels, height=height, width=width), expected.transpose(2, 0, 1)
        )


@pytest.mark.parametrize(("size", "inner"), [
    ((300, 150), (20, 10)), ((150, 300), (10, 20)), ((4, 2), (20, 10)), ((3, 5), (12, 20)),
    ((1, 90), (1, 20)), ((90, 1), (20, 1)), ((200, 200), (20, 20)),
])  # fmt: skip
def test_picture_of_another_size_keeps_its_proportions(size: tuple[int, int], inner: tuple[int, int]) -> None:
    image = Image.new("L", size, 255)
    image.putdata([255 if column % 2 else 155 for _ in range(size[1]) for column in range(size[0])])
    with_border = fit_picture(image, channels=1, height=20, width=20)[0]
    wide, tall = inner
    filled = np.full((20, 20), int(with_border[0, 0]))
    top, left = (20 - tall) // 2, (20 - wide) // 2
    filled[top : top + tall, left : left + wide] = np.asarray(image.resize(inner, Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(with_border, filled)


@pytest.mark.parametrize("format_", ["GIF", "TIFF", "WEBP"])
def test_of_several_frames_the_first_is_taken_and_said_to_be(format_: str) -> None:
    frames = [Image.new("L", (9, 9), grey).convert("RGB") for grey in (10, 200, 90)]
    for count in (1, 3):
        content = io.BytesIO()
        frames[0].save(content, format_, save_all=count > 1, append_images=frames[1:count])
        picture, notes = read_picture(content.getvalue())
        assert abs(np.asarray(picture.convert("L"), np.float64).mean() - 10) < 4
        assert (notes == ["the first of several frames"]) == (count > 1), notes
