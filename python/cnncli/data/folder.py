"""A folder as a data set: what form of data it holds, and for pictures their classes, lists and what is left aside."""

from collections import Counter
from pathlib import Path

from cnncli.data.array_files.npy_pair import is_npy_folder, read_npy_classes, read_npy_files
from cnncli.data.array_files.npz import read_npz, read_single_arrays
from cnncli.data.binary.cifar_binary import find_batches, read_batches
from cnncli.data.binary.idx_sets import find_idx_sets, idx_root, read_idx_set
from cnncli.data.classes import label_order, number_classes
from cnncli.data.dataset import Note
from cnncli.data.formats_refused import HEAD_BYTES, folder_refusal, refusal
from cnncli.data.layout import GENERAL_NAMES, Part, classes_from_names, find_layout, seen
from cnncli.data.part_names import part_folders
from cnncli.data.raw import PARTS, RawPart, RawSet
from cnncli.data.tables.lists import PictureList, make_list_set, read_list
from cnncli.data.tables.pixel_table import is_pixel_table, read_pixel_set
from cnncli.data.tree import Folder, aside_line, scan
from cnncli.errors import DataError
from cnncli.pictures.formats import HEIC_REMEDY
from cnncli.shown import loosely, plural, printable

_LIST_SUFFIXES = {".csv", ".tsv", ".txt"}
_TABLE_SUFFIXES = {*_LIST_SUFFIXES, ".tra", ".tes", ".data", ".train", ".test", ".dat"}
_MOST_LISTS = 20
_SHOWN = 6


def read_folder(path: Path, label_column: str | None = None) -> RawSet:
    """Reads a folder: IDX files, batches of CIFAR, .npy files, tables of pixels, or pictures.

    Pictures lie in one subfolder for each class, perhaps within train, val and test, in outer folders or deeper; or
    side by side with a list of their labels, or with names that carry the class.

    Raises DataError, with what was seen, for a folder that holds none of these.
    """
    idx_folder = idx_root(path)
    if idx_folder is not None:
        return read_idx_set(idx_folder)
    for folder in (path, *_named_below(path, ("cifar-10-batches-bin", "cifar-100-binary"))):
        batches = find_batches(folder)
        if batches:
            return read_batches(folder, batches)
    for folder in (path, *_named_below(path, ("cifar-10-batches-py", "cifar-100-python", "stl10_binary"))):
        why = folder_refusal(folder)
        if why is not None:
            raise DataError(f"{printable(folder)}: {why}")
    if is_npy_folder(path):
        return read_npy_files(path)
    root = scan(path)
    found = [] if root.count else [one for one in root.walk() if find_idx_sets(one.path) or find_batches(one.path)]
    if found:
        _ask_which(root, found)
        [only] = found
        folder = only.path
        return read_idx_set(folder) if find_idx_sets(folder) else read_batches(folder, find_batches(folder))
    return _read_pictures(root, label_column) if root.count else _read_arrays(root) or _read_tables(root, label_column)


def _named_below(path: Path, names: tuple[str, ...]) -> list[Path]:
    return [path / name for name in names if (path / name).is_dir()]


def _read_arrays(root: Folder) -> RawSet | None:
    """A folder without pictures that holds .npz or .npy files at one level; None if it holds none."""
    _ask_which(root, [one for one in root.walk() if any(file.suffix.lower() in (".npz", ".npy") for file in one.files)])
    for folder in root.walk():
        if is_npy_folder(folder.path):
            return read_npy_files(folder.path)
        archives = [file for file in folder.files if file.suffix.lower() == ".npz"]
        if len(archives) == 1:
            return read_npz(archives[0])
        if archives:
            return read_single_arrays(folder.path, archives)
        arrays = [file for file in folder.files if file.suffix.lower() == ".npy"]
        if len(arrays) > 1:
            return read_npy_classes(folder.path, arrays)
        if arrays:
            return read_npy_files(arrays[0])  # says what is missing beside it
    return None


def _read_tables(root: Folder, label_column: str | None) -> RawSet:
    """A folder without pictures: one level with tables of pixels, whose names say their parts."""
    name, where = root.path.resolve().name, printable(root.path)
    for folder in root.walk():
        tables = _tables(folder)
        names = part_folders(sub.name for sub in folder.folders if _tables(sub))
        held = {part: _tables(sub) for sub in folder.folders for part in [names.get(sub.name, "")] if part}
        if not tables and "train" in held and len(held) == len(names) and all(len(one) == 1 for one in held.values()):
            return read_pixel_set({part: held[part][0] for part in PARTS if part in held}, name, where, label_column)
        if tables:
            _ask_which(root, [one for one in root.walk() if _tables(one)])
            return read_pixel_set(
                _by_part(root, tables), root.path.resolve().name, printable(folder.path), label_column
            )
    for folder in root.walk():
        for file in folder.files:
            why = _refusal(file)
            if why is not None:
                raise DataError(f"{printable(file)}: {why}")
    kinds = Counter(kind for folder in root.walk() for kind in folder.kinds.values())
    if kinds[".heic"]:
        raise DataError(
            f"{printable(root.path)}: its {kinds['.heic']:,} HEIC pictures cannot be read yet; "
            f"{HEIC_REMEDY}"
        )
    raise DataError(
        f"{printable(root.path)}: holds no pictures ({seen(root)}); make one subfolder with pictures for each "
        "class, or "
        "pass IDX files, an .npz or a .csv"
    )


def _ask_which(root: Folder, found: list[Folder]) -> None:
    """Refuses more than one folder with data, none of which is to be left aside in silence."""
    if len(found) > 1:
        listed = ", ".join(_below(root, folder.path) for folder in found[:_SHOWN])
        raise DataError(f"{printable(root.path)}: holds data in {len(found):,} folders ({listed}); pass one of them")


def _tables(folder: Folder) -> list[Path]:
    """The tables of pixels right in a folder."""
    return [file for file in folder.files if file.suffix.lower() in _TABLE_SUFFIXES and is_pixel_table(file)]


def _refusal(file: Path) -> str | None:
    try:
        with file.open("rb") as content:
            return refusal(file, content.read(HEAD_BYTES))
    except OSError:
        return None


def _by_part(root: Folder, tables: list[Path]) -> dict[str, Path]:
    if len(tables) == 1:
        return {"train": tables[0]}
    endings = {".tra": "train", ".tes": "test", ".train": "train", ".test": "test"}
    stems = part_folders(table.stem for table in tables)
    named = [(table, endings.get(table.suffix.lower()) or stems.get(table.stem, "")) for table in tables]
    found = {part: table for table, part in named if part}
    if len(found) < sum(bool(part) for _, part in named) or "train" not in found:
        listed = ", ".join(printable(table.name) for table in tables[:_SHOWN])
        raise DataError(
            f"{printable(root.path)}: {len(tables)} tables of pixels ({listed}); pass one, or name them train and test"
        )
    return {part: found[part] for part in PARTS if part in found}


def _read_pictures(root: Folder, label_column: str | None) -> RawSet:
    parts = find_layout(root)
    lists = _Lists(root, label_column)
    only = next(iter(parts.values())) if len(parts) == 1 else None
    if only is not None and only.classes is not None and len(only.classes) == 1:
        # One folder of pictures is one class, unless a list, the names of the files or its own name say otherwise.
        [(name, pictures)] = only.classes.items()
        if lists.all() or classes_from_names(pictures) or name.lower() in GENERAL_NAMES:
            parts = {"train": Part(only.folder, None)}
    if all(part.classes is None for part in parts.values()):
        whole = _listed_set(root, parts, lists)
        if whole is not None:
            return whole
    notes: list[Note] = []
    unlabelled: set[Path] = set()
    labelled: dict[str, dict[str, list[Path]]] = {}
    used_lists: set[Path] = set()
    for name, part in sorted(parts.items(), key=lambda item: PARTS.index(item[0])):
        classes, note = _labels_of(root, name, part, lists, used_lists, labelled.get("train"))
        notes += [note] if note is not None else []
        if classes is not None:
            labelled[name] = classes
        else:
            unlabelled.update(part.folder.all_pictures())
    if not labelled:
        raise _no_classes(root, next(iter(parts.values())).folder)
    notes += _match_case(parts, labelled)
    _check_strangers(parts, labelled)
    return _as_set(root, parts, labelled, notes, unlabelled | used_lists)


def _labels_of(
    root: Folder, name: str, part: Part, lists: "_Lists", used_lists: set[Path], train: dict[str, list[Path]] | None
) -> tuple[dict[str, list[Path]] | None, Note | None]:
    """(the pictures of each class of one part, or None without labels; what is to be told)."""
    where = _below(root, part.folder.path)
    if part.classes is not None:
        is_stray = (
            name == "test" and train is not None and len(part.classes) == 1 and not set(part.classes) & set(train)
        )
        if not is_stray:
            used_for = Note("parts", f"{where}/: used for validation") if name == "validation" else None
            return part.classes, used_for
    pictures = part.folder.all_pictures()
    found = lists.labels_listed(pictures)
    if found is not None:
        path, classes = found
        used_lists.add(path)
        return classes, Note("classes", f"classes: labels of {where}/ from {printable(path.name)}")
    named = classes_from_names(pictures)
    if named is not None and (train is None or set(named) <= set(train)):
        some = next(iter(named.values()))[0].name
        return named, Note("classes", f"classes: from the names of the files, such as {printable(some)[:80]}")
    count = len(pictures)
    text = f"{where}/: {plural(count, 'picture')} without labels, not used (cnn predict reads them)"
    return None, Note("parts", text, {"without labels": count})


def _match_case(parts: dict[str, Part], labelled: dict[str, dict[str, list[Path]]]) -> list[Note]:
    """Gives classes of test and validation the spelling that they have in training: Cat is cat."""
    spelled: dict[str, list[str]] = {}
    for name in (*labelled.get("train", {}), *(parts["train"].empty if "train" in labelled else ())):
        spelled.setdefault(loosely(name), []).append(name)
    notes = []
    for part in ("validation", "test"):
        classes = labelled.get(part, {})
        for name in list(classes):
            known = spelled.get(loosely(name), [name])
            if name not in known and len(known) == 1 and known[0] not in classes:
                labelled[part] = classes = {known[0] if key == name else key: value for key, value in classes.items()}
                where = printable(parts[part].folder.name)
                text = f"classes: {printable(name)[:80]} of {where}/ is read as {printable(known[0])[:80]}"
                notes.append(Note("classes", text))
    return notes


def _check_strangers(parts: dict[str, Part], labelled: dict[str, dict[str, list[Path]]]) -> None:
    """A class that there is in test only can never be answered."""
    train = labelled.get("train")
    if train is None:
        return
    known = {*train, *parts["train"].empty}
    for name in ("validation", "test"):
        strange = sorted(set(labelled.get(name, {})) - known, key=label_order)
        if strange:
            folder, base = parts[name].folder.path, parts["train"].folder.path
            raise DataError(f"{printable(folder / strange[0])}: no such class in {printable(base)}; add it there")


def _as_set(
    root: Folder,
    parts: dict[str, Part],
    labelled: dict[str, dict[str, list[Path]]],
    notes: list[Note],
    accounted: set[Path],
) -> RawSet:
    where = printable(root.path)
    ordered = {
        part: [(picture, label) for label in sorted(classes, key=label_order) for picture in classes[label]]
        for part, classes in labelled.items()
    }
    empty = {name for part in parts.values() for name in part.empty}
    names, dense, told = number_classes(
        where, {part: [label for _, label in rows] for part, rows in ordered.items()}, empty
    )
    raw_parts = {part: RawPart([picture for picture, _ in rows], dense[part]) for part, rows in ordered.items()}
    used = accounted | {picture for rows in ordered.values() for picture, _ in rows}
    notes = [*notes, *told, *_aside(root, used)]
    return RawSet(root.path.resolve().name, names, raw_parts, source=where, notes=notes)


def _aside(root: Folder, used: set[Path]) -> list[Note]:
    """The one line that counts what is not used."""
    counts: Counter[str] = Counter()
    for folder in root.walk():
        counts += folder.aside
        for file, kind in folder.kinds.items():
            if file not in used:
                is_list = file.suffix.lower() in _LIST_SUFFIXES and (_is_form(file) or part_folders([file.stem]))
                counts[file.name if is_list else kind or f"pictures in {_below(root, folder.path)}/"] += 1
    if not counts:
        return []
    text, listed = aside_line(counts)
    return [Note("left aside", text, listed)]


def _below(root: Folder, path: Path) -> str:
    """A folder as it is seen from the root."""
    return printable(path.relative_to(root.path)) if path != root.path else printable(root.path.name or ".")


def _no_classes(root: Folder, folder: Folder) -> DataError:
    some = ", ".join(printable(picture.name)[:60] for picture in folder.all_pictures()[:3])
    return DataError(
        f"{printable(root.path)}: pictures without classes ({seen(root)}; such as {some}); make one subfolder for each "
        "class, put a list path,label beside them, or name them cat.0.png, dog.0.png"
    )


def _is_form(file: Path) -> bool:
    """Whether a list is the form of a competition's answers, such as sample_submission.csv: its labels mean nothing."""
    return "submission" in file.stem.lower()


class _Lists:
    """The lists that lie in a folder beside pictures; each is read once, if it is needed."""

    def __init__(self, root: Folder, label_column: str | None) -> None:
        self._label_column = label_column
        self._files = [
            file
            for folder in root.walk()
            if sum(file.suffix.lower() in _LIST_SUFFIXES for file in folder.files) < _MOST_LISTS
            for file in folder.files
            if file.suffix.lower() in _LIST_SUFFIXES and not _is_form(file)
        ][:_MOST_LISTS]
        self._read: dict[Path, PictureList | DataError] | None = None
        self.problems: list[DataError] = []

    def all(self) -> dict[Path, PictureList]:
        """The files that are lists of pictures of which some are there."""
        if self._read is None:
            self._read = {}
            for file in self._files:
                try:
                    self._read[file] = read_list(file, self._label_column)
                except DataError as error:
                    self._read[file] = error
                    self.problems.append(error)
        return {
            file: found
            for file, found in self._read.items()
            if isinstance(found, PictureList) and any(row.is_found for row in found.rows)
        }

    def labels_listed(self, pictures: list[Path]) -> tuple[Path, dict[str, list[Path]]] | None:
        """(the list, pictures by label) of the list that names most of these pictures; None if none names half."""
        wanted = {picture.resolve(): picture for picture in pictures}
        best: tuple[Path, dict[str, list[Path]]] | None = None
        most = len(pictures) / 2
        for file, listed in self.all().items():
            classes: dict[str, list[Path]] = {}
            for row in listed.rows:
                picture = wanted.get(row.file.resolve()) if row.is_found else None
                if picture is not None:
                    classes.setdefault(row.label, []).append(picture)
            count = sum(len(files) for files in classes.values())
            if count > most:
                best, most = (file, classes), count
        return best


def _listed_set(root: Folder, parts: dict[str, Part], lists: _Lists) -> RawSet | None:
    """The set of a folder whose pictures lie side by side and are all labelled by lists; None without lists."""
    found = lists.all()
    if not found:
        if lists.problems and not any(classes_from_names(part.folder.all_pictures()) for part in parts.values()):
            raise lists.problems[0]
        return None
    stems = part_folders(file.stem for file in found)
    chosen = [(stems.get(file.stem, ""), listed) for file, listed in found.items()]
    if len(chosen) > 1 and len({part for part, _ in chosen}) < len(chosen):
        listed_names = ", ".join(printable(file.name) for file in list(found)[:_SHOWN])
        raise DataError(
            f"{printable(root.path)}: {len(found)} lists ({listed_names}) beside the pictures; pass one of them"
        )
    if len(parts) > 1 and len(chosen) == 1 and not any(row.part for row in chosen[0][1].rows):
        return None  # labels of one part, perhaps; each part is looked up on its own
    whole = make_list_set(root.path.resolve().name, printable(root.path), chosen)
    pictures = [picture for part in whole.parts.values() for picture in part.pictures if isinstance(picture, Path)]
    known = {file.resolve() for file in pictures}
    used = {file for folder in root.walk() for file in folder.files if file.resolve() in known}
    note = Note("classes", f"classes: from {', '.join(printable(file.name) for file in found)}")
    return RawSet(whole.name, whole.class_names, whole.parts, source=printable(root.path),
                  notes=[note, *whole.notes, *_aside(root, used | set(found))])  # fmt: skip
