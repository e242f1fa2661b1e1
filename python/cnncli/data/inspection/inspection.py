"""The report on a data set: what was found in it that spoils a training, or what is measured after it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from cnncli.data.dataset import DataSet
from cnncli.data.fetch_records import Report, ignore
from cnncli.data.imbalance import Imbalance, imbalance_of
from cnncli.data.inspection.groups import Groups, find_groups
from cnncli.data.inspection.looks import Looks, look_at
from cnncli.data.preparation.one_picture import as_picture
from cnncli.data.raw import PARTS, RawSet
from cnncli.pictures.picture_file import as_bytes, read_picture
from cnncli.shown import percent, plural, shortened

KINDS = (
    "leaks", "two-labels", "duplicates", "near-leaks", "near-two-labels", "near-duplicates", "constant", "dark",
    "low-contrast", "unreadable", "imbalance", "no-images", "one-class",
)  # fmt: skip
_DARK = 40  # of 255: lighter no pixel of a very dark picture is
_CONTRAST = 16  # between the darkest and the lightest
_OF_SET = 0.2  # share of the pictures, from which on it is the way of the set and no fault of some
_NAMED = 3  # classes
_OTHERWISE = "pass another --prepare, such as plain"  # where no glyph is found in them
_ENOUGH = 128  # pixels a side, to which a large JPEG is decoded where two are compared


@dataclass(frozen=True)
class DataFinding:
    """One kind of fault.

    kind : of KINDS
    count : pictures, of groups those that are too many
    groups : numbers of pictures that belong together, or of one each; of the imbalance none
    text : what was found, without examples
    remedy : what to do, in a few words; "" where nobody can say
    """

    kind: str
    count: int
    groups: list[tuple[int, ...]]
    text: str
    remedy: str = ""


@dataclass(frozen=True, eq=False)
class Inspection:
    """What is found in the pictures of a data set.

    looks : of each picture its fingerprint, label, part and name
    groups : pictures that are the same
    findings : in the order of KINDS, those that there are
    sizes : ((height, width), pictures), the most frequent first
    colours : pictures that are "grey" and those "in colour", those that there are
    imbalance : of the training pictures; None for fewer than two classes
    notes : what was not looked at
    """

    looks: Looks
    class_names: list[str]
    groups: Groups
    findings: list[DataFinding]
    sizes: list[tuple[tuple[int, int], int]]
    colours: dict[str, int]
    imbalance: Imbalance | None
    notes: list[str] = field(default_factory=list)


def inspect(raw: RawSet, report: Report = ignore, prepared: DataSet | None = None) -> Inspection:
    """Looks at every picture of a data set, as its reader found it, before any is prepared.

    report : called with the progress where it takes more than half a second
    prepared : the same data set, of whose training pictures those count in a class that are left; None: all count
    """
    looks = look_at(raw, report)
    groups = find_groups(looks, lambda number: picture_of(raw, looks, number))
    train = looks.label[looks.part == PARTS.index("train")]
    held = np.bincount(train, minlength=len(raw.class_names)).tolist()
    counts = held
    if prepared is not None and prepared.train is not None:
        counts = np.bincount(prepared.train.labels, minlength=len(raw.class_names)).tolist()
    imbalance = imbalance_of(raw.class_names, counts)
    findings = [
        *_of_groups(looks, groups.equal, ""),
        *_of_groups(looks, groups.alike, "near-"),
        *_of_single(looks),
        *_of_classes(imbalance),
        *_without_pictures(raw.class_names, held, counts),
    ]
    there = looks.is_read
    sizes = Counter(map(tuple, looks.size[there].tolist()))
    colours = Counter("in colour" if has else "grey" for has in looks.has_colour[there].tolist())
    notes = [] if groups.is_whole else ["so many pictures are nearly alike that not all pairs of them were compared"]
    return Inspection(
        looks=looks,
        class_names=list(raw.class_names),
        groups=groups,
        findings=sorted(findings, key=lambda one: KINDS.index(one.kind)),
        sizes=[((size[0], size[1]), count) for size, count in sizes.most_common()],
        colours=dict(colours.most_common()),
        imbalance=imbalance,
        notes=notes,
    )


def picture_of(raw: RawSet, looks: Looks, number: int) -> Image.Image:
    """A picture as it is, "L" or "RGB"; a large JPEG is reduced. Raises DataError if its file cannot be read."""
    found = raw.parts[PARTS[looks.part[number]]].pictures[int(looks.number[number])]
    return as_bytes(read_picture(found, _ENOUGH)[0]) if isinstance(found, Path) else as_picture(found)


def _of_groups(looks: Looks, groups: Sequence[tuple[int, ...]], near: str) -> Iterable[DataFinding]:
    """Leaks, contradictions and doubles: a group is told by each of these that it is."""
    leaks = [group for group in groups if len(set(looks.part[list(group)].tolist())) > 1]
    contradictions = [group for group in groups if len(set(looks.label[list(group)].tolist())) > 1]
    alike = "nearly the same as" if near else "the same as"
    if leaks:
        count = sum(_beyond_first_part(looks, group) for group in leaks)
        held = _parts_of(looks, leaks)
        text = f"{plural(count, 'picture')} of {held} {_is(count)} in another part too"
        if near:
            text = f"{plural(count, 'picture')} of {held} {_is(count)} nearly in another part too"
        yield DataFinding(f"{near}leaks", count, leaks, text, "keep them in one, or measures are too good")
    if contradictions:
        count = sum(map(len, contradictions))
        text = f"{plural(count, 'picture')} {_is(count)} {alike} one under another label"
        yield DataFinding(f"{near}two-labels", count, contradictions, text, "one of the labels is wrong")
    if groups:
        count = sum(len(group) - 1 for group in groups)
        text = f"{plural(count, 'picture')} {_is(count)} {alike} another one"
        yield DataFinding(f"{near}duplicates", count, list(groups), text)


def _beyond_first_part(looks: Looks, group: tuple[int, ...]) -> int:
    """How many of a group are in another part than its first one, which is trained on if any is."""
    parts = looks.part[list(group)]
    return int((parts != parts.min()).sum())


def _parts_of(looks: Looks, groups: Iterable[tuple[int, ...]]) -> str:
    held = {int(part) for group in groups for part in looks.part[list(group)]} - {0}
    return " and ".join(PARTS[part] for part in sorted(held))


def _of_single(looks: Looks) -> Iterable[DataFinding]:
    """What a picture is by itself."""
    there = looks.is_read
    lit, is_dark = there & ~looks.is_constant, looks.lightest < _DARK
    kinds = (
        ("constant", there & looks.is_constant, "of one colour", "nothing is learned from them"),
        ("dark", lit & is_dark, "very dark", ""),
        ("low-contrast", lit & ~is_dark & (_contrast(looks) < _CONTRAST), "of hardly any contrast", ""),
        ("unreadable", ~there, "not to be read", "mend or remove them"),
    )
    for kind, found, words, remedy in kinds:
        numbers = np.flatnonzero(found)
        if len(numbers):
            count = len(numbers)
            text = f"{plural(count, 'picture')} {_is(count)} {words}"
            if count > _OF_SET * len(looks) and kind != "unreadable":
                text += f", {percent(count / len(looks), 0)} of all: so it is with this set"
            yield DataFinding(kind, count, [(number,) for number in numbers.tolist()], text, remedy)


def _contrast(looks: Looks) -> "np.ndarray":
    return looks.lightest.astype(np.int16) - looks.darkest


def _of_classes(imbalance: Imbalance | None) -> Iterable[DataFinding]:
    if imbalance is not None and imbalance.remedy:
        (large, most), (small, least) = imbalance.largest, imbalance.smallest
        text = f"{imbalance.ratio:.0f} times as many of {large} ({most:,}) as of {small} ({least:,})"
        yield DataFinding("imbalance", 1, [], text, f"cnn train --balance {imbalance.remedy}")


def _without_pictures(class_names: Sequence[str], held: Sequence[int], left: Sequence[int]) -> Iterable[DataFinding]:
    """Classes of which nothing can be learned, or one alone.

    held, left : training pictures of each class, and those of them that preparation left
    """
    without = [number for number, count in enumerate(left) if not count]
    lost = any(held[number] for number in without)
    if without and any(left):
        count = len(without)
        listed = ", ".join(shortened(class_names[number]) for number in without[:_NAMED])
        text = f"{count:,} {'class has' if count == 1 else 'classes have'} no training pictures"
        text += f"{' that can be used' if lost else ''}: {listed}{', ...' if count > _NAMED else ''}"
        yield DataFinding("no-images", count, [], text, f"{_OTHERWISE if lost else 'add some'}, or leave them out")
    if len(left) - len(without) == 1:
        name = shortened(class_names[next(number for number, count in enumerate(left) if count)])
        text = f'all training pictures{" that can be used" if lost else ""} are of the class "{name}"'
        yield DataFinding("one-class", 1, [], text, _OTHERWISE if lost else "add pictures of another class")


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
