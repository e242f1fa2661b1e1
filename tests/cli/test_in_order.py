"""Results of several threads: in order, up to a mark before the next item is taken, and no thread is left behind."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from cnncli.cli.in_order import in_order


def doubled(item: int) -> int:
    return 2 * item


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "cnncli-read"]


def wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.001)
    return condition()


@pytest.mark.parametrize("threads", [0, 1, 2, 3])
def test_a_mark_comes_behind_the_results_before_it_and_before_the_next_item_is_taken(threads: int) -> None:
    taken: list[int | None] = []

    def items() -> Iterator[int | None]:
        for item in (None, 1, 2, None, 3, None, None, 4):
            taken.append(item)
            yield item

    seen = []
    for result in in_order(doubled, items(), threads):
        seen.append(result)
        if result is None:
            assert len(taken) == len(seen)
    assert seen == [None, 2, 4, None, 6, None, None, 8]
    assert wait_for(lambda: not readers())


def test_one_thread_is_this_one_and_more_are_as_many_as_were_asked_for() -> None:
    assert set(in_order(lambda item: threading.get_ident(), range(5), 1)) == {threading.get_ident()}
    together = threading.Barrier(2, timeout=10)  # two that work at once, or it breaks
    found = list(in_order(lambda item: together.wait() >= 0 and threading.get_ident(), range(8), 2))
    assert len(set(found)) == 2 and threading.get_ident() not in found
    begun = in_order(doubled, iter(range(100)), 3)
    assert next(begun) == 0 and len(readers()) == 3
    assert all(thread.daemon for thread in readers())  # Ctrl-C waits for none
    begun.close()  # type: ignore[attr-defined]
    assert wait_for(lambda: not readers())


def test_of_an_iterator_that_is_left_nothing_more_is_worked_on() -> None:
    go_on, done = threading.Event(), []

    def slow(item: int) -> int:
        go_on.wait(10)
        done.append(item)
        return item

    begun = in_order(slow, iter(range(100)), 2)
    threading.Timer(0.02, go_on.set).start()
    next(begun)
    go_on.clear()
    begun.close()  # type: ignore[attr-defined]
    go_on.set()
    assert wait_for(lambda: not readers()) and len(done) < 100


def test_an_error_comes_where_its_result_would_be() -> None:
    def fail(item: int) -> int:
        if item == 2:
            raise KeyboardInterrupt
        return item

    begun = in_order(fail, range(9), 3)
    assert [next(begun), next(begun)] == [0, 1]
    with pytest.raises(KeyboardInterrupt):
        next(begun)
    assert wait_for(lambda: not readers())
