"""The code of a page: its bytes with check bytes, spread over 8 squares of modules."""

import numpy as np
import numpy.typing as npt

from cnncli.errors import DataError
from cnncli.forms.layout import CODE_BLOCKS
from cnncli.forms.reed_solomon import decoded, encoded

Blocks = npt.NDArray[np.bool_]  # (8, side, side), True is dark

# Modules of a square's side, and of all bytes in the 8 squares those that check. A third or so may be wrong by half:
# a square that is covered is 1/8.
SIZES = ((8, 24), (10, 36), (12, 48), (14, 60))


def capacity(side: int, parity: int) -> int:
    """Bytes of text in the 8 squares."""
    return CODE_BLOCKS * (side * side // 8) - parity


def code_blocks(text: bytes) -> Blocks:
    """The squares for a text, with the largest modules in which it fits.

    Byte k of the coded text stands in square k % 8, so that dirt on one square spoils 1/8 of every text. Bits are
    changed by a fixed pattern, so that no text makes a square that is all dark or all light.

    Raises DataError for more than 132 bytes.
    """
    for side, parity in SIZES:
        room = capacity(side, parity)
        if len(text) <= room:
            coded = encoded(text.ljust(room, b"\0"), parity)
            bits = np.unpackbits(np.frombuffer(coded, np.uint8)).reshape(-1, CODE_BLOCKS, 8)
            blocks = np.zeros((CODE_BLOCKS, side * side), np.bool_)
            blocks[:, : bits.shape[0] * 8] = bits.transpose(1, 0, 2).reshape(CODE_BLOCKS, -1)
            return blocks.reshape(-1, side, side) ^ _pattern(side)
    raise DataError(f"{len(text)} bytes are more than a form's code holds")


def read_blocks(blocks: Blocks) -> bytes:
    """The text of 8 squares, with what was wrong put right.

    Raises DataError when too much is wrong.

    >>> read_blocks(code_blocks(b"0-9"))[:4]
    b'0-9\\x00'
    """
    side = blocks.shape[1]
    parity = dict(SIZES)[side]
    flat = (blocks ^ _pattern(side)).reshape(CODE_BLOCKS, -1)
    count = side * side // 8
    bits = flat[:, : count * 8].reshape(CODE_BLOCKS, count, 8).transpose(1, 0, 2)
    return decoded(np.packbits(bits.reshape(-1)).tobytes(), parity)


def _pattern(side: int) -> Blocks:
    row, column = np.mgrid[0:side, 0:side]
    return np.asarray((row * column % 2 + row * column % 3) % 2 == 0)
