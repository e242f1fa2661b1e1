"""Lists of pictures: the path of a file and its label in each row, in the spellings that people use."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cnncli.data.classes import number_classes
from cnncli.data.dataset import Note
from cnncli.data.part_names import part_of_value
from cnncli.data.raw import RawPart, RawSet
from cnncli.data.resolve import Finder, Way, bases_of, find_files, plain_path
from cnncli.data.tables.columns import PATH_NAMES, named_columns
from cnncli.data.tables.list_columns import Columns, find_columns, find_path_column, is_index
from cnncli.data.tables.number_table import holds_numbers
from cnncli.data.tables.text import cells_of, decode, find_delimiter, read_content, without_preamble
from cnncli.errors import DataError
from cnncli.shown import find_unprintable, plural, printable

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_SAMPLE_ROWS = 300
_SAMPLE_NAMES = 5


@dataclass(frozen=True)
class ListedPicture:
    """A row: its line, its path as it is written and where it leads, its label and its part ("" without one)."""

    line: int
    written: str
    file: Path
    is_found: bool
    label: str
    part: str


@dataclass(frozen=True)
class PictureList:
    """All rows of a list, and what was found out about it."""

    where: str
    rows: list[ListedPicture]
    notes: list[Note]


def read_list_set(path: Path, label_column: str | None = None) -> RawSet:
    """Reads the pictures that a list names; its labels are the classes, in order (numbers by their value).

    See `read_list` for its form. A column such as `split` with the values train, val and test makes parts.
    """
    listed = read_list(path, label_column)
    return make_list_set(path.stem, listed.where, [("", listed)])


def make_list_set(name: str, where: str, lists: list[tuple[str, PictureList]]) -> RawSet:
    """A set out of lists, each with the part that it is for ("": what its rows say, else training)."""
    rows = [(row.part or part or "train", row, listed.where) for part, listed in lists for row in listed.rows]
    labels: dict[str, list[str]] = {}
    parts: dict[str, tuple[list[Path], list[str]]] = {}
    for part, row, source in rows:
        labels.setdefault(part, []).append(row.label)
        files, places = parts.setdefault(part, ([], []))
        files.append(row.file)
        places.append(f"{source}, line {row.line}")
    class_names, dense, notes = number_classes(where, labels)
    notes += _told_twice([(part, row) for part, row, _ in rows])
    told = [note for _, listed in lists for note in listed.notes]
    if "validation" in parts:
        count = len(labels["validation"])
        notes.append(Note("parts", f"{count:,} rows for validation: used for validation"))
    raw = {part: RawPart(files, dense[part], places) for part, (files, places) in parts.items()}
    return RawSet(name, class_names, raw, source=where, notes=[*told, *notes])


def _told_twice(rows: list[tuple[str, ListedPicture]]) -> list[Note]:
    """Pictures with more than one label, and pictures of training that are measured on as well."""
    labels: dict[Path, set[str]] = {}
    parts: dict[Path, set[str]] = {}
    for part, row in rows:
        labels.setdefault(row.file, set()).add(row.label)
        parts.setdefault(row.file, set()).add(part)
    torn = {file: sorted(found) for file, found in labels.items() if len(found) > 1}
    shared = [file for file, found in parts.items() if "train" in found and len(found) > 1]
    notes = []
    if torn:
        file, found = next(iter(torn.items()))
        text = f"{plural(len(torn), 'picture')} with more than one label"
        example = f"{printable(file.name)[:80]}: {', '.join(printable(label)[:40] for label in found[:_SAMPLE_NAMES])}"
        notes.append(Note("classes", f"classes: {text}, such as {example}", {"more than one label": len(torn)}))
    if shared:
        verb = "is" if len(shared) == 1 else "are"
        text = f"parts: {len(shared):,} of the training pictures {verb} in another part too"
        example = f", such as {printable(shared[0].name)[:80]}"
        notes.append(Note("parts", text + example, {"in two parts": len(shared)}))
    return notes


def read_list(path: Path, label_column: str | None = None) -> PictureList:
    """Reads a list.

    UTF-8 text (UTF-16 with its mark; Latin-1 where it is plain), columns separated by commas, semicolons, tabs or
    bars, or by the last space of a row; quotes as in RFC 4180. Columns are found by the names of a header, else by
    what their cells are. Paths are relative to the list's folder, to a folder beside it, or to the current folder,
    with / or \\, with or without suffix. Spaces around a cell and empty lines do not matter.

    Raises DataError, which names the line, for a list that cannot be read, a column that is missing or may be meant
    twice, rows of different lengths, empty cells, labels with control characters, and a list none of whose files is
    there. Single files that are not there are handed on.
    """
    where = printable(path)
    text, notes = decode(read_content(path, where), where)
    text, declared = without_preamble(text)
    delimiter = declared or find_delimiter(text)
    rows = list(_even_rows(where, text, delimiter))
    if not rows:
        raise DataError(f"{where}: lists no pictures; write a row path,label for each")
    finder = Finder()
    sample = [row for _, row in rows[:_SAMPLE_ROWS]]
    exists, lies_beside = _lookups(path, finder)
    with _no_numbers(path, where):
        columns = find_columns(f"{where}, line {rows[0][0]}", sample, exists, label_column, lies_beside)
    body = rows[1:] if columns.header is not None else rows
    if not body:
        raise DataError(f"{where}: lists no pictures; write a row path,label for each")
    _refuse_addresses(where, [(line, row[columns.path]) for line, row in body])
    return _listed(path, where, columns, body, finder, notes)


def read_names(path: Path) -> list[tuple[Path, str]]:
    """The pictures that a list names, each with its label, "" where it has none: what a prediction needs of it.

    One file a line, which may hold spaces and commas, or a list as `read_list` reads it; labels may be missing.

    Raises DataError for a list that cannot be read or names no picture; files need not be there.
    """
    where = printable(path)
    text, _ = decode(read_content(path, where), where)
    finder = Finder()
    exists, lies_beside = _lookups(path, finder)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    delimiter = find_delimiter(text)
    if any(map(exists, lines[:_SAMPLE_NAMES])) or all(len(row) == 1 for _, row in cells_of(where, text, delimiter)):
        if len(lines) > 1 and named_columns(lines[:1], PATH_NAMES) and not exists(lines[0]):
            lines = lines[1:]
        written = [(line.removeprefix('"').removesuffix('"'), "") for line in lines]
    else:
        rows = [row for _, row in _even_rows(where, text, delimiter)]
        place, sample = f"{where}, line 1", rows[:_SAMPLE_ROWS]
        try:
            columns = find_columns(place, sample, exists, None, lies_beside)
        except DataError:  # more columns may be the label: the answers need none
            with _no_numbers(path, where):
                header, column = find_path_column(place, sample, exists, lies_beside)
            columns = Columns(header, column, None, (), None)
        body = rows[1:] if columns.header is not None else rows
        written = [(row[columns.path], row[columns.label] if columns.label is not None else "") for row in body]
    if not written:
        raise DataError(f"{where}: lists no pictures; write the path of one in each row")
    _refuse_addresses(where, [(line, name) for line, (name, _) in enumerate(written, 1)])
    found, _ = find_files(path, [name for name, _ in written], finder)
    return [
        (file or path.parent / plain_path(name), label) for (name, label), file in zip(written, found, strict=True)
    ]


@contextmanager
def _no_numbers(path: Path, where: str) -> Iterator[None]:
    """Says of a table of numbers that it is one, where the columns of a list are looked for in it: a header as a list
    has it would spoil the table."""
    try:
        yield
    except DataError:
        if not holds_numbers(path):
            raise
        raise DataError(
            f"{where}: is a table of numbers, in which there are no pictures; pass pictures, or use a model that was "
            "trained on such a table"
        ) from None


def _listed(
    path: Path, where: str, columns: Columns, body: list[tuple[int, list[str]]], finder: Finder, notes: list[Note]
) -> PictureList:
    _refuse_gaps(where, columns, body)
    cells = [_cells(where, line, row, columns) for line, row in body]
    written = [cell[0] for cell in cells]
    found, way = find_files(path, written, finder)
    if len(body) > 1 and not any(found):
        raise DataError(
            f"{where}: none of its {len(body):,} pictures is found, such as '{printable(written[0])[:120]}' "
            f"(line {body[0][0]}); write paths relative to the list or to the current folder"
        )
    notes = [*notes, *_told_paths(path, written, found, way), *_told_columns(columns, body)]
    rows = [
        ListedPicture(line, name, file or path.parent / plain_path(name), file is not None, label, part)
        for (line, _), (name, label, part), file in zip(body, cells, found, strict=True)
    ]
    return PictureList(where, rows, notes)


def _told_paths(path: Path, written: list[str], found: list[Path | None], way: Way) -> list[Note]:
    """How paths lead to files, where it is not as they are written."""
    if not any(found):
        return []
    is_elsewhere = way.strip > 0 or way.base != path.parent
    for name, file in zip(written, found, strict=True):
        if file is None:
            continue
        last = plain_path(name).rpartition("/")[2]
        if not (is_elsewhere or (file.name != last and file.stem != last)):
            continue
        if str(file) == plain_path(name):
            return [Note("converted", "converted: paths are relative to the current folder")]
        text = f"converted: paths such as {printable(name)[:80]} are read as {printable(file)[-120:]}"
        return [Note("converted", text)]
    return []


def _told_columns(columns: Columns, body: list[tuple[int, list[str]]]) -> list[Note]:
    """The columns that are neither used nor number the rows."""
    used = {columns.path, columns.label, columns.part, *columns.one_hot}
    rows = [row for _, row in body[:_SAMPLE_ROWS]]
    rest = [at for at in range(len(rows[0])) if at not in used and not is_index(columns.header, rows, at)]
    if not rest:
        return []
    names = [printable(columns.header[at][:40]) if columns.header else str(at + 1) for at in rest[:_SAMPLE_NAMES]]
    more = f" and {len(rest) - len(names):,} more" if len(rest) > len(names) else ""
    text = f"left aside: column{'s' if len(rest) > 1 else ''} {', '.join(names)}{more}"
    return [Note("left aside", text, {"columns": len(rest)})]


def _lookups(path: Path, finder: Finder) -> tuple[Callable[[str], bool], Callable[[str], bool]]:
    """Whether a cell leads to a file below the list's folder or the current one; and below any folder near the list."""
    near: list[Path] = []

    def leads(cell: str, bases: Sequence[Path]) -> bool:
        if not cell or len(cell) > 4096 or "\0" in cell:
            return False
        plain = plain_path(cell)
        return any(finder.find(base, name) is not None for base in bases for name in (cell, plain))

    def lies_beside(cell: str) -> bool:
        if not near:
            near.extend(bases_of(path))
        return leads(cell, near)

    return lambda cell: leads(cell, (path.parent, Path())), lies_beside


def _even_rows(where: str, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, all as long as the first."""
    width = 0
    for line, row in cells_of(where, text, delimiter):
        width = width or len(row)
        if len(row) != width:
            raise DataError(
                f"{where}, line {line}: {plural(len(row), 'column')}, {width} in the first row; "
                "give each row the same, cells with a comma in double quotes"
            )
        yield line, row


def _refuse_addresses(where: str, written: Sequence[tuple[int, str]]) -> None:
    """Nothing is fetched; and a file that has the last part of an address as its name may be another one."""
    for line, name in written:
        if _ADDRESS.match(name):
            raise DataError(
                f"{where}, line {line}: '{printable(name)[:120]}' is an address; fetch the pictures, and list the files"
            )


def _refuse_gaps(where: str, columns: Columns, body: list[tuple[int, list[str]]]) -> None:
    """Rows without a path or a label, all in one line."""
    for name, column in (("path", columns.path), ("label", columns.label)):
        lines = [line for line, row in body if column is not None and not row[column]]
        if len(lines) == 1:
            raise DataError(f"{where}, line {lines[0]}: the {name} is empty; fill it in or remove the row")
        if lines:
            listed = ", ".join(f"{line:,}" for line in lines[:_SAMPLE_NAMES])
            more = f" and {len(lines) - _SAMPLE_NAMES:,} more" if len(lines) > _SAMPLE_NAMES else ""
            raise DataError(
                f"{where}: the {name} is empty in {len(lines):,} rows (lines {listed}{more}); fill it in or remove them"
            )


def _cells(where: str, line: int, row: list[str], columns: Columns) -> tuple[str, str, str]:
    """(path, label, part) of a row, each checked."""
    path = row[columns.path]
    if columns.label is not None:
        label = row[columns.label]
    else:
        chosen = [column for column in columns.one_hot if _is_one(row[column])]
        if len(chosen) != 1 or columns.header is None:
            raise DataError(f"{where}, line {line}: {len(chosen)} classes; give each picture one")
        label = columns.header[chosen[0]]
    if find_unprintable(label) is not None:
        raise DataError(
            f"{where}, line {line}: label '{printable(label)[:80]}' holds control characters; use printable ones"
        )
    if columns.part is None:
        return path, label, ""
    name = (columns.header or [""])[columns.part]
    part = part_of_value(row[columns.part], name)
    if part is None:
        name = printable(name[:40])
        raise DataError(
            f"{where}, line {line}: {name} '{printable(row[columns.part])[:40]}' is no part; write train, val or test"
        )
    return path, label, part


def _is_one(cell: str) -> bool:
    try:
        return float(cell) == 1
    except ValueError:
        return False
