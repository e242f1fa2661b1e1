"""Folders of IDX files under any of their usual names: MNIST's, EMNIST's, with test or val, and torchvision's roots."""

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cnncli.data.binary.idx import file_names, read_split
from cnncli.data.classes import are_class_names, number_whole
from cnncli.data.dataset import Images, Note
from cnncli.data.part_names import part_of_word
from cnncli.data.raw import RawPart, RawSet
from cnncli.errors import DataError
from cnncli.shown import printable

_NAME = re.compile(
    r"(?P<set>.*?)[-_.]?(?P<part>train(?:ing)?|t10k|test(?:ing)?|val(?:id(?:ation)?)?|dev)?[-_.]?"
    r"(?P<what>images?|labels?)[-_.]idx[13][-_.]ubyte(?:\.gz)?",
    re.IGNORECASE,
)
_ROOTS = ("", "raw", "MNIST/raw", "FashionMNIST/raw", "KMNIST/raw", "EMNIST/raw")
_DIMENSIONS = {"images": 3, "labels": 1}
_MOST_MAPPING_BYTES = 100_000

Files = dict[str, dict[str, Path]]  # part -> "images" or "labels" -> path


def find_idx_sets(folder: Path) -> dict[str, Files]:
    """The IDX files right in a folder, by the name of their set ("" for MNIST's names); plain files go before .gz."""
    found: dict[str, Files] = {}
    try:
        paths = sorted(folder.iterdir(), key=lambda path: (path.suffix == ".gz", path.name))
    except OSError:
        return {}
    for path in paths:
        match = _NAME.fullmatch(path.name)
        if match and path.is_dir():  # as archives are unpacked that hold one file each
            path /= path.name
        if match and not path.name.startswith(".") and path.is_file():
            part = part_of_word(match["part"] or "train")
            what = "images" if match["what"].lower().startswith("image") else "labels"
            assert part is not None
            found.setdefault(match["set"], {}).setdefault(part, {}).setdefault(what, path)
    return found


def idx_root(folder: Path) -> Path | None:
    """The folder with IDX files: this one, or where torchvision puts them below it.

    Raises DataError if there is more than one.
    """
    roots = [folder / root for root in _ROOTS if find_idx_sets(folder / root)]
    if len(roots) > 1 and roots[0] != folder:
        listed = ", ".join(printable(root) for root in roots)
        raise DataError(f"{printable(folder)}: holds {len(roots)} data sets; pass one of {listed}")
    return roots[0] if roots else None


def is_idx_name(path: Path) -> bool:
    """Whether a file is named as IDX files are."""
    return _NAME.fullmatch(path.name) is not None


def read_idx_set(folder: Path, chosen: Path | None = None) -> RawSet:
    """Reads the IDX files of a folder: the images and labels of each part that is there.

    chosen : one of the files, if the folder holds more than one set

    Raises DataError for images without labels or the reverse, for more than one set, and as `read_idx`.
    """
    sets = find_idx_sets(folder)
    if chosen is not None:
        match = _NAME.fullmatch(chosen.name)
        sets = {name: files for name, files in sets.items() if match is not None and name == match["set"]}
    if len(sets) > 1:
        some = next(path for files in sets.values() for pair in files.values() for path in pair.values())
        names = ", ".join(printable(name or "MNIST's names") for name in list(sets)[:10])
        raise DataError(
            f"{printable(folder)}: holds {len(sets)} data sets ({names}); pass one of their files, such as "
            f"{printable(some)}"
        )
    [(name, files)] = sets.items()
    images: dict[str, Images] = {}
    labels: dict[str, npt.NDArray[np.int64]] = {}
    notes: list[Note] = []
    for part, pair in sorted(files.items(), key=lambda item: ("train", "validation", "test").index(item[0])):
        if len(pair) < 2:
            raise DataError(f"{printable(folder)}: {_missing(pair)} is missing; put it beside the other files")
        split = read_split(pair["images"], pair["labels"])[0]
        images[part], labels[part] = split.images, split.labels
        if part == "validation":
            notes.append(Note("parts", f"{pair['images'].name}: used for validation"))
    if name.lower().startswith("emnist"):
        images = {part: np.ascontiguousarray(values.transpose(0, 1, 3, 2)) for part, values in images.items()}
        notes.append(Note("converted", "converted: images of EMNIST, which lie as columns, turned upright"))
    class_names, dense, told = number_whole(printable(folder), labels)
    mapped = _mapped_names(folder, name, class_names)
    raw_parts = {part: RawPart(images[part], dense[part]) for part in images}
    return RawSet(
        _name_of(folder), mapped or class_names, raw_parts, source=f"IDX files in {printable(folder)}",
        notes=[*notes, *([] if mapped else told)],
    )  # fmt: skip


def _name_of(folder: Path) -> str:
    """The folder's name; for MNIST/raw of torchvision MNIST."""
    whole = folder.resolve()
    return whole.parent.name if whole.name == "raw" and whole.parent.name else whole.name


def _missing(pair: dict[str, Path]) -> str:
    """The name of the file that belongs beside the one that is there."""
    there, path = next(iter(pair.items()))
    other = "labels" if there == "images" else "images"
    stem = path.name.removesuffix(".gz")
    for part in ("train-images", "train-labels", "t10k-images", "t10k-labels"):
        if stem in (f"{part}-idx{_DIMENSIONS[there]}-ubyte", f"{part}.idx{_DIMENSIONS[there]}-ubyte"):
            return file_names((f"{part.partition('-')[0]}-{other}",))
    return re.sub("idx[13]", f"idx{_DIMENSIONS[other]}", re.sub("(?i)" + there[:-1] + "s?", other, stem)) + "[.gz]"


def _mapped_names(folder: Path, name: str, labels: list[str]) -> list[str]:
    """The characters of EMNIST's classes, from the mapping beside the files (label, code points); [] without it."""
    path = folder / f"{name}-mapping.txt"
    if not name.lower().startswith("emnist") or not path.is_file() or path.stat().st_size > _MOST_MAPPING_BYTES:
        return []
    codes: dict[str, str] = {}
    for line in path.read_bytes().decode("ascii", "replace").splitlines():
        numbers = line.split()
        if len(numbers) >= 2 and all(number.isdecimal() and len(number) < 6 for number in numbers):
            codes[numbers[0]] = chr(int(numbers[-1]))
    names = [codes.get(label, "") for label in labels]
    return names if are_class_names(names) else []
