"""For scripts that fork: a product on three threads, a child, and what became of it."""

import os
import time
import warnings

import numpy as np

from cnncli import _core

# Newer Pythons warn of any fork in a process with threads; that it is safe here is what is tested.
warnings.simplefilter("ignore")
_core.set_thread_count(3)
rng = np.random.default_rng(1)
a, b = (rng.random((300, 300), dtype=np.float32) for _ in range(2))


def product():
    c = np.empty_like(a)
    _core.gemm(a, b, c)
    return c.tobytes()


def fork(child):
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(0 if child() else 1)
        finally:
            os._exit(2)
    return pid


def wait(pid):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    return "hangs"
