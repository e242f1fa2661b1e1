"""Each rule on curves and losses: nothing up to its bound, 0.97 from the other bound on, half of that between them."""

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from cnncli.doctor import curves
from cnncli.doctor.facts import Part
from cnncli.doctor.finding import Finding
from run_facts import HALF, between, epoch, likelihood, run


def test_ups_and_downs_that_come_again_are_told_from_6_losses_on(rng: np.random.Generator) -> None:
    saw = rng.normal(1, 0.2, 6).tolist()
    assert curves.no_shuffle(run([epoch(at, losses=saw[:5]) for at in range(1, 5)])) is None
    # A correlation of 1 of 5 differences: z = sqrt(pairs x 5 / 1.5).
    for epochs in (3, 4, 8):
        z = math.sqrt((epochs - 2) * 5 / 1.5)  # the first epoch does not count
        expected = 0.97 * min(1, max(0, math.log(z / 2.5) / math.log(4 / 2.5)))
        found = curves.no_shuffle(run([epoch(at, losses=saw) for at in range(1, epochs + 1)]))
        assert likelihood(found) == pytest.approx(expected, abs=6e-4)
    assert found is not None and found.evidence[0].value == pytest.approx(1) and found.evidence[0].epoch == 3
    assert found.evidence[1].value == pytest.approx(max(saw) - min(saw))
    assert curves.no_shuffle(run([epoch(1, losses=saw), epoch(2, losses=saw)])) is None


def test_how_alike_ups_and_downs_are_is_a_correlation_of_ranks(rng: np.random.Generator) -> None:
    rows = [rng.normal(1, 0.2, 40) for _ in range(9)]
    rows = [0.5 * row + 0.5 * rows[0] for row in rows]
    found = curves.no_shuffle(run([epoch(at, losses=row.tolist()) for at, row in enumerate(rows, start=1)]))
    ranks = [np.argsort(np.argsort(np.diff(row))) for row in rows[1:]]
    alike = [np.corrcoef(one, other)[0, 1] for one, other in pairwise(ranks)]
    assert found is not None and found.evidence[0].value == pytest.approx(np.mean(alike))
    assert (
        found.evidence[0].epoch == 3 + int(np.argmax(alike)) and f"{max(alike):.2f} at most" in found.evidence[0].text
    )
    flat = curves.no_shuffle(run([epoch(at, losses=[1.0] * 9) for at in range(1, 5)]))
    assert flat is None  # no ups and downs


@pytest.mark.parametrize(("low", "expected"), [(0.15, 0), (0.3, 0.97), (between(0.15, 0.3), HALF)])
def test_ups_and_downs_that_are_a_little_alike_are_half_told(
    low: float, expected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curves, "_correlation", lambda one, other: low)
    losses = np.arange(500.0).tolist()
    found = curves.no_shuffle(run([epoch(at, losses=losses) for at in range(1, 12)]))
    assert likelihood(found) == pytest.approx(expected, abs=6e-4)


@pytest.mark.parametrize(("mean", "expected"), [(1e-5, 0), (1e-3, 0.97), (1e-4, HALF), (None, 0)])
def test_answers_that_change_are_told(mean: float | None, expected: float) -> None:
    twice = {"images": 64.0, "most": 0.5} | ({} if mean is None else {"mean": mean})
    found = curves.training_mode_at_test(run(twice=twice))
    assert likelihood(found) == pytest.approx(expected, abs=6e-4)
    assert found is None or (found.evidence[0].value == mean and "0.5 at most" in found.evidence[0].text)
    assert curves.training_mode_at_test(run(twice={"mean": 0.5})) is None  # of no images
    alone = curves.training_mode_at_test(run(twice={"mean": 0.5, "images": 3.0}))
    assert alone is not None and "0.5 at most" in alone.evidence[0].text and "3 images" in alone.evidence[0].text


def part(table: Any, loss: float = 1.0, counts: list[int] | None = None) -> Part:
    table = np.asarray(table)
    return Part(int(table.sum()), int(np.trace(table)), loss, counts or [], table.tolist())


def shifted(share: float, by: int, classes: int = 5) -> Part:
    """This share of the answers is `by` classes after the true one; of the others half are right."""
    table = np.zeros((classes, classes), int)
    for true in range(classes):
        table[true, (true + by) % classes] += round(1000 * share)
        table[true, true] += round(500 * (1 - share))
        table[true, (true - by) % classes] += 1000 - round(1000 * share) - round(500 * (1 - share))
    return part(table)


@pytest.mark.parametrize(("share", "by", "expected", "where"), [
    (0.7, 1, 0.97, "after"), (0.7, 4, 0.97, "before"), (between(0.4, 0.7), 1, HALF, "after"),
    (0.501, 4, 0.39, "before"),
])  # fmt: skip
def test_answers_one_class_off_are_told(share: float, by: int, expected: float, where: str) -> None:
    parts = {"training": part(np.eye(5, dtype=int) * 9), "test": shifted(share, by)}
    found = curves.labels_shifted(run(parts=parts))
    assert found is not None and found.likelihood == pytest.approx(expected, abs=6e-3)
    assert f"{100 * share:.0f} % of the answers for test images are the class {where}" in found.evidence[0].text
    assert found.evidence[0].value == pytest.approx(share, abs=1e-3) and found.evidence[0].usual == 0.2
    validated = curves.labels_shifted(run(parts=parts | {"validation": parts["training"], "test": parts["test"]}))
    assert validated is None  # the validation images come first


def test_of_three_classes_one_off_is_told_and_of_two_it_is_no_shift() -> None:
    parts = {"training": part(np.eye(3, dtype=int) * 9), "test": shifted(0.8, 1, 3)}
    found = curves.labels_shifted(run(parts=parts))
    assert found is not None and "the class after" in found.evidence[0].text and found.evidence[0].usual == 1 / 3
    for share, told in ((0.4, False), (0.5, False), (0.7, True)):  # more than half, and more than are right
        table = np.round(1000 * np.array([[0.3, share, 0], [0, 0.3, share], [share, 0, 0.3]])).astype(int)
        one = Part(int(table.sum()), int(0.65 * table.sum()), 1.0, [], table.tolist())
        found = curves.labels_shifted(run(parts={"training": parts["training"], "test": one}))
        share_of_all = share / (0.3 + share)
        assert (found is not None and "the class after" in found.evidence[0].text) == (share_of_all > 0.65) == told
    two = {"training": part(np.eye(2, dtype=int) * 900), "test": part([[50, 450], [450, 50]], 9.0)}
    found = curves.labels_shifted(run(parts=two))
    assert found is not None and "one answer for all has 50.00 %" in found.evidence[0].text


def guessed(images: int = 1000, right: float = 0.25, loss: float = 1.38) -> Part:
    """Four classes, each as often; so many answers right, the others anywhere else."""
    table = np.full((4, 4), round(images / 4 * (1 - right) / 3))
    np.fill_diagonal(table, round(images / 4 * right))
    return part(table, loss)


def learned(accuracy: float, loss: float = 1.38629) -> Part:
    return replace(guessed(4000), right=round(4000 * accuracy), loss=loss)


@pytest.mark.parametrize(
    ("trained", "expected"),
    [(learned(0.3), 0), (learned(0.5), 0.97), (learned(0.25 + between(0.05, 0.25)), HALF),
     (learned(0.3, 1.38629 * 0.94), 0.97), (learned(0.3, 1.38629 * (1 - between(0.01, 0.06))), HALF)],
)  # fmt: skip
def test_what_is_learned_by_heart_alone_is_told(trained: Part, expected: float) -> None:
    found = curves.labels_shifted(run(parts={"training": trained, "test": guessed()}))
    assert likelihood(found) == pytest.approx(expected, abs=6e-3)
    if found is not None:
        assert found.evidence[0].value == pytest.approx(0.25, abs=2e-3) and found.evidence[0].usual == 0.25
        assert found.evidence[1].value == trained.accuracy


def test_what_holds_for_new_images_is_no_fault_of_labels() -> None:
    trained = learned(0.9)
    noise = 3 * math.sqrt(0.25 * 0.75 / 1000)  # of the share that is right by chance
    for right, told in ((0.25 + noise + 0.01, True), (0.25 + noise + 0.03, False)):
        found = curves.labels_shifted(run(parts={"training": trained, "test": guessed(right=right)}))
        assert (found is not None) == told, right
    for loss, told in ((0.98 * 1.38629, True), (0.96 * 1.38629, False)):
        found = curves.labels_shifted(run(parts={"training": trained, "test": guessed(loss=loss)}))
        assert (found is not None) == told, loss
    parts = {"training": trained, "validation": guessed()}
    history = [{"epoch": 1, "validation_accuracy": 0.2}, {"epoch": 2, "validation_accuracy": 0.29},
               {"epoch": 3, "validation_accuracy": 0.21}]  # fmt: skip
    found = curves.labels_shifted(run(parts=parts, history=history))
    assert found is not None and (found.evidence[0].value, found.evidence[0].epoch) == (0.29, 2)
    better = [*history, {"epoch": 4, "validation_accuracy": 0.6}]
    assert curves.labels_shifted(run(parts=parts, history=better)) is None
    lower = [*history, {"epoch": 4, "validation_loss": 1.2}]
    assert curves.labels_shifted(run(parts=parts, history=lower)) is None
    for there in ({"training": trained}, {"test": guessed()}, {"training": trained, "test": part([[9]])}):
        assert curves.labels_shifted(run(parts=there)) is None


def test_five_of_eight_right_say_nothing_of_the_labels() -> None:
    """Of 8 images, half of each class, 5 or more are right by chance in one of three cases."""
    few = part([[3, 1], [2, 2]], 0.69)
    trained = replace(part([[36, 36], [0, 0]]), answers=[[36, 0], [0, 36]], right=61, loss=0.416)
    history = [{"epoch": 1, "validation_accuracy": 0.5}, {"epoch": 2, "validation_accuracy": 0.625}]
    signs = [epoch(at, losses=[0.6] * 20, update=[0.01]) for at in range(1, 6)]
    assert curves.labels_shifted(run(signs, history=history, parts={"training": trained, "validation": few})) is None
    many, history = part([[220, 180], [205, 195]], 0.69), [{"epoch": 1, "validation_accuracy": 0.519}]
    assert curves.labels_shifted(run(history=history, parts={"training": trained, "validation": many})) is not None


def test_of_three_classes_six_of_nine_answers_one_off_are_chance() -> None:
    trained = part(np.eye(3, dtype=int) * 20)
    few = part([[1, 2, 0], [0, 1, 2], [2, 0, 1]], 1.2)
    found = curves.labels_shifted(run(parts={"training": trained, "test": few}))
    assert found is None or "the class after" not in found.evidence[0].text


def test_measures_of_a_network_whose_running_averages_do_not_fit_say_nothing_of_the_labels() -> None:
    """In training 90 % were right, and of the same images 30 % afterwards: so no other images can be right."""
    parts, facts = {"training": learned(0.3), "validation": guessed()}, {"epoch": 1, "accuracy": 0.9}
    assert curves.labels_shifted(run(history=[facts], parts=parts)) is not None
    assert curves.labels_shifted(run(history=[facts], parts=parts, kept=facts)) is None
    fits = parts | {"training": learned(0.86)}
    assert curves.labels_shifted(run(history=[facts], parts=fits, kept=facts)) is not None


def test_a_gap_that_few_validation_images_have_by_chance_is_no_overfitting() -> None:
    history = history_of(2.0, 1.0, 9.0, loss=(3.0, 1.0, 0.1), accuracy=0.92, validation_accuracy=0.75)
    for images, told in ((8, False), (400, True)):
        right = round(images * 0.75)
        parts = {"validation": Part(images, right, 1.0, [], [])}
        assert (curves.overfitting(run(history=history, parts=parts)) is not None) == told


@pytest.mark.parametrize(("epochs", "losses", "update", "expected"), [
    (4, 15, 0.001, 0.97 * 0.55), (3, 20, 0.001, 0), (4, 14, 0.001, 0), (4, 15, 1e-4, 0), (4, 15, None, 0),
])  # fmt: skip
def test_a_network_that_moves_for_long_and_learns_nothing_is_told(
    epochs: int, losses: int, update: float | None, expected: float
) -> None:
    """From 60 losses and 4 epochs on, if a step moves weights by more than a ten thousandth in the median."""
    signs = [epoch(at, losses=[1.386] * losses, update=[update]) for at in range(1, epochs + 1)]
    history = [{"epoch": at, "loss": 1.386} for at in range(1, epochs + 1)]
    found = curves.labels_shifted(run(signs, history=history, parts={"training": learned(0.25), "test": guessed()}))
    assert likelihood(found) == pytest.approx(expected, abs=6e-4)


@pytest.mark.parametrize(("shared", "expected"), [(2, 0), (20, 0.97), (round(1e4 * between(0.002, 0.02)) / 10, HALF)])
def test_test_images_among_training_images_are_told(shared: float, expected: float) -> None:
    for name, other in (("test", "validation"), ("validation", "test")):
        images = {f"{name}_too": round(10 * shared), name: 10_000, f"{other}_too": 0, other: 10_000}
        found = curves.test_set_leak(run(images=images))
        assert likelihood(found) == pytest.approx(expected, abs=6e-3)
        assert found is None or found.evidence[0].value == round(10 * shared) / 10_000
    assert curves.test_set_leak(run(images={"test_too": 5})) is None


def losses(low: int, images: int, mean: float) -> Part:
    """So many of the losses are in a lower bin."""
    return Part(images, 0, mean, [0, low, images - low, 0], [])


@pytest.mark.parametrize(("gap", "images", "expected"), [
    (0.08, 4000, 0), (0.16, 4000, 0.97), (between(0.08, 0.16), 40_000, HALF),
    (0.4, 30, 0), (0.4, 2 * round((2.6 / 0.4) ** 2) + 2, 0.97),
])  # fmt: skip
def test_losses_that_are_like_those_of_training_images_are_told(gap: float, images: int, expected: float) -> None:
    """z is the gap times sqrt(n / 2) where both have n images."""
    base = round(0.5 * images)
    parts = {"test": losses(base + round(gap * images), images, 0.5), "validation": losses(base, images, 0.9),
             "training": losses(base + round(gap * images), images, 0.4)}  # fmt: skip
    found = curves.test_set_leak(run(parts=parts))
    assert likelihood(found) == pytest.approx(expected, abs=0.02)
    if found is not None:
        assert (
            found.evidence[0].value == pytest.approx(round(gap * images) / images)
            and "mean 0.5 against 0.9" in found.evidence[0].text
        )
        swapped = curves.test_set_leak(run(parts=parts | {"test": parts["validation"], "validation": parts["test"]}))
        assert swapped is not None and swapped.likelihood == found.likelihood
        far = parts | {"training": losses(images, images, 0.4)}  # training images are far lower still
        expected_far = 0.5 - gap < 0.6 * 0.5
        assert (curves.test_set_leak(run(parts=far)) is not None) == expected_far
    assert curves.test_set_leak(run(parts={name: parts[name] for name in ("test", "validation")})) is None


def test_the_end_of_a_bin_of_losses_is_a_power_of_ten() -> None:
    ends = [curves.loss_of_bin(index) for index in range(curves.LOSS_BINS)]
    assert ends[-1] == pytest.approx(10.0**curves.HIGH)
    assert np.diff(np.log10(ends)) == pytest.approx((curves.HIGH - curves.LOW) / curves.LOSS_BINS)


def history_of(*validation: float, loss: tuple[float, ...] = (), **last: float) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"epoch": at, "validation_loss": value} for at, value in enumerate(validation, start=1)
    ]
    for facts, value in zip(found, loss, strict=False):
        facts["loss"] = value
    found[-1] |= last
    return found


@pytest.mark.parametrize(
    ("rise", "fall", "expected"),
    [(1.1, 9, 0), (1.5, 9, 0.97), (between(1.1, 1.5), 9, HALF), (9, 1.1, 0), (9, 2, 0.97), (9, between(1.1, 2), HALF)],
)
def test_a_validation_loss_that_rises_while_the_other_falls_is_told(rise: float, fall: float, expected: float) -> None:
    history = history_of(2.0, 1.0, 1.05, rise, loss=(3.0, 1.0, 0.9, 1 / fall))
    found = curves.overfitting(run(history=history))
    assert likelihood(found) == pytest.approx(expected, abs=6e-4)
    if found is not None:
        assert found.evidence[0].value == pytest.approx(rise) and found.evidence[0].epoch == 2
        assert f"from 1 to {1 / fall:.3g}" in found.evidence[0].text


@pytest.mark.parametrize(("rise", "gap", "expected"), [
    (9, 0.12, 0), (9, 0.2, 0.97), (9, between(0.12, 0.2), HALF), (1.0, 0.15, 0), (1.0, 0.3, 0.97),
    (1.0, between(0.15, 0.3), HALF), (between(1.1, 1.5), 0.16, 0.485),
])  # fmt: skip
def test_answers_that_are_right_by_heart_alone_are_told(rise: float, gap: float, expected: float) -> None:
    """A loss that rises says nothing where the answers are as good as on training images."""
    history = history_of(2.0, 1.0, rise, loss=(3.0, 1.0, 0.1), accuracy=0.95, validation_accuracy=0.95 - gap)
    found = curves.overfitting(run(history=history))
    assert likelihood(found) == pytest.approx(expected, abs=6e-4)
    assert found is None or (found.evidence[1].value == pytest.approx(gap) and found.evidence[1].epoch == 3)


def test_without_its_numbers_nothing_is_overfitting() -> None:
    assert curves.overfitting(run(history=history_of(1.0, 9.0, loss=(1.0, 0.1)))) is None  # two epochs
    assert curves.overfitting(run(history=history_of(1.0, 2.0, 9.0, loss=(1.0, 0.9)))) is None  # no loss at the end
    assert curves.overfitting(run(history=history_of(0.0, 2.0, 9.0, loss=(1.0, 0.9, 0.1)))) is None
    assert curves.overfitting(run(history=history_of(3.0, 2.0, 1.0, loss=(1.0, 0.9, 0.1)))) is None  # still falling
    assert curves.overfitting(run(history=history_of(1.0, 2.0, 9.0, loss=(1.0, 0.5, 0.0)))) is not None


@pytest.mark.parametrize(("dead", "expected"), [(30, 0), (70, 0.97), (100 * between(0.3, 0.7), HALF)])
def test_the_layer_with_most_dead_units_is_told(dead: float, expected: float) -> None:
    rows = [("2", "ReLU", 100_000, 20_000), ("4", "ReLU", 1000, round(10 * dead)), ("6", "Tanh", 10, 2)]
    found = curves.dead_units(run(dead=rows))
    assert likelihood(found) == pytest.approx(expected, abs=2e-3)
    assert found is None or (
        "units of layer 4" in found.evidence[0].text and found.evidence[0].value == round(10 * dead) / 1000
    )
    assert curves.dead_units(run()) is None


@pytest.mark.parametrize(
    ("more", "two", "expected"),
    [(50, 0, 0), (500, 0, 0.97), (round(1e4 * between(0.005, 0.05)), 0, HALF), (0, 10, 0), (0, 100, 0.97),
     (0, round(1e4 * between(0.001, 0.01)), HALF), (0, 0, 0)],
)  # fmt: skip
def test_images_that_are_there_twice_are_told(more: int, two: int, expected: float) -> None:
    found = curves.duplicates(run(images={"training": 10_000, "more": more, "two_labels": two}))
    assert likelihood(found) == pytest.approx(expected, abs=6e-3)
    if found is not None:
        values = [one.value for one in found.evidence]
        assert values == ([two / 1e4, more / 1e4] if two else [more / 1e4])
    assert curves.duplicates(run(images={"more": 50})) is None


def test_facts_of_a_part() -> None:
    """Of three classes with 6, 3 and 0 images, five of them right."""
    found = Part(9, 5, 0.7, [], [[4, 1, 1], [1, 1, 1], [0, 0, 0]])
    assert found.accuracy == 5 / 9 and found.of_classes == [6, 3, 0] and found.largest_class == 6 / 9
    assert found.entropy == pytest.approx(math.log(3) - 2 / 3 * math.log(2))
    assert Part(9, 5, 0.7, [], []).largest_class == 0 and Part(9, 9, 0.1, [], [[9]]).entropy == 1


def test_what_is_empty_and_what_is_no_number_is_left_out() -> None:
    assert run().is_empty and not run([epoch()]).is_empty and not run(diverged=(1, "x")).is_empty
    assert not run(history=[{"epoch": 1}]).is_empty and not run(parts={"test": part([[1]])}).is_empty
    facts = run(
        history=[{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": None}, {"epoch": 3, "loss": math.nan}, {"epoch": 4}]
    )
    assert facts.measures("loss") == [(1, 0.5)]


def usual(found: Finding | None) -> list[float]:
    assert found is not None
    return [one.usual for one in found.evidence]


def test_each_number_stands_beside_the_one_that_it_is_compared_with(rng: np.random.Generator) -> None:
    """Of healthy trainings, or the bound from which on it is told."""
    saw = rng.normal(1, 0.2, 30).tolist()
    assert usual(curves.no_shuffle(run([epoch(at, losses=saw) for at in range(1, 6)]))) == [0, 0]
    assert usual(curves.training_mode_at_test(run(twice={"mean": 0.5, "images": 3.0}))) == [0]
    assert usual(curves.labels_shifted(run(parts={"training": learned(0.9), "test": guessed()}))) == [0.25, 0.25]
    low, high = losses(3000, 4000, 0.5), losses(2000, 4000, 0.9)
    parts = {"test": low, "validation": high, "training": low}
    leak = run(parts=parts, images={"test_too": 9, "test": 10})
    assert usual(curves.test_set_leak(leak)) == [0, 0.08]
    history = history_of(2.0, 1.0, 9.0, loss=(3.0, 1.0, 0.1), accuracy=0.95, validation_accuracy=0.5)
    assert usual(curves.overfitting(run(history=history))) == [1.1, 0.12]
    assert usual(curves.dead_units(run(dead=[("4", "ReLU", 10, 9)]))) == [0.3]
    assert usual(curves.duplicates(run(images={"training": 10, "more": 5, "two_labels": 5}))) == [0, 0.01]
