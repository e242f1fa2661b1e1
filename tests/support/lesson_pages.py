"""Lessons and their pages, as tests ask for them."""

import re
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


def fresh(name: str, **asked: Any) -> Lesson:
    """Computed now; None: not asked for. Other tests may change what the lesson computes with."""
    return give(find_entry(name), Asked(**{option: value for option, value in asked.items() if value is not None}))


@cache
def _plain(name: str) -> Lesson:
    """Without anything of the reader's: many tests look at these, and none changes them."""
    return give(find_entry(name), Asked())


class Visit:
    """A page of a lesson in the one tab that all tests share: a tab of its own for each costs more than its checks.

    What holds for every page is checked at each visit: it has its title and controls, all that the keyboard reaches has
    a name, each choice of the question gets its own reason, it is not too wide for a phone and a desk; and at the end
    that nothing was complained of, and nothing loaded. Then comes what a test is about.
    """

    def __init__(self, browser: Any, given: Lesson, path: Path) -> None:
        tab = _shared.get(id(browser))
        if tab is None:
            tab = _shared[id(browser)] = OpenPage(browser, path, *PHONE)
        else:
            tab.errors.clear()
            tab.requests.clear()
            tab.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
            tab.page.goto(path.as_uri())
        self.page, self.errors, self.requests = tab.page, tab.errors, tab.requests
        self._given = given

    def __enter__(self) -> "Visit":
        title, controls, nameless, wide, before, after = self.page.evaluate(SEEN)
        assert title == self._given.title and controls > 0 and nameless == [] and wide <= 0
        choices = self._given.question.choices
        assert before == [] and [len(reasons) for reasons in after] == [1] * len(choices)
        for [text], choice in zip(after, choices, strict=True):
            assert text.replace("×", "x").endswith(re.sub(r"\b(d?[A-Za-z])_(?=\w{1,2}\b)", r"\1", choice.why))
            assert text.startswith("Right." if choice.is_right else "No.")
        self.page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        assert self.page.evaluate(TOO_WIDE) <= 0
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            assert self.errors == [] and len(self.requests) == 1 and self.requests[0].startswith("file:")


TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# The title, how many controls, what the keyboard reaches and has no name that could be read out, by how many pixels
# the page is too wide, the reasons to be seen before an answer, those to be seen after each one.
SEEN = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const name = (one) => one.getAttribute("aria-label") || one.textContent.trim() || one.labels?.[0]?.textContent.trim();
  const nameless = all("button, input, select, canvas, svg[role], [tabindex]").filter((one) => !name(one));
  const reasons = all(".why"), seen = () => reasons.filter((one) => one.offsetParent).map((one) => one.innerText);
  return [
    document.title, all("#controls button, #controls input").length, nameless.map((one) => one.outerHTML.slice(0, 120)),
    TOO_WIDE, seen(), all("#question input").map((one) => { one.click(); return seen(); }),
  ];
}""".replace("TOO_WIDE", TOO_WIDE)


def opened(browser: Any, given: Lesson, folder: Path) -> Visit:
    path = folder / f"{given.name}.html"
    path.write_text(lesson_page(given), encoding="utf-8")
    return Visit(browser, given, path)


def slide(page: Any, name: str, value: float, then: str = "null", **others: float) -> Any:
    """Moves a slider, as a hand would, and `others`, one after the other; returns what `then` is worth afterwards.

    A call into the browser costs more than what it does there, so that several go in one.
    """
    moves = [["control-" + one.replace(" ", "-"), to] for one, to in {name: value, **others}.items()]
    return page.evaluate(
        """([moves, then]) => {
          for (const [id, value] of moves) {
            const input = document.getElementById(id);
            input.value = value;
            input.dispatchEvent(new Event("input"));
          }
          return eval(then);
        }""",
        [moves, then],
    )


def press(page: Any, name: str, times: int = 1) -> None:
    """Presses a button: with the mouse, and more often as the keyboard does."""
    button = page.get_by_role("button", name=name, exact=True)
    button.click()
    if times > 1:
        button.evaluate("(button, times) => { for (let k = 0; k < times; k++) button.click(); }", times - 1)
