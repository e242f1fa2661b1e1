"""How weights begin: He's rule, and Torch's."""

from inspect import signature

import numpy as np
import pytest

from cnncli.errors import FormatError, UsageError
from cnncli.layers import LAYER_TYPES, Conv2d, Linear, Module
from cnncli.layers.registry import is_built_in
from cnncli.network import Network


def torch_layers() -> list[tuple[Module, float]]:
    return [
        (Linear(400, 100, initialization="torch"), 400),
        (Conv2d(8, 32, 5, groups=2, initialization="torch"), 4 * 25),
    ]


@pytest.mark.parametrize(("layer", "fan_in"), torch_layers())
def test_torchs_rule_is_uniform_within_one_by_the_root_of_the_inputs(layer: Module, fan_in: float) -> None:
    for gain in (1.0, 1.4):  # whatever follows
        layer.initialize(seed=4, stream=2, gain=gain)
        for parameter in layer.named_parameters():
            scaled = parameter.value.ravel() * fan_in**0.5
            assert np.abs(scaled).max() <= 1 + 1e-6
            if scaled.size > 1000:  # of a uniform distribution on [-1, 1]: mean 0, variance 1/3, a tenth in each tenth
                assert abs(scaled.mean()) < 4 * (1 / 3 / scaled.size) ** 0.5
                assert abs(scaled.var() - 1 / 3) < 4 * (4 / 45 / scaled.size) ** 0.5
                tenths = np.histogram(scaled, 10, (-1, 1))[0] / scaled.size
                assert np.abs(tenths - 0.1).max() < 4 * (0.09 / scaled.size) ** 0.5
            else:
                assert np.abs(scaled).max() > 0.7 and scaled.min() < 0 < scaled.max()


def test_torchs_biases_are_not_its_weights_again() -> None:
    layer = Linear(50, 30, initialization="torch")
    assert layer.bias is not None
    assert not np.isin(layer.bias, layer.weight).any()
    assert len(np.unique(layer.bias)) == 30


def test_initial_values_are_those_of_the_seed_and_the_stream() -> None:
    def values(seed: int, stream: int) -> bytes:
        layer = Linear(5, 3, initialization="torch")
        layer.initialize(seed, stream)
        assert layer.bias is not None
        return layer.weight.tobytes() + layer.bias.tobytes()

    assert values(1, 2) == values(1, 2)
    assert len({values(1, 2), values(1, 3), values(2, 2)}) == 3


def test_hes_rule_is_the_default_and_begins_with_biases_of_zero() -> None:
    for layer, same in ((Linear(7, 5), Linear(7, 5, initialization="he")), (Conv2d(2, 3, 3), Conv2d(2, 3, 3))):
        assert (layer.weight == same.weight).all() and layer.bias is not None and not layer.bias.any()
        assert "initialization" not in layer.settings()  # as descriptions were before there was a choice


def test_each_output_of_a_table_counts_its_own_inputs() -> None:
    rows = [[0], [0, 1, 2, 3]] * 40
    he = Conv2d(4, 80, 5, connections=rows)
    torch = Conv2d(4, 80, 5, connections=rows, initialization="torch")
    assert torch.bias is not None
    starts = np.cumsum([0, *map(len, rows)])
    for output, row in enumerate(rows):
        own = slice(starts[output], starts[output + 1])
        fan_in = 25 * len(row)
        bound = (1 / fan_in) ** 0.5
        assert 0.7 * bound < np.abs(torch.weight[own]).max() <= bound * (1 + 1e-6)
        assert np.abs(torch.bias[output]) <= bound * (1 + 1e-6)
        assert 0.7 * (6 / fan_in) ** 0.5 < np.abs(he.weight[own]).max() <= (6 / fan_in) ** 0.5 * (1 + 1e-6)
    assert np.abs(torch.bias[::2]).max() > 0.1  # those of one input, up to 0.2; of four, up to 0.1


def test_a_description_says_which_rule_and_a_network_begins_by_it() -> None:
    described = {
        "input": [1, 6, 6], "classes": 3,
        "layers": [
            {"type": "Conv2d", "out_channels": 2, "kernel_size": 3, "initialization": "torch"},
            {"type": "Flatten"},
            {"type": "Linear", "out_features": "classes", "initialization": "torch"},
        ],
    }  # fmt: skip
    network = Network.from_description(described, seed=1)
    assert [layer.get("initialization") for layer in network.description()["layers"]] == ["torch", None, "torch"]
    assert all(parameter.value.any() for parameter in network.named_parameters())
    described["layers"][0]["initialization"] = "xavier"  # type: ignore[index]
    with pytest.raises(FormatError, match=r"layer 0 \(Conv2d\): initialization is 'xavier'; use he or torch$"):
        Network.from_description(described)


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^Linear: initialization is 3; use he or torch$"):
        Linear(3, 3, initialization=3)  # type: ignore[arg-type]


def test_seed_and_stream_are_0_where_none_is_told() -> None:
    """Also where nothing is drawn: who writes a layer takes what `Module` takes."""
    kinds = [kind for kind in LAYER_TYPES.values() if is_built_in(kind)]
    assert {signature(kind.initialize).parameters["stream"].default for kind in (Module, *kinds)} == {0}
    seeds = [signature(kind).parameters["seed"].default for kind in kinds if "seed" in signature(kind).parameters]
    assert len(seeds) > 10 and set(seeds) == {0}
