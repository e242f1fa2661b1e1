"""A disk that loses power: what may be in a folder afterwards, for each moment of a write.

The system calls of a real write are recorded. Then they are replayed on a model of a file system that promises no more
than POSIX does: data is safe after fsync of its file, a name after fsync of its folder, and what was not flushed may
have reached the disk in full, in part, as zeros or not at all, in any combination.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

Folder = dict[str, bytes]  # names and contents


@dataclass(frozen=True)
class Create:
    name: str
    inode: int


@dataclass(frozen=True)
class Write:
    inode: int
    data: bytes


@dataclass(frozen=True)
class Rename:
    source: str
    target: str


@dataclass(frozen=True)
class Remove:
    name: str


@dataclass(frozen=True)
class Flush:
    inode: int  # of a file or of the folder


Event = Create | Write | Rename | Remove | Flush


@contextmanager
def recorded(folder: Path) -> Iterator[list[Event]]:
    """The calls that change `folder` while entered, in order; other folders are left out."""
    events: list[Event] = []
    real_open, real_write, real_fsync = os.open, os.write, os.fsync
    real_replace, real_unlink, real_link = os.replace, os.unlink, os.link
    # A number for each file that is made here: that of an inode is given again once its last name is gone.
    numbers: dict[int, int] = {}
    made = itertools.count(1 << 64)

    def number_of(descriptor: int) -> int:
        inode = os.fstat(descriptor).st_ino
        return numbers.get(inode, inode)

    def is_here(path: Any) -> bool:
        return Path(os.fsdecode(path)).resolve().parent == folder.resolve()

    def open_(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
        is_new = bool(flags & os.O_CREAT) and not Path(path).exists()
        descriptor = real_open(path, flags, *arguments, **options)
        if is_new and is_here(path):
            numbers[os.fstat(descriptor).st_ino] = next(made)
            events.append(Create(Path(path).name, number_of(descriptor)))
        return descriptor

    def write(descriptor: int, data: Any) -> int:
        count = real_write(descriptor, data)
        events.append(Write(number_of(descriptor), bytes(data[:count])))
        return count

    def fsync(descriptor: int) -> None:
        real_fsync(descriptor)
        events.append(Flush(number_of(descriptor)))

    def replace(source: Any, target: Any, **options: Any) -> None:
        real_replace(source, target, **options)
        if is_here(target):
            events.append(Rename(Path(source).name, Path(target).name))

    def link(source: Any, target: Any, **options: Any) -> None:
        real_link(source, target, **options)
        if is_here(target):
            inode = Path(target).stat().st_ino
            events.append(Create(Path(target).name, numbers.get(inode, inode)))

    def unlink(path: Any, **options: Any) -> None:
        real_unlink(path, **options)
        if is_here(path):
            events.append(Remove(Path(path).name))

    with pytest.MonkeyPatch.context() as patch:
        for function in (open_, write, fsync, replace, link, unlink):
            patch.setattr(os, function.__name__.rstrip("_"), function)
        yield events


@dataclass
class _Disk:
    """What is written, and what of it is certain."""

    folder_inode: int
    names: dict[str, int]  # that are certain
    safe: dict[int, bytes]  # content at the last flush
    written: dict[int, bytes]
    pending: list[Event] = field(default_factory=list)  # changes of names since the folder's last flush

    def apply(self, event: Event) -> None:
        if isinstance(event, Write):
            self.written[event.inode] = self.written.get(event.inode, b"") + event.data
        elif isinstance(event, Flush):
            if event.inode == self.folder_inode:
                for change in self.pending:
                    _change(self.names, change, self._inodes())
                self.pending = []
            else:
                self.safe[event.inode] = self.written.get(event.inode, b"")
        else:
            self.pending.append(event)
            if isinstance(event, Create):
                self.safe.setdefault(event.inode, b"")
                self.written.setdefault(event.inode, b"")

    def _inodes(self) -> dict[str, int]:
        """The inode behind each name that was ever made here."""
        return self.names | {event.name: event.inode for event in self.pending if isinstance(event, Create)}

    def _contents(self, inode: int) -> list[bytes]:
        safe, written = self.safe.get(inode, b""), self.written.get(inode, b"")
        if safe == written:
            return [safe]
        if not written.startswith(safe):
            return [safe, written, written[: len(written) // 2], bytes(len(written))]
        added = written[len(safe) :]  # to what was flushed, which stays
        return [safe, written, safe + added[: len(added) // 2], safe + bytes(len(added))]

    def outcomes(self) -> Iterator[Folder]:
        for kept in itertools.product((False, True), repeat=len(self.pending)):
            names, inodes = dict(self.names), self._inodes()
            for change, has_happened in zip(self.pending, kept, strict=True):
                if has_happened:
                    _change(names, change, inodes)
            contents = [self._contents(inode) for inode in names.values()]
            for chosen in itertools.product(*contents):
                yield dict(zip(names, chosen, strict=True))


def _change(names: dict[str, int], change: Event, inodes: dict[str, int]) -> None:
    if isinstance(change, Create):
        names[change.name] = change.inode
    elif isinstance(change, Rename):
        # The file moves even if the disk never heard of its first name.
        names[change.target] = names.pop(change.source, inodes[change.source])
        inodes[change.target] = names[change.target]
    elif isinstance(change, Remove):
        names.pop(change.name, None)


def states_after_power_loss(folder: Path, act: Callable[[], object]) -> Iterator[tuple[int, Folder]]:
    """Runs `act`, which changes files in `folder`; yields (calls made, what may be there) for each moment of it."""
    inodes = {path.name: path.stat().st_ino for path in folder.iterdir() if path.is_file()}
    before = {path.stat().st_ino: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    with recorded(folder) as events:
        act()
    disk = _Disk(folder.stat().st_ino, inodes, dict(before), dict(before))
    seen: set[frozenset[tuple[str, bytes]]] = set()
    for count in range(len(events) + 1):
        if count:
            disk.apply(events[count - 1])
        for outcome in disk.outcomes():
            key = frozenset(outcome.items())
            if key not in seen:
                seen.add(key)
                yield count, outcome
