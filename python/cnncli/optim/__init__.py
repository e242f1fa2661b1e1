"""The optimizers. This folder is their table: a file for each, which has its name on the command line and holds its
class; `optimizer.py` and `default_rate.py` have what all share. A new optimizer is a new file, and nobody lists it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cnncli.optim.optimizer import Optimizer
from cnncli.optim.whole.base import WholeBatchOptimizer as WholeBatchOptimizer
from cnncli.optim.whole.conjugate_gradient import CG as CG
from cnncli.optim.whole.lbfgs import LBFGS as LBFGS
from cnncli.training_options import OPTIMIZERS

if TYPE_CHECKING:  # so that editors know them: made by tools/make_reference.py
    from cnncli.optim.adadelta import Adadelta as Adadelta
    from cnncli.optim.adagrad import Adagrad as Adagrad
    from cnncli.optim.adam import Adam as Adam
    from cnncli.optim.adamax import Adamax as Adamax
    from cnncli.optim.adamw import AdamW as AdamW
    from cnncli.optim.asgd import ASGD as ASGD
    from cnncli.optim.lion import Lion as Lion
    from cnncli.optim.muon import Muon as Muon
    from cnncli.optim.nadam import NAdam as NAdam
    from cnncli.optim.radam import RAdam as RAdam
    from cnncli.optim.rmsprop import RMSprop as RMSprop
    from cnncli.optim.rprop import Rprop as Rprop
    from cnncli.optim.sgd import SGD as SGD


def _class_of(name: str) -> type[Optimizer]:
    module = import_module(f"cnncli.optim.{name}")
    (found,) = (
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Optimizer) and value.__module__ == module.__name__
    )
    return found


BY_NAME = {name: _class_of(name) for name in OPTIMIZERS}
globals().update({kind.__name__: kind for kind in BY_NAME.values()})

__all__ = ["Optimizer", *sorted(kind.__name__ for kind in BY_NAME.values())]


def __getattr__(name: str) -> Any:
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
