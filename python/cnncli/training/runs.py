"""The folder of a training run: its settings, metrics, checkpoint, and its best and last model.

runs/lenet5-mnist-1/
    settings.json     what decides the result, and where the data lie
    command.txt       the line that repeats the training, with the places of its data
    metrics.jsonl     one line an epoch; the checkpoint goes on from them
    metrics.csv       the same as a table
    checkpoint.bin    where the training is: a model file with the optimizer's state
    best.bin          the best model so far
    last.bin          the model at the end; written after all else, so that a run with it is done
    report.html       its result, curves and recipe as a page, by `cnn train`
    histograms.json   of weights, outputs and gradients at the end (`run_histograms`)
    diagnostics.json  signs of how it went, for `cnn doctor` (`signs`, `diagnostics`)
    lock              held while a process trains here
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from cnncli.array_types import Array
from cnncli.errors import CnnError, UsageError
from cnncli.model_file.serialize import Checkpoint, load_checkpoint, save_checkpoint, save_model
from cnncli.network import Network
from cnncli.shown import printable
from cnncli.storage.files import StrPath, flush_folder, sweep_stale, write_all, write_atomically, writing_error
from cnncli.storage.locks import hold_lock, open_lock
from cnncli.storage.strict_json import read_object, read_text
from cnncli.training.metrics import Metrics

GROUP_FILE = "seeds.json"
_REMEDY = "start a new run"  # for damaged files of a run


class HasState(Protocol):
    """An optimizer, as a checkpoint sees it."""

    def state_dict(self) -> dict[str, Any]: ...


class RunFolder:
    """A run folder that this process alone writes to, from `create` or `open` to `close`.

    path : the folder
    settings : what settings.json holds

    The kernel frees the lock with the process, however it ends, so a killed run can be resumed at once.
    """

    def __init__(self, path: Path, settings: dict[str, Any], lock: int) -> None:
        self.path = path
        self.settings = settings
        self._lock: int | None = lock
        self._metrics = Metrics(path)

    @classmethod
    def create(cls, root: StrPath, hint: str, settings: Mapping[str, Any]) -> Self:
        """A new folder `root`/`hint`-1, or -2, ...; never one that exists. Missing parents are made.

        hint : what the name should tell, such as "lenet5-mnist"
        settings : JSON values

        Raises CnnError if the folder cannot be made.
        """
        try:
            _make_folder(Path(root))
        except (FileExistsError, NotADirectoryError):
            raise CnnError(
                f"{printable(root)}: is a file or lies in one; name a folder for the runs"
            ) from None
        except OSError as error:
            raise writing_error(root, error) from None
        name = re.sub(r"[^\w.-]+", "-", hint).strip("-.")[:40] or "run"
        number = 0
        while True:
            number += 1
            path = Path(root) / f"{name}-{number}"
            try:
                path.mkdir()
                flush_folder(root)
                lock = _lock(path)
            except FileExistsError:
                continue
            except OSError as error:
                raise writing_error(path, error) from None
            if lock is None:  # somebody resumed it between the two calls
                continue
            run = cls(path, dict(settings), lock)
            try:
                write_atomically(path / "settings.json", (json.dumps(settings, indent=2) + "\n").encode())
            except BaseException:
                run.close()
                raise
            return run

    @classmethod
    def open(cls, name: StrPath, root: StrPath = "runs") -> Self:
        """The folder of an earlier run, to go on with it.

        name : path of the folder, or the name of a folder in `root`

        Raises UsageError if there is no such run, CnnError while another process trains in it, FormatError
        for a damaged settings.json.
        """
        path = next((place for place in (Path(name), Path(root) / name) if place.is_dir()), None)
        if path is None:
            raise UsageError(f"{printable(name)}: no such run; {known_runs(Path(root))}")
        settings_path = path / "settings.json"
        if not settings_path.is_file():
            raise UsageError(
                f"{printable(path)}: is no run, it has no settings.json; {known_runs(Path(root))}"
            )
        try:
            lock = _lock(path)
        except OSError as error:
            raise writing_error(path / "lock", error) from None
        if lock is None:
            owner = read_text(path / "lock", _REMEDY).strip()
            raise CnnError(
                f"{printable(path)}: process {printable(owner[:20]) or 'unknown'} is training in it; "
                "wait for it or stop it"
            )
        try:
            sweep_stale(path)
            return cls(path, read_object(settings_path, _REMEDY), lock)
        except BaseException:
            os.close(lock)
            raise

    def update_settings(self, changed: Mapping[str, Any]) -> None:
        """Writes other values for some settings that do not decide the result, such as where the data lie now."""
        self.settings.update(changed)
        write_atomically(self.path / "settings.json", (json.dumps(self.settings, indent=2) + "\n").encode())

    @property
    def checkpoint_path(self) -> Path:
        return self.path / "checkpoint.bin"

    @property
    def best_path(self) -> Path:
        return self.path / "best.bin"

    @property
    def last_path(self) -> Path:
        return self.path / "last.bin"

    @property
    def metrics_path(self) -> Path:
        return self._metrics.path

    def save_checkpoint(
        self,
        network: Network,
        optimizer: HasState,
        state: Mapping[str, Any],
        record: Mapping[str, Any] | None = None,
        images: Mapping[str, Array] | None = None,
        averages: Mapping[str, Array] | None = None,
    ) -> None:
        """Replace the checkpoint. There is one: it appears whole or the one before stays.

        state : its history may stand for itself, or as "epochs" and "metrics", the lines of `write_metrics`
        """
        save_checkpoint(self.checkpoint_path, network, optimizer.state_dict(), state, record, images, averages)

    def load_checkpoint(self) -> Checkpoint:
        """The last checkpoint, whose state has the history. Raises FormatError if it is damaged, or if the metrics are
        not those of it, CnnError if the run has none."""
        if not self.checkpoint_path.exists():
            raise CnnError(f"{printable(self.path)}: has no checkpoint to go on from; start a new run")
        checkpoint = load_checkpoint(self.checkpoint_path)
        state = checkpoint.state
        if "epochs" in state and "history" not in state:  # older versions kept the history here
            kept = state.pop("epochs"), state.pop("metrics", None)
            state["history"] = self._metrics.read_back(*kept, printable(self.checkpoint_path))
        return checkpoint

    def save_best(self, network: Network, record: Mapping[str, Any] | None = None) -> None:
        """Replace the best model."""
        save_model(self.best_path, network, record)

    def save_last(self, network: Network, record: Mapping[str, Any] | None = None) -> None:
        """Replace the model of the end of the training."""
        save_model(self.last_path, network, record)

    def write_metrics(self, history: Sequence[Mapping[str, Any]]) -> str:
        """Keep the measures of all epochs so far, of which only new ones are written; returns as `Metrics.write`."""
        return self._metrics.write(history)

    def write_command(self, line: str) -> None:
        """Keep what repeats the training."""
        write_atomically(self.path / "command.txt", (line + "\n").encode("utf-8", "surrogateescape"))

    def close(self) -> None:
        """Let other processes use the folder."""
        lock, self._lock = self._lock, None
        if lock is not None:
            with suppress(OSError):  # a bad disk may say so even here, and the lock is free all the same
                os.close(lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def is_group(path: Path) -> bool:
    """Whether a folder is one of several seeds (`cnncli.training.seeds`), each with a run of its own in it."""
    return (path / GROUP_FILE).is_file()


def is_held(path: Path) -> bool:
    """Whether a process trains in a run folder; nothing in it is changed."""
    try:
        descriptor = os.open(path / "lock", os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        hold_lock(descriptor, wait=False)
    except BlockingIOError:
        return True
    except OSError:  # no locks here
        return False
    finally:
        os.close(descriptor)
    return False


def _make_folder(path: Path) -> None:
    """Make a folder and its missing parents, each with its name on the disk."""
    if path.is_dir():
        return
    if not path.parent.is_dir():
        _make_folder(path.parent)
    path.mkdir(exist_ok=True)
    flush_folder(path.parent)


def _lock(path: Path) -> int | None:
    """A descriptor that holds the lock of a run folder until it is closed; None while another holds it."""
    descriptor = open_lock(path / "lock")
    try:
        hold_lock(descriptor, wait=False)
        os.ftruncate(descriptor, 0)
        write_all(descriptor, f"{os.getpid()}\n".encode())
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def run_places(root: Path) -> list[Path]:
    """The folders of runs in a folder, and in those of several seeds in it; none where there is no such folder."""
    found: list[Path] = []
    with suppress(OSError):
        for path in root.iterdir():
            found += run_places(path) if is_group(path) else [path] if (path / "settings.json").is_file() else []
    return found


def named_runs(name: str, root: Path) -> list[Path]:
    """The folder of a run, or those of several seeds, the first one first.

    name : a path, or the name of a folder in `root`

    Raises UsageError if there is no such run.
    """
    for path in (Path(name), root / name):
        if (path / "settings.json").is_file():
            return [path]
        if is_group(path) and (found := run_places(path)):
            return sorted(found, key=lambda run: (changed(run), run.name))
    raise UsageError(f"{printable(name)}: no such run; {known_runs(root)}")


def changed(run: Path) -> float:
    """When a file of a run changed last, in seconds since 1970; 0.0 where that cannot be told."""
    times = [0.0]
    with suppress(OSError):
        for entry in os.scandir(run):
            with suppress(OSError):  # gone in the meantime
                if entry.is_file(follow_symlinks=False):
                    times.append(entry.stat().st_mtime)
    return max(times)


def known_runs(root: Path) -> str:
    """The newest runs in a folder, as a remedy."""
    newest = sorted(run_places(root), key=changed, reverse=True)[:3]
    return f"the newest are {', '.join(map(printable, newest))}" if newest else "start one with cnn train"
