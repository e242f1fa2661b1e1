"""What a training leaves in its history so that another one can be held against it: marks along the way.

The trace is a hash of the losses of all steps so far, bit by bit. Sixteen times an epoch, or after each step of fewer,
its first eight hex digits are kept as a mark; so it can be told later between which steps two trainings parted.
"""

import hashlib
import struct
from collections.abc import Sequence

from cnncli.program.results import StepResult
from cnncli.training.state import TrainingState

MARKS = 16  # of an epoch, at most
_MARK_DIGITS = 8
_TRACE_DIGITS = 32


def mark_step(state: TrainingState, result: StepResult, step: int, steps: int) -> None:
    """Adds a step to the trace. step : within its epoch, from 0; steps : of that epoch"""
    content = state.trace.encode() + struct.pack("<dqq", result.loss, result.correct, result.samples)
    state.trace = hashlib.sha256(content).hexdigest()[:_TRACE_DIGITS]
    if step + 1 in mark_steps(steps):
        state.marks += state.trace[:_MARK_DIGITS]


def mark_steps(steps: int) -> Sequence[int]:
    """After how many steps of an epoch there are marks, of one of `steps` steps.

    >>> list(mark_steps(3)), list(mark_steps(40))
    ([1, 2, 3], [3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39])
    """
    every = -(-steps // MARKS)
    return range(every, steps + 1, every)


def after_marks(steps: int, done: int) -> tuple[int, int]:
    """(first, last) step of an epoch, from 1, among which two trainings parted whose marks of it are all the same.

    steps : of the epoch; done : of those, where it ended before its time

    >>> after_marks(938, 938), after_marks(48, 48)
    ((886, 938), (48, 48))
    """
    marked = [step for step in mark_steps(steps) if step <= done]
    # Where the last step has a mark, its loss is the same, and what differs is what it did to the weights.
    return min(max(marked, default=0) + 1, done), done


def parted_after(marks: str, others: str, steps: int) -> tuple[int, int] | None:
    """(first, last) step of an epoch, from 1, among which the first one is at which two trainings differ; None if all
    marks are the same.

    >>> parted_after("aaaaaaaabbbbbbbbcccccccc", "aaaaaaaaXXXXXXXXYYYYYYYY", 48)
    (4, 6)
    """
    before = 0
    for index, step in enumerate(mark_steps(steps)):
        place = slice(index * _MARK_DIGITS, (index + 1) * _MARK_DIGITS)
        if marks[place] != others[place]:
            return before + 1, step
        before = step
    return None
