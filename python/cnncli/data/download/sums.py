"""SHA256SUMS: digests of files that have none of their own published, written when their archive was verified.

In the format of the program sha256sum, so that `sha256sum --check SHA256SUMS` says the same as this program.
"""

import re
from pathlib import Path

from cnncli.storage.files import write_atomically

NAME = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  (\S+)")
_MOST_BYTES = 1 << 20


def read_sums(folder: Path) -> dict[str, str]:
    """From file name to digest; empty if there is no such list. Lines of other forms do not count."""
    try:
        with (folder / NAME).open("rb") as file:
            text = file.read(_MOST_BYTES).decode("ascii", errors="replace")
    except OSError:
        return {}
    found = [_LINE.fullmatch(line) for line in text.splitlines()]
    return {match[2]: match[1] for match in found if match is not None}


def write_sums(folder: Path, sums: dict[str, str]) -> None:
    """Writes the list, whole or not at all."""
    text = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
    write_atomically(folder / NAME, text.encode("ascii"))
