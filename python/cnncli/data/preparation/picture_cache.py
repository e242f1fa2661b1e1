"""The cache of prepared pictures: a second start decodes nothing.

It lies in the user's cache folder. An entry is found by the digest of the file's content and by the preparation, which
includes the program's own code; a file is read again only if its size or its time of change is another. Nothing here
is needed: a cache that is damaged, full, read-only or gone costs time and nothing else.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cnncli.data.dataset import Images
from cnncli.data.preparation.one_picture import FileState, Outcome, Source, array_digest, file_digest, file_state
from cnncli.data.preparation.picture_pack import Pack, name_of, pack_parts, read_pack
from cnncli.errors import UsageError
from cnncli.pictures.recipe import InputRecipe
from cnncli.storage.files import sweep_stale, write_unflushed

LIMIT_VARIABLE = "CNN_CACHE_LIMIT"
DEFAULT_LIMIT_BYTES = 2 << 30
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
_SETTLED_NS = 2_000_000_000  # a file that was changed less long ago may change again without another time
_TRIED = 32  # new files whose content is looked for before it is taken for new altogether
_MOST_PACKS = 4  # that a data set is read from; then they are made one


@dataclass(frozen=True)
class CacheFacts:
    """What the cache holds.

    pictures : prepared pictures, each in each of its preparations
    """

    folder: Path
    files: int
    pictures: int
    size_bytes: int
    limit_bytes: int


def cache_folder() -> Path:
    """Where prepared pictures are kept: `cnncli/pictures` in the user's cache (XDG_CACHE_HOME on Linux)."""
    from platformdirs import user_cache_path

    return user_cache_path("cnncli", appauthor=False) / "pictures"


def cache_limit() -> int:
    """Bytes that the cache may take: CNN_CACHE_LIMIT ("500M", "4G"), else 2 GiB.

    Raises
    ------
    UsageError : the variable holds something else
    """
    text = os.environ.get(LIMIT_VARIABLE, "").strip().lower().removesuffix("b")
    if not text:
        return DEFAULT_LIMIT_BYTES
    unit = text[-1] if text[-1] in _UNITS else ""
    number = text.removesuffix(unit).strip()
    if not number.isascii() or not number.isdigit() or len(number) > 12:
        raise UsageError(f"{LIMIT_VARIABLE}={os.environ[LIMIT_VARIABLE]!r}: use bytes, or a number such as 500M or 4G")
    return int(number) * _UNITS[unit]


def cache_facts() -> CacheFacts:
    """Counts what the cache holds."""
    folder = cache_folder()
    found = _entries(folder)
    packs = [read_pack(path) for path, _, _ in found if path.suffix == ".pack"]
    pictures = sum(len(pack.rows) for pack in packs if pack is not None)
    return CacheFacts(folder, len(found), pictures, sum(size for _, size, _ in found), cache_limit())


def clear_cache() -> CacheFacts:
    """Empties the cache; returns what it held."""
    facts = cache_facts()
    sweep_stale(facts.folder)
    for path, _, _ in _entries(facts.folder):
        with suppress(OSError):
            path.unlink()
    return facts


class PictureCache:
    """The prepared pictures of one preparation."""

    def __init__(self, recipe: InputRecipe) -> None:
        self._folder = cache_folder()
        self._limit = cache_limit()
        self._key = _preparation_key(recipe)
        self._packs: list[Pack] = []
        self._used: list[Pack] = []
        self._spoiled: list[Pack] = []  # with an image that is damaged: written anew
        self._known: dict[bytes, tuple[FileState, bytes]] = {}
        self._places: dict[bytes, tuple[Pack, int]] = {}
        row_bytes = recipe.channels * recipe.height * recipe.width
        for path in sorted(self._folder.glob(f"{self._key}-*.pack")) if self._limit else ():
            pack = read_pack(path)
            if pack is None or (pack.rows and pack.row_bytes != row_bytes):
                continue
            self._packs.append(pack)
            self._known |= pack.files
            self._places |= {digest: (pack, row) for digest, row in pack.rows.items()}

    def __len__(self) -> int:
        return len(self._places)

    def find(self, sources: Sequence[Source], images: Images) -> tuple[list[int], list[Outcome | None]]:
        """Fills images[k] for each source that is here; returns which, and what is known of each file.

        sources : paths, or arrays, which are known by their bytes
        images : uint8 (N, C, H, W) for N sources
        """
        known: list[Outcome | None] = [None] * len(sources)
        if self._places:
            known = [self._look(source) for source in sources]
            self._look_again(sources, known)
        wanted: dict[Path, list[tuple[int, int]]] = {}
        by_path = {pack.path: pack for pack in self._packs}
        for number, outcome in enumerate(known):
            if outcome is not None and outcome.digest in self._places:
                pack, row = self._places[outcome.digest]
                wanted.setdefault(pack.path, []).append((row, number))
        found: list[int] = []
        for path, places in wanted.items():
            sound = by_path[path].read(places, images)
            found += sound
            (self._used if len(sound) == len(places) else self._spoiled).append(by_path[path])
            with suppress(OSError):
                os.utime(path)  # the oldest go first
        return sorted(found), known

    def _look(self, source: Source) -> Outcome | None:
        """The digest of a file's content, if the file has not changed since it was seen."""
        if not isinstance(source, Path):
            return Outcome(None, digest=array_digest(source))
        seen = self._known.get(name_of(source))
        if seen is None or file_state(source) != seen[0]:
            return None
        return Outcome(None, digest=seen[1], state=seen[0])

    def _look_again(self, sources: Sequence[Source], known: list[Outcome | None]) -> None:
        """Reads files that are new here: a data set that was moved has the content that is here already."""
        new = [number for number, outcome in enumerate(known) if outcome is None]
        hits = 0
        for tried, number in enumerate(new):
            if tried >= _TRIED and not hits:
                return
            source = sources[number]
            assert isinstance(source, Path)
            state = file_state(source)
            digest = file_digest(source)
            if digest in self._places and file_state(source) == state:
                known[number] = Outcome(None, digest=digest, state=state)
                hits += 1

    def keep(self, sources: Sequence[Source], outcomes: Sequence[Outcome | None], images: Images) -> None:
        """Writes what is not here yet, and forgets the oldest packs above the limit.

        outcomes : of each source its digest and state, or None; one with an error has no image
        """
        if not self._limit:
            return
        files: dict[bytes, tuple[FileState, bytes]] = {}
        rows: dict[bytes, int] = {}
        latest = time.time_ns() - _SETTLED_NS
        for number, (source, outcome) in enumerate(zip(sources, outcomes, strict=True)):
            if outcome is None or not outcome.digest or outcome.error:
                continue
            rows[outcome.digest] = number
            if isinstance(source, Path) and outcome.state is not None and outcome.state.changed_ns < latest:
                files[name_of(source)] = (outcome.state, outcome.digest)
        merged = list(self._spoiled)
        if len(self._used) > _MOST_PACKS:
            merged += [pack for pack in self._used if pack.rows.keys() <= rows.keys()]
        kept = {pack.path for pack in self._packs} - {pack.path for pack in merged}
        here = {digest for digest, (pack, _) in self._places.items() if pack.path in kept}
        rows = {digest: number for digest, number in rows.items() if digest not in here}
        if not merged:
            files = {name: seen for name, seen in files.items() if self._known.get(name) != seen}
        row_bytes = images[0].nbytes if len(images) else 0
        if (not rows and not files) or len(rows) * row_bytes > self._limit:
            return
        path = self._folder / f"{self._key}-{os.urandom(8).hex()}.pack"
        if _write(path, pack_parts(list(rows), list(rows.values()), images, files)):
            for pack in merged:
                with suppress(OSError):
                    pack.path.unlink()
        _forget_oldest(self._folder, self._limit)


def read_decision(key: str) -> Any:
    """What was kept under the key, or None."""
    path = cache_folder() / f"{key}.decision"
    try:
        facts = json.loads(path.read_bytes())
        os.utime(path)
        return facts
    except (OSError, ValueError):
        return None


def keep_decision(key: str, facts: Any) -> None:
    """Keeps JSON values under a key of hex digits."""
    if cache_limit():
        _write(cache_folder() / f"{key}.decision", [json.dumps(facts).encode()])


@cache
def code_digest() -> str:
    """SHA-256 of the code that prepares pictures, and of the version of the library that decodes them."""
    import PIL

    digest = hashlib.sha256(PIL.__version__.encode())
    for path in sorted((Path(__file__).parents[2] / "pictures").rglob("*.py")):
        with suppress(OSError):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _preparation_key(recipe: InputRecipe) -> str:
    facts = (recipe.kind, recipe.shape, recipe.border, recipe.polarity, code_digest())
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:24]


def _write(path: Path, parts: Iterable[bytes | memoryview]) -> bool:
    """Whether it was written: a disk that is full or read-only is no reason to stop."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_unflushed(path, parts)
        return True
    except OSError:
        return False


def _entries(folder: Path) -> list[tuple[Path, int, float]]:
    """(path, bytes, time of last use) of each file of the cache, the oldest first."""
    found = []
    with suppress(OSError):
        for path in folder.iterdir():
            if path.suffix in (".pack", ".decision"):
                with suppress(OSError):
                    status = path.stat()
                    found.append((path, status.st_size, status.st_mtime))
    return sorted(found, key=lambda entry: entry[2])


def _forget_oldest(folder: Path, limit: int) -> None:
    sweep_stale(folder)
    found = _entries(folder)
    total = sum(size for _, size, _ in found)
    for path, size, _ in found:
        if total <= limit:
            return
        with suppress(OSError):
            path.unlink()
            total -= size
