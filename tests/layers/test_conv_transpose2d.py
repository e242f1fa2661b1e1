"""The transposed convolution: Torch7's SpatialFullConvolution."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from closeness import FEW_WINOGRAD
from cnncli import _core
from cnncli.criteria import MSELoss
from cnncli.errors import CnnError, UsageError
from cnncli.layers import Conv2d, ConvTranspose2d, ReLU
from cnncli.network import Network
from cnncli.optim import Adam
from cnncli.program import Program
from drawn_convolutions import transposed_terms
from drawn_layers import check_programs, check_sums, uniform

SAMPLES = [0, 1, 3, 16, 17]


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (ConvTranspose2d(20, 16, 3, padding=1), (20, 5, 5)),  # Winograd's, with a bias
        (ConvTranspose2d(16, 20, 3, padding=2, bias=False), (16, 6, 5)),
        (ConvTranspose2d(40, 26, 3, stride=2, padding=1, output_padding=1), (40, 3, 3)),  # im2col, with a bias
        (ConvTranspose2d(70, 30, 1, stride=2, padding=1), (70, 3, 4)),  # places that no mask reaches
        (ConvTranspose2d(3, 2, 4, stride=2, padding=1), (3, 1, 1)),
    ],
)
def test_it_is_the_sum_of_its_masks_by_each_algorithm(layer: ConvTranspose2d, shape: tuple[int, ...]) -> None:
    check_sums(layer, shape, 3, transposed_terms(layer, shape), 5, few=FEW_WINOGRAD)
    check_programs(layer, shape, 5)


def test_it_is_the_gradient_of_the_convolution_with_its_weights(rng: np.random.Generator) -> None:
    convolution = Conv2d(4, 6, 3, stride=2, padding=1, groups=2, bias=False)
    layer = ConvTranspose2d(6, 4, 3, stride=2, padding=1, output_padding=1, groups=2, bias=False)
    layer.weight[...] = convolution.weight
    x, grad_y = uniform(rng, 5, 4, 8, 10), uniform(rng, 5, 6, 4, 5)
    convolution.forward(x)
    assert (layer.forward(grad_y) == convolution.backward(x, grad_y)).all()


def test_output_padding_says_which_of_two_sizes_is_meant() -> None:
    for height in (7, 8):
        small = Conv2d(1, 1, 3, stride=2, padding=1).output_shape((1, height, height))
        assert small == (1, 4, 4)
        layer = ConvTranspose2d(1, 1, 3, stride=2, padding=1, output_padding=height - 7)
        assert layer.output_shape(small) == (1, height, height)


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_nan_reaches_what_its_mask_covers(instruction_set: str, poison: float) -> None:
    layer = ConvTranspose2d(1, 1, 2, stride=2)
    x = np.ones((3, 1, 2, 2), np.float32)
    x[1, 0, 0, 1] = poison
    wrong = ~np.isfinite(layer.forward(x))
    assert wrong[1, 0, :2, 2:].all() and wrong.sum() == 4


def test_it_gives_the_same_bits_for_any_threads(
    rng: np.random.Generator, assert_same_bits_for_any_threads: Callable
) -> None:
    layer = ConvTranspose2d(8, 6, 4, stride=2, padding=1)
    x, grad_y = uniform(rng, 40, 8, 9, 9), uniform(rng, 40, 6, 18, 18)

    def compute() -> tuple[np.ndarray, ...]:
        layer.zero_grad_parameters()
        assert layer.grad_bias is not None
        return layer.forward(x), layer.backward(x, grad_y), layer.grad_weight.copy(), layer.grad_bias.copy()

    assert_same_bits_for_any_threads(compute)


def test_a_description_builds_it_and_the_table_tells_its_work_and_view() -> None:
    described = {
        "input": [1, 8, 8],
        "layers": [
            {"type": "Conv2d", "out_channels": 4, "kernel_size": 3, "stride": 2, "padding": 1},
            {"type": "ConvTranspose2d", "out_channels": 2, "kernel_size": 4, "stride": 2, "padding": 1},
            {"type": "Conv2d", "out_channels": 1, "kernel_size": 3, "padding": 1},
        ],
    }  # fmt: skip
    network = Network.from_description(described)
    rows = network.layer_table()
    assert [row.output_shape for row in rows] == [(4, 4, 4), (2, 8, 8), (1, 8, 8)]
    assert rows[1].parameters == 4 * 2 * 16 + 2
    assert rows[1].multiply_adds == 4 * 16 * 2 * 16  # each input value meets the whole mask of each output channel
    # An output of the second layer sees 2x2 of the first's, 2 apart: 3 + 2; three outputs side by side see up to 3 of
    # those: 1 + 3/2 inner steps more than one, 3 + 2 * (1 + 1) wide.
    assert [row.field_of_view for row in rows] == [(3, 3), (5, 5), (7, 7)]
    again = Network.from_description(network.description())
    assert again.description() == network.description()


def test_initial_weights_count_the_products_of_an_output() -> None:
    he = ConvTranspose2d(12, 20, 4, stride=2, groups=2)
    he.initialize(seed=3, gain=1.0)
    bound = (3 / (6 * 16 / 4)) ** 0.5
    assert 0.95 * bound < np.abs(he.weight).max() <= bound * (1 + 1e-6) and he.bias is not None and not he.bias.any()
    torch = ConvTranspose2d(12, 20, 4, stride=2, groups=2, initialization="torch")
    bound = 1 / (6 * 16) ** 0.5
    assert torch.bias is not None and 0.5 * bound < np.abs(torch.bias).max() <= bound * (1 + 1e-6)
    assert 0.95 * bound < np.abs(torch.weight).max() <= bound * (1 + 1e-6)


def test_a_relu_behind_gives_it_its_gain() -> None:
    network = Network([ConvTranspose2d(2, 3, 2), ReLU()], (2, 4, 4))
    network.initialize(0)
    alone = ConvTranspose2d(2, 3, 2)
    alone.initialize(0, 0, 2**0.5)
    assert (network[0].weight == alone.weight).all()  # type: ignore[attr-defined]


def test_repr_tells_what_is_not_default() -> None:
    assert repr(ConvTranspose2d(3, 4, 2)) == "ConvTranspose2d(3 -> 4, kernel 2x2)"
    full = ConvTranspose2d(4, 2, (2, 3), 3, 1, (2, 1), 2, False, 2)
    assert repr(full) == (
        "ConvTranspose2d(4 -> 2, kernel 2x3, stride 3, padding 1, dilation 2, groups 2, output_padding 2x1, no bias)"
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ConvTranspose2d(3, 4, 2, groups=2),
         "ConvTranspose2d: groups 2 does not divide 3 input channels and 4 output channels; use a divisor of both"),
        (lambda: ConvTranspose2d(3, 4, 2, output_padding=1),
         "ConvTranspose2d: output_padding 1 is not below stride 1 or dilation 1; use at most 0"),
        (lambda: ConvTranspose2d(3, 4, 2, stride=(1, 3), dilation=2, output_padding=(1, 3)),
         "ConvTranspose2d: output_padding 1x3 is not below stride 1x3 or dilation 2; use at most 2"),
        (lambda: ConvTranspose2d(3, 4, 2).output_shape((2, 5, 5)),
         "ConvTranspose2d(3 -> 4, kernel 2x2): takes samples of shape 3xHxW, got 2x5x5; use in_channels=2"),
        (lambda: ConvTranspose2d(3, 4, 2).output_shape((3,)),
         "ConvTranspose2d(3 -> 4, kernel 2x2): takes samples of shape 3xHxW, got 3; "
         "reshape samples to channels x height x width"),
        (lambda: ConvTranspose2d(3, 4, 2, padding=(0, 2)).output_shape((3, 2, 2)),
         "ConvTranspose2d(3 -> 4, kernel 2x2, padding 0x2): padding 0x2 leaves nothing of its input 2x2; "
         "use less padding"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(CnnError) as caught:
        make()
    assert str(caught.value) == message


def test_the_core_refuses_what_does_not_fit() -> None:
    x, weight = np.ones((1, 4, 3, 3), np.float32), np.ones((4, 2, 2, 2), np.float32)
    good: dict[str, Any] = {
        "stride": (1, 1), "padding": (0, 0), "output_padding": (0, 0), "dilation": (1, 1), "groups": 2
    }
    for changed, message in (
        ({"groups": 3}, "groups: expected a divisor of the 4 input channels, got 3"),
        ({"output_padding": (1, 0)}, "output_padding: expected less than stride or dilation"),
        ({"padding": (2, 0)}, r"padding: nothing is left of an input of shape \(4, 3, 3\)"),
        ({"stride": (1 << 23, 1 << 23)}, r"stride: expected at most 2\^31 - 1 values"),
    ):
        with pytest.raises(ValueError, match=rf"^transposed_convolution: {message}"):
            _core.Node("transposed_convolution", {**good, **changed}).forward(x, {"weight": weight})
    with pytest.raises(ValueError, match=r"^transposed_convolution: weight: expected shape \(4, any, any, any\)"):
        _core.Node("transposed_convolution", good).forward(x, {"weight": weight[:2]})


def test_a_rule_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^ConvTranspose2d: initialization is 'x'; use he or torch$"):
        ConvTranspose2d(1, 1, 1, initialization="x")


def test_an_autoencoder_learns_through_it(rng: np.random.Generator) -> None:
    layers = [Conv2d(1, 4, 3, stride=2, padding=1), ReLU(),
              ConvTranspose2d(4, 1, 3, stride=2, padding=1, output_padding=1)]  # fmt: skip
    network = Network(layers, (1, 8, 8))
    network.initialize(1)
    smooth = np.add.outer(np.sin(np.arange(8) / 2), np.cos(np.arange(8) / 3))
    images = (uniform(rng, 64, 1, 1, 1) * smooth).astype(np.float32)
    program = Program(network, 64, criterion=MSELoss(), optimizer=Adam(0.02))
    program.bind(images, images.reshape(64, -1))
    losses = [program.step(np.arange(64), step=step, epoch=0).loss for step in range(60)]
    assert losses[-1] < 0.1 * losses[0]
