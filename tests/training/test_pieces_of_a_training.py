"""Small parts of a training, each by its formula: paces, range tests, weights of classes, folds, runs and starts."""

import json
import math
import os
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cnncli.augmentation import _SIDES, Augmentation, PictureFacts, augmentation_at, level_for, sides_are_alike
from cnncli.errors import CnnError, FormatError, UsageError
from cnncli.limits import Limits
from cnncli.network import Network
from cnncli.training.class_recall import class_recall
from cnncli.training.early_stopping import best_of
from cnncli.training.folds import fold_of
from cnncli.training.losses import class_weights
from cnncli.training.marks import mark_steps, parted_after
from cnncli.training.metrics import read_metrics
from cnncli.training.pace import Pace, is_pace
from cnncli.training.rate_range import STEPS, _is_far, _RisingRates, read_off, smoothed
from cnncli.training.run_list import Run, differing, find_runs, prunable, read_run, remove_run
from cnncli.training.runs import RunFolder, is_group, known_runs
from cnncli.training.start import _listed, frozen_names, with_frozen
from cnncli.training.state import TrainingState, check_fit
from cnncli.training.training_set import TrainingSet


@pytest.mark.parametrize(("text", "parts"), [
    ("7", ((0, 7),)), ("0:7", ((0, 7),)), ("10, 3:12", ((0, 10), (3, 12))), ("10,9:9", ((0, 10), (9, 9))),
    (f"{10**12}", ((0, 10**12),)), ("10,5:10,6:8", ((0, 10), (5, 10), (6, 8))),
])  # fmt: skip
def test_pace_is_read_and_written(text: str, parts: tuple[tuple[int, int], ...]) -> None:
    pace = Pace.of(text)
    assert pace.parts == parts and Pace.of(pace.text) == pace and pace.steps == parts[-1][1]
    assert pace.text == ",".join(f"{start}:{steps}" if start else str(steps) for start, steps in parts)


@pytest.mark.parametrize("text", [
    "", "0", "1:7", "10,10:20", "10,3:2", f"{10**12 + 1}", "10,3:12,3:14", "10,4:12,3:14", "10,12:20", "x", "1" * 14,
    "10,", "-1",
    "10,5:6,6:9",
])  # fmt: skip
def test_pace_that_cannot_be_is_refused(text: str) -> None:
    assert not is_pace(text) and not is_pace(7) and not is_pace(None)
    with pytest.raises(UsageError, match=r"^use a number of steps such as 5000"):
        Pace.of(text)


def test_progress_is_a_line_over_the_steps_of_each_part() -> None:
    pace = Pace.of("100,40:80,60:200")
    points = [(0, 0.0), (40, 0.4), (60, 0.4 + 0.6 * 20 / 40), (200, 1.0)]
    for step in range(200):
        assert pace.progress(step) == pytest.approx(np.interp(step, *zip(*points, strict=True)))
    late = [(10, 0.0), (40, 30 / 90), (60, 30 / 90 + 60 / 90 * 20 / 40), (200, 1.0)]
    for step in range(10, 200):
        assert pace.progress(step, 10) == pytest.approx(np.interp(step, *zip(*late, strict=True)))
    assert Pace.of("1").progress(0) == 0.0
    assert pace.changed(60, 90).parts == ((0, 100), (40, 80), (60, 90)) and pace.changed(0, 5).parts == ((0, 5),)
    assert pace.changed(150, 300).parts == ((0, 100), (40, 80), (60, 200), (150, 300))


def test_mean_of_losses_forgets_a_tenth_a_step() -> None:
    losses = [3.0, 1.0, 4.0, 1.0, 5.0]
    for count in range(1, 6):
        weights = 0.9 ** np.arange(count)[::-1]
        assert smoothed(losses)[count - 1] == pytest.approx((weights * losses[:count]).sum() / weights.sum())
    assert smoothed([]) == []


def test_rates_of_a_range_test_go_over_eight_decades() -> None:
    rates = _RisingRates(1_000, 10, 1, pace=Pace(((0, STEPS),)))
    assert (rates.learning_rate(0, 0.5), rates.learning_rate(149, 0.5)) == pytest.approx((0.5e-4, 0.5e4))
    factors = [rates.learning_rate(step + 1, 1.0) / rates.learning_rate(step, 1.0) for step in range(149)]
    assert factors == pytest.approx([10 ** (8 / 149)] * 149)


def test_range_test_ends_where_the_mean_is_four_times_the_lowest() -> None:
    assert not _is_far([1.0] * 9 + [1e9]) and _is_far([1.0] * 10 + [1e9])
    for last in np.linspace(1, 80, 60):
        losses = [1.0] * 20 + [float(last)]
        assert _is_far(losses) == (smoothed(losses)[-1] > 4.0)
    assert not _is_far([0.0] * 20)


def test_suggested_rate_is_a_tenth_of_the_one_with_the_lowest_loss() -> None:
    rates = [1e-4 * 1.1**step for step in range(100)]
    losses = [4.0] * 20 + [4.0 - 0.05 * step for step in range(40)] + [2.0 * 1.5**step for step in range(40)]
    found = read_off(rates, losses)
    lowest = int(np.argmin(smoothed(losses)))
    falls = [found.smooth[step + 1] - found.smooth[step - 1] for step in range(11, lowest)]
    assert found.suggested == float(f"{rates[lowest] / 10:.1e}")
    assert found.steepest == float(f"{rates[11 + int(np.argmin(falls))]:.1e}")
    assert (found.rates, found.losses, found.smooth) == (rates, losses, smoothed(losses))
    early = read_off(rates[:5], [5.0, 4.0, 3.0, 2.0, 9.0])  # the lowest is the fourth
    assert early.suggested == float(f"{rates[3] / 10:.1e}") and early.steepest == float(f"{rates[2]:.1e}")
    for rising in ([], [1.0], [3.0, 2.0, 1.0], [1.0, 2.0, 3.0, 4.0]):
        with pytest.raises(UsageError, match=r"^--find-lr: the loss never fell, at whatever rate; look whether"):
            read_off(rates[: len(rising)], rising)


def test_weights_of_classes_are_balanced_or_named() -> None:
    names, labels = ["ant", "bee", "cat", "dog"], np.array([0, 0, 0, 1, 3, 3])
    assert class_weights("balanced", names, labels) == pytest.approx([6 / 9, 2, 1, 1])
    assert class_weights("bee=2, dog = 0.5", names, labels) == [1, 2, 1, 0.5]
    assert class_weights("a=b=3", ["a=b", "c"], labels) == [3, 1]
    for pair in ("bee=0", "bee=-1", "bee=inf", "bee=nan", "bee", "bee=x"):
        with pytest.raises(UsageError) as caught:
            class_weights(pair, names, labels)
        assert str(caught.value) == (
            f"--class-weights {pair}: {pair} is no class with a number above 0; use balanced, or NAME=WEIGHT "
            "such as ant=2"
        )
    with pytest.raises(UsageError, match=r"^--class-weights bea=2: no class bea; did you mean \"bee\"\?$"):
        class_weights("bea=2", names, labels)


@pytest.mark.parametrize("folds", [2, 3, 5])
def test_folds_have_of_each_class_about_as_many(folds: int, rng: np.random.Generator) -> None:
    labels = rng.integers(0, 4, 103)
    found = fold_of(labels, folds, 7)
    for some in (*(found[labels == label] for label in range(4)), found):
        counts = np.bincount(some, minlength=folds)
        assert counts.max() - counts.min() <= 1
    assert fold_of(labels, folds, 7).tolist() == found.tolist() != fold_of(labels, folds, 8).tolist()


def test_recall_is_that_of_each_class() -> None:
    samples = TrainingSet(np.zeros((6, 2), np.float32), np.array([0, 0, 0, 2, 2, 4]))
    assert class_recall(samples, np.array([0, 2, 0, 2, 2, 1])) == (pytest.approx(2 / 3), None, 1.0, None, 0.0)
    assert class_recall(samples, np.array([0, 1])) is None
    values = TrainingSet(np.zeros((2, 2), np.float32), np.array([[0.5], [1]]))
    assert class_recall(values, np.array([0, 1])) is None
    floats = TrainingSet(np.zeros((2, 2), np.float32), np.array([0.0, 1]))
    assert class_recall(floats, np.array([0, 1])) is None


def test_marks_are_sixteen_an_epoch_at_most() -> None:
    for steps in range(1, 70):
        every = math.ceil(steps / 16)
        assert list(mark_steps(steps)) == list(range(every, steps + 1, every)) and len(mark_steps(steps)) <= 16
    marks = [f"{number:08x}" for number in range(16)]
    for different in range(16):
        other = [*marks[:different], *("f" * 8 for _ in marks[different:])]
        first, last = 3 * different + 1, 3 * different + 3
        assert parted_after("".join(marks), "".join(other), 48) == (first, last)
    assert parted_after("".join(marks), "".join(marks), 48) is None


def test_samples_are_one_target_each() -> None:
    images = np.zeros((3, 2))
    for wrong in (
        (images, [1, 2]),
        (images[:0], []),
        (1.0, [1]),
        ([1], 2),
        (images,),
        (images, [1, 2, 3], 4),
        "ab",
        None,
    ):
        with pytest.raises(UsageError, match=r"^here: "):
            TrainingSet.of(wrong, "here")  # type: ignore[arg-type]
    samples = TrainingSet.of((images, [1, 2, 3]), "here", np.array([2, 0]))
    assert len(samples) == 2 and samples.indices(np.array([0])).tolist() == [2]
    assert len(TrainingSet.of([images, [1, 2, 3]], "here")) == 3  # type: ignore[arg-type]


def test_best_epoch_is_the_first_of_the_best() -> None:
    assert best_of([{"loss": 2.0}, {"loss": 1.0}, {"loss": 1.0}]) == 1
    accuracies = [(0.5, 1.0), (0.75, 2.0), (0.75, 1.5), (0.75, 1.5)]
    history = [{"loss": 0.0, "validation_accuracy": a, "validation_loss": b} for a, b in accuracies]
    assert best_of(history) == 2
    assert (
        best_of([{"loss": 0.0, "validation_accuracy": None, "validation_loss": loss} for loss in (3.0, 1.0, 2.0)]) == 1
    )


def small() -> Network:
    layers = [{"type": "Flatten"}, {"type": "Linear", "out_features": 3}, {"type": "ReLU"},
              {"type": "Linear", "out_features": "classes"}]  # fmt: skip
    return Network.from_description({"layers": layers}, ["a", "b"], (1, 2, 2), seed=1)


def test_first_layers_are_kept_and_told() -> None:
    network = small()
    settings: Any = SimpleNamespace(freeze=None, start_from="m.bin")

    def told(freeze: int | None, start: str | None = "m.bin") -> str | None:
        settings.freeze, settings.start_from = freeze, start
        return with_frozen("starts", settings, network)

    assert told(None) == told(0) == "starts" and told(1) == "starts; layer 0 stays as it is"
    assert told(2) == "starts; layers 0 to 1 stay as they are" and told(3) == "starts; layers 0 to 2 stay as they are"
    with pytest.raises(
        UsageError, match=r"^--freeze 4: leaves nothing to learn, since layer 3 is the last .* use at most 3$"
    ):
        told(4)
    with pytest.raises(UsageError, match=r"^--freeze 1: would keep random weights; add --from with a trained model$"):
        told(1, None)
    assert frozen_names(network, 1) == [] and frozen_names(network, 2) == ["1.weight", "1.bias"] == frozen_names(
        network, 3
    )
    names = [f"n{number}" for number in range(8)]
    assert _listed(names[:6]) == "n0, n1, n2, n3, n4, n5" and _listed(names[:7]).endswith("n5 and 1 more")
    assert _listed(names) == "n0, n1, n2, n3, n4, n5 and 2 more"


def test_state_is_at_a_step_of_the_training() -> None:
    for step, is_one in ((0, True), (9, True), (10, False), (-1, False)):
        if is_one:
            TrainingState(step=step).check_step(9)
        else:
            with pytest.raises(UsageError, match=f"^state: is at step {step} of 9; use that of this training$"):
                TrainingState(step=step).check_step(9)


def run(name: str, state: str = "done", changed: float = 0.0, **settings: Any) -> Run:
    return Run(Path(name), state, settings, [], None, changed, 0)


def test_runs_are_found_the_newest_first_and_pruned_by_number(tmp_path: Path) -> None:
    for number, name in enumerate(("b", "a", "c")):
        with RunFolder.create(tmp_path, name, {"name": name, "same": 1}) as folder:
            folder.write_metrics([
                {"epoch": 1, "seconds": 2.0, "validation_accuracy": 0.5 + number / 8, "validation_loss": 1.0},
                {"epoch": 2, "seconds": 1.5, "validation_accuracy": 0.25, "validation_loss": 1.0},
            ])  # fmt: skip
    for entry in tmp_path.rglob("*"):
        if entry.is_file():
            os.utime(entry, (1_000, 1_000) if entry.parent.name != "a-1" else (2_000, 2_000))
    (tmp_path / "other").mkdir()
    found = find_runs(tmp_path)
    assert [one.path.name for one in found] == ["a-1", "b-1", "c-1"] and [one.state for one in found] == ["stopped"] * 3
    assert found[0].changed == 2_000 and found[0].seconds == 3.5
    assert found[0].best is not None and found[0].best["epoch"] == 1 and run("x").best is None
    alike = [{"epoch": n, "validation_accuracy": 0.5, "validation_loss": loss} for n, loss in ((1, 3.0), (2, 1.0))]
    assert replace(found[0], history=alike).best == alike[1]
    values = [{**facts, "validation_accuracy": None} for facts in reversed(alike)]
    assert replace(found[0], history=values).best == values[0]
    aimed = replace(found[0], settings={"target": 0.9, "cycle": 2}, history=[{**alike[1], "epoch": 1}, alike[1]])
    assert aimed.best == alike[1]  # the end of the first cycle goes first
    unmeasured = replace(found[0], history=[{"epoch": 1}, {"epoch": 2}])
    assert unmeasured.best == {"epoch": 2} and unmeasured.seconds == 0
    assert found[0].size_bytes == sum(entry.stat().st_size for entry in (tmp_path / "a-1").iterdir())
    assert (
        differing(found) == ["name"] and differing([]) == differing(found[:1]) == []
        and differing([run("x", a=1), run("y", b=1)]) == ["a", "b"]
    )
    done = [run(str(number)) for number in range(4)]
    mixed = [done[0], run("s", "stopped"), *done[1:], run("d", "damaged")]
    assert prunable(mixed, 2) == done[2:] and prunable(mixed, 0) == done and prunable(mixed, 9) == []
    assert find_runs(tmp_path / "gone") == []
    (tmp_path / "b-1" / "settings.json").write_text("[]")
    damaged = read_run(tmp_path / "b-1")
    assert damaged.state == "damaged" and damaged.fault.endswith("settings.json: is not a JSON object; remove the run")
    with RunFolder.open(tmp_path / "a-1"):
        with pytest.raises(CnnError, match=r"somebody is training in it; wait for it or stop it$"):
            remove_run(found[0])
        assert read_run(tmp_path / "a-1").state == "running"
    remove_run(found[0])
    assert not (tmp_path / "a-1").exists()


def test_run_folders_are_numbered_and_named_in_errors(tmp_path: Path) -> None:
    for number in (1, 2, 3, 4):
        with RunFolder.create(tmp_path / "runs", "a b/c.-", {"n": number}) as folder:
            assert folder.path.name == f"a-b-c-{number}"
            os.utime(folder.path / "settings.json", (number, number))
    with RunFolder.create(tmp_path, "...", {}) as folder:
        assert folder.path.name == "run-1"
    newest = ", ".join(f"{tmp_path}/runs/a-b-c-{number}" for number in (4, 3, 2))
    assert known_runs(tmp_path / "runs") == f"the newest are {newest}"
    assert known_runs(tmp_path / "gone") == "start one with cnn train"
    with pytest.raises(UsageError, match=f"^x: no such run; the newest are {re.escape(newest)}$"):
        RunFolder.open("x", tmp_path / "runs")
    with RunFolder.open("a-b-c-2", tmp_path / "runs") as held:
        assert held.settings == {"n": 2}
        with pytest.raises(CnnError, match=f"process {os.getpid()} is training in it; wait for it or stop it$"):
            RunFolder.open(held.path)
    assert not is_group(held.path)
    path = tmp_path / "metrics.jsonl"
    assert read_metrics(path) == []
    path.write_text('{"epoch": 1}\n{"epoch": 2.5}\n')
    with pytest.raises(FormatError, match=r"line 2: has no whole number epoch; remove the line$"):
        read_metrics(path)
    path.write_text(json.dumps({"epoch": 1}) + "\n[\n")
    with pytest.raises(FormatError, match=r"line 2: .*; remove the line$"):
        read_metrics(path)


PHOTOS = PictureFacts(channels=3, height=32, width=40, images=50_000, is_glyph=False, class_names=["cat", "dog"])


@pytest.mark.parametrize(("facts", "light", "strong"), [
    (PHOTOS, {"crop": 4, "flip": 0.5}, {"rotate": 8, "scale": 0.15, "jitter": 0.2, "erase": 0.25}),
    (replace(PHOTOS, height=7, width=7), {"crop": 1, "flip": 0.5},
     {"rotate": 8, "scale": 0.15, "jitter": 0.2, "erase": 0.25}),
    (replace(PHOTOS, channels=1), {"shift": 0.06, "rotate": 6, "scale": 0.08},
     {"rotate": 10, "scale": 0.15, "noise": 0.04, "erase": 0.25, "jitter": 0.2}),
    (replace(PHOTOS, is_glyph=True, height=28), {"shift": 0.07, "rotate": 10, "scale": 0.1, "shear": 10},
     {"rotate": 15, "scale": 0.15, "shear": 15, "elastic": 0.06, "stroke": 0.5}),
])  # fmt: skip
def test_levels_are_what_docs_say(facts: PictureFacts, light: dict[str, float], strong: dict[str, float]) -> None:
    assert augmentation_at("light", facts) == Augmentation(**light)  # type: ignore[arg-type]
    assert augmentation_at("strong", facts) == Augmentation(**{**light, **strong})  # type: ignore[arg-type]
    assert augmentation_at("none", facts) == Augmentation()


@pytest.mark.parametrize(("images", "classes", "side", "level"), [
    (999, 2, 32, "strong"), (1_000, 2, 32, "light"), (499, 0, 32, "strong"), (500, 0, 32, "light"),
    (9, 2, 7, "none"), (9, 2, 8, "strong"),
])  # fmt: skip
def test_few_images_of_a_class_are_fewer_than_500(images: int, classes: int, side: int, level: str) -> None:
    facts = replace(PHOTOS, images=images, class_names=[f"class {n}" for n in range(classes)], height=side)
    assert level_for(facts) == level


@pytest.mark.parametrize(("names", "alike"), [
    ([], True), (["a", "b"], False), (["10", "9"], False), (["a", "bc"], True), (["10", "x1"], True),
    (["turn-Left", "cat"], False),
    (["rechts", "cat"], False), (["leftover", "cat"], True),
])  # fmt: skip
def test_sides_are_not_alike_where_names_tell_them(names: list[str], alike: bool) -> None:
    assert sides_are_alike(replace(PHOTOS, class_names=names)) == alike
    assert not sides_are_alike(replace(PHOTOS, class_names=names, channels=1))


def test_page_of_choices_names_the_words_that_tell_sides() -> None:
    page = (Path(__file__).parents[2] / "docs" / "choices.md").read_text(encoding="utf-8")
    words = re.search(r"a class with ([\w, ]+) in its name", page)[1]
    assert set(re.split(", | or ", words)) == _SIDES


def test_window_has_to_hold_something_of_the_image() -> None:
    Augmentation(crop=27).check_size(28, 30)
    with pytest.raises(UsageError, match=r"^--crop 28: images are 30x28, .* use at most 27$"):
        Augmentation(crop=28).check_size(30, 28)
    assert Augmentation(crop=2, flip=0.5).words == "crop 2, flip 0.5" and Augmentation().words == "none"
    assert not Augmentation(mixup=0.1).is_none


def test_checkpoint_is_of_the_network_for_these_images() -> None:
    network = small()
    data: Any = SimpleNamespace(
        train=SimpleNamespace(images=np.zeros((3, 1, 2, 2))), class_names=["a", "b"], name="set"
    )
    state = {"1.weight.velocity": np.zeros((3, 4)), "steps": 3}
    held: Any = SimpleNamespace(network=network, optimizer_state=state)
    check_fit("here", held, data)
    for wrong in ({"1.weight.velocity": np.zeros((4, 3))}, {"9.weight.velocity": np.zeros((3, 4))}, {"1.weight.v": 3}):
        held.optimizer_state = wrong
        with pytest.raises(FormatError, match=r"^here: optimizer state .* does not fit the network; start a new run$"):
            check_fit("here", held, data)
    for change in ({"class_names": ["a", "c"]}, {"train": SimpleNamespace(images=np.zeros((3, 1, 2, 3)))}):
        with pytest.raises(
            FormatError, match=r"^here: is of a network for other images or classes than set has; start a new"
        ):
            check_fit("here", held, SimpleNamespace(**{**vars(data), **change}))


def test_limits_are_told_as_they_hold() -> None:
    limits = Limits(whole=True, least=2, most=5)
    assert [value for value in range(8) if limits.accepts(value)] == [2, 3, 4, 5]
    assert not limits.accepts(2.5) and not limits.accepts(True) and not limits.accepts("3")
