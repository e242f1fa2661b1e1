"""What a model says about many pictures, a few of which are in memory at a time."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from cnncli.cli.pictures_named import NamedPicture
from cnncli.errors import CnnError, MissingError, NoGlyphError, UsageError
from cnncli.shown import loosely, printable

if TYPE_CHECKING:
    from cnncli.model import Model
    from cnncli.pictures.recipe import InputRecipe, Prepared

Box = tuple[int, int, int, int]  # x, y, width, height

# Always as many, however fast they come: the same command gives the same bits.
_AT_ONCE = 16


class Look(NamedTuple):
    """How a picture is looked at: ink and paper swapped, a part of it, every digit of it."""

    invert: bool | None
    box: Box | None
    read_all: bool


class Answer(NamedTuple):
    """What the model says about one picture or one of its digits; or the error, and then nothing else.

    is_first : of the answers to its picture
    is_read : the picture could be read; with an error it then holds nothing that can be answered
    is_missing : it was named on the command line and does not exist
    told : the class of the model that its folder or its list tells; None: nothing does
    """

    picture: NamedPicture
    error: str | None = None
    prepared: "Prepared | None" = None
    label: str = ""
    probabilities: Sequence[float] = ()
    sure: bool = True
    box: Box | None = None
    is_first: bool = True
    is_read: bool = True
    is_missing: bool = False
    told: str | None = None


def recipe_of(model: "Model") -> "InputRecipe":
    """How the model's pictures are prepared; UsageError if it knows none."""
    if model.recipe is None:
        raise UsageError(
            "the model was trained on plain numbers and records no way to make them from pictures; "
            "use cnncli.load(...).predict(...) from Python"
        )
    return model.recipe


def answers(
    model: "Model", pictures: Iterable[NamedPicture | None], look: Look, least: float, threads: int, tta: bool = False
) -> Iterator[Answer]:
    """One answer a picture, or with `read_all` one a digit, in order.

    pictures : None among them: the answers to those before are wanted now
    least : probability from which an answer is sure
    threads : that read pictures
    tta : test-time augmentation, as of `Model.predict`
    """
    from cnncli.cli.in_order import in_order

    recipe, known = recipe_of(model), _Classes(model.class_names)
    group: list[Answer] = []
    for read in chain(in_order(lambda picture: _read(recipe, picture, look), pictures, threads), (None,)):
        group += (one._replace(told=known.of(one.picture.told)) for one in read or ())
        while len(group) >= _AT_ONCE or (read is None and group):
            yield from _predicted(model, group[:_AT_ONCE], least, tta)
            del group[:_AT_ONCE]


def _read(recipe: "InputRecipe", picture: NamedPicture, look: Look) -> list[Answer]:
    if picture.error is not None:
        return [Answer(picture, error=picture.error, is_read=False, is_missing=picture.is_word)]
    name = "standard input" if isinstance(picture.source, bytes) else None
    try:
        if look.read_all:
            found = recipe.prepare_all(picture.source, invert=look.invert, name=name)
            return [
                Answer(picture, prepared=prepared, box=box, is_first=index == 0)
                for index, (prepared, box) in enumerate(found)
            ]
        prepared = recipe.prepare(picture.source, invert=look.invert, box=look.box, name=name)
        return [Answer(picture, prepared=prepared, box=look.box)]
    except CnnError as error:
        is_missing = isinstance(error, MissingError) and picture.is_word  # else a list is wrong, or what came in
        is_read = isinstance(error, NoGlyphError)
        return [Answer(picture, error=str(error), is_read=is_read, is_missing=is_missing)]


def _predicted(model: "Model", group: Sequence[Answer], least: float, tta: bool) -> Iterator[Answer]:
    import numpy as np

    pixels = [answer.prepared.pixels for answer in group if answer.prepared is not None]
    if not pixels:
        yield from group
        return
    prediction = model.predict(np.stack(pixels), channels="first", tta=tta)
    predicted = iter(zip(prediction.names, prediction.probabilities.tolist(), strict=True))
    for answer in group:
        if answer.prepared is None:
            yield answer
            continue
        label, probabilities = next(predicted)
        if all(map(isfinite, probabilities)):
            sure = max(probabilities) >= least
            yield answer._replace(label=label, probabilities=probabilities, sure=sure)
        else:
            reason = "the model gives NaN or infinity for it; train it with a smaller learning rate"
            error = f"{printable(answer.picture.name)}: {reason}"
            yield Answer(answer.picture, error=error, is_first=answer.is_first, told=answer.told)


class _Classes:
    """The classes of a model by what folders and lists call them."""

    def __init__(self, class_names: Sequence[str]) -> None:
        self._names = set(class_names)
        self._loose = {loosely(name): name for name in class_names}
        if len(self._loose) < len(class_names):  # some differ in case only
            self._loose = {}

    def of(self, told: str | None) -> str | None:
        """The class that is meant; None: none of the model's."""
        return told if told is None or told in self._names else self._loose.get(loosely(told))


class Right(NamedTuple):
    """How many of the pictures whose class is told are right.

    right, answered : right answers among those that are sure; what holds no glyph is a wrong one
    guessed, unsure : right best guesses among those that are not sure
    teller : what tells the classes
    """

    right: int
    answered: int
    guessed: int
    unsure: int
    teller: str


class Tally:
    """Counts of all answers.

    pictures, failed, unread : pictures in all, those without an answer, and those of them that cannot be read
    exit_code : of a command that gave these answers
    labels : answers by class; those that are not sure by ""
    """

    def __init__(self, class_names: Sequence[str]) -> None:
        self._class_names = class_names
        self.pictures = self.failed = self.unread = self.answers = 0
        self.exit_code = 0
        self.labels: Counter[str] = Counter()
        self._told: Counter[tuple[bool, bool]] = Counter()  # whether it is sure, whether it is right
        self._tellers: set[str] = set()

    def add(self, answer: Answer) -> None:
        self.pictures += answer.is_first
        self.unread += not answer.is_read
        if answer.is_read and answer.told is not None:
            self._told[answer.sure, answer.error is None and answer.label == answer.told] += 1
            self._tellers.add(answer.picture.teller)
        if answer.error is not None:
            self.failed += 1
            self.exit_code = max(self.exit_code, MissingError.exit_code if answer.is_missing else CnnError.exit_code)
        else:
            self.answers += 1
            self.labels[answer.label if answer.sure else ""] += 1

    @property
    def right(self) -> Right | None:
        """What can be read and holds no glyph is a wrong answer, as of `cnn eval --skip-bad`; others are none.

        None unless folders or lists tell a class of the model for every such picture, and each has one answer.
        """
        told, read = self._told, self.pictures - self.unread
        if not told or told.total() != read or self.pictures != self.answers + self.failed:
            return None
        sure, unsure = (told[kind, True] + told[kind, False] for kind in (True, False))
        return Right(told[True, True], sure, told[False, True], unsure, " and ".join(sorted(self._tellers)))

    @property
    def line(self) -> str:
        """The counts: `12 pictures: 7 x 3, 3 x 5, 1 not sure, 1 not read`."""
        order = {name: index for index, name in enumerate(self._class_names)}
        named = [(name, count) for name, count in self.labels.items() if name]
        named.sort(key=lambda item: (-item[1], order[item[0]]))
        parts = [f"{count:,} x {printable(name)}" for name, count in named[:_CLASSES_COUNTED]]
        if rest := named[_CLASSES_COUNTED:]:
            parts.append(f"{sum(count for _, count in rest):,} of {len(rest):,} other classes")
        for count, what in ((self.labels[""], "not sure"), (self.failed, "not read")):
            if count:
                parts.append(f"{count:,} {what}")
        several = f" with {self.answers:,} digits" if self.answers + self.failed > self.pictures else ""
        return f"{self.pictures:,} pictures{several}: {', '.join(parts)}"


_CLASSES_COUNTED = 10
