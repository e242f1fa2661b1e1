"""What goes wrong in a Program is told and changes nothing, and what the user has set stays as it was set."""

import signal
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from cnncli import _core
from cnncli.criteria import Criterion, MSELoss
from cnncli.errors import CnnError, ShapeError, UsageError
from cnncli.layers import BatchNorm1d, BatchNorm2d, Conv2d, Dropout, Flatten, Linear, Module, ReLU, Sequential
from cnncli.network import Network
from cnncli.program import Program
from program_networks import SEED, Gain, build, samples, sgd


def state(network: Network) -> list[bytes]:
    arrays = [parameter.value for parameter in network.named_parameters()]
    return [array.tobytes() for array in [*arrays, *(array for _, array in network.named_buffers())]]


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


@pytest.mark.parametrize("shape", [(7,), (9,), (8, 1)])
def test_losses_of_another_shape_are_refused(rng: np.random.Generator, shape: tuple[int, ...]) -> None:
    program = Program(build("lenet"), 8, optimizer=sgd())
    program.bind(*samples(rng, 8))
    with pytest.raises((ShapeError, ValueError), match="losses"):
        program.step(
            np.arange(8), step=0, epoch=0, learning_rate=0.1, losses=np.zeros(shape, np.float32)
        )


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
