"""What people have, made float32."""

import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.layers import as_float32


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
