"""System calls that fail: the k-th one of those that write files, with the error of a full or broken disk."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

# What cnncli.storage.files calls to write a file, in this order: open, write, fsync, rename, fsync of the folder.
CALLS = ("open", "write", "fsync", "replace")
ERRORS = (errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES, errno.EDQUOT)


class FailingCalls:
    """Counts the calls; the ones in `failing`, counted from 0, raise OSError(code) instead of doing anything."""

    def __init__(self, code: int = errno.EIO) -> None:
        self.code = code
        self.count = 0
        self.failing: Callable[[int], bool] = lambda call: False

    def __call__(self) -> None:
        call, self.count = self.count, self.count + 1
        if self.failing(call):
            raise OSError(self.code, os.strerror(self.code))


@contextmanager
def failing_calls(code: int = errno.EIO) -> Iterator[FailingCalls]:
    """While entered, the calls that write files in this process are counted, and may be made to fail."""
    calls = FailingCalls(code)

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            calls()
            return real(*arguments, **options)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, counted(getattr(os, name)))
        yield calls
