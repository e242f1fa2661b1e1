"""Scores to log-probabilities."""

from typing import Any

from cnncli.layers.arrays import Shape, format_shape
from cnncli.layers.faults import LayerShapeError, SettingError
from cnncli.layers.node_layer import NodeLayer
from cnncli.shown import shown


class LogSoftmax(NodeLayer):
    """The logarithm of the probabilities that scores stand for: y[c] = x[c] - log(sum over k of exp(x[k])).

    The largest score is subtracted first, so that large scores do not overflow.

    dim : the axis of the classes, as in PyTorch: 1, the same as None (default) and, for vectors, -1

    input : (samples, classes), a single sample (classes,) is a batch of one;  output : the same shape

    Raises ShapeError for samples that are no vectors. Followed by NLLLoss it is CrossEntropyLoss.
    Source: Bridle 1990.

    >>> LogSoftmax().forward([[0, 0]])
    array([[-0.6931472, -0.6931472]], dtype=float32)
    """

    kind = "log_softmax"
    keeps = keeps_output = True
    sample_axes = (1,)

    def __init__(self, dim: int | None = None) -> None:
        if dim is not None and (isinstance(dim, bool) or dim not in (1, -1)):
            what = "the axis of the samples, whose probabilities do not add up" if dim == 0 else "no axis of vectors"
            raise SettingError("LogSoftmax", f"dim is {shown(dim)}, {what}; use 1, or leave it out")
        self.dim = dim

    def settings(self) -> dict[str, Any]:
        return {} if self.dim is None else {"dim": self.dim}

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1:
            raise LayerShapeError(
                repr(self),
                f"takes samples of shape C, one score per class, got {format_shape(input_shape)}; "
                "put Flatten() before it",
            )
        return input_shape

    def __repr__(self) -> str:
        return f"LogSoftmax({'' if self.dim is None else f'dim={self.dim}'})"
