"""An epoch of `cnn train`, with its records, checkpoints and terminal, against the bare steps that it makes."""

import contextlib
import json
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.bench_network import LEARNING_RATE, MOMENTUM
from benchmarks.commands import cnn, cost, write_idx
from benchmarks.contender import Contender
from benchmarks.measure import Result, alternate
from benchmarks.networks import draw_digits
from benchmarks.options import Options
from benchmarks.record import Record, loaded

BATCH_SIZE = 64
EPOCHS = 3
ROUNDS = 5


def run(options: Options) -> dict[str, Any]:
    """Of the command every epoch but the first counts, which has no checkpoint of an epoch before it."""
    record = Record("epoch", options)
    images = options.size(60_000, 1000) // BATCH_SIZE * BATCH_SIZE
    bare = Contender("cnncli", options.threads, label="bare steps")
    with contextlib.closing(bare), tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        write_idx(folder / "data", draw_digits(images), draw_digits(64, first=images))
        words = ["--arch", "lenet5", "--data", "data", "--epochs", str(EPOCHS), "--batch-size", str(BATCH_SIZE)]
        command = cnn("train", *words, "--threads", str(options.threads), "--json")

        def epoch() -> float:
            history = json.loads(cost(command, folder, options.threads).output)["history"]
            return float(sum(epoch["seconds"] for epoch in history[1:]) / (EPOCHS - 1))

        with loaded("lenet5", images, {"bare steps": bare}):
            settings = {"learning_rate": LEARNING_RATE, "momentum": MOMENTUM}
            bare.prepare("train", batch_size=BATCH_SIZE, **settings)
            measured = alternate({"cnn train": epoch, "bare steps": bare.run}, min(options.rounds, ROUNDS))
    record.add(Result(f"an epoch of LeNet-5, batch {BATCH_SIZE}", measured, images=images))
    return record.to_dict()
