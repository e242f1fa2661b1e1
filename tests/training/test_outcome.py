"""A training that learned nothing is told so, and one that learned anything is not."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli.training.outcome import HowTrained, Measured, OneAnswer, looks_dead, remark
from cnncli.training.records import Finished
from cnncli.training.train import train
from cnncli.training_options import TrainSettings
from small_training import NETWORK

HARD_IMAGES = 4000


def finish(folder: Path, images: np.ndarray, labels: np.ndarray, **changes: object) -> Finished:
    """The training of a multilayer perceptron, or of `NETWORK` with architecture="small", on these images."""
    np.savez(folder / "data.npz", x_train=images, y_train=labels.astype(np.uint8))
    (folder / "small.toml").write_text(NETWORK)
    settings = TrainSettings(
        "mlp",
        str(folder / "data.npz"),
        runs=str(folder / "runs"),
        out=str(folder / "m.bin"),
        epochs=1,
        threads=1,
        validation=0.0,
    )
    *_, last = train(replace(settings, **changes))  # type: ignore[arg-type]
    assert isinstance(last, Finished)
    return last


def noise(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)


def hinted(rng: np.random.Generator, labels: np.ndarray, strength: int) -> np.ndarray:
    """Noise in which each class has a weak stripe of its own."""
    images = noise(rng, len(labels)).astype(np.int64)
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 3] += strength
    return np.clip(images, 0, 255).astype(np.uint8)


def test_one_answer_for_all_is_that_of_the_largest_class(rng: np.random.Generator) -> None:
    labels = rng.choice(4, 500, p=[0.7, 0.1, 0.2, 0.0])
    answer = OneAnswer.of(labels)
    counts = np.array([np.sum(labels == label) for label in range(4)], np.float64)
    assert answer.share == counts.max() / 500
    for other in rng.dirichlet([1.0] * 4, 50):  # no distribution has a lower mean loss
        assert -(counts * np.log(other)).sum() / 500 >= answer.loss


def test_slow_learning_in_one_epoch_of_hard_images_is_no_matter(tmp_path: Path, rng: np.random.Generator) -> None:
    labels = rng.integers(0, 10, HARD_IMAGES)
    finished = finish(tmp_path, hinted(rng, labels, 24), labels, learning_rate=0.005)
    assert finished.accuracy < 0.3  # it looks like chance at first sight
    assert finished.remark is None and finished.warnings == []


def test_random_labels_learned_by_heart_are_no_matter(tmp_path: Path, rng: np.random.Generator) -> None:
    finished = finish(tmp_path, noise(rng, 100), rng.integers(0, 10, 100), epochs=30, batch_size=10)
    assert finished.accuracy > 0.9
    assert finished.remark is None


def test_imbalanced_images_that_are_learned_are_no_matter(tmp_path: Path, rng: np.random.Generator) -> None:
    labels = (rng.random(2000) < 0.03).astype(np.int64)
    finished = finish(tmp_path, hinted(rng, labels, 60), labels, epochs=2)
    assert finished.accuracy > 0.9
    assert finished.remark is None


def test_imbalanced_images_of_which_nothing_is_learned_are_told(tmp_path: Path, rng: np.random.Generator) -> None:
    labels = (rng.random(2000) < 0.03).astype(np.int64)
    finished = finish(tmp_path, np.zeros((2000, 28, 28), np.uint8), labels, epochs=4)
    assert finished.accuracy > 0.9
    assert finished.remark is not None and "most frequent class as the answer for all" in finished.remark


def test_rate_too_small_is_told_with_a_larger_one(tmp_path: Path, rng: np.random.Generator) -> None:
    labels = rng.integers(0, 10, 2000)
    finished = finish(tmp_path, hinted(rng, labels, 9), labels, learning_rate=1e-9, batch_size=16)
    assert finished.remark is not None
    assert finished.remark.endswith("--lr 1e-09 is small: pass a larger one, such as 0.013")


def test_few_steps_are_told_as_few(tmp_path: Path, rng: np.random.Generator) -> None:
    labels = rng.integers(0, 10, 200)
    finished = finish(tmp_path, noise(rng, 200), labels, learning_rate=1e-9)
    assert finished.remark is not None
    assert finished.remark.endswith("4 steps are few: pass more --epochs, or a smaller --batch-size")


ANSWER = OneAnswer(0.1, 2.3)
def how(**changed: Any) -> HowTrained:
    return replace(HowTrained(1000, 2, 0.1, 0.0016, normalizes=False), **changed)



def test_dead_network_is_told_with_a_smaller_rate() -> None:
    dead = Measured(1000, 2.303, 0.11)
    line = remark(ANSWER, [2.4, 2.31], dead, dead, how(normalizes=True))
    assert line == (
        "nothing was learned: of the training images 11.00 % are right, and 10.00 % are with the most frequent class "
        "as the answer for all; pass a smaller --lr, such as 0.01, or look whether images and labels belong together"
    )


def test_few_images_that_are_right_more_often_than_chance_are_not_said_to_have_taught_nothing() -> None:
    few = Measured(18, 1.3, 12 / 18)
    line = remark(OneAnswer(1 / 3, 1.0986), [1.2, 1.1], few, few, how())
    assert line is not None and line.startswith(
        "18 images are too few to tell whether anything was learned: 66.67 % are right, and 33.33 % with the most "
        "frequent class as the answer for all; pass "
    )


def test_network_that_is_right_only_in_training_is_told_to_take_larger_batches() -> None:
    line = remark(
        ANSWER, [2.0, 0.5], Measured(1000, 0.5, 0.8), Measured(1000, 9.0, 0.1), how(normalizes=True)
    )
    assert line is not None and line.endswith("pass a larger --batch-size, such as 16")


@pytest.mark.parametrize(
    ("losses", "loss", "is_told"),
    [([4.0, 5.0, 6.0], 5.5, True), ([4.0, 3.9, 6.0], 5.5, False), ([4.0], 5.5, False), ([0.1, 0.2], 0.1, False)],
)
def test_loss_that_never_fell_is_told_if_one_answer_for_all_is_better(
    losses: list[float], loss: float, is_told: bool
) -> None:
    line = remark(
        ANSWER, losses, Measured(1000, 1.0, 0.3), Measured(1000, loss, 0.3), how()
    )
    assert (line is not None and line.startswith("the loss never fell: 4 in the first epoch, 6 in the last")) == is_told
    assert not is_told or looks_dead(ANSWER, losses, [Measured(1000, 1.0, 0.3)])


def test_what_is_far_from_chance_is_not_measured_again() -> None:
    assert not looks_dead(ANSWER, [1.0, 0.1], [Measured(60_000, 0.1, 0.9), Measured(10_000, 0.2, 0.8)])
    assert looks_dead(ANSWER, [1.0, 0.1], [Measured(60_000, 0.1, 0.9), Measured(10_000, 0.2, 0.11)])


def test_one_model_in_many_that_knows_nothing_is_overlooked(rng: np.random.Generator) -> None:
    """Three standard errors: of 20,000 guesses at chance with 4,096 images some 27 are better by luck."""
    lucky = rng.binomial(4096, 0.1, 20_000) / 4096 > ANSWER.by_luck(4096)
    assert lucky.sum() < 80


@pytest.mark.parametrize(("share", "images"), [(0.1, 50), (0.5, 20), (0.9, 100), (1.0, 7)])
def test_luck_is_three_standard_errors_of_the_binomial_distribution(share: float, images: int) -> None:
    counts = range(images + 1)
    chance = [math.comb(images, k) * share**k * (1 - share) ** (images - k) for k in counts]
    deviation = math.sqrt(sum(p * (k / images - share) ** 2 for k, p in zip(counts, chance, strict=True)))
    answer = OneAnswer(share, 1.0)
    assert answer.by_luck(images) == pytest.approx(share + 3 * deviation)
    assert answer.by_luck(images, 6) == pytest.approx(share + 6 * deviation)


@pytest.mark.parametrize(
    ("losses", "never"),
    [([4.0, 5.0], True), ([4.0, 4.0], True), ([2.2, 2.3], True), ([2.2, 2.29], False), ([4.0, 3.9], False),
     ([5.0, 6.0, 4.9], False), ([5.0], False)],
)  # fmt: skip
def test_loss_that_never_fell_is_looked_at_again(losses: list[float], never: bool) -> None:
    assert looks_dead(ANSWER, losses, [Measured(1000, 0.1, 0.9)]) == never


def test_accuracy_within_six_standard_errors_of_luck_is_looked_at_again() -> None:
    limit = 0.1 + 6 * math.sqrt(0.09 / 900)  # 0.16
    for accuracy, again in ((limit - 1e-9, True), (limit + 1e-9, False)):
        assert looks_dead(ANSWER, [1.0, 0.1], [Measured(900, 1.0, accuracy), Measured(900, 0.1, 0.9)]) == again


@pytest.mark.parametrize(("accuracy", "loss", "is_told"), [
    (0.129, 2.28, True), (0.131, 2.28, False), (0.129, 2.27, False),  # 0.1 + 3 * 0.01; 0.99 * 2.3 is 2.277
])  # fmt: skip
def test_what_is_better_than_luck_or_by_a_hundredth_of_the_loss_has_learned(
    accuracy: float, loss: float, is_told: bool
) -> None:
    measured = Measured(900, loss, accuracy)
    line = remark(ANSWER, [2.5, 2.3], measured, measured, how())
    assert (line is not None) == is_told


@pytest.mark.parametrize(("changes", "end"), [
    ({"steps": 99}, "; 99 steps are few: pass more --epochs, or a smaller --batch-size"),
    ({"steps": 1}, "; 1 step is few: pass more --epochs, or a smaller --batch-size"),
    ({"steps": 100}, "pass a smaller --lr, such as 0.01, or look whether images and labels belong together"),
    ({"usual_rate": 5.01}, "; --lr 0.1 is small: pass a larger one, such as 5"),
    ({"usual_rate": 5.0}, "pass a smaller --lr, such as 0.01, or look whether images and labels belong together"),
])  # fmt: skip
def test_remedy_is_for_few_steps_a_small_rate_or_a_large_one(changes: dict[str, float], end: str) -> None:
    dead = Measured(1000, 2.303, 0.1)
    line = remark(ANSWER, [2.4, 2.31], dead, dead, how(**changes))
    assert line is not None and line.endswith(end)


@pytest.mark.parametrize(("changes", "loss", "end"), [
    ({"steps": 8, "learning_rate": 1e30}, 6e31, "; --lr 1e+30 is large: pass a smaller one, such as 0.0016"),
    ({"steps": 8, "learning_rate": 0.161}, 2.303, "; --lr 0.161 is large: pass a smaller one, such as 0.0016"),
    ({"steps": 8, "learning_rate": 0.159}, 2.303, "; 8 steps are few: pass more --epochs, or a smaller --batch-size"),
    ({"learning_rate": 0.0017}, 23.1, "; --lr 0.0017 is large: pass a smaller one, such as 0.00017"),
    ({"steps": 8, "learning_rate": 0.0015}, 23.1, "; 8 steps are few: pass more --epochs, or a smaller --batch-size"),
])  # fmt: skip
def test_a_large_rate_is_the_remedy_however_few_the_steps_were(
    changes: dict[str, float], loss: float, end: str
) -> None:
    dead = Measured(1000, loss, 0.1)
    line = remark(ANSWER, [loss, loss + 1], dead, dead, how(**changes))
    assert line is not None and line.endswith(end)


@pytest.mark.parametrize(("batch_size", "larger"), [(1, 16), (4, 16), (5, 20), (100, 400)])
def test_batches_of_a_network_that_normalizes_are_to_be_four_times_as_large_and_16_at_least(
    batch_size: int, larger: int
) -> None:
    trained, again = Measured(900, 0.5, 0.15), Measured(900, 9.0, 0.1)
    line = remark(ANSWER, [2.0, 0.5], trained, again, how(batch_size=batch_size, normalizes=True))
    assert line is not None and line.endswith(f"pass a larger --batch-size, such as {larger}")


def remedy(trained: Measured, again: Measured, **changes: float) -> str:
    """What follows the last semicolon for a network with batch normalization, of two classes alike."""
    line = remark(OneAnswer(0.5, 0.6931), [0.7, 0.6], trained, again, how(**changes, normalizes=True))
    assert line is not None
    return line.rpartition("; ")[2]


def test_running_averages_are_to_blame_only_for_what_is_no_chance() -> None:
    """Of 120 images 78 were right in training and 75 afterwards: three that anybody's training may change."""
    again = Measured(120, 0.69, 75 / 120)
    assert remedy(Measured(120, 0.6, 78 / 120), again, steps=1000).startswith("pass a smaller --lr")
    assert remedy(Measured(120, 0.6, 78 / 120), again, steps=8).startswith("8 steps are few")
    error = math.sqrt(2 * 0.7125 * 0.2875 / 120)  # of a difference of 17.5 points around their mean
    assert 3 * error > 0.175 > 2.9 * error
    assert "running averages" not in remedy(Measured(120, 0.6, 0.8), again, steps=1000)
    assert "running averages" in remedy(Measured(120, 0.6, 0.81), again, steps=1000)


@pytest.mark.parametrize(("batch_size", "end"), [(29, "such as 116"), (31, "such as 120"), (119, "such as 120")])
def test_no_batch_is_asked_for_that_is_larger_than_the_images(batch_size: int, end: str) -> None:
    trained, again = Measured(120, 0.1, 1.0), Measured(120, 9.0, 0.5)
    assert remedy(trained, again, batch_size=batch_size).endswith(f"pass a larger --batch-size, {end}")
    for whole in (120, 128, 512):
        assert "--batch-size" not in remedy(trained, again, batch_size=whole)


def test_after_few_steps_running_averages_want_more_of_them() -> None:
    trained, again = Measured(120, 0.1, 1.0), Measured(120, 9.0, 0.5)
    for steps, said in ((99, "more --epochs"), (100, "a larger --batch-size, such as 16")):
        assert remedy(trained, again, steps=steps).endswith(f"pass {said}")
    assert remedy(trained, again, steps=1, batch_size=128).endswith("do not fit yet after 1 step: pass more --epochs")
