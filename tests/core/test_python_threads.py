"""Several threads of Python in one program or one network: no wrong result, no hang, and they run at once."""

import sys

import pytest

from scripts import run_file


def run(scene: str, *arguments: object) -> None:
    run_file("at_once_scenes", scene, *arguments, timeout=150)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_that_step_one_program_take_turns(threads: int) -> None:
    run("threads_that_step_one_program_take_turns", threads)


def test_predictions_beside_training_with_the_same_program_see_whole_updates_only() -> None:
    run("predictions_beside_training_with_the_same_program_see_whole_updates_only")


def test_two_programs_at_once_compute_what_each_computes_alone() -> None:
    run("two_programs_at_once_compute_what_each_computes_alone")


def test_the_core_refuses_a_second_prediction_while_one_runs() -> None:
    run("the_core_refuses_a_second_prediction_while_one_runs")


def test_a_custom_layer_that_asks_its_own_program_does_not_wait_for_itself() -> None:
    run("a_custom_layer_that_asks_its_own_program_does_not_wait_for_itself")


def test_an_error_in_a_custom_layer_frees_the_thread_that_waits() -> None:
    run("an_error_in_a_custom_layer_frees_the_thread_that_waits")


def test_ctrl_c_while_two_threads_are_inside_reaches_the_first_and_leaves_the_other() -> None:
    run("ctrl_c_while_two_threads_are_inside_reaches_the_first_and_leaves_the_other")


# Of `long_calls` in tests/support/scripts/at_once_scenes.py; each takes some 50 ms.
LONG_CALLS = [
    "training step",
    "prediction",
    "evaluation",
    "digits",
    "matrix product",
    "permutation",
    "normal numbers",
    "convolution",
    "update",
    "activation",
    "max pooling",
    "gradient of max pooling",
]


@pytest.mark.skipif(sys.platform != "linux", reason="needs clocks of threads")
@pytest.mark.parametrize(
    "name",
    [name if name in ("prediction", "digits") else pytest.param(name, marks=pytest.mark.slow) for name in LONG_CALLS],
)
def test_a_counting_thread_keeps_four_fifths_of_its_speed_during_a(name: str) -> None:
    """Counts per second, less the time in which the thread could run and had no core: a busy neighbour is not held
    against the call, while a thread that waits for the GIL sleeps, which counts. The best of 8 windows."""
    run("a_counting_thread_keeps_four_fifths_of_its_speed_during_a", name)
