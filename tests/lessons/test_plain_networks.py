"""Lessons on networks of the reader's in which nothing is learned, or no unit sees more than one pixel."""

from pathlib import Path

import pytest

from cnncli.cli.main import run
from cnncli.lessons.blocks import Lesson
from cnncli.lessons.page import lesson_page
from lesson_pages import fresh
from lesson_parts import rows_of

POOLED = '{type = "MaxPool2d", kernel_size = 1}, {type = "Flatten"}'
MASKED = f'{{type = "Conv2d", out_channels = 1, kernel_size = 1}}, {POOLED}'


def described(folder: Path, layers: str) -> str:
    """A network of 2 x 2 pixels, each of which is a class."""
    (folder / "own.toml").write_text(f"input = [1, 2, 2]\nclasses = 4\nlayers = [{layers}]\n")
    return str(folder / "own.toml")


def right(given: Lesson) -> str:
    return given.question.choices[given.question.right - 1].text


def test_a_network_that_learns_nothing_is_shown_layer_by_layer(tmp_path: Path) -> None:
    given = fresh("lenet5", model=described(tmp_path, POOLED))
    assert given.values["parameters"] == 0 and right(given) == "0"
    assert rows_of(given, "the layers of")[-1][2:4] == ["0", "0"]


@pytest.mark.parametrize(("layers", "names"), [(POOLED, ["pool1"]), (MASKED, ["conv1", "pool1"])])
def test_a_field_that_never_grows_is_one_pixel_behind_each_layer(layers: str, names: list[str], tmp_path: Path) -> None:
    given = fresh("field", model=described(tmp_path, layers))
    assert rows_of(given, "how the field of view") == [[name, "1x2x2", "1", "1 + (1 - 1) x 1 = 1"] for name in names]
    assert given.values["fields"] == dict.fromkeys(names, 1) and right(given) == "1"
    assert len(given.question.choices) > 1 and lesson_page(given)
    assert len(given.frames()) == 8 * len(names)  # type: ignore[misc]


@pytest.mark.parametrize("name", ["lenet5", "field"])
def test_cnn_learn_shows_such_a_network(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["learn", name, "--model", described(tmp_path, POOLED)]) == 0
    assert "pool1" in capsys.readouterr().out
