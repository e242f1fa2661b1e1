"""A compiled Program does what the eager layers, criteria and SGD do, for every batch size and thread count."""

import signal
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from cnncli import _core
from cnncli.criteria import Criterion, CrossEntropyLoss, MSELoss, NLLLoss, SumSquares
from cnncli.errors import CnnError, ShapeError, UsageError
from cnncli.layers import (
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    LogSoftmax,
    MaxPool2d,
    Module,
    ReLU,
    Sequential,
    Sigmoid,
    Tanh,
)
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.program import Program

SEED = 5


class Gain(Module):
    """A custom layer: one learned factor; may raise, or do something, in either pass."""

    parameter_names = ("weight",)

    def __init__(self) -> None:
        self.weight, self.grad_weight = np.full(1, 1.5, np.float32), np.zeros(1, np.float32)
        self.before_backward: Callable[[], object] = lambda: None
        self.modes: list[bool] = []

    def update_output(self, input: np.ndarray) -> np.ndarray:
        self.modes.append(self.training)
        return input * self.weight

    def update_grad_input(self, input: np.ndarray, grad_output: np.ndarray) -> np.ndarray:
        self.before_backward()
        return grad_output * self.weight

    def acc_grad_parameters(self, input: np.ndarray, grad_output: np.ndarray, scale: float = 1.0) -> None:
        self.grad_weight += np.float32(scale * np.sum(input.astype(np.float64) * grad_output))

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        return input_shape


def lenet() -> list[Module]:
    return [
        *(Conv2d(1, 4, 5, padding=2), ReLU(), MaxPool2d(2)),
        *(Conv2d(4, 6, 3), ReLU(), MaxPool2d(2), Flatten()),
        *(Linear(6 * 2 * 2, 12), ReLU(), Linear(12, 5)),
    ]


def mlp() -> list[Module]:
    return [Flatten(), Linear(144, 20), Tanh(), Linear(20, 9), Sigmoid(), Linear(9, 5)]


def convnet() -> list[Module]:
    return [
        *(Conv2d(1, 4, 3, padding=1, bias=False), BatchNorm2d(4), ReLU(), MaxPool2d(2)),
        *(Dropout(0.25), Conv2d(4, 6, 3, padding=1), BatchNorm2d(6, affine=False), ReLU()),
        *(Flatten(), Linear(6 * 36, 10), BatchNorm1d(10), Tanh(), Dropout(0.5), Linear(10, 5)),
    ]


def averages() -> list[Module]:
    return [
        *(Conv2d(1, 4, 3, stride=2, padding=1), Tanh(), AvgPool2d(3, stride=2, padding=1)),
        *(Conv2d(4, 4, 2, groups=2, dilation=2), ReLU()),
        *(AvgPool2d(1, count_include_pad=False), Flatten(), Linear(4, 5)),
    ]


def overlapping() -> list[Module]:
    return [
        *(Conv2d(1, 3, 3), ReLU(), MaxPool2d(3, stride=2, padding=1)),
        *(Sequential(Conv2d(3, 4, 3), Sigmoid()), MaxPool2d(2, stride=1), Flatten(), Linear(16, 5), ReLU()),
    ]


def own() -> list[Module]:
    return [Gain(), Conv2d(1, 3, 3), ReLU(), Gain(), MaxPool2d(2), Flatten(), Gain(), Linear(75, 5), Gain()]


def wide() -> list[Module]:
    """Enough channels for Winograd's convolution, with and without a ReLU of its own."""
    return [
        *(Conv2d(1, 16, 3, padding=1), ReLU(), Conv2d(16, 20, 3, padding=1), ReLU(), MaxPool2d(2)),
        *(Conv2d(20, 17, 3, padding=2), BatchNorm2d(17), ReLU(), MaxPool2d(4), Flatten()),
        Linear(17 * 4, 5),
    ]


NETWORKS = {make.__name__: make for make in (lenet, mlp, convnet, averages, overlapping, own, wide)}
each_network = pytest.mark.parametrize("name", NETWORKS)
each_size = pytest.mark.parametrize("size", [2, 15, 16, 17, 33, 64])


def build(name: str) -> Network:
    network = Network(NETWORKS[name](), (1, 12, 12))
    network.initialize(SEED)
    return network


def samples(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(size=(count, 1, 12, 12)).astype(np.float32), rng.integers(0, 5, count)


def sgd() -> SGD:
    return SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.01)


def close(actual: np.ndarray, expected: np.ndarray, what: str, tolerance: float = 2e-5) -> None:
    """Relative to the largest value: sums of other orders differ by rounding of their largest terms."""
    # The gradient of a bias before batch normalization is 0 but for rounding.
    scale = max(float(np.abs(expected).max(initial=0)), 1e-2)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * scale, err_msg=what)


def assert_same_state(actual: Network, expected: Network, tolerance: float = 2e-5) -> None:
    for one, other in zip(actual.named_parameters(), expected.named_parameters(), strict=True):
        close(one.gradient, other.gradient, f"gradient of {one.name}", tolerance)
        close(one.value, other.value, one.name, tolerance)
    for (buffer, one), (_, other) in zip(actual.named_buffers(), expected.named_buffers(), strict=True):
        close(one, other, buffer, tolerance)


def eager_step(network: Network, optimizer: SGD, images: np.ndarray, labels: np.ndarray, step: int) -> float:
    network.train()
    for _, layer in network.leaves():
        if isinstance(layer, Dropout):
            layer.seed, layer.step = SEED, step
    network.zero_grad_parameters()
    criterion = CrossEntropyLoss()
    outputs = network.forward(images)
    network.backward(images, criterion.backward(outputs, labels))
    optimizer.step(network.named_parameters())
    return criterion.forward(outputs, labels)


def state(network: Network) -> list[bytes]:
    arrays = [parameter.value for parameter in network.named_parameters()]
    return [array.tobytes() for array in [*arrays, *(array for _, array in network.named_buffers())]]


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


@pytest.mark.parametrize("shape", [(7,), (9,), (8, 1)])
def test_losses_of_another_shape_are_refused(rng: np.random.Generator, shape: tuple[int, ...]) -> None:
    program = Program(build("lenet"), 8, optimizer=sgd())
    program.bind(*samples(rng, 8))
    with pytest.raises((ShapeError, ValueError), match="losses"):
        program.step(
            np.arange(8), step=0, epoch=0, learning_rate=0.1, losses=np.zeros(shape, np.float32)
        )


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


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_an_exception_in_a_custom_layer_changes_nothing(
    error: type[BaseException], rng: np.random.Generator
) -> None:
    gain = Gain()
    layers = [Conv2d(1, 3, 3), BatchNorm2d(3), ReLU(), gain, Flatten(), Linear(300, 5)]
    network = Network(layers, (1, 12, 12))
    network.initialize(SEED)
    optimizer = sgd()
    program = Program(network, 16, optimizer=optimizer)
    program.bind(*samples(rng, 16))
    program.step(np.arange(16), step=0, epoch=0, learning_rate=0.1)
    velocities = {name: array.tobytes() for name, array in optimizer.state_dict().items()}
    before = state(network)

    def fail() -> None:
        raise error("in the custom layer")

    gain.before_backward = fail
    told = CnnError if issubclass(error, Exception) else error
    with pytest.raises(told, match="in the custom layer"):
        program.step(np.arange(16), step=1, epoch=0, learning_rate=0.1)
    assert state(network) == before
    assert {name: array.tobytes() for name, array in optimizer.state_dict().items()} == velocities
    gain.before_backward = lambda: None
    program.step(np.arange(16), step=1, epoch=0, learning_rate=0.1)
    assert state(network) != before


def test_a_signal_during_a_step_changes_nothing(rng: np.random.Generator) -> None:
    gain = Gain()
    network = Network([Conv2d(1, 3, 3), BatchNorm2d(3), gain, Flatten(), Linear(300, 5)], (1, 12, 12))
    network.initialize(SEED)
    program = Program(network, 16, optimizer=sgd())
    program.bind(*samples(rng, 16))
    before = state(network)
    gain.before_backward = lambda: signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        program.step(np.arange(16), step=0, epoch=0, learning_rate=0.1)
    assert state(network) == before


def test_a_custom_layer_sees_the_mode_of_what_runs(rng: np.random.Generator) -> None:
    gain = Gain()
    network = Network([Flatten(), gain, Linear(144, 5)], (1, 12, 12))
    images, labels = samples(rng, 4)
    program = Program(network, 4, optimizer=sgd())
    program.bind(images, labels)
    program.step(np.arange(4), step=0, epoch=0, learning_rate=0.1)
    program.predict(images)
    program.step(np.arange(4), step=1, epoch=0, learning_rate=0.1)
    program.evaluate(images, labels)
    assert gain.modes == [True, False, True, False]


def test_a_program_leaves_the_threads_of_the_process_alone(rng: np.random.Generator, restored_threads: None) -> None:
    _core.set_thread_count(2)
    network = Network([Flatten(), Linear(144, 5)], (1, 12, 12))
    images, labels = samples(rng, 4)
    program = Program(network, 4, optimizer=sgd(), threads=1)
    program.bind(images, labels)
    program.step(np.arange(4), step=0, epoch=0)
    Program(network, 4, threads=3).predict(images)
    assert _core.thread_count() == 2
    for threads in (0, -1, 1025):
        with pytest.raises(UsageError, match=f"^threads is {threads}; use a whole number, at least 1 and at most"):
            Program(network, 4, threads=threads)


@pytest.mark.parametrize("trains", [True, False])
def test_a_program_leaves_the_modes_of_all_layers_as_the_user_set_them(rng: np.random.Generator, trains: bool) -> None:
    """Those inside an own layer too, whatever mode that layer itself has."""

    class Shell(Module):
        def __init__(self) -> None:
            self.inner = Sequential(Dropout(0.5), BatchNorm1d(144))

        def children(self) -> Iterator[tuple[str, Module]]:
            yield "inner", self.inner

        def update_output(self, input: np.ndarray) -> np.ndarray:
            return self.inner.forward(input)

        def update_grad_input(self, input: np.ndarray, grad_output: np.ndarray) -> np.ndarray:
            return self.inner.backward(input, grad_output)

    shell, drop = Shell(), Dropout(0.5)
    network = Network([Flatten(), shell, drop, Linear(144, 5)], (1, 12, 12))
    network.initialize(SEED)
    layers = [shell, shell.inner, *shell.inner, *network]
    for mode, layer in enumerate(layers):
        layer.training = mode % 2 == 0
    before = [layer.training for layer in layers]
    images, labels = samples(rng, 4)
    program = Program(network, 4, optimizer=sgd() if trains else None)
    assert [layer.training for layer in layers] == before
    if trains:
        program.bind(images, labels)
        program.step(np.arange(4), step=0, epoch=0)
    program.predict(images)
    program.evaluate(images, labels)
    assert [layer.training for layer in layers] == before


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


def faulty(call: str) -> None:
    network = build("lenet")
    program = Program(network, 4, optimizer=sgd())
    images, labels = samples(np.random.default_rng(SEED), 6)
    program.bind(images, labels)
    calls: dict[str, Callable[[], object]] = {
        "label above": lambda: program.bind(images, np.array([0, 1, 2, 3, 4, 5])),
        "label below": lambda: program.bind(images, np.array([0, 1, 2, -3, 4, 0])),
        "few labels": lambda: program.bind(images, labels[:5]),
        "image shape": lambda: program.bind(images[:, :, :11], labels),
        "one image": lambda: program.predict(np.zeros(7)),
        "index above": lambda: program.step(np.array([0, 6]), step=0, epoch=0, learning_rate=0.1),
        "index below": lambda: program.step(np.array([-1]), step=0, epoch=0, learning_rate=0.1),
        "no index": lambda: program.step(np.array([], np.int64), step=0, epoch=0, learning_rate=0.1),
        "many indices": lambda: program.step(np.arange(5), step=0, epoch=0, learning_rate=0.1),
        "no samples": lambda: program.evaluate(images[:0], labels[:0]),
        "evaluate label": lambda: program.evaluate(images[:1], [5]),
        "batch size": lambda: Program(network, 0),
        "no optimizer": lambda: Program(network, 4).bind(images, labels),
    }
    calls[call]()


@pytest.mark.parametrize(
    "call, message",
    [
        ("label above", "targets: expected 0 to 4, got 5 for sample 5"),
        ("label below", "targets: expected 0 to 4, got -3 for sample 3"),
        ("few labels", r"targets: .*6.*5"),
        ("image shape", r"takes samples of shape 1x12x12, got an array of shape \(6, 1, 11, 12\)"),
        ("one image", r"takes samples of shape 1x12x12, got an array of shape \(7,\)"),
        ("index above", "indices: expected 0 to 5, got 6"),
        ("index below", "indices: expected 0 to 5, got -1"),
        ("no index", "indices: expected 1 to 4, got 0"),
        ("many indices", "indices: expected 1 to 4, got 5"),
        ("no samples", "there are no samples; pass at least one"),
        ("evaluate label", "targets: expected 0 to 4, got 5 for sample 0"),
        ("batch size", "batch_size is 0; use a whole number, at least 1"),
        ("no optimizer", "has no optimizer; pass optimizer=SGD"),
    ],
)
def test_a_wrong_argument_is_told_in_one_line(call: str, message: str) -> None:
    with pytest.raises((CnnError, ValueError), match=message) as caught:
        faulty(call)
    assert "\n" not in str(caught.value)


def test_a_custom_layer_that_returns_another_shape_is_told(rng: np.random.Generator) -> None:
    class Short(Gain):
        def update_output(self, input: np.ndarray) -> np.ndarray:
            return input[:, :-1]

    network = Network([Flatten(), Short(), Linear(144, 5)], (1, 12, 12))
    with pytest.raises(ShapeError, match=r"^layer 1, Short\(\): update_output returned .* \(3, 143\) for"):
        Program(network, 3).predict(samples(rng, 3)[0])


class Doubled(MSELoss):
    """A loss of one's own, which is called in Python."""


@pytest.mark.parametrize("criterion", [Doubled(), MSELoss()], ids=["called", "of the core"])
def test_of_samples_that_are_refused_nothing_is_left(criterion: Criterion, rng: np.random.Generator) -> None:
    x, y = rng.normal(size=(6, 3)).astype(np.float32), rng.normal(size=(6, 2)).astype(np.float32)
    losses = []
    for is_faulty in (False, True):
        network = Network([Linear(3, 2)], (3,), outputs="values")
        network.initialize(1)
        program = Program(network, 6, criterion=criterion, optimizer=sgd())
        program.bind(x, y)
        if is_faulty:
            with pytest.raises((ShapeError, ValueError), match="targets"):
                program.bind(x[:3], y + 100)
        losses.append(program.step(np.arange(6), step=0, epoch=0, learning_rate=0.1).loss)
    assert losses[0] == losses[1]
