"""Optimizers that see all parameters as one vector and ask for losses and gradients as often as they like."""

from cnncli.optim.whole.base import WholeBatchOptimizer as WholeBatchOptimizer
from cnncli.optim.whole.conjugate_gradient import CG
from cnncli.optim.whole.lbfgs import LBFGS
from cnncli.training_options import WHOLE_BATCH_OPTIMIZERS

# By their names on the command line.
WHOLE_BATCH: dict[str, type[WholeBatchOptimizer]] = dict(zip(WHOLE_BATCH_OPTIMIZERS, (CG, LBFGS), strict=True))
