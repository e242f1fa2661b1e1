"""What a training is asked to do, and what is decided from that: the same plan gives the same weights."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cnncli import data
from cnncli.augmentation import SWITCHES
from cnncli.custom_code import making
from cnncli.data import DataSet, PictureWish
from cnncli.data.held_out import Held, share_to_hold_out
from cnncli.data.raw import RawSet
from cnncli.errors import CnnError, FormatError, UsageError
from cnncli.network import Network
from cnncli.network.description import read_border
from cnncli.optim import BY_NAME, Optimizer
from cnncli.optim.whole import WHOLE_BATCH, WholeBatchOptimizer
from cnncli.pictures.recipe import COLOURS
from cnncli.plugins import load_plugin
from cnncli.shown import format_shape, from_here, printable, shown
from cnncli.storage.files import check_folder, check_writable
from cnncli.storage.typed_json import from_json
from cnncli.training.balance import check_balance
from cnncli.training.dependent import fill_dependent, fill_end, until_converged
from cnncli.training.rules import check_asked, check_described
from cnncli.training.runs import RunFolder
from cnncli.training.timetable import check_warm_up
from cnncli.training_options import (
    BATCH_SIZE,
    FULL,
    TRAINING_OPTIONS,
    RecordedSettings,
    TrainSettings,
    recorded_words,
    row_of,
)

# Enough to tell 99 % from 98.5 % on MNIST, and too few to be missed in training.
_VALIDATION_FOR_TARGET = 0.05
_VALIDATION_FOR_PATIENCE = 0.1


@dataclass(frozen=True, kw_only=True)
class Plan(RecordedSettings):
    """All settings of a run, decided, as settings.json holds them. One plan gives one set of weights.

    epochs : at most, if there is a target, a patience or a time limit; with steps as many as they take
    steps, time_limit : None: the epochs end the training. A training with a time limit is recorded with its steps
    cycle : epochs of the schedule's first cycle; None: all of them. Runs of older versions have none
    batch_size : "full": all images trained on
    until_limit, until_window : None without `until`
    plateau_patience, plateau_factor : None for other schedules
    shares : of the training images, for each epoch, the hardest; none: all images in every epoch
    momentum, nesterov : None for optimizers without
    warmup, label_smoothing, l1 : None: 0
    clip_norm, clip_value : None for no bound of the gradients
    ema : decay of the running average of the weights; None: there is none
    rate_factor : by which `learning_rate` is the one of the network's description or the optimizer, for another batch
        size; None if the user gave the rate. Runs of older versions have none
    images : trained on, of those that are not held out; None: all. Runs of older versions have none
    validation, own_validation : share of the training images that is held out; or the data set's own part validates
    start_from, start_digest : the model file that the training starts from, and its SHA-256; None: random weights
    plugins, plugin_digests : where the user's files of layers, losses and optimizers lie, and their SHA-256
    augment, shift to mixup : with the data all are decided, see `augmented`; None: an image stays as it is
    prepare, colour, pixels, skip_bad : as the user asked for them; what was decided is in the model's recipe
    """

    architecture: str
    data: str
    data_dir: str | None
    data_digest: str
    epochs: int
    batch_size: int | str
    reduce: str = "mean"
    loss: str = "cross-entropy"
    optimizer: str
    learning_rate: float
    schedule: str
    validation: float
    own_validation: bool = False
    cycle: int | None = None
    shares: list[float] = field(default_factory=list)
    rate_factor: float | None = None
    plugin_digests: list[str] = field(default_factory=list)
    start_digest: str | None = None
    seed: int
    out: str


def read_plan(run: RunFolder) -> Plan:
    """The plan of a run, as its settings.json has it. Raises FormatError for settings that are none of this version."""
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
    if settings.plugins:
        changed["plugins"] = tuple(str(Path(file).resolve()) for file in settings.plugins)
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

    Raises UsageError for --pixels and --colour that the network cannot take.
    """
    declared = description.get("input")
    is_images = isinstance(declared, list) and len(declared) == 3 and all(type(size) is int for size in declared)
    shape = (declared[0], declared[1], declared[2]) if isinstance(declared, list) and is_images else None
    is_own = settings.network.endswith(".toml")
    if shape is not None and is_own and shape[0] not in COLOURS:
        raise UsageError(
            f"{source}: input has {shape[0]} channels, but pictures have 1 (grey) or 3 (RGB); use one of these"
        )
    asked = f"--pixels {settings.pixels[0]}x{settings.pixels[1]}" if settings.pixels is not None else ""
    if settings.colour is not None:
        asked = f"{asked} --colour {settings.colour}".lstrip()
    wish = PictureWish(
        prepare=settings.prepare or "auto",
        colour=settings.colour,
        size=settings.pixels,
        declared=shape,
        is_firm=is_own,
        border=read_border(source, description),
        takes=lambda tried: _misfit(description, tried, source, classes) is None,
        asker=Path(source).name,
    )
    size = settings.pixels or (shape[1:] if shape is not None else None)
    if asked and size is not None:
        tried = (wish.channels or (shape[0] if shape is not None else 1), *size)
        misfit = _misfit(description, tried, source, classes)
        if misfit is not None:
            raise UsageError(f"{asked}: the network cannot take {format_shape(tried)} ({misfit})")
    return wish


def _misfit(description: dict[str, Any], shape: tuple[int, ...], source: str, classes: int) -> str | None:
    """Why the network cannot be built for images of a shape; None if it can."""
    try:
        Network.from_description(description, classes, shape, seed=None, source=source)
    except CnnError as error:
        return str(error)
    return None


def load_plugins(plan: Plan) -> list[str]:
    """Runs the plugins of a run that goes on. Returns a line for each that is not as it was when the run began."""
    lines = []
    for file, digest in zip(plan.plugins or (), [*plan.plugin_digests, *[""] * len(plan.plugins or ())], strict=False):
        name = printable(from_here(file))
        if not Path(file).is_file():
            raise UsageError(f"{name}: no such file, but the run needs this plugin; pass --plugin with its new place")
        if load_plugin(file).digest != digest:
            lines.append(f"{name} has changed since the run began; what was trained so far was trained with the other")
    return lines


def make_plan(settings: TrainSettings, description: Mapping[str, Any], source: str) -> Plan:
    """What the user asked for, else what the network's description says, else what suits most networks.

    description, source : as `read_model` gives them; [target] counts only with a target

    It is a plan for no data yet, so that all mistakes are told before data are read; see `with_data`.
    """
    check_asked(vars(settings))
    check_described(description, settings.network, source)
    defaults = until_converged(settings, dict(description.get("training", {})))
    if settings.target is not None:
        defaults = {"validation": _VALIDATION_FOR_TARGET, **defaults, **description.get("target", {})}
    elif settings.patience is not None or "patience" in defaults:
        defaults = {"validation": _VALIDATION_FOR_PATIENCE, **defaults}

    if settings.augment is not None:  # what a description says of single changes goes with its level
        defaults = {key: value for key, value in defaults.items() if key not in SWITCHES}

    described_optimizer = defaults.get("optimizer", row_of("optimizer").fallback)
    optimizer = settings.optimizer or described_optimizer
    kind = optimizer_class(optimizer)
    if optimizer != described_optimizer:  # what the description says of these holds for its own optimizer
        own = settings_of_its_own(optimizer)
        defaults = {key: value for key, value in defaults.items() if key not in own}
    _check_settings_of_optimizer(settings, defaults, optimizer, source)

    usual = {**_settings_of(kind), **kind.command_settings, "learning_rate": kind.on_command_line.rate}
    chosen: dict[str, Any] = {}
    for row in TRAINING_OPTIONS:
        if row.is_recorded:
            asked = getattr(settings, row.field)
            described = defaults.get(row.field) if row.is_described else None
            values = (asked, described, usual.get(row.field), row.fallback)
            chosen[row.field] = row.plain(next((value for value in values if value is not None), None))
    if not settings.nesterov and not chosen["momentum"] and chosen["nesterov"]:
        chosen["nesterov"] = False  # a description's makes no sense with --momentum 0
    if settings.target is not None:
        chosen["cycle"] = max(1, min(chosen["epochs"], int(defaults.get("cycle", chosen["epochs"]))))
        chosen["shares"] = [float(share) for share in defaults.get("shares", [])]
        if chosen["validation"] == 0:
            raise UsageError("--val 0: leaves no image that tells whether --target is reached; use a share above 0")
    if settings.learning_rate is None:
        # A description without a rate takes one that suits the usual batches, whatever its own batch size.
        described = defaults.get("batch_size", BATCH_SIZE) if "learning_rate" in defaults else BATCH_SIZE
        sizes = [math.inf if size == FULL else size for size in (described, chosen["batch_size"])]
        chosen["rate_factor"] = kind.on_command_line.factor(*sizes)
        chosen["learning_rate"] *= chosen["rate_factor"]
    fill_dependent(settings, chosen)
    check_balance(settings, chosen)
    fill_end(settings, chosen)
    if optimizer in WHOLE_BATCH and chosen["batch_size"] != FULL:
        raise UsageError(
            f"--batch-size {chosen['batch_size']}: {optimizer} takes all images in each step; use {FULL}, or another "
            "--optim"
        )
    plugins = [load_plugin(file) for file in settings.plugins or ()]
    chosen |= {
        "plugins": tuple(str(Path(plugin.path).resolve()) for plugin in plugins) or None,
        "plugin_digests": [plugin.digest for plugin in plugins],
        "data": "",
        "data_dir": str(Path(settings.data_dir).resolve()) if settings.data_dir else None,
        "data_digest": "",
        "out": str(Path(settings.out or "model.bin").resolve()),
    }
    plan = Plan(**chosen)
    make_optimizer(plan)  # raises if its settings do not go together
    if plan.steps is None:
        name = "--warmup" if settings.warmup is not None else "warmup"
        check_warm_up(name, plan.warmup or 0.0, plan.cycle or plan.epochs)
    return plan


_OF_OPTIMIZER = [row.field for row in TRAINING_OPTIONS if row.of_optimizer]


def settings_of_its_own(optimizer: str) -> set[str]:
    """The fields that an optimizer brings values for: what was said of them beside another one does not hold for it.

    Raises UsageError for an unknown name.
    """
    kind = optimizer_class(optimizer)
    of_schedule = {"cycle", "shares", "ema"} if optimizer in WHOLE_BATCH else set()
    return {"learning_rate", *_OF_OPTIMIZER, *kind.command_settings, *of_schedule}


def _check_settings_of_optimizer(
    settings: TrainSettings, described: Mapping[str, Any], optimizer: str, source: str
) -> None:
    """Raises UsageError or FormatError for a setting of another optimizer, such as momentum."""
    if settings.ema is not None and optimizer in WHOLE_BATCH:
        raise UsageError(
            f"--ema {settings.ema:g}: {optimizer} makes few long steps, whose average is none of their ends; leave it "
            "out, or use another --optim"
        )
    for name in _OF_OPTIMIZER:
        have = [other for other in (*BY_NAME, *WHOLE_BATCH) if name in _settings_of(optimizer_class(other))]
        if optimizer in have:
            continue
        asked = getattr(settings, name)
        if asked is not None:
            typed = " ".join(recorded_words({name: asked}))
            raise UsageError(
                f"{typed}: {optimizer} has no such setting; leave it out or use --optim {' or '.join(have)}"
            )
        if name in described:
            raise FormatError(
                f"{printable(source)}, [training]: {name} is {shown(described[name])}, but {optimizer} has no such "
                "setting; leave it out"
            )


def optimizer_class(name: str) -> type[Optimizer] | type[WholeBatchOptimizer]:
    """The class of an optimizer by its name on the command line."""
    return WHOLE_BATCH[name] if name in WHOLE_BATCH else BY_NAME[name]


def make_optimizer(plan: Plan) -> Optimizer | WholeBatchOptimizer:
    """The optimizer that a plan describes, before its first step."""
    kind = optimizer_class(plan.optimizer)
    has = _settings_of(kind)
    wanted = {name: getattr(plan, name) for name in _OF_OPTIMIZER if name in has}
    chosen = {name: value for name, value in wanted.items() if value is not None}
    if issubclass(kind, WholeBatchOptimizer):
        return kind(lr=plan.learning_rate, **kind.command_arguments, **chosen)
    with making(kind):
        return kind(lr=plan.learning_rate, **chosen)


def _settings_of(kind: type[Optimizer] | type[WholeBatchOptimizer]) -> dict[str, Any]:
    """An optimizer's settings with its defaults."""
    with making(kind):
        return kind().settings()


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


def check_runs(folder: str) -> None:
    """Said before the training: no run could be kept in such a folder."""
    try:
        check_folder(folder)
    except CnnError as error:
        raise UsageError(f"--runs {error}") from None


def check_out(out: str) -> None:
    """Said before the training, not after it; a model that is there is kept, also one that is write-protected."""
    try:
        check_writable(out, over_protected=True)
    except CnnError as error:
        raise UsageError(str(error)) from None
