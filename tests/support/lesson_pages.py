"""Lessons and their pages, as tests ask for them."""

from functools import cache
from pathlib import Path
from typing import Any

from browser import OpenPage
from cnncli.lessons.blocks import Asked, Lesson
from cnncli.lessons.catalogue import find_entry, give
from cnncli.lessons.page import lesson_page

PHONE, DESKTOP = (390, 844), (1280, 800)
_shared: dict[int, OpenPage] = {}  # of a browser, by its identity


def lesson(name: str, **asked: Any) -> Lesson:
    return give(find_entry(name), Asked(**asked)) if asked else _plain(name)


@cache
def _plain(name: str) -> Lesson:
    """Without anything of the reader's: many tests look at these, and none changes them."""
    return give(find_entry(name), Asked())


class Visit:
    """A page of a lesson in the one tab that all tests share: a tab of its own for each costs more than its checks."""

    def __init__(self, browser: Any, path: Path, size: tuple[int, int]) -> None:
        tab = _shared.get(id(browser))
        if tab is None:
            tab = _shared[id(browser)] = OpenPage(browser, path, *size)
        else:
            tab.errors.clear()
            tab.requests.clear()
            tab.page.set_viewport_size({"width": size[0], "height": size[1]})
            tab.page.goto(path.as_uri())
        self.page, self.errors, self.requests = tab.page, tab.errors, tab.requests

    def __enter__(self) -> "Visit":
        return self

    def __exit__(self, *_: object) -> None:
        pass


def opened(browser: Any, given: Lesson, folder: Path, size: tuple[int, int] = DESKTOP) -> Visit:
    path = folder / f"{given.name}.html"
    path.write_text(lesson_page(given), encoding="utf-8")
    return Visit(browser, path, size)


def slide(page: Any, name: str, value: float) -> None:
    """Moves a slider, as a hand would."""
    page.locator("#control-" + name.replace(" ", "-")).evaluate(
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }", value
    )


def press(page: Any, name: str, times: int = 1) -> None:
    """Presses a button: with the mouse, and more often as the keyboard does."""
    button = page.get_by_role("button", name=name, exact=True)
    button.click()
    if times > 1:
        button.evaluate("(button, times) => { for (let k = 0; k < times; k++) button.click(); }", times - 1)
