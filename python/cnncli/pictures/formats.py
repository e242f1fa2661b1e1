"""Which files are pictures, told by their first bytes: the one list for training and for prediction."""

import re
from collections.abc import Callable
from dataclasses import dataclass

HEAD_BYTES = 64  # of a file, which suffice to tell

_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
_BITMAP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}  # bytes of the second header of a BMP, by version
_PNM = re.compile(rb"P[1-6][\s#]")
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


@dataclass(frozen=True)
class PictureFormat:
    """A format that is read.

    name : as it is written in messages
    decoder : what Pillow calls it
    suffixes : of its files, most usual first; they tell nothing, but are tried where a list leaves them out
    is_its_head : whether a file that starts with these bytes is one
    """

    name: str
    decoder: str
    suffixes: tuple[str, ...]
    is_its_head: Callable[[bytes], bool]


def _starts(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(signatures)


def _is_bitmap(head: bytes) -> bool:
    return head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BITMAP_HEADERS


def _has_brand(brands: set[bytes], head: bytes) -> bool:
    """Whether the first box of the file, ISO/IEC 14496-12's `ftyp`, names one of these."""
    if head[4:8] != b"ftyp":
        return False
    end = min(len(head), int.from_bytes(head[:4], "big"))
    return bool(brands & {head[8:12], *(head[at : at + 4] for at in range(16, end, 4))})


FORMATS = (
    PictureFormat("PNG", "PNG", (".png",), _starts(b"\x89PNG\r\n\x1a\n")),
    PictureFormat("JPEG", "JPEG", (".jpg", ".jpeg", ".jfif", ".jpe"), _starts(b"\xff\xd8\xff")),
    PictureFormat("GIF", "GIF", (".gif",), _starts(b"GIF87a", b"GIF89a")),
    PictureFormat("BMP", "BMP", (".bmp", ".dib"), _is_bitmap),
    PictureFormat("PPM", "PPM", (".ppm", ".pgm", ".pbm", ".pnm"), lambda head: bool(_PNM.match(head))),
    PictureFormat("TIFF", "TIFF", (".tif", ".tiff"), _starts(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    PictureFormat("WebP", "WEBP", (".webp",), lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP"),
    PictureFormat("AVIF", "AVIF", (".avif",), lambda head: _has_brand(_AVIF_BRANDS, head)),
    PictureFormat("HEIC", "HEIF", (".heic", ".heif"), lambda head: _has_brand(_HEIC_BRANDS, head)),
)
SUFFIXES = tuple(suffix for known in FORMATS for suffix in known.suffixes)
HEIC_REMEDY = 'pip install "cnncli[formats]" reads it, or save it as JPEG'
AVIF_REMEDY = "install Pillow 11.3 or newer, or save it as PNG"


def find_format(head: bytes) -> PictureFormat | None:
    """The format of a picture file.

    head : its first bytes, HEAD_BYTES or more, or all

    >>> find_format(b"P5 28 28 255\\n").name, find_format(b"path,label\\n")
    ('PPM', None)
    """
    return next((known for known in FORMATS if known.is_its_head(head)), None)


def is_text(head: bytes) -> bool:
    """Whether these bytes are plain text, such as a note, a list or a web page; no bytes at all are none.

    >>> is_text(b"<html>"), is_text(b"\\x89PNG\\r\\n\\x1a\\n\\0"), is_text(b"")
    (True, False, False)
    """
    return bool(head) and _NO_TEXT.search(head) is None


def format_names() -> str:
    """The formats, for messages."""
    names = [known.name for known in FORMATS]
    return f"{', '.join(names[:-1])} or {names[-1]}"
