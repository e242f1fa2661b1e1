"""Whether any mirror can be reached, found out at once for all of them and within a time limit."""

import base64
import queue
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cnncli.data.download.exchange import reason_of

_HTTPS_PORT = 443


def why_unreachable(urls: Sequence[str], seconds: float) -> dict[str, str] | None:
    """None as soon as one of the mirrors connects; else why each of them does not, in a few words.

    To connect is to agree on a TLS connection, through the proxy of the environment if there is one.

    urls : https URLs
    seconds : at most, for all of them together, name look-up included
    """
    answers: queue.SimpleQueue[tuple[str, str | None]] = queue.SimpleQueue()
    for url in urls:
        threading.Thread(target=_try, args=(url, seconds, answers), daemon=True, name="cnncli-reach").start()
    reasons: dict[str, str] = {}
    deadline = time.monotonic() + seconds
    while len(reasons) < len(set(urls)):
        try:
            url, reason = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        if reason is None:
            return None
        reasons[url] = reason
    return {url: reasons.get(url, f"no connection within {seconds:g} s") for url in urls}


def _try(url: str, seconds: float, answers: "queue.SimpleQueue[tuple[str, str | None]]") -> None:
    try:
        _connect(url, seconds + 1)  # the caller's limit comes first
    except Exception as error:
        answers.put((url, reason_of(error)))
    else:
        answers.put((url, None))


def _connect(url: str, seconds: float) -> None:
    """One TLS connection, opened and closed, with the certificates and the proxy that requests will use."""
    import http.client
    import os
    import ssl

    from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, prepend_scheme_if_needed, select_proxy

    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or DEFAULT_CA_BUNDLE_PATH
    is_folder = Path(bundle).is_dir()
    context = ssl.create_default_context(cafile=None if is_folder else bundle, capath=bundle if is_folder else None)
    target = urlsplit(url)
    host, port = target.hostname or "", target.port or _HTTPS_PORT
    proxy = select_proxy(url, get_environ_proxies(url))
    if proxy is None:
        connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=context)
    else:
        through = urlsplit(prepend_scheme_if_needed(proxy, "http"))
        connection = http.client.HTTPSConnection(
            through.hostname or "", through.port or 80, timeout=seconds, context=context
        )
        headers = {}
        if through.username is not None:
            user = f"{unquote(through.username)}:{unquote(through.password or '')}"
            headers["Proxy-Authorization"] = "Basic " + base64.b64encode(user.encode()).decode()
        connection.set_tunnel(host, port, headers)
    try:
        connection.connect()
    finally:
        connection.close()
