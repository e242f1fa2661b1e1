"""docs/errors.md has the lines that the program says."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools.error_lines import Line, Source, lines

from cnncli.cli.main import run

# A command line of each kind of fault, in a folder with the files of `files`.
FAULTS = (
    "trian", "train --epochs 0", "train --epochs many", "train --epoch", "train --json=1", "train --no-such-option",
    "train a b", "train --arch lenet", "train --arch nowhere.toml", "train --arch broken.toml", "train --data nowhere",
    "train --data empty", "train --data broken.npz", "train --data text.txt", "train --loss square",
    "train --optim adam --momentum 0.9", "train --data digits --val 2", "train --target 2", "train --out empty",
    "train --resume nowhere", "train --arch linear --data letters.csv",
    "train --threads 0", "train --until converged --target 0.9",
    "train --from nowhere.bin", "train --plugin nowhere.py",
    "eval nowhere.bin", "eval text.txt", "eval empty", "compare one.bin", "replay nowhere.bin",
    "predict nowhere.png", "predict text.txt", "predict --box 1,2,3 text.txt", "runs nowhere", "runs --yes",
    "summary nowhere", "summary leneet5", "data nowhere", "data --show --json", "data digits --columns 3",
    "download mnst", "filters nowhere", "features nowhere.png", "field lenet5 --unit 3", "field lenet5 --unit 3:99,99",
    "mask nowhere.png --kernel edge", "mask text.txt --kernel ledge", "mask text.txt --kernel '1 2; 3'",
    "diagram lenet5 --out network.xyz", "histograms nowhere", "check-layer NoLayer", "check-layer ReLU --shape x",
    "draw nowhere.bin", "draw lenet5", "quiz --answers 1,2", "quiz --answers 1,2,3,4,1,2,3,4,1,2,5",
    "new-project text.txt", "new-project new --arch perceptron",
    "new-layer 3", "export nowhere.bin --html page.html", "export lenet5 --html page.txt",
    "help nowhere", "completion tcsh",
)  # fmt: skip


@pytest.fixture(scope="module")
def templates() -> list[Line]:
    return lines()


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CNN_DATA_DIR", raising=False)
    Path("empty").mkdir()
    Path("text.txt").write_text("This is no picture, no model and no table.\n")
    Path("broken.npz").write_bytes(b"PK\3\4 cut")
    Path("broken.toml").write_text('name = "broken"\ninput = [1, 8, 8]\nlayers = [{ type = "Conv2" }]\n')
    Path("letters.csv").write_text("path,label\nnowhere.png,a\n")
    yield


def is_told(said: str, templates: list[Line]) -> bool:
    """Whether a line is one of the page, after the program's name and what it is about."""
    return any(line.pattern.search(said) for line in templates)


@pytest.mark.parametrize("words", FAULTS)
def test_what_is_said_stands_on_the_page(
    words: str, files: None, templates: list[Line], capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(shlex.split(words))
    said = capsys.readouterr().err
    assert code in (1, 2), said
    *_, last = [line for line in said.splitlines() if line.startswith("cnn")]
    found = is_told(last, templates)
    assert found, last


def test_the_page_has_no_template_that_matches_anything(templates: list[Line]) -> None:
    assert len(templates) > 500
    assert not is_told("cnn: all is well, and nobody has to do anything", templates)


def test_templates_follow_choices_names_and_calls(tmp_path: Path) -> None:
    """Of a small package, what stands at each place."""
    (tmp_path / "m.py").write_text('''
class CnnError(Exception): ...
class UsageError(CnnError): ...
def words(n, few):
    return f"{n} words" if few else "too many words"
def check(path, size, exists):
    remedy = "make it first" if exists else f"use {size + 1} bytes"
    if size:
        raise UsageError(f"{path}: {len(path)} is no name; {remedy}")
    raise CnnError(words(size, True))
''')
    found = {(line.kind, line.text) for line in lines(Source(tmp_path)) if line.module == "m"}
    assert found == {
        ("UsageError", "<path>: <number of path> is no name; make it first"),
        ("UsageError", "<path>: <number of path> is no name; use <size> bytes"),
        ("CnnError", "<n> words"),
        ("CnnError", "too many words"),
    }
    (line,) = [one for one in lines(Source(tmp_path)) if one.text == "<n> words"]
    assert line.pattern.search("cnn: 3 words") and not re.fullmatch(line.pattern, "3 letters")
