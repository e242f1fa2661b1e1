"""Labels become dense classes that keep their names, in the order of their values: one way for every reader."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from cnncli.data.dataset import MAX_CLASSES, Note
from cnncli.errors import DataError
from cnncli.shown import find_unprintable, printable

_MOST_DIGITS = 18  # longer numbers are sorted as text
_NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d{1,9})?", re.ASCII)
_WHOLE_FLOAT = re.compile(r"([+-]?\d{1,18})\.0*", re.ASCII)
_SHOWN = 10  # names that a message lists


def label_order(label: str) -> tuple[bool, float, str]:
    """Key to sort labels by: numbers first, by their value, then text.

    >>> sorted(["b", "10", "9", "a"], key=label_order)
    ['9', '10', 'a', 'b']
    """
    is_number = _NUMBER.fullmatch(label) is not None
    return not is_number, float(label) if is_number else 0.0, label


def number_classes(
    where: str, parts: Mapping[str, Sequence[str]], empty: Iterable[str] = ()
) -> tuple[list[str], dict[str, npt.NDArray[np.int64]], list[Note]]:
    """Numbers the labels of all parts together.

    Parameters
    ----------
    where : the file or folder, for messages
    parts : the labels of each part, as text; "3.0" is 3 if all labels are such numbers
    empty : names of classes that were seen without a picture; they are told, and are no classes

    Returns
    -------
    (class names, labels of each part as int64, notes)

    Raises
    ------
    DataError : too many classes, or a name with control characters
    """
    parts, notes = _composed(parts)
    different = sorted({label for labels in parts.values() for label in labels})
    whole = {label: found[1] for label in different if (found := _WHOLE_FLOAT.fullmatch(label))}
    if not different or len(whole) < len(different):
        whole = {}
    elif whole:
        notes.append(Note("converted", f"converted: labels such as {different[0]} to whole numbers"))
    names = sorted({whole.get(label, label) for label in different}, key=label_order)
    check_names(where, names)
    _refuse_measures(where, names, sum(map(len, parts.values())))
    number = {name: index for index, name in enumerate(names)}
    dense = {
        part: np.fromiter((number[whole.get(label, label)] for label in labels), np.int64, len(labels))
        for part, labels in parts.items()
    }
    return names, dense, [*notes, *class_notes(names, empty)]


def _composed(parts: Mapping[str, Sequence[str]]) -> tuple[Mapping[str, Sequence[str]], list[Note]]:
    """The labels with their accents as one letter each, as most keyboards write them: some systems write two.

    Returns them, and what is to be told where one set has both.
    """
    different = {label for labels in parts.values() for label in labels}
    composed = {label: unicodedata.normalize("NFC", label) for label in different if not label.isascii()}
    twice = sorted(label for label, plain in composed.items() if label != plain and plain in different)
    if all(label == plain for label, plain in composed.items()):
        return parts, []
    notes = [
        Note("classes", f"classes: {printable(composed[label])[:80]} is written in two ways, and is one")
        for label in twice[:_SHOWN]
    ]
    return {part: [composed.get(label, label) for label in labels] for part, labels in parts.items()}, notes


def _refuse_measures(where: str, names: Sequence[str], count: int) -> None:
    """Fractions that nearly each picture has its own of are measures and no classes."""
    fractions = [name for name in names if _NUMBER.fullmatch(name) and "." in name]
    if len(names) > _SHOWN and 2 * len(names) > count and 2 * len(fractions) > len(names):
        raise DataError(
            f"{where}: {len(names):,} different labels for {count:,} pictures, such as {fractions[0]}: numbers to be "
            "measured, and no classes; pass --label-column NAME for another column, or sort them into classes"
        )


def number_whole(
    where: str, parts: Mapping[str, npt.NDArray[np.int64]]
) -> tuple[list[str], dict[str, npt.NDArray[np.int64]], list[Note]]:
    """`number_classes` for labels that are whole numbers in arrays."""
    values = np.unique(np.concatenate([np.zeros(0, np.int64), *parts.values()]))
    check_count(where, len(values))
    dense = {part: np.searchsorted(values, labels).astype(np.int64) for part, labels in parts.items()}
    names = [str(value) for value in values.tolist()]
    return names, dense, class_notes(names)


def check_names(where: str, names: Sequence[str]) -> None:
    """Refuses too many classes, and names that no line can show."""
    check_count(where, len(names))
    for name in names:
        if not name.strip():
            raise DataError(f"{where}: holds a label that is empty; give each picture one")
        if find_unprintable(name) is not None:
            raise DataError(f"{where}: label '{printable(name)[:80]}' holds control characters; use printable ones")


def are_class_names(texts: Sequence[str]) -> bool:
    """Whether texts beside the data can name its classes: each is something, and another one.

    >>> are_class_names(["Ara ararauna", "a\u00a0b"]), are_class_names(["a", "a"]), are_class_names(["a", ""])
    (True, False, False)
    """
    return all(text and find_unprintable(text) is None for text in texts) and len(set(texts)) == len(texts)


def check_count(where: str, count: int) -> None:
    if count > MAX_CLASSES:
        raise DataError(f"{where}: {count:,} different labels; at most {MAX_CLASSES:,} classes are possible")


def class_notes(names: Sequence[str], empty: Iterable[str] = ()) -> list[Note]:
    """What is to be told about the classes: numbers that do not count from 0, and classes without pictures."""
    notes = []
    if _has_gaps(names):
        notes.append(Note("classes", f"classes: {_counted(names)}, kept as their names"))
    loose: dict[str, str] = {}
    for name in names:
        other = loose.setdefault(name.casefold().strip(), name)
        if other != name:
            notes.append(Note("classes", f"classes: {printable(other)[:80]} and {printable(name)[:80]} differ in case "
                              "only, and are two"))  # fmt: skip
            break
    without = sorted(set(empty) - set(names), key=label_order)
    if without:
        listed = ", ".join(printable(name)[:80] for name in without[:_SHOWN])
        more = f" and {len(without) - _SHOWN:,} more" if len(without) > _SHOWN else ""
        plural = "class" if len(without) == 1 else "classes"
        notes.append(Note("classes", f"{plural} {listed}{more}: no images, left out", {"no images": len(without)}))
    return notes


def _counted(names: Sequence[str]) -> str:
    return f"{len(names)} labels from {names[0]} to {names[-1]}" if len(names) > 1 else f"the label {names[0]}"


def _has_gaps(names: Sequence[str]) -> bool:
    if not names or not all(name.isascii() and name.isdigit() and len(name) <= _MOST_DIGITS for name in names):
        return False
    return [int(name) for name in names] != list(range(len(names)))
