"""A mask that is learned from pairs: pictures before it and after it, and nothing else."""

import math
from dataclasses import dataclass

import numpy as np

from cnncli.array_types import FloatArray
from cnncli.criteria import MSELoss
from cnncli.layers import Conv2d
from cnncli.lessons.blocks import Asked, Block, Choice, Lesson, Numbers, Question, Words, check_rate, distinct, number
from cnncli.lessons.figures import Cells, Figure, Label, Line, Part
from cnncli.lessons.given import grey_picture
from cnncli.network import Network
from cnncli.optim import Adam
from cnncli.views.masks import read_mask
from cnncli.views.scales import Scale
from cnncli.views.tiles import Panel, number_tile

STEPS = 400
_RATE = 0.05
_LEAST = 1e-7  # a loss below it is that of float32
_SIDE = 48  # of the reader's picture
_PATCHES, _PATCH = 16, 10
_TOLD = (0, 10, 50, 100, 200, STEPS)


@dataclass(frozen=True)
class Learned:
    """masks : (steps + 1, 3, 3), before each step and after the last; biases, losses : likewise"""

    masks: FloatArray
    biases: list[float]
    losses: list[float]


def lesson(asked: Asked) -> Lesson:
    rate = check_rate(asked.rate, _RATE)
    true = read_mask("emboss").astype(np.float32)
    before, said = _pictures(asked)
    after = _masked(before, true)
    found = learn(before, after, rate, asked.seed)
    parameters = Conv2d(1, 1, 3).parameter_count()
    rows = [
        [str(step), number(found.losses[step], 6), number(float(np.abs(found.masks[step] - true).max()), 4),
         number(found.biases[step], 4)]
        for step in _TOLD
    ]  # fmt: skip
    shown = before[0, 0], after[0, 0]
    blocks: list[Block] = [
        Words(
            "Somebody laid a mask over pictures and does not tell which. We have pairs: each picture before and "
            f"after. A convolution of one mask (9 weights and a bias, {parameters} numbers) starts with random ones, "
            f"and Adam changes them, with the rate {rate:g}, until what it makes of the pictures before is what they "
            f"are after. The pairs here are {said}; the loss E is the mean of the squared differences."
        ),
        Panel("a pair: before and after", [
            number_tile(shown[0], Scale.of(shown[0]), "before"), number_tile(shown[1], Scale.of(shown[1]), "after"),
        ], side=160),
        _curve(found),
        Numbers("how the mask is found", ["step", "loss", "largest error of a weight", "bias"], rows),
        _figure(found, true, STEPS),
        Words(
            "So a network finds its masks: nobody writes them down. Had the mask been turned before it was used (true "
            "convolution), the layer would have learned the turned one, and nobody would notice."
        ),
    ]  # fmt: skip
    return Lesson(
        name="learn-a-mask",
        title="A mask that is learned from pairs of pictures",
        blocks=blocks,
        question=_question(parameters, after),
        go_on=[
            "cnn learn learn-a-mask --picture photo.jpg   # pairs of your own picture",
            "cnn learn learn-a-mask --rate 0.5 --gif mask.gif",
            "cnn filters lenet5                           # masks that a network learned",
        ],
        values={"true": true.tolist(), "losses": found.losses, "learned": found.masks[-1].tolist(), "rate": rate,
                "bias": found.biases[-1]},
        script="learn-a-mask",
        tools=["maps"],
        data={
            "before": [[[round(value, 4) for value in row] for row in one] for one in before[:, 0].tolist()],
            "true": true.tolist(), "start": found.masks[0].tolist(), "bias": found.biases[0], "rate": rate,
            "steps": STEPS, "masks": {name: read_mask(name).tolist() for name in ("emboss", "sharpen", "blur", "edge")},
        },
        frames=lambda: [_figure(found, true, step) for step in (*range(0, 60, 3), *range(60, STEPS + 1, 20))],
    )  # fmt: skip


def learn(before: FloatArray, after: FloatArray, rate: float, seed: int, steps: int = STEPS) -> Learned:
    """What a `Conv2d` becomes, by `MSELoss` and `Adam` on all pairs at once.

    before : float32 (N, 1, H, W); after : (N, 1, H - 2, W - 2)
    """
    layer, criterion, optimizer = Conv2d(1, 1, 3), MSELoss(), Adam(rate)
    network = Network([layer], before.shape[1:])
    network.initialize(seed)
    assert layer.bias is not None
    masks, biases, losses = [], [], []
    for _ in range(steps + 1):
        outputs = network.forward(before)
        masks.append(layer.weight[0, 0].copy())
        biases.append(float(layer.bias[0]))
        losses.append(float(criterion.forward(outputs, after)))
        network.zero_grad_parameters()
        network.backward(before, criterion.backward(outputs, after))
        optimizer.step(network.named_parameters())
    return Learned(np.array(masks), biases, losses)


def _pictures(asked: Asked) -> tuple[FloatArray, str]:
    """(N, 1, H, W) with mean 0 and deviation 1, and what they are."""
    own = grey_picture(asked, _SIDE)
    if own is None:
        rng = np.random.default_rng(asked.seed)
        noise = rng.normal(size=(_PATCHES, 1, _PATCH, _PATCH)).astype(np.float32)
        return noise, f"{_PATCHES} pictures of noise, {_PATCH} x {_PATCH} pixels each"
    picture, name = own
    picture = np.pad(picture, [(0, max(0, 3 - side)) for side in picture.shape], mode="edge")
    deviation = float(picture.std()) or 1.0
    standard = (picture - picture.mean()) / np.float32(deviation)
    return standard[None, None].astype(np.float32), f"{name}, grey and small, with mean 0 and deviation 1"


def _masked(before: FloatArray, mask: FloatArray) -> FloatArray:
    maker = Conv2d(1, 1, 3, bias=False)
    maker.weight[0, 0] = mask
    found: FloatArray = maker.forward(before)
    return found


def _curve(found: Learned) -> Figure:
    points = [(float(step), math.log10(max(loss, _LEAST))) for step, loss in enumerate(found.losses) if loss < 1e30]
    heights = [height for _, height in points]
    parts = [Line(points, "first", "loss")]
    least = max(min(heights), math.log10(_LEAST))
    return Figure("the loss goes down", (0.0, float(STEPS)), (least - 0.3, max(heights) + 1), parts, "step", "log10 E")


def _figure(found: Learned, true: FloatArray, step: int) -> Figure:
    """The mask that is learned beside the true one."""
    most = float(np.abs(true).max())

    def cells(left: float, mask: FloatArray) -> Cells:
        return Cells((left, 3), [[f"{value + 0.0:.2f}" for value in row] for row in np.round(mask, 2)],
                     np.nan_to_num(mask / most).tolist())  # fmt: skip

    parts: list[Part] = [
        cells(0, found.masks[step]), cells(4, true), Label((0, 3.3), "learned"), Label((4, 3.3), "the true mask"),
    ]  # fmt: skip
    title = f"step {step}: loss {number(found.losses[step], 6)}"
    return Figure(title, (-0.3, 7.3), (-0.4, 3.9), parts, bare=True, rows=13)


def _question(parameters: int, after: FloatArray) -> Question:
    """How many of the pixels after the mask it takes."""
    pairs, _, high, wide = after.shape
    weights = parameters - 1
    choices = [
        Choice(str(parameters), True, f"There are {parameters} unknowns, {weights} weights and a bias."),
        Choice("1", False, f"One equation cannot tell {parameters} unknowns; many masks make the same pixel."),
        Choice(str(weights), False, f"That finds the {weights} weights if the bias is known; it is unknown too."),
        Choice(f"all {after.size:,}", False,
               f"All pixels share the same {parameters} numbers, so that the others say them again."),
        Choice(f"{high * wide:,}", False, "That is every pixel of one picture; far fewer tell the mask."),
    ]  # fmt: skip
    who = "The pair has" if pairs == 1 else f"The {pairs} pairs have"
    return Question(
        f"{who} {after.size:,} pixels after the mask, and each is one equation for the mask's numbers. How many of "
        "these equations does it take at least, to find all of them and the bias?",
        sorted(distinct(choices), key=lambda one: int(one.text.removeprefix("all ").replace(",", ""))),
    )
