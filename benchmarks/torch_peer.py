"""The same LeNet-5 in PyTorch, eager, default layout."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import nn


class TorchPeer:
    """Trains and infers from the same weights, on normalized float32 images (N, 1, 28, 28)."""

    version = torch.__version__

    def __init__(self, parameters: Iterable[np.ndarray], threads: int, learning_rate: float, momentum: float) -> None:
        torch.set_num_threads(threads)
        self.network = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
        )  # fmt: skip
        with torch.no_grad():
            for own, given in zip(self.network.parameters(), parameters, strict=True):
                own.copy_(torch.from_numpy(given.copy()))
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=learning_rate, momentum=momentum)
        self.loss = nn.CrossEntropyLoss()

    def bind(self, images: np.ndarray, labels: np.ndarray) -> None:
        self.images, self.labels = torch.from_numpy(images), torch.from_numpy(labels)

    def step(self, indices: np.ndarray) -> float:
        picked = torch.from_numpy(indices)
        self.optimizer.zero_grad()
        loss = self.loss(self.network(self.images[picked]), self.labels[picked])
        loss.backward()
        self.optimizer.step()
        return float(loss.item())

    def predict(self, images: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return self.network(torch.from_numpy(images)).log_softmax(1).numpy()
