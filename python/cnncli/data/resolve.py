"""Finds the files of a list, whose paths may be relative to other folders, of another system, or lack a suffix."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cnncli.data.tree import is_leftover
from cnncli.picture_formats import SUFFIXES

_DRIVE = re.compile(r"^[A-Za-z]:[\\/]")
_SAMPLE_ROWS = 200
_MOST_BASES = 500
_MOST_DEPTH = 12


@dataclass(frozen=True)
class Way:
    """How the paths of a list lead to files: without their first `strip` components, below `base`."""

    base: Path
    strip: int


class Finder:
    """Looks up files in folders, each of which is listed once."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[frozenset[str], dict[str, str]]] = {}

    def find(self, base: Path, relative: str) -> Path | None:
        """The file of this name below a folder, if need be with the suffix of a picture added."""
        folder, _, name = relative.rpartition("/")
        where = base / folder if folder or not relative.startswith("/") else Path("/")
        names, stems = self._listed(where)
        if name in names:
            return where / name
        full = stems.get(name)
        return where / full if full is not None else None

    def _listed(self, folder: Path) -> tuple[frozenset[str], dict[str, str]]:
        key = os.fspath(folder)
        if key not in self._names:
            try:
                with os.scandir(folder) as entries:
                    names = frozenset(entry.name for entry in entries if not entry.is_dir())
            except (OSError, ValueError):  # ValueError: a name with a zero byte
                names = frozenset()
            stems: dict[str, str] = {}
            for name in sorted(names):
                stem, dot, suffix = name.rpartition(".")
                if dot and f".{suffix.lower()}" in SUFFIXES:
                    stems.setdefault(stem, name)
            self._names[key] = (names, stems)
        return self._names[key]


def plain_path(path: str) -> str:
    r"""A path with forward slashes, without a drive.

    >>> plain_path("C:\\Users\\me\\7.png"), plain_path(".\\a\\7.png"), plain_path("./7.png")
    ('/Users/me/7.png', 'a/7.png', '7.png')
    """
    if _DRIVE.match(path):
        path = path[2:]
    if "\\" in path:
        path = path.replace("\\", "/")
    while path.startswith("./"):
        path = path[2:]
    return path


def bases_of(list_path: Path) -> list[Path]:
    """The folders below which the files of a list may lie: its own, the current one, those beside the list."""
    own = list_path.parent
    subfolders: list[Path] = []
    for folder in (own, *_subfolders(own)):
        subfolders += _subfolders(folder)
        if len(subfolders) > _MOST_BASES:
            break
    stem = re.sub(r"[^a-z0-9]|labels?|list", "", list_path.stem.lower())
    subfolders.sort(key=lambda folder: re.sub(r"[^a-z0-9]", "", folder.name.lower()) != stem)
    bases = [own, Path(), *subfolders[:_MOST_BASES]]
    return list(dict.fromkeys(bases))


def _subfolders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir() and not is_leftover(entry.name))
    except OSError:
        return []
    return [folder / name for name in names[:_MOST_BASES]]


def find_files(list_path: Path, paths: Sequence[str], finder: Finder) -> tuple[list[Path | None], Way]:
    """The file of each path, or None; all by the one way that leads the most of them to files.

    Without a folder in its path a file may also lie in another of the folders, if in one only.
    """
    bases = bases_of(list_path)
    plain = [path if finder.find(bases[0], path) else plain_path(path) for path in paths]
    way = _best_way(bases, plain[:: max(1, len(plain) // _SAMPLE_ROWS)], finder)
    found: list[Path | None] = []
    for path in plain:
        file = _follow(way, path, finder)
        if file is None and "/" not in path:
            others = {other for base in bases if (other := finder.find(base, path)) is not None}
            file = others.pop() if len(others) == 1 else None
        found.append(file)
    led = {path for path, file in zip(plain, found, strict=True) if file}
    if way.strip and len(set(found) - {None}) < len(led):
        return [None] * len(plain), Way(bases[0], 0)  # what was stripped told files apart
    return found, way


def _follow(way: Way, path: str, finder: Finder) -> Path | None:
    if way.strip == 0:
        return finder.find(way.base, path)
    parts = path.strip("/").split("/")
    return finder.find(way.base, "/".join(parts[way.strip :])) if len(parts) > way.strip else None


def _best_way(bases: list[Path], sample: Sequence[str], finder: Finder) -> Way:
    depth = max((path.count("/") for path in sample), default=0)
    best, most = Way(bases[0], 0), 0
    for strip in range(min(depth, _MOST_DEPTH) + 1):
        for base in bases:
            way = Way(base, strip)
            hits = sum(_follow(way, path, finder) is not None for path in sample)
            if hits > most:
                best, most = way, hits
            if hits == len(sample):
                return way
    return best
