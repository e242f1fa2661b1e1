"""The layers: one file each, and this table of contents."""

from cnncli.layers import activations
from cnncli.layers.activations import *  # noqa: F403 (its __all__; a new one is written down once)
from cnncli.layers.adaptive_pool2d import AdaptiveAvgPool2d, AdaptiveMaxPool2d
from cnncli.layers.arrays import FloatArray, Shape, as_float32
from cnncli.layers.avg_pool2d import AvgPool2d
from cnncli.layers.batch_norm import BatchNorm1d, BatchNorm2d
from cnncli.layers.branches import Concat, Parallel, Residual
from cnncli.layers.conv1d import Conv1d
from cnncli.layers.conv2d import Conv2d
from cnncli.layers.conv_transpose2d import ConvTranspose2d
from cnncli.layers.dropout import Dropout, Dropout2d
from cnncli.layers.flatten import Flatten, Identity, Unflatten
from cnncli.layers.gains import Add, CMul, Mul
from cnncli.layers.group_norm import GroupNorm, LayerNorm, LocalResponseNorm
from cnncli.layers.linear import Linear
from cnncli.layers.log_softmax import LogSoftmax
from cnncli.layers.lp_pool2d import LPPool2d
from cnncli.layers.max_pool2d import MaxPool2d
from cnncli.layers.max_unpool2d import MaxUnpool2d
from cnncli.layers.module import Module
from cnncli.layers.other_names import missing
from cnncli.layers.parameter import Parameter
from cnncli.layers.pool1d import AvgPool1d, MaxPool1d
from cnncli.layers.prelu import PReLU, RReLU
from cnncli.layers.registry import LAYER_TYPES, describe, register
from cnncli.layers.sequential import Sequential
from cnncli.layers.softmax import Softmax, Softmax2d
from cnncli.layers.stochastic_pool2d import StochasticPool2d
from cnncli.layers.sub_sampling2d import SubSampling2d
from cnncli.layers.upsample import Upsample
from cnncli.layers.zero_pad2d import ZeroPad2d

__all__ = [
    "LAYER_TYPES",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool2d",
    "Add",
    "AvgPool1d",
    "AvgPool2d",
    "BatchNorm1d",
    "BatchNorm2d",
    "CMul",
    "Concat",
    "Conv1d",
    "Conv2d",
    "ConvTranspose2d",
    "Dropout",
    "Dropout2d",
    "Flatten",
    "FloatArray",
    "GroupNorm",
    "Identity",
    "LPPool2d",
    "LayerNorm",
    "Linear",
    "LocalResponseNorm",
    "LogSoftmax",
    "MaxPool1d",
    "MaxPool2d",
    "MaxUnpool2d",
    "Module",
    "Mul",
    "PReLU",
    "Parallel",
    "Parameter",
    "RReLU",
    "Residual",
    "Sequential",
    "Shape",
    "Softmax",
    "Softmax2d",
    "StochasticPool2d",
    "SubSampling2d",
    "Unflatten",
    "Upsample",
    "ZeroPad2d",
    "as_float32",
    "describe",
    "register",
]
__all__ += activations.__all__

for _named in [globals()[_name] for _name in __all__]:
    if isinstance(_named, type) and issubclass(_named, Module) and _named is not Module:
        register(_named)


def __getattr__(name: str) -> object:
    raise missing(__name__, name, __all__)
