"""From scores to probabilities and the loss. The loss of a probability below 1 is positive: +0.1328."""

import numpy as np

from cnncli.criteria import CrossEntropyLoss, NLLLoss
from cnncli.layers import LogSoftmax

scores, target = [[14.0, 11.0, 16.0]], [2]
log_probabilities = LogSoftmax().forward(scores)
print("probabilities", *(f"{value:.4f}" for value in np.exp(log_probabilities[0])))
loss, in_one = NLLLoss().forward(log_probabilities, target), CrossEntropyLoss().forward(scores, target)
print(f"loss {loss:+.4f}, in one {in_one:+.4f}")
print("gradient", *(f"{value:+.4f}" for value in CrossEntropyLoss().backward(scores, target)[0]))
