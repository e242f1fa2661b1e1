"""Models, networks and what belongs to them are copied, pickled and sent to processes that are started anew."""

import copy
import multiprocessing
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli import Model, load
from cnncli.criteria import CrossEntropyLoss, MSELoss, NLLLoss, SumSquares
from cnncli.errors import ShapeError
from cnncli.layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    LogSoftmax,
    MaxPool2d,
    Module,
    ReLU,
    Sigmoid,
    Tanh,
)
from cnncli.model_file.serialize import save_model
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.pictures.recipe import InputRecipe
from cnncli.program import Program

COPIES: dict[str, Callable[[Any], Any]] = {
    "deepcopy": copy.deepcopy,
    **{
        f"pickle, protocol {number}": lambda value, number=number: pickle.loads(pickle.dumps(value, number))
        for number in range(2, pickle.HIGHEST_PROTOCOL + 1)
    },
}


def trained_network() -> Network:
    network = Network(
        [Conv2d(1, 4, 3), BatchNorm2d(4), ReLU(), MaxPool2d(2), Flatten(), Dropout(0.5), Linear(144, 3)],
        (1, 14, 14),
        ["a", "b", "c"],
        "small",
        InputRecipe("plain", 1, 14, 14, "light-on-dark", (0.1,), (0.3,)),
    )
    network.initialize(3)
    network.record = {"data": {"name": "drawn"}}
    return network


@pytest.fixture
def model(tmp_path: Path) -> Model:
    save_model(tmp_path / "model.bin", trained_network())
    return load(tmp_path / "model.bin")


@pytest.fixture
def images(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 256, (40, 14, 14), np.uint8)


@pytest.mark.parametrize("name", COPIES)
@pytest.mark.parametrize("has_predicted", [False, True])
def test_the_copy_of_a_model_predicts_the_same_bits(
    name: str, has_predicted: bool, model: Model, images: np.ndarray
) -> None:
    if has_predicted:
        model.predict(images)
        model.predict(images[:1])
    twin = COPIES[name](model)
    for count in (1, 40):
        wanted, found = model.predict(images[:count]), twin.predict(images[:count])
        assert found.probabilities.tobytes() == wanted.probabilities.tobytes()
        assert found.names == wanted.names
    assert (twin.class_names, twin.record, twin.recipe) == (model.class_names, model.record, model.recipe)
    arrays = [*twin.network.parameters()[0], *(array for _, array in twin.network.named_buffers())]
    assert not any(array.flags.writeable for array in arrays)
    originals = [*model.network.parameters()[0], *(array for _, array in model.network.named_buffers())]
    assert not any(np.shares_memory(*pair) for pair in zip(arrays, originals, strict=True))


def test_the_copy_of_a_model_whose_arrays_change_is_a_model_whose_arrays_change(images: np.ndarray) -> None:
    model = Model(trained_network())
    before = model.predict(images).probabilities
    twin = copy.deepcopy(model)
    twin.network[0].weight[...] *= 2  # type: ignore[attr-defined]
    assert (twin.predict(images).probabilities != before).any()
    np.testing.assert_array_equal(model.predict(images).probabilities, before)


def test_a_shallow_copy_shares_the_network_and_has_programs_of_its_own(model: Model, images: np.ndarray) -> None:
    model.predict(images)
    twin = copy.copy(model)
    assert twin.network is model.network
    assert twin.predict(images).probabilities.tobytes() == model.predict(images).probabilities.tobytes()


def test_a_subclass_of_model_keeps_what_it_has(images: np.ndarray) -> None:
    model = Tagged(trained_network())
    model.tag = "mine"
    model.predict(images)
    twin = pickle.loads(pickle.dumps(model))
    assert (type(twin), twin.tag) == (Tagged, "mine")


class Tagged(Model):
    tag = ""


def test_a_model_is_copied_while_another_thread_predicts(model: Model, images: np.ndarray) -> None:
    wanted = model.predict(images).probabilities.tobytes()
    stop = threading.Event()

    def predict() -> None:
        while not stop.is_set():
            model.predict(images)

    thread = threading.Thread(target=predict)
    thread.start()
    try:
        twins = [copy.deepcopy(model) for _ in range(20)]
    finally:
        stop.set()
        thread.join()
    assert {twin.predict(images).probabilities.tobytes() for twin in twins} == {wanted}


def _predict(model: Model, images: np.ndarray) -> bytes:
    return model.predict(images).probabilities.tobytes()


def _refuse(model: Model) -> None:
    model.predict(np.zeros((2, 3, 3), np.uint8))


def test_a_model_is_sent_to_a_spawned_process_and_its_errors_come_back(model: Model, images: np.ndarray) -> None:
    wanted = _predict(model, images)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(_predict, model, images).result(timeout=100) == wanted
        with pytest.raises(ShapeError, match="resize or transpose them"):
            pool.submit(_refuse, model).result(timeout=100)


@pytest.mark.parametrize("name", ["deepcopy", f"pickle, protocol {pickle.HIGHEST_PROTOCOL}"])
def test_copies_of_a_network_and_its_optimizer_train_on_with_the_same_bits(
    name: str, images: np.ndarray, rng: np.random.Generator
) -> None:
    labels = rng.integers(0, 3, len(images))

    def train(network: Network, optimizer: SGD, first: int) -> None:
        program = Program(network, 8, optimizer=optimizer)
        program.bind(images, labels)
        for step in range(first, first + 3):
            program.step(np.arange(8) + 8 * (step % 5), step=step, epoch=0, learning_rate=0.1)

    network, optimizer = trained_network(), SGD(0.1, momentum=0.9)
    train(network, optimizer, 0)
    twin, twin_optimizer = COPIES[name]((network, optimizer))
    train(network, optimizer, 3)
    train(twin, twin_optimizer, 3)
    for (key, wanted), (_, found) in zip(
        [*((p.name, p.value) for p in network.named_parameters()), *network.named_buffers()],
        [*((p.name, p.value) for p in twin.named_parameters()), *twin.named_buffers()],
        strict=True,
    ):
        assert found.tobytes() == wanted.tobytes(), key
    assert [layer.training for layer in twin] == [layer.training for layer in network]


@pytest.mark.parametrize(
    "value",
    [
        *(Conv2d(1, 2, 3), BatchNorm2d(3), Linear(2, 3), Dropout(0.5), MaxPool2d(2), AvgPool2d(2)),
        *(ReLU(), Tanh(), Sigmoid(), LogSoftmax(), Flatten()),
        *(SGD(0.1, momentum=0.9, nesterov=True), CrossEntropyLoss(), NLLLoss(), MSELoss(), SumSquares()),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("name", ["deepcopy", f"pickle, protocol {pickle.HIGHEST_PROTOCOL}"])
def test_layers_criteria_and_optimizers_come_back_as_they_were(name: str, value: Any) -> None:
    twin = COPIES[name](value)
    assert (type(twin), repr(twin)) == (type(value), repr(value))
    if isinstance(value, Module):
        for found, wanted in zip(twin.parameters()[0], value.parameters()[0], strict=True):
            np.testing.assert_array_equal(found, wanted)


def test_a_program_says_what_to_send_in_its_place() -> None:
    program = Program(trained_network(), 4)
    for act in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match=r"copy or send the network .* and build a Program there"):
            act(program)
