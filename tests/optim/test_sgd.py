"""Stochastic gradient descent, and what all optimizers share."""

from typing import Any

import numpy as np
import pytest

from closeness import same_bits
from cnncli.errors import FormatError, UsageError
from cnncli.layers import Linear, Parameter, Sequential
from cnncli.optim import SGD
from cnncli.optim.optimizer import whole_power


def parameter(rng: np.random.Generator, *shape: int, name: str = "0.weight", decay: bool = True) -> Parameter:
    value, gradient = rng.normal(size=(2, *shape)).astype(np.float32)
    return Parameter(name, value, gradient, decay)


def test_momentum_is_that_of_the_lecture() -> None:
    # v = momentum v + gradient: with a constant gradient of 1, v is 1, then 1.5, then 1.75.
    learned = Parameter("w", np.zeros(1, np.float32), np.ones(1, np.float32), False)
    optimizer = SGD(1.0, momentum=0.5)
    for expected in (-1, -2.5, -4.25):
        optimizer.step([learned])
        assert learned.value.tolist() == [expected]


def test_weight_decay_leaves_out_parameters_that_do_not_decay() -> None:
    layer = Linear(1, 1)
    layer.weight[...], layer.bias[...] = 1, 1
    SGD(0.5, weight_decay=0.5).step(Sequential(layer).named_parameters())
    assert (layer.weight.item(), layer.bias.item()) == (0.75, 1)


def test_learning_rate_can_be_set_between_steps() -> None:
    learned = Parameter("w", np.zeros(1, np.float32), np.ones(1, np.float32), False)
    optimizer = SGD(1.0)
    optimizer.step([learned])
    optimizer.lr = 0.5
    optimizer.step([learned])
    assert learned.value.tolist() == [-1.5]


def test_sgd_changes_arrays_in_place_and_leaves_gradients_alone(rng: np.random.Generator) -> None:
    learned = parameter(rng, 5)
    value, gradient = learned.value, learned.gradient.copy()
    before = value.copy()
    SGD(0.1, momentum=0.9).step([learned])
    assert not same_bits(value, before)
    assert same_bits(learned.gradient, gradient)


def test_state_saved_and_loaded_goes_on_with_the_same_bits(rng: np.random.Generator) -> None:
    first, second = parameter(rng, 4, name="0.weight"), parameter(rng, 2, name="0.bias")
    optimizer = SGD(0.1, momentum=0.9)
    optimizer.step([first, second])
    state = optimizer.state_dict()
    assert sorted(state) == ["0.bias.velocity", "0.weight.velocity"]
    copy = Parameter("0.weight", first.value.copy(), first.gradient, True)

    other = SGD(**optimizer.settings())
    other.load_state_dict(state)
    optimizer.step([first])
    other.step([copy])
    assert same_bits(first.value, copy.value)
    assert same_bits(state["0.weight.velocity"], first.gradient), "the saved state is not a copy"


def test_loading_state_writes_in_place_and_clears_what_it_has_not(rng: np.random.Generator) -> None:
    optimizer = SGD(0.1, momentum=0.9)
    optimizer.step([parameter(rng, 4, name="a"), parameter(rng, 4, name="b")])
    held = {name: arrays["velocity"] for name, arrays in optimizer.state.items()}
    optimizer.load_state_dict({"a.velocity": [1, 2, 3, 4]})
    assert held["a"].tolist() == [1, 2, 3, 4]
    assert held["b"].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (
            {"a.speed": [1.0]},
            'SGD(lr 0.1, momentum 0.9): has no state "a.speed"; '
            "load the state of an optimizer with the same settings",
        ),
        (
            {"a.velocity": [1.0]},
            "SGD(lr 0.1, momentum 0.9): state a.velocity has shape (1,), not (4,); "
            "load the state of the same network",
        ),
    ],
)
def test_state_that_does_not_fit_is_refused_whole(
    rng: np.random.Generator, state: dict[str, Any], message: str
) -> None:
    optimizer = SGD(0.1, momentum=0.9)
    optimizer.step([parameter(rng, 4, name="a")])
    before = optimizer.state_dict()["a.velocity"]
    with pytest.raises(FormatError) as caught:
        optimizer.load_state_dict({"a.velocity": [9, 9, 9, 9], **state})
    assert str(caught.value) == message
    assert same_bits(optimizer.state_dict()["a.velocity"], before)


def test_one_optimizer_serves_one_network(rng: np.random.Generator) -> None:
    optimizer = SGD(0.1, momentum=0.9)
    optimizer.step([parameter(rng, 4, name="a")])
    with pytest.raises(UsageError) as caught:
        optimizer.step([parameter(rng, 5, name="a")])
    assert str(caught.value) == (
        "SGD(lr 0.1, momentum 0.9): velocity of a has shape (4,), the parameter (5,); "
        "use one optimizer per network"
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": -1}, "SGD: lr is -1; use a number, at least 0"),
        ({"lr": float("nan")}, "SGD: lr is nan; use a number, at least 0"),
        ({"lr": 1, "momentum": 1}, "SGD: momentum is 1; use a number, at least 0 and less than 1"),
        ({"lr": 1, "weight_decay": -0.5}, "SGD: weight_decay is -0.5; use a number, at least 0"),
        (
            {"lr": 1, "nesterov": True},
            "SGD: nesterov with momentum 0 and dampening 0; use momentum > 0 and dampening 0, or not nesterov",
        ),
        (
            {"lr": 1, "momentum": 0.9, "dampening": 0.9, "nesterov": True},
            "SGD: nesterov with momentum 0.9 and dampening 0.9; use momentum > 0 and dampening 0, or not nesterov",
        ),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        SGD(**settings)
    assert str(caught.value) == message


@pytest.mark.parametrize("base", [0.0, 0.5, 0.9, 0.999, 1.0])
def test_whole_powers_are_powers(base: float) -> None:
    for exponent in (0, 1, 2, 3, 7, 100, 12_345):
        assert whole_power(base, exponent) == pytest.approx(base**exponent, rel=1e-11)


def test_a_pair_is_two_numbers_in_range() -> None:
    optimizer = SGD(0.1)
    assert optimizer.pair("betas", [0, 0.5], below=1) == (0.0, 0.5)
    for values, message in (
        ([0.9], "SGD: betas is [0.9]; use two numbers"),
        ([0.9, 1], "SGD: betas[1] is 1; use a number, at least 0 and less than 1"),
    ):
        with pytest.raises(UsageError) as caught:
            optimizer.pair("betas", values, below=1)
        assert str(caught.value) == message


def test_repr_tells_what_is_set() -> None:
    assert repr(SGD(0.0)) == "SGD(lr 0)"
    assert repr(SGD(0.1, 0.9, 0.5, weight_decay=1e-4)) == (
        "SGD(lr 0.1, momentum 0.9, dampening 0.5, weight decay 0.0001)"
    )
