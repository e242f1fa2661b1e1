"""Fetching a data set from mirrors that misbehave: right whenever one mirror is good, and what was skipped is told."""

import dataclasses
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cnncli import data
from cnncli.data.download import fetching
from cnncli.data.download.exchange import Answer
from cnncli.data.download.fetching import FetchError, UnreachableError, fetch
from cnncli.data.download.sources import SOURCES, Source
from cnncli.data.download.transfer import Patience, _validator
from cnncli.data.fetch_records import Damaged, FetchDone, FetchRecord, FetchStarted, FileFetched, FileProgress, Skipped
from cnncli.errors import CnnError, UsageError
from mirror_server import CUT_BYTES, closed_port, deaf_port
from small_sets import SmallSet, make_small_set

FIRST = "train-images-idx3-ubyte.gz"
PATIENT = Patience(reach_seconds=10, answer_seconds=20, slow_seconds=20)
IMPATIENT = Patience(reach_seconds=10, answer_seconds=0.5, slow_seconds=0.2, slow_bytes=50)
SLOW_KINDS = {"hang", "drip", "drip-head", "stall"}


@pytest.fixture
def small(mirror_servers: Any) -> SmallSet:
    """A small MNIST, which all mirrors of this machine serve."""
    made = make_small_set("mnist")
    for server in (mirror_servers.trusted, mirror_servers.strange, mirror_servers.plain):
        server.files.update(made.served)
    return made


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "PATIENCE", PATIENT)


def expected_reason(kind: str, small: SmallSet) -> str:
    """The words for what is wrong with a mirror's first file, in full but for digests of the test's own making."""
    content, file = small.served[FIRST], small.source.files[0]
    size, plain_size, most = f"{len(content):,}", f"{file.content_bytes:,}", f"{file.most_bytes:,}"
    half = f"{len(content) // 2:,}"
    return {
        "missing": "404 Not Found",
        "forbidden": "403 Forbidden",
        "unavailable": "503 Service Unavailable",
        "hang": "no answer within 0.5 s",
        "drip-head": "no answer within 0.5 s",
        "drip": "too slow, N bytes in 0 s",
        "stall": "too slow, 0 bytes in 0 s",
        "cut": f"the connection was cut after {half} of {size} bytes",
        "wrong-bytes": f"wrong bytes (SHA-256 of the content DIGEST..., expected {file.sha256[:16]}...)",
        "html": "sends HTML instead of a gzip file",
        "redirect-loop": "redirects more than 5 times",
        "redirect-http": f"redirects to http://localhost/{FIRST}, which is not https",
        "short-length": "the gzip data is cut or damaged (compressed file ended before the end-of-stream marker was "
        "reached)",
        "huge-length": f"announces 1,000,000,000,000 bytes, more than the {most} that it may have",
        "bomb": f"unpacks to more than its {plain_size} bytes",
        "endless": f"sends more than the {most} bytes that it may have",
        "empty": "sends an empty file",
        "not-http": "does not speak HTTP as it must",
        "coloured": r"403 \x1b[31mred\x07",
        "unasked-part": "206 Partial Content",
        "damaged": "the gzip data is cut or damaged (compressed file ended before the end-of-stream marker was "
        "reached)",
        "refused": "connection refused",
        "unknown-host": "unknown host",
        "strange": "its certificate is not trusted (unable to get local issuer certificate)",
        "no-tls": "speaks no TLS that is understood here",
        "deaf": "no answer within 0.5 s",
    }[kind]


UNREACHABLE_KINDS = ["refused", "unknown-host", "strange", "no-tls", "deaf"]
BAD_KINDS = [
    "missing", "forbidden", "unavailable", "hang", "drip", "drip-head", "stall", "cut", "wrong-bytes", "html",
    "redirect-loop", "redirect-http", "short-length", "huge-length", "bomb", "endless", "empty",
    "not-http", "coloured", "unasked-part", "damaged", *UNREACHABLE_KINDS,
]  # fmt: skip


@pytest.fixture
def bad_mirrors(mirror_servers: Any) -> Iterator[Any]:
    """From a kind and a number to the URL of a mirror that misbehaves so."""
    with closed_port() as closed, deaf_port() as deaf:

        def url(kind: str, number: int) -> str:
            return {
                "refused": f"https://localhost:{closed}/{number}/",
                "unknown-host": f"https://mirror{number}.invalid/",
                "strange": mirror_servers.strange.url("good", number),
                "no-tls": mirror_servers.plain.url("good", number),
                "deaf": f"https://localhost:{deaf}/{number}/",
            }.get(kind) or mirror_servers.trusted.url(kind, number)

        yield url


def shown(url: str) -> str:
    return url.removeprefix("https://").rstrip("/")


def blurred(record: Skipped) -> Skipped:
    """Without the figures that differ from run to run."""
    reason = re.sub(r"too slow, [1-9]\d? bytes", "too slow, N bytes", record.reason)
    reason = re.sub(r"content [0-9a-f]{16}\.\.\., expected", "content DIGEST..., expected", reason)
    return dataclasses.replace(record, reason=reason)


def files_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def assert_whole(folder: Path, small: SmallSet) -> None:
    """All files are there as they were served, and nothing else but the lock."""
    assert files_in(folder) == {*small.served, ".cnncli-fetch.lock"}
    for name, content in small.served.items():
        assert (folder / name).read_bytes() == content


@pytest.mark.parametrize("position", [0, 2])
@pytest.mark.parametrize("kind", BAD_KINDS)
def test_one_good_mirror_of_three_is_enough(
    kind: str,
    position: int,
    small: SmallSet,
    bad_mirrors: Any,
    mirror_servers: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    if kind in SLOW_KINDS | {"deaf"}:
        monkeypatch.setattr(fetching, "PATIENCE", IMPATIENT)
    mirrors = [bad_mirrors(kind, number) for number in range(3)]
    mirrors[position] = mirror_servers.trusted.url("good")
    records: list[FetchRecord] = []
    folder = fetch(small.with_mirrors(*mirrors), tmp_path, records.append)
    assert folder == tmp_path / "mnist"
    assert_whole(folder, small)
    # Each bad mirror before the good one is told once: the other files are asked of the good one first.
    skipped = [blurred(record) for record in records if isinstance(record, Skipped)]
    reason = expected_reason(kind, small)
    assert skipped == [Skipped(FIRST, shown(mirror), reason) for mirror in mirrors[:position]]
    fetched = [record for record in records if isinstance(record, FileFetched)]
    assert [record.file for record in fetched] == list(small.served)
    assert {record.mirror for record in fetched} == {shown(mirrors[position])}
    assert records[-1] == FetchDone("mnist", folder, ())


@pytest.mark.parametrize("kind", [kind for kind in BAD_KINDS if kind not in (*UNREACHABLE_KINDS, "drip", "stall")])
def test_three_bad_mirrors_are_one_error_and_no_file(
    kind: str, small: SmallSet, bad_mirrors: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if kind in SLOW_KINDS:
        monkeypatch.setattr(fetching, "PATIENCE", IMPATIENT)
    mirrors = [bad_mirrors(kind, number) for number in range(3)]
    records: list[FetchRecord] = []
    with pytest.raises(FetchError) as caught:
        fetch(small.with_mirrors(*mirrors), tmp_path, records.append)
    folder = tmp_path / "mnist"
    assert str(caught.value) == (
        f"mnist: none of its 3 mirrors sends {FIRST} as it must be; try again later, or put it into {folder} by hand"
    )
    assert caught.value.__notes__ == [
        f"  from {mirrors[0]} into {folder}, SHA-256 of the content, gzipped or not:",
        *(f"  {file.sha256}  {file.name.removesuffix('.gz')}" for file in small.source.files),
    ]
    skipped = [blurred(record) for record in records if isinstance(record, Skipped)]
    assert skipped == [Skipped(FIRST, shown(mirror), expected_reason(kind, small)) for mirror in mirrors]
    # What broke off may be gone on with; nothing has the name of a whole file.
    assert files_in(folder) <= {".cnncli-fetch.lock", f"{FIRST}.part", f"{FIRST}.part.json"}


@pytest.mark.parametrize("kind", UNREACHABLE_KINDS)
def test_mirrors_that_do_not_connect_are_told_at_once_with_what_to_put_where(
    kind: str, small: SmallSet, bad_mirrors: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if kind == "deaf":
        monkeypatch.setattr(fetching, "PATIENCE", dataclasses.replace(PATIENT, reach_seconds=0.5))
    mirrors = [bad_mirrors(kind, number) for number in range(3)]
    reason = expected_reason(kind, small) if kind != "deaf" else "no connection within 0.5 s"
    folder = tmp_path / "mnist"
    with pytest.raises(UnreachableError) as caught:
        fetch(small.with_mirrors(*mirrors), tmp_path)
    hosts = "; ".join(f"{shown(mirror).partition('/')[0]}: {reason}" for mirror in mirrors)
    assert str(caught.value) == (
        f"mnist: {FIRST} and 3 other files are not in {folder}, and no mirror can be reached ({hosts}); "
        "try again later, or put the files there by hand"
    )
    assert caught.value.__notes__ == [
        f"  from {mirrors[0]} into {folder}, SHA-256 of the content, gzipped or not:",
        *(f"  {file.sha256}  {file.name.removesuffix('.gz')}" for file in small.source.files),
    ]
    assert list(tmp_path.iterdir()) == []


RIGHT_KINDS = [
    "good", "chunked", "encoded", "redirect-good", "cut-resumable", "cut-once", "no-ranges", "version-2", "long-length",
    "one-request",
]  # fmt: skip


@pytest.mark.parametrize("kind", RIGHT_KINDS)
def test_unusual_but_right_mirrors_are_used(kind: str, small: SmallSet, mirror_servers: Any, tmp_path: Path) -> None:
    records: list[FetchRecord] = []
    folder = fetch(small.with_mirrors(mirror_servers.trusted.url(kind)), tmp_path, records.append)
    assert_whole(folder, small)
    assert not [record for record in records if isinstance(record, Skipped)]


def test_progress_of_a_file_grows_to_its_size(small: SmallSet, mirror_servers: Any, tmp_path: Path) -> None:
    records: list[FetchRecord] = []
    folder = fetch(small.with_mirrors(mirror_servers.trusted.url("good")), tmp_path, records.append)
    total = sum(len(content) for content in small.served.values())
    assert records[0] == FetchStarted("mnist", folder, 4, total)
    for name, content in small.served.items():
        seen = [record for record in records if isinstance(record, FileProgress) and record.file == name]
        received = [record.received_bytes for record in seen]
        assert received == sorted(received) and received[0] == 0 and received[-1] == len(content)
        assert {record.total_bytes for record in seen} == {len(content)}


def leave_part(tmp_path: Path, small: SmallSet, size: int, *, url: str = "", validator: str = "") -> Path:
    """What a killed run leaves: the beginning of the first file, and where it came from."""
    import json

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


def test_what_is_there_is_verified_and_not_fetched_again(small: SmallSet, mirror_servers: Any, tmp_path: Path) -> None:
    source = small.with_mirrors(mirror_servers.trusted.url("good"))
    folder = fetch(source, tmp_path)
    mirror_servers.trusted.requests.clear()
    records: list[FetchRecord] = []
    assert fetch(source, tmp_path, records.append) == folder
    assert records == [FetchDone("mnist", folder, tuple(small.served))]
    assert mirror_servers.trusted.requests == []


def test_only_what_is_missing_is_fetched(small: SmallSet, mirror_servers: Any, tmp_path: Path) -> None:
    source = small.with_mirrors(mirror_servers.trusted.url("good"))
    folder = fetch(source, tmp_path)
    (folder / FIRST).unlink()
    mirror_servers.trusted.requests.clear()
    fetch(source, tmp_path)
    assert_whole(folder, small)
    assert [request.path for request in mirror_servers.trusted.requests] == [FIRST]


def test_damaged_file_in_the_cache_is_told_and_fetched_again(
    small: SmallSet, mirror_servers: Any, tmp_path: Path
) -> None:
    source = small.with_mirrors(mirror_servers.trusted.url("good"))
    folder = fetch(source, tmp_path)
    content = bytearray(small.served[FIRST])
    content[len(content) // 2] ^= 1
    (folder / FIRST).write_bytes(content)
    records: list[FetchRecord] = []
    fetch(source, tmp_path, records.append)
    assert_whole(folder, small)
    (damaged,) = [record for record in records if isinstance(record, Damaged)]
    assert damaged.file == FIRST


def test_damaged_plain_file_makes_way_for_the_right_one(small: SmallSet, mirror_servers: Any, tmp_path: Path) -> None:
    source = small.with_mirrors(mirror_servers.trusted.url("good"))
    folder = tmp_path / "mnist"
    folder.mkdir()
    (folder / FIRST.removesuffix(".gz")).write_bytes(bytes(100))
    records: list[FetchRecord] = []
    fetch(source, tmp_path, records.append)
    assert_whole(folder, small)
    name = FIRST.removesuffix(".gz")
    plain_size = small.source.files[0].content_bytes
    assert [record for record in records if isinstance(record, Damaged)] == [
        Damaged(name, f"unpacks to 100 bytes instead of {plain_size:,}")
    ]


def test_files_without_a_digest_of_the_content_are_checked_as_they_are(mirror_servers: Any, tmp_path: Path) -> None:
    fashion = make_small_set("fashion-mnist")
    mirror_servers.trusted.files.update(fashion.served)
    records: list[FetchRecord] = []
    mirrors = mirror_servers.trusted.url("short-length"), mirror_servers.trusted.url("good")
    folder = fetch(fashion.with_mirrors(*mirrors), tmp_path, records.append)
    assert_whole(folder, fashion)
    size = len(fashion.served[FIRST])
    (skipped,) = [record for record in records if isinstance(record, Skipped)]
    assert skipped == Skipped(FIRST, shown(mirrors[0]), f"{size - 10:,} bytes instead of {size:,}")


def test_repacked_file_of_the_right_content_is_mnist_but_not_fashion_mnist(mirror_servers: Any, tmp_path: Path) -> None:
    import gzip

    for name, right in (("mnist", True), ("fashion-mnist", False)):
        made = make_small_set(name)
        repacked = {path: gzip.compress(gzip.decompress(content), 9, mtime=1) for path, content in made.served.items()}
        mirror_servers.trusted.files.update(repacked)
        source = made.with_mirrors(mirror_servers.trusted.url("good"))
        if right:
            fetch(source, tmp_path)
        else:
            with pytest.raises(FetchError):
                fetch(source, tmp_path)


def test_files_of_another_set_in_the_named_folder_are_left_alone(
    small: SmallSet, mirror_servers: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = make_small_set("mnist", seed=2)
    for name, content in other.served.items():
        (tmp_path / name).write_bytes(content)
    source = small.with_mirrors(mirror_servers.trusted.url("good"))
    assert fetch(source, tmp_path) == tmp_path / "mnist"
    assert_whole(tmp_path / "mnist", small)
    assert all((tmp_path / name).read_bytes() == content for name, content in other.served.items())
    monkeypatch.setitem(SOURCES, "mnist", source)
    found = data.load("mnist", data_dir=tmp_path)  # ours goes before what lies about in the folder
    assert found.train is not None and (found.train.images[:, 0] == small.images["train"]).all()


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


def test_folder_that_cannot_be_made_is_one_line(small: SmallSet, mirror_servers: Any, tmp_path: Path) -> None:
    (tmp_path / "mnist").write_text("a file where the folder should be")
    with pytest.raises(CnnError) as caught:
        fetch(small.with_mirrors(mirror_servers.trusted.url("good")), tmp_path)
    assert str(caught.value) == f"{tmp_path}/mnist: cannot be written: file exists"


def test_own_mirrors_have_a_folder_for_each_data_set(
    small: SmallSet, mirror_servers: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = mirror_servers.trusted
    server.files = {f"sets/mnist/{name}": content for name, content in small.served.items()}
    monkeypatch.setenv("CNN_MIRRORS", f"{server.url('missing')} {server.url('good')}sets")
    folder = fetch(small.with_mirrors("https://built-in.invalid/"), tmp_path)
    assert_whole(folder, small)


def test_own_mirror_without_https_is_refused(small: SmallSet, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CNN_MIRRORS", "http://localhost/sets")
    with pytest.raises(UsageError) as caught:
        fetch(small.source, tmp_path)
    assert str(caught.value) == (
        "CNN_MIRRORS: http://localhost/sets is not https; data sets are fetched from https://... only"
    )


@pytest.mark.parametrize("source", SOURCES.values(), ids=lambda source: source.name)
def test_the_table_is_complete(source: Source) -> None:
    assert all(mirror.startswith("https://") and not mirror.endswith(".zip") for mirror in source.mirrors)
    assert len(set(source.mirrors)) == len(source.mirrors) >= 1
    assert set(source.parts) == {"train-images", "train-labels", "t10k-images", "t10k-labels"}
    assert all(len(file.sha256) == 64 and set(file.sha256) <= set("0123456789abcdef") for file in source.files)
    assert len({file.sha256 for file in source.files}) == len(source.files)
    if not source.is_archive:
        assert [file.name for file in source.files] == list(source.parts.values())


def test_digests_of_mnist_are_those_of_its_files(mnist_folder: Path) -> None:
    import gzip

    for file in SOURCES["mnist"].files:
        content = gzip.decompress((mnist_folder / file.name).read_bytes())
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (file.sha256, file.content_bytes)


def test_real_mnist_comes_through_a_mirror(mnist_folder: Path, mirror_servers: Any, tmp_path: Path) -> None:
    real = SOURCES["mnist"]
    for file in real.files:
        mirror_servers.trusted.files[file.name] = (mnist_folder / file.name).read_bytes()
    source = dataclasses.replace(real, mirrors=(mirror_servers.trusted.url("good"),))
    fetch(source, tmp_path)
    found = data.load("mnist", data_dir=tmp_path)
    assert found.digest == data.load("mnist", data_dir=mnist_folder).digest
