"""One browser for all pages of lessons, and one race on images."""

import functools
from collections.abc import Iterator
from typing import Any

import pytest

from browser import chromium
from cnncli.lessons import race


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
