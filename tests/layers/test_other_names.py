"""Those who come from Torch7, Keras or an earlier version are told the name here."""

import pytest

from cnncli import criteria, layers
from cnncli.criteria import Criterion
from cnncli.errors import FormatError
from cnncli.layers import LAYER_TYPES
from cnncli.layers.other_names import _OTHER_NAMES, name_here
from cnncli.network import Network
from cnncli.network.description import _settings_of


def test_every_hint_leads_to_a_layer_a_loss_or_a_setting() -> None:
    settings = {name for kind in LAYER_TYPES.values() for name in _settings_of(kind)}
    losses = {name for name in criteria.__all__ if name != Criterion.__name__}
    assert set(_OTHER_NAMES.values()) <= set(LAYER_TYPES) | losses | settings
    assert not [name for name in _OTHER_NAMES if name != name.lower()]


def test_no_name_that_is_known_gets_a_hint() -> None:
    known = [*layers.__all__, *criteria.__all__]
    assert not [name for name in known if name_here(name, known) not in (None, name)]


@pytest.mark.parametrize(
    "layer, line",
    [
        ('type = "SpatialConvolution"', 'unknown type "SpatialConvolution"; did you mean "Conv2d"?'),
        ('type = "Dense"\nunits = 4', 'unknown type "Dense"; did you mean "Linear"?'),
        ('type = "Conv2d"\nfilters = 6\nkernel_size = 5', 'unknown setting "filters"; did you mean "out_channels"?'),
        ('type = "MaxPool2d"\nkernel = 2', 'unknown setting "kernel"; did you mean "kernel_size"?'),
    ],
)
def test_a_description_with_names_of_elsewhere_is_told_ours(layer: str, line: str) -> None:
    import tomllib

    described = tomllib.loads(f"input = [1, 8, 8]\nclasses = 2\n[[layers]]\n{layer}\n")
    with pytest.raises(FormatError, match=r"layer 0") as caught:
        Network.from_description(described, seed=None)
    assert str(caught.value).endswith(line)


def test_python_is_told_too() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'Convolution'; here it is Conv2d$"):
        layers.Convolution  # noqa: B018
    with pytest.raises(AttributeError, match=r"no attribute 'ClassNLLCriterion'; here it is NLLLoss$"):
        criteria.ClassNLLCriterion  # noqa: B018
    with pytest.raises(AttributeError, match=r"no attribute 'Transformer'$"):
        layers.Transformer  # noqa: B018
