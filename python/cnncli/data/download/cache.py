"""Where data sets lie on this machine: the folder that the user named, else the user's cache."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cnncli.data.binary.idx import find_idx
from cnncli.data.download.sources import Source
from cnncli.errors import MissingDataError
from cnncli.shown import printable
from cnncli.storage.files import writing_error
from cnncli.storage.locks import hold_lock, open_lock

_LOCK_NAME = ".cnncli-fetch.lock"
_LOCK_POLL_SECONDS = 0.05


def named_folder(data_dir: str | Path | None = None) -> Path | None:
    """The folder of data sets that the user named: `data_dir`, else CNN_DATA_DIR, else None."""
    named = data_dir or os.environ.get("CNN_DATA_DIR")
    return Path(named) if named else None


def data_root(data_dir: str | Path | None = None) -> Path:
    """The folder of all data sets: the named one, else `cnncli` in the user's cache (XDG_CACHE_HOME on Linux)."""
    named = named_folder(data_dir)
    if named is not None:
        return named
    from platformdirs import user_cache_path

    return user_cache_path("cnncli", appauthor=False)


def own_folder(source: Source, data_dir: str | Path | None = None) -> Path:
    """Where the files of a data set are put."""
    return data_root(data_dir) / source.folders[0]


def candidates(source: Source, data_dir: str | Path | None = None) -> list[Path]:
    """Where the files of a data set may be: our folder, torchvision's, and the named folder itself."""
    root = data_root(data_dir)
    return [*(root / folder for folder in source.folders), root]


def find_files(source: Source, folder: Path) -> dict[str, Path]:
    """Which of the IDX files of a data set are in a folder, from part to path.

    Only where the digests are of the content may the files be plain ones, or compressed by others.
    """
    if source.files[0].of_content:
        return find_idx(folder)
    return {part: folder / name for part, name in source.parts.items() if (folder / name).exists()}


def locate(source: Source, data_dir: str | Path | None = None) -> tuple[Path, dict[str, Path]] | None:
    """The first folder that holds all files of a data set, and the files; None if there is none.

    Raises
    ------
    MissingDataError : the named folder does not exist
    """
    named = named_folder(data_dir)
    if named is not None and not named.is_dir():
        raise MissingDataError(
            f"{printable(named)}: no such folder of data sets; make it, or name another with --data-dir"
        )
    for folder in candidates(source, data_dir):
        files = find_files(source, folder)
        if len(files) == len(source.parts):
            return folder, files
    return None


@contextmanager
def locked(folder: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Makes the folder, and keeps other processes of this program from fetching into it.

    on_wait : called once if another process is at it

    Raises
    ------
    CnnError : the folder cannot be made or written
    """
    path = folder / _LOCK_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = open_lock(path)
    except OSError as error:
        raise writing_error(path if folder.is_dir() else folder, error) from None
    try:
        _lock(descriptor, on_wait)
        yield
    finally:
        # The file stays: who removed it would pull it from under one that waits for it.
        os.close(descriptor)


def _lock(descriptor: int, on_wait: Callable[[], None]) -> None:
    told = False
    while True:
        try:
            hold_lock(descriptor, wait=False)
            return
        except BlockingIOError:
            if not told:
                on_wait()
                told = True
            time.sleep(_LOCK_POLL_SECONDS)
        except OSError:
            return  # a file system without locks: two processes then do the work twice, and both verify it
