"""A training that is to end after a given time, its learning rate's schedule with it.

Steps are what a training is made of; seconds are not, and another program may take half of them. So the number of steps
is planned from the speed that is measured, and planned again while the training goes on, ever more closely to its end.
Each plan is kept (`Pace`): the same steps can be done again where time does not count.
"""

from cnncli.training.pace import Pace
from cnncli.training.records import EpochDone, StepDone
from cnncli.training.trainer import Trainer

_FIRST_LOOK = 0.02  # of the time, after which the steps are counted for the first time
_NEXT_LOOK = 0.75  # of the time that is left, or of the steps, after which they are counted again
_MUCH = 0.05  # of the steps left, by which they are changed
_LAST_LOOK = 0.01  # of the time, when it is left, before which the steps are counted for the last time
_FEWEST_STEPS = 3  # to tell the speed from; the first one fills caches
_FORWARD_SHARE = 0.35  # of a step's time, that an image takes without its backward pass


class TimeLimit:
    """Plans the steps of a trainer that has `seconds` in all, and none to lose.

    seconds : of training and validation, over all parts of a run that was stopped; without pauses
    most_epochs : an end that may come before
    """

    def __init__(self, seconds: float, trainer: Trainer, most_epochs: int) -> None:
        self.seconds, self._trainer = seconds, trainer
        self._most = most_epochs * trainer.timetable.full_steps(0)
        self._look_at = self.left - _FIRST_LOOK * seconds  # seconds left
        self._look_step = trainer.timetable.steps  # or after so many steps: they may go faster than was thought
        self._clock, self._steps, self._step_seconds = trainer.state.seconds, -1, 0.0
        self._validation_seconds: float | None = None

    @property
    def left(self) -> float:
        """Seconds."""
        return self.seconds - self._trainer.state.seconds

    def note(self, record: StepDone | EpochDone) -> bool:
        """Counts the time of a step or of what follows an epoch; whether the steps were planned again."""
        elapsed = self._trainer.state.seconds - self._clock
        self._clock += elapsed
        if isinstance(record, EpochDone):
            self._validation_seconds = elapsed
            return False
        self._steps += 1
        if self._steps:
            self._step_seconds += elapsed
        is_early = self.left > _LAST_LOOK * self.seconds
        is_due = self.left <= self._look_at or self._trainer.state.step >= self._look_step
        is_time = is_early and is_due and self._steps >= _FEWEST_STEPS
        if not is_time and self.left > 0:
            return False
        self._look_at = _NEXT_LOOK * self.left
        is_changed = self._plan()
        step, steps = self._trainer.state.step, self._trainer.timetable.steps
        self._look_step = steps - int(_NEXT_LOOK * (steps - step))
        return is_changed

    def _plan(self) -> bool:
        """Takes as many steps as there is time for, if they are not about as many as planned."""
        trainer = self._trainer
        step, table = trainer.state.step, trainer.timetable
        if step == table.steps:
            return False
        each = self._step_seconds / self._steps if self._steps > 0 else self.seconds
        validation = self._validation(each)
        count = max(0, int((self.left - validation) / (each + validation / table.full_steps(0))))
        planned, wanted = table.steps, min(step + count, self._most)
        if self._steps >= _FEWEST_STEPS:
            self._steps, self._step_seconds = 0, 0.0
        if wanted != step and abs(wanted - planned) <= max(1, _MUCH * (planned - step)):
            return False
        pace = Pace.of(trainer.state.pace).changed(step, wanted)
        trainer.take_pace(pace)
        return True

    def _validation(self, step_seconds: float) -> float:
        """Seconds that the next validation will take; before the first one a guess from the steps."""
        trainer = self._trainer
        if trainer.validation is None:
            return 0.0
        if self._validation_seconds is not None:
            return self._validation_seconds
        return _FORWARD_SHARE * step_seconds * len(trainer.validation) / trainer.timetable.batch_size
