"""Whether a file is the one that was published: its size and SHA-256, with a limit on what it unpacks to."""

import gzip
import hashlib
import stat
import zlib
from pathlib import Path
from typing import BinaryIO

from cnncli.data.download.sources import RemoteFile
from cnncli.shown import reason_of
from cnncli.storage.files import PIECE_BYTES

_GZIP_MAGIC = b"\x1f\x8b"


def file_problem(path: Path, file: RemoteFile) -> str | None:
    """Why a file is not the published one, in a few words; None if it is.

    A file whose digest is of its content may be plain or gzipped; it is unpacked a mebibyte at a time, and no further
    once that is more than it may hold.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return "not a regular file"
        with path.open("rb") as raw:
            if not file.of_content:
                return _problem_of_file(raw, status.st_size, file)
            zipped = raw.read(2) == _GZIP_MAGIC
            raw.seek(0)
            if not zipped:
                return _problem_of_content(raw, file)
            with gzip.GzipFile(fileobj=raw) as content:
                return _problem_of_content(content, file)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        return f"the gzip data is cut or damaged ({str(error).lower()})"
    except OSError as error:
        return f"cannot be read ({reason_of(error)})"


def sha256_of(raw: BinaryIO) -> str:
    """SHA-256 of what is left to read of a file, in hex."""
    digest = hashlib.sha256()
    while chunk := raw.read(PIECE_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def _problem_of_file(raw: BinaryIO, size_bytes: int, file: RemoteFile) -> str | None:
    if size_bytes != file.size_bytes:
        return f"{size_bytes:,} bytes instead of {file.size_bytes:,}"
    return _problem_of_digest(sha256_of(raw), file, "")


def _problem_of_content(content: BinaryIO | gzip.GzipFile, file: RemoteFile) -> str | None:
    digest, size_bytes = hashlib.sha256(), 0
    while chunk := content.read(PIECE_BYTES):
        digest.update(chunk)
        size_bytes += len(chunk)
        if size_bytes > file.content_bytes:
            return f"unpacks to more than its {file.content_bytes:,} bytes"
    if size_bytes != file.content_bytes:
        return f"unpacks to {size_bytes:,} bytes instead of {file.content_bytes:,}"
    return _problem_of_digest(digest.hexdigest(), file, " of the content")


def _problem_of_digest(sha256: str, file: RemoteFile, of_what: str) -> str | None:
    if sha256 == file.sha256:
        return None
    return f"wrong bytes (SHA-256{of_what} {sha256[:16]}..., expected {file.sha256[:16]}...)"
