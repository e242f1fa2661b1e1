"""A user's Python file becomes layers, losses and optimizers with names; a fault in it is one line with its place."""

import ast
import hashlib
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType
from typing import TypeVar

from cnncli import criteria, optim
from cnncli.criteria import Criterion
from cnncli.errors import CnnError, UsageError
from cnncli.layers import LAYER_TYPES, Module, register
from cnncli.layers.origin import Origin, note_origin
from cnncli.layers.registry import is_built_in
from cnncli.optim import Optimizer
from cnncli.option_row import PLUGIN_WORDS
from cnncli.shown import from_here, printable, reason_of
from cnncli.storage.files import StrPath

_PREFIX = "cnncli_plugin_"

Base = TypeVar("Base")


@dataclass(frozen=True)
class Plugin:
    """A file that was run.

    path : as it was named
    digest : SHA-256 of its bytes, hexadecimal
    layers, losses, optimizers : the names of its classes
    """

    path: str
    digest: str
    layers: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    optimizers: tuple[str, ...] = ()


class PluginError(CnnError):
    """A plugin that cannot be run, or whose names are taken: `file:line: what, remedy`."""


_loaded: dict[Path, tuple[Plugin, ModuleType]] = {}


def load_plugin(path: StrPath) -> Plugin:
    """Runs a Python file and gives its classes their names: of each the subclasses of Module, Criterion and Optimizer.

    From then on descriptions (`type = "Swish"`) and model files may name its layers, and a training its losses and
    optimizers. Names that begin with an underscore stay private. A file that is loaded already is run again only if it
    has changed; its classes then replace those before.

    Raises UsageError for a path that is no Python file, PluginError for what is wrong in it.
    """
    place = Path(path)
    shown = printable(from_here(path))
    source = _read(place, shown)
    digest = hashlib.sha256(source).hexdigest()
    known = _loaded.get(place.resolve())
    if known is not None and known[0].digest == digest:
        return known[0]
    module = ModuleType(_module_name(place))
    module.__file__ = str(path)
    code, lines = _compiled(source, str(path), shown)
    _run(code, module, place, shown)
    note_origin(module.__name__, Origin(place.name, digest))
    plugin = _named(module, str(path), digest, shown, lines)
    _loaded[place.resolve()] = plugin, module
    return plugin


def _read(place: Path, shown: str) -> bytes:
    if place.suffix != ".py":
        raise UsageError(f"{shown}: is no Python file; name the .py file that has your layers")
    try:
        return place.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"{shown}: no such file; name the .py file that has your layers") from None
    except OSError as error:
        raise UsageError(f"{shown}: cannot be read ({reason_of(error)})") from None


def _module_name(place: Path) -> str:
    """The same for the same file; another one for a file of this name in another folder."""
    name = _PREFIX + place.stem
    others = [module.__name__ for other, (_, module) in _loaded.items() if other != place.resolve()]
    number = 1
    while (name if number == 1 else f"{name}_{number}") in others:
        number += 1
    return name if number == 1 else f"{name}_{number}"


def _compiled(source: bytes, path: str, shown: str) -> tuple[CodeType, dict[str, int]]:
    """The code, and the line of each class."""
    try:
        tree = ast.parse(source, path)
        lines = {node.name: node.lineno for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        return compile(tree, path, "exec"), lines
    except SyntaxError as error:
        text = f": {error.text.strip()}" if error.text else ""
        line = f":{error.lineno}" if error.lineno else ""
        raise PluginError(f"{shown}{line}: is no Python: {error.msg}{printable(text)}") from error
    except ValueError as error:  # a byte 0
        raise PluginError(f"{shown}: is no Python: {error}") from error


def _run(code: CodeType, module: ModuleType, place: Path, shown: str) -> None:
    """Runs the file as Python runs a script: what lies beside it can be imported."""
    folder = str(place.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)
    before = sys.modules.get(module.__name__)
    sys.modules[module.__name__] = module
    try:
        exec(code, module.__dict__)
    except (Exception, SystemExit) as error:
        if before is None:
            del sys.modules[module.__name__]
        else:
            sys.modules[module.__name__] = before
        line = _line_of(error, code.co_filename)
        if isinstance(error, CnnError):
            raise PluginError(f"{shown}{line}: {error}") from error
        what = " ".join(str(error).split())
        hint = "; a plugin defines classes and runs nothing" if isinstance(error, SystemExit) else ""
        raise PluginError(
            f"{shown}{line}: raised {type(error).__name__}{': ' + printable(what) if what else ''}{hint}"
        ) from error


def _line_of(error: BaseException, file: str) -> str:
    """The innermost line of the file itself, ":12"."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f":{lines[-1]}" if lines else ""


def _named(module: ModuleType, path: str, digest: str, shown: str, lines: dict[str, int]) -> Plugin:
    """Gives all classes their names, or none if one is taken."""
    layers, losses = list(_classes(module, Module)), list(_classes(module, Criterion))
    optimizers = list(_classes(module, Optimizer))
    for found in (*layers, *losses, *optimizers):
        other = _taken_by(found, module.__name__)
        if other:
            raise PluginError(
                f"{shown}:{lines.get(found.__name__, 1)}: class {found.__name__} has the name of {other}; give the "
                "class another name"
            )
    if not (layers or losses or optimizers):
        raise PluginError(
            f"{shown}: has no layer, loss or optimizer; write a class that begins as in class Swish(Module) "
            "(from cnncli.layers import Module)"
        )
    for layer in layers:
        register(layer)
    criteria.BY_NAME.update({loss.__name__: loss for loss in losses})
    optim.BY_NAME.update({optimizer.__name__: optimizer for optimizer in optimizers})
    plugin = Plugin(path, digest, _names(layers), _names(losses), _names(optimizers))
    for field, names in (("loss", plugin.losses), ("optimizer", plugin.optimizers)):
        PLUGIN_WORDS[field] += [name for name in names if name not in PLUGIN_WORDS[field]]
    return plugin


def _names(classes: Sequence[type]) -> tuple[str, ...]:
    return tuple(found.__name__ for found in classes)


def _classes(module: ModuleType, base: type[Base]) -> Iterator[type[Base]]:
    """The classes written in the file, each under its own name."""
    for name, value in list(vars(module).items()):
        is_own = isinstance(value, type) and value.__module__ == module.__name__ and name == value.__name__
        if is_own and issubclass(value, base) and not name.startswith("_"):
            yield value


def _taken_by(found: type, module: str) -> str | None:
    """Who has the name of a class already: a built-in one or another file's."""
    name = found.__name__
    if issubclass(found, Module):
        known: type | None = LAYER_TYPES.get(name)
        what, built_in = "layer", known is not None and is_built_in(known)
    elif issubclass(found, Criterion):
        known = criteria.BY_NAME.get(name)
        what, built_in = "loss", name in criteria.__all__
    else:
        known = optim.BY_NAME.get(name)
        what, built_in = "optimizer", name in optim.__all__
    if built_in:
        return f"a built-in {what}"
    if known is None or known.__module__ == module or not known.__module__.startswith(_PREFIX):
        return None
    others = [plugin for plugin, other in _loaded.values() if other.__name__ == known.__module__]
    return f"a {what} of {printable(from_here(others[0].path))}" if others else None
