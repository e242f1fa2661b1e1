"""Dropout in both of its forms: scaled in training, as is usual now, and scaled at evaluation, as at first."""

import numpy as np

from cnncli.array_types import DoubleArray, FloatArray
from cnncli.errors import UsageError
from cnncli.layers import Dropout, Linear
from cnncli.layers.kinked_activations import ReLU
from cnncli.lessons import twins
from cnncli.lessons.blocks import (
    Asked,
    Block,
    Choice,
    Lesson,
    Numbers,
    Question,
    Words,
    check_rate,
    distinct,
    number,
)
from cnncli.lessons.figures import Bars, Dots, Figure, Line, Part, Stack, held, spread
from cnncli.lessons.given import own_network
from cnncli.lessons.layer_facts import known_layers
from cnncli.lessons.twins import Images, Trained
from cnncli.optim import SGD
from cnncli.shown import percent

DRAWS = 2000
VALUES = (4.0, 1.0, 3.0, 2.0, 0.5, 2.5, 1.5, 3.5)
FORMS = {"inverted": "training", "first": "evaluation"}
_TOLD = (1, 10, 100, DRAWS)
# The training: few images, some with a wrong label, so that there is something to learn by heart.
IMAGES, HIDDEN, BATCH, STEPS, EVERY = 600, 64, 25, 400, 20
WRONG = 0.2  # of the labels


def layer_of(form: str, p: float, seed: int) -> Dropout:
    """A layer of one of the FORMS; those of one seed drop the same places."""
    layer = Dropout(p, scale_in=FORMS[form])
    layer.initialize(seed)
    return layer


def drawn(form: str, p: float, seed: int, draws: int = DRAWS) -> FloatArray:
    """VALUES through the layer in training, once for each draw: float32 (draws, values)."""
    layer = layer_of(form, p, seed).train()
    batch = np.tile(np.array(VALUES, np.float32), (draws, 1))
    found: FloatArray = layer.forward(batch)
    return found


def lesson(asked: Asked) -> Lesson:
    p, where = _share(asked)
    rate = check_rate(asked.rate, 0.05)
    shown = twins.mislabelled(twins.images(asked.data, IMAGES), WRONG, asked.seed)
    runs = {name: learn(shown, share, rate, asked.seed) for name, share in (("without", 0.0), ("with dropout", p))}
    values = np.array(VALUES, np.float32)[None]
    training = {form: drawn(form, p, asked.seed) for form in FORMS}
    evaluation = {form: layer_of(form, p, asked.seed).eval().forward(values)[0] for form in FORMS}
    rows = [["input", *map(_short, VALUES)]]
    for form in FORMS:
        rows += [[f"{form}, training", *map(_short, training[form][0])],
                 [f"{form}, evaluation", *map(_short, evaluation[form])]]  # fmt: skip
    first = {form: training[form][:, 0].astype(np.float64) for form in FORMS}
    means = [[str(count), *(number(float(first[form][:count].mean()), 3) for form in FORMS)] for count in _TOLD]
    means.append(["evaluation", *(number(float(evaluation[form][0]), 3) for form in FORMS)])
    sums = {form: training[form].sum(axis=1, dtype=np.float64) for form in FORMS}
    blocks: list[Block] = [
        Words(
            f"In training, dropout sets each value to 0 with the chance p, here {p:g} ({where}); which ones is drawn "
            "anew for each sample and step. No unit can rely on another being there, so that many learn something of "
            "use: it is one of the means against overfitting (Hinton et al. 2012, Srivastava et al. 2014)."
        ),
        Words(
            "The kept values are then too few, and there are two ways to make up for it. The inverted form, which is "
            "usual now, divides the kept values by 1 - p in training and does nothing in evaluation. The first form "
            "leaves them as they are and multiplies all by 1 - p in evaluation. In Torch7 that is nn.Dropout(p, "
            "true), in cnn "
            'Dropout(p, scale_in="evaluation").'
        ),
        Numbers(f"one draw, p = {p:g}", ["", *(f"x{place}" for place in range(1, len(VALUES) + 1))], rows),
        Words(
            "One draw is far from the input; the mean over many is what evaluation gives, in each form. That is why "
            "nothing has to be drawn when a network is used."
        ),
        Numbers(f"x1 = {VALUES[0]:g}: the mean over so many draws", ["draws", *FORMS], means),
        mean_figure(first, evaluation),
        _sums_figure(p, sums["inverted"], float(evaluation["inverted"].sum())),
        *_training_blocks(shown, runs, p, rate),
    ]  # fmt: skip
    return Lesson(
        name="dropout",
        title="Dropout: units are left out while a network learns",
        blocks=blocks,
        question=_question(p, asked.seed),
        go_on=[
            "cnn learn dropout --model convnet          # with the p of a network",
            "cnn learn dropout --data photos --rate 0.1 # trained on your own pictures",
            "cnn check-layer Dropout",
            "cnn summary convnet                        # where dropout stands in it",
        ],
        values={
            "p": p, "drawn": {form: found[:20].tolist() for form, found in training.items()},
            "means": {form: float(found.mean()) for form, found in first.items()},
            "evaluation": {form: found.tolist() for form, found in evaluation.items()},
            "training": {"data": shown.name, "rate": rate, **{name: vars(run) for name, run in runs.items()}},
        },
        script="dropout",
        data={"p": p, "values": list(VALUES), "seed": asked.seed},
        frames=lambda: _moving(p, training, evaluation),
    )  # fmt: skip


def _share(asked: Asked) -> tuple[float, str]:
    """p of the reader's network, or a half; and where it is from."""
    if asked.model is None:
        return 0.5, "the usual one"
    network, said, _ = own_network(asked)
    for one in known_layers(network):
        if isinstance(one.layer, Dropout) and one.layer.p > 0:
            return one.layer.p, f"that of layer {one.row.name} of {said}"
    raise UsageError(f"{said}: drops nothing; use a network with a Dropout layer, such as convnet")


def _short(value: float) -> str:
    return f"{value:.3g}"


def learn(given: Images, p: float, rate: float, seed: int) -> Trained:
    """A network with one hidden layer, and dropout behind it if p is above 0."""
    dropped = [Dropout(p)] if p else []
    layers = [Linear(given.inputs, HIDDEN), ReLU(), *dropped, Linear(HIDDEN, given.classes)]
    batches = twins.batches_of(len(given.train.labels), min(BATCH, len(given.train.labels)), STEPS, seed)
    return twins.train(given, twins.network_of(given, layers, seed), SGD(rate), batches, EVERY, seed)


def _training_blocks(given: Images, runs: dict[str, Trained], p: float, rate: float) -> list[Block]:
    """The same training with and without, and what it comes to."""
    rows = [
        [name, number(run.train[-1], 3), number(run.test[-1], 3), number(min(run.test), 3), percent(run.right[-1], 1)]
        for name, run in runs.items()
    ]
    plain, dropped = runs["without"], runs["with dropout"]
    ways = {
        True: "It learns the training images less well, and others better: that is what dropout is for.",
        False: "Here it is no gain on other images: it helps where a network learns by heart, else it costs steps.",
    }
    return [
        Words(
            f"Does it help? One network of {HIDDEN} hidden units with ReLU learns {len(given.train.labels)} images of "
            f"{given.name} twice, with the same start, the same batches and the rate {rate:g}; once with dropout, p = "
            f"{p:g}, behind the hidden layer. A fifth of the training labels was made wrong: these can only be "
            f"learned by heart. {ways[dropped.test[-1] < plain.test[-1]]} (Srivastava et al. write p for the chance "
            "that a unit stays; here and in Torch7 it is the chance that it goes.)"
        ),
        _losses(runs),
        Numbers(f"after {plain.steps[-1]} steps: mean losses, and right answers on {len(given.test.labels)} others",
                ["", "training", "test", "lowest test", "right"], rows),
    ]  # fmt: skip


def _losses(runs: dict[str, Trained]) -> Figure:
    """Losses of training and test images, both in evaluation."""
    parts: list[Part] = []
    for name, (test, training) in zip(runs, (("mark", "second"), ("first", "third")), strict=True):
        for kind, said, losses in ((test, "test", runs[name].test), (training, "training", runs[name].train)):
            points = [(float(step), loss) for step, loss in zip(runs[name].steps, losses, strict=True)]
            parts.append(Line(points, kind, f"{said}, {name}"))
    high = spread([0.0, *(loss for run in runs.values() for loss in run.test[1:])], 0.1)
    title = "losses with and without dropout, of training and test images"
    return Figure(title, (0.0, float(STEPS)), high, parts, "steps", "loss")


def _moving(p: float, training: dict[str, FloatArray], evaluation: dict[str, FloatArray]) -> list[Figure | Stack]:
    """Draw after draw, and the means over those so far."""
    counts = [*range(1, 11), *np.unique(np.geomspace(11, DRAWS, 40).astype(int)).tolist()]
    first = {form: found[:, 0].astype(np.float64) for form, found in training.items()}
    most = max(VALUES) / (1 - p)
    frames: list[Figure | Stack] = []
    for count in counts:
        values = training["inverted"][count - 1]
        kept = [(float(place), float(value)) for place, value in enumerate(values, start=1) if value]
        dropped = [(float(place), VALUES[place - 1]) for place, value in enumerate(values, start=1) if not value]
        above = Figure(
            f"draw {count}, p = {p:g}: {len(kept)} of {len(VALUES)} values are kept, divided by {1 - p:g}", (0.4, 8.6),
            (0.0, most * 1.1), [Bars(dropped, "soft", "dropped"), Bars(kept, "first", "kept"),
                                *(Line([(x - 0.3, 0.0), (x + 0.3, height)], "mark") for x, height in dropped)],
            "value", marks=[(float(place), f"x{place}") for place in range(1, 9)],
        )  # fmt: skip
        frames += held([Stack([above, mean_figure(first, evaluation, count)])], 4 if count <= 10 else 1)
    return frames


def mean_figure(first: dict[str, DoubleArray], evaluation: dict[str, FloatArray], until: int = DRAWS) -> Figure:
    """The mean of the first value over the draws so far, in both forms, and what evaluation gives."""
    kinds = {"inverted": "first", "first": "second"}
    parts: list[Part] = []
    heights = [0.0]
    for form, values in first.items():
        means = np.cumsum(values) / np.arange(1, len(values) + 1)
        shown = np.unique(np.geomspace(1, until, 160).astype(int))
        points = [(float(np.log10(count)), float(means[count - 1])) for count in shown]
        heights += [height for _, height in points]
        target = float(evaluation[form][0])
        parts += [Line([(0.0, target), (float(np.log10(len(values))), target)], "soft", "in evaluation"),
                  Line(points, kinds[form], f"mean, {form} form"), Dots(points[-1:], kinds[form])]  # fmt: skip
    marks = [(float(power), f"{10**power}") for power in range(int(np.log10(DRAWS)) + 1)]
    across = (0.0, float(np.log10(DRAWS)))
    heights.append(float(max(first["inverted"].max(), first["first"].max())))  # as far as one draw can go
    return Figure("the mean over draws comes to what evaluation gives", across, spread(heights), parts, "draws", "mean",
                  marks=marks)  # fmt: skip


def _sums_figure(p: float, sums: DoubleArray, without: float) -> Figure:
    """How often a unit that adds all values gets which sum."""
    unit = 0.5 / (1 - p)  # VALUES are halves, 36 of them, so that every sum is a multiple of this
    counts, edges = np.histogram(sums, bins=unit * (np.arange(38) - 0.5))
    middles = (edges[:-1] + edges[1:]) / 2
    width = unit * 0.9
    most = float(counts.max())
    parts: list[Part] = [
        Bars(list(zip(middles.tolist(), counts.astype(float).tolist(), strict=True)), "first", "draws", width),
        Line([(without, 0.0), (without, most)], "mark", f"in evaluation: {without:g}"),
    ]
    note = f"mean {sums.mean():.3f}, standard deviation {sums.std():.3f}"
    return Figure("a unit behind that adds all eight gets another sum at each draw (inverted form)",
                  spread([float(edges[0]), float(edges[-1])], 0.02), (0.0, most * 1.08), parts, "sum", "draws",
                  notes=[note])  # fmt: skip


def _question(p: float, seed: int) -> Question:
    """Which values the inverted form can give for one input, in training."""
    given = 3.0

    def possible(form: str) -> str:
        outputs = layer_of(form, p, seed).train().forward(np.full((400, 1), given, np.float32))
        return " or ".join(f"{value:.4g}" for value in np.unique(outputs))

    first = layer_of("first", p, seed).eval().forward(np.array([[given]], np.float32))[0, 0]
    right = possible("inverted")
    choices = [
        Choice(right, True, f"0 with the chance {p:g}, else {given:g} / (1 - {p:g})."),
        Choice(possible("first"), False, "That is the first form, which does not scale in training."),
        Choice(f"always {given:g}", False, "That is evaluation, in the inverted form: nothing is dropped."),
        Choice(f"always {first:.4g}", False, "That is evaluation in the first form, and the mean of its training."),
    ]
    text = f"A value of {given:g} passes dropout with p = {p:g}, inverted form, in training. What can come out?"
    return Question(text, sorted(distinct(choices), key=lambda choice: choice.text))
