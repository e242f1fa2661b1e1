"""What a training is asked to do, and what is decided from that: the same plan gives the same weights."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cnncli import data
from cnncli.criteria import BY_NAME as LOSSES
from cnncli.criteria import Criterion, CrossEntropyLoss
from cnncli.data import DataSet, PictureWish
from cnncli.data.held_out import Held, share_to_hold_out
from cnncli.data.raw import RawSet
from cnncli.errors import CnnError, FormatError, UsageError
from cnncli.network import Network
from cnncli.optim import BY_NAME, Optimizer
from cnncli.pictures.recipe import COLOURS
from cnncli.storage.files import printable
from cnncli.storage.typed_json import from_json
from cnncli.training.rules import check_asked, check_described
from cnncli.training.runs import RunFolder
from cnncli.training.timetable import check_warm_up

# Enough to tell 99 % from 98.5 % on MNIST, and too few to be missed in training.
_VALIDATION_FOR_TARGET = 0.05
_BATCH_SIZE = 64  # for descriptions that give none
# What a description says of these holds for its own optimizer, "sgd" where it names none.
_OF_OPTIMIZER = ("learning_rate", "momentum", "nesterov", "weight_decay")


@dataclass(frozen=True)
class TrainSettings:
    """What the user asks for; None leaves a choice to the network's description.

    architecture : a network that comes with the program, or a .toml
    data : name or path of a data set; None: MNIST if it is found or can be fetched, else the embedded digits
    learning_rate : the largest one, which `schedule` scales; None: that of the description, scaled from its batch
        size to the one that is used, see `default_rate.rate_factor`
    validation : float in [0, 1), share of the training images held out to choose the best epoch; default: the part
        that the data set keeps for it; else 0.05 with a target, 0.1 for data without a test part, and else 0
    target : float in (0, 1], validation accuracy that ends the training as soon as it is reached. The
        description's [target] then goes before its [training], and the first `cycle` epochs are one cycle of
        the schedule; if they end below the target, each further epoch is a cycle of its own at a lower rate.
        An epoch within a cycle, where the rate is high, has to pass the target by two standard errors, so that
        luck with the images held out is not taken for skill, and an epoch that ends a cycle is kept before it
    out : where a copy of the model goes
    runs : folder that gets a folder for this run
    save_every : seconds from a checkpoint to the next within an epoch; there is one after each epoch too
    resume : folder of a run to go on with; then only `threads`, `out`, `data`, `data_dir`, `save_every` and
        `use_cache` count; `data` is where the same images are now
    prepare : "auto", "glyph" or "plain", how pictures become images; None: "auto"
    colour : "grey" or "rgb"; None: what the network's description or the pictures say
    size : [height, width] of the images; None: likewise
    skip_bad : whether pictures that cannot be read are left aside
    use_cache : whether prepared pictures are looked for in the user's cache, and kept there
    label_column : which column of a list or table is the label; None: it is found
    loss : "cross-entropy", "multi-margin", or "nll", for a network whose last layer is LogSoftmax
    label_smoothing : of cross-entropy
    """

    architecture: str = "lenet5"
    data: str | None = None
    data_dir: str | None = None
    epochs: int | None = None
    batch_size: int | None = None
    optimizer: str | None = None
    learning_rate: float | None = None
    momentum: float | None = None
    weight_decay: float | None = None
    schedule: str | None = None
    warmup: float | None = None
    clip_norm: float | None = None
    clip_value: float | None = None
    validation: float | None = None
    target: float | None = None
    seed: int = 1
    threads: int | None = None
    out: str | None = None
    runs: str = "runs"
    save_every: float = 30.0
    resume: str | None = None
    prepare: str | None = None
    colour: str | None = None
    size: tuple[int, int] | None = None
    skip_bad: bool = False
    use_cache: bool = True
    label_column: str | None = None
    loss: str | None = None
    label_smoothing: float | None = None


@dataclass(frozen=True)
class Plan:
    """All settings of a run, decided, as settings.json holds them. One plan gives one set of weights.

    epochs : at most, if there is a target
    cycle : epochs of the schedule's first cycle; None: all of them. Runs of older versions have none
    shares : of the training images, for each epoch, the hardest; none: all images in every epoch
    momentum : None for optimizers without one
    warmup : epochs; None: 0. Runs of older versions have none
    clip_norm, clip_value : None for no bound of the gradients. Runs of older versions have none
    rate_factor : by which `learning_rate` is the one of the network's description or the optimizer, for another batch
        size; None if the user gave the rate. Runs of older versions have none
    validation, own_validation : share of the training images that is held out; or the data set's own part validates
    prepare, colour, size, skip_bad : as the user asked for them; what was decided is in the model's recipe
    """

    architecture: str
    data: str
    data_dir: str | None
    data_digest: str
    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float
    momentum: float | None
    nesterov: bool
    weight_decay: float
    schedule: str
    validation: float
    seed: int
    out: str
    target: float | None = None
    cycle: int | None = None
    shares: list[float] = field(default_factory=list)
    rate_factor: float | None = None
    prepare: str = "auto"
    colour: str | None = None
    size: list[int] | None = None
    skip_bad: bool = False
    own_validation: bool = False
    label_column: str | None = None
    loss: str = "cross-entropy"
    warmup: float | None = None
    clip_norm: float | None = None
    clip_value: float | None = None
    label_smoothing: float = 0.0


def read_plan(run: RunFolder) -> Plan:
    try:
        return from_json(Plan, run.settings)
    except FormatError as error:
        raise FormatError(f"{printable(run.path)}/settings.json: {error}; start a new run") from None


def moved(plan: Plan, settings: TrainSettings) -> Plan:
    """The plan of a run that goes on, perhaps elsewhere: the data's and the model's place are not what makes it."""
    changed: dict[str, Any] = {}
    if settings.data is not None:
        changed["data"] = settings.data
    data_dir = settings.data_dir or plan.data_dir
    changed["data_dir"] = data_dir if settings.data_dir or (data_dir and Path(data_dir).is_dir()) else None
    if settings.out is not None:
        changed["out"] = str(Path(settings.out).resolve())
    elif not Path(plan.out).parent.is_dir():
        changed["out"] = str(Path(Path(plan.out).name).resolve())
    return replace(plan, **changed)


@dataclass(frozen=True)
class FoundData:
    """A data set before its pictures are prepared.

    notice : a line for the user, such as that it is another one than the usual; or None
    name_or_path : what to load it with again
    """

    raw: RawSet
    notice: str | None
    name_or_path: str

    def prepare(self, **how: Any) -> DataSet:
        """The images; arguments as those of `data.prepare_set`."""
        return data.prepare_set(self.raw, **how)


def find_data(
    name_or_path: str | None, data_dir: str | None, label_column: str | None, report: data.Report
) -> FoundData:
    """What is found under the name or path; without one the usual data set."""
    if name_or_path is not None:
        raw = data.read_raw(name_or_path, data_dir=data_dir, label_column=label_column, report=report)
        is_name = name_or_path in data.NAMES
        return FoundData(raw, None, name_or_path if is_name else str(Path(name_or_path).resolve()))
    raw, notice = data.resolve_default(data_dir, report)
    return FoundData(raw, notice, raw.name)


def picture_wish(
    settings: TrainSettings, description: dict[str, Any], source: str, classes: int
) -> PictureWish:
    """What the user and the network's description ask of the pictures.

    The input that a description of the user's own declares goes before what the pictures are. Networks that come with
    the program serve any pictures, and help out with their declared size only.

    Raises UsageError for --size and --colour that the network cannot take.
    """
    declared = description.get("input")
    is_images = isinstance(declared, list) and len(declared) == 3 and all(type(size) is int for size in declared)
    shape = (declared[0], declared[1], declared[2]) if isinstance(declared, list) and is_images else None
    is_own = settings.architecture.endswith(".toml")
    if shape is not None and is_own and shape[0] not in COLOURS:
        raise UsageError(
            f"{source}: input has {shape[0]} channels, but pictures have 1 (grey) or 3 (RGB); use one of these"
        )
    asked = f"--size {settings.size[0]}x{settings.size[1]}" if settings.size is not None else ""
    if settings.colour is not None:
        asked = f"{asked} --colour {settings.colour}".lstrip()
    wish = PictureWish(
        prepare=settings.prepare or "auto",
        colour=settings.colour,
        size=settings.size,
        declared=shape,
        is_firm=is_own,
        takes=lambda tried: _misfit(description, tried, source, classes) is None,
        asker=Path(source).name,
    )
    if asked and (shape is not None or settings.size is not None):
        channels = {"grey": 1, "rgb": 3}.get(settings.colour or "", shape[0] if shape is not None else 1)
        tried = (channels, *(settings.size or (shape or (0, 28, 28))[1:]))
        misfit = _misfit(description, tried, source, classes)
        if misfit is not None:
            raise UsageError(f"{asked}: the network cannot take {'x'.join(map(str, tried))} ({misfit})")
    return wish


def _misfit(description: dict[str, Any], shape: tuple[int, ...], source: str, classes: int) -> str | None:
    """Why the network cannot be built for images of a shape; None if it can."""
    try:
        Network.from_description(description, classes, shape, seed=None, source=source)
    except CnnError as error:
        return str(error)
    return None


def make_plan(settings: TrainSettings, description: Mapping[str, Any], source: str) -> Plan:
    """What the user asked for, else what the network's description says, else what suits most networks.

    description, source : as `read_model` gives them; [target] counts only with a target

    It is a plan for no data yet, so that all mistakes are told before data are read; see `with_data`.
    """
    check_asked(vars(settings))
    check_described(description, settings.architecture, source)
    defaults = dict(description.get("training", {}))
    if settings.target is not None:
        defaults = {"validation": _VALIDATION_FOR_TARGET, **defaults, **description.get("target", {})}

    described_optimizer = defaults.get("optimizer", "sgd")
    optimizer = settings.optimizer or described_optimizer
    kind = BY_NAME[optimizer]
    if optimizer != described_optimizer:
        own = {*_OF_OPTIMIZER, *kind.command_settings}
        defaults = {key: value for key, value in defaults.items() if key not in own}
    usual = {**kind().settings(), **kind.command_settings}
    _check_momentum(settings, defaults, optimizer, source)

    def choose(asked: Any, key: str, otherwise: Any) -> Any:
        return asked if asked is not None else defaults.get(key, otherwise)

    momentum = float(choose(settings.momentum, "momentum", usual["momentum"])) if "momentum" in usual else None
    epochs = int(choose(settings.epochs, "epochs", 10))
    batch_size = int(choose(settings.batch_size, "batch_size", _BATCH_SIZE))
    plan = Plan(
        architecture=settings.architecture,
        data="",
        data_dir=str(Path(settings.data_dir).resolve()) if settings.data_dir else None,
        data_digest="",
        epochs=epochs,
        batch_size=batch_size,
        optimizer=optimizer,
        learning_rate=float(choose(settings.learning_rate, "learning_rate", kind.on_command_line.rate)),
        momentum=momentum,
        nesterov="nesterov" in usual and defaults.get("nesterov", False) and bool(momentum),
        weight_decay=float(choose(settings.weight_decay, "weight_decay", usual.get("weight_decay", 0.0))),
        schedule=choose(settings.schedule, "schedule", usual.get("schedule", "cosine")),
        validation=float(choose(settings.validation, "validation", 0.0)),
        seed=int(settings.seed),
        out=str(Path(settings.out or "model.bin").resolve()),
        target=settings.target,
        cycle=max(1, min(epochs, int(defaults.get("cycle", epochs)))) if settings.target is not None else None,
        shares=[float(share) for share in defaults.get("shares", [])] if settings.target is not None else [],
        prepare=settings.prepare or "auto",
        colour=settings.colour,
        size=list(settings.size) if settings.size is not None else None,
        skip_bad=settings.skip_bad,
        label_column=settings.label_column,
        loss=choose(settings.loss, "loss", "cross-entropy"),
        warmup=choose(settings.warmup, "warmup", None),
        clip_norm=choose(settings.clip_norm, "clip_norm", None),
        clip_value=choose(settings.clip_value, "clip_value", None),
        label_smoothing=float(choose(settings.label_smoothing, "label_smoothing", 0.0)),
    )
    check_warm_up("--warmup" if settings.warmup is not None else "warmup", plan.warmup or 0.0, plan.cycle or epochs)
    if plan.target is not None and plan.validation == 0:
        raise UsageError("--val 0: leaves no image that tells whether --target is reached; use a share above 0")
    if settings.learning_rate is not None:
        return plan
    # A description without a rate takes one that suits batches of `_BATCH_SIZE`, whatever its own batch size.
    described = defaults.get("batch_size", _BATCH_SIZE) if "learning_rate" in defaults else _BATCH_SIZE
    factor = kind.on_command_line.factor(described, batch_size)
    return replace(plan, learning_rate=factor * plan.learning_rate, rate_factor=factor)


def _check_momentum(settings: TrainSettings, described: Mapping[str, Any], optimizer: str, source: str) -> None:
    """Raises UsageError or FormatError for a momentum of an optimizer that has none."""
    have = [name for name, kind in BY_NAME.items() if "momentum" in kind().settings()]
    if optimizer in have:
        return
    if settings.momentum is not None:
        raise UsageError(
            f"--momentum {settings.momentum:g}: {optimizer} has no such setting; leave it out or use --optim "
            f"{' or '.join(have)}"
        )
    if "momentum" in described:
        raise FormatError(
            f"{printable(source)}, [training]: momentum is {described['momentum']:g}, but {optimizer} has no such "
            "setting; leave it out"
        )


def make_optimizer(plan: Plan) -> Optimizer:
    """The optimizer that a plan describes, before its first step."""
    kind = BY_NAME[plan.optimizer]
    wanted: dict[str, Any] = {
        "lr": plan.learning_rate,
        "momentum": plan.momentum,
        "nesterov": plan.nesterov,
        "weight_decay": plan.weight_decay,
    }
    return kind(**{name: value for name, value in wanted.items() if name in kind().settings()})


def make_criterion(plan: Plan) -> Criterion:
    """The loss that a plan describes."""
    if plan.label_smoothing:
        return CrossEntropyLoss(label_smoothing=plan.label_smoothing)
    return LOSSES[plan.loss]()


def with_data(plan: Plan, dataset: DataSet, name_or_path: str, part: Held) -> Plan:
    """The plan for a data set, which `name_or_path` loads again, and for the part of it that validates."""
    return replace(
        plan,
        data=name_or_path,
        data_digest=dataset.digest,
        validation=part.share,
        own_validation=part.is_own,
    )


def held_for_validation(settings: TrainSettings, plan: Plan, described: bool, dataset: DataSet) -> Held:
    """Which images validate: the share that the user asked for; else the part that the data set keeps for it; else
    what the network's description says (`described`: it does); else, if there is no test part, a share that is held
    out, since without either no number would say anything about new images."""
    if settings.validation is not None:
        return Held(plan.validation)
    if dataset.validation is not None and len(dataset.validation):
        return Held(0.0, is_own=True)
    if described or (dataset.test is not None and len(dataset.test)):
        return Held(plan.validation)
    assert dataset.train is not None
    return Held(share_to_hold_out(dataset.train.labels))


def check_out(out: str) -> None:
    """Said before the training, not after it."""
    folder = Path(out).parent
    if Path(out).is_dir():
        raise UsageError(f"{printable(out)}: is a folder; pass the name of a file as --out")
    if Path(out).exists() and not Path(out).is_file():
        raise UsageError(f"{printable(out)}: is a device or a pipe; pass the name of a file as --out")
    if not folder.is_dir():
        raise UsageError(f"{printable(out)}: the folder {printable(folder)} does not exist; make it first")
    if not os.access(folder, os.W_OK):
        raise UsageError(
            f"{printable(out)}: the folder {printable(folder)} cannot be written; pass another --out"
        )
