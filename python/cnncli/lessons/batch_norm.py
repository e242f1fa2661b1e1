"""Batch normalization: by the batch in training, by running values in evaluation, and what that does to values."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from cnncli.array_types import DoubleArray
from cnncli.errors import UsageError
from cnncli.layers import BatchNorm1d, Linear, Module, Sigmoid
from cnncli.layers.batch_norm import BatchNorm
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
from cnncli.lessons.figures import Dots, Figure, Line, Part, Point, Stack, held, spread
from cnncli.lessons.given import seen
from cnncli.lessons.layer_facts import known_layers
from cnncli.lessons.twins import Images, Trained
from cnncli.optim import SGD
from cnncli.shown import percent

BATCHES, SIZE = 60, 64
_MEAN, _DEVIATION = 5.0, 3.0
_TOLD = (1, 2, 5, 10, 30, BATCHES)
_MOST_CHANNELS = 6
# The training: three hidden layers of sigmoids, as in the paper's first experiment, on fewer images and units.
IMAGES, HIDDEN, DEEP, BATCH, STEPS = 3_200, 32, 3, 64, 120
FACTORS = (0.2, 1.0, 10.0)  # of the rate
_MEAN_OF = 10  # steps that a point of a curve is the mean of


@dataclass(frozen=True)
class Run:
    """A layer that has seen BATCHES batches.

    before, trained : the first batch, and what training makes of it; evaluated : what evaluation makes of it after each
    of _TOLD; means, variances : the running values after each batch
    """

    before: DoubleArray
    trained: DoubleArray
    evaluated: list[DoubleArray]
    means: list[float]
    variances: list[float]


def batches(seed: int) -> npt.NDArray[np.float32]:
    """float32 (BATCHES, SIZE, 1), normal with mean 5 and deviation 3."""
    rng = np.random.default_rng(seed)
    return rng.normal(_MEAN, _DEVIATION, (BATCHES, SIZE, 1)).astype(np.float32)


def run(given: npt.NDArray[np.float32]) -> Run:
    """The batches through a `BatchNorm1d`, one after the other."""
    layer = BatchNorm1d(1)
    first = given[0]
    trained, evaluated, means, variances = None, [], [], []
    for number_of, batch in enumerate(given, start=1):
        output = layer.train().forward(batch)
        trained = output if trained is None else trained
        means.append(layer.running_mean.item())
        variances.append(layer.running_var.item())
        if number_of in _TOLD:
            evaluated.append(layer.eval().forward(first)[:, 0].astype(np.float64))
    assert trained is not None
    return Run(first[:, 0].astype(np.float64), trained[:, 0].astype(np.float64), evaluated, means, variances)


def lesson(asked: Asked) -> Lesson:
    given = batches(asked.seed)
    found, own = run(given), _look(asked)
    rate, shown = check_rate(asked.rate, 0.5), twins.images(asked.data, IMAGES)
    runs = {
        factor: {name: learn(shown, name == "with", rate * factor, asked.seed) for name in ("without", "with")}
        for factor in FACTORS
    }
    rows = [
        [str(count), number(found.means[count - 1]), number(found.variances[count - 1]), number(float(values.mean())),
         number(float(values.std()))]
        for count, values in zip(_TOLD, found.evaluated, strict=True)
    ]  # fmt: skip
    blocks: list[Block] = [
        Words(
            "Values that grow or drift from layer to layer make learning slow. Batch normalization brings each "
            "feature of a batch to mean 0 and variance 1: y = w (x - mean) / sqrt(variance + eps) + b, with w and b "
            "learned, so that the layer can undo it where that is better (Ioffe & Szegedy 2015). Of maps a feature "
            "is a channel, and its mean is taken over all pixels of the batch."
        ),
        Numbers(
            f"a batch of {SIZE} values around {_MEAN:g}", ["", "mean", "standard deviation"],
            [["before", number(float(found.before.mean())), number(float(found.before.std()))],
             ["behind the layer, training", number(round(float(found.trained.mean()), 6)),
              number(float(found.trained.std()))]],
        ),
        distribution("the batch before and behind the layer", [
            (found.before, "soft", "before"), (found.trained, "first", "behind, in training"),
            (found.evaluated[0], "second", "behind, in evaluation after 1 batch"),
        ]),
        Words(
            "When the network is used there may be one picture alone, and its answer must not depend on others. So "
            "the layer keeps running values in training: running := 0.9 running + 0.1 of the batch (the momentum is "
            "0.1; elsewhere 0.9 is called so). The batch's own variance divides by its m values, the one that is "
            "kept by m - 1. In evaluation the layer takes these. They begin at 0 and 1; after few batches they are "
            "wrong yet, and so are the answers."
        ),
        _running(found),
        Numbers("the same batch in evaluation, after more and more batches of training",
                ["batches", "running mean", "running variance", "mean behind", "deviation behind"], rows),
        *_training_blocks(shown, runs, rate),
        *_own_blocks(own),
    ]  # fmt: skip
    return Lesson(
        name="batchnorm",
        title="Batch normalization: training and evaluation",
        blocks=blocks,
        question=_question(found),
        go_on=[
            "cnn learn batchnorm --model model.bin --picture photo.png",
            "cnn learn batchnorm --rate 2               # the training at other rates",
            "cnn check-layer BatchNorm2d --settings num_features=3",
            "cnn summary convnet                        # where it stands",
        ],
        values={
            "batch": found.before.tolist(), "trained": found.trained.tolist(), "means": found.means,
            "variances": found.variances, "evaluated": [values.tolist() for values in found.evaluated],
            "own": _facts(own),
            "training": {"data": shown.name, "rate": rate, "factors": list(FACTORS),
                         "runs": [{name: vars(one) for name, one in pair.items()} for pair in runs.values()]},
        },
        script="batchnorm",
        data={"batch": [float(f"{value:.7g}") for value in found.before.tolist()], "mean": _MEAN,
              "deviation": _DEVIATION, "size": SIZE, "batches": BATCHES, "seed": asked.seed},
        frames=lambda: _moving(found),
    )  # fmt: skip


def learn(given: Images, normalized: bool, rate: float, seed: int) -> Trained:
    """A network with hidden layers of sigmoids, and batch normalization before each of these or not."""
    layers: list[Module] = []
    width = given.inputs
    for _ in range(DEEP):
        layers += [Linear(width, HIDDEN), *([BatchNorm1d(HIDDEN)] if normalized else []), Sigmoid()]
        width = HIDDEN
    network = twins.network_of(given, [*layers, Linear(width, given.classes)], seed)
    batches = twins.batches_of(len(given.train.labels), min(BATCH, len(given.train.labels)), STEPS, seed)
    return twins.train(given, network, SGD(rate), batches, STEPS, seed)


def _training_blocks(given: Images, runs: dict[float, dict[str, Trained]], rate: float) -> list[Block]:
    """The same training with and without, at three rates."""
    rows = [
        [f"{rate * factor:g}", *(number(_end(pair[name]), 3) for name in pair),
         *(percent(pair[name].right[-1], 1) for name in pair)]
        for factor, pair in runs.items()
    ]  # fmt: skip
    better = sum(pair["with"].right[-1] > pair["without"].right[-1] for pair in runs.values())
    right = {name: [pair[name].right[-1] for pair in runs.values()] for name in ("with", "without")}
    apart = {name: max(shares) - min(shares) for name, shares in right.items()}
    return [
        Words(
            f"Does it help? A network of {DEEP} hidden layers with {HIDDEN} sigmoids each learns {given.name} in "
            f"{STEPS} steps of {min(BATCH, len(given.train.labels))} images, with the same "
            "start and the same batches, with batch normalization before each sigmoid and without. Sums that drift "
            "to where a sigmoid is flat pass hardly any gradient; normalized ones stay where it is steep."
        ),
        _curves(runs[1.0], rate),
        Numbers(f"loss at the end, and right answers on {len(given.test.labels)} others",
                ["rate", "without", "with", "right without", "right with"], rows),
        Words(
            f"With it the network is better at {better} of the {len(runs)} rates, which lie far apart. From one rate "
            f"to the other its right answers differ by up to {percent(apart['with'], 1)}, without by up to "
            f"{percent(apart['without'], 1)}"
            + (": with normalization the rate matters less." if apart["with"] < apart["without"] else ".")
        ),
    ]  # fmt: skip


def _end(run: Trained) -> float:
    """The mean loss of the last batches; infinite where the training did not come so far."""
    return float(np.mean(run.batches[-_MEAN_OF:])) if len(run.batches) == STEPS else float("inf")


def _curves(pair: dict[str, Trained], rate: float) -> Figure:
    parts: list[Part] = []
    for kind, name in (("second", "without"), ("first", "with")):
        losses = pair[name].batches
        parts.append(Line([(float(step), float(np.mean(losses[max(0, step - _MEAN_OF) : step])))
                           for step in range(1, len(losses) + 1)], kind, f"{name} batch normalization"))  # fmt: skip
    first = max(run.batches[0] for run in pair.values() if run.batches)
    return Figure(f"the loss with the rate {rate:g}", (0.0, float(STEPS)), spread([0.0, 1.1 * first], 0.05), parts,
                  "steps", "loss")  # fmt: skip


def distribution(title: str, series: list[tuple[DoubleArray, str, str]], x: Point | None = None) -> Figure:
    """How often which value, as outlines over one axis; x : its ends, None: those of the values"""
    low, high = x or spread([float(value) for values, _, _ in series for value in (values.min(), values.max())], 0.05)
    edges = np.linspace(low, high, 29)
    parts: list[Part] = []
    most = 0.0
    for values, kind, name in series:
        shares = np.histogram(values, edges)[0] / max(1, len(values))
        most = max(most, float(shares.max()))
        points = [(float(low), 0.0)]
        for place, share in enumerate(shares.tolist()):
            points += [(float(edges[place]), share), (float(edges[place + 1]), share)]
        parts.append(Line([*points, (float(high), 0.0)], kind, name))
    return Figure(title, (low, high), (0.0, most * 1.1), parts, "value", "share")


def _moving(found: Run) -> list[Figure | Stack]:
    """Batch after batch: the running values come near, and with them what evaluation makes of the first batch."""
    axes = distribution("", [(found.before, "soft", ""), (found.evaluated[0], "second", "")])
    frames: list[Figure | Stack] = []
    for count, (mean, variance) in enumerate(zip(found.means, found.variances, strict=True), start=1):
        behind = (found.before - mean) / np.sqrt(variance + BatchNorm1d(1).eps)
        above = distribution(
            f"after {count} batch{'' if count == 1 else 'es'}: evaluation gives mean {behind.mean():.2f}, deviation "
            f"{behind.std():.2f}",
            [(found.before, "soft", "before"), (found.trained, "first", "behind, in training"),
             (behind, "second", "behind, in evaluation")],
            axes.x,
        )  # fmt: skip
        above = replace(above, y=(0.0, 0.4))
        ends = [Dots([(float(count), value)], kind) for value, kind in ((mean, "first"), (variance, "second"))]
        below = _running(replace(found, means=found.means[:count], variances=found.variances[:count]), found)
        frames += held([Stack([above, replace(below, parts=[*below.parts, *ends])])], 3 if count <= 10 else 1)
    return frames


def _running(shown: Run, whole: Run | None = None) -> Figure:
    """The running values so far; whole : what the axes are for"""
    found = whole or shown
    first_mean, first_variance, end = float(found.before.mean()), float(found.before.var()), float(BATCHES)
    parts: list[Part] = [
        Line([(0.0, first_mean), (end, first_mean)], "soft", "of the first batch"),
        Line([(0.0, first_variance), (end, first_variance)], "soft"),
        Line([(float(step), value) for step, value in enumerate([0.0, *shown.means])], "first", "running mean"),
        Line([(float(step), value) for step, value in enumerate([1.0, *shown.variances])], "second",
             "running variance"),
    ]  # fmt: skip
    top = max(*found.variances, *found.means, first_variance)
    return Figure("the running values come near", (0.0, end), (0.0, top * 1.1), parts, "batches")


@dataclass(frozen=True)
class _Own:
    """The first batch normalization of a network, and what it gets of a picture; channels : (before, running mean,
    running variance, mean in evaluation, deviation in evaluation) of each."""

    title: str
    channels: list[tuple[float, float, float, float, float]]
    before: DoubleArray
    trained: DoubleArray
    evaluated: DoubleArray


def _look(asked: Asked) -> _Own | None:
    if asked.model is None and asked.picture is None:
        return None
    given = seen(asked, "convnet")
    network = given.network
    one = next((one for one in known_layers(network) if isinstance(one.layer, BatchNorm)), None)
    if one is None:
        raise UsageError(f"{given.said}: normalizes no batches; use a network with BatchNorm layers, such as convnet")
    assert isinstance(one.layer, BatchNorm)
    network.eval()
    steps = network.trace()
    values = [network.samples(given.image), *network.activations(given.image)]
    [source] = steps[one.index].inputs
    before, evaluated = values[source], values[one.index + 1]
    copied = type(one.layer)(**one.layer.settings())
    if copied.weight is not None and copied.bias is not None:
        copied.weight[...], copied.bias[...] = one.layer.weight, one.layer.bias
    trained = copied.train().forward(before)
    shown = before.reshape(before.shape[1], -1).astype(np.float64)
    behind = evaluated.reshape(before.shape[1], -1).astype(np.float64)
    channels = [
        (float(shown[at].mean()), float(one.layer.running_mean[at]), float(one.layer.running_var[at]),
         float(behind[at].mean()), float(behind[at].std()))
        for at in range(min(_MOST_CHANNELS, len(shown)))
    ]  # fmt: skip
    weights = "" if given.trained else ", not trained yet"
    title = f"layer {one.name} of {given.said}{weights}, on {given.picture}"
    first = trained.reshape(before.shape[1], -1)[0].astype(np.float64)
    return _Own(title, channels, shown[0], first, behind[0])


def _own_blocks(own: _Own | None) -> list[Block]:
    """The reader's network and picture."""
    if own is None:
        return []
    rows = [[str(at), *(number(value, 3) for value in channel)] for at, channel in enumerate(own.channels)]
    return [
        Numbers(own.title, ["channel", "mean", "running mean", "running var.", "mean behind", "dev. behind"], rows),
        distribution(f"channel 0 of {own.title}", [
            (own.before, "soft", "before"), (own.trained, "first", "behind, in training"),
            (own.evaluated, "second", "behind, in evaluation"),
        ]),
        Words(
            "In training the layer would take mean and variance from this one picture; in evaluation it takes those "
            "that it kept. A model that is used while it is still in training mode answers by its neighbours in the "
            "batch."
        ),
    ]  # fmt: skip


def _facts(own: _Own | None) -> dict[str, object] | None:
    return None if own is None else {"layer": own.title, "channels": [list(channel) for channel in own.channels]}


def _question(found: Run) -> Question:
    """The running mean after the first batch."""
    mean, right = float(found.before.mean()), found.means[0]
    return Question(
        f"The running mean is 0 before training. The first batch has the mean {number(mean, 3)}, and the momentum is "
        "0.1. "
        "What is the running mean then?",
        distinct([
            Choice(number(right, 3), True, f"0.9 x 0 + 0.1 x {number(mean, 3)} = {number(right, 3)}: it moves slowly."),
            Choice(number(mean, 3), False, "That is the mean of the batch, which training uses for this batch only."),
            Choice(number(0.9 * mean, 3), False, "The momentum is the share of the new batch here, as in PyTorch; that "
                                                 "takes it for the share of what was kept."),
            Choice(number(0.0, 3), False, "Only evaluation leaves the running values as they are."),
        ]),
    )  # fmt: skip
