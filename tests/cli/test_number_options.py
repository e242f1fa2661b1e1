"""Each number that a command takes, but for those of a training: taken up to its borders and refused beyond."""

from typing import Any

import click
import pytest

from cnncli.cli.command_table import COMMANDS
from cnncli.cli.main import cli
from cnncli.cli.options import Number

SEED = ([0, 2**63 - 1], [-1, 1.5])
LESSON_SEED = ([0, 10**6], [-1, 1.5])
THREADS = ([1, 1024], [0, 1025, 1.5])
MAPS = ([1, 4096], [0, 4097, 1.5])
EPOCHS = ([1, 100_000], [0, 100_001, 1.5])
BORDERS: dict[str, tuple[list[Any], list[Any]]] = {
    "predict --reject": ([0, 0.5, 1], [-0.01, 1.01]),
    "eval --threads": THREADS, "compare --threads": THREADS, "replay --threads": THREADS, "break --threads": THREADS,
    "runs --prune": ([0, 1_000_000], [-1, 1_000_001, 1.5]),
    "filters --maps": MAPS, "features --maps": MAPS,
    "step --batch-size": ([1, 65_536, "full"], [0, 65_537, "all"]), "step --lr": ([1e-9, 3], [0, -1]),
    "step --seed": SEED,
    "data --columns": ([1, 1000], [0, 1001, 1.5]), "data --seed": SEED, "data --folds": ([2, 100], [1, 101, 2.5]),
    "sheet --rows": ([1, 250], [0, 251, 1.5]),
    "learn --rate": ([0, 0.5], [-0.01]), "learn --target": ([1, 1000], [0, 1.5]), "learn --seed": LESSON_SEED,
    "learn --answer": ([1, 9], [0, 1.5]), "quiz --seed": LESSON_SEED,
    "new-project --epochs": EPOCHS, "new-project --seed": LESSON_SEED,
    "break --images": ([200, 1_000_000], [199, 1_000_001, 200.5]), "break --epochs": EPOCHS, "break --seed": SEED,
    "train --seeds": ([1, 1000], [0, 1001, 1.5]), "train --images": ([1, 10**6], [0, 1.5]),
}  # fmt: skip


def numbers() -> dict[str, click.Parameter]:
    context = click.Context(cli)
    commands = {name: cli.get_command(context, name) for name in COMMANDS}
    return {
        f"{name} {one.opts[0]}": one
        for name, command in commands.items()
        if command is not None
        for one in command.params
        if isinstance(one.type, Number)
    }


def test_every_number_of_a_command_stands_in_the_table() -> None:
    others = {name for name in numbers() if not name.startswith("train ")}
    assert others == {name for name in BORDERS if not name.startswith("train ")}


@pytest.mark.parametrize("name", BORDERS)
def test_a_number_is_taken_up_to_its_borders_and_refused_beyond(name: str) -> None:
    option = numbers()[name]
    taken, refused = BORDERS[name]
    for value in taken:
        assert option.type.convert(str(value), option, None) == value
    for value in refused:
        with pytest.raises(click.BadParameter, match=str(value)):
            option.type.convert(str(value), option, None)
