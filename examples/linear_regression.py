"""Least squares by gradient descent: the weights that made the data are found again."""

import numpy as np

from cnncli.criteria import MSELoss
from cnncli.layers import Linear
from cnncli.network import Network

rng = np.random.default_rng(1)
true_weight, true_bias = np.array([2.0, -3.0, 0.5]), 4.0
x = rng.normal(size=(200, 3)).astype(np.float32)
y = (x @ true_weight + true_bias + rng.normal(0, 0.01, 200)).astype(np.float32)[:, np.newaxis]

linear = Linear(3, 1)
net, criterion = Network([linear], (3,)), MSELoss()
for step in range(101):
    outputs = net.forward(x)
    if step % 25 == 0:
        print(f"step {step:3}: loss {criterion.forward(outputs, y):.6f}")
    net.zero_grad_parameters()
    net.backward(x, criterion.backward(outputs, y))
    net.update_parameters(0.1)

print("true   ", *true_weight, true_bias)
print("learned", *(f"{value:.3f}" for value in [*linear.weight[0], *linear.bias]))
