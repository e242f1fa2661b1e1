"""IDX files out of EMNIST's zip: read by name, never extracted by path."""

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from cnncli.errors import DataError
from cnncli.shown import printable

MOST_MEMBER_BYTES = 256 << 20  # the largest that is read, 240,000 images, has a quarter of that


def read_member(archive: zipfile.ZipFile, where: str, name: str) -> bytes:
    """The content of one member, at most 256 MiB of it.

    Raises
    ------
    DataError : no such member, larger than it may be or says to be, encrypted, or damaged
    """
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise DataError(f"{where}: has no member {name}; fetch it again") from None
    if info.file_size > MOST_MEMBER_BYTES:
        raise DataError(f"{where}: {name} unpacks to {info.file_size:,} bytes; the limit is {MOST_MEMBER_BYTES:,}")
    try:
        with archive.open(info) as member:
            content = member.read(info.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError) as error:
        raise DataError(f"{where}: {name} cannot be unpacked ({str(error)[:80].lower()}); fetch it again") from None
    if len(content) != info.file_size:
        raise DataError(f"{where}: {name} unpacks to another size than it says; fetch it again")
    return content


def read_members(path: Path, names: Sequence[str]) -> dict[str, bytes]:
    """The content of members of a zip, by name.

    Raises
    ------
    DataError : it is no zip, or as `read_member`
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DataError(f"{printable(path)}: is no zip archive ({str(error)[:80].lower()}); fetch it again") from None
    with archive:
        return {name: read_member(archive, printable(path), name) for name in names}
