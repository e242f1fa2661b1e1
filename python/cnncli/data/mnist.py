"""MNIST: 60,000 + 10,000 handwritten digits of 28x28 (LeCun et al. 1998), read from the four IDX files."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cnncli.data.dataset import DataSet
from cnncli.data.idx import PARTS, file_names, find_idx, read_split
from cnncli.errors import DataError
from cnncli.shown import shown

# SHA-256 of the content, decompressed: mirrors compress again, so the .gz files differ between them.
DIGESTS = {
    "train-images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
# `DataSet.digest` of what those four files hold; a test computes it. Hashing 55 MB again would tell nothing new.
DATA_SET_DIGEST = "2780c15709a66c1eef2de9e3a93afc9d7b503961270ef5bcf2748d1b29674895"
_SUBFOLDERS = (".", "mnist", "MNIST/raw")  # a folder of data sets, ours or torchvision's, may be named too


def load_mnist(data_dir: str | Path | None = None) -> DataSet:
    """Reads MNIST and checks every byte of it.

    Parameters
    ----------
    data_dir : folder with the four files (or with mnist/ in it); None: the folder that the environment variable
        CNN_DATA_DIR names, else `cnncli/mnist` in the user's cache

    Returns
    -------
    DataSet "mnist", uint8 (60000, 1, 28, 28) and (10000, 1, 28, 28), light on dark

    Raises
    ------
    DataError : a file is missing, cannot be read, or is not MNIST's
    """
    folder, files = find_mnist(data_dir)
    missing = tuple(part for part in PARTS if part not in files)
    if missing:
        raise DataError(
            f"mnist: {shown(folder)} lacks {file_names(missing)}; put the files there, or name their folder "
            "with --data-dir or CNN_DATA_DIR"
        )
    pairs = [(files[f"{part}-images"], files[f"{part}-labels"]) for part in ("train", "t10k")]
    with ThreadPoolExecutor(len(pairs)) as pool:  # decompressing and hashing leave the other thread free
        read = list(pool.map(lambda pair: read_split(*pair), pairs))
    splits = []
    for part, (images, labels), (split, *digests) in zip(("train", "t10k"), pairs, read, strict=True):
        for kind, path, digest in zip(("images", "labels"), (images, labels), digests, strict=True):
            if digest != DIGESTS[f"{part}-{kind}"]:
                raise DataError(
                    f"{shown(path)}: not the file of MNIST (SHA-256 of the content {digest[:16]}..., expected "
                    f"{DIGESTS[f'{part}-{kind}'][:16]}...); fetch it again, or pass the folder as --data if it is "
                    "another set"
                )
        splits.append(split)
    return DataSet(
        name="mnist",
        train=splits[0],
        test=splits[1],
        class_names=[str(digit) for digit in range(10)],
        polarity="light-on-dark",
        source=f"MNIST in {shown(folder)}",
        known_digest=DATA_SET_DIGEST,
    )


def find_mnist(data_dir: str | Path | None = None) -> tuple[Path, dict[str, Path]]:
    """Where MNIST is looked for, and which of its files are there.

    Returns
    -------
    (folder, files) : files as `find_idx` gives them, empty if none is there
    """
    named = named_folder(data_dir)
    folder = named if named is not None else cache_folder()
    found = [(folder / sub, find_idx(folder / sub)) for sub in _SUBFOLDERS]
    return max(found, key=lambda item: len(item[1]))  # the first of those with most files


def named_folder(data_dir: str | Path | None = None) -> Path | None:
    """The folder that the user named: `data_dir`, else CNN_DATA_DIR, else None."""
    named = data_dir or os.environ.get("CNN_DATA_DIR")
    return Path(named) if named else None


def cache_folder() -> Path:
    """`cnncli/mnist` in the user's cache (XDG_CACHE_HOME on Linux)."""
    from platformdirs import user_cache_path

    return user_cache_path("cnncli", appauthor=False) / "mnist"
