"""`predict_torch.py WEIGHTS.npz PICTURE.png`: what somebody would write to classify one picture with PyTorch."""

import sys

import numpy as np
import torch
from PIL import Image
from torch import nn

network = nn.Sequential(
    nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
)  # fmt: skip
weights = np.load(sys.argv[1])
mean, scale = float(weights["mean"]), float(weights["scale"])
network.load_state_dict({name: torch.from_numpy(weights[name]) for name in network.state_dict()})
network.eval()

pixels = np.asarray(Image.open(sys.argv[2]).convert("L"), np.float32) / 255
with torch.inference_mode():
    probabilities = network(torch.from_numpy((pixels - mean) / scale)[None, None]).softmax(1)[0]
print(int(probabilities.argmax()), f"{float(probabilities.max()):.4f}")
