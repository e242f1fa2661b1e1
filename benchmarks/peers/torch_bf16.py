"""PyTorch tuned, in bfloat16 where autocast takes it."""

from contextlib import AbstractContextManager
from typing import Any

import torch

from benchmarks.peers.torch_network import TorchContender


class Contender(TorchContender):
    memory_format = torch.channels_last
    fused_optimizer = True

    def precision(self) -> AbstractContextManager[Any]:
        return torch.autocast("cpu", dtype=torch.bfloat16)
