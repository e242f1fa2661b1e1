"""The options of a training, one row each: the command line, its help, the rules of values, the [training] table of a
network's description, the recorded command and the reference page are all made from this table.

Only plain values here: help must come at once.
"""

import os
from dataclasses import dataclass
from typing import Any, Literal

SCHEDULES = ("constant", "step", "cosine", "one-cycle", "triangle", "exponential", "polynomial")
LOSSES = ("cross-entropy", "nll", "multi-margin")
# The files of the folder `optim` are the table of optimizers.
OPTIMIZERS = tuple(
    sorted(
        entry.name.removesuffix(".py")
        for entry in os.scandir(os.path.join(os.path.dirname(__file__), "optim"))  # noqa: PTH118, PTH120
        if entry.name.endswith(".py") and entry.name not in ("__init__.py", "optimizer.py", "default_rate.py")
    )
)

Kind = Literal["whole", "number", "word", "text", "path", "folder", "flag", "size"]


@dataclass(frozen=True)
class TrainingOption:
    """One option.

    field : its name in TrainSettings
    kind : "whole" or "number" within `limits`, a "word" of `words`, "text", a "path", a "folder", a "flag", or "size"
    help : one sentence or two; what is chosen without it stands in `otherwise`
    flag : the option; "" where it is --field
    long_flag : another word for it
    limits : of numbers: least and most are allowed, above and below are not
    default : value without the option; None: it is decided later
    is_described : a network's description may set it in [training]
    is_recorded : it decides the result, so that the recorded command and settings.json have it
    stays_free : a run that goes on takes another value
    negates : a flag that switches its field off
    """

    field: str
    kind: Kind
    help: str
    metavar: str = ""
    flag: str = ""
    long_flag: str = ""
    words: tuple[str, ...] = ()
    limits: tuple[tuple[str, float], ...] = ()
    default: Any = None
    otherwise: str = ""
    env: str = ""
    is_described: bool = False
    is_recorded: bool = False
    stays_free: bool = False
    negates: bool = False

    @property
    def option(self) -> str:
        """As it is typed."""
        return self.flag or f"--{self.field.replace('_', '-')}"


def _limits(**limits: float) -> tuple[tuple[str, float], ...]:
    return tuple(limits.items())


_DATA_HELP = (
    "mnist, fashion-mnist, kmnist, emnist-digits, emnist-letters (fetched if they are not there), digits, or a path: a "
    "folder of pictures or of IDX files, a list of pictures, a table of pixels, an .npz, .npy files (docs/data.md)."
)

TRAINING_OPTIONS: tuple[TrainingOption, ...] = (
    TrainingOption(
        "architecture", "text", "linear, mlp, lenet5, convnet, resnet-small, vgg, or a .toml that describes a network.",
        "NAME|FILE", "--arch", default="lenet5", is_recorded=True,
    ),
    TrainingOption(
        "data", "text", _DATA_HELP, "NAME|PATH", is_recorded=True, stays_free=True,
        otherwise="mnist if it is there or can be fetched, else the embedded digits",
    ),
    TrainingOption(
        "data_dir", "folder", "Folder of data sets with names, as `cnn download` fills it.", "FOLDER",
        env="CNN_DATA_DIR", otherwise="cnncli in the user's cache", stays_free=True,
    ),
    TrainingOption(
        "label_column", "text", "Column of a list or table that holds the labels: its name, its number, first or last.",
        "NAME|N", otherwise="found", is_recorded=True,
    ),
    TrainingOption(
        "prepare", "word",
        "How pictures become images: glyph finds, crops and centres the one letter, digit or symbol, plain fits the "
        "whole picture.", "NAME", words=("auto", "glyph", "plain"), is_recorded=True,
        otherwise="auto, decided from the training pictures",
    ),
    TrainingOption(
        "size", "size", "Pixels of the images.", "N|HxW", is_recorded=True, otherwise="as for --colour",
    ),
    TrainingOption(
        "colour", "word", "Colour of the images: grey or rgb.", "NAME", words=("grey", "rgb"), is_recorded=True,
        otherwise="that of the network's description or the pictures",
    ),
    TrainingOption("skip_bad", "flag", "Go on without pictures that cannot be read.", default=False, is_recorded=True),
    TrainingOption(
        "use_cache", "flag", "Neither use nor fill the cache of prepared pictures.", flag="--no-cache", default=True,
        negates=True, stays_free=True,
    ),
    TrainingOption(
        "epochs", "whole", "Passes over the training images.", "N", limits=_limits(least=1, most=100_000),
        is_described=True, is_recorded=True,
    ),
    TrainingOption(
        "batch_size", "whole", "Images a step.", "N", limits=_limits(least=1, most=65_536), is_described=True,
        is_recorded=True,
    ),
    TrainingOption(
        "loss", "word",
        "What is made small: cross-entropy of the scores; nll of log-probabilities, for a network whose last layer is "
        "LogSoftmax; or multi-margin, the hinge loss of the scores.", "NAME", words=LOSSES, is_described=True,
        is_recorded=True,
        otherwise="the description's, or cross-entropy",
    ),
    TrainingOption(
        "label_smoothing", "number", "Share of the target that all classes get alike, for cross-entropy; often 0.1.",
        "SHARE", limits=_limits(least=0, below=1), is_described=True, is_recorded=True,
        otherwise="the description's, or 0",
    ),
    TrainingOption(
        "optimizer", "word", f"What makes steps of gradients: {', '.join(OPTIMIZERS)}.", "NAME", "--optim",
        long_flag="--optimizer", words=OPTIMIZERS, is_described=True, is_recorded=True,
        otherwise="the description's, or sgd",
    ),
    TrainingOption(
        "learning_rate", "number", "Largest learning rate.", "RATE", "--lr", long_flag="--learning-rate",
        limits=_limits(above=0), is_described=True, is_recorded=True,
        otherwise="the description's or, for another optimizer, that optimizer's, scaled to --batch-size",
    ),
    TrainingOption(
        "momentum", "number", "Share of the last step kept, by sgd and rmsprop.", "SHARE",
        limits=_limits(least=0, below=1), is_described=True, is_recorded=True,
    ),
    TrainingOption(
        "weight_decay", "number", "L2 penalty on weights, not on biases.", "RATE", limits=_limits(least=0),
        is_described=True, is_recorded=True, otherwise="as for --lr",
    ),
    TrainingOption(
        "schedule", "word", f"How the learning rate changes: {', '.join(SCHEDULES[:-1])} or {SCHEDULES[-1]}.", "NAME",
        words=SCHEDULES, is_described=True, is_recorded=True,
    ),
    TrainingOption(
        "warmup", "number", "Epochs, such as 0.5, in which the learning rate climbs to the schedule's first one.",
        "EPOCHS", limits=_limits(least=0), is_described=True, is_recorded=True, otherwise="as for --epochs, or 0",
    ),
    TrainingOption(
        "clip_norm", "number", "Largest length of all gradients of a step as one vector; longer ones are scaled down.",
        "NORM", limits=_limits(above=0), is_described=True, is_recorded=True,
    ),
    TrainingOption(
        "clip_value", "number", "Largest element of a gradient, whatever its sign; larger ones are cut off.", "VALUE",
        limits=_limits(above=0), is_described=True, is_recorded=True,
    ),
    TrainingOption(
        "validation", "number", "Share of the training images to validate on; the best epoch by it is kept.",
        "FRACTION", "--val", limits=_limits(least=0, below=1), is_described=True, is_recorded=True,
        otherwise="the part that the data keep for it; else with --target 0.05, without test images 0.1, and 0",
    ),
    TrainingOption(
        "target", "number",
        "Stop as soon as the validation accuracy is this, such as 0.99; exit code 1 if it never is. Takes the "
        "description's fast settings. Before the schedule's end two standard errors more are asked for.",
        "ACCURACY", limits=_limits(above=0, most=1), is_recorded=True,
    ),
    TrainingOption(
        "seed", "whole", "Decides every random choice; the same seed gives the same weights.", "N",
        limits=_limits(least=0, most=2**63 - 1), default=1, otherwise="1", is_recorded=True,
    ),
    TrainingOption(
        "threads", "whole", "Threads to compute with; the result does not depend on it.", "N",
        limits=_limits(least=1, most=1024), env="CNN_NUM_THREADS", otherwise="all cores given", stays_free=True,
    ),
    TrainingOption(
        "out", "path", "Where the trained model goes; a model that is there is kept, as model.1.bin.", "FILE",
        otherwise="model.bin", stays_free=True,
    ),
    TrainingOption(
        "runs", "folder", "Where each run gets a folder for its settings, metrics and checkpoints.", "FOLDER",
        default="runs",
    ),
    TrainingOption(
        "save_every", "number", "Time between checkpoints within an epoch; there is one after each epoch too.",
        "SECONDS", limits=_limits(least=0), default=30, stays_free=True,
    ),
    TrainingOption(
        "resume", "folder",
        "Go on with a stopped run's folder; --data says where its data are, if they were moved.", "RUN",
        stays_free=True,
    ),
)  # fmt: skip


def row_of(field: str) -> TrainingOption:
    """The row of a field."""
    return next(row for row in TRAINING_OPTIONS if row.field == field)


def recorded_words(values: dict[str, Any]) -> list[str]:
    """The options that repeat a training, as they are typed, from the values of its plan by field; None: left out.

    >>> recorded_words({"epochs": 3, "size": [28, 32], "skip_bad": True, "colour": None})
    ['--size', '28x32', '--skip-bad', '--epochs', '3']
    """
    words: list[str] = []
    for row in TRAINING_OPTIONS:
        value = values.get(row.field)
        if not row.is_recorded or value is None or value is False:
            continue
        if row.kind == "flag":
            words.append(row.option)
        elif row.kind == "size":
            words += [row.option, "x".join(map(str, value))]
        else:
            words += [row.option, value if isinstance(value, str) else repr(value)]
    return words
