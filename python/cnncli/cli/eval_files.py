"""The files that `cnn eval` makes: a table of all answers, and a folder of the mistakes."""

import csv
import io
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from cnncli.cli.outputs import text_output
from cnncli.model.compare import Comparison
from cnncli.model.evaluate import Evaluation
from cnncli.shown import printable
from cnncli.storage.files import writing_error
from cnncli.views.tiles import as_rgb

_NAME_LETTERS = 60
_ROWS_AT_ONCE = 1000
_HEAD = ("file", "class", "answer", "right", "probability")
NO_ANSWER = "no answer"


def write_answers(evaluation: Evaluation, path: str) -> None:
    """A CSV with a row for each image: file, class, answer, 1 if it is right, and probabilities, as `cnn predict --csv`
    has them: that of the answer, then those of all classes. An image without an answer has empty cells.

    path : - for standard output
    """
    with text_output(path) as write:
        rows = [[*_HEAD, *evaluation.class_names]]
        for index in range(len(evaluation.labels)):
            rows.append(_row(evaluation, index))
            if len(rows) >= _ROWS_AT_ONCE:
                write(_as_csv(rows))
                rows = []
        write(_as_csv(rows))


def write_both_answers(comparison: Comparison, path: str) -> None:
    """A CSV with a row for each image: file, class, and of each of the two models the answer, 1 if it is right, and its
    probability."""
    one, other = comparison.first, comparison.second
    heads = [f"{which} {name}" for which in "AB" for name in _HEAD[2:]]
    rows = [[*_HEAD[:2], *heads]]
    for index in range(len(one.labels)):
        first, second = _row(one, index), _row(other, index)
        rows.append([*first[: len(_HEAD)], *second[2 : len(_HEAD)]])
    with text_output(path) as write:
        write(_as_csv(rows))


def copy_mistakes(evaluation: Evaluation, folder: str) -> int:
    """A folder with the pictures that got a wrong answer, in one folder for each pair of classes, and with their rows
    of the table of answers as mistakes.csv. It appears whole or not at all.

    Images of data that are no pictures are written as the network takes them, as PNG.

    Returns how many there are. Raises CnnError, one line, if it cannot be written.
    """
    target = Path(folder)
    try:
        temporary = Path(tempfile.mkdtemp(prefix=".cnncli-", dir=target.absolute().parent))
    except OSError as error:
        raise writing_error(folder, error) from None
    try:
        made = temporary / "mistakes"
        made.mkdir()
        rows = [["copy", *_HEAD, *evaluation.class_names]]
        for index, name in _named_mistakes(evaluation):
            (made / name).parent.mkdir(exist_ok=True)
            _copy(evaluation, index, made / name)
            rows.append([name, *_row(evaluation, index)])
        (made / "mistakes.csv").write_bytes(_as_csv(rows).encode("utf-8", "surrogateescape"))
        made.replace(target)
    except OSError as error:
        raise writing_error(folder, error) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return len(rows) - 1


def _named_mistakes(evaluation: Evaluation) -> Iterator[tuple[int, str]]:
    """(number, path below the folder), all different whatever the case of letters."""
    taken: set[str] = set()
    for index in evaluation.mistakes.tolist():
        name = evaluation.name_of(index)
        stem, suffix = os.path.splitext(os.path.basename(name))  # noqa: PTH119, PTH122
        folder = f"{_safe(_class(evaluation, evaluation.labels[index]))} as {_safe(_answer(evaluation, index))}"
        stem, suffix = _safe(stem), _safe(suffix) if _is_file(name) and suffix else ".png"
        path, number = f"{folder}/{stem}{suffix}", 1
        while path.lower() in taken:
            number += 1
            path = f"{folder}/{stem}-{number}{suffix}"
        taken.add(path.lower())
        yield index, path


def _copy(evaluation: Evaluation, index: int, path: Path) -> None:
    name, images = evaluation.name_of(index), evaluation.split.images
    if _is_file(name):
        shutil.copyfile(name, path)
    elif index < len(images):
        content = io.BytesIO()
        Image.fromarray(as_rgb(images[index])).save(content, "PNG")
        path.write_bytes(content.getvalue())
    else:  # of arrays, an image without a glyph is not kept
        Image.new("L", images.shape[:1:-1]).save(path)


def _is_file(name: str) -> bool:
    return Path(name).is_file()


def _row(evaluation: Evaluation, index: int) -> list[Any]:
    label, answer = int(evaluation.labels[index]), int(evaluation.predictions[index])
    names = evaluation.class_names
    head = [evaluation.name_of(index), names[label]]
    if answer < 0:
        return [*head, "", 0, "", *[""] * len(names)]
    shares = evaluation.probabilities[index].tolist()
    return [*head, names[answer], int(answer == label), *(f"{share:.6f}" for share in (shares[answer], *shares))]


def _class(evaluation: Evaluation, label: int) -> str:
    return evaluation.class_names[label]


def _answer(evaluation: Evaluation, index: int) -> str:
    answer = int(evaluation.predictions[index])
    return NO_ANSWER if answer < 0 else evaluation.class_names[answer]


def _safe(text: str) -> str:
    """A name of a file on any system."""
    text = re.sub(r'[\\/:*?"<>|]', "_", printable(text)).strip(" ")
    return text[:_NAME_LETTERS].encode("utf-8", "replace")[:200].decode("utf-8", "ignore") or "_"


def _as_csv(rows: list[list[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
