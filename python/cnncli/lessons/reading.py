"""What to read: the papers and tutorials that a first lecture on convolutional networks links."""

from dataclasses import dataclass

from cnncli.lessons.blocks import Asked, Block, Choice, Lesson, Numbers, Question, Words
from cnncli.lessons.figures import Dots, Figure, Label, Line, Part


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
_KINDS = {"units": "first", "learning": "second", "networks": "third", "optimizers": "mark", "regularization": "soft"}


def lesson(asked: Asked) -> Lesson:
    blocks: list[Block] = [
        Words(
            "What the lecture and its tutorials link, each with what it teaches and the command that shows it on "
            "your own numbers. Nothing here needs the internet; names and places are told, so that each can be found."
        ),
        timeline(),
        Numbers("papers", ["year", "read"], [[str(read.year), _told(read)] for read in PAPERS]),
        Numbers("pages and tutorials", ["about", "read"], [[read.topic, _told(read)] for read in PAGES]),
    ]
    return Lesson(
        name="reading",
        title="What to read, and what to run beside it",
        blocks=blocks,
        question=_question(),
        go_on=["cnn learn                                  # all lessons", "cnn learn lenet5"],
        values={"papers": [vars(read) for read in PAPERS], "pages": [vars(read) for read in PAGES]},
        script="reading",
        data={"reads": [vars(read) for read in sorted((*PAPERS, *PAGES), key=lambda read: read.year or 0)]},
    )


def _told(read: Read) -> str:
    return f"{read.what}: {read.teaches}. Run: {read.run}"


def timeline() -> Figure:
    """Papers by their year; those of one year above each other."""
    parts: list[Part] = [Line([(1955.0, 0.0), (2022.0, 0.0)], "soft")]
    height: dict[int, int] = {}
    marks = [(float(year), str(year)) for year in range(1960, 2021, 10)]
    for read in PAPERS:
        assert read.year is not None
        level = height[read.year] = height.get(read.year, 0) + 1
        parts.append(Dots([(float(read.year), float(level))], _KINDS[read.topic], read.topic))
        if level == 1 and read.year < 2011:
            parts.append(Label((float(read.year), 1.4), read.what.split(",")[0], "soft"))
    return Figure("papers by their year", (1954.0, 2023.0), (0.0, 5.2), parts, rows=8, marks=marks)


def _question() -> Question:
    """Which of some papers is the oldest, by the list."""
    starts = ("Gradient-based", "Adam:", "Dropout:", "Batch norm")
    asked = [next(read for read in PAPERS if start in read.what) for start in starts]
    years = {read: read.year or 0 for read in asked}
    oldest = min(asked, key=years.__getitem__)
    choices = []
    for read in asked:
        why = (
            f"{read.year}: {read.what}." if read is oldest else
            f"That is of {read.year}, {years[read] - years[oldest]} years later; it teaches {read.teaches}."
        )  # fmt: skip
        choices.append(Choice(read.what.split(", ")[-1].split(". ")[0], read is oldest, why))
    return Question("Which of these came first?", sorted(choices, key=lambda choice: choice.text))
