"""What the outputs of a network stand for, in Python and in a description."""

from typing import Any

import numpy as np
import pytest

from cnncli.errors import CnnError, FormatError, ShapeError, UsageError
from cnncli.layers import Conv2d, Flatten, Hardsigmoid, Hardtanh, Linear, Module, Sequential, Sigmoid, Tanh
from cnncli.network import Network
from cnncli.network import network as module
from cnncli.network.answers import OUTPUTS


@pytest.mark.parametrize(
    ("layers", "names", "outputs", "expected"),
    [
        ([Linear(4, 3)], None, None, ("scores", ["0", "1", "2"])), ([Linear(4, 1)], None, None, ("scores", ["0"])),
        ([Linear(4, 2)], ["a", "b"], None, ("scores", ["a", "b"])), ([Linear(4, 1)], ["a"], None, ("scores", ["a"])),
        ([Linear(4, 1)], ["a", "b"], None, ("sign", ["a", "b"])),
        ([Linear(4, 1), Tanh()], ["a", "b"], None, ("sign", ["a", "b"])),
        ([Linear(4, 1), Sigmoid()], ["a", "b"], None, ("probability", ["a", "b"])),
        ([Linear(4, 1), Hardsigmoid()], ["a", "b"], None, ("probability", ["a", "b"])),
        ([Sequential(Linear(4, 1), Sigmoid())], ["a", "b"], None, ("probability", ["a", "b"])),
        ([Linear(4, 1), Hardtanh()], ["a", "b"], None, ("sign", ["a", "b"])),
        ([Linear(4, 1), Sigmoid()], ["a", "b"], "logit", ("logit", ["a", "b"])),
        ([Linear(4, 2), Sigmoid()], ["a", "b"], None, ("scores", ["a", "b"])),
        ([Linear(4, 3)], None, "values", ("values", [])), ([Linear(4, 3)], [], "values", ("values", [])),
    ],
)  # fmt: skip
def test_outputs_stand_for_classes(
    layers: list[Module], names: list[str] | None, outputs: str | None, expected: tuple[str, list[str]]
) -> None:
    network = Network(layers, (4,), names, outputs=outputs)
    assert (network.outputs, network.class_names) == expected
    again = Network.from_description(network.description(), seed=None)
    assert (again.outputs, again.class_names) == expected


@pytest.mark.parametrize("outputs", OUTPUTS)
@pytest.mark.parametrize("names", [None, ["a", "b"], ["a"], ["a", "b", "c"]])
@pytest.mark.parametrize("last", [[], [Sigmoid()], [Tanh()]])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_outputs_of_every_kind_come_back(
    count: int, last: list[Module], names: list[str] | None, outputs: str
) -> None:
    try:
        network = Network([Linear(4, count), *last], (4,), names, outputs=outputs)
    except UsageError:
        return
    again = Network.from_description(network.description(), seed=None)
    assert (again.outputs, again.class_names) == (outputs, network.class_names)
    assert again.description() == network.description()


@pytest.mark.parametrize(
    ("names", "outputs", "message"),
    [
        (["a", "b"], None, "2 class names for outputs of shape 3"), ([], None, "0 class names for outputs of shape 3"),
        (["a", "b", "c", "d"], None, "4 class names"), (["a", "b", "c"], "values", "belong to no classes"),
        (None, "x", "outputs is 'x'"),
    ],
)  # fmt: skip
def test_names_that_do_not_fit_are_refused(names: list[str] | None, outputs: str | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Network([Linear(4, 3)], (4,), names, outputs=outputs)


def test_images_and_millions_of_values_are_no_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Network([Conv2d(1, 2, 1)], (1, 2, 2)).class_names == []
    monkeypatch.setattr(module, "MOST_NAMED", 3)
    assert Network([Linear(4, 3)], (4,)).class_names == ["0", "1", "2"]
    assert Network([Linear(4, 4)], (4,)).class_names == []


def described(count: int, **more: Any) -> dict[str, Any]:
    return {"input": [4], "layers": [{"type": "Linear", "out_features": count}], **more}


@pytest.mark.parametrize(
    ("description", "classes", "expected"),
    [
        (described(2), 2, ("scores", ["0", "1"])), (described(1), 2, ("sign", ["0", "1"])),
        (described(1), ["no", "yes"], ("sign", ["no", "yes"])), (described(1, outputs="values"), None, ("values", [])),
        (described(2, classes=["x", "y"]), None, ("scores", ["x", "y"])),
        (described(2, classes=["x", "y"]), ["u", "v"], ("scores", ["u", "v"])),
        (described(1), 1, ("scores", ["0"])), (described(3, outputs="values"), 3, ("values", [])),
        ({**described(1), "outputs": "values", "layers": [{"type": "Linear", "out_features": "targets"}]}, None,
         ("values", [])),
    ],
)  # fmt: skip
def test_a_description_has_the_classes_of_the_data(
    description: dict[str, Any], classes: Any, expected: tuple[str, list[str]]
) -> None:
    network = Network.from_description(description, classes)
    assert (network.outputs, network.class_names) == expected
    assert any(values.any() for values in network.parameters()[0])


@pytest.mark.parametrize(
    ("description", "classes", "error"),
    [
        (described(3), 2, ShapeError), (described(1), 3, ShapeError), (described(2, outputs="x"), 2, FormatError),
        (described(1, outputs="values"), 2, ShapeError), (described(2, name=3), 2, FormatError),
        (described(2, title="\x1b"), 2, FormatError), (described(2, more=3), 2, FormatError), ([], 2, FormatError),
    ],
)  # fmt: skip
def test_a_description_that_does_not_fit_is_refused(description: Any, classes: int, error: type[CnnError]) -> None:
    with pytest.raises(error):
        Network.from_description(description, classes)


def test_seeds_begin_at_0_and_titles_are_empty() -> None:
    one, other = Network.from_description(described(2)), Network.from_description(described(2), seed=0)
    assert one.parameters()[0][0].tobytes() == other.parameters()[0][0].tobytes()
    assert (one.name, one.title, one.record, one.plugins, one.recipe) == ("", "", {}, [], None)
    by_name = [Network.from_model_name("linear", **more).parameters()[0][0].tobytes() for more in ({}, {"seed": 0})]
    assert by_name[0] == by_name[1]
    assert [value.shape for value in Network([Flatten(), Linear(4, 2)], (1, 2, 2)).activations(np.zeros((2, 2)))] == [
        (1, 4), (1, 2)
    ]  # fmt: skip
