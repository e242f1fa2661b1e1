"""Files appear whole or not at all, whatever ends their writer."""

import errno
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from cnncli.errors import CnnError
from cnncli.shown import find_unprintable, printable
from cnncli.storage import files
from cnncli.storage.files import as_new, check_writable, publish, sweep_stale, write_atomically
from scripts import command_of


def kill_while_writing(target: Path, times: int, rng: random.Random) -> int:
    """Kill a writer `times` times at random moments; returns how many temporary files the kills left."""
    left = 0
    for _ in range(times):
        with subprocess.Popen(command_of("writers", "write_versions", target), stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"begun\n"
            time.sleep(rng.uniform(0, 0.01))
            writer.send_signal(signal.SIGKILL)
        content = target.read_bytes()
        assert len(content) == 1_000_000
        assert content == content[:1] * 1_000_000
        left += sweep_stale(target.parent)
        assert list(target.parent.iterdir()) == [target]
    return left


def test_a_killed_writer_leaves_a_whole_file_and_its_remains_are_swept(tmp_path: Path) -> None:
    assert kill_while_writing(tmp_path / "model.bin", 12, random.Random(1)) > 0


@pytest.mark.slow
def test_none_of_200_kills_loses_a_file(tmp_path: Path) -> None:
    assert kill_while_writing(tmp_path / "model.bin", 200, random.Random(2)) > 20


def test_a_reader_never_sees_a_part_of_a_file(tmp_path: Path) -> None:
    target = tmp_path / "model.bin"
    with subprocess.Popen(command_of("writers", "write_versions", target), stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        seen = [target.read_bytes() for _ in range(200)]
        writer.kill()
    assert all(content == content[:1] * 1_000_000 for content in seen)
    assert len({content[:1] for content in seen}) > 1


def test_content_may_come_in_parts(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", [b"one ", b"", b"two"])
    assert (tmp_path / "a").read_bytes() == b"one two"


def test_an_empty_file_can_be_written(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", b"")
    assert (tmp_path / "a").read_bytes() == b""


def test_a_new_file_has_the_permissions_of_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_atomically(tmp_path / "a", b"x")
    finally:
        os.umask(old)
    assert (tmp_path / "a").stat().st_mode & 0o7777 == 0o640


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o666, 0o755])
def test_an_old_file_keeps_its_permissions(tmp_path: Path, mode: int) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(mode)
    write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert (tmp_path / "a").stat().st_mode & 0o7777 == mode


def test_a_symbolic_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far/model.bin").write_bytes(b"old")
    (tmp_path / "model.bin").symlink_to("far/model.bin")
    write_atomically(tmp_path / "model.bin", b"new")
    assert (tmp_path / "model.bin").is_symlink()
    assert (tmp_path / "far/model.bin").read_bytes() == b"new"


def test_a_dangling_link_gets_its_target(tmp_path: Path) -> None:
    (tmp_path / "model.bin").symlink_to("other.bin")
    write_atomically(tmp_path / "model.bin", b"new")
    assert (tmp_path / "model.bin").is_symlink()
    assert (tmp_path / "other.bin").read_bytes() == b"new"


def error_of(path: Path | str, data: bytes = b"new") -> str:
    with pytest.raises(CnnError) as caught:
        write_atomically(path, data)
    return str(caught.value)


def test_a_missing_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert error_of("a/b/model.bin") == (
        "a/b/model.bin: the folder a/b does not exist; make it with mkdir -p or name another place"
    )


def test_a_folder_that_takes_no_files_is_not_said_to_be_missing() -> None:
    said = "/proc/cnn.csv: cannot be made in the folder /proc (no such file or directory); name another place"
    assert error_of("/proc/cnn.csv") == said
    with pytest.raises(CnnError, match=r"^/proc/cnn.csv: cannot be made in the folder /proc "):
        check_writable("/proc/cnn.csv")


def test_a_place_is_tried_without_a_trace(tmp_path: Path) -> None:
    check_writable(tmp_path / "new.bin")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "old.bin").write_bytes(b"old")
    check_writable(tmp_path / "old.bin")
    assert (tmp_path / "old.bin").read_bytes() == b"old"


def test_a_missing_folder_behind_a_link_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.bin").symlink_to(tmp_path / "gone" / "model.bin")
    assert error_of(tmp_path / "model.bin") == (
        f"{tmp_path}/model.bin: the folder {tmp_path}/gone does not exist; "
        "make it with mkdir -p or name another place"
    )


def test_a_file_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a").write_bytes(b"")
    assert error_of("a/model.bin") == "a/model.bin: a is not a folder; name another place"


@pytest.mark.parametrize("name", ["folder", "folder/", "new/"])
def test_a_folder_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    assert error_of(name) == f"{name}: is a folder; name a file in it"


def test_a_device_is_not_replaced() -> None:
    assert error_of("/dev/null") == (
        "/dev/null: is a device or a pipe, which a file would replace; name a file"
    )
    assert Path("/dev/null").is_char_device()


def test_a_link_to_itself_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a").symlink_to("a")
    assert error_of("a") == "a: the symbolic link leads back to itself; remove it or name another place"


def test_a_name_too_long_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "a" * 300
    assert error_of(name) == f"{name}: the name is too long for the file system; choose a shorter one"


def test_a_limit_on_file_sizes_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")
    words = command_of("writers", "write_more_than_allowed", target)
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == (
        f"cnncli.errors.WriteError: {target}: 10,000 bytes are more than a file may have here; see ulimit -f"
    )
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (errno.ENOSPC, "the disk is full (3 bytes to write); free some space or name another place"),
        (errno.EDQUOT, "the disk quota is used up (3 bytes to write); free some space"),
        (errno.EROFS, "the folder here is on a read-only file system; name another place"),
        (errno.EACCES, "no permission to write in the folder here; change that or name another place"),
        (errno.EIO, "cannot be written: input/output error"),
    ],
)
@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_failing_disk_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int, line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("here").mkdir()
    Path("here/a").write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        assert error_of("here/a") == f"here/a: {line}"
    assert Path("here/a").read_bytes() == b"old"
    assert list(Path("here").iterdir()) == [Path("here/a")]


@pytest.mark.parametrize("code", [None, errno.EPERM, errno.EOPNOTSUPP], ids=["links", "no links", "no links here"])
def test_a_new_file_replaces_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int | None) -> None:
    def no_link(*_: object) -> None:
        raise OSError(code, os.strerror(code or 0))

    if code is not None:
        monkeypatch.setattr(os, "link", no_link)
    write_atomically(tmp_path / "a", b"old", replace=as_new)
    with pytest.raises(CnnError, match=r"/a: cannot be written: file exists$"):
        write_atomically(tmp_path / "a", b"new", replace=as_new)
    assert (tmp_path / "a").read_bytes() == b"old" and list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_ctrl_c_while_writing_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"old")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "write", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "a", b"new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_ctrl_c_at_the_creation_of_the_temporary_file_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_open = os.open

    def open_and_interrupt(path: Path, flags: int, *rest: int, **more: int) -> int:
        descriptor = really_open(path, flags, *rest, **more)
        if flags & os.O_EXCL:
            os.close(descriptor)
            raise KeyboardInterrupt
        return descriptor

    monkeypatch.setattr(os, "open", open_and_interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "a", b"new")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_permissions_are_respected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a").write_bytes(b"old")
    Path("a").chmod(0o444)
    assert error_of("a") == "a: is write-protected; chmod u+w it or name another file"
    Path("folder").mkdir(mode=0o555)
    assert error_of("folder/a") == (
        "folder/a: no permission to write in the folder folder; change that or name another place"
    )


def test_sweeping_spares_the_file_of_a_living_writer(tmp_path: Path) -> None:
    with files.temporary_file(tmp_path, 0o600) as (_, temporary):
        assert sweep_stale(tmp_path) == 0
        assert temporary.exists()


def test_sweeping_removes_only_our_own_names(tmp_path: Path) -> None:
    (tmp_path / ".cnncli-0123456789abcdef.tmp").write_bytes(b"left")
    others = {".cnncli-0123.tmp", ".cnncli-0123456789abcdef.tmp2", "cnncli-0123456789abcdef.tmp", "model.bin"}
    for name in others:
        (tmp_path / name).write_bytes(b"keep")
    (tmp_path / ".cnncli-00000000000000aa.tmp").mkdir()
    (tmp_path / ".cnncli-00000000000000bb.tmp").symlink_to("model.bin")
    assert sweep_stale(tmp_path) == 1
    assert {path.name for path in tmp_path.iterdir()} == others | {
        ".cnncli-00000000000000aa.tmp",
        ".cnncli-00000000000000bb.tmp",
    }


def test_the_first_write_in_a_folder_sweeps_it(tmp_path: Path) -> None:
    (tmp_path / ".cnncli-0123456789abcdef.tmp").write_bytes(b"left")
    write_atomically(tmp_path / "a", b"new")
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_sweeping_a_missing_folder_is_quiet(tmp_path: Path) -> None:
    assert sweep_stale(tmp_path / "gone") == 0


def test_two_writers_at_once_both_succeed(tmp_path: Path) -> None:
    target = tmp_path / "a"
    writers = [subprocess.Popen(command_of("writers", "write_often", target, letter)) for letter in "ab"]
    assert [writer.wait() for writer in writers] == [0, 0]
    assert target.read_bytes() in (b"a" * 1000, b"b" * 1000)
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("digit.png", "digit.png"),
        ("Größe 数字.png", "Größe 数字.png"),
        ("a\x1b[31m", "a\\x1b[31m"),
        ("a\nb", "a\\nb"),
        ("a\x9bm", "a\\x9bm"),
        ("a\u202eb", "a\\u202eb"),
        (os.fsdecode(b"a\xff"), "a\\udcff"),
    ],
)
def test_what_steers_a_terminal_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert (find_unprintable(text) is None) == (text == shown)
    shown.encode("utf-8")


def test_a_published_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a.part").write_bytes(b"new")
    publish(tmp_path / "a.part", tmp_path / "a")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"new")]


def test_a_file_is_on_the_disk_before_it_gets_its_name_and_then_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.part").write_bytes(b"new")
    seen = []
    flush = os.fsync

    def watch(descriptor: int) -> None:
        seen.append((Path(f"/proc/self/fd/{descriptor}").readlink().name, (tmp_path / "a").exists()))
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", watch)
    publish(tmp_path / "a.part", tmp_path / "a")
    assert seen == [("a.part", False), (tmp_path.name, True)]


def test_publishing_over_a_folder_is_one_line_and_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a.part").write_bytes(b"new")
    with pytest.raises(CnnError) as caught:
        publish(tmp_path / "a.part", tmp_path / "a")
    assert str(caught.value) == f"{tmp_path}/a: cannot be written: is a directory"
    assert (tmp_path / "a.part").read_bytes() == b"new"
