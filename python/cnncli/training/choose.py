"""What `cnn train DATA` chooses where nobody says: network, size of the images, epochs, batch, augmentation, and what
is done for small classes. A pure function from facts about the data to choices with their reasons.

docs/choices.md says where the figures come from, and what was not measured.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from cnncli.augmentation import PictureFacts, augmentation_at, level_for
from cnncli.data.imbalance import imbalance_of
from cnncli.shown import format_shape, plural

# Pixels of the shorter side: below the first a multilayer perceptron, above the second a network with one more stage.
_TINY, _SMALL = 8, 40
# Images that a network learns from in a second of one core, at its own size; measured within a factor of two.
_SPEED = {
    "mlp": (160_000, 28), "lenet5": (100_000, 28), "resnet9-s": (1_900, 32), "resnet9-m": (610, 32),
    "resnet9-l": (170, 32), "resnet10-s": (1_550, 64), "resnet10-m": (540, 64), "resnet10-l": (150, 64),
}  # fmt: skip
# With a time limit, the epochs that a dial wishes for must have room; where not a quarter of those of "s" have, lenet5
# sees small pictures so much more often that it is better. Speeds are halved for that: machines are slow, or used.
_ENOUGH_OF_S = 0.25
_SLOWER = 2.0
# Of lenet5 for batches of 64 pictures that are no glyphs; its description's is for digits. With 5,000 of CIFAR-10's
# 53.4 % were right with 0.02 and 43.5 with 0.1.
_LENET5_RATE = 0.02
_FEWEST_EPOCHS, _MOST_EPOCHS = 3, 300
# Images -> epochs at the dial's middle: the fewer there are, the more often each is seen, and the more so if there are
# very few: 200 were learned better in 300 epochs than in 190.
_EPOCHS_AT, _EPOCHS_OF = 60, 2_000
_VERY_FEW, _VERY_FEW_POWER = 1_000, 0.3
_BATCHES = ((400, 16), (4_000, 32), (20_000, 64))  # up to so many images; above, 128
_LARGEST_BATCH = 128
# Largest rate for a batch, of the residual networks: few images a step bear a larger one than in proportion.
_RATES = {16: 0.05, 32: 0.1, 64: 0.1, 128: 0.1}
# Of the residual networks: with 20 pictures a class one more in a hundred comes right.
_LABEL_SMOOTHING = 0.1


@dataclass(frozen=True)
class _Dial:
    """What a dial stands for.

    glyphs, small, large : networks for glyphs, and for other pictures up to and above _SMALL
    pixels : of the shorter side, at most
    epochs : times those of the middle
    seconds : of one core, for large data
    """

    glyphs: str
    small: str
    large: str
    pixels: int
    epochs: float
    seconds: float


DIAL = ("s", "m", "l")
_DIALS = {
    "s": _Dial("lenet5", "resnet9-s", "resnet10-s", 64, 0.6, 90.0),
    "m": _Dial("resnet9-s", "resnet9-m", "resnet10-m", 96, 1.0, 800.0),
    "l": _Dial("resnet9-m", "resnet9-l", "resnet10-l", 128, 1.5, 4_800.0),
}
# For little time: small pictures that are no glyphs, which a larger network would see too seldom.
_DIALS["short"] = replace(_DIALS["s"], small="lenet5")


@dataclass(frozen=True)
class Facts:
    """What is known of the data before anything is chosen.

    images : those of the training part
    counts : of them, of each class, in the order of the names
    class_names : K >= 1 names
    channels, height, width : of the images, as the pictures are or as they are prepared
    is_glyph : each is one letter, digit or symbol, which is found and centred
    """

    images: int
    counts: tuple[int, ...]
    class_names: tuple[str, ...]
    channels: int
    height: int
    width: int
    is_glyph: bool

    @property
    def side(self) -> int:
        """The shorter side in pixels."""
        return min(self.height, self.width)


@dataclass(frozen=True)
class Choice:
    """values : by field of the settings; reasons : up to three lines for the user."""

    values: dict[str, Any]
    reasons: list[str] = field(default_factory=list)


def choose(facts: Facts, dial: str = "m", said: Collection[str] = ()) -> Choice:
    """What suits data like these.

    dial : "s" for a minute or so, "m" for some minutes, "l" for accuracy; or "short" as `dial_within` says
    said : what is not chosen, names of settings

    >>> facts = Facts(5000, (500,) * 10, tuple("abcdefghij"), 3, 32, 32, False)
    >>> choice = choose(facts)
    >>> choice.values["architecture"], choice.values["epochs"], choice.values["batch_size"]
    ('resnet9-m', 38, 64)
    """
    pixels = _pixels(facts, dial)
    side = min(pixels) if pixels is not None else facts.side
    network, why = _network(facts, side, dial)
    epochs, limited = _epochs(facts, network, side, dial)
    values: dict[str, Any] = {
        "architecture": network, "epochs": epochs, "batch_size": _batch(facts.images),
        "augment": level_for(_of_pictures(facts, pixels)),
    }  # fmt: skip
    if pixels is not None:
        values["pixels"] = pixels
    if network.startswith("resnet"):
        values["learning_rate"] = _RATES[values["batch_size"]]
        values["label_smoothing"] = _LABEL_SMOOTHING
    elif network == "lenet5" and not facts.is_glyph:
        values["learning_rate"] = _LENET5_RATE * min(values["batch_size"], 64) / 64
    unequal = imbalance_of(facts.class_names, facts.counts)
    if unequal is not None and unequal.remedy:
        values["balance"] = unequal.remedy
    values = {name: value for name, value in values.items() if name not in said}
    return Choice(values, _reasons(facts, values, why, limited))


def choose_for_table(rows: int, dial: str = "m", said: Collection[str] = ()) -> Choice:
    """What suits a table of numbers with a column of classes.

    >>> choose_for_table(150).values
    {'architecture': 'mlp', 'epochs': 219, 'batch_size': 16}
    """
    epochs = min(round(_DIALS[dial].epochs * _EPOCHS_AT * math.sqrt(_EPOCHS_OF / max(rows, 1))), _MOST_EPOCHS)
    values = {"architecture": "mlp", "epochs": max(_FEWEST_EPOCHS, epochs), "batch_size": _batch(rows)}
    values = {name: value for name, value in values.items() if name not in said}
    words = [f"{values['epochs']} epochs"] if "epochs" in values else []
    words += [f"batches of {values['batch_size']}"] if "batch_size" in values else []
    trained = f", {' of '.join(words)}" if words else ""
    return Choice(values, [f"mlp{trained} for a table of {rows:,} rows (--arch linear, perceptron, linear-regression)"])


def choose_beside_model(facts: Facts, said: Collection[str] = ()) -> Choice:
    """What suits data like these where a trained model brings the network, the size of the images and the epochs.

    facts : with the size that the model takes

    >>> facts = Facts(80, (40, 40), ("cat", "dog"), 3, 32, 32, False)
    >>> choose_beside_model(facts).values
    {'batch_size': 16, 'augment': 'strong'}
    """
    level = level_for(_of_pictures(facts, None))
    values: dict[str, Any] = {"batch_size": _batch(facts.images), "augment": level}
    values = {name: value for name, value in values.items() if name not in said}
    parts, options = [], []
    if "augment" in values:
        parts.append(_augmented(level, facts, None))
        options.append("--augment")
    if "batch_size" in values:
        parts.append(f"batches of {values['batch_size']} for {_seen(facts)}")
        options.append("--batch-size")
    return Choice(values, [f"{'; '.join(parts)} ({', '.join(options)})"] if parts else [])


def dial_within(facts: Facts, seconds: float) -> str:
    """The largest dial whose epochs fit into so many seconds of one core; "s" where none do, and "short" for small
    pictures that are no glyphs where not a quarter of its do.

    >>> facts = Facts(5000, (500,) * 10, tuple("abcdefghij"), 3, 32, 32, False)
    >>> dial_within(facts, 20), dial_within(facts, 100), dial_within(facts, 700)
    ('short', 's', 'm')
    """
    needed = {}
    for dial in DIAL:
        side = min(_pixels(facts, dial) or (facts.side,))
        network, _ = _network(facts, side, dial)
        needed[dial] = _SLOWER * _wished_epochs(facts, dial) * _epoch_seconds(facts, network, side)
    fitting = [dial for dial in DIAL if needed[dial] <= seconds]
    if fitting:
        return fitting[-1]
    is_small = not facts.is_glyph and _TINY <= facts.side <= _SMALL
    return "short" if is_small and _ENOUGH_OF_S * needed["s"] > seconds else "s"


def _of_pictures(facts: Facts, pixels: tuple[int, int] | None) -> PictureFacts:
    """What the augmentation is chosen by."""
    height, width = pixels or (facts.height, facts.width)
    return PictureFacts(
        channels=facts.channels, height=height, width=width, images=facts.images, is_glyph=facts.is_glyph,
        class_names=facts.class_names,
    )  # fmt: skip


def _pixels(facts: Facts, dial: str) -> tuple[int, int] | None:
    """(height, width) where the images are larger than the dial allows; None: as they are."""
    most = _DIALS[dial].pixels
    if facts.side <= most:
        return None
    factor = most / facts.side
    return round(facts.height * factor), round(facts.width * factor)


def _network(facts: Facts, side: int, dial: str) -> tuple[str, str]:
    """(its name, what it is for)"""
    if side < _TINY:
        return "mlp", f"images of {format_shape((facts.height, facts.width))} are too small for convolutions"
    if facts.is_glyph:
        return _DIALS[dial].glyphs, "each picture is one glyph"
    colour = "in colour" if facts.channels == 3 else "in grey"
    network = _DIALS[dial].small if side <= _SMALL else _DIALS[dial].large
    why = "that a larger network would see too seldom in the time" if dial == "short" else "that are no glyphs"
    return network, f"pictures {colour} {why}"


def _epochs(facts: Facts, network: str, side: int, dial: str) -> tuple[int, bool]:
    """(how many, whether time limits them)"""
    wished = _wished_epochs(facts, dial)
    affordable = _DIALS[dial].seconds / _epoch_seconds(facts, network, side)
    return max(_FEWEST_EPOCHS, round(min(wished, affordable))), affordable < wished


def _wished_epochs(facts: Facts, dial: str) -> float:
    images = max(facts.images, 1)
    more = math.pow(max(_VERY_FEW / images, 1.0), _VERY_FEW_POWER)
    return min(_DIALS[dial].epochs * _EPOCHS_AT * math.sqrt(_EPOCHS_OF / images) * more, _MOST_EPOCHS)


def _epoch_seconds(facts: Facts, network: str, side: int) -> float:
    speed, own_side = _SPEED[network]
    return max(facts.images, 1) / (speed * (own_side / side) ** 2)


def _batch(images: int) -> int:
    return next((size for most, size in _BATCHES if images < most), _LARGEST_BATCH)


def _reasons(facts: Facts, values: dict[str, Any], why: str, limited: bool) -> list[str]:
    shape = format_shape(values.get("pixels", (facts.height, facts.width)))
    so_long = "all that the time of the dial allows" if limited else "the fewer pictures, the more often each is seen"
    length = [f"{values['epochs']} epochs"] if "epochs" in values else []
    size = [f"batches of {values['batch_size']}"] if "batch_size" in values else []
    trained = " of ".join([*length, *size]) + _rate_words(values)
    seen = _seen(facts)
    names = {
        "epochs": "--epochs", "batch_size": "--batch-size", "learning_rate": "--lr",
        "label_smoothing": "--label-smoothing",
    }  # fmt: skip
    options = ", ".join(option for name, option in names.items() if name in values)
    lines = [f"{values['architecture']} for images of {shape}: {why} (--size s|m|l, --arch, --pixels)"]
    if length:
        lines.append(f"{trained} for {seen}: {so_long} ({options})")
    elif options:
        lines.append(f"{trained.strip()} for {seen} ({options})")
    if "augment" not in values:
        return [*lines, f"{_of_classes(facts, values)} (--balance)"]
    changed = _augmented(values["augment"], facts, values.get("pixels"))
    lines.append(f"{changed}; {_of_classes(facts, values)} (--augment, --balance)")
    return lines


def _seen(facts: Facts) -> str:
    return f"{facts.images:,} pictures of {len(facts.class_names):,} classes"


def _augmented(level: str, facts: Facts, pixels: tuple[int, int] | None) -> str:
    words = augmentation_at(level, _of_pictures(facts, pixels)).words
    return "images taken as they are" if level == "none" else f"images changed in each epoch, {level}: {words}"


def _rate_words(values: dict[str, Any]) -> str:
    rate = f" at rate {values['learning_rate']:g}" if "learning_rate" in values else ""
    smoothing = f", labels smoothed by {values['label_smoothing']:g}," if "label_smoothing" in values else ""
    return rate + smoothing


def _of_classes(facts: Facts, values: dict[str, Any]) -> str:
    unequal = imbalance_of(facts.class_names, facts.counts)
    if unequal is None:
        return "one class"
    few, many = unequal.smallest[1], unequal.largest[1]
    if "balance" in values:
        return f"every class drawn alike: the largest has {many:,} pictures, the smallest {few:,}"
    return f"{plural(few, 'picture')} of each class" if few == many else f"classes of {few:,} to {many:,} pictures"
