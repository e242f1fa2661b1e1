"""Fetching a data set from mirrors that misbehave: right whenever one mirror is good, and what was skipped is told."""

import dataclasses
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cnncli.data.download import fetching
from cnncli.data.download.fetching import FetchError, UnreachableError, fetch
from cnncli.data.download.part_file import PartFile
from cnncli.data.download.sources import RemoteFile
from cnncli.data.download.transfer import Patience, Progress, transfer
from cnncli.data.fetch_records import FetchDone, FetchRecord, FileFetched, Skipped
from fetched import FIRST, PATIENT, assert_whole, files_in, shown
from mirror_server import closed_port, deaf_port
from small_sets import SmallSet

# How soon a slow mirror is left. It answers never or always too slowly, so that no machine is too busy for this.
SOON_SECONDS = 0.1
NO_ANSWER = Patience(reach_seconds=10, answer_seconds=SOON_SECONDS, slow_seconds=SOON_SECONDS)
TOO_SLOW = Patience(reach_seconds=10, answer_seconds=20, slow_seconds=0.2, slow_bytes=50)
IMPATIENT = {"hang": NO_ANSWER, "drip-head": NO_ANSWER, "deaf": NO_ANSWER, "drip": TOO_SLOW, "stall": TOO_SLOW}


def expected_reason(kind: str, small: SmallSet) -> str:
    """The words for what is wrong with a mirror's first file, in full but for digests of the test's own making."""
    content, file = small.served[FIRST], small.source.files[0]
    size, plain_size, most = f"{len(content):,}", f"{file.content_bytes:,}", f"{file.most_bytes:,}"
    half = f"{len(content) // 2:,}"
    return {
        "missing": "404 Not Found",
        "forbidden": "403 Forbidden",
        "unavailable": "503 Service Unavailable",
        "hang": f"no answer within {SOON_SECONDS} s",
        "drip-head": f"no answer within {SOON_SECONDS} s",
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
        "deaf": f"no answer within {SOON_SECONDS} s",
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


@pytest.fixture
def leave_soon(mirror_servers: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes a fetch leave mirrors that are slow in the manner of a kind soon; good ones have all the time they need."""
    good = mirror_servers.trusted.url("good")

    def patient_with_good_ones(
        url: str, part: PartFile, file: RemoteFile, patience: Patience, progress: Progress
    ) -> None:
        transfer(url, part, file, PATIENT if url.startswith(good) else patience, progress)

    def leave(kind: str) -> None:
        monkeypatch.setattr(fetching, "PATIENCE", IMPATIENT.get(kind, PATIENT))
        monkeypatch.setattr(fetching, "transfer", patient_with_good_ones)

    return leave


def blurred(record: Skipped) -> Skipped:
    """Without the figures that differ from run to run."""
    reason = re.sub(r"too slow, [1-9]\d? bytes", "too slow, N bytes", record.reason)
    reason = re.sub(r"content [0-9a-f]{16}\.\.\., expected", "content DIGEST..., expected", reason)
    return dataclasses.replace(record, reason=reason)


@pytest.mark.parametrize("position", [0, 2])
@pytest.mark.parametrize("kind", BAD_KINDS)
def test_one_good_mirror_of_three_is_enough(
    kind: str,
    position: int,
    small: SmallSet,
    bad_mirrors: Any,
    mirror_servers: Any,
    leave_soon: Callable[[str], None],
    tmp_path: Path,
) -> None:
    leave_soon(kind)
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
    kind: str, small: SmallSet, bad_mirrors: Any, leave_soon: Callable[[str], None], tmp_path: Path
) -> None:
    leave_soon(kind)
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
        monkeypatch.setattr(fetching, "PATIENCE", dataclasses.replace(PATIENT, reach_seconds=SOON_SECONDS))
    mirrors = [bad_mirrors(kind, number) for number in range(3)]
    reason = expected_reason(kind, small) if kind != "deaf" else f"no connection within {SOON_SECONDS} s"
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
