"""MaxUnpool2d: where each value goes, which of several stays, and the pooling whose places it takes."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closeness import same_bits
from cnncli import _core
from cnncli.errors import CnnError, FormatError, ShapeError, UsageError
from cnncli.layers import Conv2d, Flatten, Linear, MaxPool2d, MaxUnpool2d, ReLU, Residual, Sequential, Tanh
from cnncli.model_file.serialize import load_model, save_model
from cnncli.network import Network
from cnncli.program import Program
from drawn_layers import check_programs, quick, uniform, using
from drawn_pools import sliding_pools

thirty = settings(quick, max_examples=30)


@st.composite
def unpoolings(draw: st.DrawFn) -> tuple[MaxUnpool2d, tuple[int, int, int]]:
    """A layer that is given indices, and the shape of a sample."""
    pairs = st.tuples(st.integers(1, 4), st.integers(1, 4))
    kernel, stride = draw(pairs), draw(st.none() | pairs)
    padding = (draw(st.integers(0, kernel[0] // 2)), draw(st.integers(0, kernel[1] // 2)))
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 5)), draw(st.integers(1, 5)))
    steps = stride or kernel
    usual = [(shape[1 + i] - 1) * steps[i] - 2 * padding[i] + kernel[i] for i in (0, 1)]
    size = [max(1, usual[i] + draw(st.integers(1 - steps[i], steps[i] - 1))) for i in (0, 1)]
    given_size = None if min(usual) >= 1 and draw(st.booleans()) else (size[0], size[1])
    return MaxUnpool2d(kernel, stride, padding, output_size=given_size), shape


@thirty
@given(unpoolings(), st.sampled_from([0, 1, 3, 17]), st.integers(0, 2**32 - 1))
def test_each_value_goes_to_its_place_and_the_last_one_stays(case: Any, samples: int, seed: int) -> None:
    layer, shape = case
    rng = np.random.default_rng(seed)
    size = layer.output_shape(shape)[1:]
    x = uniform(rng, samples, *shape)
    indices = rng.integers(0, size[0] * size[1], x.shape)  # some of them twice
    grad_y = uniform(rng, samples, shape[0], *size)
    y, grad_x = np.zeros(grad_y.shape, np.float32), np.zeros(x.shape, np.float32)
    last: dict[tuple[int, ...], tuple[int, ...]] = {}
    for n, c, i, j in np.ndindex(x.shape):
        at = (n, c, *divmod(int(indices[n, c, i, j]), size[1]))
        y[at] = x[n, c, i, j]
        last[at] = n, c, i, j
    for at, source in last.items():
        grad_x[source] = grad_y[at]
    for instruction_set in _core.instruction_sets():
        for threads in (1, 3):
            with using(instruction_set):
                _core.set_thread_count(threads)
                assert same_bits(layer(x, indices), y)
                assert same_bits(layer.backward(x, grad_y), grad_x)


@pytest.fixture(autouse=True)
def _threads() -> Any:
    before = _core.thread_count()
    yield
    _core.set_thread_count(before)


def chain(pooling: MaxPool2d, shape: tuple[int, ...]) -> Sequential:
    """The pooling, something between, and back to the size that it took."""
    return Sequential(pooling, Tanh(), MaxUnpool2d(pooling=pooling, output_size=(shape[1], shape[2])))


@thirty
@given(sliding_pools("max"), st.integers(0, 2**32 - 1))
def test_behind_its_pooling_each_maximum_is_where_it_was(case: Any, seed: int) -> None:
    pooling, shape = case
    layers = chain(pooling, shape)
    x = uniform(np.random.default_rng(seed), 3, *shape)
    y = layers.forward(x)
    expected = np.zeros(x.shape, np.float32)
    pooled = np.tanh(pooling.forward(x))
    for n, c, i, j in np.ndindex(pooled.shape):
        expected[n, c, *divmod(int(pooling.indices[n, c, i, j]), shape[2])] = pooled[n, c, i, j]
    assert y.shape == x.shape
    np.testing.assert_allclose(y, expected, rtol=1e-6)
    assert same_bits(layers[2](Tanh()(pooling.forward(x))), y)


@thirty
@given(sliding_pools("max"), st.integers(0, 2**32 - 1))
def test_compiled_it_is_the_layer_for_batches_and_single_samples(case: Any, seed: int) -> None:
    pooling, shape = case
    check_programs(chain(pooling, shape), shape, seed)


@pytest.mark.parametrize("size", [2, 3])
def test_a_pooling_that_is_asked_for_places_fuses_with_no_convolution(size: int, rng: np.random.Generator) -> None:
    pooling = MaxPool2d(size)
    layers = [Conv2d(1, 6, 5, padding=2), ReLU(), pooling, MaxUnpool2d(pooling=pooling), Flatten(), Linear(6 * 144, 4)]
    network = Network(layers, (1, 12, 12), outputs="values").eval()
    x = rng.normal(size=(20, 1, 12, 12)).astype(np.float32)
    for samples in (x, x[:1]):
        np.testing.assert_allclose(Program(network, 20).predict(samples), network.forward(samples), atol=1e-5)
    check_programs(Sequential(*layers[:4]), (1, 12, 12), 1)


def test_of_equal_windows_the_last_one_gets_the_gradient() -> None:
    pooling = MaxPool2d(2, stride=1)
    layers = Sequential(pooling, MaxUnpool2d(pooling=pooling))
    image = [[1, 2, 0], [3, 9, 4], [0, 5, 6]]  # 9 is the largest of all four windows
    assert layers.forward(image).tolist() == [[[[0, 0, 0], [0, 9, 0], [0, 0, 0]]]]
    gradient = np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3)
    assert layers[1].backward(pooling.forward(image), gradient).tolist() == [[[[0, 0], [0, 4]]]]


def test_what_is_no_number_and_samples_of_nothing(instruction_set: str) -> None:
    layer = MaxUnpool2d(2)
    y = layer([[[np.nan, -0.0]]], [[[5, 0]]])
    assert np.signbit(y[0, 0, 0, 0]) and np.isnan(y[0, 0, 1, 1]) and np.count_nonzero(y) == 1
    pooling = MaxPool2d(2)
    both = Sequential(pooling, MaxUnpool2d(pooling=pooling))
    empty = np.zeros((0, 2, 4, 6), np.float32)
    assert both.forward(empty).shape == both.backward(empty, empty).shape == empty.shape


def test_a_call_may_name_the_size(rng: np.random.Generator) -> None:
    x = rng.normal(size=(2, 1, 5, 7)).astype(np.float32)
    pooled, indices = MaxPool2d(2, return_indices=True).forward(x)
    layer = MaxUnpool2d(2)
    y = layer(pooled, indices, output_size=x.shape)
    assert y.shape == x.shape and layer(pooled, 0 * indices).shape == (2, 1, 4, 6)
    assert same_bits(layer(pooled, indices, (5, 7)), y)
    assert np.count_nonzero(y) == pooled.size and set(y[y != 0]) == set(pooled.ravel())
    with pytest.raises(ShapeError, match=r"which is no place of 4x6; use 0 to 23"):
        layer(pooled, indices)
    assert layer.backward(pooled, np.ones_like(y)).tolist() == np.ones(pooled.shape).tolist()


DESCRIBED: dict[str, Any] = {
    "input": [1, 7, 9], "outputs": "values",
    "layers": [
        {"type": "Residual", "body": [
            {"type": "MaxPool2d", "kernel_size": 2}, {"type": "Tanh"}, {"type": "MaxUnpool2d", "pooling": "0.body.0"},
        ]},
        {"type": "MaxPool2d", "kernel_size": 3}, {"type": "MaxUnpool2d", "pooling": 1},
    ],
}  # fmt: skip


def test_a_description_names_the_pooling_and_its_size_follows(tmp_path: Path, rng: np.random.Generator) -> None:
    network = Network.from_description(DESCRIBED, seed=1)
    residual = network[0]
    assert isinstance(residual, Residual) and network.output_shape((1, 7, 9)) == (1, 7, 9)
    assert [row.settings for row in network.layer_table() if row.type == "MaxUnpool2d"] == [
        "pooling 0.body.0, to 7x9", "pooling 1, to 7x9"]
    x = rng.normal(size=(3, 1, 7, 9)).astype(np.float32)
    expected = network.forward(x)
    save_model(tmp_path / "model.bin", network)
    loaded = load_model(tmp_path / "model.bin")
    assert loaded.description() == network.description()
    assert same_bits(loaded.forward(x), expected)
    # A clone's unpooling goes with the clone's pooling.
    copy = network.clone()
    copy.forward(x)
    network.forward(2 * x)
    assert same_bits(copy.forward(x), expected)


def test_in_python_the_pooling_is_the_object() -> None:
    pooling = MaxPool2d(2)
    layer = MaxUnpool2d(pooling=pooling)
    assert repr(layer) == "MaxUnpool2d(kernel 2x2)"
    with pytest.raises(UsageError, match=r"its pooling has no name before both stand in a network; make a Network"):
        layer.settings()
    network = Network([ReLU(), pooling, layer], (1, 4, 4))
    assert layer.settings() == {"pooling": "1"} and repr(layer) == "MaxUnpool2d(pooling 1)"
    assert [step.inputs for step in network.trace()] == [(0,), (1,), (2, 2)]
    named = Network([MaxPool2d(2), MaxUnpool2d(pooling=0)], (1, 4, 4))
    assert isinstance(named[1], MaxUnpool2d) and named[1].pooling is named[0]


def of(*layers: dict[str, Any]) -> dict[str, Any]:
    return {"input": [1, 6, 6], "layers": list(layers)}


POOL: dict[str, Any] = {"type": "MaxPool2d", "kernel_size": 2}


@pytest.mark.parametrize(
    ("described", "message"),
    [
        (of({"type": "MaxUnpool2d", "pooling": "1"}), r"layer 0 \(MaxUnpool2d\): pooling is \"1\", the name of a "
         r"MaxPool2d that stands before it in the network; there is none; add a MaxPool2d"),
        (of(POOL, {"type": "MaxUnpool2d", "pooling": 3}), r"pooling is \"3\", .*; use one of 0"),
        (of(POOL, {"type": "MaxUnpool2d", "kernel_size": 2}), r"needs a pooling, the name of a MaxPool2d"),
        (of(POOL, {"type": "MaxUnpool2d"}), r"neither kernel_size nor pooling is given; pass one of them"),
        (of(POOL, {"type": "MaxUnpool2d", "pooling": "0", "kernel_size": 3}), r"has the windows of MaxPool2d\(kernel "
         r"3x3\), and its pooling is MaxPool2d\(kernel 2x2\); leave kernel_size, stride and padding out"),
        (of(POOL, {"type": "MaxUnpool2d", "pooling": [1]}), r"pooling is \[1\]; use a MaxPool2d, or its name"),
        (of(POOL, {"type": "MaxUnpool2d", "pooling": "0", "output_size": 9}), r"makes 9 rows of 3; use an "
         r"output_size from 5 to 7"),
        (of(POOL, {"type": "MaxUnpool2d", "pooling": "0", "output_size": 7}), r"gives 7x7, and its pooling took 6x6; "
         r"use output_size = \[6, 6\]"),
        (of(POOL, {"type": "Conv2d", "out_channels": 2, "kernel_size": 1}, {"type": "MaxUnpool2d", "pooling": "0"}),
         r"takes samples of the shape that its pooling gave, 1x3x3, got 2x3x3"),
        (of(POOL, {"type": "MaxUnpool2d", "pooling": "0", "stride": 2}), r"stride and padding need kernel_size"),
    ],
)  # fmt: skip
def test_a_wrong_description_is_one_line(described: dict[str, Any], message: str) -> None:
    with pytest.raises((FormatError, ShapeError, UsageError), match=message) as caught:
        Network.from_description(described, seed=1)
    assert "\n" not in str(caught.value)


def test_wrong_calls_are_refused() -> None:
    pooling, other = MaxPool2d(2), MaxPool2d(2)
    layer, alone = MaxUnpool2d(pooling=pooling), MaxUnpool2d(2)
    x, pooled = np.ones((1, 1, 4, 4)), np.ones((1, 1, 2, 2))
    refusals: list[tuple[Any, str]] = [
        (lambda: alone(pooled), r"needs indices; call layer\(input, indices\), or make it with pooling"),
        (lambda: layer(pooled), r"needs a forward pass of its pooling on the same samples; call that first"),
        (lambda: alone(pooled, pooled), r"indices are float64; pass whole numbers"),
        (lambda: alone(pooled, [1, 2, 3]), r"indices have shape \(3,\), the input \(1, 1, 2, 2\); pass one for each"),
        (lambda: alone(pooled, np.full((2, 2), 16)), r"indices have 16, which is no place of 4x4; use 0 to 15"),
        (lambda: alone(pooled, np.full((2, 2), -1)), r"indices have -1, which is no place of 4x4"),
        (lambda: alone(pooled, np.full((2, 2), 2**32)), r"which is no place of 4x4"),
        (lambda: alone(pooled, np.zeros((2, 2), int), 8), r"makes 8 rows of 2; use an output_size from 3 to 5"),
        (lambda: MaxUnpool2d(2).backward(pooled, x), r"backward needs the results of forward"),
        (lambda: Network([layer, pooling], (1, 4, 4)), r"its pooling does not stand before it in this network"),
        (lambda: Network([other, layer], (1, 4, 4)), r"its pooling does not stand before it in this network"),
        (lambda: Network([MaxPool2d(2), alone], (1, 4, 4)), r"layer 1, MaxUnpool2d: needs a pooling"),
        (lambda: MaxUnpool2d(3, pooling=pooling), r"has the windows of MaxPool2d\(kernel 3x3\)"),
        (lambda: MaxUnpool2d(pooling="1").output_shape((1, 2, 2)), r"its pooling is not known before both stand in"),
        (lambda: Network([pooling, layer], (1, 5, 4)), r"gives 4x4, and its pooling took 5x4; use output"),
    ]  # fmt: skip
    for wrong, message in refusals:
        with pytest.raises(CnnError, match=message):
            wrong()
    alone(pooled, np.zeros((2, 2), int))
    with pytest.raises(ShapeError, match=r"grad_output has shape \(1, 1, 2, 2\), its output \(1, 1, 4, 4\)"):
        alone.backward(pooled, pooled)
    pooling(x)
    with pytest.raises(UsageError, match=r"needs a forward pass of its pooling on the same samples"):
        layer(np.ones((2, 1, 2, 2)))
    node = _core.Node("max_unpooling", {"output": (4, 4)})
    with pytest.raises(ValueError, match=r"indices: expected 0 to 15, got 16"):
        node.forward(pooled.astype(np.float32), {}, {"indices": np.full((1, 1, 2, 2), 16, np.int32)})
    with pytest.raises(ValueError, match=r"indices: needed, got none"):
        node.forward(pooled.astype(np.float32))


def test_the_field_of_view_behind_it_is_that_of_a_transposed_convolution() -> None:
    pooling = MaxPool2d(3, 2, 1)
    rows = Network([pooling, MaxUnpool2d(pooling=pooling, output_size=8), Conv2d(1, 1, 3)], (1, 8, 8)).layer_table()
    # A place lies in two windows of 3 pixels that begin 2 apart; three places beside each other see 2 pixels more.
    assert [row.field_of_view for row in rows] == [(3, 3), (5, 5), (7, 7)]


def test_the_field_of_view_of_windows_that_are_no_squares_is_that_of_each_side() -> None:
    pooling = MaxPool2d((4, 2), (1, 2))
    unpooling = MaxUnpool2d(pooling=pooling, output_size=(8, 8))
    window = unpooling.window((1, 5, 4))
    # Windows of 4 rows begin at each row, so that a row lies in four; those of 2 columns do not overlap.
    assert tuple(map(tuple, window)) == ((4, 1), (1, Fraction(1, 2)))


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_a_size_is_taken_where_the_pooling_may_have_come_from_it(rows: int) -> None:
    """Of windows of 3 that move by 4: those sizes that the pooling makes `rows` of, with up to a step more or less."""
    usual = (rows - 1) * 4 + 3
    taken = []
    for size in range(usual + 9):
        try:
            taken.append(MaxUnpool2d(3, 4, output_size=(size, usual)).output_shape((1, rows, rows))[1])
        except CnnError as error:
            assert f"use an output_size from {max(1, usual - 3)} to {usual + 3}" in str(error) or size == 0
    assert taken == list(range(max(1, usual - 3), usual + 4))
