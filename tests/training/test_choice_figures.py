"""What is chosen from the data, figure by figure: epochs by formula, sizes, batches and rates at their borders."""

import math

import pytest

from cnncli.training.choose import Facts, choose, choose_for_table, dial_within

# Images a second of one core at a network's own side, and the seconds that a dial has, as docs/choices.md tells them.
SPEED = {
    "lenet5": (100_000, 28), "resnet9-s": (1_900, 32), "resnet9-m": (610, 32), "resnet9-l": (170, 32),
    "resnet10-s": (1_550, 64), "resnet10-m": (540, 64), "resnet10-l": (150, 64), "mlp": (160_000, 28),
}  # fmt: skip
BUDGET, SHARE = {"short": 90, "s": 90, "m": 800, "l": 4800}, {"short": 0.6, "s": 0.6, "m": 1, "l": 1.5}


def facts(images: int, height: int = 32, width: int = 32, channels: int = 3, glyph: bool = False) -> Facts:
    return Facts(images, (images // 10,) * 10, tuple("abcdefghij"), channels, height, width, glyph)


def expected_epochs(images: int, network: str, side: int, dial: str) -> tuple[int, bool]:
    wished = min(SHARE[dial] * 60 * math.sqrt(2_000 / images) * max(1, (1_000 / images) ** 0.3), 300)
    speed, own = SPEED[network]
    affordable = BUDGET[dial] / (images / speed * (side / own) ** 2)
    return max(3, round(min(wished, affordable))), affordable < wished


@pytest.mark.parametrize("dial", ["short", "s", "m", "l"])
@pytest.mark.parametrize(("height", "width", "channels", "glyph", "images"), [
    (32, 32, 3, False, 50), (32, 32, 3, False, 5_000), (28, 28, 1, False, 60_000), (28, 28, 1, True, 60_000),
    (64, 80, 3, False, 3_000), (64, 64, 3, False, 30_000), (200, 150, 3, False, 9_000), (4, 40, 1, True, 2_000),
    (128, 128, 3, False, 20_000), (24, 40, 3, False, 1_000_000), (32, 32, 3, False, 300), (96, 96, 3, False, 700),
    (28, 28, 1, True, 990), (28, 28, 1, True, 1_010),
])  # fmt: skip
def test_epochs_are_those_that_few_pictures_need_and_the_time_of_the_dial_allows(
    height: int, width: int, channels: int, glyph: bool, images: int, dial: str
) -> None:
    if glyph and dial == "short" and min(height, width) >= 8:
        return  # never asked for
    choice = choose(facts(images, height, width, channels, glyph), dial)
    side = min(choice.values.get("pixels", (height, width)))
    epochs, limited = expected_epochs(images, choice.values["architecture"], side, dial)
    assert choice.values["epochs"] == epochs
    assert ("all that the time of the dial allows" in choice.reasons[1]) == limited


@pytest.mark.parametrize(("dial", "most"), [("short", 64), ("s", 64), ("m", 96), ("l", 128)])
def test_images_above_the_pixels_of_the_dial_are_made_smaller_with_their_proportions(dial: str, most: int) -> None:
    assert "pixels" not in choose(facts(900, most, 3 * most), dial).values
    assert choose(facts(900, most + 1, 2 * most), dial).values["pixels"] == (most, round(2 * most * most / (most + 1)))
    assert choose(facts(900, 4 * most, 2 * most), dial).values["pixels"] == (2 * most, most)


@pytest.mark.parametrize(("side", "glyph", "channels", "network", "why"), [
    (7, False, 3, "mlp", "images of 7x99 are too small for convolutions"),
    (7, True, 1, "mlp", "images of 7x99 are too small for convolutions"),
    (8, False, 3, "resnet9-m", "pictures in colour that are no glyphs"),
    (8, True, 1, "resnet9-s", "each picture is one glyph"),
    (40, False, 1, "resnet9-m", "pictures in grey that are no glyphs"),
    (41, False, 3, "resnet10-m", "pictures in colour that are no glyphs"),
])  # fmt: skip
def test_network_is_told_by_the_shorter_side(side: int, glyph: bool, channels: int, network: str, why: str) -> None:
    choice = choose(facts(900, side, 99, channels, glyph))
    assert choice.values["architecture"] == network
    assert choice.reasons[0] == f"{network} for images of {side}x99: {why} (--size s|m|l, --arch, --pixels)"


@pytest.mark.parametrize(("images", "batch", "rate"), [
    (399, 16, 0.05), (400, 32, 0.1), (3_999, 32, 0.1), (4_000, 64, 0.1), (19_999, 64, 0.1), (20_000, 128, 0.1),
])  # fmt: skip
def test_batches_grow_with_the_images(images: int, batch: int, rate: float) -> None:
    values = choose(facts(images)).values
    assert (values["batch_size"], values["learning_rate"]) == (batch, rate)
    assert choose_for_table(images).values["batch_size"] == batch
    assert values["label_smoothing"] == 0.1
    short = choose(facts(images), "short").values
    assert "label_smoothing" not in short and "label_smoothing" not in choose(facts(images, 5)).values  # lenet5, mlp
    assert short["learning_rate"] == pytest.approx(0.02 * min(batch, 64) / 64)
    assert "learning_rate" not in choose(facts(images, glyph=True), "s").values


@pytest.mark.parametrize(("side", "glyph", "dial"), [
    (7, False, "s"), (8, False, "short"), (40, False, "short"), (41, False, "s"), (28, True, "s"),
])  # fmt: skip
def test_very_short_trainings_are_for_small_pictures(side: int, glyph: bool, dial: str) -> None:
    assert dial_within(facts(5_000, side, side, glyph=glyph), 1e-6) == dial


@pytest.mark.parametrize("dial", ["s", "m", "l"])
def test_a_table_is_seen_as_often_as_its_rows_are_few(dial: str) -> None:
    for rows in (0, 1, 50, 150, 2_000, 10_000_000):
        wished = SHARE[dial] * 60 * math.sqrt(2_000 / max(rows, 1))
        assert choose_for_table(rows, dial).values["epochs"] == max(3, min(300, round(wished)))
    said = choose_for_table(1500, dial, {"epochs"})
    assert "epochs" not in said.values
    assert said.reasons == [
        "mlp, batches of 32 for a table of 1,500 rows (--arch linear, perceptron, linear-regression)"
    ]
    both = choose_for_table(1500, dial, {"epochs", "batch_size"})
    assert both.reasons == ["mlp for a table of 1,500 rows (--arch linear, perceptron, linear-regression)"]
