"""Arrays under the names that people give them (x_train, labels, data, arr_0): images and labels of which part."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from cnncli.data.array_files.arrays import make_parts
from cnncli.data.array_files.npy import NpyHeader
from cnncli.data.classes import are_class_names
from cnncli.data.dataset import Note
from cnncli.data.part_names import part_of_word
from cnncli.data.raw import RawSet
from cnncli.errors import DataError
from cnncli.shown import format_shape, printable

# First the names that are preferred where an archive holds more than one, as scikit-learn's digits do.
_IMAGE_WORDS = (
    "images", "image", "imgs", "img", "pictures", "x", "xs", "pixels", "data", "inputs", "input", "features", "samples",
)  # fmt: skip
_LABEL_WORDS = (
    "labels", "label", "y", "ys", "targets", "target", "classes", "class", "categories", "category", "outputs",
    "output",
)  # fmt: skip
_NAME_WORDS = ("classnames", "labelnames", "targetnames", "categorynames", "names", "classlabels")
_WORD = re.compile(r"[a-z]+|\d+")
_SHOWN = 6


@dataclass(frozen=True)
class Meaning:
    """What the name of an array says.

    part : "train", "validation", "test", or "" without a word about it
    kind : "images", "labels" or "names" (of the classes)
    rank : 0 for the word that is preferred
    """

    part: str
    kind: str
    rank: int


def meaning_of(name: str) -> Meaning | None:
    """
    >>> meaning_of("X_train"), meaning_of("valid_labels")
    (Meaning(part='train', kind='images', rank=5), Meaning(part='validation', kind='labels', rank=0))
    >>> meaning_of("weights") is None
    True
    """
    words = _WORD.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    if "".join(words) in _NAME_WORDS:
        return Meaning("", "names", 0)
    parts = [part for word in words if (part := part_of_word(word))]
    rest = "".join(word for word in words if not part_of_word(word))
    for kind, known in (("images", _IMAGE_WORDS), ("labels", _LABEL_WORDS)):
        if rest in known and len(parts) < 2:
            return Meaning(parts[0] if parts else "", kind, known.index(rest))
    joined = re.fullmatch(r"([xy])(tr|train|te|test|val|valid)|(tr|train|te|test|val|valid)([xy])", "".join(words))
    if joined:  # xtrain, ytest
        letter, part = joined[1] or joined[4], joined[2] or joined[3]
        words_of = _IMAGE_WORDS if letter == "x" else _LABEL_WORDS
        kind = "images" if letter == "x" else "labels"
        return Meaning(part_of_word(part) or "", kind, words_of.index(letter))
    return None


def common_words(names: Sequence[str]) -> int:
    """The length of the words that all names begin with.

    >>> common_words(["k49-train-imgs", "k49-test-imgs"]), common_words(["cat", "car"])
    (4, 0)
    """
    first, last = min(names), max(names)  # what these two share all share
    same = next((at for at, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first))
    return max(first.rfind(mark, 0, same) for mark in "_-. ") + 1


def pair_arrays(where: str, headers: Mapping[str, NpyHeader]) -> tuple[dict[str, tuple[str, str]], str | None]:
    """({part: (images, labels)}, name of the array of class names or None): by names, else by shapes.

    Raises DataError, with all that was seen, if images and labels cannot be told.
    """
    meant: dict[tuple[str, str], tuple[int, str]] = {}
    names: str | None = None
    for name, header in headers.items():
        meaning = meaning_of(name)
        if meaning is None:
            continue
        is_text_list = header.dtype.kind in "US" and len(header.shape) == 1
        if meaning.kind == "names":
            names = name if is_text_list else names
            continue
        key = (meaning.part, meaning.kind)
        if key not in meant or meaning.rank < meant[key][0]:
            meant[key] = (meaning.rank, name)
    pairs = {
        part or "train": (meant[part, "images"][1], meant[part, "labels"][1])
        for part in ("", "train", "validation", "test")
        if (part, "images") in meant and (part, "labels") in meant
    }
    if not pairs:
        pairs = _by_shape(headers)
    if not pairs:
        raise DataError(
            f"{where}: {_seen(headers)}; save images and labels as x_train, y_train, x_test, y_test (or x, y)"
        )
    return pairs, names


def _by_shape(headers: Mapping[str, NpyHeader]) -> dict[str, tuple[str, str]]:
    """One array of images and one of labels under any names; or two of each, which their lengths bring together."""
    images = [name for name, header in headers.items() if len(header.shape) >= 3]
    labels = [name for name, header in headers.items() if len(header.shape) == 1]
    if len(headers) == 2 and (not images or not labels):  # flat rows, or one-hot labels
        first, second = sorted(headers, key=lambda name: (len(headers[name].shape), headers[name].shape[1:]))
        labels, images = [first], [second]
        if len(headers[second].shape) < 2 or len(headers[first].shape) > 2:
            return {}
    if len(images) == len(labels) == 1:
        return {"train": (images[0], labels[0])}
    if len(images) == len(labels) == 2:
        counts = [headers[name].shape[0] for name in images]
        partners = [[label for label in labels if headers[label].shape[0] == count] for count in counts]
        if counts[0] != counts[1] and all(len(found) == 1 for found in partners):
            return {"train": (images[0], partners[0][0]), "test": (images[1], partners[1][0])}
    return {}


def _seen(headers: Mapping[str, NpyHeader]) -> str:
    if not headers:
        return "holds no arrays"
    listed = ", ".join(
        f"{printable(name[:40])} {format_shape(header.shape, 'one value')}"
        for name, header in list(headers.items())[:_SHOWN]
    )
    return f"which arrays are images and which their labels is not known: {listed}" + (
        f" and {len(headers) - _SHOWN:,} more" if len(headers) > _SHOWN else ""
    )


def read_named(
    where: str,
    name: str,
    found: Mapping[str, NpyHeader | DataError],
    read: Callable[[str], npt.NDArray[Any]],
    unread: Iterable[str] = (),
) -> RawSet:
    """The set that named arrays make; only those that are needed are read.

    found : the header of each array, or why it cannot be read; that is an error if the array is needed
    read : returns one array by its name
    unread : other members, for the note on what was left aside
    """
    headers = {array: header for array, header in found.items() if not isinstance(header, DataError)}
    for array, header in found.items():
        if isinstance(header, DataError) and (meaning_of(array) or len(headers) < 2):
            raise header
    pairs, names = pair_arrays(where, headers)
    class_names = None
    if names is not None:
        texts = read(names)
        class_names = [
            text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text) for text in texts.tolist()
        ]
        if not are_class_names(class_names):
            class_names = None
    arrays = {part: (images, read(images), labels, read(labels)) for part, (images, labels) in pairs.items()}
    class_names, parts, notes = make_parts(where, arrays, class_names)
    used = {names, *(array for pair in pairs.values() for array in pair)}
    rest = [array for array in (*found, *unread) if array not in used]
    if rest:
        listed = ", ".join(printable(array[:40]) for array in rest[:_SHOWN])
        more = f" and {len(rest) - _SHOWN:,} more" if len(rest) > _SHOWN else ""
        plural = "array" if len(rest) == 1 else "arrays"
        notes.append(Note("left aside", f"left aside: {plural} {listed}{more}", {"arrays": len(rest)}))
    by_shape = [array for pair in pairs.values() for array in pair if meaning_of(array) is None]
    if by_shape:
        text = ", ".join(
            f"{printable(images)} are the images, {printable(labels)} their labels" for images, labels in pairs.values()
        )
        notes.append(Note("parts", f"parts: {text}, by their shapes"))
    if "validation" in parts:
        notes.append(Note("parts", f"{printable(pairs['validation'][0])}: used for validation"))
    return RawSet(name, class_names, parts, source=where, notes=notes)
