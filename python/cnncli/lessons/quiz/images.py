"""Questions on convolution, sizes and pooling, and on what the layers of a deep network see and do."""

import numpy as np

from cnncli.array_types import FloatArray
from cnncli.layers import AvgPool2d, BatchNorm1d, Conv2d, Dropout, MaxPool2d
from cnncli.lessons.blocks import Numbers
from cnncli.lessons.quiz.asked import Drawn, drawn, pick, plain, whole
from cnncli.network import Network


def convolution(rng: np.random.Generator) -> Drawn | None:
    """What a layer computes at a place, and what true convolution would."""
    picture = rng.integers(0, 4, (4, 4)).astype(np.float32)
    mask = rng.integers(-1, 3, (3, 3)).astype(np.float32)
    sums = _slide(picture, mask)
    row, column = whole(rng, 0, 1), whole(rng, 0, 1)
    turned, window = _slide(picture, mask[::-1, ::-1]), picture[row : row + 3, column : column + 3]
    return drawn(
        rng, f"What does a convolution layer without a bias compute at row {row}, column {column} of its output "
        "(counted "
        "from 0, no padding)?",
        (plain(float(sums[row, column])), "Each weight times the pixel below it, summed; layers do not turn the "
         "mask."),
        [(plain(float(turned[row, column])), "That is true convolution, with the mask turned by 180 degrees. "
          "Layers correlate: "
          "they learn the mask, so that turning it would change nothing but its name."),
         (plain(float(sums[column, row])), "Row and column are exchanged."),
         (plain(float(sums[1 - row, 1 - column])), "That is another place of the output: the window begins at "
          "that row and "
          "column of the picture."),
         (plain(float(window.sum())), "That sums the window and leaves the weights out."),
         (plain(float((window * mask.T).sum())), "That lays the mask on its side.")],
        [_table("the picture", picture), _table("the mask", mask)],
    )  # fmt: skip


def sizes(rng: np.random.Generator) -> Drawn | None:
    """The side of a map behind a convolution, or what pooling makes of a window."""
    if rng.random() < 0.5:
        side, kernel = whole(rng, 20, 64), int(pick(rng, 3, 5, 7))
        padding, stride = whole(rng, 1, 2), whole(rng, 2, 3)
        given = Conv2d(1, 1, kernel, stride=stride, padding=padding).output_shape((1, side, side))[1]
        return drawn(
            rng, f"An image of {side}x{side} goes through a convolution with masks of {kernel}x{kernel}, stride "
            f"{stride} and "
            f"padding {padding}. How large are the maps?",
            (f"{given}x{given}", f"({side} + 2 * {padding} - {kernel}) / {stride} = "
             f"{(side + 2 * padding - kernel) / stride:g}, rounded down, plus 1."),
            [(f"{given - 1}x{given - 1}", "One is missing: the window at the very start counts too."),
             (f"{(side - kernel) // stride + 1}x{(side - kernel) // stride + 1}", "The padding is missing, on "
              "both sides."),
             (f"{side + 2 * padding - kernel + 1}x{side + 2 * padding - kernel + 1}", "That is the size with "
              "stride 1."),
             (f"{side // stride}x{side // stride}", "The stride alone does not say it: the mask has to fit in.")],
        )  # fmt: skip
    window = rng.choice(np.arange(1, 13), 4, replace=False).reshape(2, 2).astype(np.float32)
    is_max = rng.random() < 0.5
    pooled = {
        name: float(layer.forward(window[np.newaxis, np.newaxis])[0, 0, 0, 0])
        for name, layer in (("max", MaxPool2d(2)), ("average", AvgPool2d(2)), ("sum", AvgPool2d(2, divisor_override=1)))
    }
    name = "max" if is_max else "average"
    whys = {
        "max": "That is max pooling: the largest value goes on.",
        "average": "That is average pooling: the sum divided by four.",
        "sum": "That is the sum, which Torch7's average pooling gives where it does not divide.",
    }
    least = (plain(float(window.min())), "That is the smallest value; no pooling of the lecture takes it.")
    return drawn(
        rng, f"What does {name} pooling make of this window?",
        (plain(pooled[name]), whys[name].replace("That is ", "").capitalize()),
        [*((plain(pooled[other]), why) for other, why in whys.items() if other != name), least],
        [_table("the window", window)],
    )  # fmt: skip


def deep(rng: np.random.Generator) -> Drawn | None:
    """The field of view, dropout, or batch normalization."""
    kind = whole(rng, 0, 2)
    if kind == 0:
        return _field(rng)
    if kind == 1:
        return _dropout(rng)
    values = np.array([[whole(rng, -4, 9)] for _ in range(4)], np.float32)
    layer = BatchNorm1d(1, eps=1e-30)
    layer.train()
    first = float(layer.forward(values)[0, 0])
    mean, spread = float(values.mean()), float(values.std())
    if spread == 0 or first == 0:
        return None
    shown = ", ".join(plain(float(value)) for value in values[:, 0])
    return drawn(
        rng, f"Batch normalization gets the values {shown} of one unit for a batch of four, in training, with "
        "gamma 1 and "
        "beta 0. What becomes of the first?",
        (plain(first, 3), f"The mean is {plain(mean)}, the deviation {plain(spread)}: "
         f"({plain(float(values[0, 0]))} - "
         f"{plain(mean)}) / {plain(spread)}."),
        [(plain((float(values[0, 0]) - mean) / float(values.std(ddof=1)), 3), "That divides by the deviation with "
          "m - 1. "
          "Normalized is with m; m - 1 is for the running variance."),
         (plain((float(values[0, 0]) - mean) / spread**2, 3), "The root is missing: that divides by the variance."),
         (plain(float(values[0, 0]) / spread, 3), "The mean is not subtracted."),
         (plain(float(values[0, 0]) - mean, 3), "Only the mean is taken away; the deviation is to become 1 too.")],
    )  # fmt: skip


def _field(rng: np.random.Generator) -> Drawn | None:
    kernel, window = int(pick(rng, 3, 5)), int(pick(rng, 2, 3))
    network = Network(
        [Conv2d(1, 1, kernel), MaxPool2d(window), Conv2d(1, 1, kernel)], (1, 64, 64),
    )  # fmt: skip
    seen = network.layer_table()[-1].field_of_view
    assert seen is not None
    right = seen[0]
    return drawn(
        rng, f"A mask of {kernel}x{kernel}, pooling of {window}x{window} with stride {window}, then again a mask of "
        f"{kernel}x{kernel}: how much of the image does one unit of the last map see?",
        (f"{right}x{right}", f"{kernel}, then + {window - 1} for the pooling = {kernel + window - 1}, then + "
         f"{kernel - 1} steps "
         f"of {window} pixels = {right}."),
        [(f"{kernel}x{kernel}", "That is what it sees of the map before it; each of those units sees more than a "
          "pixel."),
         (f"{2 * kernel + window - 2}x{2 * kernel + window - 2}", f"Behind the pooling a step is {window} pixels "
          "wide."),
         (f"{kernel * kernel * window}x{kernel * kernel * window}", "Fields overlap, so that their sides do not "
          "multiply.")],
    )  # fmt: skip


def _dropout(rng: np.random.Generator) -> Drawn | None:
    share, value = float(pick(rng, 0.2, 0.5, 0.75)), float(whole(rng, 2, 8))
    layer = Dropout(share)
    layer.train()
    outputs = layer.forward(np.full((1, 400), value, np.float32))
    kept = float(outputs.max())
    return drawn(
        rng, f"Dropout with p = {plain(share)}, in its usual form, keeps a unit whose value is {plain(value)}. "
        "What does it "
        "give in training?",
        (plain(kept), f"What is kept is divided by 1 - p = {plain(1 - share)}, so that the mean stays and the "
         "test changes "
         "nothing."),
        [(plain(value), "So it is in the test; or in dropout's first form, which multiplies at test time instead."),
         (plain(value * (1 - share)), "That is the mean over kept and dropped, what the first form gives at test "
          "time."),
         ("0", "That is what a dropped unit gives.")],
    )  # fmt: skip


def _slide(picture: FloatArray, mask: FloatArray) -> FloatArray:
    """The sums of a convolution layer with this mask."""
    layer = Conv2d(1, 1, 3, bias=False)
    layer.weight[...] = mask
    sums: FloatArray = layer.forward(picture[np.newaxis, np.newaxis])[0, 0]
    return sums


def _table(title: str, values: FloatArray) -> Numbers:
    heads = ["", *(f"column {index}" for index in range(values.shape[1]))]
    return Numbers(title, heads, [[f"row {index}", *map(plain, row)] for index, row in enumerate(values.tolist())])
