"""A network of ours as an ONNX model, written with the `onnx` package.

`python -m benchmarks.onnx_model WORKLOAD.npz MODEL.onnx` writes a file for a batch of one.
"""

import sys
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper, numpy_helper

from benchmarks.workload import Workload

_OPSET = 17  # of May 2022; everything here is older, and every onnxruntime of today reads it


def onnx_bytes(workload: Workload, batch_size: int) -> bytes:
    """`images` (batch_size, C, H, W) in, log-probabilities out; weights inside."""
    nodes, constants, value = [], [], "images"
    for index, (kind, settings, arrays) in enumerate(workload.layers()):
        constants += [numpy_helper.from_array(array, f"{index}.{name}") for name, array in arrays.items()]
        operator, inputs, attributes = _node(kind, settings)
        names = [f"{index}.{name}" for name in inputs if name in arrays]
        nodes.append(helper.make_node(operator, [value, *names], [f"{index}"], **attributes))
        value = f"{index}"
    nodes.append(helper.make_node("LogSoftmax", [value], ["log_probabilities"], axis=1))
    shape = [batch_size, *workload.description["input"]]
    outputs = [batch_size, len(workload.description["classes"])]
    graph = helper.make_graph(
        nodes,
        workload.description["name"],
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("log_probabilities", TensorProto.FLOAT, outputs)],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _node(kind: str, s: dict[str, Any]) -> tuple[str, list[str], dict[str, Any]]:
    """Operator, its inputs after the first, and its attributes."""
    if kind == "Conv2d":
        window = {"kernel_shape": s["kernel_size"], "strides": s["stride"], "pads": 2 * s["padding"]}
        return "Conv", ["weight", "bias"], {**window, "dilations": s["dilation"], "group": s["groups"]}
    if kind in ("BatchNorm1d", "BatchNorm2d"):
        names = ["weight", "bias", "running_mean", "running_var"]
        return "BatchNorm2d", names, {"epsilon": s["eps"]}
    if kind == "MaxPool2d":
        return "MaxPool", [], {"kernel_shape": s["kernel_size"], "strides": s["stride"], "pads": 2 * s["padding"]}
    if kind == "Linear":
        return "Gemm", ["weight", "bias"], {"transB": 1}
    if kind in ("ReLU", "Flatten"):
        return {"ReLU": "Relu", "Flatten": "Flatten"}[kind], [], {}
    raise NotImplementedError(kind)


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(onnx_bytes(Workload.load(Path(sys.argv[1])), 1))
