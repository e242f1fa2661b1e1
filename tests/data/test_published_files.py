"""Files of data sets with names: their sizes as published, what is verified of them, and what is said of faults."""

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from cnncli.data.dataset import Split
from cnncli.data.download import fetching
from cnncli.data.download.cache import candidates, data_root, own_folder
from cnncli.data.download.exchange import Answer, MirrorError
from cnncli.data.download.fetching import FetchError, UnreachableError, _listed, fetch
from cnncli.data.download.mirrors import host_of, shown_mirror
from cnncli.data.download.named import _as_mnist
from cnncli.data.download.sources import SOURCES, RemoteFile
from cnncli.data.download.sums import read_sums, write_sums
from cnncli.data.download.transfer import _continues, _cut_words, _number, _validator
from cnncli.data.download.verify import file_problem
from cnncli.data.fetch_records import FetchRecord, Skipped
from cnncli.errors import DataError

# As LeCun's page, TensorFlow Datasets' url_checksums and NIST's page list them.
SIZES = {
    "mnist": [9_912_422, 28_881, 1_648_877, 4_542], "fashion-mnist": [26_421_880, 29_515, 4_422_102, 5_148],
    "kmnist": [18_165_135, 29_497, 3_041_136, 5_120], "emnist-digits": [561_753_746], "emnist-letters": [561_753_746],
}  # fmt: skip


def test_files_have_the_sizes_that_are_published() -> None:
    assert {name: [file.size_bytes for file in source.files] for name, source in SOURCES.items()} == SIZES
    for name in ("mnist", "fashion-mnist", "kmnist"):
        assert [file.content_bytes for file in SOURCES[name].files] == [47_040_016, 60_008, 7_840_016, 10_008]
    assert [file.of_content for source in SOURCES.values() for file in source.files] == [True] * 4 + [False] * 10
    letters, digits = SOURCES["emnist-letters"], SOURCES["emnist-digits"]
    assert (letters.first_label, digits.first_label, letters.transposed, digits.transposed) == (1, 0, True, True)
    assert letters.parts["t10k-labels"] == "emnist-letters-test-labels-idx1-ubyte.gz"
    assert digits.parts["train-images"] == "emnist-digits-train-images-idx3-ubyte.gz"
    assert {source.is_archive for source in (letters, digits)} == {True} and not SOURCES["mnist"].is_archive
    assert [letters.files[0].content_bytes, digits.files[0].content_bytes] == [561_753_746] * 2


def test_gzip_of_a_content_may_be_a_hundredth_larger_than_it() -> None:
    content = RemoteFile("x.gz", 10, "", True, 12_345)
    assert content.most_bytes == 12_345 + 123 + 1_024
    assert RemoteFile("x.gz", 10, "", False, 12_345).most_bytes == 10


def published(content: bytes, *, of_content: bool = True) -> RemoteFile:
    return RemoteFile("x", len(content), hashlib.sha256(content).hexdigest(), of_content, len(content))


def test_content_is_verified_packed_or_not_by_its_size_and_digest(tmp_path: Path) -> None:
    path, content = tmp_path / "x", bytes(range(256)) * 5000
    wanted = published(content)
    other = content[:-1] + b"\0"
    digests = [hashlib.sha256(one).hexdigest()[:16] for one in (other, content)]
    wrong = f"wrong bytes (SHA-256 of the content {digests[0]}..., expected {digests[1]}...)"
    for made, said in (
        (content, None), (content + b"x", "unpacks to more than its 1,280,000 bytes"), (other, wrong),
        (content[:-1], "unpacks to 1,279,999 bytes instead of 1,280,000"),
        (b"", "unpacks to 0 bytes instead of 1,280,000"),
    ):  # fmt: skip
        for packed in (False, True):
            path.write_bytes(gzip.compress(made, 1) if packed else made)
            assert file_problem(path, wanted) == said
    packed_bytes = gzip.compress(content, 1)
    path.write_bytes(packed_bytes[:-9])
    assert (file_problem(path, wanted) or "").startswith("the gzip data is cut or damaged (")
    as_it_is = published(packed_bytes, of_content=False)
    path.write_bytes(packed_bytes)
    assert file_problem(path, as_it_is) is None
    path.write_bytes(packed_bytes + b"\0")
    assert file_problem(path, as_it_is) == f"{len(packed_bytes) + 1:,} bytes instead of {len(packed_bytes):,}"
    path.write_bytes(packed_bytes[:-1] + b"\1")
    assert (file_problem(path, as_it_is) or "").startswith("wrong bytes (SHA-256 ")
    assert file_problem(tmp_path, wanted) == "not a regular file"
    assert file_problem(tmp_path / "gone", wanted) == "cannot be read (no such file or directory)"


def test_images_of_emnist_stand_upright_and_letters_count_from_0(rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (3, 1, 4, 4), np.uint8)
    letters = _as_mnist(SOURCES["emnist-letters"], Split(images, np.array([1, 26, 5])), Path("f"))
    np.testing.assert_array_equal(letters.images, images.transpose(0, 1, 3, 2))
    assert letters.labels.tolist() == [0, 25, 4]
    plain = _as_mnist(SOURCES["mnist"], Split(images, np.array([0, 9, 5])), Path("f"))
    np.testing.assert_array_equal(plain.images, images)
    for labels, wrong in (([0, 27, 5], 0), ([1, 27, 5], 27)):
        with pytest.raises(DataError, match=f"^f: label {wrong} found; EMNIST Letters has labels 1 to 26$"):
            _as_mnist(SOURCES["emnist-letters"], Split(images, np.array(labels)), Path("f"))
    assert len(_as_mnist(SOURCES["mnist"], Split(images[:0], np.zeros(0, np.int64)), Path("f"))) == 0


def answer(**headers: str) -> Answer:
    return Answer(206, "", {name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(("given", "continues"), [
    ({"content_range": "bytes 5-9/10"}, True), ({"content_range": "bytes 5-9/*"}, True),
    ({"content_range": " bytes 5-9/10 "}, True),
    ({"content_range": "bytes 5-9/10", "content_length": "5"}, True),
    ({"content_range": "bytes 5-9/10", "content_length": "4"}, False),
    ({"content_range": "bytes 5-9/10", "content_length": "6"}, False), ({"content_range": "bytes 4-9/10"}, False),
    ({"content_range": "bytes 5-8/10"}, False), ({"content_range": "bytes 5-9/9"}, False),
    ({"content_range": "5-9/10"}, False), ({}, False),
])  # fmt: skip
def test_rest_of_a_file_begins_where_what_is_there_ends_and_goes_to_its_end(
    given: dict[str, str], continues: bool
) -> None:
    assert _continues(answer(**given), 5) == continues


def test_small_words_of_a_transfer() -> None:
    assert _validator(answer(etag='"a"', last_modified="d")) == '"a"' and _validator(answer(etag='W/"a"')) == ""
    assert _validator(answer(etag='W/"a"', last_modified="d")) == "d" and _validator(answer()) == ""
    assert [_number(text) for text in ("12", "0", "-1", "", "x", "\u0663", None)] == [
        12,
        0,
        None,
        None,
        None,
        None,
        None,
    ]
    assert _cut_words(1_200, 5_000) == "the connection was cut after 1,200 of 5,000 bytes"
    assert _cut_words(0, None) == "the connection was cut after 0 bytes"
    assert _cut_words(0, 0) == "the connection was cut after 0 of 0 bytes"
    assert [_listed(["a", "b", "c"][:count]) for count in (1, 2, 3)] == [
        "a is", "a and 1 other file are", "a and 2 other files are",
    ]  # fmt: skip
    assert shown_mirror("https://x.org/a/") == "x.org/a" and host_of("https://x.org:9/a/") == "x.org:9"


def test_folders_are_looked_in_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mnist = SOURCES["mnist"]
    assert candidates(mnist, tmp_path) == [tmp_path / "mnist", tmp_path / "MNIST/raw", tmp_path]
    assert own_folder(mnist, tmp_path) == tmp_path / "mnist"
    monkeypatch.setenv("CNN_DATA_DIR", "named")
    assert data_root() == Path("named") and data_root(tmp_path) == tmp_path


def test_sums_are_lines_of_sha256sum(tmp_path: Path) -> None:
    digest = "0a" * 32
    (tmp_path / "SHA256SUMS").write_text(
        f"{digest}  a.gz\n{digest[:-1]}  b.gz\n{digest} c.gz\n{digest}  d e\n\n{digest.upper()}  f\n"
    )
    assert read_sums(tmp_path) == {"a.gz": digest} and read_sums(tmp_path / "gone") == {}
    write_sums(tmp_path, {"b.gz": digest, "a.gz": "1b" * 32})
    assert (tmp_path / "SHA256SUMS").read_text() == f"{'1b' * 32}  a.gz\n{digest}  b.gz\n"


def test_reasons_of_mirrors_are_cut_after_200_characters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In part they are the mirror's own words."""
    mnist, words = SOURCES["mnist"], "w" * 201
    monkeypatch.setattr(fetching, "why_unreachable", lambda urls, seconds: dict.fromkeys(urls, words))
    with pytest.raises(UnreachableError) as unreachable:
        fetch(mnist, tmp_path)
    assert list(unreachable.value.reasons.values()) == ["w" * 200] * len(unreachable.value.reasons)
    assert f"127.0.0.1:9: {'w' * 200});" in str(unreachable.value)

    def refuse(*_: object) -> None:
        raise MirrorError(words)

    monkeypatch.setattr(fetching, "why_unreachable", lambda urls, seconds: None)
    monkeypatch.setattr(fetching, "transfer", refuse)
    told: list[FetchRecord] = []
    with pytest.raises(FetchError, match=f"^mnist: its only mirror does not send {mnist.files[0].name} as it must be;"):
        fetch(mnist, tmp_path, told.append)
    assert told[1:] == [Skipped(mnist.files[0].name, "127.0.0.1:9/mnist", "w" * 200)]
