"""docs/architecture.md: its order of the parts is the order of the layers, and its step is the one that runs."""

import re
from pathlib import Path

import numpy as np
import pytest
from tests.test_layering import CPP_LAYERS, PYTHON_LAYERS, TOP
from tools.show_step import PAGE, lines_of, page_with

from cnncli import Network, _core
from cnncli.layers import Conv2d, Flatten, Linear, Module
from cnncli.optim import SGD
from cnncli.program.program import Program
from cnncli.program.results import Operation

ROOT = Path(__file__).parents[1]


def parts_of_page() -> list[str]:
    return re.findall(r"^\| `((?:python|cpp)/[^`]+)` \|", PAGE.read_text(), re.MULTILINE)


def test_every_part_uses_parts_below_it_only() -> None:
    order = parts_of_page()
    for layer, (modules, used) in PYTHON_LAYERS.items():
        for module in modules - {"__init__"}:
            place = f"python/cnncli/{module.split('.')[0]}"
            if not (ROOT / place).is_dir():
                continue
            assert place in order, f"{place} of {layer} has no row"
            for other in {name for below in used for name in PYTHON_LAYERS[below][0]}:
                below = f"python/cnncli/{other.split('.')[0]}"
                assert below not in order or order.index(below) >= order.index(place), (place, below)
    for folder, used_folders in CPP_LAYERS.items():
        place = f"cpp/{folder.split('/')[0]}"
        for other in used_folders if place in order else ():
            below = f"cpp/{other.split('/')[0]}"
            assert below not in order or order.index(below) >= order.index(place), (place, below)
    assert order[0] == "python/cnncli/cli" and "cli" in TOP


@pytest.mark.skipif("avx2" not in _core.instruction_sets(), reason="the page shows the step of AVX2")
def test_page_shows_the_step_as_the_core_runs_it() -> None:
    before = _core.instruction_set()
    _core.set_instruction_set("avx2")
    try:
        lines = "\n".join(lines_of("lenet5", 64, training=True)) + "\n"
    finally:
        _core.set_instruction_set(before)
    page = PAGE.read_text()
    assert page == page_with(lines), "run CNN_ISA=avx2 python -m tools.show_step lenet5 --write"
    assert lines in page


def operations(program: Program) -> list[Operation]:
    return [operation for stage in program.stages() for operation in stage]


def test_operations_name_the_layers_of_a_network_that_branches() -> None:
    network = Network.from_model_name("resnet-small")
    network.allocate()
    steps = network.trace()
    found = operations(Program(network, 16, optimizer=SGD(0.1)))
    joins = {number for number, step in enumerate(steps, start=1) if step.joins}
    assert joins and joins <= {one.tensor for one in found if one.name == "LaneSums"}
    convolutions = {one.tensor for one in found if one.name in ("ConvolutionGather", "WinogradGather")}
    assert convolutions == {n for n, step in enumerate(steps, start=1) if isinstance(step.layer, Conv2d)}
    assert [one.name for one in found].count("Update") == len(list(network.named_parameters()))
    assert not any(one.name == "Update" for one in operations(Program(network, 16)))


def test_a_custom_layer_is_a_call_between_stages() -> None:
    class Half(Module):
        def update_output(self, input: np.ndarray) -> np.ndarray:
            return input / 2

        def update_grad_input(self, input: np.ndarray, grad_output: np.ndarray) -> np.ndarray:
            return grad_output / 2

    network = Network([Flatten(), Linear(4, 3), Half(), Linear(3, 2)], (1, 2, 2))
    program = Program(network, 16, optimizer=SGD(0.1))
    assert [stage[0].name for stage in program.stages()].count("call") == 2  # forward and backward
    assert [one.name for one in operations(Program(network, 16))].count("call") == 1
