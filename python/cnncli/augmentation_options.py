"""The options of augmentation, one row each: see training_options.py, whose settings have these fields too."""

from dataclasses import dataclass
from typing import Any

from cnncli.augmentation import AUGMENTATION_LIMITS, LEVELS
from cnncli.option_row import option_row

GROUP = "Augmentation"


def _switch(field: str, help: str, metavar: str, kind: Any = "number") -> Any:
    """The row of one change. Without it that of --augment holds."""
    limits = AUGMENTATION_LIMITS[field]
    return option_row(GROUP, kind, help, metavar, limits=limits, is_described=True, otherwise="as --augment has it")


@dataclass(frozen=True, kw_only=True)
class AugmentationSettings:
    """How training images are changed, afresh in each epoch; see `cnncli.Augmentation`."""

    augment: str | None = option_row(
        GROUP, "word",
        "How much training images are changed, afresh in each epoch: none, light, strong, or auto, chosen from the "
        "images (docs/training.md). The options below go before it.", "LEVEL", words=LEVELS, is_described=True,
        otherwise="the description's, or none", brief="none, light, strong or auto",
    )
    shift: float | None = _switch("shift", "Moved by at most this share of the sides; often 0.1.", "SHARE")
    rotate: float | None = _switch("rotate", "Turned by at most so many degrees; often 10.", "DEGREES")
    scale: float | None = _switch("scale", "Larger or smaller by at most this share; often 0.1.", "SHARE")
    shear: float | None = _switch("shear", "Slanted by at most so many degrees; often 10.", "DEGREES")
    elastic: float | None = _switch(
        "elastic", "Bent by a smooth random field, at most by this share of the shorter side; often 0.06.", "SHARE"
    )
    stroke: float | None = _switch(
        "stroke", "Strokes thicker or thinner by at most so many pixels on each side; often 0.5.", "PIXELS"
    )
    noise: float | None = _switch(
        "noise", "Most standard deviation of noise, as a share of black to white; often 0.05.", "SHARE"
    )
    erase: float | None = _switch(
        "erase", "Probability that a rectangle is painted over; often 0.25.", "PROBABILITY"
    )
    crop: int | None = _switch(
        "crop", "Padded by so many pixels, of which a window of the old size is cut out; often 4 of 32.", "PIXELS",
        "whole",
    )
    flip: float | None = _switch(
        "flip", "Probability that left and right are exchanged; never for letters and digits.", "PROBABILITY"
    )
    jitter: float | None = _switch(
        "jitter", "Brightness, contrast and saturation change by at most this share, hues by a quarter of it as turns; "
        "often 0.2.", "SHARE",
    )
    mixup: float | None = _switch(
        "mixup", "Mixed with another image, their losses too, in shares drawn from Beta(ALPHA, ALPHA); often 0.2.",
        "ALPHA",
    )  # fmt: skip
