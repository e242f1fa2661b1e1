"""The network descriptions that ship with the package, models/*.toml, and those of users, read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cnncli.errors import CnnError, FormatError, UsageError
from cnncli.nearest import same_but_for_case
from cnncli.network.description import suggestion
from cnncli.shipped import description_folder, model_names
from cnncli.shown import printable, reason_of, shown

# A description is a page of text; more is another file picked by mistake.
LARGEST_FILE_BYTES = 1024 * 1024


def read_model(name_or_path: str | Path) -> tuple[dict[str, Any], str]:
    """(description, source) of a network that ships, by name, or of a user's file, by a path ending in .toml.

    description : tables and values as in the file; `training` in it holds the defaults of `cnn train`, and `target`
        those that go before them with --target
    source : what errors call the file: "models/lenet5.toml", or the path as given

    Raises UsageError for an unknown name or a missing file, FormatError for a file that is no TOML.
    """
    data, source = _read(str(name_or_path))
    return _parse(data, source), source


def find_line(name_or_path: str | Path, keys: Sequence[str]) -> int | None:
    """The line, counted from 1, on which the value with these nested keys stands in the file of a description.

    For messages: where it cannot be told, the line of the table around it, or None.
    """
    from cnncli.network.toml_lines import line_of

    try:
        return line_of(_read(str(name_or_path))[0].decode("utf-8"), keys)
    except (CnnError, UnicodeDecodeError):  # the file is gone, or was changed
        return None


def find_layer_line(name_or_path: str | Path, path: Sequence[int]) -> int | None:
    """`find_line` for a layer, by its numbers from 0 in the list and in nested ones."""
    from cnncli.network.toml_lines import line_of_layer

    try:
        return line_of_layer(_read(str(name_or_path))[0].decode("utf-8"), path)
    except (CnnError, UnicodeDecodeError):
        return None


def _read(name: str) -> tuple[bytes, str]:
    """The bytes of a description, and what errors call it."""
    if name.endswith(".toml"):
        return _read_file(Path(name)), printable(name)
    name = same_but_for_case(name, model_names())
    if name not in model_names():
        raise UsageError(
            f'no network is named {shown(name)}; {suggestion(name, model_names())} '
            "(a path has to end in .toml)"
        )
    return (description_folder() / f"{name}.toml").read_bytes(), f"models/{name}.toml"


def _read_file(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise FormatError(f"{printable(path)}: is larger than 1 MiB; a network description is a page of text")
        return path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"{printable(path)}: no such file; known names: {', '.join(model_names())}") from None
    except OSError as error:
        raise UsageError(f"{printable(path)}: cannot be read ({reason_of(error)}); use a readable file") from None


def _parse(data: bytes, source: str) -> dict[str, Any]:
    import tomllib  # here: a model file holds its description as JSON

    try:
        return tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, or a number of thousands of digits
        raise FormatError(f"{source}: is not TOML ({error}); see models/lenet5.toml for the form") from None
