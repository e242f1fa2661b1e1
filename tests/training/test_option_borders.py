"""Each number that a training can be asked for: taken up to its borders and refused beyond, by a caller and in TOML."""

from typing import Any

import pytest

from cnncli.errors import UsageError
from cnncli.training.rules import TRAINING, check_asked

SHARE = ([0, 0.5, 0.999], [-0.001, 1])
FROM_0 = ([0, 1.5, 1e9], [-0.001, float("inf")])
ABOVE_0 = ([1e-9, 3], [0, -1, float("nan")])
BORDERS: dict[str, tuple[list[Any], list[Any]]] = {
    "epochs": ([1, 100_000], [0, 100_001, 1.5]), "batch_size": ([1, 65_536, "full"], [0, 65_537, "all", 1.5]),
    "until_limit": SHARE, "until_window": ([1, 100_000], [0, 100_001]), "label_smoothing": SHARE,
    "learning_rate": ABOVE_0, "momentum": SHARE, "dampening": SHARE, "weight_decay": FROM_0, "l1": FROM_0,
    "plateau_patience": ([0, 100_000], [-1, 100_001, 0.5]),
    "patience": ([1, 100_000], [0, 100_001, 1.5]), "time_limit": ABOVE_0,
    "steps": (["1", "100,50:150"], [5, "0", "5:10", "10,3", "10,10:20", "10,3:20,2:30", "10,5:4", "ten"]),
    "plateau_factor": ([0.001, 0.999], [0, 1]), "warmup": FROM_0,
    "clip_norm": ABOVE_0, "clip_value": ABOVE_0, "validation": SHARE, "target": ([0.001, 1], [0, -0.5, 1.001]),
    "images": ([1, 10**9], [0, -1, 1.5]),
    "seed": ([0, 2**63 - 1], [-1, 2**63, 1.0]), "threads": ([1, 1024], [0, 1025]),
    "ema": ([1e-9, 0.999], [0, 1, float("nan")]), "reduce": (["mean", "sum"], ["max", 1]),
    "nesterov": ([True, False], [1, "yes"]),
}  # fmt: skip


@pytest.mark.parametrize("field", BORDERS)
def test_a_number_is_taken_up_to_its_borders_and_refused_beyond(field: str) -> None:
    taken, refused = BORDERS[field]
    for value in taken:
        check_asked({field: value})
    for value in refused:
        with pytest.raises(UsageError, match=r"^--"):
            check_asked({field: value})
    if field in TRAINING:
        assert [TRAINING[field].accepts(value) for value in (*taken, *refused)] == [True] * len(taken) + [False] * len(
            refused
        )


def test_a_description_says_how_to_train_and_not_on_which_machine_or_how_well() -> None:
    assert {"epochs", "batch_size", "reduce", "until_limit", "plateau_factor", "momentum", "l1"} <= set(TRAINING)
    assert not {"seed", "threads", "target", "save_every"} & set(TRAINING)
