"""One hidden layer learns XOR, which no line separates."""

import numpy as np

from cnncli.criteria import MSELoss
from cnncli.layers import Linear, Tanh
from cnncli.network import Network

x = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], np.float32)
y = np.array([[-1], [1], [1], [-1]], np.float32)
net, criterion = Network([Linear(2, 4), Tanh(), Linear(4, 1), Tanh()], (2,)), MSELoss()
net.initialize(seed=3)
for step in range(1001):
    outputs = net.forward(x)
    if step % 250 == 0:
        print(f"step {step:4}: loss {criterion.forward(outputs, y):.4f}")
    net.zero_grad_parameters()
    net.backward(x, criterion.backward(outputs, y))
    net.update_parameters(0.2)
for row, output in zip(x, net.forward(x)[:, 0], strict=True):
    print(f"{row[0]:+g} {row[1]:+g} -> {output:+.3f}")
