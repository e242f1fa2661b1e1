"""What a project is to hold, found out from the settings of `cnn train`; and its folder, which appears whole."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from cnncli import data
from cnncli.criteria import CrossEntropyLoss
from cnncli.data import PictureWish
from cnncli.data.digits import load_digits
from cnncli.data.held_out import share_to_hold_out
from cnncli.data.preparation.decide import decide
from cnncli.data.raw import RawSet, as_raw
from cnncli.errors import CnnError, UsageError
from cnncli.network import Network
from cnncli.network.architectures import read_model
from cnncli.optim import Optimizer
from cnncli.pictures.recipe import InputRecipe
from cnncli.project import texts
from cnncli.project.layer_code import arguments_code, layer_lines, layer_names, quoted
from cnncli.shown import printable, typed
from cnncli.storage.files import check_writable, flush_folder, write_atomically, writing_error
from cnncli.training.plan import Plan, find_data, make_optimizer, make_plan, picture_wish
from cnncli.training_options import TRAINING_OPTIONS, TrainSettings

USUAL_EPOCHS = 2  # of 60,000 images: seconds
# What train.py says; with anything else a training would come to other weights than the command.
_SAID = {
    "epochs", "batch_size", "optimizer", "learning_rate", "weight_decay", "schedule", "warmup", "loss",
    "label_smoothing", "augment", "validation",
}  # fmt: skip


def make_project(
    folder: str, architecture: str, name: str, epochs: int | None, seed: int, report: data.Report = data.ignore
) -> dict[str, str]:
    """Writes the folder, which must not exist or be empty. Returns its files: name to text.

    architecture, name, epochs, seed : as those of `cnn train`; epochs None: 2

    Raises UsageError for a folder that is not empty, and for trainings that five such files cannot say; DataError and
    FormatError for data and networks that cannot be read. Nothing is written then.
    """
    place = Path(folder)
    check_free(place)
    settings = TrainSettings(
        architecture=architecture, data=name, epochs=epochs or USUAL_EPOCHS, seed=seed, augment="none"
    )
    files = project_files(settings, report)
    _write(place, files)
    return files


def project_files(settings: TrainSettings, report: data.Report) -> dict[str, str]:
    """The files of a project: name to text."""
    description, source = read_model(settings.network)
    plan = make_plan(settings, description, source)
    _check(plan, settings)
    raw, name = _find(settings, report)
    kind, ask = _preparations(raw, settings, description, source)
    network = Network.from_description(description, raw.class_names, kind.shape, seed=None, source=source)
    if network.outputs != "scores" or not network.class_names:
        raise UsageError(
            f"--arch {settings.architecture}: gives no score for each class, as the loss of the project takes it; use "
            "lenet5, mlp or linear"
        )
    is_held, is_own = "test" not in raw.parts, "validation" in raw.parts
    if is_held and not share_to_hold_out(raw.parts["train"].labels):
        raise UsageError(f"{printable(name)}: has no test images, and too few to hold a tenth out; add some")
    words = {
        "SEED": str(plan.seed),
        "RECIPE": texts.RECIPE if ask else "",
        "ASKED": arguments_code(InputRecipe, ask),
        "DATA": f"{quoted(name)}, recipe=how" if ask else quoted(name),
        "DATA_IMPORTS": _data_imports(bool(ask), is_held),
        "PARTS": texts.PARTS_HELD_OUT if is_held else texts.PARTS,
        "HELD_OUT": "everything.validation" if is_own else "None",
        "BUT_FOR": "test" if is_held else "None",
        "COUNT": "{len(kept):,}" if is_held else "{len(everything.train):,}",
        "LAYERS": _imported(layer_names(network)),
        "TITLE": _capital((network.title or network.name or "the network").strip().rstrip(".")),
        "LAYER_LINES": "\n".join("    " + line for line in layer_lines(network)),
        "SHAPE": repr(network.input_shape),
        "NAME": quoted(network.name),
        "LOSS": arguments_code(CrossEntropyLoss, {"label_smoothing": plan.label_smoothing or 0.0}),
        "EPOCHS": str(plan.epochs),
        "BATCH_SIZE": repr(plan.batch_size),
        "OPTIMIZER": _optimizer(make_optimizer(plan)),
        "MORE": "\n".join(f"        {line}" for line in _more(plan)),
        "COMMAND": _command(settings),
        "SAME": texts.OF_LAST_EPOCH if is_held or is_own else "",
    }
    named = {"data.py": texts.DATA, "model.py": texts.MODEL, "loss.py": texts.LOSS, "train.py": texts.TRAIN,
             "test.py": texts.TEST, "README.md": texts.README}  # fmt: skip
    return {file: _filled(text, words) for file, text in named.items()}


def check_free(place: Path) -> None:
    """Raises UsageError unless the folder can be made here or is empty."""
    if place.is_dir():
        with suppress(OSError):
            if any(place.iterdir()):
                raise UsageError(f"{printable(place)}: is there and not empty; name a new folder")
    elif place.exists() or place.is_symlink():
        raise UsageError(f"{printable(place)}: is a file; name a new folder")
    try:
        if not place.is_dir():
            check_writable(place)
    except CnnError as error:
        raise UsageError(str(error)) from None


def _write(place: Path, files: Mapping[str, str]) -> None:
    """All files or none: they are written beside the place, and get its name at the end."""
    target = Path(os.path.realpath(place))
    temporary: Path | None = None
    try:
        temporary = Path(tempfile.mkdtemp(prefix=".cnncli-project-", dir=target.parent))
        for name, text in files.items():
            write_atomically(temporary / name, text.encode())
        temporary.chmod(0o777 & ~_umask())
        temporary.replace(target)  # over an empty folder too, and over nothing else
        temporary = None
        flush_folder(target.parent)
    except OSError as error:
        raise writing_error(place, error) from None
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _check(plan: Plan, settings: TrainSettings) -> None:
    """Raises UsageError for what the files do not say."""
    asked = f"--arch {settings.architecture}"
    if plan.loss != "cross-entropy":
        raise UsageError(f"{asked}: is trained with the loss {plan.loss}, the project with cross-entropy; use lenet5")
    if plan.optimizer in ("cg", "lbfgs"):
        raise UsageError(f"{asked}: is trained with {plan.optimizer}, of all images at once; use lenet5, mlp or linear")
    usual = TrainSettings()
    for row in TRAINING_OPTIONS:
        value = getattr(plan, row.field, None)
        is_said = row.field in _SAID or row.of_optimizer
        if row.is_described and not is_said and value not in (None, row.fallback, getattr(usual, row.field)):
            raise UsageError(
                f"{asked}: its [training] says {row.field}, which the project does not know; use lenet5, mlp or linear"
            )


def _find(settings: TrainSettings, report: data.Report) -> tuple[RawSet, str]:
    """(the data, what loads them again); of `digits` a few do, which are like the others."""
    if settings.data == "digits":
        return as_raw(load_digits(100, 100)), "digits"
    found = find_data(settings.data, settings.data_dir, settings.label_column, report)
    if "train" not in found.raw.parts:
        raise UsageError(f"{printable(settings.data or '')}: holds no training images; pass another --data")
    return found.raw, found.name_or_path


def _preparations(
    raw: RawSet, settings: TrainSettings, description: dict[str, Any], source: str
) -> tuple[InputRecipe, dict[str, Any]]:
    """(how `cnn train` makes images of the pictures, what `data.load` has to be told of it; {}: nothing)"""
    wish = picture_wish(settings, description, source, len(raw.class_names))
    recipe = decide(raw, wish, True, lambda done, total: None).recipe
    if recipe == decide(raw, PictureWish(), True, lambda done, total: None).recipe:
        return recipe, {}
    return recipe, {one.name: getattr(recipe, one.name) for one in fields(InputRecipe)}


def _data_imports(has_recipe: bool, is_held: bool) -> str:
    names = ["hold_out, measure_recipe"] if is_held else ["measure_recipe"]
    lines = [f"from cnncli.data.held_out import {', '.join(names)}"]
    return "\n".join(lines + ["from cnncli.pictures.recipe import InputRecipe"] * has_recipe) + "\n"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _imported(names: list[str]) -> str:
    line = ", ".join(names)
    return line if len(line) < 90 else "(\n" + "".join(f"    {name},\n" for name in names) + ")"


def _optimizer(optimizer: Any) -> str:
    kind = type(optimizer)
    assert isinstance(optimizer, Optimizer)
    settings = optimizer.settings()
    rest = {name: value for name, value in settings.items() if name != "lr"}
    return f"{kind.__name__}({', '.join(filter(None, [repr(settings['lr']), arguments_code(kind, rest)]))})"


def _more(plan: Plan) -> list[str]:
    lines = [f'schedule="{plan.schedule}",  # how the rate changes from step to step']
    return lines + ([f"warm_up={plan.warmup!r},"] if plan.warmup else [])


def _command(settings: TrainSettings) -> str:
    """What trains to the same weights; the names and numbers are those that the user typed."""
    path = settings.data if settings.data in data.NAMES else str(Path(settings.data or "").resolve())
    architecture = settings.architecture or ""
    if architecture.endswith(".toml"):
        architecture = str(Path(architecture).resolve())
    words = ["cnn", "train", "--arch", architecture, "--data", str(path), "--epochs", str(settings.epochs)]
    if settings.seed not in (None, 1):
        words += ["--seed", str(settings.seed)]
    return typed(*words)


def _filled(text: str, words: Mapping[str, str]) -> str:
    for name in ("PARTS", "RECIPE", *words):  # what these bring in is filled too
        text = text.replace(f"@{name}@", words[name])
    assert "@" not in text, text
    return text
