"""Layers beside each other: Residual, Concat and Parallel, alone, compiled, described and saved."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import oracles
from closeness import assert_close, same_bits
from cnncli.criteria import CrossEntropyLoss
from cnncli.errors import CnnError, FormatError, ShapeError, UsageError
from cnncli.layers import (
    LAYER_TYPES,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    Module,
    Mul,
    Parallel,
    ReLU,
    Residual,
    Sequential,
    Tanh,
)
from cnncli.model_file.serialize import load_model, save_model
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.program import Program
from cnncli.training.divergence import find_cause
from layer_chains import Custom, build, prediction_fault, training_fault
from layer_check import distinct


def convolution(x: np.ndarray, layer: Conv2d, weight: np.ndarray | None = None) -> np.ndarray:
    return oracles.convolution_forward(
        x,
        layer.weight if weight is None else weight,
        layer.bias,
        stride=layer.stride,
        padding=layer.padding,
        dilation=layer.dilation,
        groups=layer.groups,
    )


def fill(layer: Module, rng: np.random.Generator) -> None:
    for parameter in layer.named_parameters():
        parameter.value[...] = distinct(rng, *parameter.value.shape)


def test_residual_adds_the_shortcut_and_gives_the_sum_of_both_gradients(rng: np.random.Generator) -> None:
    first, short = Conv2d(2, 3, 3, stride=2, padding=1), Conv2d(2, 3, 1, stride=2, bias=False)
    layer = Residual([first, Tanh()], short)
    fill(layer, rng)
    x, grad_y = distinct(rng, 3, 2, 5, 4), distinct(rng, 3, 3, 3, 2)

    def oracle(x: np.ndarray, weight: np.ndarray | None = None, other: np.ndarray | None = None) -> np.ndarray:
        return np.tanh(convolution(x, first, weight)) + convolution(x, short, other)

    assert_close(layer.forward(x), oracle(x), terms=20)
    grad_x = layer.backward(x, grad_y, scale=2)
    assert_close(grad_x, oracles.central_differences(oracle, x, grad_y), terms=60)
    by_weight = oracles.central_differences(lambda weight: oracle(x, weight), first.weight, grad_y)
    assert_close(first.grad_weight, 2 * by_weight, terms=60)
    by_other = oracles.central_differences(lambda weight: oracle(x, None, weight), short.weight, grad_y)
    assert_close(short.grad_weight, 2 * by_other, terms=60)


def test_without_a_shortcut_the_input_itself_is_added(rng: np.random.Generator) -> None:
    layer = Residual(Linear(4, 4))
    x, grad_y = distinct(rng, 5, 4), distinct(rng, 5, 4)
    (linear,) = layer.branches[0][1]

    def oracle(x: np.ndarray) -> np.ndarray:
        return oracles.linear_forward(x, linear.weight, linear.bias) + x

    assert_close(layer.forward(x), oracle(x), terms=6)
    assert_close(layer.backward(x, grad_y), oracles.central_differences(oracle, x, grad_y), terms=6)


@pytest.mark.parametrize("shared", [False, True], ids=["Concat", "Parallel"])
def test_channels_of_branches_follow_each_other(rng: np.random.Generator, shared: bool) -> None:
    inputs = 2 if shared else 4
    first, second = Conv2d(inputs, 3, 3, padding=1), Conv2d(inputs, 2, 1)
    layer = (Parallel if shared else Concat)(first, [second, Tanh()])
    fill(layer, rng)
    x, grad_y = distinct(rng, 3, 4, 5, 4), distinct(rng, 3, 5, 5, 4)

    def oracle(x: np.ndarray) -> np.ndarray:
        left, right = (x[:, :2], x[:, 2:]) if shared else (x, x)
        return np.concatenate([convolution(left, first), np.tanh(convolution(right, second))], axis=1)

    assert layer.output_shape((4, 5, 4)) == (5, 5, 4)
    assert layer.multiply_adds((4, 5, 4)) == 20 * inputs * (3 * 9 + 2)
    assert_close(layer.forward(x), oracle(x), terms=40)
    assert_close(layer.backward(x, grad_y), oracles.central_differences(oracle, x, grad_y), terms=60)


BLOCK = [
    {"type": "Conv2d", "out_channels": 8, "kernel_size": 3, "padding": 1, "stride": 2, "bias": False},
    {"type": "BatchNorm2d"},
    {"type": "ReLU"},
]
SHORT = [{"type": "Conv2d", "out_channels": 8, "kernel_size": 1, "stride": 2}]
NETWORK: dict[str, Any] = {
    "name": "branching",
    "input": [3, 12, 12],
    "classes": 4,
    "layers": [
        {"type": "Conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1},
        {"type": "Residual", "body": BLOCK, "shortcut": SHORT},
        {"type": "Parallel", "branches": [[{"type": "Dropout", "p": 0.2}], [{"type": "Tanh"}]]},
        {
            "type": "Concat",
            "branches": [
                [{"type": "Conv2d", "out_channels": 5, "kernel_size": 5, "padding": 2}, {"type": "ReLU"}],
                [],
                [{"type": "Residual", "body": [{"type": "Tanh"}]}],
            ],
        },
        {"type": "Flatten"},
        {"type": "Linear", "out_features": "classes"},
    ],
}


@pytest.fixture
def network() -> Network:
    return Network.from_description(NETWORK, seed=3)


def test_a_description_nests_branches(network: Network) -> None:
    names = [name for name, _ in network.leaves()]
    assert names[1:5] == ["1.body.0", "1.body.1", "1.body.2", "1.shortcut.0"]
    again = Network.from_description(network.description(), seed=3)
    assert again.description() == network.description()
    for one, other in zip(network.named_parameters(), again.named_parameters(), strict=True):
        assert one.name == other.name
        same_bits(one.value, other.value)
    assert "3.2.0.body.0" in names
    assert "3.0.0.weight" in [parameter.name for parameter in network.named_parameters()]


def test_a_model_file_brings_branches_back(network: Network, tmp_path: Path, rng: np.random.Generator) -> None:
    images = distinct(rng, 3, 3, 12, 12)
    network.eval()
    save_model(tmp_path / "model.bin", network)
    loaded = load_model(tmp_path / "model.bin")
    loaded.eval()
    same_bits(loaded.forward(images), network.forward(images))


def test_summary_lists_branches_then_their_join(network: Network) -> None:
    rows = {row.name: row for row in network.layer_table()}
    assert list(rows) == [
        "0", "1.body.0", "1.body.1", "1.body.2", "1.shortcut.0", "1", "2.0.0", "2.1.0", "2",
        "3.0.0", "3.0.1", "3.2.0.body.0", "3.2.0", "3", "4", "5",
    ]  # fmt: skip
    assert rows["1"].settings == "sum of 8x6x6 + 8x6x6"
    assert rows["3"].output_shape == (21, 6, 6)
    assert sum(row.parameters for row in rows.values()) == network.parameter_count()
    assert sum(row.multiply_adds for row in rows.values()) == network.multiply_adds((3, 12, 12))
    # 3x3 at first, then 3x3 beside 1x1; 5x5 with a jump of 2 beside nothing.
    assert [rows[name].field_of_view for name in ("1.body.0", "1.shortcut.0", "1", "3")] == [
        (5, 5), (3, 3), (5, 5), (13, 13),
    ]  # fmt: skip


def test_field_of_view_of_branches_is_what_gradients_reach() -> None:
    layers = Sequential(
        Residual([Conv2d(1, 1, 5, padding=2), Conv2d(1, 1, 3, padding=1)]),
        Concat(AvgPool2d(2), Conv2d(1, 1, 4, stride=2, padding=1)),
        Residual(Conv2d(2, 2, 3, padding=1)),
    )
    for parameter in layers.named_parameters():
        parameter.value.fill(1)
    x = np.ones((1, 1, 24, 24), np.float32)
    grad = np.zeros_like(layers.forward(x))
    grad[0, 1, 6, 6] = 1
    rows, columns = np.nonzero(layers.backward(x, grad)[0, 0])
    row = Network([layers], (1, 24, 24)).layer_table()[-1]
    assert row.field_of_view == (np.ptp(rows) + 1, np.ptp(columns) + 1) == (14, 14)


def test_predictions_of_one_image_and_of_a_batch_are_those_of_the_layers(
    network: Network, rng: np.random.Generator
) -> None:
    images = distinct(rng, 40, 3, 12, 12)
    network.eval()
    scores = network.forward(images).astype(np.float64)
    expected = oracles.log_softmax_forward(scores)
    for count in (40, 12, 1):
        assert_close(Program(network, 40).predict(images[:count]), expected[:count], terms=800)


def test_one_seed_gives_one_training_for_any_number_of_threads(
    rng: np.random.Generator, restored_threads: None
) -> None:
    images, labels = distinct(rng, 40, 3, 12, 12), rng.integers(0, 4, 40)
    results = []
    for threads in (1, 3):
        network = Network.from_description(NETWORK, seed=3)
        program = Program(network, 20, optimizer=SGD(0.05, momentum=0.9), threads=threads, seed=7)
        program.bind(images, labels)
        losses = [
            program.step(np.arange(20) + 20 * (step % 2), step=step, epoch=0, learning_rate=0.05).loss
            for step in range(30)
        ]
        results.append((losses, [parameter.value for parameter in network.named_parameters()]))
    assert results[0][0] == results[1][0]
    for one, other in zip(results[0][1], results[1][1], strict=True):
        same_bits(one, other)
    assert results[0][0][-1] < 0.5 * results[0][0][0]


def test_samples_of_more_values_than_a_task_takes(rng: np.random.Generator) -> None:
    """Three slices of features, two blocks of samples: sums, rows of channels and shares of them."""
    makes = [
        lambda shape: Custom(), lambda shape: Concat([Tanh()], []), lambda shape: Parallel([Mul()], []),
        lambda shape: Residual([Mul()]),
    ]  # fmt: skip
    chain = build(makes, (2, 61, 43))
    assert not (fault := prediction_fault(chain, rng)), fault
    assert not (fault := training_fault(chain, rng)), fault


def test_values_that_are_no_numbers_are_found_within_a_branch(network: Network, rng: np.random.Generator) -> None:
    images = distinct(rng, 2, 3, 12, 12)
    network[1].branches[0][1][0].weight.fill(3e38)
    cause = find_cause(network, images, np.arange(2))
    assert cause is not None
    assert cause.what.startswith("layer 1.body.0, Conv2d(4 -> 8,")


def test_an_infinite_sum_is_the_fault_of_the_join() -> None:
    network = Network([Residual([])], (2,))
    cause = find_cause(network, np.full((1, 2), 3e38, np.float32), np.arange(1))
    assert cause is not None
    assert cause.what.startswith("layer 0, Residual, gives infinity for inputs up to 3e+38")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Residual(Conv2d(2, 3, 1)).output_shape((2, 4, 4)),
            "Residual: branch body gives samples of shape 3x4x4 and branch shortcut of 2x4x4; all need one shape: "
            "change strides, paddings or channels",
        ),
        (
            lambda: Sequential(ReLU(), Concat(MaxPool2d(2), ReLU())).output_shape((2, 4, 4)),
            "layer 1, Concat: branch 0 gives samples of shape 2x2x2 and branch 1 of 2x4x4; all need one height and "
            "width: change strides, paddings or channels",
        ),
        (
            lambda: Parallel(ReLU(), ReLU()).output_shape((3, 4, 4)),
            "Parallel: cannot share out samples of shape 3x4x4 among 2 branches; their number has to divide the "
            "channels",
        ),
        (
            lambda: Sequential(Residual([Flatten(), Linear(3, 3)])).forward(np.zeros((2, 4))),
            "layer 0.body.1, Linear(3 -> 3): ",
        ),
        (lambda: Concat(), "Concat: has no branches; pass one layer or more"),
        (
            lambda: Residual("ReLU"),
            "Residual: branch body is 'ReLU', no layer; pass objects such as Sequential(ReLU())",
        ),
        (
            lambda: Residual(Tanh()).backward(np.zeros((1, 2)), np.zeros((1, 2))),
            "Residual: backward needs the results of forward; call forward with this input first",
        ),
    ],
)
def test_branches_that_do_not_fit_are_told_in_one_line(make: Any, message: str) -> None:
    with pytest.raises((ShapeError, UsageError)) as caught:
        make()
    assert str(caught.value).startswith(message)


def test_one_layer_object_cannot_stand_in_two_branches() -> None:
    shared = Tanh()
    with pytest.raises(UsageError, match="stands in it twice"):
        Concat(shared, [ReLU(), shared])


def described(**layer: Any) -> dict[str, Any]:
    return {"name": "mine", "input": [2, 4, 4], "layers": [layer]}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (
            described(type="Residual"),
            'network "mine", layer 0.body (Residual): needs "body", a list of one layer or more; '
            "add [[layers]] tables",
        ),
        (
            described(type="Residual", body=[{"type": "ReLU"}], shortcuts=[]),
            'network "mine", layer 0 (Residual): unknown setting "shortcuts"; did you mean "shortcut"?',
        ),
        (
            described(type="Residual", body=[{"type": "MaxPool2d", "kernel_size": 2}]),
            'network "mine", layer 0 (Residual): branch body gives samples of shape 2x2x2 and branch shortcut of '
            "2x4x4; all need one shape: change strides, paddings or channels",
        ),
        (
            described(type="Concat", branches=[]),
            'network "mine", layer 0 (Concat): needs "branches", a list of lists of layers such as '
            '[[{ type = "ReLU" }], [{ type = "Tanh" }]]',
        ),
        (
            described(type="Concat", branches=[[{"type": "ReLU"}], {"type": "ReLU"}]),
            'network "mine", layer 0.1 (Concat): needs "1", a list of one layer or more; add [[layers]] tables',
        ),
        (
            described(type="Parallel", branches=[[{"type": "Relu"}]]),
            'network "mine", layer 0.0.0: unknown type "Relu"; did you mean "ReLU"?',
        ),
    ],
)
def test_a_bad_description_of_branches_is_refused(bad: dict[str, Any], message: str) -> None:
    with pytest.raises(CnnError) as caught:
        Network.from_description(bad)
    assert str(caught.value) == message


def test_branches_nested_too_deep_are_refused() -> None:
    layer: dict[str, Any] = {"type": "Tanh"}
    for _ in range(40):
        layer = {"type": "Residual", "body": [layer]}
    with pytest.raises(FormatError, match="nested deeper than 8"):
        Network.from_description({"name": "deep", "input": [2, 4, 4], "layers": [layer]})


class Difference(Residual):
    """Body minus shortcut: passes of its own, so that it is called as it is."""

    def join(self, values: Any) -> np.ndarray:
        return values[0] - values[1]

    def update_output(self, input: np.ndarray) -> np.ndarray:
        return 2 * super().update_output(input)

    def update_grad_input(self, input: np.ndarray, grad_output: np.ndarray) -> np.ndarray:
        return super().update_grad_input(input, 2 * grad_output)


def test_a_subclass_with_passes_of_its_own_is_one_layer(
    rng: np.random.Generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LAYER_TYPES, "Difference", Difference)
    network = Network([Difference(Tanh()), Flatten(), Linear(8, 2)], (2, 2, 2))
    assert [name for name, _ in network.leaves()] == ["0", "1", "2"]
    x = distinct(rng, 3, 2, 2, 2)
    assert_close(network[0].forward(x), 2 * (np.tanh(x.astype(np.float64)) - x), terms=4)
    network.eval()
    scores = network.forward(x).astype(np.float64)
    assert_close(Program(network, 3).predict(x), oracles.log_softmax_forward(scores), terms=20)
    save_model(tmp_path / "model.bin", network)
    assert type(load_model(tmp_path / "model.bin")[0]) is Difference


def test_gradients_of_a_training_step_are_those_of_the_layers(network: Network, rng: np.random.Generator) -> None:
    for _, layer in network.leaves():
        if isinstance(layer, Dropout):
            layer.p = 0.0
    images, labels = distinct(rng, 20, 3, 12, 12), rng.integers(0, 4, 20)
    criterion = CrossEntropyLoss()
    network.zero_grad_parameters()
    network.train()
    running = [buffer.copy() for _, buffer in network.named_buffers()]
    network.backward(images, criterion.backward(network.forward(images), labels))
    expected = [parameter.gradient.copy() for parameter in network.named_parameters()]
    for (_, buffer), before in zip(network.named_buffers(), running, strict=True):
        buffer[...] = before
    program = Program(network, 20, optimizer=SGD(0.1))
    program.bind(images, labels)
    program.step(np.arange(20), step=0, epoch=0, learning_rate=0.0)
    for parameter, gradient in zip(network.named_parameters(), expected, strict=True):
        scale = max(1e-2, float(np.abs(gradient).max()))
        assert float(np.abs(parameter.gradient - gradient).max()) < 1e-4 * scale, parameter.name


def test_normalization_in_a_branch_couples_samples() -> None:
    from cnncli.program.lowering import couples_samples

    assert couples_samples([Residual([BatchNorm2d(2), Tanh()])])
    assert not couples_samples([Residual([Tanh()])])
