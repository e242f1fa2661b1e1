"""The programs that are compared: one small file each, with a class `Contender` that a worker process makes.

    Contender(threads, **form)                              imports its library; `versions`: {"torch": "2.13.0"}
    train(workload, batch_size, learning_rate, momentum)    -> a function that trains on all batches once and
                                                               returns the loss of each step
    infer(workload, batch_size)                             -> a function that returns log-probabilities
    convolution(case)                                       -> a function that runs forward and backward and
                                                               returns the results by name

Each of them only where `does` says so. A peer reads its samples from one array of normalized float32
images in the layout that it likes best; picking a batch out of it belongs to its step.
"""

from dataclasses import dataclass, field
from typing import Any

# Without it glibc gives the memory of each large tensor back to the system and takes it anew in the next step.
TUNED_MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": "1073741824",
    "MALLOC_TRIM_THRESHOLD_": "2147483648",
    "MALLOC_TOP_PAD_": "268435456",
}


class Unfit(Exception):
    """Raised by a `Contender` that is installed but has no business on this machine; the text says why."""


@dataclass(frozen=True)
class Peer:
    """How a program is started, and what it takes part in.

    networks : those that it takes part in, if not in all
    form : what its `Contender` is made with beside the number of threads
    library : what has to be installed, and the name in `--python LIBRARY=PATH`
    title, about : for tables, and what the title stands for
    tolerance : relative, of its losses and outputs against ours
    """

    module: str
    library: str
    title: str
    about: str
    does: frozenset[str] = frozenset({"train", "infer"})
    networks: frozenset[str] = frozenset()
    form: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    tolerance: float = 1e-3


_TUNED = "training: eager, channels_last, fused SGD; inference: TorchScript, frozen and optimized for it"
_MALLOC = "a malloc that keeps its memory"

PEERS = {
    "cnncli": Peer(
        "benchmarks.peers.ours",
        "cnncli",
        "cnncli",
        "as it is installed",
        does=frozenset({"train", "infer", "convolution"}),
    ),
    "torch": Peer("benchmarks.peers.torch_network", "torch", "PyTorch", "eager, everything as it comes"),
    "torch-channels-last": Peer(
        "benchmarks.peers.torch_network",
        "torch",
        "PyTorch tuned",
        f"{_TUNED}; {_MALLOC}",
        does=frozenset({"train", "infer", "convolution"}),
        form={"channels_last": True, "fused": True, "traced": "contiguous"},
        environment=TUNED_MALLOC,
    ),
    "torch-compiled": Peer(
        "benchmarks.peers.torch_network",
        "torch",
        "PyTorch compiled",
        f"inference by inductor, frozen weights, channels_last; {_MALLOC}; where it is the best form",
        does=frozenset({"infer"}),
        networks=frozenset({"vgg"}),
        form={"channels_last": True, "compiled": True},
        environment=TUNED_MALLOC,
    ),
    "torch-bf16": Peer(
        "benchmarks.peers.torch_network",
        "torch",
        "PyTorch tuned, bf16",
        "the tuned one with autocast to bfloat16; made for CPUs with instructions for it",
        form={"channels_last": True, "fused": True, "traced": "channels_last", "bfloat16": True},
        environment=TUNED_MALLOC,
        tolerance=0.1,  # 8 bits of mantissa through eight layers
    ),
    "tensorflow": Peer(
        "benchmarks.peers.tensorflow_function",
        "tensorflow",
        "TensorFlow",
        "oneDNN, channels last, padding `SAME`; training: all steps of a round in one tf.function; "
        f"inference: a tf.function for each batch; {_MALLOC}",
        environment=TUNED_MALLOC,
    ),
    "tensorflow-lite": Peer(
        "benchmarks.peers.tensorflow_function",
        "tensorflow",
        "TensorFlow Lite",
        "the network of TensorFlow converted, float32, XNNPACK",
        does=frozenset({"infer"}),
        form={"lite": True},
    ),
    "jax": Peer(
        "benchmarks.peers.jax_jit",
        "jax",
        "JAX",
        "one jit a step, channels last, memory of the parameters donated, pooling as the largest along an axis; "
        f"{_MALLOC}",
        environment=TUNED_MALLOC,
    ),
    "onnxruntime": Peer(
        "benchmarks.peers.onnxruntime_cpu",
        "onnxruntime",
        "onnxruntime",
        "all graph optimizations, float32, bound inputs and outputs",
        does=frozenset({"infer"}),
    ),
}


def peers_for(work: str, wanted: list[str], network: str = "") -> list[str]:
    """Of the wanted peers those that do this work, of this network, in the order of the table."""
    return [
        name
        for name, peer in PEERS.items()
        if name in wanted
        and name != "cnncli"
        and work in peer.does
        and (not network or not peer.networks or network in peer.networks)
    ]
