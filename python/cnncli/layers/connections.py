"""Which input maps each output map of a convolution sees."""

from collections.abc import Sequence
from itertools import pairwise

from cnncli.layers.faults import SettingError
from cnncli.layers.settings import whole_number

Connections = tuple[tuple[int, ...], ...]

# LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition", table I: six maps of
# three neighbours, six of four, three of four that are no neighbours, and one of all.
LENET5_C3: Connections = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)  # fmt: skip
NAMED: dict[str, Connections] = {"lenet5-c3": LENET5_C3}


def read_connections(layer: str, value: object, in_channels: int, out_channels: int) -> Connections:
    """A table from its name or from a list of input maps for each output map, each list in rising order."""
    if isinstance(value, str):
        if value not in NAMED:
            raise SettingError(layer, f"connections is {value!r}; use {', '.join(NAMED)} or a list for each output map")
        rows: Sequence[object] = NAMED[value]
    elif isinstance(value, list | tuple):
        rows = value
    else:
        raise SettingError(layer, f"connections is no list; use one of input maps for each of {out_channels} outputs")
    if len(rows) != out_channels:
        raise SettingError(
            layer, f"connections has {len(rows)} lists for {out_channels} output channels; use one for each"
        )
    return tuple(_read_row(layer, number, row, in_channels) for number, row in enumerate(rows))


def _read_row(layer: str, output: int, row: object, in_channels: int) -> tuple[int, ...]:
    where = f"connections of output {output}"
    if not isinstance(row, list | tuple) or not row:
        raise SettingError(layer, f"{where} are no list of input maps; use one with a map or more")
    maps = sorted(whole_number(layer, where, number, 0) for number in row)
    if maps[-1] >= in_channels:
        raise SettingError(layer, f"{where} name input {maps[-1]}; use 0 to {in_channels - 1}")
    if len(set(maps)) < len(maps):
        twice = next(one for one, other in pairwise(maps) if one == other)
        raise SettingError(layer, f"{where} name input {twice} twice; use each once")
    return tuple(maps)
