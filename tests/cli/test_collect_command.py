"""`cnn sheet` and `cnn collect` as users type them."""

import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tools.photographs.filling import fill, glyphs

from cnncli.cli.main import run
from cnncli.forms import photograph
from cnncli.forms.form_page import make_pages


@pytest.fixture(scope="module")
def scan() -> bytes:
    """A form with the classes 3 and 8, filled in, as a scanner sees it."""
    rng = np.random.default_rng(4)
    filled = fill(make_pages(["3", "8"], 1, "a4")[0], glyphs("digits", rng), rng, per_mm=5.0, empty=0.1, crossed=0.0)
    content = io.BytesIO()
    filled.image.save(content, "PNG")
    return content.getvalue()


@pytest.fixture(scope="module", autouse=True)
def each_photograph_is_read_once() -> Iterator[None]:
    """Reading is what tests/forms tries; these tests ask what becomes of it."""
    real, read = photograph.read_photograph, {}

    def once(source: str | Path | bytes, name: str | None = None) -> photograph.Photograph:
        if not isinstance(source, bytes) and not Path(source).exists():
            return real(source, name)
        content = source if isinstance(source, bytes) else Path(source).read_bytes()
        with Image.open(io.BytesIO(content)) as image:
            pixels = image.tobytes()
        if pixels not in read:
            read[pixels] = real(source, name)
        return replace(read[pixels], name=name or str(source))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(photograph, "read_photograph", once)
        yield


@pytest.fixture
def folder(scan: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("photo.png").write_bytes(scan)
    return tmp_path


def pictures() -> dict[str, bytes]:
    return {path.as_posix(): path.read_bytes() for path in sorted(Path("mine").rglob("*")) if path.is_file()}


@pytest.mark.parametrize(("name", "files"), [("form.pdf", 1), ("form.png", 2)])
def test_sheet_writes_a_pdf_or_a_picture_a_page(
    name: str, files: int, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sheet", "--classes", "a-l", "--out", name, "--paper", "letter", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert len(facts["files"]) == files and all(Path(file).stat().st_size for file in facts["files"])
    assert len(facts["pages"]) == 2 and len(facts["classes"]) == 12
    assert sum(len(page["cells"]) for page in facts["pages"]) == 120


@pytest.mark.parametrize(
    ("words", "said"),
    [("--classes 0-9 --out form.txt", ".pdf or .png"), ("--classes a,a --out f.pdf", "twice"),
     ("--classes a --rows 0 --out f.pdf", "at least 1"), ("--classes train,Test --out f.pdf", "parts of a data set")],
)  # fmt: skip
def test_sheet_refuses_in_one_line(words: str, said: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sheet", *words.split()]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_collect_writes_pictures_by_class_and_train_takes_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["collect", "photo.png", "--out", "mine", "--show", "page.png", "--json"]) == 0
    [facts] = json.loads(capsys.readouterr().out)["photos"]
    assert sorted(facts["written"]) == sorted(pictures()) and len(facts["written"]) + len(facts["refused"]) == 20
    assert {Path(path).parent.name for path in facts["written"]} == {"3", "8"}
    assert all(Path(path).name.startswith("photo-r") for path in facts["written"])
    with Image.open(facts["written"][0]) as cell, Image.open("page.png") as page:
        assert cell.size == (126, 126) and page.size[0] == 840
    assert run(["train", "mine", "--arch", "linear", "--epochs", "1", "--out", "m.bin", "-q"]) == 0
    assert Path("m.bin").exists()


def test_the_same_photograph_again_is_noticed_under_any_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["collect", "photo.png", "--out", "mine"]) == 0
    before = pictures()
    Path("photo.png").rename("other.png")
    assert run(["collect", "other.png", "--out", "mine"]) == 0
    assert "nothing is written" in capsys.readouterr().out and pictures() == before
    assert run(["collect", "other.png", "--out", "mine", "--overwrite"]) == 0
    after = pictures()
    assert len(after) == len(before) and all("/other-r" in name for name in after)


def test_another_photograph_of_the_same_page_is_noticed(
    folder: Path, scan: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["collect", "photo.png", "--out", "mine"]) == 0
    before = pictures()
    Path("again.png").write_bytes(scan + b"\0")  # other bytes, the same page
    assert run(["collect", "again.png", "--out", "mine"]) == 0
    assert "of this page by another photograph, such as photo-r1c" in capsys.readouterr().out and pictures() == before
    assert run(["collect", "again.png", "--out", "mine", "--overwrite"]) == 0
    after = pictures()
    assert len(after) == len(before) and all("/again-r" in name for name in after)


def test_another_photograph_of_the_same_name_takes_no_file_away(
    folder: Path, scan: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnncli.forms.same_page.page_before", lambda *_: [])  # as if it showed another page
    assert run(["collect", "photo.png", "--out", "mine"]) == 0
    before = pictures()
    Path("photo.png").write_bytes(scan + b"\0")
    assert run(["collect", "photo.png", "--out", "mine"]) == 0
    after = pictures()
    assert before.items() < after.items() and len(after) == 2 * len(before)
    assert all("/photo-2-r" in name for name in after.keys() - before.keys())


def test_what_fails_on_the_way_leaves_no_picture(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real, calls = os.link, iter(range(1000))

    def link(source: str, target: str) -> None:
        if next(calls) == 5:
            raise OSError(28, os.strerror(28))
        real(source, target)

    monkeypatch.setattr(os, "link", link)
    assert run(["collect", "photo.png", "--out", "mine"]) == 1
    assert "disk is full" in capsys.readouterr().err and pictures() == {}


def test_a_photograph_without_a_form_ends_with_1_and_others_are_collected(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (900, 1200), (200, 190, 180)).save("desk.png")
    assert run(["collect", "desk.png", "photo.png", "--out", "mine"]) == 1
    said = capsys.readouterr()
    assert said.err.count("\n") == 1 and "desk.png: " in said.err
    assert pictures()


def test_a_folder_of_photographs_is_collected_without_what_was_cut_before(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("photos").mkdir()
    Path("photo.png").rename("photos/one.png")
    Path("photos/notes.txt").write_text("of the third lesson")
    for _ in range(2):
        assert run(["collect", "photos", "--out", "photos/mine"]) == 0
        said = capsys.readouterr()
        assert "photos/one.png: page 1 of 1" in said.out and said.err == ""
        assert said.out.endswith("of 2 classes; next: cnn train photos/mine\n")
    assert run(["collect", "photos/mine"]) == 1
    assert "were cut by cnn collect" in capsys.readouterr().err


def test_of_several_photographs_the_sum_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("RGB", (90, 120), "white").save("small.png")
    assert run(["collect", "photo.png", "small.png", "missing.jpg"]) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 2 and "missing.jpg: no such file" in said.err
    assert "\n3 photographs: " in said.out and said.out.endswith("cells are good; 2 refused\n")


@pytest.mark.parametrize(
    ("names", "said"),
    [("0-9,a-z,A-Z", "a and A differ by their case"), ("α,b", "α is printed as U+03B1"), ("x", "needs two classes")],
)
def test_sheet_says_what_will_matter_later(
    names: str, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sheet", "--classes", names, "--out", "form.pdf"]) == 0
    assert said in capsys.readouterr().err


def test_classes_that_a_disk_takes_for_one_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mine").mkdir()
    Path("mine/THREE").mkdir()
    real = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: [name.upper() for name in real(path)])
    monkeypatch.setattr(photograph, "read_photograph", renamed("three"))
    assert run(["collect", "photo.png", "--out", "mine"]) == 1
    error = capsys.readouterr().err
    assert "mine/three: the file system takes this for a class" in error and error.count("\n") == 1
    assert pictures() == {}


def renamed(name: str) -> Callable[..., photograph.Photograph]:
    """Reads a photograph as if all of its cells were of one class."""
    read = photograph.read_photograph

    def reading(*source: Any) -> photograph.Photograph:
        seen = read(*source)
        return replace(seen, cells=[replace(cell, name=name) for cell in seen.cells])

    return reading
