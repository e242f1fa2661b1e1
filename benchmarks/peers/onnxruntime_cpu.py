"""onnxruntime on the CPU, all its graph optimizations on; one session for each batch size."""

from collections.abc import Callable

import numpy as np
import onnxruntime

from benchmarks.onnx_model import onnx_bytes
from benchmarks.workload import Workload


class Contender:
    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.versions = {"onnxruntime": onnxruntime.__version__}

    def infer(self, workload: Workload, batch_size: int) -> Callable[[], np.ndarray]:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = self.threads, 1
        session = onnxruntime.InferenceSession(
            onnx_bytes(workload, batch_size), options, providers=["CPUExecutionProvider"]
        )
        parts = workload.parts(batch_size)
        return lambda: np.concatenate([session.run(None, {"images": part})[0] for part in parts])
