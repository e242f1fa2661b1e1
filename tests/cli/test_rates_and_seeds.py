"""The end of `--find-lr` and of `--seeds`, and the curves of a training, of numbers that are put together by hand."""

import dataclasses
import json
import math
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from cnncli.cli import find_lr, live_curves, seeds
from cnncli.training.rate_range import RateRange
from cnncli.training.records import EpochDone, Started, StepDone, Stopped
from cnncli.training.seeds import SeedBegins, SeedsDone, SeedsStopped
from printed import printed, squeezed

BEGUN: Any = SimpleNamespace(network="lenet5", data="mnist", batch_size=64, optimizer="sgd", learning_rate=0.05)


def rates(count: int) -> RateRange:
    smooth = [2.0 - 0.01 * at for at in range(count)]
    return RateRange([1e-3 * 1.1**at for at in range(count)], [9.0] * count, smooth, 0.0125, 0.2)


class Plot:
    """In place of plotext: what was drawn, and an empty picture."""

    def __init__(self) -> None:
        self.calls: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {}

    def __getattr__(self, name: str) -> Any:
        return lambda *words, **more: self.calls.setdefault(name, []).append((words, more))

    def build(self) -> str:
        width, height = self.calls["plot_size"][-1][0]
        return "\n".join(["┌" + "─" * (width - 2) + "┐", *["│" + " " * (width - 2) + "│"] * (height - 1)])


@pytest.fixture
def plot(monkeypatch: pytest.MonkeyPatch) -> Plot:
    made = Plot()
    monkeypatch.setitem(sys.modules, "plotext", made)  # type: ignore[arg-type]
    for module in (find_lr, live_curves):
        monkeypatch.setattr(module, "has_plotext", lambda: True)
    return made


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (1, [0]), (19, list(range(19))), (39, list(range(39))), (40, list(range(0, 40, 2))),
        (150, list(range(0, 150, 7))),
    ],
)  # fmt: skip
def test_without_plotext_about_twenty_rates_are_listed(
    count: int, shown: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find_lr, "has_plotext", lambda: False)
    found = rates(count)
    lines = printed(find_lr._show, BEGUN, found)
    assert lines == [
        f"lenet5 on mnist, batches of 64, sgd: {count} steps, each at a larger rate", "",
        *(f"{found.rates[at]:>10.2g}  {found.smooth[at]:.4f}" for at in shown),
        "pip install 'cnncli[plot]' draws these as a curve", "",
        "the usual rate is 0.05; the loss fell most at 0.2",
        "a tenth of the rate with the lowest loss: --lr 0.0125",
    ]  # fmt: skip


@pytest.mark.parametrize("as_json", [False, True])
def test_while_rates_are_tried_the_steps_are_counted(as_json: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = Started(
        run=Path("r"), network="lenet5", parameters=1, data="mnist", source="", notice=None, started_from=None,
        warnings=[], images=9, validation_images=0, epochs=1, steps=9, first_step=0, batch_size=64, until=None,
        optimizer="sgd", learning_rate=0.05, rate_factor=None, threads=1, seed=1, target=None, target_epoch=None,
        early_target=None, preparation="", samples="images", notes=[],
    )  # fmt: skip
    step = StepDone(1, 1, 2.0, 64)
    monkeypatch.setattr(find_lr, "find_rate", lambda settings, report: iter([begun, step, step, rates(2)]))
    monkeypatch.setattr(find_lr, "has_plotext", lambda: False)
    told: list[str] = []
    status: Any = SimpleNamespace(update=told.append)
    console = SimpleNamespace(status=lambda text: nullcontext(status))
    monkeypatch.setattr(find_lr, "progress_console", lambda: console)
    lines = printed(find_lr.run, SimpleNamespace(), as_json)
    assert told == ["step 1 of 150", "step 2 of 150"]
    assert json.loads(lines[0])["usual"] == 0.05 if as_json else lines[0].startswith("lenet5 on mnist, batches of 64")


def test_json_of_a_range_test_has_every_step() -> None:
    found = rates(2)
    assert find_lr.facts(BEGUN, found) == {
        "network": "lenet5", "data": "mnist", "batch_size": 64, "optimizer": "sgd", "usual": 0.05,
        "suggested": 0.0125, "steepest": 0.2, "rates": found.rates, "losses": [9.0, 9.0], "smooth": [2.0, 1.99],
    }  # fmt: skip


def test_a_curve_has_powers_of_ten_and_cuts_off_what_explodes(plot: Plot) -> None:
    found = RateRange([1e-3, 1e-2, 0.1, 3.0], [], [2.0, 1.5, 0.5, 50.0], 0.01, 0.05)
    curve = find_lr._curve(found, "utf-8")
    assert curve is not None and len(curve.plain.split("\n")) == 16 and len(curve.plain.split("\n")[0]) == 78
    [((x, y), how)] = plot.calls["plot"]
    # As far above the first loss as the lowest is below it: 2 + (2 - 0.5).
    assert x == pytest.approx([-3, -2, -1, math.log10(3)]) and y == [2.0, 1.5, 0.5, 3.5]
    assert how["marker"] == "braille" and plot.calls["vline"][0][0] == pytest.approx((-2.0,))
    assert plot.calls["xticks"][0][0] == ([-3, -2, -1, 0], ["0.001", "0.01", "0.1", "1"])
    lines = printed(find_lr._show, BEGUN, found)
    assert lines[2].startswith("┌──") and len(lines) == 2 + 16 + 3
    plain = find_lr._curve(found, "ascii")
    assert plain is not None and plain.plain.isascii() and plot.calls["plot"][-1][1]["marker"] == "*"


DONE = EpochDone(5, 9, 90, 0.5, 0.75, 1.5, 0.25, 0.05, 1.0, 90.0)


def curves(*epochs: EpochDone) -> live_curves.Curves:
    made = live_curves.Curves()
    made._is_there = True
    for epoch in epochs:
        made.add(epoch)
    return made


@pytest.mark.parametrize("width", [80, 81])
def test_losses_and_accuracies_in_percent_stand_side_by_side(width: int, plot: Plot) -> None:
    made = curves(
        DONE, dataclasses.replace(DONE, epoch=6),
        dataclasses.replace(DONE, epoch=8, loss=0.25, accuracy=1.0, validation_loss=1.0),
    )  # fmt: skip
    drawn = made.draw(width, "utf-8")
    assert drawn is not None
    legend, *lines = drawn.plain.split("\n")
    assert legend.split()[1::2] == ["training", "validation"] and [len(line) for line in lines] == [width] * 10
    assert [call[0] for call in plot.calls["plot_size"]] == [(40, 10), (width - 40, 10)]
    drawn_curves = [(call[0], call[1]["marker"]) for call in plot.calls["plot"]]
    one, other = drawn_curves[0][1], drawn_curves[1][1]
    assert one != other and drawn_curves == [
        (([5, 6, 8], [0.5, 0.5, 0.25]), one), (([5, 6, 8], [1.5, 1.5, 1.0]), other),
        (([5, 6, 8], [75, 75, 100]), one), (([5, 6, 8], [25] * 3), other),
    ]  # fmt: skip
    assert plot.calls["xticks"][0][0] == ([5, 6, 8],)  # the first, the last, and one between
    assert [call[0][0] for call in plot.calls["title"]] == ["loss", "accuracy, %"]


def test_what_was_not_measured_has_no_curve(plot: Plot) -> None:
    without = dataclasses.replace(DONE, accuracy=None, validation_accuracy=None)
    made = curves(dataclasses.replace(without, validation_loss=None), dataclasses.replace(without, epoch=6))
    drawn = made.draw(60, "ascii")
    assert drawn is not None and drawn.plain.isascii()
    legend, *lines = drawn.plain.split("\n")
    assert legend.split() == ["tt", "training"] and [len(line) for line in lines] == [60] * 10
    [call] = plot.calls["plot"]  # validated after one of two epochs only
    assert call[0] == ([5, 6], [0.5, 0.5]) and call[1]["marker"] == "t"
    assert curves(DONE).draw(60, "utf-8") is None
    made._is_there = False
    assert made.draw(60, "utf-8") is None


def test_frames_in_ascii_have_corners_and_lines() -> None:
    assert live_curves.plain_frame("┌─┬┐│├┼┤└┴┘a") == "+-++|++++++a"


def seed(number: int, **measures: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {
        "seed": number, "model": f"runs/s/seed-{number}.bin", "epochs": 3, "seconds": 61.0, "accuracy": 0.75,
        "loss": 0.5, "validation_accuracy": None, "validation_loss": None, "test_accuracy": None, "test_loss": None,
    }  # fmt: skip
    return empty | measures


def table(*results: dict[str, Any]) -> list[str]:
    return printed(seeds._show, SeedsDone(Path("runs/s"), list(results)))


def test_seeds_have_a_row_each_and_last_their_mean_and_deviation() -> None:
    lines = table(seed(1, test_accuracy=0.5, test_loss=0.25), seed(2, test_accuracy=0.75, test_loss=0.5))
    assert squeezed(lines) == [
        "", "seed test training epochs time model",
        "1 50.00 % 75.00 % 3 1:01 min runs/s/seed-1.bin", "2 75.00 % 75.00 % 3 1:01 min runs/s/seed-2.bin",
        # The deviation of a sample of two is their distance over the root of 2.
        "mean 62.50 % ± 17.68 75.00 % ± 0.00 2:02 min", "",
        "the pages of the runs: runs/s/*/report.html",
        "test, mean and standard deviation of 2 seeds: 62.50 % ± 17.68",
    ]  # fmt: skip
    assert lines[1:3] == [
        f"seed  {'test':>15}  {'training':>14}  epochs      time  model",
        f"   1  {'50.00 %':>15}  {'75.00 %':>14}       3  1:01 min  runs/s/seed-1.bin",
    ]


def test_of_one_seed_there_is_no_deviation_and_of_values_the_losses() -> None:
    assert table(seed(1))[-1] == "training, mean and standard deviation of 1 seeds: 75.00 %"
    held = table(seed(1, validation_accuracy=0.5, validation_loss=1.0))
    assert held[-1].startswith("validation, mean") and squeezed(held)[1] == "seed validation training epochs time model"
    values = [seed(at, accuracy=None, loss=loss, test_loss=2 * loss) for at, loss in ((1, 0.5), (2, 0.25))]
    lines = squeezed(table(*values))
    assert lines[1:4] == [
        "seed test loss training loss epochs time model", "1 1.0000 0.5000 3 1:01 min runs/s/seed-1.bin",
        "2 0.5000 0.2500 3 1:01 min runs/s/seed-2.bin",
    ]  # fmt: skip
    assert lines[4].startswith("mean 0.7500 ± 0.3536 0.3750 ± 0.1768 ")


def test_json_of_seeds_has_means_and_deviations_of_what_was_measured() -> None:
    facts = seeds.facts(SeedsDone(Path("runs/s"), [seed(1), seed(2, accuracy=0.25)]))
    assert (facts["folder"], facts["mean"]["accuracy"], facts["mean"]["test_loss"]) == ("runs/s", 0.5, None)
    assert facts["deviation"]["accuracy"] == pytest.approx(0.5 / 2**0.5) and facts["deviation"]["test_loss"] is None
    assert seeds.facts(SeedsDone(Path("runs/s"), [seed(1)]))["deviation"]["accuracy"] is None


class Shown:
    """In place of what shows a training."""

    made: ClassVar[list["Shown"]] = []

    def __init__(self) -> None:
        self.records: list[Any] = []
        self.left = 0
        Shown.made.append(self)

    def __enter__(self) -> "Shown":
        return self

    def __exit__(self, *_: object) -> None:
        self.left += 1

    def show(self, record: Any) -> None:
        assert not self.left
        self.records.append(record)


def run_seeds(monkeypatch: pytest.MonkeyPatch, *told: Any, as_json: bool = False) -> tuple[bool, list[str], list[str]]:
    """(what it returns, the lines of stdout, those of stderr)."""
    Shown.made = []
    said: list[str] = []
    console = SimpleNamespace(print=lambda text: said.append(str(text)))
    monkeypatch.setattr(seeds, "train_seeds", lambda settings, count, stop, report: iter(told))
    monkeypatch.setattr(seeds, "TrainingDisplay", Shown)
    for name in ("progress_console", "stderr_console"):
        monkeypatch.setattr(seeds, name, lambda: console)
    found: list[bool] = []
    nobody: Any = None
    lines = printed(lambda: found.append(seeds.run(nobody, 2, as_json, nobody)))
    return found[0], lines, said


def test_each_seed_has_its_display_and_the_table_comes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    done = SeedsDone(Path("runs/s"), [seed(1), seed(2)])
    told = [SeedBegins(1, 1, 2), "a", "b", SeedBegins(2, 2, 2), "c", done, "never"]
    went, lines, said = run_seeds(monkeypatch, *told)
    assert went and lines == table(seed(1), seed(2)) and said == ["seed 1, 1 of 2", "seed 2, 2 of 2"]
    assert [(one.records, one.left) for one in Shown.made] == [(["a", "b"], 1), (["c"], 1)]
    went, lines, _ = run_seeds(monkeypatch, done, as_json=True)
    assert went and json.loads(lines[0])["folder"] == "runs/s" and Shown.made == []


def test_seeds_that_were_stopped_say_how_they_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = SeedsStopped(Path("runs/my seeds"), Stopped(Path("runs/my seeds/a"), 3, 40))
    went, lines, said = run_seeds(monkeypatch, SeedBegins(1, 1, 2), stopped)
    assert not went and lines == [] and [one.left for one in Shown.made] == [1]
    assert said[1:] == ["stopped in epoch 3 of a seed; go on with", "  cnn train --resume 'runs/my seeds'"]
