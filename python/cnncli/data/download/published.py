"""Whether the IDX files in a folder are those that were published under a name."""

from pathlib import Path

from cnncli.data.download.cache import find_files
from cnncli.data.download.sources import RemoteFile, Source
from cnncli.data.download.sums import read_sums
from cnncli.data.download.verify import file_problem


def verified_names(source: Source, folder: Path) -> tuple[str, ...] | None:
    """The names of the files of a data set if a folder holds all of them as published, else None."""
    files = find_files(source, folder)
    if len(files) < len(source.parts) or any(part_problem(source, part, path) for part, path in files.items()):
        return None
    return tuple(path.name for path in files.values())


def part_problem(source: Source, part: str, path: Path) -> str | None:
    """Why the IDX file of a part is not the published one; None if it is."""
    expected = expected_file(source, part, path.parent)
    return "its digest is unknown" if expected is None else file_problem(path, expected)


def expected_file(source: Source, part: str, folder: Path) -> RemoteFile | None:
    """What is published of the IDX file of a part; of a member of an archive, what was noted when it was unpacked."""
    name = source.parts[part]
    if not source.is_archive:
        return next(file for file in source.files if file.name == name)
    sha256, path = read_sums(folder).get(name), folder / name
    if sha256 is None or not path.is_file():
        return None
    return RemoteFile(name, path.stat().st_size, sha256, of_content=False, content_bytes=0)
