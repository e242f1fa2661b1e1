"""The programs that are compared: one small file each, with a class `Contender` that a worker process makes.

    Contender(threads)                                      imports its library; `versions`: {"torch": "2.13.0"}
    train(workload, batch_size, learning_rate, momentum)    -> a function that trains on all batches once and
                                                               returns the loss of each step
    infer(workload, batch_size)                             -> a function that returns log-probabilities
    convolution(case)                                       -> a function that runs forward and backward and
                                                               returns the results by name

The last two are there only where `does` says so. A peer reads its samples from one array of normalized float32
images in the layout that it likes best; picking a batch out of it belongs to its step.
"""

from dataclasses import dataclass, field

# Without it glibc gives the memory of each large tensor back to the system and takes it anew in the next step.
TUNED_MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": "1073741824",
    "MALLOC_TRIM_THRESHOLD_": "2147483648",
    "MALLOC_TOP_PAD_": "268435456",
}


@dataclass(frozen=True)
class Peer:
    """How a program is started, and what it takes part in.

    library : what has to be installed, and the name in `--python LIBRARY=PATH`
    tolerance : relative, of its losses and outputs against ours
    """

    module: str
    library: str
    does: frozenset[str]
    title: str
    environment: dict[str, str] = field(default_factory=dict)
    tolerance: float = 1e-3


TRAINS_AND_INFERS = frozenset({"train", "infer"})

PEERS = {
    "cnncli": Peer("benchmarks.peers.ours", "cnncli", TRAINS_AND_INFERS | {"convolution"}, "cnncli"),
    "torch": Peer("benchmarks.peers.torch_eager", "torch", TRAINS_AND_INFERS, "PyTorch, eager, as it comes"),
    "torch-channels-last": Peer(
        "benchmarks.peers.torch_channels_last",
        "torch",
        TRAINS_AND_INFERS | {"convolution"},
        "PyTorch, channels_last, fused SGD, tuned malloc",
        TUNED_MALLOC,
    ),
    "torch-bf16": Peer(
        "benchmarks.peers.torch_bf16",
        "torch",
        TRAINS_AND_INFERS,
        "PyTorch, bf16 autocast, channels_last, fused SGD, tuned malloc",
        TUNED_MALLOC,
        tolerance=0.1,  # 8 bits of mantissa through eight layers
    ),
    "tensorflow": Peer(
        "benchmarks.peers.tensorflow_function", "tensorflow", TRAINS_AND_INFERS, "TensorFlow, one tf.function a step"
    ),
    "jax": Peer("benchmarks.peers.jax_jit", "jax", TRAINS_AND_INFERS, "JAX, one jit a step"),
    "onnxruntime": Peer("benchmarks.peers.onnxruntime_cpu", "onnxruntime", frozenset({"infer"}), "onnxruntime"),
}


def peers_for(work: str, wanted: list[str]) -> list[str]:
    """Of the wanted peers those that do this work, in the order of the table."""
    return [name for name, peer in PEERS.items() if name in wanted and name != "cnncli" and work in peer.does]
