"""The training loop: it yields plain records, and knows nothing of files, options and terminals.

Everything random is a function of (seed, epoch, step), so a training that stops anywhere and goes on from its state
ends with the bits of one that did not stop.
"""

import math
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict

import numpy as np

from cnncli import _core
from cnncli.augmentation import Augmentation
from cnncli.criteria.criterion import Criterion
from cnncli.data.held_out import Indices
from cnncli.errors import Interrupted
from cnncli.model_file.weights import weights_digest
from cnncli.network import Network
from cnncli.optim import SGD, Optimizer, WholeBatchOptimizer
from cnncli.program import EvaluationResult, Program
from cnncli.program.targets import loss_to_train
from cnncli.program.weight_average import WeightAverage
from cnncli.shown import printable
from cnncli.training.balance import labels_to_draw
from cnncli.training.class_recall import class_recall
from cnncli.training.convergence import Convergence
from cnncli.training.divergence import Cause, Diverged, find_cause, find_parameter
from cnncli.training.early_stopping import EarlyStopping
from cnncli.training.marks import mark_step
from cnncli.training.pace import Pace
from cnncli.training.plateau import Plateau, measured_losses, plateau_for
from cnncli.training.records import SHOWN_ONLY, EpochDone, Progress, StepDone
from cnncli.training.signs import Signs
from cnncli.training.state import TrainingState
from cnncli.training.timetable import HardImages, Timetable, timetable_for
from cnncli.training.training_set import Samples, TrainingSet, give_recipe
from cnncli.training.whole_batch import GradientsOnly, WholeBatch

_PROGRESS_SECONDS = 0.2
_VALIDATION = ("validation",)  # of a data set


class Trainer:
    """Trains a network; a loop over it gets `Progress` a few times a second and `EpochDone` after each epoch.

    network : its arrays are changed in place; one without a recipe gets that of the images, if these are bytes
    training_set : (images, targets), a `Split`, or a data set, whose training part it is and whose preparation the
        network takes over. images: uint8 or float32 (N, *input_shape); targets: int64 (N,) classes, or float32
        (N, outputs) for squared errors
    criterion : the loss; default by what the network's outputs are: CrossEntropyLoss() of scores, MSELoss() of values,
        else OfLabels(MSELoss())
    optimizer : default SGD(0.05, momentum=0.9); its `lr` is the largest rate of the timetable. LBFGS and CG, with
        batch_size="full", make a call of their `step` in each epoch
    timetable : which images each step takes, and at which share of the rate

    epochs, batch_size, schedule, warm_up : of the timetable where none is given, see `Timetable`; default 10 epochs of
        batches of 64, schedule "constant", no warm-up
    plateau : by what the rate falls with the schedule "plateau"; default Plateau()
    until : ends the training before its timetable does, once it is reached; None: nothing does
    patience : int, epochs without a better one after which the training ends, see `EarlyStopping`; None: it goes on
    validation : as training_set, of a data set its validation part; measured after each epoch, never trained on
    only : int64, numbers of the images that are trained on; None: all
    seed : of the order of images and of dropout
    threads : default CNN_NUM_THREADS, else the CPUs given; changes no bit
    state : where an earlier training stopped, with the weights and the optimizer as they were then
    clip_norm, clip_value, l1 : bounds of the gradients, and the penalty of weights, see `Program`
    fixed : names of parameters that no step changes, "0.weight"
    balanced : each epoch draws every class alike, and so images of small classes several times
    ema : decay of a running average of the weights, such as 0.999: `kept` is then its network; None: none is made
    hard_images : those of that training, where the timetable has shares
    on_epoch : called with the `EpochDone` of each epoch; if it returns True, the training ends there
    augmentation : how images are changed, afresh in each epoch; None: not. Of an optimizer of all images at once it is
        refused: its function must stay the same

    The training goes on where it is, however often a loop is left and begun again. Raises UsageError for arguments that
    do not fit together.

    >>> from cnncli.layers import Flatten, Linear
    >>> images, labels = np.eye(4, dtype=np.float32).reshape(4, 1, 2, 2), np.array([0, 1, 0, 1])
    >>> network = Network([Flatten(), Linear(4, 2)], (1, 2, 2))
    >>> trainer = Trainer(network, (images, labels), optimizer=SGD(0.5), epochs=100, batch_size=2)
    >>> for record in trainer:
    ...     pass
    >>> record.epoch, record.accuracy, record.loss < 0.1
    (100, 1.0, True)
    """

    def __init__(
        self,
        network: Network,
        training_set: Samples,
        criterion: Criterion | None = None,
        optimizer: Optimizer | WholeBatchOptimizer | None = None,
        timetable: Timetable | None = None,
        *,
        epochs: int | None = None,
        batch_size: int | str | None = None,
        schedule: str | None = None,
        warm_up: float | None = None,
        plateau: Plateau | None = None,
        until: Convergence | None = None,
        patience: int | None = None,
        validation: Samples | None = None,
        only: Indices | None = None,
        seed: int = 1,
        threads: int | None = None,
        state: TrainingState | None = None,
        hard_images: HardImages | None = None,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        l1: float = 0.0,
        fixed: Collection[str] = (),
        balanced: bool = False,
        ema: float | None = None,
        augmentation: Augmentation | None = None,
        on_epoch: Callable[[EpochDone], object] | None = None,
    ) -> None:
        self.network = network
        self.criterion = criterion if criterion is not None else loss_to_train(network)
        self.optimizer = optimizer if optimizer is not None else SGD(0.05, momentum=0.9)
        self.training_set = TrainingSet.of(training_set, "training_set", only)
        self.validation = None if validation is None else TrainingSet.of(validation, "validation", parts=_VALIDATION)
        self.timetable = timetable_for(
            timetable, len(self.training_set), epochs=epochs, batch_size=batch_size, schedule=schedule, warm_up=warm_up
        )
        self.state = state if state is not None else TrainingState()
        self.seed, self.threads = seed, threads or _core.default_thread_count()
        self.peak = self.optimizer.lr
        self.until, self.on_epoch, self._is_ended = until, on_epoch, False
        self.early = None if patience is None else EarlyStopping(patience)
        self.plateau = plateau_for(self.timetable.schedule, plateau)
        give_recipe(network, training_set, self.training_set)
        self.average = None if ema is None else WeightAverage(network, ema)
        self.program = Program(
            network,
            self.timetable.batch_size,
            criterion=self.criterion,
            optimizer=GradientsOnly() if isinstance(self.optimizer, WholeBatchOptimizer) else self.optimizer,
            threads=threads,
            seed=seed,
            clip_norm=clip_norm,
            clip_value=clip_value,
            l1=l1,
            fixed=fixed,
            average=self.average,
            augmentation=augmentation,
        )
        self.augmentation = augmentation or Augmentation()
        self.program.bind(self.training_set.images, self.training_set.targets, self.training_set.only)
        self._measuring = self.program if self.average is None else self.program_of(self.kept)
        self._whole, self._signs = self._whole_batch(bool(clip_norm or clip_value)), Signs(network, self.state)
        self.state.check_step(self.timetable.steps)
        self.hard_images = hard_images or (HardImages(len(self.training_set)) if self.timetable.shares else None)
        chooses = bool(self.timetable.shares) or self._whole is not None
        self._drawn_labels = labels_to_draw(self.criterion, self.training_set, chooses) if balanced else None
        self._order_epoch, self._order = -1, np.empty(0, dtype=np.int64)
        self._images_here, self._seconds_here, self._clock = 0, 0.0, time.perf_counter()  # for the speed shown

    def program_of(self, network: Network) -> Program:
        """What measures another network."""
        return Program(network, self.timetable.batch_size, criterion=self.criterion, threads=self.threads)

    def _whole_batch(self, clips: bool) -> WholeBatch | None:
        """What makes the steps of an optimizer of one vector; None for all others."""
        if not isinstance(self.optimizer, WholeBatchOptimizer):
            return None
        count = len(self.training_set)
        WholeBatch.check(self.optimizer, self.timetable, count, clips, self.average is not None)
        WholeBatch.check_augmentation(self.optimizer, self.augmentation)
        return WholeBatch(self.program, self.optimizer, self.network, self.training_set.indices(np.arange(count)))

    def __iter__(self) -> Iterator[Progress | EpochDone]:
        return self.run()

    def run(self, should_stop: Callable[[], bool] = lambda: False) -> Iterator[Progress | EpochDone]:
        """To the end of the timetable; raises Interrupted once `should_stop` is true, and can then be called again."""
        shown = time.perf_counter()
        for record in self.steps(should_stop):
            if isinstance(record, EpochDone):
                yield record
            elif not self.epoch_is_over and self._clock - shown > _PROGRESS_SECONDS:
                shown = self._clock
                yield self.progress()

    def steps(self, should_stop: Callable[[], bool] = lambda: False) -> Iterator[StepDone | EpochDone]:
        """As `run`, but with a record for every step, after which the state may be saved.

        Raises Diverged for a loss that is no finite number: nothing is updated by it.
        """
        should_stop = self._untimed(should_stop)
        self._clock = time.perf_counter()
        try:
            while True:
                if self.epoch_is_over:
                    done = self._close_epoch(should_stop)
                    self._tell(done)
                    yield done
                elif self.state.step == self.timetable.steps or (self.state.images == 0 and self.is_done_early):
                    return
                else:
                    if should_stop():
                        raise Interrupted("asked to stop between two steps")
                    yield self._step(self.timetable.epoch_of(self.state.step), should_stop)
        finally:
            self.optimizer.lr = self.peak

    def _tell(self, done: EpochDone) -> None:
        """Asks `on_epoch` whether to go on; if not, no more steps are planned, so that they can be done again."""
        table, step = self.timetable, self.state.step
        answer = None if self.on_epoch is None else self.on_epoch(done)
        if not (isinstance(answer, bool | np.bool_) and answer) or step == table.steps:
            return
        self._is_ended = True
        if not table.shares and table.cycle == table.epochs:
            self.take_pace((table.pace or Pace(((0, table.steps),))).changed(step, step))

    def _untimed(self, should_stop: Callable[[], bool]) -> Callable[[], bool]:
        """The same question; a training that it lets wait took no longer for it."""

        def ask() -> bool:
            began = time.perf_counter()
            answer = should_stop()
            self._clock += time.perf_counter() - began
            return answer

        return ask

    def evaluate(self, samples: Samples, should_stop: Callable[[], bool] = lambda: False) -> EvaluationResult:
        """Mean loss, right answers and predictions of `kept` for other samples; of a data set for its test part, or
        where it has none its validation part."""
        measured = TrainingSet.of(samples, "samples", parts=("test", "validation"))
        return self._measuring.evaluate(measured.images, measured.targets, should_stop)

    @property
    def kept(self) -> Network:
        """The network that is measured, and to be kept: that of the averages, if there are some."""
        return self.network if self.average is None else self.average.network

    @property
    def epoch_is_over(self) -> bool:
        """Whether all steps of an epoch are done, but not what follows them."""
        state = self.state
        if state.images == 0:
            return False
        return state.step == self.timetable.first_step(self.timetable.epoch_of(state.step - 1) + 1)

    @property
    def has_converged(self) -> bool:
        """Whether the epochs so far reach `until`."""
        return self.until is not None and self.until.is_reached(self.state.history)

    @property
    def is_done_early(self) -> bool:
        """Whether the epochs so far end the training before its timetable does."""
        history, early = self.state.history, self.early
        return self._is_ended or self.has_converged or (early is not None and early.is_reached(history))

    def learning_rate(self, step: int) -> float:
        """Of a step, counted from 0; with a plateau one of the epoch that is open."""
        peak = self.peak
        if self.plateau is not None:
            peak = self.plateau.rate(peak, measured_losses(self.state.history))
        return self.timetable.learning_rate(step, peak)

    def take_pace(self, pace: Pace) -> None:
        """Goes on with other steps, of which those that are done stay as they were."""
        self.timetable = self.timetable.with_pace(pace)
        self.state.pace = pace.text

    def check_weights(self) -> None:
        """Raises Diverged for weights that are no finite numbers: the loss of a step does not show what its own
        update did."""
        cause = find_parameter(self.network)
        if cause is not None:
            raise self._diverged("the update went wrong", cause, self.state.step)

    def check_loss(self, name: str, loss: float) -> None:
        """Raises Diverged for a measured loss that is no finite number."""
        if not math.isfinite(loss):
            raise self._diverged(f"the {name} loss is {loss}", find_parameter(self.network), self.state.step)

    def progress(self) -> Progress:
        """Where the training is, within an epoch or between two, where the loss of the next one is no number yet."""
        state, table = self.state, self.timetable
        epoch = table.epoch_of(state.step - 1 if state.images else state.step)
        last = max(table.cycle, min(epoch + 1, table.epochs))
        left = sum(table.images(later) for later in range(epoch, last)) - state.images
        speed = self._images_here / self._seconds_here if self._images_here else 0.0
        return Progress(
            epoch=min(epoch + 1, table.epochs),
            step=state.step,
            loss=state.loss_sum / state.images if state.images else math.nan,
            accuracy=self._accuracy(state.correct, state.images) if state.images else None,
            learning_rate=self.learning_rate(min(state.step, table.steps - 1)),
            images_per_second=speed,
            seconds_left=left / speed if speed else math.inf if left else 0.0,
        )

    def _step(self, epoch: int, should_stop: Callable[[], bool]) -> StepDone:
        """One batch; adds to the sums of the epoch. Raises Interrupted, and then nothing has changed."""
        state = self.state
        step_of_epoch = state.step - self.timetable.first_step(epoch)
        if epoch != self._order_epoch:
            self._order = self._order_of(epoch, is_new=step_of_epoch == 0)
            self._order_epoch = epoch
        start = step_of_epoch * self.timetable.batch_size
        positions = self._order[start : start + self.timetable.batch_size]
        losses = np.empty(len(positions), np.float32) if self.hard_images is not None else None
        indices = self.training_set.indices(positions)
        rate = self.learning_rate(state.step)
        steps = self.timetable.full_steps(epoch)
        self._signs.before(self.training_set.images, indices, epoch, step_of_epoch, steps)
        if self._whole is not None:
            result = self._whole.step(rate, should_stop)
        else:
            result = self.program.step(
                indices, step=state.step, epoch=epoch, learning_rate=rate, losses=losses, should_stop=should_stop
            )
        if not math.isfinite(result.loss):
            cause = find_cause(self.network, self.training_set.images[indices], indices)
            raise self._diverged(f"the loss is {result.loss}", cause, state.step + 1)
        if self.hard_images is not None and losses is not None:
            self.hard_images.put(positions, losses)
        self._signs.after(result.loss, epoch, step_of_epoch, steps)
        mark_step(state, result, step_of_epoch, steps)
        state.step += 1
        state.loss_sum += result.loss * result.samples
        state.correct += result.correct
        state.images += result.samples
        self._images_here += result.samples
        self._tick()
        return StepDone(epoch + 1, state.step, result.loss, result.samples)

    def _order_of(self, epoch: int, is_new: bool) -> Indices:
        """Positions among the images trained on, in the order of the epoch; a resumed epoch keeps its choice."""
        count = self.timetable.pool(epoch)
        if self._drawn_labels is not None:
            return _core.balanced_order(self._drawn_labels, count=count, seed=self.seed, epoch=epoch)
        order = _core.permutation(count, seed=self.seed, epoch=epoch)
        if self.hard_images is None:
            return order
        chosen = self.hard_images.choose(count) if is_new else self.hard_images.chosen
        return chosen[order]

    def _tick(self) -> None:
        now = time.perf_counter()
        elapsed, self._clock = now - self._clock, now
        self._seconds_here += elapsed
        self.state.epoch_seconds += elapsed
        self.state.seconds += elapsed

    def _accuracy(self, correct: int, images: int) -> float | None:
        """None where the targets are no classes."""
        return correct / images if self.criterion.takes_labels else None

    def _diverged(self, what: str, cause: Cause | None, step: int) -> Diverged:
        """step : the one that showed it, counted from 1"""
        line = f"epoch {self.timetable.epoch_of(step - 1) + 1}, step {step}: {what}"
        if cause is None:
            return Diverged(line, None, self.peak)
        return Diverged(f"{line}: {printable(cause.what)}", cause.remedy or None, self.peak)

    def _close_epoch(self, should_stop: Callable[[], bool]) -> EpochDone:
        """Validates, and adds the epoch to the history.

        Raises Interrupted, and then the epoch is still to be closed.
        """
        state = self.state
        validation_loss = validation_accuracy = recall = None
        if self.validation is not None:
            samples = self.validation
            measured = self._measuring.evaluate(samples.images, samples.targets, should_stop)
            validation_loss = measured.loss
            validation_accuracy = self._accuracy(measured.correct, len(samples) + samples.blanks)
            ignored = getattr(self.criterion, "ignore_index", None)
            recall = class_recall(samples, measured.predictions, ignored) if self.criterion.takes_labels else None
            self.check_loss("validation", validation_loss)
        self._tick()
        done = EpochDone(
            epoch=self.timetable.epoch_of(state.step - 1) + 1,
            epochs=self.timetable.epochs,
            images=state.images,
            loss=state.loss_sum / state.images,
            accuracy=self._accuracy(state.correct, state.images),
            validation_loss=validation_loss,
            validation_accuracy=validation_accuracy,
            learning_rate=self.learning_rate(state.step - 1),
            seconds=state.epoch_seconds,
            images_per_second=state.images / state.epoch_seconds,
            class_recall=recall,
        )
        facts = {name: value for name, value in asdict(done).items() if name not in SHOWN_ONLY}
        state.history.append({**facts, "weights": weights_digest(self.kept), "marks": state.marks})
        state.loss_sum, state.correct, state.images, state.epoch_seconds, state.marks = 0.0, 0, 0, 0.0, ""
        return done
