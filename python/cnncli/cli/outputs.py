"""The files that a command was asked to write, looked at before its work: they can be made, and nothing is lost."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from cnncli.errors import CnnError, DataError, UsageError
from cnncli.shown import printable

STANDARD_OUTPUT = "-"

_LIST_SUFFIXES = {".csv", ".tsv", ".txt"}
# What is never the name of a table, and what a table would replace if it were.
_OTHER_KINDS = {
    ".bin", ".gz", ".html", ".npy", ".npz", ".pdf", ".py", ".svg", ".toml", ".zip",
}  # fmt: skip
_NEVER_DATA = (".html", ".json", ".pdf", ".svg")

Input = tuple[str, str | os.PathLike[str] | None]


def check_outputs(outputs: Mapping[str, str | None], inputs: Sequence[Input] = (), data: str | None = None) -> None:
    """Raises UsageError for a file that cannot be written, that is an input, or that two options name.

    outputs : the files by option; None: the option was not given
    inputs : files that the command reads, each with what it is, such as ("the model", "model.bin")
    data : the data set that it reads, a file or a folder; a name of one is no file
    """
    named = [(option, path) for option, path in outputs.items() if path is not None]
    for option, path in named:
        _check_place(option, path)
        check_no_input(option, path, inputs)
        if data is not None and _is_of_data(path, data):
            what = "the data" if _is_the_file(path, data) else f"a file of {printable(data)}"
            raise UsageError(f"{option} {printable(path)}: is {what}, which would be lost; name another file")
    for index, (option, path) in enumerate(named):
        for other, another in named[:index]:
            if _is_same_file(path, another):
                raise UsageError(f"{option} {printable(path)}: is the file of {other}, too; name another one")


def check_no_input(option: str, path: str, inputs: Sequence[Input]) -> None:
    """Raises UsageError for a file that the command reads, and for standard output."""
    if path == STANDARD_OUTPUT:
        raise UsageError(f"{option} -: standard output takes tables alone; name a file, ./- if it is to be called so")
    for what, read in inputs:
        if read is not None and _is_the_file(path, read):
            raise UsageError(f"{option} {printable(path)}: is {what}, which would be lost; name another file")


def check_table_name(option: str, path: str | None) -> None:
    """Raises UsageError for a table under the name of something else, such as a picture or a model."""
    from cnncli.pictures.formats import SUFFIXES

    if path is not None and Path(path).suffix.lower() in {*_OTHER_KINDS, *SUFFIXES}:
        raise UsageError(f"{option} {printable(path)}: a table is no {Path(path).suffix}; use a name that ends in .csv")


def check_new_folder(option: str, path: str | None, outputs: Mapping[str, str | None]) -> None:
    """Raises UsageError for a folder that cannot be made anew, or into which other `outputs` are to go."""
    if path is None:
        return
    target, where = Path(path), f"{option} {printable(path)}"
    if not path or path == STANDARD_OUTPUT:
        raise UsageError(f"{option} {path or repr(path)}: name a new folder")
    if target.is_dir() and any(target.iterdir()):
        raise UsageError(f"{where}: holds files already; name a new folder")
    if target.exists() and not target.is_dir():
        raise UsageError(f"{where}: is a file; name a folder")
    if not target.exists():
        _check_place(option, path.rstrip("/"))
    for other, file in outputs.items():
        if file is None:
            continue
        real = Path(os.path.realpath(file))
        if Path(os.path.realpath(path)) in (real, *real.parents):
            raise UsageError(f"{other} {printable(file)}: is in the new folder of {option}; name another place")


def check_folder_of(option: str, path: str | None) -> None:
    """Raises UsageError for a folder that cannot be made, or that takes no files."""
    from cnncli.storage.files import check_folder

    try:
        if path is not None:
            check_folder(path)
    except CnnError as error:
        raise UsageError(f"{option} {error}") from None


def goes_to_stdout(option: str, path: str | None, as_json: bool) -> bool:
    """Whether a table is for standard output; UsageError where that has JSON already, and for the name of no table."""
    check_table_name(option, path)
    if path == STANDARD_OUTPUT and as_json:
        raise UsageError(f"{option} - and --json: both go to standard output; name a file, or leave out one of them")
    return path == STANDARD_OUTPUT


@contextmanager
def text_output(path: str | None) -> Iterator[Callable[[str], None]]:
    """A function that writes text to stdout at once, or to a file that appears whole at the end.

    path : None or - for stdout
    """
    if path is None or path == STANDARD_OUTPUT:

        def write(text: str) -> None:
            sys.stdout.write(text)
            sys.stdout.flush()

        yield write
        return
    from cnncli.storage.files import written_atomically

    with written_atomically(path) as write_bytes:
        yield lambda text: write_bytes(text.encode("utf-8", "surrogateescape"))


def _is_same_file(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    """Whether two names are of one file, also through links; it need not be there."""
    with suppress(OSError, ValueError):
        return Path(one).samefile(other)
    return os.path.realpath(one) == os.path.realpath(other)


def _is_the_file(path: str | os.PathLike[str], read: str | os.PathLike[str]) -> bool:
    """Whether `path` is a file that is read; one that is not there, such as the name of a network, is none."""
    return Path(read).exists() and _is_same_file(path, read)


def _check_place(option: str, path: str) -> None:
    from cnncli.storage.files import check_writable

    if not path:
        raise UsageError(f"{option} '': name a file")
    try:
        check_writable(path)
    except CnnError as error:
        raise UsageError(f"{option} {error}") from None


def _is_of_data(path: str, data: str) -> bool:
    """Whether a file that is there is the data set, is named by its list, or lies in its folder and could be read."""
    if _is_the_file(path, data):
        return True
    target, place = Path(path), Path(data)
    if not target.is_file():
        return False
    if place.is_dir():
        suffix = target.suffix.lower()
        return place.resolve() in target.resolve().parents and suffix not in _NEVER_DATA
    if place.suffix.lower() in _LIST_SUFFIXES and target.suffix.lower() == ".png" and place.is_file():
        from cnncli.data.tables.lists import read_names

        with suppress(DataError):
            return any(_is_the_file(target, name) for name, _ in read_names(place))
    return False
