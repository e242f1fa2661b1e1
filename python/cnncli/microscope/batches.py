"""What a step is taken of: the network, the loss, the optimizer and some samples, as `cnn train` would have them."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cnncli.errors import UsageError
from cnncli.microscope.one_step import Batch
from cnncli.optim import Optimizer
from cnncli.training.train import begin
from cnncli.training_options import TrainSettings


def batch_of_training(settings: TrainSettings) -> tuple[Batch, Optimizer, str, npt.NDArray[np.int64]]:
    """(the batch, the optimizer, the name of its data, which samples of it) of a training with these settings.

    The samples stand at equal distances in the training set, since files are often sorted by class. Nothing is written
    but into a folder that is gone afterwards. Raises as `train` does.
    """
    with tempfile.TemporaryDirectory(prefix="cnn-step-") as folder:
        settings = replace(settings, runs=str(Path(folder, "runs")), out=str(Path(folder, "out.bin")))
        with begin(settings, lambda _: None) as job:
            trainer = job.trainer
            if not isinstance(trainer.optimizer, Optimizer):
                raise UsageError(
                    f"--optim {settings.optimizer}: takes many passes for a step; use sgd, adam or the like"
                )
            count = min(trainer.timetable.batch_size, len(trainer.training_set))
            positions = np.linspace(0, len(trainer.training_set) - 1, count).astype(np.int64)
            rows = trainer.training_set.indices(positions)
            images, targets = trainer.training_set.images[rows], trainer.training_set.targets[rows]
            trainer.optimizer.lr = trainer.peak
            return Batch(trainer.network, images, targets, trainer.criterion), trainer.optimizer, job.dataset.name, rows
