"""Which images are trained on and which validate; images that are there more than once; what a data set must be."""

from dataclasses import replace

import numpy as np
import pytest

from cnncli.data.dataset import Blank, DataSet, Split, check_size, images_digest
from cnncli.data.equal_images import digests_of, images_more_than_once
from cnncli.data.facts import data_facts
from cnncli.data.held_out import (
    copied,
    hold_out,
    labels_of,
    measure_recipe,
    numbers_trained_on,
    share_to_hold_out,
    split_images,
    strata,
)
from cnncli.data.split import split_indices
from cnncli.errors import DataError, UsageError


def part(labels: list[int] | np.ndarray, **more: object) -> Split:
    values = np.arange(len(labels), dtype=np.int64)
    images = (values[:, None, None, None] * np.ones((1, 1, 2, 2), np.int64)).astype(np.uint8)
    return Split(images, np.asarray(labels, np.int64), **more)  # type: ignore[arg-type]


def dataset(train: Split, **more: object) -> DataSet:
    return DataSet("set", train, None, [str(label) for label in range(10)], **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("labels", "share"), [
    (np.arange(19) % 2, 0.0), (np.arange(20) % 2, 0.1), (np.arange(20), 0.0), (np.zeros((999, 1)), 0.0),
    (np.zeros((1000, 1)), 0.1),
])  # fmt: skip
def test_a_tenth_is_held_out_of_twenty_images_or_a_thousand_rows(labels: np.ndarray, share: float) -> None:
    assert share_to_hold_out(labels) == share


def test_images_are_held_out_or_those_of_the_set_validate() -> None:
    whole = part(np.arange(40) % 4)
    kept, held = split_images(dataset(whole), 0.25, 3)
    expected = split_indices(whole.labels, 0.25, 3)
    assert kept is not None and held is not None
    assert kept.tolist() == expected[0].tolist() and held.images[:, 0, 0, 0].tolist() == expected[1].tolist()
    own = part([1, 2])
    assert split_images(dataset(whole, validation=own), 0.25, 3, is_own=True) == (None, own)
    assert split_images(dataset(whole, validation=own), 0, 3) == (None, None)
    with pytest.raises(UsageError, match=r"^--val 0\.001: leaves no image to validate on; use a larger share$"):
        split_images(dataset(whole), 0.001, 3)
    ten, rest = split_images(dataset(whole), 0.25, 3, most=10)
    assert ten is not None and rest is not None and rest.labels.tolist() == held.labels.tolist()
    assert set(ten) <= set(kept) and np.bincount(whole.labels[ten]).max() - np.bincount(whole.labels[ten]).min() <= 1
    assert len(ten) == 10 and ten.tolist() == kept[split_indices(whole.labels[kept], 10 / 30, seed=3)[1]].tolist()
    all_of_them, _ = split_images(dataset(whole), 0.25, 3, most=30)
    assert all_of_them is not None and all_of_them.tolist() == kept.tolist()
    assert split_images(dataset(whole), 0, 3, most=40) == (None, None)
    some, none = split_images(dataset(whole), 0, 5, most=8)
    assert some is not None and none is None and np.bincount(whole.labels[some]).tolist() == [2, 2, 2, 2]
    with pytest.raises(UsageError, match=r"^--images 31: there are 30 to train on; leave it out to take them all$"):
        split_images(dataset(whole), 0.25, 3, most=31)
    large = part(np.zeros(1200, np.int64))
    with pytest.raises(UsageError, match=r"^--images 1201: there are 1,200 to train on"):
        split_images(dataset(large), 0, 3, most=1201)


def test_pictures_without_an_image_are_held_out_as_the_others_are() -> None:
    blanks = tuple(Blank(f"b{number}", number % 2, "none") for number in range(10))
    whole = part(np.arange(30) % 2, files=tuple(f"f{number}" for number in range(30)), blanks=blanks)
    kept, held = hold_out(whole, 0.5, 1)
    labels = np.concatenate([whole.labels, [blank.label for blank in blanks]])
    expected = split_indices(labels, 0.5, seed=1)
    assert kept.tolist() == [number for number in expected[0].tolist() if number < 30]
    numbers = [number for number in expected[1].tolist() if number < 30]
    assert held.images[:, 0, 0, 0].tolist() == numbers and held.files == tuple(f"f{number}" for number in numbers)
    assert held.blanks == tuple(blanks[number - 30] for number in expected[1].tolist() if number >= 30)
    assert len(held.blanks) > 0 and held.pictures == 20
    assert hold_out(replace(whole, files=None), 0.5, 1)[1].files is None


def test_values_are_one_stratum_and_labels_are_those_trained_on() -> None:
    assert strata(np.ones((4, 2))).tolist() == [0, 0, 0, 0] and strata(np.array([3, 1])).tolist() == [3, 1]
    whole = dataset(part([4, 5, 6]))
    assert labels_of(whole, None).tolist() == [4, 5, 6] and labels_of(whole, np.array([2, 0])).tolist() == [6, 4]


def test_recipe_is_measured_from_the_images_that_are_not_held_out(rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (10, 1, 3, 3), np.uint8)
    train = Split(images, np.arange(10) % 2)
    kept, held = hold_out(train, 0.2, 0)
    assert measure_recipe(dataset(train), held).mean[0] == pytest.approx(images[kept].mean() / 255)
    assert measure_recipe(dataset(train), None).mean[0] == pytest.approx(images.mean() / 255)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 2, 4), (3, 3, 3), (1, 5, 5), (3, 8, 8)])
def test_equal_images_have_equal_digests_and_others_do_not(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    first = rng.integers(0, 256, (2300, *shape), np.uint8)
    images = np.concatenate([first, first[::-1]])
    digests = digests_of(images)
    distinct = len(np.unique(images.reshape(len(images), -1), axis=0))
    assert digests.dtype == np.uint64 and len(np.unique(digests)) == distinct
    np.testing.assert_array_equal(digests[:2300], digests[2300:][::-1])
    some = rng.permutation(4600)[:2500]
    np.testing.assert_array_equal(digests_of(images, some), digests[some])
    for place in range(int(np.prod(shape))):  # every byte counts
        other = images[:1].copy()
        other.reshape(-1)[place] ^= 1
        assert digests_of(other)[0] != digests[0]


def test_images_that_are_there_again_are_counted_and_those_under_two_labels() -> None:
    def counted(digests: list[int], labels: list[int]) -> tuple[int, int]:
        return images_more_than_once(np.array(digests, np.uint64), np.array(labels))

    assert counted([], []) == counted([5], [1]) == counted([1, 2, 3], [0, 0, 0]) == (0, 0)
    assert counted([1, 2, 1], [0, 0, 0]) == (1, 0) and counted([1, 2, 1], [0, 0, 3]) == (1, 2)
    assert counted([1, 1, 1, 2, 2, 3, 9, 9], [0, 1, 2, 5, 5, 7, 0, 0]) == (4, 3)
    assert counted([9, 1, 9, 1, 9], [0, 4, 1, 3, 0]) == (3, 5)
    assert counted([2**64 - 1, 0, 2**64 - 1], [1, 1, 2]) == (1, 2)


@pytest.mark.parametrize(("images", "labels", "said"), [
    (np.zeros((2, 1, 3, 3)), np.zeros(2, np.int64),
     r"images are float64 \(2, 1, 3, 3\); they must be contiguous uint8"),
    (np.zeros((2, 3, 3), np.uint8), np.zeros(2, np.int64), r"images are uint8 \(2, 3, 3\)"),
    (np.zeros((2, 1, 3, 3), np.uint8)[:, :, ::-1], np.zeros(2, np.int64),
     r"images are uint8 \(2, 1, 3, 3\); they must be contiguous"),
    (np.zeros((2, 1, 3, 3), np.uint8), np.zeros(2, np.int32),
     r"labels are int32 \(2,\) for 2 images; they must be int64 \(2,\)"),
    (np.zeros((2, 1, 3, 3), np.uint8), np.zeros(3, np.int64), r"labels are int64 \(3,\) for 2 images"),
])  # fmt: skip
def test_images_and_labels_of_other_forms_are_refused(images: np.ndarray, labels: np.ndarray, said: str) -> None:
    with pytest.raises(DataError, match=f"^{said}"):
        Split(images, labels)
    with pytest.raises(DataError, match=r"^1 files for 2 images; there must be one for each$"):
        Split(np.zeros((2, 1, 3, 3), np.uint8), np.zeros(2, np.int64), ("a",))


@pytest.mark.parametrize(
    ("labels", "wrong"), [([0, 10], 10), ([-1, 3], -1), ([-2, 10], -2), ([0, 12], 12), ([1, 10], 10)]
)
def test_label_outside_the_classes_is_named(labels: list[int], wrong: int) -> None:
    with pytest.raises(DataError, match=f"^set: label {wrong} found; with 10 classes labels go from 0 to 9$"):
        dataset(part(labels))
    assert len(dataset(part([0, 9])).class_names) == 10


def test_parts_have_one_size_and_there_is_an_image() -> None:
    with pytest.raises(DataError, match=r"^set: holds no images; use a data set with at least one$"):
        dataset(part([]))
    other = Split(np.zeros((1, 3, 2, 2), np.uint8), np.zeros(1, np.int64))
    with pytest.raises(DataError, match=r"^set: images of 1x2x2 and of 3x2x2; they must have one size$"):
        dataset(part([0]), validation=other)
    assert dataset(part([]), validation=part([1])).validation is not None


def test_digest_of_images_hangs_on_their_shape_and_pixels_alone() -> None:
    one, other = part([0, 1, 2]), part([5, 5, 5])
    assert images_digest(one) == images_digest(other) and len(images_digest(one) or "") == 64
    turned = Split(one.images.reshape(3, 1, 4, 1), one.labels)
    assert images_digest(turned) != images_digest(one) != images_digest(part([0, 1]))
    assert images_digest(None) is None and images_digest(part([])) is None


def test_images_take_two_gibibytes_at_most() -> None:
    check_size("w", 2, 1, 1 << 15, 1 << 15)
    with pytest.raises(
        DataError, match=r"^w: 3 images of 1x32768x32768 take 3,221,225,472 bytes; the limit is 2,147,483,648"
    ):
        check_size("w", 3, 1, 1 << 15, 1 << 15)
    check_size("w", 9, 1, 1, 1)
    for sizes, shown in (((0, 2, 2), "0x2x2"), ((1, 0, 2), "1x0x2"), ((1, 2, 0), "1x2x0")):
        with pytest.raises(DataError, match=f"^w: images of {shown} have no pixels; each side must be 1 or more$"):
            check_size("w", 1, *sizes)


def test_facts_count_each_class_in_each_part() -> None:
    whole = dataset(part([0, 0, 2]), validation=part([2]))
    facts = data_facts(whole, "digits")
    assert (facts.train, facts.validation, facts.test, facts.shape) == (3, 1, 0, (1, 2, 2))
    assert facts.class_counts[:4] == [("0", 2, 0, 0), ("1", 0, 0, 0), ("2", 1, 1, 0), ("3", 0, 0, 0)]
    assert (facts.licence, facts.files) == ("that of this program", [])
    assert facts.mean == pytest.approx([whole.train.images.mean() / 255], abs=1e-6)  # type: ignore[union-attr]
    assert data_facts(whole, "some/path").licence == "" and data_facts(whole, "some/path").files == ["some/path"]
    tested = DataSet("set", None, part([1, 1]), ["a", "b"])
    assert data_facts(tested, "x").test == 2 and data_facts(tested, "x").class_counts == [
        ("a", 0, 0, 0),
        ("b", 0, 0, 2),
    ]


@pytest.mark.parametrize(("share", "most"), [(0.25, None), (0.25, 6), (0.0, 6), (0.0, None)])
def test_copies_of_those_trained_on_are_what_a_training_takes(share: float, most: int | None) -> None:
    labels = np.array([0, 1, 2] * 6)
    images = np.arange(18, dtype=np.uint8).reshape(18, 1, 1, 1)
    blanks = tuple(Blank(f"{number}.png", number % 3, "no glyph") for number in range(6))
    whole = Split(images, labels, tuple(f"image {number}" for number in range(18)), blanks)
    kept, held_out = split_images(dataset(whole), share, 5, most=most)
    found = copied(whole, numbers_trained_on(whole, share, 5, most))
    numbers = found.images.ravel().tolist()
    assert numbers == (list(range(18)) if kept is None else kept.tolist())
    np.testing.assert_array_equal(found.labels, labels[numbers])
    assert found.files == tuple(f"image {number}" for number in numbers)
    assert set(found.blanks) == set(blanks) - set(() if held_out is None else held_out.blanks)
