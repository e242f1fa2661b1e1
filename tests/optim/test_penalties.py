"""The L1 penalty of weights, beside weight decay and before gradients are clipped."""

import numpy as np
import pytest

from closeness import assert_close
from cnncli.criteria import MSELoss
from cnncli.errors import UsageError
from cnncli.layers import Linear
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.program import Program


def _one_step(rng: np.random.Generator, **how: float) -> tuple[Linear, np.ndarray, np.ndarray, np.ndarray]:
    """(the layer after a step, its weight and bias before it, the gradient of the loss without a penalty)."""
    linear = Linear(4, 3)
    linear.weight[:] = rng.permutation(np.linspace(-1.1, 1, 12)).reshape(3, 4)
    linear.weight[1, 2] = 0.0
    linear.bias[:] = [0.5, -0.5, 1.0]
    network = Network([linear], (4,))
    x, t = rng.normal(size=(5, 4)).astype(np.float32), rng.normal(size=(5, 3)).astype(np.float32)
    before = linear.weight.copy(), linear.bias.copy()
    residual = (x.astype(np.float64) @ before[0].T + before[1] - t) * 2 / t.size
    decay = how.pop("weight_decay", 0.0)
    program = Program(network, 5, criterion=MSELoss(), optimizer=SGD(0.5, weight_decay=decay), **how)
    program.bind(x, t)
    program.step(np.arange(5), step=0, epoch=0)
    return linear, *before, residual.T @ x


def test_l1_adds_its_rate_towards_zero_to_weights_and_not_to_biases(rng: np.random.Generator) -> None:
    plain, *_ = _one_step(np.random.default_rng(3))
    linear, weight, _, gradient = _one_step(np.random.default_rng(3), l1=0.25)
    assert_close(linear.weight, weight - 0.5 * (gradient + 0.25 * np.sign(weight)), terms=5)
    assert linear.bias.tobytes() == plain.bias.tobytes()


def test_l1_and_weight_decay_add_up_and_clipping_comes_after_l1(rng: np.random.Generator) -> None:
    linear, weight, _, gradient = _one_step(np.random.default_rng(4), l1=0.3, weight_decay=0.1, clip_value=0.2)
    clipped = np.clip(gradient + 0.3 * np.sign(weight), -0.2, 0.2)
    assert_close(linear.weight, weight - 0.5 * (clipped + 0.1 * weight.astype(np.float64)), terms=5)


def test_l1_makes_weights_of_what_does_not_matter_vanish(rng: np.random.Generator) -> None:
    linear = Linear(6, 1)
    x = rng.normal(size=(64, 6)).astype(np.float32)
    y = 3 * x[:, :1] + 0.01 * rng.normal(size=(64, 1)).astype(np.float32)
    program = Program(Network([linear], (6,)), 64, criterion=MSELoss(), optimizer=SGD(0.05), l1=0.1)
    program.bind(x, y)
    for step in range(300):
        program.step(np.arange(64), step=step, epoch=0)
    assert linear.weight[0, 0] == pytest.approx(3 - 0.05, abs=0.05)  # (rate / 2) / variance below the truth
    assert np.abs(linear.weight[0, 1:]).max() < 0.02


@pytest.mark.parametrize("rate", [-0.1, np.inf, np.nan])
def test_l1_below_0_is_refused(rate: float) -> None:
    with pytest.raises(UsageError, match=r"^l1 is .*; use a number, at least 0$"):
        Program(Network([Linear(2, 1)], (2,)), 1, criterion=MSELoss(), optimizer=SGD(0.1), l1=rate)


@pytest.mark.torch
def test_l1_is_that_of_pytorch_in_the_loss() -> None:
    import torch

    linear, weight, bias, _ = _one_step(np.random.default_rng(5), l1=0.2)
    rng = np.random.default_rng(5)
    rng.permutation(12)
    x, t = (torch.tensor(rng.normal(size=shape).astype(np.float32)) for shape in ((5, 4), (5, 3)))
    layer = torch.nn.Linear(4, 3)
    with torch.no_grad():
        layer.weight[:], layer.bias[:] = torch.tensor(weight), torch.tensor(bias)
    loss = torch.nn.functional.mse_loss(layer(x), t) + 0.2 * layer.weight.abs().sum()
    loss.backward()
    torch.optim.SGD(layer.parameters(), 0.5).step()
    assert_close(linear.weight, layer.weight.detach().numpy().astype(np.float64), terms=5)
