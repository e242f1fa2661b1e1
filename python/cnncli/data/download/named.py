"""Reads a data set that has a name, and checks every byte of it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from cnncli.data.binary.idx import read_split
from cnncli.data.dataset import DataSet, Split
from cnncli.data.download.cache import locate
from cnncli.data.download.fetching import fetch
from cnncli.data.download.published import expected_file
from cnncli.data.download.sources import Source
from cnncli.data.download.verify import sha256_of
from cnncli.data.fetch_records import Report, ignore
from cnncli.errors import DataError
from cnncli.shown import printable, reason_of


def load_named(source: Source, data_dir: str | Path | None = None, report: Report = ignore) -> DataSet:
    """Reads a data set; fetches it first if it is not on this machine.

    Parameters
    ----------
    source : which one
    data_dir : folder of data sets (or of this one's files); None: the folder that the environment variable
        CNN_DATA_DIR names, else `cnncli` in the user's cache
    report : called with what happens while it is fetched

    Returns
    -------
    DataSet, uint8 (N, 1, 28, 28), light on dark, upright

    Raises
    ------
    DataError : a file that is there cannot be read, or is not the published one; the named folder does not exist
    UnreachableError, FetchError : as `fetch`
    """
    found = locate(source, data_dir)
    if found is None:
        fetch(source, data_dir, report)
        found = locate(source, data_dir)
        assert found is not None
    folder, files = found
    with ThreadPoolExecutor(2) as pool:  # decompressing and hashing leave the other thread free
        train, test = pool.map(lambda half: _read(source, files, half), ("train", "t10k"))
    return DataSet(
        name=source.name,
        train=train,
        test=test,
        class_names=list(source.class_names),
        polarity="light-on-dark",
        source=f"{source.title} in {printable(folder)}",
        known_digest=source.digest or None,
    )


def _read(source: Source, files: dict[str, Path], half: str) -> Split:
    images_path, labels_path = files[f"{half}-images"], files[f"{half}-labels"]
    for part, path in ((f"{half}-images", images_path), (f"{half}-labels", labels_path)):
        if not source.files[0].of_content:
            _check(source, part, path, _file_digest(path))
    split, images_digest, labels_digest = read_split(images_path, labels_path)
    if source.files[0].of_content:
        _check(source, f"{half}-images", images_path, images_digest)
        _check(source, f"{half}-labels", labels_path, labels_digest)
    return _as_mnist(source, split, labels_path)


def _file_digest(path: Path) -> str:
    try:
        with path.open("rb") as raw:
            return sha256_of(raw)
    except OSError as error:
        reason = reason_of(error)
        raise DataError(f"{printable(path)}: cannot be read ({reason}); check the file and its permissions") from None


def _check(source: Source, part: str, path: Path, digest: str) -> None:
    expected = expected_file(source, part, path.parent)
    if expected is None:
        raise DataError(
            f"{printable(path)}: SHA256SUMS beside it does not list it, so it cannot be verified; "
            f"run cnn download {source.name}"
        )
    if digest != expected.sha256:
        of_what = " of the content" if expected.of_content else ""
        raise DataError(
            f"{printable(path)}: not the file of {source.title} (SHA-256{of_what} {digest[:16]}..., expected "
            f"{expected.sha256[:16]}...); run cnn download {source.name}, or pass the folder as --data if it is "
            "another set"
        )


def _as_mnist(source: Source, split: Split, labels_path: Path) -> Split:
    """Images upright and labels from 0, as MNIST has them."""
    images, labels = split.images, split.labels
    if source.transposed:
        images = np.ascontiguousarray(images.transpose(0, 1, 3, 2))
    last = source.first_label + len(source.class_names) - 1
    if len(labels) and not source.first_label <= labels.min() <= labels.max() <= last:
        wrong = labels.min() if labels.min() < source.first_label else labels.max()
        raise DataError(
            f"{printable(labels_path)}: label {wrong} found; {source.title} has labels {source.first_label} to {last}"
        )
    return Split(images, labels - source.first_label)
