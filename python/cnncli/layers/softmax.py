"""Scores to probabilities, of vectors and at each pixel."""

from typing import Any, ClassVar

from cnncli.layers.arrays import Shape, format_shape
from cnncli.layers.faults import LayerShapeError, SettingError
from cnncli.layers.node_layer import NodeLayer, Settings


class Softmax(NodeLayer):
    """The probabilities that scores stand for: y[c] = exp(x[c]) / sum over k of exp(x[k]) (Bridle 1990).

    The largest score is subtracted first, so that large scores do not overflow. A network that is trained with
    CrossEntropyLoss ends in its scores instead: that loss has the softmax in it.

    dim : axis along which the values add up to 1, default None, which is 1: classes, or channels at each pixel; 2:
        rows, 3: columns; -1 for vectors

    input : (samples, classes) or (samples, channels, height, width);  output : the same shape

    Raises ShapeError for samples without that axis. Torch7: nn.SoftMax.

    >>> Softmax().forward([14, 11, 16]).round(4)
    array([[0.1185, 0.0059, 0.8756]], dtype=float32)
    """

    kind = "softmax"
    gives = "probability"
    keeps = keeps_output = True
    sample_axes: ClassVar[tuple[int, ...]] = (1, 3)

    def __init__(self, dim: int | None = None) -> None:
        if dim is not None and (isinstance(dim, bool) or dim not in (1, 2, 3, -1)):
            raise SettingError(
                type(self).__name__,
                f"dim is {dim!r}; use 1 (classes or channels), 2 (rows) or 3 (columns), or -1 for vectors",
            )
        self.dim = dim

    def node_settings(self) -> Settings:
        return {"axis": 0 if self.dim in (None, -1) else self.dim - 1}

    def settings(self) -> dict[str, Any]:
        return {} if self.dim is None else {"dim": self.dim}

    def output_shape(self, input_shape: Shape) -> Shape:
        axes = len(input_shape)
        if axes not in self.sample_axes:
            raise LayerShapeError(
                repr(self),
                f"takes samples of shape C or CxHxW, got {format_shape(input_shape)}; put Flatten() before it",
            )
        if self.dim == -1 and axes == 3:
            raise LayerShapeError(
                repr(self),
                f"takes vectors, got {format_shape(input_shape)}; use dim=3 for columns, or dim=1 for channels",
            )
        if self.dim in (2, 3) and axes == 1:
            raise LayerShapeError(
                repr(self), f"takes samples of shape CxHxW, got {format_shape(input_shape)}; use dim=1"
            )
        return input_shape

    def window(self, input_shape: Shape) -> tuple[tuple[int, int], tuple[int, int]] | None:
        return ((1, 1), (1, 1)) if self.dim in (None, 1) and len(input_shape) == 3 else None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'' if self.dim is None else f'dim={self.dim}'})"


class Softmax2d(Softmax):
    """Softmax over the channels at each pixel: the values of a pixel add up to 1.

    input : (samples, channels, height, width); a single image is a batch of one;  output : the same shape

    Raises ShapeError for samples that are no images. Torch7: nn.SpatialSoftMax.

    >>> Softmax2d().forward([[[0, 0]], [[0, 2]]])[0, :, 0].round(2)
    array([[0.5 , 0.12],
           [0.5 , 0.88]], dtype=float32)
    """

    sample_axes = (3,)

    def __init__(self) -> None:
        super().__init__()

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 3:
            raise LayerShapeError(
                repr(self),
                f"takes samples of shape CxHxW, got {format_shape(input_shape)}; use Softmax() for vectors",
            )
        return input_shape
