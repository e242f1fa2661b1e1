"""What is left out is what PyTorch leaves out."""

import pytest

from beside_torch import other_defaults
from cnncli import layers


@pytest.mark.torch
def test_defaults_are_those_of_pytorch() -> None:
    import torch

    assert other_defaults(layers, torch.nn) == []
