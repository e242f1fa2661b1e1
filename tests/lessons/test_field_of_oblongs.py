"""The lesson on the field of view for networks of the reader's: oblong pictures, many layers, no strides."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.lessons.blocks import Lesson
from cnncli.lessons.figures import Line
from lesson_pages import fresh
from lesson_parts import dots, figures_of, labels, line, points, rows_of


def described(folder: Path, shape: Sequence[int], layers: Sequence[str]) -> str:
    """A network of C3, a convolution of 3 x 3 without padding, and P2, a pooling of 2 x 2."""
    made = {
        "C3": '{type = "Conv2d", out_channels = 1, kernel_size = 3}', "P2": '{type = "MaxPool2d", kernel_size = 2}',
    }  # fmt: skip
    rows = [*(made[one] for one in layers), '{type = "Flatten"}', '{type = "Linear", out_features = "classes"}']
    path = folder / "own.toml"
    path.write_text(f"input = {list(shape)}\nclasses = 2\nlayers = [\n" + ",\n".join(rows) + "\n]\n")
    return str(path)


@pytest.fixture(scope="module")
def oblong(tmp_path_factory: pytest.TempPathFactory) -> Lesson:
    """C3 gives 18 x 10 of 20 x 12, P2 9 x 5, and C3 7 x 3; fields of 3, 4 and 8, neighbours 1, 2 and 2 apart."""
    folder = tmp_path_factory.mktemp("oblong")
    pixels = np.random.default_rng(4).integers(0, 256, (20, 12)).astype(np.uint8)
    Image.fromarray(pixels).save(folder / "own.png")
    model = described(folder, (1, 20, 12), ("C3", "P2", "C3"))
    return fresh("field", model=model, picture=str(folder / "own.png"))


def test_windows_of_an_oblong_picture_stand_where_their_rows_and_columns_are(oblong: Lesson) -> None:
    """The middle of 18 x 10 is 9, 5; of 9 x 5 it is 4, 2, which is 2 apart; of 7 x 3 it is 3, 1."""
    windows = {"conv1": (9, 11, 5, 7), "pool1": (8, 11, 4, 7), "conv2": (6, 13, 2, 9)}  # rows, then columns
    nested = figures_of(oblong)[1]
    before, last = points(nested, Line, "from layers before"), line(nested, "seen from conv2")
    for drawn, (first, end, left, right) in zip([*before, last], windows.values(), strict=True):
        assert (drawn[:, 0].min(), drawn[:, 0].max()) == (left, right + 1)
        assert (drawn[:, 1].min(), drawn[:, 1].max()) == (20 - end - 1, 20 - first)  # row 0 is the uppermost
    frame = line(nested, "the input")
    assert (frame.min(axis=0).tolist(), frame.max(axis=0).tolist()) == ([0, 0], [12, 20])
    assert nested.notes == ["conv2: 8 x 8 of 20 x 12 pixels"] and sum(nested.x) == pytest.approx(12)  # in the middle
    image = np.array(oblong.data["image"], np.float64)
    assert image.shape == (20, 12, 1)
    assert oblong.values["seen_mean"] == pytest.approx(image[6:14, 2:10].mean())


def test_the_growth_in_an_oblong_picture_is_told_layer_by_layer(oblong: Lesson) -> None:
    assert rows_of(oblong, "how the field of view") == [
        ["conv1", "1x18x10", "1", "1 + (3 - 1) x 1 = 3"],
        ["pool1", "1x9x5", "2", "3 + (2 - 1) x 1 = 4"],
        ["conv2", "1x7x3", "2", "4 + (3 - 1) x 2 = 8"],
    ]
    stairs = figures_of(oblong)[0]
    assert line(stairs, "side of the input").tolist() == [[0, 20], [3, 20]]  # the longer one
    assert dots(stairs, "first").tolist() == [[1, 3], [2, 4], [3, 8]] and stairs.x == (0, 4)
    assert line(stairs, "field of view").tolist() == [
        [0, 1], [1, 1], [1, 3], [1, 3], [2, 3], [2, 4], [2, 4], [3, 4], [3, 8],
    ]  # fmt: skip
    found = {one["name"]: (one["rows"], one["columns"]) for one in oblong.data["layers"]}
    assert found["conv2"] == ([(2 * at, 2 * at + 7) for at in range(7)], [(2 * at, 2 * at + 7) for at in range(3)])


@pytest.mark.parametrize(("layers", "right", "choices"), [
    (("C3", "P2", "C3"), 8, [3, 6, 8, 12]),  # 4 + 2 x 2; its mask, as if 1 apart, 4 x 3
    (("C3", "C3"), 5, [3, 5, 6, 9]),  # 3 + 2; its mask, which is the field before, 3 x 3, and one more
    (("P2", "P2", "C3"), 4, [2, 3, 4, 5]),  # of the first behind a stride: 2 + 2; as if 1 apart 3, and one more
])  # fmt: skip
def test_a_growth_is_asked_with_what_its_mistakes_give(
    layers: Sequence[str], right: int, choices: list[int], tmp_path: Path
) -> None:
    """Of the first layer that has neighbours more than 1 apart before it, or of the last."""
    question = fresh("field", model=described(tmp_path, (1, 24, 16), layers)).question
    assert [int(one.text) for one in question.choices] == choices
    assert int(question.choices[question.right - 1].text) == right


@pytest.mark.parametrize("count", [12, 13])
def test_layers_are_named_beside_their_steps_up_to_twelve_of_them(count: int, tmp_path: Path) -> None:
    given = fresh("field", model=described(tmp_path, (1, 30, 30), ("C3",) * count))
    told = [text for text in labels(figures_of(given)[0]) if text.startswith("conv")]
    assert told == ([f"conv{at} {2 * at + 1}" for at in range(1, count + 1)] if count <= 12 else [])


@pytest.mark.parametrize("count", [24, 25])
def test_the_growth_of_the_first_24_layers_is_told(count: int, tmp_path: Path) -> None:
    given = fresh("field", model=described(tmp_path, (1, 60, 56), ("C3",) * count))
    rows = rows_of(given, "how the field of view")
    assert [row[0] for row in rows] == [f"conv{at}" for at in range(1, 25)]
    assert rows[-1][-1] == "47 + (3 - 1) x 1 = 49" and len(given.data["layers"]) == count
