"""`cnn predict` for many pictures, named in the ways that people have: folders, lists, patterns, standard input."""

import csv
import io
import json
import re
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cnncli
from cnn_process import Cnn, environment, start_cnn
from cnncli import Network
from cnncli.cli.in_order import in_order
from cnncli.cli.main import run
from cnncli.cli.pictures_named import natural
from cnncli.layers import Flatten, Linear
from cnncli.model_file.serialize import save_model
from cnncli.pictures.recipe import InputRecipe

GREYS = {"black": 0, "grey": 128, "white": 255}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a model.bin that tells black, grey and white pictures of 2x2 pixels apart."""
    recipe = InputRecipe("plain", 1, 2, 2, "any", (0.0,), (1.0,))
    network = Network([Flatten(), Linear(4, 3)], (1, 2, 2), list(GREYS), recipe=recipe)
    # The mean grey g gives -(g - c)^2 but for g^2, which all classes share: 2 c g - c^2 for c = 0, 1/2, 1
    weight, bias = (parameter.value for parameter in network.named_parameters())
    for row, centre in enumerate((0.0, 0.5, 1.0)):
        weight[row], bias[row] = 100 * 2 * centre / 4, -100 * centre * centre
    save_model(tmp_path / "model.bin", network)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def picture(path: str, name: str) -> None:
    """A picture file of this grey."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8), GREYS[name]).save(path)


@pytest.fixture
def scans(folder: Path) -> Path:
    """Pictures two folders deep, among other files."""
    for path, name in (
        ("scans/10.png", "white"), ("scans/9.png", "black"), ("scans/b/2.jpg", "grey"), ("scans/b/10.jpg", "white"),
        ("scans/a/x.gif", "grey"), ("scans/.hidden/y.png", "grey"),
    ):  # fmt: skip
        picture(path, name)
    Path("scans/a/notes.txt").write_text("no picture")
    Path("scans/b/2.jpg").rename("scans/b/2")  # told by its content
    Path("scans/b/.DS_Store").write_bytes(b"\0\1")
    return folder / "scans"


SCANS = ["scans/9.png", "scans/10.png", "scans/a/x.gif", "scans/b/2", "scans/b/10.jpg"]
IN_SCANS = ["black", "white", "grey", "grey", "white"]


def test_folder_is_read_in_natural_order_with_a_count(scans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["predict", "scans"]) == 0
    captured = capsys.readouterr()
    lines = [f"{file}: {name} (100.00 %)" for file, name in zip(SCANS, IN_SCANS, strict=True)]
    assert captured.out.splitlines() == [*lines, "5 pictures: 2 x grey, 2 x white, 1 x black"]
    assert captured.err == "model: model.bin in this folder\nleft aside: 1 file (not pictures 1)\n"


def answered(out: str) -> list[tuple[str, str]]:
    """(file, label) of each line."""
    return re.findall(r"^(.+): (\w+) \(\d+\.\d\d %\)$", out, re.MULTILINE)


def test_bad_pictures_are_counted_and_a_missing_one_exits_2(scans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("scans/9.png").write_bytes(b"")
    assert run(["predict", "scans", "missing.png"]) == 2
    captured = capsys.readouterr()
    assert captured.out.splitlines()[-1] == "6 pictures: 2 x grey, 2 x white, 2 not read"
    assert "cnn: scans/9.png: the file is empty; save the picture again\n" in captured.err
    assert "cnn: missing.png: no such file; check the name\n" in captured.err


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("empty", "empty: no pictures; name a picture, or a folder that holds some"),
        ("*.png", "*.png: no file matches; check the pattern and the folder"),
        ("empty.txt", "empty.txt: lists no pictures; write the path of one in each row"),
    ],
)
def test_words_that_lead_to_no_picture_are_told(
    folder: Path, word: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty").mkdir()
    Path("empty.txt").write_text("\n")
    assert run(["predict", word]) == (2 if word == "*.png" else 1)
    captured = capsys.readouterr()
    assert (captured.out, captured.err.splitlines()[1:]) == ("", [f"cnn: {line}"])


@pytest.mark.parametrize(
    ("pattern", "count"), [("scans/*.png", 2), ("scans/**/*", 5), ("scans/*/*", 3), ("scans/?.png", 1), ("s*", 5)]
)
def test_patterns_in_quotes_find_pictures(
    scans: Path, pattern: str, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["predict", pattern, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [fact["file"] for fact in facts] == [file for file in SCANS if file in {fact["file"] for fact in facts}]
    assert len(facts) == count


def test_a_file_with_a_star_in_its_name_is_that_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture("[1]*.png", "grey")
    picture("1a.png", "white")
    assert run(["predict", "[1]*.png"]) == 0
    assert capsys.readouterr().out.startswith("[1]*.png: grey (100.00 %)\n")


@pytest.mark.parametrize(
    ("name", "text", "right"),
    [
        ("list.txt", "10.png\nb/10.jpg\na b.png\n", None),
        ("list.csv", "file,class\n10.png,white\nb/10.jpg,black\n", "1 of 2 right (50.00 %)"),
        ("list.tsv", "file\tkind\tquality\n10.png\tdaylight\t3\nb/10.jpg\tlamp\t4\n", None),
        ("list.csv", "path\n10.png\n\n9.png\n", None),
        ("list.txt", "b\\10.jpg white\r\n9.png black\r\n", "2 of 2 right (100.00 %)"),
    ],
    ids=["names", "labels", "other columns", "a header alone", "a space before the label"],
)
def test_lists_name_pictures_beside_them(
    scans: Path, name: str, text: str, right: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    picture("scans/a b.png", "grey")
    Path("scans", name).write_text(text)
    assert run(["predict", f"scans/{name}"]) == 0
    captured = capsys.readouterr()
    found = answered(captured.out)
    named = re.findall(r"[\w/\\ ]+\.(?:png|jpg)", text)
    assert [file for file, _ in found] == ["scans/" + file.replace("\\", "/") for file in named]
    truth = {"10.png": "white", "10.jpg": "white", "a b.png": "grey", "9.png": "black"}
    assert [label for _, label in found] == [truth[Path(file).name] for file, _ in found]
    told = [line for line in captured.out.splitlines() if line.startswith("by ")]
    assert told == ([f"by the list: {right}"] if right else [])


def test_a_picture_under_the_name_of_a_list_is_a_picture(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture("x.png", "grey")
    Path("x.png").rename("x.txt")
    assert run(["predict", "x.txt"]) == 0
    assert capsys.readouterr().out.startswith("x.txt: grey (100.00 %)\n")


def predict_from(stdin: bytes, *words: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "cnncli", "predict", "-", *words],
        input=stdin, capture_output=True, check=False, env=environment(Path.cwd()),
    )  # fmt: skip


def test_a_picture_comes_over_standard_input(folder: Path) -> None:
    picture("x.png", "grey")
    result = predict_from(Path("x.png").read_bytes())
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(b"-: grey (100.00 %)\n")
    cut = predict_from(Path("x.png").read_bytes()[:40])
    assert cut.returncode == 1
    assert cut.stderr.splitlines()[-1].startswith(b"cnn: standard input: ")


@pytest.mark.parametrize("separator", [b"\n", b"\r\n", b"\0"])
def test_names_come_over_standard_input(scans: Path, separator: bytes) -> None:
    picture("P5 a\xe4.png", "grey")
    names = ["P5 a\xe4.png", "scans/b", "", "missing.png"]
    result = predict_from(separator.join(name.encode() for name in names), "--json")
    assert result.returncode == 1
    facts = json.loads(result.stdout)
    assert [fact["file"] for fact in facts] == [names[0], "scans/b/2", "scans/b/10.jpg", "missing.png"]
    assert [fact.get("label") for fact in facts] == ["grey", "grey", "white", None]


@pytest.mark.parametrize(
    ("stdin", "line"),
    [
        (b"", b"standard input: is empty; pipe a picture, or names of pictures, into it"),
        (b"\n\n", b"standard input: no pictures; name a picture, or a folder that holds some"),
        (b"PK\3\4\x01\x02", b"standard input: neither a picture nor names of pictures; pipe one of them"),
    ],
)
def test_standard_input_without_pictures_is_told(folder: Path, stdin: bytes, line: bytes) -> None:
    result = predict_from(stdin)
    assert (result.returncode, result.stdout) == (1, b"")
    assert result.stderr.splitlines()[1:] == [b"cnn: " + line]


def names_here() -> set[str]:
    return {path.name for path in Path().iterdir()}


def test_names_that_come_slowly_are_answered_and_ctrl_c_leaves_no_file(scans: Path, cnn: Cnn) -> None:
    process = start_cnn(("predict", "-"), Path.cwd(), stdin=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    for name, label in zip(SCANS[:2], IN_SCANS, strict=False):
        process.stdin.write(f"{name}\n")
        process.stdin.flush()
        assert process.stdout.readline() == f"{name}: {label} (100.00 %)\n"  # the pipe is still open
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    process.communicate(timeout=20)
    assert (process.returncode, time.monotonic() - began < 5) == (130, True)

    before = names_here()
    process = start_cnn(("predict", "-", "--out", "out.csv"), Path.cwd(), stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write("scans\n")
    process.stdin.flush()
    while len(names_here()) == len(before):  # until the file is begun
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    assert names_here() == before


def test_csv_has_a_row_for_each_file(scans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("scans/9.png").rename('scans/9, "new".png')
    Path("scans/10.png").write_bytes(b"")
    assert run(["predict", "scans", "--csv"]) == 1
    captured = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(captured.out)))
    assert list(rows[0]) == ["file", "label", "probability", *GREYS]
    assert [row["file"] for row in rows] == ['scans/9, "new".png', *SCANS[1:]]
    assert [row["label"] for row in rows] == ["black", "", "grey", "grey", "white"]
    assert [cell for name, cell in rows[1].items() if name != "file"] == [""] * 5
    model = cnncli.load("model.bin")
    for row in (rows[0], *rows[2:]):
        wanted = model.predict(row["file"]).probabilities[0]
        np.testing.assert_allclose([float(row[name]) for name in GREYS], wanted, atol=2e-6)
        assert row["probability"] == max((row[name] for name in GREYS), key=float)
    assert captured.err.splitlines()[-1] == "5 pictures: 2 x grey, 1 x black, 1 x white, 1 not read"


def test_out_writes_what_would_be_printed(scans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for form, file in (("--csv", "out.csv"), ("--json", "out.json")):
        assert run(["predict", "scans", form]) == 0
        printed = capsys.readouterr().out
        for words in ([file], [file, form]):
            Path(file).write_text("old")
            assert run(["predict", "scans", "--out", *words]) == 0
            assert Path(file).read_text() == printed
            assert capsys.readouterr().out == "5 pictures: 2 x grey, 2 x white, 1 x black\n"


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["--out", "no/out.csv"], 2, "cnn: --out no/out.csv: the folder no does not exist; make it with mkdir -p or "
         "name another place"),
        (["--out", "scans"], 2, "cnn: --out scans: is a folder; name a file in it"),
        (["--csv", "--json"], 2, "cnn predict: --csv and --json are two forms; pass one of them (see cnn predict "
         "--help)"),
    ],
)  # fmt: skip
def test_outputs_that_cannot_be_are_told(
    scans: Path, words: list[str], code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["predict", "scans", *words]) == code
    captured = capsys.readouterr()
    assert (captured.out, captured.err.splitlines()[-1]) == ("", line)


@pytest.mark.parametrize(
    ("files", "line"),
    [
        (["black/1.png", "black/deep/2.png", "white/3.png"], "by folder name: 2 of 3 right (66.67 %)"),
        (["test/black/1.png", "train/black/2.png", "train/white/3.png"], "by folder name: 2 of 3 right (66.67 %)"),
        (["black/1.png", "other/2.png", "white/3.png"], None),
        (["1.png", "2.png", "3.png"], None),
    ],
    ids=["classes", "classes in parts", "another folder", "no folders"],
)
def test_folders_that_are_the_classes_tell_how_many_are_right(
    folder: Path, files: list[str], line: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    for file, name in zip(files, ("black", "white", "white"), strict=True):
        picture(f"set/{file}", name)
    assert run(["predict", "set"]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("by ")]
    assert told == ([line] if line else [])


def test_unreadable_pictures_count_neither_by_predict_nor_by_eval(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in ("black/1.png", "white/1.png"):
        picture(f"set/{file}", "black")
    Path("set/black/2.png").write_bytes(b"")
    assert run(["predict", "set"]) == 1
    told = "by folder name: 1 of 2 right (50.00 %); 1 that cannot be read not counted"
    assert capsys.readouterr().out.splitlines()[-1] == told
    assert run(["eval", "model.bin", "--data", "set", "--skip-bad", "--json", "--no-cache"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["samples"], found["accuracy"]) == (2, 0.5)


def test_answers_below_the_threshold_are_counted_as_not_sure(
    scans: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("L", (2, 2), 66).save("scans/between.png")  # nearly as near to black as to grey
    assert run(["predict", "scans", "--reject", "0.9"]) == 0
    out = capsys.readouterr().out
    assert "scans/between.png: not sure (best guess grey, " in out
    assert out.splitlines()[-1] == "6 pictures: 2 x grey, 2 x white, 1 x black, 1 not sure"


def test_all_reads_the_digits_of_every_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cnncli import _core

    monkeypatch.chdir(tmp_path)
    images, labels = np.empty((6, 28, 28), np.uint8), np.empty(6, np.uint8)
    _core.digits_generate(images, labels, seed=3, first=0)
    for index in range(2):
        row = np.zeros((60, 210), np.uint8)
        for place in range(3):
            row[16:44, 30 + 60 * place : 58 + 60 * place] = images[3 * index + place]
        Path("rows").mkdir(exist_ok=True)
        Image.fromarray(255 - row).resize((420, 120)).save(f"rows/{index}.png")
    assert run(["predict", "rows", "--all"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines[:-1]] == ["rows/0.png"] * 3 + ["rows/1.png"] * 3
    lefts = [int(re.search(r" at (\d+),", line)[1]) for line in lines[:-1]]  # type: ignore[index]
    assert lefts[:3] == sorted(lefts[:3]) and lefts[3:] == sorted(lefts[3:])
    assert lines[-1].startswith("2 pictures with 6 digits: ")
    assert run(["predict", "rows", "--all", "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [int(row["box"].split(",")[0]) for row in rows] == lefts


def test_results_come_in_order_and_few_are_kept(rng: np.random.Generator) -> None:
    taken, given = 0, 0

    def items() -> Iterator[int]:
        nonlocal taken
        for index in range(300):
            taken += 1
            yield index

    delays = rng.uniform(0, 0.002, 300)

    def work(index: int) -> int:
        time.sleep(delays[index])
        return index

    for result in in_order(work, items(), 3):
        assert result == given
        given += 1
        assert taken - given <= 4 * 3
    assert given == 300


def test_an_error_of_a_reader_is_raised_and_the_filters_of_warnings_stay() -> None:
    before = list(warnings.filters)

    def fail(item: int) -> int:
        raise MemoryError(f"at {item}")

    with pytest.raises(MemoryError, match="at 0"):
        list(in_order(fail, range(100), 3))
    assert warnings.filters == before


def test_names_are_sorted_by_their_numbers() -> None:
    names = ["10", "9", "a10b2", "a10b10", "a9", "a", "9" * 5000 + "a", "\u0663"]
    wanted = ["9", "10", "9" * 5000 + "a", "a", "a9", "a10b2", "a10b10", "\u0663"]
    assert sorted(names, key=natural) == wanted
