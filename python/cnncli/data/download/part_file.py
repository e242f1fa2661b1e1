"""A download that is not complete: its bytes, and what is known of where they came from."""

import json
import os
from contextlib import suppress
from pathlib import Path

from cnncli.errors import CnnError
from cnncli.shown import printable
from cnncli.storage.files import publish, writing_error

_MOST_FACTS_BYTES = 10_000


class PartFile:
    """`NAME.part` beside the target, and `NAME.part.json`; both survive a kill, so that the next run goes on.

    One process at a time: the caller holds the lock of the folder.

    url, validator : where the bytes came from; its ETag or date, for If-Range, or ""
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self.path = target.with_name(target.name + ".part")
        self._facts_path = target.with_name(target.name + ".part.json")
        self.url, self.validator = self._read_facts()
        self.size_bytes = self._measure()

    def restart(self, url: str, validator: str) -> None:
        """Begins from nothing with what `url` sends."""
        self.discard()
        try:
            _write_new(self._facts_path, json.dumps({"url": url, "validator": validator}).encode())
            _write_new(self.path, b"")
        except OSError as error:
            raise writing_error(self.path, error) from None
        self.url, self.validator = url, validator

    def append(self, piece: bytes) -> None:
        """Adds to what is there."""
        try:
            with self.path.open("ab") as file:
                file.write(piece)
        except OSError as error:
            raise writing_error(self.path, error, len(piece)) from None
        self.size_bytes += len(piece)

    def publish(self) -> None:
        """Puts the complete file into its place, whole or not at all."""
        publish(self.path, self._target)
        self.discard()

    def discard(self) -> None:
        """Removes what is there."""
        for path in (self.path, self._facts_path):
            with suppress(FileNotFoundError):
                path.unlink()
        self.url, self.validator, self.size_bytes = "", "", 0

    def _measure(self) -> int:
        if not os.path.lexists(self.path):
            return 0
        if not _is_plain(self.path):
            raise CnnError(f"{printable(self.path)}: is no regular file; remove it")
        return self.path.stat().st_size

    def _read_facts(self) -> tuple[str, str]:
        """Without facts the bytes may still be right: the digest decides in the end."""
        if not _is_plain(self._facts_path):
            return "", ""
        with suppress(OSError, ValueError, KeyError, TypeError):
            with self._facts_path.open("rb") as file:
                facts = json.loads(file.read(_MOST_FACTS_BYTES))
            return str(facts["url"]), str(facts["validator"])
        return "", ""


def _is_plain(path: Path) -> bool:
    """A regular file, and no link to one: nothing that blocks when it is read, or lies elsewhere."""
    return path.is_file() and not path.is_symlink()


def _write_new(path: Path, content: bytes) -> None:
    """Writes a file that must not be there yet, so that no link that somebody put there is followed."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
        file.write(content)
