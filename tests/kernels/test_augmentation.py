"""Changed images: what is drawn, and what each change does to the pixels, against the definition in float64."""

from typing import Any

import numpy as np
import pytest

from augmentation_oracle import OFF, augmented, draws, mixup
from cnncli import _core

SHAPES = [(1, 28, 28), (1, 1, 1), (3, 5, 9), (2, 7, 3), (3, 1, 6), (1, 6, 1), (1, 33, 17)]
ONE_AT_A_TIME: list[dict[str, float]] = [
    {}, {"shift": 0.3}, {"rotate": 180}, {"scale": 0.9}, {"shear": 60}, {"elastic": 0.5}, {"stroke": 0.7},
    {"stroke": 3.3}, {"noise": 0.4}, {"erase": 1}, {"crop": 3}, {"flip": 0.5}, {"jitter": 0.6}, {"mixup": 0.4},
]  # fmt: skip
ALL = {
    "shift": 0.1, "rotate": 20, "scale": 0.2, "shear": 15, "elastic": 0.08, "stroke": 1.2, "noise": 0.1, "erase": 0.5,
    "crop": 1, "flip": 0.5, "jitter": 0.3, "mixup": 1.0,
}  # fmt: skip
SEED, EPOCH = 2**40 + 5, 3
# Coordinates are float32, so that a place is wrong by some 1e-6 of the image's side; a level is a slope of up to 255.
LEVELS = 0.02


def source_of(channels: int, mirrored: bool = False, low: float = 0.0, span: float = 255.0) -> dict[str, Any]:
    return {
        "fill": [float(20 * c + 3) for c in range(channels)], "erase": [float(90 + c) for c in range(channels)],
        "mirrored": mirrored, "low": low, "span": span,
    }  # fmt: skip


def run(images: np.ndarray, numbers: Any, settings: dict[str, float], source: dict[str, Any],
        **more: Any) -> np.ndarray:  # fmt: skip
    asked = {"seed": SEED, "epoch": EPOCH} | more
    return _core.augment_images(images, np.asarray(numbers, np.int64), settings=settings, source=source, **asked)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("settings", [*ONE_AT_A_TIME, ALL], ids=lambda s: "+".join(s) if len(s) < 9 else "all")
def test_each_change_is_as_defined(
    instruction_set: str, rng: np.random.Generator, settings: dict[str, float], mirrored: bool
) -> None:
    for shape in SHAPES:
        images = rng.integers(0, 256, (9, *shape), dtype=np.uint8)
        source = source_of(shape[0], mirrored)
        numbers = [4, 0, 8]
        found = run(images, numbers, settings, source)
        assert found.dtype == np.float32 and found.shape == (3, *shape)
        for image, number in zip(found, numbers, strict=True):
            expected = augmented(images, number, settings, source, SEED, EPOCH)
            np.testing.assert_allclose(image, expected, rtol=0, atol=LEVELS, err_msg=str((shape, number)))


@pytest.mark.parametrize("settings", [{"rotate": 30}, {"stroke": 1.5}, {"mixup": 1}, {"jitter": 0.4}, ALL])
def test_floats_are_changed_as_levels_of_their_range(
    instruction_set: str, rng: np.random.Generator, settings: dict[str, float]
) -> None:
    images = rng.uniform(-2, 3, (5, 3, 6, 7)).astype(np.float32)
    source = source_of(3, low=-2.0, span=5.0)
    found = run(images, [1, 3], settings, source)
    for image, number in zip(found, [1, 3], strict=True):
        levels = augmented(images, number, settings, source, SEED, EPOCH)
        np.testing.assert_allclose(image, levels / 255 * 5 - 2, rtol=0, atol=LEVELS / 255 * 5)


def test_a_nan_stays_where_it_is_and_touches_no_other_image(instruction_set: str) -> None:
    images = np.zeros((3, 1, 5, 5), np.float32)
    images[1, 0, 2, 2] = np.nan
    found = run(images, [0, 1, 2], ALL | {"erase": 0, "mixup": 0}, source_of(1, low=-1.0, span=2.0))
    assert np.isnan(found[1]).any() and np.isfinite(found[[0, 2]]).all()


@pytest.mark.parametrize("shape", SHAPES[:4])
def test_avx2_and_avx512_give_the_same_bits(rng: np.random.Generator, shape: tuple) -> None:
    sets = [name for name in ("avx2", "avx512") if name in _core.instruction_sets()]
    if len(sets) < 2:
        pytest.skip("this CPU has one of them only")
    images, before, found = rng.integers(0, 256, (40, *shape), dtype=np.uint8), _core.instruction_set(), []
    try:
        for name in sets:
            _core.set_instruction_set(name)
            found.append(run(images, range(40), ALL, source_of(shape[0])).tobytes())
    finally:
        _core.set_instruction_set(before)
    assert found[0] == found[1]


def test_an_image_depends_neither_on_its_batch_nor_on_threads(instruction_set: str, rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (300, 3, 6, 5), dtype=np.uint8)
    source, numbers = source_of(3), rng.permutation(300)
    whole = run(images, numbers, ALL, source)
    for threads in (2, 3):
        np.testing.assert_array_equal(run(images, numbers, ALL, source, threads=threads), whole)
    for count in (1, 2, 15, 16, 17, 31):
        np.testing.assert_array_equal(run(images, numbers[:count], ALL, source), whole[:count])
    assert run(images, [], ALL, source).shape == (0, 3, 6, 5)


@pytest.mark.parametrize("other", [{"seed": SEED + 1}, {"seed": SEED + 2**33}, {"epoch": EPOCH + 1}])
def test_seeds_and_epochs_change_every_image(rng: np.random.Generator, other: dict[str, int]) -> None:
    images = rng.integers(0, 256, (20, 1, 9, 9), dtype=np.uint8)
    one, two = (run(images, range(20), {"rotate": 20, "shift": 0.2}, source_of(1), **key) for key in ({}, other))
    assert all(not np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_nothing_asked_for_leaves_bytes_as_they_are(instruction_set: str, rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (18, 2, 7, 8), dtype=np.uint8)
    np.testing.assert_array_equal(run(images, range(18), {}, source_of(2)), images)
    flipped = run(images, range(18), {"flip": 1}, source_of(2))
    np.testing.assert_allclose(flipped, images[..., ::-1], atol=1e-4)


def test_what_is_drawn_comes_from_the_words_of_philox() -> None:
    found = _core.augmentation_draws(ALL, (3, 12, 9), np.arange(50), seed=SEED, epoch=7, possible_partners=33)
    for image in range(50):
        expected = draws(OFF | ALL, (3, 12, 9), SEED, 7, image)
        for name in ("stroke", "brightness", "contrast", "saturation", "hue", "noise"):
            assert found[name][image, 0] == pytest.approx(expected[name], abs=1e-12)
        assert tuple(found["erased"][image]) == expected["erased"]
        assert (found["partner"][image, 0], found["share"][image, 0]) == mixup(1.0, 33, SEED, 7, image)


def test_draws_have_their_distributions() -> None:
    """Each within five standard errors of its mean, and never beyond its bounds."""
    count = 20_000
    settings = {"shift": 0.25, "rotate": 30, "stroke": 2, "noise": 0.5, "erase": 0.3, "flip": 0.25, "jitter": 0.4}
    found = _core.augmentation_draws(settings, (3, 40, 40), np.arange(count), seed=1, epoch=0)

    def holds(values: np.ndarray, low: float, high: float) -> None:
        assert low <= values.min() and values.max() <= high
        deviation = (high - low) / np.sqrt(12)
        assert abs(values.mean() - (low + high) / 2) < 5 * deviation / np.sqrt(count)
        assert abs(values.std() / deviation - 1) < 5 * np.sqrt(0.2 / count)  # kurtosis of a uniform number: 1.8

    for name, low, high in (("stroke", -2, 2), ("noise", 0, 0.5), ("brightness", 0.6, 1.4), ("contrast", 0.6, 1.4),
                            ("saturation", 0.6, 1.4), ("hue", -0.1, 0.1)):  # fmt: skip
        holds(found[name][:, 0], low, high)
    flips = found["map"][:, 0] < 0
    holds(np.degrees(np.arctan2(-found["map"][:, 3], found["map"][:, 4])), -30, 30)
    assert abs(flips.mean() - 0.25) < 5 * np.sqrt(0.25 * 0.75 / count)
    erased = found["erased"]
    areas = (erased[:, 1] - erased[:, 0]) * (erased[:, 3] - erased[:, 2])
    assert abs((areas > 0).mean() - 0.3) < 5 * np.sqrt(0.3 * 0.7 / count)
    shares = areas[areas > 0] / 1600  # of sides that were rounded to whole pixels
    assert shares.min() > 0.015 and shares.max() < 0.22 and abs(shares.mean() - 0.11) < 0.005


@pytest.mark.parametrize("share", [0.5, 0.25, 0.1, 2 / 3, 0.9, 1.0])
def test_each_image_is_mirrored_in_its_share_of_the_epochs(share: float) -> None:
    """Never more than one off, over any number of epochs that follow each other; with one half, in every other one."""
    epochs, count = 30, 400
    flipped = np.array([
        _core.augmentation_draws({"flip": share}, (3, 8, 8), np.arange(count), seed=9, epoch=epoch)["map"][:, 0] < 0
        for epoch in range(epochs)
    ])
    done = np.concatenate([np.zeros((1, count), int), flipped.cumsum(axis=0)])
    for first in range(epochs):
        length = np.arange(epochs - first + 1)
        assert np.all(abs(done[first:] - done[first] - share * length[:, None]) < 1)
    assert np.all(abs(flipped.mean(axis=1) - share) <= 5 * np.sqrt(share * (1 - share) / count))
    if share == 0.5:
        assert np.all(flipped[1:] != flipped[:-1])


def test_an_image_moves_by_its_share_and_its_padding_alike_in_both_directions() -> None:
    settings = {"shift": 0.25, "crop": 2}
    found = _core.augmentation_draws(settings, (1, 40, 20), np.arange(20_000), seed=1, epoch=0)["map"]
    np.testing.assert_array_equal(found[:, [0, 1, 3, 4]], np.tile([1, 0, 0, 1], (20_000, 1)))
    for moved, most in ((found[:, 2], 5 + 2), (found[:, 5], 10 + 2)):
        assert -most <= moved.min() < -most + 0.2 and most - 0.2 < moved.max() <= most
        assert abs(moved.mean()) < 5 * moved.std() / np.sqrt(20_000)
    padded = _core.augmentation_draws({"crop": 2}, (1, 40, 20), np.arange(20_000), seed=1, epoch=0)["map"]
    for moved in (padded[:, 2], padded[:, 5]):
        values, counts = np.unique(moved, return_counts=True)
        assert values.tolist() == [-2, -1, 0, 1, 2] and np.sum((counts - 4000) ** 2 / 4000) < 25


@pytest.mark.parametrize("alpha", [0.1, 0.5, 1.0, 2.0])
def test_the_share_of_a_mixup_is_the_larger_one_of_beta(alpha: float) -> None:
    """Of Beta(a, a) the mean is 1/2 and the variance 1 / (4 (2 a + 1)); folding at 1/2 keeps (share - 1/2)^2."""
    count = 20_000
    found = _core.augmentation_draws(
        {"mixup": alpha}, (1, 2, 2), np.arange(count), seed=3, epoch=1, possible_partners=10
    )
    share, partner = found["share"][:, 0], found["partner"][:, 0]
    assert share.min() >= 0.5 and share.max() <= 1
    squares = (share - 0.5) ** 2
    assert abs(squares.mean() - 1 / (4 * (2 * alpha + 1))) < 5 * squares.std() / np.sqrt(count) + 1 / 512
    counts = np.bincount(partner.astype(int), minlength=10)
    assert counts.shape == (10,) and np.sum((counts - count / 10) ** 2 / (count / 10)) < 40  # chi square of 9


def test_a_setting_of_another_name_or_range_is_refused() -> None:
    images = np.zeros((1, 1, 2, 2), np.uint8)
    for settings in ({"turn": 1}, {"shift": -0.1}, {"shift": np.nan}, {"scale": 1}, {"mixup": 5}, {"shear": 90}):
        with pytest.raises(ValueError, match=next(iter(settings))):
            run(images, [0], settings, source_of(1))
    with pytest.raises(ValueError, match="expected 0 to 0"):
        run(images, [1], {}, source_of(1))
    with pytest.raises(ValueError, match="for each channel"):
        run(images, [0], {}, source_of(2))
    with pytest.raises(ValueError, match="at most 2"):
        _core.augmentation_draws({}, (3, 5000, 5000), np.arange(1), seed=1, epoch=0)
