"""A process that has used threads may fork: the children use theirs, and nothing hangs."""

import subprocess
import sys
import textwrap

import pytest

PRELUDE = """
import os, sys, time, warnings
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
"""


def run(body: str) -> None:
    """The script in a process of its own, so that a hang is a failure of this test alone."""
    result = subprocess.run(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(body)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_forked_children_compute_the_same_and_so_does_the_parent() -> None:
    run(
        """
        expected = product()
        for _ in range(10):
            code = wait(fork(lambda: product() == expected))
            assert code == 0, f"child: {code}"
            assert product() == expected
        """
    )


def test_children_forked_at_once_all_compute() -> None:
    run(
        """
        expected = product()
        children = [fork(lambda: product() == expected) for _ in range(6)]
        assert product() == expected
        codes = [wait(pid) for pid in children]
        assert codes == [0] * 6, codes
        """
    )


def test_a_child_may_fork_again() -> None:
    run(
        """
        expected = product()
        code = wait(fork(lambda: product() == expected and wait(fork(lambda: product() == expected)) == 0))
        assert code == 0, code
        """
    )


def test_a_child_forked_before_the_first_use_computes() -> None:
    run(
        """
        pid = fork(lambda: len(product()) > 0)
        product()
        assert wait(pid) == 0
        """
    )


def test_a_child_may_change_the_number_of_threads() -> None:
    run(
        """
        expected = product()

        def child():
            _core.set_thread_count(2)
            return _core.thread_count() == 2 and product() == expected

        assert wait(fork(child)) == 0
        assert _core.thread_count() == 3 and product() == expected
        """
    )


@pytest.mark.slow
def test_two_hundred_forks_in_a_row_do_not_hang() -> None:
    run(
        """
        expected = product()
        for _ in range(200):
            assert wait(fork(lambda: product() == expected)) == 0
            assert product() == expected
        """
    )
