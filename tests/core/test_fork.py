"""A process that has used threads may fork: the children use theirs, and nothing hangs."""

import pytest

from scripts import run_file


def run(scene: str, *arguments: object) -> None:
    run_file("fork_scenes", scene, *arguments, timeout=200)


def test_forked_children_compute_the_same_and_so_does_the_parent() -> None:
    run("forked_children_compute_the_same_and_so_does_the_parent")


def test_children_forked_at_once_all_compute() -> None:
    run("children_forked_at_once_all_compute")


def test_a_child_may_fork_again() -> None:
    run("a_child_may_fork_again")


def test_a_child_forked_before_the_first_use_computes() -> None:
    run("a_child_forked_before_the_first_use_computes")


def test_a_child_may_change_the_number_of_threads() -> None:
    run("a_child_may_change_the_number_of_threads")


# How often each of the scenes below forks: a few times always, a hundred times in CI.
FORKS = [5, pytest.param(100, marks=pytest.mark.slow)]


@pytest.mark.parametrize("forks", FORKS)
def test_children_compute_and_train_to_the_same_bits_and_may_fork_again(forks: int) -> None:
    run("children_compute_and_train_to_the_same_bits_and_may_fork_again", forks)


@pytest.mark.parametrize("forks", FORKS)
def test_children_forked_while_other_threads_are_inside_native_calls_compute(forks: int) -> None:
    run("children_forked_while_other_threads_are_inside_native_calls_compute", forks)


@pytest.mark.parametrize("forks", FORKS)
def test_a_program_that_another_thread_was_inside_gives_one_clear_error_or_the_right_result(forks: int) -> None:
    run("a_program_that_another_thread_was_inside_gives_one_clear_error_or_the_right_result", forks)


def test_a_thread_of_python_may_fork_while_the_first_thread_computes() -> None:
    run("a_thread_of_python_may_fork_while_the_first_thread_computes")


def test_a_custom_layer_may_fork_in_the_middle_of_a_step() -> None:
    run_file("forked_in_a_step", timeout=200)


def test_a_pool_of_multiprocessing_trains_in_each_forked_child() -> None:
    run("a_pool_of_multiprocessing_trains_in_each_forked_child")


def test_a_started_process_computes_while_threads_are_inside_native_calls() -> None:
    run("a_started_process_computes_while_threads_are_inside_native_calls")
