"""What a fetch leaves in a folder, and how long it waits in tests."""

from pathlib import Path

from cnncli.data.download.transfer import Patience
from small_sets import SmallSet

FIRST = "train-images-idx3-ubyte.gz"
PATIENT = Patience(reach_seconds=10, answer_seconds=20, slow_seconds=20)


def shown(url: str) -> str:
    return url.removeprefix("https://").rstrip("/")


def files_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def assert_whole(folder: Path, small: SmallSet) -> None:
    """All files are there as they were served, and nothing else but the lock."""
    assert files_in(folder) == {*small.served, ".cnncli-fetch.lock"}
    for name, content in small.served.items():
        assert (folder / name).read_bytes() == content
