"""The perceptron's rule: where the answer is wrong, the weights move by the input. It learns what a line separates."""

import numpy as np

from cnncli.layers import Linear, Step

inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
tables = {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "XOR": [0, 1, 1, 0]}

for name, wanted in tables.items():
    linear, step = Linear(2, 1), Step()
    linear.weight[:], linear.bias[:] = 0, 0
    epochs, mistakes = 0, 1
    while mistakes and epochs < 100:
        epochs, mistakes = epochs + 1, 0
        for x, target in zip(inputs, wanted, strict=True):
            answer = step.forward(linear.forward([x]))[0, 0]
            error = target - answer  # -1, 0 or 1
            linear.weight += error * x
            linear.bias += error
            mistakes += int(error != 0)
    answers = step.forward(linear.forward(inputs))[:, 0].astype(int).tolist()
    verdict = f"learned in {epochs} epochs" if mistakes == 0 else f"not learned in {epochs} epochs"
    print(f"{name}: {verdict}, answers {answers}, weights {linear.weight[0].tolist()}, bias {linear.bias[0]:g}")
