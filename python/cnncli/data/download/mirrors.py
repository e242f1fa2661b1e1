"""Which mirrors a data set is fetched from, and how they are called in messages."""

import os

from cnncli.data.download.sources import Source
from cnncli.errors import UsageError
from cnncli.shown import printable


def mirrors_of(source: Source) -> tuple[str, ...]:
    """The mirrors of a data set: those in CNN_MIRRORS (URLs with a folder for each data set), else the built-in ones.

    Raises
    ------
    UsageError : a URL in CNN_MIRRORS that is not https
    """
    named = os.environ.get("CNN_MIRRORS", "").split()
    for url in named:
        if not url.startswith("https://"):
            raise UsageError(f"CNN_MIRRORS: {printable(url)} is not https; data sets are fetched from https://... only")
    return tuple(f"{url.rstrip('/')}/{source.folders[0]}/" for url in named) or source.mirrors


def shown_mirror(url: str) -> str:
    """The URL without https:// and without the last slash."""
    return url.removeprefix("https://").rstrip("/")


def host_of(url: str) -> str:
    """The host, with the port if there is one."""
    return shown_mirror(url).partition("/")[0]
