"""What `--pixels`, `--colour` and the input that a network declares ask of the pictures."""

from typing import Any

import pytest

from cnncli.errors import UsageError
from cnncli.training.plan import picture_wish
from cnncli.training_options import TrainSettings

LAYERS = [{"type": "Conv2d", "out_channels": 2, "kernel_size": 5}, {"type": "Flatten"},
          {"type": "Linear", "out_features": "classes"}]  # fmt: skip


def wish(declared: Any = None, file: str = "own.toml", **asked: Any) -> Any:
    description = {"layers": LAYERS, **({} if declared is None else {"input": declared})}
    return picture_wish(TrainSettings(file, **asked), description, f"folder/{file}", 10)


@pytest.mark.parametrize(("declared", "shape"), [
    ([1, 20, 24], (1, 20, 24)), ([3, 24, 20], (3, 24, 20)), (None, None), ([20, 24], None), ([1, 2, 20, 24], None),
    ([1, 20, 24.0], None), ([1, "20", 24], None), ("1x20x24", None),
])  # fmt: skip
def test_input_of_three_whole_numbers_is_the_shape_of_images(declared: Any, shape: tuple[int, ...] | None) -> None:
    found = wish(declared)
    assert (found.declared, found.is_firm, found.asker) == (shape, True, "own.toml")
    assert (found.prepare, found.colour, found.size) == ("auto", None, None)
    assert not wish(declared, "lenet5").is_firm


@pytest.mark.parametrize("channels", [0, 2, 4])
def test_pictures_have_1_or_3_channels_and_a_network_of_ones_own_must_take_them(channels: int) -> None:
    with pytest.raises(UsageError) as caught:
        wish([channels, 20, 24])
    assert str(caught.value) == (
        f"folder/own.toml: input has {channels} channels, but pictures have 1 (grey) or 3 (RGB); use one of these"
    )
    assert wish([channels, 20, 24], "lenet5").declared == (channels, 20, 24)  # serves any pictures


@pytest.mark.parametrize(("declared", "asked", "line"), [
    (None, {"pixels": (4, 9)}, "--pixels 4x9: the network cannot take 1x4x9 ("),
    (None, {"pixels": (9, 4), "colour": "rgb"}, "--pixels 9x4 --colour rgb: the network cannot take 3x9x4 ("),
    ([3, 20, 24], {"pixels": (9, 4)}, "--pixels 9x4: the network cannot take 3x9x4 ("),
    ([3, 20, 24], {"pixels": (9, 4), "colour": "grey"}, "--pixels 9x4 --colour grey: the network cannot take 1x9x4 ("),
    ([1, 4, 24], {"colour": "rgb"}, "--colour rgb: the network cannot take 3x4x24 ("),
    ([3, 4, 24], {"colour": "grey"}, "--colour grey: the network cannot take 1x4x24 ("),
])  # fmt: skip
def test_what_is_asked_and_does_not_fit_is_told_in_the_words_it_was_asked_in(
    declared: Any, asked: dict[str, Any], line: str
) -> None:
    with pytest.raises(UsageError) as caught:
        wish(declared, "lenet5", **asked)
    assert str(caught.value).startswith(line) and str(caught.value).endswith(")")


def test_what_is_asked_and_fits_is_kept_and_sizes_that_the_network_takes_are_known() -> None:
    found = wish([1, 20, 24], pixels=(5, 6), colour="rgb", prepare="plain")
    assert (found.size, found.colour, found.prepare, found.declared) == ((5, 6), "rgb", "plain", (1, 20, 24))
    assert found.takes((3, 5, 5)) and not found.takes((3, 4, 5)) and not found.takes((3, 5, 4))
    assert wish(None, colour="rgb").colour == "rgb"  # of a size that the pictures decide
