"""Data sets by name: read, verified, upright, with their classes; fetched by themselves; offline without a socket."""

import dataclasses
import hashlib
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli import data
from cnncli.data.download import archive
from cnncli.data.download.fetching import FetchError, UnreachableError, fetch
from cnncli.data.download.sources import SOURCES, RemoteFile, Source
from cnncli.data.fetch_records import FetchDone, FetchRecord, FileFetched, Unpacking
from cnncli.errors import DataError
from scripts import run_file
from small_sets import TEST_IMAGES, TRAIN_IMAGES, SmallSet, idx, make_small_set, make_zip

LIKE_MNIST = ["mnist", "fashion-mnist", "kmnist"]
EMNIST = ["emnist-digits", "emnist-letters"]

pytestmark = pytest.mark.usefixtures("patient")


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a small set into the place of the real one."""

    def put(source: Source) -> None:
        monkeypatch.setitem(SOURCES, source.name, source)

    return put


@pytest.fixture
def served(mirror_servers: Any, use: Any) -> Any:
    """Makes a small set of a name, serves it, and puts it into the place of the real one."""

    def make(name: str) -> SmallSet:
        made = make_small_set(name)
        mirror_servers.trusted.files.update(made.served)
        use(made.with_mirrors(mirror_servers.trusted.url("good")))
        return made

    return make


@pytest.mark.parametrize("name", [*LIKE_MNIST, *EMNIST])
def test_data_set_is_fetched_by_its_name_and_comes_through_unchanged(name: str, served: Any, tmp_path: Path) -> None:
    made = served(name)
    found = data.load(name, data_dir=tmp_path)
    assert found.name == name and found.polarity == "light-on-dark"
    assert found.class_names == list(made.source.class_names)
    for half, split in (("train", found.train), ("t10k", found.test)):
        assert split is not None
        upright = made.images[half].transpose(0, 2, 1) if name in EMNIST else made.images[half]
        np.testing.assert_array_equal(split.images[:, 0], upright)
        np.testing.assert_array_equal(split.labels, made.labels[half].astype(np.int64) - made.source.first_label)


def test_emnist_is_upright(served: Any, mirror_servers: Any, use: Any, tmp_path: Path) -> None:
    """A seven as EMNIST stores it, on its side: its bar is the first column of the file, and is to be the first row."""
    made = make_small_set("emnist-digits")
    lying = np.zeros((TRAIN_IMAGES, 28, 28), np.uint8)
    lying[:, 4:24, 4] = 255  # the bar
    lying[:, 23, 4:24] = 255  # the stroke down
    parts = made.source.parts
    with zipfile.ZipFile(_save(tmp_path / "zip", made.served["gzip.zip"])) as old:
        members = {info.filename: old.read(info) for info in old.infolist()}
    import gzip

    members["gzip/" + parts["train-images"]] = gzip.compress(idx(lying), mtime=0)
    content = make_zip(members)
    mirror_servers.trusted.files["gzip.zip"] = content
    file = dataclasses.replace(
        made.source.files[0], size_bytes=len(content), content_bytes=len(content), sha256=_sha256(content)
    )
    use(dataclasses.replace(made.with_mirrors(mirror_servers.trusted.url("good")), files=(file,)))
    found = data.load("emnist-digits", data_dir=tmp_path, wish=data.PictureWish(prepare="plain"))
    assert found.train is not None
    image = found.train.images[0, 0]
    assert (image[4, 4:24] == 255).all() and (image[4:24, 23] == 255).all()
    assert (image[5:23, 4:23] == 0).all()


def test_letters_are_a_to_z(served: Any, tmp_path: Path) -> None:
    served("emnist-letters")
    found = data.load("emnist-letters", data_dir=tmp_path)
    assert found.train is not None
    assert found.class_names[0] == "a" and found.class_names[25] == "z" and len(found.class_names) == 26
    assert found.train.labels[:26].tolist() == list(range(26))  # the file holds 1 to 26


def test_both_parts_of_emnist_come_out_of_one_download(mirror_servers: Any, use: Any, tmp_path: Path) -> None:
    digits, letters = make_small_set("emnist-digits"), make_small_set("emnist-letters", seed=2)
    members = {}
    for made in (digits, letters):
        with zipfile.ZipFile(_save(tmp_path / "zip", made.served["gzip.zip"])) as old:
            members.update({f"gzip/{name}": old.read(f"gzip/{name}") for name in made.source.parts.values()})
    content = make_zip(members)
    mirror_servers.trusted.files["gzip.zip"] = content
    file = RemoteFile("gzip.zip", len(content), _sha256(content), False, len(content))
    for made in (digits, letters):
        use(dataclasses.replace(made.with_mirrors(mirror_servers.trusted.url("good")), files=(file,)))
    records: list[FetchRecord] = []
    folder = fetch(SOURCES["emnist-digits"], tmp_path, records.append)
    assert [type(record) for record in records[-3:]] == [Unpacking, FileFetched, FetchDone]
    assert len(mirror_servers.trusted.requests) == 1
    found = data.load("emnist-letters", data_dir=tmp_path)
    assert len(mirror_servers.trusted.requests) == 1
    assert found.test is not None and len(found.test) == TEST_IMAGES
    names = {*digits.source.parts.values(), *letters.source.parts.values()}
    assert {path.name for path in folder.iterdir()} == {*names, "SHA256SUMS", ".cnncli-fetch.lock"}
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0 and len(checked.stdout.splitlines()) == 8


def test_archive_put_there_by_hand_is_verified_and_unpacked(use: Any, tmp_path: Path) -> None:
    made = make_small_set("emnist-letters")
    use(made.with_mirrors("https://mirror.invalid/"))
    (tmp_path / "emnist").mkdir()
    (tmp_path / "emnist" / "gzip.zip").write_bytes(made.served["gzip.zip"])
    found = data.load("emnist-letters", data_dir=tmp_path)
    assert found.train is not None and len(found.train) == TRAIN_IMAGES
    assert (tmp_path / "emnist" / "gzip.zip").exists()  # the user's file stays


def test_changed_member_of_emnist_is_found(served: Any, tmp_path: Path) -> None:
    served("emnist-digits")
    folder = fetch(SOURCES["emnist-digits"], tmp_path)
    path = folder / SOURCES["emnist-digits"].parts["train-labels"]
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(DataError) as caught:
        data.load("emnist-digits", data_dir=tmp_path)
    message = re.sub(r"[0-9a-f]{16}\.\.\.", "...", str(caught.value))
    assert message == (
        f"{path}: not the file of EMNIST Digits (SHA-256 ..., expected ...); run cnn download emnist-digits, or pass "
        "the folder as --data if it is another set"
    )


def test_damaged_member_of_emnist_is_unpacked_again_from_a_new_archive(
    served: Any, mirror_servers: Any, tmp_path: Path
) -> None:
    served("emnist-digits")
    source = SOURCES["emnist-digits"]
    folder = fetch(source, tmp_path)
    path = folder / source.parts["t10k-images"]
    right = path.read_bytes()
    path.write_bytes(right[:-1])
    fetch(source, tmp_path)
    assert path.read_bytes() == right
    assert [request.path for request in mirror_servers.trusted.requests] == ["gzip.zip", "gzip.zip"]


@pytest.mark.parametrize(("label", "shown"), [(0, 0), (27, 27), (255, 255)])
def test_label_that_no_letter_has_is_named(label: int, shown: int, served: Any, tmp_path: Path) -> None:
    import gzip

    from cnncli.data.download.sums import read_sums, write_sums

    served("emnist-letters")
    folder = fetch(SOURCES["emnist-letters"], tmp_path)
    name = SOURCES["emnist-letters"].parts["t10k-labels"]
    labels = np.full(TEST_IMAGES, 3, np.uint8)
    labels[5] = label
    (folder / name).write_bytes(gzip.compress(idx(labels), mtime=0))
    write_sums(folder, {**read_sums(folder), name: _sha256((folder / name).read_bytes())})
    with pytest.raises(DataError) as caught:
        data.load("emnist-letters", data_dir=tmp_path)
    assert str(caught.value) == f"{folder / name}: label {shown} found; EMNIST Letters has labels 1 to 26"


def test_member_larger_than_the_limit_is_refused_unread(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = _save(tmp_path / "a.zip", make_zip({"gzip/x": bytes(1000)}))
    monkeypatch.setattr(archive, "MOST_MEMBER_BYTES", 999)
    with pytest.raises(DataError) as caught:
        archive.read_members(path, ["gzip/x"])
    assert str(caught.value) == f"{path}: gzip/x unpacks to 1,000 bytes; the limit is 999"
    monkeypatch.setattr(archive, "MOST_MEMBER_BYTES", 1000)
    assert archive.read_members(path, ["gzip/x"]) == {"gzip/x": bytes(1000)}


@pytest.mark.parametrize("claimed", [10, 2_000])
def test_member_that_lies_about_its_size_is_refused(claimed: int, tmp_path: Path) -> None:
    import io
    import struct

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("gzip/x", bytes(1000))
    content = bytearray(buffer.getvalue())
    directory = content.index(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<I", claimed)
    path = _save(tmp_path / "a.zip", bytes(content))
    with pytest.raises(DataError) as caught:
        archive.read_members(path, ["gzip/x"])
    assert str(caught.value) in (
        f"{path}: gzip/x unpacks to another size than it says; fetch it again",
        f"{path}: gzip/x cannot be unpacked (bad crc-32 for file 'gzip/x'); fetch it again",
    )


def test_members_are_read_by_name_and_nothing_is_extracted(tmp_path: Path) -> None:
    members = {"gzip/x": b"right", "../outside": b"!", "/tmp/outside": b"!"}
    path = _save(tmp_path / "a.zip", make_zip(members))
    assert archive.read_members(path, ["gzip/x"]) == {"gzip/x": b"right"}
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(DataError) as caught:
        archive.read_members(path, ["gzip/y"])
    assert str(caught.value) == f"{path}: has no member gzip/y; fetch it again"


def test_file_that_is_no_zip_is_one_line(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.zip", b"<html>")
    with pytest.raises(DataError) as caught:
        archive.read_members(path, ["gzip/x"])
    assert str(caught.value) == f"{path}: is no zip archive (file is not a zip file); fetch it again"


@pytest.mark.parametrize("place", ["{name}", "MNIST/raw", "."])
def test_mnist_is_found_in_a_folder_of_data_sets_torchvision_or_its_own(
    place: str, use: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = make_small_set("mnist")
    use(made.source)
    folder = tmp_path / place.format(name="mnist")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in made.served.items():
        (folder / name).write_bytes(content)
    assert data.load("mnist", data_dir=tmp_path).train is not None
    monkeypatch.setenv("CNN_DATA_DIR", str(tmp_path))
    assert data.load("mnist").train is not None


def test_wrong_bytes_in_a_named_folder_are_an_error_and_not_fetched(
    served: Any, mirror_servers: Any, tmp_path: Path
) -> None:
    served("mnist")
    other = make_small_set("mnist", seed=2)
    for name, content in other.served.items():
        (tmp_path / name).write_bytes(content)
    for load in (lambda: data.load("mnist", data_dir=tmp_path), lambda: data.resolve_default(tmp_path)):
        with pytest.raises(DataError, match="not the file of MNIST"):
            load()
    assert mirror_servers.trusted.requests == []


def test_named_folder_that_does_not_exist_is_not_made(served: Any, tmp_path: Path) -> None:
    served("mnist")
    with pytest.raises(DataError) as caught:
        data.load("mnist", data_dir=tmp_path / "typo")
    assert str(caught.value) == (
        f"{tmp_path}/typo: no such folder of data sets; make it, or name another with --data-dir"
    )
    assert list(tmp_path.iterdir()) == []


def test_default_is_mnist_where_it_can_be_fetched(served: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    served("mnist")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found, notice = data.resolve_default()
    assert (found.name, notice) == ("mnist", None)
    assert (tmp_path / "cnncli" / "mnist" / "train-images-idx3-ubyte.gz").exists()


def test_default_falls_back_on_digits_where_no_mirror_connects(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found, notice = data.resolve_default()
    assert found.name == "digits"
    assert notice == (
        "MNIST is not on this machine and no mirror can be reached (127.0.0.1:9: connection refused): using the "
        "embedded data set digits instead. `cnn download mnist` says which files to put where."
    )
    assert list(tmp_path.iterdir()) == []


def test_named_folder_without_mnist_is_no_reason_to_fall_back(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError):
        data.resolve_default(tmp_path)


@pytest.mark.parametrize("kind", ["wrong-bytes", "html", "missing"])
def test_mirrors_that_connect_and_send_something_else_are_no_reason_to_fall_back(
    kind: str, served: Any, use: Any, mirror_servers: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = served("mnist")
    use(made.with_mirrors(mirror_servers.trusted.url(kind)))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(FetchError) as caught:
        data.resolve_default()
    assert str(caught.value) == (
        "mnist: its only mirror does not send train-images-idx3-ubyte.gz as it must be; try again later, or put it "
        f"into {tmp_path}/cnncli/mnist by hand"
    )


def test_verified_cache_opens_no_socket(served: Any, tmp_path: Path) -> None:
    from small_cnn import write_sets

    names = ["mnist", "fashion-mnist", "emnist-letters"]
    for name in names:
        served(name)
        fetch(SOURCES[name], tmp_path)
    sets = write_sets(tmp_path / "sets.json", *(SOURCES[name] for name in names))
    run_file("offline", tmp_path, sets, *names)


def _save(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
