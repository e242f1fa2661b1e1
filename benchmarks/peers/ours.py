"""cnncli itself: a compiled program on the bytes of the images."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.convolution_case import ConvolutionCase
from benchmarks.timed import Timed
from benchmarks.workload import Workload
from cnncli import _core
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.program import Program


class Contender:
    def __init__(self, threads: int) -> None:
        _core.set_thread_count(threads)
        self.threads = threads
        self.versions = {"numpy": np.__version__}

    def train(
        self, workload: Workload, batch_size: int, learning_rate: float, momentum: float
    ) -> Callable[[], list[float]]:
        optimizer = SGD(learning_rate, momentum=momentum)
        program = Program(_network(workload), batch_size, optimizer=optimizer, threads=self.threads)
        program.bind(workload.pixels, workload.labels)
        batches = workload.batches(batch_size)

        def epoch() -> list[float]:
            return [
                program.step(batch, step=step, epoch=0, learning_rate=learning_rate).loss
                for step, batch in enumerate(batches)
            ]

        return epoch

    def infer(self, workload: Workload, batch_size: int) -> Callable[[], np.ndarray]:
        program = Program(_network(workload), batch_size, threads=self.threads, frozen=True)
        parts = workload.parts(batch_size)
        return lambda: np.concatenate([program.predict(part) for part in parts])

    def convolution(self, case: ConvolutionCase) -> Callable[[], Timed]:
        def run() -> Timed:
            results, seconds = _passes(case, arrays, "auto")
            return Timed(results, sum(seconds.values()))

        arrays = case.arrays()
        return run

    def algorithms(self, case: ConvolutionCase, rounds: int) -> dict[str, Any]:
        """For each pass the algorithm that its shape chooses, and the seconds of each that can do it."""
        arrays = case.arrays()
        choices = _core.chosen_algorithms(arrays["input"].shape[1:], arrays["weight"].shape, case.settings())
        found: dict[str, Any] = {
            name: {"chosen": choices[method], "seconds": {}} for name, method in _METHODS.items()
        }
        for _ in range(rounds):
            for algorithm in _core.convolution_algorithms():
                try:
                    _, seconds = _passes(case, arrays, algorithm)
                except ValueError:
                    continue  # it cannot do this shape
                for name in _METHODS:
                    found[name]["seconds"].setdefault(algorithm, []).append(seconds[name])
        return found


# The passes of a convolution, and the core's names for them.
_METHODS = {"forward": "forward", "gradient of the input": "grad_input", "gradient of the weights": "acc_grad"}


def _passes(
    case: ConvolutionCase, arrays: dict[str, np.ndarray], algorithm: str
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """What the passes compute, and the seconds of each."""
    node = _core.Node("convolution", {**case.settings(), "algorithm": algorithm})
    x, gradient = arrays["input"], arrays["grad_output"]
    gradients = {f"grad_{name}": np.zeros_like(arrays[name]) for name in ("weight", "bias")}
    learned = {"weight": arrays["weight"], "bias": arrays["bias"], **gradients}
    results, seconds = dict(gradients), {}
    results["output"] = node.forward(x, learned)
    seconds["forward"] = node.seconds
    results["grad_input"] = node.grad_input(x, gradient, learned)
    seconds["gradient of the input"] = node.seconds
    node.acc_grad(x, gradient, learned)
    seconds["gradient of the weights"] = node.seconds
    return results, seconds


def _network(workload: Workload) -> Network:
    network = Network.from_description(workload.description)
    for parameter in network.named_parameters():
        parameter.value[...] = workload.arrays[parameter.name]
    for name, value in network.named_buffers():
        value[...] = workload.arrays[name]
    return network
