"""What a training leaves on the disk while it goes on: checkpoints, metrics and the best model so far."""

import copy
import time
from collections.abc import Callable, Iterator
from typing import Any

from cnncli.errors import WriteError
from cnncli.network import Network
from cnncli.training.records import SaveFailed
from cnncli.training.runs import RunFolder
from cnncli.training.targets import Target
from cnncli.training.trainer import Trainer

_RETRY_SECONDS = 10.0  # after a save that failed


class Keeper:
    """Saves a trainer's state into a run folder.

    record : gives the record for a model file, as the training stands
    save_every : seconds from a checkpoint to the next within an epoch
    """

    def __init__(
        self,
        run: RunFolder,
        trainer: Trainer,
        target: Target,
        record: Callable[[], dict[str, Any]],
        save_every: float,
    ) -> None:
        self._run, self._trainer, self._target, self._record = run, trainer, target, record
        self._save_every = save_every
        self._save_time = time.perf_counter() + save_every  # of the next checkpoint within an epoch
        self._saved: tuple[int, int] | None = None  # step and epochs of the last checkpoint
        self._unsaved_best: tuple[Network, dict[str, Any]] | None = None  # and its record

    @property
    def is_due(self) -> bool:
        """Whether it is time for a checkpoint within an epoch."""
        return time.perf_counter() >= self._save_time

    def note_epoch(self) -> bool:
        """An epoch is over: its model is to be kept if it is the best one so far, and whether it is."""
        state = self._trainer.state
        facts = state.history[-1]
        if not self._target.is_best(facts, state.history[state.best_epoch - 1] if state.best_epoch else None):
            return False
        state.best_epoch = facts["epoch"]
        if self._trainer.validation is not None:
            self._unsaved_best = self._trainer.kept, self._record()
        return True

    def save(self) -> None:
        """Writes what a resumed run needs: the best model, then the checkpoint, whose state names its epoch."""
        trainer = self._trainer
        trainer.check_weights()
        if self._unsaved_best is not None:
            self._run.save_best(*self._unsaved_best)
            self._unsaved_best = None
        digest = self._run.write_metrics(trainer.state.history)
        arrays = trainer.hard_images.arrays() if trainer.hard_images is not None else None
        averages = None if trainer.average is None else trainer.average.arrays()
        # The epochs stand in the metrics already: with all of them here, each save would take longer than the last.
        state = {name: value for name, value in vars(trainer.state).items() if name != "history"}
        state |= {"epochs": len(trainer.state.history), "metrics": digest}
        self._run.save_checkpoint(trainer.network, trainer.optimizer, state, images=arrays, averages=averages)
        self._saved = self._here()
        self._save_time = time.perf_counter() + self._save_every

    def save_or_tell(self) -> Iterator[SaveFailed]:
        """Saves; if a full disk or the like is in the way, says so, and the training goes on."""
        try:
            self.save()
        except WriteError as error:
            if self._unsaved_best is not None and self._unsaved_best[0] is self._trainer.kept:
                # The next step will change the weights.
                self._unsaved_best = copy.deepcopy(self._trainer.kept), self._unsaved_best[1]
            retry = min(_RETRY_SECONDS, self._save_every)
            self._save_time = time.perf_counter() + retry
            yield SaveFailed(str(error), retry)

    def save_if_needed(self) -> None:
        """Saves unless nothing has happened since the last time."""
        if self._saved != self._here():
            self.save()

    def _here(self) -> tuple[int, int]:
        return self._trainer.state.step, len(self._trainer.state.history)
