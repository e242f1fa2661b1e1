"""Networks from descriptions: what ships, and what users write."""

import json

import numpy as np
import pytest

from closeness import assert_close, same_bits
from cnncli.criteria import CrossEntropyLoss
from cnncli.errors import FormatError, ShapeError, UsageError
from cnncli.layers import LAYER_TYPES, Flatten, Linear, Module, ReLU, Sequential, register
from cnncli.network import Network
from cnncli.network.architectures import read_model
from cnncli.optim import SGD
from cnncli.pictures.recipe import InputRecipe
from cnncli.shipped import model_names

MODELS = model_names()
# 20 steps of the VGG-like network are 300 billion operations.
_WIDE = ("vgg", "cifar10")
# Whose scores are means of few maps: their first steps are short ones.
_MORE_STEPS = {"mnist-8k": 100, "mnist-25k": 60}
LEARNERS = [name for name in MODELS if name not in ("linear-regression", "perceptron")]  # of ten classes
LARGE = ("resnet9-m", "resnet9-l", "resnet10-m", "resnet10-l", "resnet10-s", "mobilenet-small")
SMALL_MODELS_AND_SLOW_VGG = [
    pytest.param(name, marks=pytest.mark.slow) if name in (*_WIDE, *LARGE) else name for name in LEARNERS
]


PARAMETERS = {
    "linear": 784 * 10 + 10,
    "linear-regression": 1 + 1,  # of one number to one, until the data say more
    "perceptron": 784 + 1,
    "mlp": 784 * 256 + 256 + 256 * 128 + 128 + 128 * 10 + 10,
    "lenet5": 61_706,
    # Convolutions and the hidden layer have no bias; each batch normalization has two values per feature.
    "convnet": 9 * 32 + 2 * 32 + 9 * 32 * 64 + 2 * 64 + 3136 * 128 + 2 * 128 + 128 * 10 + 10,
    "vgg": (
        9 * (3 * 64 + 64 * 64 + 64 * 128 + 128 * 128 + 128 * 256 + 256 * 256)
        + 2 * 2 * (64 + 128 + 256)
        + (4096 * 256 + 256)
        + (256 * 10 + 10)
    ),
    "resnet-small": (
        9 * (3 * 16 + 4 * 16 * 16 + 16 * 32 + 3 * 32 * 32 + 32 * 64 + 3 * 64 * 64)
        + (16 * 32 + 32 * 64)  # the shortcuts
        + 2 * (5 * 16 + 5 * 32 + 5 * 64)
        + (64 * 10 + 10)
    ),
    "torch-digits": 25 * 32 + 32 + 25 * 32 * 64 + 64 + 576 * 200 + 200 + 200 * 10 + 10,
    # The paper's 60,000 (156 + 12 + 1,516 + 32 + 48,120 + 10,164), and the substitute for its output.
    "lenet5-1998": 25 * 6 + 6 + 2 * 6 + 25 * 60 + 16 + 2 * 16 + 25 * 16 * 120 + 120 + 120 * 84 + 84 + 84 * 10 + 10,
    "torch-digits-mlp": 1024 * 2048 + 2048 + 2048 * 10 + 10,
    "torch-digits-linear": 1024 * 10 + 10,
    "mnist-8k": 25 * 12 + 9 * (12 * 16 + 16 * 16 + 16 * 20) + 2 * (12 + 16 + 16 + 20) + (20 * 10 + 10),
    "mnist-25k": (
        25 * 16 + 9 * (16 * 24 + 24 * 26 + 26 * 30 + 30 * 28) + 2 * (16 + 24 + 26 + 30 + 28) + (28 * 10 + 10)
    ),
    "mnist-100k": (
        25 * 32 + 9 * (32 * 48 + 48 * 56 + 56 * 64 + 64 * 48) + 2 * (32 + 48 + 56 + 64 + 48) + (48 * 10 + 10)
    ),
    "mnist-record": (
        25 * 48 + 9 * (48 * 96 + 96 * 96 + 96 * 128 + 128 * 128) + 2 * (48 + 96 + 96 + 128 + 128) + (128 * 10 + 10)
    ),
    "cifar10": (
        9 * (3 * 24 + 24 * 64 + 64 * 64 + 64 * 256 + 3 * 256 * 256) + 2 * (24 + 2 * 64 + 4 * 256) + (256 * 10 + 10)
    ),
    "simplechains": 25 * 6 + 6 + 25 * 6 * 16 + 16 + 256 * 120 + 120 + 120 * 84 + 84 + 84 * 10 + 10,
    "mobilenet-small": (
        9 * (3 * 32 + 32 + 64 + 128 + 128 + 256 + 256)  # the first convolution, then a mask for each map
        + (32 * 64 + 64 * 128 + 128 * 128 + 128 * 256 + 256 * 256 + 256 * 512)
        + 2 * (32 + 32 + 64 + 64 + 128 + 128 + 128 + 128 + 256 + 256 + 256 + 256 + 512)
        + (512 * 10 + 10)
    ),
}


def resnet9(maps: int, channels: int = 3) -> int:
    """Of so many maps at first; two of the stages have a block of two convolutions."""
    convolutions = channels * maps + 2 * maps**2 + 2 * 4 * maps**2 + 8 * maps**2 + 32 * maps**2 + 2 * 64 * maps**2
    return 9 * convolutions + 2 * (maps + 3 * 2 * maps + 4 * maps + 3 * 8 * maps) + 8 * maps * 10 + 10


for dial, maps in (("s", 16), ("m", 32), ("l", 64)):
    PARAMETERS[f"resnet9-{dial}"] = resnet9(maps)
    first = maps // 2  # of one more convolution
    PARAMETERS[f"resnet10-{dial}"] = 9 * 3 * first + 2 * first + resnet9(maps, first)
# What their authors say.
LIMITS = {"mnist-8k": 8_000, "mnist-25k": 25_000, "mnist-100k": 100_000}
PUBLISHED = {"lenet5": 61_706, "lenet5-1998": 60_000 + 850, "torch-digits": 169_506, "simplechains": 44_426}


@pytest.mark.parametrize("name", MODELS)
def test_shipped_network_has_its_number_of_parameters(name: str) -> None:
    parameters = PARAMETERS[name]
    assert parameters == PUBLISHED.get(name, parameters)
    assert parameters <= LIMITS.get(name, parameters)
    network = Network.from_model_name(name)
    assert network.name == name
    assert network.parameter_count() == parameters
    assert sum(row.parameters for row in network.layer_table()) == parameters
    assert sum(value.value.size for value in network.named_parameters()) == parameters


@pytest.mark.parametrize("name", SMALL_MODELS_AND_SLOW_VGG)
def test_shipped_network_learns_a_batch(name: str) -> None:
    network = Network.from_model_name(name, seed=3)
    # One bright square for each class.
    images = np.zeros((10, *network.input_shape), np.float32)
    for label in range(10):
        images[label, :, 2 * label : 2 * label + 6, 5:15] = 1
    labels = np.arange(10)
    criterion, optimizer = CrossEntropyLoss(), SGD(0.02, momentum=0.9)
    losses = []
    for _ in range(_MORE_STEPS.get(name, 20)):
        output = network.forward(images)
        losses.append(criterion.forward(output, labels))
        network.zero_grad_parameters()
        network.backward(images, criterion.backward(output, labels))
        optimizer.step(network.named_parameters())
    assert losses[0] == pytest.approx(np.log(10), rel=0.5)
    assert losses[-1] < 0.6 * losses[0]


@pytest.mark.parametrize("name", MODELS)
def test_description_rebuilds_the_network_through_json(name: str) -> None:
    network = Network.from_model_name(name, seed=7)
    again = Network.from_description(json.loads(json.dumps(network.description())), seed=7)
    assert again.description() == network.description()
    assert repr(again) == repr(network)
    pairs = zip(network.named_parameters(), again.named_parameters(), strict=True)
    assert all(a.name == b.name and same_bits(a.value, b.value) for a, b in pairs)
    network.eval()
    again.eval()
    image = np.linspace(0, 1, int(np.prod(network.input_shape))).reshape(network.input_shape)
    assert same_bits(network.forward(image), again.forward(image))


def test_nested_layers_are_rebuilt_with_their_names() -> None:
    network = Network([Flatten(), Sequential(Linear(4, 3), ReLU()), Linear(3, 2)], (1, 2, 2), ["cat", "dog"])
    again = Network.from_description(network.description())
    assert again.class_names == ["cat", "dog"]
    names = ["1.0.weight", "1.0.bias", "2.weight", "2.bias"]
    assert [parameter.name for parameter in again.named_parameters()] == names
    assert [row.name for row in again.layer_table()] == ["0", "1.0", "1.1", "2"]
    assert repr(again) == (
        "Network(unnamed, input 1x2x2\n  (0) Flatten()\n  (1) Sequential(\n    (0) Linear(4 -> 3)\n"
        "    (1) ReLU()\n  )\n  (2) Linear(3 -> 2)\n)"
    )


def test_one_description_serves_other_classes_and_image_sizes() -> None:
    network = Network.from_model_name("lenet5", classes=["a", "b", "c"], input_shape=(3, 32, 32))
    assert network.output_shape((3, 32, 32)) == (3,)
    assert network.class_names == ["a", "b", "c"]
    assert repr(network[0]) == "Conv2d(3 -> 6, kernel 5x5, padding 2)"
    assert repr(network[7]) == "Linear(576 -> 120)"


def test_class_names_are_numbers_unless_given() -> None:
    assert Network.from_model_name("linear").class_names == list("0123456789")


def test_seed_decides_the_initial_weights() -> None:
    first, again, other = (next(Network.from_model_name("lenet5", seed=seed).named_parameters()) for seed in (1, 1, 2))
    assert same_bits(first.value, again.value)
    assert not same_bits(first.value, other.value)


def test_layer_table_of_lenet5() -> None:
    rows = Network.from_model_name("lenet5").layer_table()
    assert [row.name for row in rows] == [str(index) for index in range(12)]
    first = rows[0]
    assert (first.type, first.settings) == ("Conv2d", "1 -> 6, kernel 5x5, padding 2")
    assert (first.output_shape, first.parameters, first.multiply_adds) == ((6, 28, 28), 156, 117_600)
    assert first.activation_bytes == 6 * 28 * 28 * 4
    assert [row.output_shape for row in rows if row.type == "MaxPool2d"] == [(6, 14, 14), (16, 5, 5)]
    # 2.26 MFLOP for a training image is two operations for each multiply-add, in three passes but one.
    assert sum(row.multiply_adds for row in rows) == 117_600 + 240_000 + 48_000 + 10_080 + 840


@pytest.mark.parametrize(
    ("shape", "samples"),
    [((28, 28), 1), ((1, 28, 28), 1), ((5, 28, 28), 5), ((5, 1, 28, 28), 5), ((0, 28, 28), 0)],
)
def test_network_takes_images_in_the_shapes_people_have(shape: tuple[int, ...], samples: int) -> None:
    network = Network.from_model_name("linear")
    images = np.arange(np.prod(shape), dtype=np.float64).reshape(shape) / 1e4
    expected = network.forward(images.reshape(samples, 1, 28, 28))
    output = network.forward(images)
    assert output.shape == (samples, 10) and output.dtype == np.float32
    assert same_bits(output, expected)
    assert network.backward(images, output).shape == (samples, 1, 28, 28)


@pytest.mark.parametrize("shape", [(27, 28), (2, 3, 28, 28), (784,), (1, 1, 1, 28, 28)])
def test_network_refuses_other_shapes(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError) as caught:
        Network.from_model_name("linear").forward(np.zeros(shape))
    assert str(caught.value) == (
        f'network "linear": takes samples of shape 1x28x28, got an array of shape {shape}; pass (samples, 1, 28, 28)'
    )


def test_bytes_are_normalized_by_the_recipe_and_other_types_are_not() -> None:
    recipe = InputRecipe("plain", 3, 1, 1, mean=(0.5, 0.25, 0.0), scale=(0.5, 0.125, 1.0))
    network = Network([ReLU()], (3, 1, 1), recipe=recipe)
    pixels = np.array([[[[255]], [[51]], [[0]]]])
    assert_close(network.samples(pixels.astype(np.uint8)), np.array([[[[1.0]], [[-0.4]], [[0.0]]]]))
    assert network.samples(pixels).ravel().tolist() == [255, 51, 0]


def test_without_seed_nothing_is_allocated_before_allocate() -> None:
    text = read_model("convnet")[0]
    network = Network.from_description(text, seed=None)
    assert network.parameter_count() == 421_866
    with pytest.raises(UsageError, match=r"^Conv2d: has no weight, .* or call allocate\(\)$"):
        next(network.named_parameters())
    network.allocate()
    assert all((parameter.value == 0).all() for parameter in network.named_parameters())
    assert [buffer.shape for _, buffer in network.named_buffers()][:2] == [(32,), (32,)]


def test_custom_layers_are_built_once_registered() -> None:
    class Doubled(Module):
        def update_output(self, input: np.ndarray) -> np.ndarray:
            return 2 * input

    stored = Network([Doubled()], (3,)).description()
    with pytest.raises(FormatError) as caught:
        Network.from_description(stored)
    assert str(caught.value).startswith('network "", layer 0: unknown type "Doubled"; ')
    register(Doubled)
    try:
        assert Network.from_description(stored).forward([1, 2, 3]).tolist() == [[2, 4, 6]]
    finally:
        del LAYER_TYPES["Doubled"]


def test_shipped_descriptions_hold_the_defaults_of_training() -> None:
    for name in MODELS:
        training = read_model(name)[0]["training"]
        assert {"epochs", "batch_size", "learning_rate", "schedule"} <= set(training)
        assert training.get("optimizer", "sgd") != "sgd" or {"momentum", "weight_decay"} <= set(training)


@pytest.mark.parametrize("name", ["lenet5", "mlp", "resnet-small"])
def test_parameters_and_gradients_begin_with_a_line_of_the_cache(name: str) -> None:
    for parameter in Network.from_model_name(name, seed=1).named_parameters():
        for array in (parameter.value, parameter.gradient):
            assert array.__array_interface__["data"][0] % 64 == 0, parameter.name
