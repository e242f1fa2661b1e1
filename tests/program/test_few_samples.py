"""Predictions of few samples by a program: of the weights as they are now, of custom layers, of images as they come."""

from pathlib import Path

import numpy as np
import pytest

import cnncli
from closeness import same_bits
from cnncli.errors import CnnError, UsageError
from cnncli.layers import (
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Flatten,
    Linear,
    LogSoftmax,
    MaxPool2d,
    Module,
    ReLU,
    Tanh,
)
from cnncli.model_file.serialize import save_model
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.program import Program


def lenet() -> Network:
    network = Network(
        [
            *(Conv2d(1, 6, 5, padding=2), BatchNorm2d(6), ReLU(), MaxPool2d(2)),
            *(Conv2d(6, 16, 3, padding=1), ReLU(), Conv2d(16, 16, 3), Flatten(), Linear(256, 9), Tanh()),
            *(BatchNorm1d(9), Linear(9, 5)),
        ],
        (1, 12, 12),
    )
    network.initialize(5)
    rng = np.random.default_rng(5)
    for array in [*network.parameters()[0], *(array for _, array in network.named_buffers())]:
        array += 0.1 * rng.normal(size=array.shape).astype(np.float32)
    return network


@pytest.mark.parametrize("count", [1, 2, 12, 13, 15])
def test_few_samples_are_answered_like_many(count: int, rng: np.random.Generator) -> None:
    program = Program(lenet(), 32)
    images = rng.normal(size=(17, 1, 12, 12)).astype(np.float32)
    many = program.predict(images)
    np.testing.assert_allclose(program.predict(images[:count]), many[:count], rtol=0, atol=1e-4 * np.abs(many).max())


def test_no_prediction_comes_from_weights_of_the_past(rng: np.random.Generator) -> None:
    """Every array of the network is written to in turn: its first value, its last one, and all."""
    network = lenet()
    image = rng.normal(size=(1, 1, 12, 12)).astype(np.float32)
    program = Program(network, 1)
    before = program.predict(image)
    arrays = [(p.name, p.value) for p in network.named_parameters()] + list(network.named_buffers())
    assert len(arrays) == 18
    for name, array in arrays:
        for place in (0, -1, slice(None)):
            array.flat[place] *= rng.uniform(1.1, 1.5, array.flat[place].shape).astype(np.float32)
            after = program.predict(image)
            assert same_bits(after, Program(network, 1).predict(image)), f"{name}[{place}]"
        assert not same_bits(after, before), f"{name} changes nothing"
        before = after


def test_a_prediction_after_a_step_uses_the_new_weights(rng: np.random.Generator) -> None:
    network = lenet()
    images, labels = rng.normal(size=(8, 1, 12, 12)).astype(np.float32), rng.integers(0, 5, 8)
    program = Program(network, 8, optimizer=SGD(0.1))
    program.bind(images, labels)
    for step in range(3):
        before = program.predict(images[:1])
        program.step(np.arange(8), step=step, epoch=0, learning_rate=0.1)
        after = program.predict(images[:1])
        assert not same_bits(before, after)
        assert same_bits(after, Program(network, 8).predict(images[:1]))


def test_frozen_arrays_are_copied_once(rng: np.random.Generator) -> None:
    network = lenet()
    image = rng.normal(size=(1, 1, 12, 12)).astype(np.float32)
    program = Program(network, 1, frozen=True)
    before = program.predict(image)
    network[0].weight[...] += 1
    assert same_bits(program.predict(image), before)


def test_a_program_that_trains_is_not_frozen() -> None:
    with pytest.raises(UsageError, match="frozen: a program with an optimizer changes the network"):
        Program(lenet(), 1, optimizer=SGD(0.1), frozen=True)


def test_arrays_of_a_loaded_model_cannot_change(tmp_path: Path, rng: np.random.Generator) -> None:
    save_model(tmp_path / "model.bin", lenet())
    model = cnncli.load(tmp_path / "model.bin")
    images = rng.normal(size=(2, 1, 12, 12)).astype(np.float32)
    assert model.predict(images).probabilities.shape == (2, 5)
    assert model.network.forward(images).shape == (2, 5)
    for array in [*model.network.parameters()[0], *(array for _, array in model.network.named_buffers())]:
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_a_model_of_a_network_in_training_sees_its_weights(rng: np.random.Generator) -> None:
    network = lenet()
    model = cnncli.Model(network)
    images = rng.normal(size=(1, 1, 12, 12)).astype(np.float32)
    before = model.predict(images).probabilities
    network[0].weight[...] *= -1
    after = model.predict(images).probabilities
    assert not same_bits(before, after)
    assert same_bits(after, cnncli.Model(network).predict(images).probabilities)


class Centred(Module):
    """A custom layer that looks at the whole batch."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, ...]] = []

    def update_output(self, input: np.ndarray) -> np.ndarray:
        self.seen.append(input.shape)
        return input - input.mean(axis=0, keepdims=True) + 1

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        return input_shape


@pytest.mark.parametrize("count", [1, 2, 5, 16])
def test_a_custom_layer_sees_all_samples_at_once(count: int, rng: np.random.Generator) -> None:
    own = Centred()
    layers = [Conv2d(2, 3, 3, padding=1), own, Conv2d(3, 4, 2, padding=1), Flatten(), own, Linear(100, 3)]
    network = Network([*layers[:4], Centred(), layers[5]], (2, 4, 4))
    network.initialize(1)
    images = rng.normal(size=(count, 2, 4, 4)).astype(np.float32)
    rows = Program(network, 16).predict(images)
    assert own.seen == [(count, 3, 4, 4)]
    network.eval()
    np.testing.assert_allclose(rows, LogSoftmax().forward(network.forward(images)), rtol=0, atol=1e-5)


class Failing(Centred):
    def update_output(self, input: np.ndarray) -> np.ndarray:
        raise RuntimeError("no more of this")


def test_an_error_in_a_custom_layer_comes_out(rng: np.random.Generator) -> None:
    network = Network([Failing(), Flatten(), Linear(4, 2)], (1, 2, 2))
    network.initialize(1)
    with pytest.raises(CnnError, match=r"^layer 0, Failing\(\): update_output raised RuntimeError: no more of this \("):
        Program(network, 1).predict(np.zeros((1, 1, 2, 2), np.float32))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_images_in_other_forms_are_converted(count: int, rng: np.random.Generator) -> None:
    program = Program(lenet(), 4)
    images = rng.normal(size=(count, 1, 12, 12)).astype(np.float32)
    expected = program.predict(images)
    assert expected.shape == (count, 5)
    for other in (images.astype(np.float64), images[:, 0], np.asfortranarray(images), images.astype(">f4")):
        assert same_bits(program.predict(other), expected)
