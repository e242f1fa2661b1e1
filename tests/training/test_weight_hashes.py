"""docs/same-bits.md: a training of one seed gives these weights on every CPU with AVX2 or AVX-512."""

from collections.abc import Iterator

import pytest
from tools import same_bits as tool

from cnncli import _core

SETS = [name for name in _core.instruction_sets() if name in ("avx2", "avx512")]

pytestmark = pytest.mark.skipif(not SETS, reason="needs a CPU with fused multiply-adds")


@pytest.fixture(params=SETS)
def fused_set(request: pytest.FixtureRequest) -> Iterator[None]:
    before = _core.instruction_set()
    _core.set_instruction_set(request.param)
    yield
    _core.set_instruction_set(before)


def test_the_page_has_every_network() -> None:
    assert tuple(tool.documented()) == tool.NETWORKS


@pytest.mark.parametrize(
    "network", ["lenet5", *(pytest.param(name, marks=pytest.mark.slow) for name in tool.NETWORKS if name != "lenet5")]
)
def test_weights_are_those_of_the_page(fused_set: None, network: str) -> None:
    assert tool.weights_hash(network) == tool.documented()[network]
