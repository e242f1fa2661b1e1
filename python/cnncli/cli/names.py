"""Values that are names of what comes with the program, or paths: in any case, and completed by the shell."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from cnncli.cli.options import Folder
from cnncli.nearest import same_but_for_case

if TYPE_CHECKING:
    _TextType = click.ParamType[str]
else:
    _TextType = click.ParamType


def _networks() -> list[str]:
    from cnncli.network.architectures import model_names

    return model_names()


def _data_sets() -> list[str]:
    from cnncli.data import NAMES

    return sorted(NAMES)


def _presets() -> list[str]:
    from cnncli.training.presets import preset_names

    return preset_names()


_KNOWN: dict[str, Callable[[], list[str]]] = {
    "networks": _networks, "data sets": _data_sets, "presets": _presets,
}  # fmt: skip


class NameOrPath(_TextType):
    """One of the names of a kind, or any other text: its user says what is wrong with that.

    kind : a key of the table, such as "networks"
    """

    name = "text"

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        if text == text.lower() or "/" in text or Path(text).exists():
            return text  # a name as it is written here, or a path
        return same_but_for_case(text, _KNOWN[self._kind]())

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        names = [name for name in _KNOWN[self._kind]() if name.startswith(incomplete.lower())]
        return [*(CompletionItem(name) for name in names), CompletionItem(incomplete, type="file")]


class RunFolder(Folder):
    """The folder of a run."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        found = sorted(Path(ctx.params.get("runs") or "runs").glob("*/settings.json"))
        names = [path.parent.as_posix() for path in found if path.parent.as_posix().startswith(incomplete)]
        return [CompletionItem(name) for name in names] or [CompletionItem(incomplete, type="dir")]


class FilePath(_TextType):
    """The path of a file, for the shell to complete."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(incomplete, type="file")]


class ModelPath(FilePath):
    """The path of a model file; where there is no such file, a network that comes with its weights may be named."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from cnncli.cli.models_named import model_file

        return str(model_file(value))
