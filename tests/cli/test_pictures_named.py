"""Which pictures the words of a command line lead to, in which order, and what is said of words that lead to none."""

import io
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from cnncli.cli import pictures_named
from cnncli.cli.pictures_named import NamedPicture, Pictures, natural


def png() -> bytes:
    stream = io.BytesIO()
    Image.new("L", (8, 8), 90).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """own/train/{cat,dog} with three pictures, a text and a leftover of a file manager."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "own/train/cat/10.png",
        "own/train/cat/9.png",
        "own/test/dog/1.png",
        "own/2.png",
        "own/1.png",
        "own/test/3.png",
    ):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(png())
    Path("own/notes.txt").write_text("no picture\n")
    Path("own/.DS_Store").write_text("")
    Path("bare").mkdir()
    return tmp_path


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """`feed(b"one", b"two")` is what comes over standard input, chunk by chunk as it is asked for."""
    opened: list[int] = []

    def put(*chunks: bytes) -> None:
        reading, writing = os.pipe()
        opened.append(reading)

        def write() -> None:
            with os.fdopen(writing, "wb", buffering=0) as file:
                for chunk in chunks:
                    file.write(chunk)

        threading.Thread(target=write, daemon=True).start()
        monkeypatch.setattr(pictures_named, "_STDIN", reading)

    yield put
    for number in opened:
        os.close(number)


def found(*words: str) -> list[NamedPicture]:
    return [one for one in Pictures(words) if one is not None]


def told(*words: str) -> list[str]:
    """Names, or what is said where there is no picture."""
    return [one.error or one.name for one in found(*words)]


def test_a_folder_is_read_in_the_natural_order_and_tells_classes_that_are_no_parts(here: Path) -> None:
    pictures = Pictures(["own"])
    assert [(one.name, one.told, one.teller) for one in pictures if one] == [
        ("own/1.png", "own", "folder name"), ("own/2.png", "own", "folder name"),
        ("own/test/3.png", "own", "folder name"), ("own/test/dog/1.png", "dog", "folder name"),
        ("own/train/cat/9.png", "cat", "folder name"), ("own/train/cat/10.png", "cat", "folder name"),
    ]  # fmt: skip
    assert sum(pictures.aside.values()) == 1 + (".DS_Store" in str(pictures.aside))  # the text


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["own/1.png", "nowhere.png"], ["own/1.png", "nowhere.png"]),  # the reader of pictures says what is wrong
        (["own/*.png"], ["own/1.png", "own/2.png"]),
        (["own/[2-9].png"], ["own/2.png"]),
        (["own/?.png"], ["own/1.png", "own/2.png"]),
        (["own/tes*"], ["own/test/3.png", "own/test/dog/1.png"]),  # a folder that matches is read
        (["own/**/1.png"], ["own/1.png", "own/test/dog/1.png"]),
        (["own/test/**"], ["own/test/3.png", "own/test/dog/1.png"]),
        (["*.gif"], ["*.gif: no file matches; check the pattern and the folder"]),
        (["bare"], ["bare: no pictures; name a picture, or a folder that holds some"]),
        (["bare", "own/2.png"], ["bare: no pictures; name a picture, or a folder that holds some", "own/2.png"]),
    ],
)
def test_words_lead_to_pictures_or_to_what_is_said_of_them(here: Path, words: list[str], names: list[str]) -> None:
    assert told(*words) == names


def test_files_of_a_pattern_that_are_no_pictures_are_counted(here: Path) -> None:
    pictures = Pictures(["own/*.png", "own/n*"])
    assert [one.error or one.name for one in pictures if one] == [
        "own/1.png", "own/2.png", "own/n*: no pictures; name a picture, or a folder that holds some",
    ]  # fmt: skip
    assert list(pictures.aside.values()) == [1]


def test_a_list_tells_classes_where_it_has_some(here: Path) -> None:
    Path("own/list.csv").write_text("path,label\n1.png,cat\n2.png,dog\n")
    assert [(Path(one.name).name, one.told, one.teller) for one in found("own/list.csv")] == [
        ("1.png", "cat", "the list"), ("2.png", "dog", "the list"),
    ]  # fmt: skip
    Path("own/names.txt").write_text("1.png\n")
    assert [(Path(one.name).name, one.told) for one in found("own/names.txt")] == [("1.png", None)]
    Path("own/picture.txt").write_bytes(png())  # a picture under the name of a list
    assert found("own/picture.txt") == [NamedPicture("own/picture.txt", "own/picture.txt", is_word=True)]


@pytest.mark.parametrize("cut", [5, 70, 1_000])
def test_a_picture_over_standard_input_is_read_whole(feed: Callable[..., None], cut: int) -> None:
    content = png() + bytes(100_000)
    feed(content[:cut], content[cut:])
    assert found("-") == [NamedPicture("-", content)]


@pytest.mark.parametrize(
    "chunks",
    [(b"a.png\nown\n",), (b"a.png\r\nown\r\n",), (b"a.png\0own\0",), (b"a.png\n", b"own"), (b"a.p", b"ng\n\nown")],
)
def test_names_over_standard_input_lead_to_pictures_and_folders(
    here: Path, feed: Callable[..., None], chunks: tuple[bytes, ...]
) -> None:
    feed(*chunks)
    names = told("-")
    assert names[0] == "a.png" and len(names) == 1 + 6


def test_while_no_more_names_come_it_is_said_that_none_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    monkeypatch.setattr(pictures_named, "_STDIN", reading)
    monkeypatch.setattr(pictures_named, "_PATIENCE_SECONDS", 0.0)
    pictures = iter(Pictures(["-"]))
    os.write(writing, b"a.png\n")
    assert next(pictures) == NamedPicture("a.png", "a.png") and next(pictures) is None
    os.write(writing, b"b.png")
    os.close(writing)
    assert [one for one in pictures if one] == [NamedPicture("b.png", "b.png")]
    os.close(reading)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "standard input: is empty; pipe a picture, or names of pictures, into it"),
        (b"\x01\x02\xff\xfe" * 3_000, "standard input: neither a picture nor names of pictures; pipe one of them"),
        (b"\n", "standard input: no pictures; name a picture, or a folder that holds some"),
    ],
)
def test_standard_input_without_pictures_is_told(feed: Callable[..., None], content: bytes, line: str) -> None:
    feed(content)
    assert told("-") == [line]


def test_standard_input_is_read_once_and_may_be_closed(
    feed: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    feed(b"a.png\n")
    assert told("-", "-") == ["a.png", "standard input: is read once; write - once"]
    monkeypatch.setattr("sys.stdin", None)
    assert told("-") == ["standard input: is closed; pipe a picture or names into it"]


def test_a_name_that_starts_as_a_pgm_does_is_a_name_where_there_is_such_a_file(
    here: Path, feed: Callable[..., None]
) -> None:
    Path("P5 scan.png").write_bytes(png())
    feed(b"P5 scan.png\n")
    assert told("-") == ["P5 scan.png"]
    content = b"P5 2 1 255\n\x00\xff"
    feed(content)
    assert found("-") == [NamedPicture("-", content)]


def test_names_are_sorted_by_numbers_of_any_length() -> None:
    names = ["a10", "a9", "a09", "b", "10", "9", "x" + "1" * 5_000, "x2"]
    assert sorted(names, key=natural) == ["9", "10", "a09", "a9", "a10", "b", "x2", "x" + "1" * 5_000]
    assert natural("a0") < natural("a00") < natural("a1") < natural("a02b") < natural("a2c1")
    assert natural("a1b9") < natural("a1b10") < natural("a1c2")
