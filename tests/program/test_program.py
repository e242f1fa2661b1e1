"""A compiled Program does what the eager layers, criteria and SGD do, for every batch size and thread count."""

from collections.abc import Callable

import numpy as np
import pytest

from cnncli import _core
from cnncli.criteria import Criterion, CrossEntropyLoss, MSELoss, NLLLoss, SumSquares
from cnncli.layers import BatchNorm1d, BatchNorm2d, Conv2d, Dropout, Flatten, Linear, LogSoftmax, ReLU, Tanh
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.program import Program
from program_networks import (
    NETWORKS,
    SEED,
    Gain,
    assert_same_state,
    build,
    close,
    eager_step,
    lenet,
    mlp,
    samples,
    sgd,
)

each_network = pytest.mark.parametrize("name", NETWORKS)
each_size = pytest.mark.parametrize("size", [2, 15, 16, 17, 33, 64])


@each_network
@each_size
def test_training_steps_are_those_of_the_eager_network(name: str, size: int, rng: np.random.Generator) -> None:
    images, labels = samples(rng, 80)
    compiled, eager = build(name), build(name)
    program = Program(compiled, size, optimizer=sgd(), seed=SEED)
    program.bind(images, labels)
    optimizer = sgd()
    for step in range(2):
        # The second batch is not full.
        indices = rng.permutation(80)[: size if step == 0 else max(2, size - 3)]
        result = program.step(indices, step=step, epoch=0, learning_rate=0.1)
        loss = eager_step(eager, optimizer, images[indices], labels[indices], step)
        assert result.loss == pytest.approx(loss, rel=1e-5)
        assert result.samples == len(indices)
        # Statistics of few samples amplify rounding, and the second step starts from rounded parameters.
        assert_same_state(compiled, eager, 2e-5 if step == 0 else 2e-4)


@pytest.mark.parametrize("name", ["lenet", "mlp", "averages", "overlapping", "own"])
def test_training_on_single_samples_is_that_of_the_eager_network(name: str, rng: np.random.Generator) -> None:
    images, labels = samples(rng, 4)
    compiled, eager = build(name), build(name)
    program = Program(compiled, 1, optimizer=sgd(), seed=SEED)
    program.bind(images, labels)
    program.step(np.array([2]), step=0, epoch=0, learning_rate=0.1)
    eager_step(eager, sgd(), images[2:3], labels[2:3], 0)
    assert_same_state(compiled, eager)


@each_network
@pytest.mark.parametrize("size", [1, 15, 16, 17, 33, 64])
def test_predictions_are_log_softmax_of_the_eager_outputs(name: str, size: int, rng: np.random.Generator) -> None:
    network = build(name)
    images, labels = samples(rng, 37)
    program = Program(network, size)
    actual = program.predict(images)
    evaluation = program.evaluate(images, labels)
    network.eval()
    expected = LogSoftmax().forward(network.forward(images))
    close(actual, expected, "log-probabilities")
    assert evaluation.loss == pytest.approx(-expected[np.arange(37), labels].mean(), rel=1e-5)
    assert evaluation.predictions.tolist() == expected.argmax(axis=1).tolist()
    assert evaluation.correct == (expected.argmax(axis=1) == labels).sum()


@pytest.mark.parametrize("affine", [True, False])
def test_a_convolution_takes_over_the_normalization_after_it(affine: bool, rng: np.random.Generator) -> None:
    """In evaluation, where the statistics are known: with a ReLU, and where more than one tile of outputs has them."""
    layers = [
        *(Conv2d(1, 16, 3, padding=1), BatchNorm2d(16, affine=affine), ReLU()),
        *(Conv2d(16, 37, 3, padding=1), BatchNorm2d(37, affine=affine), ReLU()),
        *(Conv2d(37, 17, 3, padding=1, bias=False), BatchNorm2d(17, affine=affine), Flatten()),
        *(Linear(17 * 144, 5), BatchNorm1d(5, affine=affine)),
    ]
    network = Network(layers, (1, 12, 12))
    network.initialize(SEED)
    for parameter in network.named_parameters():
        parameter.value[...] += rng.uniform(0.1, 0.5, parameter.value.shape).astype(np.float32)
    for _, buffer in network.named_buffers():
        buffer[...] = rng.uniform(0.2, 2, buffer.shape)
    images, _ = samples(rng, 19)
    network.eval()
    expected = network.forward(images)
    close(Program(network, 19).predict(images), LogSoftmax().forward(expected), "log-probabilities")


def test_a_step_counts_what_is_classified_right_before_its_update(rng: np.random.Generator) -> None:
    network = build("lenet")
    images, labels = samples(rng, 20)
    right = int((network.forward(images).argmax(axis=1) == labels).sum())
    program = Program(network, 20, optimizer=sgd())
    program.bind(images, labels)
    assert program.step(np.arange(20), step=0, epoch=0, learning_rate=0.1).correct == right


@pytest.mark.parametrize("count", [1, 15, 16, 17, 1500])  # over 1,024 it runs in parts
def test_a_step_gives_the_loss_of_each_sample_before_its_update(rng: np.random.Generator, count: int) -> None:
    network = build("lenet")
    images, labels = samples(rng, count)
    scores = network.forward(images).astype(np.float64)
    largest = scores.max(axis=1)
    expected = np.log(np.exp(scores - largest[:, None]).sum(axis=1)) + largest - scores[np.arange(count), labels]
    program = Program(network, count, optimizer=sgd())
    program.bind(images, labels)
    order = rng.permutation(count)
    losses = np.full(count, np.nan, np.float32)
    result = program.step(order, step=0, epoch=0, learning_rate=0.1, losses=losses)
    close(losses, expected[order], "losses")
    assert result.loss == pytest.approx(losses.mean(dtype=np.float64), rel=1e-6)


@pytest.mark.parametrize(
    "optimizer",
    [SGD(0.1), SGD(0.1, momentum=0.8), SGD(0.1, momentum=0.8, dampening=0.5), SGD(0.1, weight_decay=0.3)],
    ids=repr,
)
def test_every_form_of_sgd_is_that_of_the_eager_optimizer(optimizer: SGD, rng: np.random.Generator) -> None:
    images, labels = samples(rng, 8)
    compiled, eager = build("mlp"), build("mlp")
    program = Program(compiled, 8, optimizer=optimizer)
    program.bind(images, labels)
    other = SGD(**optimizer.settings())
    for step in range(3):
        program.step(np.arange(8), step=step, epoch=0, learning_rate=0.1)
        eager_step(eager, other, images, labels, step)
    assert_same_state(compiled, eager, 1e-4)


@each_network
def test_bits_do_not_depend_on_the_number_of_threads(
    name: str,
    rng: np.random.Generator,
    assert_same_bits_for_any_threads: Callable[[Callable[[], tuple[np.ndarray, ...]]], None],
) -> None:
    images, labels = samples(rng, 90)
    order = rng.permutation(90)

    def train() -> tuple[np.ndarray, ...]:
        network = build(name)
        program = Program(network, 40, optimizer=sgd(), seed=SEED)
        program.bind(images, labels)
        losses = [
            program.step(order[first : first + 40], step=step, epoch=0, learning_rate=0.1).loss
            for step, first in enumerate((0, 40, 80))
        ]
        buffers = [array for _, array in network.named_buffers()]
        return (np.array(losses), program.predict(images), *network.parameters()[0], *buffers)

    assert_same_bits_for_any_threads(train)


@pytest.mark.parametrize("name", ["lenet", "convnet", "averages"])
def test_every_instruction_set_takes_the_same_step(
    name: str, instruction_set: str, rng: np.random.Generator
) -> None:
    images, labels = samples(np.random.default_rng(SEED), 33)

    def step() -> Network:
        network = build(name)
        program = Program(network, 33, optimizer=sgd(), seed=SEED)
        program.bind(images, labels)
        program.step(np.arange(33), step=0, epoch=0, learning_rate=0.1)
        return network

    actual = step()
    _core.set_instruction_set(_core.instruction_sets()[0])
    assert_same_state(actual, step())


def test_bytes_become_what_the_recipe_says(rng: np.random.Generator) -> None:
    from cnncli.pictures.recipe import InputRecipe

    images = rng.integers(0, 256, (9, 1, 12, 12), dtype=np.uint8)
    recipe = InputRecipe("plain", 1, 12, 12, "any", (0.25,), (0.5,))
    network = Network(lenet(), (1, 12, 12), recipe=recipe)
    network.initialize(SEED)
    program = Program(network, 4)
    values = ((images.astype(np.float32) / 255 - 0.25) / 0.5).astype(np.float32)
    close(program.predict(images), program.predict(values), "log-probabilities")


def test_a_large_batch_in_parts_is_the_sum_of_its_parts(rng: np.random.Generator) -> None:
    """More samples than fit into the buffers: 2500 are run as 1024, 1024 and 452."""

    def make() -> Network:
        network = Network([Flatten(), Linear(144, 8), Tanh(), Dropout(0.3), Linear(8, 5)], (1, 12, 12))
        network.initialize(SEED)
        return network

    images, labels = samples(rng, 2500)
    compiled, eager = make(), make()
    program = Program(compiled, 2500, optimizer=sgd(), seed=SEED)
    program.bind(images, labels)
    order = rng.permutation(2500)
    result = program.step(order, step=3, epoch=0, learning_rate=0.1)
    loss = eager_step(eager, sgd(), images[order], labels[order], 3)
    assert result.loss == pytest.approx(loss, rel=1e-5)
    assert_same_state(compiled, eager, 1e-4)


def test_a_large_batch_of_a_network_that_couples_samples_is_one_batch(rng: np.random.Generator) -> None:
    def make() -> Network:
        network = Network([Flatten(), Linear(144, 4), BatchNorm1d(4), Gain(), Linear(4, 5)], (1, 12, 12))
        network.initialize(SEED)
        return network

    images, labels = samples(rng, 1500)
    compiled, eager = make(), make()
    program = Program(compiled, 1500, optimizer=sgd())
    program.bind(images, labels)
    program.step(np.arange(1500), step=0, epoch=0, learning_rate=0.1)
    eager_step(eager, sgd(), images, labels, 0)
    assert_same_state(compiled, eager, 1e-4)


def test_a_subclass_of_a_layer_keeps_its_own_forward_pass(rng: np.random.Generator) -> None:
    class Nothing(Dropout):
        def update_output(self, input: np.ndarray) -> np.ndarray:
            return np.zeros_like(input)

    class Twice(Linear):
        def update_output(self, input: np.ndarray) -> np.ndarray:
            return 2 * super().update_output(input)

    images, _ = samples(rng, 3)
    for layer in (Nothing(), Twice(144, 144)):
        network = Network([Flatten(), layer, Linear(144, 5)], (1, 12, 12))
        network.initialize(SEED)
        actual = Program(network, 3).predict(images)
        network.eval()
        close(actual, LogSoftmax().forward(network.forward(images)), repr(layer))


@pytest.mark.parametrize("criterion, rate", [(MSELoss(), 0.2), (SumSquares(), 0.2 / 64)], ids=repr)
def test_linear_regression_converges(criterion: Criterion, rate: float, rng: np.random.Generator) -> None:
    values = rng.normal(size=(64, 3)).astype(np.float32)
    weight, bias = np.array([[1, -2, 0.5], [0, 3, -1]], np.float32), np.array([0.5, -1], np.float32)
    network = Network([Linear(3, 2)], (3,))
    network.initialize(SEED)
    program = Program(network, 64, criterion=criterion, optimizer=SGD(0.1, momentum=0.5))
    targets = values @ weight.T + bias
    program.bind(values, targets)
    losses = [program.step(np.arange(64), step=i, epoch=0, learning_rate=rate).loss for i in range(200)]
    layer = next(iter(network))
    np.testing.assert_allclose(layer.weight, weight, atol=1e-4)
    np.testing.assert_allclose(layer.bias, bias, atol=1e-4)
    assert losses[-1] < 1e-8 < losses[0]
    np.testing.assert_allclose(program.predict(values), targets, atol=1e-3)
    loss = program.evaluate(values, targets + 2).loss
    samples = 64 if isinstance(criterion, SumSquares) else 1  # what a program tells is the mean over samples
    assert loss == pytest.approx(criterion.forward(network.forward(values), targets + 2) / samples, rel=1e-4)


def test_nll_takes_log_probabilities(rng: np.random.Generator) -> None:
    images, labels = samples(rng, 20)
    plain = build("mlp")
    ending = Network([*mlp(), LogSoftmax()], (1, 12, 12))
    ending.initialize(SEED)
    for one, other in zip(ending.named_parameters(), plain.named_parameters(), strict=True):
        one.value[...] = other.value
    for network, criterion in ((plain, CrossEntropyLoss()), (ending, NLLLoss())):
        program = Program(network, 20, criterion=criterion, optimizer=sgd())
        program.bind(images, labels)
        program.step(np.arange(20), step=0, epoch=0, learning_rate=0.1)
    assert_same_state(ending, plain)
