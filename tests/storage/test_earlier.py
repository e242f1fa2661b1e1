"""A model that a new one takes the place of is kept beside it, whatever comes between."""

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cnncli.errors import CnnError
from cnncli.storage import earlier
from cnncli.storage.earlier import write_beside_earlier
from power_loss import states_after_power_loss


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def without_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def link(source: object, target: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)


@pytest.fixture(params=["with hard links", "without"])
def links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test runs on a file system with hard links and on one without."""
    if request.param == "without":
        without_links(monkeypatch)


@pytest.mark.usefixtures("links")
def test_each_file_is_kept_under_the_next_number(tmp_path: Path) -> None:
    target = tmp_path / "model.bin"
    kept = [write_beside_earlier(target, content) for content in (b"one", b"two", [b"thr", b"ee"])]
    assert kept == [None, tmp_path / "model.1.bin", tmp_path / "model.2.bin"]
    assert contents(tmp_path) == {"model.bin": b"three", "model.1.bin": b"one", "model.2.bin": b"two"}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("net", "net.1"),
        ("a.b.bin", "a.b.1.bin"),
        (".hidden", ".hidden.1"),
        ("model.1.bin", "model.1.1.bin"),
        ("modèle [1]*.bin", "modèle [1]*.1.bin"),
        ("-out.bin", "-out.1.bin"),
    ],
)
def test_the_number_stands_before_the_suffix(tmp_path: Path, name: str, kept: str) -> None:
    write_beside_earlier(tmp_path / name, b"old")
    assert write_beside_earlier(tmp_path / name, b"new") == tmp_path / kept
    assert contents(tmp_path) == {name: b"new", kept: b"old"}


def test_a_removed_number_is_not_given_again(tmp_path: Path) -> None:
    """So that a higher number is always a later model."""
    for name in ("model.bin", "model.7.bin", "model.08.bin", "model.x.bin", "other.9.bin", "model.9.npz"):
        (tmp_path / name).write_bytes(name.encode())
    assert write_beside_earlier(tmp_path / "model.bin", b"new") == tmp_path / "model.8.bin"


def test_the_same_bytes_are_not_kept(tmp_path: Path) -> None:
    target = tmp_path / "model.bin"
    assert [write_beside_earlier(target, b"same") for _ in range(3)] == [None, None, None]
    assert contents(tmp_path) == {"model.bin": b"same"}


def test_a_file_of_the_same_size_is_kept(tmp_path: Path) -> None:
    old, new = bytes(3 << 20), bytes((3 << 20) - 1) + b"\x01"
    write_beside_earlier(tmp_path / "model.bin", old)
    assert write_beside_earlier(tmp_path / "model.bin", new) == tmp_path / "model.1.bin"


@pytest.mark.usefixtures("links")
def test_the_kept_file_has_its_time_and_its_permissions(tmp_path: Path) -> None:
    target = tmp_path / "model.bin"
    target.write_bytes(b"old")
    target.chmod(0o640)
    os.utime(target, (1000, 2000))
    kept = write_beside_earlier(target, b"new")
    assert kept is not None
    assert (kept.stat().st_mtime, kept.stat().st_mode & 0o777) == (2000, 0o640)
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_write_protected_file_is_kept_and_replaced_by_one_that_is_not(tmp_path: Path) -> None:
    target = tmp_path / "model.bin"
    target.write_bytes(b"old")
    target.chmod(0o444)
    kept = write_beside_earlier(target, b"new")
    assert kept is not None
    assert (kept.read_bytes(), kept.stat().st_mode & 0o777) == (b"old", 0o444)
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"new", 0o644)


def test_behind_a_symbolic_link_the_file_itself_is_kept_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "net.bin").write_bytes(b"old")
    (tmp_path / "model.bin").symlink_to("real/net.bin")
    assert write_beside_earlier(tmp_path / "model.bin", b"new") == tmp_path / "real" / "net.1.bin"
    assert contents(tmp_path / "real") == {"net.bin": b"new", "net.1.bin": b"old"}
    assert (tmp_path / "model.bin").is_symlink()


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to("nowhere")], ids=["folder", "dangling link"])
def test_a_number_that_something_else_has_is_passed_over(tmp_path: Path, make: Callable[[Path], None]) -> None:
    (tmp_path / "model.bin").write_bytes(b"old")
    make(tmp_path / "model.1.bin")
    assert write_beside_earlier(tmp_path / "model.bin", b"new") == tmp_path / "model.2.bin"


def test_a_name_taken_between_the_look_and_the_link_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a writer without our lock, as on network file systems that know none."""
    (tmp_path / "model.bin").write_bytes(b"old")
    (tmp_path / "model.1.bin").write_bytes(b"of another")
    monkeypatch.setattr(earlier, "_largest_number", lambda target: 0)
    assert write_beside_earlier(tmp_path / "model.bin", b"new") == tmp_path / "model.2.bin"
    assert contents(tmp_path) == {"model.bin": b"new", "model.1.bin": b"of another", "model.2.bin": b"old"}


@pytest.mark.usefixtures("links")
def test_writers_that_end_at_once_lose_no_file(tmp_path: Path) -> None:
    target = tmp_path / "model.bin"
    start = threading.Barrier(8)

    def write(number: int) -> None:
        start.wait()
        for version in range(5):
            write_beside_earlier(target, f"{number}.{version}".encode())

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(contents(tmp_path).values()) == sorted(
        f"{number}.{version}".encode() for number in range(8) for version in range(5)
    )


@pytest.mark.usefixtures("links")
def test_a_writer_killed_between_the_two_names_leaves_both_and_the_next_one_keeps_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "model.bin"
    target.write_bytes(b"old")

    class Killed(BaseException):
        pass

    real_replace = Path.replace

    def replace(self: Path, other: Path) -> Path:
        if other == target:
            raise Killed
        return real_replace(self, other)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Path, "replace", replace)
        write_beside_earlier(target, b"new")
    assert contents(tmp_path) == {"model.bin": b"old", "model.1.bin": b"old"}
    assert write_beside_earlier(target, b"newer") == tmp_path / "model.1.bin"
    assert contents(tmp_path) == {"model.bin": b"newer", "model.1.bin": b"old"}


@pytest.mark.usefixtures("links")
def test_no_power_loss_takes_the_earlier_file(tmp_path: Path) -> None:
    old, new = b"old" * 100, b"new" * 200
    (tmp_path / "model.bin").write_bytes(old)
    found = set()
    for _, state in states_after_power_loss(tmp_path, lambda: write_beside_earlier(tmp_path / "model.bin", new)):
        model, kept = state["model.bin"], state.get("model.1.bin")
        assert model in (old, new)
        assert kept in (None, old)
        assert old in (model, kept)
        found.add((model, kept))
    assert found == {(old, None), (old, old), (new, old)}


def test_a_full_disk_leaves_the_earlier_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is copied; a second name takes no space."""
    without_links(monkeypatch)
    monkeypatch.chdir(tmp_path)
    Path("model.bin").write_bytes(b"old")

    def write(descriptor: int, piece: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(earlier, "write_all", write)
    with pytest.raises(CnnError) as caught:
        write_beside_earlier("model.bin", b"new")
    assert str(caught.value) == (
        f"{tmp_path / 'model.1.bin'}: the disk is full (3 bytes to write); free some space or name another place"
    )
    assert contents(tmp_path) == {"model.bin": b"old"}


def test_a_name_too_long_for_a_number_is_told(tmp_path: Path) -> None:
    target = tmp_path / ("m" * 251 + ".bin")
    target.write_bytes(b"old")
    with pytest.raises(CnnError, match="the name is too long for the file system; choose a shorter one"):
        write_beside_earlier(target, b"new")
    assert contents(tmp_path) == {target.name: b"old"}
