"""What is left out is what PyTorch leaves out."""

import pytest

from beside_torch import other_defaults
from cnncli import optim


@pytest.mark.torch
def test_defaults_are_those_of_pytorch() -> None:
    import torch

    assert other_defaults(optim, torch.optim) == []
