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
            results, runs = self._passes(case, arrays, "auto")
            return Timed(results, sum(seconds for _, seconds in runs.values()))

        arrays = case.arrays()
        return run

    def algorithms(self, case: ConvolutionCase, rounds: int) -> dict[str, Any]:
        """For each pass the algorithm that its shape chooses, and the seconds of each that can do it."""
        arrays = case.arrays()
        _, runs = self._passes(case, arrays, "auto")
        found: dict[str, Any] = {name: {"chosen": chosen, "seconds": {}} for name, (chosen, _) in runs.items()}
        names = _core.convolution_algorithms()
        for _ in range(rounds):
            for algorithm in names:
                for name, do in _PASSES.items():
                    try:
                        _, seconds = do(case, arrays, self._results(case, arrays), algorithm)
                    except ValueError:
                        continue  # it cannot do this shape
                    found[name]["seconds"].setdefault(algorithm, []).append(seconds)
        return found

    def _passes(
        self, case: ConvolutionCase, arrays: dict[str, np.ndarray], algorithm: str
    ) -> tuple[dict[str, np.ndarray], dict[str, tuple[str, float]]]:
        results = self._results(case, arrays)
        return results, {name: do(case, arrays, results, algorithm) for name, do in _PASSES.items()}

    @staticmethod
    def _results(case: ConvolutionCase, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {
            "output": np.zeros_like(arrays["grad_output"]),
            "grad_input": np.zeros_like(arrays["input"]),
            "grad_weight": np.zeros_like(arrays["weight"]),
            "grad_bias": np.zeros_like(arrays["bias"]),
        }


def _forward(case: ConvolutionCase, arrays: Any, results: Any, algorithm: Any) -> tuple[str, float]:
    return _core.convolution_forward(
        arrays["input"],
        results["output"],
        arrays["weight"],
        arrays["bias"],
        **case.settings(),
        algorithm=algorithm,
    )


def _backward_input(case: ConvolutionCase, arrays: Any, results: Any, algorithm: Any) -> tuple[str, float]:
    return _core.convolution_backward_input(
        arrays["grad_output"], results["grad_input"], arrays["weight"], **case.settings(), algorithm=algorithm
    )


def _backward_parameters(case: ConvolutionCase, arrays: Any, results: Any, algorithm: Any) -> tuple[str, float]:
    return _core.convolution_backward_parameters(
        arrays["input"],
        arrays["grad_output"],
        results["grad_weight"],
        results["grad_bias"],
        **case.settings(),
        algorithm=algorithm,
    )


_PASSES = {
    "forward": _forward,
    "gradient of the input": _backward_input,
    "gradient of the weights": _backward_parameters,
}


def _network(workload: Workload) -> Network:
    network = Network.from_description(workload.description)
    for parameter in network.named_parameters():
        parameter.value[...] = workload.arrays[parameter.name]
    for name, value in network.named_buffers():
        value[...] = workload.arrays[name]
    return network
