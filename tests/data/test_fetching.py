"""Fetching a data set: what is there and right stays, what is missing or damaged comes, from the mirrors of a table."""

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import pytest

from cnncli import data
from cnncli.data.download.fetching import FetchError, fetch
from cnncli.data.download.sources import SOURCES, Source
from cnncli.data.fetch_records import Damaged, FetchDone, FetchRecord, FetchStarted, FileProgress, Skipped
from cnncli.errors import CnnError, UsageError
from fetched import FIRST, assert_whole, shown
from small_sets import SmallSet, make_small_set

pytestmark = pytest.mark.usefixtures("patient")


def test_progress_of_a_file_grows_to_its_size(small: SmallSet, mirror_servers: Any, tmp_path: Path) -> None:
    records: list[FetchRecord] = []
    folder = fetch(small.with_mirrors(mirror_servers.trusted.url("good")), tmp_path, records.append)
    total = sum(len(content) for content in small.served.values())
    assert records[0] == FetchStarted("mnist", folder, 4, total)
    for name, content in small.served.items():
        seen = [record for record in records if isinstance(record, FileProgress) and record.file == name]
        received = [record.received_bytes for record in seen]
        assert received == sorted(received) and received[0] == 0 and received[-1] == len(content)
        assert {record.total_bytes for record in seen} == {len(content)}


def test_what_is_there_is_verified_and_not_fetched_again(small: SmallSet, mirror_servers: Any, tmp_path: Path) -> None:
    source = small.with_mirrors(mirror_servers.trusted.url("good"))
    folder = fetch(source, tmp_path)
    mirror_servers.trusted.requests.clear()
    records: list[FetchRecord] = []
    assert fetch(source, tmp_path, records.append) == folder
    assert records == [FetchDone("mnist", folder, tuple(small.served))]
    assert mirror_servers.trusted.requests == []


def test_only_what_is_missing_is_fetched(small: SmallSet, mirror_servers: Any, tmp_path: Path) -> None:
    source = small.with_mirrors(mirror_servers.trusted.url("good"))
    folder = fetch(source, tmp_path)
    (folder / FIRST).unlink()
    mirror_servers.trusted.requests.clear()
    fetch(source, tmp_path)
    assert_whole(folder, small)
    assert [request.path for request in mirror_servers.trusted.requests] == [FIRST]


def test_damaged_file_in_the_cache_is_told_and_fetched_again(
    small: SmallSet, mirror_servers: Any, tmp_path: Path
) -> None:
    source = small.with_mirrors(mirror_servers.trusted.url("good"))
    folder = fetch(source, tmp_path)
    content = bytearray(small.served[FIRST])
    content[len(content) // 2] ^= 1
    (folder / FIRST).write_bytes(content)
    records: list[FetchRecord] = []
    fetch(source, tmp_path, records.append)
    assert_whole(folder, small)
    (damaged,) = [record for record in records if isinstance(record, Damaged)]
    assert damaged.file == FIRST


def test_damaged_plain_file_makes_way_for_the_right_one(small: SmallSet, mirror_servers: Any, tmp_path: Path) -> None:
    source = small.with_mirrors(mirror_servers.trusted.url("good"))
    folder = tmp_path / "mnist"
    folder.mkdir()
    (folder / FIRST.removesuffix(".gz")).write_bytes(bytes(100))
    records: list[FetchRecord] = []
    fetch(source, tmp_path, records.append)
    assert_whole(folder, small)
    name = FIRST.removesuffix(".gz")
    plain_size = small.source.files[0].content_bytes
    assert [record for record in records if isinstance(record, Damaged)] == [
        Damaged(name, f"unpacks to 100 bytes instead of {plain_size:,}")
    ]


def test_files_without_a_digest_of_the_content_are_checked_as_they_are(mirror_servers: Any, tmp_path: Path) -> None:
    fashion = make_small_set("fashion-mnist")
    mirror_servers.trusted.files.update(fashion.served)
    records: list[FetchRecord] = []
    mirrors = mirror_servers.trusted.url("short-length"), mirror_servers.trusted.url("good")
    folder = fetch(fashion.with_mirrors(*mirrors), tmp_path, records.append)
    assert_whole(folder, fashion)
    size = len(fashion.served[FIRST])
    (skipped,) = [record for record in records if isinstance(record, Skipped)]
    assert skipped == Skipped(FIRST, shown(mirrors[0]), f"{size - 10:,} bytes instead of {size:,}")


def test_repacked_file_of_the_right_content_is_mnist_but_not_fashion_mnist(mirror_servers: Any, tmp_path: Path) -> None:
    import gzip

    for name, right in (("mnist", True), ("fashion-mnist", False)):
        made = make_small_set(name)
        repacked = {path: gzip.compress(gzip.decompress(content), 9, mtime=1) for path, content in made.served.items()}
        mirror_servers.trusted.files.update(repacked)
        source = made.with_mirrors(mirror_servers.trusted.url("good"))
        if right:
            fetch(source, tmp_path)
        else:
            with pytest.raises(FetchError):
                fetch(source, tmp_path)


def test_files_of_another_set_in_the_named_folder_are_left_alone(
    small: SmallSet, mirror_servers: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = make_small_set("mnist", seed=2)
    for name, content in other.served.items():
        (tmp_path / name).write_bytes(content)
    source = small.with_mirrors(mirror_servers.trusted.url("good"))
    assert fetch(source, tmp_path) == tmp_path / "mnist"
    assert_whole(tmp_path / "mnist", small)
    assert all((tmp_path / name).read_bytes() == content for name, content in other.served.items())
    monkeypatch.setitem(SOURCES, "mnist", source)
    found = data.load("mnist", data_dir=tmp_path)  # ours goes before what lies about in the folder
    assert found.train is not None and (found.train.images[:, 0] == small.images["train"]).all()


def test_folder_that_cannot_be_made_is_one_line(small: SmallSet, mirror_servers: Any, tmp_path: Path) -> None:
    (tmp_path / "mnist").write_text("a file where the folder should be")
    with pytest.raises(CnnError) as caught:
        fetch(small.with_mirrors(mirror_servers.trusted.url("good")), tmp_path)
    assert str(caught.value) == f"{tmp_path}/mnist: cannot be written: file exists"


def test_own_mirrors_have_a_folder_for_each_data_set(
    small: SmallSet, mirror_servers: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = mirror_servers.trusted
    server.files = {f"sets/mnist/{name}": content for name, content in small.served.items()}
    monkeypatch.setenv("CNN_MIRRORS", f"{server.url('missing')} {server.url('good')}sets")
    folder = fetch(small.with_mirrors("https://built-in.invalid/"), tmp_path)
    assert_whole(folder, small)


def test_own_mirror_without_https_is_refused(small: SmallSet, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CNN_MIRRORS", "http://localhost/sets")
    with pytest.raises(UsageError) as caught:
        fetch(small.source, tmp_path)
    assert str(caught.value) == (
        "CNN_MIRRORS: http://localhost/sets is not https; data sets are fetched from https://... only"
    )


@pytest.mark.parametrize("source", SOURCES.values(), ids=lambda source: source.name)
def test_the_table_is_complete(source: Source) -> None:
    assert all(mirror.startswith("https://") and not mirror.endswith(".zip") for mirror in source.mirrors)
    assert len(set(source.mirrors)) == len(source.mirrors) >= 1
    assert set(source.parts) == {"train-images", "train-labels", "t10k-images", "t10k-labels"}
    assert all(len(file.sha256) == 64 and set(file.sha256) <= set("0123456789abcdef") for file in source.files)
    assert len({file.sha256 for file in source.files}) == len(source.files)
    if not source.is_archive:
        assert [file.name for file in source.files] == list(source.parts.values())


def test_digests_of_mnist_are_those_of_its_files(mnist_folder: Path) -> None:
    import gzip

    for file in SOURCES["mnist"].files:
        content = gzip.decompress((mnist_folder / file.name).read_bytes())
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (file.sha256, file.content_bytes)


def test_real_mnist_comes_through_a_mirror(mnist_folder: Path, mirror_servers: Any, tmp_path: Path) -> None:
    real = SOURCES["mnist"]
    for file in real.files:
        mirror_servers.trusted.files[file.name] = (mnist_folder / file.name).read_bytes()
    source = dataclasses.replace(real, mirrors=(mirror_servers.trusted.url("good"),))
    fetch(source, tmp_path)
    found = data.load("mnist", data_dir=tmp_path)
    assert found.digest == data.load("mnist", data_dir=mnist_folder).digest
