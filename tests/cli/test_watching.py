"""A training that is watched: the table of its epochs, curves, keys, and the time that a pause does not take."""

import dataclasses
import io
import math
import os
import pty
import re
import select
import signal
import sys
import threading
import time
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from rich.console import Console

import cnncli
from cnncli.cli import training_display
from cnncli.cli.epoch_table import EpochTable
from cnncli.cli.keys import Keyboard
from cnncli.cli.live_curves import Curves, has_plotext
from cnncli.cli.signals import StopRequest
from cnncli.cli.training_display import TrainingDisplay
from cnncli.network import Network
from cnncli.training.records import EpochDone, Progress, SaveFailed, Started

STARTED = Started(
    run=Path("runs/1"), network="lenet5", parameters=61_706, data="mnist", source="", notice=None, started_from=None,
    warnings=[],
    images=54_000, validation_images=6_000, epochs=100, steps=8_440, first_step=0, batch_size=64, until=None,
    optimizer="sgd", learning_rate=0.05, rate_factor=None, threads=2, seed=1, target=None, target_epoch=None,
    early_target=None, preparation="", samples="images", notes=[],
)  # fmt: skip
DONE = EpochDone(7, 100, 54_000, 0.12345, 0.98764, 0.2, 0.9712, 0.05, 12.34, 43_210.4, is_best=True)


def text(table: EpochTable, done: EpochDone) -> str:
    return "".join(part for part, _ in table.row(done)).rstrip()


def test_values_stand_below_their_names_within_80_columns() -> None:
    table = EpochTable(STARTED)
    row = text(table, DONE)
    assert row.split() == ["7/100", "0.1235", "98.76", "%", "97.12", "%*", "0.05", "43,210", "12.3", "s"]
    for name, value in (("epoch", "7/100"), ("loss", "0.1235"), ("rate", "0.05"), ("images/s", "43,210")):
        assert re.search(name + r"\b", table.header).end() == re.search(re.escape(value), row).end()  # type: ignore[union-attr]
    assert "*" not in text(table, dataclasses.replace(DONE, is_best=False))
    widest = EpochTable(dataclasses.replace(STARTED, epochs=10_000))
    long = dataclasses.replace(DONE, epoch=10_000, epochs=10_000, seconds=3_723.0, images_per_second=1_234_567.0)
    assert len(text(widest, long)) == len(widest.header) <= 80


@pytest.mark.parametrize(
    ("epochs", "limit", "width"), [(9, None, 5), (100, None, 7), (10_000, None, 11), (9, 60.0, 5), (100_000, 60.0, 5)]
)
def test_the_first_column_has_room_for_the_last_epoch(epochs: int, limit: float | None, width: int) -> None:
    """As "100/100"; of a training that its time ends nobody knows how many there will be, and none are told."""
    table = EpochTable(dataclasses.replace(STARTED, epochs=epochs, time_limit=limit))
    assert table.header.startswith(f"{'epoch':>{width}}     loss")
    shown = "1" if limit is not None else f"1/{epochs}"
    assert text(table, dataclasses.replace(DONE, epoch=1, epochs=epochs)).startswith(f"{shown:>{width}}   0.1235")


def test_columns_that_a_training_lacks_are_left_out() -> None:
    assert "validation" in EpochTable(dataclasses.replace(STARTED, validation_images=1)).header
    plain = EpochTable(dataclasses.replace(STARTED, validation_images=0))
    assert "validation" not in plain.header
    assert "*" not in text(plain, dataclasses.replace(DONE, validation_accuracy=None, validation_loss=None))
    numbers = EpochTable(dataclasses.replace(STARTED, has_classes=False, samples="rows"))
    assert "accuracy" not in numbers.header and "rows/s" in numbers.header
    row = text(numbers, dataclasses.replace(DONE, accuracy=None, validation_accuracy=None))
    assert row.split()[:3] == ["7/100", "0.1235", "0.2000*"]


def shown(
    monkeypatch: pytest.MonkeyPatch,
    height: int,
    encoding: str = "utf-8",
    width: int = 80,
    share: float = math.inf,
    wakes: bool = False,
) -> str:
    """What a training of three epochs leaves and draws on a terminal of that height, if drawing may take a share.

    wakes : whether its rest is over at the end of the third epoch
    """  # fmt: skip
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace")

    def console() -> Console:
        return Console(
            file=stream, force_terminal=True, width=width, height=height, color_system=None, highlight=False,
            legacy_windows=False, soft_wrap=True,
        )  # fmt: skip

    monkeypatch.setattr(training_display, "progress_console", console)
    monkeypatch.setattr(training_display, "_MOST_SHARE", share)
    with TrainingDisplay("q saves and stops, p pauses") as display:
        display.show(STARTED)
        display.show(Progress(1, 40, 0.5, 0.8, 0.05, 40_000.0, 30.0))
        for epoch in (1, 2, 3):
            if wakes and epoch == 3:
                display.show(Progress(3, 300, 0.3, 0.9, 0.05, 40_000.0, 25.0))
                display._rests_until = 0.0
            display.show(dataclasses.replace(DONE, epoch=epoch, is_best=epoch == 2))
        display.show(Progress(4, 400, 0.1, 0.9, 0.05, 40_000.0, 20.0))
        display.pause()
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]


def test_a_terminal_gets_one_header_and_a_row_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = shown(monkeypatch, 24)
    assert screen.count("validation      rate") == 1
    assert len(re.findall(r"[123]/100   0\.1235   98\.76 %     97\.12 %", screen)) == 3
    assert screen.count("97.12 %*") == 1
    assert "20.0 s left" in screen and "q saves and stops, p pauses" in screen
    assert "paused" in screen and "p goes on" in screen
    assert "accuracy, %" not in screen  # no room for curves


def test_drawing_rests_after_its_share_of_the_time_and_no_epoch_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """A training of no time at all: only the first progress is drawn, and the epochs before it waits for a key."""
    screen = shown(monkeypatch, 45, share=1e-9)
    assert "30.0 s left" in screen and "20.0 s left" not in screen
    assert "accuracy, %" not in screen.partition("3/100")[0]
    rows = re.findall(r"([123])/100   0\.1235   98\.76 %     97\.12 %", screen)
    assert rows == ["1", "2", "3"] and screen.index("3/100") < screen.index("paused")


def test_after_a_rest_the_bar_tells_of_the_epoch_of_the_last_row(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = shown(monkeypatch, 45, share=1e-9, wakes=True)
    assert "epoch   3/100" in screen and "25.0 s left" in screen


@pytest.mark.parametrize("event", ["pause", "warning"])
def test_bars_of_the_classes_tell_of_the_last_row(monkeypatch: pytest.MonkeyPatch, event: str) -> None:
    """Also where drawing rests, and what is below the table has not been drawn since an epoch before."""
    stream = io.StringIO()

    def console() -> Console:
        return Console(file=stream, force_terminal=True, width=80, height=24, color_system=None, soft_wrap=True)

    monkeypatch.setattr(training_display, "progress_console", console)
    monkeypatch.setattr(training_display, "_MOST_SHARE", 1e-9)
    with TrainingDisplay() as display:
        display.show(dataclasses.replace(STARTED, class_names=("cat", "dog"), validation_images=9))
        display.show(dataclasses.replace(DONE, epoch=1, class_recall=(0.11, 0.22)))
        display.show(Progress(2, 150, 0.5, 0.8, 0.05, 40_000.0, 30.0))
        display.show(Progress(2, 160, 0.5, 0.8, 0.05, 40_000.0, 25.0))
        display.show(dataclasses.replace(DONE, epoch=2, class_recall=(0.33, 0.44)))
        assert "33 %" not in stream.getvalue()
        if event == "pause":
            display.pause()
        else:
            display.show(SaveFailed("the disk is full", 10.0))
        seen = stream.getvalue()
    assert seen.index("2/100   0.1235") < seen.index("33 %") and "44 %" in seen
    assert event == "pause" or "25.0 s left" in seen


def need_plotext() -> None:
    if not has_plotext():
        pytest.skip("plotext 5 is not installed; it comes with cnncli[plot]")


def test_curves_are_drawn_where_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    need_plotext()
    screen = shown(monkeypatch, 45)
    assert "accuracy, %" in screen and "validation" in screen
    plain = shown(monkeypatch, 45, "ascii")
    assert "accuracy, %" in plain and "+--" in plain
    assert plain.isascii()


def test_curves_need_two_epochs() -> None:
    need_plotext()
    curves = Curves()
    curves.add(DONE)
    assert curves.draw(80, "utf-8") is None
    curves.add(dataclasses.replace(DONE, epoch=8, loss=0.05))
    drawn = curves.draw(80, "utf-8")
    assert drawn is not None
    assert all(len(line) <= 80 for line in drawn.plain.splitlines())
    assert len(drawn.plain.splitlines()) == Curves.LINES


@pytest.mark.parametrize(("encoding", "signs"), [("utf-8", "⠒▀"), ("ascii", "tv")])
def test_the_legend_lies_above_the_curves_and_tells_them_apart(encoding: str, signs: str) -> None:
    need_plotext()
    curves = Curves()
    for epoch in (1, 2):
        curves.add(dataclasses.replace(DONE, epoch=epoch, loss=1 / epoch))
    drawn = curves.draw(80, encoding)
    assert drawn is not None
    legend, *plots = drawn.plain.splitlines()
    assert legend == f"  {2 * signs[0]} training   {2 * signs[1]} validation"
    below = "".join(plots)
    assert "training" not in below and "validation" not in below
    for sign, (first, last) in zip(signs, (("\u2801", "\u28ff"), ("\u2580", "\u259f")), strict=True):
        assert any(first <= letter <= last if encoding == "utf-8" else letter == sign for letter in below)


def test_without_plotext_there_are_no_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("cnncli.cli.live_curves.version", missing)
    curves = Curves()
    for epoch in (1, 2):
        curves.add(dataclasses.replace(DONE, epoch=epoch))
    assert curves.draw(80, "utf-8") is None


def test_with_plotext_6_there_are_no_curves_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnncli.cli.live_curves.version", lambda name: "6.1.0")
    curves = Curves()
    for epoch in (1, 2):
        curves.add(dataclasses.replace(DONE, epoch=epoch))
    assert curves.draw(80, "utf-8") is None


def test_q_stops_and_p_lets_the_training_wait() -> None:
    stop = StopRequest()
    assert not stop()
    stop.press("x")
    assert not stop() and not stop.is_paused
    stop.press("p")
    assert stop.is_paused
    answers: list[bool] = []
    waiting = threading.Thread(target=lambda: answers.append(stop()))
    waiting.start()
    waiting.join(0.05)
    assert waiting.is_alive() and answers == []
    stop.press("P")
    waiting.join(10)
    assert answers == [False]
    stop.press("p")
    stop.press("q")
    assert stop() and stop.signal_number == signal.SIGINT  # a training that is paused can be stopped


def test_a_pause_is_no_time_of_training() -> None:
    data = cnncli.data.load("digits")
    assert data.train is not None
    network = Network.from_model_name("linear")
    trainer = cnncli.Trainer(network, cnncli.data.Split(data.train.images[:128], data.train.labels[:128]), epochs=1)
    calls = []

    def wait_once() -> bool:
        calls.append(time.sleep(0.5) if not calls else None)
        return False

    records = list(trainer.run(wait_once))
    assert isinstance(records[-1], EpochDone)
    assert records[-1].seconds < 0.5


def test_no_keys_where_nobody_can_press_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert not Keyboard.is_there()
    with Keyboard(lambda key: None):
        pass


def test_keys_of_a_terminal_are_read_and_its_modes_come_back() -> None:
    """In a child whose stdin is a terminal of its own; what was typed before is no key."""
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover  # measured by what it prints
        import termios

        sys.stdin = open(0, closefd=False)  # noqa: SIM115  # pytest has put another in its place
        before = termios.tcgetattr(0)
        pressed = threading.Event()
        keys: list[str] = []

        def press(key: str) -> None:
            keys.append(key)
            pressed.set()

        os.write(1, b"before\n")
        while not select.select([0], [], [], 20)[0]:  # a whole line, which lies there when keys begin to be read
            pass
        with Keyboard(press):
            os.write(1, b"ready\n")
            pressed.wait(20)
        same = termios.tcgetattr(0)[:4] == before[:4]
        os.write(1, f"keys={''.join(keys)} same={same}\n".encode())
        os._exit(0)
    seen = b""
    while b"before" not in seen:
        seen += os.read(terminal, 1024)
    os.write(terminal, b"p\n")
    while b"ready" not in seen:
        seen += os.read(terminal, 1024)
    os.write(terminal, b"q")
    while b"same=" not in seen or not seen.endswith(b"\n"):
        seen += os.read(terminal, 1024)
    os.waitpid(child, 0)
    os.close(terminal)
    assert b"keys=q same=True" in seen
