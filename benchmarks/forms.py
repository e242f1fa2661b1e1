"""Every form in which a library was tried, the one that it was quoted in before among them, to find its best."""

from dataclasses import dataclass, field
from typing import Any

from benchmarks.peers import PEERS, TUNED_MALLOC, Peer

TRAIN, INFER = frozenset({"train"}), frozenset({"infer"})


@dataclass(frozen=True)
class Form:
    """peer : the name of one whose module it is
    form, environment, does : as in `Peer`, instead of that peer's
    """

    peer: str
    form: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    does: frozenset[str] = TRAIN | INFER

    def as_peer(self, title: str) -> Peer:
        base = PEERS[self.peer]
        return Peer(
            base.module,
            base.library,
            title,
            title,
            self.does,
            form=self.form,
            environment=self.environment,
            tolerance=base.tolerance,
        )


def _torch(
    does: frozenset[str] = TRAIN | INFER, environment: dict[str, str] = TUNED_MALLOC, bf16: bool = False, **form: Any
) -> Form:
    if bf16:
        form["bfloat16"] = True
    return Form("torch-bf16" if bf16 else "torch", form, environment, does)


def _xla(*flags: str) -> Form:
    return Form("jax", {}, {"XLA_FLAGS": " ".join(f"--xla_cpu_{flag}" for flag in flags)})


_LAST = {"channels_last": True, "fused": True}
_NO_ONEDNN = {"TF_ENABLE_ONEDNN_OPTS": "0"}

FORMS = {
    "torch": {
        "as it comes": _torch(environment={}),
        "channels_last": _torch(environment={}, channels_last=True),
        "fused SGD": _torch(TRAIN, {}, fused=True),
        "fused SGD, malloc": _torch(TRAIN, fused=True),
        "channels_last, fused SGD, malloc": _torch(**_LAST),
        "the same, denormals are 0": _torch(**_LAST, flush_denormal=True),
        "the same in bfloat16": _torch(bf16=True, **_LAST),
        "TorchScript for inference, malloc": _torch(INFER, traced="contiguous"),
        "TorchScript for inference, channels_last, malloc": _torch(INFER, traced="channels_last", channels_last=True),
        "the same in bfloat16, TorchScript": _torch(INFER, bf16=True, traced="channels_last", channels_last=True),
        "compiled, malloc": _torch(fused=True, compiled=True),
        "compiled, channels_last, malloc": _torch(**_LAST, compiled=True),
        "compiled, C++ wrapper, channels_last, malloc": _torch(**_LAST, compiled=True, inductor={"cpp_wrapper": True}),
        "compiled, max-autotune, channels_last, malloc": _torch(
            **_LAST, compiled=True, inductor={"max_autotune": True}
        ),
    },
    "tensorflow": {
        "explicit padding": Form("tensorflow", {"padding": "explicit", "loop": False}),
        "SAME": Form("tensorflow", {"loop": False}),
        "SAME, malloc": Form("tensorflow", {"loop": False}, TUNED_MALLOC),
        "SAME, all steps in one function, malloc": Form("tensorflow", {}, TUNED_MALLOC, TRAIN),
        "the same, several operations at a time": Form("tensorflow", {"several_operations": True}, TUNED_MALLOC, TRAIN),
        "SAME, oneDNN off": Form("tensorflow", {"loop": False}, _NO_ONEDNN),
        "SAME, XLA": Form("tensorflow", {"loop": False, "xla": True}),
        "TensorFlow Lite": Form("tensorflow", {"lite": True}, does=INFER),
    },
    "jax": {
        "pooling by windows, nothing donated": Form("jax", {"donate": False, "pooling": "window"}),
        "pooling by windows": Form("jax", {"pooling": "window"}),
        "pooling by reshape": Form("jax"),
        "pooling by reshape, malloc": Form("jax", {}, TUNED_MALLOC),
        "the same, all steps in one scan": Form("jax", {"loop": True}, {}, TRAIN),
        "convolution by patches": Form("jax", {"convolution": "patches"}),
        "convolution by slices": Form("jax", {"convolution": "slices"}),
        "the same, all steps in one scan, slices": Form("jax", {"convolution": "slices", "loop": True}, {}, TRAIN),
        "oneDNN": _xla("use_onednn=true"),
        "XNNPACK": _xla("use_xnnpack=true", "experimental_xnn_graph_fusion_mode=XNN_GRAPH_FUSION_MODE_GREEDY"),
        "fast math": _xla("enable_fast_math=true", "enable_fast_min_max=true"),
    },
    "onnxruntime": {
        "arrays in and out": Form("onnxruntime", {"binding": False}, does=INFER),
        "bound inputs and outputs": Form("onnxruntime", does=INFER),
        "the same, malloc": Form("onnxruntime", {}, TUNED_MALLOC, INFER),
        "the same, denormals are 0": Form("onnxruntime", {"flush_denormal": True}, does=INFER),
        "the same, threads that do not spin": Form("onnxruntime", {"spinning": False}, does=INFER),
        "the same, no arena": Form("onnxruntime", {"arena": False}, does=INFER),
        "the same, layouts of convolutions as they come": Form(
            "onnxruntime", {"optimizations": "extended"}, does=INFER
        ),
    },
}


@dataclass(frozen=True)
class Change:
    """Of a peer: the form that it was quoted in before, and in which now; why; for one network if not for all."""

    library: str
    does: str
    before: str
    now: str
    why: str
    network: str = ""


CHANGES = [
    Change(
        "tensorflow",
        "train",
        "explicit padding",
        "SAME, all steps in one function, malloc",
        "oneDNN's kernels in TensorFlow take no explicit padding, so that Eigen computed the gradients; a loop "
        "inside the function saves the call for each step",
    ),
    Change(
        "tensorflow",
        "infer",
        "explicit padding",
        "SAME, malloc",
        "the same function, with a malloc that keeps its memory",
    ),
    Change("tensorflow", "infer", "explicit padding", "TensorFlow Lite", "a contender of its own, for inference"),
    Change(
        "torch",
        "infer",
        "channels_last, fused SGD, malloc",
        "TorchScript for inference, malloc",
        "weights packed for oneDNN once, convolution, normalization and ReLU in one",
    ),
    Change(
        "torch",
        "infer",
        "channels_last, fused SGD, malloc",
        "compiled, channels_last, malloc",
        "a contender of its own, where it is the best",
        network="vgg",
    ),
    Change(
        "torch",
        "infer",
        "the same in bfloat16",
        "the same in bfloat16, TorchScript",
        "weights packed for oneDNN once",
    ),
    Change(
        "jax",
        "train",
        "pooling by windows, nothing donated",
        "pooling by reshape, malloc",
        "XLA's gradient of a pooling by windows is slow on CPUs",
    ),
    Change(
        "jax",
        "infer",
        "pooling by windows, nothing donated",
        "pooling by reshape, malloc",
        "the same function, with a malloc that keeps its memory",
    ),
    Change(
        "onnxruntime",
        "infer",
        "arrays in and out",
        "bound inputs and outputs",
        "no array is made for each output",
    ),
]
