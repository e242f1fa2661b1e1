"""Trains networks with many batch sizes and learning rates, and prints how accurate each becomes, as a table.

    python tools/learning_rates.py --data mnist --data-dir FOLDER lenet5 mlp
    python tools/learning_rates.py --data mnist --data-dir FOLDER lenet5 --batch-sizes 1024 --factors 1 4 16
    python tools/learning_rates.py --data mnist --data-dir FOLDER lenet5 --batch-sizes 8 64 512 --optimizers adam lion

The column "default" is what `cnn train` does without --lr. With --factors there are further columns: the rate of the
network's description, or the default one of another optimizer, times each factor. Cells hold the test accuracy after
the last epoch; "NaN" stands for a loss that was no number. Each row is printed as soon as it is done. docs/training.md
holds the tables that came out of it.
"""

import argparse
import sys
import tempfile
from itertools import product
from pathlib import Path

import numpy as np

from cnncli import data
from cnncli.errors import CnnError
from cnncli.network.architectures import read_model
from cnncli.optim import BY_NAME
from cnncli.training.records import Finished
from cnncli.training.train import train
from cnncli.training_options import OPTIMIZERS, TrainSettings

BATCH_SIZES = (4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048)


def accuracy(settings: TrainSettings) -> float | None:
    """The test accuracy of a training; None if its loss was no number."""
    try:
        *_, last = train(settings)
    except CnnError as error:
        if "--lr below" not in str(error):
            raise
        return None
    assert isinstance(last, Finished)
    return last.test_accuracy


def subset(name: str, data_dir: str | None, images: int, folder: Path) -> str:
    """The path of a file with so many of the training images, drawn at random, and 2,000 or fewer of the test."""
    whole = data.load(name, data_dir=data_dir)
    if whole.train is None or whole.test is None:
        sys.exit(f"{name}: has no training images, or no test images")
    arrays = {}
    for part, split, count in (("train", whole.train, images), ("test", whole.test, 2_000)):
        chosen = np.random.default_rng(1).permutation(len(split.labels))[:count]
        arrays |= {f"x_{part}": split.images[chosen], f"y_{part}": split.labels[chosen]}
    if arrays["x_train"].shape[1] == 3:  # an .npz has the channels last
        arrays |= {name: np.moveaxis(arrays[name], 1, -1) for name in ("x_train", "x_test")}
    path = folder / "subset.npz"
    np.savez(path, **arrays)
    return str(path)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("networks", nargs="+")
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--data-dir")
    parser.add_argument("--images", type=int, help="train on so many images, drawn at random; default: all")
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=BATCH_SIZES)
    parser.add_argument("--factors", type=float, nargs="*", default=())
    parser.add_argument("--optimizers", nargs="+", choices=OPTIMIZERS, default=["sgd"])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--schedule", help="default: the network's own")
    parser.add_argument("--threads", type=int)
    return parser.parse_args()


def main() -> None:
    asked = parse()
    names = ["network", "optimizer", "batch size", "default", *(f"rate x {factor:g}" for factor in asked.factors)]
    print(f"| {' | '.join(names)} |\n|---|---|{'--:|' * (len(names) - 2)}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = asked.data
        if asked.images is not None:
            source = subset(asked.data, asked.data_dir, asked.images, folder)
        for network, optimizer, batch_size in product(asked.networks, asked.optimizers, asked.batch_sizes):
            rate = BY_NAME[optimizer].on_command_line.rate
            if optimizer == "sgd":
                rate = float(read_model(network)[0]["training"]["learning_rate"])
            cells = []
            for factor in (None, *asked.factors):
                found = accuracy(
                    TrainSettings(
                        architecture=network,
                        data=source,
                        data_dir=asked.data_dir,
                        epochs=asked.epochs,
                        batch_size=batch_size,
                        optimizer=optimizer,
                        learning_rate=None if factor is None else factor * rate,
                        schedule=asked.schedule,
                        seed=asked.seed,
                        threads=asked.threads,
                        out=str(folder / "model.bin"),
                        runs=str(folder / "runs"),
                    )
                )
                cells.append("NaN" if found is None else f"{100 * found:.2f} %")
            print(f"| {network} | {optimizer} | {batch_size:,} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
