"""Data that look like other data: each is read as what it is, or answered with one line, never taken for another."""

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cnncli
from cnncli import _core, data
from cnncli.cli.main import run
from cnncli.data.number_sets import read_number_table
from cnncli.data.raw import RawSet
from cnncli.errors import DataError, UsageError
from cnncli.network import Network
from cnncli.network.architectures import read_model
from cnncli.pictures.picture_file import read_picture
from cnncli.pictures.recipe import InputRecipe
from cnncli.shipped import shipped_model


def save(path: Path, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (8, 8), np.uint8)).save(path)


def read(path: Path) -> RawSet:
    return data.read_raw(str(path))


def test_a_class_whose_accents_are_written_in_two_ways_is_one(tmp_path: Path) -> None:
    two = unicodedata.normalize("NFD", "café")
    for number, name in enumerate(("café", two, "eau")):
        save(tmp_path / name / f"{number}.png")
    raw = read(tmp_path)
    assert raw.class_names == ["café", "eau"] and raw.parts["train"].labels.tolist().count(0) == 2
    assert any(note.text == "classes: café is written in two ways, and is one" for note in raw.notes)


def test_a_picture_that_is_transparent_everywhere_is_read_without_its_alpha(tmp_path: Path) -> None:
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8)
    hidden = np.dstack([grey, grey, grey, np.zeros_like(grey)])
    found, notes = read_picture(Image.fromarray(hidden))
    assert np.array_equal(np.asarray(found), hidden[..., :3]) and notes == ["transparent everywhere, which is left out"]
    empty, notes = read_picture(Image.new("RGBA", (4, 4), (0, 0, 0, 0)))
    assert empty.getpixel((0, 0)) == (0, 0, 0) and notes == ["transparent parts filled with black"]
    np.savez(tmp_path / "set.npz", x=hidden[None].repeat(4, 0), y=[0, 1, 0, 1])
    raw = read(tmp_path / "set.npz")
    assert np.array_equal(raw.parts["train"].pictures[0], hidden[..., :3].transpose(2, 0, 1))


def test_addresses_are_not_taken_for_files_that_have_their_last_part_as_a_name(tmp_path: Path) -> None:
    save(tmp_path / "a" / "1.png")
    (tmp_path / "list.csv").write_text("url,label\nhttps://example.org/a/1.png,x\nhttps://example.org/a/2.png,y\n")
    said = r"list.csv, line 2: 'https://example\.org/a/1\.png' is an address; fetch the pictures, and list the files$"
    with pytest.raises(DataError, match=said):
        read(tmp_path / "list.csv")


def test_one_part_of_0_and_1_beside_another_of_bytes_is_asked_about(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8), np.uint8)
    for test in (images // 255 + (images > 99), images > 99):
        labels = [0, 1] * 3
        np.savez(tmp_path / "set.npz", x_train=images, y_train=labels, x_test=np.minimum(test, 1), y_test=labels)
        said = r"pixels of test go up to 1, those of train up to 25\d; scale both alike$"
        with pytest.raises(DataError, match=said):
            read(tmp_path / "set.npz")


@pytest.mark.parametrize(
    ("cell", "last"), [('"1,000"', False), ("12 %", False), ("$5", False), ("3 m", False), ("2024-01-31", False),
                       ("0x1f", False), ("31.12.2024", False), ('"2,500"', True)],
)  # fmt: skip
def test_a_table_with_numbers_written_for_people_is_no_list_of_pictures(tmp_path: Path, cell: str, last: bool) -> None:
    save(tmp_path / "im" / "7.png")
    rows = [f"{number},7,{cell}" if last else f"{cell},7,{number}" for number in range(4)]
    (tmp_path / "t.csv").write_text("\n".join(["u,v,y", *rows]))
    shown, name = cell.strip('"'), "y" if last else "u"
    with pytest.raises(DataError) as caught:
        read(tmp_path / "t.csv")
    assert str(caught.value) == (
        f"{tmp_path}/t.csv, line 2, column {name}: '{shown}' is no plain number; write it without unit, sign or "
        "separators, or remove the column"
    )


def test_lists_of_pictures_with_sizes_and_days_stay_lists(tmp_path: Path) -> None:
    for number in range(2):
        save(tmp_path / f"{number}.png")
    (tmp_path / "list.csv").write_text("taken,file,label\n2024-01-01,0.png,a\n2024-01-02,1.png,b\n")
    (tmp_path / "plain.csv").write_text("file,weight\n0,5 kg\n1,7 kg\n")
    assert read(tmp_path / "list.csv").class_names == ["a", "b"]
    assert read(tmp_path / "plain.csv").class_names == ["5 kg", "7 kg"]


def test_two_columns_of_one_name_are_not_one(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("u,v,u\n1.5,2,3\n2.5,3,4\n")
    with pytest.raises(DataError, match=r"t\.csv: more than one column u; give each a name of its own$"):
        read_number_table(tmp_path / "t.csv")


@pytest.mark.parametrize(("cell", "number"), [("1.100", 1100), ("12.345,5", 12345.5), ("1.234.567", 1234567)])
def test_dots_beside_decimal_commas_part_thousands(tmp_path: Path, cell: str, number: float) -> None:
    (tmp_path / "t.csv").write_text(f"u;v;y\n1,5;{cell};3\n2,5;{cell};4\n")
    table = read_number_table(tmp_path / "t.csv")
    assert table.rows[0].tolist() == [1.5, number]
    assert any(note.text.endswith("since decimals have a comma") for note in table.notes)
    (tmp_path / "t.csv").write_text("u;v;y\n1.125;2;3\n2.500;3;4\n")  # no comma anywhere: these are decimals
    assert read_number_table(tmp_path / "t.csv").rows[0].tolist() == [1.125, 2]


def test_classes_in_another_case_are_those_of_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(6):
        save(Path("new") / ("cat", "dog ")[number % 2] / f"{number}.png", number)
    description, source = read_model("linear")
    network = Network.from_description(description, ["Cat", "Dog"], (1, 8, 8), seed=1, source=source)
    network.recipe = InputRecipe("plain", 1, 8, 8)
    cnncli.save(network, "model.bin")
    assert run(["eval", "model.bin", "--data", "new", "--no-cache", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["samples"] == 6 and "classes: cat is read as Cat" in found["notes"]
    assert run(["predict", "new"]) == 0
    right = round(6 * found["accuracy"])
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"by folder name: {right} of 6 right")


def test_an_array_of_0_and_1_is_not_taken_for_nearly_black_images() -> None:
    model = cnncli.load(shipped_model("lenet5"))
    images, labels = np.empty((4, 28, 28), np.uint8), np.empty(4, np.uint8)
    _core.digits_generate(images, labels, seed=5, first=0)
    ones = images > 127
    for kind in (np.uint8, np.int64):
        with pytest.raises(UsageError, match=r"^predict: pixels of 0 and 1 alone; pass truth values, or floats where"):
            model.predict(ones.astype(kind))
    assert np.array_equal(model.predict(ones).labels, model.predict(ones.astype(np.float32)).labels)
    assert len(model.predict(np.zeros((1, 28, 28), np.uint8)).labels) == 1
