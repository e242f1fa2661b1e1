"""PyTorch tuned, in bfloat16 where autocast takes it."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch

from benchmarks.peers import Unfit
from benchmarks.peers.torch_network import TorchContender


class Contender(TorchContender):
    memory_format = torch.channels_last
    fused_optimizer = True

    def __init__(self, threads: int) -> None:
        cpu = Path("/proc/cpuinfo")
        if cpu.exists() and not {"avx512_bf16", "amx_bf16", "bf16"} & set(cpu.read_text().split()):
            # Measured on such a CPU: ten times the time of float32.
            raise Unfit("this CPU has no instructions for bfloat16")
        super().__init__(threads)

    def precision(self) -> AbstractContextManager[Any]:
        return torch.autocast("cpu", dtype=torch.bfloat16)
