"""The words by which people call the parts of a data set: training, valid, dev, PublicTest, train_set, seg_train."""

import re
from collections.abc import Iterable, Sequence

PART_COLUMNS = ("split", "set", "partition", "usage", "subset", "datasplit", "dataset", "part", "phase", "mode")
_WORDS = {
    "train": "train", "training": "train", "trn": "train", "tr": "train", "trainset": "train", "traindata": "train",
    "trainingset": "train", "trainingdata": "train", "trainval": "train",
    "val": "validation", "valid": "validation", "validation": "validation", "validate": "validation",
    "dev": "validation", "devel": "validation", "development": "validation", "valset": "validation",
    "validset": "validation", "validationset": "validation", "devset": "validation", "publictest": "validation",
    "test": "test", "testing": "test", "tst": "test", "te": "test", "tests": "test", "testset": "test",
    "testingset": "test", "testdata": "test", "t10k": "test", "privatetest": "test",
}  # fmt: skip
_FLAGS = {
    "istrain": ("train", "test"), "istraining": ("train", "test"), "istest": ("test", "train"),
    "istesting": ("test", "train"), "isvalid": ("validation", "train"), "isval": ("validation", "train"),
    "isvalidation": ("validation", "train"),
}  # fmt: skip
_YES, _NO = {"1", "1.0", "true", "yes", "t", "y"}, {"0", "0.0", "false", "no", "f", "n"}
_SHORT = {"tr", "te"}  # words that a folder may bear for other reasons
_GENERIC = {"set", "sets", "data", "dataset", "images", "image", "imgs", "img", "pictures", "folder", "split", "part"}
_TOKEN = re.compile(r"[a-z]+|\d+")


def part_of_word(word: str) -> str | None:
    """
    >>> part_of_word("Valid"), part_of_word("T10K"), part_of_word("cat")
    ('validation', 'test', None)
    """
    return _WORDS.get(word.lower())


def part_of_value(cell: str, column: str = "") -> str | None:
    """The part that a cell of a column such as `split` or `is_valid` names.

    >>> part_of_value("PublicTest"), part_of_value("train_set"), part_of_value("7")
    ('validation', 'train', None)
    >>> part_of_value("True", "is_valid"), part_of_value("0", "Is Train")
    ('validation', 'test')
    """
    flag = _FLAGS.get(_plain(column))
    if flag is None:
        return part_of_word(_plain(cell))
    word = cell.strip().lower()
    return flag[0] if word in _YES else flag[1] if word in _NO else None


def part_column(names: Sequence[str], rows: Sequence[Sequence[str]]) -> int | None:
    """The column of a table that says for what each row is, by its name in the header and by its cells.

    names : the header
    rows : some rows below it

    A column `set` or `phase` may say something else in words, and one `is_valid` whether a picture is sound: this is
    so if it is true of most. Cells that are numbers are told when they are read.

    >>> part_column(["path", "Split"], [["a", "train"], ["b", "val"]])
    1
    >>> part_column(["path", "set"], [["a", "flowers"]]), part_column(["path", "is_valid"], [["a", "1"], ["b", "1"]])
    (None, None)
    """
    for word in (*PART_COLUMNS, *_FLAGS):
        for column in (at for at, name in enumerate(names) if _plain(name) == word):
            cells = [row[column].strip() for row in rows]
            parts = [part_of_value(cell, word) for cell in cells]
            if word in _FLAGS and (None in parts or 2 * parts.count("validation") > len(parts)):
                continue
            if word == "split" or any(parts) or all(cell[:1].isdigit() for cell in cells):
                return column
    return None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def part_folders(names: Iterable[str]) -> dict[str, str]:
    """Which of the folders that lie side by side are parts, by name.

    A folder is one if its name is such a word, in any case, perhaps with a number (train2017) or general words
    (training_set); or if what remains without the word is the same for all of them (seg_train, seg_test), and one of
    them is for training.

    >>> part_folders(["Train", "val", "notes"])
    {'Train': 'train', 'val': 'validation'}
    >>> part_folders(["seg_train", "seg_test", "seg_pred"]), part_folders(["test tube", "train station"])
    ({'seg_train': 'train', 'seg_test': 'test'}, {})
    """
    plain: dict[str, str] = {}
    with_rest: dict[str, tuple[str, str]] = {}
    for name in names:
        words = _TOKEN.findall(name.lower().replace("t10k", "testing"))
        joined = part_of_word("".join(words))
        found = [part for word in words if word not in _SHORT and (part := part_of_word(word))]
        rest = "".join(word for word in words if not part_of_word(word) and not word.isdigit() and word not in _GENERIC)
        if joined and "".join(words) not in _SHORT:
            plain[name] = joined
        elif len(found) == 1 and not rest:
            plain[name] = found[0]
        elif len(found) == 1:
            with_rest[name] = (found[0], rest)
    if plain:
        return plain
    if len(with_rest) > 1 and len({rest for _, rest in with_rest.values()}) == 1:
        parts = {name: part for name, (part, _) in with_rest.items()}
        return parts if "train" in parts.values() else {}
    return {}
