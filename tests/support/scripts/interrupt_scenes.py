"""Scenes for tests/core/test_interrupt.py, each in a process of its own: a late signal must not end the test run."""

import threading
import time
from functools import partial

import numpy as np
from interrupts import check_soon
from scene import play

from cnncli import _core


def ctrl_c_ends_a_long_matrix_product_soon():
    a = np.ones((3000, 3000), np.float32)
    c = np.empty_like(a)

    def call():
        for _ in range(100):
            _core.gemm(a, a, c)

    for threads in (1, 2, 3):
        _core.set_thread_count(threads)
        check_soon(call, f"{threads} threads", 0.2)


def ctrl_c_ends_a_long_convolution_soon_with_every_instruction_set():
    settings = {"stride": (1, 1), "padding": (1, 1), "dilation": (1, 1), "groups": 1}
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
            check_soon(partial(repeated, call), f"{kind} with {name}")


def other_python_threads_run_during_a_call():
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


if __name__ == "__main__":
    play(globals())
