"""Many pictures made into images: by this process, and where there is much to do by one more for each other core."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from cnncli import _core
from cnncli.data.preparation.helpers import Helper, Preparing, Task
from cnncli.data.preparation.one_picture import Outcome, Source
from cnncli.pictures.recipe import InputRecipe

R = TypeVar("R")

_AT_ONCE = 16  # pictures: work is shared out in such chunks, and Ctrl-C waits for one picture at most
_TRIAL_SECONDS = 0.3  # of work, from which the rest is estimated
_WORTH_SECONDS = 1.0  # of work for each core: below it a helper's start takes longer than it saves
_MOST_HELPERS = 31


def prepare_all(
    recipe: InputRecipe,
    sources: Sequence[Source],
    take: Callable[[int, Outcome], None],
    progress: Callable[[int], None],
    with_digests: bool = False,
) -> None:
    """Prepares every picture, see `do_all`.

    recipe : how pictures become images
    with_digests : outcomes have the digest and the state of the file
    """
    do_all(Preparing(recipe, with_digests), sources, take, progress)


def do_all(
    task: Task[R],
    sources: Sequence[Source],
    take: Callable[[int, R], None],
    progress: Callable[[int], None],
) -> None:
    """Does something to every picture; `take` gets the outcome of each with its number, in any order, from several
    threads.

    The result does not depend on how many processes share the work. Ctrl-C ends it within a picture or so.

    sources : paths, or uint8 (C, H, W)
    progress : called in this thread with the number of pictures done so far
    """
    _Work(task, sources, take, progress).run()


class _Work(Generic[R]):
    """Chunks of pictures still to be done, and who does them."""

    def __init__(
        self,
        task: Task[R],
        sources: Sequence[Source],
        take: Callable[[int, R], None],
        progress: Callable[[int], None],
    ) -> None:
        self._task, self._sources, self._take, self._progress = task, sources, take, progress
        count = len(sources)
        self._todo = deque(range(start, min(start + _AT_ONCE, count)) for start in range(0, count, _AT_ONCE))
        self._done = 0
        self._lock = threading.Lock()
        self._helpers: list[Helper] = []
        self._threads: list[threading.Thread] = []

    def run(self) -> None:
        try:
            began = time.perf_counter()
            while True:
                self._work_here(began)
                if not any(thread.is_alive() for thread in self._threads) and not self._todo:
                    return
                time.sleep(0.01)  # a helper that fails gives its chunk back
                self._progress(self._done)
        finally:
            for helper in self._helpers:
                helper.stop()
            for thread in self._threads:
                thread.join(1)

    def _work_here(self, began: float) -> None:
        while (chunk := self._next()) is not None:
            for number in chunk:
                self._take(number, self._task(self._sources[number]))
                self._count(1)
                self._progress(self._done)
            if not self._helpers and time.perf_counter() - began > _TRIAL_SECONDS:
                self._get_help(time.perf_counter() - began)

    def _get_help(self, seconds: float) -> None:
        """Starts helpers if what is left is worth it; no further call comes once there are some."""
        left = seconds / self._done * (len(self._sources) - self._done)
        count = min(_core.default_thread_count() - 1, _MOST_HELPERS, int(left / _WORTH_SECONDS))
        for _ in range(count):
            helper = Helper(self._task)
            thread = threading.Thread(target=self._work_there, args=(helper,), daemon=True)
            self._helpers.append(helper)
            self._threads.append(thread)
            thread.start()

    def _work_there(self, helper: Helper) -> None:
        while (chunk := self._next()) is not None:
            outcomes = helper.do([self._sources[number] for number in chunk])
            if outcomes is None:  # it could not start, or died: the others do its work
                self._todo.append(chunk)
                return
            for number, outcome in zip(chunk, outcomes, strict=True):
                self._take(number, outcome)
            self._count(len(chunk))

    def _next(self) -> range | None:
        try:
            return self._todo.popleft()
        except IndexError:
            return None

    def _count(self, pictures: int) -> None:
        with self._lock:
            self._done += pictures
