"""The losses: one file each, and this table of contents."""

from cnncli.criteria.criterion import Criterion
from cnncli.criteria.cross_entropy import CrossEntropy
from cnncli.criteria.half_squared_error import HalfSquaredError
from cnncli.criteria.mse import MSE
from cnncli.criteria.nll import NLL

# The losses of classifiers, by their names on the command line.
BY_NAME: dict[str, type[Criterion]] = {"cross-entropy": CrossEntropy, "nll": NLL}

__all__ = ["MSE", "NLL", "Criterion", "CrossEntropy", "HalfSquaredError"]
