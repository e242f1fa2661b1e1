"""A network as the nodes that the core would run: JSON values, and all learned numbers one after the other."""

from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from cnncli import _core
from cnncli.errors import UsageError
from cnncli.layers.arrays import FloatArray
from cnncli.layers.node_layer import NodeLayer
from cnncli.layers.registry import is_built_in
from cnncli.network import Network
from cnncli.program.lowering import in_three, lower


@dataclass
class Nodes:
    """What `lower` adds to a program, kept instead of run. Tensor 0 is the input, tensor k + 1 what node k gives.

    rows : of each node: kind, inputs, settings, arrays (name to offset in floats and shape)
    weights : the arrays, float32, flat
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    weights: list[FloatArray] = field(default_factory=list)
    count: int = 0  # of floats so far

    def add(
        self,
        kind: str,
        inputs: list[int],
        arrays: dict[str, FloatArray | None] | None = None,
        settings: dict[str, Any] | None = None,
    ) -> int:
        """As `_core.Program.add`."""
        kept = {
            name: self._keep(array)
            for name, array in (arrays or {}).items()
            if array is not None and not name.startswith("grad_")
        }
        self.rows.append({"kind": kind, "inputs": inputs, "settings": dict(settings or {}), "arrays": kept})
        return len(self.rows)

    def _keep(self, array: FloatArray) -> dict[str, Any]:
        offset = self.count
        self.weights.append(np.ascontiguousarray(array, "<f4").reshape(-1))
        self.count += array.size
        return {"offset": offset, "shape": list(array.shape)}

    def weight_bytes(self) -> bytes:
        """All arrays, little-endian float32."""
        return b"".join(array.tobytes() for array in self.weights)


def nodes_of(network: Network) -> tuple[Nodes, int]:
    """The nodes of a network in evaluation, and the tensor that is its result.

    Each node has, beside what `Nodes.rows` says, the name, type and settings of its layer as `cnn summary` shows them,
    and its output's shape, as (channels, height, width) and as the layer has it.

    Raises UsageError for a custom layer, which only Python can run.

    >>> nodes, result = nodes_of(Network.from_model_name("lenet5"))
    >>> [row["kind"] for row in nodes.rows[:3]], nodes.count, result
    (['convolution', 'activation', 'max_pooling'], 61706, 12)
    """
    steps = network.trace()
    for step in steps:
        if step.is_layer and not (isinstance(step.layer, NodeLayer) and is_built_in(step.layer)):
            raise UsageError(
                f"layer {step.name} ({type(step.layer).__name__}): a custom layer, whose Python a page cannot run; "
                "export a network of built-in layers"
            )
    nodes = Nodes()
    with network._in_mode(training=False):
        result = lower(list(network), cast("_core.Program", nodes), 0, network.input_shape)
    table = {row.name: row for row in network.layer_table()}
    for step, row in zip(steps, nodes.rows, strict=True):
        listed = table[step.name]
        row |= {
            "name": step.name,
            "type": listed.type,
            "text": listed.settings if step.part is None else f"part {step.part + 1} of the channels",
            "shape": list(in_three(step.output_shape)),
            "own_shape": list(step.output_shape),
        }
    return nodes, result
