"""File locks, and what is said where there are none."""

import os
import sys
from importlib import reload
from pathlib import Path

import pytest

from cnncli.errors import CnnError
from cnncli.storage import files, locks
from cnncli.training import runs


def test_a_lock_is_held_by_one_until_it_is_closed(tmp_path: Path) -> None:
    first, second = (os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT) for _ in range(2))
    try:
        locks.hold_lock(first, wait=False)
        with pytest.raises(BlockingIOError):
            locks.hold_lock(second, wait=False)
        os.close(first)
        locks.hold_lock(second, wait=True)
    finally:
        os.close(second)


def test_who_may_write_a_folder_may_hold_its_lock_whoever_made_the_file(tmp_path: Path) -> None:
    before = os.umask(0)  # which takes nothing away, as in a folder of data sets that many people share
    try:
        os.close(locks.open_lock(tmp_path / "lock"))
    finally:
        os.umask(before)
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o666  # read and written by all, run by nobody
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        locks.open_lock(tmp_path / "link")
    assert not (tmp_path / "elsewhere").exists()


def test_without_the_module_the_package_is_imported_and_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, "fcntl", None)
            reload(locks)
            descriptor = os.open(tmp_path, os.O_RDONLY)
            with pytest.raises(OSError, match="no file locks"):
                locks.hold_lock(descriptor, wait=True)
            os.close(descriptor)
            assert locks.fcntl is None
    finally:
        reload(locks)


def test_without_locks_files_are_written_whole_and_a_run_says_why_it_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "fcntl", None)
    files.write_atomically(tmp_path / "a", b"whole")
    assert (tmp_path / "a").read_bytes() == b"whole"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    with pytest.raises(CnnError, match=r"no file locks.*WSL"):
        runs.RunFolder.create(tmp_path / "runs", "x", {})
