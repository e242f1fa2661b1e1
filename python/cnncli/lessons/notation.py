"""The words and signs of the lessons, and how samples, batches, steps and epochs belong together."""

from cnncli.errors import UsageError
from cnncli.lessons.blocks import Asked, Choice, Lesson, Numbers, Question, Words, check_values, distinct
from cnncli.lessons.figures import Bars, Dots, Figure, Label, Line, Part, held, spread
from cnncli.lessons.glossary import TERMS

_SAMPLES, _BATCH = 500, 64
_MOST = 100_000
_DRAWN = 60  # steps


def lesson(asked: Asked) -> Lesson:
    given = check_values(asked.values, (_SAMPLES, _BATCH), range(2, 3), "how many samples, and how many a batch has",
                         _MOST)  # fmt: skip
    if any(value != int(value) or value < 1 for value in given) or given[1] > given[0]:
        raise UsageError("--values: how many samples there are, and how many of them a batch has, as 500,64")
    samples, batch = map(int, given)
    sizes = batches(samples, batch)
    return Lesson(
        name="notation",
        title="Notation: the words and signs of all lessons",
        blocks=[
            Words("Each word has one meaning here, and in the help of every command."),
            _words_figure(),
            Numbers("glossary", ["word", "meaning"], [[word, meaning] for word, meaning in TERMS.items()]),
            Words(
                f"An example of four of them: {samples:,} samples in batches of {batch:,}. Each batch makes a step, "
                f"and an epoch is over when every sample was in one: after {len(sizes):,} steps"
                + (f", the last with {sizes[-1]:,} samples." if sizes[-1] != batch else ".")
            ),
            _epoch_figure(sizes),
        ],
        question=_question(samples, batch),
        go_on=[
            "cnn learn notation --values 60000,64       # MNIST's training images",
            "cnn data digits                            # samples and classes",
            "cnn learn supervised",
        ],
        values={"terms": dict(TERMS), "samples": samples, "batch": batch, "steps": len(sizes), "last": sizes[-1]},
        script="notation",
        controlled=2,
        data={"samples": samples, "batch": batch},
        frames=lambda: held([_epoch_figure(sizes, taken) for taken in range(min(len(sizes), _DRAWN) + 1)], 4),
    )


def batches(samples: int, batch: int) -> list[int]:
    """How many samples each step of an epoch has.

    >>> batches(500, 64)
    [64, 64, 64, 64, 64, 64, 64, 52]
    """
    return [min(batch, samples - start) for start in range(0, samples, batch)]


def _words_figure() -> Figure:
    """A sample on its way through a layer to its loss, with the names of all that it meets."""
    parts: list[Part] = []
    inputs, units = [(0.0, 2.2), (0.0, 1.4), (0.0, 0.6)], [(1.6, 1.9), (1.6, 0.9)]
    parts += [Line([one, two], "soft") for one in inputs for two in units]
    parts += [Line([one, (3.0, 1.4)], "soft") for one in units] + [Line([(3.0, 1.4), (4.2, 1.4)], "soft")]
    parts += [Dots(inputs, "first"), Dots(units, "second"), Dots([(3.0, 1.4)], "second"), Dots([(4.2, 1.4)], "mark")]
    for at, words, kind in (
        ((-0.2, 2.55), "input x", "first"), ((0.62, 2.35), "weights w", "soft"), ((1.2, 2.55), "units: h = f(a)",
         "second"),
        ((2.65, 1.75), "output o", "second"), ((3.95, 1.75), "loss E", "mark"), ((3.85, 0.9), "target t", "first"),
        ((-0.2, 0.15), "forward: x to E", "soft"), ((2.3, 0.15), "backward: dE/dw from E", "soft"),
    ):  # fmt: skip
        parts.append(Label(at, words, kind))
    return Figure("a network with one hidden layer, and its words", (-0.35, 4.9), (-0.05, 2.85), parts, bare=True)


def _epoch_figure(sizes: list[int], taken: int | None = None) -> Figure:
    """A bar for each step; of very many the first ones. taken : so many of them were made; None: all"""
    shown = sizes[:_DRAWN]
    bars = [(float(step), float(size)) for step, size in enumerate(shown[:taken], start=1)]
    full, rest = [bar for bar in bars if bar[1] == sizes[0]], [bar for bar in bars if bar[1] != sizes[0]]
    parts: list[Part] = [Bars(full, "first", "a batch", 0.8)]
    if rest:
        parts.append(Bars(rest, "second", "the rest", 0.8))
    drawn = f", of which {len(shown)} are drawn" if len(sizes) > _DRAWN else ""
    title = f"the steps of an epoch: {len(sizes):,}{drawn}"
    if taken is not None:
        title = f"step {taken} of {len(sizes):,}: {sum(sizes[:taken]):,} of {sum(sizes):,} samples were seen"
    return Figure(
        title, (0.4, len(shown) + 0.6), (0.0, spread([0.0, float(sizes[0])], 0.1)[1]), parts, "step", "samples"
    )


def _question(samples: int, batch: int) -> Question:
    steps = -(-samples // batch)
    rest = samples % batch
    said = f"and the last batch has {rest}" if rest else "without a rest"
    return Question(
        f"How many steps has an epoch of {samples:,} samples in batches of {batch:,}?",
        distinct([
            Choice(str(steps), True, f"{samples:,} / {batch:,} = {samples / batch:.4g}, {said}."),
            Choice(str(samples // batch), False, "The samples that are left over make a step of their own."),
            Choice(str(steps + 1), False, "Nothing is left over for one step more."),
            Choice(str(samples), False, "That is stochastic descent, with batches of one sample."),
            Choice("1", False, "That is batch descent, where all samples make one step."),
            Choice(str(batch), False, "That is how many samples a step has, not how many steps there are."),
            Choice("0", False, "It takes a step at least to see a sample."),
        ]),
    )  # fmt: skip
