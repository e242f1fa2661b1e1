"""The dropout layer."""

import numpy as np
import pytest

from closeness import assert_close, same_bits
from cnncli.errors import UsageError
from cnncli.layers import Dropout


def dropped(seed: int = 1, layer: int = 2, step: int = 3, p: float = 0.4) -> np.ndarray:
    """What is left of ones."""
    dropout = Dropout(p)
    dropout.initialize(seed, layer)
    dropout.step = step
    return dropout.forward(np.ones((50, 40)))


def test_dropout_zeroes_the_share_and_scales_the_rest() -> None:
    output = dropped(p=0.4)
    assert_close(output[output != 0], np.full(np.count_nonzero(output), 1 / 0.6))
    # Of 2,000 values, 0.4 are dropped with a standard deviation of 0.011.
    assert abs(np.mean(output == 0) - 0.4) < 0.05


def test_dropout_is_a_function_of_seed_layer_and_step() -> None:
    assert same_bits(dropped(), dropped())
    for other in (dropped(seed=9), dropped(layer=9), dropped(step=9)):
        assert not same_bits(dropped(), other)


def test_dropout_drops_others_in_the_next_pass() -> None:
    layer = Dropout()
    ones = np.ones((8, 8))
    first, second = layer.forward(ones), layer.forward(ones)
    assert not same_bits(first, second)
    assert layer.step == 2


def test_dropout_drops_the_same_gradients() -> None:
    layer = Dropout()
    ones = np.ones((8, 8))
    output = layer.forward(ones)
    assert same_bits(layer.backward(ones, ones), output)


def test_dropout_keeps_all_in_evaluation() -> None:
    layer = Dropout()
    layer.eval()
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    output = layer.forward(x)
    assert same_bits(output, x) and not np.shares_memory(output, x)
    assert same_bits(layer.backward(x, x), x)


def test_dropout_of_an_empty_batch_is_empty() -> None:
    layer = Dropout()
    assert layer.forward(np.zeros((0, 3))).shape == (0, 3)
    assert layer.backward(np.zeros((0, 3)), np.zeros((0, 3))).shape == (0, 3)


def test_dropout_backward_needs_forward() -> None:
    with pytest.raises(UsageError) as caught:
        Dropout(0.25).backward([[1]], [[1]])
    assert str(caught.value) == (
        "Dropout(0.25): backward needs the results of forward; call forward with this input first"
    )


@pytest.mark.parametrize(("rate", "text"), [(-0.1, "-0.1"), (1, "1"), (float("nan"), "nan"), ("half", '"half"')])
def test_dropout_refuses_rates_out_of_range(rate: object, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Dropout(rate)
    assert str(caught.value) == f"Dropout: p is {text}; use a number, at least 0 and less than 1"


def test_dropout_settings_rebuild_it() -> None:
    assert repr(Dropout(**Dropout(0.25).settings())) == "Dropout(0.25)"
