"""Where a training is: the part of a checkpoint that is neither weights nor optimizer."""

import re
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from cnncli.data import DataSet
from cnncli.errors import FormatError, UsageError
from cnncli.model_file.serialize import Checkpoint
from cnncli.shown import shown
from cnncli.storage.typed_json import from_json
from cnncli.training.pace import is_pace

GAUGES = ("step", "gradient", "turn", "update")  # of the signs of an epoch
_HEX = re.compile("[0-9a-f]{0,128}")


@dataclass
class TrainingState:
    """Where a training is; every checkpoint holds it. Sums are over the images of the epoch so far.

    trace, marks : see `trace.py`
    signs : see `signs.py`; runs of older versions have none
    pace : the steps in all, as `Pace` writes them; "" where a number of epochs decides
    """

    step: int = 0
    loss_sum: float = 0.0
    correct: int = 0
    images: int = 0
    epoch_seconds: float = 0.0
    seconds: float = 0.0
    best_epoch: int = 0
    trace: str = ""
    marks: str = ""
    pace: str = ""
    history: list[dict[str, Any]] = field(default_factory=list)
    signs: list[dict[str, Any]] = field(default_factory=list)

    def check_step(self, steps: int) -> None:
        """Raises UsageError where it is none of a training of so many steps."""
        if not 0 <= self.step <= steps:
            raise UsageError(f"state: is at step {self.step} of {steps}; use that of this training")


def read_state(where: str, values: dict[str, Any]) -> TrainingState:
    """What a checkpoint says of the training; FormatError for other keys, and for values of other types."""
    try:
        state = from_json(TrainingState, {"signs": [], **values}, complete=True)
    except FormatError as error:
        raise FormatError(f"{where}: state {error}; start a new run") from None
    for name, value in asdict(state).items():
        if not _fits(name, value):
            raise FormatError(f"{where}: state has {name} = {shown(value)}; start a new run")
    if state.best_epoch > len(state.history):
        done = len(state.history)
        raise FormatError(f"{where}: best_epoch is {state.best_epoch}, but {done} are done; start a new run")
    return state


def _fits(name: str, value: Any) -> bool:
    if name == "history":
        return all(map(_is_epoch, value))
    if name == "signs":
        return all(map(_are_signs, value))
    if name in ("trace", "marks"):
        return bool(_HEX.fullmatch(value))
    if name == "pace":
        return not value or is_pace(value)
    return bool(name == "loss_sum" or value >= 0)


def _are_signs(facts: dict[str, Any]) -> bool:
    """Whether signs of an epoch can be gone on with."""
    gauges, losses = facts.get("gauges"), facts.get("losses")
    if type(facts.get("epoch")) is not int or not isinstance(losses, list) or not isinstance(gauges, dict):
        return False
    columns = [gauges.get(name) for name in GAUGES]
    lengths = {len(column) if isinstance(column, list) else -1 for column in columns}
    return len(lengths) == 1 and -1 not in lengths and all(type(loss) in (int, float) for loss in losses)


def _is_epoch(facts: Any) -> bool:
    """Whether an entry of the history has what is read of it."""
    if not isinstance(facts, dict) or type(facts.get("epoch")) is not int:
        return False
    known = {name: facts.get(name) for name in ("loss", "accuracy", "validation_loss", "validation_accuracy")}
    numbers = [value for name, value in known.items() if not (name != "loss" and value is None)]
    return all(type(value) in (int, float) for value in numbers) and type(facts.get("images", 0)) is int


def check_fit(where: str, checkpoint: Checkpoint, dataset: DataSet) -> None:
    """The network takes the images of the data set, and the optimizer's state is that of its parameters."""
    network = checkpoint.network
    assert dataset.train is not None
    if network.input_shape != dataset.train.images.shape[1:] or network.class_names != dataset.class_names:
        raise FormatError(
            f"{where}: is of a network for other images or classes than {dataset.name} has; start a new run"
        )
    shapes = {parameter.name: parameter.value.shape for parameter in network.named_parameters()}
    for key, value in checkpoint.optimizer_state.items():
        if "." not in key:
            continue  # of the optimizer as a whole, which checks it when it takes its state
        name = key.rpartition(".")[0]
        if name not in shapes or not isinstance(value, np.ndarray) or value.shape != shapes[name]:
            raise FormatError(f"{where}: optimizer state {shown(key)} does not fit the network; start a new run")
