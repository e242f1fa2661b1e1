"""What the training reports while it runs: plain records, for any front end to show."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cnncli.training.convergence import Convergence


@dataclass(frozen=True, kw_only=True)
class TrainingFacts:
    """What is told of a training at its start and at its end, and is the same.

    run : the folder
    network, data : their names
    images : those that are trained on
    validation_images : those that measure each epoch; 0 without
    samples : what is trained on: "images" or "rows"
    until : what ends the training before its last epoch; or None
    target : validation accuracy at which it ends before its last epoch; or None
    time_limit : seconds that it may take, which decide how many steps and epochs there will be; or None
    cuts_epochs : the last epoch may take some of its images only
    """

    run: Path
    network: str
    data: str
    images: int
    validation_images: int
    samples: str
    seed: int
    until: Convergence | None
    target: float | None
    time_limit: float | None = None
    cuts_epochs: bool = False


@dataclass(frozen=True, kw_only=True)
class Started(TrainingFacts):
    """The training is about to begin, or to go on.

    epochs : the most that there may be
    steps : all steps of the training, over all epochs
    first_step : 0, or where a resumed run goes on
    notice : one line the user should see, such as that another data set is used; or None
    started_from : the model that the training starts from, and what it has of that, in words; or None
    warnings : lines about what will hardly be learned; none for a run that goes on
    batch_size : of all training images it is their number
    optimizer : its name on the command line
    learning_rate : the largest one
    rate_factor : by which it is the description's, for another batch size; None if the user gave it
    target_epoch : the end of the first cycle, from which on `target` holds; None without a target
    early_target : what it takes before, perhaps above 1; None without a target
    preparation : how pictures become input
    notes : what was left aside, converted or assumed of the data, and what is done for small classes, one line each
    has_classes : there is an accuracy to show
    class_names : in the order of the labels
    reasons : what was chosen from the data and why, three lines; none where a network was named
    augmentation : how training images are changed, "shift 0.07, rotate 10"; "" where they are not
    """

    parameters: int
    source: str
    notice: str | None
    started_from: str | None
    warnings: list[str]
    epochs: int
    steps: int
    first_step: int
    batch_size: int
    optimizer: str
    learning_rate: float
    rate_factor: float | None
    threads: int
    target_epoch: int | None
    early_target: float | None
    preparation: str
    notes: list[str]
    has_classes: bool = True
    class_names: tuple[str, ...] = ()
    augmentation: str = ""
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class StepDone:
    """One step is over.

    epoch, step : counted from 1; steps over all epochs
    loss : mean over its samples, before its update
    """

    epoch: int
    step: int
    loss: float
    samples: int


@dataclass(frozen=True)
class Progress:
    """Where the training is, a few times a second.

    epoch : counted from 1
    step : steps done so far, over all epochs
    loss, accuracy : mean over the epoch so far; NaN and None before its first step; no accuracy where the targets are
        no classes
    seconds_left : to the end of the training, or of the cycle at which it may have reached its target; infinity before
        the first step
    """

    epoch: int
    step: int
    loss: float
    accuracy: float | None
    learning_rate: float
    images_per_second: float
    seconds_left: float


@dataclass(frozen=True)
class EpochDone:
    """One epoch is over. Validation measures are None without validation images.

    images : those that the epoch took, all or the hardest
    loss, accuracy : means over them; no accuracy where the targets are no classes
    is_best : its model is the one that is kept, as long as no later one is better
    class_recall : of each class the share of its validation images that is right, None of one without; None without
        validation images or classes
    """

    epoch: int
    epochs: int
    images: int
    loss: float
    accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float
    seconds: float
    images_per_second: float
    is_best: bool = False
    class_recall: tuple[float | None, ...] | None = None


SHOWN_ONLY = ("epochs", "is_best", "class_recall")  # of an epoch that is over: in no history


@dataclass(frozen=True)
class SaveFailed:
    """A checkpoint or a model could not be written. What was saved before is untouched; the training goes on.

    reason : one line: which file, why, and what to do
    seconds_to_retry : after so long, or at the end of the epoch, it is tried again
    """

    reason: str
    seconds_to_retry: float


@dataclass(frozen=True)
class Stopped:
    """The training was asked to stop; its checkpoint is written."""

    run: Path
    epoch: int
    step: int


@dataclass(frozen=True, kw_only=True)
class Finished(TrainingFacts):
    """The training is complete and the model is written.

    model : the copy at `--out`
    plugins : the user's files that the model needs
    data_path, data_dir, label_column, skip_bad : what loads the data again
    sample : a picture file, of those that were not trained on if there is one; None: the data hold no files
    validation_is_own : the data set has a part for it; else these images were held out of the training part
    earlier_model : where the model that was there before is kept; None if there was none, or the same one
    epochs : those that were trained; with a target they may be fewer than were allowed
    best_epoch : epoch of the model that was kept; the last one without validation
    epoch_images : those of that epoch, to which `loss` and `accuracy` belong; all or the hardest
    seconds : time spent in training, summed over resumed parts
    test_* : measures on the test images, None where the data set has none
    target_reached : None without a target
    converged : whether `until` ended it; None without
    seconds_to_target : of `seconds`, those until the target was reached; None if it was not
    patience : epochs without a better one that were to end it; or None
    ended_early : whether they did; None without a patience
    command : what repeats it exactly
    remark : one line with a remedy if nothing was learned; else None
    warnings : those of `Started`, and the remark
    """

    model: Path
    model_bytes: int
    plugins: tuple[str, ...]
    data_path: str
    data_dir: str | None
    label_column: str | None
    skip_bad: bool
    sample: str | None
    earlier_model: Path | None
    epochs: int
    best_epoch: int
    epoch_images: int
    loss: float
    accuracy: float | None
    validation_is_own: bool
    validation_loss: float | None
    validation_accuracy: float | None
    test_images: int
    test_loss: float | None
    test_accuracy: float | None
    seconds: float
    images_per_second: float
    history: list[dict[str, Any]]
    notes: list[str]
    target_reached: bool | None
    seconds_to_target: float | None
    converged: bool | None
    remark: str | None
    warnings: list[str]
    patience: int | None = None
    ended_early: bool | None = None
    command: str = ""


Record = Started | Progress | EpochDone | SaveFailed | Stopped | Finished
