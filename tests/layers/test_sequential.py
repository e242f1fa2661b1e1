"""Layers one after the other, custom layers among them."""

from collections.abc import Iterator

import numpy as np
import pytest

import oracles
from closeness import assert_close, same_bits
from cnncli.errors import ShapeError, UsageError
from cnncli.layers import (
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    Module,
    ReLU,
    Residual,
    Sequential,
    Tanh,
    describe,
    register,
)
from cnncli.layers.sequential import is_container
from layer_check import distinct


class Scale(Module):
    """A custom layer: y = weight * x, one weight for all, through the three methods alone."""

    parameter_names = ("weight",)

    def __init__(self) -> None:
        self.weight = np.full(1, 3, np.float32)
        self.grad_weight = np.zeros(1, np.float32)

    def update_output(self, input: np.ndarray) -> np.ndarray:
        return input * self.weight

    def update_grad_input(self, input: np.ndarray, grad_output: np.ndarray) -> np.ndarray:
        return grad_output * self.weight

    def acc_grad_parameters(self, input: np.ndarray, grad_output: np.ndarray, scale: float = 1.0) -> None:
        self.grad_weight += scale * np.sum(input * grad_output)


def test_sequential_passes_values_forward_and_gradients_back(rng: np.random.Generator) -> None:
    first, second = Linear(4, 3), Linear(3, 2)
    model = Sequential(first, Tanh(), second)
    x, grad_y = distinct(rng, 5, 4), distinct(rng, 5, 2)

    def oracle(x: np.ndarray, weight: np.ndarray = first.weight) -> np.ndarray:
        hidden = np.tanh(oracles.linear_forward(x, weight, first.bias))
        return oracles.linear_forward(hidden, second.weight, second.bias)

    assert_close(model.forward(x), oracle(x), terms=5)
    grad_x = model.backward(x, grad_y, scale=2)
    assert_close(grad_x, oracles.central_differences(oracle, x, grad_y), terms=8)
    by_weight = oracles.central_differences(lambda weight: oracle(x, weight), first.weight, grad_y)
    assert_close(first.grad_weight, 2 * by_weight, terms=40)


def test_custom_layer_needs_three_methods_only() -> None:
    model = Sequential(Scale(), Linear(2, 1, bias=False))
    model[1].weight[...] = [[1, 10]]
    assert model.forward([[1, 2]]).tolist() == [[63]]
    assert model.backward([[1, 2]], [[1]]).tolist() == [[3, 30]]
    assert model[0].grad_weight.tolist() == [1 * 1 + 2 * 10]
    assert model.output_shape((2,)) == (1,)
    assert [parameter.name for parameter in model.named_parameters()] == ["0.weight", "1.weight"]
    model.update_parameters(0.5)
    assert model[0].weight.tolist() == [3 - 0.5 * 21]


def test_custom_layer_gets_and_gives_float32() -> None:
    class Double(Module):
        def update_output(self, input: np.ndarray) -> np.ndarray:
            assert input.dtype == np.float32
            return input * np.float64(2)

    assert Sequential(Double()).forward(np.arange(3, dtype=np.uint8)).dtype == np.float32


def test_custom_layer_that_forgets_its_result_is_named() -> None:
    class Forgetful(Module):
        def update_output(self, input: np.ndarray) -> np.ndarray:
            self.result = input

    with pytest.raises(UsageError) as caught:
        Forgetful().forward([1.0])
    assert str(caught.value) == "Forgetful(): update_output returned None; end it with return and the output"


def test_custom_layer_without_update_output_is_named() -> None:
    class Empty(Module):
        pass

    with pytest.raises(NotImplementedError, match=r"^Empty: does not override update_output; write in class Empty: "):
        Empty().forward([1.0])


def test_training_and_evaluate_reach_all_layers() -> None:
    inner = Sequential(Dropout(), BatchNorm2d(2))
    model = Sequential(inner, ReLU())
    everything = [model, inner, *inner, model[1]]
    model.eval()
    assert [layer.training for layer in everything] == [False] * 5
    model.train()
    assert [layer.training for layer in everything] == [True] * 5


def test_parameter_names_count_from_0_and_nest() -> None:
    model = Sequential(
        Conv2d(1, 2, 3), ReLU(), Sequential(Linear(8, 4), BatchNorm1d(4), Linear(4, 2, False))
    )
    names = [(parameter.name, parameter.decay) for parameter in model.named_parameters()]
    assert names == [
        ("0.weight", True),
        ("0.bias", False),
        ("2.0.weight", True),
        ("2.0.bias", False),
        ("2.1.weight", False),
        ("2.1.bias", False),
        ("2.2.weight", True),
    ]
    assert [name for name, _ in model.named_buffers()] == ["2.1.running_mean", "2.1.running_var"]


def test_parameters_are_two_lists_of_the_arrays_themselves() -> None:
    layer = Linear(2, 1)
    values, gradients = Sequential(layer).parameters()
    assert [id(array) for array in values] == [id(layer.weight), id(layer.bias)]
    assert [id(array) for array in gradients] == [id(layer.grad_weight), id(layer.grad_bias)]


def test_update_parameters_steps_against_the_gradients_and_zeroing_clears_them() -> None:
    layer = Linear(2, 1)
    layer.weight[...] = 1
    layer.grad_weight[...] = [[2, 4]]
    Sequential(layer).update_parameters(0.25)
    assert layer.weight.tolist() == [[0.5, 0]]
    Sequential(layer).zero_grad_parameters()
    assert layer.grad_weight.tolist() == [[0, 0]]


def test_shape_error_names_the_place_the_layer_both_shapes_and_the_remedy() -> None:
    model = Sequential(Flatten(), Sequential(ReLU(), Linear(784, 10)))
    expected = "layer 1.1, Linear(784 -> 10): takes samples of shape 784, got 100; use in_features=100"
    for use in (lambda: model.forward(np.zeros((2, 1, 10, 10))), lambda: model.output_shape((1, 10, 10))):
        with pytest.raises(ShapeError) as caught:
            use()
        assert str(caught.value) == expected


def test_sequential_backward_needs_forward() -> None:
    with pytest.raises(UsageError) as caught:
        Sequential(ReLU()).backward([[1]], [[1]])
    assert str(caught.value) == (
        "Sequential: backward needs the results of forward; call forward with this input first"
    )


def test_a_layer_stands_in_one_place_only() -> None:
    relu = ReLU()
    with pytest.raises(UsageError) as caught:
        Sequential(relu, relu)
    assert str(caught.value) == "Sequential: ReLU() stands in it twice; make one object for each place"


def test_sequential_takes_layers_only() -> None:
    with pytest.raises(UsageError) as caught:
        Sequential(ReLU)
    assert str(caught.value) == (
        "Sequential: layer 0 is <class 'cnncli.layers.kinked_activations.ReLU'>, no layer; pass objects such as ReLU()"
    )


def test_an_empty_sequential_gives_its_input_in_an_array_of_its_own() -> None:
    x = np.ones((2, 3), np.float32)
    model = Sequential()
    output = model.forward(x)
    assert same_bits(output, x) and not np.shares_memory(output, x)
    assert same_bits(model.backward(x, x), x)


def test_sequential_repr_indents_inner_layers() -> None:
    assert repr(Sequential(ReLU(), Sequential(MaxPool2d(2)))) == (
        "Sequential(\n  (0) ReLU()\n  (1) Sequential(\n    (0) MaxPool2d(kernel 2x2)\n  )\n)"
    )


def test_sequential_multiply_adds_are_those_of_its_layers() -> None:
    assert Sequential(Flatten(), Linear(6, 4), ReLU(), Linear(4, 3)).multiply_adds((2, 3)) == 24 + 12


def test_initial_weights_depend_on_seed_and_place_and_on_what_follows() -> None:
    def weights(seed: int) -> list[np.ndarray]:
        model = Sequential(Linear(300, 300), BatchNorm1d(300), ReLU(), Linear(300, 300))
        model.initialize(seed)
        return [model[0].weight, model[3].weight]

    first, second = weights(1)
    again, _ = weights(1)
    other, _ = weights(2)
    assert same_bits(first, again) and not same_bits(first, other)
    # He's variance 2 / inputs before a ReLU, LeCun's 1 / inputs before the end; 90,000 numbers hold 2 %.
    assert np.var(first) * 300 == pytest.approx(2, rel=0.02)
    assert np.var(second) * 300 == pytest.approx(1, rel=0.02)
    assert abs(first.mean()) < 0.001
    assert np.abs(first).max() <= np.sqrt(6 / 300) * (1 + 1e-6)


def test_layers_of_one_shape_start_with_different_weights() -> None:
    model = Sequential(Linear(4, 4), Sequential(Linear(4, 4), Dropout()), Linear(4, 4))
    model.initialize(1)
    weights = [parameter.value.tobytes() for parameter in model.named_parameters() if parameter.decay]
    assert len(set(weights)) == 3
    dropout = model[1][1]
    assert (dropout.seed, dropout.layer) == (1, 2)


def test_initialize_writes_in_place() -> None:
    layer = Linear(3, 2)
    weight = layer.weight
    layer.initialize(5)
    assert layer.weight is weight


def test_a_custom_layer_cannot_take_a_built_in_name() -> None:
    class ReLU(Module):
        pass

    with pytest.raises(UsageError) as caught:
        register(ReLU)
    assert str(caught.value) == "ReLU: is the name of a built-in layer; use another class name"


def test_describe_tells_type_and_settings() -> None:
    assert describe(Linear(3, 2)) == {"type": "Linear", "in_features": 3, "out_features": 2, "bias": True}


class _Branching(Module):
    """A container that is written from the ground up: only it knows what its layers do."""

    def __init__(self, layer: Module) -> None:
        self.layer = layer

    def children(self) -> Iterator[tuple[str, Module]]:
        yield "0", self.layer


class _Named(Sequential):
    """A Sequential by another name."""


def test_containers_of_the_package_are_opened_and_those_of_users_are_not() -> None:
    assert is_container(Sequential()) and is_container(_Named()) and is_container(Residual([ReLU()]))
    assert not is_container(_Branching(ReLU())) and not is_container(ReLU())
