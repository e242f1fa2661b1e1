"""A network lowered once to native calls on preallocated buffers: a training step is one call."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, SupportsIndex

import numpy as np
import numpy.typing as npt

from cnncli import _core
from cnncli.augmentation import Augmentation
from cnncli.criteria.criterion import Criterion
from cnncli.errors import Interrupted, ShapeError, UsageError
from cnncli.layers.arrays import FloatArray, as_float32
from cnncli.layers.module_tools import array_moves
from cnncli.layers.parameter import Parameter
from cnncli.limits import MOST_THREADS, Limits
from cnncli.network import Network
from cnncli.network.answers import answers
from cnncli.program.augmenting import augmentation_source, check_images
from cnncli.program.called_loss import CalledLoss, Mixed, likeliest_labels, losses_of
from cnncli.program.core_loss import core_loss, end_with_loss
from cnncli.program.lowering import byte_table, couples_samples, custom_layers, in_three, lower
from cnncli.program.program_lock import program_lock
from cnncli.program.results import EvaluationResult, Operation, StepResult
from cnncli.program.targets import check_loss, is_for_core, targets_for, usual_loss
from cnncli.program.updates import Updates
from cnncli.program.weight_average import WeightAverage

if TYPE_CHECKING:  # a prediction needs none
    from cnncli.optim.optimizer import Optimizer

_EVALUATION_BATCH = 256
_Source = tuple[dict[str, Any], npt.NDArray[np.int64] | None]  # what an augmentation measured, and the images it mixes


def _completed(result: tuple[float, int] | None) -> tuple[float, int]:
    if result is None:
        raise Interrupted("the call was asked to stop")
    return result


class Program:
    """A network compiled for one batch size; shares the network's parameters, gradients and buffers.

    network : its arrays are read and written in place; replace none of them while a program uses it
    batch_size : the most samples of one step
    criterion : default CrossEntropyLoss, for outputs that are no scores a squared error; all of cnncli.criteria but
        MultiLabelMarginLoss with lists and MultiCriterion are native, any other, also one of your own, is called in
        Python once a step, with the whole batch
    optimizer : of cnncli.optim, or one of your own, whose `update` then runs in Python after each native step; None for
        a program that does not train
    threads : default CNN_NUM_THREADS, else the CPUs this process may use; changes no bit of any result
    seed : of dropout
    frozen : the network's arrays will not change any more, so that predictions of a few samples may keep copies of
        them in another order; otherwise each such prediction compares arrays and copies first, and none comes from
        old weights. Not with an optimizer.

    clip_norm : before each update all gradients are multiplied by min(1, clip_norm / (length + 1e-6)), the length being
        that of all of them as one vector, as PyTorch's `clip_grad_norm_` does; None: no bound
    l1 : penalty of weights, not of biases: the gradient of l1 * sum |w| is added before anything is bounded; the loss
        that is reported is without it
    fixed : names of parameters that no step changes: no update, penalty or bound sees them
    clip_value : before that, each element is brought between -clip_value and clip_value; None: no bound
    average : of the network, which each step moves on once its updates are made; None: there is none
    augmentation : how each step changes its images, drawn from the seed, the epoch and the image's number; None: not

    A program holds a lock: of two Python threads that use it, one waits. Programs of one network share its arrays and
    not the lock: a prediction beside a training step of another one may read weights of which some are updated. In a
    process forked while another thread was inside, the program raises UsageError.
    """

    def __init__(
        self,
        network: Network,
        batch_size: int,
        *,
        criterion: Criterion | None = None,
        optimizer: Optimizer | None = None,
        threads: int | None = None,
        seed: int = 0,
        frozen: bool = False,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        l1: float = 0.0,
        fixed: Collection[str] = (),
        average: WeightAverage | None = None,
        augmentation: Augmentation | None = None,
    ) -> None:
        Limits(whole=True, least=1).checked("batch_size", batch_size)
        if frozen and optimizer is not None:
            raise UsageError("frozen: a program with an optimizer changes the network; pass frozen=False")
        if threads is not None:
            Limits(whole=True, least=1, most=MOST_THREADS).checked("threads", threads)
        self.network = network
        self.batch_size = batch_size
        self.criterion = criterion if criterion is not None else usual_loss(network)
        check_loss(self.criterion, network)
        self.optimizer = optimizer
        self._threads = threads if threads is not None else _core.thread_count()
        self._seed = seed
        self._frozen = frozen
        self._updates = Updates(
            network, optimizer, clip_norm=clip_norm, clip_value=clip_value, l1=l1, fixed=fixed, average=average
        )
        # Custom layers must see the mode; vectors are passed as (samples, values), which the core does not take.
        self._augmentation = None if augmentation is None or augmentation.is_none else augmentation
        if self._augmentation is not None:
            check_images(self._augmentation, network.input_shape)
        self._custom_layers = custom_layers(list(network))
        self._direct = len(network.input_shape) == 3 and not self._custom_layers
        self._lock: AbstractContextManager[object] = program_lock(self)
        self._output_shape = network.output_shape(network.input_shape)
        self._called: CalledLoss | None = None
        self._core_loss = core_loss(self.criterion, network)
        if self._core_loss is None:
            self._called = CalledLoss(self.criterion, self._output_shape, network.outputs)
        self._moves = array_moves()
        self._training = self._compile(batch_size, training=True) if optimizer is not None else None
        self._evaluating: _core.Program | None = None
        self._images: npt.NDArray[Any] | None = None
        self._targets: npt.NDArray[Any] | None = None
        self._source: _Source | None = None

    def bind(
        self, images: npt.ArrayLike, targets: npt.ArrayLike, only: npt.NDArray[np.int64] | None = None
    ) -> None:
        """The samples that `step` picks from; kept without a copy where the types are right.

        images : uint8 (N, *input_shape), normalized by the network's recipe in each step, or float32
        targets : int64 (N,) classes, or float32 (N, outputs) for squared errors
        only : numbers of those that are trained on, from which an augmentation measures and mixes; None: all
        """
        program = self._needs_training()
        samples, wanted, source = self._as_images(images), self._as_targets(targets), None
        if self._augmentation is not None:
            chosen = None if only is None else np.ascontiguousarray(only, np.int64)
            source = augmentation_source(samples, chosen), chosen
        with self._lock:
            called = self._called
            if called is None and not is_for_core(self.criterion, wanted):
                called = CalledLoss(self.criterion, self._output_shape, self.network.outputs)
            if called is not None and len(wanted) != len(samples):
                raise ShapeError(
                    f"{self.criterion!r}: {len(samples)} samples and {len(wanted)} targets; "
                    "pass one target for each sample"
                )
            if called is not self._called:
                self._called = called
                program = self._training = self._compile(self.batch_size, training=True)
                self._evaluating = None
            self._bind(program, samples, wanted, source)
            self._images, self._targets, self._source = samples, wanted, source  # nothing of a call that is refused

    def _bind(
        self, program: _core.Program, images: npt.NDArray[Any], targets: npt.NDArray[Any] | None, source: _Source | None
    ) -> None:
        program.bind(images, targets if self._called is None else None)
        if source is not None:
            program.bind_augmentation(*source)

    def step(
        self, indices: npt.NDArray[np.int64], *, step: int, epoch: int, learning_rate: float | None = None,
        losses: FloatArray | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> StepResult:
        """Forward, loss, backward and update on the bound samples `indices`, as one native call.

        step : number of this step in the whole training, from which dropout draws
        learning_rate : becomes the optimizer's `lr`; default: the one that it has
        losses : float32 (samples,), gets the loss of each sample before the update
        should_stop : asked every 20 ms or so while the step runs

        A loss that is not finite is returned, and nothing is updated: the weights are those that gave it.

        Raises Interrupted once `should_stop` is true, and whatever a signal handler raises (KeyboardInterrupt):
        then nothing but gradients has changed.
        """
        self._needs_training()
        optimizer = self.optimizer
        assert optimizer is not None
        with self._lock, self._mode(training=True):
            self._follow_arrays()
            program = self._needs_training()
            if learning_rate is not None:
                optimizer.lr = learning_rate
            if self._called is not None:
                assert self._targets is not None
                self._called.targets = self._targets[indices]
                self._called.mixed = self._mixed(indices, epoch)
            result = program.step(
                np.ascontiguousarray(indices, np.int64),
                seed=self._seed,
                step=step,
                epoch=epoch,
                settings=self._updates.settings(),
                threads=self._threads,
                losses=losses,
                should_stop=should_stop,
                average_share=self._updates.share_in_core(step),
            )
            loss, correct = _completed(result)
            if math.isfinite(loss):  # else the core has updated nothing
                self._updates.finish(program, step, self._threads)
        return StepResult(loss / len(indices), correct, len(indices))

    def _mixed(self, indices: npt.NDArray[np.int64], epoch: int) -> Mixed | None:
        """With what a called loss mixes its targets."""
        if self._augmentation is None or not self._augmentation.mixup:
            return None
        assert self._targets is not None and self._source is not None
        possible = self._source[1]
        draws = _core.augmentation_draws(
            self._augmentation.settings(), in_three(self.network.input_shape), np.ascontiguousarray(indices, np.int64),
            seed=self._seed, epoch=epoch, possible_partners=len(self._targets if possible is None else possible),
        )
        partners = draws["partner"][:, 0].astype(np.int64)
        return Mixed(self._targets[partners if possible is None else possible[partners]], draws["share"][:, 0])

    def predict(self, images: npt.ArrayLike) -> FloatArray:
        """Outputs of the network in evaluation: log-probabilities (N, classes) with CrossEntropyLoss, else its own."""
        with self._lock:
            self._follow_arrays()
            program = self._evaluating or self._for_evaluation()
            rows = program.predict(images, self._threads) if self._direct else None
            if rows is None:
                batch = self._as_images(images)
                with self._mode(training=False):
                    rows = program.predict(batch, self._threads)
                assert rows is not None
        return rows

    def evaluate(
        self, images: npt.ArrayLike, targets: npt.ArrayLike, should_stop: Callable[[], bool] | None = None
    ) -> EvaluationResult:
        """The mean loss and the predictions for samples with targets; running statistics are used, not changed.

        should_stop : asked every 20 ms or so; once it is true, Interrupted is raised
        """
        batch, wanted = self._as_images(images), self._as_targets(targets)
        if len(batch) == 0:
            raise UsageError("evaluate: there are no samples; pass at least one")
        with self._lock:
            self._follow_arrays()
            program = self._for_evaluation()
            rows = np.empty((len(batch), self._outputs), np.float32)
            in_core = self._called is None and is_for_core(self.criterion, wanted)
            program.bind(batch, wanted if in_core else None)
            with self._mode(training=False):
                result = program.forward(
                    first=0,
                    count=len(batch),
                    losses=in_core,
                    rows=rows,
                    threads=self._threads,
                    should_stop=should_stop,
                )
            program.bind(batch[:0], None)
        loss, correct = _completed(result)
        predictions = answers(rows, self.network.outputs)
        if not in_core:  # all outputs at once: a weighted mean is none of the parts' means
            outputs = rows.reshape(-1, *self._output_shape)
            loss = float(np.sum(losses_of(self.criterion, outputs, wanted)))
            correct = int(np.sum(predictions == likeliest_labels(wanted))) if self.criterion.takes_labels else 0
        return EvaluationResult(loss / len(batch), correct, predictions, rows)

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(
            "a Program cannot be copied, pickled or sent: it points into the arrays of its network; copy or send the "
            "network (and the optimizer) and build a Program there, or use cnncli.Model"
        )

    def learned(self) -> list[Parameter]:
        """The parameters that steps change."""
        return self._updates.learned()

    @property
    def bytes(self) -> int:
        """Memory of all buffers."""
        programs = [program for program in (self._training, self._evaluating) if program is not None]
        return sum(program.bytes() for program in programs)

    def stages(self) -> list[list[Operation]]:
        """The operations of a training step in their order, of a program without an optimizer those of a prediction.

        Those of a stage do not depend on each other; threads meet between two stages.
        """
        program = self._training or self._for_evaluation()
        return [[Operation(*row) for row in stage] for stage in program.stages()]

    def _follow_arrays(self) -> None:
        """Compiles anew where modules have got other arrays, by `get_parameters` or `share`."""
        if self._moves == array_moves():
            return
        self._moves, self._evaluating = array_moves(), None
        if self._training is not None:
            self._training = self._compile(self.batch_size, training=True)
            if self._images is not None:
                self._bind(self._training, self._images, self._targets, self._source)

    def _compile(self, batch_size: int, *, training: bool) -> _core.Program:
        network, criterion = self.network, self.criterion
        layers = list(network)
        self._check_memory(batch_size, training)
        core = _core.Program(
            batch_size,
            training=training,
            couples_samples=training and (self._called is not None or couples_samples(layers)),
            frozen=self._frozen,
        )
        shape = in_three(network.input_shape)
        x = core.input(shape, byte_table(network, shape[0]))
        if training and self._augmentation is not None:
            core.augment(self._augmentation.settings())
        with self._mode(training=training):
            x = lower(layers, core, x, network.input_shape)
        self._outputs = int(np.prod(network.output_shape(network.input_shape)))
        end_with_loss(core, x, self._core_loss, self._called, criterion, training)
        if training:
            self._updates.add_to(core)
        core.finish()
        return core

    def _check_memory(self, batch_size: int, training: bool) -> None:
        """Before the core asks for it: a small file may describe a network that no machine holds."""
        values = self.network.activation_count() * batch_size * (2 if training else 1)
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        if values * 4 > memory:
            raise UsageError(
                f"{self.network._label()}: a batch of {batch_size} needs at least {values * 4 / 1024**3:.4g} GiB, "
                f"and this machine has {memory / 1024**3:.4g}; use a smaller batch or network"
            )

    def _for_evaluation(self) -> _core.Program:
        if self._evaluating is None:
            self._evaluating = self._compile(max(1, min(self.batch_size, _EVALUATION_BATCH)), training=False)
        return self._evaluating

    @contextmanager
    def _mode(self, *, training: bool) -> Iterator[None]:
        """Custom layers see the mode of what runs; afterwards each has the mode that it had."""
        with ExitStack() as modes:
            for layer in self._custom_layers:
                modes.enter_context(layer._in_mode(training=training))
            yield

    def _as_images(self, images: npt.ArrayLike) -> npt.NDArray[Any]:
        array = np.asarray(images)
        if array.dtype != np.uint8:
            array = as_float32(array, f"images of {self.network._label()}")
        batch = self.network._in_batch(array, array.shape)
        return np.ascontiguousarray(batch.reshape(len(batch), *in_three(self.network.input_shape)))

    def _as_targets(self, targets: npt.ArrayLike) -> npt.NDArray[Any]:
        return targets_for(self.criterion, targets, self._output_shape, is_called=self._called is not None)

    def _needs_training(self) -> _core.Program:
        if self._training is None:
            raise UsageError("program: has no optimizer; pass optimizer=SGD(...) to train")
        return self._training
