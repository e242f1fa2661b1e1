"""The training loop: exact for any number of threads, any place to stop, and any way to go on."""

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli.errors import CnnError, DataError, FormatError, UsageError
from cnncli.program import Program, StepResult
from cnncli.storage import container
from cnncli.training.records import EpochDone, Finished, Progress, Record, Started, Stopped
from cnncli.training.timetable import Timetable
from cnncli.training.train import train
from cnncli.training_options import TrainSettings
from small_training import small_settings, weights

IMAGES = 200


@pytest.fixture
def settings(tmp_path: Path) -> TrainSettings:
    """Three epochs of 7 steps, the last step of each with 8 images of 32."""
    return small_settings(tmp_path, IMAGES)


def finish(settings: TrainSettings) -> Finished:
    *_, last = train(settings)
    assert isinstance(last, Finished)
    return last


def stop_after(settings: TrainSettings, steps: int) -> Stopped:
    last = last_record(settings, steps)
    assert isinstance(last, Stopped)
    return last


def last_record(settings: TrainSettings, steps: int) -> Record:
    """Asked to stop once so many steps are done; within a step, which may take long, it is asked as well."""
    done: list[int] = []
    real_step = Program.step

    def step(program: Program, *arguments: Any, **options: Any) -> StepResult:
        result = real_step(program, *arguments, **options)
        done.append(options["step"])
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Program, "step", step)
        *_, last = train(settings, should_stop=lambda: len(done) >= steps)
    return last


def kinds(records: list[Record]) -> list[str]:
    return [type(record).__name__ for record in records if not isinstance(record, Progress)]


def test_records_come_in_order(settings: TrainSettings) -> None:
    records = list(train(settings))
    assert kinds(records) == ["Started", "EpochDone", "EpochDone", "EpochDone", "Finished"]
    started = records[0]
    assert isinstance(started, Started)
    assert (started.images, started.steps, started.first_step, started.epochs) == (200, 21, 0, 3)
    assert [record.epoch for record in records if isinstance(record, EpochDone)] == [1, 2, 3]


def test_training_learns(settings: TrainSettings) -> None:
    finished = finish(replace(settings, architecture="mlp", epochs=12))
    losses = [epoch["loss"] for epoch in finished.history]
    assert losses[-1] < 0.5 * losses[0]
    assert finished.accuracy > 0.8


def test_nothing_is_printed(settings: TrainSettings, capfd: pytest.CaptureFixture[str]) -> None:
    finish(replace(settings, epochs=1))
    assert capfd.readouterr() == ("", "")


def test_same_seed_gives_the_same_bits_for_any_number_of_threads(
    settings: TrainSettings, restored_threads: None, tmp_path: Path
) -> None:
    results = []
    for threads in (1, 2, 3):
        finish(replace(settings, threads=threads, out=str(tmp_path / f"{threads}.bin")))
        results.append(weights(tmp_path / f"{threads}.bin"))
    assert results[0] == results[1] == results[2]


def test_other_seed_gives_other_bits(settings: TrainSettings, tmp_path: Path) -> None:
    finish(settings)
    finish(replace(settings, seed=2, out=str(tmp_path / "other.bin")))
    assert weights(settings.out) != weights(tmp_path / "other.bin")


@pytest.mark.parametrize("steps", [0, 1, 6, 7, 10, 20])
def test_resumed_run_has_the_bits_of_one_that_did_not_stop(settings: TrainSettings, steps: int) -> None:
    whole = finish(settings)
    expected = weights(settings.out)
    stopped = stop_after(settings, steps)
    assert (stopped.step, stopped.epoch) == (steps, steps // 7 + 1)
    resumed = finish(TrainSettings(resume=str(stopped.run)))
    assert weights(settings.out) == expected
    for before, after in zip(whole.history, resumed.history, strict=True):
        assert (before["loss"], before["accuracy"]) == (after["loss"], after["accuracy"])


def test_run_that_stops_after_every_step_has_the_same_bits(settings: TrainSettings) -> None:
    finish(settings)
    expected = weights(settings.out)
    stopped = stop_after(settings, 1)
    for _ in range(20):
        last = last_record(TrainSettings(resume=str(stopped.run)), 1)
        if isinstance(last, Finished):
            break
    assert isinstance(last, Finished)
    assert weights(settings.out) == expected


def test_killed_run_resumes_from_its_last_checkpoint(settings: TrainSettings) -> None:
    """A process that is killed runs no more code: the generator is dropped in the middle of an epoch."""
    finish(settings)
    expected = weights(settings.out)
    asked = itertools.count()
    records = train(settings, should_stop=lambda: next(asked) == 11 and _die())
    with pytest.raises(_Died):
        list(records)
    run = sorted(Path(settings.runs).iterdir())[-1]
    finish(TrainSettings(resume=str(run)))
    assert weights(settings.out) == expected


class _Died(BaseException):
    pass


def _die() -> bool:
    raise _Died


def test_finished_run_can_be_resumed_without_harm(settings: TrainSettings) -> None:
    first = finish(settings)
    expected = weights(settings.out)
    again = finish(TrainSettings(resume=str(first.run)))
    assert weights(settings.out) == expected
    assert again.test_accuracy == first.test_accuracy


def test_resume_can_write_its_model_elsewhere(settings: TrainSettings, tmp_path: Path) -> None:
    stopped = stop_after(settings, 5)
    finish(TrainSettings(resume=str(stopped.run), out=str(tmp_path / "elsewhere.bin")))
    assert (tmp_path / "elsewhere.bin").exists() and not Path(settings.out or "").exists()


def test_second_run_gets_a_folder_of_its_own(settings: TrainSettings) -> None:
    first, second = finish(settings), finish(settings)
    assert first.run != second.run
    assert weights(first.run / "best.bin") == weights(second.run / "best.bin")


def test_validation_keeps_the_best_epoch(settings: TrainSettings) -> None:
    finished = finish(replace(settings, validation=0.25, epochs=6))
    ranks = [(epoch["validation_accuracy"], -epoch["validation_loss"]) for epoch in finished.history]
    assert finished.best_epoch == ranks.index(max(ranks)) + 1
    assert finished.images == 150
    assert finished.validation_accuracy == ranks[finished.best_epoch - 1][0]


def test_validated_run_resumes_exactly(settings: TrainSettings) -> None:
    validated = replace(settings, validation=0.25)
    finish(validated)
    expected = weights(settings.out)
    stopped = stop_after(validated, 8)
    finish(TrainSettings(resume=str(stopped.run)))
    assert weights(settings.out) == expected


TARGET_TABLE = """
[training]
epochs = 9
schedule = "one-cycle"
[target]
epochs = 5
cycle = 2
schedule = "triangle"
batch_size = 32
learning_rate = 0.02
validation = 0.25
"""


SHARES = "shares = [1.0, 0.5]\n"


@pytest.fixture(params=["", SHARES], ids=["all", "hardest"])
def aimed(settings: TrainSettings, request: pytest.FixtureRequest) -> TrainSettings:
    """A first cycle of 2 epochs and up to 3 more of one epoch each, towards a target that none reaches.

    Of 150 images: 5 steps an epoch, or 5 in the first one and 3 in each later one.
    """
    append(settings.architecture, TARGET_TABLE + request.param)
    return replace(settings, epochs=None, target=1.0)


def append(path: str, text: str) -> None:
    Path(path).write_text(Path(path).read_text() + text)


def shares_of(settings: TrainSettings) -> list[float]:
    return [1.0, 0.5] if SHARES in Path(settings.architecture).read_text() else []


def reachable(aimed: TrainSettings) -> tuple[float, int]:
    """A target, and the epoch after the first cycle that is the first to reach it; from a run that aims higher."""
    accuracies = [epoch["validation_accuracy"] for epoch in finish(aimed).history]
    best = max(accuracies[1:])
    epoch = accuracies.index(best, 1) + 1
    assert epoch > 2, accuracies  # else the data is too easy to test what is meant
    return best, epoch


def test_target_ends_the_training_at_the_first_epoch_that_reaches_it(aimed: TrainSettings) -> None:
    target, epoch = reachable(aimed)
    finished = finish(replace(aimed, target=target))
    assert (finished.epochs, finished.best_epoch, finished.target_reached) == (epoch, epoch, True)
    assert finished.validation_accuracy == target == finished.target
    assert finished.seconds_to_target == pytest.approx(sum(facts["seconds"] for facts in finished.history))


def test_lucky_reading_within_a_cycle_waits_for_its_end(settings: TrainSettings) -> None:
    """The best of epochs 1 to 5 is asked for: within the cycle of 6 it is no two standard errors above itself.

    The cycle's end decides and is kept, whether it is better or worse.
    """
    aimed = replace(settings, epochs=6, validation=0.25, learning_rate=0.02)
    accuracies = [epoch["validation_accuracy"] for epoch in finish(replace(aimed, target=1.0)).history]
    target = max(accuracies[:5])
    assert 0.3 < target < 1, accuracies
    finished = finish(replace(aimed, target=target))
    assert (finished.epochs, finished.target_reached) == (6, accuracies[5] >= target)
    assert (finished.best_epoch, finished.validation_accuracy) == (6, accuracies[5])


def test_reading_far_above_the_target_ends_a_cycle(settings: TrainSettings) -> None:
    aimed = replace(settings, epochs=6, validation=0.25, learning_rate=0.02)
    accuracies = [epoch["validation_accuracy"] for epoch in finish(replace(aimed, target=1.0)).history]
    target = 0.5 * accuracies[0]
    needed = target + 2 * np.sqrt(target * (1 - target) / 50)
    expected = next(epoch for epoch, accuracy in enumerate(accuracies, 1) if accuracy >= needed)
    assert expected < 6, accuracies
    assert finish(replace(aimed, target=target)).epochs == expected


def test_target_in_reach_at_once_takes_one_epoch(aimed: TrainSettings) -> None:
    finished = finish(replace(aimed, target=1e-9))
    assert (finished.epochs, finished.target_reached) == (1, True)


def test_target_out_of_reach_keeps_the_best_epoch_and_says_so(aimed: TrainSettings) -> None:
    finished = finish(aimed)
    assert (finished.epochs, finished.target_reached, finished.seconds_to_target) == (5, False, None)
    ranks = [(epoch["validation_accuracy"], -epoch["validation_loss"]) for epoch in finished.history]
    assert finished.best_epoch == ranks.index(max(ranks[1:])) + 1  # of those that end a cycle
    assert finished.model.exists()


def test_training_without_target_says_nothing_of_one(settings: TrainSettings) -> None:
    finished = finish(replace(settings, epochs=1))
    assert (finished.target, finished.target_reached, finished.seconds_to_target) == (None, None, None)


def test_target_takes_the_settings_of_its_table_and_typed_ones_go_before_them(aimed: TrainSettings) -> None:
    run = finish(replace(aimed, learning_rate=0.03)).run
    plan = json.loads((run / "settings.json").read_text())
    found = {name: plan[name] for name in ("epochs", "cycle", "schedule", "learning_rate", "validation", "target")}
    assert found == {
        "epochs": 5, "cycle": 2, "schedule": "triangle", "learning_rate": 0.03, "validation": 0.25, "target": 1.0,
    }  # fmt: skip


def test_table_of_the_target_counts_only_with_a_target(aimed: TrainSettings) -> None:
    run = finish(replace(aimed, target=None)).run
    plan = json.loads((run / "settings.json").read_text())
    assert (plan["epochs"], plan["schedule"], plan["validation"], plan["cycle"]) == (9, "one-cycle", 0, None)


def test_network_without_a_table_for_the_target_takes_one_cycle(settings: TrainSettings) -> None:
    finished = finish(replace(settings, target=1.0))
    plan = json.loads((finished.run / "settings.json").read_text())
    assert (plan["epochs"], plan["cycle"], plan["validation"]) == (3, 3, 0.05)


def test_cycles_take_their_rates_from_the_schedule(aimed: TrainSettings) -> None:
    """A triangle over both epochs of the first cycle, then one for each epoch at a fifth of the rate."""
    rates = [epoch["learning_rate"] for epoch in finish(aimed).history]
    later = 3 if shares_of(aimed) else 5
    of_last_steps = [1 / 0.8 * (1 - 4 / (5 + later)), 1 / 0.8 / (5 + later), *[0.2 / 0.8 / later] * 3]
    assert rates == pytest.approx([0.02 * rate for rate in of_last_steps])


def test_epochs_take_their_shares_of_the_images(aimed: TrainSettings) -> None:
    finished = finish(aimed)
    counts = [150, 75, 75, 75, 75] if shares_of(aimed) else [150] * 5
    assert [epoch["images"] for epoch in finished.history] == counts
    assert finished.images == 150 and finished.epoch_images == counts[finished.best_epoch - 1]


def test_images_of_a_share_are_harder_than_the_others(aimed: TrainSettings) -> None:
    """The loss falls in these epochs; that of the hardest half is above that of all before it nonetheless."""
    if not shares_of(aimed):
        pytest.skip("takes all images")
    first, second, *_ = finish(replace(aimed, learning_rate=1e-4)).history  # so small that nothing is learned
    assert second["loss"] > 1.05 * first["loss"]
    assert second["accuracy"] < first["accuracy"]


@pytest.mark.parametrize("steps", [0, 4, 5, 6, 8, 9, 10, 12])
def test_resumed_run_with_a_target_has_the_bits_of_one_that_did_not_stop(
    aimed: TrainSettings, steps: int
) -> None:
    target, epoch = reachable(aimed)
    aimed = replace(aimed, target=target)
    finish(aimed)
    expected = weights(aimed.out)
    if steps >= Timetable(150, 32, 5, shares_of(aimed)).first_step(epoch):
        pytest.skip("the training is over before this step")
    stopped = stop_after(aimed, steps)
    assert stopped.step == steps
    resumed = finish(TrainSettings(resume=str(stopped.run)))
    assert resumed.epochs == epoch
    assert weights(aimed.out) == expected


def test_run_killed_after_reaching_its_target_trains_no_further(aimed: TrainSettings) -> None:
    target, epoch = reachable(aimed)
    aimed = replace(aimed, target=target)
    finish(aimed)
    expected = weights(aimed.out)
    for record in train(aimed):
        if isinstance(record, EpochDone) and record.epoch == epoch:
            break  # a process that is killed runs no more code
    run = max(Path(aimed.runs).iterdir(), key=lambda path: int(path.name.rsplit("-", 1)[1]))
    assert not (run / "last.bin").exists()
    resumed = finish(TrainSettings(resume=str(run)))
    assert (resumed.epochs, resumed.target_reached) == (epoch, True)
    assert weights(aimed.out) == expected


def test_target_is_reached_at_the_same_epoch_for_any_number_of_threads(
    aimed: TrainSettings, restored_threads: None
) -> None:
    target, _ = reachable(aimed)
    results = []
    for threads in (1, 2, 3):
        finished = finish(replace(aimed, target=target, threads=threads))
        results.append((finished.epochs, weights(aimed.out)))
    assert results[0] == results[1] == results[2]


def test_unknown_setting_of_the_target_is_told(aimed: TrainSettings) -> None:
    append(aimed.architecture, "cycles = 3\n")
    with pytest.raises(FormatError) as caught:
        finish(aimed)
    lines = Path(aimed.architecture).read_text().splitlines()
    line = lines.index("cycles = 3") + 1
    assert str(caught.value) == (
        f'{aimed.architecture}, line {line}, [target]: unknown setting "cycles"; did you mean "cycle"?'
    )


@pytest.mark.parametrize("value", ["[1.0, 0.0]", "[1.5]", "0.5", '["half"]'])
def test_share_that_is_none_is_told(settings: TrainSettings, value: str) -> None:
    append(settings.architecture, f"[target]\nshares = {value}\n")
    with pytest.raises(FormatError, match="use a list of numbers above 0 and at most 1"):
        finish(replace(settings, target=0.9))


def test_checkpoint_of_other_images_is_told(aimed: TrainSettings) -> None:
    if not shares_of(aimed):
        pytest.skip("keeps nothing of each image")
    stopped = stop_after(aimed, 6)
    path = stopped.run / "checkpoint.bin"
    tensors, content = container.read(path)
    changed = {name: tensor for name, tensor in tensors.items() if name != "sha256"}
    changed["images/losses"] = np.zeros(149, np.float32)
    container.write(path, changed, content)
    with pytest.raises(FormatError, match=r"checkpoint\.bin: does not fit the training images; start a new run"):
        finish(TrainSettings(resume=str(stopped.run)))


def test_settings_of_a_run_from_before_targets_can_be_resumed(settings: TrainSettings) -> None:
    finish(settings)
    expected = weights(settings.out)
    stopped = stop_after(settings, 9)
    path = stopped.run / "settings.json"
    plan = json.loads(path.read_text())
    del plan["target"], plan["cycle"], plan["shares"]
    path.write_text(json.dumps(plan))
    finish(TrainSettings(resume=str(stopped.run)))
    assert weights(settings.out) == expected


def test_model_records_how_it_was_made(settings: TrainSettings, tmp_path: Path) -> None:
    finished = finish(settings)
    _, content = container.read(finished.model)
    record = content["record"]
    assert record["data"]["name"] == finished.data
    assert record["training"]["settings"]["seed"] == 1
    assert record["test"]["accuracy"] == finished.test_accuracy
    assert [epoch["epoch"] for epoch in record["training"]["history"]] == [1, 2, 3]
    assert "--arch small.toml --data drawn.npz --epochs 3 --batch-size 32" in record["training"]["command"]
    assert str(tmp_path) not in json.dumps(content)  # paths keep their last part only


def test_metrics_file_has_a_line_an_epoch(settings: TrainSettings) -> None:
    finished = finish(settings)
    lines = (finished.run / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2, 3]


def test_loss_that_is_no_number_stops_the_training(settings: TrainSettings) -> None:
    diverging = replace(settings, architecture="mlp", learning_rate=1e30)
    with pytest.raises(CnnError) as caught:
        finish(diverging)
    run = next(Path(settings.runs).iterdir())
    line = str(caught.value)
    assert line.startswith("epoch 1, step ")
    assert line.endswith(f"start again with --lr below 1e+30; the last good checkpoint stays in {run}")
    assert all(np.isfinite(tensor).all() for tensor in container.read(run / "checkpoint.bin")[0].values())


def test_changed_data_is_refused_at_resume(settings: TrainSettings, tmp_path: Path) -> None:
    assert settings.data is not None
    whole = Path(settings.data)
    changed = tmp_path / "changed.npz"
    changed.write_bytes(whole.read_bytes())
    stopped = stop_after(replace(settings, data=str(changed)), 3)
    with np.load(whole) as arrays:
        np.savez(changed, **{**arrays, "x_train": arrays["x_train"][::-1]})
    with pytest.raises(DataError, match=r"is not the data that .* was trained on"):
        finish(TrainSettings(resume=str(stopped.run)))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"out": "no/such/folder/model.bin"}, "the folder .* does not exist; make it with mkdir -p"),
        ({"out": "."}, "is a folder; name a file in it"),
        ({"schedule": "linear"}, "--schedule linear: unknown; use one of constant, step, cosine, one-cycle, triangle"),
        ({"optimizer": "sdg"}, "--optim sdg: unknown; did you mean \"sgd\""),
        ({"architecture": "lenet6"}, 'no network is named "lenet6"; did you mean "lenet5"'),
        ({"validation": 0.001}, "--val 0.001: "),
        ({"target": 1.5}, "--target 1.5: use an accuracy above 0 and at most 1, such as 0.99"),
        ({"target": 0.9, "validation": 0}, "--val 0: leaves no image that tells whether --target is reached"),
        ({"resume": "nowhere"}, "nowhere: no such run"),
    ],
)
def test_wrong_settings_are_told_before_anything_is_written(
    settings: TrainSettings, change: dict[str, object], line: str
) -> None:
    with pytest.raises(UsageError, match=line):
        finish(replace(settings, **change))  # type: ignore[arg-type]
    assert not Path(settings.runs).exists()
