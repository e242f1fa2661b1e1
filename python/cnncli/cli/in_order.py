"""A function applied to what an iterator gives by several threads, with the results in order and few at a time."""

import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 4  # results that may wait, for each thread


class _Task(Generic[Item, Result]):
    """An item, and what became of it once `done` is set."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.done = threading.Event()
        self.result: Result | None = None
        self.error: BaseException | None = None

    def run(self, function: Callable[[Item], Result]) -> None:
        try:
            self.result = function(self.item)
        except BaseException as error:  # raised again where the result is asked for
            self.error = error
        self.done.set()

    def wait(self) -> Result:
        self.done.wait()
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]


def in_order(
    function: Callable[[Item], Result], items: Iterable[Item | None], threads: int
) -> Iterator[Result | None]:
    """The result for each item, in order. None among the items: results so far are wanted before the next item.

    With one thread there is no other than this one. Threads do not keep the process from ending: Ctrl-C waits for none.
    """
    if threads <= 1:
        for item in items:
            yield None if item is None else function(item)
        return
    import queue  # here: a single picture needs none

    todo: queue.SimpleQueue[_Task[Item, Result] | None] = queue.SimpleQueue()
    waiting: deque[_Task[Item, Result]] = deque()

    def work() -> None:
        while (task := todo.get()) is not None:
            task.run(function)

    # `catch_warnings` of several threads restore each other's filters: here all of them ignore, and this one restores.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(threads):
            threading.Thread(target=work, daemon=True, name="cnncli-read").start()
        try:
            for item in items:
                if item is not None:
                    task: _Task[Item, Result] = _Task(item)
                    todo.put(task)
                    waiting.append(task)
                while waiting and (item is None or len(waiting) >= _AHEAD * threads):
                    yield waiting.popleft().wait()
                if item is None:
                    yield None
            while waiting:
                yield waiting.popleft().wait()
        finally:
            with suppress(queue.Empty):  # after an error or Ctrl-C nobody wants the rest
                while True:
                    todo.get_nowait()
            for _ in range(threads):
                todo.put(None)
