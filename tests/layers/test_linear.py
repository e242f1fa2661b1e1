"""The fully connected layer."""

import numpy as np
import pytest

import oracles
from cnncli.errors import ShapeError, UsageError
from cnncli.layers import Linear
from layer_check import check_layer

WHOLE = "use a whole number, at least 1 and at most 2,147,483,647"


@pytest.mark.parametrize("batch", [1, 2, 17])
@pytest.mark.parametrize("bias", [True, False])
def test_linear_is_its_formula(rng: np.random.Generator, batch: int, bias: bool) -> None:
    def oracle(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
        return oracles.linear_forward(x, weight, bias)

    check_layer(Linear(5, 3, bias), oracle, (batch, 5), rng, terms=6)


def test_linear_takes_a_single_sample_as_a_batch_of_one() -> None:
    layer = Linear(2, 1)
    layer.weight[...] = [[1, 2]]
    assert layer.forward([3, 4]).tolist() == [[11]]
    assert layer.backward([3, 4], [1]).tolist() == [[1, 2]]


def test_linear_repr_tells_sizes_and_settings() -> None:
    assert repr(Linear(784, 10)) == "Linear(784 -> 10)"
    assert repr(Linear(784, 10, bias=False)) == "Linear(784 -> 10, no bias)"


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 100), "Linear(784 -> 10): takes samples of shape 784, got 100; use in_features=100"),
        (
            (2, 1, 28, 28),
            "Linear(784 -> 10): takes samples of shape 784, got 1x28x28; put Flatten() before it",
        ),
    ],
)
def test_linear_refuses_other_shapes(shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        Linear(784, 10).forward(np.zeros(shape))
    assert str(caught.value) == message


def test_linear_refuses_a_gradient_of_another_shape() -> None:
    layer = Linear(3, 2)
    with pytest.raises(ShapeError) as caught:
        layer.backward(np.zeros((4, 3)), np.zeros((4, 3)))
    assert str(caught.value) == (
        "Linear(3 -> 2): grad_output has shape (4, 3), its output (4, 2); "
        "pass the gradient with respect to its output"
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"in_features": 0, "out_features": 1}, f"Linear: in_features is 0; {WHOLE}"),
        ({"in_features": 1, "out_features": 1.5}, f"Linear: out_features is 1.5; {WHOLE}"),
        ({"in_features": 1, "out_features": True}, f"Linear: out_features is true; {WHOLE}"),
        ({"in_features": 1, "out_features": 1, "bias": "no"}, 'Linear: bias is "no"; use true or false'),
    ],
)
def test_linear_refuses_settings_out_of_range(settings: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Linear(**settings)
    assert str(caught.value) == message


def test_linear_without_seed_has_no_arrays_before_initialize() -> None:
    layer = Linear(2**20, 2**20, seed=None)  # its weight would take 4 TiB
    assert layer.parameter_count() == 2**40 + 2**20
    assert layer.output_shape((2**20,)) == (2**20,)
