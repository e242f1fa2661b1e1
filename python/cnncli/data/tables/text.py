"""Text files as people save them: UTF-8 with or without its mark, UTF-16 with it, Latin-1; any usual separator."""

import codecs
import csv
import io
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from cnncli.data.dataset import Note
from cnncli.errors import DataError
from cnncli.shown import printable, reason_of

HEAD_BYTES = 1 << 20  # of a list or table, from which its form is found
MAX_LIST_BYTES = 64 << 20  # a million rows; what is larger is no list
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x80-\x9f]")
_LATIN_RUN = re.compile(rb"[\x80-\xff]{3,}")
_SAMPLE_ROWS = 50

DELIMITERS = (",", ";", "\t", "|")


def read_content(path: Path, where: str, most_bytes: int = MAX_LIST_BYTES) -> bytes:
    """The content of a regular file within the size limit; a pipe or device would block or never end."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{where}: not a regular file; save the list to a file first")
        if status.st_size > most_bytes:
            raise DataError(f"{where}: {status.st_size:,} bytes; the limit is {most_bytes:,}, use a smaller list")
        with path.open("rb") as file:
            return file.read(most_bytes + 1)
    except OSError as error:
        reason = reason_of(error)
        raise DataError(f"{where}: cannot be read ({reason}); check the file and its permissions") from None


def decode(content: bytes, where: str) -> tuple[str, list[Note]]:
    """The text, and a note if it was not UTF-8.

    Raises DataError, which names the line, if the encoding is not plain.
    """
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if content.startswith(mark):
            try:
                return content[2:].decode(encoding), [Note("converted", f"converted: {where} from UTF-16 to UTF-8")]
            except UnicodeDecodeError:
                raise DataError(f"{where}: UTF-16 text that is cut or damaged; save the list as UTF-8") from None
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError as error:
        if _is_latin(content):
            return content.decode("latin-1"), [Note("converted", f"converted: {where} from Latin-1 to UTF-8")]
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f'{where}, line {line}: not UTF-8 text; save the list as UTF-8 ("CSV UTF-8" in spreadsheets)'
        ) from None


def _is_latin(content: bytes) -> bool:
    """Whether it is plainly Latin-1: letters with accents here and there among ASCII, no control characters.

    Texts of other scripts in other encodings have long runs of such bytes.
    """
    sample = content[:HEAD_BYTES]
    high, letters = (len(re.findall(pattern, sample)) for pattern in (rb"[\xa0-\xff]", rb"[A-Za-z]"))
    return (
        high * 4 <= letters
        and _LATIN_RUN.search(content) is None
        and _CONTROL.search(content.decode("latin-1")) is None
    )


def without_preamble(text: str) -> tuple[str, str | None]:
    """(a list whose first lines of comments are empty, so that lines keep their numbers; the separator it declares).

    Comments begin with #; spreadsheets declare their separator in a first line of its own.

    >>> without_preamble("sep=;\\n# mine\\npath;label\\n")
    ('\\n\\npath;label\\n', ';')
    """
    lines = text.split("\n", _SAMPLE_ROWS)
    delimiter = None
    for index, line in enumerate(lines[:_SAMPLE_ROWS]):
        declared = re.fullmatch(r"\"?sep=(.)\"?\r?", line, re.IGNORECASE) if index == 0 else None
        if declared and declared[1] in DELIMITERS:
            delimiter = declared[1]
        elif line.strip() and not line.startswith("#"):
            break
        lines[index] = ""
    return "\n".join(lines), delimiter


def find_delimiter(text: str) -> str:
    """The separator of a list: the one that gives the same number of columns, two or more, to most rows.

    "" stands for a space between a path and the label at the end of the row, as in lists of Caffe.

    >>> find_delimiter("path;label\\na, b.png;x\\n"), find_delimiter("a/b.png 0\\nc/d.png 1\\n")
    (';', '')
    """
    sample = "".join(text[:HEAD_BYTES].splitlines(keepends=True)[: 4 * _SAMPLE_ROWS])
    best, share, width = ",", 0.0, 1
    for delimiter in DELIMITERS:
        rows = []
        try:
            for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, skipinitialspace=True):
                if row:
                    rows.append(len(row))
        except csv.Error:
            pass
        rows = rows[:_SAMPLE_ROWS]
        if not rows or rows[0] < 2:
            continue
        same = sum(count == rows[0] for count in rows) / len(rows)
        if (same, rows[0]) > (share, width):
            best, share, width = delimiter, same, rows[0]
    if share == 0:
        lines = [line.strip() for line in sample.splitlines() if line.strip()][:_SAMPLE_ROWS]
        if lines and all(len(line.rsplit(None, 1)) == 2 and "." in line for line in lines):
            return ""
    return best


def cells_of(where: str, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(number of its first line, cells) of each row that is not empty."""
    if delimiter == "":
        for number, whole in enumerate(text.splitlines(), 1):
            if whole.strip():
                yield number, [cell.strip() for cell in whole.rsplit(None, 1)]
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True, delimiter=delimiter)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(f"{where}, line {line}: not CSV ({printable(str(error))}); check the quotes") from None
        if row:
            yield line, [cell.strip() for cell in row]
