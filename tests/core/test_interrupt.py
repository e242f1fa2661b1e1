"""Ctrl-C ends a long call soon, and other Python threads run during one."""

import time

import numpy as np
import pytest

from cnncli.errors import Interrupted
from cnncli.network import Network
from cnncli.program import Program
from scripts import run_file, run_script


def run(body: str) -> None:
    """The script in a process of its own: a signal that comes late must not end the test run."""
    run_script("interrupts", body, timeout=120)


def test_ctrl_c_ends_a_long_matrix_product_soon() -> None:
    run(
        """
        a = np.ones((3000, 3000), np.float32)
        c = np.empty_like(a)

        def call():
            for _ in range(100):
                _core.gemm(a, a, c)

        for threads in (1, 2, 3):
            _core.set_thread_count(threads)
            check_soon(call, f"{threads} threads", 0.2)
        """
    )


def test_ctrl_c_ends_a_long_convolution_soon_with_every_instruction_set() -> None:
    run(
        """
        settings = dict(stride=(1, 1), padding=(1, 1), dilation=(1, 1), groups=1)
        x = np.ones((64, 64, 32, 32), np.float32)
        weight, bias = np.ones((64, 64, 3, 3), np.float32), np.ones(64, np.float32)
        arrays = {"weight": weight, "bias": bias, "grad_weight": weight.copy(), "grad_bias": bias.copy()}
        node = _core.Node("convolution", settings)
        calls = {
            "forward": lambda: node.forward(x, arrays),
            "grad_input": lambda: node.grad_input(x, x, arrays),
            "acc_grad": lambda: node.acc_grad(x, x, arrays),
        }

        def repeated(call):
            for _ in range(1000):
                call()

        _core.set_thread_count(1)
        for name in _core.instruction_sets():
            _core.set_instruction_set(name)
            for kind, call in calls.items():
                check_soon(lambda: repeated(call), f"{kind} with {name}")
        """
    )


def test_other_python_threads_run_during_a_call() -> None:
    run(
        """
        _core.set_thread_count(1)
        a = np.ones((2000, 2000), np.float32)
        c = np.empty_like(a)
        ticks, done = [], threading.Event()

        def tick():
            while not done.is_set():
                ticks.append(time.monotonic())
                time.sleep(0.002)

        ticker = threading.Thread(target=tick)
        ticker.start()
        begin = time.monotonic()
        _core.gemm(a, a, c)
        end = time.monotonic()
        done.set()
        ticker.join()
        during = [time for time in ticks if begin < time < end]
        # A call that kept the GIL would let no other thread run inside it.
        assert len(during) >= 3, f"{len(during)} ticks in {end - begin:.3f} s"
        """
    )


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
