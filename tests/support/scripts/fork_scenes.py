"""Scenes for tests/core/test_fork.py, each in a process of its own, so that a hang is a failure of one test alone."""

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from functools import partial

from forked_training import busy, images, labels, make, picks, train
from forks import fork, np, product, wait
from scene import play

from cnncli import _core
from cnncli.errors import CnnError


def forked_children_compute_the_same_and_so_does_the_parent():
    expected = product()
    for _ in range(10):
        code = wait(fork(lambda: product() == expected))
        assert code == 0, f"child: {code}"
        assert product() == expected


def children_forked_at_once_all_compute():
    expected = product()
    children = [fork(lambda: product() == expected) for _ in range(6)]
    assert product() == expected
    codes = [wait(pid) for pid in children]
    assert codes == [0] * 6, codes


def a_child_may_fork_again():
    expected = product()
    code = wait(fork(lambda: product() == expected and wait(fork(lambda: product() == expected)) == 0))
    assert code == 0, code


def a_child_forked_before_the_first_use_computes():
    pid = fork(lambda: len(product()) > 0)
    product()
    assert wait(pid) == 0


def a_child_may_change_the_number_of_threads():
    expected = product()

    def child():
        _core.set_thread_count(2)
        return _core.thread_count() == 2 and product() == expected

    assert wait(fork(child)) == 0
    assert _core.thread_count() == 3 and product() == expected


def children_compute_and_train_to_the_same_bits_and_may_fork_again(forks):
    expected, trained = product(), train(make())
    program = make()

    def child(forks_again):
        if forks_again and wait(fork(lambda: train(make()) == trained)) != 0:
            return False
        return product() == expected and train(program) == trained

    for number in range(forks):
        code = wait(fork(partial(child, number % 5 == 0)))
        assert code == 0, code
        assert product() == expected
    assert train(program) == trained


def children_forked_while_other_threads_are_inside_native_calls_compute(forks):
    trained = train(make())
    program = make()
    drawn = np.empty((300, 28, 28), np.uint8), np.empty(300, np.uint8)
    ends = [
        busy(lambda: program.step(picks, step=0, epoch=0, learning_rate=0.0)),
        busy(product),
        busy(lambda: _core.digits_generate(*drawn, seed=1, first=0)),
    ]
    time.sleep(0.05)
    for _ in range(forks):
        code = wait(fork(lambda: train(make()) == trained and len(product()) > 0))
        assert code == 0, code
    for end in ends:
        end()


def a_program_that_another_thread_was_inside_gives_one_clear_error_or_the_right_result(forks):
    program = make()
    expected = program.predict(images).tobytes()
    end = busy(lambda: program.step(picks, step=0, epoch=0, learning_rate=0.0))
    time.sleep(0.05)

    calls = [
        lambda: program.predict(images).tobytes() == expected,
        lambda: program.step(picks, step=0, epoch=0, learning_rate=0.0).samples == 48,
        lambda: program.evaluate(images, labels).loss > 0,
        lambda: program.bind(images, labels) is None,
    ]

    def outcome(call):
        try:
            return "right" if call() else "wrong"
        except CnnError as error:
            assert str(error) == (
                "program: another thread was inside it when this process was forked, so its arrays may be half "
                "written; build the network and the program anew in the forked process"
            ), error
            return "lost"

    def child():
        outcomes = {outcome(call) for call in calls}
        if outcomes == {"lost"}:
            assert wait(fork(lambda: {outcome(call) for call in calls} == {"lost"})) == 0
            os._exit(3)
        return outcomes == {"right"}  # the thread was outside at the moment of the fork

    codes = [wait(fork(child)) for _ in range(forks)]
    end()
    assert set(codes) <= {0, 3} and 3 in codes, codes
    assert program.predict(images).tobytes() == expected  # the parent goes on


def a_thread_of_python_may_fork_while_the_first_thread_computes():
    trained = train(make())
    codes = []
    forker = threading.Thread(
        target=lambda: codes.extend(wait(fork(lambda: train(make()) == trained)) for _ in range(5))
    )
    forker.start()
    while forker.is_alive():
        product()
    forker.join()
    assert codes == [0] * 5, codes


def job(_):
    return train(make(2))


def a_pool_of_multiprocessing_trains_in_each_forked_child():
    trained = train(make())
    with multiprocessing.get_context("fork").Pool(3) as pool:
        results = pool.map_async(job, range(9), chunksize=1).get(timeout=60)
    assert all(result == trained for result in results)
    assert train(make()) == trained


def a_started_process_computes_while_threads_are_inside_native_calls():
    end = busy(product)
    for _ in range(3):
        code = "from cnncli import _core; print(_core.thread_count())"
        answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
        assert answer.returncode == 0 and int(answer.stdout) >= 1, answer
    end()


if __name__ == "__main__":
    play(globals())
