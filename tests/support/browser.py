"""Chromium for tests of pages that run programs, driven by playwright; tests skip where one of them is missing."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_open: list[Any] = []


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser of playwright's; the one that is open where there is one, since it runs once in a process."""
    if _open:
        yield _open[0]
        return
    why = "needs playwright: pip install playwright, beside apt-get install chromium"
    sync_api = pytest.importorskip("playwright.sync_api", reason=why)
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        _open.append(browser)
        try:
            yield browser
        finally:
            _open.clear()
            browser.close()


_ROLES = "application|button|checkbox|combobox|img|link|region|slider|table|textbox"
_NAMELESS = re.compile(rf"^ *- (?:{_ROLES})(?: \[.*\])?:?$")


def nameless(page: Any) -> list[str]:
    """What a screen reader could not call by a name, of what can be used or looked at."""
    return [line for line in page.locator("body").aria_snapshot().splitlines() if _NAMELESS.match(line)]


class OpenPage:
    """A page from a file, with what it complained of and what it asked the network for."""

    def __init__(self, browser: Any, path: Path, width: int = 1200, height: int = 900, **options: Any) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": height}, **options)
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    def __enter__(self) -> "OpenPage":
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()
