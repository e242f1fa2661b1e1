"""`net(x)`, `net.train()`, `net.eval()` and `net.training`, as PyTorch names them."""

import numpy as np

from cnncli.layers import Dropout, Linear, Residual, Sequential


def test_a_module_is_called_like_a_function(rng: np.random.Generator) -> None:
    network, x = Sequential(Linear(3, 2), Dropout(0.5)).eval(), rng.normal(size=(4, 3))
    np.testing.assert_array_equal(network(x), network.forward(x))


def test_modes_reach_all_that_is_inside_and_return_the_module() -> None:
    inner = Dropout(0.5)
    network = Sequential(Linear(3, 3), Residual([inner]))
    assert network.training and inner.training
    assert network.eval() is network
    assert not network.training and not inner.training
    assert network.train() is network
    assert network.training and inner.training
    network.train(False)
    assert not inner.training
