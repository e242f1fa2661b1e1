"""What is left out is what PyTorch leaves out."""

import inspect
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from beside_torch import other_defaults
from cnncli import optim
from cnncli.optim import LBFGS
from cnncli.optim.whole import WHOLE_BATCH


@pytest.mark.torch
def test_defaults_are_those_of_pytorch() -> None:
    import torch

    assert other_defaults(optim, torch.optim) == []
    assert other_defaults(SimpleNamespace(__all__=["LBFGS"], LBFGS=LBFGS), torch.optim) == []


def test_defaults_of_lbfgs_are_those_that_pytorch_documents() -> None:
    assert {name: one.default for name, one in inspect.signature(LBFGS).parameters.items()} == {
        "lr": 1, "max_iter": 20, "max_eval": None, "tolerance_grad": 1e-7, "tolerance_change": 1e-9,
        "history_size": 100, "line_search_fn": None,
    }  # fmt: skip


class Own(optim.Optimizer):
    """One of the user's own, with an argument that it keeps, one that it does not, and an array."""

    def __init__(self, lr: float = 0.1, momentum: float = 0.5, lost: int = 3, mask: object = None) -> None:
        super().__init__(lr)
        self.momentum, self.mask = momentum, np.ones(3) if mask is None else mask


class OwnSgd(optim.SGD):
    def __init__(self, lr: float = 0.2, **more: Any) -> None:
        super().__init__(lr, **more)


def test_settings_are_the_arguments_of_the_constructor() -> None:
    for kind in (*optim.BY_NAME.values(), *WHOLE_BATCH.values()):
        assert list(kind().settings()) == list(inspect.signature(kind).parameters)
    assert Own().settings() == {"lr": 0.1, "momentum": 0.5} and repr(Own()) == "Own(lr 0.1, momentum 0.5)"
    assert OwnSgd(momentum=0.5).settings() == {
        "lr": 0.2, "momentum": 0.5, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False,
    }  # fmt: skip
