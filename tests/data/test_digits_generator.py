"""The embedded digits: what the generator promises to every user of its pictures."""

from __future__ import annotations

import hashlib
import signal

import numpy as np
import pytest

from cnncli import _core
from cnncli.data.digits import load_digits
from cnncli.errors import UsageError


def generate(count: int, *, seed: int = 1, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return images (count, 28, 28) and labels (count,), made in buffers that start full of a wrong value."""
    images = np.full((count, 28, 28), 77, np.uint8)
    labels = np.full(count, 77, np.uint8)
    _core.digits_generate(images, labels, seed=seed, first=first)
    return images, labels


@pytest.fixture
def threads():
    """A function that sets the number of threads, undone after the test."""
    before = _core.thread_count()
    yield _core.set_thread_count
    _core.set_thread_count(before)


@pytest.fixture(scope="module")
def sample() -> tuple[np.ndarray, np.ndarray]:
    return generate(5_000)


def test_the_same_bits_for_any_number_of_threads(threads):
    digests = set()
    for count in (1, 2, 3):
        threads(count)
        images, labels = generate(501)
        digests.add(hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest())
    assert len(digests) == 1


@pytest.mark.parametrize("cut", [1, 7, 10, 63])
def test_a_range_cut_in_two_calls_gives_the_same_pictures(cut):
    images, labels = generate(64, first=5)
    head_images, head_labels = generate(cut, first=5)
    tail_images, tail_labels = generate(64 - cut, first=5 + cut)
    np.testing.assert_array_equal(np.concatenate([head_images, tail_images]), images)
    np.testing.assert_array_equal(np.concatenate([head_labels, tail_labels]), labels)


def test_high_words_of_seed_and_picture_number_matter():
    reference, _ = generate(10)
    for seed, first in ((2, 0), (1 + 2**32, 0), (1, 2**32 * 10), (1, 10)):
        images, _ = generate(10, seed=seed, first=first)
        assert not np.array_equal(images, reference), (seed, first)


def test_the_last_picture_number_is_followed_by_the_first():
    images, labels = generate(3, first=2**64 - 1)
    first_images, first_labels = generate(2)
    np.testing.assert_array_equal(images[1:], first_images)
    np.testing.assert_array_equal(labels[1:], first_labels)


def test_no_pictures_are_an_empty_result():
    images, labels = generate(0)
    assert images.shape == (0, 28, 28)
    assert labels.shape == (0,)


def test_each_ten_pictures_hold_each_digit_once_in_changing_order(sample):
    _, labels = sample
    groups = labels.reshape(-1, 10)
    np.testing.assert_array_equal(np.sort(groups, axis=1), np.tile(np.arange(10), (len(groups), 1)))
    # A digit falls on each place with probability 1/10; 5 standard deviations of a binomial count.
    counts = (groups[:, :, None] == np.arange(10)).sum(0)
    expected = len(groups) / 10
    assert np.abs(counts - expected).max() < 5 * np.sqrt(expected * 0.9)


def test_the_ink_fits_a_box_of_20_pixels_and_fills_one_side_of_it(sample):
    images, _ = sample
    ink = images > 0
    rows, columns = ink.any(2), ink.any(1)
    height = 28 - rows.argmax(1) - rows[:, ::-1].argmax(1)
    width = 28 - columns.argmax(1) - columns[:, ::-1].argmax(1)
    longest = np.maximum(height, width)
    assert longest.max() <= 20
    assert (longest >= 19).mean() > 0.99


def test_the_centre_of_mass_is_within_half_a_pixel_of_the_centre(sample):
    images, _ = sample
    mass = images.sum((1, 2), dtype=np.float64)
    y = (images.sum(2) * np.arange(28.0)).sum(1) / mass
    x = (images.sum(1) * np.arange(28.0)).sum(1) / mass
    # MNIST puts the centre at pixel 14, counted from 0. A box at the border cannot move further.
    off = (np.abs(x - 14) > 0.5 + 1e-9) | (np.abs(y - 14) > 0.5 + 1e-9)
    assert off.mean() < 0.005


def test_ink_is_white_on_black_with_soft_edges(sample):
    images, _ = sample
    assert (images == 0).mean() > 0.6
    assert (images.max((1, 2)) >= 200).mean() > 0.98
    soft = ((images > 0) & (images < 250)).sum()
    assert 0.3 < soft / (images > 0).sum() < 0.8


def test_no_two_pictures_are_alike(sample):
    images, _ = sample
    assert len({image.tobytes() for image in images}) == len(images)


def test_a_digit_is_nearest_to_the_mean_of_its_class(sample):
    # Nearest class mean of other pictures: far above the 10 % of chance if the labels name what was drawn.
    images, labels = sample
    means = np.stack([images[labels == digit].mean(0).ravel() for digit in range(10)])
    others, other_labels = generate(2_000, seed=2)
    flat = others.reshape(len(others), -1).astype(np.float64)
    distance = (flat**2).sum(1)[:, None] - 2 * flat @ means.T + (means**2).sum(1)
    accuracy = (distance.argmin(1) == other_labels).mean()
    assert accuracy > 0.6


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (
            np.zeros((2, 28, 27), np.uint8),
            np.zeros(2, np.uint8),
            "images: expected shape (any, 28, 28), got (2, 28, 27)",
        ),
        (
            np.zeros((2, 784), np.uint8),
            np.zeros(2, np.uint8),
            "images: expected shape (any, 28, 28), got (2, 784)",
        ),
        (
            np.zeros((2, 28, 28), np.uint8),
            np.zeros(3, np.uint8),
            "labels: expected shape (2,), got (3,)",
        ),
        (
            np.zeros((2, 28, 56), np.uint8)[:, :, ::2],
            np.zeros(2, np.uint8),
            "images: must be C-contiguous",
        ),
        (
            np.zeros((2, 28, 28), np.uint8),
            np.zeros(4, np.uint8)[::2],
            "labels: must be C-contiguous",
        ),
    ],
)
def test_unfit_arrays_are_refused(images, labels, message):
    with pytest.raises(ValueError) as refusal:
        _core.digits_generate(images, labels, seed=1, first=0)
    assert str(refusal.value) == message


def test_a_read_only_array_is_refused():
    images = np.zeros((2, 28, 28), np.uint8)
    images.flags.writeable = False
    with pytest.raises(ValueError, match="images: is read-only"):
        _core.digits_generate(images, np.zeros(2, np.uint8), seed=1, first=0)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((2, 28, 28), np.float32), np.zeros(2, np.uint8), "images: expected uint8, got float32"),
        (np.zeros((2, 28, 28), np.uint8), np.zeros(2, np.int64), "labels: expected uint8, got int64"),
    ],
)
def test_another_element_type_is_refused(images, labels, message):
    with pytest.raises(TypeError) as refusal:
        _core.digits_generate(images, labels, seed=1, first=0)
    assert str(refusal.value) == message


def test_ctrl_c_ends_a_long_call():
    class Interrupted(Exception):
        pass

    def interrupt(*_):
        raise Interrupted

    images, labels = np.full((200_000, 28, 28), 77, np.uint8), np.full(200_000, 77, np.uint8)
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(Interrupted):
            _core.digits_generate(images, labels, seed=1, first=0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert labels[-1] == 77  # the rest was not made


@pytest.mark.parametrize("seed", [0, 5])
def test_the_data_set_digits_holds_the_first_pictures_of_two_seeds(seed: int) -> None:
    found = load_digits(7, 4, seed)
    for split, of, count in ((found.train, 2 * seed, 7), (found.test, 2 * seed + 1, 4)):
        assert split is not None
        images, labels = generate(count, seed=of)
        np.testing.assert_array_equal(split.images, images[:, None])
        assert split.labels.tolist() == labels.tolist()
    assert load_digits(7, 0).test is None and load_digits(0, 1).train is None


@pytest.mark.parametrize(("train", "test", "seed"), [(-1, 5, 0), (5, -1, 0), (5, 5, -1), (5, 5, 1 << 63)])
def test_counts_and_seeds_out_of_range_are_refused(train: int, test: int, seed: int) -> None:
    with pytest.raises(UsageError, match=r"^digits: "):
        load_digits(train, test, seed)
