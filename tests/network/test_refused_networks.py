"""Descriptions of networks that are refused: where, the rule, the value found and the remedy, in one line."""

from pathlib import Path
from typing import Any

import pytest

from cnncli.errors import FormatError, ShapeError, UsageError
from cnncli.layers import Flatten, Linear, Module, ReLU
from cnncli.network import Network
from cnncli.network.architectures import read_model
from cnncli.pictures.recipe import InputRecipe
from cnncli.shipped import model_names, shipped_model
from known_layers import KNOWN_LAYERS

FLATTEN = {"type": "Flatten"}


def description(*layers: dict[str, Any], **other: Any) -> dict[str, Any]:
    """That of a network "mine", which takes images of 1x6x6."""
    return {"name": "mine", "input": [1, 6, 6], "layers": list(layers), **other}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (
            description({"type": "Maxpool", "kernel": 2}),
            'network "mine", layer 0: unknown type "Maxpool"; did you mean "MaxPool2d"?',
        ),
        (
            description(FLATTEN, {"type": "Transformer"}),
            f'network "mine", layer 1: unknown type "Transformer"; {KNOWN_LAYERS}',
        ),
        (
            description({"type": "MaxPool2d", "kernel_sise": 2}),
            'network "mine", layer 0 (MaxPool2d): unknown setting "kernel_sise"; did you mean "kernel_size"?',
        ),
        (
            description({"type": "ReLU", "slope": 2}),
            'network "mine", layer 0 (ReLU): unknown setting "slope"; known: none',
        ),
        (
            description(FLATTEN, {"type": "Linear", "out_features": 3, "seed": 1}),
            'network "mine", layer 1 (Linear): unknown setting "seed"; known: bias, in_features, initialization, '
            "out_features",
        ),
        (
            description({"type": "MaxPool2d"}),
            'network "mine", layer 0 (MaxPool2d): setting "kernel_size" is missing; add it',
        ),
        (
            description({"type": "MaxPool2d", "kernel_size": "two"}),
            'network "mine", layer 0 (MaxPool2d): kernel_size is "two"; '
            "use a whole number, at least 1 and at most 16,777,215, or two: (height, width)",
        ),
        (
            description(FLATTEN, {"type": "Linear", "out_features": "classes"}),
            'network "mine", layer 1 (Linear): out_features = "classes" needs the number of classes; '
            "add classes = 10 on top",
        ),
        (
            description(FLATTEN, {"type": "Linear", "out_features": "targets"}),
            'network "mine", layer 1 (Linear): out_features = "targets" needs the number of classes; '
            "add classes = 10 on top",
        ),
        (
            description(FLATTEN, recipe={"kind": "glyph"}),
            'network "mine": input recipe has no channels; it needs kind, channels, height, width, polarity, mean, '
            "scale, border",
        ),
        (
            description(FLATTEN, recipe={**InputRecipe().to_dict(), "height": 0}),
            'network "mine": input recipe: height is 0; use a whole number, at least 1 and at most 4,096',
        ),
        (
            description({"kernel": 2}),
            'network "mine", layer 0: has no "type"; use one such as type = "ReLU"',
        ),
        (
            description(),
            'network "mine": needs "layers", a list of one layer or more; add [[layers]] tables',
        ),
        (
            description({"type": "Sequential"}),
            'network "mine", layer 0 (Sequential): needs "layers", a list of one layer or more; add [[layers]] tables',
        ),
        (
            description(FLATTEN, input=[28]) | {"input": "28x28"},
            'network "mine": input is "28x28"; use [channels, height, width] such as [1, 28, 28]',
        ),
        (
            description(FLATTEN, input=[1, 0, 28]),
            'network "mine": input is [1, 0, 28]; use [channels, height, width] such as [1, 28, 28]',
        ),
        (
            description(FLATTEN, input=[1, 2**20, 2**20]),
            'network "mine": one input of 1x1048576x1048576 takes more than the limit of 2 GiB; use smaller images',
        ),
        (
            description(FLATTEN, classes=0),
            'network "mine": classes is 0; use a whole number, at least 1 and at most 2,147,483,647, or '
            "a list of names",
        ),
        (
            description(FLATTEN, classes=["a", "b\x1b[31m"]),
            'network "mine": class name is "b\\x1b[31m"; use a text of printable characters',
        ),
        (
            description(FLATTEN, layer=[]),
            'network "mine": unknown key "layer"; did you mean "layers"?',
        ),
        (
            description(FLATTEN, recipe=3),
            'network "mine": recipe is no table; remove it or use one with kind, channels, height and width',
        ),
    ],
)
def test_bad_description_is_refused(bad: dict[str, Any], message: str) -> None:
    with pytest.raises(FormatError) as caught:
        Network.from_description(bad)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (
            description({"type": "ReLU"}, {"type": "MaxPool2d", "kernel_size": 7}),
            'network "mine", layer 1 (MaxPool2d): kernel 7x7 does not fit its input 6x6; '
            "use kernel_size <= 6 or add padding",
        ),
        (
            description(
                FLATTEN, {"type": "Sequential", "layers": [{"type": "Linear", "in_features": 7, "out_features": 2}]}
            ),
            'network "mine", layer 1.0 (Linear): takes samples of shape 7, got 36; use in_features=36',
        ),
        (
            description({"type": "Linear", "in_features": 36, "out_features": 2}),
            'network "mine", layer 0 (Linear): takes samples of shape 36, got 1x6x6; put Flatten() before it',
        ),
        (
            description(FLATTEN, classes=10),
            'network "mine": the last layer gives samples of shape 36 for 10 classes; '
            'end with type = "Linear", out_features = "classes"',
        ),
    ],
)
def test_layers_that_do_not_fit_are_refused(bad: dict[str, Any], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        Network.from_description(bad)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            [FLATTEN, {"type": "Linear", "out_features": 2**31 - 1}],
            'network "mine", layer 1 (Linear): parameters up to here take 296 GiB, '
            "more than the limit of 2 GiB; use smaller layers",
        ),
        (
            # Each is within the limit, together they are not.
            [FLATTEN, *[{"type": "Linear", "out_features": 20_000} for _ in range(3)]],
            'network "mine", layer 3 (Linear): parameters up to here take 2.983 GiB, '
            "more than the limit of 2 GiB; use smaller layers",
        ),
        (
            [{"type": "BatchNorm2d", "num_features": 2**31 - 1}],
            'network "mine", layer 0 (BatchNorm2d): parameters up to here take 16 GiB, '
            "more than the limit of 2 GiB; use smaller layers",
        ),
        (
            [{"type": "Conv2d", "out_channels": 1, "kernel_size": 1, "padding": 2**24 - 1}],
            'network "mine", layer 0 (Conv2d): activations of one sample up to here take 8.389e+06 GiB, '
            "more than the limit of 2 GiB; use smaller layers",
        ),
    ],
)
def test_huge_networks_are_refused_before_allocation(
    layers: list[dict[str, Any]], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_allocation(self: Module) -> None:
        raise AssertionError(f"{self!r} was allocated")

    monkeypatch.setattr(Module, "allocate", no_allocation)
    with pytest.raises(FormatError) as caught:
        Network.from_description(description(*layers))
    assert str(caught.value) == message


def test_deep_nesting_is_refused() -> None:
    layer: dict[str, Any] = {"type": "ReLU"}
    for _ in range(500):
        layer = {"type": "Sequential", "layers": [layer]}
    with pytest.raises(FormatError) as caught:
        Network.from_description(description(layer))
    place = ".".join(["0"] * 9)
    assert str(caught.value) == (
        f'network "mine", layer {place} (Sequential): is nested deeper than 8; put its layers side by side'
    )


def test_network_wants_one_class_name_for_each_output() -> None:
    with pytest.raises(UsageError) as caught:
        Network([Linear(4, 3)], (4,), ["cat", "dog"], "pets")
    assert str(caught.value) == ('network "pets": 2 class names for outputs of shape 3; pass one name for each output')


def test_layers_of_a_network_fit_each_other() -> None:
    with pytest.raises(ShapeError) as caught:
        Network([Flatten(), Linear(4, 3), ReLU(), Linear(4, 3)], (1, 2, 2))
    assert str(caught.value) == ("layer 3, Linear(4 -> 3): takes samples of shape 4, got 3; use in_features=3")


def test_description_file_is_named_in_errors(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\ninput = [1, 4, 4]\n[[layers]]\ntype = "MaxPool2d"\nkernel_size = 5\n')
    with pytest.raises(ShapeError) as caught:
        Network.from_model_name(path)
    assert str(caught.value) == (
        f"{path}, layer 0 (MaxPool2d): kernel 5x5 does not fit its input 4x4; use kernel_size <= 4 or add padding"
    )
    path.write_text(path.read_text().replace("kernel_size = 5", "kernel_size = 4"))
    assert Network.from_model_name(str(path)).output_shape((1, 4, 4)) == (1, 1, 1)


def test_a_file_that_is_no_description_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\x00")
    with pytest.raises(FormatError, match=r"mine\.toml: is not TOML \(.*\); see models/lenet5\.toml for the form$"):
        read_model(path)
    path.write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(FormatError) as caught:
        read_model(path)
    assert str(caught.value) == f"{path}: is larger than 1 MiB; a network description is a page of text"


def test_the_name_of_a_description_steers_no_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[31m.toml"
    for content in (None, b"\xff", b"#" * (1024 * 1024 + 1), b'name = "mine"\ninput = [1, 4, 4]\n'):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises((UsageError, FormatError), match=r"/a\\x1b\[31m.toml: "):
            Network.from_model_name(path)


def test_unknown_network_is_answered_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_model("lenet")
    assert str(caught.value) == ('no network is named "lenet"; did you mean "lenet5"? (a path has to end in .toml)')
    with pytest.raises(UsageError) as caught:
        read_model(tmp_path / "none.toml")
    assert str(caught.value) == f"{tmp_path / 'none.toml'}: no such file; known names: {', '.join(model_names())}"


def test_a_model_that_does_not_ship_is_answered_with_how_to_train_it() -> None:
    with pytest.raises(UsageError) as caught:
        shipped_model("mlp")
    assert str(caught.value) == 'no trained model ships as "mlp"; train one with cnn train --arch mlp'
