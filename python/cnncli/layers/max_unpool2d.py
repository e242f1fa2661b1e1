"""The way back from max pooling."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncli.layers.arrays import FloatArray, Shape, as_float32, format_shape
from cnncli.layers.faults import LayerError, LayerShapeError, OrderError, SettingError
from cnncli.layers.max_pool2d import MaxPool2d
from cnncli.layers.module import Module, Window
from cnncli.layers.node_layer import NodeLayer, Passed
from cnncli.layers.settings import LARGEST_SIDE, Pair, format_pair, pair
from cnncli.layers.sliding import check_images, span
from cnncli.shown import shown


class MaxUnpool2d(NodeLayer):
    """Puts each value back to where a max pooling found its maximum; all other places are 0.

    y[n, c, place] = x[n, c, i], where place = indices[n, c, i] = row * width + column in the plane of the output

    Of several values with one place, which windows that overlap can give, the last one, row by row, stays; the others
    get the gradient 0. (PyTorch leaves open which one stays, and gives each of them the gradient of the place.)

    input : (samples, channels, height, width), of the shape that the pooling gave
    output : (samples, channels, *output_size)

    kernel_size, stride, padding : those of the pooling, as for MaxPool2d; not needed beside `pooling`
    pooling : the MaxPool2d, which stands before this layer in the same network and whose last forward pass gives the
        places; or its name in the network, as `cnn summary` shows it: "1", "2.body.0". None: `forward` needs indices
    output_size : int or (height, width), less than a stride from the default, which is
        (height - 1) stride - 2 padding + dilation (kernel_size - 1) + 1, and the same for the width. In a network it is
        the size of the pooling's input; a description may leave it out

    Torch7: SpatialMaxUnpooling(pooling). Raises ShapeError for another shape than the pooling gave, or another size
    than it took.
    Source: Zeiler & Fergus 2014, "Visualizing and understanding convolutional networks".

    >>> pooling = MaxPool2d(2)
    >>> MaxUnpool2d(pooling=pooling).forward(pooling.forward([[1, 2, 5, 6], [3, 4, 8, 7]]))
    array([[[[0., 0., 0., 0.],
             [0., 4., 8., 0.]]]], dtype=float32)
    >>> MaxUnpool2d(2).forward([[[4, 8]]], [[[0, 3]]])
    array([[[[4., 0., 0., 8.],
             [0., 0., 0., 0.]]]], dtype=float32)
    """

    kind = "max_unpooling"
    gain_before = None
    sample_axes = (3,)
    keeps = True  # the places

    _passed_size: Pair  # of the output of the last forward pass

    def __init__(
        self,
        kernel_size: int | Pair | None = None,
        stride: int | Pair | None = None,
        padding: int | Pair = 0,
        pooling: MaxPool2d | str | int | None = None,
        output_size: int | Pair | None = None,
    ) -> None:
        self.output_size = None if output_size is None else self._pair("output_size", output_size)
        self._windows: MaxPool2d | None = None  # what says how large the output is
        if kernel_size is not None:
            self._windows = MaxPool2d(kernel_size, stride, padding)
        elif stride is not None or padding != 0:
            raise SettingError("MaxUnpool2d", "stride and padding need kernel_size; pass it, or leave them out")
        elif pooling is None:
            raise SettingError("MaxUnpool2d", "neither kernel_size nor pooling is given; pass one of them")
        self.pooling: MaxPool2d | None = None
        self.pooling_name: str | None = None
        if isinstance(pooling, MaxPool2d):
            self._refer_to(pooling)
        elif isinstance(pooling, str) or type(pooling) is int:
            self.pooling_name = str(pooling)
        elif pooling is not None:
            raise SettingError(
                "MaxUnpool2d", f"pooling is {shown(pooling)}; use a MaxPool2d, or its name in the network such as \"1\""
            )

    @staticmethod
    def _pair(name: str, value: object) -> Pair:
        return pair("MaxUnpool2d", name, value)

    def _refer_to(self, pooling: MaxPool2d) -> None:
        given = self._windows
        if given is not None and self.pooling is None:
            theirs = [(one.kernel_size, one.stride, one.padding) for one in (given, pooling)]
            if theirs[0] != theirs[1]:
                raise SettingError(
                    "MaxUnpool2d",
                    f"has the windows of {given!r}, and its pooling is {pooling!r}; leave kernel_size, stride and "
                    "padding out",
                )
        self.pooling = self._windows = pooling

    def find_pooling(self, before: Mapping[str, MaxPool2d]) -> None:
        """Takes the pooling of its name from those before it in a network, or the name of its pooling.

        Raises SettingError where there is none.
        """
        if self.pooling is not None:
            names = [name for name, pooling in before.items() if pooling is self.pooling]
            if not names:
                raise SettingError(repr(self), "its pooling does not stand before it in this network; put it there")
            self.pooling_name = names[0]
        elif self.pooling_name is not None and self.pooling_name in before:
            self._refer_to(before[self.pooling_name])
        else:
            known = f"use one of {', '.join(before)}" if before else "there is none; add a MaxPool2d"
            what = "needs a pooling" if self.pooling_name is None else f"pooling is {shown(self.pooling_name)}"
            raise SettingError(
                "MaxUnpool2d", f"{what}, the name of a MaxPool2d that stands before it in the network; {known}"
            )

    def fit(self, pooling_input: Shape, input_shape: Shape) -> None:
        """Sets the size that follows from the pooling's input, unless it was given."""
        if self.output_size is None and self.output_shape(input_shape)[1:] != pooling_input[1:]:
            self.output_size = (pooling_input[1], pooling_input[2])

    def check_fits(self, pooling_input: Shape, pooling_output: Shape, input_shape: Shape) -> None:
        """Raises LayerShapeError unless the pooling took what this gives, and gave what this takes."""
        if pooling_output != input_shape:
            raise LayerShapeError(
                repr(self), f"takes samples of the shape that its pooling gave, {format_shape(pooling_output)}, got "
                f"{format_shape(input_shape)}; put it where they have that shape",
            )  # fmt: skip
        own = self.output_shape(input_shape)
        if own != pooling_input:
            raise LayerShapeError(
                repr(self), f"gives {format_shape(own[1:])}, and its pooling took {format_shape(pooling_input[1:])}; "
                f"use output_size = {list(pooling_input[1:])}",
            )  # fmt: skip

    def settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {}
        if self.pooling_name is not None:
            settings["pooling"] = self.pooling_name
        elif self.pooling is not None:
            raise SettingError(
                repr(self), "its pooling has no name before both stand in a network; make a Network of them"
            )
        elif self._windows is not None:
            settings = self._windows.settings()
        if self.output_size is not None:
            settings["output_size"] = list(self.output_size)
        return settings

    def output_shape(self, input_shape: Shape) -> Shape:
        check_images(self, input_shape)
        return (input_shape[0], *self._size(input_shape, self.output_size))

    def _size(self, input_shape: Shape, output_size: Pair | None) -> Pair:
        windows = self._windows
        if windows is None:
            raise LayerShapeError(repr(self), "its pooling is not known before both stand in a network")
        sides = []
        for side, reach in enumerate(span(windows.kernel_size, windows.dilation)):
            stride = windows.stride[side]
            usual = (input_shape[side + 1] - 1) * stride - 2 * windows.padding[side] + reach
            size = usual if output_size is None else output_size[side]
            if not max(0, usual - stride) < size < usual + stride or size > LARGEST_SIDE:
                raise LayerShapeError(
                    repr(self),
                    f"makes {size} {('rows', 'columns')[side]} of {input_shape[side + 1]}; use an output_size from "
                    f"{max(1, usual - stride + 1)} to {usual + stride - 1}",
                )
            sides.append(size)
        return sides[0], sides[1]

    def __call__(
        self, input: ArrayLike, indices: ArrayLike | None = None, output_size: int | Pair | None = None
    ) -> FloatArray:
        """`forward`."""
        return self.forward(input, indices, output_size)

    def forward(
        self, input: ArrayLike, indices: ArrayLike | None = None, output_size: int | Pair | None = None
    ) -> FloatArray:
        """The output for `input`.

        indices : whole numbers, one for each value: those that MaxPool2d's `indices` has, or its forward pass returned
            (return_indices); None: those of the last forward pass of `pooling`
        output_size : that of this call, as for the layer; of a longer shape the last two numbers count
        """
        if indices is None and output_size is None:
            return super().forward(input)
        batch = self.as_batch(input)
        check_images(self, batch.shape[1:])
        size = self.output_size
        if output_size is not None:
            size = self._pair("output_size", output_size if isinstance(output_size, int) else list(output_size)[-2:])
        places = self._places_of_pooling(batch)[1] if indices is None else self._places(batch, indices)
        return self._unpool(batch, places, self._size(batch.shape[1:], size))

    def update_output(self, input: FloatArray) -> FloatArray:
        batch = self.as_batch(input)
        shape = self.output_shape(batch.shape[1:])
        pooled_from, places = self._places_of_pooling(batch)
        self.check_fits(pooled_from[1:], places.shape[1:], batch.shape[1:])
        return self._unpool(batch, places, (shape[1], shape[2]))

    def _places_of_pooling(self, batch: FloatArray) -> tuple[Shape, NDArray[np.int32]]:
        """What the last forward pass of the pooling took, and where its maxima were."""
        if self.pooling is None:
            raise OrderError(repr(self), "needs indices; call layer(input, indices), or make it with pooling")
        passed = self.pooling.last_places()
        if passed is None or passed[1].shape != batch.shape:
            raise OrderError(repr(self), "needs a forward pass of its pooling on the same samples; call that first")
        return passed

    def _places(self, batch: FloatArray, indices: ArrayLike) -> NDArray[np.int32]:
        given = np.asarray(indices)
        if given.dtype.kind not in "iu" and given.size:
            raise LayerShapeError(repr(self), f"indices are {given.dtype}; pass whole numbers, as MaxPool2d gives them")
        if given.size != batch.size or given.shape not in (batch.shape, batch.shape[1:], batch.shape[2:]):
            raise LayerShapeError(
                repr(self), f"indices have shape {given.shape}, the input {batch.shape}; pass one for each value"
            )
        # Beyond int32 none is inside; the core names the first that is not.
        return np.ascontiguousarray(np.clip(given, -1, 2**31 - 1).reshape(batch.shape), np.int32)

    def _unpool(self, batch: FloatArray, places: NDArray[np.int32], size: Pair) -> FloatArray:
        if places.size and not 0 <= places.min() <= places.max() < size[0] * size[1]:
            wrong = places.min() if places.min() < 0 else places.max()
            raise LayerShapeError(
                repr(self), f"indices have {wrong}, which is no place of {format_shape(size)}; "
                f"use 0 to {size[0] * size[1] - 1}",
            )  # fmt: skip
        found = {"indices": places}
        output = self.node(output=size).forward(batch, {}, found, self.training)
        self._passed, self._passed_size = Passed(batch.shape, self.training, found), size
        return output

    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray:
        batch = self.as_batch(input)
        _, training, found = self.passed(batch)
        size = self._passed_size
        gradient = self.as_shaped(as_float32(grad_output, f"grad_output of {self!r}"), (*batch.shape[:2], *size))
        return self.node(output=size).grad_input(batch, gradient, {}, found, training)

    @property
    def windows(self) -> MaxPool2d:
        """The pooling whose windows say what is put where: its own, or that of its sizes."""
        assert self._windows is not None  # what has no shape is asked for none
        return self._windows

    def window(self, input_shape: Shape) -> Window:
        windows = self.windows
        reach, stride = span(windows.kernel_size, windows.dilation), windows.stride
        # As many values as windows may hold one place.
        most = [min(-(-reach[side] // stride[side]), input_shape[side + 1]) for side in (0, 1)]
        return (most[0], most[1]), (Fraction(1, stride[0]), Fraction(1, stride[1]))

    def __repr__(self) -> str:
        parts = []
        if self.pooling_name is not None:
            parts.append(f"pooling {self.pooling_name}")
        elif self._windows is not None:
            parts.append(repr(self._windows).removeprefix("MaxPool2d(").removesuffix(")"))
        if self.output_size is not None:
            parts.append(f"to {format_pair(self.output_size)}")
        return f"MaxUnpool2d({', '.join(parts)})"


def link_poolings(layers: Iterable[tuple[str, Module]]) -> bool:
    """Joins each MaxUnpool2d of a network to its pooling: layers in order with their names. Whether there is one.

    Raises SettingError, with the place, for a pooling that does not stand before it.
    """
    before: dict[str, MaxPool2d] = {}
    found = False
    for name, layer in layers:
        if isinstance(layer, MaxPool2d):
            before[name] = layer
        elif isinstance(layer, MaxUnpool2d):
            found = True
            try:
                layer.find_pooling(before)
            except LayerError as error:
                raise error.inside(name) from None
    return found
