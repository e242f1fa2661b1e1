"""onnxruntime on the CPU; one session for each batch size."""

from collections.abc import Callable

import numpy as np
import onnxruntime

from benchmarks.onnx_model import onnx_bytes
from benchmarks.workload import Workload


class Contender:
    """optimizations : how far the graph is rewritten: "extended", or "all", which adds the layout of its convolutions
    spinning : threads wait actively for work
    arena : memory is kept between runs
    flush_denormal : numbers too small to be normal count as 0
    binding : inputs and outputs stay in memory that is bound to the session once
    """

    def __init__(
        self,
        threads: int,
        *,
        optimizations: str = "all",
        spinning: bool = True,
        arena: bool = True,
        flush_denormal: bool = False,
        binding: bool = True,
    ) -> None:
        self.binding = binding
        self.options = options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        levels = onnxruntime.GraphOptimizationLevel
        options.graph_optimization_level = {"all": levels.ORT_ENABLE_ALL, "extended": levels.ORT_ENABLE_EXTENDED}[
            optimizations
        ]
        options.enable_cpu_mem_arena = arena
        options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spinning)))
        options.add_session_config_entry("session.set_denormal_as_zero", str(int(flush_denormal)))
        self.versions = {"onnxruntime": onnxruntime.__version__}

    def infer(self, workload: Workload, batch_size: int) -> Callable[[], np.ndarray]:
        session = onnxruntime.InferenceSession(
            onnx_bytes(workload, batch_size), self.options, providers=["CPUExecutionProvider"]
        )
        parts = workload.parts(batch_size)
        if not self.binding:
            return lambda: np.concatenate([session.run(None, {"images": part})[0] for part in parts])
        outputs = np.empty((len(parts), batch_size, len(workload.description["classes"])), np.float32)
        bindings = []
        for part, output in zip(parts, outputs, strict=True):
            binding = session.io_binding()
            binding.bind_cpu_input("images", part)
            binding.bind_output("log_probabilities", "cpu", 0, np.float32, output.shape, output.ctypes.data)
            bindings.append(binding)

        def predict() -> np.ndarray:
            for binding in bindings:
                session.run_with_iobinding(binding)
            return outputs.reshape(-1, outputs.shape[-1])

        return predict
