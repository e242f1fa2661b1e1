"""A download that is not complete: its bytes, and what is known of where they came from."""

import json
import os
from contextlib import suppress
from pathlib import Path

from cnncli.errors import CnnError
from cnncli.files import publish, writing_error
from cnncli.shown import shown

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
        self.url, self.validator = url, validator
        try:
            self.path.unlink(missing_ok=True)
            self.size_bytes = 0
            self._facts_path.write_text(json.dumps({"url": url, "validator": validator}), encoding="utf-8")
            # New, so that a link that somebody put there is not followed.
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666))
        except OSError as error:
            raise writing_error(self.path, error) from None

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
        if self.path.is_symlink() or (self.path.exists() and not self.path.is_file()):
            raise CnnError(f"{shown(self.path)}: is no regular file; remove it")
        return self.path.stat().st_size if self.path.exists() else 0

    def _read_facts(self) -> tuple[str, str]:
        """Without facts the bytes may still be right: the digest decides in the end."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            with self._facts_path.open("rb") as file:
                facts = json.loads(file.read(_MOST_FACTS_BYTES))
            return str(facts["url"]), str(facts["validator"])
        return "", ""
