"""What is said before a training that cannot learn, or hardly can."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.data.dataset import Blank, DataSet, Split
from cnncli.errors import CnnError, DataError, UsageError
from cnncli.layers import (
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Flatten,
    Linear,
    LogSoftmax,
    Module,
    ReLU,
    Softmax,
    Softmax2d,
)
from cnncli.network import Network
from cnncli.training.prospects import check_classes, check_prospects, lost_classes, twice_softmax
from cnncli.training.records import Started
from cnncli.training.timetable import Timetable
from cnncli.training.train import train
from small_training import small_settings

PLAIN: list[Module] = [Flatten(), Linear(16, 3)]
NORMALIZED: list[Module] = [Flatten(), Linear(16, 8), BatchNorm1d(8), ReLU(), Linear(8, 3)]
OF_MAPS: list[Module] = [Conv2d(1, 2, 3), BatchNorm2d(2), Flatten(), Linear(8, 3)]


def told(layers: list[Module], labels: list[int], batch_size: int, shares: tuple[float, ...] = ()) -> list[str]:
    table = Timetable(len(labels), batch_size, 3, shares)
    return check_prospects(Network(layers, (1, 4, 4)), np.array(labels), ["cat", "dog", "emu"], table)


@pytest.mark.parametrize("layers", [PLAIN, NORMALIZED, OF_MAPS])
def test_nothing_is_said_of_what_can_learn(layers: list[Module]) -> None:
    for batch_size in (8, 16, 29, 30):
        assert told(layers, [0, 1, 2] * 10, batch_size) == [] or 30 % batch_size == 1


def test_images_of_one_class_are_refused() -> None:
    check_classes(without_glyphs([1, 2], []), np.array([1, 2]))
    with pytest.raises(DataError) as caught:
        check_classes(without_glyphs([1, 2], []), np.array([1] * 30))
    assert str(caught.value) == (
        'pets: all training images are of the class "dog", so that there is nothing to tell apart; '
        "add images of another class"
    )


def test_images_of_one_class_are_refused_before_their_loss_is(tmp_path: Path) -> None:
    for number in range(4):
        save(tmp_path / "data" / "only" / f"{number}.png", np.full((24, 24), 40 * number, np.uint8))
    settings = replace(small_settings(tmp_path), data=str(tmp_path / "data"), architecture="resnet9-s")
    with pytest.raises(DataError, match=r'^data: all training images are of the class "only", so that '):
        list(train(settings))


def test_images_of_one_class_say_where_the_others_are() -> None:
    with pytest.raises(DataError, match=r"apart; no glyph is found in those of the others: pass --prepare plain$"):
        check_classes(without_glyphs([1, 1], [0, 1]), np.array([1, 1]))
    with pytest.raises(DataError, match=r"add images of another class$"):
        check_classes(without_glyphs([1, 1], [1, 1]), np.array([1, 1]))


def without_glyphs(labels: list[int], lost: list[int], names: tuple[str, ...] = ("cat", "dog", "emu")) -> DataSet:
    blanks = tuple(Blank("a.png", label, "no glyph") for label in lost)
    return DataSet("pets", Split(np.zeros((len(labels), 1, 4, 4), np.uint8), np.array(labels), blanks=blanks), None,
                   list(names), "pets")  # fmt: skip


def test_classes_that_preparation_leaves_nothing_of_are_named() -> None:
    assert lost_classes(without_glyphs([0, 1, 2], [0, 0, 2]), False) == []
    assert lost_classes(without_glyphs([0, 0], []), False) == []  # they have only pictures to test
    assert lost_classes(without_glyphs([0, 0], [1, 2, 2]), False) == [
        "class emu: no glyph is found in any of its 2 training pictures, so that it cannot be learned; "
        "pass --prepare plain, or leave the class out",
        "class dog: no glyph is found in its one training picture, so that it cannot be learned; "
        "pass --prepare plain, or leave the class out",
    ]
    *three, more = lost_classes(without_glyphs([0, 0], [1, 2, 3, 4, 5], tuple("abcdef")), True)
    assert len(three) == 3 and more == "so it is with 2 more of the classes"
    assert three[0].endswith("; train from the beginning with --prepare plain, or leave the class out")


def test_a_class_that_loses_all_its_pictures_is_told_when_the_training_starts(tmp_path: Path) -> None:
    for name, pixels in (("bar", (slice(4, 20), slice(10, 14))), ("dash", (slice(10, 14), slice(4, 20)))):
        for number in range(4):
            image = np.full((24, 24), 255, np.uint8)
            image[pixels] = 10 * number
            save(tmp_path / "data" / name / f"{number}.png", image)
    for number in range(4):
        save(tmp_path / "data" / "full" / f"{number}.png", np.full((24, 24), 10 * number, np.uint8))
    settings = replace(small_settings(tmp_path), data=str(tmp_path / "data"), prepare="glyph", architecture="lenet5")
    started = next(record for record in train(settings) if isinstance(record, Started))
    assert any(line.startswith("class full: no glyph is found in any of its 4 ") for line in started.warnings)
    assert any(note.endswith(" (0.png, 1.png, 2.png, ...), 4 of 4 of full") for note in started.notes)


def save(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)


def test_two_classes_of_three_are_no_matter() -> None:
    assert told(PLAIN, [0, 2] * 10, 8) == []


def test_one_image_a_class_is_told() -> None:
    (line,) = told(PLAIN, [0, 1, 2], 2)
    assert line.startswith("there is one training image of each class: ")


def test_a_smaller_batch_that_is_named_is_none_that_normalization_would_complain_of() -> None:
    """Of 30 images three would make ten steps, but leave batch normalization with three values of a feature."""
    (line,) = told(NORMALIZED, [0, 1, 2] * 10, 64)
    assert line.endswith("pass a smaller --batch-size, such as 16")
    assert told(NORMALIZED, [0, 1, 2] * 10, 16) == []
    assert told(NORMALIZED, [0, 1, 2] * 4, 64) == []  # all in one step are as good as it gets


def test_batches_larger_than_the_images_are_told() -> None:
    assert told(PLAIN, [0, 1, 2] * 10, 30) == []
    (line,) = told(PLAIN, [0, 1, 2] * 10, 31)
    assert line == (
        "batches of 31 are larger than the 30 training images, so that an epoch is one step; "
        "pass a smaller --batch-size, such as 2"
    )


def test_batch_normalization_of_one_value_is_refused() -> None:
    line = r"^--batch-size 1: layer 2, BatchNorm1d\(8\), .*; use --batch-size 2 or more"
    with pytest.raises(UsageError, match=line):
        told(NORMALIZED, [0, 1, 2] * 10, 1)


def test_batch_normalization_of_maps_or_in_a_network_without_it_is_not_refused() -> None:
    assert told(OF_MAPS, [0, 1, 2] * 10, 1) == told(PLAIN, [0, 1, 2] * 10, 1) == []


@pytest.mark.parametrize("batch_size", [2, 3])
def test_batch_normalization_of_few_values_is_told(batch_size: int) -> None:
    (line,) = told(NORMALIZED, [0, 1, 2] * 10, batch_size)
    assert f"from {batch_size} values they are rough; pass --batch-size 16 or more" in line


@pytest.mark.parametrize(("images", "batch_size", "better"), [(65, 64, 63), (33, 8, 7), (31, 6, 4), (5, 4, 3)])
def test_last_batch_of_one_image_is_told_with_a_size_that_leaves_none(
    images: int, batch_size: int, better: int
) -> None:
    labels = ([0, 1, 2] * images)[:images]
    (line,) = told(NORMALIZED, labels, batch_size)
    assert line.startswith("the last of an epoch's batches has one image, from which layer 2, BatchNorm1d(8),")
    assert line.endswith(f"; pass --batch-size {better}")
    assert not any("one image" in other for other in told(NORMALIZED, labels, better))
    assert told(PLAIN, labels, batch_size) == told(OF_MAPS, labels, batch_size) == []


def test_last_batch_of_one_among_the_hardest_images_is_told() -> None:
    labels = ([0, 1, 2] * 66)[:66]
    assert told(NORMALIZED, labels, 16) == []
    (line,) = told(NORMALIZED, labels, 16, (1.0, 0.5))
    assert line.startswith("the last of an epoch's batches has one image")


def test_refusal_comes_before_anything_is_written_and_warnings_come_with_the_start(tmp_path: Path) -> None:
    settings = small_settings(tmp_path, train=65, batch_size=64)
    path = Path(settings.architecture)
    dropout, normalization = '{ type = "Dropout"', '{ type = "BatchNorm1d" }'
    path.write_text(path.read_text().replace(dropout, f"{normalization}, {dropout}"))
    with pytest.raises(CnnError, match="--batch-size 1: layer 5, BatchNorm1d"):
        list(train(replace(settings, batch_size=1)))
    assert not Path(settings.runs).exists()
    started, *_ = train(settings)
    assert isinstance(started, Started) and len(started.warnings) == 1
    assert started.warnings[0].endswith("pass --batch-size 63")


def test_a_softmax_before_cross_entropy_is_told() -> None:
    layers: list[Module] = [*PLAIN, Softmax()]
    (line,) = twice_softmax(Network(layers, (1, 4, 4)), "cross-entropy")
    assert line == (
        "layer 2, Softmax(), makes probabilities, but cross-entropy takes scores, of which it makes them itself; "
        "with both the network learns slowly: leave the layer out"
    )
    assert twice_softmax(Network([Conv2d(1, 3, 4), Softmax2d(), Flatten()], (1, 4, 4)), "cross-entropy")
    assert not twice_softmax(Network(layers, (1, 4, 4)), "mse")
    inside: list[Module] = [Flatten(), Linear(16, 8), Softmax(), Linear(8, 3)]
    for others in (PLAIN, inside, [*PLAIN, LogSoftmax()]):
        assert not twice_softmax(Network(others, (1, 4, 4)), "cross-entropy")


def test_values_are_asked_for_no_classes_and_two_of_them_are_enough_to_normalize() -> None:
    network = Network([Flatten(), Linear(16, 8), BatchNorm1d(8), Linear(8, 1)], (1, 4, 4))

    def of_values(images: int) -> list[str]:
        return check_prospects(network, np.zeros(images), [], Timetable(images, min(16, images), 3))

    assert of_values(16) == [] and len(of_values(2)) == 1
    with pytest.raises(UsageError, match=r"^layer 2, BatchNorm1d\(8\), has nothing to normalize with one training"):
        of_values(1)


def test_one_image_in_a_later_epoch_is_told_and_not_refused() -> None:
    (line,) = told(NORMALIZED, [0, 1, 2] * 10, 16, (1.0, 1 / 30))
    assert line.startswith("the last of an epoch's batches has one image")


def test_maps_of_one_column_have_many_values() -> None:
    column: list[Module] = [Conv2d(1, 2, (2, 4)), BatchNorm2d(2), Flatten(), Linear(6, 3)]
    assert told(column, [0, 1, 2] * 10, 1) == []
