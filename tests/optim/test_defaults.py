"""What is left out is what PyTorch leaves out."""

import inspect
from types import SimpleNamespace

import pytest

from beside_torch import other_defaults
from cnncli import optim
from cnncli.optim import LBFGS


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
