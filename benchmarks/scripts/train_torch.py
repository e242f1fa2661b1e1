"""`train_torch.py FOLDER EPOCHS MODEL.pt`: LeNet-5 on MNIST's four files with PyTorch, careful with memory.

The images stay bytes and are normalized batch by batch, as `cnn train` does.
"""

import os
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

BATCH_SIZE = 64


def read(folder: Path, part: str) -> tuple[torch.Tensor, torch.Tensor]:
    images = np.fromfile(folder / f"{part}-images-idx3-ubyte", np.uint8, offset=16).reshape(-1, 1, 28, 28)
    labels = np.fromfile(folder / f"{part}-labels-idx1-ubyte", np.uint8, offset=8)
    return torch.from_numpy(images), torch.from_numpy(labels)


torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
folder = Path(sys.argv[1])
images, labels = read(folder, "train")
network = nn.Sequential(
    nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
)  # fmt: skip
optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
loss_of = nn.CrossEntropyLoss()
for _ in range(int(sys.argv[2])):
    for batch in torch.randperm(len(labels)).split(BATCH_SIZE):
        optimizer.zero_grad()
        loss_of(network((images[batch] / 255 - 0.13) / 0.31), labels[batch].long()).backward()
        optimizer.step()

network.eval()
images, labels = read(folder, "t10k")
with torch.inference_mode():
    right = sum(
        int((network((part / 255 - 0.13) / 0.31).argmax(1) == wanted).sum())
        for part, wanted in zip(images.split(256), labels.split(256), strict=True)
    )
torch.save(network.state_dict(), sys.argv[3])
print(right / len(labels))
