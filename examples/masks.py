"""Masks over a picture. Layers of CNNs correlate: the mask lies as it is. True convolution turns it by 180 degrees."""

import numpy as np

from cnncli.layers import Conv2d

MASKS = {
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
    "blur": [[1 / 9] * 3] * 3,
    "edge-detect": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
}


def correlated(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(H, W) by (h, w): each place of the mask within the picture."""
    layer = Conv2d(1, 1, mask.shape, bias=False)
    layer.weight[0, 0] = mask
    return layer.forward(picture[np.newaxis, np.newaxis])[0, 0]


def convolved(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """As the mathematics of signals has it."""
    return correlated(picture, mask[::-1, ::-1])


picture = np.zeros((6, 6), np.float32)
picture[1:5, 1:4] = 9  # a light box on black
for name, numbers in MASKS.items():
    mask = np.array(numbers, np.float32)
    same = np.array_equal(correlated(picture, mask), convolved(picture, mask))
    print(f"{name}{'' if same else ', correlation'}")
    print(correlated(picture, mask).round(2))
    if not same:
        print(f"{name}, true convolution")
        print(convolved(picture, mask).round(2))

slid = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]], np.float32)
print("the sliding mask")
print(correlated(slid, np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]], np.float32)).astype(int))
