"""Convolution: a mask that slides over a picture, and what tells true convolution from correlation."""

from collections.abc import Sequence

import numpy as np

from cnncli.array_types import FloatArray
from cnncli.layers import Conv2d
from cnncli.lessons.blocks import Asked, Block, Choice, Lesson, Numbers, Question, Words, check_values, distinct
from cnncli.lessons.figures import Cells, Figure, Label, Line, Part, box, held
from cnncli.lessons.given import crop

# The example that lectures draw: a picture of zeros and ones, and a mask in the form of a cross.
PICTURE = ((1, 1, 1, 0, 0), (0, 1, 1, 1, 0), (0, 0, 1, 1, 1), (0, 0, 1, 1, 0), (0, 1, 1, 0, 0))
MASK = ((1, 0, 1), (0, 1, 0), (1, 0, 1))
_SLANTED = ((0, 1, 2), (0, 0, 1), (0, 0, 0))  # turned by half a circle it is another mask
_CROP = 7  # pixels a side of the reader's picture
_LARGEST = 1000.0  # of a number of a mask
Rows = Sequence[Sequence[float]]


def slid(
    picture: Rows | FloatArray, mask: Rows | FloatArray, *, true: bool = False, padding: int = 0, stride: int = 1
) -> FloatArray:
    """The mask at every place where it fits, by a `Conv2d` layer: correlated, or with the mask turned (`true`)."""
    kernel = np.array(mask, np.float32)
    layer = Conv2d(1, 1, kernel.shape, bias=False, padding=padding, stride=stride)
    layer.weight[...] = kernel[::-1, ::-1] if true else kernel
    found: FloatArray = layer.forward(np.array([[picture]], np.float32))[0, 0]
    return found


def lesson(asked: Asked) -> Lesson:
    own = crop(asked, _CROP)
    picture, said = (np.array(PICTURE, np.float32), "the picture") if own is None else own
    given = check_values(asked.values, tuple(float(one) for row in MASK for one in row), range(9, 10),
                         "the 9 numbers of a mask, row by row", _LARGEST)  # fmt: skip
    mask = np.array(given, np.float32).reshape(3, 3)
    result = slid(picture, mask)
    slanted = np.array(_SLANTED, np.float32) if np.array_equal(mask, mask[::-1, ::-1]) else mask
    correlated, convolved = slid(picture, slanted), slid(picture, slanted, true=True)
    other = "the mask above" if slanted is mask else "0 1 2 / 0 0 1 / 0 0 0"
    turning = (
        f"For the mask above that changes nothing; for {other} it does." if slanted is not mask
        else "The mask above turned is another one, so that the two differ."
    )  # fmt: skip
    blocks: list[Block] = [
        Words(
            "A mask slides over the picture. At each place where it fits whole, every number of the mask is "
            "multiplied by the pixel below it, and the sum is one number of the result, which is called a map. A "
            "picture of H x W and a mask of k x k give (H - k + 1) x (W - k + 1)."
            + ("" if own is None else f" Here the picture is {said}: its greys from 0, black, to 9, white.")
        ),
        _table("the mask", mask),
        _figure(picture, mask, 0, 0, result),
        Words(
            "That is correlation, y[p, q] = sum m[i, j] x[p + i, q + j], and it is what layers compute. True "
            f"convolution has x[p - i, q - j]: the mask is turned by half a circle first. {turning} A network learns "
            "its masks, so that it does not matter to it."
        ),
        Numbers(
            f"{other} slid over the picture", ["row", "correlation", "true convolution"],
            [[str(row), " ".join(_whole(one)), " ".join(_whole(two))]
             for row, (one, two) in enumerate(zip(correlated, convolved, strict=True))],
        ),
        Words(
            "Padding puts zeros around the picture, so that the mask also fits at its border: with 1 on each side a "
            "mask of 3 x 3 keeps the size. A stride of 2 moves it by two pixels at a time, and the result has about "
            "half the size: floor((H + 2 padding - k) / stride) + 1 rows."
        ),
        Numbers("how large the result is", ["padding", "stride", "rows", "columns"],
                [[str(padding), str(stride), *map(str, slid(picture, mask, padding=padding, stride=stride).shape)]
                 for padding in (0, 1) for stride in (1, 2)]),
    ]  # fmt: skip
    return Lesson(
        name="convolution",
        title="Convolution: a mask slides over a picture",
        blocks=blocks,
        question=_question(picture, mask, result),
        go_on=[
            "cnn learn convolution --picture photo.png --values 0,1,0,1,-4,1,0,1,0",
            "cnn learn masks --picture photo.png        # the whole of it",
            "cnn explain digit.png --at conv1[3,10,12]  # one number of a network",
        ],
        values={
            "picture": picture.tolist(), "mask": mask.tolist(), "result": result.tolist(),
            "correlation": correlated.tolist(), "convolution": convolved.tolist(),
        },
        script="convolution",
        data={"picture": picture.astype(int).tolist(), "mask": [[float(f"{one:.6g}") for one in row] for row in mask]},
        frames=lambda: held([_figure(picture, mask, r, c, result) for r, c in np.ndindex(result.shape)], 4),
    )  # fmt: skip


def _table(title: str, values: FloatArray) -> Numbers:
    heads = ["", *map(str, range(values.shape[1]))]
    return Numbers(title, heads, [[str(row), *_whole(line)] for row, line in enumerate(values)])


def _whole(line: Sequence[float] | FloatArray) -> list[str]:
    return [f"{value + 0.0:.4g}" for value in line]


def _shades(values: FloatArray) -> list[list[float]]:
    most = float(np.abs(values).max()) or 1.0
    return [[float(value) / most * 0.8 for value in row] for row in values]


def _figure(picture: FloatArray, mask: FloatArray, row: int, column: int, result: FloatArray) -> Figure:
    """The picture with the mask at a place, and as much of the result as there is by then."""
    high, wide = picture.shape
    rows, columns = result.shape
    left, top = wide + 2.0, (high + rows) / 2
    known = [[text if (r, c) <= (row, column) else "" for c, text in enumerate(_whole(line))]
             for r, line in enumerate(result)]  # fmt: skip
    shades = [[shade if (r, c) <= (row, column) else 0.0 for c, shade in enumerate(line)]
              for r, line in enumerate(_shades(result))]  # fmt: skip
    parts: list[Part] = [
        Cells((0, high), [_whole(line) for line in picture], _shades(picture), "soft"),
        Cells((left, top), known, shades, "first"),
        Line(box((column, high - row), 3, 3), "mark", "the mask"),
        Line(box((left + column, top - row), 1, 1), "first", "its sum"),
        Label((wide + 0.75, high / 2), "->", "soft"),
    ]
    terms = [f"{mask[i, j]:.4g} x {picture[row + i, column + j]:.4g}" for i in range(3) for j in range(3) if mask[i, j]]
    note = f"{' + '.join(terms) or '0'} = {result[row, column]:.5g}"
    title = f"the mask at rows {row} to {row + 2}, columns {column} to {column + 2}"
    across = wide + columns + 2.6
    spare = max(0.0, across * 0.62 - high) / 2
    return Figure(title, (-0.3, across - 0.3), (-0.3 - spare, high + 0.3 + spare), parts, notes=[note], bare=True,
                  rows=2 * high + 2)  # fmt: skip


def _question(picture: FloatArray, mask: FloatArray, result: FloatArray) -> Question:
    below = picture[1:4, 0:3]
    right = float(result[1, 0])
    met = [f"{weight:.4g} x {pixel:.4g}" for weight, pixel in zip(mask.ravel(), below.ravel(), strict=True) if weight]
    sums = [
        (float(below.sum()), "That is the sum of all nine pixels below the mask, without its numbers."),
        (right - float(mask[1, 1] * below[1, 1]), "That leaves out the middle of the mask."),
        (float(result[0, 1]), "That is the number of row 0, column 1; rows come first."),
        (float((mask[::-1, ::-1] * below).sum()), "That turns the mask first: true convolution."),
        (right + 2, "One of the products was taken too large by 2."),
        (right - 2, "One of the products was taken too small by 2."),
        (right + 3, "That counts a product that is not there."),
    ]
    choices = [Choice(f"{right:.5g}", True, f"{' + '.join(met) or '0'} = {right:.5g}.")]
    choices += [Choice(f"{value:.5g}", False, why) for value, why in sums]
    return Question("Which number does the mask give at row 1, column 0 of the result?", distinct(choices))
