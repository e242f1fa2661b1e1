"""What a new file takes the place of is kept beside it under the next free number: model.bin as model.1.bin."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cnncli.shown import printable
from cnncli.storage.files import (
    PIECE_BYTES,
    Content,
    StrPath,
    flush_folder,
    temporary_file,
    write_all,
    write_atomically,
    writing_error,
)
from cnncli.storage.locks import hold_lock

# What a file system without hard links answers (FAT, some network and FUSE ones), and Linux where the file belongs to
# another user (protected_hardlinks), or has as many names as it can have.
_NO_LINK = (errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EMLINK, errno.EXDEV)


def write_beside_earlier(path: StrPath, content: Content) -> Path | None:
    """Write a file as `write_atomically` does; the file that was there is kept as name.1.suffix, name.2.suffix, ...

    At every moment, also after a kill or a power loss, the earlier file stands whole under one of both names or under
    both, and `path` is the earlier file or the new one. Of two writers that end at once one waits for the other, so
    that each finds what the other has written. A write-protected file is kept like any other. Behind a symbolic link
    the file that it points to is kept, beside that file.

    Returns where the earlier file is; None if there was none, or if it had the same bytes.
    Raises CnnError, one line, when either cannot be written; both are then as they were.
    """
    kept: Path | None = None

    def replace(temporary: Path, target: Path) -> None:
        nonlocal kept
        with _alone_in(target.parent):
            kept = _keep(target, temporary)
            temporary.replace(target)

    write_atomically(path, content, replace=replace, over_protected=True)
    return kept


def _keep(target: Path, new: Path) -> Path | None:
    """Give the file at `target` a second name unless it holds what `new` does; called by one process at a time."""
    if not target.exists() or _same_bytes(target, new):
        return None
    number = _largest_number(target)
    # A writer that was killed after it had kept the file, and before it replaced it.
    if number and _same_bytes(target, _numbered(target, number)):
        return _numbered(target, number)
    while True:
        number += 1
        kept = _numbered(target, number)
        try:
            os.link(target, kept)
        except FileExistsError:  # somebody without our lock was quicker
            continue
        except OSError as error:
            if error.errno in _NO_LINK and os.path.lexists(kept):
                continue
            if error.errno not in _NO_LINK:
                raise writing_error(kept, error) from None
            _copy(target, kept)
        flush_folder(target.parent)  # before the first name goes: a power loss may bring it about at any time
        return kept


def _copy(target: Path, kept: Path) -> None:
    """The second name where there are no links; the copy appears whole."""
    import shutil  # here: few file systems need it, and its import is slow

    size_bytes = 0
    try:
        with target.open("rb") as old, temporary_file(target.parent, 0o600) as (descriptor, temporary):
            size_bytes = os.fstat(old.fileno()).st_size
            while piece := old.read(PIECE_BYTES):
                write_all(descriptor, piece)
            shutil.copystat(target, temporary)
            os.fsync(descriptor)
            temporary.replace(kept)
    except OSError as error:
        raise writing_error(kept, error, size_bytes) from None


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Of all processes and threads that keep files in a folder, one does so at a time."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # a network file system without locks: all is as safe, but for two at the same moment
            hold_lock(descriptor, wait=True)
        yield
    finally:
        os.close(descriptor)  # frees the lock


def _same_bytes(one: Path, other: Path) -> bool:
    """Whether two files hold the same; no where one cannot be read."""
    try:
        return _are_equal(one, other)
    except OSError:
        return False


def _are_equal(one: Path, other: Path) -> bool:
    with one.open("rb") as first, other.open("rb") as second:
        status, other_status = os.fstat(first.fileno()), os.fstat(second.fileno())
        if os.path.samestat(status, other_status):
            return True
        if status.st_size != other_status.st_size:
            return False
        while piece := first.read(PIECE_BYTES):
            if piece != second.read(PIECE_BYTES):
                return False
    return True


def _largest_number(target: Path) -> int:
    """Not the smallest free one: the numbers tell the order also after some have been removed."""
    pattern = re.compile(re.escape(target.stem) + r"\.([1-9][0-9]{0,17})" + re.escape(target.suffix))
    found = [pattern.fullmatch(path.name) for path in target.parent.iterdir()]
    return max((int(match.group(1)) for match in found if match), default=0)


def _numbered(target: Path, number: int) -> Path:
    return target.with_name(f"{target.stem}.{number}{target.suffix}")


def earlier_words(path: StrPath, kept: Path) -> str:
    """The words for what has happened, for a line of output.

    >>> earlier_words("model.bin", Path("model.1.bin"))
    'the earlier model.bin is kept as model.1.bin'
    """
    return f"the earlier {printable(path)} is kept as {printable(kept)}"
