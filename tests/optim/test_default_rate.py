"""The learning rate that `cnn train` takes without --lr: that of the description, scaled to the batch size."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli.layers import Parameter
from cnncli.network.architectures import read_model
from cnncli.optim import BY_NAME
from cnncli.optim.default_rate import LARGEST_FACTOR, rate_factor
from cnncli.shipped import model_names
from cnncli.training.plan import Plan, make_plan
from cnncli.training.records import Finished, Started
from cnncli.training.train import train
from cnncli.training_options import TrainSettings
from small_training import small_settings, weights

OWN = {"learning_rate": 0.3, "batch_size": 24}


def plan_of(training: dict[str, Any], fast: dict[str, Any] | None = None, **asked: Any) -> Plan:
    """fast : the description's [target]"""
    return make_plan(TrainSettings(**asked), {"training": training, "target": fast or {}}, "own.toml")


def test_rate_follows_smaller_batches_in_proportion() -> None:
    assert [rate_factor(64, size) for size in (1, 2, 8, 32, 63)] == [1 / 64, 1 / 32, 1 / 8, 1 / 2, 63 / 64]
    assert [rate_factor(128, size) for size in (1, 64, 128)] == [1 / 128, 1 / 2, 1]


def test_rate_never_falls_with_the_batch_size_and_stays_at_its_limit() -> None:
    for described in (1, 3, 64, 65_536):
        factors = [rate_factor(described, size) for size in range(1, 5000)]
        assert factors == sorted(factors)
        assert max(factors) <= LARGEST_FACTOR
        assert rate_factor(described, 65_536) == min(LARGEST_FACTOR, 65_536 / described)


@pytest.mark.parametrize("name", model_names())
def test_described_batch_size_takes_the_described_rate_to_the_bit(name: str) -> None:
    description, source = read_model(name)
    training = description["training"]
    for settings in (TrainSettings(name), TrainSettings(name, batch_size=training["batch_size"])):
        assert make_plan(settings, description, source).learning_rate == training["learning_rate"]


@pytest.mark.parametrize("name", model_names())
@pytest.mark.parametrize("target", [None, 0.9])
def test_every_network_scales_its_rate_for_an_eighth_of_the_batch(
    name: str, target: float | None
) -> None:
    description, source = read_model(name)
    defaults = description["training"] | (description.get("target", {}) if target else {})
    settings = TrainSettings(name, batch_size=defaults["batch_size"] // 8, target=target)
    power = BY_NAME[defaults.get("optimizer", "sgd")].on_command_line.power
    rate = make_plan(settings, description, source).learning_rate
    assert rate == pytest.approx(defaults["learning_rate"] / 8**power, rel=1e-15)


def test_rate_of_the_user_is_taken_as_it_is() -> None:
    assert plan_of(OWN, batch_size=3, learning_rate=0.3).learning_rate == 0.3
    assert plan_of(OWN, batch_size=3, learning_rate=0.3).rate_factor is None


def test_description_without_a_rate_takes_one_for_batches_of_64_whatever_its_own_batch_size() -> None:
    assert plan_of({}).learning_rate == 0.05
    assert plan_of({"batch_size": 16}).learning_rate == plan_of({}, batch_size=16).learning_rate == 0.05 / 4


def test_description_without_a_batch_size_has_the_rate_for_batches_of_64() -> None:
    assert plan_of({"learning_rate": 0.3}).learning_rate == 0.3
    assert plan_of({"learning_rate": 0.3}, batch_size=32).learning_rate == 0.3 / 2


def test_target_has_rate_and_batch_size_of_its_own() -> None:
    fast = {"learning_rate": 0.8, "batch_size": 48}
    assert plan_of(OWN, fast, target=0.9).learning_rate == 0.8
    assert plan_of(OWN, fast, target=0.9, batch_size=12).learning_rate == 0.2
    assert plan_of(OWN, fast, batch_size=12).learning_rate == 0.15


def test_chosen_rate_is_told_and_written_and_kept_when_resumed(tmp_path: Path) -> None:
    settings = replace(small_settings(tmp_path), batch_size=16)
    started, *_, finished = train(settings)
    assert isinstance(started, Started) and isinstance(finished, Finished)
    assert (started.learning_rate, started.rate_factor) == (0.05 / 4, 0.25)
    assert json.loads((started.run / "settings.json").read_text())["learning_rate"] == 0.05 / 4
    resumed, *_ = train(TrainSettings(resume=str(started.run)))
    assert isinstance(resumed, Started) and (resumed.learning_rate, resumed.rate_factor) == (0.05 / 4, 0.25)


def test_scaled_rate_trains_as_the_same_rate_by_hand(tmp_path: Path) -> None:
    settings = replace(small_settings(tmp_path), batch_size=16, epochs=1)
    *_, last = train(settings)
    scaled = weights(settings.out)
    *_, last = train(replace(settings, learning_rate=0.05 / 4))
    assert isinstance(last, Finished) and weights(settings.out) == scaled


def test_batches_of_four_learn_what_they_did_not_with_the_described_rate(tmp_path: Path) -> None:
    """The fault itself: LeNet-5 with small batches ended at chance, and says so where the user asks for that rate."""
    settings = small_settings(tmp_path, train=1500, test=500)
    settings = replace(settings, architecture="lenet5", batch_size=4, epochs=2, threads=1)
    *_, finished = train(settings)
    *_, dead = train(replace(settings, learning_rate=0.2))
    assert isinstance(finished, Finished) and isinstance(dead, Finished)
    assert finished.test_accuracy is not None and finished.test_accuracy > 0.6
    assert finished.warnings == [] and finished.remark is None
    assert dead.test_accuracy is not None and dead.test_accuracy < 0.2
    assert dead.remark is not None and "nothing was learned" in dead.remark
    assert "pass a smaller --lr, such as 0.02" in dead.remark and dead.warnings == [dead.remark]
    assert np.isfinite(dead.loss)


def test_rates_are_those_of_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| .* % \|$", page, re.MULTILINE)
    found = {name: (kind.on_command_line.rate, kind.on_command_line.power, kind.on_command_line.largest)
             for name, kind in BY_NAME.items()}  # fmt: skip
    assert found.pop("rprop") == (0.001, 0, 1) and "steps of 0.001 whatever the batch" in " ".join(page.split())
    assert {name: tuple(map(float, numbers)) for name, *numbers in rows} == found
    settings = {name: dict(kind.command_settings) for name, kind in BY_NAME.items() if kind.command_settings}
    decay, schedule = re.findall(r"`lion` decays its weights by ([\d.]+) and takes the schedule `(\w+)`", page)[0]
    momentum = float(re.findall(r"`sgd` and `rmsprop` have momentum ([\d.]+)", page)[0])
    assert settings.pop("lion") == {"weight_decay": float(decay), "schedule": schedule}
    assert settings.pop("sgd")["momentum"] == settings.pop("rmsprop")["momentum"] == momentum
    assert set(settings) == {"rprop"} and settings["rprop"]["schedule"] == "constant"


@pytest.mark.parametrize("name", BY_NAME)
def test_a_rate_follows_the_length_of_gradients_where_steps_do(name: str) -> None:
    """Of the sum of losses, whose gradient is longer, the default rate is divided then."""

    def step(length: float) -> np.ndarray:
        value, gradient = np.zeros((2, 3), np.float32), np.full((2, 3), length, np.float32)
        optimizer = BY_NAME[name](0.01)
        for _ in range(8):  # the first ones of RAdam are those of momentum alone
            optimizer.step([Parameter("w", value, gradient, False)])
        return value

    doubles = bool(np.allclose(step(2.0), 2 * step(1.0), rtol=1e-3, atol=0))
    assert BY_NAME[name].on_command_line.follows_length is doubles
