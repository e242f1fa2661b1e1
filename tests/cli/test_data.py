"""`cnn data` as users type it."""

import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnn_process import Cnn, environment
from cnncli import data
from cnncli.cli import download
from cnncli.cli.main import run

RED, GREEN = (250, 10, 20), (0, 200, 30)


@pytest.fixture
def colours(tmp_path: Path) -> Path:
    """Two classes of plain pictures in colour, 6x4 pixels, to train and to test."""
    images = np.empty((6, 4, 6, 3), np.uint8)
    images[::2], images[1::2] = RED, GREEN
    labels = np.arange(6) % 2
    path = tmp_path / "colours.npz"
    np.savez(path, x_train=images[:5], y_train=labels[:5], x_test=images[5:], y_test=labels[5:])
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of dark strokes on white, classes "left" and "right", without a test part."""
    for name, column in (("left", 4), ("right", 20)):
        (tmp_path / "strokes" / name).mkdir(parents=True)
        for index in range(3):
            pixels = np.full((28, 28), 255, np.uint8)
            pixels[4:24, column : column + 4] = 0
            Image.fromarray(pixels).save(tmp_path / "strokes" / name / f"{index}.png")
    return tmp_path / "strokes"


def test_facts_of_the_embedded_digits(cnn: Cnn) -> None:
    outcome = cnn("data", "digits", "--no-checks")
    assert (outcome.code, outcome.err) == (0, "")
    lines = [line.split() for line in outcome.out.splitlines()]
    assert lines[0] == ["digits"]
    assert ["images", "60,000", "to", "train,", "10,000", "to", "test"] in lines
    assert ["shape", "1x28x28", "(grey),", "light", "on", "dark"] in lines
    assert ["licence", "that", "of", "this", "program"] in lines
    assert lines[-11] == ["class", "train", "test"]
    assert lines[-10:] == [[str(digit), "6,000", "1,000", "█" * 24] for digit in range(10)]


def test_json_has_counts_measures_and_files(cnn: Cnn, colours: Path) -> None:
    facts = cnn("data", colours, "--json").json
    assert facts["name"] == "colours"
    assert (facts["train"], facts["test"], facts["shape"]) == (5, 1, [3, 4, 6])
    assert facts["classes"] == [{"class": "0", "train": 3, "test": 0}, {"class": "1", "train": 2, "test": 1}]
    assert facts["files"] == [str(colours)] and facts["licence"] == ""
    # Three of five images are red: mean of a channel (3 a + 2 b) / 5, deviation |a - b| sqrt(6) / 5.
    reds, greens = np.array(RED) / 255, np.array(GREEN) / 255
    np.testing.assert_allclose(facts["mean"], (3 * reds + 2 * greens) / 5, atol=1e-6)
    np.testing.assert_allclose(facts["std"], abs(reds - greens) * 6**0.5 / 5, atol=1e-6)
    assert facts["digest"] == data.load(colours).digest


def test_sheet_as_png_shows_the_images_in_colour(cnn: Cnn, colours: Path, tmp_path: Path) -> None:
    outcome = cnn("data", colours, "--out", "sheet.png", "--columns", 3)
    assert (outcome.code, outcome.out) == (0, "sheet.png: colours, one row a class\n")
    with Image.open(tmp_path / "sheet.png") as sheet:
        pixels = np.asarray(sheet.convert("RGB")).reshape(-1, 3)
    # 6x4 is enlarged eightfold: three red images and two green ones.
    assert (pixels == RED).all(1).sum() == 3 * 48 * 32
    assert (pixels == GREEN).all(1).sum() == 2 * 48 * 32


def test_sheet_of_a_folder_in_plain_text_has_a_row_a_class(cnn: Cnn, folder: Path) -> None:
    outcome = cnn("data", folder, "--show", "--columns", 2)
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert len(lines) == 7 + 1 + 7 and lines[7] == ""  # 28 pixels are 14 letters, and 7 lines of them
    assert lines[0].strip() == "left" and lines[8].strip() == "right"
    for first, column in ((0, 8), (8, 16)):  # behind 6 letters of names; the stroke begins at pixel 4 or 20
        inked = [line for line in lines[first : first + 7] if "@" in line]
        assert len(inked) == 5
        assert all(line[column : column + 2] == "@@" == line[column + 15 : column + 17] for line in inked)


def test_seed_draws_other_digits_and_repeats_them(cnn: Cnn) -> None:
    sheets = [cnn("data", "digits", "--show", "--columns", 1, *seed).out for seed in ((), ("--seed", 5), ("--seed", 5))]
    assert sheets[0] != sheets[1] == sheets[2]


def test_seed_picks_other_images_of_a_file(cnn: Cnn, small_data: Path) -> None:
    first, picked, again = (
        cnn("data", small_data, "--show", "--part", "test", *seed).out for seed in ((), ("--seed", 5), ("--seed", 5))
    )
    assert first != picked == again


@pytest.mark.slow
def test_csv_and_idx_folder_are_described(cnn: Cnn, folder: Path, tmp_path: Path, mnist_folder: Path) -> None:
    rows = [f"{path},{path.parent.name}" for path in sorted(folder.rglob("*.png"))]
    (tmp_path / "list.csv").write_text("path,label\n" + "\n".join(rows) + "\n")
    facts = cnn("data", "list.csv", "--json").json
    assert (facts["train"], facts["test"]) == (6, 0)
    assert [row["class"] for row in facts["classes"]] == ["left", "right"]
    for arguments in ([mnist_folder], ["mnist", "--data-dir", mnist_folder]):
        facts = cnn("data", *arguments, "--no-checks", "--json").json
        assert (facts["train"], facts["test"], len(facts["files"])) == (60_000, 10_000, 4)
        assert all(Path(file).parent == mnist_folder for file in facts["files"])


def on_terminal(*arguments: object, folder: Path, **variables: str) -> str:
    """What `cnn` writes to a terminal of 80 columns."""
    reader, writer = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "cnncli", *map(str, arguments)],
        cwd=folder,
        env={**environment(folder), "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24", **variables},
        stdin=writer,
        stdout=writer,
        stderr=writer,
    )
    os.close(writer)
    content = b""
    while select.select([reader], [], [], 60)[0]:
        try:
            chunk = os.read(reader, 65_536)
        except OSError:  # the end of a terminal
            break
        if not chunk:
            break
        content += chunk
    os.close(reader)
    assert process.wait(60) == 0
    return content.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("colorterm, red", [("truecolor", "38;2;250;10;20"), ("", "38;5;196")])
def test_terminal_shows_half_blocks_in_its_colours_within_its_width(
    colours: Path, tmp_path: Path, colorterm: str, red: str
) -> None:
    text = on_terminal("data", colours, "--show", folder=tmp_path, COLORTERM=colorterm)
    assert red in text and "▀" in text
    plain = re.sub("\x1b\\[[0-9;]*m", "", text)
    assert max(map(len, plain.splitlines())) <= 80
    # 6x4 pixels are two lines of six characters; three images of class 0.
    assert plain.splitlines()[:2] == ["0 " + " ".join(["▀" * 6] * 3), "  " + " ".join(["▀" * 6] * 3)]


def test_terminal_without_colours_gets_plain_text_within_its_width(tmp_path: Path) -> None:
    text = on_terminal("data", "digits", "--show", "--columns", 8, folder=tmp_path, NO_COLOR="1")
    assert "\x1b" not in text and "▀" not in text and "@" in text
    assert 60 < max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    "arguments, code, message",
    [
        (
            ["digitz"],
            2,
            "cnn: digitz: no such data set; did you mean digits?",
        ),
        (
            ["digits", "--show", "--json"],
            2,
            "cnn data: --show draws what --json cannot hold; leave out one of them (see cnn data --help)",
        ),
        (
            ["digits", "--columns", "3"],
            2,
            "cnn data: --columns is about the sheet; add --show or --out sheet.png (see cnn data --help)",
        ),
        (
            ["digits", "--out", "sheet.jpg"],
            2,
            "cnn data: --out sheet.jpg: the sheet is a PNG; use a name that ends in .png (see cnn data --help)",
        ),
        (
            ["digits", "--out", "none/sheet.png"],
            2,
            "cnn: --out none/sheet.png: the folder none does not exist; make it with mkdir -p or name another place",
        ),
        (["strokes", "--show", "--part", "test"], 1, "cnn: strokes: holds no test images; leave out --part"),
        (
            ["--show"],
            2,
            "cnn data: --show: of which data set? name it, as in cnn data digits --show (see cnn data --help)",
        ),
    ],
)
def test_errors_are_one_line(cnn: Cnn, folder: Path, arguments: list[str], code: int, message: str) -> None:
    outcome = cnn("data", *arguments)
    assert (outcome.code, outcome.out, outcome.err) == (code, "", message + "\n")


def test_every_named_data_set_has_a_licence_and_is_in_the_help(cnn: Cnn) -> None:
    assert all(source.licence for source in data.SOURCES.values())
    words = " ".join(cnn("data", "--help").out.split())
    assert ", ".join(download.NAMES) in words


def test_columns_and_part_are_of_the_sheet_and_of_nothing_else(cnn: Cnn, colours: Path) -> None:
    for option, value in (("--columns", 2), ("--part", "test")):
        outcome = cnn("data", colours, option, value)
        assert (outcome.code, outcome.out) == (2, "")
        assert f"{option} is about the sheet; add --show or --out sheet.png" in outcome.err
    assert cnn("data", colours, "--columns", 2, "--part", "train", "--show").code == 0


def test_what_is_wrong_with_a_model_is_told_before_pictures_are_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def read_raw(*_: object, **__: object) -> None:
        raise AssertionError("pictures were read")

    monkeypatch.setattr("cnncli.data.read_raw", read_raw)
    assert run(["data", "digits", "--model", "none.bin"]) == 2
    (tmp_path / "cut.bin").write_bytes(b"cut")
    assert run(["data", "digits", "--model", str(tmp_path / "cut.bin")]) == 1
    missing, cut = capsys.readouterr().err.splitlines()
    assert "none.bin" in missing and "cut.bin" in cut
