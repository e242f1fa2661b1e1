"""Conv2d with a connection table: Torch7's SpatialConvolutionMap."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from closeness import FEW_WINOGRAD
from cnncli import _core
from cnncli.criteria import MSELoss
from cnncli.errors import FormatError, UsageError
from cnncli.layers import Conv2d
from cnncli.layers.connections import LENET5_C3
from cnncli.model_file.serialize import load_model, save_model
from cnncli.network import Network
from cnncli.optim import SGD, Adam
from cnncli.program import Program
from drawn_convolutions import mapped_terms
from drawn_layers import check_programs, check_sums, uniform

# The table of the paper as it is printed, one line for each map of S2.
PRINTED = """
X...XXX..XXXX.XX
XX...XXX..XXXX.X
XXX...XXX..X.XXX
.XXX..XXXX..X.XX
..XXX..XXXX.XX.X
...XXX..XXXX.XXX
"""


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Conv2d(6, 16, 5, connections="lenet5-c3"), (6, 7, 7)),
        (Conv2d(6, 16, 5, connections="lenet5-c3"), (6, 5, 5)),  # few positions: another algorithm of the gradient
        (Conv2d(16, 20, 3, padding=1, connections=[[o % 16, (5 * o + 3) % 16] for o in range(20)]), (16, 5, 5)),
        (Conv2d(70, 40, 1, connections=[[o, o + 30] for o in range(40)]), (70, 2, 3)),
    ],
)
def test_it_is_the_sum_over_its_connections_by_each_algorithm(layer: Conv2d, shape: tuple[int, ...]) -> None:
    check_sums(layer, shape, 3, mapped_terms(layer, shape), 7, few=FEW_WINOGRAD)
    check_programs(layer, shape, 7)


def test_the_table_of_lenet5_is_that_of_the_paper() -> None:
    lines = PRINTED.split()
    assert tuple(tuple(c for c in range(6) if lines[c][o] == "X") for o in range(16)) == LENET5_C3
    layer = Conv2d(6, 16, 5, connections="lenet5-c3")
    assert layer.parameter_count() == 1516
    assert layer.multiply_adds((6, 14, 14)) == 151_600 - 16 * 100  # the paper's 151,600 connections, biases among them
    assert repr(layer) == "Conv2d(6 -> 16, kernel 5x5, connections lenet5-c3)"


def test_every_map_connected_is_the_full_convolution(rng: np.random.Generator) -> None:
    mapped, full = Conv2d(3, 4, 3, padding=1, connections=[[2, 0, 1]] * 4), Conv2d(3, 4, 3, padding=1)
    full.weight[...] = mapped.weight.reshape(full.weight.shape)
    x = uniform(rng, 5, 3, 6, 6)
    assert (mapped.forward(x) == full.forward(x)).all()


def test_missing_connections_stay_missing_whatever_the_optimizer_does(rng: np.random.Generator) -> None:
    layer = Conv2d(2, 2, 3, connections=[[0], [1]])
    network = Network([layer], (2, 4, 4))
    images, targets = uniform(rng, 9, 2, 4, 4), uniform(rng, 9, 8)
    for optimizer in (SGD(0.1, momentum=0.9, weight_decay=0.1), Adam(0.01, weight_decay=0.1)):
        program = Program(network, 9, criterion=MSELoss(), optimizer=optimizer)
        program.bind(images, targets)
        for step in range(3):
            program.step(np.arange(9), step=step, epoch=0)
    changed = images.copy()
    changed[:, 1] += 1
    assert (layer.forward(images)[:, 0] == layer.forward(changed)[:, 0]).all()
    assert (layer.forward(images)[:, 1] != layer.forward(changed)[:, 1]).all()


def test_it_gives_the_same_bits_for_any_threads(
    rng: np.random.Generator, assert_same_bits_for_any_threads: Callable
) -> None:
    layer = Conv2d(6, 16, 5, connections="lenet5-c3")
    x, grad_y = uniform(rng, 40, 6, 14, 14), uniform(rng, 40, 16, 10, 10)

    def compute() -> tuple[np.ndarray, ...]:
        layer.zero_grad_parameters()
        return layer.forward(x), layer.backward(x, grad_y), layer.grad_weight.copy()

    assert_same_bits_for_any_threads(compute)


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_nan_stays_in_its_sample_and_with_its_connections(instruction_set: str, poison: float) -> None:
    layer = Conv2d(2, 2, 3, connections=[[0], [1]])
    x, grad_y = np.ones((3, 2, 4, 4), np.float32), np.ones((3, 2, 2, 2), np.float32)
    x[1, 0] = poison
    y = layer.forward(x)
    assert not np.isfinite(y[1, 0]).any() and np.isfinite(y[[0, 2]]).all()
    layer.backward(x, grad_y)
    assert not np.isfinite(layer.grad_weight[0]).any() and np.isfinite(layer.grad_weight[1]).all()


def test_a_description_and_a_model_file_keep_the_table(tmp_path: Any, rng: np.random.Generator) -> None:
    described = {
        "input": [6, 5, 5], "classes": 16,
        "layers": [{"type": "Conv2d", "out_channels": 16, "kernel_size": 5, "connections": "lenet5-c3"},
                   {"type": "Flatten"}],
    }  # fmt: skip
    network = Network.from_description(described, seed=3)
    assert network.parameter_count() == 1516 and network.layer_table()[0].parameters == 1516
    assert network.description()["layers"][0]["connections"] == "lenet5-c3"
    save_model(tmp_path / "m.bin", network)
    again = load_model(tmp_path / "m.bin")
    x = uniform(rng, 3, 6, 5, 5)
    assert (again.forward(x) == network.forward(x)).all()
    own = Network([Conv2d(2, 2, 1, connections=[[1], [0, 1]])], (2, 1, 1))
    assert own.description()["layers"][0]["connections"] == [[1], [0, 1]]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"connections": "c3"}, "connections is 'c3'; use lenet5-c3 or a list for each output map"),
        ({"connections": 3}, "connections is no list; use one of input maps for each of 2 outputs"),
        ({"connections": [[0]]}, "connections has 1 lists for 2 output channels; use one for each"),
        ({"connections": "lenet5-c3"}, "connections has 16 lists for 2 output channels; use one for each"),
        ({"connections": [[0], []]}, "connections of output 1 are no list of input maps; use one with a map or more"),
        ({"connections": [[0], 1]}, "connections of output 1 are no list of input maps; use one with a map or more"),
        ({"connections": [[0], [4]]}, "connections of output 1 name input 4; use 0 to 3"),
        ({"connections": [[0], [1, 2, 1]]}, "connections of output 1 name input 1 twice; use each once"),
        ({"connections": [[0], [1.5]]}, "connections of output 1 is 1.5; use a whole number, at least 0 "
         "and at most 2,147,483,647"),
        ({"connections": [[0], [1]], "groups": 2}, "connections with groups 2; use one of both"),
    ],
)
def test_tables_that_are_none_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Conv2d(4, 2, 3, **settings)
    assert str(caught.value) == f"Conv2d: {message}"


def test_a_table_that_stands_for_more_than_fits_is_refused() -> None:
    layer = {"type": "Conv2d", "out_channels": 1000, "kernel_size": 1, "connections": [[0]] * 1000}
    with pytest.raises(FormatError, match=r"layer 0 \(Conv2d\): activations of one sample up to here take 3.725 GiB"):
        Network.from_description({"input": [1_000_000, 1, 1], "layers": [layer]})


def test_the_core_refuses_what_is_no_table() -> None:
    x, weight = np.ones((1, 3, 4, 4), np.float32), np.ones((2, 2, 2), np.float32)
    good: dict[str, Any] = {
        "stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "out_channels": 2, "connections": (0, 1, 1, 2)
    }
    for changed, message in (
        ({"connections": ()}, r"connections: expected pairs"),
        ({"connections": (0, 1, 1)}, r"connections: expected pairs"),
        ({"connections": (1, 2, 0, 1)}, r"connections: expected in rising order, each once"),
        ({"connections": (0, 1, 0, 1)}, r"connections: expected in rising order, each once"),
        ({"connections": (0, 1, 2, 0)}, r"connections: \(2, 0\) is not among 2 outputs and 3 inputs"),
        ({"connections": (0, 1, 1, 3)}, r"connections: \(1, 3\) is not among 2 outputs and 3 inputs"),
        ({"connections": (0, -1, 1, 1)}, r"connections: \(0, -1\) is not among"),
        ({"connections": (0, 1)}, r"weight: expected shape \(1, any, any\), got \(2, 2, 2\)"),
        ({"out_channels": 0}, r"out_channels: expected at least 1, got 0"),
    ):
        with pytest.raises(ValueError, match=rf"^mapped_convolution: {message}"):
            _core.Node("mapped_convolution", {**good, **changed}).forward(x, {"weight": weight})
