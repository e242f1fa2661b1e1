"""What to read: the papers and tutorials that a first lecture on convolutional networks links."""

from collections.abc import Sequence
from dataclasses import dataclass

from cnncli.errors import UsageError
from cnncli.lessons.blocks import Asked, Block, Choice, Lesson, Numbers, Question, Words, check_values
from cnncli.lessons.figures import Dots, Figure, Label, Part, Segments


@dataclass(frozen=True)
class Read:
    """A paper with its year, or a page; `topic` groups them, `run` is the command that shows what it teaches."""

    year: int | None
    what: str
    teaches: str
    run: str
    topic: str


PAPERS = (
    Read(1958, "Rosenblatt, The perceptron. Psychological Review 65", "a unit that learns from its mistakes",
         "cnn learn perceptron", "units"),
    Read(1986, "Rumelhart, Hinton & Williams, Learning representations by back-propagating errors. Nature 323",
         "the chain rule through hidden units", "cnn learn backprop", "learning"),
    Read(1998, "LeCun, Bottou, Bengio & Haffner, Gradient-based learning applied to document recognition. Proc. "
         "IEEE 86",
         "LeNet-5, MNIST, and why masks are shared", "cnn learn lenet5", "networks"),
    Read(1998, "LeCun, Bottou, Orr & Mueller, Efficient BackProp", "scaled tanh, normalized inputs, good rates",
         "cnn check-layer ScaledTanh", "learning"),
    Read(2011, "Duchi, Hazan & Singer, Adaptive subgradient methods. JMLR 12", "Adagrad: a rate for each weight",
         "cnn learn optimizers", "optimizers"),
    Read(2012, "Krizhevsky, Sutskever & Hinton, ImageNet classification with deep convolutional neural networks",
         "ReLU, dropout and depth on large pictures", "cnn learn masks", "networks"),
    Read(2012, "Hinton, Srivastava, Krizhevsky, Sutskever & Salakhutdinov, Improving neural networks by preventing "
         "co-adaptation of feature detectors", "dropout in its first form", "cnn learn dropout", "regularization"),
    Read(2012, "Zeiler, ADADELTA: an adaptive learning rate method", "steps with the right units",
         "cnn learn optimizers", "optimizers"),
    Read(2013, "Zeiler & Fergus, Stochastic pooling for regularization", "pooling that draws",
         "cnn learn pooling", "regularization"),
    Read(2014, "Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting. JMLR 15",
         "dropout, and how much it helps", "cnn learn dropout", "regularization"),
    Read(2015, "Kingma & Ba, Adam: a method for stochastic optimization", "Adam, with its corrected means",
         "cnn learn optimizers", "optimizers"),
    Read(2015, "Ioffe & Szegedy, Batch normalization", "normalized layers learn faster", "cnn learn batchnorm",
         "regularization"),
    Read(2015, "He, Zhang, Ren & Sun, Delving deep into rectifiers", "PReLU, and how to begin with ReLU",
         "cnn check-layer PReLU", "units"),
    Read(2016, "He, Zhang, Ren & Sun, Deep residual learning for image recognition", "very deep networks, by sums",
         "cnn summary resnet-small", "networks"),
    Read(2019, "Araujo, Norris & Sim, Computing receptive fields of convolutional neural networks. Distill",
         "the field of view, by a formula", "cnn learn field", "networks"),
)  # fmt: skip
PAGES = (
    Read(None, "Alammar, A visual and interactive guide to the basics of neural networks (jalammar.github.io)",
         "regression by hand, then by descent", "cnn learn regression", "learning"),
    Read(None, "Ruder, An overview of gradient descent optimization algorithms (ruder.io)",
         "all optimizers with their animations", "cnn learn optimizers --gif race.gif", "optimizers"),
    Read(None, "Powell, Image kernels explained visually (setosa.io)", "masks on a picture",
         "cnn learn masks --out masks.html", "masks"),
    Read(None, "Karpathy, ConvNetJS (cs.stanford.edu/people/karpathy/convnetjs)", "networks that train in a page",
         "cnn learn learn-a-mask --out mask.html", "networks"),
    Read(None, "Smilkov & Carter, TensorFlow Playground (playground.tensorflow.org)",
         "hidden units that bend a border", "cnn learn mlp", "units"),
    Read(None, "Wang et al., CNN Explainer (poloclub.github.io/cnn-explainer)", "every number of a small network",
         "cnn explain digit.png --at conv1[3,10,12]", "networks"),
    Read(None, "Nielsen, Neural networks and deep learning (neuralnetworksanddeeplearning.com)",
         "a book: digits from the beginning", "cnn train --arch mlp", "learning"),
    Read(None, "Torch7's tutorial on supervised learning (data, model, loss, train, test)",
         "one training in five stages", "cnn train --preset torch-digits", "learning"),
)  # fmt: skip
_KINDS = {"units": "first", "learning": "second", "networks": "third", "optimizers": "mark", "regularization": "fourth"}
_YEARS = (1958, 2019)
_FEWEST = 3  # years that the question needs


def lesson(asked: Asked) -> Lesson:
    given = check_values(asked.values, _YEARS, range(2, 3), "two years, the first and the last, as 2010,2016", 3000)
    first, last = map(int, given)
    papers = [read for read in PAPERS if read.year is not None and first <= read.year <= last]
    if len({read.year for read in papers}) < _FEWEST:
        raise UsageError(f"--values: from {first} to {last} there are papers of fewer than {_FEWEST} years here; use a "
                         f"longer time, such as {_YEARS[0]},{_YEARS[1]}")  # fmt: skip
    rows = [[str(read.year), _told(read)] for read in papers]
    blocks: list[Block] = [
        Words(
            "What the lecture and its tutorials link, each with what it teaches and the command that shows it on "
            "your own numbers. Nothing here needs the internet; names and places are told, so that each can be found."
        ),
        timeline(papers, first, last),
        Numbers("papers" if given == _YEARS else f"papers from {first} to {last}", ["year", "read"], rows),
        Numbers("pages and tutorials", ["about", "read"], [[read.topic, _told(read)] for read in PAGES]),
    ]
    return Lesson(
        name="reading",
        title="What to read, and what to run beside it",
        blocks=blocks,
        question=_question(papers),
        go_on=[
            "cnn learn reading --values 2010,2016       # the papers of some years",
            "cnn learn                                  # all lessons",
            "cnn learn lenet5",
        ],
        values={"papers": [vars(read) for read in papers], "pages": [vars(read) for read in PAGES]},
        script="reading",
        data={
            "reads": [vars(read) | {"shows": _shows(read), "who": _who(read)}
                      for read in sorted((*papers, *PAGES), key=lambda read: read.year or 0)],
            "kinds": _KINDS, "years": [first, last],
        },
    )  # fmt: skip


def _told(read: Read) -> str:
    return f"{read.what}: {read.teaches}. Run: {read.run}"


def _shows(read: Read) -> str:
    """What its command is about: a lesson, a layer or a network."""
    words = read.run.split()
    return words[2] if len(words) > 2 else words[-1]


def _who(read: Read) -> str:
    """Its first author, with a word for the others."""
    names = read.what.split(", ")[0]
    first = names.split(" & ")[0].split(" et al")[0]
    return first if first == names and read.what.count(", ") < 2 else f"{first} et al."


def timeline(papers: Sequence[Read], first: int, last: int) -> Figure:
    """A row for each paper: who wrote it, a dot at its year, and the lesson that it belongs to."""
    span = float(last - first) or 1.0
    apart = 20 if span > 40 else 10
    years = [first, *(year for year in range(0, 3001, apart) if first + 0.08 * span < year < last - 0.08 * span), last]
    parts: list[Part] = []
    for year in years:
        parts += [Segments([((float(year), 0.5), (float(year), 0.5 - len(papers)))], "soft"),
                  Label((year - 0.05 * span, 0.6), str(year), "soft")]  # fmt: skip
    for row, read in enumerate(papers):
        assert read.year is not None
        kind = _KINDS[read.topic]
        parts += [Dots([(float(read.year), -float(row))], kind, read.topic),
                  Label((first - 0.46 * span, -row - 0.4), _who(read), "soft"),
                  Label((read.year + 0.035 * span, -row - 0.4), _shows(read), kind)]  # fmt: skip
    return Figure("who, when, and which lesson shows it", (first - 0.46 * span, last + 0.36 * span),
                  (0.5 - len(papers), 1.5), parts, bare=True, rows=len(papers) + 1,
                  high=28 * len(papers) + 56)  # fmt: skip


def _question(papers: Sequence[Read]) -> Question:
    """Which of some papers is the oldest: four of them, of different years."""
    by_year = {read.year or 0: read for read in reversed(papers)}
    years = sorted(by_year)
    some = [years[round(at * (len(years) - 1) / (min(4, len(years)) - 1))] for at in range(min(4, len(years)))]
    choices = []
    for year in some:
        read = by_year[year]
        why = (
            f"{year}: {read.what}." if year == some[0] else
            f"That is of {year}, {year - some[0]} years later; it teaches {read.teaches}."
        )  # fmt: skip
        choices.append(Choice(read.teaches, year == some[0], why))
    return Question("What was taught first, by the years of the papers?", sorted(choices, key=lambda one: one.text))
