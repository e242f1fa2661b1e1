"""Files that appear whole or not at all: written beside the target, then renamed over it."""

import errno
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from cnncli.errors import CnnError, WriteError
from cnncli.shown import printable, reason_of
from cnncli.storage.locks import hold_lock

StrPath = str | os.PathLike[str]
Content = bytes | list[bytes | memoryview]

PIECE_BYTES = 1 << 20  # of a file that is read from its beginning to its end

_TEMPORARY_NAME = re.compile(r"\.cnncli-[0-9a-f]{16}\.tmp")
_swept_folders: set[str] = set()

_REMEDIES = {
    errno.ENOENT: "the folder {folder} does not exist; make it with mkdir -p or name another place",
    errno.ENOTDIR: "{folder} is not a folder; name another place",
    errno.EACCES: "no permission to write in the folder {folder}; change that or name another place",
    errno.EPERM: "no permission to write in the folder {folder}; change that or name another place",
    errno.EROFS: "the folder {folder} is on a read-only file system; name another place",
    errno.ENOSPC: "the disk is full ({size_bytes:,} bytes to write); free some space or name another place",
    errno.EDQUOT: "the disk quota is used up ({size_bytes:,} bytes to write); free some space",
    errno.EFBIG: "{size_bytes:,} bytes are more than a file may have here; see ulimit -f",
    errno.ENAMETOOLONG: "the name is too long for the file system; choose a shorter one",
    errno.ELOOP: "the symbolic link leads back to itself; remove it or name another place",
}


def _replace(temporary: Path, target: Path) -> None:
    temporary.replace(target)


def as_new(temporary: Path, target: Path) -> None:
    """`replace` of `write_atomically` that raises FileExistsError for a file that is there, or that another process
    wrote meanwhile."""
    try:
        os.link(temporary, target)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP):
            raise
        if os.path.lexists(target):  # a file system without links, where another process may come between
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(target)) from None
        temporary.replace(target)


def write_atomically(
    path: StrPath,
    data: Content,
    *,
    replace: Callable[[Path, Path], object] = _replace,
    over_protected: bool = False,
) -> None:
    """Write a file so that readers, and a machine that loses power, see the old content or all of the new.

    A temporary file in the same folder is filled, flushed to the disk and renamed over the target; then the
    folder is flushed. A symbolic link stays, the file it points to is replaced; permissions of an existing
    file stay, a new file gets those of the umask. The first write of a process in a folder removes what
    killed processes left there.

    path : the file to write; its folder must exist
    data : the content, or its parts in order
    replace : called with the complete temporary file and the target, to give the first the name of the second
    over_protected : whether a file that its owner may not write is replaced too, by one that its owner may

    Raises CnnError, one line, when the file cannot be written; the old content is then untouched.
    """
    parts: list[bytes | memoryview] = [data] if isinstance(data, bytes) else data
    target = _target_of(path)
    try:
        old = _status_of_replaceable(path, target, over_protected)
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if str(target.parent) not in _swept_folders:
                _swept_folders.add(str(target.parent))
                sweep_stale(target.parent)
            with temporary_file(target.parent, 0o666 if old is None else 0o600) as (descriptor, temporary):
                for part in parts:
                    write_all(descriptor, part)
                if old is not None:
                    _adopt_owner_and_mode(descriptor, old, stat.S_IWUSR if over_protected else 0)
                os.fsync(descriptor)
                replace(temporary, target)
            _flush_folder(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise writing_error(path, error, sum(len(part) for part in parts)) from None


def append(path: StrPath, data: bytes) -> None:
    """Add to the end of a file that is there, flushed to the disk.

    A kill, a full disk or a power loss may leave a part of `data` behind what was there, which stays as it was; who
    reads the file has to know where it ends.

    Raises CnnError, one line, when that fails.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        try:
            write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise writing_error(path, error, len(data)) from None


@contextmanager
def written_atomically(path: StrPath) -> Iterator[Callable[[bytes], None]]:
    """A function that writes the next bytes of a file which appears when the block has ended, whole.

    As `write_atomically`, for what comes bit by bit; if the block ends by an exception, the old content is untouched.

    Raises CnnError, one line, when the file cannot be written.
    """
    target = _target_of(path)

    def write(data: bytes) -> None:
        try:
            write_all(descriptor, data)
        except OSError as error:
            raise writing_error(path, error, len(data)) from None

    with ExitStack() as stack:
        try:
            old = _status_of_replaceable(path, target, False)
            mode = 0o666 if old is None else 0o600
            descriptor, temporary = stack.enter_context(temporary_file(target.parent, mode))
            sweep_stale(target.parent)
        except OSError as error:
            raise writing_error(path, error) from None
        yield write
        try:
            if old is not None:
                _adopt_owner_and_mode(descriptor, old, 0)
            os.fsync(descriptor)
            temporary.replace(target)
            flush_folder(target.parent)
        except OSError as error:
            raise writing_error(path, error) from None


def check_writable(path: StrPath, *, over_protected: bool = False) -> None:
    """Raises the CnnError of a `write_atomically` that would fail, and leaves what is there as it is.

    Whether a disk has room is told by the writing alone.
    """
    target = _target_of(path)
    try:
        _status_of_replaceable(path, target, over_protected)
        with temporary_file(target.parent, 0o600):
            pass
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise writing_error(path, error) from None


def check_folder(path: StrPath) -> None:
    """Raises the CnnError of a folder that cannot be made with its missing parents, or that takes no files, and leaves
    what is there as it is."""
    try:
        place = Path(path)
        while not place.exists() and place != place.parent:
            place = place.parent
        with temporary_file(place, 0o600):
            pass
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise writing_error(path, error) from None


def write_unflushed(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """Write a file that readers see whole or not at all, but that a power loss may damage: a cache with checksums.

    path : the file to write; its folder must exist

    Raises OSError when that fails; nothing is left then.
    """
    with temporary_file(path.parent, 0o666) as (descriptor, temporary):
        for part in parts:
            write_all(descriptor, part)
        temporary.replace(path)


def publish(temporary: StrPath, target: StrPath) -> None:
    """Put a complete file under its name: flushed to the disk, renamed over the target, the folder flushed.

    For files too large or too slow to come to hold in memory; both names must be in one folder.

    Raises CnnError, one line, when that fails; the old content is then untouched.
    """
    try:
        with Path(temporary).open("rb") as file:
            os.fsync(file.fileno())
        Path(temporary).replace(target)
        flush_folder(Path(target).parent)
    except OSError as error:
        raise writing_error(target, error) from None


def flush_folder(folder: StrPath) -> None:
    """Make the names in a folder certain: without it a power loss may forget a file or folder that was made."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _flush_folder(descriptor)
    finally:
        os.close(descriptor)


def writing_error(path: StrPath, error: OSError, size_bytes: int = 0) -> WriteError:
    """The one line for a file or a folder that cannot be made: what is in the way, and what to do."""
    line = _REMEDIES.get(error.errno or 0, f"cannot be written: {reason_of(error)}")
    folder = Path(path).parent
    if not folder.name or Path(path).is_symlink():
        folder = Path(os.path.realpath(path)).parent
    if error.errno == errno.ENOENT and folder.is_dir():  # as in /proc
        line = f"cannot be made in the folder {{folder}} ({reason_of(error)}); name another place"
    return WriteError(f"{printable(path)}: {line.format(folder=printable(folder), size_bytes=size_bytes)}")


def sweep_stale(folder: StrPath) -> int:
    """Remove temporary files whose writer is dead; return how many.

    A writer holds a lock on its temporary file, and the kernel frees it with the process, however it ends; so
    a file that can be locked has nobody who will finish it. (A process number would not do: it may be taken
    again, or belong to another container which shares the folder.)
    """
    removed = 0
    try:
        found = [path for path in Path(folder).iterdir() if _TEMPORARY_NAME.fullmatch(path.name)]
    except OSError:
        return 0
    for path in found:
        with suppress(OSError):
            removed += _remove_if_abandoned(path)
    return removed


def _remove_if_abandoned(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        hold_lock(descriptor, wait=False)
        opened = os.fstat(descriptor)
        # The writer may have renamed it between the listing and the lock: then this name is gone.
        if stat.S_ISREG(opened.st_mode) and os.path.samestat(opened, path.lstat()):
            path.unlink()
            return True
        return False
    finally:
        os.close(descriptor)


def _target_of(path: StrPath) -> Path:
    """The file behind links; CnnError for the name of a folder."""
    if os.fspath(path).endswith("/"):
        raise CnnError(f"{printable(path)}: is a folder; name a file in it")
    return Path(os.path.realpath(path))


def _status_of_replaceable(path: StrPath, target: Path, over_protected: bool) -> os.stat_result | None:
    """Status of the file that will be replaced, None when there is none; CnnError when it must stay."""
    try:
        old = target.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(old.st_mode):
        raise CnnError(f"{printable(path)}: is a folder; name a file in it")
    if not stat.S_ISREG(old.st_mode):
        raise CnnError(f"{printable(path)}: is a device or a pipe, which a file would replace; name a file")
    if not over_protected and not os.access(target, os.W_OK):
        raise CnnError(f"{printable(path)}: is write-protected; chmod u+w it or name another file")
    return old


@contextmanager
def temporary_file(folder: Path, mode: int) -> Iterator[tuple[int, Path]]:
    """A new locked file in `folder`; whatever is left under its name at the end is removed."""
    while True:
        path = folder / f".cnncli-{os.urandom(8).hex()}.tmp"
        descriptor = -1
        try:
            # Within the try, since Ctrl-C may come when the file is there and its number is not yet known.
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
            # Some network file systems know no locks; there nothing is swept, and the write is as good.
            with suppress(OSError):
                hold_lock(descriptor, wait=True)
            if os.fstat(descriptor).st_nlink == 0:
                continue  # swept between the creation and the lock
            yield descriptor, path
            return
        finally:
            # Nothing here may hide why the write failed; what cannot be removed now is swept later.
            with suppress(OSError):
                path.unlink()
            if descriptor >= 0:
                os.close(descriptor)


def write_all(descriptor: int, part: bytes | memoryview) -> None:
    """`os.write` writes as much as it likes; this all."""
    rest = memoryview(part)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _adopt_owner_and_mode(descriptor: int, old: os.stat_result, more: int) -> None:
    new = os.fstat(descriptor)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        with suppress(PermissionError):  # only root may give files away
            os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, old.st_mode & 0o777 | more)


def _flush_folder(folder: int) -> None:
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno != errno.EINVAL:  # file systems without a flush of folders say EINVAL
            raise
