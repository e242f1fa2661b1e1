"""What people have, made float32."""

import numpy as np
import pytest

from cnncli.criteria import MSELoss
from cnncli.errors import ShapeError, UsageError
from cnncli.layers import Flatten, Identity, as_float32
from cnncli.layers.arrays import in_batch
from cnncli.network import Network
from cnncli.program.program import Program


@pytest.mark.parametrize(
    "value",
    [
        [[1, 2]],
        np.array([[1, 2]], np.uint8),
        np.array([[1, 2]], np.float64),
        np.array([[1, 2]], ">f4"),
        ((1, 2),),
    ],
)
def test_numbers_of_any_type_become_float32_by_value(value: object) -> None:
    array = as_float32(value)
    assert array.tolist() == [[1, 2]]
    assert array.dtype == np.float32 and array.dtype.isnative and array.flags.c_contiguous


def test_float32_is_not_copied() -> None:
    array = np.ones(3, np.float32)
    assert as_float32(array) is array


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("text", "input: elements are text, not numbers; pass integers or floats"),
        ([1j], "input: elements are complex128, not numbers; pass integers or floats"),
        (None, "input: is None; pass or return an array"),
        ([[1], [1, 2]], "input: rows of different lengths; pass an array with one length per axis"),
    ],
)
def test_what_is_no_array_of_numbers_is_refused(value: object, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        as_float32(value)
    assert str(caught.value) == message


IMAGES = np.arange(24, dtype=np.float32)


@pytest.mark.parametrize(
    ("given", "shape", "samples"),
    [
        ((3, 1, 2, 4), (1, 2, 4), 3), ((3, 2, 4), (1, 2, 4), 3), ((2, 4), (1, 2, 4), 1), ((1, 2, 4), (1, 2, 4), 1),
        ((3, 2, 4), (3, 2, 4), 1), ((1, 3, 2, 4), (3, 2, 4), 1), ((2, 3, 4), (3, 4), 2), ((3, 8), (3, 8), 1),
        ((24,), (24,), 1), ((24, 1), (1,), 24), ((0, 1, 2, 4), (1, 2, 4), 0), ((0, 2, 4), (1, 2, 4), 0),
    ],
)  # fmt: skip
def test_samples_get_a_batch_axis_and_keep_their_numbers_whoever_takes_them(
    given: tuple[int, ...], shape: tuple[int, ...], samples: int
) -> None:
    array = IMAGES[: int(np.prod(given))].reshape(given)
    network = Network([Identity(), Flatten()], shape)
    program = Program(network, 4, criterion=MSELoss())
    for batch in (in_batch(array, shape), network.samples(array), program.predict(array)):
        assert batch is not None and len(batch) == samples
        np.testing.assert_array_equal(np.ravel(batch), np.ravel(array))


@pytest.mark.parametrize(
    ("given", "shape"),
    [((), (1, 2, 4)), ((24,), (1, 2, 4)), ((3, 8), (1, 2, 4)), ((4, 2), (1, 2, 4)), ((3, 2, 4), (1, 4, 2)),
     ((8,), (24,)), ((2, 4), (3, 2, 4)), ((1, 3, 1, 2, 4), (1, 2, 4)), ((8,), (1, 8))],
)  # fmt: skip
def test_arrays_of_other_shapes_are_no_samples(given: tuple[int, ...], shape: tuple[int, ...]) -> None:
    array = IMAGES[: int(np.prod(given))].reshape(given)
    network = Network([Flatten()], shape)
    assert in_batch(array, shape) is None
    for take in (network.samples, Program(network, 4).predict):
        with pytest.raises(ShapeError, match=r"takes samples of shape .*, got an array of shape \("):
            take(array)


def test_axis_of_one_channel_may_be_left_out_where_it_is_last() -> None:
    for given in ((2, 4), (1, 2, 4), (2, 4, 1)):
        batch = in_batch(IMAGES[:8].reshape(given), (2, 4, 1), channels_last=True)
        assert batch is not None and batch.shape == (1, 2, 4, 1)
    assert in_batch(IMAGES.reshape(2, 12), (2, 12, 3), channels_last=True) is None
