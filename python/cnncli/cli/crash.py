"""Keeps the traceback of an internal error in a file that the user can send."""

import platform
import sys
import traceback
from datetime import datetime
from pathlib import Path

from cnncli import __version__


def save_traceback(error: BaseException) -> Path:
    """Writes the traceback, the command line and the versions to a new file in the user's log folder.

    Returns the file; where the log folder cannot be written, one in the folder for temporary files.
    """
    import tempfile

    import platformdirs

    text = "\n".join(
        [
            f"command: {' '.join(sys.argv)}",
            f"versions: cnncli {__version__}, Python {platform.python_version()}, {platform.platform()}",
            "",
            *traceback.format_exception(error),
        ]
    )
    name = datetime.now().strftime("error-%Y%m%d-%H%M%S-")
    folder = Path(platformdirs.user_log_dir("cnncli", appauthor=False))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _write(text, name, folder)
    except OSError:
        return _write(text, name, Path(tempfile.gettempdir()))


def _write(text: str, name: str, folder: Path) -> Path:
    import tempfile

    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", errors="backslashreplace", prefix=name, suffix=".txt", dir=folder, delete=False
    ) as file:
        file.write(text)
    return Path(file.name)
