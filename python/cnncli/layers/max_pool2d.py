"""Max pooling."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncli.layers.arrays import Shape
from cnncli.layers.node_layer import NodeLayer
from cnncli.layers.pooling import Pooling
from cnncli.layers.settings import Pair, flag


class KeepsIndices(NodeLayer):
    """A layer whose core form finds out where each output came from."""

    keeps = True
    return_indices: bool = False

    @property
    def indices(self) -> NDArray[np.int64]:
        """Of the last forward pass: where in its plane, at row * width + column, each maximum was."""
        self.check_forward(self._passed is not None)
        assert self._passed is not None
        return np.asarray(self._passed.arrays["argmax"], np.int64)

    def last_places(self) -> tuple[Shape, NDArray[np.int32]] | None:
        """Of the last forward pass: the shape of its input, and `indices` as the core has them; None: none yet."""
        passed = self._passed
        return None if passed is None else (passed.shape, passed.arrays["argmax"])

    def forward(self, input: ArrayLike) -> Any:
        """The output; with return_indices (output, indices)."""
        output = super().forward(input)
        return (output, self.indices) if self.return_indices else output


class MaxPool2d(Pooling, KeepsIndices):
    """The largest value of each window of each channel; the gradient goes to the first of equal values.

    input : (samples, channels, height, width); a single image is a batch of one
    output : (samples, channels, (height + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1, same for width);
        with ceil_mode the quotient is rounded up, and a window that would begin in the padding behind the image is
        left out

    kernel_size : int >= 1 or (height, width)
    stride : int >= 1 or (height, width), default the kernel, so that windows do not overlap
    padding : int >= 0 or (height, width), at most half the window, default 0; it is never the largest value
    dilation : int >= 1 or (height, width), from one place of the window to the next, default 1
    return_indices : whether `forward` returns (output, indices); for a layer by itself, not for one in a container
    ceil_mode : whether a last window that reaches beyond the padded image counts, default False

    NaN counts as largest. `indices` has where the maxima of the last forward pass were, whatever return_indices says.
    Torch7: SpatialMaxPooling, with dilation SpatialDilatedMaxPooling.

    Raises ShapeError if the kernel does not fit the padded image.
    Source: Ranzato, Huang, Boureau & LeCun 2007.

    >>> MaxPool2d(2).forward([[1, 2, 5, 6], [3, 4, 8, 7]])
    array([[[[4., 8.]]]], dtype=float32)
    >>> _, indices = MaxPool2d(2, return_indices=True).forward([[1, 2, 5, 6], [3, 4, 8, 7]])
    >>> indices
    array([[[[5, 6]]]])
    """

    kind = "max_pooling"

    def __init__(
        self,
        kernel_size: int | Pair,
        stride: int | Pair | None = None,
        padding: int | Pair = 0,
        dilation: int | Pair = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode)
        self.return_indices = flag("MaxPool2d", "return_indices", return_indices)

    def settings(self) -> dict[str, Any]:
        settings = super().settings()
        return {**settings, "return_indices": True} if self.return_indices else settings
