"""What the columns of a list or table are, by the names that people give them."""

import re

PATH_NAMES = (
    "path", "filepath", "imagepath", "imgpath", "picturepath", "relativepath", "relpath", "filename", "imagefilename",
    "imagefile", "imgfile", "fname", "imagename", "imgname", "file", "files", "image", "images", "img", "picture",
    "photo", "imageid", "imgid", "pictureid", "id", "name", "uri",
)  # fmt: skip
LABEL_NAMES = (
    "label", "labels", "class", "classname", "classlabel", "labelname", "category", "categoryname", "target",
    "classid", "classidx", "labelid", "labelidx", "categoryid", "classes", "targets", "species", "breed", "y", "digit",
    "letter", "symbol", "character", "emotion", "diagnosis", "disease", "groundtruth", "gt", "tag", "expression",
    "variety",
    "cls",
)  # fmt: skip
INDEX_NAMES = ("", "index", "idx", "unnamed0", "id", "no", "number", "row", "rowid", "imageid")


def plain_name(name: str) -> str:
    """
    >>> plain_name(" Image_ID ")
    'imageid'
    """
    return re.sub(r"[^a-z0-9]", "", name.lower())


def named_columns(names: list[str], known: tuple[str, ...]) -> list[int]:
    """Which columns bear one of these names, the most telling first.

    >>> named_columns(["id", "Category", "class"], LABEL_NAMES)
    [2, 1]
    """
    plain = [plain_name(name) for name in names]
    return sorted((index for index, name in enumerate(plain) if name in known), key=lambda at: known.index(plain[at]))


def wanted_column(names: list[str] | None, count: int, wanted: str) -> int | None:
    """The column that an option names: "first", "last", its name, or its number from 1; None if there is none."""
    if names is not None:
        for index, name in enumerate(names):
            if name.strip() == wanted.strip():
                return index
        for index, name in enumerate(names):
            if plain_name(name) == plain_name(wanted) != "":
                return index
    if wanted in ("first", "last"):
        return 0 if wanted == "first" else count - 1
    return int(wanted) - 1 if wanted.isdecimal() and len(wanted) < 6 and 1 <= int(wanted) <= count else None
