"""Optimizers that see all parameters as one vector and ask for losses and gradients as often as they like."""

from cnncli.optim.whole.base import WholeBatchOptimizer as WholeBatchOptimizer
from cnncli.optim.whole.conjugate_gradient import CG
from cnncli.optim.whole.lbfgs import LBFGS

# By their names on the command line, which are those of `training_options.WHOLE_BATCH_OPTIMIZERS`.
WHOLE_BATCH: dict[str, type[WholeBatchOptimizer]] = {"cg": CG, "lbfgs": LBFGS}
