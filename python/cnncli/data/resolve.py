"""Finds the files of a list, whose paths may be relative to other folders, of another system, or lack a suffix."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cnncli.data.tree import is_leftover
from cnncli.pictures.formats import SUFFIXES

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
        self._names: dict[str, _Listed] = {}

    def find(self, base: Path, relative: str) -> Path | None:
        """The file of this name below a folder, if need be with the suffix of a picture added.

        Where there is none, the one file of this name in other case, or with another suffix of pictures.
        """
        folder, _, name = relative.rpartition("/")
        where = base / folder if folder or not relative.startswith("/") else Path("/")
        listed = self._listed(where)
        if not listed.is_there:
            where = self._spelled(base, folder) or where
            listed = self._listed(where)
        if name in listed.names:
            return where / name
        full = listed.stems.get(name) or _only(listed.loose.get(name.lower()))
        if full is None and (stem := _picture_stem(name)) is not None:
            full = _only(listed.loose.get(stem.lower()))
        return where / full if full is not None else None

    def _spelled(self, base: Path, folder: str) -> Path | None:
        """A folder in the spelling that it has on this machine: Images is images."""
        where = base
        for name in folder.split("/"):
            if (where / name).is_dir():
                where /= name
                continue
            only = _only(self._listed(where).folders.get(name.lower()))
            if only is None:
                return None
            where /= only
        return where

    def _listed(self, folder: Path) -> "_Listed":
        key = os.fspath(folder)
        if key not in self._names:
            self._names[key] = _list_folder(folder)
        return self._names[key]


@dataclass(frozen=True)
class _Listed:
    """What a folder holds.

    names : of its files
    stems : names of pictures without suffix, to the first such file
    loose : names in lower case, of pictures with and without suffix, to the files that have them so
    folders : names in lower case of subfolders, to those that have them so
    """

    is_there: bool
    names: frozenset[str]
    stems: dict[str, str]
    loose: dict[str, set[str]]
    folders: dict[str, set[str]]


def _list_folder(folder: Path) -> _Listed:
    folders: dict[str, set[str]] = {}
    files = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir():
                    folders.setdefault(entry.name.lower(), set()).add(entry.name)
                else:
                    files.append(entry.name)
    except (OSError, ValueError):  # ValueError: a name with a zero byte
        return _Listed(False, frozenset(), {}, {}, {})
    stems: dict[str, str] = {}
    loose: dict[str, set[str]] = {}
    for name in sorted(files):
        loose.setdefault(name.lower(), set()).add(name)
        stem = _picture_stem(name)
        if stem is not None:
            stems.setdefault(stem, name)
            loose.setdefault(stem.lower(), set()).add(name)
    return _Listed(True, frozenset(files), stems, loose, folders)


def _picture_stem(name: str) -> str | None:
    """The name of a picture without its suffix; None for other names."""
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and f".{suffix.lower()}" in SUFFIXES else None


def _only(names: set[str] | None) -> str | None:
    return next(iter(names)) if names is not None and len(names) == 1 else None


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
        return [None] * len(plain), way  # what was stripped told files apart
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
