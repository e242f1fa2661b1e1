"""What lessons say of layers, and the questions on them, against counting."""

from typing import Any

import numpy as np
import pytest

from cnncli.layers import (
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    Flatten,
    Linear,
    MaxPool2d,
    Module,
    ReLU,
    Residual,
    SubSampling2d,
    Tanh,
)
from cnncli.lessons import lenet5
from cnncli.lessons.layer_facts import known_layers, seen_intervals, weights_formula, work_formula
from cnncli.network import Network
from lesson_pages import fresh


def of(layers: list[Module], shape: tuple[int, ...] = (2, 12, 10)) -> Any:
    return known_layers(Network(layers, shape))


def test_layers_are_called_as_people_do_and_counted() -> None:
    layers = [Conv2d(2, 3, 3), BatchNorm2d(3), ReLU(), MaxPool2d(2), Conv2d(3, 3, 1), AvgPool2d(2), SubSampling2d(3, 1),
              Flatten(), Linear(12, 4), Tanh(), Linear(4, 2)]  # fmt: skip
    names = ["conv1", "bn1", "relu1", "pool1", "conv2", "pool2", "pool3", "flatten1", "fc1", "tanh1", "fc2"]
    assert [one.name for one in of(layers)] == names


def test_what_only_joins_branches_is_left_out() -> None:
    found = of([Residual([Conv2d(2, 2, 3, padding=1), ReLU()]), Concat([Conv2d(2, 1, 1)], [Conv2d(2, 2, 1)]), ReLU()])
    assert [one.name for one in found] == ["conv1", "relu1", "conv2", "conv3", "relu2"]
    assert [one.row.type for one in found] == ["Conv2d", "ReLU", "Conv2d", "Conv2d", "ReLU"]
    assert [one.input_shape[0] for one in found] == [2, 2, 2, 2, 3]


@pytest.mark.parametrize(
    ("layer", "shape", "learns", "works"),
    [(Conv2d(4, 6, (3, 5)), (4, 9, 11), "6 x (4 x 3 x 5 + 1)", "6 x 7 x 7 x 4 x 3 x 5"),
     (Conv2d(4, 6, 3, bias=False), (4, 9, 9), "6 x (4 x 3 x 3)", "6 x 7 x 7 x 4 x 3 x 3"),
     (Conv2d(4, 6, 3, groups=2, stride=2), (4, 9, 9), "6 x (2 x 3 x 3 + 1)", "6 x 4 x 4 x 2 x 3 x 3"),
     (Linear(7, 3), (7,), "3 x (7 + 1)", "3 x 7"), (Linear(7, 3, bias=False), (7,), "3 x (7)", "3 x 7"),
     (ReLU(), (7,), None, None)],
    ids=str,
)  # fmt: skip
def test_formulas_of_weights_and_work_give_the_counts(
    layer: Module, shape: tuple[int, ...], learns: str | None, works: str | None
) -> None:
    [found] = of([layer], shape)
    assert (weights_formula(found), work_formula(found)) == (learns, works)
    if learns is not None and works is not None:
        assert eval(learns.replace("x", "*")) == sum(one.value.size for one in layer.named_parameters())
        assert eval(works.replace("x", "*")) == found.row.multiply_adds


def test_rows_and_columns_see_what_windows_reach() -> None:
    """A mask of 3 with padding 1, then pooling of 2: row r sees rows 2 r - 1 to 2 r + 2 of those that there are."""
    network = Network([Conv2d(1, 1, 3, padding=1), MaxPool2d(2), Flatten(), Linear(20, 2)], (1, 8, 10))
    conv, pool, _, last = known_layers(network)
    assert seen_intervals(network, conv)[0] == [(max(0, r - 1), min(7, r + 1)) for r in range(8)]
    rows, columns = seen_intervals(network, pool)
    assert rows == [(max(0, 2 * r - 1), min(7, 2 * r + 2)) for r in range(4)]
    assert columns == [(max(0, 2 * c - 1), min(9, 2 * c + 2)) for c in range(5)]
    assert seen_intervals(network, last) == ([(0, 7)], [(0, 9)])
    padded = Network([Conv2d(1, 1, 1, padding=2)], (1, 3, 5))
    rows, columns = seen_intervals(padded, known_layers(padded)[0])
    assert rows == [None, None, (0, 0), (1, 1), (2, 2), None, None]
    assert columns == [None, None, *((c, c) for c in range(5)), None, None]


def choices(question: Any) -> dict[int, bool]:
    return {int(one.text.replace(",", "")): one.is_right for one in question.choices}


@pytest.mark.parametrize(
    ("layers", "shape", "right", "wrong"),
    [([Conv2d(1, 4, 3), Conv2d(4, 6, 3)], (1, 9, 9), 6 * (36 + 1), [216, 6 * 10, 222 * 25]),
     ([Conv2d(2, 4, 3, bias=False)], (2, 9, 9), 72, [76, 4 * 9, 72 * 49]),
     ([Conv2d(1, 4, 3)], (1, 9, 9), 40, [36, 40 * 49, 10]),  # one map below: a mask of one is right
     ([Conv2d(1, 4, 3)], (1, 3, 3), 40, [36, 10, 4]),  # and one place
     ([Flatten(), Linear(8, 5), Linear(5, 3)], (2, 2, 2), 18, [15, 8, 3]),
     ([Flatten(), Linear(4, 2)], (1, 2, 2), 10, [8, 6, 2]),
     ([Flatten(), Linear(2, 2)], (2, 1, 1), 6, [4, 2, 7])],
    ids=str,
)  # fmt: skip
def test_how_much_a_layer_learns_is_asked_with_slips(
    layers: list[Module], shape: tuple[int, ...], right: int, wrong: list[int]
) -> None:
    """Without biases, for one map below, for each place, for one output, for both sides; in order."""
    question = lenet5._question(of(layers, shape))
    assert choices(question) == {value: value == right for value in sorted({right, *wrong})}
    assert list(choices(question)) == sorted(choices(question)) and len(question.choices) == 4


def test_the_growth_of_a_field_is_asked_with_slips() -> None:
    """LeNet-5: 6 pixels a side, neighbours 2 apart, then a mask of 5: 6 + 4 x 2 = 14."""
    question = fresh("field").question
    assert choices(question) == {5: False, 10: False, 14: True, 30: False}
    assert list(choices(question)) == [5, 10, 14, 30]
    assert "conv2 has windows of 5" in question.text
    question = fresh("field", model="convnet").question
    right = [value for value, is_right in choices(question).items() if is_right]
    assert len(right) == 1 and len(question.choices) == 4


def test_panels_and_pages_of_the_layers_are_limited() -> None:
    given = fresh("lenet5")
    panels = [block for block in given.blocks if type(block).__name__ == "Panel"]
    assert [len(panel.tiles) for panel in panels] == [1, 6, 6, 16, 16]  # conv1, pool1, conv2, pool2
    assert [panel.side for panel in panels] == [112, 60, 60, 60, 60]
    assert panels[1].title.startswith("conv1: Conv2d")
    frames = given.frames()  # type: ignore[misc]
    assert len(frames) == 6 * 10 and [page.panels[0].side for page in frames[::10]] == [200, 112, 112, 112, 112, 200]
    assert frames[-1].title.startswith("lenet5 says 8, with ") and frames[0].title.startswith("lenet5, a digit")
    maps = {one["name"]: one["maps"] for one in given.data["layers"]}
    assert np.shape(maps["conv2"]) == (16, 10, 10) and np.shape(maps["fc3"]) == (1, 1, 10)
    means = {one["name"]: one["mean"] for one in given.values["layers"]}
    for name in ("conv1", "pool2"):
        assert means[name] == pytest.approx(np.mean(maps[name]), rel=1e-3)
    rows = {one["name"]: (one["rows"], one["columns"]) for one in given.data["layers"]}
    assert rows["pool1"][0][0] == (0, 3) and len(rows["pool1"][1]) == 14


def test_of_a_large_network_a_page_has_fewer_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    """If all maps, at most 16 of each layer, are too many numbers, it is so many fewer of each."""
    shapes = {one["name"]: one["shape"] for one in fresh("lenet5").data["layers"]}
    every = sum(min(shape[0], 16) * int(np.prod(shape[1:])) for shape in shapes.values())
    for most, count in ((every, 16), (every - 1, 15), (10, 1)):
        monkeypatch.setattr(lenet5, "_MOST_VALUES", most)
        maps = {one["name"]: one["maps"] for one in fresh("lenet5").data["layers"]}
        assert [len(maps[name]) for name in ("conv1", "conv2")] == [min(count, 6), count]
