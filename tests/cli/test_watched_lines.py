"""What a training says at its start, and what stands below its table, on terminals of several sizes."""

import dataclasses
import io
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from cnncli.cli import training_display
from cnncli.cli.live_curves import Curves
from cnncli.cli.training_display import TrainingDisplay
from cnncli.training.convergence import Convergence
from cnncli.training.records import EpochDone, Progress, SaveFailed, Started
from printed import squeezed

STARTED = Started(
    run=Path("runs/1"), network="lenet5", parameters=61_706, data="mnist", source="", notice=None, started_from=None,
    warnings=[], images=54_000, validation_images=6_000, epochs=1_000, steps=8_000, first_step=0, batch_size=64,
    until=None, optimizer="sgd", learning_rate=0.05, rate_factor=None, threads=1, seed=7, target=None,
    target_epoch=None, early_target=None, preparation="", samples="images", notes=[],
)  # fmt: skip
DONE = EpochDone(7, 1_000, 54_000, 0.25, 0.75, 0.5, 0.5, 0.05, 12.0, 45_000.0)
FIRST = "lenet5 with 61,706 parameters on mnist, 54,000 images (and 6,000 to validate), 1,000 epochs of batches of 64,"
FIRST += " learning rate 0.05, seed 7, 1 thread"


class Screen:
    """A display on a terminal of some size, or on none."""

    def __init__(self, patch: pytest.MonkeyPatch, width: int = 240, height: int = 24, terminal: bool = True) -> None:
        self.stream = io.StringIO()
        console = Console(
            file=self.stream, force_terminal=terminal, width=width, height=height, color_system=None, highlight=False,
            legacy_windows=False, soft_wrap=True, _environ={},
        )  # fmt: skip
        self.console = console
        patch.setattr(training_display, "progress_console", lambda: console)
        patch.setattr(training_display, "stderr_console", lambda: console)
        patch.setattr(training_display, "_MOST_SHARE", float("inf"))  # it never rests
        self.display = TrainingDisplay()

    def show(self, record: Any) -> list[str]:
        """The lines that a record adds."""
        before = len(self.stream.getvalue())
        self.display.show(record)
        return squeezed(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\n", self.stream.getvalue()[before:]).splitlines())


@pytest.mark.parametrize(
    ("changed", "added"),
    [
        ({}, []),
        ({"reasons": ["few images"]}, ["chosen: few images"]),
        ({"started_from": "from a.bin"}, ["from a.bin"]),
        ({"augmentation": "shift 2"}, ["images change in each epoch: shift 2"]),
        ({"augmentation": "shift 2", "reasons": ["few", "changed: shift 2; 9 pictures"]},
         ["chosen: few", "chosen: changed: shift 2; 9 pictures"]),
        ({"augmentation": "shift 2", "reasons": ["changed: shift 2, shear 3; 9 pictures"]},
         ["chosen: changed: shift 2, shear 3; 9 pictures", "images change in each epoch: shift 2"]),
        ({"augmentation": "shift 3", "reasons": ["few images"]},
         ["chosen: few images", "images change in each epoch: shift 3"]),
        ({"warnings": ["a class has one image"]}, ["warning: a class has one image"]),
        ({"notes": ["left aside: 3"]}, ["left aside: 3"]),
        ({"until": Convergence(0.01, 5)}, ["until the loss falls by less than 1 % in 5 epochs, at most 1,000 epochs"]),
        ({"target": 0.98, "target_epoch": 1_000, "early_target": 2.0},
         ["target: validation accuracy 98.00 % in epoch 1000"]),
        ({"first_step": 2_000}, ["going on with runs/1 at step 2,000 (25 %)"]),
        ({"first_step": 1}, ["going on with runs/1 at step 1 (0 %)"]),
    ],
)  # fmt: skip
def test_a_training_begins_with_a_line_for_what_there_is_to_say(
    changed: dict[str, Any], added: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen(monkeypatch, terminal=False)
    assert screen.show(dataclasses.replace(STARTED, **changed)) == [FIRST, *added]


def test_a_notice_comes_first_and_what_is_not_there_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, terminal=False)
    timed = dataclasses.replace(STARTED, notice="digits are used", validation_images=0, time_limit=90.0, epochs=10,
                                first_step=5)  # fmt: skip
    first = FIRST.replace(" (and 6,000 to validate)", "").replace("1,000 epochs", "at most 10 epochs in 1:30 min")
    assert screen.show(timed) == ["digits are used", first, "going on with runs/1 at step 5"]


def test_lines_without_a_terminal_tell_of_epochs_that_took_some_images_and_of_saves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = Screen(monkeypatch, terminal=False)
    line = "epoch 7/1000 loss 0.2500 accuracy 75.00 %{} validation loss 0.5000 accuracy 50.00 % 45,000 images/s 12.0 s"
    screen.show(STARTED)
    assert screen.show(DONE) == [line.format("")]
    assert screen.show(dataclasses.replace(DONE, images=53_999)) == [line.format(" of the hardest 53,999")]
    assert screen.show(Progress(1, 40, 0.5, 0.8, 0.05, 4e4, 30.0)) == []
    assert screen.show(SaveFailed("m.bin: no space left", 61.0)) == [
        "not saved: m.bin: no space left; trying again in 1:01 min or sooner"
    ]


def test_each_turn_to_some_of_the_images_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch)
    assert "epoch loss accuracy validation rate images/s time" in screen.show(STARTED)
    told = []
    for images in (54_000, 9_000, 9_000, 54_000, 9_000):
        lines = screen.show(dataclasses.replace(DONE, images=images))
        told.append(sum(line.startswith("from here on each epoch takes the hardest 9,000 of the ") for line in lines))
    assert told == [0, 1, 0, 0, 1]


PROGRESS = Progress(12, 400, 0.5, 0.8, 0.05, 45_000.0, 30.0)


@pytest.mark.parametrize(
    ("width", "changed", "words"),
    [
        (100, {}, "epoch 12/1000 loss 0.5000 accuracy 80.00 % 45,000 images/s 30.0 s left"),
        (99, {}, "epoch 12/1000 loss 0.5000 accuracy 80.00 % 30.0 s left"),
        (99, {"time_limit": 60.0}, "epoch 12 loss 0.5000 accuracy 80.00 % 30.0 s left"),
    ],
)
def test_the_bar_tells_epoch_loss_and_time_and_where_there_is_room_the_speed(
    width: int, changed: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen(monkeypatch, width)
    screen.show(dataclasses.replace(STARTED, **changed))
    lines = screen.show(PROGRESS)
    assert words in [" ".join(re.sub(r"[━╸╺]", "", line).split()) for line in lines]


def test_numbers_of_epochs_are_as_wide_as_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch)
    screen.show(STARTED)
    screen.display.show(PROGRESS)
    assert "epoch   12/1000 " in screen.stream.getvalue()


@pytest.mark.parametrize(
    ("changed", "done", "total"),
    [({}, 400, 8_000), ({"first_step": 300}, 400, 8_000), ({"time_limit": 90.0}, 60.0, 90.0)],
)
def test_the_bar_is_as_long_as_what_is_done_of_the_steps_or_of_the_time(
    changed: dict[str, Any], done: float, total: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen(monkeypatch)
    screen.show(dataclasses.replace(STARTED, **changed))
    assert screen.display._progress is not None
    [task] = screen.display._progress.tasks
    assert (task.completed, task.total) == (changed.get("first_step", 0), total)
    screen.show(PROGRESS)
    assert (task.completed, task.total) == (done, total)


def below(patch: pytest.MonkeyPatch, height: int, classes: int) -> set[str]:
    """Which of curves and bars stand below the table on a terminal of so many lines."""
    screen = Screen(patch, 100, height)
    patch.setattr(Curves, "draw", lambda self, width, encoding: f"curves of {width}")
    names = tuple("abcdefghijklmnopqrstu"[:classes])
    screen.show(dataclasses.replace(STARTED, class_names=names))
    text = "\n".join(screen.show(dataclasses.replace(DONE, class_recall=(1.0,) * classes)))
    return {word for word in ("curves of 100", "right of each class") if word in text}


def test_curves_need_27_lines_and_bars_of_classes_12_and_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Curves have 11 lines beside 16 others. In 100 columns three bars of 29 characters stand beside each other."""
    assert [below(monkeypatch, height, 20) for height in (26, 27)] == [
        {"right of each class"}, {"curves of 100", "right of each class"}
    ]  # fmt: skip
    lines = 12 + 7 + 1  # 20 classes in three columns, and a heading
    assert [bool(below(monkeypatch, height, 20)) for height in (lines - 1, lines)] == [False, True]
    assert below(monkeypatch, 50, 21) == {"curves of 100"}  # of more than 20 classes there are no bars


def test_drawings_are_100_columns_wide_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [Screen(monkeypatch, width).display._width for width in (99, 100, 101)] == [99, 100, 100]


@pytest.mark.parametrize(
    ("keys", "validation", "line"),
    [
        ("q stops", 10, "q stops; * the best epoch so far"), ("", 10, "* the best epoch so far"),
        ("q stops", 0, "q stops"), ("", 0, None),
    ],
)  # fmt: skip
def test_the_last_line_says_what_keys_and_stars_mean(
    keys: str, validation: int, line: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen(monkeypatch)
    screen.display = TrainingDisplay(keys)
    lines = [*screen.show(dataclasses.replace(STARTED, validation_images=validation)), *screen.show(PROGRESS)]
    told = [one for one in lines if "stops" in one or one.startswith("*")]
    assert set(told) == ({line} if line else set())


def test_an_epoch_of_some_images_is_told_from_the_first_on(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch)
    screen.show(STARTED)
    said = screen.show(dataclasses.replace(DONE, images=9_000))
    assert f"from here on each epoch takes the hardest 9,000 of the {STARTED.images:,} images only" in said


def test_an_epoch_that_the_steps_cut_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of fewer images than the others, the last one of --steps."""
    screen = Screen(monkeypatch)
    screen.show(dataclasses.replace(STARTED, cuts_epochs=True))
    said = screen.show(dataclasses.replace(DONE, images=160))
    assert f"the training ends within this epoch, after 160 of its {STARTED.images:,} images" in said


def test_where_the_time_ends_a_training_no_number_of_epochs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until steps were timed, their plan has 100,000 epochs, and later another number in each row."""
    timed = dataclasses.replace(STARTED, time_limit=60.0, epochs=100_000)
    for terminal, begin in ((False, "epoch 1 loss"), (True, "1 ")):
        screen = Screen(monkeypatch, terminal=terminal)
        screen.show(timed)
        (line,) = screen.show(dataclasses.replace(DONE, epoch=1, epochs=100_000))[:1]
        assert line.strip().startswith(begin.strip()) and "100000" not in line and "/100" not in line


def test_a_run_that_is_resumed_after_its_last_step_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, terminal=False)
    lines = screen.show(dataclasses.replace(STARTED, first_step=STARTED.steps))
    assert f"{STARTED.run} had its last step already: its model is measured and written again" in lines


def test_rows_of_a_table_are_called_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, terminal=False)
    screen.show(dataclasses.replace(STARTED, samples="rows"))
    assert screen.show(DONE)[0].endswith("45,000 rows/s 12.0 s")


def test_on_a_terminal_the_first_line_is_broken_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, width=60)
    lines = screen.show(STARTED)
    first = lines[: lines.index("")]
    assert len(first) > 1 and max(map(len, first)) <= 60 and " ".join(first) == FIRST


def test_at_the_end_the_bar_goes_and_the_cursor_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    for ends in ("by leaving", "by its last epoch"):
        screen = Screen(monkeypatch)
        screen.show(STARTED)
        screen.show(PROGRESS)
        before = len(screen.stream.getvalue())
        if ends == "by leaving":
            screen.display.__exit__(None, None, None)
        else:
            screen.display.show(dataclasses.replace(DONE, epoch=1_000))
        last = screen.stream.getvalue()[before:]
        assert "\x1b[?25h" in last, ends
        assert "\x1b[2K" in last.rpartition("left")[2], ends  # its lines are erased after they were drawn last
        before = len(screen.stream.getvalue())
        screen.display.show(PROGRESS)
        assert len(screen.stream.getvalue()) == before


def test_a_warning_goes_above_the_bar_while_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch)
    other = io.StringIO()
    monkeypatch.setattr(training_display, "stderr_console", lambda: Console(file=other))
    screen.show(dataclasses.replace(STARTED, warnings=["few images"]))
    assert other.getvalue() == "warning: few images\n"
    assert "not saved: full; trying again in 5.0 s or sooner" in screen.show(SaveFailed("full", 5.0))
    assert other.getvalue().count("\n") == 1


@pytest.mark.parametrize(("took", "rest"), [(0.004, 0.4), (0.02, 2.0), (0.03, 2.0)])
def test_drawing_rests_until_it_was_its_share_of_the_time_and_not_for_long(
    took: float, rest: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = {"process": 20.0, "thread": 10.0}
    monkeypatch.setattr(
        training_display, "time",
        SimpleNamespace(process_time=lambda: clock["process"], thread_time=lambda: clock["thread"]),
    )  # fmt: skip
    display = Screen(monkeypatch).display
    monkeypatch.setattr(training_display, "_MOST_SHARE", 0.01)
    monkeypatch.setattr(training_display, "_LONGEST_REST", 2.0)
    with display._counted():
        clock["thread"] += took
    assert display._rests_until == pytest.approx(20.0 + rest)
    assert not display._rests  # before the first progress nothing waits
    display._has_shown = True
    assert display._rests
    clock["process"] = 20.0 + rest + 1e-6
    assert not display._rests


def test_epochs_that_are_over_before_the_first_progress_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch)
    monkeypatch.setattr(training_display, "_MOST_SHARE", 1e-9)
    screen.show(STARTED)
    for epoch in (1, 2):
        assert any(line.startswith(f"{epoch}/1000") for line in screen.show(dataclasses.replace(DONE, epoch=epoch)))
    screen.show(PROGRESS)
    assert screen.show(dataclasses.replace(DONE, epoch=3)) == []
