"""The lock of a program, which a process forked in the middle of a call inherits without the thread that holds it."""

from __future__ import annotations

import os
import threading
import weakref
from contextlib import AbstractContextManager
from typing import NoReturn, Protocol

from cnncli.errors import UsageError


class _Locked(Protocol):
    _lock: AbstractContextManager[object]


_holders: weakref.WeakSet[_Locked] = weakref.WeakSet()


class _Lost(AbstractContextManager[object]):
    """In the place of a lock whose holder does not exist in this process: an error and not a wait for ever."""

    def __enter__(self) -> NoReturn:
        raise UsageError(
            "program: another thread was inside it when this process was forked, so its arrays may be half written; "
            "build the network and the program anew in the forked process"
        )

    def __exit__(self, *error: object) -> None:
        """Never entered."""


def program_lock(holder: _Locked) -> AbstractContextManager[object]:
    """A lock for `holder._lock`, on which a forked process never waits in vain.

    One thread may take it again: a custom layer that asks its own program for a prediction gets it or the core's error,
    and does not wait for itself. The plain lock of the standard library, since a prediction takes microseconds; what is
    lost is found once, after the fork.
    """
    _holders.add(holder)
    return threading.RLock()


def _after_fork_in_child() -> None:
    for holder in list(_holders):
        lock = holder._lock
        if isinstance(lock, _Lost):
            continue
        # The thread that forked goes on in the child, also with the locks that it holds.
        if lock.acquire(blocking=False):  # type: ignore[attr-defined]
            lock.release()  # type: ignore[attr-defined]
        else:
            holder._lock = _Lost()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
