"""What layers, losses and settings are called elsewhere: a hint for those who come from there, and no alias."""

from collections.abc import Collection

# In lower case, from Torch7, Keras and first versions of this program, to the names here.
_OTHER_NAMES = {
    "abscriterion": "L1Loss",
    "activation": "ReLU",
    "averagepooling": "AvgPool2d",
    "averagepooling2d": "AvgPool2d",
    "batchnormalization": "BatchNorm2d",
    "bcecriterion": "BCELoss",
    "binarycrossentropy": "BCELoss",
    "categoricalcrossentropy": "CrossEntropyLoss",
    "classnllcriterion": "NLLLoss",
    "conntable": "connections",
    "conv": "Conv2d",
    "conv2dtranspose": "ConvTranspose2d",
    "convolution": "Conv2d",
    "convolution1d": "Conv1d",
    "convolution2d": "Conv2d",
    "convtranspose": "ConvTranspose2d",
    "count_padding": "count_include_pad",
    "crossentropy": "CrossEntropyLoss",
    "crossentropycriterion": "CrossEntropyLoss",
    "deconvolution": "ConvTranspose2d",
    "dense": "Linear",
    "depthconcat": "Concat",
    "distkldivcriterion": "KLDivLoss",
    "epsilon": "eps",
    "features": "num_features",
    "filters": "out_channels",
    "fullyconnected": "Linear",
    "globalaveragepooling2d": "AdaptiveAvgPool2d",
    "globalmaxpooling2d": "AdaptiveMaxPool2d",
    "groupnormalization": "GroupNorm",
    "halfsquarederror": "SumSquares",
    "hinge": "HingeLoss",
    "huber": "HuberLoss",
    "input_channels": "in_channels",
    "inputs": "in_features",
    "interpolation": "mode",
    "kernel": "kernel_size",
    "kernel_initializer": "initialization",
    "kldivergence": "KLDivLoss",
    "layernormalization": "LayerNorm",
    "leaky_relu": "LeakyReLU",
    "localresponsenormalization": "LocalResponseNorm",
    "logsoftmax": "LogSoftmax",
    "lrn": "LocalResponseNorm",
    "lrn2d": "LocalResponseNorm",
    "margincriterion": "HingeLoss",
    "marginloss": "HingeLoss",
    "maxpooling": "MaxPool2d",
    "maxpooling2d": "MaxPool2d",
    "meanabsoluteerror": "L1Loss",
    "meansquarederror": "MSELoss",
    "mse": "MSELoss",
    "msecriterion": "MSELoss",
    "multilabelmargincriterion": "MultiLabelMarginLoss",
    "multimargincriterion": "MultiMarginLoss",
    "nll": "NLLLoss",
    "output_channels": "out_channels",
    "outputs": "out_features",
    "parametricrelu": "PReLU",
    "pool_size": "kernel_size",
    "prelu": "PReLU",
    "rate": "p",
    "reshape": "Flatten",
    "rrelu": "RReLU",
    "smoothl1criterion": "SmoothL1Loss",
    "softmargincriterion": "SoftMarginLoss",
    "softmax": "Softmax",
    "sparsecategoricalcrossentropy": "CrossEntropyLoss",
    "spatialadaptiveaveragepooling": "AdaptiveAvgPool2d",
    "spatialadaptivemaxpooling": "AdaptiveMaxPool2d",
    "spatialaveragepooling": "AvgPool2d",
    "spatialbatchnormalization": "BatchNorm2d",
    "spatialconvolution": "Conv2d",
    "spatialconvolutionmap": "Conv2d",
    "spatialconvolutionmm": "Conv2d",
    "spatialfullconvolution": "ConvTranspose2d",
    "spatialdilatedmaxpooling": "MaxPool2d",
    "spatialmaxpooling": "MaxPool2d",
    "spatialsubsampling": "SubSampling2d",
    "spatialupsamplingbilinear": "Upsample",
    "spatialupsamplingnearest": "Upsample",
    "spatialzeropadding": "ZeroPad2d",
    "spatialcrossmaplrn": "LocalResponseNorm",
    "spatialdropout": "Dropout2d",
    "spatialdropout2d": "Dropout2d",
    "spatialsoftmax": "Softmax2d",
    "strides": "stride",
    "subsampling": "SubSampling2d",
    "target_shape": "unflattened_size",
    "temporalconvolution": "Conv1d",
    "units": "out_features",
    "upsampling2d": "Upsample",
    "upsamplingbilinear2d": "Upsample",
    "upsamplingnearest2d": "Upsample",
    "view": "Flatten",
    "zeropadding2d": "ZeroPad2d",
}


def name_here(name: str, known: Collection[str]) -> str | None:
    """What `name` of another program is called here, if that is one of `known`.

    >>> name_here("SpatialConvolution", ["Conv2d", "Linear"])
    'Conv2d'
    """
    here = _OTHER_NAMES.get(name.lower())
    return here if here in known else None


def missing(module: str, name: str, known: Collection[str]) -> AttributeError:
    """The error for an attribute that a module of layers or losses has under another name, or not at all."""
    here = name_here(name, known)
    return AttributeError(f"module {module!r} has no attribute {name!r}" + (f"; here it is {here}" if here else ""))
