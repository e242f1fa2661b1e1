"""One browser for all pages of lessons, one race on images, and what is written in a picture."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from browser import chromium
from cnncli.lessons import draw_image, race
from drawings import Call


@pytest.fixture(scope="session", autouse=True)
def _one_race() -> Iterator[None]:
    """A race on images that was held is not held again, and the usual one is on `digits` whatever this machine has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(race, "hold", functools.cache(race.hold))
        patch.setattr(race, "locate", lambda source: None)
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """What is written in a picture: (place, text, size, room)."""
    found: list[Call] = []
    write: Callable[..., int] = draw_image.write

    def told(draw: Any, at: Any, text: str, size: int, colour: Any, width: int) -> int:
        found.append((at, text, size, width))
        return write(draw, at, text, size, colour, width)

    monkeypatch.setattr(draw_image, "write", told)
    return found
