"""Small trainings on images: which images, which weights, which batches, and when is measured."""

import math
from collections.abc import Iterator

import numpy as np
import pytest

from cnncli.data import DataSet, Split
from cnncli.data.digits import load_digits
from cnncli.errors import DataError
from cnncli.layers import BatchNorm1d, Linear, Sigmoid
from cnncli.lessons import race, twins
from cnncli.lessons.batch_norm import _end
from cnncli.lessons.race import Run
from cnncli.lessons.twins import Trained
from cnncli.optim import SGD


@pytest.fixture(scope="module")
def few() -> twins.Images:
    return twins.images(None, 100)


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Data of the reader's without a test part: as many images of 5 x 5 pixels as their name says."""

    def load(name: str) -> DataSet:
        count = int(name)
        images = np.random.default_rng(count).integers(0, 256, (count, 1, 5, 5), dtype=np.uint8)
        return DataSet(name, Split(images, np.arange(count) % 3), None, list("abc"), "light-on-dark", "")

    twins.images.cache_clear()
    monkeypatch.setattr(twins.data, "load", load)
    yield
    twins.images.cache_clear()


def test_images_are_so_many_and_up_to_500_others(few: twins.Images) -> None:
    assert (len(few.train.labels), len(few.test.labels), few.classes, few.name) == (100, 500, 10, "digits")
    assert few.inputs == few.train.images[0].size == 784
    seen = {image.tobytes() for image in few.train.images}
    assert not any(image.tobytes() in seen for image in few.test.images)


@pytest.mark.usefixtures("saved")
@pytest.mark.parametrize(
    ("count", "most", "train", "test"), [(100, 1000, 80, 20), (100, 30, 30, 70), (45, 1000, 35, 10), (40, 40, 30, 10)]
)
def test_of_data_without_a_test_part_a_fifth_is_kept_and_ten_at_least(
    count: int, most: int, train: int, test: int
) -> None:
    found = twins.images(str(count), most)
    assert (len(found.train.labels), len(found.test.labels), found.inputs, found.classes) == (train, test, 25, 3)
    assert len(np.unique(np.concatenate([found.train.images, found.test.images]), axis=0)) == count


@pytest.mark.usefixtures("saved")
def test_fewer_than_40_images_are_refused() -> None:
    with pytest.raises(DataError, match="39: has fewer than 40 training images"):
        twins.images("39", 5)


def test_wrong_labels_are_so_many_and_truly_others(few: twins.Images) -> None:
    for share, count in ((0.2, 20), (0.0, 0), (1.0, 100)):
        found = twins.mislabelled(few, share, 3)
        assert (found.train.labels != few.train.labels).sum() == count
        assert found.train.labels.min() >= 0 and found.train.labels.max() < 10
        assert (found.train.images == few.train.images).all() and found.test is few.test
    many = twins.mislabelled(few, 1.0, 1).train.labels - few.train.labels
    assert set((many % 10).tolist()) == set(range(1, 10))  # any other class


def test_networks_that_differ_in_other_layers_begin_with_the_same_weights(few: twins.Images) -> None:
    plain = twins.network_of(few, [Linear(784, 8), Sigmoid(), Linear(8, 10)], 5)
    other = twins.network_of(few, [Linear(784, 8), BatchNorm1d(8), Sigmoid(), Linear(8, 10)], 5)
    ours, theirs = ([one.value for one in net.named_parameters() if one.value.ndim == 2] for net in (plain, other))
    for one, two, (out, inputs) in zip(ours, theirs, ((8, 784), (10, 8)), strict=True):
        assert (one == two).all()
        reach = math.sqrt(6 / (out + inputs))  # Glorot and Bengio
        assert 0.95 * reach < np.abs(one).max() <= reach or one.size < 100
    assert not (
        ours[0] == next(iter(twins.network_of(few, [Linear(784, 8), Linear(8, 10)], 6).named_parameters())).value
    ).all()


def test_each_image_comes_once_before_any_comes_again() -> None:
    batches = twins.batches_of(10, 4, 7, 1)
    assert [len(batch) for batch in batches] == [4] * 7
    flat = np.concatenate(batches)
    assert sorted(flat[:10]) == sorted(flat[10:20]) == list(range(10)) and len(set(flat[20:])) == 8
    assert not (flat[:10] == flat[10:20]).all()


def test_losses_are_measured_before_the_first_step_behind_some_and_behind_the_last(few: twins.Images) -> None:
    network = twins.network_of(few, [Linear(784, 10)], 1)
    batches = twins.batches_of(100, 20, 7, 1)
    found = twins.train(few, network, SGD(0.1), batches, 3, 1)
    assert found.steps == [0, 3, 6, 7] and len(found.batches) == 7
    assert [len(one) for one in (found.train, found.test, found.right)] == [4] * 3
    samples = network.samples(few.test.images)
    scores = network.eval().forward(samples).astype(np.float64)
    assert found.right[-1] == pytest.approx((scores.argmax(axis=1) == few.test.labels).mean())
    losses = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(500), few.test.labels]
    assert found.test[-1] == pytest.approx(losses.mean(), rel=1e-4)
    wild = twins.train(few, twins.network_of(few, [Linear(784, 10)], 1), SGD(3e38), batches, 1, 1)
    assert len(wild.batches) < 7 and all(map(math.isfinite, wild.batches)) and len(wild.steps) <= 8


def test_the_end_of_a_training_is_the_mean_of_its_last_ten_steps() -> None:
    losses = [float(step) for step in range(120)]
    assert _end(Trained(batches=losses)) == 114.5 and _end(Trained(batches=losses[:-1])) == math.inf


def run_of(losses: list[float]) -> Run:
    return Run("first", 0.1, losses, 0.5, 0.9)


def test_a_curve_of_the_race_is_a_mean_of_15_steps_every_four_steps() -> None:
    losses = (1 + np.arange(200.0)).tolist()
    found = run_of(losses)
    assert found.mean(200) == 193 and found.mean(15) == 8 and found.mean(3) == 2 and found.end() == 193
    curve = found.curve
    assert [at for at, _ in curve] == [1, *range(4, 201, 4)]
    for at, height in curve:
        last = losses[max(0, int(at) - 15) : int(at)]
        assert height == pytest.approx(math.log10(sum(last) / len(last)))
    short = run_of(losses[:10])
    assert short.end() == math.inf and [at for at, _ in short.curve] == [1, 4, 8]
    assert run_of([0.0] * 4).curve == [(1, -9), (4, -9)]


def test_the_figure_of_the_race_holds_all_but_what_leaves_it() -> None:
    runs = {"SGD": run_of([2.0] * 100 + [0.2] * 100), "Adam": run_of([2.0] * 20 + [90.0] * 180)}
    whole = race._figure("digits", runs, 200)
    assert whole.y == pytest.approx((math.log10(0.2) - 0.05, math.log10(2) + 0.5 + 0.05)) and whole.x == (0, 200)
    assert [word for _, word in whole.side_marks] == ["0.2", "0.3", "0.5", "1", "2", "4"]
    assert all(at == pytest.approx(math.log10(float(word))) for at, word in whole.side_marks)
    wide = race._figure("digits", {"SGD": run_of([9.0] * 100 + [0.04] * 100)}, 200)
    assert [word for _, word in wide.side_marks] == ["0.05", "0.1", "0.2", "0.3", "0.5", "1", "2", "4", "8"]
    early = race._figure("digits", runs, 0)
    assert early.y == whole.y and [len(part.points) for part in early.parts] == [1, 1]
    assert [len(part.points) for part in race._figure("digits", runs, 40).parts] == [11, 11]
    calm = race._figure("digits", {"SGD": run_of([2.0] * 100 + [0.2] * 100)}, 200)
    assert calm.y[1] == pytest.approx(math.log10(2) + 0.05)
    assert load_digits(10, 5).train is not None
