"""Whether a mirror connects: directly, through a proxy, and how long that may take."""

import base64
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from cnncli.data.download.reach import why_unreachable
from mirror_server import closed_port, deaf_port


@contextmanager
def proxy(answer: bytes, *, tunnel: bool) -> Iterator[tuple[int, list[bytes]]]:
    """A proxy that answers CONNECT so, and then carries bytes both ways or ends the connection."""
    seen: list[bytes] = []

    def serve(listening: socket.socket) -> None:
        try:
            client, _ = listening.accept()
        except OSError:
            return
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            seen.append(head)
            client.sendall(answer)
            if tunnel:
                host, _, port = head.split(b" ")[1].decode().rpartition(":")
                with socket.create_connection((host, int(port))) as mirror:
                    back = threading.Thread(target=carry, args=(mirror, client))
                    back.start()
                    carry(client, mirror)
                    back.join()

    def carry(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(4096):
                target.sendall(piece)
        with suppress(OSError):  # also after a reset: the mirror would wait for more
            target.shutdown(socket.SHUT_WR)

    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        yield listening.getsockname()[1], seen
        thread.join()


def test_one_mirror_that_connects_is_enough_and_the_slow_ones_are_not_waited_for(mirror_servers: Any) -> None:
    with deaf_port() as deaf, closed_port() as closed:
        urls = [f"https://localhost:{deaf}/", f"https://localhost:{closed}/", mirror_servers.trusted.url("good")]
        began = time.monotonic()
        assert why_unreachable(urls, 10) is None
        assert time.monotonic() - began < 5


def test_limit_holds_for_all_mirrors_together(mirror_servers: Any) -> None:
    with deaf_port() as deaf:
        urls = [f"https://localhost:{deaf}/{number}/" for number in range(5)]
        began = time.monotonic()
        assert why_unreachable(urls, 0.4) == dict.fromkeys(urls, "no connection within 0.4 s")
        assert time.monotonic() - began < 1.5


def test_mirror_connects_through_the_proxy_of_the_environment(
    mirror_servers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy(b"HTTP/1.1 200 OK\r\n\r\n", tunnel=True) as (port, seen):
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:pass%21@localhost:{port}")
        assert why_unreachable([mirror_servers.trusted.url("good")], 10) is None
    assert seen[0].startswith(f"CONNECT localhost:{mirror_servers.trusted.port} HTTP/1.".encode())
    assert b"Proxy-Authorization: Basic " + base64.b64encode(b"user:pass!") in seen[0]


def test_proxy_that_refuses_is_a_reason(mirror_servers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    url = mirror_servers.trusted.url("good")
    with proxy(b"HTTP/1.1 403 Forbidden\r\n\r\n", tunnel=False) as (port, _):
        monkeypatch.setenv("HTTPS_PROXY", f"http://localhost:{port}")
        assert why_unreachable([url], 10) == {url: "tunnel connection failed: 403 forbidden"}


@pytest.mark.parametrize(("url", "named", "to", "through"), [
    ("https://a.org/x/", "", ("a.org", 443), None), ("https://a.org:8443/x/", "", ("a.org", 8443), None),
    ("https://a.org/x/", "http://p.org", ("p.org", 80), ("a.org", 443, {})),
    ("https://a.org:8443/x/", "p.org:3128", ("p.org", 3128), ("a.org", 8443, {})),
    ("https://a.org/", "http://me@p.org:1", ("p.org", 1),
     ("a.org", 443, {"Proxy-Authorization": "Basic " + base64.b64encode(b"me:").decode()})),
])  # fmt: skip
def test_ports_are_443_for_mirrors_and_80_for_proxies_where_none_is_named(
    url: str, named: str, to: tuple[str, int], through: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[str, int]] = []
    tunnels: list[object] = []

    class Connection:
        def __init__(self, host: str, port: int, *, timeout: float, context: ssl.SSLContext) -> None:
            made.append((host, port))
            assert context.verify_mode == ssl.CERT_REQUIRED and context.check_hostname

        def set_tunnel(self, *words: object) -> None:
            tunnels.append(words)

        def connect(self) -> None:
            pass

        def close(self) -> None:
            made.append(("closed", 0))

    monkeypatch.setattr(http.client, "HTTPSConnection", Connection)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    if named:
        monkeypatch.setenv("HTTPS_PROXY", named)
    assert why_unreachable([url], 10) is None
    while len(made) < 2:
        time.sleep(0.001)
    assert made == [to, ("closed", 0)] and tunnels == ([] if through is None else [through])


@pytest.mark.parametrize("what", ["file", "folder"])
def test_certificates_may_be_a_file_or_a_folder(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str | None, str | None]] = []

    def make(cafile: str | None = None, capath: str | None = None) -> ssl.SSLContext:
        asked.append((cafile, capath))
        raise OSError("none")

    path = str(tmp_path / "all.pem") if what == "file" else str(tmp_path)
    monkeypatch.setattr(ssl, "create_default_context", make)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", path)
    assert why_unreachable(["https://localhost:9/"], 10) == {"https://localhost:9/": "none"}
    assert asked == [(path, None) if what == "file" else (None, path)]
