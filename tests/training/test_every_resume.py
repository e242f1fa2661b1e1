"""Every optimizer and every layer that draws at random: a training that stops again and again, or is killed, ends with
the bits of one that did not."""

import random
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cnn_process import run_cnn, start_cnn
from cnncli.layers.random_layer import RandomLayer
from cnncli.layers.registry import LAYER_TYPES, is_built_in
from cnncli.training.keeper import Keeper
from cnncli.training.records import Finished, Stopped
from cnncli.training.train import train
from cnncli.training_options import OPTIMIZERS, WHOLE_BATCH_OPTIMIZERS, TrainSettings
from small_training import small_settings, weights, write_digits

# All that draws in training, and running statistics.
RANDOM = """
name = "random"
input = [1, 28, 28]
classes = 10
layers = [
    { type = "Conv2d", out_channels = 4, kernel_size = 5, stride = 2 },
    { type = "BatchNorm2d" },
    { type = "RReLU" },
    { type = "StochasticPool2d", kernel_size = 2 },
    { type = "Dropout2d", p = 0.25 },
    { type = "Flatten" },
    { type = "Dropout", p = 0.25 },
    { type = "Linear", out_features = "classes" },
]
"""
each_optimizer = pytest.mark.parametrize("optimizer", [*OPTIMIZERS, *WHOLE_BATCH_OPTIMIZERS])


def test_the_network_has_every_layer_that_draws() -> None:
    drawing = {name for name, kind in LAYER_TYPES.items() if is_built_in(kind) and issubclass(kind, RandomLayer)}
    assert {name for name in drawing if f'"{name}"' in RANDOM} == drawing


@pytest.fixture
def saves(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Grows with each checkpoint that is written."""
    done: list[int] = []
    save = Keeper.save

    def counted(keeper: Keeper) -> None:
        save(keeper)
        done.append(len(done))

    monkeypatch.setattr(Keeper, "save", counted)
    yield done


@pytest.mark.parametrize(
    ("optimizer", "ema"),
    [*((name, None) for name in (*OPTIMIZERS, *WHOLE_BATCH_OPTIMIZERS)), ("sgd", 0.9), ("muon", 0.9)],
)
def test_stopped_after_each_checkpoint_it_has_the_bits_of_a_whole_run(
    optimizer: str, ema: float | None, tmp_path: Path, saves: list[int]
) -> None:
    small = small_settings(tmp_path)
    (tmp_path / "random.toml").write_text(RANDOM)
    whole = replace(
        small, architecture=str(tmp_path / "random.toml"), optimizer=optimizer, validation=0.1, seed=5,
        batch_size=None if optimizer in WHOLE_BATCH_OPTIMIZERS else 64, save_every=0.0,
        max_iter=3 if optimizer in WHOLE_BATCH_OPTIMIZERS else None, ema=ema,
    )
    *_, last = train(whole)
    assert isinstance(last, Finished)
    settings, stops = replace(whole, out=str(tmp_path / "again.bin")), 0
    while True:
        before = len(saves)
        # The first one is written where a run begins or goes on, the second after a step or an epoch.
        *_, last = train(settings, should_stop=lambda before=before: len(saves) >= before + 2)  # type: ignore[misc]
        if isinstance(last, Finished):
            break
        assert isinstance(last, Stopped)
        settings, stops = TrainSettings(resume=str(last.run), save_every=0.0), stops + 1
    assert stops >= (2 if optimizer in WHOLE_BATCH_OPTIMIZERS else 5)
    assert weights(tmp_path / "again.bin") == weights(whole.out)


@pytest.mark.slow
@each_optimizer
def test_killed_at_random_moments_it_has_the_bits_of_a_whole_run(optimizer: str, tmp_path: Path) -> None:
    write_digits(tmp_path / "drawn.npz", 600, 50)
    (tmp_path / "random.toml").write_text(RANDOM)
    words = ["train", "--arch", "random.toml", "--data", "drawn.npz", "--optim", optimizer, "--val", 0.1]
    words += ["--threads", 1, "--epochs", 30 if optimizer in WHOLE_BATCH_OPTIMIZERS else 60]
    words += [] if optimizer in WHOLE_BATCH_OPTIMIZERS else ["--batch-size", 16]
    began = time.monotonic()
    assert run_cnn(*words, "--out", "whole.bin", "--runs", "whole", folder=tmp_path).code == 0
    rng, seconds, kills = random.Random(optimizer), time.monotonic() - began, 0
    for _ in range(40):
        known = sorted(path.parent for path in tmp_path.glob("runs/*/checkpoint.bin"))  # a kill may come before it
        begin = ["train", "--resume", known[0]] if known else [*words, "--runs", "runs"]
        process = start_cnn((*begin, "--out", "killed.bin", "--save-every", 0.02), tmp_path)
        try:
            if kills < 5:
                end = time.monotonic() + rng.uniform(0.2, 0.6) * seconds
                while time.monotonic() < end and process.poll() is None:
                    time.sleep(0.002)
                process.kill()
            _, err = process.communicate(timeout=240)
        finally:
            process.kill()
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL, err
        kills += 1
    assert process.returncode == 0 and kills >= 1
    assert weights(tmp_path / "killed.bin") == weights(tmp_path / "whole.bin")
