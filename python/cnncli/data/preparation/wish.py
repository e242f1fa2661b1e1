"""What is asked of the pictures: by the user, and by the network that is to take them."""

from collections.abc import Callable
from dataclasses import dataclass, field

_CHANNELS = {"grey": 1, "rgb": 3}
COLOURS = tuple(_CHANNELS)

Shape = tuple[int, int, int]


def _any(shape: Shape) -> bool:
    return True


@dataclass(frozen=True)
class PictureWish:
    """How pictures are to become input, as far as somebody said so; what nobody said is found from the pictures.

    prepare : "auto", "glyph" or "plain"; "auto" is decided from the training pictures
    colour : "grey" or "rgb"; None: that of `declared` if `is_firm`, else that of the pictures
    size : (height, width); None: that of `declared` if `is_firm`, else that of the pictures
    declared : (channels, height, width) that the network's description asks for; None: it does not
    is_firm : whether `declared` goes before what the pictures are, as in a description that the user wrote
    takes : whether the network can be built for images of a shape; where it cannot, `declared` helps out
    border : how many pixels on each side of `declared` and `size` are background around the picture
    asker : what the network's description is called, for the user
    """

    prepare: str = "auto"
    colour: str | None = None
    size: tuple[int, int] | None = None
    declared: Shape | None = None
    is_firm: bool = False
    border: int = 0
    takes: Callable[[Shape], bool] = field(default=_any)
    asker: str = "the network"

    @property
    def channels(self) -> int | None:
        """Those of the colour; None: nobody said."""
        return None if self.colour is None else _CHANNELS[self.colour]
