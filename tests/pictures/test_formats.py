"""Formats are told by the signatures that their specifications give, wherever in the file those stand."""

import pytest

from cnncli.pictures.formats import find_format, format_names, is_text

SIGNATURES = {
    "PNG": [b"\x89PNG\r\n\x1a\n"],
    "JPEG": [b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1"],
    "GIF": [b"GIF87a", b"GIF89a"],
    "PPM": [f"P{number}{space}".encode() for number in range(1, 7) for space in ("\n", " ", "#")],
    "TIFF": [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"],
    "WebP": [b"RIFF\x10\0\0\0WEBPVP8 "],
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_signature_tells_the_format_and_less_of_it_does_not(name: str) -> None:
    for signature in SIGNATURES[name]:
        found = find_format(signature + b"rest")
        assert found is not None and found.name == name
        assert find_format(b"x" + signature) is None
    assert find_format(b"P0\n") is find_format(b"P7\n") is find_format(b"P5x") is None
    assert find_format(b"RIFF\x10\0\0\0WAVEfmt ") is find_format(b"RIFX\x10\0\0\0WEBP") is None


def test_bitmap_has_a_second_header_of_one_of_its_versions() -> None:
    # Microsoft's BITMAPCOREHEADER 12, INFO 40, V2 52, V3 56, V4 108, V5 124; OS/2's 16 and 64
    for size in range(300):
        head = b"BM" + bytes(12) + size.to_bytes(4, "little") + bytes(40)
        is_bitmap = size in (12, 16, 40, 52, 56, 64, 108, 124)
        assert (find_format(head) is not None) == is_bitmap, size
        assert find_format(b"BA" + head[2:]) is None
    assert find_format(b"BM" + bytes(12) + (40 << 8).to_bytes(4, "little")) is None


def box(*brands: bytes, size: int | None = None) -> bytes:
    """ISO/IEC 14496-12: size, "ftyp", the main brand, its version, compatible brands."""
    content = b"ftyp" + brands[0] + b"\0\0\0\1" + b"".join(brands[1:])
    return (size if size is not None else len(content) + 4).to_bytes(4, "big") + content


@pytest.mark.parametrize(("brand", "name"), [
    *((brand, "AVIF") for brand in (b"avif", b"avis")),
    *((brand, "HEIC") for brand in (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")),
])  # fmt: skip
def test_brand_may_be_the_main_one_or_any_compatible_one_of_its_box(brand: bytes, name: str) -> None:
    for head in (box(brand), box(b"isom", brand), box(b"isom", b"iso2", brand), box(b"isom", b"iso2", b"mp41", brand)):
        found = find_format(head)
        assert found is not None and found.name == name
    for head in (
        box(b"isom", b"iso2"),
        box(b"isom", b"ab" + brand + b"cd"),  # across two brands
        box(b"isom", size=16) + brand,  # behind the box
        b"\0\0\0\x18" + b"moov" + box(brand)[8:],
    ):
        assert find_format(head) is None
    version = box(b"isom", b"iso2").replace(b"\0\0\0\1", brand)  # the version is no brand
    assert find_format(version) is None


def test_text_has_tabs_ends_of_lines_and_escapes_and_no_other_control_characters() -> None:
    controls = {code for code in range(0x20) if not is_text(b"a" + bytes([code]) + b"b")} | {0x7F}
    assert controls == {*range(0x20), 0x7F} - {*b"\t\n\v\f\r", 0x1B}
    assert is_text("Größe".encode()) and is_text(b"x") and not is_text(b"") and not is_text(b"a\x7f")


def test_names_of_formats_are_a_list_in_words() -> None:
    assert format_names() == "PNG, JPEG, GIF, BMP, PPM, TIFF, WebP, AVIF or HEIC"
