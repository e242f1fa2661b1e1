"""Pictures shared out among processes: each is done once, how many help, and what becomes of one that cannot."""

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnncli.data.preparation import decoding
from cnncli.data.preparation.decoding import do_all
from cnncli.data.preparation.helpers import Helper, Looking, Preparing
from cnncli.data.preparation.one_picture import Source
from cnncli.pictures.fingerprint import fingerprint_of_file
from cnncli.pictures.recipe import InputRecipe

PLAIN = Preparing(InputRecipe("plain", 1, 2, 2), False)


class Idle:
    """A helper that is started and does nothing, so that the others do its work."""

    started: list["Idle"]

    def __init__(self, task: Any) -> None:
        self.is_stopped = False
        Idle.started.append(self)

    def do(self, sources: Sequence[Source]) -> None:
        return None

    def stop(self) -> None:
        self.is_stopped = True


@pytest.fixture(autouse=True)
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    Idle.started = []
    monkeypatch.setattr(decoding, "Helper", Idle)


def numbered(count: int) -> list[Source]:
    return [np.full((1, 2, 2), number % 256, np.uint8) for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 40])
def test_each_picture_is_done_once_and_told_in_turn(count: int) -> None:
    done: list[tuple[int, int]] = []
    told: list[int] = []
    do_all(lambda source: int(np.max(source)), numbered(count), lambda at, value: done.append((at, value)), told.append)
    assert done == [(number, number) for number in range(count)] and told == list(range(1, count + 1))
    assert Idle.started == []  # it takes no time


@pytest.mark.parametrize(("cores", "done", "pictures", "seconds", "helpers"), [
    (64, 10, 110, 2.0, 20),  # twenty seconds are left
    (64, 10, 510, 2.0, 31), (4, 10, 110, 2.0, 3), (1, 10, 110, 2.0, 0),
    (64, 10, 15, 2.0, 1), (64, 10, 14, 2.0, 0),  # a second, and less
    (64, 16, 16, 2.0, 0),
])  # fmt: skip
def test_a_helper_is_started_for_each_second_that_is_left_and_for_each_core_but_this_one(
    cores: int, done: int, pictures: int, seconds: float, helpers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding._core, "default_thread_count", lambda: cores)
    monkeypatch.setattr(threading.Thread, "start", lambda self: None)
    work = decoding._Work(PLAIN, numbered(pictures), lambda at, value: None, lambda count: None)
    work._count(done)
    work._get_help(seconds)
    assert len(Idle.started) == len(work._threads) == helpers
    assert all(thread.daemon for thread in work._threads)  # none keeps a program from its end


def test_help_is_asked_for_once_and_what_helpers_leave_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding._core, "default_thread_count", lambda: 3)
    monkeypatch.setattr(decoding, "_TRIAL_SECONDS", 0.01)
    monkeypatch.setattr(decoding, "_WORTH_SECONDS", 0.001)

    def slowly(source: Source) -> int:
        time.sleep(0.001)
        return int(np.max(source))

    found: dict[int, int] = {}
    do_all(slowly, numbered(100), found.__setitem__, lambda count: None)
    assert found == {number: number for number in range(100)}
    assert len(Idle.started) == 2 and all(helper.is_stopped for helper in Idle.started)


def test_helper_finds_this_package_without_being_told_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    helper = Helper(PLAIN)
    try:
        outcomes = helper.do([np.full((1, 2, 2), 7, np.uint8)])
        assert outcomes is not None and outcomes[0].pixels.tolist() == [[[7, 7], [7, 7]]]
        assert helper.do([]) == []
    finally:
        helper.stop()
    assert helper.do([np.zeros((1, 2, 2), np.uint8)]) is None


@pytest.mark.parametrize("why", ["it was stopped", "there is no Python"])
def test_no_process_is_started_for_a_helper_that_cannot_work(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[object] = []
    monkeypatch.setattr(subprocess, "Popen", lambda *words, **how: started.append(words))
    helper = Helper(PLAIN)
    if why == "it was stopped":
        helper.stop()
    else:
        monkeypatch.setattr(sys, "executable", None)
    assert helper.do(numbered(1)) is None and started == []


def test_only_files_are_looked_at_and_those_that_cannot_be_read_are_none(tmp_path: Path) -> None:
    Image.new("L", (5, 3), 9).save(tmp_path / "a.png")
    looked = Looking()(tmp_path / "a.png")
    assert looked is not None and looked.digest == fingerprint_of_file(tmp_path / "a.png").digest
    assert Looking()(tmp_path / "gone.png") is None and Looking()(np.zeros((1, 3, 5), np.uint8)) is None
