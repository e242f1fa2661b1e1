"""Classes by weighted sums: three by the largest of three, two by the sign of one with labels -1 and +1."""

import numpy as np

from cnncli import Trainer
from cnncli.criteria import CrossEntropyLoss, HingeLoss, OfLabels
from cnncli.layers import Linear, Tanh
from cnncli.network import Network
from cnncli.optim import SGD

rng = np.random.default_rng(2)
centres = np.array([[0.0, 3.0], [3.0, -2.0], [-3.0, -2.0]])
labels = np.arange(300) % 3
points = (centres[labels] + rng.normal(size=(300, 2))).astype(np.float32)

three = Network([Linear(2, 3)], (2,))
*_, done = Trainer(three, (points, labels), CrossEntropyLoss(), SGD(0.1), epochs=10, batch_size=16)
print(f"three classes: {done.accuracy:.1%} right")

two = labels < 2
one = Network([Linear(2, 1), Tanh()], (2,), ["-1", "+1"])
*_, done = Trainer(one, (points[two], labels[two]), OfLabels(HingeLoss()), SGD(0.1), epochs=10, batch_size=16)
print(f"labels -1 and +1: {done.accuracy:.1%} right")
outputs = one.forward(centres[:2])[:, 0]
print(f"at the centres of the two: {outputs[0]:+.2f} {outputs[1]:+.2f}")
