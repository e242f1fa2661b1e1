"""Batch, stochastic and mini-batch descent: how many samples stand behind each step."""

import numpy as np

from cnncli.criteria import MSELoss
from cnncli.layers import Linear
from cnncli.network import Network

rng = np.random.default_rng(4)
x = rng.normal(size=(128, 2)).astype(np.float32)
y = (x @ [[1.0], [-2.0]] + 0.5 + rng.normal(0, 0.1, (128, 1))).astype(np.float32)
criterion = MSELoss()


def descend(batch_size: int, rate: float, epochs: int = 10) -> None:
    """Prints the loss of all samples after some epochs."""
    linear = Linear(2, 1)
    linear.weight[:], linear.bias[:] = 0, 0
    net, steps = Network([linear], (2,)), 0
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for start in range(0, len(x), batch_size):
            chosen = order[start : start + batch_size]
            net.zero_grad_parameters()  # the mean over the batch; a sum of 128 gradients is a step 128 times as long
            net.backward(x[chosen], criterion.backward(net.forward(x[chosen]), y[chosen]))
            net.update_parameters(rate)
            steps += 1
    loss, weights = criterion.forward(net.forward(x), y), linear.weight[0]
    print(f"batches of {batch_size:3}: {steps:4} steps, loss {loss:.4f}, weights {weights[0]:.2f} {weights[1]:.2f}")


descend(128, 0.1)  # batch: all samples, one step an epoch
descend(1, 0.01)  # stochastic: one sample a step
descend(16, 0.1)  # mini-batch
