"""Mirrors that serve a small MNIST, and the patience to wait for them on a busy machine."""

from typing import Any

import pytest

from cnncli.data.download import fetching
from fetched import PATIENT
from small_sets import SmallSet, make_small_set


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fetch waits as long as a busy machine takes."""
    monkeypatch.setattr(fetching, "PATIENCE", PATIENT)


@pytest.fixture
def small(mirror_servers: Any, patient: None) -> SmallSet:
    """A small MNIST, which all mirrors of this machine serve."""
    made = make_small_set("mnist")
    for server in (mirror_servers.trusted, mirror_servers.strange, mirror_servers.plain):
        server.files.update(made.served)
    return made
