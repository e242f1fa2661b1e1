"""What the report on a data set says: counts, words and limits of each fault; fingerprints against plain NumPy."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnncli.data.imbalance import Imbalance, imbalance_of
from cnncli.data.inspection.alike import _share_of_one_grey, alike, confirm, detail_size
from cnncli.data.inspection.groups import find_groups
from cnncli.data.inspection.inspection import (
    DataFinding,
    _of_classes,
    _of_groups,
    _of_single,
    _without_pictures,
    inspect,
)
from cnncli.data.inspection.looks import Looks, look_at, picture_name
from cnncli.data.inspection.rows import inspect_rows, target_counts
from cnncli.data.raw import RawPart, RawSet
from cnncli.errors import DataError
from cnncli.pictures.fingerprint import THUMB, _areas, fingerprint, grey_range, thumbnails


def looks(count: int, **facts: Any) -> Looks:
    """Grey pictures of all brightnesses in the training part, each of its own class and content."""
    given: dict[str, Any] = {
        "part": np.zeros(count, np.uint8), "number": np.arange(count), "label": np.arange(count),
        "digest": np.array([number.to_bytes(16, "big") for number in range(count)], "V16"),
        "thumb": np.zeros((count, 256), np.uint8), "size": np.full((count, 2), 20, np.int32),
        "darkest": np.zeros(count, np.uint8), "lightest": np.full(count, 255, np.uint8),
        "is_constant": np.zeros(count, bool), "has_colour": np.zeros(count, bool), "is_read": np.ones(count, bool),
    }  # fmt: skip
    given |= {name: np.asarray(value, given[name].dtype) for name, value in facts.items()}
    return Looks(names=str, **given)


def said(found: Iterable[DataFinding]) -> list[tuple[str, int, str]]:
    return [(one.kind, one.count, one.text) for one in found]


def test_groups_are_told_as_leaks_contradictions_and_doubles() -> None:
    of = looks(9, part=[0, 0, 0, 0, 1, 1, 2, 2, 2], label=[5, 5, 5, 6, 5, 5, 5, 5, 6])
    assert said(_of_groups(of, [(0, 1)], "")) == [("duplicates", 1, "1 picture is the same as another one")]
    assert said(_of_groups(of, [(0, 1, 2)], "")) == [("duplicates", 2, "2 pictures are the same as another one")]
    assert said(_of_groups(of, [(0, 3)], "")) == [
        ("two-labels", 2, "2 pictures are the same as one under another label"),
        ("duplicates", 1, "1 picture is the same as another one"),
    ]
    assert said(_of_groups(of, [(0, 1, 4, 6), (2, 7)], "")) == [
        ("leaks", 3, "3 pictures of validation and test are in another part too"),
        ("duplicates", 4, "4 pictures are the same as another one"),
    ]
    assert said(_of_groups(of, [(4, 6)], "near-")) == [
        ("near-leaks", 1, "1 picture of validation and test is nearly in another part too"),
        ("near-duplicates", 1, "1 picture is nearly the same as another one"),
    ]
    assert said(_of_groups(of, [(7, 8)], "near-"))[0] == (
        "near-two-labels", 2, "2 pictures are nearly the same as one under another label",
    )  # fmt: skip
    remedies = {one.kind: one.remedy for one in _of_groups(of, [(0, 3), (0, 6)], "")}
    assert remedies == {
        "leaks": "keep them in one, or measures are too good", "two-labels": "one of the labels is wrong",
        "duplicates": "",
    }  # fmt: skip
    assert said(_of_groups(of, [], "")) == []


def test_picture_is_dark_below_40_and_flat_below_a_contrast_of_16() -> None:
    of = looks(6, darkest=[0, 0, 100, 100, 20, 0], lightest=[39, 40, 115, 116, 30, 30], is_constant=[0, 0, 0, 0, 0, 1])
    found = {one.kind: one.groups for one in _of_single(of)}
    assert found == {"constant": [(5,)], "dark": [(0,), (4,)], "low-contrast": [(2,)]}
    bright = looks(1, darkest=[0], lightest=[255])
    assert said(_of_single(bright)) == []


@pytest.mark.parametrize(("dark", "of", "text"), [
    (1, 6, "1 picture is very dark"), (2, 10, "2 pictures are very dark"),
    (3, 10, "3 pictures are very dark, 30 % of all: so it is with this set"),
])  # fmt: skip
def test_what_more_than_a_fifth_of_the_pictures_are_is_the_way_of_the_set(dark: int, of: int, text: str) -> None:
    seen = looks(of, lightest=[9] * dark + [255] * (of - dark))
    assert said(_of_single(seen)) == [("dark", dark, text)]
    broken = looks(10, is_read=[False] * 9 + [True])
    assert said(_of_single(broken)) == [("unreadable", 9, "9 pictures are not to be read")]


def test_classes_without_pictures_and_ten_times_larger_ones_are_told() -> None:
    assert said(_of_classes(None)) == []
    found = imbalance_of(["a", "b", "c", "d"], [1500, 150, 0, 150])
    assert found == Imbalance(("a", 1500), ("b", 150), 10.0, ("c",), "sample")
    assert said(_of_classes(found)) == [
        ("imbalance", 1, "10 times as many of a (1,500) as of b (150)"),
    ]  # fmt: skip
    even = imbalance_of(["a", "b", "c", "d"], [0, 149, 15, 0])
    assert even is not None and even.remedy == ""
    assert said(_of_classes(even)) == []
    names = ["a", "b", "c", "d", "e"]
    assert said(_without_pictures(names[:2], [3, 4], [3, 4])) == []
    assert said(_without_pictures(names[:4], [0, 149, 15, 0], [0, 149, 15, 0])) == [
        ("no-images", 2, "2 classes have no training pictures: a, d"),
    ]
    assert said(_without_pictures(names[:3], [3, 4, 5], [3, 0, 5])) == [
        ("no-images", 1, "1 class has no training pictures that can be used: b"),
    ]
    assert said(_without_pictures(names, [0, 0, 2, 0, 0], [0, 0, 2, 0, 0])) == [
        ("no-images", 4, "4 classes have no training pictures: a, b, d, ..."),
        ("one-class", 1, 'all training pictures are of the class "c"'),
    ]
    assert said(_without_pictures(["only"], [9], [9])) == [
        ("one-class", 1, 'all training pictures are of the class "only"'),
    ]
    assert said(_without_pictures(["only"], [0], [0])) == []  # all are to test
    assert imbalance_of(["a", "b"], [3, 0]) is None and imbalance_of([], []) is None


@pytest.mark.parametrize(("shape", "size"), [
    ((64, 64), (64, 64)), ((65, 13), (64, 13)), ((128, 64), (64, 32)), ((64, 128), (32, 64)), ((1, 6400), (1, 64)),
    ((6400, 1), (64, 1)), ((10, 20), (10, 20)),
])  # fmt: skip
def test_pictures_are_compared_with_64_pixels_on_their_longer_side(
    shape: tuple[int, int], size: tuple[int, int]
) -> None:
    assert detail_size(*shape) == size


@pytest.mark.parametrize(("greys", "share"), [
    ([96, 97, 103, 104], 0.75), ([0, 32, 64, 96], 0.25), ([7, 8, 15, 16], 0.5), ([255, 248, 247, 0], 0.5), ([5], 1.0),
])  # fmt: skip
def test_greys_are_about_one_in_steps_of_eight(greys: list[int], share: float) -> None:
    assert _share_of_one_grey(np.array([greys], np.uint8)) == share


def noisy(rng: np.random.Generator, amount: float, base: np.ndarray) -> np.ndarray:
    return (base + rng.normal(0, amount, base.shape)).clip(0, 255).round().astype(np.uint8)


def grey_of(image: np.ndarray) -> np.ndarray:
    return (image @ np.array([0.299, 0.587, 0.114])).round()


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def test_pictures_are_one_from_a_correlation_of_975_thousandths_on_flat_ones_from_995(
    rng: np.random.Generator,
) -> None:
    """Noise of many strengths, on both sides of the limits, against correlations by NumPy."""
    y, x = np.mgrid[:40, :40]
    wave = (127 + 60 * np.sin(x / 3) + 60 * np.cos(y / 4))[..., None].repeat(3, 2)
    flat = np.full((40, 40, 3), 220.0)
    flat[8:20, 8:30] = 40
    for base, limit in ((wave, 0.975), (flat, 0.995)):
        answers = set()
        for amount in np.linspace(2, 40, 25):
            one, other = base.round().astype(np.uint8), noisy(rng, amount, base)
            found = correlation(grey_of(one), grey_of(other))
            if abs(found - limit) < 1e-4:
                continue
            answers.add(confirm(one, other))
            assert confirm(one, other) == (found >= limit)
        assert answers == {True, False}


def test_colours_have_to_be_about_the_same_where_both_pictures_have_them(rng: np.random.Generator) -> None:
    y, x = np.mgrid[:40, :40]
    grey = 127 + 50 * np.sin(x / 3) + 40 * np.cos(y / 4)
    tint = 25 * np.cos(x / 9)
    one = np.stack([grey + tint, grey, grey], 2).round().clip(0, 255).astype(np.uint8)
    answers = set()
    for amount in np.linspace(-3, 1, 17):
        # The same grey: what red has more of, green has less of.
        parts = [grey + amount * tint, grey - (amount - 1) * tint * 0.299 / 0.587, grey]
        other = np.stack(parts, 2).round().clip(0, 255).astype(np.uint8)
        found = correlation(one, other)
        ranges = [np.quantile(np.ptp(image.astype(int), axis=2), 0.99) for image in (one, other)]
        if correlation(grey_of(one), grey_of(other)) > 0.976 and abs(found - 0.95) > 1e-3:
            assert confirm(one, other) == (min(ranges) <= 10 or found >= 0.95)
            answers.add(confirm(one, other))
    assert answers == {True, False}


def test_thumbnails_that_nothing_can_be_told_of_are_no_pairs(rng: np.random.Generator) -> None:
    """A deviation of 2 is enough; 0 and 4 by halves have just that."""
    faint = np.tile(np.array([100, 104], np.uint8), (2, 128))
    assert alike(faint)[0].tolist() == [[0, 1]]
    assert alike(np.tile(np.array([100, 103], np.uint8), (2, 128)))[0].tolist() == []
    several = np.concatenate([faint, rng.integers(0, 256, (1, 256), np.uint8), faint])
    assert alike(several)[0].tolist() == [[0, 1], [0, 3], [0, 4], [1, 3], [1, 4], [3, 4]]


def test_pictures_of_other_proportions_are_two(rng: np.random.Generator) -> None:
    """By up to 3 % in either direction they are one, as where a side was rounded."""
    y, x = np.mgrid[:100, :100]
    base = Image.fromarray((127 + 60 * np.sin(x / 9) + 60 * np.cos(y / 11)).astype(np.uint8))
    for other, is_one in (((100, 102), True), ((102, 100), True), ((100, 104), False), ((104, 100), False)):
        pictures = [base, base.resize(other, Image.Resampling.BILINEAR)]
        prints = [fingerprint(picture) for picture in pictures]
        of = looks(2, thumb=[one.thumb for one in prints], size=[(one.height, one.width) for one in prints])
        groups = find_groups(of, lambda number, pictures=pictures: pictures[number])
        assert groups.alike == ([(0, 1)] if is_one else [])

    def gone(number: int) -> Image.Image:
        raise DataError("gone")

    assert find_groups(of, gone).alike == []


def test_equal_pictures_are_groups_and_the_first_of_them_stands_for_all(rng: np.random.Generator) -> None:
    digests = [bytes([key] * 16) for key in (7, 1, 7, 9, 1, 7, 1, 3)]
    thumbs = rng.integers(0, 256, (8, 256), np.uint8)
    thumbs[3] = thumbs[0]
    picture = Image.fromarray(thumbs[0].reshape(16, 16).repeat(2, 0).repeat(2, 1))
    constant, read = [0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 1, 1, 1, 1, 0]
    of = looks(8, digest=digests, thumb=thumbs, is_constant=constant, is_read=read)
    groups = find_groups(of, lambda number: picture)
    assert (groups.equal, groups.alike, groups.is_whole) == ([(0, 2, 5), (1, 4)], [(0, 3)], True)


def oracle_areas(side: int) -> np.ndarray:
    """By 16 * side pieces, each of which lies within one area and one pixel."""
    pieces = np.arange(16 * side)
    shares = np.zeros((16, side))
    np.add.at(shares, (pieces // side, pieces // 16), 1 / side)
    return shares


@pytest.mark.parametrize("side", [1, 5, 16, 17, 48, 96])
def test_thumbnails_are_means_of_areas(side: int, rng: np.random.Generator) -> None:
    assert _areas(side) == pytest.approx(oracle_areas(side), abs=1e-6)
    planes = rng.integers(0, 256, (2, side, 7), np.uint8)
    assert thumbnails(planes) == pytest.approx(oracle_areas(side) @ planes @ oracle_areas(7).T, abs=1e-3)


@pytest.mark.parametrize("pixels", [1, 199, 200, 400, 1000])
def test_darkest_and_lightest_leave_half_a_percent_out(pixels: int, rng: np.random.Generator) -> None:
    values = np.sort(rng.integers(0, 256, pixels))
    rest = pixels // 200
    assert grey_range(np.bincount(values, minlength=256)) == (values[rest], values[pixels - 1 - rest])


def test_fingerprint_tells_colour_and_grey(rng: np.random.Generator) -> None:
    grey = rng.integers(0, 200, (20, 30), np.uint8)
    as_grey = fingerprint(Image.fromarray(grey))
    in_rgb = fingerprint(Image.fromarray(grey[..., None].repeat(3, 2)))
    assert as_grey.digest == in_rgb.digest and (as_grey.height, as_grey.width) == (20, 30)
    for more, has_colour in ((9, False), (11, True)):
        tinted = np.stack([grey + np.uint8(more), grey, grey], 2)
        one = fingerprint(Image.fromarray(tinted))
        assert one.has_colour == has_colour and one.digest != as_grey.digest
    for channel in range(3):  # one pixel is enough for another digest
        once = grey[..., None].repeat(3, 2)
        once[3, 4, channel] += 1
        assert fingerprint(Image.fromarray(once)).digest != as_grey.digest
    plain = np.full((9, 9, 3), (60, 60, 90), np.uint8)
    assert fingerprint(Image.fromarray(plain)).is_constant
    plain[0, 1] = (60, 90, 43)  # of about the same grey
    assert not fingerprint(Image.fromarray(plain)).is_constant
    sizes = {fingerprint(Image.new("L", size, 5)).digest for size in ((2, 8), (8, 2), (4, 4))}
    assert len(sizes) == 3
    reduced = fingerprint(Image.new("L", (4, 4)), (40, 80))
    assert (reduced.height, reduced.width) == (80, 40)


def test_arrays_are_looked_at_in_all_parts_and_named_by_their_place(rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (1500, 1, 4, 6), np.uint8)
    images[3] = 9
    parts = {"train": RawPart(images[:1100], np.arange(1100)), "test": RawPart(images[1100:], np.arange(400))}
    raw = RawSet("set", [str(number) for number in range(1100)], parts)
    found = look_at(raw)
    assert found.part.tolist() == [0] * 1100 + [2] * 400
    assert found.number.tolist() == [*range(1100), *range(400)] == found.label.tolist()
    assert found.is_read.all() and np.flatnonzero(found.is_constant).tolist() == [3]
    assert (found.size == (4, 6)).all() and not found.has_colour.any()
    ordered = np.sort(images.reshape(1500, -1), axis=1)
    np.testing.assert_array_equal(found.darkest, ordered[:, 0])  # of 24 pixels none is left out
    np.testing.assert_array_equal(found.lightest, ordered[:, -1])
    assert [picture_name(raw, found, index) for index in (0, 1099, 1100, 1499)] == [
        "train image 1", "train image 1100", "test image 1", "test image 400",
    ]  # fmt: skip
    assert len(np.unique(found.digest)) == len(np.unique(images.reshape(1500, -1), axis=0))


def test_sizes_and_colours_are_counted_the_most_frequent_first(rng: np.random.Generator) -> None:
    grey = rng.integers(0, 256, (3, 20, 24), np.uint8)[:, None].repeat(3, 1)
    coloured = rng.integers(0, 256, (5, 3, 1, 1), np.uint8).repeat(20, 2).repeat(24, 3)
    coloured[:, 0, :, :10], coloured[:, 1, :, :10] = 0, 200
    pictures = np.concatenate([grey, coloured])
    raw = RawSet("set", ["a", "b", "c"], {"train": RawPart(pictures, np.array([0, 0, 0, 0, 0, 1, 1, 1]))})
    report = inspect(raw)
    assert report.sizes == [((20, 24), 8)] and list(report.colours.items()) == [("in colour", 5), ("grey", 3)]
    assert report.imbalance == Imbalance(("a", 5), ("b", 3), 5 / 3, ("c",), "")
    assert [one.kind for one in report.findings][-1] == "no-images"


@pytest.mark.parametrize(("rows", "different", "are_classes"), [
    (2, 2, True), (3, 2, True), (3, 3, False), (6, 3, True), (7, 3, True), (7, 4, False), (128, 64, True),
    (130, 65, False), (1000, 64, True), (1000, 65, False),
])  # fmt: skip
def test_targets_of_which_few_differ_are_counted_as_classes(rows: int, different: int, are_classes: bool) -> None:
    cells = [[f"c{number % different}"] for number in range(rows)]
    counts = target_counts(cells)
    assert (len(counts) == different and sum(counts.values()) == rows) if are_classes else counts == {}
    assert target_counts([["a"]]) == {"a": 1} and target_counts([]) == {} and target_counts([["a", "b"]] * 9) == {}


def test_faults_of_rows_are_counted_and_said() -> None:
    rows = np.array([[1.0] * 7 + [number // 3] for number in range(6)])
    cells = [["a"], ["a"], ["a"], ["a"], ["b"], ["a"]]
    found = {one.kind: one for one in inspect_rows(rows, cells, list("stuvwxyz"))}
    assert found["duplicates"].text == "2 rows are the same as another one" and found["duplicates"].rows == [[1, 2, 3]]
    assert found["two-targets"].text == "3 rows have the inputs of another one and another target"
    assert found["two-targets"].count == 3 and found["two-targets"].rows == [[4, 5, 6]]
    assert found["constant-columns"].text == "7 columns are the same in all rows: s, t, u, v, w, x"
    one = inspect_rows(rows[:2], [["a"], ["a"]], list("stuvwxyz"))
    assert one[0].text == "1 row is the same as another one"
    many = inspect_rows(np.arange(1100.0)[:, None], [["often"]] * 1090 + [["rare"]] * 10, ["x"])
    assert [(one.kind, one.text, one.remedy) for one in many] == [
        ("imbalance", "109 times as many of often (1,090) as of rare (10)", "as classes: cnn train --balance sample"),
    ]


@pytest.mark.parametrize(("more", "has_colour"), [(0, False), (10, False), (11, True)])
def test_colour_is_where_channels_differ_by_more_than_10(more: int, has_colour: bool) -> None:
    image = np.full((THUMB, THUMB, 3), 100, np.uint8)  # of a thumbnail's size, which is not scaled
    image[:8, :, 1] += np.uint8(more)
    assert fingerprint(Image.fromarray(image)).has_colour == has_colour
    images = np.ascontiguousarray(image.transpose(2, 0, 1)[None])
    found = look_at(RawSet("set", ["a"], {"train": RawPart(images, np.zeros(1, np.int64))}))
    assert found.has_colour.tolist() == [has_colour]
