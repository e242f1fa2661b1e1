"""The layers: one file each, and this table of contents."""

from cnncli.layers import activations
from cnncli.layers.activations import *  # noqa: F403 (its __all__; a new one is written down once)
from cnncli.layers.arrays import FloatArray, Shape, as_float32
from cnncli.layers.average_pooling import AveragePooling
from cnncli.layers.batch_normalization import BatchNormalization
from cnncli.layers.branches import Concat, Parallel, Residual
from cnncli.layers.convolution import Convolution
from cnncli.layers.dropout import Dropout
from cnncli.layers.flatten import Flatten
from cnncli.layers.linear import Linear
from cnncli.layers.log_soft_max import LogSoftMax
from cnncli.layers.max_pooling import MaxPooling
from cnncli.layers.module import Module
from cnncli.layers.parameter import Parameter
from cnncli.layers.registry import LAYER_TYPES, describe, register
from cnncli.layers.sequential import Sequential

for _layer_type in (
    AveragePooling,
    BatchNormalization,
    Concat,
    Convolution,
    Dropout,
    Flatten,
    Linear,
    LogSoftMax,
    MaxPooling,
    Parallel,
    Residual,
    Sequential,
    *(getattr(activations, _name) for _name in activations.__all__),
):
    register(_layer_type)

__all__ = [
    "LAYER_TYPES",
    "AveragePooling",
    "BatchNormalization",
    "Concat",
    "Convolution",
    "Dropout",
    "Flatten",
    "FloatArray",
    "Linear",
    "LogSoftMax",
    "MaxPooling",
    "Module",
    "Parallel",
    "Parameter",
    "Residual",
    "Sequential",
    "Shape",
    "as_float32",
    "describe",
    "register",
]
__all__ += activations.__all__
