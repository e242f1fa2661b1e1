"""The convolution over sequences."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cnncli.errors import CnnError
from cnncli.layers import Conv1d, Conv2d
from cnncli.model_file.serialize import load_model, save_model
from cnncli.network import Network
from drawn_layers import uniform


def test_it_is_the_convolution_of_images_of_one_row(rng: np.random.Generator) -> None:
    layer, image = Conv1d(3, 5, 4, stride=2, padding=1), Conv2d(3, 5, (1, 4), stride=(1, 2), padding=(0, 1))
    image.weight[...] = layer.weight.reshape(image.weight.shape)
    x = uniform(rng, 4, 3, 20)
    assert (layer.forward(x) == image.forward(x.reshape(4, 3, 1, 20))[:, :, 0]).all()
    assert layer.scratch_count((3, 20)) == image.scratch_count((3, 1, 20)) == 3 * 22
    assert layer.parameter_shapes() == {"weight": (5, 3, 4), "bias": (5,)}
    assert (layer.forward(x[0]) == layer.forward(x)[:1]).all()


def test_a_network_of_sequences_is_described_saved_and_read(tmp_path: Any, rng: np.random.Generator) -> None:
    described = {
        "input": [2, 30], "classes": 3,
        "layers": [
            {"type": "Conv1d", "out_channels": 4, "kernel_size": 5, "padding": 2, "stride": 2},
            {"type": "ReLU"},
            {"type": "Conv1d", "out_channels": 4, "kernel_size": 3},
            {"type": "Flatten"},
            {"type": "Linear", "out_features": "classes"},
        ],
    }  # fmt: skip
    network = Network.from_description(described, seed=2)
    rows = network.layer_table()
    assert [row.output_shape for row in rows] == [(4, 15), (4, 15), (4, 13), (52,), (3,)]
    assert [row.parameters for row in rows] == [44, 0, 52, 0, 159]
    assert rows[0].multiply_adds == 15 * 4 * 2 * 5
    assert [row.field_of_view for row in rows[:3]] == [(1, 5), (1, 5), (1, 9)]
    save_model(tmp_path / "m.bin", network)
    x = uniform(rng, 3, 2, 30)
    assert (load_model(tmp_path / "m.bin").forward(x) == network.forward(x)).all()


def test_repr_tells_what_is_not_default() -> None:
    assert repr(Conv1d(2, 4, 3)) == "Conv1d(2 -> 4, kernel 3)"
    full = Conv1d(2, 4, 3, 2, 1, 3, 2, False)
    assert repr(full) == "Conv1d(2 -> 4, kernel 3, stride 2, padding 1, dilation 3, groups 2, no bias)"
    assert full.settings() == {
        "in_channels": 2, "out_channels": 4, "kernel_size": 3, "stride": 2, "padding": 1, "dilation": 3, "groups": 2,
        "bias": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv1d(2, 4, (3, 3)),
         "Conv1d: kernel_size is (3, 3); use a whole number, at least 1 and at most 2,147,483,647"),
        (lambda: Conv1d(2, 4, 3, padding=-1), "Conv1d: padding is -1; use a whole number, at least 0 and "
         "at most 2,147,483,647"),
        (lambda: Conv1d(2, 4, 3).output_shape((2, 5, 5)),
         "Conv1d(2 -> 4, kernel 3): takes samples of shape 2xL, got 2x5x5; reshape to channels x length"),
        (lambda: Conv1d(2, 4, 3).output_shape((3, 5)),
         "Conv1d(2 -> 4, kernel 3): takes samples of shape 2xL, got 3x5; use in_channels=3"),
        (lambda: Conv1d(2, 4, 3, dilation=3).output_shape((2, 6)),
         "Conv1d(2 -> 4, kernel 3, dilation 3): its kernel spans 7, which does not fit its input of length 6; "
         "use a smaller kernel or dilation, or add padding"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(CnnError) as caught:
        make()
    assert str(caught.value) == message
