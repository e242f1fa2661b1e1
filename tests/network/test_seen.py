"""What a unit sees is what changes it: found by trying, pixel by pixel, in networks whose layers hide nothing."""

import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.layers import (
    AdaptiveAvgPool2d,
    AvgPool1d,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv1d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    LayerNorm,
    Linear,
    MaxPool2d,
    MaxUnpool2d,
    Module,
    Parallel,
    ReLU,
    Residual,
    Upsample,
    ZeroPad2d,
)
from cnncli.network import Network
from cnncli.network.seen import find_unit, seen_parts
from every_layer import CASES, filled

Box = tuple[tuple[int, int], ...]


def changed_by(network: Network, index: int, unit: tuple[int, ...]) -> Box:
    """The box of the input values that change a unit of step `index`, with all weights positive."""
    for parameter in network.named_parameters():
        parameter.value[...] = np.random.default_rng(0).uniform(0.5, 1, parameter.value.shape)
    network.eval()
    rest = np.random.default_rng(1).uniform(1, 2, network.input_shape).astype(np.float32)

    def value(x: np.ndarray) -> float:
        output = network.activations(x)[index][0]
        return float(output[(slice(None), *unit)].sum() if len(unit) < output.ndim else output[unit])

    before = value(rest)
    moved = []
    for place in np.ndindex(rest.shape):
        x = rest.copy()
        x[place] += 3
        if abs(value(x) - before) > 1e-6 * abs(before):
            moved.append(place)
    places = np.array(moved)
    return tuple((int(low), int(high)) for low, high in zip(places.min(axis=0), places.max(axis=0), strict=True))


def seen(network: Network, text: str) -> Box:
    _, index, region = find_unit(network, text)
    return seen_parts(network, index, region)[0].region


IMAGES: dict[str, list[Module]] = {
    "convolution": [Conv2d(1, 2, (3, 2), stride=(2, 1), padding=(1, 0))],
    "dilation of two taps": [Conv2d(1, 1, 2, dilation=3)],
    "pooling behind padding": [Conv2d(1, 2, 3, padding=1), ReLU(), AvgPool2d(3, 2, 1)],
    "zeros around and rows off": [ZeroPad2d((1, -1, -1, 1)), Conv2d(1, 1, 2)],
    "zeros on unlike sides": [ZeroPad2d((2, 1, 0, 1)), Conv2d(1, 1, 3)],
    "rows and columns off": [ZeroPad2d((0, -3, -2, -1)), Conv2d(1, 1, 2)],
    "adaptive pooling": [AdaptiveAvgPool2d((4, 3)), Conv2d(1, 1, 1)],
    "transposed": [ConvTranspose2d(1, 1, 3, stride=2, padding=1), AvgPool2d(2, 2)],
    "transposed and dilated": [ConvTranspose2d(1, 2, 2, stride=1, dilation=2), BatchNorm2d(2)],
    "nearest": [Upsample(scale_factor=1.5), Conv2d(1, 1, 2)],
    "bilinear": [Upsample((11, 12), mode="bilinear"), Conv2d(1, 1, 2)],
    "corners": [Upsample((11, 12), mode="bilinear", align_corners=True), Dropout()],
    "residual": [Conv2d(1, 4, 1), Residual([Conv2d(4, 4, 3, padding=1), Conv2d(4, 4, 3, padding=1)])],
    "shortcut": [Residual([Conv2d(1, 2, 5, stride=2, padding=2)], [Conv2d(1, 2, 1, stride=2)]), ReLU()],
    "concat": [Concat([Conv2d(1, 2, 3, padding=1)], [AvgPool2d(5, 1, 2)], []), Conv2d(4, 1, 2)],
    "parallel": [Conv2d(1, 4, 1), Parallel([Conv2d(2, 1, 3, padding=1)], [ReLU()]), AvgPool2d(2)],
}


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("corner", [(0, 0), (1, 2), (-1, -1)])
def test_rows_and_columns_are_those_that_change_the_unit(name: str, corner: tuple[int, int]) -> None:
    network = Network(IMAGES[name], (1, 8, 9))
    network.initialize(seed=1)
    index = len(network.trace()) - 1
    shape = network.trace()[index].output_shape
    unit = tuple(place % size for place, size in zip(corner, shape[1:], strict=True))
    text = f"{network.trace()[index].name}:{unit[0]},{unit[1]}"
    assert seen(network, text) == changed_by(network, index, unit)


@pytest.mark.parametrize("case", range(len(CASES)))
def test_whatever_changes_a_unit_lies_in_what_it_sees(case: int, rng: np.random.Generator) -> None:
    make, shape = CASES[case]
    network = filled(make(), shape, rng)
    sample = rng.uniform(-1, 1, shape).astype(np.float32)
    moved = np.stack([sample] * (1 + 2 * sample.size))
    for number in range(sample.size):
        moved[1 + 2 * number].flat[number] += 3
        moved[2 + 2 * number].flat[number] -= 3
    outputs = network.activations(moved)
    for index, step in enumerate(network.trace()):
        values = outputs[index].reshape(len(moved), -1)
        for place in rng.integers(values.shape[1], size=3).tolist():
            unit = np.unravel_index(place, step.output_shape)
            try:
                region = seen_parts(network, index, tuple((int(side), int(side)) for side in unit))[0].region
            except UsageError:  # padding alone
                region = ((1, 0),) * len(shape)
            changing = np.flatnonzero(values[1:, place].astype(np.float64) != values[0, place]) // 2
            for number in changing.tolist():
                at = np.unravel_index(number, shape)
                assert all(low <= side <= high for side, (low, high) in zip(at, region, strict=True)), (step.name, at)


def test_an_unpooled_value_sees_the_windows_that_may_hold_it() -> None:
    pooling = MaxPool2d(3, 2)
    network = Network([Conv2d(1, 1, 1), pooling, MaxUnpool2d(pooling=pooling)], (1, 7, 9))
    assert seen(network, "2:2,4") == ((0, 0), (0, 4), (2, 6))  # of rows 0 to 2 and 2 to 4, of columns 2 to 4 and 4 to 6
    assert seen(network, "2:1,0") == ((0, 0), (0, 2), (0, 2))


def test_a_channel_of_joined_branches_sees_what_its_branch_sees() -> None:
    network = Network([Concat([Conv2d(1, 2, 3, padding=1)], [Conv2d(1, 1, 1)])], (1, 6, 6))
    network.initialize(seed=1)
    for channel, box in ((0, ((0, 0), (1, 3), (2, 4))), (2, ((0, 0), (2, 2), (3, 3)))):
        assert seen(network, f"0:{channel},2,3") == changed_by(network, 2, (channel, 2, 3)) == box


def test_a_value_of_a_vector_sees_its_place_until_all_are_mixed() -> None:
    network = Network([Conv2d(1, 2, 3), Flatten(), ReLU(), Linear(2 * 4 * 5, 3), ReLU()], (1, 6, 7))
    network.initialize(seed=1)
    for layer in ("1", "2"):  # 33 is channel 1, row 2, column 3
        assert seen(network, f"{layer}:33") == changed_by(network, int(layer), (33,)) == ((0, 0), (2, 4), (3, 5))
    assert seen(network, "4:2") == ((0, 0), (0, 5), (0, 6))


def test_sequences_and_layers_that_see_all() -> None:
    network = Network([Conv1d(2, 3, 3, stride=2, padding=1), AvgPool1d(2)], (2, 12))
    network.initialize(seed=1)
    assert seen(network, "1:1") == changed_by(network, 1, (1,)) == ((0, 1), (3, 7))
    whole = Network([LayerNorm((1, 4, 4)), Conv2d(1, 1, 1)], (1, 4, 4))
    assert seen(whole, "1:0,0") == ((0, 0), (0, 3), (0, 3))


def test_lenet5_has_the_fields_of_the_paper_in_its_middle() -> None:
    network = Network.from_model_name("lenet5")  # 28x28 with two pixels of padding: fields 5, 6, 14 and 16
    fields = {"0:14,14": 5, "2:7,7": 6, "3:5,5": 14, "5:2,2": 16}
    for unit, size in fields.items():
        _, rows, columns = seen(network, unit)
        assert rows[1] - rows[0] + 1 == columns[1] - columns[0] + 1 == size
    assert seen(network, "3:7,4")[1:] == ((12, 25), (6, 19))  # 2 * 7 - 2 and 14 of them


def test_layers_on_the_way_are_told_and_those_aside_are_not() -> None:
    network = Network([Concat([Conv2d(1, 2, 3, padding=1)], [Conv2d(1, 1, 1)]), AvgPool2d(2)], (1, 6, 6))
    _, index, region = find_unit(network, "0:2,2,3")
    parts = seen_parts(network, index, region)
    assert [(part.name, part.region) for part in parts] == [
        ("input", ((0, 0), (2, 2), (3, 3))), ("0.1.0", ((0, 0), (2, 2), (3, 3))), ("0", ((2, 2), (2, 2), (3, 3))),
    ]  # fmt: skip


@pytest.mark.parametrize(("said", "name"), [("conv2:7,4", "3"), ("Pool2:1,1", "5"), ("FC1:9", "7"), ("3:7,4", "3")])
def test_a_layer_is_named_as_in_the_summary_or_by_its_kind(said: str, name: str) -> None:
    assert find_unit(Network.from_model_name("lenet5"), said)[0].name == name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("3", "use LAYER:ROW,COLUMN"),
        ("3:a,b", "use LAYER:ROW,COLUMN"),
        ("3:-1,2", "use LAYER:ROW,COLUMN"),
        ("77:1,1", 'no layer is named "77"; use one of 0, 1, 2'),
        ("3:10,0", "layer 3 gives 16x10x10, counted from 0; use a row up to 9 and a column up to 9"),
        ("3:16,0,0", "gives 16x10x10"),
        ("3:0", "gives 16x10x10"),
        ("7:120", "layer 7 gives 120, counted from 0; use an index up to 119"),
        ("7:1,1", "gives 120"),
    ],
)
def test_units_that_are_not_there_are_told_in_one_line(text: str, words: str) -> None:
    with pytest.raises(UsageError) as error:
        find_unit(Network.from_model_name("lenet5"), text)
    assert words in str(error.value) and "\n" not in str(error.value)


def test_a_unit_on_padding_alone_sees_nothing() -> None:
    network = Network([ZeroPad2d(4), Conv2d(1, 1, 2)], (1, 4, 4))
    _, index, region = find_unit(network, "1:0,0")
    with pytest.raises(UsageError, match="lies on padding alone"):
        seen_parts(network, index, region)
