"""Augmentation: how the images of a training are changed, afresh in each epoch, and what suits which data.

Only plain values here: the command line is made of them. What is done to the pixels stands in
cpp/kernels/augmentation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from cnncli.errors import UsageError
from cnncli.limits import Limits

LEVELS = ("none", "light", "strong", "auto")
# What each setting may be; the rows of `cnn train` have the same.
AUGMENTATION_LIMITS: Mapping[str, dict[str, float]] = {
    "shift": {"least": 0, "below": 1},
    "rotate": {"least": 0, "most": 180},
    "scale": {"least": 0, "most": 0.9},
    "shear": {"least": 0, "most": 60},
    "elastic": {"least": 0, "most": 0.5},
    "stroke": {"least": 0, "most": 8},
    "noise": {"least": 0, "most": 1},
    "erase": {"least": 0, "most": 1},
    "crop": {"least": 0, "most": 1024},
    "flip": {"least": 0, "most": 1},
    "jitter": {"least": 0, "below": 1},
    "mixup": {"least": 0, "most": 2},
}
SWITCHES = tuple(AUGMENTATION_LIMITS)
_WHOLE = ("crop",)
_FEW_OF_A_CLASS = 500  # images; with fewer a network sees each one often enough to know it by heart
_SMALLEST_SIDE = 8  # pixels; below it, a shift or turn leaves little of an image


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How training images are changed, afresh in each epoch. 0 switches a change off; all are off by default.

    What is drawn is a function of the seed, the epoch and the image alone: not of the batch, of threads, of the
    instruction set (AVX2 and AVX-512), or of where a training was stopped and went on.

    shift : float in [0, 1), moved at most by this share of the image's sides (uniform, each direction apart)
    rotate : degrees in [0, 180], turned about the centre by at most these
    scale : float in [0, 0.9], enlarged by a factor between 1 - scale and 1 + scale
    shear : degrees in [0, 60], slanted along the rows by at most these
    elastic : float in [0, 0.5], bent by a smooth random field, no pixel further than this share of the shorter side
    stroke : pixels in [0, 8], light strokes become thicker or thinner by up to these on each side
    noise : float in [0, 1], standard deviation of the noise of an image, as a share of the range from black to white,
        is uniform between 0 and this
    erase : float in [0, 1], probability that a rectangle of 2 to 20 % of the image is painted over
    crop : whole number of pixels: the image is padded by so many on each side, and a window of its size cut out
    flip : float in [0, 1], probability that left and right are exchanged
    jitter : float in [0, 1), brightness, contrast and saturation are multiplied by factors between 1 - jitter and
        1 + jitter, and hues turned by up to jitter / 4 of a full turn; the last two for RGB only
    mixup : float in [0, 2], the alpha of Zhang et al. 2018: an image and another one of the training are added in the
        shares lambda and 1 - lambda, and so are their losses; lambda is drawn from Beta(alpha, alpha), and is that of
        the larger share for the image itself

    Pixels from beyond the image are the background, where the borders of the training images show one, and else the
    image mirrored at its edge. All that moves pixels is one resampling with bilinear weights. The order: mixup, stroke,
    flip, crop and the geometric changes, colours, noise, erasing.

    Sources: Simard, Steinkraus & Platt 2003 (elastic), Zhong et al. 2020 (erasing), Zhang et al. 2018 (mixup).

    Raises UsageError for a value outside its range.

    >>> Augmentation(shift=0.1, rotate=10).words
    'shift 0.1, rotate 10'
    >>> Augmentation().is_none
    True
    """

    shift: float = 0.0
    rotate: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    elastic: float = 0.0
    stroke: float = 0.0
    noise: float = 0.0
    erase: float = 0.0
    crop: int = 0
    flip: float = 0.0
    jitter: float = 0.0
    mixup: float = 0.0

    def __post_init__(self) -> None:
        for name, limits in AUGMENTATION_LIMITS.items():
            whole = name in _WHOLE
            value = Limits(whole=whole, **limits).checked(f"augmentation: {name}", getattr(self, name))
            object.__setattr__(self, name, int(value) if whole else float(value))

    @property
    def is_none(self) -> bool:
        """Whether images stay as they are."""
        return not any(asdict(self).values())

    @property
    def words(self) -> str:
        """What is on, for the user; "none" where nothing is."""
        return ", ".join(f"{name} {value:g}" for name, value in asdict(self).items() if value) or "none"

    def settings(self) -> dict[str, float]:
        """All of it by name, for the core."""
        return {name: float(value) for name, value in asdict(self).items()}

    def check_size(self, height: int, width: int) -> None:
        """Raises UsageError where nothing of an image would be left."""
        if self.crop >= min(height, width):
            raise UsageError(
                f"--crop {self.crop}: images are {height}x{width}, and a window could hold nothing of one; use at most "
                f"{min(height, width) - 1}"
            )


@dataclass(frozen=True, kw_only=True)
class PictureFacts:
    """What is known of training images before anything is chosen for them.

    channels, height, width : of an image
    images : how many are trained on
    is_glyph : each is one digit, letter or symbol that was found, cropped and centred, or looks like it: strokes on a
        background without pattern
    class_names : empty where the targets are values
    """

    channels: int
    height: int
    width: int
    images: int
    is_glyph: bool
    class_names: Sequence[str] = ()

    @property
    def shortest(self) -> int:
        """The shorter side in pixels."""
        return min(self.height, self.width)


def level_for(facts: PictureFacts) -> str:
    """The level that `auto` takes where nobody says: `light`, `strong` for few images of a class, or none for images
    of a few pixels."""
    if facts.shortest < _SMALLEST_SIDE:
        return "none"
    return "strong" if facts.images < _FEW_OF_A_CLASS * max(1, len(facts.class_names)) else "light"


def augmentation_at(level: str, facts: PictureFacts) -> Augmentation:
    """What a level means for images like these.

    level : "none", "light", "strong" or "auto", which is one of the others as suits them

    Never a flip for glyphs, for grey images (which may be of them), or for classes whose names say that sides count.
    """
    level = level_for(facts) if level == "auto" else level
    if level == "none":
        return Augmentation()
    strong = level == "strong"
    if facts.is_glyph:
        light = Augmentation(shift=0.07, rotate=10, scale=0.1, shear=10)
        stroke = round(0.018 * facts.shortest, 2)
        return replace(light, rotate=15, scale=0.15, shear=15, elastic=0.06, stroke=stroke) if strong else light
    if facts.channels == 1:
        light = Augmentation(shift=0.06, rotate=6, scale=0.08)
        return replace(light, rotate=10, scale=0.15, noise=0.04, erase=0.25, jitter=0.2) if strong else light
    light = Augmentation(crop=max(1, facts.shortest // 8), flip=0.5 if sides_are_alike(facts) else 0.0)
    return replace(light, rotate=8, scale=0.15, jitter=0.2, erase=0.25) if strong else light


_SIDES = {"left", "right", "links", "rechts", "east", "west"}


def sides_are_alike(facts: PictureFacts) -> bool:
    """Whether a mirrored image is as likely as the image: never of glyphs, of grey images, or of classes that are
    single letters and digits or that tell left from right."""
    if facts.is_glyph or facts.channels == 1:
        return False
    words = [set(name.lower().replace("_", " ").replace("-", " ").split()) for name in facts.class_names]
    if any(word & _SIDES for word in words):
        return False
    return not facts.class_names or not all(len(name) == 1 or name.isdecimal() for name in facts.class_names)
