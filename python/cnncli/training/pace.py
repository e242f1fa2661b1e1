"""How many steps a training has, where that is no number of whole epochs, and where it was changed on the way."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from cnncli.errors import UsageError

MOST_STEPS = 10**12
REMEDY = "use a number of steps such as 5000, or 5000,1200:4300 for 5000 of them and, from step 1200 on, 4300"
_PART = re.compile(r"(?:(\d{1,13}):)?(\d{1,13})")


@dataclass(frozen=True)
class Pace:
    """The number of steps, as it was planned and then planned again: parts (from which step on, steps in all).

    The schedule of the rate goes through what is left of it within what is left of the steps: its progress is a line
    over the steps of each part, and no part begins with a jump. So a training that was made to fit its time can be made
    again step by step.

    >>> pace = Pace.of("100,50:150")
    >>> pace.steps, [pace.progress(step) for step in (0, 25, 50, 100, 149)]
    (150, [0.0, 0.25, 0.5, 0.75, 0.995])
    """

    parts: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """From `text`. Raises UsageError for another text."""
        found = [_PART.fullmatch(part) for part in text.replace(" ", "").split(",")]
        parts = tuple((int(match[1] or 0), int(match[2])) for match in found if match)
        if len(parts) != len(found) or not cls(parts).is_possible:
            raise UsageError(REMEDY)
        return cls(parts)

    @property
    def is_possible(self) -> bool:
        """Whether each part begins after the one before, and before that would have ended, with steps left to do."""
        starts = [start for start, _ in self.parts]
        grows = all(later > start for start, later in pairwise(starts))
        begins_within = all(start < total for start, (_, total) in zip(starts[1:], self.parts, strict=False))
        ends = all(start <= total <= MOST_STEPS for start, total in self.parts)
        return bool(self.parts) and starts[0] == 0 and self.parts[0][1] >= 1 and grows and begins_within and ends

    @property
    def text(self) -> str:
        """As it is typed after --steps."""
        return ",".join(f"{start}:{total}" if start else str(total) for start, total in self.parts)

    @property
    def steps(self) -> int:
        """Those that are done in the end."""
        return self.parts[-1][1]

    def changed(self, step: int, steps: int) -> "Pace":
        """The pace from a step on that is still to be done, with another number of steps in all."""
        earlier = tuple(part for part in self.parts if part[0] < step)
        return Pace((*earlier, (step, steps)) if step else ((0, steps),))

    def progress(self, step: int, first: int = 0) -> float:
        """The share of the schedule that is behind a step, from 0; what is planned later changes no bit of it.

        first : the first step of the schedule, after a warm-up
        """
        progress, begin, total = 0.0, first, self.parts[0][1]
        for start, later in self.parts[1:]:
            if start > step:
                break
            if start > begin:
                progress += (1 - progress) * ((start - begin) / max(total - begin, 1))
                begin = start
            total = later
        return progress + (1 - progress) * ((step - begin) / max(total - begin, 1))


def is_pace(value: object) -> bool:
    """Whether a value of any type is the text of a pace."""
    try:
        return isinstance(value, str) and bool(Pace.of(value))
    except UsageError:
        return False
