"""`--optim`: the default settings of each optimizer, what a description says of its own, and exact resume with each."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncli
from cnncli.errors import FormatError, UsageError
from cnncli.model_file.serialize import save_checkpoint
from cnncli.optim import BY_NAME
from cnncli.option_row import TrainingOption
from cnncli.program import Program, StepResult
from cnncli.storage import container
from cnncli.training.plan import Plan, make_optimizer, make_plan
from cnncli.training.records import Finished, Stopped
from cnncli.training.runs import RunFolder
from cnncli.training.train import train
from cnncli.training_options import TRAINING_OPTIONS, TrainSettings
from small_training import small_settings, weights

DESCRIBED = {
    "batch_size": 64, "learning_rate": 0.3, "momentum": 0.8, "nesterov": True, "weight_decay": 0.25, "schedule": "step",
}  # fmt: skip


def plan_of(training: dict[str, Any], **asked: Any) -> Plan:
    return make_plan(TrainSettings(**asked), {"training": training}, "own.toml")


def test_names_are_those_of_the_classes() -> None:
    assert {name: kind.__name__.lower() for name, kind in BY_NAME.items()} == {name: name for name in BY_NAME}
    assert list(BY_NAME) == sorted(BY_NAME)


@pytest.mark.parametrize("name", BY_NAME)
def test_an_optimizer_takes_its_own_defaults_where_the_description_is_for_another_one(name: str) -> None:
    plan, kind = plan_of(DESCRIBED, optimizer=name), BY_NAME[name]
    made = make_optimizer(plan)
    assert type(made) is kind
    if name == "sgd":
        assert made.settings() == {"lr": 0.3, "momentum": 0.8, "dampening": 0, "weight_decay": 0.25, "nesterov": True}
    else:
        usual = {**kind().settings(), **kind.command_settings, "lr": kind.on_command_line.rate}
        schedule = usual.pop("schedule", "step")
        for field in {"batch_size", "epochs"} & set(usual):
            assert getattr(plan, field) == usual.pop(field)
        assert (made.settings(), plan.schedule) == (usual, schedule)
        assert plan.momentum == usual.get("momentum")
        assert plan_of(DESCRIBED, optimizer=name, schedule="triangle").schedule == "triangle"


@pytest.mark.parametrize("name", BY_NAME)
def test_a_description_of_an_optimizer_holds_for_it_alone(name: str) -> None:
    described = {"optimizer": name, "learning_rate": 0.4, "weight_decay": 0.125}
    made = make_optimizer(plan_of(described))
    assert (type(made), made.lr, made.weight_decay) == (BY_NAME[name], 0.4, 0.125)
    other = "sgd" if name != "sgd" else "adam"
    assert make_optimizer(plan_of(described, optimizer=other)).lr == BY_NAME[other].on_command_line.rate


@pytest.mark.parametrize("name", BY_NAME)
def test_default_rates_follow_the_batch_size_and_options_go_before_them(name: str) -> None:
    rule = BY_NAME[name].on_command_line
    rates = [plan_of({}, optimizer=name, batch_size=size).learning_rate for size in (1, 8, 64, 512, 4096)]
    assert rates == sorted(rates) == [rule.at(size) for size in (1, 8, 64, 512, 4096)]
    assert rates[1] == pytest.approx(rule.rate / 8**rule.power)
    assert rates[-1] == rule.rate * rule.largest
    plan = plan_of({}, optimizer=name, learning_rate=0.7, weight_decay=0.5, batch_size=8)
    made = make_optimizer(plan)
    assert (made.lr, made.weight_decay, plan.rate_factor) == (0.7, 0.5, None)


def test_momentum_is_for_those_that_have_it() -> None:
    assert plan_of({}, optimizer="rmsprop", momentum=0.5).momentum == 0.5
    with pytest.raises(UsageError) as caught:
        plan_of({}, optimizer="adam", momentum=0.5)
    assert str(caught.value) == (
        "--momentum 0.5: adam has no such setting; leave it out or use --optim muon or rmsprop or sgd"
    )
    with pytest.raises(FormatError) as wrong:
        plan_of({"optimizer": "lion", "momentum": 0.9})
    assert str(wrong.value) == "own.toml, [training]: momentum is 0.9, but lion has no such setting; leave it out"


def test_nesterov_is_an_option_and_goes_before_the_description() -> None:
    assert plan_of({"nesterov": True}).nesterov is True
    assert plan_of({"nesterov": True}, nesterov=False).nesterov is False
    assert plan_of({}, nesterov=True).nesterov is True
    assert plan_of({}).nesterov is False
    assert plan_of({}, optimizer="adam").nesterov is None
    assert plan_of({"nesterov": True}, momentum=0).nesterov is False  # it was meant for the momentum described
    with pytest.raises(UsageError, match="SGD: nesterov with momentum 0 and dampening 0; use"):
        plan_of({}, momentum=0, nesterov=True)
    with pytest.raises(UsageError, match=r"--no-nesterov: lion has no such setting; leave it out or use .*muon or sgd"):
        plan_of({}, optimizer="lion", nesterov=False)
    with pytest.raises(FormatError, match="nesterov is true, but adam has no such setting"):
        plan_of({"optimizer": "adam", "nesterov": True})


@pytest.mark.parametrize("row", [row for row in TRAINING_OPTIONS if row.of_optimizer], ids=lambda row: row.field)
def test_a_setting_of_an_optimizer_is_written_in_its_row_and_where_it_acts(row: TrainingOption) -> None:
    """Not in the command, its plan or its rules; momentum alone decides whether a described nesterov makes sense."""
    package = Path(cnncli.__file__).parent
    names = ["cli/train.py", "cli/training_options.py"]
    names += [f"training/{name}.py" for name in ("plan", "rules", "job", "train")]
    having = {name for name in names if re.search(rf"\b{row.field}\b", (package / name).read_text())}
    assert having == ({"training/plan.py"} if row.field in ("momentum", "nesterov") else set())


@pytest.mark.parametrize("name", BY_NAME)
def test_a_stopped_run_ends_with_the_bits_of_one_that_did_not_stop(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(small_settings(tmp_path), epochs=2, optimizer=name, weight_decay=0.01)
    *_, whole = train(settings)
    assert isinstance(whole, Finished)
    expected = weights(whole.model)
    done: list[object] = []
    real_step = Program.step

    def counted(program: Program, *arguments: Any, **options: Any) -> StepResult:
        done.append(result := real_step(program, *arguments, **options))
        return result

    monkeypatch.setattr(Program, "step", counted)
    *_, stopped = train(replace(settings, threads=1, save_every=1000.0), should_stop=lambda: len(done) >= 9)
    assert isinstance(stopped, Stopped) and stopped.step == 9  # of 14
    *_, finished = train(TrainSettings(resume=str(stopped.run), threads=3))
    assert isinstance(finished, Finished)
    assert weights(finished.model) == expected
    training = cnncli.load(finished.model).record["training"]
    assert f"--optim {name} " in training["command"]
    assert ("--momentum" in training["command"]) == (name in ("muon", "rmsprop", "sgd"))


def test_a_checkpoint_whose_optimizer_cannot_be_is_refused(tmp_path: Path) -> None:
    settings = replace(small_settings(tmp_path), optimizer="adam")
    *_, stopped = train(settings, should_stop=lambda: True)
    assert isinstance(stopped, Stopped)
    with RunFolder.open(stopped.run) as run:
        checkpoint = run.load_checkpoint()
        path = run.checkpoint_path
    tensors, _ = container.read(path)
    assert any(name.endswith(".square") for name in tensors) or checkpoint.optimizer_state == {"steps": 0}
    for wrong, message in (
        ({"steps": -1}, "steps is -1; load the state of an optimizer with the same settings; or start a new run"),
        ({"steps": 1.5}, "steps is 1.5; load the state"),
        ({"speed": 1}, 'has no state "speed"; load the state'),
        ({"6.weight.velocity": np.zeros((10, 100), np.float32)}, 'has no state "6.weight.velocity"|does not fit'),
    ):
        save_checkpoint(path, checkpoint.network, {**checkpoint.optimizer_state, **wrong}, checkpoint.state)
        with pytest.raises(FormatError, match=rf"checkpoint\.bin: .*({message})"):
            list(train(TrainSettings(resume=str(stopped.run))))


def test_a_checkpoint_whose_averages_cannot_be_is_refused(tmp_path: Path) -> None:
    settings = replace(small_settings(tmp_path), ema=0.9)
    *_, stopped = train(settings, should_stop=lambda: True)
    assert isinstance(stopped, Stopped)
    with RunFolder.open(stopped.run) as run:
        checkpoint, path = run.load_checkpoint(), run.checkpoint_path
    assert checkpoint.averages.keys() == checkpoint.network.state_dict().keys()
    for averages, message in (
        ({}, '"0.bias" is missing'),
        ({**checkpoint.averages, "6.bias": np.zeros(3, np.float32)}, '"6.bias" is float32 3, not float32 10'),
        ({**checkpoint.averages, "7.bias": np.zeros(3, np.float32)}, '"7.bias" is of no layer'),
    ):
        save_checkpoint(
            path, checkpoint.network, checkpoint.optimizer_state, checkpoint.state, averages=averages
        )  # fmt: skip
        with pytest.raises(FormatError, match=rf"checkpoint\.bin: average of weights: {message}; start a new run"):
            list(train(TrainSettings(resume=str(stopped.run))))


def test_averages_are_not_for_optimizers_of_all_images_at_once(tmp_path: Path) -> None:
    settings = replace(small_settings(tmp_path), ema=0.9, optimizer="lbfgs", batch_size=None)
    with pytest.raises(UsageError, match=r"--ema 0\.9: lbfgs makes few long steps, whose average is none of"):
        list(train(settings))
    described = tmp_path / "small.toml"
    described.write_text(described.read_text() + "\n[training]\nema = 0.9\n")
    *_, last = train(replace(settings, ema=None, max_iter=2, epochs=1))
    assert isinstance(last, Finished)
    asked = json.loads((last.run / "settings.json").read_text())
    assert asked["ema"] is None
    *_, last = train(replace(settings, ema=None, optimizer=None, epochs=1))
    assert isinstance(last, Finished) and json.loads((last.run / "settings.json").read_text())["ema"] == 0.9
