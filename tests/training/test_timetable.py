"""Which steps an epoch has, and which images it takes."""

import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.training.pace import Pace
from cnncli.training.timetable import HardImages, Timetable


@pytest.mark.parametrize("images", [1, 15, 16, 17, 97])
@pytest.mark.parametrize("batch_size", [1, 16, 100])
def test_without_shares_every_epoch_takes_all_images(images: int, batch_size: int) -> None:
    table = Timetable(images, batch_size, 3)
    steps = -(-images // batch_size)
    assert [table.images(epoch) for epoch in range(3)] == [images] * 3
    assert [table.first_step(epoch) for epoch in range(4)] == [0, steps, 2 * steps, 3 * steps]
    assert table.steps == 3 * steps
    assert [table.epoch_of(step) for step in range(table.steps)] == [step // steps for step in range(table.steps)]


def test_steps_of_an_epoch_cover_its_share() -> None:
    shares = [1.0, 0.5, 0.25, 0.001]
    table = Timetable(97, 16, 6, shares)
    assert [table.images(epoch) for epoch in range(6)] == [97, 48, 24, 1, 1, 1]  # 48.5 rounds to even
    assert [table.first_step(epoch) for epoch in range(7)] == [0, 7, 10, 12, 13, 14, 15]
    for epoch in range(6):
        steps = [step for step in range(table.steps) if table.epoch_of(step) == epoch]
        assert steps == list(range(table.first_step(epoch), table.first_step(epoch + 1)))


def test_shares_beyond_the_last_epoch_do_not_count() -> None:
    table = Timetable(100, 10, 2, [1.0, 0.5, 0.5])
    assert (table.steps, table.epoch_of(14), table.epoch_of(15)) == (15, 1, 2)


def test_hardest_images_are_those_with_the_largest_loss_when_last_seen() -> None:
    images = HardImages(6)
    images.put(np.array([0, 1, 2, 3, 4, 5]), np.array([0.1, 0.9, 0.5, 0.5, 0.7, 0.5], np.float32))
    assert images.choose(2).tolist() == [1, 4]
    assert images.choose(4).tolist() == [1, 2, 3, 4]  # of equal ones the first
    images.put(np.array([1, 4]), np.array([0.2, 0.6], np.float32))
    assert images.choose(2).tolist() == [2, 4]


def test_images_never_seen_come_first() -> None:
    images = HardImages(4)
    images.put(np.array([1]), np.array([50.0], np.float32))
    assert images.choose(3).tolist() == [0, 2, 3]


def test_what_is_kept_comes_back() -> None:
    images = HardImages(4)
    images.put(np.arange(4), np.array([0.1, 0.4, 0.3, 0.2], np.float32))
    images.choose(2)
    images.put(np.array([1]), np.zeros(1, np.float32))
    kept = {name: array.copy() for name, array in images.arrays().items()}
    again = HardImages(4)
    again.load(kept)
    assert again.chosen.tolist() == [1, 2]
    assert again.choose(2).tolist() == images.choose(2).tolist() == [2, 3]


@pytest.mark.parametrize(
    "wrong",
    [
        {"losses": np.zeros(3, np.float32)},
        {"chosen": np.array([4])},
        {"chosen": np.array([-1])},
        {"chosen": np.zeros(0, np.int64)},
        {"chosen": np.zeros(2, np.float32)},
    ],
)
def test_arrays_of_other_images_are_refused(wrong: dict[str, np.ndarray]) -> None:
    images = HardImages(4)
    with pytest.raises(ValueError, match="other images"):
        images.load({**images.arrays(), **wrong})


def test_shares_are_taken_up_to_all_images_and_hard_ones_up_to_the_last() -> None:
    assert Timetable(9, 3, 2, [1.0, 1e-9]).images(1) == 1
    for wrong in (0, -0.5, 1.001):
        with pytest.raises(UsageError, match=r"^shares is .*; use a number, more than 0 and at most 1$"):
            Timetable(9, 3, 2, [wrong])
    images = HardImages(4)
    for chosen in ([-1, 2], [1, 4]):
        with pytest.raises(ValueError, match="other images"):
            images.load({**images.arrays(), "chosen": np.array(chosen)})


def test_the_warm_up_of_steps_is_counted_in_whole_epochs() -> None:
    assert Timetable(95, 10, 1, warm_up=0.5, pace=Pace.of("8")).warm_up_steps == 5
    assert Timetable(95, 10, 1, warm_up=1.5, pace=Pace.of("25")).warm_up_steps == 15
