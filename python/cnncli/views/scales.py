"""Numbers as colours that people with any colour vision can tell apart, and that keep their order in grey."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Colours = npt.NDArray[np.uint8]  # (..., 3), RGB

# Viridis at equal steps (Smith & van der Walt 2015, for matplotlib): lightness grows evenly.
_MAGNITUDES = ("440154", "472d7b", "3b528b", "2c728e", "21918c", "28ae80", "5ec962", "addc30", "fde725")
# ColorBrewer's RdBu (Brewer & Harrower 2003) turned round: blue below 0, white, red above.
_SIGNED = ("053061", "2166ac", "4393c3", "92c5de", "d1e5f0", "f7f7f7", "fddbc7", "f4a582", "d6604d", "b2182b", "67001f")
_NO_NUMBER = (128, 128, 128)


@dataclass(frozen=True)
class Scale:
    """What colour a number has, from `low` to `high`; beyond them that of the end, NaN middle grey.

    signed : blue below 0 and red above, white at 0, and low is -high; else from dark violet to light yellow

    >>> Scale(0, 2).colours(np.array([0.0, 2.0])).tolist()
    [[68, 1, 84], [253, 231, 37]]
    """

    low: float
    high: float
    signed: bool = False

    @classmethod
    def of(cls, values: npt.ArrayLike, signed: bool | None = None) -> "Scale":
        """The scale that just holds all these numbers; signed if one is below 0, unless it is said.

        >>> Scale.of([-1, 3]), Scale.of([0.0, 2.0])
        (Scale(low=-3.0, high=3.0, signed=True), Scale(low=0.0, high=2.0, signed=False))
        """
        finite = np.asarray(values, np.float64)
        finite = finite[np.isfinite(finite)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        if low < 0 if signed is None else signed:
            most = max(-low, high)
            return cls(-most, most, True)
        return cls(min(low, 0.0), high)

    def shares(self, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Where the numbers lie: from 0 at `low` to 1 at `high`; of a scale without extent 0, or 0.5 if signed."""
        numbers = np.asarray(values, np.float64)
        span = self.high - self.low
        if not span > 0:
            return np.where(np.isnan(numbers), np.nan, 0.5 if self.signed else 0.0)
        with np.errstate(invalid="ignore"):
            return np.clip((np.clip(numbers, self.low, self.high) - self.low) / span, 0, 1)

    def colours(self, values: npt.ArrayLike) -> Colours:
        """uint8 (..., 3), RGB, linear between the anchors."""
        anchors = _ANCHORS[self.signed]
        shares = self.shares(values)
        known = np.nan_to_num(shares) * (len(anchors) - 1)
        below = np.minimum(known.astype(int), len(anchors) - 2)
        part = (known - below)[..., None]
        mixed = anchors[below] * (1 - part) + anchors[below + 1] * part
        mixed[np.isnan(shares)] = _NO_NUMBER
        colours: Colours = np.rint(mixed).astype(np.uint8)
        return colours


def _rgb(codes: tuple[str, ...]) -> npt.NDArray[np.float64]:
    return np.array([[int(code[place : place + 2], 16) for place in (0, 2, 4)] for code in codes], np.float64)


_ANCHORS = {False: _rgb(_MAGNITUDES), True: _rgb(_SIGNED)}
