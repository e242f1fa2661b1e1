"""How the pictures of a data set are to become images, decided from some hundred of its training pictures.

"glyph" where the pictures lie as MNIST's do, where exactly one glyph is found in nearly all and classes are told apart
no worse with it than without, or where it is found in most and they are told apart far better; else "plain". How well
they are told apart is asked of the nearest neighbour among the pictures looked at. Pictures in colour whose glyphs tell
too few apart are taken whole where there are enough to learn place and colour from. Names of classes do not matter.
"""

import hashlib
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli import _core
from cnncli.data.dataset import Images
from cnncli.data.preparation.one_picture import Source, array_digest, as_picture, file_state
from cnncli.data.preparation.picture_cache import code_digest, keep_decision, read_decision
from cnncli.data.preparation.wish import PictureWish, Shape
from cnncli.data.raw import PARTS, RawPart, RawSet
from cnncli.errors import CnnError, DataError
from cnncli.pictures.recipe import COLOURS, InputRecipe
from cnncli.pictures.segmentation.as_mnist import lies_as_mnist

_VERSION = 3  # of the rules below; of the code they use there is a digest
_MOST_LOOKED_AT = 240
_MOST_CLASSES_LOOKED_AT = 24
_FIRST_LOOK = 48  # pictures after which most photos are known to be no glyphs
_NEARLY_ALL = 0.97  # the rest could not be answered at all, so more than a few are worse than no finder
_MOST = 0.85  # that must have a glyph where glyphs tell the classes apart far better, the others counted as wrong
_FAR_BETTER = 0.25
# Pictures in colour whose glyphs alone tell fewer apart are taken whole where there are so many of a class: of drawn
# shapes, whose glyphs are right in 40 to 50 %, 99.1 % came right instead of 74 with 200 of a class, but 48.6 instead
# of 62.2 with 20.
_WELL_APART = 0.75
_ENOUGH_OF_A_CLASS = 100
_TOO_FEW = 0.8  # of the first look; then the others are not tried
_DEVIATIONS = 1.5  # a worse nearest neighbour counts from so many standard errors on
_THUMBNAIL = 28
_COLOURED_PIXELS = 0.02  # of a thumbnail, from which a picture is in colour
_LEAST_CHROMA = 24  # between the channels of a pixel in colour; yellow paper and blue ink of a scan have less
_COLOURED_PICTURES = 0.05
_LARGEST_NATURAL = 128  # pixels a side up to which pictures of one size keep it
_PHOTO_SIDES = (64, 32, 28)  # for photos of many sizes: the largest that most of them have
_GLYPH_SIDE = 28
_TINY = 16  # pixels a side; on UCI's 8x8 digits glyphs are right on 72, 88, 90 %, whole pictures on 87, 97, 97 %
_MOST_ARRAYS = 5_000  # 12 ms each, twice that for dark on light: a minute
_ENOUGH_PIXELS = 640


@dataclass(frozen=True)
class Look:
    """What was found in the pictures looked at.

    pictures : looked at, without those that cannot be read
    lying : of them lie as MNIST's do
    tried, found : how many were tried for a glyph, and in how many one was found
    glyph_right, plain_right : how many of them have the class of their nearest neighbour, by each preparation
    is_worse : whether the first of the two is below the second by more than chance
    is_coloured : whether enough of them are in colour
    size : (height, width) if all have the same one, at most 128 pixels a side; else None
    typical_side : half of the pictures have a longer side of at least this
    """

    pictures: int
    lying: int
    tried: int
    found: int
    glyph_right: int
    plain_right: int
    is_worse: bool
    is_coloured: bool
    size: tuple[int, int] | None
    typical_side: int

    @property
    def is_glyphs(self) -> bool:
        """Whether "glyph" is the preparation for such pictures."""
        if self.pictures == 0:
            return False
        if self.lying >= _NEARLY_ALL * self.pictures:
            return True
        if self.tried < self.pictures:
            return False
        if self.is_far_better:
            return self.found >= _MOST * self.pictures
        if self.is_tiny:
            return False
        if self.is_coloured and self.glyph_right <= self.plain_right:
            return False  # of few photos one thing may be found in each; nothing speaks for leaving out their colour
        return self.found >= _NEARLY_ALL * self.pictures and not self.is_worse

    @property
    def is_poor_in_glyphs(self) -> bool:
        """Whether what lies beside the glyphs of pictures in colour may tell more than they do."""
        return self.is_coloured and max(self.lying, self.glyph_right) < _WELL_APART * self.pictures

    @property
    def is_tiny(self) -> bool:
        """Whether pictures are too small for strokes to have a width that the finder could trust."""
        return self.size is not None and max(self.size) <= _TINY

    @property
    def is_far_better(self) -> bool:
        """Whether glyphs tell the classes far better apart than whole pictures do."""
        return self.glyph_right - self.plain_right > _FAR_BETTER * self.pictures


@dataclass(frozen=True)
class Decision:
    """The preparation of a data set.

    recipe : kind, channels, height and width; mean and scale are measured later
    reason : for the user, "one glyph found in 239 of 240 pictures looked at"
    """

    recipe: InputRecipe
    reason: str


def decide(raw: RawSet, wish: PictureWish, use_cache: bool, progress: Callable[[int, int], None]) -> Decision:
    """The preparation that is wished for, and for what is not said that which suits the pictures.

    progress : called with how many pictures have been looked at, of how many
    """
    part = next((raw.parts[name] for name in PARTS if name in raw.parts and len(raw.parts[name])), None)
    if part is None:
        raise DataError(f"{raw.source or raw.name}: holds no images; save some")
    look = _kept_look(raw, part, wish, use_cache, progress)
    is_glyph = look.is_glyphs if wish.prepare == "auto" else wish.prepare == "glyph"
    each = len(part) // max(1, len(raw.class_names))
    takes_whole = wish.prepare == "auto" and is_glyph and _takes_whole(look, wish, each)
    is_glyph = is_glyph and not takes_whole
    channels, height, width = _shape(look, wish, is_glyph)
    takes_minutes = wish.prepare == "auto" and is_glyph and _takes_minutes(
        raw, look, (height - 2 * wish.border, width - 2 * wish.border)
    )
    if takes_minutes:
        is_glyph = False
        channels, height, width = _shape(look, wish, is_glyph)
    recipe = InputRecipe(
        "glyph" if is_glyph else "plain",
        channels,
        height,
        width,
        "light-on-dark" if is_glyph else "any",
        (0.0,) * channels,
        (1.0,) * channels,
        wish.border,
    )
    reasons = [_why(look) if wish.prepare == "auto" else "asked for"]
    if takes_whole:
        reasons = [
            f"the pictures are in colour, {_why(look)}, but only {look.glyph_right} told apart by it; {each:,} of a "
            "class are enough to learn whole ones (--prepare glyph)"
        ]
    elif takes_minutes:
        count = sum(len(held) for held in raw.parts.values())
        reasons = [f"{count:,} images as they are; --prepare glyph would take minutes, and suits photos"]
    return Decision(recipe, "; ".join(reasons + _overruled(look, wish, recipe)))


def _takes_whole(look: Look, wish: PictureWish, each: int) -> bool:
    """Whether pictures with a glyph are better taken whole, as long as their colour is not lost with it.

    each : pictures of a class
    """
    return look.is_poor_in_glyphs and each >= _ENOUGH_OF_A_CLASS and _shape(look, wish, False)[0] == 3


def _takes_minutes(raw: RawSet, look: Look, size: tuple[int, int]) -> bool:
    """Whether so many arrays would have to go through the finder that a training would begin minutes later.

    Arrays are cut out already, so that they lose little without it. Those that lie as they should are not touched.
    """
    count = sum(len(part) for part in raw.parts.values() if not isinstance(part.pictures, list))
    lies = look.lying >= _NEARLY_ALL * look.pictures and look.size == size
    return count > _MOST_ARRAYS and not lies and not look.is_far_better


def _why(look: Look) -> str:
    if look.pictures and look.lying >= _NEARLY_ALL * look.pictures:
        return "the pictures lie as MNIST's do"
    if look.is_glyphs:
        return f"one glyph found in {look.found} of {look.pictures} pictures looked at"
    if look.tried == 0 or look.found < _NEARLY_ALL * look.tried:
        return f"one glyph found in only {look.found} of {look.tried} pictures looked at"
    if look.is_tiny and look.size is not None:
        return f"pictures of {look.size[0]}x{look.size[1]} are too small to look for glyphs in them"
    if look.is_coloured and look.glyph_right == look.plain_right:
        return "the pictures are in colour, and glyphs alone tell the classes no better apart"
    return "colour, size or place tell the classes apart better than the glyphs do"


def _shape(look: Look, wish: PictureWish, is_glyph: bool) -> Shape:
    """(channels, height, width): what the user asks for, then a firm description, then the pictures."""
    declared = wish.declared
    firm = declared if wish.is_firm else None
    if wish.channels is not None:
        channels = wish.channels
    elif firm is not None:
        channels = firm[0]
    else:
        channels = 3 if look.is_coloured and not is_glyph else 1
    if wish.size is not None:
        return channels, *wish.size
    if firm is not None:
        return channels, *firm[1:]
    if is_glyph:
        side = _GLYPH_SIDE + 2 * wish.border
        return (channels, *declared[1:]) if declared else (channels, side, side)
    side = next((side for side in _PHOTO_SIDES if look.typical_side >= side), _PHOTO_SIDES[-1])
    natural_height, natural_width = look.size or (side, side)
    natural = (channels, natural_height + 2 * wish.border, natural_width + 2 * wish.border)
    return natural if declared is None or wish.takes(natural) else (channels, *declared[1:])


def _overruled(look: Look, wish: PictureWish, recipe: InputRecipe) -> list[str]:
    """What is done to the pictures that nobody might expect."""
    said = []
    if wish.is_firm and wish.declared is not None:
        declared = wish.declared
        named = f"{wish.asker} declares {COLOURS.get(declared[0], declared[0])} {declared[1]}x{declared[2]}"
        if recipe.shape != declared:
            said.append(f"{named}, overruled by --pixels or --colour")
        elif (look.is_coloured and recipe.channels == 1) or (look.size not in (None, recipe.picture_shape[1:])):
            colour = "RGB" if look.is_coloured else "grey"
            size = f" of {look.size[0]}x{look.size[1]}" if look.size is not None else ""
            said.append(f"the pictures are {colour}{size}, {named}")
    elif look.is_coloured and recipe.channels == 1 and wish.colour is None:
        said.append("the colour of ink and paper is left out")
    return said


def _kept_look(
    raw: RawSet, part: RawPart, wish: PictureWish, use_cache: bool, progress: Callable[[int, int], None]
) -> Look:
    """`_look`, or what an earlier start found in the same pictures."""
    numbers = some_numbers(part.labels)
    if not isinstance(part.pictures, list):
        lying = _lying_arrays(part.pictures[numbers])
        if lying is not None:
            return lying
    sources: list[Source] = [part.pictures[number] for number in numbers]
    tries = wish.prepare == "auto"
    key = _key(sources, part.labels[numbers], raw.known_digest, tries)
    kept = read_decision(key) if use_cache else None
    if isinstance(kept, dict):
        try:
            size = tuple(kept.pop("size") or ())
            return Look(**kept, size=(int(size[0]), int(size[1])) if size else None)
        except (TypeError, ValueError, KeyError, IndexError):
            pass  # of another version: found anew
    look = _look(sources, part.labels[numbers], tries, progress)
    if use_cache:
        keep_decision(key, asdict(look))
    return look


def _lying_arrays(images: Images) -> Look | None:
    """What is to be known of arrays that lie as MNIST's do, without loading what reads pictures; None for others."""
    lying = int(lies_as_mnist(np.ascontiguousarray(images))[0].sum())
    count, _, height, width = images.shape
    if lying < _NEARLY_ALL * count or max(height, width) > _LARGEST_NATURAL:
        return None
    return Look(count, lying, count, count, 0, 0, False, False, (height, width), max(height, width))


def _key(sources: Sequence[Source], labels: npt.NDArray[np.int64], known_digest: str | None, tries: bool) -> str:
    facts: list[Any] = [_VERSION, code_digest(), tries, labels.tolist(), known_digest]
    for source in () if known_digest else sources:
        if isinstance(source, Path):
            facts.append((str(source.absolute()), file_state(source)))
        else:
            facts.append(array_digest(source))
    return hashlib.sha256(repr(facts).encode("utf-8", "surrogateescape")).hexdigest()[:40]


def some_numbers(labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Numbers of up to 240 pictures, the same number of each class where there are enough, spread over the data set.

    One of each class comes first, then a second one: the first look sees all classes.
    """
    classes = np.unique(labels)
    step = -(-len(classes) // _MOST_CLASSES_LOOKED_AT)
    classes = classes[::step]
    each = -(-_MOST_LOOKED_AT // len(classes))
    rounds: list[tuple[int, int]] = []
    for label in classes:
        members = np.flatnonzero(labels == label)
        chosen = members[np.linspace(0, len(members) - 1, min(each, len(members))).astype(np.int64)]
        order = np.random.Philox(key=[int(label), 1]).random_raw(len(chosen)).argsort(kind="stable")
        rounds += [(turn, int(number)) for turn, number in enumerate(chosen[order])]
    rounds.sort()
    return np.array([number for _, number in rounds[:_MOST_LOOKED_AT]], np.int64)


@dataclass(frozen=True)
class _Seen:
    """One picture: thumbnails uint8 (3, 28, 28) and, if it was tried for a glyph and one was found, (28, 28)."""

    thumbnail: Images
    glyph: Images | None
    lies: bool
    size: tuple[int, int]
    tried: bool


def _look(
    sources: Sequence[Source], labels: npt.NDArray[np.int64], tries: bool, progress: Callable[[int, int], None]
) -> Look:
    seen: list[_Seen | None] = []
    first = len(sources) if not tries else min(_FIRST_LOOK, len(sources))
    with ThreadPoolExecutor(min(_core.default_thread_count(), 8)) as pool:
        for start, stop in ((0, first), (first, len(sources))):
            # Pictures that cannot be read say nothing of the others: they are told, and left aside or mended.
            goes_on = tries and (start == 0 or _found(seen) >= _TOO_FEW * sum(one is not None for one in seen))
            for one in pool.map(lambda source, tried=goes_on: _see(source, tried), sources[start:stop]):
                seen.append(one)
                progress(len(seen), len(sources))
    readable = [(one, int(label)) for one, label in zip(seen, labels, strict=True) if one is not None]
    return _sum_up([one for one, _ in readable], np.array([label for _, label in readable], np.int64))


def _found(seen: Sequence[_Seen | None]) -> int:
    return sum(one is not None and one.glyph is not None for one in seen)


def _see(source: Source, tried: bool) -> _Seen | None:
    """None for a picture that cannot be read: it is told when all are read."""
    from cnncli.pictures.digit_picture import find_digit
    from cnncli.pictures.picture_file import fit_picture, read_picture

    try:
        image, _ = read_picture(source if isinstance(source, Path) else as_picture(source), _ENOUGH_PIXELS)
    except CnnError:
        return None
    thumbnail = fit_picture(image, channels=3, height=_THUMBNAIL, width=_THUMBNAIL)
    glyph, lies = None, False
    if tried:
        pixels = np.asarray(image)
        if pixels.dtype == np.uint8 and max(pixels.shape[:2]) <= _LARGEST_NATURAL:
            planes = pixels[None, None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)[None]
            lies = bool(lies_as_mnist(np.ascontiguousarray(planes))[0][0])
        with suppress(CnnError):
            glyph, _ = find_digit(image, "picture", height=_THUMBNAIL, width=_THUMBNAIL, refuse_several=True)
    return _Seen(thumbnail, glyph, lies, (image.height, image.width), tried)


def _sum_up(seen: list[_Seen], labels: npt.NDArray[np.int64]) -> Look:
    sizes = {one.size for one in seen}
    size = next(iter(sizes)) if len(sizes) == 1 else None
    if size is not None and max(size) > _LARGEST_NATURAL:
        size = None
    longest = sorted(max(one.size) for one in seen)
    found = np.array([one.glyph is not None for one in seen], np.bool_)
    tried = sum(one.tried for one in seen)
    glyph_right, plain_right, is_worse = 0, 0, False
    if found.sum() >= 2 and tried == len(seen):
        glyphs = np.stack([one.glyph if one.glyph is not None else np.zeros((28, 28), np.uint8) for one in seen])
        by_glyph = _nearest_is_right(glyphs, labels) & found
        by_plain = _nearest_is_right(np.stack([one.thumbnail for one in seen]), labels)
        glyph_right, plain_right = int(by_glyph.sum()), int(by_plain.sum())
        differing = int((by_glyph != by_plain).sum())
        is_worse = plain_right - glyph_right > _DEVIATIONS * math.sqrt(differing)
    return Look(
        pictures=len(seen),
        lying=sum(one.lies for one in seen),
        tried=tried,
        found=int(found.sum()),
        glyph_right=glyph_right,
        plain_right=plain_right,
        is_worse=is_worse,
        is_coloured=bool(seen) and float(np.mean([_is_coloured(one.thumbnail) for one in seen])) >= _COLOURED_PICTURES,
        size=size,
        typical_side=longest[len(longest) // 2] if longest else _GLYPH_SIDE,
    )


def _is_coloured(thumbnail: Images) -> bool:
    chroma = thumbnail.max(axis=0) - thumbnail.min(axis=0)
    return bool((chroma > _LEAST_CHROMA).mean() >= _COLOURED_PIXELS)


def _nearest_is_right(images: Images, labels: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Whether each image has the class of the one nearest to it among the others; sums of whole numbers, so exact."""
    rows = images.reshape(len(images), -1).astype(np.float64)
    squares = (rows * rows).sum(axis=1)
    distances = squares[:, None] + squares[None] - 2 * (rows @ rows.T)
    np.fill_diagonal(distances, np.inf)
    return np.asarray(labels[distances.argmin(axis=1)] == labels)
