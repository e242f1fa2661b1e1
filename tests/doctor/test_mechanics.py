"""Each rule on the machinery: nothing up to its bound, 0.97 from the other bound on, half of that between them."""

import math
from typing import Any

import pytest

from cnncli.doctor import mechanics
from cnncli.doctor.facts import Layers, Part, RunFacts
from cnncli.doctor.finding import Finding
from run_facts import HALF, between, epoch, likelihood, run


def of_units(alike: int, zero: int, units: int = 100, name: str = "fc1") -> dict[str, Any]:
    return {"name": name, "units": units, "alike": alike, "zero": zero}


def test_equal_units_are_named_with_the_worst_layer() -> None:
    assert mechanics.zero_init(run(alike=[of_units(30, 0)])) is None
    assert likelihood(mechanics.zero_init(run(alike=[of_units(31, 0)]))) > 0
    assert likelihood(mechanics.zero_init(run(alike=[of_units(80, 0)]))) == 0.97
    half = mechanics.zero_init(run(alike=[of_units(round(1000 * between(0.3, 0.8)), 0, 1000)]))
    assert likelihood(half) == pytest.approx(HALF, abs=2e-3)
    found = mechanics.zero_init(
        run(alike=[of_units(10, 0, 20, "a"), of_units(99, 100, 100, "b"), of_units(9, 0, 10, "c")])
    )
    assert found is not None and found.evidence[0].value == pytest.approx(118 / 130)
    assert found.evidence[0].text.startswith("100 of 100 units of b have all weights 0")  # the first counts, too
    found = mechanics.zero_init(run(alike=[of_units(9, 0, 10, "c"), of_units(45, 1, 50, "d")]))
    assert found is not None and found.evidence[0].text.startswith("45 of 50 units of d have the very weights")


def layers(weight: list[Any], gradient: list[Any] | None = None) -> Layers:
    names = [f"layer{place}" for place in range(1, len(weight) + 1)]
    return Layers(names, weight, gradient or [1.0] * len(weight), [0.1] * len(weight))


def test_weights_that_are_0_whenever_measured_are_told() -> None:
    zero, other = (epoch(layers=layers(weight)) for weight in ([0.0, 0.0], [0.0, 1.0]))
    found = mechanics.zero_init(run([zero, zero, zero, other, epoch()]))
    expected = 0.97 * math.log(0.75 / 0.3) / math.log(0.8 / 0.3)
    assert found is not None and found.likelihood == pytest.approx(expected, abs=6e-4)
    assert found.evidence[0].value == 0.75 and len(found.evidence) == 1
    assert mechanics.zero_init(run([other, epoch()])) is None and mechanics.zero_init(run()) is None


def test_a_first_step_without_a_gradient_is_told_with_equal_units() -> None:
    for gradient, count in (([0.0, 1.0], 2), ([1.0, 0.0], 1), ([], 1), ([None], 1)):
        found = mechanics.zero_init(
            run([epoch(3, gradient=gradient), epoch(4, gradient=[0.0])], alike=[of_units(99, 0)])
        )
        assert found is not None and len(found.evidence) == count
    assert [one.epoch for one in mechanics.zero_init(
        run([epoch(3, gradient=[0.0])], alike=[of_units(99, 0)])).evidence] == [None, 3]  # fmt: skip


@pytest.mark.parametrize(
    ("mean", "deviation", "expected"),
    [(0.1, 1, 0), (5, 1, 0), (-5.1, 1, "some"), (20, 1, 0.97), (1, 20, 0.97), (-20, 3, 0.97), (-10, 2, HALF),
     (3, 10, HALF), (0.05, 0.02, 0), (0.01, 0.008, 0.97), (0.002, 1 / between(20, 100), HALF), (0, 0, 0)],
)  # fmt: skip
def test_numbers_that_go_in_are_of_about_1(mean: float, deviation: float, expected: float | str) -> None:
    found = mechanics.no_normalization(run([epoch(2, inputs=[mean, deviation, -30.0, 255.0])]))
    if expected == "some":
        assert found is not None and 0 < found.likelihood < 0.02
    else:
        assert likelihood(found) == pytest.approx(expected, abs=6e-4)
    if found is not None:
        assert found.evidence[0].value == max(abs(mean), deviation) and found.evidence[0].epoch == 2
        assert "from -30 to 255" in found.evidence[0].text


def test_what_goes_in_is_the_median_of_the_epochs_that_have_all_four_numbers() -> None:
    epochs = [epoch(at, inputs=[size, 1.0, 0.0, 1.0]) for at, size in ((1, 100.0), (2, 10.0), (3, 0.1))]
    found = mechanics.no_normalization(run([epoch(0, inputs=[1000.0, None, 0.0, 1.0]), *epochs]))
    assert found is not None and found.evidence[0].value == 10 and found.evidence[0].epoch == 1
    assert mechanics.no_normalization(run([epoch(1, inputs=[1000.0, 1.0, 1.0])])) is None


def kept(turn: float, lengths: list[float], losses: int = 10) -> RunFacts:
    """Two steps an epoch, of which the second tells how it turned."""
    return run([epoch(at, turn=[None, turn if at > 2 else 0.0], gradient=[1.0, length], losses=[1.0] * losses)
                for at, length in enumerate(lengths, start=1)])  # fmt: skip


def test_gradients_that_keep_their_direction_are_kept_ones() -> None:
    assert mechanics.gradients_kept(kept(0.7, [1.0] * 4)) is None
    assert likelihood(mechanics.gradients_kept(kept(0.9, [1.0] * 4))) == 0.97
    assert likelihood(mechanics.gradients_kept(kept(between(0.7, 0.9), [1.0] * 4))) == pytest.approx(HALF, abs=6e-4)
    assert mechanics.gradients_kept(kept(0.99, [1.0])) is None  # one is too few
    found = mechanics.gradients_kept(kept(0.95, [2.0, 1.0, 7.0, 3.0]))
    assert found is not None and [one.value for one in found.evidence] == [0.95, 7]
    assert [one.epoch for one in found.evidence] == [3, 3]  # of the later half, and of the longest
    plain = mechanics.gradients_kept(kept(0.95, [1.0] * 4))
    assert plain is not None and len(plain.evidence) == 1  # they have not grown


@pytest.mark.parametrize(("losses", "grown", "expected"), [
    (6, 1.0, 0.97), (5, 1.5, 0), (5, 5.0, 0.97), (5, between(1.5, 5), HALF), (1, 4.99, 0.969),
])  # fmt: skip
def test_of_few_batches_kept_gradients_must_grow_too(losses: int, grown: float, expected: float) -> None:
    found = mechanics.gradients_kept(kept(0.95, [1.0, 1.0, 1.0, grown], losses))
    assert likelihood(found) == pytest.approx(expected, abs=2e-3)


def vanishing(ratio: float, count: int = 3) -> RunFacts:
    gradient = [3.0 / ratio, *[2.0] * (count - 2), 3.0]
    return run([epoch(1), epoch(2, layers=layers([3.0] * count, gradient)), epoch(3, layers=layers([1.0] * 3))])


def test_a_gradient_that_vanishes_on_its_way_is_told() -> None:
    assert mechanics.deep_sigmoids(vanishing(100)) is None and mechanics.deep_sigmoids(run([epoch()])) is None
    assert likelihood(mechanics.deep_sigmoids(vanishing(2000))) == 0.97
    assert likelihood(mechanics.deep_sigmoids(vanishing(between(100, 2000)))) == pytest.approx(HALF, abs=6e-4)
    assert mechanics.deep_sigmoids(vanishing(1e6, 2)) is None  # of two layers none is deep
    found = mechanics.deep_sigmoids(vanishing(1500))
    assert found is not None and found.evidence[0].value == pytest.approx(1500) and found.evidence[0].epoch == 2
    assert "of layer1 is 0.00067" in found.evidence[0].text and "that of layer3 1:" in found.evidence[0].text
    for gradient in ([0.0, 1.0, 1.0], [1.0, 1.0, 0.0], [None, 1.0, 1.0]):  # a length of 0 is no ratio
        assert mechanics.deep_sigmoids(run([epoch(layers=layers([1.0] * 3, gradient))])) is None
    assert mechanics.deep_sigmoids(run([epoch(layers=layers([1e6, 1.0, 1.0], [1.0, 1.0, 1.0]))])) is not None


@pytest.mark.parametrize(
    ("update", "losses", "expected"),
    [(0.15, [1.0, 1.0], 0), (0.6, [1.0, 5.0], 0.97), (0.6, [1.0, 1.0], HALF), (0.01, [2.0, 10.0], HALF),
     (between(0.15, 0.6), [1.0, between(1.5, 5)], HALF), (0.15, [2.0, 3.0], 0), (None, [2.0, 10.0], HALF)],
)  # fmt: skip
def test_long_steps_and_losses_that_jump_are_told(update: float | None, losses: list[float], expected: float) -> None:
    """The mean of both; where there is one alone, half of it."""
    epochs = [epoch(1, losses=losses[:1], update=[0.001]), epoch(2, losses=losses[1:], update=[update, None])]
    found = mechanics.rate_too_high(run(epochs))
    assert likelihood(found) == pytest.approx(expected, abs=6e-4)
    if found is not None:
        by_text = {one.text.split()[0] + one.text.split()[1]: one for one in found.evidence}
        assert by_text["onestep"].value == (update or 0.001) and by_text["onestep"].epoch == (2 if update else 1)
        assert by_text["theloss"].value == losses[1] / losses[0] and by_text["theloss"].epoch == 2


def test_how_far_a_step_goes_is_told_in_percent_or_in_times() -> None:
    for update, words in (
        (0.5, "by 50 % of their length"),
        (1.0, "by 1 times their length"),
        (3.0, "by 3 times their"),
    ):
        found = mechanics.rate_too_high(run([epoch(update=[update])]))
        assert found is not None and words in found.evidence[0].text
    assert mechanics.rate_too_high(run()) is None
    negative = mechanics.rate_too_high(run([epoch(losses=[0.0, 9.0], update=[0.9])]))
    assert negative is not None and len(negative.evidence) == 1  # a first loss of 0 has no multiple


def part(loss: float, images: int = 100) -> Part:
    """Of two classes, half of the images each: one answer for all has a loss of log 2."""
    return Part(images, images // 2, loss, [], [[images // 2, 0], [images // 2, 0]])


@pytest.mark.parametrize(("losses", "expected"), [
    ([0.5, 0.2, 0.2 + 0.15 * math.log(2)], 0), ([0.5, 0.2, 0.2 + 0.401 * math.log(2), 0.1], HALF),
    ([0.2, 0.5, 0.3], None), ([0.5], 0), ([0.5, 0.4, 0.3], 0),
])  # fmt: skip
def test_a_loss_that_rises_again_is_told(losses: list[float], expected: float | None) -> None:
    history = [{"epoch": at, "loss": loss} for at, loss in enumerate(losses, start=1)]
    found = mechanics.rate_too_high(run([epoch(update=[0.01])], history=history, parts={"training": part(0.3)}))
    if expected is None:
        assert found is not None and found.evidence[-1].value == pytest.approx(0.3 / math.log(2))
        assert found.evidence[-1].text == "the loss is 0.5, and was 0.2 in epoch 1" and found.evidence[-1].epoch == 2
    else:
        assert likelihood(found) == pytest.approx(expected, abs=6e-4)
    without = mechanics.rate_too_high(run([epoch(update=[0.01])], history=history))
    assert without is None  # nothing tells what one answer for all has


def test_a_training_that_ended_is_told_unless_an_image_was_damaged() -> None:
    ended = run([epoch(update=[0.6])], diverged=(1234, "loss: it is nan"))
    found = mechanics.rate_too_high(ended)
    assert found is not None and found.likelihood == 0.97 and found.evidence[-1].value == 1234
    assert found.evidence[-1].text == "the training ended at step 1,234, it is nan"
    assert (
        likelihood(mechanics.rate_too_high(run([epoch(update=[0.01])], diverged=(3, "training image 5 is nan")))) == 0
    )


def dead(lengths: list[float], losses: list[float], trained: Part | None = None) -> RunFacts:
    epochs = [epoch(at, gradient=[None, length], losses=[losses[at - 1]]) for at, length in enumerate(lengths, start=1)]
    return run(epochs, parts={} if trained is None else {"training": trained})


def test_a_gradient_that_has_died_is_told_where_little_was_learned() -> None:
    found = mechanics.rate_too_high(dead([2.0, 1.0, 2e-6, 0.0, 0.0], [1.0, 0.9, 0.8, 0.7, 0.7]))
    assert found is not None and found.likelihood == pytest.approx(0.97 * 0.85, abs=6e-4)
    assert found.evidence[0].text.startswith("from here on no gradient") and found.evidence[0].epoch == 3
    assert found.evidence[0].usual == 2.0 and found.evidence[0].value == 0
    for lengths, losses in (
        ([2.0, 1.0, 1.0, 0.0], [1.0] * 4),  # two steps are needed
        ([2.0, 1.0, 3e-6, 3e-6, 3e-6], [1.0] * 5),  # small is not gone
        ([2.0, 0.0, 0.0, 0.0], [1.0, 0.5, 0.4, 0.29]),  # it has learned: below 0.3 of the first loss
        ([0.0, 0.0, 0.0, 0.0], [1.0] * 4),  # there never was one
    ):
        assert mechanics.rate_too_high(dead(lengths, losses)) is None, lengths
    assert mechanics.rate_too_high(dead([2.0, 0.0, 0.0, 0.0], [1.0, 0.5, 0.4, 0.31])) is not None
    log2 = math.log(2)
    assert mechanics.rate_too_high(dead([2.0, 0.0, 0.0, 0.0], [1.0, 0.5, 0.5, 0.71 * log2], part(0.5))) is not None
    assert mechanics.rate_too_high(dead([2.0, 0.0, 0.0, 0.0], [1.0, 0.5, 0.5, 0.69 * log2], part(0.5))) is None


def usual(found: Finding | None) -> list[float]:
    assert found is not None
    return [one.usual for one in found.evidence]


def test_each_number_stands_beside_the_one_that_it_is_compared_with() -> None:
    """Of healthy trainings, or the bound from which on it is told."""
    first = epoch(gradient=[0.0])
    assert usual(mechanics.zero_init(run([first], alike=[of_units(99, 0)]))) == [0, 0]
    assert usual(mechanics.zero_init(run([epoch(layers=layers([0.0]))]))) == [0]
    assert usual(mechanics.no_normalization(run([epoch(inputs=[99.0, 9.0, 0.0, 1.0])]))) == [1]
    assert usual(mechanics.gradients_kept(kept(0.95, [1.0, 1.0, 7.0, 3.0]))) == [0.6, 1.5]
    assert usual(mechanics.deep_sigmoids(vanishing(1500))) == [100]
    history = [{"epoch": 1, "loss": 0.2}, {"epoch": 2, "loss": 0.9}]
    whole = run([epoch(update=[0.9], losses=[1.0, 9.0])], history=history, parts={"training": part(0.3)},
                diverged=(5, "loss: it is nan"))  # fmt: skip
    assert usual(mechanics.rate_too_high(whole)) == [0.05, 1.5, 0.15, 0]
    assert usual(mechanics.rate_too_high(dead([2.0, 0.0, 0.0, 0.0], [1.0] * 4)))[0] == 2
