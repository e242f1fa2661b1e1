"""The losses: one file each, and this table of contents."""

from cnncli.criteria.criterion import Criterion
from cnncli.criteria.cross_entropy_loss import CrossEntropyLoss
from cnncli.criteria.mse_loss import MSELoss
from cnncli.criteria.nll_loss import NLLLoss
from cnncli.criteria.sum_squares import SumSquares
from cnncli.layers.other_names import missing

# The losses of classifiers, by their names on the command line.
BY_NAME: dict[str, type[Criterion]] = {"cross-entropy": CrossEntropyLoss, "nll": NLLLoss}

__all__ = ["Criterion", "CrossEntropyLoss", "MSELoss", "NLLLoss", "SumSquares"]


def __getattr__(name: str) -> object:
    raise missing(__name__, name, __all__)
