"""The running average of weights and running statistics: its formula in float64, bits, and what is measured with it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from closeness import assert_close, same_bits
from cnncli import Trainer, optim
from cnncli.errors import FormatError, UsageError
from cnncli.layers import BatchNorm2d, Conv2d, Flatten, Linear, ReLU
from cnncli.network import Network
from cnncli.optim import SGD, Muon, Optimizer
from cnncli.program import Program
from cnncli.program.weight_average import WeightAverage
from update_cases import ROWS

OPTIMIZERS: dict[str, Callable[[], Optimizer]] = {
    "in the core": lambda: SGD(0.1, momentum=0.9),
    "in Python": lambda: Muon(0.05),
}
each_kind = pytest.mark.parametrize("kind", OPTIMIZERS)


def small_network(seed: int = 3) -> Network:
    layers = [Conv2d(2, 5, 3, padding=1), BatchNorm2d(5), ReLU(), Flatten(), Linear(5 * 4 * 4, 7), ReLU(), Linear(7, 3)]
    network = Network(layers, (2, 4, 4))
    network.initialize(seed)
    return network


def samples(rng: np.random.Generator, count: int = 24) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(size=(count, 2, 4, 4)).astype(np.float32), rng.integers(0, 3, count)


def arrays_of(network: Network) -> dict[str, np.ndarray]:
    arrays = {parameter.name: parameter.value for parameter in network.named_parameters()}
    return {name: array.copy() for name, array in (arrays | dict(network.named_buffers())).items()}


def averaged(
    optimizer: Optimizer, images: np.ndarray, labels: np.ndarray, *, decay: float = 0.8, steps: int = 30,
    threads: int = 1, fixed: tuple[str, ...] = (),
) -> tuple[WeightAverage, list[dict[str, np.ndarray]]]:  # fmt: skip
    """The average after some steps, and what all arrays were after each of them."""
    network = small_network()
    average = WeightAverage(network, decay)
    program = Program(network, 8, optimizer=optimizer, threads=threads, fixed=fixed, average=average)
    program.bind(images, labels)
    seen = []
    for step in range(steps):
        program.step(np.arange(8) + 8 * (step % 3), step=step, epoch=0)
        seen.append(arrays_of(network))
    return average, seen


@each_kind
def test_it_is_the_average_of_the_weights_after_each_step(
    instruction_set: str, rng: np.random.Generator, kind: str
) -> None:
    average, seen = averaged(OPTIMIZERS[kind](), *samples(rng))
    for name, found in average.arrays().items():
        expected = seen[0][name].astype(float)
        for step, arrays in enumerate(seen[1:], 2):
            decay = min(0.8, step / (9 + step))
            expected = decay * expected + (1 - decay) * arrays[name]
        assert_close(found, expected, terms=len(seen), scale=np.abs(expected).max())
        assert found.dtype == np.float32 and found is not seen[-1][name]
    assert {"1.running_mean", "1.running_var"} <= average.arrays().keys()


@each_kind
def test_after_the_first_step_it_is_what_the_weights_are(rng: np.random.Generator, kind: str) -> None:
    average, seen = averaged(OPTIMIZERS[kind](), *samples(rng), decay=0.999, steps=1)
    assert all(same_bits(array, seen[0][name]) for name, array in average.arrays().items())


@each_kind
def test_it_changes_no_bit_of_the_training(rng: np.random.Generator, kind: str) -> None:
    images, labels = samples(rng)
    _, seen = averaged(OPTIMIZERS[kind](), images, labels)
    network = small_network()
    program = Program(network, 8, optimizer=OPTIMIZERS[kind]())
    program.bind(images, labels)
    for step in range(30):
        program.step(np.arange(8) + 8 * (step % 3), step=step, epoch=0)
    assert all(same_bits(array, seen[-1][name]) for name, array in arrays_of(network).items())


@each_kind
def test_threads_and_vectors_change_no_bit(
    rng: np.random.Generator, assert_same_bits_for_any_threads: Callable, kind: str
) -> None:
    images, labels = samples(rng)
    assert_same_bits_for_any_threads(
        lambda: tuple(averaged(OPTIMIZERS[kind](), images, labels)[0].arrays().values())
    )


def test_what_is_fixed_stays_as_it_is(rng: np.random.Generator) -> None:
    names = ("0.weight", "0.bias")
    average, _ = averaged(SGD(0.1), *samples(rng), fixed=names)
    first = arrays_of(small_network())
    assert all(same_bits(average.arrays()[name], first[name]) for name in names)
    assert not same_bits(average.arrays()["4.weight"], first["4.weight"])


@each_kind
def test_a_step_without_a_finite_loss_leaves_it(rng: np.random.Generator, kind: str) -> None:
    images, labels = samples(rng)
    network = small_network()
    average = WeightAverage(network, 0.5)
    program = Program(network, 8, optimizer=OPTIMIZERS[kind](), average=average)
    program.bind(images, labels)
    program.step(np.arange(8), step=0, epoch=0)
    before = {name: array.copy() for name, array in average.arrays().items()}
    images[8] = np.nan
    program.step(np.arange(8) + 8, step=1, epoch=0)
    assert all(same_bits(array, before[name]) for name, array in average.arrays().items())


def test_arrays_that_move_are_followed(rng: np.random.Generator) -> None:
    """`get_parameters` gives a network other arrays in the middle of a training."""
    images, labels = samples(rng)
    found = []
    for moves in (False, True):
        network = small_network()
        average = WeightAverage(network, 0.5)
        program = Program(network, 8, optimizer=SGD(0.1), average=average)
        program.bind(images, labels)
        for step in range(4):
            program.step(np.arange(8), step=step, epoch=0)
            if moves and step == 1:
                network.get_parameters()
                average.network.get_parameters()
        found.append(average.arrays())
    assert all(same_bits(array, found[1][name]) for name, array in found[0].items())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.kind.__name__)
def test_every_optimizer_can_be_averaged(rng: np.random.Generator, row: Any) -> None:
    optimizer = row.kind(0.01)
    average, seen = averaged(optimizer, *samples(rng), decay=0.5, steps=3)
    expected = seen[0]["6.weight"].astype(float)
    for step in (2, 3):
        share = max(0.5, 9 / (9 + step))
        expected = expected + share * (seen[step - 1]["6.weight"] - expected)
    assert_close(average.arrays()["6.weight"], expected, terms=3, scale=1)


@pytest.mark.parametrize("decay", [0, 1, -0.1, float("nan"), "much"])
def test_a_decay_that_is_none_is_refused(decay: Any) -> None:
    with pytest.raises(UsageError, match=r"ema is .*more than 0 and less than 1"):
        WeightAverage(small_network(), decay)


def test_averages_of_another_network_are_refused() -> None:
    average = WeightAverage(small_network(), 0.5)
    own = {name: array.copy() for name, array in average.arrays().items()}
    cases = [
        ({name: array for name, array in own.items() if name != "6.bias"}, "6.bias.* is missing"),
        ({**own, "9.bias": own["6.bias"]}, "9.bias.* is of no layer"),
        ({**own, "6.bias": np.zeros(4, np.float32)}, "6.bias.* is float32 4, not float32 3"),
        ({**own, "6.bias": np.zeros(3, np.int64)}, "6.bias.* is int64 3, not float32 3"),
    ]
    for arrays, line in cases:
        with pytest.raises(FormatError, match=line):
            average.load(arrays)
    average.load({name: array + 1 for name, array in own.items()})
    assert all(same_bits(array, own[name] + np.float32(1)) for name, array in average.arrays().items())


def test_a_trainer_measures_and_keeps_the_average(rng: np.random.Generator) -> None:
    images, labels = samples(rng, 64)
    network = small_network()
    given = {"optimizer": SGD(0.2, momentum=0.9), "epochs": 2, "batch_size": 8, "seed": 4}
    trainer = Trainer(network, (images, labels), validation=(images, labels), ema=0.9, **given)
    *_, last = trainer
    assert trainer.kept is not network
    found = Program(trainer.kept, 8).evaluate(images, labels)
    assert (last.validation_loss, last.validation_accuracy) == (found.loss, found.correct / 64)
    assert trainer.evaluate((images, labels)).loss == found.loss
    assert found.loss != Program(network, 8).evaluate(images, labels).loss
    plain = small_network()
    *_, without = Trainer(plain, (images, labels), **{**given, "optimizer": SGD(0.2, momentum=0.9)})
    assert (without.loss, without.accuracy) == (last.loss, last.accuracy)
    assert all(same_bits(array, arrays_of(network)[name]) for name, array in arrays_of(plain).items())


def test_averaged_statistics_are_near_those_of_the_averaged_weights(rng: np.random.Generator) -> None:
    """Batch normalization in evaluation has what the averaged network's own images give, but for a little."""
    images, labels = samples(rng, 512)
    trainer = Trainer(
        small_network(), (images, labels), optimizer=SGD(0.05, momentum=0.9), epochs=6, batch_size=32, ema=0.95,
        schedule="cosine",
    )  # fmt: skip
    for _ in trainer:
        pass
    convolution, normalization = list(trainer.kept)[:2]
    outputs = convolution.forward(images)
    mean, variance = outputs.mean(axis=(0, 2, 3)), outputs.var(axis=(0, 2, 3))
    assert np.abs(normalization.running_mean - mean).max() < 0.05 * np.sqrt(variance).max()
    assert np.abs(normalization.running_var / variance - 1).max() < 0.05


def test_optimizers_of_all_images_at_once_are_refused(rng: np.random.Generator) -> None:
    with pytest.raises(UsageError, match="ema: LBFGS makes few long steps"):
        Trainer(small_network(), samples(rng), optimizer=optim.LBFGS(), batch_size="full", ema=0.9)


@pytest.mark.torch
def test_it_is_that_of_pytorch(rng: np.random.Generator) -> None:
    """`AveragedModel` with the same shares; its first update takes the weights over, too."""
    import torch
    from torch.optim.swa_utils import AveragedModel

    average, seen = averaged(SGD(0.1, momentum=0.9), *samples(rng), decay=0.8)

    class Arrays(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for name, array in seen[0].items():
                self.register_buffer(name.replace(".", "_"), torch.tensor(array))

    def mix(mean: Any, value: Any, steps: Any) -> Any:
        decay = min(0.8, (int(steps) + 1) / (10 + int(steps)))
        return decay * mean + (1 - decay) * value

    model = Arrays()
    theirs = AveragedModel(model, avg_fn=mix, use_buffers=True)
    for arrays in seen:
        for name, array in arrays.items():
            getattr(model, name.replace(".", "_"))[...] = torch.tensor(array)
        theirs.update_parameters(model)
    for name, array in average.arrays().items():
        expected = getattr(theirs.module, name.replace(".", "_")).numpy()
        assert_close(array, expected, terms=len(seen), scale=np.abs(expected).max())
