"""Ctrl-C ends a long call soon, and other Python threads run during one."""

import time

import numpy as np
import pytest

from cnncli.errors import Interrupted
from cnncli.network import Network
from cnncli.program import Program
from scripts import run_file


def run(scene: str, *arguments: object) -> None:
    run_file("interrupt_scenes", scene, *arguments, timeout=120)


def test_ctrl_c_ends_a_long_matrix_product_soon() -> None:
    run("ctrl_c_ends_a_long_matrix_product_soon")


def test_ctrl_c_ends_a_long_convolution_soon_with_every_instruction_set() -> None:
    run("ctrl_c_ends_a_long_convolution_soon_with_every_instruction_set")


def test_other_python_threads_run_during_a_call() -> None:
    run("other_python_threads_run_during_a_call")


def test_ctrl_c_ends_a_training_step_soon_and_the_step_leaves_no_trace() -> None:
    run_file("interrupted_step", timeout=120)


def test_a_call_of_many_short_batches_is_stopped() -> None:
    """Each batch takes less time than passes between two questions; all of them together take many times that."""
    layers = [{"type": "Linear", "out_features": 64}, {"type": "Linear", "out_features": "classes"}]
    network = Network.from_description({"name": "n", "input": [64], "classes": 10, "layers": layers})
    program = Program(network, 16, threads=2)
    images, labels = np.zeros((200_000, 64), np.float32), np.zeros(200_000, np.int64)
    asked = []
    begun = time.monotonic()
    program.evaluate(images, labels, lambda: bool(asked.append(time.monotonic())))
    assert len(asked) > (time.monotonic() - begun) / 0.1  # every 20 ms or so
    with pytest.raises(Interrupted):
        program.evaluate(images, labels, lambda: True)
