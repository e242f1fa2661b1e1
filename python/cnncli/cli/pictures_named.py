"""The pictures that the words of a command line lead to: files, folders, lists, patterns, standard input."""

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cnncli.errors import DataError
from cnncli.pictures.formats import HEAD_BYTES, find_format, is_text
from cnncli.shown import printable

if TYPE_CHECKING:
    from cnncli.data.tree import Folder

_LIST_SUFFIXES = {".txt", ".csv", ".tsv", ".lst"}
_STDIN = 0
_CHUNK_BYTES = 1 << 16
_PATIENCE_SECONDS = 0.2  # for more names, before those that came are answered


class NamedPicture(NamedTuple):
    """A picture to look at, or the reason why there is none.

    name : as answers call it
    source : path, or the bytes of a file
    error : one line; then there is no picture
    is_word : it is a word of the command line itself, and where there is no such file the command line is wrong
    told : the class that its folder or its list tells; None: nothing does
    teller : "folder name" or "the list"
    """

    name: str
    source: str | bytes = ""
    error: str | None = None
    told: str | None = None
    teller: str = ""
    is_word: bool = False


class Pictures:
    """All pictures of a command line in order, found while they are asked for.

    None between them says that no more is known for now, as when names come slowly over a pipe.

    aside : files of folders and patterns that are no pictures, counted by kind; complete at the end
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self._has_read_stdin = False
        self.aside: Counter[str] = Counter()

    def __iter__(self) -> Iterator[NamedPicture | None]:
        for word in self._words:
            count = 0
            try:
                for picture in self._of_word(word):
                    count += picture is not None
                    yield picture
            except DataError as error:
                yield NamedPicture(word, error=str(error))
                continue
            if not count:
                where = "standard input" if word == "-" else printable(word)
                yield NamedPicture(word, error=f"{where}: no pictures; name a picture, or a folder that holds some")

    def _of_word(self, word: str) -> Iterator[NamedPicture | None]:
        path = Path(word)
        if word == "-":
            yield from self._of_stdin()
        elif path.is_dir():
            yield from self._of_folder(word)
        elif path.suffix.lower() in _LIST_SUFFIXES and path.is_file() and not _is_picture(path):
            from cnncli.data.tables.lists import read_names

            for file, label in read_names(path):
                yield NamedPicture(str(file), str(file), told=label or None, teller="the list")
        elif any(mark in word for mark in "*?[") and not os.path.lexists(word):
            yield from self._of_pattern(word)
        else:
            yield NamedPicture(word, word, is_word=True)

    def _of_folder(self, word: str) -> Iterator[NamedPicture]:
        from cnncli.data.tree import scan

        yield from self._below(scan(Path(word)), [Path(word).resolve().name])

    def _below(self, folder: "Folder", trail: list[str]) -> Iterator[NamedPicture]:
        """The pictures of a folder and then of those below it; of each folder in the natural order of names."""
        from cnncli.data.part_names import part_of_word
        from cnncli.data.tree import counted_as

        self.aside += folder.aside
        told = next((name for name in trail[1:] if part_of_word(name) is None), trail[0])
        for file in sorted(folder.files, key=lambda file: natural(file.name)):
            if kind := counted_as(file):
                self.aside[kind] += 1
            else:
                yield NamedPicture(str(file), str(file), told=told, teller="folder name")
        for inner in sorted(folder.folders, key=lambda inner: natural(inner.path.name)):
            yield from self._below(inner, [*trail, inner.name])

    def _of_pattern(self, word: str) -> Iterator[NamedPicture]:
        from cnncli.data.tree import counted_as, is_leftover

        count = 0
        for name in sorted(_matching(word), key=natural):
            path = Path(name)
            if path.is_dir() or is_leftover(path.name):
                if "**" not in word and path.is_dir() and not is_leftover(path.name):
                    count += 1
                    yield from self._of_folder(name)
                continue
            count += 1
            if kind := counted_as(path):
                self.aside[kind] += 1
            else:
                yield NamedPicture(name, name)
        if not count:
            error = f"{printable(word)}: no file matches; check the pattern and the folder"
            yield NamedPicture(word, error=error, is_word=True)

    def _of_stdin(self) -> Iterator[NamedPicture | None]:
        """The picture that comes, told by its first bytes, or those whose names come."""
        if self._has_read_stdin or sys.stdin is None:
            why = "is read once; write - once" if self._has_read_stdin else "is closed; pipe a picture or names into it"
            yield NamedPicture("-", error=f"standard input: {why}")
            return
        self._has_read_stdin = True
        head = _first_bytes()
        if not head:
            yield NamedPicture("-", error="standard input: is empty; pipe a picture, or names of pictures, into it")
        elif (known := find_format(head)) and not (known.decoder == "PPM" and _is_name(head)):
            yield NamedPicture("-", _rest(head))
        elif not is_text(head.replace(b"\0", b"\n")):
            yield NamedPicture("-", error="standard input: neither a picture nor names of pictures; pipe one of them")
        else:
            for name in _names(head):
                if name is not None and Path(name).is_dir():
                    yield from self._of_folder(name)
                else:
                    yield None if name is None else NamedPicture(name, name)


def natural(name: str) -> tuple[list[str | tuple[int, str]], str]:
    """A key that sorts names with numbers in them by the numbers.

    >>> sorted(["10.png", "9.png", "a2", "a10"], key=natural)
    ['9.png', '10.png', 'a2', 'a10']
    """
    parts = [part.lstrip("0") for part in re.split(r"([0-9]+)", name)]
    return [(len(part), part) if index % 2 else part for index, part in enumerate(parts)], name


def _matching(pattern: str) -> list[str]:
    from glob import glob  # not Path.glob: a pattern may be absolute, and names stay as they are typed

    return glob(pattern, recursive=True)  # noqa: PTH207


def _is_picture(path: Path) -> bool:
    try:
        with path.open("rb", buffering=0) as file:
            return find_format(file.read(HEAD_BYTES)) is not None
    except OSError:
        return True  # the reader of pictures says why


def _first_bytes() -> bytes:
    """Bytes enough to tell a picture; fewer if it ends, or if names come line by line."""
    head = b""
    while len(head) < HEAD_BYTES:
        more = os.read(_STDIN, _CHUNK_BYTES)
        head += more
        if not more or (b"\n" in head and is_text(head)):
            break
    return head


def _is_name(head: bytes) -> bool:
    """Whether the first line is the name of a file: `P5 scan.png` starts as a PGM does."""
    return Path(os.fsdecode(re.split(rb"[\r\n\0]", head, maxsplit=1)[0])).exists()


def _rest(head: bytes) -> bytes:
    """All of standard input; a little above the limit of pictures it stops, and that is then told."""
    from cnncli.pictures.picture_file import MAX_FILE_BYTES

    parts, size = [head], len(head)
    while size <= MAX_FILE_BYTES and (more := os.read(_STDIN, _CHUNK_BYTES)):
        parts.append(more)
        size += len(more)
    return b"".join(parts)


def _names(head: bytes) -> Iterator[str | None]:
    """Names, one a line or with zero bytes between them (`find -print0`); None when no more come for now."""
    from select import select

    separator = b"\0" if b"\0" in head else b"\n"
    pending = head
    while True:
        *whole, pending = pending.split(separator)
        yield from filter(None, map(_as_name, whole))
        if not select([_STDIN], [], [], _PATIENCE_SECONDS)[0]:
            yield None
        more = os.read(_STDIN, _CHUNK_BYTES)
        if not more:
            break
        pending += more
    if name := _as_name(pending):
        yield name


def _as_name(line: bytes) -> str:
    return os.fsdecode(line.removesuffix(b"\r"))
