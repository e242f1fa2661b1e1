"""Layers that the core computes: a kind of node with settings and arrays, in a program or at once."""

from typing import Any, ClassVar, NamedTuple

from cnncli import _core
from cnncli.layers.arrays import FloatArray, Shape
from cnncli.layers.module import Module

Settings = dict[str, Any]
Arrays = dict[str, FloatArray | None]


class Passed(NamedTuple):
    """The last forward pass: the shape of its input, its mode, and what it found out, by the names of the core."""

    shape: Shape
    training: bool
    arrays: dict[str, Any]


class NodeLayer(Module):
    """A layer that is one node; what a program is told of it, and the three methods, follow from that.

    A subclass names its kind and overrides `node_settings` and `node_arrays` where it has some; the three methods only
    where there is more to them than a call of the core.

    kind : of the node, one of cpp/program/kinds_list.h
    keeps : whether backward needs results of the forward pass; then it has to run before
    keeps_output : whether the output is one of them
    """

    kind: str
    keeps: ClassVar[bool] = False
    keeps_output: ClassVar[bool] = False

    _passed: Passed | None = None
    # Made when first needed, for these settings; a copy of the layer makes its own.
    _node: tuple[Settings, _core.Node] | None = None

    def node_settings(self) -> Settings:
        """What the core takes besides arrays."""
        return {}

    def node_arrays(self) -> Arrays:
        """Learned and stored arrays by the names that the core knows."""
        return {}

    def node(self, **more: Any) -> _core.Node:
        """This layer at once, with the settings that it has now. more : those of this call"""
        settings = {**self.node_settings(), **more}
        known = self._node
        if known is None or known[0] != settings:
            known = self._node = (settings, _core.Node(self.kind, settings))
        return known[1]

    def clear_own_state(self) -> None:
        self._passed = None

    def passed(self, input: FloatArray) -> Passed:
        """What the forward pass on this input has left. Raises OrderError if it has not run."""
        passed = self._passed
        self.check_forward(passed is not None and passed.shape == input.shape)
        assert passed is not None
        return passed

    def update_output(self, input: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        self.output_shape(input.shape[1:])
        if not self.keeps:
            return self.node().forward(input, self.node_arrays())
        found: dict[str, Any] = {}
        output = self.node().forward(input, self.node_arrays(), found, self.training)
        if self.keeps_output:
            found["output"] = output
        self._passed = Passed(input.shape, self.training, found)
        return output

    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        grad_output = self.as_gradient(input, grad_output)
        if not self.keeps:
            return self.node().grad_input(input, grad_output, self.node_arrays())
        _, training, found = self.passed(input)
        return self.node().grad_input(input, grad_output, self.node_arrays(), found, training)

    def acc_grad_parameters(self, input: FloatArray, grad_output: FloatArray, scale: float = 1.0) -> None:
        if not self.parameter_names:
            return
        input = self.as_batch(input)
        grad_output = self.as_gradient(input, grad_output)
        if not self.keeps:
            return self.node().acc_grad(input, grad_output, self.node_arrays(), {}, False, scale)
        _, training, found = self.passed(input)
        self.node().acc_grad(input, grad_output, self.node_arrays(), found, training, scale)
