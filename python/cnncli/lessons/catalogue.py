"""The lessons there are, in the order of the lecture."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from cnncli.errors import UsageError
from cnncli.nearest import nearest
from cnncli.shown import shown

if TYPE_CHECKING:
    from cnncli.lessons.blocks import Asked, Lesson


@dataclass(frozen=True)
class Entry:
    """name : of the lesson; module : of this folder
    shows : in a line
    points : of docs/lecture.md
    takes : what the reader can give it
    animated : whether it has an animation
    """

    name: str
    module: str
    shows: str
    points: tuple[int, ...]
    takes: tuple[str, ...] = ()
    animated: bool = False


CATALOGUE = (
    Entry("notation", "notation", "the words and signs of all lessons", (1,), ("values",), True),
    Entry(
        "supervised",
        "supervised",
        "samples, targets, and why some are kept aside",
        (1, 2),
        ("data", "values", "seed"),
        True,
    ),
    Entry(
        "regression",
        "regression",
        "a line through points, and its error as a surface",
        (3, 4, 5),
        ("data", "rate", "seed"),
        True,
    ),
    Entry(
        "classification",
        "classification",
        "two classes by the sign of a sum, three by the largest",
        (6, 7),
        ("data", "rate", "seed"),
        True,
    ),
    Entry(
        "activations",
        "activations",
        "f and f' of the seven of the lecture",
        (8, 9, 10, 11, 12, 13, 14),
        ("values",),
        True,
    ),
    Entry("perceptron", "perceptron", "AND and OR are learned, and why XOR cannot be", (15, 16), ("values",), True),
    Entry(
        "layer",
        "layer",
        "a matrix times a vector, and why layers need activations",
        (17,),
        ("values", "seed"),
        True,
    ),
    Entry("mlp", "mlp", "a hidden layer, and what it makes of XOR", (18, 19), ("values", "rate", "seed"), True),
    Entry(
        "softmax",
        "softmax",
        "from scores to probabilities, and the sign of the loss",
        (23, 24, 25, 26),
        ("values", "target", "rate", "model", "picture"),
        True,
    ),
    Entry("descent", "descent", "rates that are too small, right and too large", (27, 28), ("rate",), True),
    Entry("chain", "chain", "a small change, multiplied by one factor after the other", (29,), ("values",), True),
    Entry(
        "backprop",
        "backprop",
        "gradients as products, with factors that are shared",
        (30, 31),
        ("values", "rate", "seed"),
        True,
    ),
    Entry("step", "step", "one training step, line by line", (32,), ("rate", "seed"), True),
    Entry(
        "loops",
        "loops",
        "batch, stochastic and mini-batch on one surface",
        (33, 34, 35, 36, 37),
        ("data", "rate", "seed"),
        True,
    ),
    Entry(
        "optimizers",
        "optimizers",
        "a race down a ravine, off a saddle, into Beale's valley",
        (38, 39, 40, 41, 42, 43),
        ("rate",),
        True,
    ),
    Entry(
        "race",
        "race",
        "optimizers on images, with one start and the same batches",
        (43,),
        ("data", "rate", "seed", "plugin"),
        True,
    ),
    Entry(
        "convolution-1d",
        "one_dimension",
        "an integral of two boxes, then numbers under a sliding mask",
        (45,),
        ("data", "values"),
        True,
    ),
    Entry(
        "convolution",
        "sliding",
        "a mask that slides over a picture, true and correlated",
        (45, 46, 49),
        ("picture", "values"),
        True,
    ),
    Entry("masks", "photo_masks", "sharpen, emboss, blur and edges on a photo", (47,), ("picture",), True),
    Entry(
        "learn-a-mask",
        "learned_mask",
        "a mask that is found from pictures before and after it",
        (48,),
        ("picture", "rate", "seed"),
        True,
    ),
    Entry(
        "pooling",
        "pooling",
        "the largest, mean, sum or a drawn value of each window",
        (50, 51, 52),
        ("picture", "seed"),
        True,
    ),
    Entry(
        "field",
        "field",
        "which pixels a unit sees, and how they become more",
        (53,),
        ("model", "picture"),
        True,
    ),
    Entry(
        "lenet5",
        "lenet5",
        "LeNet-5 layer by layer: sizes, work, maps of a picture",
        (54,),
        ("model", "picture", "seed"),
        True,
    ),
    Entry(
        "dropout",
        "dropout",
        "units that are left out, in both forms",
        (55,),
        ("data", "model", "rate", "seed"),
        True,
    ),
    Entry(
        "batchnorm",
        "batch_norm",
        "values brought to mean 0, in training and in evaluation",
        (56,),
        ("data", "model", "picture", "rate", "seed"),
        True,
    ),
    Entry(
        "custom",
        "custom_layer",
        "a layer in three methods, checked by differences",
        (57, 20),
        ("values",),
        True,
    ),
    Entry("reading", "reading", "papers and pages, and what to run beside each", (), ("values",)),
)


def find_entry(name: str) -> Entry:
    """The lesson of this name; UsageError, with the nearest one, if there is none."""
    known = {entry.name: entry for entry in CATALOGUE}
    if name.lower() in known:
        return known[name.lower()]
    near = nearest(name, known)
    remedy = f"did you mean {near}?" if near else "cnn learn lists them"
    raise UsageError(f"no lesson is named {shown(name)}; {remedy}")


def give(entry: Entry, asked: "Asked") -> "Lesson":
    """The lesson, computed now. Raises UsageError for what it does not take."""
    plain = type(asked)()
    for field, value in vars(asked).items():
        if value != getattr(plain, field) and field not in entry.takes:
            takes = " and ".join(f"--{one}" for one in entry.takes) or "nothing of the reader's"
            raise UsageError(f"--{field}: the lesson {entry.name} has no use for it; it takes {takes}")
    lesson: Lesson = import_module(f"cnncli.lessons.{entry.module}").lesson(asked)
    return lesson
