"""The node `dropout`: inverted dropout, its mask a pure function of seed, layer, step, sample, position."""

from collections.abc import Callable

import numpy as np
import pytest

import oracles
from closeness import assert_close
from cnncli import _core

KEY = {"seed": 7, "layer": 3, "step": 11}
SHAPES = [
    (0, 5),
    (1, 1),
    (1, 17),
    (15, 7),
    (16, 5),
    (17, 33),
    (33, 3),
    (2, 3, 5, 4),
    (17, 6, 1, 1),
    (33, 2, 3, 3),
]


def node(rate: float, layer: int) -> _core.Node:
    return _core.Node("dropout", {"rate": rate, "layer": layer})


def forward(x: np.ndarray, rate: float = 0.5, **key: int) -> np.ndarray:
    key = {**KEY, **key}
    return node(rate, key.pop("layer")).forward(x, **key)


def backward(grad_y: np.ndarray, rate: float = 0.5, **key: int) -> np.ndarray:
    key = {**KEY, **key}
    return node(rate, key.pop("layer")).grad_input(np.ones_like(grad_y), grad_y, **key)


def mask(shape: tuple, rate: float = 0.5, **key: int) -> np.ndarray:
    return forward(np.ones(shape, np.float32), rate, **key) != 0


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("shape", SHAPES)
def test_dropout_divides_what_it_keeps_by_the_share_it_keeps(
    instruction_set: str, rng: np.random.Generator, shape: tuple, rate: float
) -> None:
    x, grad_y = (rng.uniform(0.1, 1, shape).astype(np.float32) for _ in range(2))
    kept = mask(shape, rate)
    assert_close(forward(x, rate), np.where(kept, x / (1 - rate), 0.0))
    assert_close(backward(grad_y, rate), np.where(kept, grad_y / (1 - rate), 0.0))


def test_dropout_of_rate_zero_keeps_all_bits(instruction_set: str, rng: np.random.Generator) -> None:
    x = rng.normal(size=(17, 33)).astype(np.float32)
    np.testing.assert_array_equal(forward(x, 0.0), x)


@pytest.mark.parametrize("rate", [0.25, 0.7])
def test_dropout_drops_where_philox_is_below_the_rate(instruction_set: str, rate: float) -> None:
    """Position f of sample n takes word n % 4 of the counter (f, n / 4, step, purpose 2 << 24 | layer)."""
    kept = np.empty((18, 5), dtype=bool)
    for n, f in np.ndindex(kept.shape):
        words = oracles.philox4x32((f, n // 4, KEY["step"], 2 << 24 | KEY["layer"]), (KEY["seed"], 0))
        kept[n, f] = words[n % 4] // 256 / 2**24 >= np.float32(rate)
    np.testing.assert_array_equal(mask((18, 5), rate), kept)


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.5, 0.8])
def test_dropout_drops_the_share_it_was_told(instruction_set: str, rate: float) -> None:
    dropped = 1 - mask((64, 1000), rate).mean()
    assert abs(dropped - rate) < 4 * np.sqrt(rate * (1 - rate) / 64_000)  # four standard deviations


def test_dropout_masks_of_samples_positions_and_neighbours_are_unrelated(instruction_set: str) -> None:
    kept = mask((200, 200)).astype(np.float64) - 0.5
    for pair in ((kept[:-1], kept[1:]), (kept[:, :-1], kept[:, 1:]), (kept[:, :-16], kept[:, 16:])):
        assert abs(np.mean(pair[0] * pair[1]) * 4) < 4 / np.sqrt(pair[0].size)
    assert len({row.tobytes() for row in kept}) == len(kept)


@pytest.mark.parametrize("other", [{"seed": 8}, {"layer": 4}, {"step": 12}, {"seed": 7 + 2**32}])
def test_dropout_masks_differ_with_seed_layer_and_step(instruction_set: str, other: dict) -> None:
    agree = np.mean(mask((64, 100)) == mask((64, 100), **other))
    assert abs(agree - 0.5) < 4 * 0.5 / 80


@pytest.mark.parametrize("shape", [(33, 5), (33, 2, 3, 3)])
def test_dropout_mask_of_a_sample_does_not_depend_on_the_batch(instruction_set: str, shape: tuple) -> None:
    whole = mask(shape)
    for batch in (1, 15, 16, 17, 31):
        np.testing.assert_array_equal(mask((batch, *shape[1:])), whole[:batch])


def test_dropout_mask_is_the_same_for_every_instruction_set(instruction_set: str) -> None:
    expected = mask((17, 5, 3, 3))
    before = _core.instruction_set()
    try:
        for name in _core.instruction_sets():
            _core.set_instruction_set(name)
            np.testing.assert_array_equal(mask((17, 5, 3, 3)), expected)
    finally:
        _core.set_instruction_set(before)


def test_dropout_keeps_nan_to_its_element_or_drops_it(instruction_set: str) -> None:
    kept = mask((17, 33))
    for value in (np.nan, np.inf):
        x = np.ones((17, 33), np.float32)
        x[3] = value
        for result in (forward(x), backward(x)):
            np.testing.assert_array_equal(result, np.where(kept, x * 2, 0))


def test_dropout_gives_the_same_bits_for_any_threads(
    instruction_set: str, rng: np.random.Generator, assert_same_bits_for_any_threads: Callable
) -> None:
    x = rng.normal(size=(200, 101)).astype(np.float32)
    assert_same_bits_for_any_threads(lambda: (forward(x), backward(x)))


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, float("nan")])
def test_dropout_refuses_a_rate_outside_0_to_1(rate: float) -> None:
    for function in (forward, backward):
        with pytest.raises(ValueError, match=r"^dropout: rate: expected 0 <= rate < 1, got "):
            function(np.ones((2, 3), np.float32), rate)


def test_dropout_refuses_what_does_not_fit() -> None:
    x = np.ones((2, 3), np.float32)
    with pytest.raises(ValueError, match=r"^grad_output: expected shape \(2, 3\), got \(3, 2\)$"):
        node(0.5, 0).grad_input(x, np.ones((3, 2), np.float32))
    with pytest.raises(TypeError, match=r"^input: expected float32, got float64$"):
        forward(x.astype(np.float64))
    with pytest.raises(ValueError, match=r"^input: expected a batch, got a single number$"):
        forward(np.array(1, np.float32))
