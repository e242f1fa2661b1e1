"""The bars of classes while a training runs."""

import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from cnncli import Trainer
from cnncli.cli import training_display
from cnncli.cli.class_bars import MOST_CLASSES, class_bars, lines_for
from cnncli.cli.training_display import TrainingDisplay
from cnncli.criteria import CrossEntropyLoss
from cnncli.layers import Flatten, Linear
from cnncli.network import Network
from cnncli.training.records import EpochDone, Started

STARTED = Started(
    run=Path("runs/1"), network="lenet5", parameters=1, data="pets", source="", notice=None, started_from=None,
    warnings=[], images=90, validation_images=10, epochs=9, steps=90, first_step=0, batch_size=10, until=None,
    optimizer="sgd", learning_rate=0.05, rate_factor=None, threads=1, seed=1, target=None, target_epoch=None,
    early_target=None, preparation="", samples="images", notes=[], class_names=("cat", "dog", "emu"),
)  # fmt: skip
DONE = EpochDone(1, 9, 90, 0.5, 0.75, 0.5, 0.5, 0.05, 1.0, 90.0, class_recall=(1.0, 0.25, None))


def test_each_class_has_its_bar_and_the_least_is_marked() -> None:
    found = class_bars(["cat", "dog", "emu"], [1.0, 0.25], 80, "utf-8")
    assert found is not None
    assert found.plain.splitlines() == [
        "right of each class, validation", "cat ██████████ 100 %   dog ██▌         25 %   emu                -"
    ]  # fmt: skip
    marked = [found.plain[span.start : span.end].strip() for span in found.spans if "yellow" in str(span.style)]
    assert marked == ["██▌", "25 %"]
    plain = class_bars(["cat", "dog"], [1.0, 0.5], 20, "ascii")
    assert plain is not None and plain.plain.splitlines()[1:] == ["cat ########## 100 %", "dog #####       50 %"]


@pytest.mark.parametrize(
    ("letters", "width", "columns"),
    [(3, 42, 1), (3, 43, 2), (3, 65, 2), (3, 66, 3), (3, 19, 1), (3, 1, 1), (12, 60, 1), (12, 61, 2), (30, 61, 2)],
)
def test_cells_of_a_name_a_bar_and_a_share_stand_side_by_side(letters: int, width: int, columns: int) -> None:
    """A cell has the letters of the longest name, 12 at most, a bar of 10 and "100 %"; three spaces are between."""
    found = class_bars(["b" * letters, "a", "c", "d", "e", "f"], [0.5] * 6, width, "ascii")
    assert found is not None
    lines = found.plain.splitlines()[1:]
    assert [line.count("50 %") for line in lines] == [columns] * (6 // columns)
    assert lines_for(6, width) == 1 + -(-6 // max(1, (width + 3) // (12 + 17 + 3)))
    wide = min(letters, 12)
    name = "b" * letters if letters == wide else "b" * (wide - 3) + "..."
    assert lines[0].startswith(f"{name} {'#' * 5}      " + " 50 %") and lines[1].startswith(f"{'a':{wide}} #####")


def test_where_all_is_right_none_is_marked() -> None:
    found = class_bars(["a", "b"], [1.0, 1.0], 80, "utf-8")
    assert found is not None and not any("yellow" in str(span.style) for span in found.spans)


@pytest.mark.parametrize("width", [40, 80, 100])
@pytest.mark.parametrize("count", [2, 3, 10, 20])
def test_nothing_is_wider_than_the_screen_nor_higher_than_said(width: int, count: int) -> None:
    names = [f"a rather long name of class {k}" for k in range(count)]
    found = class_bars(names, [k / count for k in range(count)], width, "utf-8")
    assert found is not None
    lines = found.plain.splitlines()
    assert max(map(len, lines)) <= width and len(lines) <= lines_for(count, width)


def test_one_class_and_very_many_have_none() -> None:
    assert class_bars(["cat"], [1.0], 80, "utf-8") is None
    many = [str(k) for k in range(MOST_CLASSES + 1)]
    assert class_bars(many, [1.0] * len(many), 80, "utf-8") is None


def drawn(monkeypatch: pytest.MonkeyPatch, height: int, done: EpochDone) -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")

    def console() -> Console:
        return Console(file=stream, force_terminal=True, width=80, height=height, color_system=None, highlight=False)

    monkeypatch.setattr(training_display, "progress_console", console)
    with TrainingDisplay() as display:
        display.show(STARTED)
        display.show(done)
    stream.seek(0)
    return stream.read()


def test_they_stand_where_there_is_room_and_something_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "dog ██▌         25 %" in drawn(monkeypatch, 24, DONE)
    assert "dog" not in drawn(monkeypatch, 12, DONE)
    assert "dog" not in drawn(monkeypatch, 24, dataclasses.replace(DONE, class_recall=None))


def test_a_trainer_tells_the_recall_of_each_class_and_the_history_does_not() -> None:
    images = np.eye(4, dtype=np.float32).reshape(4, 1, 2, 2)
    network = Network([Flatten(), Linear(4, 3)], (1, 2, 2))
    trainer = Trainer(network, (images, np.array([0, 1, 2, 0])), epochs=1, validation=(images, np.array([0, 2, 2, 0])))
    *_, done = trainer
    assert isinstance(done, EpochDone) and done.class_recall is not None
    answers = trainer.evaluate((images, np.array([0, 2, 2, 0]))).predictions
    assert done.class_recall == (float((answers[[0, 3]] == 0).mean()), None, float((answers[[1, 2]] == 2).mean()))
    assert "class_recall" not in trainer.state.history[0]


@pytest.mark.parametrize("ignored", [-100, 1])
def test_labels_that_the_loss_ignores_have_no_recall(ignored: int) -> None:
    images = np.eye(4, dtype=np.float32).reshape(4, 1, 2, 2)
    network, labels = Network([Flatten(), Linear(4, 3)], (1, 2, 2)), np.array([0, ignored, 2, 0])
    trainer = Trainer(
        network, (images, labels), CrossEntropyLoss(ignore_index=ignored), epochs=1, validation=(images, labels)
    )
    *_, done = trainer
    assert isinstance(done, EpochDone) and done.class_recall is not None
    answers = trainer.evaluate((images, labels)).predictions
    assert done.class_recall == (float((answers[[0, 3]] == 0).mean()), None, float(answers[2] == 2))
