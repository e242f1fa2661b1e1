"""Kernels are tested on one thread; tests of their own hold more threads to the same bits."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="package", autouse=True)
def one_thread() -> Iterator[None]:
    """Thousands of tiny parallel regions would make the tests wait for whatever else the machine does."""
    from cnncli import _core

    before = _core.thread_count()
    _core.set_thread_count(1)
    yield
    _core.set_thread_count(before)
