"""Layers without parts that fuse, for `replay_cases`: name, layers, shape of a sample, tolerance."""

from cnncli.layers import (
    Add,
    AvgPool1d,
    CMul,
    Dropout,
    Dropout2d,
    Flatten,
    GroupNorm,
    LayerNorm,
    LocalResponseNorm,
    LPPool2d,
    MaxPool1d,
    MaxPool2d,
    MaxUnpool2d,
    Module,
    Mul,
    PReLU,
    ReLU,
    RReLU,
    Softmax,
    Softmax2d,
    StochasticPool2d,
)

UNPOOLED = MaxPool2d(2)

EXACT = 0.0
SUMS = 1e-5  # of the largest value: what the order of a sum and fused multiply-adds change; 3.5e-6 is the most we saw

MORE_LAYERS: list[tuple[str, list[Module], tuple[int, ...], float]] = [
    ("dropout, the paper's", [Dropout(0.25, scale_in="evaluation")], (3, 5, 7), SUMS),
    ("dropout of channels", [Dropout2d(0.25)], (3, 5, 7), EXACT),
    ("random slopes", [RReLU()], (3, 5, 7), SUMS),
    ("learned slopes", [PReLU(3)], (3, 5, 7), SUMS),
    ("learned factors and offsets", [CMul([1, 5, 1]), Add([3, 1, 7]), Mul()], (3, 5, 7), SUMS),
    ("group and layer normalization", [GroupNorm(2, 6), LayerNorm([5, 7])], (6, 5, 7), SUMS),
    ("local response normalization", [LocalResponseNorm(3)], (6, 5, 7), SUMS),
    ("power pooling", [ReLU(), LPPool2d(2, 3, 2), LPPool2d(2.5, 2, 1)], (3, 7, 9), SUMS),
    ("pooling of sequences", [Flatten(2), MaxPool1d(3, 2, 1), AvgPool1d(2, 1)], (3, 5, 7), SUMS),
    ("pooling and back", [UNPOOLED, ReLU(), MaxUnpool2d(pooling=UNPOOLED)], (3, 6, 8), EXACT),
    ("stochastic pooling", [StochasticPool2d(3, 2, 1)], (3, 5, 7), SUMS),
    ("softmax of channels and vectors", [Softmax2d(), Flatten(), Softmax()], (6, 2, 3), SUMS),
]
