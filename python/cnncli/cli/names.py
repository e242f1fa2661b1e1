"""Values that are names of what comes with the program, or paths: in any case, and completed by the shell."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from cnncli.cli.command_table import COMMANDS
from cnncli.cli.options import Folder, offered
from cnncli.errors import CnnError
from cnncli.nearest import same_but_for_case
from cnncli.shipped import DATA_SETS, model_names, preset_names, trained_names

if TYPE_CHECKING:
    _TextType = click.ParamType[str]
else:
    _TextType = click.ParamType


def _lessons() -> list[str]:
    from cnncli.lessons.catalogue import CATALOGUE

    return [entry.name for entry in CATALOGUE]


def _mistakes() -> list[str]:
    from cnncli.broken.names import NAMES

    return list(NAMES)


def _masks() -> list[str]:
    from cnncli.views.named_masks import MASKS

    return list(MASKS)


def _layers() -> list[str]:
    from cnncli.layers.registry import LAYER_TYPES

    return sorted(LAYER_TYPES)


_KNOWN: dict[str, Callable[[], list[str]]] = {
    "networks": model_names, "trained models": trained_names, "data sets": lambda: sorted(DATA_SETS),
    "presets": preset_names, "lessons": _lessons, "mistakes": _mistakes, "masks": _masks, "layers": _layers,
    "commands": lambda: list(COMMANDS),
}  # fmt: skip


class Name(_TextType):
    """One of the names of a kind, in any case, or any other text: its user says what is wrong with that.

    kind : a key of the table, such as "networks"
    """

    name = "text"

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return same_but_for_case(str(value), _KNOWN[self._kind]())

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return offered(_KNOWN[self._kind](), incomplete)


class NameOrPath(Name):
    """One of the names of a kind, or a path, which goes first where there is such a file."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        if "/" in text or Path(text).exists() or (text == text.lower() and self._kind != "layers"):
            return text  # a path, or a name as it is written here
        return super().convert(text, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [*super().shell_complete(ctx, param, incomplete), CompletionItem(incomplete, type="file")]


class ModelOrPicture(NameOrPath):
    """A model, of which only the first of two words may be the name, or a picture."""

    def __init__(self) -> None:
        super().__init__("trained models")

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        found = super().shell_complete(ctx, param, incomplete)
        return [item for item in found if item.type == "file"] if ctx.params.get("words") else found


class OfModel(_TextType):
    """A class or a layer of the model that the command line names.

    kind : "classes" or "layers"
    """

    name = "text"

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from cnncli.cli.models_named import model_and_picture, open_model

        words = ctx.params.get("words") or ()
        try:
            network = open_model(ctx.params.get("model") or model_and_picture(words)[0])[0].network
            names = network.class_names if self._kind == "classes" else [row.name for row in network.layer_table()]
        except (click.UsageError, CnnError, OSError):  # the command will say what is wrong
            return []
        return offered(names, incomplete)


class RunFolder(Folder):
    """The folder of a run, or its name.

    groups : those of several seeds are taken, too
    """

    def __init__(self, *, groups: bool = False) -> None:
        self._files = ("*/settings.json", "*/*/settings.json", *(["*/seeds.json"] if groups else []))

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        root = Path(ctx.params.get("runs") or ctx.params.get("root") or "runs")
        found = sorted(path.parent for files in self._files for path in root.glob(files))
        names = [path.as_posix() for path in found]
        if incomplete:
            names += [path.relative_to(root).as_posix() for path in found]
        return [CompletionItem(name) for name in names if name.startswith(incomplete)] or super().shell_complete(
            ctx, param, incomplete
        )


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

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return NameOrPath("trained models").shell_complete(ctx, param, incomplete)
