"""Lessons and their pages, as tests ask for them."""

from functools import cache
from pathlib import Path
from typing import Any

from browser import OpenPage
from cnncli.lessons.blocks import Asked, Lesson
from cnncli.lessons.catalogue import find_entry, give
from cnncli.lessons.page import lesson_page

PHONE, DESKTOP = (390, 800), (1280, 900)


def lesson(name: str, **asked: Any) -> Lesson:
    return give(find_entry(name), Asked(**asked)) if asked else _plain(name)


@cache
def _plain(name: str) -> Lesson:
    """Without anything of the reader's: many tests look at these, and none changes them."""
    return give(find_entry(name), Asked())


def opened(browser: Any, given: Lesson, folder: Path, size: tuple[int, int] = DESKTOP) -> OpenPage:
    path = folder / f"{given.name}.html"
    path.write_text(lesson_page(given), encoding="utf-8")
    return OpenPage(browser, path, *size)


def slide(page: Any, name: str, value: float) -> None:
    """Moves a slider, as a hand would."""
    page.locator("#control-" + name.replace(" ", "-")).evaluate(
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }", value
    )


def press(page: Any, name: str, times: int = 1) -> None:
    for _ in range(times):
        page.get_by_role("button", name=name, exact=True).click()
