"""What a form asks for: the classes, on pages, and the bytes by which a page says so."""

import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from cnncli.errors import DataError, UsageError
from cnncli.forms.layout import COLUMNS, PAPERS, ROWS, Paper
from cnncli.shown import find_unprintable, shown

MOST_CLASSES = 1000
MOST_NAME_BYTES = 60
MOST_PAGES = 250
MOST_BYTES = 132  # of a page's text, in the finest code that a photograph shows
_VERSION = 1
_RANGE = re.compile(r"(\d{1,4})-(\d{1,4})|([a-z])-([a-z])|([A-Z])-([A-Z])", re.ASCII)
_NO_FOLDER = re.compile(r'[/\\<>:"|]|^\.|\.$')


@dataclass(frozen=True)
class FormPage:
    """One page of a form.

    paper : of layout.PAPERS
    page, pages : from 1
    rows : for each of the 1 to 10 rows of cells the name of its class
    """

    paper: Paper
    page: int
    pages: int
    rows: tuple[str, ...]

    @property
    def class_names(self) -> list[str]:
        return list(dict.fromkeys(self.rows))

    @property
    def cells(self) -> list[tuple[int, int]]:
        """(row, column) of each cell, from 0."""
        return [(row, column) for row in range(len(self.rows)) for column in range(COLUMNS)]


def parse_classes(text: str) -> list[str]:
    """The names of `0-9`, `a-z`, `A,B,star` and any such, separated by commas.

    Raises UsageError for an empty or unusable name, one given twice, and more than 1,000.

    >>> parse_classes("8-10,a-c,star")
    ['8', '9', '10', 'a', 'b', 'c', 'star']
    """
    names: list[str] = []
    for word in text.split(","):
        names += _of_word(word.strip())
        if len(names) > MOST_CLASSES:
            raise UsageError(f"--classes: more than {MOST_CLASSES:,} classes; make several forms")
    for name in names:
        _check_name(name)
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise UsageError(f"--classes: {shown(twice)} is there twice; give each class once")
    return names


def _of_word(word: str) -> list[str]:
    match = _RANGE.fullmatch(word)
    if match is None:
        return [word]
    first, last = (part for part in match.groups() if part is not None)
    if first.isdigit():
        low, high = int(first), int(last)
        names = [str(number) for number in range(low, min(high, low + MOST_CLASSES) + 1)]
    else:
        names = [chr(code) for code in range(ord(first), ord(last) + 1)]
    if not names:
        raise UsageError(f"--classes: {word} runs backwards; use {last}-{first}")
    return names


def _check_name(name: str) -> None:
    if not name:
        raise UsageError("--classes: a name is empty; give names between commas, such as A,B,star")
    if _NO_FOLDER.search(name) or find_unprintable(name) is not None:
        raise UsageError(
            f"--classes: {shown(name)} cannot be the name of a folder everywhere; use letters, digits, spaces, - and _"
        )
    if len(name.encode()) > MOST_NAME_BYTES:
        raise UsageError(f"--classes: {shown(name)} is longer than {MOST_NAME_BYTES} bytes; use a shorter name")


def make_pages(class_names: Sequence[str], rows: int | None, paper: str) -> list[FormPage]:
    """The pages on which every class has `rows` rows of 10 cells.

    rows : None: as many as fit on one page for all, at least 1

    Raises UsageError for more than 250 pages.

    >>> [one.rows for one in make_pages("ABC", 4, "a4")]
    [('A', 'A', 'A', 'A', 'B', 'B'), ('B', 'B', 'C', 'C', 'C', 'C')]
    """
    each = rows if rows is not None else max(1, ROWS // len(class_names))
    wanted = [name for name in class_names for _ in range(each)]
    if len(wanted) > MOST_PAGES * ROWS:
        raise UsageError(f"--rows: {len(wanted):,} rows are more than {MOST_PAGES} pages; use fewer rows or classes")
    parts = _split(wanted)
    return [FormPage(PAPERS[paper], place + 1, len(parts), part) for place, part in enumerate(parts)]


def _split(wanted: list[str]) -> list[tuple[str, ...]]:
    """Rows in pages of about the same length, each of which a code can tell."""
    count = -(-len(wanted) // ROWS)
    while True:
        edges = [round(part * len(wanted) / count) for part in range(count + 1)]
        parts = [tuple(wanted[low:high]) for low, high in pairwise(edges)]
        if all(len(_text(FormPage(PAPERS["a4"], 1, 1, part))) <= MOST_BYTES for part in parts):
            return parts
        count += 1


def page_bytes(page: FormPage) -> bytes:
    """What the code of a page says; `read_page` reads it."""
    return _text(page)


def _text(page: FormPage) -> bytes:
    parts = [bytes([_VERSION, page.page, page.pages, len(page.class_names)])]
    for name in page.class_names:
        coded = name.encode()
        parts.append(bytes([page.rows.count(name), len(coded)]) + coded)
    text = b"".join(parts)
    return text + binascii.crc_hqx(text, 0xFFFF).to_bytes(2, "big")


def read_page(content: bytes, paper: str) -> FormPage:
    """The page whose bytes these are; zeros may follow.

    Raises DataError when they are no page's.

    >>> page = make_pages(["7", "星"], 3, "letter")[0]
    >>> read_page(page_bytes(page) + b"00", "letter") == page
    True
    """
    try:
        version, page, pages, count = content[:4]
        rows: list[str] = []
        place = 4
        for _ in range(count):
            each, length = content[place : place + 2]
            rows += [content[place + 2 : place + 2 + length].decode()] * each
            place += 2 + length
        check = binascii.crc_hqx(content[:place], 0xFFFF).to_bytes(2, "big")
        if check != content[place : place + 2] or len(check) != 2 or not 1 <= len(rows) <= ROWS:
            raise ValueError
        for name in set(rows):
            _check_name(name)
    except (ValueError, IndexError):
        raise DataError("the code is damaged") from None
    if version != _VERSION:
        raise DataError(f"the form is of version {version}, which this program does not know; use a newer one")
    return FormPage(PAPERS[paper], page, pages, tuple(rows))
