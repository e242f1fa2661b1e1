"""The codes of a form: check bytes, corner marks, the text of a page."""

import binascii
import itertools
from dataclasses import replace

import numpy as np
import pytest

from cnncli.errors import DataError, UsageError
from cnncli.forms.form_page import MOST_BYTES, make_pages, page_bytes, parse_classes, read_page
from cnncli.forms.mark_words import read_word, word
from cnncli.forms.page_code import SIZES, capacity, code_blocks, read_blocks
from cnncli.forms.reed_solomon import decoded, encoded


@pytest.mark.parametrize("parity", [2, 24, 60])
def test_half_as_many_wrong_bytes_as_there_are_check_bytes_are_put_right(parity: int, rng: np.random.Generator) -> None:
    for wrong in {0, 1, parity // 2}:
        data = rng.bytes(int(rng.integers(1, 255 - parity)))
        received = bytearray(encoded(data, parity))
        for place in rng.choice(len(received), min(wrong, len(received)), replace=False):
            received[place] ^= int(rng.integers(1, 256))
        assert decoded(bytes(received), parity) == data


def test_more_wrong_bytes_are_refused(rng: np.random.Generator) -> None:
    for _ in range(20):
        received = bytearray(encoded(rng.bytes(40), 24))
        for place in rng.choice(64, 20, replace=False):
            received[place] ^= int(rng.integers(1, 256))
        with pytest.raises(DataError, match="more than 12 bytes"):
            decoded(bytes(received), 24)


def test_marks_differ_in_nine_bits_however_they_are_turned_or_mirrored() -> None:
    words = [word(paper, corner) for paper in ("a4", "letter") for corner in range(4)]
    seen = [
        (index, turns, mirrored, np.rot90(bits[:, ::-1] if mirrored else bits, turns))
        for index, bits in enumerate(words) for turns in range(4) for mirrored in (False, True)
    ]  # fmt: skip
    for (*one, bits), (*other, others) in itertools.combinations(seen, 2):
        assert (bits != others).sum() >= 9, (one, other)


def test_a_mark_is_read_with_three_wrong_bits_in_any_turn(rng: np.random.Generator) -> None:
    for turns in range(4):
        bits = np.rot90(word("letter", 1), -turns).copy()
        bits.reshape(-1)[rng.choice(25, 3, replace=False)] ^= True
        read = read_word(bits)
        assert read is not None and (read.paper, read.corner, read.turns, read.wrong) == ("letter", 1, turns, 3)


def test_bits_of_no_mark_are_read_as_none(rng: np.random.Generator) -> None:
    read = [read_word(rng.random((5, 5)) < 0.5) for _ in range(3000)]
    # 64 words of 2^25, each with 1 + 25 + 300 + 2300 neighbours: 0.5 %.
    assert sum(one is not None for one in read) < 40


@pytest.mark.parametrize("count", [0, 36, 41, 100, max(capacity(*size) for size in SIZES)])
def test_a_text_of_any_length_comes_through_a_code_with_a_square_covered(count: int, rng: np.random.Generator) -> None:
    text = rng.bytes(count)
    blocks = code_blocks(text)
    blocks[int(rng.integers(8))] = True
    assert read_blocks(blocks)[:count] == text


def test_the_check_bytes_are_those_of_qr_codes() -> None:
    """HELLO WORLD in version 1-M, as the tutorial of thonky.com works it out."""
    data = bytes([32, 91, 11, 120, 209, 114, 220, 77, 67, 64, 236, 17, 236, 17, 236, 17])
    checks = bytes([196, 35, 39, 119, 235, 215, 231, 226, 93, 23])
    assert encoded(data, 10) == data + checks and decoded(data + checks, 10) == data


def test_squares_have_so_many_modules_and_bytes() -> None:
    """side * side // 8 bytes in each of 8 squares, less the check bytes."""
    sizes = [(8, 24, 40), (10, 36, 60), (12, 48, 96), (14, 60, 132)]
    assert [(*size, capacity(*size)) for size in SIZES] == sizes
    for side, _, room in sizes:
        assert code_blocks(bytes(room)).shape == (8, side, side)
    assert code_blocks(bytes(41)).shape == (8, 10, 10)


def test_forms_that_were_printed_are_still_read() -> None:
    """Byte k stands in square k % 8, its highest bit first, row after row, under mask 5 of QR codes."""
    text = bytes(range(7, 60))
    blocks = code_blocks(text)
    side = blocks.shape[1]
    mask = np.array([[(r * c) % 2 + (r * c) % 3 in (0, 2) for c in range(side)] for r in range(side)])
    coded = encoded(text.ljust(60, b"\0"), 36)
    for square in range(8):
        bits = [int(bit) for byte in coded[square::8] for bit in f"{byte:08b}"]
        bits += [0] * (side * side - len(bits))
        np.testing.assert_array_equal(blocks[square], np.array(bits, bool).reshape(side, side) ^ mask)


def test_a_page_is_told_by_its_version_number_classes_and_check() -> None:
    """The check is CRC-16/CCITT-FALSE, here bit by bit."""
    page = replace(make_pages(["a", "星"], 2, "a4")[0], page=2, pages=3)
    content = bytes([1, 2, 3, 2, 2, 1, 0x61, 2, 3]) + "星".encode()
    check = 0xFFFF
    for byte in content:
        check ^= byte << 8
        for _ in range(8):
            check = ((check << 1) ^ (0x1021 if check & 0x8000 else 0)) & 0xFFFF
    assert page_bytes(page) == content + check.to_bytes(2, "big")
    assert read_page(page_bytes(page) + bytes(9), "a4") == page


def sealed(content: bytes) -> bytes:
    return content + binascii.crc_hqx(content, 0xFFFF).to_bytes(2, "big")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (sealed(bytes([2, 1, 1, 1, 1, 1, 0x61])), "of version 2"),
        (sealed(bytes([1, 1, 1, 0])), "damaged"),  # no class
        (sealed(bytes([1, 1, 1, 1, 11, 1, 0x61])), "damaged"),  # 11 rows
        (sealed(bytes([1, 1, 1, 1, 1, 1, 0xFF])), "damaged"),  # no letter
        (sealed(bytes([1, 1, 1, 1, 1, 9, 0x61])), "damaged"),  # it ends before
        (b"", "damaged"), (b"\1\1\1\1", "damaged"), (sealed(bytes([1, 1, 1, 1, 1, 1, 0x61]))[:-1], "damaged"),
    ],
)  # fmt: skip
def test_bytes_of_no_page_are_refused(content: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words):
        read_page(content, "a4")


def test_ten_rows_are_read() -> None:
    assert read_page(sealed(bytes([1, 1, 1, 1, 10, 1, 0x61])), "letter").rows == ("a",) * 10


def test_limits_of_classes_and_pages_are_what_is_said() -> None:
    assert len(parse_classes("0-999")) == 1000 and parse_classes("x" * 60) == ["x" * 60]
    with pytest.raises(UsageError, match="more than 1,000 classes"):
        parse_classes("0-999,a")
    assert len(make_pages(["a"], 2500, "a4")) == 250
    with pytest.raises(UsageError, match="2,501 rows are more than 250 pages"):
        make_pages(["a"], 2501, "a4")


def test_pages_have_about_as_many_rows() -> None:
    assert [len(page.rows) for page in make_pages(["a"], 21, "a4")] == [7, 7, 7]
    assert [len(page.rows) for page in make_pages(["a"], 11, "a4")] == [6, 5]
    assert [(page.page, page.pages) for page in make_pages(["a"], 21, "a4")] == [(1, 3), (2, 3), (3, 3)]
    assert [len(page.rows) for page in make_pages(list("abcde"), None, "a4")] == [10]


def test_a_text_that_is_too_long_is_refused() -> None:
    """As long as it may be, names that a form holds together fill a page's code."""
    page = make_pages(["a" * 60, "b" * 40, "c" * 20], 1, "a4")[0]
    assert len(page_bytes(page)) == MOST_BYTES and read_page(read_blocks(code_blocks(page_bytes(page))), "a4") == page
    assert len(make_pages(["a" * 60, "b" * 40, "c" * 21], 1, "a4")) == 2
    with pytest.raises(DataError, match="more than a form's code holds"):
        code_blocks(bytes(MOST_BYTES + 1))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("0-9", list("0123456789")),
        ("a-c,X-Z", list("abcXYZ")),
        ("8-11", ["8", "9", "10", "11"]),
        ("A, B ,star", ["A", "B", "star"]),
        ("a-,left-right", ["a-", "left-right"]),
    ],
)
def test_classes_are_ranges_and_names(text: str, names: list[str]) -> None:
    assert parse_classes(text) == names


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"), ("a,,b", "empty"), ("a,b,a", "twice"), ("9-0", "backwards"), ("0-1000", "more than 1,000"),
        ("../x", "folder"), (".hidden", "folder"), ("a\tb", "folder"), ("x" * 61, "60 bytes"),
    ],
)  # fmt: skip
def test_classes_that_cannot_be_are_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        parse_classes(text)


@pytest.mark.parametrize("names", [list("abcdefghijklmnopqrstuvwxyz"), ["星", "Größe", "x" * 60], list("01"), ["7"]])
@pytest.mark.parametrize("rows", [None, 1, 4, 13])
def test_pages_hold_every_class_so_many_times_and_say_so(names: list[str], rows: int | None) -> None:
    pages = make_pages(names, rows, "a4")
    counted = [row for page in pages for row in page.rows]
    assert {counted.count(name) for name in names} == {rows if rows else max(1, 10 // len(names))}
    for page in pages:
        assert 1 <= len(page.rows) <= 10 and read_page(read_blocks(code_blocks(page_bytes(page))), "a4") == page


def test_long_names_go_on_more_pages() -> None:
    names = [f"{'long' * 12} {number}" for number in range(10)]
    pages = make_pages(names, 1, "letter")
    assert len(pages) > 1 and [row for page in pages for row in page.rows] == names


def test_a_damaged_page_is_refused(rng: np.random.Generator) -> None:
    text = bytearray(page_bytes(make_pages(list("0123"), 2, "a4")[0]))
    for _ in range(50):
        changed = bytearray(text)
        changed[int(rng.integers(len(text)))] ^= int(rng.integers(1, 256))
        with pytest.raises(DataError):
            read_page(bytes(changed), "a4")
