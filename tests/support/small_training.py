"""A training that takes a moment, with all that makes going on with it hard; and how two of them are compared."""

from pathlib import Path

import numpy as np

from cnncli import _core
from cnncli.storage import container
from cnncli.training_options import TrainSettings

# State beside the weights, and random numbers in every step.
NETWORK = """
name = "small"
input = [1, 28, 28]
classes = 10
layers = [
    { type = "Conv2d", out_channels = 4, kernel_size = 5, stride = 2 },
    { type = "BatchNorm2d" },
    { type = "ReLU" },
    { type = "MaxPool2d", kernel_size = 2 },
    { type = "Flatten" },
    { type = "Dropout", p = 0.25 },
    { type = "Linear", out_features = "classes" },
]
"""


def write_digits(path: Path, train: int, test: int) -> None:
    """Drawn digits as an .npz file."""
    images, labels = np.empty((train + test, 28, 28), np.uint8), np.empty(train + test, np.uint8)
    _core.digits_generate(images, labels, seed=3, first=0)
    np.savez(path, x_train=images[:train], y_train=labels[:train], x_test=images[train:], y_test=labels[train:])


def small_settings(
    folder: Path, train: int = 200, test: int = 50, batch_size: int = 32, validation: float | None = None
) -> TrainSettings:
    """Three epochs of the network on so many drawn digits, all in `folder`."""
    (folder / "small.toml").write_text(NETWORK)
    write_digits(folder / "drawn.npz", train, test)
    return TrainSettings(
        architecture=str(folder / "small.toml"),
        data=str(folder / "drawn.npz"),
        epochs=3,
        batch_size=batch_size,
        validation=validation,
        runs=str(folder / "runs"),
        out=str(folder / "model.bin"),
    )


def weights(path: str | Path | None) -> dict[str, bytes]:
    """The arrays of a model file, to be compared bit by bit."""
    assert path is not None
    tensors, _ = container.read(path)
    return {name: tensor.tobytes() for name, tensor in tensors.items() if name != "sha256"}
