"""Beside other work a program uses fewer threads for a while: no bit of what it computes knows of that."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest

from cnncli.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.program import Program

STEPS = 400


@pytest.fixture
def busy_cores() -> Iterator[None]:
    """As many endless loops as there are cores, so that a team of threads is held up."""
    loops = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(len(os.sched_getaffinity(0)))
    ]
    yield
    for loop in loops:
        loop.kill()
        loop.wait()


def weights_after_training(threads: int, rng_seed: int) -> bytes:
    network = Network(
        [Conv2d(1, 6, 5, padding=2), ReLU(), MaxPool2d(2), Flatten(), Linear(6 * 14 * 14, 10)], (1, 28, 28)
    )
    network.initialize(7)
    rng = np.random.default_rng(rng_seed)
    images, labels = rng.integers(0, 256, (256, 1, 28, 28), dtype=np.uint8), rng.integers(0, 10, 256)
    program = Program(network, 64, optimizer=SGD(0.01, momentum=0.9), threads=threads)
    program.bind(images, labels)
    for step in range(STEPS):
        program.step(rng.permutation(256)[:64], step=step, epoch=0, learning_rate=0.01)
    return b"".join(parameter.value.tobytes() for parameter in network.named_parameters())


def test_the_bits_are_those_of_one_thread_while_the_number_of_threads_changes(
    busy_cores: None, restored_threads: None
) -> None:
    """Long enough for several sizes of the team to be measured, three threads on fewer cores too."""
    began = time.perf_counter()
    expected = weights_after_training(1, 3)
    assert weights_after_training(2, 3) == expected
    assert weights_after_training(3, 3) == expected
    assert weights_after_training(5, 3) == expected
    assert time.perf_counter() - began < 120


def test_many_small_runs_by_teams_of_different_sizes_all_end(restored_threads: None) -> None:
    network = Network([Flatten(), Linear(16, 3)], (1, 4, 4))
    network.initialize(1)
    images = np.zeros((64, 1, 4, 4), np.uint8)
    programs = [Program(network, 64, threads=threads) for threads in (2, 3, 7, 1)]
    expected = programs[-1].predict(images).tobytes()
    for _ in range(300):
        for program in programs:
            assert program.predict(images).tobytes() == expected
