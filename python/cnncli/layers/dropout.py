"""Dropout, of values and of channels."""

from typing import Any

import numpy as np

from cnncli.layers.arrays import Shape, format_shape
from cnncli.layers.faults import LayerShapeError, SettingError
from cnncli.layers.node_layer import Settings
from cnncli.layers.random_layer import RandomLayer
from cnncli.layers.settings import number

_SCALED = ("training", "evaluation")


class Dropout(RandomLayer):
    """In training, each value becomes 0 with probability `p`, else is divided by 1 - p; no change else.

    Srivastava et al. 2014 scale when evaluating (`scale_in="evaluation"`): in training what is kept stays as it is,
    and evaluation multiplies by 1 - p. The default is the usual inverted form, equal in expectation.
    What is dropped is a pure function of (seed, layer, step, sample, position): there is no generator state.

    Any shape, of which the first axis counts samples. Torch7: nn.Dropout(p), and nn.Dropout(p, true) for the paper's.

    p : float from 0 to below 1, share of values set to zero, default 0.5
    scale_in : "training" (default) or "evaluation", where values are scaled

    seed, layer : attributes, set by `initialize`
    step : attribute, number of the next forward pass in training; counts itself up and can be set

    >>> layer = Dropout(0.5).eval()
    >>> layer.forward([[1, 2]])
    array([[1., 2.]], dtype=float32)
    >>> Dropout(0.5, scale_in="evaluation").eval().forward([[1, 2]])
    array([[0.5, 1. ]], dtype=float32)
    """

    kind = "dropout"
    gain_before = None

    def __init__(self, p: float = 0.5, scale_in: str = "training") -> None:
        layer = type(self).__name__
        self.p = number(layer, "p", p, 0, 1, below=True)
        if np.float32(self.p) == 1:  # as the kernels see it
            raise SettingError(layer, f"p is {p}, in float32 1; use a number, at least 0 and less than 1")
        if scale_in not in _SCALED:
            raise SettingError(layer, f"scale_in is {scale_in!r}; use {' or '.join(_SCALED)}")
        self.scale_in = scale_in

    @property
    def same_in_evaluation(self) -> bool:
        return self.scale_in == "training"

    def node_settings(self) -> Settings:
        return {"rate": self.p, "layer": self.layer, "scales_in_evaluation": not self.same_in_evaluation}

    def settings(self) -> dict[str, Any]:
        return {"p": self.p, **({} if self.same_in_evaluation else {"scale_in": self.scale_in})}

    def __repr__(self) -> str:
        form = "" if self.same_in_evaluation else ", scaled in evaluation"
        return f"{type(self).__name__}({self.p:g}{form})"


class Dropout2d(Dropout):
    """Dropout of whole channels: in training, each channel of a sample becomes 0 with probability `p`.

    Neighbouring pixels of a map say nearly the same, so that dropping some of them takes little away (Tompson et al.
    2015). Settings and attributes are those of Dropout. Torch7: nn.SpatialDropout, which does not scale in training.

    input : (samples, channels, height, width); a single image is a batch of one;  output : the same shape

    Raises ShapeError for samples that are no images.

    >>> layer = Dropout2d(0.5)
    >>> layer.initialize(seed=1)
    >>> layer.forward(np.ones((1, 4, 1, 2)))[0, :, 0]
    array([[0., 0.],
           [0., 0.],
           [0., 0.],
           [2., 2.]], dtype=float32)
    """

    sample_axes = (3,)

    def node_settings(self) -> Settings:
        return {**super().node_settings(), "whole_channels": True}

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 3:
            raise LayerShapeError(
                repr(self),
                f"takes samples of shape CxHxW, got {format_shape(input_shape)}; use Dropout for vectors",
            )
        return input_shape
