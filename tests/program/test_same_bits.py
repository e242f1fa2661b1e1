"""AVX2 and AVX-512 give the same bits: every kernel, programs of every network that ships, and chains of layers."""

import copy
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest

from cnncli import _core
from cnncli.criteria import SumSquares
from cnncli.layers.random_layer import RandomLayer
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.program import Program
from cnncli.program.lowering import leaves
from cnncli.shipped import model_names
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
        "stride": (stride, stride),
        "padding": (padding, padding),
        "dilation": (dilation, dilation),
        "groups": groups,
    }
    return (outputs, *size), (outputs, channels // groups, *kernel), settings


class NodeCase(NamedTuple):
    """A layer at once: settings, the shape of a batch, arrays, and whether it trains."""

    settings: Case
    x: np.ndarray
    arrays: Mapping[str, np.ndarray] = MappingProxyType({})
    training: bool = False


NodeCases = Callable[[np.random.Generator], Iterator[NodeCase]]


def convolutions(rng: np.random.Generator) -> Iterator[NodeCase]:
    for shape, algorithm in itertools.product(CONVOLUTIONS, ("auto", *_core.convolution_algorithms())):
        if algorithm == "winograd" and (shape[4], shape[5], *shape[7:]) != ((3, 3), 1, 1, 1):
            continue
        channels, height, width, outputs, kernel, stride, padding, dilation, groups = shape
        settings = {
            "stride": (stride, stride),
            "padding": (padding, padding),
            "dilation": (dilation, dilation),
            "groups": groups,
            "algorithm": algorithm,
        }
        arrays = {"weight": normal(rng, outputs, channels // groups, *kernel), "bias": normal(rng, outputs)}
        for samples in (1, 21, 150) if algorithm == "auto" and channels < 20 else (21,):
            yield NodeCase(settings, normal(rng, samples, channels, height, width), arrays)


def mapped_convolutions(rng: np.random.Generator) -> Iterator[NodeCase]:
    for samples, (inputs, outputs, kernel) in itertools.product((1, 21), ((6, 16, 5), (20, 24, 3), (3, 2, 1))):
        table = tuple(n for o in range(outputs) for c in sorted({o % inputs, (3 * o + 1) % inputs}) for n in (o, c))
        settings = {
            "stride": (1, 1),
            "padding": (1, 1),
            "dilation": (1, 1),
            "out_channels": outputs,
            "connections": table,
        }
        arrays = {"weight": normal(rng, len(table) // 2, kernel, kernel), "bias": normal(rng, outputs)}
        yield NodeCase(settings, normal(rng, samples, inputs, 9, 8), arrays)


def sub_samplings(rng: np.random.Generator) -> Iterator[NodeCase]:
    for samples, (kernel, stride) in itertools.product(SAMPLES, ((2, 2), (3, 2), (3, 1), (5, 3))):
        settings = {"kernel": (kernel, kernel), "stride": (stride, stride), "padding": (0, 0)}
        arrays = {"weight": normal(rng, 6), "bias": normal(rng, 6)}
        yield NodeCase(settings, normal(rng, samples, 6, 11, 12), arrays)


def transposed_convolutions(rng: np.random.Generator) -> Iterator[NodeCase]:
    for samples, shape in itertools.product((1, 21), CONVOLUTIONS):
        channels, height, width, outputs, kernel, stride, padding, dilation, groups = shape
        settings = {
            "stride": (stride,) * 2,
            "padding": (padding,) * 2,
            "dilation": (dilation,) * 2,
            "groups": groups,
            "output_padding": (stride - 1,) * 2,
        }
        arrays = {
            "weight": normal(rng, channels, max(1, outputs // groups), *kernel),
            "bias": normal(rng, max(1, outputs // groups) * groups),
        }
        yield NodeCase(settings, normal(rng, samples, channels, height, width), arrays)


def upsamplings(rng: np.random.Generator) -> Iterator[NodeCase]:
    for samples, mode, size, scale in itertools.product(
        SAMPLES, ("nearest", "bilinear"), ((0, 0), (5, 23)), (0.7, 1.0, 2.0)
    ):
        settings = {
            "mode": mode,
            "size": size,
            "scale_height": scale,
            "scale_width": 1.3,
            "align_corners": False,
            "recompute_scale_factor": False,
        }
        yield NodeCase(settings, normal(rng, samples, 3, 11, 14))


def linears(rng: np.random.Generator) -> Iterator[NodeCase]:
    for samples, inputs, outputs in itertools.product(SAMPLES, FEATURES, FEATURES):
        arrays = {"weight": normal(rng, outputs, inputs), "bias": normal(rng, outputs)}
        yield NodeCase({}, normal(rng, samples, inputs), arrays)


def poolings(**more: Any) -> NodeCases:
    def cases(rng: np.random.Generator) -> Iterator[NodeCase]:
        for samples, (kernel, stride, padding) in itertools.product(SAMPLES, POOLINGS):
            settings = {"kernel": (kernel,) * 2, "stride": (stride,) * 2, "padding": (padding,) * 2, **more}
            yield NodeCase(settings, normal(rng, samples, 3, 11, 14))

    return cases


def batch_normalizations(rng: np.random.Generator) -> Iterator[NodeCase]:
    for samples, positions, training in itertools.product(SAMPLES[1:], ((1, 1), (3, 5)), (True, False)):
        arrays = {name: normal(rng, 5) for name in ("weight", "bias", "running_mean")}
        arrays["running_variance"] = rng.uniform(0.5, 2, 5).astype(np.float32)
        yield NodeCase({"momentum": 0.1, "epsilon": 1e-5}, normal(rng, samples, 5, *positions), arrays, training)


def vectors(**settings: list[Any]) -> NodeCases:
    """Samples x features, and every choice of the settings."""

    def cases(rng: np.random.Generator) -> Iterator[NodeCase]:
        for samples, features, *values in itertools.product(SAMPLES, FEATURES, *settings.values()):
            yield NodeCase(dict(zip(settings, values, strict=True)), 3 * normal(rng, samples, features))

    return cases


def gains(rng: np.random.Generator) -> Iterator[NodeCase]:
    sizes = ((1, 1, 1), (5, 1, 1), (1, 3, 4), (5, 3, 4))
    for samples, shape, function in itertools.product(SAMPLES, sizes, ("offset", "factor", "slope")):
        arrays = {"weight": normal(rng, int(np.prod(shape)))}
        yield NodeCase({"function": function, "sizes": shape}, normal(rng, samples, 5, 3, 4), arrays)


def group_normalizations(rng: np.random.Generator) -> Iterator[NodeCase]:
    for samples, (groups, size) in itertools.product(SAMPLES, ((1, 0), (3, 0), (0, 12), (0, 144), (0, 4))):
        arrays = {name: normal(rng, size or 12) for name in ("weight", "bias")}
        settings = {"groups": groups, "size": size, "epsilon": 1e-5}
        yield NodeCase(settings, normal(rng, samples, 12, 3, 4), arrays)


def gemm(rng: np.random.Generator) -> Iterator[Case]:
    for m, n, k, (ta, tb), accumulate in itertools.product(
        (1, 7, 33), (1, 8, 24, 37), (1, 9, 300), itertools.product((False, True), repeat=2), (False, True)
    ):
        yield {
            "a": normal(rng, *((k, m) if ta else (m, k))),
            "b": normal(rng, *((n, k) if tb else (k, n))),
            "c": normal(rng, m, n),
            "transpose_a": ta,
            "transpose_b": tb,
            "accumulate": accumulate,
        }


def update(rng: np.random.Generator) -> Iterator[Case]:
    """Each rule with all of its states."""
    for (rule, (states, numbers)), count in itertools.product(_core.update_rules().items(), (1, 5, 8, 24, 1003)):
        yield {
            "rule": rule,
            "parameter": normal(rng, count),
            "gradient": normal(rng, count),
            "states": {name: np.abs(normal(rng, count)) for name in states},
            "settings": [float(value) for value in rng.uniform(0.1, 0.9, len(numbers))],
        }


def clip_gradients(rng: np.random.Generator) -> Iterator[Case]:
    for counts, norm, value in itertools.product([(1,), (5, 24), (8, 1003, 3)], (0.5, np.inf), (0.7, np.inf)):
        yield {"gradients": [normal(rng, count) for count in counts], "norm": norm, "value": value}


def dot(rng: np.random.Generator) -> Iterator[Case]:
    for count in (0, 1, 5, 24, 1003):
        yield {name: normal(rng, count).astype(np.float64) for name in ("one", "other")}


def muon_update(rng: np.random.Generator) -> Iterator[Case]:
    for (rows, columns), nesterov in itertools.product([(1, 1), (5, 24), (37, 8)], (False, True)):
        yield {
            **{name: normal(rng, rows, columns) for name in ("parameter", "gradient", "momentum_array")},
            "rate": 0.02,
            "kept_weight": 0.99,
            "momentum": 0.95,
            "new_share": 0.05,
            "nesterov": nesterov,
            "coefficients": (3.4445, -4.775, 2.0315),
            "eps": 1e-7,
            "steps": 5,
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


def augmented(rng: np.random.Generator) -> Iterator[Case]:
    every = {"shift": 0.2, "rotate": 30, "scale": 0.3, "shear": 20, "elastic": 0.1, "stroke": 1.4, "noise": 0.2,
             "erase": 0.5, "crop": 1, "flip": 0.5, "jitter": 0.4, "mixup": 1}  # fmt: skip
    for channels, mirrored in ((1, False), (3, True), (2, False)):
        images = rng.integers(0, 256, (20, channels, 9, 11), dtype=np.uint8)
        levels = [7.0] * channels
        source = {"fill": levels, "erase": levels, "mirrored": mirrored, "low": -1.0, "span": 300.0}
        for given in (images, normal(rng, images.size).reshape(images.shape)):
            case = {"images": given, "indices": np.arange(20), "settings": every, "source": source}
            yield case | {"seed": 5, "epoch": 2}


KERNELS: dict[str, Callable[[np.random.Generator], Iterator[Case]]] = {
    "augment_images": augmented,
    "clip_gradients": clip_gradients,
    "digits_generate": lambda rng: iter(
        [{"images": np.zeros((40, 28, 28), np.uint8), "labels": np.zeros(40, np.uint8), "seed": 1, "first": 0}]
    ),
    "dot": dot,
    "gemm": gemm,
    "muon_update": muon_update,
    "random_uniform": drawn,
    "update": update,
    "softmax_nll_forward": softmax_nll("forward"),
    "softmax_nll_backward": softmax_nll("backward"),
}
NODES: dict[str, NodeCases] = {
    "activation": vectors(function=list(_core.activation_functions()), alpha=[0.75], beta=[1.5]),
    "average_pooling": poolings(count_padding=True),
    "batch_normalization": batch_normalizations,
    "convolution": convolutions,
    "dropout": vectors(rate=[0.3], layer=[1]),
    "linear": linears,
    "mapped_convolution": mapped_convolutions,
    "gain": gains,
    "group_normalization": group_normalizations,
    "log_softmax": vectors(),
    "max_pooling": poolings(),
    "power_pooling": poolings(norm=3.0),
    "stochastic_pooling": poolings(layer=1),
    "sub_sampling": sub_samplings,
    "transposed_convolution": transposed_convolutions,
    "upsampling": upsamplings,
    "random_slope": vectors(lower=[0.125], upper=[0.3], layer=[1]),
    "response_normalization": vectors(size=[1, 4], alpha=[0.5], beta=[0.75], k=[1.0]),
    "softmax": vectors(axis=[0, 1]),
}
WITHOUT_BODIES = {"augmentation_draws", "balanced_order"}  # compiled once, for all instruction sets
# They move numbers and compute none, or call Python.
NO_ARITHMETIC = {"flatten", "custom", "add", "concat", "slice", "reshape", "zero_padding", "max_unpooling"}


def test_every_function_of_the_core_that_fills_an_array_is_a_case_here() -> None:
    functions = {name for name in dir(_core) if "numpy.ndarray" in (getattr(_core, name).__doc__ or "")}
    assert functions - WITHOUT_BODIES == set(KERNELS)


def test_every_kind_of_node_is_a_case_here() -> None:
    with pytest.raises(ValueError, match=r"^kind: expected one of .*; got '\?'$") as caught:
        _core.Node("?")
    kinds = set(re.findall("[a-z_]+", str(caught.value).split("one of")[1].split(";")[0]))
    assert kinds == set(NODES) | NO_ARITHMETIC


def report(wrong: list[str], count: int) -> str:
    return f"{len(wrong)} of {count} cases:\n" + "\n".join(wrong[:10])


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_kernel_gives_the_same_bits(kernel: str, rng: np.random.Generator) -> None:
    call, wrong, count = getattr(_core, kernel), [], 0
    for case in KERNELS[kernel](rng):

        def compute(case: Case = case) -> Arrays:
            own = copy.deepcopy(case)
            result = call(**own)
            own["result"] = np.array(0 if result is None else result)
            own |= own.get("states", {})
            own |= {f"gradient {number}": array for number, array in enumerate(own.get("gradients", []))}
            return {key: value for key, value in own.items() if isinstance(value, np.ndarray)}

        count += 1
        if names := differing(compute):
            shown = {key: getattr(value, "shape", value) for key, value in case.items()}
            wrong.append(f"{', '.join(names)} of {shown}")
    assert not wrong, report(wrong, count)


@pytest.mark.parametrize("kind", NODES)
def test_a_layer_at_once_gives_the_same_bits(kind: str, rng: np.random.Generator) -> None:
    wrong, count, noise = [], 0, normal(rng, 1 << 20)
    for case in NODES[kind](rng):

        def compute(case: NodeCase = case) -> Arrays:
            node, arrays = _core.Node(kind, case.settings), copy.deepcopy(dict(case.arrays))
            gradients = {f"grad_{name}": arrays[name].copy() for name in ("weight", "bias") if name in arrays}
            kept: Arrays = {}
            y = node.forward(case.x, arrays, kept, case.training, seed=5, step=2)
            grad_y = noise[: y.size].reshape(y.shape)
            found = {"output": y, **kept}
            grad_x = node.grad_input(case.x, grad_y, arrays, found, case.training, seed=5, step=2)
            if gradients:
                node.acc_grad(case.x, grad_y, arrays | gradients, found, case.training, scale=0.7)
            return {**arrays, **gradients, **found, "grad_input": grad_x}

        count += 1
        if names := differing(compute):
            wrong.append(f"{', '.join(names)} of {case.settings} on {case.x.shape}")
    assert not wrong, report(wrong, count)


def state(network: Network) -> Arrays:
    parameters = {f"{i}.{p.name}": p.value.copy() for i, p in enumerate(network.named_parameters())}
    gradients = {f"gradient of {i}.{p.name}": p.gradient.copy() for i, p in enumerate(network.named_parameters())}
    return {**parameters, **gradients, **{f"buffer {name}": array.copy() for name, array in network.named_buffers()}}


WIDE = ("vgg", "cifar10")  # of which two blocks take a second
# The others of their family have the same layers with fewer maps.
LARGE = ("resnet9-m", "resnet9-l", "resnet10-m", "resnet10-l")
SHIPPED = [pytest.param(name, marks=pytest.mark.slow) if name in LARGE else name for name in model_names()]


@pytest.mark.parametrize("name", SHIPPED)
def test_training_a_shipped_network_gives_the_same_bits(name: str, rng: np.random.Generator) -> None:
    batches = (1, 7, 100) if name in ("lenet5", "convnet", "mlp") else (1, 7, 16)
    for batch in batches:
        shipped = Network.from_model_name(name)
        images = normal(rng, batch, *shipped.input_shape)
        labels = rng.integers(0, len(shipped.class_names) or 2, (batch, 1) if shipped.outputs == "values" else batch)

        def compute(batch: int = batch, images: np.ndarray = images, labels: np.ndarray = labels) -> Arrays:
            network = Network.from_model_name(name)
            network.initialize(SEED)
            program = Program(network, batch, optimizer=SGD(0.05, momentum=0.9, weight_decay=1e-3), seed=SEED)
            program.bind(images, labels)
            losses = [
                program.step(np.arange(batch), step=step, epoch=0, learning_rate=0.05).loss
                for step in range(2 if name not in WIDE else 1)
            ]
            return {"losses": np.array(losses), **state(network)}

        assert not differing(compute), f"batch size {batch}"


@pytest.mark.parametrize("name", SHIPPED)
def test_predictions_of_a_shipped_network_have_the_same_bits(name: str, rng: np.random.Generator) -> None:
    network = Network.from_model_name(name)
    network.initialize(SEED)
    images = normal(rng, 64, *network.input_shape)
    for count in (1, 13) if name in (*WIDE, *LARGE) else (1, 5, 12, 13, 64):

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
    for chain in sampled_chains(rng, 60):
        network = Network(chain.layers, chain.shape)
        fill(chain.layers, rng)
        for index, leaf in enumerate(leaves(chain.layers)):
            if isinstance(leaf, RandomLayer):
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
