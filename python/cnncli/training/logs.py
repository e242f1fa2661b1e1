"""The measures of each epoch for other programs that draw them: TensorBoard, trackio. Neither is a dependency."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from cnncli.errors import CnnError, UsageError
from cnncli.shown import reason_of
from cnncli.training.records import EpochDone, Record

# --log -> the packages of which one has to be there.
_PACKAGES = {"tensorboard": ("tensorboardX", "tensorboard"), "trackio": ("trackio",)}
PROJECT = "cnncli"


class Log(Protocol):
    """What takes the measures of epochs."""

    def write(self, values: dict[str, float], epoch: int) -> None: ...

    def close(self) -> None: ...


def check_log(name: str | None) -> None:
    """Raises UsageError for a log whose program is not installed."""
    if name is not None and _found(name) is None:
        packages = _PACKAGES[name]
        raise UsageError(
            f"--log {name}: needs {' or '.join(packages)}, and none is installed; pip install {packages[0]}, or leave "
            "it out"
        )


def _found(name: str) -> Any:
    """The first of the packages that can be imported, of tensorboard the module of its writer; None without one."""
    for package in _PACKAGES[name]:
        with suppress(ImportError):
            writer = "tensorboard.summary.writer.event_file_writer" if package == "tensorboard" else package
            return importlib.import_module(writer)
    return None


@contextmanager
def open_log(name: str | None, run: Path, seed: int) -> Iterator[Log | None]:
    """The log of a run; a run that goes on adds to its own. None where none was asked for.

    run : its folder; TensorBoard's event files go into `tensorboard` there
    """
    if name is None:
        yield None
        return
    log = _Trackio(run, seed) if name == "trackio" else _tensorboard(run / "tensorboard")
    try:
        yield log
    finally:
        log.close()


def logged(records: Iterator[Record], log: Log | None) -> Iterator[Record]:
    """The same records; those of epochs are written into the log."""
    for record in records:
        if log is not None and isinstance(record, EpochDone):
            try:
                log.write(measures(record), record.epoch)
            except OSError as error:
                raise CnnError(f"--log: cannot be written ({reason_of(error)}); mend that, or leave it out") from None
        yield record


def measures(record: EpochDone) -> dict[str, float]:
    """Its numbers by name, as "loss/train" and "accuracy/validation"."""
    found = {
        "loss/train": record.loss, "loss/validation": record.validation_loss, "accuracy/train": record.accuracy,
        "accuracy/validation": record.validation_accuracy, "learning rate": record.learning_rate,
        "images per second": record.images_per_second,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}


class _Scalars:
    """A writer with tensorboardX's methods."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def write(self, values: dict[str, float], epoch: int) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, epoch)
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


class _Events:
    """TensorBoard's own writer of event files."""

    def __init__(self, module: Any, folder: Path) -> None:
        self._writer = module.EventFileWriter(str(folder))

    def write(self, values: dict[str, float], epoch: int) -> None:
        import time

        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        found = [Summary.Value(tag=name, simple_value=value) for name, value in values.items()]
        self._writer.add_event(Event(wall_time=time.time(), step=epoch, summary=Summary(value=found)))
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


def _tensorboard(folder: Path) -> Log:
    module = _found("tensorboard")
    if module.__name__ == "tensorboardX":
        return _Scalars(module.SummaryWriter(str(folder)))
    return _Events(module, folder)


class _Trackio:
    """A run of trackio's project "cnncli" under the name of the run's folder."""

    def __init__(self, run: Path, seed: int) -> None:
        self._trackio = _found("trackio")
        self._trackio.init(project=PROJECT, name=run.name, config={"seed": seed}, resume="allow")

    def write(self, values: dict[str, float], epoch: int) -> None:
        self._trackio.log(values, step=epoch)

    def close(self) -> None:
        self._trackio.finish()
