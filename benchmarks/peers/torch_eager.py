"""PyTorch as it comes: eager, default layout, default optimizer, default malloc."""

from benchmarks.peers.torch_network import TorchContender as Contender

__all__ = ["Contender"]
