"""What a training is asked to do, settled without data: where each value comes from, and what contradicts what."""

import json
import math
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cnncli.data.dataset import DataSet, Split
from cnncli.data.held_out import Held
from cnncli.data.raw import RawPart, RawSet
from cnncli.errors import CnnError, DataError, FormatError, UsageError
from cnncli.layers import Flatten, Linear
from cnncli.network import Network
from cnncli.network.architectures import read_model
from cnncli.optim import SGD
from cnncli.training.chosen import _dial, _said, facts_of, settle
from cnncli.training.logs import logged, measures
from cnncli.training.plan import (
    FoundData,
    Plan,
    check_out,
    held_for_validation,
    make_plan,
    moved,
    picture_wish,
    settings_of_its_own,
)
from cnncli.training.records import EpochDone, StepDone
from cnncli.training.run_histograms import read_histograms
from cnncli.training.schedule import cosine
from cnncli.training.seeds import SeedsDone, _made, train_seeds
from cnncli.training.start import Start, _head, _meanings, _plain
from cnncli.training.summed import with_sum
from cnncli.training.trainer import Trainer
from cnncli.training_options import TrainSettings, recorded_words


def plan(described: dict[str, Any] | None = None, **asked: Any) -> Plan:
    return make_plan(TrainSettings("mlp", **asked), {"training": described or {}}, "mlp.toml")


def test_share_that_validates_is_what_was_asked_then_described_then_that_of_the_end() -> None:
    for asked, described, share in (
        ({}, {}, 0.0), ({"target": 0.9}, {}, 0.05), ({"patience": 3}, {}, 0.1), ({}, {"patience": 3}, 0.1),
        ({"target": 0.9}, {"validation": 0.2}, 0.2),
        ({"patience": 3}, {"validation": 0.2}, 0.2), ({"validation": 0.3, "target": 0.9}, {"validation": 0.2}, 0.3),
        ({"validation": 0.0}, {}, 0.0),
    ):  # fmt: skip
        assert plan(described, **asked).validation == share
    with pytest.raises(
        UsageError, match=r"^--val 0: leaves no image that tells whether --target is reached; use a share"
    ):
        plan({}, target=0.9, validation=0.0)


def plan_with_target(target: dict[str, Any] | None = None, **asked: Any) -> Plan:
    description = {"training": {"epochs": 9}, **({"target": target} if target is not None else {})}
    return make_plan(TrainSettings("mlp", target=0.9, **asked), description, "mlp.toml")


def test_target_takes_the_cycle_and_the_shares_of_the_description() -> None:
    fast = {"epochs": 6, "cycle": 4, "shares": [1, 0.5]}
    found = plan_with_target(fast)
    assert (found.epochs, found.cycle, found.shares) == (6, 4, [1.0, 0.5])
    assert plan_with_target(fast, epochs=3).cycle == 3 and plan_with_target().cycle == 9
    plain = plan({"epochs": 9})
    assert (plain.epochs, plain.cycle, plain.shares) == (9, None, [])


def test_default_rate_is_scaled_to_the_batch_and_one_that_was_asked_for_is_not() -> None:
    usual = plan()
    assert usual.rate_factor == 1.0 and usual.batch_size == 64
    for size in (16, 128, 256):
        scaled = plan(batch_size=size)
        assert scaled.rate_factor is not None and scaled.learning_rate == pytest.approx(
            usual.learning_rate * scaled.rate_factor
        )
        assert (scaled.rate_factor < 1) == (size < 64)
        assert plan({"batch_size": size}).learning_rate == pytest.approx(scaled.learning_rate)  # it names no rate
        own = plan({"batch_size": size, "learning_rate": 0.3})
        assert own.learning_rate == pytest.approx(0.3) and own.rate_factor == 1.0
    asked = plan(batch_size=16, learning_rate=0.2)
    assert (asked.learning_rate, asked.rate_factor) == (0.2, None)


def test_settings_of_a_description_hold_for_its_own_optimizer() -> None:
    described = {"optimizer": "sgd", "learning_rate": 0.3, "momentum": 0.5, "nesterov": True, "weight_decay": 0.01}
    same, other = plan(described), plan(described, optimizer="adam")
    assert (same.momentum, same.nesterov, same.learning_rate) == (0.5, True, 0.3)
    assert other.momentum is None and other.learning_rate == plan(optimizer="adam").learning_rate
    assert plan(described, momentum=0.0).nesterov is False
    with pytest.raises(UsageError, match=r"^--momentum 0\.5: adam has no such setting; leave it out or use --optim "):
        plan(optimizer="adam", momentum=0.5)
    with pytest.raises(
        FormatError, match=r"^mlp.toml, \[training\]: momentum is 0\.5, but adam has no such setting; leave"
    ):
        plan({"optimizer": "adam", "momentum": 0.5})
    with pytest.raises(UsageError, match=r"^--ema 0\.9: lbfgs makes few long steps"):
        plan(optimizer="lbfgs", ema=0.9)
    with pytest.raises(
        UsageError, match=r"^--batch-size 32: lbfgs takes all images in each step; use full, or another"
    ):
        plan(optimizer="lbfgs", batch_size=32)
    assert {"cycle", "shares", "ema", "learning_rate"} <= settings_of_its_own("lbfgs")
    assert not {"cycle", "shares", "ema"} & settings_of_its_own("adam")


def test_changes_of_images_that_are_described_go_with_their_level() -> None:
    described = {"augment": "light", "rotate": 7}
    assert (plan(described).augment, plan(described).rotate) == ("light", 7)
    assert (plan(described, augment="strong").augment, plan(described, augment="strong").rotate) == ("strong", None)


def test_ends_of_a_training_are_one() -> None:
    assert plan(time_limit=5.0).epochs == 100_000 and plan(time_limit=5.0, epochs=7).epochs == 7
    for asked, said in (
        ({"steps": "9", "epochs": 3}, "--steps 9: --epochs ends the training too; leave one of them out"),
        ({"steps": "9", "time_limit": 3.0}, "--steps 9: --time-limit ends the training too; leave one of them out"),
        ({"steps": "9", "target": 0.5}, "--steps 9: --target ends the training too; leave one of them out"),
        ({"patience": 3, "validation": 0.0},
         "--patience 3: --val 0 leaves no image that tells which epoch is better; use a share above 0"),
        ({"plateau_factor": 0.5}, "--plateau-factor 0.5: belongs to --schedule plateau; add that, or leave it out"),
        ({"until_window": 5}, "--until-window 5: belongs to --until converged; add that, or leave it out"),
        ({"warmup": 9.0, "epochs": 9}, "--warmup 9: the schedule has 9 epochs; use less, such as 0.9"),
    ):  # fmt: skip
        with pytest.raises(UsageError) as caught:
            plan(**asked)
        assert str(caught.value) == said
    plateau = plan(schedule="plateau")
    assert plateau.plateau_patience is not None and plateau.plateau_factor is not None
    assert plan(schedule="plateau", plateau_patience=0).plateau_patience == 0
    assert plan().plateau_patience is None and plan({"plateau_factor": 0.5}).plateau_factor is None


def test_parts_that_validate_are_asked_for_kept_described_or_held_out() -> None:
    def data(train: int, test: int = 0, validation: int = 0) -> DataSet:
        parts = [
            Split(np.zeros((n, 1, 1, 1), np.uint8), np.zeros(n, np.int64)) if n else None
            for n in (train, test, validation)
        ]
        return DataSet("set", parts[0], parts[1], ["a"], validation=parts[2])

    settled = plan(validation=0.25)
    asked, free = TrainSettings(validation=0.25), TrainSettings()
    assert held_for_validation(asked, settled, False, data(50, 9, 9)) == Held(0.25)
    assert held_for_validation(free, settled, False, data(50, 9, 9)) == Held(0.0, True)
    assert (
        held_for_validation(free, settled, True, data(50))
        == Held(0.25)
        == held_for_validation(free, settled, False, data(50, 9))
    )
    assert held_for_validation(free, settled, False, data(50)) == Held(0.1)
    assert held_for_validation(free, settled, False, data(19)) == Held(0.0)


def test_place_of_the_model_is_looked_at_before_the_training(tmp_path: Path) -> None:
    check_out(str(tmp_path / "m.bin"))
    (tmp_path / "there.bin").touch()
    check_out(str(tmp_path / "there.bin"))
    os.mkfifo(tmp_path / "pipe")
    lost = f"the folder {tmp_path}/gone does not exist; make it with mkdir -p or name another place"
    for name, said in (("", "is a folder; name a file in it"),
                       ("pipe", "is a device or a pipe, which a file would replace; name a file"),
                       ("gone/m.bin", lost)):  # fmt: skip
        with pytest.raises(UsageError) as caught:
            check_out(str(tmp_path / name))
        assert str(caught.value) == f"{tmp_path / name}: {said}"
    with pytest.raises(UsageError, match="does not exist; make it with mkdir -p"):  # before the data are read
        settle(TrainSettings(data=str(tmp_path / "no data"), out=str(tmp_path / "gone" / "m.bin")), lambda _: None)


def test_run_goes_on_where_its_data_and_its_model_are_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    old = replace(plan(), data="/old/data", data_dir=str(tmp_path), out="/gone/m.bin")
    kept = moved(old, TrainSettings())
    assert (kept.data, kept.data_dir, kept.out) == ("/old/data", str(tmp_path), str(tmp_path / "m.bin"))
    new = moved(replace(old, data_dir="/gone"), TrainSettings(data="here", out="x.bin"))
    assert (new.data, new.data_dir, new.out) == ("here", None, str(tmp_path / "x.bin"))
    assert moved(old, TrainSettings(data_dir="/other")).data_dir == "/other"
    assert moved(replace(old, out=str(tmp_path / "y.bin")), TrainSettings()).out == str(tmp_path / "y.bin")
    assert moved(old, TrainSettings(plugins=("p.py",))).plugins == (str(tmp_path / "p.py"),)


def test_pictures_are_wished_for_as_the_user_and_the_description_say() -> None:
    description, source = read_model("lenet5")
    wish = picture_wish(TrainSettings("lenet5", prepare="plain", colour="grey"), description, source, 10)
    assert (wish.prepare, wish.colour, wish.size, wish.is_firm) == ("plain", "grey", None, False)
    assert wish.declared == tuple(description["input"]) and wish.takes((1, 28, 28)) and not wish.takes((1, 2, 2))
    assert picture_wish(TrainSettings("lenet5"), description, source, 10).prepare == "auto"
    with pytest.raises(UsageError, match=r"^--pixels 2x3 --colour rgb: the network cannot take 3x2x3 \("):
        picture_wish(TrainSettings("lenet5", pixels=(2, 3), colour="rgb"), description, source, 10)
    with pytest.raises(UsageError, match=r"^--pixels 2x3: the network cannot take 1x2x3 \("):
        picture_wish(TrainSettings("lenet5", pixels=(2, 3)), description, source, 10)
    own = {**description, "input": [2, 28, 28]}
    with pytest.raises(
        UsageError, match=r"^own.toml: input has 2 channels, but pictures have 1 \(grey\) or 3 \(RGB\); use"
    ):
        picture_wish(TrainSettings("own.toml"), own, "own.toml", 10)
    firm = picture_wish(TrainSettings("own.toml"), {**description, "input": [1, 28, 28]}, "d/own.toml", 10)
    assert firm.is_firm and firm.asker == "own.toml"


@pytest.mark.parametrize(("asked", "said"), [
    ({}, set()), ({"epochs": 3}, {"epochs"}), ({"steps": "9"}, {"steps", "epochs"}),
    ({"target": 0.9}, {"target", "epochs"}),
    ({"until": "converged"}, {"until", "epochs"}), ({"time_limit": 9.0}, {"time_limit", "epochs"}),
    ({"loss": "nll"}, {"loss", "balance", "label_smoothing"}),
    ({"class_weights": "balanced"}, {"class_weights", "balance"}), ({"batch_size": 8}, {"batch_size", "learning_rate"}),
    ({"optimizer": "adam"}, {"optimizer", "learning_rate"}),
    ({"optimizer": "lbfgs"}, {"optimizer", "learning_rate", "batch_size", "augment", "balance"}),
])  # fmt: skip
def test_what_was_said_is_not_chosen_nor_what_contradicts_it(asked: dict[str, Any], said: set[str]) -> None:
    usual = _said(TrainSettings())
    assert _said(TrainSettings(**asked)) - usual == said


def test_facts_are_those_of_the_training_part() -> None:
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (60, 3, 32, 24), np.uint8), np.arange(60) % 3
    raw = RawSet(
        "set", ["a", "b", "c", "d"], {"train": RawPart(images, labels), "test": RawPart(images[:3], labels[:3])}
    )
    settings = TrainSettings(prepare="plain", use_cache=False)
    found = facts_of(FoundData(raw, None, "x"), settings)
    assert (found.images, found.counts, found.class_names) == (60, (20, 20, 20, 0), ("a", "b", "c", "d"))
    assert (found.channels, found.height, found.width, found.is_glyph) == (3, 32, 24, False)
    assert facts_of(FoundData(raw, None, "x"), replace(settings, images=50)).images == 50
    assert facts_of(FoundData(raw, None, "x"), replace(settings, images=99)).images == 60
    for parts in ({"test": raw.parts["test"]}, {"train": RawPart(images[:0], labels[:0])}):
        with pytest.raises(DataError, match=r"^set: holds no training images; pass another --data$"):
            facts_of(FoundData(replace(raw, parts=parts), None, "x"), settings)
    assert _dial(found, settings) == "m" and _dial(found, replace(settings, time_limit=1e9, threads=1)) == "l"
    fits = 2 * 300 * 60 / 610  # so many seconds of one core take the wished epochs of resnet9-m, at most
    assert _dial(found, replace(settings, time_limit=fits / 2 * 1.2, threads=2)) in ("m", "l")


def test_sum_of_losses_divides_the_default_rate_and_multiplies_the_default_decay() -> None:
    mean = plan({"weight_decay": 0.01}, batch_size=32)
    summed = replace(mean, reduce="sum")
    found = with_sum(summed, TrainSettings(batch_size=32), {}, 100)
    assert found.learning_rate == pytest.approx(mean.learning_rate / 32) and found.weight_decay == pytest.approx(0.32)
    few = with_sum(summed, TrainSettings(batch_size=32), {}, 10)
    assert few.learning_rate == pytest.approx(mean.learning_rate / 10)
    assert with_sum(summed, TrainSettings(weight_decay=0.01), {}, 100).weight_decay == 0.01
    for unchanged, described in ((mean, {}), (summed, {"reduce": "sum"}), (replace(summed, rate_factor=None), {})):
        assert with_sum(unchanged, TrainSettings(), described, 100) == unchanged


def test_last_layer_with_an_output_for_each_class_is_made_new() -> None:
    layers: list[dict[str, Any]] = [
        {"type": "Conv2d", "out_channels": 4},
        {"type": "Residual", "body": [{"type": "Linear", "out_features": 9}], "shortcut": []},
        {"type": "Linear", "out_features": 3}, {"type": "ReLU"},
    ]  # fmt: skip
    found = _head(layers, 3, 5)
    assert (
        found is not None
        and found.place == "2"
        and found.layers[2]["out_features"] == "classes"
        and layers[2]["out_features"] == 3
    )
    assert (
        _head(layers, 4, 5) is None and _head(layers[:2], 9, 5) is not None and _head([{"type": "ReLU"}], 3, 5) is None
    )
    one = _head([{"type": "Linear", "out_features": 1}], 1, 2)
    assert one is not None and one.layers[0]["out_features"] == 1
    assert [name for name, _ in _plain(layers, "")] == ["0", "1", "1.body.0", "2", "3"]
    inner = [
        {"type": "Sequential", "layers": [{"type": "A"}]},
        {"type": "Concat", "branches": [[{"type": "B"}], [{"type": "C"}, {"type": "D"}]]},
    ]
    assert [name for name, _ in _plain(inner, "")] == ["0", "0.0", "1", "1.0.0", "1.1.0", "1.1.1"]
    network: Any = SimpleNamespace(recipe=None, outputs="values", class_names=[])
    assert _meanings(network, None) == []
    assert Start("m", network, "").rows is None


def test_recorded_options_are_typed_as_they_were() -> None:
    values = {
        "time_limit": 90.0,
        "learning_rate": 0.5,
        "plugins": ("a.py", "b.py"),
        "nesterov": True,
        "skip_bad": False,
        "seed": 2,
    }
    assert sorted(recorded_words(values)) == sorted(
        ["--plugin", "a.py", "--plugin", "b.py", "--time-limit", "90", "--lr", "0.5", "--nesterov", "--seed", "2"]
    )
    assert recorded_words({"time_limit": 1.5}) == ["--time-limit", "1.5"]


def test_epoch_tells_what_its_steps_were(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a training of 3 epochs with 4 and 3 images: sums of the steps, and the rate of the last one."""
    rng = np.random.default_rng(4)
    images, labels = rng.random((7, 1, 2, 2), np.float32), np.array([0, 1, 0, 1, 1, 0, 1])
    network = Network([Flatten(), Linear(4, 2)], (1, 2, 2))
    now = iter(range(10**6))
    monkeypatch.setattr("cnncli.training.trainer.time.perf_counter", lambda: next(now) / 8)
    trainer = Trainer(network, (images, labels), optimizer=SGD(0.5), epochs=3, batch_size=4, schedule="cosine",
                      validation=(images[:3], labels[:3]), threads=1)  # fmt: skip
    losses: list[tuple[float, int]] = []
    for record in trainer.steps():
        if isinstance(record, StepDone):
            losses.append((record.loss, record.samples))
            assert record.step == trainer.state.step and record.epoch == (record.step + 1) // 2
            continue
        epoch = record.epoch
        assert (record.epochs, record.images) == (3, 7) and [count for _, count in losses] == [4, 3]
        assert record.loss == pytest.approx(sum(loss * count for loss, count in losses) / 7, rel=1e-6)
        assert record.learning_rate == pytest.approx(0.5 * cosine((2 * epoch - 1) / 6))
        assert record.accuracy is not None and round(7 * record.accuracy, 9) in range(8)
        assert record.images_per_second == pytest.approx(7 / record.seconds)
        measured = trainer.evaluate((images[:3], labels[:3]))
        assert (record.validation_loss, record.validation_accuracy) == (
            pytest.approx(measured.loss),
            measured.correct / 3,
        )
        facts = trainer.state.history[-1]
        assert facts["epoch"] == epoch == len(trainer.state.history) and facts["loss"] == record.loss
        assert (trainer.state.images, trainer.state.correct, trainer.state.loss_sum, trainer.state.epoch_seconds) == (
            0,
            0,
            0,
            0,
        )
        losses.clear()
    assert trainer.optimizer.lr == 0.5 and not trainer.is_done_early and trainer.state.step == 6


HISTOGRAM = {"low": -1.0, "high": 2, "others": 0, "counts": [3] * 32}
LAYER: dict[str, Any] = {
    "name": "0", "type": "Linear", "activations": HISTOGRAM, "weights": HISTOGRAM, "gradients": None, "units": 3,
    "dead": None,
}  # fmt: skip


def test_histograms_of_layers_are_read_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "histograms.json"
    with pytest.raises(UsageError, match=r"holds no histograms.json; name the folder of a finished training of images"):
        read_histograms(tmp_path)

    def read(**changes: Any) -> dict[str, Any]:
        path.write_text(json.dumps({"images": 9, "layers": [LAYER, {**LAYER, **changes}]}))
        return read_histograms(tmp_path)

    assert read()["images"] == 9 and read(weights=None, units=None)["layers"][1]["units"] is None
    without = {name: value for name, value in HISTOGRAM.items() if name != "others"}
    for changes in (
        {"name": 3}, {"type": None}, {"units": "x"}, {"dead": 0.5}, {"activations": None}, {"activations": 3},
        {"weights": without},
        {"gradients": {**HISTOGRAM, "counts": [3] * 31}}, {"weights": {**HISTOGRAM, "counts": [3] * 31 + [-1]}},
        {"weights": {**HISTOGRAM, "counts": [3] * 31 + [0.5]}}, {"activations": {**HISTOGRAM, "counts": 3}},
        {"weights": {**HISTOGRAM, "low": None}},
    ):  # fmt: skip
        with pytest.raises(FormatError, match=r"holds no histograms of layers; train again$"):
            read(**changes)
    for whole in (
        {"images": 0.5, "layers": []},
        {"images": 9, "layers": {}},
        {"layers": []},
        {"images": 9, "layers": [{"name": "0"}]},
    ):
        path.write_text(json.dumps(whole))
        with pytest.raises(FormatError, match=r"holds no histograms of layers; train again$"):
            read_histograms(tmp_path)


def test_measures_of_an_epoch_have_the_names_of_logs() -> None:
    done = EpochDone(2, 3, 10, 0.5, 0.25, 1.5, None, 0.1, 2.0, 5.0)
    assert measures(done) == {
        "loss/train": 0.5, "loss/validation": 1.5, "accuracy/train": 0.25, "learning rate": 0.1,
        "images per second": 5.0,
    }  # fmt: skip
    told: list[tuple[dict[str, float], int]] = []
    log: Any = SimpleNamespace(write=lambda values, epoch: told.append((values, epoch)))
    records: list[Any] = ["started", done]
    assert list(logged(iter(records), log)) == records == list(logged(iter(records), None))
    assert told == [(measures(done), 2)]

    def full(values: dict[str, float], epoch: int) -> None:
        raise OSError(28, "No space left on device")

    log.write = full
    with pytest.raises(
        CnnError, match=r"^--log: cannot be written \(no space left on device\); mend that, or leave it out$"
    ):
        list(logged(iter(records), log))


def test_summary_of_seeds_is_mean_and_deviation_of_a_sample() -> None:
    def summary(*values: float | None) -> tuple[float, float | None] | None:
        return SeedsDone(Path("runs"), [{"test_accuracy": value} for value in values]).summary("test_accuracy")

    assert summary(1.0, 2.0, 6.0) == (3.0, pytest.approx(math.sqrt(7))) and summary(0.5) == (0.5, None)
    assert summary(0.5, None) is None and summary(None) is None


def test_training_until_convergence_has_no_end_of_its_description() -> None:
    described = {"warmup": 2.0, "momentum": 0.5, "epochs": 9, "schedule": "cosine"}
    found = plan(described, until="converged")
    assert (found.warmup, found.momentum, found.schedule) == (None, 0.5, "constant") and found.epochs > 9
    assert found.until_limit is not None and found.until_window is not None
    plain = plan(described)
    assert (plain.warmup, plain.schedule, plain.epochs, plain.until_limit) == (2.0, "cosine", 9, None)


def test_declared_input_that_is_no_picture_is_none_of_the_wish() -> None:
    for declared in ([784], [1, 2, 3, 4], [1, "x", 3], None):
        layers = [{"type": "Flatten"}, {"type": "Linear", "out_features": "classes"}]
        description = {"layers": layers, "input": declared}
        if declared is None:
            del description["input"]
        assert picture_wish(TrainSettings("own.toml"), description, "own.toml", 3).declared is None


def test_folder_of_seeds_is_new_and_knows_where_the_data_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").mkdir()
    (tmp_path / "x.csv").touch()
    for number, (data, kept_as) in enumerate(
        (("digits", "digits"), ("x.csv", str(tmp_path / "x.csv")), ("gone", "gone")), 1
    ):
        folder, kept = _made(TrainSettings("linear", data=data, seed=5), 3)
        assert folder == Path(f"runs/linear-seeds-{number}") and kept["settings"]["data"] == kept_as
        assert (kept["seeds"], kept["begun"], kept["results"]) == ([5, 6, 7], {}, [])
        assert json.loads((folder / "seeds.json").read_text()) == kept
    assert _made(TrainSettings(data="digits"), 1)[0] == Path("runs/chosen-seeds-1")
    with pytest.raises(
        UsageError, match=r"^--out: each training of --seeds has its own model, in the folder of the runs"
    ):
        next(train_seeds(TrainSettings(out="m.bin"), 2))
