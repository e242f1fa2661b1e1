"""One file from one mirror into a part file: goes on where an earlier try ended; size, time, redirects are bounded."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from cnncli.data.download.exchange import Answer, CutError, Exchange, MirrorError
from cnncli.data.download.part_file import PartFile
from cnncli.data.download.sources import RemoteFile

_REDIRECTS = {301, 302, 303, 307, 308}
_MAGICS = {".gz": (b"\x1f\x8b", "gzip"), ".zip": (b"PK", "zip")}
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")

_TICK_SECONDS = 0.2  # progress is told that often though nothing comes, so that a speed that is shown goes down


@dataclass(frozen=True)
class Patience:
    """How long to wait, and how often to try.

    reach_seconds : for the first mirror to connect; the rest of 2 s goes to the start of Python
    answer_seconds : for the head of an answer, name look-up and connection included
    slow_seconds, slow_bytes : a mirror that sends fewer bytes than that within that time is left
    cuts, much_bytes : how often to go on with a mirror that breaks off; tries that bring as much do not count
    redirects : how many to follow
    """

    reach_seconds: float = 1.7
    answer_seconds: float = 15.0
    slow_seconds: float = 20.0
    slow_bytes: int = 20_000
    cuts: int = 5
    much_bytes: int = 1 << 20
    redirects: int = 5


Progress = Callable[[int, int | None], None]


def transfer(url: str, part: PartFile, file: RemoteFile, patience: Patience, progress: Progress) -> None:
    """Brings the part file to its full length.

    progress : called with the bytes that are there and the bytes announced, or None

    Raises
    ------
    MirrorError : the mirror is no use; what came before it broke off stays in the part file
    CnnError : the part file cannot be written
    """
    cuts_left = patience.cuts
    while True:
        before = part.size_bytes
        try:
            _receive(url, part, file, patience, progress)
            return
        except CutError:
            gained = part.size_bytes - before
            if gained < patience.much_bytes:
                cuts_left -= 1
            if gained <= 0 or cuts_left == 0:
                raise


def _receive(url: str, part: PartFile, file: RemoteFile, patience: Patience, progress: Progress) -> None:
    """One request, and a second one from the start if the mirror cannot go on from the middle."""
    if part.size_bytes > file.most_bytes:
        part.discard()
    if not _request(url, part, file, patience, progress):
        part.discard()
        _request(url, part, file, patience, progress)


def _request(url: str, part: PartFile, file: RemoteFile, patience: Patience, progress: Progress) -> bool:
    """Asks for what is missing and appends it; False if the mirror does not go on from the middle as it should."""
    offset = part.size_bytes
    headers = {"Accept-Encoding": "identity", "User-Agent": "cnncli"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
        if part.validator and part.url == url:
            headers["If-Range"] = part.validator
    exchange, answer = _follow(url, headers, patience)
    with exchange:
        announced = _number(answer.headers.get("content-length"))
        if answer.status == 206 and offset:
            if not _continues(answer, offset):
                return False
            total = None if announced is None else offset + announced
        elif answer.status == 416 and offset:
            return False
        elif answer.status == 200:
            total = announced
        else:
            raise MirrorError(f"{answer.status} {answer.reason}".strip())
        if total is not None and total > file.most_bytes:
            raise MirrorError(f"announces {total:,} bytes, more than the {file.most_bytes:,} that it may have")
        if answer.status == 200:
            part.restart(url, _validator(answer))
        _append_body(exchange, part, file, patience, total, progress)
    return True


def _follow(url: str, headers: dict[str, str], patience: Patience) -> tuple[Exchange, Answer]:
    """Sends the request and follows redirects, to https only."""
    for _ in range(patience.redirects + 1):
        exchange = Exchange(
            url,
            headers,
            connect_seconds=patience.answer_seconds,
            read_seconds=3 * max(patience.answer_seconds, patience.slow_seconds),  # ends what was left behind
        )
        try:
            answer = exchange.answer(patience.answer_seconds)
        except BaseException:
            exchange.close()
            raise
        location = answer.headers.get("location")
        if answer.status not in _REDIRECTS or location is None:
            return exchange, answer
        exchange.close()
        url = urljoin(url, location)
        if urlsplit(url).scheme != "https":
            raise MirrorError(f"redirects to {url[:80]}, which is not https")
    raise MirrorError(f"redirects more than {patience.redirects} times")


def _append_body(
    exchange: Exchange,
    part: PartFile,
    file: RemoteFile,
    patience: Patience,
    total: int | None,
    progress: Progress,
) -> None:
    window_start, window_bytes = time.monotonic(), 0
    head_checked = part.size_bytes >= 2
    progress(part.size_bytes, total)
    try:
        for piece in exchange.body(_TICK_SECONDS):
            if piece:
                if part.size_bytes + len(piece) > file.most_bytes:
                    part.discard()
                    raise MirrorError(f"sends more than the {file.most_bytes:,} bytes that it may have")
                part.append(piece)
                if not head_checked and part.size_bytes >= 2:
                    _check_head(part, file)
                    head_checked = True
            progress(part.size_bytes, total)
            window_bytes += len(piece)
            elapsed = time.monotonic() - window_start
            if elapsed >= patience.slow_seconds:
                if window_bytes < patience.slow_bytes:
                    raise MirrorError(f"too slow, {window_bytes:,} bytes in {elapsed:.0f} s")
                window_start, window_bytes = time.monotonic(), 0
    except CutError:
        raise CutError(_cut_words(part.size_bytes, total)) from None
    if total is not None and part.size_bytes < total:
        raise CutError(_cut_words(part.size_bytes, total))
    if part.size_bytes == 0:
        raise MirrorError("sends an empty file")


def _check_head(part: PartFile, file: RemoteFile) -> None:
    """An error page is told from the file by its first bytes, not at its end."""
    magic, kind = next(value for suffix, value in _MAGICS.items() if file.name.endswith(suffix))
    with part.path.open("rb") as raw:
        head = raw.read(64)
    if not head.startswith(magic):
        part.discard()
        what = "HTML" if head.lstrip().startswith(b"<") else f"bytes that begin with {head[:4].hex(' ')}"
        raise MirrorError(f"sends {what} instead of a {kind} file")


def _continues(answer: Answer, offset: int) -> bool:
    """Whether a 206 holds just the bytes from `offset` to the end."""
    found = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", "").strip())
    if found is None or int(found[1]) != offset:
        return False
    length = _number(answer.headers.get("content-length"))
    ends = found[3] == "*" or int(found[2]) + 1 == int(found[3])
    return ends and (length is None or length == int(found[2]) + 1 - offset)


def _validator(answer: Answer) -> str:
    """What If-Range takes: a strong ETag, else the date (RFC 9110, section 13.1.5)."""
    etag = answer.headers.get("etag", "")
    return etag if etag.startswith('"') else answer.headers.get("last-modified", "")


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


def _cut_words(size_bytes: int, total: int | None) -> str:
    return f"the connection was cut after {size_bytes:,}{f' of {total:,}' if total is not None else ''} bytes"
