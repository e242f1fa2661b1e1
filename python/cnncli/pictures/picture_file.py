"""A picture of any common kind, read within limits, as a PIL image that the rest can rely on."""

import io
import stat
import struct
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from cnncli.errors import DataError, MissingDataError
from cnncli.pictures import huge
from cnncli.pictures.formats import AVIF_REMEDY, HEAD_BYTES, HEIC_REMEDY, find_format, format_names
from cnncli.shown import printable, reason_of

MAX_FILE_BYTES = 1 << 30
_READ_AT_ONCE = 64 << 20  # bytes of a file; longer ones are read by their decoder, as it needs them
_FRAMED = ("GIF", "TIFF", "WEBP", "AVIF", "PNG")  # formats whose files may hold several pictures
_SCALE_DOWN = "scale the picture down"
MAX_PIXELS = huge.MAX_PIXELS

_TOPS = (255, 1023, 4095, 65535)  # of 8, 10, 12 and 16 bits
_MAX_JPEG_PIXELS = 1_000_000_000  # a JPEG is decoded at an eighth of its size where that is enough
_ORIENTATION = 0x0112  # the EXIF tag; 1: upright
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
_ALPHA_MODES = ("RGBA", "RGBa", "LA", "La", "PA")


def read_picture(
    source: str | Path | bytes | Image.Image, enough: int | None = None, name: str | None = None
) -> tuple[Image.Image, list[str]]:
    """Reads a picture upright, opaque and with known range: EXIF turned, alpha over white, 16 bits scaled.

    White ink on nothing is laid over black.

    Parameters
    ----------
    source : path of a file of one of `formats.FORMATS`, the bytes of such a file, or a PIL image; of several frames the
        first, with a note
    enough : int, pixels a side that suffice: a large JPEG is decoded at 1/2, 1/4 or 1/8 size, not below this; any other
        huge picture is made smaller right after it was decoded
    name : what messages call the picture; None: its path, or "picture"

    Returns
    -------
    (image, notes) : mode "L" or "RGB" (bytes), or "F" (float32 in [0, 255]) for pictures of more than 8 bits;
        and what was done beyond reading, for the user

    Raises
    ------
    DataError : no such file, no regular file, no picture, cut, or above the limits (1 GiB, 268 million pixels)

    >>> ink = Image.new("LA", (2, 1), (0, 0))
    >>> ink.putpixel((0, 0), (0, 255))
    >>> read_picture(ink)[0].getpixel((1, 0))
    (255, 255, 255)
    >>> read_picture(Image.new("I;16", (2, 1), 65_535))[0].getpixel((0, 0))
    255.0
    """
    where = name_of(source, name)
    if isinstance(source, Image.Image):
        return _decoded(where, source, enough)
    with _opened(source, where) as image:
        return _decoded(where, image, enough)


def whole_size(source: str | Path | bytes | Image.Image, read: Image.Image) -> tuple[int, int]:
    """(width, height) of a picture as it stands upright, of which `read_picture` may have read a smaller form."""
    if isinstance(source, Image.Image):
        width, height = source.size
    else:
        with _opened(source, name_of(source)) as image:
            width, height = image.size
    return (width, height) if (width > height) == (read.width > read.height) else (height, width)


def name_of(source: str | Path | bytes | Image.Image, name: str | None = None) -> str:
    """What messages call a picture."""
    if name is not None:
        return printable(name)
    return printable(source) if isinstance(source, str | Path) else "picture"


def fit_picture(image: Image.Image, *, channels: int, height: int, width: int) -> npt.NDArray[np.uint8]:
    """Scales a picture to fit inside height x width, keeps its proportions, and fills up with its border's colour.

    Parameters
    ----------
    image : PIL image of mode "L", "RGB" or "F", as `read_picture` returns it
    channels : 1 (grey, ITU-R BT.601 luma) or 3 (RGB)
    height, width : int >= 1

    Returns
    -------
    uint8 (channels, height, width); a picture which has this size already comes through unchanged

    >>> fit_picture(Image.new("L", (4, 2), 7), channels=1, height=2, width=2).tolist()
    [[[7, 7], [7, 7]]]
    """
    image = as_bytes(image).convert("L" if channels == 1 else "RGB")
    ratio = min(height / image.height, width / image.width)
    inner = (max(1, round(image.width * ratio)), max(1, round(image.height * ratio)))
    if inner != image.size:
        image = image.resize(inner, Image.Resampling.BICUBIC)
    pixels = np.asarray(image).reshape(inner[1], inner[0], channels)
    if inner != (width, height):
        border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])  # (perimeter, channels)
        canvas = np.empty((height, width, channels), np.uint8)
        canvas[:] = np.median(border, axis=0).round().astype(np.uint8)
        top, left = (height - inner[1]) // 2, (width - inner[0]) // 2
        canvas[top : top + inner[1], left : left + inner[0]] = pixels
        pixels = canvas
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def as_bytes(image: Image.Image) -> Image.Image:
    """A picture as `read_picture` returns it with one byte a value: one of mode "F" is rounded to "L"."""
    if image.mode != "F":
        return image
    return Image.fromarray(np.asarray(image).clip(0, 255).round().astype(np.uint8))


@contextmanager
def _opened(source: str | Path | bytes, where: str) -> Iterator[Image.Image]:
    """The picture with its head read and its size checked; pixels are decoded later, within."""
    with ExitStack() as stack:
        if isinstance(source, bytes):
            content: IO[bytes] = io.BytesIO(_checked(source, where))
        else:
            content = _content(Path(source), where)
            stack.enter_context(content)
        image = _open(where, content)
        stack.enter_context(image)
        yield image


def _content(path: Path, where: str) -> IO[bytes]:
    """A regular file within the size limit, read unless it is long; a pipe or device would block or never end."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise DataError(f"{where}: a folder, not a picture; name the picture files in it")
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{where}: not a regular file; save the picture to a file first")
        if status.st_size > MAX_FILE_BYTES:
            raise DataError(_too_long(where, status.st_size))
        if status.st_size > _READ_AT_ONCE:
            return path.open("rb")
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise MissingDataError(f"{where}: no such file; check the name") from None
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        raise DataError(f"{where}: cannot be read ({reason_of(error)}); check the file and its permissions") from None
    return io.BytesIO(_checked(content, where))


def _checked(content: bytes, where: str) -> bytes:
    if not content:
        raise DataError(f"{where}: the file is empty; save the picture again")
    if len(content) > MAX_FILE_BYTES:
        raise DataError(_too_long(where, len(content)))
    return content


def _too_long(where: str, size_bytes: int) -> str:
    return f"{where}: {size_bytes:,} bytes; the limit is {MAX_FILE_BYTES:,}, scale it down"


def _open(where: str, content: IO[bytes]) -> Image.Image:
    """Reads the head of a picture and checks its size; pixels are decoded later."""
    head = content.read(HEAD_BYTES)
    known = find_format(head)
    content.seek(0)
    if head.startswith(b"%PDF"):
        raise DataError(f"{where}: a PDF, whose pages are no pictures yet; save or scan each as PNG or JPEG")
    if known is None:
        raise DataError(f"{where}: not a picture that can be read; save it as {format_names()}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                image = _first_frame(where, content, known.decoder)
            except Image.DecompressionBombError:  # by Pillow's own limit, before it tells the size
                content.seek(0)
                with huge.alone():
                    image = _first_frame(where, content, known.decoder)
    except Image.DecompressionBombError:
        raise DataError(f"{where}: more than {MAX_PIXELS:,} pixels; {_SCALE_DOWN}") from None
    except DataError:
        raise
    except Exception as error:  # decoders raise nearly anything on hostile bytes
        reason = "" if isinstance(error, UnidentifiedImageError) else f" ({_reason(error)})"
        raise DataError(f"{where}: the {known.name} picture is cut or damaged{reason}; save or copy it again") from None
    # A progressive JPEG is kept whole in memory, at any size that it is decoded to.
    is_reducible = image.format == "JPEG" and not image.info.get("progressive")
    if image.width * image.height > (_MAX_JPEG_PIXELS if is_reducible else MAX_PIXELS):
        raise DataError(_too_large(where, image))
    return image


def _too_large(where: str, image: Image.Image) -> str:
    return f"{where}: {image.width}x{image.height} is more than {MAX_PIXELS:,} pixels; {_SCALE_DOWN}"


def can_decode(decoder: str) -> bool:
    """Whether the installed libraries decode this of the formats of `picture_formats`."""
    if decoder == "AVIF":
        from PIL import features

        return bool(features.check("avif"))
    return decoder != "HEIF" or find_spec("pillow_heif") is not None


def _first_frame(where: str, content: IO[bytes], decoder: str) -> Image.Image:
    """Opens by one decoder. PIL knows more, among them EPS, which would start Ghostscript on the user's file."""
    if decoder == "PNG":  # the usual format: Image.open would import the decoders of five
        from PIL.PngImagePlugin import PngImageFile

        return PngImageFile(content)
    if decoder == "JPEG":  # of several pictures in one file, as of two lenses, the first
        from PIL.JpegImagePlugin import JpegImageFile

        return JpegImageFile(content)
    if decoder == "AVIF" and not can_decode(decoder):
        raise DataError(f"{where}: an AVIF picture, which the installed Pillow does not decode; {AVIF_REMEDY}")
    if decoder == "HEIF":
        try:
            from pillow_heif import register_heif_opener
        except ImportError:
            raise DataError(f"{where}: a HEIC picture; {HEIC_REMEDY}") from None
        register_heif_opener()
    return _opened_by(decoder, content)


def _opened_by(decoder: str, content: IO[bytes]) -> Image.Image:
    """As Image.open, which refuses large pictures by a limit of its own that the whole process shares."""
    Image.preinit()
    if decoder not in Image.OPEN:
        Image.init()
    factory, accept = Image.OPEN[decoder]
    accepted = accept is None or accept(content.read(16))
    content.seek(0)
    if not accepted or isinstance(accepted, str):  # a str is the reason why not
        raise UnidentifiedImageError
    try:
        return factory(content, "")
    except (SyntaxError, IndexError, TypeError, struct.error):  # a head that is none
        raise UnidentifiedImageError from None


def _decoded(where: str, image: Image.Image, enough: int | None) -> tuple[Image.Image, list[str]]:
    """Decodes the pixels and brings them to one of the three modes."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as palettes with alpha, which are mended here
            if enough and image.format == "JPEG":
                image.draft(None, (enough, enough))
            if image.width * image.height > MAX_PIXELS:
                raise DataError(f"{image.width}x{image.height} is more than {MAX_PIXELS:,} pixels; {_SCALE_DOWN}")
            is_huge = huge.is_huge(image)
            with huge.alone() if is_huge else nullcontext():
                image.load()
                notes = _note_of_frames(image)
                if is_huge:
                    opaque, more = _made_smaller(image, huge.factor_for(image, enough))
                else:
                    opaque, more = _opaque(_upright(image))
            return opaque, [*notes, *more]
    except MemoryError:
        raise DataError(f"{where}: {image.width}x{image.height} pixels do not fit in memory; scale it down") from None
    except DataError as error:
        raise DataError(f"{where}: {error}") from None
    except Exception as error:  # as above: hostile bytes raise nearly anything
        raise DataError(f"{where}: the picture is cut or damaged ({_reason(error)}); save or copy it again") from None


def _note_of_frames(image: Image.Image) -> list[str]:
    """That others follow the picture; not of photographs of two lenses, which are one."""
    try:
        several = image.format in _FRAMED and getattr(image, "is_animated", False)
    except Exception:  # what follows the first picture is damaged, and not asked for
        several = False
    return ["the first of several frames"] if several else []


def _reason(error: Exception) -> str:
    """What the decoder said, on one short line."""
    return printable(str(error).lower())[:80] or type(error).__name__


def _upright(image: Image.Image) -> Image.Image:
    turn = _turn_of(image)
    return image if turn is None else image.transpose(turn)


def _turn_of(image: Image.Image) -> Image.Transpose | None:
    """What makes a picture upright, by its EXIF; None if it is."""
    try:
        return _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # damaged EXIF says nothing about which way is up; the pixels are good
        return None


def _made_smaller(image: Image.Image, factor: int) -> tuple[Image.Image, list[str]]:
    """`_opaque(_upright(image))`, made smaller by a factor: nothing else of the picture's size is held."""
    turn, notes = _turn_of(image), list[str]()
    if _is_16_bit(image) or image.mode in ("I", "F"):
        scale = _byte_scale(image.mode, huge.highest(image))
        made = huge.in_strips(image, factor, lambda strip: Image.fromarray(_scaled(np.asarray(strip), scale)))
    elif _has_alpha(image):
        made, notes = _over_white(
            image, lambda filling: huge.in_strips(image, factor, lambda strip: _flat(strip.convert("RGBA"), filling))
        )
    elif factor == 1 and image.mode in ("L", "RGB"):
        made = image
    else:
        mode = "L" if image.mode in ("1", "L") else "RGB"
        made = huge.in_strips(image, factor, lambda strip: strip.convert(mode))
    return made if turn is None else made.transpose(turn), notes


def _is_16_bit(image: Image.Image) -> bool:
    return image.mode.startswith("I;16")


def _has_alpha(image: Image.Image) -> bool:
    return image.mode in _ALPHA_MODES or "transparency" in image.info


def _opaque(image: Image.Image) -> tuple[Image.Image, list[str]]:
    if _is_16_bit(image) or image.mode in ("I", "F"):
        values = np.array(image, dtype=np.float32)
        return Image.fromarray(_scaled(values, _byte_scale(image.mode, float(values.max())))), []
    if _has_alpha(image):
        image = image.convert("RGBA")
        return _over_white(image, lambda filling: _flat(image, filling))
    if image.mode in ("1", "L"):
        return image.convert("L"), []
    return image.convert("RGB"), []


def _byte_scale(mode: str, high: float) -> float:
    """By what more than 8 bits a pixel become [0, 255], by the highest value; the top is 255, 1023, 4095 or 65535."""
    if mode.startswith("I;16") or (mode == "I" and high <= 65535):
        # Files of 16 bits often hold what a camera or an array had: 8, 10 or 12 bits.
        return 255 / next(top for top in _TOPS if high <= top)
    if mode == "F" and high <= 1:
        return 255.0
    return 255 / high if high > 255 else 1.0  # 32 bits, or floats of unknown range


def _scaled(values: npt.ArrayLike, scale: float) -> npt.NDArray[np.float32]:
    """float32 in [0, 255]"""
    found = np.array(values, dtype=np.float32)
    if not np.isfinite(found).all():
        raise DataError("holds NaN or infinite pixels; save it with 8 or 16 bits")
    found *= scale
    return found.clip(0, 255)


def _over_white(image: Image.Image, flat_over: Callable[[str], Image.Image]) -> tuple[Image.Image, list[str]]:
    """Alpha over white; over black where white would make the picture blank (white ink on nothing)."""
    least, most = image.getchannel("A").getextrema() if image.mode in ("RGBA", "LA") else (0, 255)
    if most == 0 and not _is_plain(colours := flat_over("")):
        return colours, ["transparent everywhere, which is left out"]
    filling = "white"
    flat = flat_over(filling)
    if _is_plain(flat):
        filling = "black"
        flat = flat_over(filling)
    return flat, [] if least == 255 else [f"transparent parts filled with {filling}"]


def _flat(image: Image.Image, filling: str) -> Image.Image:
    """RGBA over one colour, as RGB; over "" without its alpha."""
    if not filling:
        return image.convert("RGB")
    return Image.alpha_composite(Image.new("RGBA", image.size, filling), image).convert("RGB")


def _is_plain(image: Image.Image) -> bool:
    """Whether every pixel has the same colour."""
    return not np.ptp(np.asarray(image), axis=(0, 1)).any()
