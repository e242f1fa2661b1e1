"""Makes models/lenet5.bin: `python -m tools.train_shipped --data-dir FOLDER [--out FILE] [--epochs N]`.

LeNet-5 learns MNIST's training part, the same turned a little, the program's own digits, printed ones, glyphs of all
with thin pens, some out of focus, flagged ones, and what is no digit with random labels. Of MNIST's training part 5,000
images are held out, and of the fonts four: temperature and threshold are fitted on them and on pictures made from them.
The test part is read once, at the end.
"""

import argparse
import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter
from tools.pictures import glyphs
from tools.pictures.groups import Glyphs, draw
from tools.pictures.outliers import bowl_and_stem, random_strokes, wrong_pieces

from cnncli import _core, data
from cnncli.criteria import CrossEntropyLoss
from cnncli.data.split import split_indices
from cnncli.errors import CnnError
from cnncli.model_file.confidence import fit
from cnncli.model_file.serialize import save_model
from cnncli.network import Network
from cnncli.network.architectures import read_model
from cnncli.optim import SGD
from cnncli.pictures.digit_picture import find_digit
from cnncli.pictures.picture_file import read_picture
from cnncli.pictures.recipe import InputRecipe
from cnncli.pictures.segmentation.layout import centred
from cnncli.program import Program
from cnncli.training import schedule
from cnncli.version import __version__

Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]

_BATCH = 64
_LEARNING_RATE, _MOMENTUM, _WEIGHT_DECAY = 0.05, 0.9, 0.0005
_SEED = 1
_HAIRLINES = 12_000  # of MNIST's glyphs, and as many of the program's own digits
_PRINTED = 20_000
_SOFT = 2_000
_FLAGGED_ONES = 3_000
_OUTLIERS = 30_000
_DIGITS = 30_000
_TRAINING_SEED, _HELD_OUT_SEED = 1_000, 2_000  # of pictures; the groups are measured with seeds from 0


def prepared(group: str, count: int, source: Glyphs, seed: int) -> tuple[Pixels, Labels]:
    """Pictures of a group as the network sees them; those in which no digit is found are left out."""
    pixels, labels = [], []
    for index in range(count):
        picture = draw(group, index, source, seed)
        try:
            found, _ = find_digit(read_picture(picture.image)[0], group)
        except CnnError:
            continue
        pixels.append(found)
        labels.append(int(picture.text))
    return np.stack(pixels), np.array(labels, np.int64)


@dataclass(frozen=True)
class Printed:
    """Digits of fonts, as glyphs to draw."""

    fonts: tuple[str, ...]

    def handwritten(self, rng: np.random.Generator) -> tuple[glyphs.Ink, str]:
        text = str(rng.integers(10))
        return glyphs.printed(text, str(rng.choice(self.fonts))), text


def printed(count: int, source: Printed, seed: int) -> tuple[Pixels, Labels]:
    """Digits of fonts laid out as digits, turned and stretched a little, now and then soft."""
    pixels, labels = [], []
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        ink, text = source.handwritten(rng)
        ink = glyphs.scaled(ink, float(rng.uniform(24, 110)), float(rng.uniform(-7, 7)))
        wide = max(1, round(ink.shape[1] * rng.uniform(0.85, 1.15)))
        shape = Image.fromarray((255 * np.pad(ink, 12)).astype(np.uint8)).resize((wide + 24, ink.shape[0] + 24))
        if rng.random() < 0.3:
            shape = shape.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 0.05 * ink.shape[0]))))
        pixels.append(centred(glyphs.cropped(np.asarray(shape, np.float32) / 255), 28, 28))
        labels.append(int(text))
    return np.stack(pixels), np.array(labels, np.int64)


def hairlines(count: int, source: Glyphs | Printed, seed: int) -> tuple[Pixels, Labels]:
    """Lines of one pixel, 10 to 22 pixels high, with gaps, as the finder lays them out.

    A glyph is thinned at four times the size, and three of four pixels are left out.
    """
    pixels, labels = [], []
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        ink, text = source.handwritten(rng)
        height = min(rng.uniform(10, 22), 24 * ink.shape[0] / ink.shape[1])
        line = np.pad(glyphs.thinned(np.pad(glyphs.scaled(ink, 4 * height) > 0.5, 1)), 4)
        if rng.random() < 0.8:
            line = np.asarray(Image.fromarray(line).convert("L").filter(ImageFilter.MaxFilter(3))) > 0
        line = line[int(rng.integers(4)) :: 4, int(rng.integers(4)) :: 4]
        if line.sum() >= 0.5 * height:
            picture = Image.fromarray(np.pad(line, 2).astype(np.uint8) * 255)
            pixels.append(find_digit(picture, "hairline", dark_ink=False)[0])
            labels.append(int(text))
    return np.stack(pixels), np.array(labels, np.int64)


def turned(source: Glyphs, seed: int) -> Pixels:
    """Each image once more, turned by up to 9 degrees, slanted and stretched a little."""
    made = np.empty_like(source.images)
    for index, pixels in enumerate(source.images):
        rng = np.random.default_rng([seed, index])
        angle, slant = np.deg2rad(rng.uniform(-9, 9)), rng.uniform(-0.15, 0.15)
        wide, tall = rng.uniform(0.9, 1.12, 2)
        matrix = np.array([[np.cos(angle), np.sin(angle) + slant], [-np.sin(angle), np.cos(angle)]])
        matrix = matrix * np.array([[wide], [tall]])
        shift = 13.5 - matrix @ np.array([13.5, 13.5]) + rng.uniform(-0.7, 0.7, 2)
        affine = (*matrix[0], shift[0], *matrix[1], shift[1])
        made[index] = Image.fromarray(pixels).transform(
            (28, 28), Image.Transform.AFFINE, tuple(float(value) for value in affine), Image.Resampling.BICUBIC
        )
    return made


def flagged_ones(count: int, seed: int) -> Pixels:
    """Flagged ones laid out as digits, turned a little."""
    made = []
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        ink = glyphs.scaled(glyphs.flagged_one(rng), 100, float(rng.uniform(-6, 6)))
        made.append(centred(ink, 28, 28))
    return np.stack(made)


def outliers(count: int, images: Pixels, labels: Labels, seed: int) -> Pixels:
    """A third each: pieces of digits, random strokes, bowls and stems."""
    made = []
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        if index % 3 == 0:
            made.append(wrong_pieces(rng, images, labels))
        else:
            made.append(random_strokes(rng) if index % 3 == 1 else bowl_and_stem(rng))
    return np.stack(made)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--out", default="models/lenet5.bin")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--share", type=float, default=1.0, help="of the pictures that are made (for a quick try)")
    asked = parser.parse_args()
    if missing := glyphs.missing_fonts((*glyphs.TRAINING_FONTS, *glyphs.HELD_OUT_FONTS)):
        sys.exit(f"fonts are missing: {', '.join(missing)}; apt-get install {glyphs.FONT_PACKAGES}")
    mnist = data.load("mnist", data_dir=asked.data_dir)
    assert mnist.train is not None and mnist.test is not None
    kept, held_out = split_indices(mnist.train.labels, 5_000 / 60_000, seed=_SEED)
    own = Glyphs(mnist.train.images[kept, 0], mnist.train.labels[kept], fonts=False)
    images, labels, certain = _training_set(own, asked.share)
    print(f"{len(images):,} training images, {len(images) - certain:,} of them no digits", flush=True)

    description, where = read_model("lenet5")
    network = Network.from_description(description, mnist.class_names, (1, 28, 28), seed=_SEED, source=where)
    network.recipe = InputRecipe.measured(mnist.train.images, kind="glyph", polarity=mnist.polarity)
    optimizer = SGD(_LEARNING_RATE, momentum=_MOMENTUM, nesterov=True, weight_decay=_WEIGHT_DECAY)
    program = Program(network, _BATCH, criterion=CrossEntropyLoss(), optimizer=optimizer, seed=_SEED)
    history = _train(program, images, labels, certain, asked.epochs)

    spared = Glyphs(mnist.train.images[held_out, 0], mnist.train.labels[held_out], fonts=False)
    held_images, held_labels = _held_out_set(spared, asked.share)
    network.eval()
    guesses = program.predict(held_images[:, None])
    right = guesses.argmax(axis=1) == held_labels
    mnist_right = right[: len(held_out)]
    pictures_right = right[len(held_out) :]
    print(f"held out: {100 * mnist_right.mean():.2f} % of MNIST, {100 * pictures_right.mean():.2f} % of pictures")
    confidence = fit(guesses, held_labels)
    measured = program.evaluate(mnist.test.images, mnist.test.labels)
    accuracy = measured.correct / len(mnist.test.labels)
    command = f"python -m tools.train_shipped --data-dir FOLDER --epochs {asked.epochs}"
    record: dict[str, Any] = {
        "data": {"name": mnist.name, "digest": mnist.digest, "by_name": True, "images": len(images)},
        "training": {
            "command": command,
            "history": history,
            "instruction_set": _core.instruction_set(),
            "versions": {"cnncli": __version__, "numpy": np.__version__, "python": platform.python_version()},
        },
        "confidence": confidence.to_record(),
        "test": {"images": len(mnist.test.labels), "loss": measured.loss, "accuracy": accuracy},
    }
    save_model(Path(asked.out), network, record)
    print(f"{asked.out}: {100 * accuracy:.2f} % of MNIST's test images, {confidence}")


def _training_set(own: Glyphs, share: float) -> tuple[Pixels, Labels, int]:
    """Images (N, 1, 28, 28), labels, and how many come before those that are no digits."""
    drawn = data.load_digits(train=int(_DIGITS * share), test=0).train
    assert drawn is not None
    images = [own.images, turned(own, _TRAINING_SEED), drawn.images[:, 0]]
    labels = [own.labels, own.labels, drawn.labels]
    for made, meant in (
        hairlines(int(_HAIRLINES * share), own, _TRAINING_SEED),
        hairlines(int(_HAIRLINES * share), Glyphs(drawn.images[:, 0], drawn.labels, fonts=False), _TRAINING_SEED + 1),
        hairlines(int(2 * _HAIRLINES * share), Printed(glyphs.TRAINING_FONTS), _TRAINING_SEED + 2),
        printed(int(_PRINTED * share), Printed(glyphs.TRAINING_FONTS), _TRAINING_SEED),
        prepared("soft_and_full", int(_SOFT * share), own, _TRAINING_SEED),
    ):
        images.append(made)
        labels.append(meant)
    ones = flagged_ones(int(_FLAGGED_ONES * share), _TRAINING_SEED)
    images.append(ones)
    labels.append(np.ones(len(ones), np.int64))
    certain = sum(len(part) for part in labels)
    strange = outliers(int(_OUTLIERS * share), own.images, own.labels, _TRAINING_SEED)
    images.append(strange)
    labels.append(np.zeros(len(strange), np.int64))
    return np.ascontiguousarray(np.concatenate(images)[:, None]), np.concatenate(labels), certain


def _held_out_set(spared: Glyphs, share: float) -> tuple[Pixels, Labels]:
    """The images held out, pictures made from them, thin and soft, and print of fonts held out."""
    images, labels = [spared.images], [spared.labels]
    count = max(1, int(600 * share))
    for made, meant in (
        hairlines(count, spared, _HELD_OUT_SEED),
        hairlines(count, Printed(glyphs.HELD_OUT_FONTS), _HELD_OUT_SEED + 1),
        printed(count, Printed(glyphs.HELD_OUT_FONTS), _HELD_OUT_SEED),
        prepared("soft_and_full", count, spared, _HELD_OUT_SEED),
    ):
        images.append(made)
        labels.append(meant)
    return np.concatenate(images), np.concatenate(labels)


def _train(program: Program, images: Pixels, labels: Labels, certain: int, epochs: int) -> list[dict[str, Any]]:
    """What is no digit gets labels drawn anew each epoch: on average all classes are equally likely."""
    steps_of_epoch = -(-len(images) // _BATCH)
    history, step = [], 0
    for epoch in range(epochs):
        labels = labels.copy()
        rng = np.random.default_rng([_SEED, epoch])
        labels[certain:] = rng.integers(0, 10, len(labels) - certain)
        program.bind(images, labels)
        order = _core.permutation(len(images), seed=_SEED, epoch=epoch)
        loss = 0.0
        for start in range(0, len(order), _BATCH):
            rate = schedule.learning_rate("one-cycle", _LEARNING_RATE, step, epochs * steps_of_epoch)
            result = program.step(order[start : start + _BATCH], step=step, epoch=epoch, learning_rate=rate)
            loss += result.loss * result.samples
            step += 1
        history.append({"epoch": epoch + 1, "loss": loss / len(images)})
        print(f"epoch {epoch + 1}/{epochs}: loss {loss / len(images):.4f}", flush=True)
    return history


if __name__ == "__main__":
    main()
