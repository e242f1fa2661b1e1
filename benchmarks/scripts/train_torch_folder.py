"""`train_torch_folder.py FOLDER EPOCHS`: models/vgg.toml on pictures with PyTorch, by the recipe of `cnn train`.

    cnn train --data FOLDER --arch vgg --epochs 3
    OMP_NUM_THREADS=2 python benchmarks/scripts/train_torch_folder.py FOLDER 3

FOLDER holds train/CLASS/PICTURE and test/CLASS/PICTURE of 32x32 in colour. The same layers, initial distribution of
He et al. 2015, normalization by the mean and deviation of each channel, batches of 128, Nesterov momentum, weight decay
and one-cycle schedule; PyTorch in its best form for this: channels_last and the fused optimizer, pictures decoded once
before the first epoch. Prints the accuracy on the test part and the seconds of each epoch.
"""

import os
import sys
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from cnncli.training.schedule import learning_rate

BATCH_SIZE, RATE = 128, 0.05


def read(folder: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures as bytes (N, 3, 32, 32) and their classes, in the order of the names."""
    images, labels = [], []
    for number, kind in enumerate(sorted(path for path in folder.iterdir() if path.is_dir())):
        for path in sorted(kind.iterdir()):
            images.append(np.asarray(Image.open(path).convert("RGB")))
            labels.append(number)
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2), torch.tensor(labels)


def build(classes: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    channels = 3
    for width in (64, 128, 256):
        for _ in range(2):
            layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            channels = width
        layers.append(nn.MaxPool2d(2))
    layers += [nn.Flatten(), nn.Linear(256 * 16, 256), nn.ReLU(), nn.Linear(256, classes)]
    for layer in layers:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers)


torch.manual_seed(1)
torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
began = time.perf_counter()
folder, epochs = Path(sys.argv[1]), int(sys.argv[2])
images, labels = read(folder / "train")
test_images, test_labels = read(folder / "test")
print(f"{len(labels):,} and {len(test_labels):,} pictures read in {time.perf_counter() - began:.1f} s")
scaled = images.float() / 255
mean, deviation = scaled.mean((0, 2, 3), keepdim=True), scaled.std((0, 2, 3), keepdim=True)
del scaled
network = build(int(labels.max()) + 1).to(memory_format=torch.channels_last)
optimizer = torch.optim.SGD(network.parameters(), lr=RATE, momentum=0.9, nesterov=True, weight_decay=0.0005, fused=True)
loss_of = nn.CrossEntropyLoss()


def prepared(batch: torch.Tensor) -> torch.Tensor:
    return ((batch.float() / 255 - mean) / deviation).contiguous(memory_format=torch.channels_last)


step, steps = 0, epochs * -(-len(labels) // BATCH_SIZE)
for epoch in range(1, epochs + 1):
    began = time.perf_counter()
    network.train()
    for batch in torch.randperm(len(labels)).split(BATCH_SIZE):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate("one-cycle", RATE, step, steps)
        optimizer.zero_grad()
        loss_of(network(prepared(images[batch])), labels[batch]).backward()
        optimizer.step()
        step += 1
    seconds = time.perf_counter() - began
    network.eval()
    with torch.inference_mode():
        right = sum(
            int((network(prepared(part)).argmax(1) == wanted).sum())
            for part, wanted in zip(test_images.split(256), test_labels.split(256), strict=True)
        )
    print(f"epoch {epoch}/{epochs}  test accuracy {right / len(test_labels):.2%}  {seconds:.1f} s", flush=True)
