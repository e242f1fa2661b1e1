"""`--until converged`, the schedule "plateau", `--batch-size full` and `--reduce sum`: what they mean, what is told,
and that a run which goes on has the bits of one that did not stop."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncli
from cnncli.criteria import CrossEntropyLoss, NLLLoss
from cnncli.errors import UsageError
from cnncli.layers import Flatten, Linear, LogSoftmax, ReLU
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.training.convergence import Convergence
from cnncli.training.plan import Plan, make_plan
from cnncli.training.plateau import Plateau
from cnncli.training.records import EpochDone, Finished, Started, Stopped
from cnncli.training.summed import with_sum
from cnncli.training.timetable import Timetable
from cnncli.training.train import train
from cnncli.training.trainer import Trainer
from cnncli.training_options import TrainSettings
from small_training import small_settings, weights

DESCRIBED = {"epochs": 4, "batch_size": 64, "learning_rate": 0.1, "weight_decay": 0.01, "schedule": "step", "warmup": 1}


def plan_of(training: dict[str, Any] = DESCRIBED, **asked: Any) -> Plan:
    return make_plan(TrainSettings(**asked), {"training": training}, "own.toml")


def network(*last: Any) -> Network:
    built = Network([Flatten(), Linear(6, 5), ReLU(), Linear(5, 3), *last], (1, 2, 3))
    built.initialize(1)
    return built


def trained(images: np.ndarray, labels: np.ndarray, threads: int = 1, **how: Any) -> tuple[Network, Trainer]:
    built = network()
    trainer = Trainer(built, (images, labels), seed=3, threads=threads, **how)
    for _ in trainer:
        pass
    return built, trainer


def bits(built: Network) -> list[bytes]:
    return [parameter.value.tobytes() for parameter in built.named_parameters()]


@pytest.mark.parametrize(
    ("losses", "reached"),
    [
        ([], False),
        ([1, 1, 1], False),
        ([1, 1, 1, 1], True),
        ([4, 2, 1, 0.995, 1.5, 0.991], True),
        ([4, 2, 1, 0.995, 1.5, 0.98], False),  # within the last three it fell by 2 %
        ([1, 2, 3, 4, 5], True),  # it rises: no step goes on with that
        ([-1, -1.5, -1.5, -1.5, -1.5], True),
        ([0, 0, 0, 0], True),
    ],
)
def test_convergence_is_a_fall_below_the_limit_in_the_window(losses: list[float], reached: bool) -> None:
    assert Convergence(0.01, 3).is_reached([{"loss": loss} for loss in losses]) is reached


def test_a_trainer_stops_where_its_losses_have_converged(rng: np.random.Generator) -> None:
    images, labels = rng.normal(size=(40, 1, 2, 3)).astype(np.float32), rng.integers(0, 3, 40)
    until = Convergence(0.02, 4)
    _, trainer = trained(images, labels, optimizer=SGD(0.5), epochs=500, until=until)
    losses = [epoch["loss"] for epoch in trainer.state.history]
    assert 5 <= len(losses) < 500
    falls = [(min(losses[: n - 4]), min(losses[:n])) for n in range(5, len(losses) + 1)]
    assert [before - after <= 0.02 * before for before, after in falls] == [False] * (len(falls) - 1) + [True]
    assert list(trainer.steps()) == []  # it stays where it is


def test_until_converged_takes_the_place_of_a_number_of_epochs() -> None:
    plan = plan_of(until="converged")
    assert (plan.epochs, plan.schedule, plan.warmup) == (1000, "constant", None)
    assert (plan.until_limit, plan.until_window) == (0.001, 5)
    plan = plan_of(until="converged", until_limit=0.0, until_window=2, epochs=7, schedule="plateau", warmup=1.0)
    assert (plan.epochs, plan.schedule, plan.until_limit, plan.until_window) == (7, "plateau", 0.0, 2)
    described = {**DESCRIBED, "until": "converged", "until_window": 9}
    assert (plan_of(described).epochs, plan_of(described).until_window) == (4, 9)
    assert plan_of().until_limit is plan_of().until_window is None


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ({"until_limit": 0.1}, "--until-limit 0.1: belongs to --until converged; add that, or leave it out"),
        ({"plateau_patience": 3}, "--plateau-patience 3: belongs to --schedule plateau; add that, or leave it out"),
        (
            {"until": "converged", "target": 0.9},
            "--until converged: --target ends the training too; leave one of them out",
        ),
        ({"until": "convergd"}, '--until convergd: unknown; did you mean "converged"?'),
        ({"batch_size": "ful"}, "--batch-size ful: use a whole number, at least 1 and at most 65,536, or full"),
        ({"reduce": "total"}, "--reduce total: unknown; use one of mean, sum"),
    ],
)
def test_what_makes_no_sense_is_told(asked: dict[str, Any], line: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan_of(**asked)
    assert str(caught.value) == line


def test_wrong_arguments_of_the_library_are_told() -> None:
    for wrong, line in (
        (lambda: Plateau(factor=1), "Plateau: factor is 1; use a number, more than 0 and less than 1"),
        (lambda: Plateau(threshold_mode="x"), "Plateau: threshold_mode is 'x'; use 'rel' or 'abs'"),
        (lambda: Plateau(patience=-1), "Plateau: patience is -1; use a whole number, at least 0"),
        (lambda: Convergence(window=0), "Convergence: window is 0; use a whole number, at least 1"),
        (
            lambda: Timetable(9, "all", 1),
            'batch_size is "all"; use a whole number, at least 1, or \'full\' for all images',
        ),
        (lambda: Timetable(9, 0, 1), "batch_size is 0; use a whole number, at least 1, or 'full' for all images"),
        (lambda: Timetable(9, 3, 0), "epochs is 0; use a whole number, at least 1"),
        (lambda: Timetable(9, 3, 1, [0.5, 0]), "shares is 0; use a number, more than 0 and at most 1"),
        (
            lambda: Trainer(network(), (np.ones((2, 1, 2, 3)), [0, 1]), plateau=Plateau()),
            'plateau: the schedule is constant; pass schedule="plateau" with it',
        ),
    ):
        with pytest.raises(UsageError) as caught:
            wrong()
        assert str(caught.value).startswith(line)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_plateaus_follow_the_validation_loss_or_else_that_in_training(rng: np.random.Generator, threads: int) -> None:
    images, labels = rng.normal(size=(40, 1, 2, 3)).astype(np.float32), rng.integers(0, 3, 40)
    plateau = Plateau(0.5, patience=0, threshold=0.02)
    for validation in (None, (images[:20], labels[::2])):
        _, trainer = trained(
            images, labels, threads, optimizer=SGD(0.5), epochs=20, schedule="plateau", plateau=plateau,
            validation=validation,
        )  # fmt: skip
        name = "loss" if validation is None else "validation_loss"
        best, rate = np.inf, 0.5
        for epoch in trainer.state.history:
            assert epoch["learning_rate"] == rate
            rate, best = (rate, epoch[name]) if epoch[name] < best * 0.98 else (rate / 2, best)
        assert rate < 0.1


@pytest.mark.parametrize(
    "more", [{"schedule": "plateau", "plateau_patience": 0}, {"until": "converged", "until_window": 2}]
)
def test_a_stopped_run_ends_with_the_bits_of_one_that_did_not_stop(tmp_path: Path, more: dict[str, Any]) -> None:
    settings = replace(small_settings(tmp_path, validation=0.2), epochs=30, learning_rate=0.3, until_limit=None, **more)
    if "until" in more:
        settings = replace(settings, until_limit=0.1)
    started, *records, whole = train(settings)
    assert isinstance(started, Started) and isinstance(whole, Finished)
    epochs = sum(isinstance(record, EpochDone) for record in records)
    rates = [epoch["learning_rate"] for epoch in whole.history]
    if "until" in more:
        assert started.until == Convergence(0.1, 2) and whole.converged and 2 < epochs < 30
    else:
        assert epochs == 30 and rates[0] == 0.3 and rates == sorted(rates, reverse=True) and rates[-1] <= 0.03
        assert whole.converged is None
    calls = iter(range(1000))
    *_, stopped = train(replace(settings, threads=1), should_stop=lambda: next(calls) >= 2 * epochs)
    assert isinstance(stopped, Stopped) and 1 <= stopped.epoch < epochs
    *_, finished = train(TrainSettings(resume=str(stopped.run), threads=3))
    assert isinstance(finished, Finished)
    assert weights(finished.model) == weights(whole.model)
    assert [epoch["learning_rate"] for epoch in finished.history] == rates
    command = cnncli.load(finished.model).record["training"]["command"]
    assert all(f"--{name.replace('_', '-')} {value}" in command for name, value in more.items())


def test_a_full_batch_has_the_gradient_of_all_images_in_parts_of_one_order(rng: np.random.Generator) -> None:
    """2,500 images are more than the core runs at once."""
    images, labels = rng.normal(size=(2500, 1, 2, 3)).astype(np.float32), rng.integers(0, 3, 2500)
    found = {
        threads: trained(images, labels, threads, optimizer=SGD(0.5), epochs=3, batch_size="full")
        for threads in (1, 2, 3)
    }
    assert bits(found[1][0]) == bits(found[2][0]) == bits(found[3][0])
    assert found[1][1].timetable.steps == 3 and found[1][1].timetable.batch_size == 2500
    by_hand, loss = network(), CrossEntropyLoss()
    for _ in range(3):
        by_hand.zero_grad_parameters()
        by_hand.backward(images, loss.backward(by_hand.forward(images), labels))
        by_hand.update_parameters(0.5)
    for ours, theirs in zip(found[1][0].named_parameters(), by_hand.named_parameters(), strict=True):
        np.testing.assert_allclose(ours.value, theirs.value, rtol=1e-4, atol=1e-6)


def test_memory_of_a_full_batch_does_not_grow_with_the_images() -> None:
    images, labels = np.zeros((20_000, 1, 28, 28), np.uint8), np.arange(20_000) % 10
    built = Network([Flatten(), Linear(784, 100), ReLU(), Linear(100, 10)], (1, 28, 28))
    sizes = [
        Trainer(built, (images[:count], labels[:count]), batch_size="full").program.bytes for count in (2000, 20_000)
    ]
    assert sizes[1] <= 1.1 * sizes[0]


@pytest.mark.parametrize("last", [[], [LogSoftmax()]], ids=["cross-entropy", "nll"])
@pytest.mark.parametrize("count", [7, 1500])
def test_a_sum_is_as_many_times_the_mean_as_a_batch_has_images(
    rng: np.random.Generator, last: list[Any], count: int
) -> None:
    images, labels = rng.normal(size=(count, 1, 2, 3)).astype(np.float32), rng.integers(0, 3, count)
    gradients, losses = [], []
    for reduction in ("mean", "sum"):
        built = network(*last)
        criterion = (NLLLoss if last else CrossEntropyLoss)(reduction=reduction)
        trainer = Trainer(built, (images, labels), criterion, SGD(0.0), batch_size="full", epochs=1)
        losses.append(next(trainer.steps()).loss)
        gradients.append([parameter.gradient.copy() for parameter in built.named_parameters()])
    assert losses[0] == losses[1]  # what is shown is the mean of the images' losses in any case
    for mean, total in zip(*gradients, strict=True):
        np.testing.assert_allclose(total, count * mean, rtol=1e-5, atol=1e-6 * count)


def test_with_the_sum_the_default_rate_is_divided_and_what_is_asked_for_is_taken_as_it_is() -> None:
    def of(images: int, training: dict[str, Any] = DESCRIBED, **asked: Any) -> tuple[float, float | None]:
        settings = TrainSettings(reduce="sum", **asked)
        plan = with_sum(make_plan(settings, {"training": training}, "own.toml"), settings, training, images)
        return plan.learning_rate, plan.weight_decay

    assert of(1000) == pytest.approx((0.1 / 64, 0.01 * 64))
    assert of(50) == pytest.approx((0.1 / 50, 0.01 * 50))
    assert of(1000, batch_size="full") == pytest.approx((0.1 * 1.4 / 1000, 0.01 * 1000))
    assert of(1000, learning_rate=0.3) == (0.3, 0.01)
    assert of(1000, weight_decay=0.5)[1] == 0.5
    assert of(1000, {**DESCRIBED, "reduce": "sum"}) == (0.1, 0.01)
    assert of(1000, optimizer="adam") == (0.003, 0)  # steps whose length is not that of the gradient


def test_the_sum_with_its_default_rate_trains_as_the_mean_does(tmp_path: Path) -> None:
    settings = replace(small_settings(tmp_path, train=224), batch_size="full", weight_decay=None)
    found = []
    for reduce in ("mean", "sum"):
        *_, finished = train(replace(settings, reduce=reduce))
        assert isinstance(finished, Finished)
        found.append([epoch["loss"] for epoch in finished.history])
    assert found[1] == pytest.approx(found[0], rel=1e-3)
