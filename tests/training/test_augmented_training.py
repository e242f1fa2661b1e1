"""Trainings whose images change in every epoch: what a step sees, what is mixed, and that they go on and repeat."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncli
from augmentation_oracle import mixup
from cnncli import Augmentation, _core
from cnncli.criteria import Criterion, CrossEntropyLoss, MultiCriterion
from cnncli.errors import UsageError
from cnncli.layers import Flatten, Linear
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.program import Program
from cnncli.program.augmenting import augmentation_source, check_images
from cnncli.training.records import EpochDone, Finished, Stopped
from cnncli.training.replay import Verdict, replay
from cnncli.training.train import train
from cnncli.training.trainer import Trainer
from cnncli.training_options import TrainSettings
from criterion_cases import CASES, Case
from small_training import small_settings, weights

CHANGES = Augmentation(shift=0.1, rotate=20, elastic=0.05, stroke=0.5, noise=0.1, erase=0.5, mixup=0.5)
SEED, EPOCH = 11, 4


def network(shape: tuple, classes: int) -> Network:
    built = Network([Flatten(), Linear(int(np.prod(shape)), classes)], shape)
    built.initialize(1)
    return built


def bits(trained: Network) -> list[bytes]:
    return [parameter.value.tobytes() for parameter in trained.named_parameters()]


def seen(images: np.ndarray, numbers: np.ndarray, changes: Augmentation, **more: Any) -> np.ndarray:
    source = augmentation_source(images, more.get("partners"))
    return _core.augment_images(
        images, numbers, settings=changes.settings(), source=source, seed=SEED, epoch=EPOCH, **more
    )


def partners_of(numbers: np.ndarray, alpha: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    drawn = [mixup(alpha, count, SEED, EPOCH, int(number)) for number in numbers]
    return np.array([partner for partner, _ in drawn]), np.array([share for _, share in drawn])


@pytest.mark.parametrize("count", [1, 5, 17])
def test_a_step_learns_from_changed_images_and_mixed_losses(rng: np.random.Generator, count: int) -> None:
    """One step of a linear network, whose gradient is that of softmax regression; partners come from `only`."""
    images, labels = rng.integers(0, 256, (40, 1, 6, 5), dtype=np.uint8), rng.integers(0, 4, 40)
    only = np.sort(rng.permutation(40)[:30]).astype(np.int64)
    built, numbers = network((1, 6, 5), 4), rng.permutation(only)[:count]
    before = [parameter.value.astype(np.float64) for parameter in built.named_parameters()]
    program = Program(built, 32, optimizer=SGD(0.5), seed=SEED, augmentation=CHANGES)
    program.bind(images, labels, only)
    result = program.step(numbers, step=0, epoch=EPOCH)

    x = seen(images, numbers, CHANGES, partners=only).reshape(count, -1).astype(np.float64)
    partners, share = partners_of(numbers, CHANGES.mixup, len(only))
    own, other = np.eye(4)[labels[numbers]], np.eye(4)[labels[only[partners]]]
    targets = share[:, None] * own + (1 - share[:, None]) * other
    scores = x @ before[0].T + before[1]
    log_shares = scores - np.log(np.exp(scores - scores.max(1, keepdims=True)).sum(1, keepdims=True))
    log_shares -= scores.max(1, keepdims=True)
    assert result.loss == pytest.approx(-(targets * log_shares).sum() / count, rel=1e-4)
    assert result.correct == (scores.argmax(1) == labels[numbers]).sum()
    slopes = (np.exp(log_shares) - targets) / count
    weight, bias = (parameter.value for parameter in built.named_parameters())
    np.testing.assert_allclose(weight, before[0] - 0.5 * slopes.T @ x, rtol=1e-4, atol=2e-3)
    np.testing.assert_allclose(bias, before[1] - 0.5 * slopes.sum(0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_loss_is_mixed_as_two_of_its_losses(rng: np.random.Generator, case: Case) -> None:
    """Of outputs that are the weights of a linear network with one pixel each, so that gradients are seen."""
    outputs, targets = case.draw(rng, 3)
    criterion = case.make()
    classes = outputs.shape[1]
    images = np.eye(3, dtype=np.float32).reshape(3, 1, 1, 3)
    built = Network([Flatten(), Linear(3, classes, bias=False)], (1, 1, 3))
    (parameter,) = built.named_parameters()
    parameter.value[...] = outputs.T
    program = Program(built, 8, criterion=criterion, optimizer=SGD(1.0), seed=SEED, augmentation=Augmentation(mixup=1))
    program.bind(images, targets)
    numbers = np.arange(3)
    result = program.step(numbers, step=0, epoch=EPOCH)
    partners, share = partners_of(numbers, 1.0, 3)
    x = np.stack([s * images[n].ravel() + (1 - s) * images[p].ravel()
                  for n, p, s in zip(numbers, partners, share, strict=True)])  # fmt: skip
    y = (x @ outputs).astype(np.float32)
    expected_loss, expected = _mixed(criterion, y, targets, partners, share)
    assert result.loss == pytest.approx(expected_loss, rel=2e-4, abs=1e-5)
    np.testing.assert_allclose(outputs.T - parameter.value, expected.T @ x, rtol=2e-3, atol=2e-5)


def _mixed(
    criterion: Criterion, y: np.ndarray, targets: np.ndarray, partners: np.ndarray, share: np.ndarray
) -> tuple[float, np.ndarray]:
    """The loss and the gradient of a batch of mixed targets, from those of single samples with their weights."""
    total, weight, gradient = 0.0, 0.0, np.zeros_like(y, np.float64)
    sums = getattr(criterion, "reduction", "mean") == "sum"
    weights = getattr(criterion, "weight", None)
    ignored = getattr(criterion, "ignore_index", None)
    by_class = not sums and targets.ndim == 1 and ignored is not None  # CrossEntropyLoss and NLLLoss of labels
    for n in range(len(y)):
        for target, part in ((targets[n : n + 1], share[n]), (targets[partners[n]][None], 1 - share[n])):
            own = 0.0 if targets.ndim == 1 and target[0] == ignored else 1.0
            if by_class and own and weights is not None:
                own = float(weights[int(target[0])])
            if own == 0:
                continue
            total += part * own * float(criterion.forward(y[n : n + 1], target))
            gradient[n] += part * own * np.asarray(criterion.backward(y[n : n + 1], target))[0]
            weight += part * own
    divisor = 1.0 if sums else weight if by_class else len(y)
    return total / (len(y) if sums else divisor or 1), gradient / (divisor or 1)


def test_weighted_losses_of_a_sum_of_losses_are_mixed_as_one_mean(rng: np.random.Generator) -> None:
    """Python computes them, the core one alone."""
    images, labels = rng.integers(0, 256, (6, 1, 3, 3), dtype=np.uint8), np.array([0, 1, 1, 0, 1, 1])
    losses = []
    for alone in (True, False):
        built, weighted = network((1, 3, 3), 2), CrossEntropyLoss(weight=[5.0, 0.5])
        criterion = weighted if alone else MultiCriterion(weighted, weights=[3.0])
        program = Program(built, 8, criterion=criterion, optimizer=SGD(0.1), augmentation=Augmentation(mixup=1))
        program.bind(images, labels)
        losses.append(program.step(np.arange(6), step=0, epoch=EPOCH).loss)
    assert losses[1] == pytest.approx(3 * losses[0], rel=1e-5)


def test_images_held_out_are_neither_measured_nor_mixed_in(rng: np.random.Generator) -> None:
    images = np.zeros((20, 1, 4, 4), np.uint8)
    images[10:] = 255
    labels, only = np.arange(20) // 10, np.arange(10, dtype=np.int64)
    built = network((1, 4, 4), 2)
    trainer = Trainer(built, (images, labels), only=only, epochs=2, batch_size=4, augmentation=Augmentation(mixup=1))
    records = [record for record in trainer if isinstance(record, EpochDone)]
    assert all(record.accuracy is not None for record in records)
    again = network((1, 4, 4), 2)
    again.recipe = built.recipe
    list(Trainer(again, (images[:10], labels[:10]), epochs=2, batch_size=4, augmentation=Augmentation(mixup=1)))
    assert bits(built) == bits(again)  # a class of zeros, mixed with nothing else


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_change_no_bit(rng: np.random.Generator, threads: int) -> None:
    images, labels = rng.integers(0, 256, (70, 3, 8, 8), dtype=np.uint8), rng.integers(0, 5, 70)
    trained = []
    for count in (1, threads):
        built = network((3, 8, 8), 5)
        list(Trainer(built, (images, labels), epochs=3, batch_size=33, threads=count, augmentation=CHANGES))
        trained.append(bits(built))
    assert trained[0] == trained[1]


def test_avx2_and_avx512_train_the_same_weights(rng: np.random.Generator) -> None:
    sets = [name for name in ("avx2", "avx512") if name in _core.instruction_sets()]
    if len(sets) < 2:
        pytest.skip("this CPU has one of them only")
    images, labels = rng.integers(0, 256, (50, 3, 8, 8), dtype=np.uint8), rng.integers(0, 5, 50)
    before, trained = _core.instruction_set(), []
    try:
        for name in sets:
            _core.set_instruction_set(name)
            built = network((3, 8, 8), 5)
            list(Trainer(built, (images, labels), epochs=3, batch_size=16, augmentation=CHANGES))
            trained.append(bits(built))
    finally:
        _core.set_instruction_set(before)
    assert trained[0] == trained[1]


def test_images_change_with_the_epoch_and_without_augmentation_stay(rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (20, 1, 6, 6), dtype=np.uint8)
    labels = rng.integers(0, 3, 20)
    runs = []
    for changes in (None, Augmentation(), Augmentation(shift=0.3)):
        built = network((1, 6, 6), 3)
        list(Trainer(built, (images, labels), epochs=1, batch_size=20, augmentation=changes))
        runs.append(bits(built))
    assert runs[0] == runs[1] != runs[2]
    source, asked = augmentation_source(images), Augmentation(shift=0.3).settings()
    one, two = (_core.augment_images(images, np.arange(20), settings=asked, source=source, seed=1, epoch=epoch)
                for epoch in (0, 1))  # fmt: skip
    assert not np.array_equal(one, two)


def strong(folder: Path) -> TrainSettings:
    return replace(
        small_settings(folder), augment="strong", mixup=0.4, noise=0.05, epochs=2, validation=0.2, save_every=0.0
    )


def test_a_training_that_stops_and_goes_on_has_the_bits_of_a_whole_one(tmp_path: Path) -> None:
    whole = strong(tmp_path)
    *_, last = train(whole)
    assert isinstance(last, Finished)
    settings, stops = replace(whole, out=str(tmp_path / "again.bin")), 0
    for most in (3, 5, 100):
        asked: list[int] = []
        *_, last = train(settings, should_stop=lambda: len(asked) > most or asked.append(1) is not None)  # noqa: B023
        if isinstance(last, Stopped):
            settings, stops = TrainSettings(resume=str(last.run), save_every=0.0), stops + 1
    assert isinstance(last, Finished) and stops >= 1
    assert weights(tmp_path / "again.bin") == weights(whole.out)


def test_replay_makes_an_augmented_training_again(tmp_path: Path) -> None:
    whole = strong(tmp_path)
    *_, last = train(whole)
    assert isinstance(last, Finished)
    *_, found = replay(str(whole.out), TrainSettings(data=whole.data, threads=2))
    assert isinstance(found, Verdict) and found.kind == "reproduced", found
    settings = cnncli.load(whole.out).network.record["training"]["settings"]
    assert settings["augment"] == "strong" and settings["mixup"] == 0.4 and settings["elastic"] > 0


def test_lbfgs_and_samples_that_are_no_images_are_refused() -> None:
    images, labels = np.zeros((8, 1, 2, 2), np.uint8), np.arange(8) % 2
    optimizer = cnncli.optim.LBFGS()
    with pytest.raises(UsageError, match="needs the same images"):
        Trainer(network((1, 2, 2), 2), (images, labels), optimizer=optimizer, batch_size="full",
                augmentation=Augmentation(shift=0.1))  # fmt: skip
    rows = Network([Linear(4, 2)], (4,))
    with pytest.raises(UsageError, match="are no images"):
        Program(rows, 2, criterion=CrossEntropyLoss(), optimizer=SGD(0.1), augmentation=Augmentation(shift=0.1))
    with pytest.raises(UsageError, match=r"images of 3x4000x4000 are too large"):
        check_images(Augmentation(shift=0.1), (3, 4000, 4000))
    with pytest.raises(UsageError, match=r"--crop 2: images are 2x2"):
        Program(network((1, 2, 2), 2), 2, optimizer=SGD(0.1), augmentation=Augmentation(crop=2))
