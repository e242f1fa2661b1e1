"""The optimizers: one file each, and this table of contents."""

from cnncli.optim.optimizer import Optimizer
from cnncli.optim.sgd import SGD

__all__ = ["SGD", "Optimizer"]
