"""AVX2 and AVX-512 give the same bits: every kernel, programs of every network that ships, and chains of layers."""

import copy
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from cnncli import _core
from cnncli.criteria import SumSquares
from cnncli.layers import Dropout
from cnncli.network import Network
from cnncli.network.architectures import model_names
from cnncli.optim import SGD
from cnncli.program import Program
from cnncli.program.lowering import leaves
from layer_chains import ROWS, Chain, chains, fill, settings

FUSED = ("avx2", "avx512")  # the sets with fused multiply-adds; the baseline rounds each product
SEED = 5
Case = dict[str, Any]
Arrays = dict[str, np.ndarray]

pytestmark = pytest.mark.skipif(
    not set(FUSED) <= set(_core.instruction_sets()), reason="needs a CPU with AVX-512 and a build for it"
)


@pytest.fixture(autouse=True)
def restored(restored_threads: None) -> Iterator[None]:
    """One thread: it changes no bit, and what is this small only loses by a second one."""
    before = _core.instruction_set()
    _core.set_thread_count(1)
    yield
    _core.set_instruction_set(before)


def differing(compute: Callable[[], Arrays]) -> list[str]:
    """The names of the arrays whose bits are not the same on both sets."""
    found = []
    for name in FUSED:
        _core.set_instruction_set(name)
        found.append(compute())
    one, other = found
    assert one.keys() == other.keys()
    return [key for key in one if one[key].tobytes() != other[key].tobytes()]


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(size=shape).astype(np.float32)


# Counts around the widths of both sets, and samples in whole and broken blocks of lanes.
SAMPLES = (1, 7, 16, 37, 150)
FEATURES = (1, 5, 8, 13, 24, 37, 120)
# Channels, height, width, outputs, kernel, stride, padding, dilation, groups.
CONVOLUTIONS = [
    (1, 12, 12, 6, (5, 5), 1, 2, 1, 1),
    (3, 9, 11, 7, (3, 3), 1, 1, 1, 1),
    (6, 14, 14, 16, (5, 5), 1, 0, 1, 1),
    (16, 8, 9, 24, (3, 3), 1, 1, 1, 1),
    (64, 8, 8, 64, (3, 3), 1, 1, 1, 1),
    (40, 3, 2, 33, (3, 3), 1, 1, 1, 1),
    (40, 6, 7, 20, (1, 1), 1, 0, 1, 1),
    (130, 5, 5, 80, (1, 1), 1, 0, 1, 1),
    (4, 13, 12, 9, (7, 7), 2, 3, 1, 1),
    (5, 13, 17, 10, (3, 2), 2, 1, 2, 1),
    (12, 7, 7, 12, (3, 3), 1, 1, 1, 12),
    (16, 7, 9, 32, (3, 3), 1, 2, 1, 2),
]
POOLINGS = [(2, 2, 0), (3, 2, 1), (3, 1, 1), (5, 3, 2)]


def convolution_shape(case: tuple[Any, ...]) -> tuple[tuple[int, int, int], tuple[int, ...], Case]:
    channels, height, width, outputs, kernel, stride, padding, dilation, groups = case
    size = [
        (n + 2 * padding - dilation * (k - 1) - 1) // stride + 1 for n, k in zip((height, width), kernel, strict=True)
    ]
    settings = {
        "stride": (stride, stride), "padding": (padding, padding), "dilation": (dilation, dilation), "groups": groups
    }
    return (outputs, *size), (outputs, channels // groups, *kernel), settings


def convolution(part: str) -> Callable[[np.random.Generator], Iterator[Case]]:
    def cases(rng: np.random.Generator) -> Iterator[Case]:
        for shape, algorithm in itertools.product(CONVOLUTIONS, ("auto", *_core.convolution_algorithms())):
            if algorithm == "winograd" and (shape[4], shape[5], *shape[7:]) != ((3, 3), 1, 1, 1):
                continue
            output, weight, settings = convolution_shape(shape)
            for samples in (1, 21, 150) if algorithm == "auto" and shape[0] < 20 else (21,):
                x, g = normal(rng, samples, *shape[:3]), normal(rng, samples, *output)
                arrays: Case = {
                    "forward": {"input": x, "output": g * 0, "weight": normal(rng, *weight), "bias": g[0, :, 0, 0]},
                    "backward_input": {"grad_output": g, "grad_input": x * 0, "weight": normal(rng, *weight)},
                    "backward_parameters": {
                        "input": x, "grad_output": g, "grad_weight": normal(rng, *weight),
                        "grad_bias": normal(rng, output[0]), "scale": 0.7,
                    },
                }[part]
                yield {**arrays, **settings, "algorithm": algorithm}

    return cases


def vectors(*names: str, **more: list[Any]) -> Callable[[np.random.Generator], Iterator[Case]]:
    """Arrays of samples x features under these names, and every choice of `more`."""

    def cases(rng: np.random.Generator) -> Iterator[Case]:
        for samples, features, *values in itertools.product(SAMPLES, FEATURES, *more.values()):
            yield {
                **{name: 3 * normal(rng, samples, features) for name in names},
                **dict(zip(more, values, strict=True)),
            }

    return cases


def linear(part: str) -> Callable[[np.random.Generator], Iterator[Case]]:
    def cases(rng: np.random.Generator) -> Iterator[Case]:
        for samples, inputs, outputs in itertools.product(SAMPLES, FEATURES, FEATURES):
            x, g, w = normal(rng, samples, inputs), normal(rng, samples, outputs), normal(rng, outputs, inputs)
            yield {
                "forward": {"input": x, "output": g * 0, "weight": w, "bias": normal(rng, outputs)},
                "backward_input": {"grad_output": g, "grad_input": x * 0, "weight": w},
                "backward_parameters": {
                    "input": x, "grad_output": g, "grad_weight": w, "grad_bias": normal(rng, outputs),
                    "scale": 0.7,
                },
            }[part]

    return cases


def pooling(kind: str, part: str) -> Callable[[np.random.Generator], Iterator[Case]]:
    def cases(rng: np.random.Generator) -> Iterator[Case]:
        for samples, (kernel, stride, padding) in itertools.product(SAMPLES, POOLINGS):
            x = normal(rng, samples, 3, 11, 14)
            size = [(n + 2 * padding - kernel) // stride + 1 for n in x.shape[2:]]
            y = normal(rng, samples, 3, *size)
            settings = {"kernel": (kernel,) * 2, "stride": (stride,) * 2, "padding": (padding,) * 2}
            forward: Case = {"input": x, "output": y * 0, **settings}
            if kind == "max":
                forward["argmax"] = np.zeros(y.shape, np.int32)
            if part == "forward":
                yield forward
                continue
            backward = {"grad_output": y, "grad_input": x * 0, **settings}
            if kind == "max":
                _core.max_pooling_forward(**forward)
                backward["argmax"] = forward["argmax"]
            yield backward

    return cases


def batch_normalization(part: str) -> Callable[[np.random.Generator], Iterator[Case]]:
    def cases(rng: np.random.Generator) -> Iterator[Case]:
        for samples, positions, training in itertools.product(SAMPLES[1:], ((1, 1), (3, 5)), (True, False)):
            x = normal(rng, samples, 5, *positions)
            one, two, three, four = (normal(rng, 5) for _ in range(4))
            variance = rng.uniform(0.5, 2, 5).astype(np.float32)
            if part == "forward":
                yield {
                    "input": x, "output": x * 0, "weight": one, "bias": two, "running_mean": three,
                    "running_variance": variance, "saved_mean": four * 0, "saved_inverse_std": four * 0,
                    "training": training, "momentum": 0.1, "epsilon": 1e-5,
                }
            else:
                yield {
                    "input": x, "grad_output": normal(rng, *x.shape), "grad_input": x * 0, "weight": one,
                    "saved_mean": two, "saved_inverse_std": variance, "grad_weight": three, "grad_bias": four,
                    "training": training, "scale": 0.7,
                }

    return cases


def gemm(rng: np.random.Generator) -> Iterator[Case]:
    for m, n, k, (ta, tb), accumulate in itertools.product(
        (1, 7, 33), (1, 8, 24, 37), (1, 9, 300), itertools.product((False, True), repeat=2), (False, True)
    ):
        yield {
            "a": normal(rng, *((k, m) if ta else (m, k))), "b": normal(rng, *((n, k) if tb else (k, n))),
            "c": normal(rng, m, n), "transpose_a": ta, "transpose_b": tb, "accumulate": accumulate,
        }


def update(rng: np.random.Generator) -> Iterator[Case]:
    """Each rule with all of its states."""
    for (rule, (states, numbers)), count in itertools.product(_core.update_rules().items(), (1, 5, 8, 24, 1003)):
        yield {
            "rule": rule, "parameter": normal(rng, count), "gradient": normal(rng, count),
            "states": {name: np.abs(normal(rng, count)) for name in states},
            "settings": [float(value) for value in rng.uniform(0.1, 0.9, len(numbers))],
        }


def softmax_nll(part: str) -> Callable[[np.random.Generator], Iterator[Case]]:
    def cases(rng: np.random.Generator) -> Iterator[Case]:
        for samples, classes in itertools.product(SAMPLES, FEATURES[1:]):
            x, labels = normal(rng, samples, classes), rng.integers(0, classes, samples)
            if part == "forward":
                losses = np.zeros(samples, np.float32)
                yield {"input": x, "labels": labels, "losses": losses, "log_probabilities": x * 0}
            else:
                yield {"log_probabilities": -np.abs(x), "labels": labels, "grad_input": x * 0, "scale": 0.3}

    return cases


def drawn(rng: np.random.Generator) -> Iterator[Case]:
    for count in (1, 5, 24, 1003):
        yield {"out": np.zeros(count, np.float32), "seed": 5, "purpose": 3}


FUNCTIONS = list(_core.activation_functions())
KERNELS: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {
    "activation_forward": vectors("input", "output", function=FUNCTIONS, alpha=[0.75], beta=[1.5]),
    "activation_backward": vectors("kept", "grad_output", "grad_input", function=FUNCTIONS, alpha=[0.75], beta=[1.5]),
    "average_pooling_forward": pooling("average", "forward"),
    "average_pooling_backward": pooling("average", "backward"),
    "batch_normalization_forward": batch_normalization("forward"),
    "batch_normalization_backward": batch_normalization("backward"),
    "convolution_forward": convolution("forward"),
    "convolution_backward_input": convolution("backward_input"),
    "convolution_backward_parameters": convolution("backward_parameters"),
    "digits_generate": lambda rng: iter(
        [{"images": np.zeros((40, 28, 28), np.uint8), "labels": np.zeros(40, np.uint8), "seed": 1, "first": 0}]
    ),
    "dropout_forward": vectors("input", "output", rate=[0.3], seed=[5], layer=[1], step=[2]),
    "dropout_backward": vectors("grad_output", "grad_input", rate=[0.3], seed=[5], layer=[1], step=[2]),
    "gemm": gemm,
    "linear_forward": linear("forward"),
    "linear_backward_input": linear("backward_input"),
    "linear_backward_parameters": linear("backward_parameters"),
    "log_softmax_forward": vectors("input", "output"),
    "log_softmax_backward": vectors("output", "grad_output", "grad_input"),
    "max_pooling_forward": pooling("max", "forward"),
    "max_pooling_backward": pooling("max", "backward"),
    "random_normal": drawn,
    "random_uniform": drawn,
    "update": update,
    "softmax_nll_forward": softmax_nll("forward"),
    "softmax_nll_backward": softmax_nll("backward"),
}


def test_every_function_of_the_core_that_fills_an_array_is_a_case_here() -> None:
    functions = {name for name in dir(_core) if "numpy.ndarray" in (getattr(_core, name).__doc__ or "")}
    assert functions == set(KERNELS)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_kernel_gives_the_same_bits(kernel: str, rng: np.random.Generator) -> None:
    call, wrong, count = getattr(_core, kernel), [], 0
    for case in KERNELS[kernel](rng):

        def compute(case: Case = case) -> Arrays:
            own = copy.deepcopy(case)
            call(**own)
            own |= own.get("states", {})
            return {key: value for key, value in own.items() if isinstance(value, np.ndarray)}

        count += 1
        if names := differing(compute):
            shown = {key: getattr(value, "shape", value) for key, value in case.items()}
            wrong.append(f"{', '.join(names)} of {shown}")
    assert not wrong, f"{len(wrong)} of {count} cases:\n" + "\n".join(wrong[:10])


def state(network: Network) -> Arrays:
    parameters = {f"{i}.{p.name}": p.value.copy() for i, p in enumerate(network.named_parameters())}
    gradients = {f"gradient of {i}.{p.name}": p.gradient.copy() for i, p in enumerate(network.named_parameters())}
    return {**parameters, **gradients, **{f"buffer {name}": array.copy() for name, array in network.named_buffers()}}


@pytest.mark.parametrize("name", model_names())
def test_training_a_shipped_network_gives_the_same_bits(name: str, rng: np.random.Generator) -> None:
    batches = (1, 7, 16, 64, 100) if name != "vgg" else (1, 7, 16)  # two blocks of vgg take a second
    for batch in batches:
        shape = Network.from_model_name(name).input_shape
        images, labels = normal(rng, batch, *shape), rng.integers(0, 10, batch)

        def compute(batch: int = batch, images: np.ndarray = images, labels: np.ndarray = labels) -> Arrays:
            network = Network.from_model_name(name)
            network.initialize(SEED)
            program = Program(network, batch, optimizer=SGD(0.05, momentum=0.9, weight_decay=1e-3), seed=SEED)
            program.bind(images, labels)
            losses = [
                program.step(np.arange(batch), step=step, epoch=0, learning_rate=0.05).loss
                for step in range(2 if name != "vgg" else 1)
            ]
            return {"losses": np.array(losses), **state(network)}

        assert not differing(compute), f"batch size {batch}"


@pytest.mark.parametrize("name", model_names())
def test_predictions_of_a_shipped_network_have_the_same_bits(name: str, rng: np.random.Generator) -> None:
    network = Network.from_model_name(name)
    network.initialize(SEED)
    images = normal(rng, 64, *network.input_shape)
    for count in (1, 5, 12, 13, 64) if name != "vgg" else (1, 13):

        def compute(count: int = count) -> Arrays:
            return {"log-probabilities": Program(network, 64).predict(images[:count])}

        assert not differing(compute), f"{count} samples"


def sampled_chains(rng: np.random.Generator, count: int) -> list[Chain]:
    rows = settings(more=True)
    shapes = [(2, 8, 24), (16, 8, 8), (12,), (33, 13, 14), (3, 12, 50)]
    found: list[Chain] = []
    while len(found) < count:
        types = rng.choice(list(ROWS), rng.integers(1, 4))
        fitting = list(chains([rows[name] for name in types], shapes[rng.integers(len(shapes))]))
        if fitting:
            found.append(fitting[rng.integers(len(fitting))])
    return found


def test_chains_of_layers_give_the_same_bits(rng: np.random.Generator) -> None:
    wrong = []
    for chain in sampled_chains(rng, 150):
        network = Network(chain.layers, chain.shape)
        fill(chain.layers, rng)
        for index, leaf in enumerate(leaves(chain.layers)):
            if isinstance(leaf, Dropout):
                leaf.seed, leaf.layer = SEED, index
        arrays = [*(p.value for p in network.named_parameters()), *(array for _, array in network.named_buffers())]
        before = [array.copy() for array in arrays]
        images = normal(rng, 37, *chain.shape)
        targets = normal(rng, 37, int(np.prod(network.output_shape(chain.shape))))

        def compute() -> Arrays:
            for array, old in zip(arrays, before, strict=True):  # noqa: B023
                array[...] = old
            predicted = {str(n): Program(network, 37).predict(images[:n]) for n in (1, 12, 37)}  # noqa: B023
            program = Program(network, 37, criterion=SumSquares(), optimizer=SGD(0.01 / 37), seed=SEED)  # noqa: B023
            program.bind(images, targets)  # noqa: B023
            program.step(np.arange(37), step=0, epoch=0, learning_rate=0.01 / 37)
            return {**predicted, **state(network)}  # noqa: B023

        if names := differing(compute):
            wrong.append(f"{', '.join(names)} of {chain}")
    assert not wrong, f"{len(wrong)} chains:\n" + "\n".join(wrong[:10])
