"""Brings the missing files of a data set into its folder: verified, whole or not at all, one process at a time."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cnncli.data.download.archive import read_members
from cnncli.data.download.cache import candidates, find_files, locked, own_folder
from cnncli.data.download.exchange import CutError, MirrorError
from cnncli.data.download.mirrors import host_of, mirrors_of, shown_mirror
from cnncli.data.download.part_file import PartFile
from cnncli.data.download.published import verified_names
from cnncli.data.download.reach import why_unreachable
from cnncli.data.download.sources import RemoteFile, Source
from cnncli.data.download.sums import write_sums
from cnncli.data.download.transfer import Patience, transfer
from cnncli.data.download.verify import file_problem
from cnncli.data.fetch_records import (
    Damaged,
    FetchDone,
    FetchStarted,
    FileFetched,
    FileProgress,
    Report,
    Skipped,
    Unpacking,
    Waiting,
    ignore,
)
from cnncli.errors import DataError
from cnncli.shown import printable
from cnncli.storage.files import write_atomically

PATIENCE = Patience()
_MOST_REASON = 200  # characters


class FetchError(DataError):
    """A data set that is not there and that no mirror delivered. Its notes say what to put where by hand."""


class UnreachableError(FetchError):
    """No mirror can be reached at all.

    reasons : from mirror to why, in a few words
    """

    def __init__(self, message: str, reasons: dict[str, str]) -> None:
        super().__init__(message)
        self.reasons = reasons


def fetch(source: Source, data_dir: str | Path | None = None, report: Report = ignore) -> Path:
    """Sees to it that all files of a data set are there and are the published ones; fetches those that are not.

    What is there and right is not fetched again, and then no socket is opened. What is there in our own folder but
    damaged is replaced.

    Parameters
    ----------
    source : which data set
    data_dir : folder of data sets, instead of CNN_DATA_DIR or the user's cache
    report : called with what happens

    Returns
    -------
    the folder that holds the files

    Raises
    ------
    UnreachableError : no mirror connects within 1.7 s
    FetchError : mirrors connect, but none delivers what it must
    CnnError : the folder cannot be written
    """
    for folder in candidates(source, data_dir):
        names = verified_names(source, folder)
        if names is not None:
            report(FetchDone(source.name, folder, names))
            return folder
    folder = own_folder(source, data_dir)
    task = _Fetch(source, folder, report)
    task.check_reachable()  # before the folder is made: nothing is left behind where nothing can be fetched
    with locked(folder, lambda: report(Waiting(source.name, folder))):
        task.run()
    return folder


def by_hand(source: Source, folder: Path) -> list[str]:
    """Lines that say which files, with which digests, to put where; the digests as sha256sum prints them."""
    of_content = source.files[0].of_content
    digests = "SHA-256 of the content, gzipped or not" if of_content else "SHA-256"
    return [
        f"  from {mirrors_of(source)[0]} into {printable(folder)}, {digests}:",
        *(f"  {file.sha256}  {file.name.removesuffix('.gz') if of_content else file.name}" for file in source.files),
    ]


@dataclass
class _Fetch:
    """One data set on its way into its folder."""

    source: Source
    folder: Path
    report: Report
    mirrors: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.mirrors = list(mirrors_of(self.source))

    def check_reachable(self) -> None:
        """Raises UnreachableError if something is to be fetched and no mirror connects."""
        _, wanted, _ = self._sort()
        reasons = why_unreachable(self.mirrors, PATIENCE.reach_seconds) if wanted else None
        if reasons is None:
            return
        # It may be a proxy's words
        reasons = {url: printable(reason[:_MOST_REASON]) for url, reason in reasons.items()}
        shown_reasons = "; ".join(f"{host_of(url)}: {reason}" for url, reason in reasons.items())
        error = UnreachableError(
            f"{self.source.name}: {_listed([file.name for file in wanted])} not in {printable(self.folder)}, "
            "and no mirror "
            f"can be reached ({shown_reasons}); try again later, or put the files there by hand",
            {shown_mirror(url): reason for url, reason in reasons.items()},
        )
        self._add_notes(error)
        raise error

    def run(self) -> None:
        """Fetches what is missing; the caller holds the lock of the folder."""
        source, folder = self.source, self.folder
        names = verified_names(source, folder)  # another process may have fetched them meanwhile
        if names is not None:
            self.report(FetchDone(source.name, folder, names))
            return
        present, wanted, damaged = self._sort()
        plain_names = {path.name for path, _ in damaged} - {file.name for file in wanted}
        if source.is_archive and not wanted:
            self._unpack(folder / source.files[0].name)
        if wanted:
            for path, reason in damaged:
                self.report(Damaged(path.name, reason))
            self.report(FetchStarted(source.name, folder, len(wanted), sum(file.size_bytes for file in wanted)))
            for file in wanted:
                self._fetch_file(file)
            for path, _ in damaged:
                if path.name in plain_names:
                    path.unlink(missing_ok=True)  # a damaged plain file would go before the right .gz
        self.report(FetchDone(source.name, folder, tuple(present)))

    def _sort(self) -> tuple[list[str], list[RemoteFile], list[tuple[Path, str]]]:
        """Names of the files that are there, files to fetch, and those that are damaged, with the reason."""
        present: list[str] = []
        wanted: list[RemoteFile] = []
        damaged: list[tuple[Path, str]] = []
        found = find_files(self.source, self.folder)
        part_of = {name: part for part, name in self.source.parts.items()}
        for file in self.source.files:
            path = found.get(part_of.get(file.name, ""), self.folder / file.name)
            reason = file_problem(path, file) if path.exists() else None
            if path.exists() and reason is None:
                present.append(path.name)
                continue
            wanted.append(file)
            if reason is not None:
                damaged.append((path, reason))
        return present, wanted, damaged

    def _add_notes(self, error: FetchError) -> None:
        for line in by_hand(self.source, self.folder):
            error.add_note(line)

    def _fetch_file(self, file: RemoteFile) -> None:
        for mirror in list(self.mirrors):
            try:
                self._fetch_from(mirror, file)
                return
            except MirrorError as error:
                reason = printable(str(error)[:_MOST_REASON])  # in parts the mirror's own words
                self.report(Skipped(file.name, shown_mirror(mirror), reason))
                self.mirrors.remove(mirror)  # the next file is asked of the others first
                self.mirrors.append(mirror)
        count = len(self.mirrors)
        which = f"none of its {count} mirrors sends" if count > 1 else "its only mirror does not send"
        failed = FetchError(
            f"{self.source.name}: {which} {file.name} as it must be; try again later, or put it into "
            f"{printable(self.folder)} by hand"
        )
        self._add_notes(failed)
        raise failed

    def _fetch_from(self, mirror: str, file: RemoteFile) -> None:
        target, start = self.folder / file.name, time.monotonic()
        part = PartFile(target)
        resumed_bytes = part.size_bytes
        place = shown_mirror(mirror)

        def progress(received_bytes: int, total_bytes: int | None) -> None:
            nonlocal resumed_bytes
            resumed_bytes = min(resumed_bytes, received_bytes)  # 0 once it begins again
            self.report(FileProgress(file.name, place, received_bytes, total_bytes))

        url = mirror + file.name
        # A run that was killed between the last byte and the renaming left all of it.
        if part.size_bytes != file.size_bytes or file_problem(part.path, file) is not None:
            try:
                transfer(url, part, file, PATIENCE, progress)
            except CutError:
                if file_problem(part.path, file) is not None:
                    raise  # else all of it came: the mirror announced more than there is
        problem = file_problem(part.path, file)
        if problem is not None and resumed_bytes:
            part.discard()  # what was there may be of another version of the file
            transfer(url, part, file, PATIENCE, progress)
            problem = file_problem(part.path, file)
        if problem is not None:
            part.discard()
            raise MirrorError(problem)
        size_bytes = part.size_bytes
        if self.source.is_archive:
            self._unpack(part.path)
            part.discard()
        else:
            part.publish()
        seconds = time.monotonic() - start
        self.report(FileFetched(file.name, place, size_bytes, resumed_bytes, seconds))

    def _unpack(self, path: Path) -> None:
        """Puts the members of a verified archive into the folder, and notes their digests."""
        self.report(Unpacking(path.name.removesuffix(".part")))
        names = [*self.source.parts.values(), *self.source.siblings]
        sums: dict[str, str] = {}
        for name in names:
            content = read_members(path, [f"gzip/{name}"])[f"gzip/{name}"]
            write_atomically(self.folder / name, content)
            sums[name] = hashlib.sha256(content).hexdigest()
        write_sums(self.folder, sums)


def _listed(names: Sequence[str]) -> str:
    """
    >>> _listed(["a"]), _listed(["a", "b", "c"])
    ('a is', 'a and 2 other files are')
    """
    if len(names) == 1:
        return f"{names[0]} is"
    return f"{names[0]} and {len(names) - 1} other file{'s' if len(names) > 2 else ''} are"
