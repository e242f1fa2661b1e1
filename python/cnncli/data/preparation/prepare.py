"""The one way from what a reader found to the images of a data set: for training, evaluation and prediction alike."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cnncli.data.dataset import Blank, DataSet, Images, Note, Split, check_size, find_polarity
from cnncli.data.fetch_records import PicturesDone, PicturesProgress, Report, ignore
from cnncli.data.preparation.decide import decide, some_numbers
from cnncli.data.preparation.decoding import prepare_all
from cnncli.data.preparation.one_picture import Outcome, Source
from cnncli.data.preparation.picture_cache import PictureCache
from cnncli.data.preparation.wish import PictureWish
from cnncli.data.raw import PARTS, RawPart, RawSet
from cnncli.errors import DataError
from cnncli.pictures.border import with_border
from cnncli.pictures.portions import portions
from cnncli.pictures.recipe import COLOURS, InputRecipe
from cnncli.pictures.segmentation.as_mnist import lies_as_mnist
from cnncli.shown import plural, printable

_QUIET_SECONDS = 0.5
_REPORT_SECONDS = 0.1
_MOST_LISTED = 20
_MOST_NAMED = 3
_ANYTHING = PictureWish()


def prepare_set(
    raw: RawSet,
    *,
    wish: PictureWish = _ANYTHING,
    recipe: InputRecipe | None = None,
    parts: Sequence[str] | None = None,
    skip_bad: bool = False,
    use_cache: bool = True,
    report: Report = ignore,
) -> DataSet:
    """Makes the images of a data set, each exactly as `recipe.prepare` makes it of its file.

    An array is treated as if it had been saved as a picture file. What lies as it should is not touched, so that sets
    of arrays such as MNIST cost nothing.

    Parameters
    ----------
    raw : what a reader found
    wish : what the user and the network ask for; without `recipe` the rest is decided from the training pictures
    recipe : of a model that is to be evaluated or trained on
    parts : names of the parts that are needed; None: all
    skip_bad : whether pictures that cannot be read are left aside; their number is then in the notes
    use_cache : whether images are looked for in the cache of prepared pictures, and kept there
    report : called with `PicturesProgress` and `PicturesDone` where it takes more than half a second

    Returns
    -------
    DataSet; its notes tell the preparation first, and last what was left aside. Pictures in which no glyph is found
    are the `blanks` of their part

    Raises
    ------
    DataError : pictures cannot be read (its `__notes__` list them), none is left, or all are above the memory limit
    """
    names = [name for name in PARTS if name in raw.parts and (parts is None or name in parts)]
    watch = _Watch(raw.name, report)
    notes = list(raw.notes)
    if recipe is None:
        decision = decide(raw, wish, use_cache, lambda done, total: watch.show("looking at", done, total))
        recipe = decision.recipe
        notes.insert(0, Note("prepared", f"{recipe.text} ({decision.reason})"))
    else:
        notes.insert(0, Note("prepared", recipe.text + _misfit(raw, names, recipe)))
    work = _Work(raw, recipe, use_cache, watch)
    made = {name: work.part(raw.parts[name]) for name in names}
    watch.close()
    _refuse_broken(raw, made, skip_bad, notes)
    splits = {name: made[name].split(raw.parts[name]) for name in names}
    for name, split in splits.items():
        _tell_blanks(name, split, raw.class_names, notes)
    _tell_untrained(raw.class_names, splits, notes)
    first = next((split for split in splits.values() if len(split)), None)
    if first is None:
        raise DataError(f"{raw.name}: none of its pictures can be used; look at them with another --prepare")
    untouched = all(one.is_untouched for one in made.values()) and len(names) == len(raw.parts)
    return DataSet(
        name=raw.name,
        train=splits.get("train"),
        test=splits.get("test"),
        class_names=raw.class_names,
        polarity=recipe.polarity if recipe.kind == "glyph" else raw.polarity or find_polarity(first.images),
        source=raw.source,
        known_digest=raw.known_digest if untouched else None,
        validation=splits.get("validation"),
        notes=notes,
        preparation=recipe.kind,
        border=recipe.border,
    )


def _misfit(raw: RawSet, names: Sequence[str], recipe: InputRecipe) -> str:
    """What arrays are, where a model takes another size or colour."""
    for name in names:
        pictures = raw.parts[name].pictures
        if not isinstance(pictures, list) and pictures.shape[1:] != recipe.picture_shape:
            channels, height, width = pictures.shape[1:]
            return f" (the images are {COLOURS.get(channels, channels)} {height}x{width})"
    return ""


class _Watch:
    """Tells the progress of what takes longer than half a second."""

    def __init__(self, name: str, report: Report) -> None:
        self._name, self._report = name, report
        self._stage, self._began, self._told = "", 0.0, 0.0
        self._is_shown = False
        self.cached = 0
        self._total = 0

    def show(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if stage != self._stage:
            self.close()
            self._stage, self._began, self._total = stage, now, total
            self._told = now + _QUIET_SECONDS - _REPORT_SECONDS
        if now - self._told >= _REPORT_SECONDS:
            self._told, self._is_shown = now, True
            self._report(PicturesProgress(self._name, stage, done, total, now - self._began))

    def close(self) -> None:
        if self._is_shown:
            seconds = time.monotonic() - self._began
            self._report(PicturesDone(self._name, self._stage, self._total, self.cached, seconds))
        self._stage, self._is_shown = "", False


@dataclass
class _Made:
    """Images of one part, and what became of the pictures without one.

    images : uint8 (N, C, H, W); the places of the broken and the blank hold nothing
    broken, blank : number of the picture to the line that says why
    """

    images: Images
    is_untouched: bool = False
    broken: dict[int, str] = field(default_factory=dict)
    blank: dict[int, str] = field(default_factory=dict)

    def split(self, part: RawPart) -> Split:
        """The part without what has no image; the images are moved together in place."""
        files = tuple(map(str, part.pictures)) if isinstance(part.pictures, list) else None
        lost = {**self.broken, **self.blank}
        if not lost:
            return Split(self.images, part.labels, files)
        kept = np.array([number for number in range(len(part)) if number not in lost], np.int64)
        for rows in portions(len(kept)):  # forward, so that nothing is overwritten before it moved
            self.images[rows] = self.images[kept[rows]]
        blanks = tuple(
            Blank(_name(part, number), int(part.labels[number]), line) for number, line in sorted(self.blank.items())
        )
        return Split(
            self.images[: len(kept)],
            part.labels[kept],
            tuple(files[number] for number in kept) if files is not None else None,
            blanks,
        )


class _Work:
    """Makes the images of the parts of one data set."""

    def __init__(self, raw: RawSet, recipe: InputRecipe, use_cache: bool, watch: _Watch) -> None:
        self._raw, self._recipe, self._watch = raw, recipe, watch
        self._cache: PictureCache | None = None
        self._use_cache = use_cache
        self._done_before = 0
        self._total = sum(map(len, raw.parts.values()))

    def part(self, part: RawPart) -> _Made:
        pictures = part.pictures
        if isinstance(pictures, list):
            channels, height, width = self._recipe.shape
            check_size(self._raw.source or self._raw.name, len(pictures), channels, height, width)
            made = _Made(np.empty((len(pictures), channels, height, width), np.uint8))
            self._make(pictures, np.arange(len(pictures)), made, part)
            return made
        ready, is_dark = self._ready(pictures, part.labels)
        border = self._recipe.border
        channels, height, width = self._recipe.shape
        if ready.all() and not is_dark.any() and pictures.shape[1] == channels:
            return _Made(with_border(pictures, border)) if border else _Made(pictures, is_untouched=True)
        check_size(self._raw.source or self._raw.name, len(pictures), channels, height, width)
        made = _Made(np.empty((len(pictures), channels, height, width), np.uint8))
        if ready.any():
            made.images[ready] = with_border(pictures[ready][:, :1], border)
            made.images[is_dark] = np.subtract(np.uint8(255), made.images[is_dark])
        rest = np.flatnonzero(~ready)
        self._make([pictures[number] for number in rest], rest, made, part)
        return made

    def _ready(
        self, images: Images, labels: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Which images are what `recipe.prepare` would make of them, and which so once they are inverted."""
        none = np.zeros(len(images), np.bool_)
        recipe = self._recipe
        if recipe.kind == "plain":
            return (~none if images.shape[1:] == recipe.picture_shape else none), none
        if images.shape[2:] != recipe.picture_shape[1:]:
            return none, none
        inverts = recipe.polarity == "dark-on-light"
        if self._raw.known_digest and len(images) and images.shape[1:] == recipe.picture_shape and not inverts:
            # A published set lies as its first hundreds do; the test holds MNIST to that.
            lies, is_dark = lies_as_mnist(np.ascontiguousarray(images[some_numbers(labels)]))
            if lies.all() and not is_dark.any():
                return ~none, none
        lies, is_dark = lies_as_mnist(images)
        return lies, lies & (is_dark != inverts)

    def _make(self, sources: Sequence[Source], numbers: npt.NDArray[np.int64], made: _Made, part: RawPart) -> None:
        """Fills the images of these sources, whose numbers in the part are `numbers`."""
        if not sources:
            return
        is_whole = len(sources) == len(part)
        images = made.images if is_whole else np.empty((len(sources), *self._recipe.shape), np.uint8)
        outcomes: list[Outcome | None] = [None] * len(sources)
        cache = self._opened_cache()
        found: list[int] = []
        if cache is not None:
            found, outcomes = cache.find(sources, images)
            self._watch.cached += len(found)
        here = set(found)
        todo = [number for number in range(len(sources)) if number not in here]

        def take(turn: int, outcome: Outcome) -> None:
            number = todo[turn]
            if outcome.pixels is not None:
                images[number] = outcome.pixels
            known = outcomes[number]
            digest = outcome.digest or (known.digest if known is not None else b"")
            outcomes[number] = Outcome(None, outcome.error, outcome.is_blank, digest, outcome.state)

        before = self._done_before + len(found)
        if todo:
            prepare_all(
                self._recipe,
                [sources[number] for number in todo],
                take,
                lambda done: self._watch.show("preparing", before + done, self._total),
                with_digests=cache is not None,
            )
        if cache is not None:
            cache.keep(sources, outcomes, images)
        self._done_before += len(sources)
        if not is_whole:
            made.images[numbers] = images
        for number, outcome in zip(numbers.tolist(), outcomes, strict=True):
            if outcome is not None and outcome.error:
                (made.blank if outcome.is_blank else made.broken)[number] = outcome.error

    def _opened_cache(self) -> PictureCache | None:
        if self._use_cache and self._cache is None:
            self._cache = PictureCache(self._recipe)
        return self._cache


def _name(part: RawPart, number: int) -> str:
    picture = part.pictures[number]
    return str(picture) if isinstance(picture, Path) else f"image {number}"


def _line(part: RawPart, number: int, error: str) -> str:
    """What is wrong with a picture, after the place that names it."""
    if part.places is not None:
        return f"{part.places[number]}: {error}"
    if isinstance(part.pictures, list):
        return error
    return f"image {number}: {error.removeprefix('picture: ')}"


def _refuse_broken(raw: RawSet, made: dict[str, _Made], skip_bad: bool, notes: list[Note]) -> None:
    """Lists all pictures that cannot be read, or notes that they are left aside."""
    lines = [
        _line(raw.parts[name], number, error)
        for name, one in made.items()
        for number, error in sorted(one.broken.items())
    ]
    if not lines:
        return
    total = sum(len(one.images) for one in made.values())
    if skip_bad:
        text = f"left aside: {plural(len(lines), 'picture')} of {total:,} that cannot be read ({_first(lines)})"
        notes.append(Note("left aside", text, {"cannot be read": len(lines)}))
        return
    if len(lines) == 1:
        alone = DataError(lines[0])
        alone.add_note("  (--skip-bad goes on without it)")
        raise alone
    error = DataError(
        f"{printable(raw.source or raw.name)}: {len(lines):,} of {total:,} pictures cannot be read; mend or "
        "remove them, "
        "or pass --skip-bad to go on without them"
    )
    for line in lines[:_MOST_LISTED]:
        error.add_note(f"  {line}")
    if len(lines) > _MOST_LISTED:
        error.add_note(f"  and {len(lines) - _MOST_LISTED:,} more")
    raise error


def _tell_untrained(class_names: Sequence[str], splits: dict[str, Split], notes: list[Note]) -> None:
    """Classes that a model is measured on and never sees."""
    if "train" not in splits:
        return
    known = set(np.unique(splits["train"].labels).tolist())
    for name in ("validation", "test"):
        labels = splits[name].labels if name in splits else np.zeros(0, np.int64)
        unknown = [number for number in np.unique(labels).tolist() if number not in known]
        if unknown:
            listed = ", ".join(printable(class_names[number])[:40] for number in unknown[:_MOST_NAMED])
            more = ", ..." if len(unknown) > _MOST_NAMED else ""
            count = int(np.isin(labels, unknown).sum())
            text = (
                f"{'class' if len(unknown) == 1 else 'classes'} {listed}{more}: no training images, so that "
                f"{plural(count, 'image')} of {name} cannot be answered"
            )
            notes.append(Note("classes", text, {f"untrained in {name}": count}))


def _tell_blanks(name: str, split: Split, class_names: Sequence[str], notes: list[Note]) -> None:
    if not split.blanks:
        return
    count = len(split.blanks)
    examples, classes = _first([blank.name for blank in split.blanks]), _most_of(split, class_names)
    what = f"{plural(count, 'picture')} in which no glyph is found ({examples}), {classes}"
    if name != "train":
        notes.append(Note("prepared", f"{name}: {what}, counted as wrong answers", {f"no glyph in {name}": count}))
    else:
        notes.append(Note("left aside", f"left aside: {what}", {f"no glyph in {name}": count}))


def _most_of(split: Split, class_names: Sequence[str]) -> str:
    """The classes of the most pictures without a glyph: "60 of 60 of square, 2 of 61 of circle"."""
    lost = Counter(blank.label for blank in split.blanks).most_common()
    held = np.bincount(split.labels, minlength=len(class_names))
    named = [
        f"{count:,} of {held[label] + count:,} of {printable(class_names[label])[:40]}"
        for label, count in lost[:_MOST_NAMED]
    ]
    return ", ".join(named) + (", ..." if len(lost) > _MOST_NAMED else "")


def _first(lines: Sequence[str]) -> str:
    """The names of the first few files, without their folders, which a model file must not hold."""
    names = [Path(line.partition(": ")[0]).name for line in lines[:_MOST_NAMED]]
    return ", ".join(names) + (", ..." if len(lines) > _MOST_NAMED else "")
