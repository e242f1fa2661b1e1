"""The folders and files below a folder, without leftovers of desktops and notebooks; which files are pictures."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cnncli.errors import DataError
from cnncli.pictures.formats import HEAD_BYTES, HEIC_REMEDY, SUFFIXES, find_format, is_text
from cnncli.shown import plural, printable, reason_of

_LEFTOVERS = {
    "__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "$recycle.bin", "system volume information",
    "__pycache__", "@eadir", "lost+found",
}  # fmt: skip
_MOST_ENTRIES = 4_000_000
_MOST_DEPTH = 30
_PICTURE = ""
_SHOWN = 6  # kinds of files left aside


@dataclass(eq=False)
class Folder:
    """A folder with its subfolders and files, both in the order of their names."""

    path: Path
    folders: list["Folder"] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    aside: Counter[str] = field(default_factory=Counter)  # entries that are no regular files

    @property
    def name(self) -> str:
        """As UTF-8 in any locale: training with LC_ALL=C gives the same classes in the same order."""
        return printable(os.fsencode(self.path.name).decode("utf-8", "surrogateescape"))

    @cached_property
    def kinds(self) -> dict[Path, str]:
        """For each file right in the folder "" for a picture, else the kind under which it is counted."""
        return {file: counted_as(file) for file in self.files}

    @cached_property
    def pictures(self) -> list[Path]:
        """The pictures right in the folder."""
        return [file for file, kind in self.kinds.items() if kind == _PICTURE]

    @cached_property
    def count(self) -> int:
        """Pictures in the folder and all below it."""
        return len(self.pictures) + sum(folder.count for folder in self.folders)

    @property
    def filled(self) -> list["Folder"]:
        """The subfolders that hold pictures at any depth."""
        return [folder for folder in self.folders if folder.count]

    def walk(self) -> Iterator["Folder"]:
        """This folder and all below it."""
        yield self
        for folder in self.folders:
            yield from folder.walk()

    def all_pictures(self) -> list[Path]:
        return [picture for folder in self.walk() for picture in folder.pictures]


def is_leftover(name: str) -> bool:
    """Whether a file or folder is what desktops and notebooks leave behind, and no data.

    >>> is_leftover("._7.png"), is_leftover("__MACOSX"), is_leftover("7.png")
    (True, True, False)
    """
    return name.startswith(".") or name.lower() in _LEFTOVERS


def scan(path: Path) -> Folder:
    """Lists a folder to its depth; no file is opened. Links are followed, but not round in a circle.

    Raises DataError for a folder that cannot be read, and above the limits.
    """
    budget = [_MOST_ENTRIES]
    return _scan(path, path, budget, frozenset(), 0)


def _scan(root: Path, path: Path, budget: list[int], above: frozenset[tuple[int, int]], depth: int) -> Folder:
    found = Folder(path)
    try:
        status = path.stat()
        with os.scandir(path) as listed:
            entries = sorted(listed, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        reason = reason_of(error)
        raise DataError(f"{printable(path)}: cannot be read ({reason}); check the folder and its permissions") from None
    budget[0] -= len(entries)
    if budget[0] < 0 or depth > _MOST_DEPTH:
        limit = f"{_MOST_ENTRIES:,} files" if budget[0] < 0 else f"{_MOST_DEPTH} folders within each other"
        raise DataError(f"{printable(root)}: more than {limit}; pass the folder of the data set itself")
    key = (status.st_dev, status.st_ino)
    if key in above:
        return found
    for entry in entries:
        if is_leftover(entry.name):
            continue
        if entry.is_dir():
            found.folders.append(_scan(root, path / entry.name, budget, above | {key}, depth + 1))
        elif entry.is_file():
            found.files.append(path / entry.name)
        else:
            found.aside["broken links" if entry.is_symlink() else "no regular files"] += 1
    return found


def counted_as(path: Path) -> str:
    """ "" for a picture that is read, or that is broken but bears a picture's name; else how it is counted."""
    suffix = path.suffix.lower()
    try:
        with path.open("rb", buffering=0) as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return _PICTURE if suffix in SUFFIXES else "unreadable"
    known = find_format(head)
    if known is None:
        # Empty or damaged pictures are told one by one when they are read; text under a picture's name is no picture.
        return _PICTURE if suffix in SUFFIXES and not is_text(head) else "not pictures"
    if known.decoder in ("AVIF", "HEIF"):
        from cnncli.pictures.picture_file import can_decode

        return _PICTURE if can_decode(known.decoder) else known.suffixes[0]
    return _PICTURE


def aside_line(counts: Counter[str]) -> tuple[str, dict[str, int]]:
    """The one line that counts files left aside by their kind, and the counts in its order; there is at least one.

    >>> aside_line(Counter({"not pictures": 2, ".avif": 1}))[0]
    'left aside: 3 files (.avif 1, not pictures 2)'
    """
    total = sum(counts.values())
    listed = sorted(counts.items(), key=lambda item: (item[0] == "not pictures", -item[1], item[0]))
    parts = ", ".join(f"{printable(kind)} {count:,}" for kind, count in listed[:_SHOWN])
    more = f" and {len(listed) - _SHOWN:,} kinds more" if len(listed) > _SHOWN else ""
    remedy = f"; .heic: {HEIC_REMEDY}" if counts[".heic"] else ""
    return f"left aside: {plural(total, 'file')} ({parts}{more}){remedy}", dict(listed)
