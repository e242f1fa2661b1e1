"""Pooling: the largest, the mean or a drawn value of each window, and where the gradient goes."""

from collections.abc import Sequence

import numpy as np

from cnncli.array_types import FloatArray
from cnncli.layers import AvgPool2d, MaxPool2d, StochasticPool2d
from cnncli.lessons.blocks import Asked, Block, Choice, Lesson, Numbers, Question, Words, distinct
from cnncli.lessons.figures import Cells, Figure, Label, Line, Part, Segments, held
from cnncli.lessons.given import crop

SIZE, WINDOW = 4, 2
_DRAWS = 1000


def lesson(asked: Asked) -> Lesson:
    own = crop(asked, SIZE)
    rng = np.random.default_rng(asked.seed)
    drawn_map = rng.permutation(SIZE * SIZE).reshape(SIZE, SIZE).astype(np.float32)
    image, said = (drawn_map, "numbers from 0 to 15, each once") if own is None else own
    results, training = pooled(image, asked.seed)
    back = gradients(image)
    chances = drawn_shares(image, asked.seed)
    blocks: list[Block] = [
        Words(
            f"Pooling makes maps smaller: of each window of {WINDOW} x {WINDOW} one number is left. Max pooling takes "
            "the largest, average pooling the mean, sum pooling the sum (LeNet-5 of 1998 had one, with a weight and "
            "a bias behind it). Stochastic pooling draws one in training, with a chance proportional to itself, and "
            f"takes the mean with these chances in evaluation. The map here: {said}."
        ),
        _figure(image, results["max"]),
        Numbers("what is left of each window", ["pooling", "row 0", "row 1"],
                [[name, *_lines(values)] for name, values in (*results.items(), ("stochastic, a draw", training))]),
        Numbers(f"the upper left window in {_DRAWS} draws, stochastic", ["value", "chance", "drawn"], chances),
        Words(
            "Backward, max pooling hands its gradient to the place where the largest value stood, and nothing to the "
            "others; average pooling gives every place its equal share. Nothing is learned here: there are no "
            "weights. A pattern that moves by one pixel within a window gives the same maximum: that is why networks "
            "bear small shifts."
        ),
        Numbers("where a gradient of 1 for each window goes, row by row",
                ["pooling", *(f"row {row}" for row in range(SIZE))],
                [[name, *_lines(values)] for name, values in back.items()]),
    ]  # fmt: skip
    return Lesson(
        name="pooling",
        title="Pooling: one number of each window",
        blocks=blocks,
        question=_question(image, results["max"]),
        go_on=[
            "cnn learn pooling --seed 2                 # another map",
            "cnn learn pooling --picture photo.png      # a piece of a picture",
            "cnn explain digit.png --at pool1[0,4,4]    # a window of a trained network",
            "cnn field lenet5 --unit 5:2,2 digit.png    # behind two poolings",
        ],
        values={
            "image": image.tolist(), "results": {name: values.tolist() for name, values in results.items()},
            "gradients": {name: values.tolist() for name, values in back.items()}, "draw": training.tolist(),
        },
        script="pooling",
        data={"image": image.tolist()},
        frames=lambda: held([_figure(image, results["max"], count) for count in range((SIZE // WINDOW) ** 2 + 1)], 7),
    )  # fmt: skip


def pooled(image: FloatArray, seed: int) -> tuple[dict[str, FloatArray], FloatArray]:
    """What each pooling leaves in evaluation, and a draw of stochastic pooling in training."""
    batch = image[None, None]
    drawing = StochasticPool2d(WINDOW)
    drawing.initialize(seed)
    draw: FloatArray = drawing.train().forward(batch)[0, 0]
    layers = {
        "max": MaxPool2d(WINDOW), "average": AvgPool2d(WINDOW), "sum": AvgPool2d(WINDOW, divisor_override=1),
        "stochastic, evaluation": drawing.eval(),
    }  # fmt: skip
    return {name: layer.forward(batch)[0, 0] for name, layer in layers.items()}, draw


def gradients(image: FloatArray) -> dict[str, FloatArray]:
    """Where a gradient of 1 for each window goes."""
    batch = image[None, None]
    ones = np.ones((1, 1, SIZE // WINDOW, SIZE // WINDOW), np.float32)
    found = {}
    for name, layer in (("max", MaxPool2d(WINDOW)), ("average", AvgPool2d(WINDOW))):
        layer.forward(batch)
        found[name] = layer.backward(batch, ones)[0, 0]
    return found


def drawn_shares(image: FloatArray, seed: int) -> list[list[str]]:
    """Of the values of the upper left window: the chance of each, and how often it was drawn."""
    layer = StochasticPool2d(WINDOW)
    layer.initialize(seed)
    window = image[:WINDOW, :WINDOW]
    draws = layer.train().forward(np.tile(window[None, None], (_DRAWS, 1, 1, 1)))[:, 0, 0, 0]
    total = float(window.sum()) or 1.0
    values = sorted(set(window.ravel().tolist()))
    count = {value: int((window == value).sum()) for value in values}
    return [[f"{value:g}", f"{count[value] * value / total:.3f}", str(int((draws == value).sum()))] for value in values]


def _lines(values: FloatArray) -> list[str]:
    return [" ".join(f"{value:g}".replace("0.", ".") if value < 1 else f"{value:g}" for value in line)
            for line in values.round(2)]  # fmt: skip


def _figure(image: FloatArray, largest: FloatArray, windows: int | None = None) -> Figure:
    """The map with an arrow from the largest value of each window to its place in the result.

    windows : so many of them have theirs already
    """
    most = float(image.max()) or 1.0
    parts: list[Part] = [
        Cells((0, SIZE), _texts(image), (image / most * 0.8).tolist(), "soft"),
    ]
    left, top = SIZE + 3.0, SIZE / 2 + 1.0
    count = (SIZE // WINDOW) ** 2 if windows is None else windows
    shown = np.arange(largest.size).reshape(largest.shape) < count
    texts = np.where(shown, np.array(_texts(largest)), "").tolist()
    parts.append(Cells((left, top), texts, (largest / most * 0.8 * shown).tolist(), "second"))
    for place in range(count):
        row, column = divmod(place, SIZE // WINDOW)
        window = image[row * WINDOW : (row + 1) * WINDOW, column * WINDOW : (column + 1) * WINDOW]
        r, c = divmod(int(window.argmax()), WINDOW)
        start = column * WINDOW + c + 0.85, SIZE - (row * WINDOW + r) - 0.5
        end = left + column + 0.15, top - row - 0.5
        parts += [Segments([(start, end)], "second", "the largest"), Line(_head(start, end), "second")]
    for at in range(0, SIZE + 1, WINDOW):
        parts.append(Line([(0, at), (SIZE, at)], "first", "windows"))
        parts.append(Line([(at, 0), (at, SIZE)], "first"))
    parts.append(Label((left, top + 0.3), "max", "soft"))
    return Figure("the largest of each window", (-0.4, 9.4), (-0.9, 4.9), parts, bare=True, rows=13)


def _texts(values: FloatArray) -> list[list[str]]:
    return [[f"{value:g}" for value in row] for row in values]


def _head(start: Sequence[float], end: Sequence[float]) -> list[tuple[float, float]]:
    """The point of an arrow."""
    along = np.array(end) - np.array(start)
    along = along / float(np.hypot(*along)) * 0.25
    across = np.array([-along[1], along[0]]) * 0.6
    one, two = np.array(end) - along + across, np.array(end) - along - across
    return [(float(x), float(y)) for x, y in (one, np.array(end), two)]


def _question(image: FloatArray, largest: FloatArray) -> Question:
    """Another window and stride than the figure's."""
    layer = MaxPool2d(3, stride=1)
    answer = float(layer.forward(image[None, None])[0, 0, 1, 0])
    window = image[1:4, 0:3]
    held = "; ".join(" ".join(f"{value:g}" for value in row) for row in window)
    choices = [
        Choice(f"{answer:g}", True, f"The window holds {held}, and {answer:g} is the largest."),
        Choice(f"{image[0:3, 1:4].max():g}", False, "That is row 0, column 1; rows come first."),
        Choice(f"{largest[1, 0]:g}", False, "That is of the figure's windows of 2 x 2, two apart."),
        Choice(f"{image[1, 0]:g}", False, "That is the window's first value; its place does not make it the largest."),
        Choice(f"{window.mean():.4g}", False, "That is the mean of the window, which average pooling gives."),
        Choice(f"{window.sum():g}", False, "That is the sum of the window, which sum pooling gives."),
        Choice(f"{window.min():g}", False, "That is the window's smallest value."),
        Choice(f"{answer + 1:g}", False, "No value of the window is that large."),
    ]
    text = "What does max pooling give at row 1, column 0 with windows of 3 x 3 that are 1 apart?"
    return Question(text, distinct(choices))
