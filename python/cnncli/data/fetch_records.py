"""What reading a data set reports while it runs: plain records, for any front end to show."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FetchStarted:
    """Something of the data set is missing, and a mirror can be reached.

    files : how many files are to be fetched
    size_bytes : of all of them, as published
    """

    name: str
    folder: Path
    files: int
    size_bytes: int


@dataclass(frozen=True)
class Waiting:
    """Another process fetches into the folder; this one goes on when it is done."""

    name: str
    folder: Path


@dataclass(frozen=True)
class Damaged:
    """A file in the cache is not what it must be, and is fetched again."""

    file: str
    reason: str


@dataclass(frozen=True)
class FileProgress:
    """Some more of a file is there.

    received_bytes : what is there, with what an earlier, interrupted run had left
    total_bytes : what the mirror announced, or None
    """

    file: str
    mirror: str
    received_bytes: int
    total_bytes: int | None


@dataclass(frozen=True)
class Skipped:
    """A mirror was no use for a file; the next one is tried.

    mirror : its URL without https://
    reason : in a few words, such as "404 Not Found"
    """

    file: str
    mirror: str
    reason: str


@dataclass(frozen=True)
class Unpacking:
    """The archive is verified; its members are being read."""

    file: str


@dataclass(frozen=True)
class FileFetched:
    """A file is in its place, verified.

    resumed_bytes : how much of it an earlier run had left
    """

    file: str
    mirror: str
    size_bytes: int
    resumed_bytes: int
    seconds: float


@dataclass(frozen=True)
class FetchDone:
    """All files are there and verified.

    present : files that were there before
    """

    name: str
    folder: Path
    present: tuple[str, ...]


@dataclass(frozen=True)
class PicturesProgress:
    """Pictures are being made into images, which takes more than half a second.

    stage : "looking at" some of them to decide on their preparation, or "preparing" all
    done, total : pictures
    seconds : since it began
    """

    name: str
    stage: str
    done: int
    total: int
    seconds: float


@dataclass(frozen=True)
class PicturesDone:
    """All pictures are images, after there was a `PicturesProgress`.

    cached : how many of them were in the cache
    """

    name: str
    stage: str
    total: int
    cached: int
    seconds: float


FetchRecord = (
    FetchStarted
    | Waiting
    | Damaged
    | FileProgress
    | Skipped
    | Unpacking
    | FileFetched
    | FetchDone
    | PicturesProgress
    | PicturesDone
)
Report = Callable[[FetchRecord], None]


def ignore(record: FetchRecord) -> None:
    """For callers who do not watch."""
