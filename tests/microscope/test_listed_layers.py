"""The layers that are named where a unit's layer is none: all of up to twelve, of more the first 11 and the last."""

import pytest

from cnncli.errors import UsageError
from cnncli.layers import Parallel, ReLU, Tanh
from cnncli.microscope.places import find_place
from cnncli.network import Network


def listed(network: Network) -> str:
    with pytest.raises(UsageError) as caught:
        find_place(network.trace(), "none[0]")
    return str(caught.value).partition("use one of ")[2]


@pytest.mark.parametrize("count", [1, 2, 11, 12, 13, 14, 40])
def test_up_to_twelve_layers_are_listed_and_of_more_eleven_and_the_last(count: int) -> None:
    names = [str(number) for number in range(count)]
    if count > 12:
        names = [*names[:11], "...", str(count - 1)]
    told = listed(Network([ReLU() for _ in range(count)], (3,)))
    assert told == f"{', '.join(names)}, or conv1, pool1, fc1 and the like"


def test_parts_of_a_layer_are_not_listed_and_not_counted() -> None:
    """What Parallel hands to its branches has no name of its own; the layers within have theirs."""
    network = Network([ReLU(), Parallel([ReLU()], [ReLU(), Tanh()]), ReLU()], (2, 1, 1))
    steps = network.trace()
    assert [step.part for step in steps].count(None) < len(steps)
    told = listed(network).removesuffix(", or conv1, pool1, fc1 and the like").split(", ")
    assert told == [step.name for step in steps if step.part is None]
    relus = [index for index, step in enumerate(steps) if step.part is None and isinstance(step.layer, ReLU)]
    assert [find_place(steps, f"relu{number}[0,0,0]")[0] for number in (1, 2, 3, 4)] == relus
