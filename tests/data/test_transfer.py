"""One file from one mirror, by answers that are told: what is asked for, what is taken, when it is given up."""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any

import pytest

from cnncli.data.download import transfer as module
from cnncli.data.download.exchange import Answer, CutError, MirrorError
from cnncli.data.download.part_file import PartFile
from cnncli.data.download.sources import RemoteFile
from cnncli.data.download.transfer import Patience, transfer

URL = "https://mirror.example/sets/images.gz"
BODY = b"\x1f\x8b" + bytes(range(98))  # 100 bytes
PATIENCE = Patience(slow_seconds=10, slow_bytes=50, cuts=3, much_bytes=40, redirects=2)


@dataclasses.dataclass
class Told:
    """An answer of the mirror: pieces of the body, each with the seconds before it; `cut`: then the connection ends."""

    status: int
    pieces: list[tuple[float, bytes]] = dataclasses.field(default_factory=list)
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    cut: bool = False


class Mirror:
    """Stands in the place of Exchange, and keeps what it was asked."""

    def __init__(self, answers: list[Told]) -> None:
        self.answers, self.now = list(answers), 1000.0
        self.asked: list[tuple[str, str | None, str | None]] = []  # URL, Range, If-Range
        self.limits: list[tuple[float, float, float]] = []  # connecting, reading, the head
        self.ticks: list[float] = []
        self.opened = self.closed = 0

    def __call__(self, url: str, headers: dict[str, str], *, connect_seconds: float, read_seconds: float) -> "_Asked":
        assert headers["Accept-Encoding"] == "identity"
        self.asked.append((url, headers.get("Range"), headers.get("If-Range")))
        self.opened += 1
        return _Asked(self, self.answers.pop(0), connect_seconds, read_seconds)


class _Asked:
    def __init__(self, mirror: Mirror, told: Told, connect_seconds: float, read_seconds: float) -> None:
        self.mirror, self.told, self.limits = mirror, told, (connect_seconds, read_seconds)

    def __enter__(self) -> "_Asked":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self.mirror.closed += 1

    def answer(self, seconds: float) -> Answer:
        self.mirror.limits.append((*self.limits, seconds))
        return Answer(self.told.status, "Words", self.told.headers)

    def body(self, seconds: float) -> Iterator[bytes]:
        self.mirror.ticks.append(seconds)
        for waited, piece in self.told.pieces:
            self.mirror.now += waited
            yield piece
        if self.told.cut:
            raise CutError("the connection was cut")


@dataclasses.dataclass
class Fetched:
    mirror: Mirror
    part: PartFile
    progress: list[tuple[int, int | None]]
    error: str | None

    @property
    def content(self) -> bytes:
        return self.part.path.read_bytes() if self.part.path.exists() else b""


@pytest.fixture
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Brings the file from a mirror that gives these answers; `there` was there before, from `url` with `validator`."""

    def fetch(
        *answers: Told, there: bytes = b"", url: str = "", validator: str = "", most: int = 100, **patience: Any
    ) -> Fetched:
        part = PartFile(tmp_path / "images.gz")
        if there or url:
            part.restart(url, validator)
            part.append(there)
        mirror, progress = Mirror(list(answers)), list[tuple[int, int | None]]()
        monkeypatch.setattr(module, "Exchange", mirror)
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: mirror.now))
        file = RemoteFile("images.gz", most, "", False, 0)
        error = None
        try:
            transfer(URL, part, file, dataclasses.replace(PATIENCE, **patience), lambda *two: progress.append(two))
        except MirrorError as caught:
            error = str(caught)
        assert not mirror.answers and mirror.closed == mirror.opened
        assert part.size_bytes == (part.path.stat().st_size if part.path.exists() else 0)
        return Fetched(mirror, part, progress, error)

    return fetch


def whole(**headers: str) -> Told:
    return Told(200, [(0, BODY)], {"content-length": "100", **headers})


def rest(offset: int, **changed: str) -> Told:
    headers = {"content-length": str(100 - offset), "content-range": f"bytes {offset}-99/100"}
    return Told(
        206, [(0, BODY[offset:])], {**headers, **{name.replace("_", "-"): text for name, text in changed.items()}}
    )


def test_file_is_taken_whole_and_its_origin_is_kept(fetched: Any) -> None:
    done = fetched(Told(200, [(0, BODY[:60]), (1, b""), (1, BODY[60:])], {"content-length": "100", "etag": '"v1"'}))
    assert (done.content, done.error) == (BODY, None)
    assert done.progress == [(0, 100), (60, 100), (60, 100), (100, 100)]
    assert (done.part.url, done.part.validator) == (URL, '"v1"')
    assert done.mirror.asked == [(URL, None, None)]
    assert 0 < done.mirror.ticks[0] <= 0.25  # several times a second, though nothing comes


@pytest.mark.parametrize("length", [None, "-1", "١٠٠", "1e2", ""])
def test_file_of_untold_length_is_taken(fetched: Any, length: str | None) -> None:
    done = fetched(Told(200, [(0, BODY)], {} if length is None else {"content-length": length}))
    assert (done.content, done.error, done.progress) == (BODY, None, [(0, None), (100, None)])


@pytest.mark.parametrize("size", [1, 2, 40, 99])
@pytest.mark.parametrize(
    ("url", "validator", "asked"), [(URL, '"v1"', '"v1"'), (URL, "", None), ("https://other.example/", '"v1"', None)]
)
def test_what_is_there_is_gone_on_with_if_it_may_be_of_this_version(
    fetched: Any, size: int, url: str, validator: str, asked: str | None
) -> None:
    done = fetched(rest(size), there=BODY[:size], url=url, validator=validator)
    assert (done.content, done.error, done.progress) == (BODY, None, [(size, 100), (100, 100)])
    assert done.mirror.asked == [(URL, f"bytes={size}-", asked)]


@pytest.mark.parametrize(
    "changed",
    [
        {"content_range": "bytes 40-99/*"},
        {"content_range": " bytes 40-99/100 "},
        {"content_length": "?"},
    ],
)
def test_right_rest_in_other_words_is_taken(fetched: Any, changed: dict[str, str]) -> None:
    done = fetched(rest(40, **changed), there=BODY[:40])
    assert (done.content, done.error, len(done.mirror.asked)) == (BODY, None, 1)


@pytest.mark.parametrize(
    "changed",
    [
        {"content_range": "bytes 39-99/100"},
        {"content_range": "bytes 41-99/100"},
        {"content_range": "bytes 40-98/100"},
        {"content_range": "bytes 40-100/100"},
        {"content_range": "bytes 40-40/100"},
        {"content_range": "bytes 40-97/*"},
        {"content_range": "bytes 40-99"},
        {"content_range": ""},
        {"content_length": "59"},
        {"content_length": "61"},
    ],
)
def test_wrong_rest_is_asked_for_whole(fetched: Any, changed: dict[str, str]) -> None:
    done = fetched(rest(40, **changed), whole(), there=BODY[:40])
    assert (done.content, done.error) == (BODY, None)
    assert done.mirror.asked == [(URL, "bytes=40-", None), (URL, None, None)]


def test_range_that_is_not_satisfied_is_asked_for_whole(fetched: Any) -> None:
    done = fetched(Told(416), whole(), there=BODY[:40])
    assert (done.content, done.error) == (BODY, None)
    assert done.mirror.asked == [(URL, "bytes=40-", None), (URL, None, None)]


@pytest.mark.parametrize(("there", "status"), [
    *[(b"", status) for status in (199, 201, 206, 300, 304, 306, 309, 403, 416, 503)],
    *[(BODY[:40], status) for status in (199, 201, 205, 207, 403, 415, 417)],
])  # fmt: skip
def test_answer_that_is_no_file_is_an_error_of_the_mirror(fetched: Any, there: bytes, status: int) -> None:
    done = fetched(Told(status, [(0, BODY)], {"location": "/else.gz"}), there=there)
    assert (done.error, done.content) == (f"{status} Words", there)


def test_second_answer_that_is_no_file_is_an_error_of_the_mirror(fetched: Any) -> None:
    assert fetched(Told(416), Told(416), there=BODY[:40]).error == "416 Words"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_to_where_they_lead(fetched: Any, status: int) -> None:
    to = [
        Told(status, headers={"location": "../else.gz"}),
        Told(status, headers={"location": "https://b.example/c.gz"}),
    ]
    done = fetched(*to, whole())
    assert (done.content, done.error) == (BODY, None)
    assert [url for url, _, _ in done.mirror.asked] == [URL, "https://mirror.example/else.gz", "https://b.example/c.gz"]


def test_one_redirect_too_many_is_an_error(fetched: Any) -> None:
    to = Told(302, headers={"location": "images.gz"})
    assert fetched(to, to, to).error == "redirects more than 2 times"


def test_redirect_to_nowhere_is_an_error(fetched: Any) -> None:
    assert fetched(Told(302, [(0, BODY)])).error == "302 Words"


def test_part_that_may_be_whole_is_gone_on_with_and_a_longer_one_is_not(fetched: Any) -> None:
    done = fetched(Told(416), whole(), there=bytes(100))
    assert done.mirror.asked[0] == (URL, "bytes=100-", None) and done.content == BODY
    done = fetched(whole(), there=bytes(101))
    assert done.mirror.asked == [(URL, None, None)] and done.content == BODY


def test_more_than_the_file_may_have_is_refused_when_it_is_announced(fetched: Any) -> None:
    done = fetched(whole(), most=99)
    assert (done.error, done.content) == ("announces 100 bytes, more than the 99 that it may have", b"")
    done = fetched(rest(40), there=BODY[:40], most=99)
    assert (done.error, done.content) == ("announces 100 bytes, more than the 99 that it may have", BODY[:40])


def test_more_than_the_file_may_have_is_refused_when_it_comes(fetched: Any) -> None:
    done = fetched(Told(200, [(0, BODY[:60]), (0, BODY[60:])]), most=99)
    assert (done.error, done.content) == ("sends more than the 99 bytes that it may have", b"")


@pytest.mark.parametrize("there", [b"", BODY[:40]])
@pytest.mark.parametrize("got", [0, 30])
def test_connection_that_ends_early_says_how_far_it_came(fetched: Any, there: bytes, got: int) -> None:
    size = len(there)
    head = {"content-length": str(100 - size), "content-range": f"bytes {size}-99/100"}
    pieces = [(0.0, BODY[size : size + got])] if got else []
    for cut in (True, False):  # told by the connection, or only by the length
        told = Told(206 if size else 200, pieces, head, cut)
        done = fetched(told, there=there, cuts=1)
        assert done.error == f"the connection was cut after {size + got} of 100 bytes"
        assert done.content == BODY[: size + got]
        done.part.discard()
    done = fetched(Told(200, [(0, BODY[:30])], {}, True), cuts=1)
    assert done.error == "the connection was cut after 30 bytes"


def cut_at(start: int, end: int) -> Told:
    return (
        dataclasses.replace(rest(start), pieces=[(0, BODY[start:end])], cut=True)
        if start
        else dataclasses.replace(whole(), pieces=[(0, BODY[:end])], cut=True)
    )


def test_mirror_that_brings_little_each_time_is_tried_as_often_as_told(fetched: Any) -> None:
    done = fetched(cut_at(0, 39), cut_at(39, 40), cut_at(40, 41))
    assert (done.error, done.content) == ("the connection was cut after 41 of 100 bytes", BODY[:41])
    done.part.discard()
    assert fetched(cut_at(0, 39), cut_at(39, 40), rest(40)).error is None


def test_usual_patience_ends_with_a_mirror_that_brings_a_byte_each_time(fetched: Any) -> None:
    usual = Patience()
    told = [cut_at(size, size + 1) for size in range(usual.cuts)]
    done = fetched(*told, cuts=usual.cuts, much_bytes=usual.much_bytes)
    assert done.error == f"the connection was cut after {usual.cuts} of 100 bytes"


def test_tries_that_bring_much_do_not_count(fetched: Any) -> None:
    assert fetched(cut_at(0, 39), cut_at(39, 79), cut_at(79, 80), rest(80)).error is None


def test_mirror_that_brings_nothing_more_is_left_at_once(fetched: Any) -> None:
    assert fetched(cut_at(0, 30), cut_at(30, 30)).error == "the connection was cut after 30 of 100 bytes"
    done = fetched(dataclasses.replace(whole(), pieces=[(0, BODY[:20])], cut=True), there=BODY[:40])
    assert done.error == "the connection was cut after 20 of 100 bytes"  # it began again, and came less far


def test_mirror_that_sends_less_than_it_must_within_the_time_is_left(fetched: Any) -> None:
    def slow(*pieces: tuple[float, int]) -> str | None:
        sizes, ends = [size for _, size in pieces], [0]
        for size in sizes:
            ends.append(ends[-1] + size)
        body = [(waited, BODY[ends[index] : ends[index + 1]]) for index, (waited, _) in enumerate(pieces)]
        done = fetched(Told(200, body), most=1000)
        done.part.discard()
        return done.error

    assert slow((4, 25), (5.9, 24), (0.1, 0)) == "too slow, 49 bytes in 10 s"
    assert slow((4, 25), (5.9, 25), (0.1, 0)) is None  # just enough, and a new window begins
    assert slow((4, 25), (6, 25), (9.9, 49), (0.1, 0)) == "too slow, 49 bytes in 10 s"
    assert slow((4, 25), (6, 25), (9.9, 49), (0.1, 1), (9.9, 0)) is None
    assert slow((10, 3)) == "too slow, 3 bytes in 10 s"


@pytest.mark.parametrize("piece", [1, 2, 50])
def test_page_in_the_place_of_the_file_is_told_by_its_first_bytes(fetched: Any, piece: int) -> None:
    page = b" \n<html>" + bytes(92)
    pieces = [(0.0, page[start : start + piece]) for start in range(0, 100, piece)]
    done = fetched(Told(200, pieces))
    what = {1: "bytes that begin with 20 0a", 2: "bytes that begin with 20 0a"}.get(piece, "HTML")
    assert (done.error, done.content) == (f"sends {what} instead of a gzip file", b"")
    assert len(done.progress) == (2 if piece == 1 else 1)  # no piece more than is needed
    done = fetched(rest(1), there=b"<")
    assert (done.error, done.content) == ("sends HTML instead of a gzip file", b"")


def test_what_was_there_is_not_judged_by_its_first_bytes(fetched: Any) -> None:
    done = fetched(rest(2), there=b"PK")  # the digest tells
    assert (done.error, done.content) == (None, b"PK" + BODY[2:])


def test_empty_file_is_an_error_and_one_of_one_byte_is_not(fetched: Any) -> None:
    assert fetched(Told(200)).error == "sends an empty file"
    assert fetched(Told(200, [(0, b"\x1f")])).error is None


def test_waits_are_those_that_were_told_and_what_is_left_behind_ends(fetched: Any) -> None:
    for answer_seconds, slow_seconds in ((1.0, 20.0), (20.0, 1.0)):
        done = fetched(whole(), answer_seconds=answer_seconds, slow_seconds=slow_seconds)
        ((connect, read, head),) = done.mirror.limits
        assert connect == head == answer_seconds and read > 20
        done.part.discard()


def test_patience_is_that_of_the_page_on_data_sets() -> None:
    page = " ".join((Path(__file__).parents[2] / "docs" / "datasets.md").read_text(encoding="utf-8").split())
    told = Patience()
    kilobytes, rest_of_bytes = divmod(told.slow_bytes, 1000)
    assert rest_of_bytes == 0
    assert (
        f"fewer than {kilobytes} kB in {told.slow_seconds:g} s, no answer in {told.answer_seconds:g} s, "
        f"or redirects more than {told.redirects} times"
    ) in page
    assert f"When no mirror connects within {told.reach_seconds:g} s" in page
