"""One https request whose every wait has a limit: name look-up, connection, answer, each piece of the body.

A socket's timeout starts again with every byte, and a name look-up has none. So the request runs in a thread that can
be left behind, and the caller waits for what it sends as long as it likes.
"""

import http.client
import queue
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

PIECE_BYTES = 1 << 16
_QUEUED_PIECES = 16  # 1 MiB, when the disk is slower than the network
_LEFT_BEHIND_POLL_SECONDS = 0.5


class MirrorError(Exception):
    """Why a mirror is no use, in a few words."""


class CutError(MirrorError):
    """The connection ended or stalled within the body; what has come is good."""


@dataclass(frozen=True)
class Answer:
    """The head of an answer. Names of `headers` are in lower case."""

    status: int
    reason: str
    headers: Mapping[str, str]


class Exchange:
    """A GET request in a thread of its own, over a connection of its own.

    A connection that is used again may have been closed by the mirror meanwhile, which then seems not to answer.

    connect_seconds, read_seconds : the socket's limits, so that a thread that was left behind ends
    """

    def __init__(self, url: str, headers: dict[str, str], *, connect_seconds: float, read_seconds: float) -> None:
        self._pieces: queue.Queue[Answer | bytes | Exception | None] = queue.Queue(_QUEUED_PIECES)
        self._left_behind = threading.Event()
        arguments = (url, headers, (connect_seconds, read_seconds))
        threading.Thread(target=self._run, args=arguments, daemon=True, name="cnncli-fetch").start()

    def __enter__(self) -> "Exchange":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Leaves the request behind; its thread ends by itself."""
        self._left_behind.set()

    def answer(self, seconds: float) -> Answer:
        """The head of the answer; MirrorError if there is none within `seconds`."""
        try:
            head = self._pieces.get(timeout=seconds)
        except queue.Empty:
            raise MirrorError(_no_answer(seconds)) from None
        if isinstance(head, Exception):
            # The limit of the connection may pass first, by a hair.
            raise MirrorError(_no_answer(seconds) if _is_timeout(head) else reason_of(head)) from None
        assert isinstance(head, Answer)
        return head

    def body(self, seconds: float) -> Iterator[bytes]:
        """The pieces of the body as they come; an empty one each time nothing comes for `seconds`.

        Raises
        ------
        CutError : the connection ended before the body did
        """
        while True:
            try:
                piece = self._pieces.get(timeout=seconds)
            except queue.Empty:
                yield b""
                continue
            if isinstance(piece, Exception):
                raise CutError("the connection was cut")
            if piece is None:
                return
            assert isinstance(piece, bytes)
            yield piece

    def _run(self, url: str, headers: dict[str, str], timeout: tuple[float, float]) -> None:
        import requests

        try:
            with (
                requests.Session() as session,
                session.get(url, headers=headers, stream=True, allow_redirects=False, timeout=timeout) as response,
            ):
                names = {name.lower(): value for name, value in response.headers.items()}
                self._put(Answer(response.status_code, response.reason or "", names))
                # As it was sent: a decoder would unpack what is to be checked first.
                while piece := response.raw.read1(PIECE_BYTES, decode_content=False):
                    if not self._put(piece):
                        return
            self._put(None)
        except Exception as error:
            self._put(error)

    def _put(self, piece: Answer | bytes | Exception | None) -> bool:
        """Hands a piece over; False if nobody waits for it any more."""
        while not self._left_behind.is_set():
            try:
                self._pieces.put(piece, timeout=_LEFT_BEHIND_POLL_SECONDS)
                return True
            except queue.Full:
                continue
        return False


def _no_answer(seconds: float) -> str:
    return f"no answer within {seconds:g} s"


def _is_timeout(error: BaseException) -> bool:
    return any(isinstance(cause, TimeoutError) for cause in _causes(error))


def reason_of(error: BaseException) -> str:
    """The cause at the bottom of an exception of requests, in a few words.

    >>> reason_of(ConnectionRefusedError(111, "Connection refused"))
    'connection refused'
    """
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({cause.verify_message.lower()})"
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return "unknown host"
        if isinstance(cause, TimeoutError):
            return "does not answer"
        if isinstance(cause, http.client.RemoteDisconnected):
            return "ends the connection without an answer"
        if isinstance(cause, http.client.HTTPException):
            return "does not speak HTTP as it must"
        if isinstance(cause, ssl.SSLError):
            return "speaks no TLS that is understood here"
        if isinstance(cause, ConnectionError) or (isinstance(cause, OSError) and cause.strerror):
            return (cause.strerror or "the connection was cut").lower()
    return " ".join(str(causes[-1]).split())[:80].lower() or type(error).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__
