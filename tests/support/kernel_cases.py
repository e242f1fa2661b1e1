"""Sizes at which kernels break: batches around blocks of 16 samples, windows of pooling that fit in every way."""

BATCHES = [0, 1, 2, 15, 16, 17, 31, 33]

# size, kernel, stride, padding
WINDOWS = [
    ((6, 8), (2, 2), (2, 2), (0, 0)),
    ((7, 5), (2, 2), (2, 2), (0, 0)),
    ((7, 9), (3, 3), (2, 2), (1, 1)),
    ((5, 6), (3, 2), (1, 1), (1, 0)),
    ((5, 11), (1, 3), (1, 2), (0, 1)),
    ((9, 8), (2, 3), (3, 4), (0, 1)),
    ((4, 3), (4, 3), (1, 1), (0, 0)),
    ((1, 1), (1, 1), (1, 1), (0, 0)),
    ((3, 3), (5, 5), (2, 2), (2, 2)),
]
