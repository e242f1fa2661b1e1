"""Pooling: the largest, the mean or a drawn value of each window, and where the gradient goes."""

import numpy as np
import numpy.typing as npt

from cnncli.layers import AvgPool2d, MaxPool2d, StochasticPool2d
from cnncli.lessons.blocks import Asked, Choice, Lesson, Numbers, Question, Words
from cnncli.lessons.figures import Figure, Label, Line, Segments

SIZE, WINDOW = 4, 2
Floats = npt.NDArray[np.float32]


def lesson(asked: Asked) -> Lesson:
    rng = np.random.default_rng(asked.seed)
    image = rng.permutation(SIZE * SIZE).reshape(SIZE, SIZE).astype(np.float32)
    batch = image[None, None]
    largest, mean, total = MaxPool2d(WINDOW), AvgPool2d(WINDOW), AvgPool2d(WINDOW, divisor_override=1)
    drawn = StochasticPool2d(WINDOW)
    drawn.eval()
    results = {
        "max": largest.forward(batch)[0, 0], "average": mean.forward(batch)[0, 0], "sum": total.forward(batch)[0, 0],
        "stochastic, evaluation": drawn.forward(batch)[0, 0],
    }  # fmt: skip
    ones = np.ones((1, 1, SIZE // WINDOW, SIZE // WINDOW), np.float32)
    largest.forward(batch)
    mean.forward(batch)
    back = {"max": largest.backward(batch, ones)[0, 0], "average": mean.backward(batch, ones)[0, 0]}
    rows = [
        [name, *(" ".join(f"{value:g}" for value in line.round(2)) for line in values)]
        for name, values in results.items()
    ]
    blocks: list[Words | Numbers | Figure] = [
        Words(
            f"Pooling makes maps smaller: of each window of {WINDOW} x {WINDOW} one number is left. Max pooling "
            "takes the largest, average pooling the mean, sum pooling the sum (LeNet-5 of 1998 had one, with a "
            "weight and a bias behind it). Stochastic pooling draws one in training, with a chance proportional to "
            "itself, and takes the mean with these chances in evaluation."
        ),
        Numbers(
            "the map",
            ["", *map(str, range(SIZE))],
            [[str(row), *(f"{value:g}" for value in line)] for row, line in enumerate(image)],
        ),
        Numbers("what is left of it, row by row", ["pooling", "row 0", "row 1"], rows),
        _figure(image, results["max"]),
        Words(
            "Backward, max pooling hands its gradient to the place where the largest value stood, and nothing to "
            "the others; average pooling gives every place its equal share. Nothing is learned here: there are no "
            "weights."
        ),
        Numbers(
            "where a gradient of 1 for each window goes, row by row",
            ["pooling", *(f"row {row}" for row in range(SIZE))],
            [
                [name, *(" ".join(f"{value:g}".replace("0.", ".") for value in line) for line in values)]
                for name, values in back.items()
            ],
        ),
    ]
    return Lesson(
        name="pooling",
        title="Pooling: one number of each window",
        blocks=blocks,
        question=_question(image, results["max"]),
        go_on=[
            "cnn learn pooling --seed 2                 # another map",
            "cnn explain digit.png --at pool1[0,4,4]    # a window of a trained network",
            "cnn field lenet5 --unit 5:2,2 digit.png    # behind two poolings",
        ],
        values={
            "image": image.tolist(), "results": {name: values.tolist() for name, values in results.items()},
            "gradients": {name: values.tolist() for name, values in back.items()},
        },
        script="pooling",
        data={"image": image.tolist()},
    )  # fmt: skip


def _figure(image: Floats, pooled: Floats) -> Figure:
    """The map with an arrow from the largest value of each window to its place in the result."""
    across = [((0.0, float(row)), (4.0, float(row))) for row in range(5)]
    down = [((float(column), 0.0), (float(column), 4.0)) for column in range(5)]
    small = [((6.0, 1.0 + row), (8.0, 1.0 + row)) for row in range(3)] + [
        ((6.0 + c, 1.0), (6.0 + c, 3.0)) for c in range(3)
    ]
    parts: list[Segments | Line | Label] = [Segments([*across, *down, *small], "soft")]
    for row in range(0, SIZE, WINDOW):
        for column in range(0, SIZE, WINDOW):
            window = image[row : row + WINDOW, column : column + WINDOW]
            r, c = divmod(int(window.argmax()), WINDOW)
            start = (column + c + 0.75, SIZE - (row + r) - 0.5)
            end = (6 + column // 2 + 0.2, 3 - row // 2 - 0.5)
            parts.append(Line([start, end], "second", "the largest"))
            parts.append(Label((6.35 + column // 2, 2.35 - row // 2), f"{pooled[row // 2, column // 2]:g}", "first"))
    for row in range(SIZE):
        for column in range(SIZE):
            is_top = image[row, column] in pooled
            parts.append(
                Label((column + 0.3, SIZE - row - 0.65), f"{image[row, column]:g}", "second" if is_top else "soft")
            )
    return Figure("the largest of each window", (-0.4, 8.6), (-0.4, 4.4), parts, bare=True)


def _question(image: Floats, pooled: Floats) -> Question:
    one = image[0:2, 2:4]
    right, held = f"{one.max():g}", ", ".join(f"{value:g}" for value in one.ravel())
    choices = [
        Choice(right, True, f"The window holds {held}, and {right} is the largest."),
        Choice(f"{one.mean():g}", False, "That is the mean of the window, which average pooling gives."),
        Choice(f"{one[0, 0]:g}", False, "That is the window's first value; its place does not make it the largest."),
        Choice(f"{image.max():g}" if image.max() != one.max() else f"{one.min():g}", False,
               "That is not within this window, or it is its smallest value."),
    ]  # fmt: skip
    unique: list[Choice] = []
    for choice in choices:
        if choice.text not in {known.text for known in unique}:
            unique.append(choice)
    return Question("What does max pooling give for the window in the upper right corner?", unique)
