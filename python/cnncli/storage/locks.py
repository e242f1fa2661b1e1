"""Locks of files that the system frees with the process, however it ends."""

import errno
import os
from pathlib import Path
from typing import Any

fcntl: Any  # None where there is no such module
try:
    import fcntl
except ImportError:  # a system without POSIX locks, as Windows; what that costs stands in NO_LOCKS
    fcntl = None

NO_LOCKS = "this system has no file locks, so nothing keeps two programs from writing here at once; on Windows use WSL"


def open_lock(path: Path) -> int:
    """The descriptor of a file that is there for its lock alone, made if need be; who may write the folder may hold it.

    Raises OSError if the file cannot be made, or is a symbolic link.
    """
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)


def hold_lock(descriptor: int, *, wait: bool) -> None:
    """Hold the lock of an open file or folder until it is closed.

    Raises:
        BlockingIOError: another holds it, and `wait` is false.
        OSError: the system or the file system has no locks; errno.ENOTSUP with `NO_LOCKS` as its text for the system.
    """
    if fcntl is None:
        raise OSError(errno.ENOTSUP, NO_LOCKS)
    fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
