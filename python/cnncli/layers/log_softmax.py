"""Scores to log-probabilities."""

from cnncli.layers.arrays import Shape, format_shape
from cnncli.layers.faults import LayerShapeError
from cnncli.layers.node_layer import NodeLayer


class LogSoftmax(NodeLayer):
    """The logarithm of the probabilities that scores stand for: y[c] = x[c] - log(sum over k of exp(x[k])).

    The largest score is subtracted first, so that large scores do not overflow.

    input : (samples, classes), a single sample (classes,) is a batch of one;  output : the same shape

    Raises ShapeError for samples that are no vectors. Followed by NLLLoss it is CrossEntropyLoss.
    Source: Bridle 1990.

    >>> LogSoftmax().forward([[0, 0]])
    array([[-0.6931472, -0.6931472]], dtype=float32)
    """

    kind = "log_softmax"
    keeps = keeps_output = True
    sample_axes = (1,)

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1:
            raise LayerShapeError(
                repr(self),
                f"takes samples of shape C, one score per class, got {format_shape(input_shape)}; "
                "put Flatten() before it",
            )
        return input_shape
