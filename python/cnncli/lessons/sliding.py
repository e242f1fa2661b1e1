"""Convolution: a mask that slides over a picture, and what tells true convolution from correlation."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cnncli.layers import Conv2d
from cnncli.lessons.blocks import Asked, Choice, Lesson, Numbers, Question, Words
from cnncli.lessons.figures import Figure, Label, Line, Segments

# The example that lectures draw: a picture of zeros and ones, and a mask in the form of a cross.
PICTURE = ((1, 1, 1, 0, 0), (0, 1, 1, 1, 0), (0, 0, 1, 1, 1), (0, 0, 1, 1, 0), (0, 1, 1, 0, 0))
MASK = ((1, 0, 1), (0, 1, 0), (1, 0, 1))
_SLANTED = ((0, 1, 2), (0, 0, 1), (0, 0, 0))  # turned by half a circle it is another mask
Ints = npt.NDArray[np.float32]


def slid(picture: Sequence[Sequence[float]], mask: Sequence[Sequence[float]], *, true: bool = False) -> Ints:
    """The mask at every place where it fits, by a `Conv2d` layer: correlated, or with the mask turned (`true`)."""
    kernel = np.array(mask, np.float32)
    layer = Conv2d(1, 1, kernel.shape, bias=False)
    layer.weight[...] = kernel[::-1, ::-1] if true else kernel
    found: Ints = layer.forward(np.array([[picture]], np.float32))[0, 0]
    return found


def lesson(asked: Asked) -> Lesson:
    result = slid(PICTURE, MASK)
    correlated, convolved = slid(PICTURE, _SLANTED), slid(PICTURE, _SLANTED, true=True)
    blocks: list[Words | Numbers | Figure] = [
        Words(
            "A mask slides over the picture. At each place where it fits whole, every number of the mask is "
            "multiplied by the pixel below it, and the sum is one number of the result. A picture of H x W and a "
            "mask of k x k give (H - k + 1) x (W - k + 1)."
        ),
        Numbers(
            "the picture", ["", *map(str, range(5))], [[str(row), *map(str, line)] for row, line in enumerate(PICTURE)]
        ),
        Numbers("the mask", ["", "0", "1", "2"], [[str(row), *map(str, line)] for row, line in enumerate(MASK)]),
        Numbers("the result", ["", "0", "1", "2"], [[str(row), *_whole(line)] for row, line in enumerate(result)]),
        _figure(0, 0, result),
        Words(
            "That is correlation, y[p, q] = sum m[i, j] x[p + i, q + j], and it is what layers compute. True "
            "convolution has x[p - i, q - j]: the mask is turned by half a circle first. For the mask above that "
            "changes nothing; for 0 1 2 / 0 0 1 / 0 0 0 it does. A network learns its masks, so that it does not "
            "matter to it."
        ),
        Numbers(
            "0 1 2 / 0 0 1 / 0 0 0 slid over it",
            ["row", "correlation", "true convolution"],
            [
                [str(row), " ".join(_whole(one)), " ".join(_whole(two))]
                for row, (one, two) in enumerate(zip(correlated, convolved, strict=True))
            ],
        ),
    ]
    return Lesson(
        name="convolution",
        title="Convolution: a mask slides over a picture",
        blocks=blocks,
        question=_question(result),
        go_on=[
            "cnn mask photo.png --kernel edge           # masks on a picture of yours",
            "cnn explain digit.png --at conv1[3,10,12]  # one number of a network",
            "cnn learn pooling",
        ],
        values={"result": result.tolist(), "correlation": correlated.tolist(), "convolution": convolved.tolist()},
        script="convolution",
        data={"picture": [list(row) for row in PICTURE], "mask": [list(row) for row in MASK]},
        frames=lambda: [_figure(row, column, result) for row in range(3) for column in range(3)],
    )


def _whole(line: Sequence[float] | Ints) -> list[str]:
    return [f"{value:g}" for value in line]


def _figure(row: int, column: int, result: Ints) -> Figure:
    """The picture with the mask at a place, and as much of the result as there is by then."""
    parts: list[Segments | Label | Line] = [Segments(_grid(0, 0, 5, 5), "soft"), Segments(_grid(7, 1, 3, 3), "soft")]
    for r in range(5):
        for c in range(5):
            parts.append(Label((c + 0.35, 4.35 - r), str(PICTURE[r][c]), "soft"))
    for r in range(3):
        for c in range(3):
            if (r, c) <= (row, column):
                parts.append(Label((7.35 + c, 3.35 - r), f"{result[r, c]:g}", "first"))
    top = 5 - row
    parts.append(
        Line(
            [(column, top), (column + 3, top), (column + 3, top - 3), (column, top - 3), (column, top)],
            "mark",
            "the mask",
        )
    )
    place = [
        (7 + column, 4 - row),
        (8 + column, 4 - row),
        (8 + column, 3 - row),
        (7 + column, 3 - row),
        (7 + column, 4 - row),
    ]
    parts.append(Line(place, "first", "its sum"))
    met = [str(PICTURE[row + i][column + j]) for i in range(3) for j in range(3) if MASK[i][j]]
    note = f"rows {row} to {row + 2}, columns {column} to {column + 2}: {' + '.join(met)} = {result[row, column]:g}"
    title = f"the mask at row {row}, column {column}"
    return Figure(title, (-0.5, 10.5), (-0.6, 5.6), parts, notes=[note], bare=True)


def _grid(left: float, low: float, columns: int, rows: int) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    across = [((left, low + row), (left + columns, low + row)) for row in range(rows + 1)]
    return across + [((left + column, low), (left + column, low + rows)) for column in range(columns + 1)]


def _question(result: Ints) -> Question:
    right = int(result[1, 0])
    below = sum(PICTURE[1 + i][j] for i in range(3) for j in range(3))
    corners = right - PICTURE[2][1]
    choices = [Choice(str(right), True, "Its corners and its middle meet the pixels " + ", ".join(
        str(PICTURE[1 + i][j]) for i in range(3) for j in range(3) if MASK[i][j]) + f": {right} in all.")]  # fmt: skip
    for value, why in (
        (below, "That is the sum of all nine pixels below the mask; those where the mask has a 0 do not count."),
        (corners, "That leaves out the middle of the mask."),
        (int(result[0, 1]), "That is the number of row 0, column 1; rows come first."),
        (right + 2, "One of the pixels was counted with a weight above 1."),
    ):
        if str(value) not in {choice.text for choice in choices} and len(choices) < 4:
            choices.append(Choice(str(value), False, why))
    choices.sort(key=lambda choice: int(choice.text))
    return Question("Which number does the mask give at row 1, column 0 of the result?", choices)
