"""A training step in six lines, on one sample, with numbers that can be checked by hand."""

import numpy as np

from cnncli.criteria import SumSquares
from cnncli.layers import Linear
from cnncli.network import Network

linear = Linear(2, 1)
linear.weight[:], linear.bias[:] = [[0.5, -0.5]], 0
net, criterion = Network([linear], (2,)), SumSquares()
x, target = np.array([[1, 2]], np.float32), np.array([[1]], np.float32)

prediction = net.forward(x)
loss = criterion.forward(prediction, target)
net.zero_grad_parameters()
gradient = criterion.backward(prediction, target)
net.backward(x, gradient)
net.update_parameters(0.1)

print(f"prediction 0.5 x 1 - 0.5 x 2 = {prediction[0, 0]:g}")
print(f"loss (-0.5 - 1)^2 / 2 = {loss:g}")
print(f"its gradient -0.5 - 1 = {gradient[0, 0]:g}")
weights = linear.weight[0]
print(f"weights after -0.1 x gradient x input: {weights[0]:.2f} {weights[1]:.2f}, {linear.bias[0]:.2f}")
print(f"loss now {criterion.forward(net.forward(x), target):g}")
