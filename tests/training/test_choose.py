"""What is chosen from the facts about the data, and what is said of it."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnncli import data
from cnncli.network import Network
from cnncli.network.architectures import read_model
from cnncli.shipped import model_names
from cnncli.training.choose import DIAL, Facts, choose, dial_within
from cnncli.training.chosen import settle
from cnncli.training.rules import check_asked
from cnncli.training_options import TrainSettings


def facts(
    images: int = 5000, classes: int = 10, shape: tuple[int, int, int] = (3, 32, 32), glyph: bool = False,
    counts: tuple[int, ...] | None = None,
) -> Facts:  # fmt: skip
    counts = counts or (images // classes,) * classes
    return Facts(sum(counts), counts, tuple(f"class {k}" for k in range(len(counts))), *shape, glyph)


# Images, classes, shape, glyphs -> what s, m and l take.
TABLE = [
    ("MNIST", facts(60_000, 10, (1, 28, 28), True), ("lenet5", "resnet9-s", "resnet9-m"), None),
    ("letters", facts(2_000, 50, (1, 28, 28), True), ("lenet5", "resnet9-s", "resnet9-m"), None),
    ("Fashion-MNIST", facts(60_000, 10, (1, 28, 28)), ("resnet9-s", "resnet9-m", "resnet9-l"), None),
    ("CIFAR-10", facts(50_000), ("resnet9-s", "resnet9-m", "resnet9-l"), None),
    ("tiny digits", facts(1_800, 10, (1, 8, 8)), ("resnet9-s", "resnet9-m", "resnet9-l"), None),
    ("a few pixels", facts(1_800, 10, (1, 4, 4)), ("mlp", "mlp", "mlp"), None),
    ("small photos", facts(3_000, 10, (3, 64, 64)), ("resnet10-s", "resnet10-m", "resnet10-l"), None),
    ("photos", facts(3_000, 10, (3, 96, 128)), ("resnet10-s", "resnet10-m", "resnet10-l"), ((64, 85), None, None)),
]


@pytest.mark.parametrize(("name", "known", "networks", "pixels"), TABLE, ids=[row[0] for row in TABLE])
def test_networks_by_the_data(
    name: str, known: Facts, networks: tuple[str, ...], pixels: tuple[Any, ...] | None
) -> None:
    choices = [choose(known, dial) for dial in DIAL]
    assert tuple(choice.values["architecture"] for choice in choices) == networks
    assert tuple(choice.values.get("pixels") for choice in choices) == (pixels or (None, None, None))
    for choice in choices:
        check_asked(choice.values)
        assert len(choice.reasons) == 3 and all("--" in line and len(line) <= 200 for line in choice.reasons)
        assert choice.values["architecture"] in model_names()
        shape = (known.channels, *choice.values.get("pixels", (known.height, known.width)))
        description, source = read_model(choice.values["architecture"])
        Network.from_description(description, len(known.counts), shape, seed=None, source=source)  # it can be built


@pytest.mark.parametrize("dial", DIAL)
def test_fewer_images_are_seen_more_often_and_in_smaller_batches(dial: str) -> None:
    sizes = [20, 200, 1_000, 5_000, 20_000, 100_000, 10_000_000]
    values = [choose(facts(images), dial).values for images in sizes]
    epochs, batches = ([one[name] for one in values] for name in ("epochs", "batch_size"))
    assert epochs == sorted(epochs, reverse=True) and batches == sorted(batches)
    assert epochs[0] <= 300 and epochs[-1] == 3 and batches[0] == 16 and batches[-1] == 128
    steps = [math.ceil(images / batch) * times for images, batch, times in zip(sizes, batches, epochs, strict=True)]
    assert min(steps[1:]) >= 500  # enough to learn something


@pytest.mark.parametrize(
    ("known", "level", "words"),
    [
        (facts(50_000), "light", "light: crop 4, flip 0.5;"),
        (facts(2_000), "strong", "strong: "),
        (facts(60_000, 10, (1, 28, 28), True), "light", "light: shift 0.07, rotate 10, scale 0.1, shear 10;"),
        (facts(1_000, 10, (1, 5, 5)), "none", "images taken as they are;"),
    ],
)
def test_few_images_of_a_class_are_changed_more(known: Facts, level: str, words: str) -> None:
    choice = choose(known)
    assert choice.values["augment"] == level and words in choice.reasons[2]
    assert "flip" not in choice.reasons[2] or not known.is_glyph


def test_a_larger_dial_trains_longer() -> None:
    for known in (facts(2_000), facts(60_000, 10, (1, 28, 28), True), facts(50_000)):
        cost = []
        for dial in DIAL:
            values = choose(known, dial).values
            described, source = read_model(values["architecture"])
            shape = (known.channels, known.height, known.width)
            built = Network.from_description(described, 10, shape, seed=1, source=source)
            size = sum(int(np.prod(parameter.value.shape)) for parameter in built.named_parameters())
            cost.append((values["epochs"], size))
        assert cost[0][1] < cost[1][1] < cost[2][1]


def test_small_classes_are_drawn_alike_from_a_ratio_of_ten_on() -> None:
    long_tail = choose(facts(counts=(500, 300, 5)))
    assert long_tail.values["balance"] == "sample"
    line = "every class drawn alike: the largest has 500 pictures, the smallest 5 (--augment, --balance)"
    assert line in long_tail.reasons[2]
    assert "balance" not in choose(facts(counts=(500, 300, 51))).values
    assert "classes of 51 to 500 pictures" in choose(facts(counts=(500, 300, 51))).reasons[2]
    assert "500 pictures of each class" in choose(facts()).reasons[2]
    assert "; 1 picture of each class (" in choose(facts(counts=(1, 1))).reasons[2]
    assert "; one class (" in choose(facts(counts=(9,))).reasons[2]


def test_what_is_said_is_neither_chosen_nor_told() -> None:
    known = facts()
    lines = choose(known, said={"epochs"}).reasons
    assert lines[1] == (
        "batches of 64 at rate 0.1, labels smoothed by 0.1, for 5,000 pictures of 10 classes "
        "(--batch-size, --lr, --label-smoothing)"
    )
    plain = choose(known, said={"epochs", "label_smoothing"})
    assert plain.reasons[1] == "batches of 64 at rate 0.1 for 5,000 pictures of 10 classes (--batch-size, --lr)"
    said = choose(known, said={"epochs", "batch_size", "learning_rate", "label_smoothing", "augment"})
    assert set(said.values) == {"architecture"} and len(said.reasons) == 2
    assert said.reasons[1] == "500 pictures of each class (--balance)"
    no_rate = choose(known, said={"learning_rate"}).reasons[1]
    assert no_rate.startswith("38 epochs of batches of 64, labels smoothed by 0.1, for 5,000 ")
    assert no_rate.endswith("(--epochs, --batch-size, --label-smoothing)")
    tail = choose(facts(counts=(500, 300, 5)), said={"balance"})
    assert "balance" not in tail.values and "classes of 5 to 500 pictures" in tail.reasons[2]


@pytest.mark.parametrize("known", [facts(), facts(200), facts(60_000, 10, (1, 28, 28), True)])
def test_more_time_gives_a_larger_dial(known: Facts) -> None:
    dials = [dial_within(known, seconds) for seconds in (0.1, 60, 600, 1e6)]
    assert dials[0] == ("s" if known.is_glyph else "short") and dials[-1] == "l"
    assert dials == sorted(dials, key=("short", *DIAL).index)


def test_a_dial_is_taken_where_its_epochs_fit() -> None:
    """resnet9-m learns from 610 images a second, resnet9-s from 1,900; 38 epochs of 5,000 are wished for, and 0.6."""
    wished = 60 * math.sqrt(2_000 / 5_000) * 5_000
    middle, short = 2 * wished / 610, 0.25 * 2 * 0.6 * wished / 1_900
    assert [dial_within(facts(), share * middle) for share in (0.99, 1.01)] == ["s", "m"]
    assert [dial_within(facts(), share * short) for share in (0.99, 1.01)] == ["short", "s"]
    assert dial_within(facts(shape=(3, 96, 96)), 0.01) == "s"  # lenet5 is for small pictures


def test_a_very_short_training_of_pictures_takes_lenet5_at_a_rate_of_its_own() -> None:
    for images, batch, rate in ((5_000, 64, 0.02), (2_000, 32, 0.01), (50_000, 128, 0.02)):
        choice = choose(facts(images), "short", said={"epochs"})
        assert choice.values["architecture"] == "lenet5"
        assert (choice.values["batch_size"], choice.values["learning_rate"]) == (batch, rate)
        assert "a larger network would see too seldom" in choice.reasons[0]
    assert "learning_rate" not in choose(facts(60_000, 10, (1, 28, 28), True), "s").values


def test_a_table_of_numbers_gets_a_multilayer_perceptron(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("a,b,label\n" + "".join(f"{k},{k % 7},{'xy'[k % 2]}\n" for k in range(150)))
    settled = settle(TrainSettings(data=str(table), batch_size=8), data.ignore)
    assert (settled.settings.architecture, settled.settings.epochs, settled.settings.batch_size) == ("mlp", 219, 8)
    assert settled.reasons == ["mlp, 219 epochs for a table of 150 rows (--arch linear, perceptron, linear-regression)"]
    ends = settle(TrainSettings(data=str(table), steps="10"), data.ignore)
    assert ends.settings.epochs is None and ends.settings.batch_size == 16
    assert settle(TrainSettings("linear", data=str(table)), data.ignore).reasons == []


def test_labels_are_smoothed_where_the_loss_can(tmp_path: Path) -> None:
    for kind in ("cat", "dog"):
        (tmp_path / "photos" / kind).mkdir(parents=True)
        for number in range(12):
            picture = np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(picture).save(tmp_path / "photos" / kind / f"{number}.png")
    folder = str(tmp_path / "photos")
    assert settle(TrainSettings(data=folder), data.ignore).settings.label_smoothing == 0.1
    assert settle(TrainSettings(data=folder, label_smoothing=0.0), data.ignore).settings.label_smoothing == 0.0
    for loss in ("multi-margin", "cross-entropy"):  # a loss that is said is taken as it is
        assert settle(TrainSettings(data=folder, loss=loss), data.ignore).settings.label_smoothing is None


def test_the_same_facts_give_the_same_choice_whatever_the_classes_are_called() -> None:
    one = Facts(100, (50, 50), ("0", "1"), 3, 32, 32, False)
    other = Facts(100, (50, 50), ("cat", "dog"), 3, 32, 32, False)
    assert {**choose(one).values, "augment": None} == {**choose(other).values, "augment": None}
