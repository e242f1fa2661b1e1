"""`python -m benchmarks.worker MODULE THREADS FORM [LIBRARY...]`: one contender in a process, and perhaps an
interpreter, of its own; FORM is what else it is made with, as JSON; the libraries are imported before it.

It reads a JSON value a line and answers with one: first what it is, then to each request. Between requests it
sleeps, so that of all contenders only one computes at a time. Needs NumPy and its own library, not cnncli.
"""

import importlib
import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from benchmarks.convolution_case import ConvolutionCase
from benchmarks.peers import Unfit
from benchmarks.timed import Timed
from benchmarks.workload import Workload


class Worker:
    """Carries out requests with one contender; `prepare` sets the work that `run` times."""

    def __init__(self, contender: Any) -> None:
        self.contender = contender
        self.workload: Workload | None = None
        self.work: Any = None
        self.spent = self.passed = 0.0

    def load(self, path: str) -> None:
        self.workload = Workload.load(Path(path))

    def train(self, results: str, **settings: Any) -> None:
        self._prepare(self.contender.train(self.workload, **settings), results)

    def infer(self, results: str, **settings: Any) -> None:
        self._prepare(self.contender.infer(self.workload, **settings), results)

    def convolution(self, results: str, case: dict[str, int]) -> None:
        self._prepare(self.contender.convolution(ConvolutionCase(**case)), results)

    def algorithms(self, case: dict[str, int], rounds: int) -> Any:
        return self.contender.algorithms(ConvolutionCase(**case), rounds)

    def run(self) -> float:
        """Seconds that the work took."""
        start, before = time.perf_counter(), time.process_time()
        result = self.work()
        seconds = time.perf_counter() - start
        self.spent += time.process_time() - before
        self.passed += seconds
        return result.seconds if isinstance(result, Timed) else seconds

    def run_for(self, seconds: float) -> float:
        """Seconds that the work took on average, done again and again until so many are over; once at least."""
        start = time.perf_counter()
        runs = []
        while not runs or time.perf_counter() - start < seconds:
            runs.append(self.run())
        return sum(runs) / len(runs)

    def cores(self) -> float:
        """On how many cores the runs since the last preparation computed: CPU time of all threads over time passed."""
        return self.spent / self.passed

    def _prepare(self, work: Any, results: str) -> None:
        """Runs the work once, to warm up, and leaves its results in a file to be checked."""
        self.work = work
        self.spent = self.passed = 0.0
        first = work()
        value = first.value if isinstance(first, Timed) else first
        np.savez(results, **(value if isinstance(value, dict) else {"value": np.asarray(value)}))


def serve(module: str, threads: int, form: dict[str, Any], first: list[str], requests: TextIO, answers: TextIO) -> None:
    def answer(value: dict[str, Any]) -> None:
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    try:
        for library in first:
            importlib.import_module(library)
        contender = importlib.import_module(module).Contender(threads, **form)
    except ImportError as error:
        answer({"missing": f"{error.name or error} is not installed"})
        return
    except Unfit as error:
        answer({"missing": str(error)})
        return
    answer({"versions": contender.versions})
    worker = Worker(contender)
    for line in requests:
        request = json.loads(line)
        try:
            answer({"result": getattr(worker, request.pop("do"))(**request)})
        except Exception:
            answer({"error": traceback.format_exc()})


if __name__ == "__main__":
    # Whatever a library prints must not get between the answers.
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3]), sys.argv[4:], sys.stdin, own)
