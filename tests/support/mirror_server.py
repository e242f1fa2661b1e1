"""Mirrors on this machine, over https with a throw-away certificate authority: good ones, and all kinds of bad ones.

`https://localhost:PORT/KIND/N/...` serves the files of the server in the manner of KIND; N tells equal ones apart.
"""

import functools
import gzip
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

LAST_MODIFIED = "Wed, 21 Oct 2015 07:28:00 GMT"
DRIP_SECONDS = 0.02  # a fifth of the shortest time within which a test wants an answer
CUT_BYTES = 20_000


@dataclass(frozen=True)
class Request:
    """What a mirror was asked for. path : below https://localhost:PORT/KIND/N/"""

    kind: str
    path: str
    range: str | None
    if_range: str | None


@dataclass
class MirrorServer:
    """The running server. Tests put content into `files` (path to bytes), and read `requests`."""

    port: int
    files: dict[str, bytes] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    hold: threading.Event = field(default_factory=threading.Event)  # `held` mirrors wait for it in mid-file

    def url(self, kind: str, number: int = 0) -> str:
        return f"https://localhost:{self.port}/{kind}/{number}/"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    mirrors: MirrorServer
    context: ssl.SSLContext | None

    def finish_request(self, request: Any, client_address: Any) -> None:
        """The handshake is done here, in the thread of the connection: one that hangs must not hang the others."""
        if self.context is not None:
            request.settimeout(20)
            request = self.context.wrap_socket(request, server_side=True)
        try:
            super().finish_request(request, client_address)
        finally:
            request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that leave in the middle are what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every body waits 40 ms for the client to confirm its head
    server: _Server

    def log_message(self, format: str, *arguments: Any) -> None:
        pass

    def do_GET(self) -> None:
        _, kind, number, path = self.path.split("/", 3)
        self.mirrors = self.server.mirrors
        self.kind, self.number, self.file_path = kind, number, path
        self.mirrors.requests.append(Request(kind, path, self.headers["Range"], self.headers["If-Range"]))
        content = self.mirrors.files.get(path)
        if content is None:
            self.send_page(404)
        else:
            self.close_connection = kind not in ("good", "one-request")
            KINDS[kind](self, content)

    def send_page(self, status: int, text: str = "<html>an error page</html>") -> None:
        self.send_file(text.encode(), status=status, headers={"Content-Type": "text/html"})

    def send_file(
        self, body: bytes, *, status: int = 200, headers: dict[str, str] | None = None, length: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body) if length is None else length), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def asked_offset(self, etag: str) -> int:
        """Where the answer is to begin: 0 unless a range is asked for, and If-Range names this version."""
        found = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
        if found is None or self.headers["If-Range"] not in (None, etag, LAST_MODIFIED):
            return 0
        return int(found[1])

    def send_from(self, content: bytes, *, most: int | None = None, etag: str = '"version 1"') -> None:
        """As a good server does; `most` bytes of it, then the connection ends."""
        offset = self.asked_offset(etag)
        headers = {"ETag": etag, "Last-Modified": LAST_MODIFIED, "Accept-Ranges": "bytes"}
        if offset >= len(content):
            self.send_file(b"", status=416, headers={"Content-Range": f"bytes */{len(content)}"})
            return
        if offset:
            headers["Content-Range"] = f"bytes {offset}-{len(content) - 1}/{len(content)}"
        rest = content[offset:]
        self.send_file(rest[:most], status=206 if offset else 200, headers=headers, length=len(rest))

    def wait(self) -> None:
        self.mirrors.closing.wait(20)


def _good(handler: _Handler, content: bytes) -> None:
    handler.send_from(content)


def _status(status: int) -> Callable[[_Handler, bytes], None]:
    return lambda handler, content: handler.send_page(status)


def _hang(handler: _Handler, content: bytes) -> None:
    handler.wait()


def _drip(handler: _Handler, content: bytes) -> None:
    handler.send_file(b"", length=len(content))
    _send_drop_by_drop(handler, content)


def _drip_head(handler: _Handler, content: bytes) -> None:
    _send_drop_by_drop(handler, b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 10_000)


def _send_drop_by_drop(handler: _Handler, content: bytes) -> None:
    for index in range(len(content)):
        handler.wfile.write(content[index : index + 1])
        handler.wfile.flush()
        if handler.mirrors.closing.wait(DRIP_SECONDS):
            return


def _stall(handler: _Handler, content: bytes) -> None:
    handler.send_file(content[: len(content) // 2], length=len(content))
    handler.wfile.flush()
    handler.wait()


def _cut(handler: _Handler, content: bytes) -> None:
    """Ends in the middle, always at the same place: ranges are ignored."""
    handler.send_file(content[: len(content) // 2], length=len(content))


def _cut_resumable(handler: _Handler, content: bytes) -> None:
    handler.send_from(content, most=CUT_BYTES)


def _cut_once(handler: _Handler, content: bytes) -> None:
    """Ends in the middle of each file the first time only."""
    first = [request.path for request in handler.mirrors.requests].count(handler.file_path) == 1
    handler.send_from(content, most=len(content) // 2 if first else None)


def _held(handler: _Handler, content: bytes) -> None:
    """Sends half, and the rest once the test says so."""
    offset = handler.asked_offset('"version 1"')
    half = max(0, len(content) // 2 - offset)
    handler.send_response(206 if offset else 200)
    if offset:
        handler.send_header("Content-Range", f"bytes {offset}-{len(content) - 1}/{len(content)}")
    handler.send_header("Content-Length", str(len(content) - offset))
    handler.send_header("ETag", '"version 1"')
    handler.end_headers()
    handler.wfile.write(content[offset : offset + half])
    handler.wfile.flush()
    handler.mirrors.hold.wait(30)
    handler.wfile.write(content[offset + half :])


def _wrong_bytes(handler: _Handler, content: bytes) -> None:
    """The same sizes, packed and unpacked, one value changed."""
    if not content.startswith(b"\x1f\x8b"):
        handler.send_from(content[:-1] + bytes([content[-1] ^ 1]))
        return
    plain = bytearray(gzip.decompress(content))
    plain[-1] ^= 1
    handler.send_from(gzip.compress(bytes(plain), 1, mtime=0))


def _html(handler: _Handler, content: bytes) -> None:
    handler.send_page(200, "<!DOCTYPE html><title>Welcome to the hotel</title>")


def _redirect_loop(handler: _Handler, content: bytes) -> None:
    handler.send_file(b"", status=302, headers={"Location": handler.path})


def _redirect_http(handler: _Handler, content: bytes) -> None:
    handler.send_file(b"", status=301, headers={"Location": f"http://localhost/{handler.file_path}"})


def _redirect_good(handler: _Handler, content: bytes) -> None:
    """To another path of the same host, as many mirrors do."""
    handler.send_file(b"", status=302, headers={"Location": f"/good/{handler.number}/{handler.file_path}"})


def _long_length(handler: _Handler, content: bytes) -> None:
    """All of the file, and the promise of one byte more."""
    handler.send_file(content, length=len(content) + 1)


def _short_length(handler: _Handler, content: bytes) -> None:
    handler.send_file(content, length=len(content) - 10)


def _huge_length(handler: _Handler, content: bytes) -> None:
    handler.send_file(content, length=10**12)


def _bomb(handler: _Handler, content: bytes) -> None:
    """30 kB that unpack to 30 MB."""
    handler.send_file(_bomb_content())


@functools.cache
def _bomb_content() -> bytes:
    return gzip.compress(bytes(30_000_000), 9, mtime=0)


def _endless(handler: _Handler, content: bytes) -> None:
    """Without a length, and without an end."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    chunk = content + bytes(1 << 16)
    while not handler.mirrors.closing.is_set():
        handler.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))


def _chunked(handler: _Handler, content: bytes) -> None:
    """Without a length, as servers send what they make up on the way."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for start in range(0, len(content), 1000):
        piece = content[start : start + 1000]
        handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
    handler.wfile.write(b"0\r\n\r\n")


def _empty(handler: _Handler, content: bytes) -> None:
    handler.send_file(b"")


def _not_http(handler: _Handler, content: bytes) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")


def _coloured(handler: _Handler, content: bytes) -> None:
    """Tries to steer the terminal."""
    handler.wfile.write(b"HTTP/1.1 403 \x1b[31mred\x07\r\nContent-Length: 0\r\n\r\n")


def _unasked_part(handler: _Handler, content: bytes) -> None:
    headers = {"Content-Range": f"bytes 0-9/{len(content)}"}
    handler.send_file(content[:10], status=206, headers=headers)


def _damaged(handler: _Handler, content: bytes) -> None:
    """A file that was cut before it came to the server: all lengths agree."""
    handler.send_from(content[:-20])


def _no_ranges(handler: _Handler, content: bytes) -> None:
    handler.send_file(content)


def _wrong_range(handler: _Handler, content: bytes) -> None:
    """Right without a range; with one, the part before the one that was asked for."""
    if handler.headers["Range"] is None:
        handler.send_file(content)
        return
    headers = {"Content-Range": f"bytes 0-{len(content) - 1}/{len(content)}"}
    handler.send_file(content, status=206, headers=headers)


def _lying_range(handler: _Handler, content: bytes) -> None:
    """The right Content-Range, other bytes."""
    offset = handler.asked_offset('"version 1"')
    headers = {"Content-Range": f"bytes {offset}-{len(content) - 1}/{len(content)}"} if offset else {}
    body = bytes(len(content) - offset) if offset else content
    handler.send_file(body, status=206 if offset else 200, headers=headers)


def _never_satisfied(handler: _Handler, content: bytes) -> None:
    if handler.headers["Range"] is None:
        handler.send_file(content)
    else:
        handler.send_file(b"", status=416)


def _one_request(handler: _Handler, content: bytes) -> None:
    """Promises to go on with the connection, and ends it at the next request."""
    if getattr(handler, "has_answered", False):
        handler.close_connection = True
        return
    handler.has_answered = True  # a handler lives as long as its connection
    handler.send_file(content)


def _encoded(handler: _Handler, content: bytes) -> None:
    """The right file, called encoded by a server that sees the .gz."""
    handler.send_file(content, headers={"Content-Encoding": "gzip"})


def _version_2(handler: _Handler, content: bytes) -> None:
    """Good, with the ETag of another version: If-Range does not hold."""
    handler.send_from(content, etag='"version 2"')


KINDS: dict[str, Callable[[_Handler, bytes], None]] = {
    "good": _good,
    "missing": _status(404),
    "forbidden": _status(403),
    "unavailable": _status(503),
    "hang": _hang,
    "drip": _drip,
    "drip-head": _drip_head,
    "stall": _stall,
    "cut": _cut,
    "cut-resumable": _cut_resumable,
    "cut-once": _cut_once,
    "held": _held,
    "wrong-bytes": _wrong_bytes,
    "html": _html,
    "redirect-loop": _redirect_loop,
    "redirect-http": _redirect_http,
    "redirect-good": _redirect_good,
    "long-length": _long_length,
    "short-length": _short_length,
    "huge-length": _huge_length,
    "bomb": _bomb,
    "endless": _endless,
    "chunked": _chunked,
    "empty": _empty,
    "not-http": _not_http,
    "coloured": _coloured,
    "unasked-part": _unasked_part,
    "damaged": _damaged,
    "no-ranges": _no_ranges,
    "wrong-range": _wrong_range,
    "lying-range": _lying_range,
    "never-satisfied": _never_satisfied,
    "one-request": _one_request,
    "encoded": _encoded,
    "version-2": _version_2,
}


def make_authority(folder: Path) -> tuple[Path, ssl.SSLContext, ssl.SSLContext]:
    """A certificate authority of its own: its certificate as a file, a context it vouches for, and one it does not."""
    import trustme

    authority, stranger = trustme.CA(), trustme.CA()
    bundle = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(bundle))
    contexts = []
    for issuer in (authority, stranger):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issuer.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        contexts.append(context)
    return bundle, contexts[0], contexts[1]


@contextmanager
def serve(context: ssl.SSLContext | None) -> Iterator[MirrorServer]:
    """A server on a free port; without a context it speaks plain http."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.context = context
    server.mirrors = mirrors = MirrorServer(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield mirrors
    finally:
        mirrors.closing.set()
        mirrors.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def closed_port() -> Iterator[int]:
    """A port on which nobody listens, and that no other program gets meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@contextmanager
def deaf_port() -> Iterator[int]:
    """A port that takes a connection and then says nothing: no TLS, no answer."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(16)
        yield listening.getsockname()[1]


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Waits for something that another process or thread does."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)
