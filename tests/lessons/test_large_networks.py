"""What the lesson on a network, layer by layer, shows of networks with many layers, maps or classes."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.layers import Conv2d, Module
from cnncli.lessons import lenet5
from cnncli.lessons.blocks import Asked, Numbers
from cnncli.lessons.given import seen
from cnncli.lessons.layer_facts import known_layers
from cnncli.network import Network
from lesson_pages import fresh
from lesson_parts import figures_of, labels


def linear(folder: Path, classes: int) -> str:
    path = folder / "own.toml"
    path.write_text(
        f"input = [1, 4, 4]\nclasses = {classes}\n"
        'layers = [{type = "Flatten"}, {type = "Linear", out_features = "classes"}]\n'
    )
    return str(path)


@pytest.mark.parametrize("classes", [9, 10, 11, 13])
def test_ten_classes_are_answered_in_their_order_and_of_more_the_ten_most_probable(
    classes: int, tmp_path: Path, rng: np.random.Generator
) -> None:
    Image.fromarray(rng.integers(0, 256, (4, 4)).astype(np.uint8)).save(tmp_path / "own.png")
    given = seen(Asked(model=linear(tmp_path, classes), picture=str(tmp_path / "own.png")))
    for parameter in given.network.named_parameters():
        parameter.value[...] = rng.normal(size=parameter.value.shape)
    _, layer = given.network
    x = given.network.samples(given.image).astype(np.float64).ravel()
    scores = layer.weight.astype(np.float64) @ x + np.ravel(layer.bias)  # type: ignore[attr-defined]
    chances = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
    told = lenet5._answers(given)
    order = range(classes) if classes <= 10 else sorted(range(classes), key=lambda place: -chances[place])[:10]
    assert [name for name, _ in told] == [given.network.class_names[place] for place in order]
    assert [chance for _, chance in told] == pytest.approx([chances[place] for place in order], rel=1e-3, abs=1e-6)


def test_the_most_probable_class_stands_in_the_title_of_the_answers(tmp_path: Path) -> None:
    given = fresh("lenet5", model=linear(tmp_path, 4))
    best, chance = max(given.values["probabilities"].items(), key=lambda pair: pair[1])
    figure = figures_of(given)[-1]
    assert figure.title == f"what the network says of a digit of the set digits: {best}, with {100 * chance:.1f} %"
    frames = given.frames()  # type: ignore[misc]
    assert frames[-1].title.endswith(f" says {best}, with {100 * chance:.1f} %")


def chain(widths: list[int], without_bias: int) -> list[Module]:
    """Convolutions of 1 x 1 that give so many maps, the first one of one map; one of them has no bias."""
    pairs = zip([1, *widths], widths, strict=False)
    return [Conv2d(before, after, 1, bias=at != without_bias) for at, (before, after) in enumerate(pairs, start=1)]


def test_the_ten_layers_that_learn_and_work_most_are_drawn_in_their_order() -> None:
    """Each of n to m maps learns n m + m numbers, and multiplies n m times at each of four places."""
    widths = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]
    pairs = list(zip([1, *widths], widths, strict=False))
    learned = [n * m + (0 if at == 5 else m) for at, (n, m) in enumerate(pairs)]
    work = [4 * n * m for n, m in pairs]
    layers = known_layers(Network(chain(widths, 6), (1, 2, 2)))
    kept = sorted(sorted(range(12), key=lambda at: learned[at] + work[at])[2:])
    figure = lenet5._shares(layers)
    told = labels(figure)
    rows = {text: at[1] for text, at in told.items() if text.startswith("conv")}
    assert sorted(rows, key=rows.__getitem__, reverse=True) == [f"conv{at + 1}" for at in kept]
    assert kept == list(range(2, 12))
    shares = {
        f"{100 * one / sum(counts):.1f} %" for counts in (learned, work) for at, one in enumerate(counts) if at > 1
    }
    assert shares == {text for text in told if text.endswith(" %")}
    most, busiest = int(np.argmax(learned)), int(np.argmax(work))
    assert (most, busiest) == (11, 5) and figure.notes == [
        f"conv12 holds {100 * learned[11] / sum(learned):.0f} % of what is learned, conv6 does "
        f"{100 * work[5] / sum(work):.0f} % of the work"
    ]


@pytest.mark.parametrize("count", [7, 8, 9])
def test_formulas_of_the_first_eight_layers_are_told(count: int) -> None:
    [table] = lenet5._formulas(known_layers(Network(chain([2] * count, 0), (1, 2, 2))))
    assert isinstance(table, Numbers)
    assert [row[0] for row in table.rows] == [f"conv{at}" for at in range(1, min(count, 8) + 1)]
    assert table.rows[1][1] == "learns 2 x (2 x 1 x 1 + 1) = 6, computes 2 x 2 x 2 x 2 x 1 x 1 = 16"
    assert lenet5._formulas([]) == []


@pytest.mark.parametrize(("most", "maps"), [(1618, 16), (1617, 15), (810, 8), (150, 1), (10, 1)])
def test_a_page_has_fewer_maps_of_a_network_with_many_values(
    most: int, maps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixteen maps of 10 x 10, sixteen values of a vector and two outputs are 1,618 numbers."""
    path = tmp_path / "own.toml"
    path.write_text(
        'input = [1, 12, 12]\nclasses = 2\nlayers = [{type = "Conv2d", out_channels = 20, kernel_size = 3}, '
        '{type = "Flatten"}, {type = "Linear", out_features = "classes"}]\n'
    )
    monkeypatch.setattr(lenet5, "_MOST_VALUES", most)
    found = {one["name"]: one["maps"] for one in fresh("lenet5", model=str(path)).data["layers"]}
    assert np.shape(found["conv1"]) == (maps, 10, 10) and np.shape(found["fc1"]) == (1, 1, 2)
