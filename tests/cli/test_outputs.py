"""Files that a command was asked to write: no input is lost to them, and what cannot be is told before the work."""

import csv
import io
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.cli.main import run
from cnncli.cli.outputs import check_new_folder, check_outputs, check_table_name
from cnncli.errors import CnnError, UsageError
from cnncli.shipped import shipped_model
from cnncli.storage.files import check_folder

TOML = "[[layers]]\ntype = 'Linear'\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a picture, a model, data and links to the first two."""
    monkeypatch.chdir(tmp_path)
    pixels = np.full((40, 40), 255, np.uint8)
    pixels[8:32, 18:22] = 0
    Image.fromarray(pixels).save("pic.png")
    shutil.copy(shipped_model("lenet5"), "o.bin")
    shutil.copy("o.bin", "model")
    for name in ("odd/a/1.png", "odd/b/1.png"):
        Path(name).parent.mkdir(parents=True)
        shutil.copy("pic.png", name)
    Path("list.csv").write_text("file,class\nodd/a/1.png,a\nodd/b/1.png,b\n")
    Path("link.png").symlink_to("pic.png")
    Path("link.csv").symlink_to("model")
    Path("net.toml").write_text(TOML)
    Path("photo.gif").write_bytes(b"GIF89a")
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("eval model --data odd --csv model", "--csv model: is the model"),
        ("eval model --data odd --csv link.csv", "--csv link.csv: is the model"),
        ("eval model --data odd --csv ./odd/../model", "--csv ./odd/../model: is the model"),
        ("eval o.bin --data list.csv --csv list.csv", "--csv list.csv: is the data"),
        ("compare o.bin model --data odd --csv model", "--csv model: is a model"),
        ("predict pic.png --model model -o model", "--out model: is the model"),
        ("predict list.csv --model o.bin -o list.csv", "--out list.csv: is what is to be read"),
        ("predict pic.png --save-view pic.png", "--save-view pic.png: is what is to be read"),
        ("predict pic.png --save-view link.png", "--save-view link.png: is what is to be read"),
        ("predict pi*.png --save-view pic.png", "--save-view pic.png: is the picture"),
        ("mask pic.png --kernel edge -o pic.png", "--out pic.png: is the picture"),
        ("mask pic.png --kernel edge --save-view pic.png", "--save-view pic.png: is the picture"),
        ("saliency o.bin pic.png -o pic.png", "--out pic.png: is the picture"),
        ("features pic.png -o pic.png", "--out pic.png: is the picture"),
        ("explain o.bin pic.png -o link.png", "--out link.png: is the picture"),
        ("field lenet5 pic.png --unit 3:7,4 -o pic.png", "--out pic.png: is the picture"),
        ("data odd -o odd/a/1.png", "--out odd/a/1.png: is a file of odd"),
        ("data list.csv -o odd/b/1.png", "--out odd/b/1.png: is a file of list.csv"),
        ("learn masks --picture photo.gif --gif photo.gif", "--gif photo.gif: is the picture"),
        ("collect pic.png --show link.png", "--show link.png: is a photo"),
        ("train --data list.csv --arch lenet5 -o list.csv", "--out list.csv: is the data"),
        ("train --data odd --arch net.toml -o net.toml", "--out net.toml: is the network's description"),
    ],
)
def test_no_command_writes_over_what_it_reads(
    line: str, told: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(place)
    assert run(line.split()) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.splitlines()[-1]) == ("", f"cnn: {told}, which would be lost; name another file")
    assert contents(place) == before


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("eval o.bin --data odd --report o.bin", "--report o.bin: the report is a page; use a name that ends in .html"),
        ("eval o.bin --data odd --csv o.bin", "--csv o.bin: a table is no .bin; use a name that ends in .csv"),
        ("eval o.bin --data odd --csv new.PNG", "--csv new.PNG: a table is no .PNG; use a name that ends in .csv"),
        ("compare o.bin model --csv o.bin", "--csv o.bin: a table is no .bin; use a name that ends in .csv"),
        ("predict pic.png --model o.bin -o o.bin", "--out o.bin: a table is no .bin; use a name that ends in .csv"),
        ("predict pic.png -o pic.png", "--out pic.png: a table is no .png; use a name that ends in .csv"),
    ],
)
def test_tables_and_pages_have_names_of_their_own_kind(
    line: str, told: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(place)
    assert run(line.split()) == 2
    assert told in capsys.readouterr().err
    assert contents(place) == before


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("eval o.bin --csv a.html --report a.html", "a table is no .html"),
        ("mask pic.png --kernel edge -o x.png --save-view x.png", "--save-view x.png: is the file of --out, too"),
        ("mask pic.png --kernel edge -o x.png --save-view ./x.png", "--save-view ./x.png: is the file of --out, too"),
        ("eval o.bin --csv new --mistakes new", "--csv new: is in the new folder of --mistakes"),
        ("eval o.bin --csv empty/a.csv --mistakes empty", "--csv empty/a.csv: is in the new folder of --mistakes"),
    ],
)
def test_two_options_do_not_name_one_file(
    line: str, told: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "empty").mkdir()
    assert run(line.split()) == 2
    assert told in capsys.readouterr().err
    assert not Path("x.png").exists() and not Path("new").exists() and not any(Path("empty").iterdir())


def test_a_file_of_its_kind_is_written_again_and_names_of_networks_are_no_files(place: Path) -> None:
    for _ in range(2):
        assert run(["mask", "pic.png", "--kernel", "edge", "-o", "masked.png"]) == 0
        assert run(["predict", "pic.png", "--csv", "-o", "answers"]) == 0
    assert run(["diagram", "lenet5", "-o", "lenet5.svg"]) == 0
    check_outputs({"--csv": "digits"}, [("the network", "lenet5")], "digits")
    check_outputs({"--report": "odd/report.html", "--csv": "odd/new.csv"}, [], "odd")
    Path("odd/report.html").touch()
    check_outputs({"--report": "odd/report.html", "--csv": None}, [], "odd")
    check_table_name("--csv", None)


COMMANDS = [
    ("predict pic.png -o", "csv", "--out"), ("predict pic.png --save-view", "png", "--save-view"),
    ("mask pic.png --kernel edge -o", "png", "--out"), ("mask pic.png --kernel edge --save-view", "png", "--save-view"),
    ("saliency pic.png -o", "png", "--out"), ("features pic.png -o", "png", "--out"),
    ("explain pic.png -o", "png", "--out"), ("field lenet5 --unit 3:7,4 -o", "png", "--out"),
    ("filters lenet5 -o", "png", "--out"), ("diagram lenet5 -o", "svg", "--out"),
    ("histograms no-run -o", "png", "--out"), ("data odd -o", "png", "--out"), ("export --html", "html", "--html"),
    ("quiz -o", "html", "--out"), ("learn mlp -o", "html", "--out"), ("learn mlp --gif", "gif", "--gif"),
    ("break zero-init -o", "html", "--out"), ("sheet --classes 0-9 -o", "pdf", "--out"),
    ("collect pic.png --show", "png", "--show"), ("eval none.bin --csv", "csv", "--csv"),
    ("eval none.bin --report", "html", "--report"), ("eval none.bin --mistakes", "", "--mistakes"),
    ("compare a.bin b.bin --csv", "csv", "--csv"), ("new-layer Swish -o", "py", "--out"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "ending", "option"), COMMANDS)
def test_a_missing_folder_is_a_wrong_argument_of_every_command(
    line: str, ending: str, option: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = f"none/x.{ending}".rstrip(".")
    assert run([*line.split(), file]) == 2
    said = capsys.readouterr()
    rule = "the folder none does not exist; make it with mkdir -p or name another place"
    assert (said.out, said.err) == ("", f"cnn: {option} {file}: {rule}\n")


def test_no_model_goes_to_standard_output(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "--data", "odd", "--arch", "lenet5", "--out", "-"]) == 2
    assert capsys.readouterr().err.startswith("cnn: --out -: standard output takes tables alone; name a file")
    assert not Path("-").exists() and not Path("runs").exists()


def test_what_is_no_file_is_told(place: Path) -> None:
    os.mkfifo("pipe")
    for path, told in (
        ("", "--csv '': name a file"), ("odd", "--csv odd: is a folder; name a file in it"),
        ("odd/", "--csv odd/: is a folder; name a file in it"),
        ("pipe", "--csv pipe: is a device or a pipe, which a file would replace; name a file"),
        ("pic.png/x", "--csv pic.png/x: pic.png is not a folder; name another place"),
        ("-", "--csv -: standard output takes tables alone; name a file, ./- if it is to be called so"),
    ):  # fmt: skip
        with pytest.raises(UsageError) as caught:
            check_outputs({"--csv": path})
        assert str(caught.value) == told


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("full", "holds files already; name a new folder"), ("empty", None), ("new", None), ("new/", None),
        ("file", "is a file; name a folder"), ("-", "name a new folder"), ("", "name a new folder"),
        ("none/x", "make it with mkdir -p or name another place"),
    ],
)  # fmt: skip
def test_a_folder_has_to_be_new(
    path: str, told: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("full", "empty"):
        Path(folder).mkdir()
    Path("full/x").touch()
    Path("file").touch()
    check_new_folder("--mistakes", None, {})
    if told is None:
        check_new_folder("--mistakes", path, {"--csv": None, "--report": "a.html"})
        return
    with pytest.raises(UsageError) as caught:
        check_new_folder("--mistakes", path, {})
    shown = path or "''"
    assert str(caught.value).startswith(f"--mistakes {shown}: ") and str(caught.value).endswith(told)


def test_a_dash_is_standard_output_for_tables(
    place: Path, trained: tuple[Path, object], small_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = str(trained[0] / "model.bin")
    for command, columns in ((["eval", model], 15), (["compare", model, model], 8)):
        assert run([*command, "--data", str(small_data), "--csv", "-"]) == 0
        rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
        assert len(rows) == 161 and all(len(row) == columns for row in rows)
        assert run([*command, "--data", str(small_data), "--csv", "-", "--json"]) == 2
        assert "both go to standard output" in capsys.readouterr().err
    assert run(["predict", "pic.png", "-o", "-"]) == 0
    assert capsys.readouterr().out.startswith("file,label,probability,0,1,")
    assert not Path("-").exists()


@pytest.mark.parametrize("words", [
    ["break", "no-shuffle", "--keep", "/proc/k"], ["new-project", "/proc/x"],
    ["new-layer", "Swish", "--out", "/proc/s.py"],
    ["train", "odd", "--runs", "/proc/runs"], ["train", "odd", "--runs", "/proc/a/b", "--seeds", "2"],
    ["train", "--arch", "lenet5", "--runs", "/proc/runs"],
], ids=" ".join)  # fmt: skip
def test_folders_that_take_no_files_are_told_before_any_work(
    words: list[str], place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(place.rglob("*"))
    assert run(words) == 2
    error = capsys.readouterr().err
    assert "/proc/" in error and "name another place" in error and error.count("\n") == 1
    assert sorted(place.rglob("*")) == before


def test_a_layer_without_out_is_refused_where_no_file_can_be_made(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir("/proc")
    assert run(["new-layer", "Swish"]) == 2
    assert capsys.readouterr().err.startswith("cnn: swish.py: cannot be made")


def test_a_folder_that_can_be_made_is_looked_at_and_not_made(tmp_path: Path) -> None:
    check_folder(tmp_path / "a" / "b")
    check_folder(tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(CnnError):
        check_folder(tmp_path / "file" / "a")
