"""Workloads: what goes to another interpreter comes out there, and what is counted is right."""

from pathlib import Path

import numpy as np
import pytest

import oracles
from benchmarks.convolution_case import ConvolutionCase
from benchmarks.networks import make_workload, operations
from benchmarks.workload import Workload
from cnncli.network import Network


@pytest.mark.parametrize(("name", "shape"), [("lenet5", (1, 28, 28)), ("vgg", (3, 32, 32))])
def test_workload_survives_its_file(name: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    made = make_workload(name, 5)
    assert made.pixels.shape == made.images.shape == (5, *shape)
    assert made.pixels.dtype == np.uint8 and made.images.dtype == np.float32
    # Normalized: the mean of all pixels is 0 and their deviation 1, channel by channel.
    np.testing.assert_allclose(made.images.mean(axis=(0, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(made.images.std(axis=(0, 2, 3)), 1, atol=1e-4)
    made.save(tmp_path / "workload.npz")
    read = Workload.load(tmp_path / "workload.npz")
    assert read.description == made.description
    assert list(read.arrays) == list(made.arrays)
    for one, other in zip(
        [*read.arrays.values(), read.pixels, read.images, read.labels],
        [*made.arrays.values(), made.pixels, made.images, made.labels],
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


def test_layers_hold_all_parameters_and_buffers() -> None:
    layers = make_workload("vgg", 1).layers()
    network = Network.from_model_name("vgg", seed=1)
    assert [kind for kind, _, _ in layers] == [type(layer).__name__ for layer in network]
    assert set(layers[1][2]) == {"weight", "bias", "running_mean", "running_var"}
    assert sum(array.size for _, _, arrays in layers for name, array in arrays.items() if "running" not in name) == sum(
        parameter.value.size for parameter in network.named_parameters()
    )


def test_batches_are_full_and_have_no_sample_twice() -> None:
    made = make_workload("linear", 10)
    batches = made.batches(4)
    assert [len(batch) for batch in batches] == [4, 4]
    assert len(set(np.concatenate(batches).tolist())) == 8
    assert [len(part) for part in made.parts(3)] == [3, 3, 3]


def test_operations_of_lenet5() -> None:
    passes = {"C1": 117_600, "C3": 240_000, "C5": 48_000, "F6": 10_080, "output": 840}
    assert operations("lenet5", training=False) == 2 * sum(passes.values())
    # Three passes, but none that gives the gradient of the images.
    assert operations("lenet5", training=True) == 2 * (3 * sum(passes.values()) - passes["C1"])


@pytest.mark.parametrize(
    "case",
    [
        ConvolutionCase(2, 3, 4, 9, 3, stride=2, padding=1),
        ConvolutionCase(2, 4, 8, 7, 3, padding=2, dilation=2, groups=2),
        ConvolutionCase(1, 3, 4, 5, 5),
    ],
    ids=str,
)
def test_convolution_case_has_the_sizes_of_a_convolution(case: ConvolutionCase) -> None:
    pair = {name: (getattr(case, name),) * 2 for name in ("size", "kernel", "stride", "padding", "dilation")}
    assert oracles.output_size(*pair.values()) == (case.output_size,) * 2
    arrays = case.arrays()
    expected = (case.samples, case.outputs, case.output_size, case.output_size)
    assert arrays["grad_output"].shape == expected
    assert case.multiply_adds == arrays["grad_output"][0].size * arrays["weight"][0].size


def test_convolution_case_is_named_by_what_is_unusual() -> None:
    assert str(ConvolutionCase(1, 3, 4, 9, 3)) == "3 -> 4 on 9x9, 3x3"
    text = "4 -> 8 on 7x7, 3x3, stride 2, padding 1, groups 2"
    assert str(ConvolutionCase(1, 4, 8, 7, 3, stride=2, padding=1, groups=2)) == text
