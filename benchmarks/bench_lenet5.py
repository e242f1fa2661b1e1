"""LeNet-5: training and inference, ours and the peers' in turn, results compared before anything is timed."""

import importlib.util
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from cnncli import _core
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.program import Program
from cnncli.recipe import InputRecipe

LEARNING_RATE, MOMENTUM = 0.01, 0.9
INFERENCE_BATCHES = (1, 64, 1000)
INFERENCE_IMAGES = 2000
MNIST_IMAGES = 60_000


def run(
    *, threads: int, peers: list[str], batch_size: int, images: int, rounds: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """One JSON-able record; `say` gets the lines for people.

    Ratios are the peer's time over ours in the same round; median, least and most over the rounds.
    """
    pixels, labels = _digits(images)
    network = Network.from_model_name("lenet5", seed=1)
    network.recipe = InputRecipe.measured(pixels, kind="digit", polarity="light-on-dark")
    normalized = network.samples(pixels)
    weights = [parameter.value.copy() for parameter in network.named_parameters()]
    program = Program(network, batch_size, optimizer=SGD(LEARNING_RATE, momentum=MOMENTUM), threads=threads)
    program.bind(pixels, labels)
    order = _core.permutation(images, seed=1, epoch=0)
    batches = [order[start : start + batch_size] for start in range(0, images, batch_size)]

    record: dict[str, Any] = {
        "benchmark": "lenet5",
        "cpu": _cpu(),
        "instruction_set": _core.instruction_set(),
        "threads": threads,
        "batch_size": batch_size,
        "images": images,
        "rounds": rounds,
        "versions": {"numpy": np.__version__, "python": platform.python_version()},
        "skipped": [],
        "results": [],
    }
    say(f"{record['cpu']}, {record['instruction_set']}, {threads} thread(s), batch size {batch_size}")
    others: dict[str, Any] = {}
    for peer in peers:
        if peer != "torch" or importlib.util.find_spec("torch") is None:
            record["skipped"].append(peer)
            say(f"{peer}: not installed, skipped")
            continue
        from benchmarks.torch_peer import TorchPeer

        others[peer] = TorchPeer(weights, threads, LEARNING_RATE, MOMENTUM)
        others[peer].bind(normalized, labels)
        record["versions"][peer] = others[peer].version

    def train_ours() -> list[float]:
        return [
            program.step(batch, step=step, epoch=0, learning_rate=LEARNING_RATE).loss
            for step, batch in enumerate(batches)
        ]

    ours = train_ours()  # also warms up
    for name, other in others.items():
        theirs = [other.step(batch) for batch in batches]
        # Later steps drift apart: rounding flips a ReLU or an argmax here and there.
        np.testing.assert_allclose(ours[:10], theirs[:10], rtol=1e-3, err_msg=f"{name} computes other losses")
    record["results"].append(
        _compare(
            "train",
            images,
            rounds,
            train_ours,
            {name: lambda other=other: [other.step(batch) for batch in batches] for name, other in others.items()},
            say,
        )
    )
    for size in INFERENCE_BATCHES:
        evaluator = Program(network, size, threads=threads)
        count = INFERENCE_IMAGES // size * size
        parts = [slice(start, start + size) for start in range(0, count, size)]
        for name, other in others.items():
            for own, parameter in zip(other.network.parameters(), network.named_parameters(), strict=True):
                own.data.copy_(type(own.data)(parameter.value.copy()))
            np.testing.assert_allclose(
                evaluator.predict(normalized[:size]), other.predict(normalized[:size]), atol=1e-4, err_msg=name
            )
        record["results"].append(
            _compare(
                f"infer, batch {size}",
                count,
                rounds,
                lambda evaluator=evaluator, parts=parts: [evaluator.predict(normalized[part]) for part in parts],
                {
                    name: lambda other=other, parts=parts: [other.predict(normalized[part]) for part in parts]
                    for name, other in others.items()
                },
                say,
            )
        )
    return record


def _compare(
    what: str,
    images: int,
    rounds: int,
    ours: Callable[[], Any],
    others: dict[str, Callable[[], Any]],
    say: Callable[[str], None],
) -> dict[str, Any]:
    times: dict[str, list[float]] = {"cnncli": [], **{name: [] for name in others}}
    for _ in range(rounds):
        for name, work in {"cnncli": ours, **others}.items():
            start = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - start)
    result: dict[str, Any] = {"what": what, "images_per_second": {}, "ratio": {}}
    for name, measured in times.items():
        seconds = statistics.median(measured)
        result["images_per_second"][name] = images / seconds
        line = f"  {what:16} {name:8} {images / seconds:10,.0f} images/s"
        line += f"  {MNIST_IMAGES * seconds / images:7.2f} s/60,000"
        if name != "cnncli":
            ratios = [other / own for other, own in zip(measured, times["cnncli"], strict=True)]
            result["ratio"][name] = {"median": statistics.median(ratios), "least": min(ratios), "most": max(ratios)}
            line += f"  ours is {statistics.median(ratios):.2f}x ({min(ratios):.2f} to {max(ratios):.2f})"
        say(line)
    return result


def _digits(count: int) -> tuple[np.ndarray, np.ndarray]:
    images, labels = np.empty((count, 28, 28), np.uint8), np.empty(count, np.uint8)
    _core.digits_generate(images, labels, seed=1, first=0)
    return images[:, None], labels.astype(np.int64)


def _cpu() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
            return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
