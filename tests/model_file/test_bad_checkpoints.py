"""`cnn train --resume` refuses each bad checkpoint with its line: bad model files, and bad states of a training."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bad_models import CASES
from cnncli.cli.main import run


@pytest.fixture(scope="module")
def stopped_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, bytes]]:
    """A run of one small network, and its checkpoint."""
    from cnncli.training.train import train
    from cnncli.training_options import TrainSettings

    place = tmp_path_factory.mktemp("resume")
    rng = np.random.default_rng(1)
    np.savez(place / "set.npz", images=rng.integers(0, 256, (40, 4, 4)).astype(np.uint8), labels=np.arange(40) % 2)
    settings = TrainSettings(
        architecture="linear", data=str(place / "set.npz"), runs=str(place / "runs"), out=str(place / "model.bin"),
        epochs=2, threads=1,
    )  # fmt: skip
    for _ in train(settings):
        pass
    [folder] = (place / "runs").iterdir()
    yield folder, (folder / "checkpoint.bin").read_bytes()


def resumed(capsys: pytest.CaptureFixture[str], folder: Path) -> str:
    """What `cnn train --resume` says on stderr when it fails."""
    code = run(["train", "--resume", str(folder)])
    captured = capsys.readouterr()
    assert (code, captured.out) == (1, ""), captured.err
    return captured.err


@pytest.mark.parametrize("case", CASES)
def test_resume_refuses_each_bad_file_with_its_line(
    case: str, stopped_run: tuple[Path, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, good = stopped_run
    data, line = CASES[case]
    (folder / "checkpoint.bin").write_bytes(data)
    try:
        assert resumed(capsys, folder) == f"cnn: {folder}/checkpoint.bin{line}\n"
    finally:
        (folder / "checkpoint.bin").write_bytes(good)


def state(**values: Any) -> Callable[[dict[str, Any], dict[str, np.ndarray]], object]:
    return lambda content, _: content["checkpoint"]["state"].update(values)


def of_an_older_version(state: dict[str, Any]) -> dict[str, Any]:
    """One that has the history itself, but of numbers."""
    return {name: value for name, value in state.items() if name not in ("epochs", "metrics")} | {"history": [1, 2]}


CHECKPOINTS: dict[str, tuple[Callable[[dict[str, Any], dict[str, np.ndarray]], object], str]] = {
    "no state": (
        lambda content, tensors: (content.pop("checkpoint"), [tensors.pop(n) for n in list(tensors) if "/" in n]),
        "is a model without the state of its training; name a checkpoint.bin",
    ),
    "a state of another type": (
        lambda content, _: content.update(checkpoint={"optimizer": {}, "state": 1}),
        "checkpoint must be an object of two objects, optimizer and state",
    ),
    "a key missing": (
        lambda content, _: content["checkpoint"]["state"].pop("step"),
        "state has no step; it needs {fields}",
    ),
    "an unknown key": (state(code=1), 'state has the unknown key "code"; it has {fields}'),
    "a step of another type": (state(step="1"), 'state has step = "1"; use a whole number; start a new run'),
    "a negative step": (state(step=-1), "state has step = -1; start a new run"),
    "a history of numbers": (
        lambda content, _: content["checkpoint"].update(state=of_an_older_version(content["checkpoint"]["state"])),
        "state has history = [1, 2]; use a list of an object; start a new run",
    ),
    "epochs of another type": (state(epochs="2"), 'state has epochs = "2"; start a new run'),
    "a best epoch that never was": (
        state(best_epoch=99),
        "best_epoch is 99, but 2 are done; start a new run",
    ),
    "a trace that is no hash": (state(trace="x" * 32), f'state has trace = "{"x" * 32}"; start a new run'),
    "an optimizer state that is no array": (
        lambda content, _: content["checkpoint"]["optimizer"].update({"1.weight.other": "x"}),
        'optimizer state "1.weight.other" does not fit the network; start a new run',
    ),
    "an optimizer state of no layer": (
        lambda _, tensors: tensors.update({"optimizer/7.weight.velocity": np.zeros(2, np.float32)}),
        'optimizer state "7.weight.velocity" does not fit the network; start a new run',
    ),
    "an optimizer state of another shape": (
        lambda _, tensors: tensors.update({"optimizer/1.bias.velocity": np.zeros(3, np.float32)}),
        'optimizer state "1.bias.velocity" does not fit the network; start a new run',
    ),
    "other classes": (
        lambda content, _: content["network"].update(classes=["x", "y"]),
        "is of a network for other images or classes than set has; start a new run",
    ),
}


@pytest.mark.parametrize("case", CHECKPOINTS)
def test_resume_refuses_each_bad_state_with_its_line(
    case: str, stopped_run: tuple[Path, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    from cnncli.storage import container

    folder, good = stopped_run
    change, line = CHECKPOINTS[case]
    tensors, content = container.unpack(good)
    change(content, tensors)
    (folder / "checkpoint.bin").write_bytes(container.pack(tensors, content))
    try:
        said = resumed(capsys, folder)
    finally:
        (folder / "checkpoint.bin").write_bytes(good)
    fields = "step, loss_sum, correct, images, epoch_seconds, seconds, best_epoch, trace, marks, pace, history, signs"
    fields += "; start a new run"
    assert said == f"cnn: {folder}/checkpoint.bin: {line.replace('{fields}', fields)}\n"
