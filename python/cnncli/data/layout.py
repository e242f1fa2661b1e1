"""How the pictures of a folder are laid out, found from the tree: parts, classes, outer folders."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from cnncli.data.part_names import part_folders
from cnncli.data.tree import Folder
from cnncli.errors import DataError
from cnncli.shown import plural, printable

_NAMED = re.compile(r"(?P<name>[^\W\d].*?)(?:[._-](?:\D{0,3}[._-])?\d+(?: ?\(\d+\))?| ?\(\d+\))")
GENERAL_NAMES = {
    "images",
    "imgs",
    "img",
    "pictures",
    "photos",
    "data",
    "all",
    "unknown",
}  # of folders that are no class
_SHOWN = 6


@dataclass(eq=False)
class Part:
    """One part of a layout.

    folder : where its pictures lie
    classes : the pictures of each class; None if they lie side by side without classes
    empty : subfolders without a picture
    """

    folder: Folder
    classes: dict[str, list[Path]] | None
    empty: list[str] = field(default_factory=list)


def find_layout(root: Folder) -> dict[str, Part]:
    """The parts of the set that a folder holds, by name; at least one picture is there.

    Raises DataError, with what was seen, where more than one layout may be meant.
    """
    folder = root
    while True:
        inner = _wrapped(folder)
        if inner is not None and _has_parts_alone(inner):
            folder = inner  # whatever it is called: trainval/train, trainval/val
            continue
        parts = _parts(folder)
        if parts is not None:
            return parts
        inverted = _parts_within_classes(folder)
        if inverted is not None:
            return inverted
        if inner is None:
            return {"train": _part(folder)}
        folder = inner


def _wrapped(folder: Folder) -> Folder | None:
    """What a folder holds and nothing else, if that is the data set: it has folders of pictures, or is a part.

    Pictures beside it, such as an overview, are left aside where what it holds is certain: folders for parts.
    """
    below = folder
    while len(below.filled) == 1:
        [below] = below.filled
        if _has_parts_alone(below):
            return below
    if folder.pictures or len(folder.filled) != 1:
        return None
    [inner] = folder.filled
    return inner if inner.filled and not inner.pictures else None


def _has_parts_alone(folder: Folder) -> bool:
    """Whether all subfolders are named as parts, and one as that for training."""
    names = part_folders(sub.name for sub in folder.filled)
    return len(names) == len(folder.filled) and "train" in names.values()


def _parts(folder: Folder) -> dict[str, Part] | None:
    """The parts if the subfolders are named so."""
    names = part_folders(sub.name for sub in folder.filled)
    if not names:
        return None
    part_subs = [sub for sub in folder.filled if sub.name in names]
    others = [sub for sub in folder.filled if sub.name not in names]
    is_flat = all(sub.pictures and not sub.filled for sub in (*part_subs, *others))
    if others and is_flat and "train" in names.values():
        return None  # folders of pictures side by side, one of them called train: classes, such as vehicles
    if others and "train" not in names.values():
        return _parts_beside_classes(folder, part_subs, others, names)
    found: dict[str, Part] = {}
    for sub in part_subs:
        part = names[sub.name]
        if part in found:
            first, second = printable(found[part].folder.path), printable(sub.path)
            raise DataError(f"{first} and {second}: both may be for {part}; keep one of them in the folder")
        found[part] = Part(sub, None)
    return {part: _descend(held.folder) for part, held in found.items()}


def _parts_beside_classes(
    folder: Folder, part_subs: list[Folder], others: list[Folder], names: dict[str, str]
) -> dict[str, Part] | None:
    """The parts if test (or val) lies beside the classes for training: cat, dog, test/cat, test/dog; or a flat test.

    Folders that are only called valid, and lie beside invalid, are classes.
    """
    classes = {sub.name: sub.all_pictures() for sub in others}
    for sub in part_subs:
        inner = {below.name for below in sub.filled}
        is_flat_test = names[sub.name] == "test" and not inner and len(others) > 1
        if not (inner & set(classes)) and not is_flat_test:
            return None
    found = {"train": Part(folder, classes, [sub.name for sub in folder.folders if not sub.count])}
    for sub in part_subs:
        if names[sub.name] in found:
            return None
        found[names[sub.name]] = _descend(sub)
    return found


def _descend(folder: Folder) -> Part:
    """A part, perhaps within an outer folder of its own (train/train, train/images)."""
    inner = folder
    while not inner.pictures and len(inner.filled) == 1:
        [only] = inner.filled
        if only.filled and not only.pictures:
            inner = only
        elif only.name.lower() in {folder.name.lower(), *GENERAL_NAMES}:
            return Part(only, None)
        else:
            break
    return _part(inner)


def _part(folder: Folder) -> Part:
    """Classes are the subfolders, with all pictures below them."""
    if not folder.filled:
        return Part(folder, None)
    _ask_which_level(folder, folder.filled)
    classes = {sub.name: sub.all_pictures() for sub in folder.filled}
    return Part(folder, classes, [sub.name for sub in folder.folders if not sub.count])


def _ask_which_level(folder: Folder, holders: list[Folder]) -> None:
    """Where all `holders` hold the same folders of pictures: the subfolders or these inner ones may be the classes."""
    if len(folder.filled) < 2 or any(sub.pictures for sub in holders):
        return
    inner = [{below.name for below in sub.filled} for sub in holders]
    if len(inner[0]) > 1 and all(names == inner[0] for names in inner):
        outer = ", ".join(f"{printable(sub.name)}/" for sub in folder.filled[:_SHOWN])
        within = ", ".join(f"{printable(name)}/" for name in sorted(inner[0])[:_SHOWN])
        raise DataError(
            f"{printable(folder.path)}: {outer} hold the same folders {within} each, and either may be the classes; "
            f"pass one of them, such as {printable(folder.filled[0].path)}, or put the pictures of each class together"
        )


def _parts_within_classes(folder: Folder) -> dict[str, Part] | None:
    """The parts if every class holds them: cats/train, cats/test, dogs/train, dogs/test."""
    subs = folder.filled
    if not subs or any(sub.pictures for sub in subs):
        return None
    named = [(sub, part_folders(below.name for below in sub.filled)) for sub in subs]
    if any(len(names) < len(sub.filled) or "train" not in names.values() for sub, names in named):
        return None
    _ask_which_level(folder, [below for sub in subs for below in sub.filled])
    parts: dict[str, dict[str, list[Path]]] = {}
    for sub, names in named:
        for below in sub.filled:
            parts.setdefault(names[below.name], {}).setdefault(sub.name, []).extend(below.all_pictures())
    empty = [sub.name for sub in folder.folders if not sub.count]
    return {part: Part(folder, classes, empty) for part, classes in parts.items()}


def classes_from_names(pictures: list[Path]) -> dict[str, list[Path]] | None:
    """The classes that the names of pictures carry (cat.0.jpg, dog.12.jpg, cat (3).jpg); None if they carry none.

    Each name is a word and a number, there are two words or more, and each comes twice or more.
    """
    classes: dict[str, list[Path]] = {}
    for picture in pictures:
        match = _NAMED.fullmatch(picture.stem)
        if match is None:
            return None
        classes.setdefault(match["name"], []).append(picture)
    if len(classes) < 2 or any(len(files) < 2 for files in classes.values()):
        return None
    return classes


def seen(root: Folder) -> str:
    """What is in a folder, for the line that refuses it."""
    folders = sum(1 for folder in root.walk()) - 1
    kinds: dict[str, int] = {}
    for folder in root.walk():
        for file, kind in folder.kinds.items():
            name = "pictures" if kind == "" else file.suffix.lower() or "without suffix"
            kinds[name] = kinds.get(name, 0) + 1
    listed = sorted(kinds.items(), key=lambda item: -item[1])
    files = ", ".join(f"{printable(name)[:20]} {count:,}" for name, count in listed[:_SHOWN]) or "no files"
    return f"{plural(folders, 'folder')}, {files}"
