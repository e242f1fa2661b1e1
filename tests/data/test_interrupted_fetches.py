"""Downloads that broke off: gone on with where what is there fits, begun again where it does not, and right."""

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import pytest

from cnncli.data.download import fetching
from cnncli.data.download.exchange import Answer
from cnncli.data.download.fetching import FetchError, fetch
from cnncli.data.download.transfer import _validator
from cnncli.data.fetch_records import FetchRecord, FileFetched, Skipped
from cnncli.errors import CnnError
from fetched import FIRST, PATIENT, assert_whole
from mirror_server import CUT_BYTES
from small_sets import SmallSet


def leave_part(tmp_path: Path, small: SmallSet, size: int, *, url: str = "", validator: str = "") -> Path:
    """What a killed run leaves: the beginning of the first file, and where it came from."""
    folder = tmp_path / "mnist"
    folder.mkdir()
    (folder / f"{FIRST}.part").write_bytes(small.served[FIRST][:size])
    if url:
        (folder / f"{FIRST}.part.json").write_text(json.dumps({"url": url, "validator": validator}))
    return folder


@pytest.mark.parametrize(
    ("kind", "resumed", "ranges"),
    [
        ("good", 30_000, ["bytes=30000-"]),
        ("version-2", 0, ["bytes=30000-"]),  # If-Range does not hold: the whole file comes
        ("no-ranges", 0, ["bytes=30000-"]),
        ("wrong-range", 0, ["bytes=30000-", None]),
        ("never-satisfied", 0, ["bytes=30000-", None]),
        ("lying-range", 0, ["bytes=30000-", None]),  # the digest tells; then once more from the start
        ("cut-resumable", 30_000, ["bytes=30000-"]),
    ],
)
def test_interrupted_download_goes_on_or_begins_again_and_is_right(
    kind: str, resumed: int, ranges: list[str | None], small: SmallSet, mirror_servers: Any, tmp_path: Path
) -> None:
    mirror = mirror_servers.trusted.url(kind)
    leave_part(tmp_path, small, 30_000, url=mirror + FIRST, validator='"version 1"')
    records: list[FetchRecord] = []
    folder = fetch(small.with_mirrors(mirror), tmp_path, records.append)
    assert_whole(folder, small)
    first = next(record for record in records if isinstance(record, FileFetched))
    assert (first.file, first.resumed_bytes) == (FIRST, resumed)
    asked = [request for request in mirror_servers.trusted.requests if request.path == FIRST]
    assert [request.range for request in asked] == ranges
    assert asked[0].if_range == '"version 1"'


def test_a_weak_etag_is_no_validator_and_the_date_is_taken() -> None:
    date = "Wed, 21 Oct 2015 07:28:00 GMT"
    assert _validator(Answer(200, "OK", {"etag": 'W/"1"', "last-modified": date})) == date
    assert _validator(Answer(200, "OK", {"etag": '"1"', "last-modified": date})) == '"1"'
    assert _validator(Answer(200, "OK", {})) == ""


@pytest.mark.parametrize("size", [1, 30_000])
def test_part_of_another_mirror_is_gone_on_with_if_it_fits(
    size: int, small: SmallSet, mirror_servers: Any, tmp_path: Path
) -> None:
    leave_part(tmp_path, small, size, url="https://another.example/mnist/" + FIRST, validator='"other"')
    records: list[FetchRecord] = []
    folder = fetch(small.with_mirrors(mirror_servers.trusted.url("good")), tmp_path, records.append)
    assert_whole(folder, small)
    assert mirror_servers.trusted.requests[0].range == f"bytes={size}-"
    assert mirror_servers.trusted.requests[0].if_range is None  # its ETag says nothing about this mirror
    assert next(record for record in records if isinstance(record, FileFetched)).resumed_bytes == size


@pytest.mark.parametrize("facts", ["", "{", "[]", '{"url": 1}', "\x00" * 100])
def test_wrong_part_of_unknown_origin_costs_one_more_try_and_no_more(
    facts: str, small: SmallSet, mirror_servers: Any, tmp_path: Path
) -> None:
    folder = leave_part(tmp_path, small, 0)
    (folder / f"{FIRST}.part").write_bytes(b"\x1f\x8b" + bytes(5000))
    (folder / f"{FIRST}.part.json").write_text(facts)
    fetch(small.with_mirrors(mirror_servers.trusted.url("good")), tmp_path)
    assert_whole(folder, small)
    asked = [request.range for request in mirror_servers.trusted.requests if request.path == FIRST]
    assert asked == ["bytes=5002-", None]


def test_part_that_is_complete_is_not_asked_for_again(small: SmallSet, mirror_servers: Any, tmp_path: Path) -> None:
    leave_part(tmp_path, small, len(small.served[FIRST]))
    folder = fetch(small.with_mirrors(mirror_servers.trusted.url("good")), tmp_path)
    assert_whole(folder, small)
    assert FIRST not in [request.path for request in mirror_servers.trusted.requests]


def test_part_that_is_too_long_begins_again(small: SmallSet, mirror_servers: Any, tmp_path: Path) -> None:
    folder = leave_part(tmp_path, small, 0)
    (folder / f"{FIRST}.part").write_bytes(bytes(small.source.files[0].most_bytes + 1))
    fetch(small.with_mirrors(mirror_servers.trusted.url("good")), tmp_path)
    assert_whole(folder, small)


def test_cut_file_goes_on_with_the_next_mirror(small: SmallSet, mirror_servers: Any, tmp_path: Path) -> None:
    mirrors = mirror_servers.trusted.url("cut"), mirror_servers.trusted.url("good")
    records: list[FetchRecord] = []
    folder = fetch(small.with_mirrors(*mirrors), tmp_path, records.append)
    assert_whole(folder, small)
    half = len(small.served[FIRST]) // 2
    good = [request for request in mirror_servers.trusted.requests if request.kind == "good"]
    assert good[0].range == f"bytes={half}-"


@pytest.mark.parametrize(("much_bytes", "fetched"), [(CUT_BYTES, True), (CUT_BYTES + 1, False)])
def test_mirror_that_breaks_off_again_and_again_is_used_as_long_as_it_brings_much(
    much_bytes: int,
    fetched: bool,
    small: SmallSet,
    mirror_servers: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(fetching, "PATIENCE", dataclasses.replace(PATIENT, cuts=2, much_bytes=much_bytes))
    source = small.with_mirrors(mirror_servers.trusted.url("cut-resumable"))
    records: list[FetchRecord] = []
    if fetched:
        assert_whole(fetch(source, tmp_path, records.append), small)
        return
    with pytest.raises(FetchError):
        fetch(source, tmp_path, records.append)
    (skipped,) = [record for record in records if isinstance(record, Skipped)]
    size = len(small.served[FIRST])
    assert skipped.reason == f"the connection was cut after {2 * CUT_BYTES:,} of {size:,} bytes"


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_part_that_is_no_file_is_not_written_to(
    kind: str, small: SmallSet, mirror_servers: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "mnist"
    folder.mkdir()
    part, victim = folder / f"{FIRST}.part", tmp_path / "victim"
    victim.write_bytes(b"precious")
    if kind == "link":
        part.symlink_to(victim)
    elif kind == "folder":
        part.mkdir()
    else:
        os.mkfifo(part)
    with pytest.raises(CnnError) as caught:
        fetch(small.with_mirrors(mirror_servers.trusted.url("good")), tmp_path)
    assert str(caught.value) == f"{part}: is no regular file; remove it"
    assert victim.read_bytes() == b"precious"


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_facts_of_a_part_that_are_no_file_are_replaced_and_not_followed(
    kind: str, small: SmallSet, mirror_servers: Any, tmp_path: Path
) -> None:
    folder = leave_part(tmp_path, small, 30_000)
    facts, victim = folder / f"{FIRST}.part.json", tmp_path / "victim"
    victim.write_bytes(b"precious")
    if kind == "link":
        facts.symlink_to(victim)
    else:
        os.mkfifo(facts)  # reading it would wait for ever
    fetch(small.with_mirrors(mirror_servers.trusted.url("no-ranges")), tmp_path)
    assert_whole(folder, small)
    assert victim.read_bytes() == b"precious"
