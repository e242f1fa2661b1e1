"""The options of a training, one row each: a field of the settings and what is said of it. The command line, its help,
the rules of values, the [training] table of a network's description, the plan, the optimizer's settings, the recorded
command and the reference page are all made from this table.

Only plain values here: help must come at once.
"""

import os
from dataclasses import dataclass, fields, replace
from typing import Any

from cnncli.augmentation_options import GROUP as _AUGMENTATION
from cnncli.augmentation_options import AugmentationSettings
from cnncli.limits import MOST_THREADS
from cnncli.option_row import TrainingOption, option_row
from cnncli.shown import format_shape

SCHEDULES = ("constant", "step", "cosine", "one-cycle", "triangle", "exponential", "polynomial", "plateau")
BATCH_SIZE = 64  # for descriptions that give none
FULL = "full"  # a batch of all training images
# What `--until converged` and `--schedule plateau` mean if no more is said; the class `Plateau` has PyTorch's patience,
# which is 10.
CONVERGED_LIMIT, CONVERGED_WINDOW, CONVERGED_EPOCHS = 0.001, 5, 1000
PLATEAU_PATIENCE, PLATEAU_FACTOR = 2, 0.1
MOST_EPOCHS = 100_000
USUAL_NETWORK = "lenet5"  # where nothing says what to learn from
LOSSES = (
    "cross-entropy", "nll", "multi-margin", "mse", "sum-squares", "l1", "smooth-l1", "huber", "bce", "bce-with-logits",
    "hinge", "soft-margin", "kl-div", "multi-label-margin",
)  # fmt: skip
# The files of the folder `optim` are the table of optimizers.
OPTIMIZERS = tuple(
    sorted(
        entry.name.removesuffix(".py")
        for entry in os.scandir(os.path.join(os.path.dirname(__file__), "optim"))  # noqa: PTH118, PTH120
        if entry.name.endswith(".py") and entry.name not in ("__init__.py", "optimizer.py", "default_rate.py")
    )
)

MAX_ITER = 20
WHOLE_BATCH_OPTIMIZERS = ("cg", "lbfgs")  # of all images at once, as one function of all parameters

GROUPS = ("Network and data", "Training", _AUGMENTATION, "Run")  # the headings of the help

_DATA, _TRAINING, _, _RUN = GROUPS
_DATA_HELP = (
    "mnist, fashion-mnist, kmnist, emnist-digits, emnist-letters (fetched if they are not there), digits, or a path: a "
    "folder of pictures or of IDX files, a list of pictures, a table of pixels or of numbers, an .npz, .npy files "
    "(docs/data.md)."
)


@dataclass(frozen=True)
class RecordedSettings(AugmentationSettings):
    """What decides the result of a training: settings.json has it, and so does the command in the model file.

    None leaves a choice to the network's description, then to the optimizer, then to the row's fallback.
    """

    architecture: str | None = option_row(
        _DATA, "text", "A network that comes with the program (cnn summary lists them), or a .toml that describes one.",
        "NAME|FILE", flag="--arch", names="networks",
        otherwise="chosen from the data (docs/choices.md); lenet5 where nothing says what to learn from",
        brief="The network; cnn summary lists those there are",
    )
    data: str | None = option_row(
        _DATA, "text", _DATA_HELP, "NAME|PATH", stays_free=True, names="data sets",
        otherwise="mnist if it is there or can be fetched, else the embedded digits",
        brief="What to learn from: a name or a path",
    )
    start_from: str | None = option_row(
        _DATA, "text",
        "Start with the network and weights of a trained model; for other classes its last layer is made new.",
        "MODEL", flag="--from", names="trained models",
    )
    freeze: int | None = option_row(
        _DATA, "whole",
        "Layers, counted as cnn summary does, whose weights stay as --from has them; running statistics go on.", "N",
        limits={"least": 0, "most": 100_000}, otherwise="0",
    )
    label_column: str | None = option_row(
        _DATA, "text",
        "Column of a list or table that holds the labels: its name, its number, first or last; of a table of numbers "
        "the column or columns to predict.", "NAME|N[,...]", long_flag="--target-column",
        otherwise="found; of a table of numbers the last",
    )
    prepare: str | None = option_row(
        _DATA, "word",
        "How pictures become images: glyph finds, crops and centres the one letter, digit or symbol, plain fits the "
        "whole picture.", "NAME", words=("auto", "glyph", "plain"), fallback="auto",
        otherwise="auto, decided from the training pictures",
    )
    pixels: tuple[int, int] | None = option_row(
        _DATA, "pixels", "Pixels of the images.", "N|HxW", otherwise="as for --colour",
        brief="Pixels of the images, such as 32",
    )
    colour: str | None = option_row(
        _DATA, "word", "Colour of the images: grey or rgb.", "NAME", words=("grey", "rgb"),
        otherwise="that of the network's description or the pictures",
    )
    skip_bad: bool = option_row(
        _DATA, "flag", "Go on without pictures that cannot be read, and rows with missing numbers.", default=False
    )
    plugins: tuple[str, ...] | None = option_row(
        _DATA, "files", "Your own layers, losses or optimizers: a .py file; may be given several times "
        "(docs/custom-layers.md).", "FILE.py", flag="--plugin", stays_free=True,
    )
    epochs: int | None = option_row(
        _TRAINING, "whole", "Passes over the training images.", "N", limits={"least": 1, "most": MOST_EPOCHS},
        is_described=True, fallback=10,
        brief="Passes over the training images",
    )
    steps: str | None = option_row(
        _TRAINING, "steps",
        "Steps in all, in place of --epochs; with 5000,1200:4300 the schedule is made for 5000 of them, and from step "
        "1200 on for 4300.", "N[,FROM:N...]",
    )
    time_limit: float | None = option_row(
        _TRAINING, "time",
        "End after this time of training and validation, such as 90s, 5m or 1h30 (of minutes), the schedule with it; "
        "--epochs is then the most there are. The command that is kept has the steps that there was time for.", "TIME",
        limits={"above": 0}, brief="End after this time, such as 5m",
    )
    patience: int | None = option_row(
        _TRAINING, "whole",
        "End after so many epochs that were not better, by the validation images; the best one is kept. Where the data "
        "keep no part for it, a tenth of the images validates.", "EPOCHS", limits={"least": 1, "most": 100_000},
        is_described=True, brief="End after so many epochs without a better one",
    )
    batch_size: int | str | None = option_row(
        _TRAINING, "whole",
        "Images a step: full, all training images, is batch gradient descent, 1 is stochastic and a number between is "
        "mini-batch gradient descent.", "N|full", words=(FULL,), limits={"least": 1, "most": 65_536},
        is_described=True, fallback=BATCH_SIZE, otherwise="the description's, or 64",
        brief="Images a step",
    )
    reduce: str | None = option_row(
        _TRAINING, "word",
        "Whether a step follows the mean or the sum of its images' losses; a sum is as many times longer as a batch "
        "has images, for which the default rate makes up.", "NAME", words=("mean", "sum"), is_described=True,
        fallback="mean", otherwise="the description's, or mean",
    )
    until: str | None = option_row(
        _TRAINING, "word",
        "converged ends the training once the loss has fallen by less than --until-limit in --until-window epochs; "
        "--epochs is then the most there are, and the rate is constant unless --schedule is given.", "converged",
        words=("converged",), is_described=True,
    )
    until_limit: float | None = option_row(
        _TRAINING, "number", "Share of the loss that counts as no fall.", "SHARE", limits={"least": 0, "below": 1},
        is_described=True, otherwise=f"{CONVERGED_LIMIT:g} with --until converged",
    )
    until_window: int | None = option_row(
        _TRAINING, "whole", "Epochs in which that share has to be lost.", "EPOCHS",
        limits={"least": 1, "most": 100_000}, is_described=True, otherwise=f"{CONVERGED_WINDOW} with --until converged",
    )
    loss: str | None = option_row(
        _TRAINING, "loss",
        f"What is made small: {', '.join(LOSSES[:-1])} or {LOSSES[-1]} (docs/training.md). Settings follow a colon, "
        "and several are added: huber:delta=2, mse+l1:times=0.1.", "NAME", words=LOSSES, is_described=True,
        fallback="cross-entropy", otherwise="the description's, or cross-entropy",
    )
    class_weights: str | None = option_row(
        _TRAINING, "text",
        "By what the losses of a class are multiplied: balanced, so that each class counts as much, or NAME=WEIGHT,... "
        "for some classes.", "WEIGHTS", otherwise="1 for each class",
    )
    balance: str | None = option_row(
        _TRAINING, "word",
        "What makes up for classes of different sizes: sample draws every class alike, so that images of small ones "
        "come several times an epoch; weights multiplies their losses, as --class-weights balanced does.", "NAME",
        words=("weights", "sample"), is_described=True, otherwise="nothing: each image counts as much",
    )
    label_smoothing: float | None = option_row(
        _TRAINING, "number", "Share of the target that all classes get alike, for cross-entropy; often 0.1.", "SHARE",
        limits={"least": 0, "below": 1}, is_described=True, otherwise="the description's, or 0",
    )
    optimizer: str | None = option_row(
        _TRAINING, "word", f"What makes steps of gradients: {', '.join(OPTIMIZERS)}; or, of all images "
        f"at once, {' or '.join(WHOLE_BATCH_OPTIMIZERS)}, for which an epoch is up to {MAX_ITER} iterations.", "NAME",
        flag="--optim", long_flag="--optimizer", words=(*OPTIMIZERS, *WHOLE_BATCH_OPTIMIZERS), is_described=True,
        fallback="sgd", otherwise="the description's, or sgd",
        brief="What makes steps of gradients",
    )
    learning_rate: float | None = option_row(
        _TRAINING, "number", "Largest learning rate.", "RATE", flag="--lr", long_flag="--learning-rate",
        limits={"above": 0}, is_described=True,
        otherwise="the description's or, for another optimizer, that optimizer's, scaled to --batch-size",
        brief="Largest learning rate",
    )
    momentum: float | None = option_row(
        _TRAINING, "number", "Share of the last step kept, by sgd, rmsprop and muon.", "SHARE",
        limits={"least": 0, "below": 1}, is_described=True, of_optimizer=True,
    )
    max_iter: int | None = option_row(
        _TRAINING, "whole", "Iterations of an epoch, by lbfgs and cg.", "N", long_flag="--max-iterations",
        limits={"least": 1, "most": 100_000}, is_described=True, of_optimizer=True,
        otherwise=f"{MAX_ITER} with --optim lbfgs or cg",
    )
    dampening: float | None = option_row(
        _TRAINING, "number", "Share of each gradient kept out of the momentum, by sgd; of Torch7 the momentum.",
        "SHARE", limits={"least": 0, "below": 1}, is_described=True, of_optimizer=True, otherwise="0",
    )
    nesterov: bool | None = option_row(
        _TRAINING, "switch", "Whether momentum looks ahead, after Nesterov, by sgd and muon.", is_described=True,
        of_optimizer=True, otherwise="the description's, or not",
    )
    weight_decay: float | None = option_row(
        _TRAINING, "number", "L2 penalty on weights, not on biases.", "RATE", limits={"least": 0}, is_described=True,
        of_optimizer=True, otherwise="as for --lr",
    )
    l1: float | None = option_row(
        _TRAINING, "number", "L1 penalty on weights, not on biases, which makes those of little use vanish.", "RATE",
        limits={"least": 0}, is_described=True, otherwise="the description's, or 0",
    )
    schedule: str | None = option_row(
        _TRAINING, "word", f"How the learning rate changes: {', '.join(SCHEDULES[:-1])} or {SCHEDULES[-1]}.", "NAME",
        words=SCHEDULES, is_described=True, fallback="cosine",
        brief="How the rate changes",
    )
    plateau_patience: int | None = option_row(
        _TRAINING, "whole", "Epochs without a lower loss that the schedule plateau bears before the rate falls.",
        "EPOCHS", limits={"least": 0, "most": 100_000}, is_described=True,
        otherwise=f"{PLATEAU_PATIENCE} with --schedule plateau",
    )
    plateau_factor: float | None = option_row(
        _TRAINING, "number", "What the schedule plateau multiplies the rate by.", "FACTOR",
        limits={"above": 0, "below": 1}, is_described=True, otherwise=f"{PLATEAU_FACTOR:g} with --schedule plateau",
    )
    warmup: float | None = option_row(
        _TRAINING, "number", "Epochs, such as 0.5, in which the learning rate climbs to the schedule's first one.",
        "EPOCHS", limits={"least": 0}, is_described=True, otherwise="as for --epochs, or 0",
    )
    clip_norm: float | None = option_row(
        _TRAINING, "number", "Largest length of all gradients of a step as one vector; longer ones are scaled down.",
        "NORM", limits={"above": 0}, is_described=True,
    )
    clip_value: float | None = option_row(
        _TRAINING, "number", "Largest element of a gradient, whatever its sign; larger ones are cut off.", "VALUE",
        limits={"above": 0}, is_described=True,
    )
    ema: float | None = option_row(
        _TRAINING, "number",
        "Measure and keep a running average of the weights, of which each step keeps this share, such as 0.999: about "
        "the mean of the last 1,000 steps, often a little better than the weights themselves.", "DECAY",
        limits={"above": 0, "below": 1}, is_described=True, otherwise="the description's, or none",
    )
    images: int | None = option_row(
        _TRAINING, "whole", "Train on so many of the images only, of each class its share.", "N", limits={"least": 1},
        otherwise="all",
    )
    validation: float | None = option_row(
        _TRAINING, "number", "Share of the training images to validate on; the best epoch by it is kept.",
        "FRACTION", flag="--val", limits={"least": 0, "below": 1}, is_described=True, fallback=0.0,
        otherwise="the part that the data keep for it; else with --target 0.05, without test images 0.1, and 0",
        brief="Share of the images to validate on",
    )
    target: float | None = option_row(
        _TRAINING, "number",
        "Stop as soon as the validation accuracy is this, such as 0.99; exit code 1 if it never is. Takes the "
        "description's fast settings. Before the schedule's end two standard errors more are asked for.",
        "ACCURACY", limits={"above": 0, "most": 1}, use="use an accuracy above 0 and at most 1, such as 0.99",
        brief="Stop at this accuracy, such as 0.99",
    )
    seed: int = option_row(
        _TRAINING, "whole", "Decides every random choice; the same seed gives the same weights.", "N",
        limits={"least": 0, "most": 2**63 - 1}, default=1, otherwise="1",
        brief="Decides every random choice",
    )


@dataclass(frozen=True)
class TrainSettings(RecordedSettings):
    """What the user asks for: each field is an option of `cnn train`, and the help of its row says what it does.

    learning_rate : the largest one, which `schedule` scales; None: that of the description, scaled from its batch
        size to the one that is used, see `default_rate.rate_factor`
    validation : float in [0, 1), share of the training images held out to choose the best epoch; default: the part
        that the data set keeps for it; else 0.05 with a target, 0.1 for data without a test part, and else 0
    target : float in (0, 1], validation accuracy that ends the training as soon as it is reached. The
        description's [target] then goes before its [training], and the first `cycle` epochs are one cycle of
        the schedule; if they end below the target, each further epoch is a cycle of its own at a lower rate.
        An epoch within a cycle, where the rate is high, has to pass the target by two standard errors, so that
        luck with the images held out is not taken for skill, and an epoch that ends a cycle is kept before it
    pixels : [height, width] of the images
    size : "s", "m" or "l", for a training whose network is chosen from the data; see `choose`
    preset : name or file of settings; in Python it gives those that are left at their defaults
    resume : folder of a run to go on with; then only fields that stay free count, and `data` is where the same images
        are now
    use_cache : whether prepared pictures are looked for in the user's cache, and kept there
    """

    size: str | None = option_row(
        _DATA, "word",
        "The one dial of what is chosen from the data: s learns in a minute or so, m in some minutes, l takes longer "
        "and is right more often.", "s|m|l", words=("s", "m", "l"), otherwise="m",
        brief="s, m or l: how large a network, how long  [m]",
    )
    preset: str | None = option_row(
        _DATA, "text", "Settings under a name, torch-digits or a .toml; other options go before them.", "NAME|FILE",
        names="presets",
    )
    data_dir: str | None = option_row(
        _DATA, "folder", "Folder of data sets with names, as `cnn download` fills it.", "FOLDER",
        env="CNN_DATA_DIR", otherwise="cnncli in the user's cache", stays_free=True,
    )
    use_cache: bool = option_row(
        _DATA, "flag", "Neither use nor fill the cache of prepared pictures.", flag="--no-cache", default=True,
        negates=True, stays_free=True,
    )
    threads: int | None = option_row(
        _RUN, "whole", "Threads to compute with; the result does not depend on it.", "N",
        limits={"least": 1, "most": MOST_THREADS}, env="CNN_NUM_THREADS", otherwise="all cores given", stays_free=True,
        brief="Threads; the result does not depend on them",
    )
    out: str | None = option_row(
        _RUN, "path", "Where the trained model goes; a model that is there is kept, as model.1.bin.", "FILE",
        long_flag="-o", otherwise="model.bin", stays_free=True,
        brief="Where the model goes  [model.bin]",
    )
    runs: str = option_row(
        _RUN, "folder", "Where each run gets a folder for its settings, metrics and checkpoints.", "FOLDER",
        default="runs",
    )
    plot: bool = option_row(
        _RUN, "flag", "Draw the losses and accuracies of the epochs, as curves.png in the run's folder.", default=False,
        stays_free=True,
    )
    log: str | None = option_row(
        _RUN, "word", "Write the measures of each epoch for another program too: tensorboard into the run's folder, or "
        "trackio. It has to be installed.", "NAME", words=("tensorboard", "trackio"), stays_free=True,
    )
    save_every: float = option_row(
        _RUN, "number", "Time between checkpoints within an epoch; there is one after each epoch too.",
        "SECONDS", limits={"least": 0}, default=30.0, stays_free=True,
    )
    resume: str | None = option_row(
        _RUN, "folder", "Go on with a stopped run's folder; --data says where its data are, if they were moved.", "RUN",
        stays_free=True,
        brief="Go on with a stopped run",
    )  # fmt: skip

    @property
    def network(self) -> str:
        """The network by its name or file."""
        return self.architecture or USUAL_NETWORK


def _rows() -> tuple[TrainingOption, ...]:
    """The rows of all fields, in the order of their groups."""
    recorded = {one.name for one in fields(RecordedSettings)}
    rows = [
        replace(one.metadata["row"], field=one.name, is_recorded=one.name in recorded) for one in fields(TrainSettings)
    ]
    return tuple(sorted(rows, key=lambda row: GROUPS.index(row.group)))


TRAINING_OPTIONS = _rows()


def row_of(field: str) -> TrainingOption:
    """The row of a field."""
    return next(row for row in TRAINING_OPTIONS if row.field == field)


def recorded_words(values: dict[str, Any]) -> list[str]:
    """The options that repeat a training, as they are typed, from the values of its plan by field; None: left out.

    >>> recorded_words({"epochs": 3, "pixels": (28, 32), "skip_bad": True, "colour": None, "nesterov": False})
    ['--pixels', '28x32', '--skip-bad', '--epochs', '3', '--no-nesterov']
    """
    words: list[str] = []
    for row in TRAINING_OPTIONS:
        value = values.get(row.field)
        if not row.is_recorded or value is None or (row.kind == "flag" and not value):
            continue
        if row.kind == "switch":
            words.append(row.option if value else row.opposite)
        elif row.kind == "flag":
            words.append(row.option)
        elif row.kind == "pixels":
            words += [row.option, format_shape(value)]
        elif row.kind == "files":
            words += [word for file in value for word in (row.option, file)]
        else:
            is_whole = isinstance(value, float) and row.kind == "time" and value.is_integer()
            words += [row.option, value if isinstance(value, str) else repr(int(value) if is_whole else value)]
    return words
