"""Prints what a network is lowered to: its tensors, and a training step stage by stage (`--predict`: a prediction).

The operations of a stage do not depend on each other; threads meet between two stages. Example:

    CNN_ISA=avx2 python -m tools.show_step lenet5

`--write` puts it into docs/architecture.md.
"""

import argparse
import math
from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path

from tools.page_tables import with_made_lines

from cnncli import Network, _core
from cnncli.layers.arrays import Shape, format_shape
from cnncli.layers.trace import Step
from cnncli.optim import SGD
from cnncli.program.program import Program
from cnncli.program.results import Operation

PAGE = Path(__file__).parents[1] / "docs" / "architecture.md"
LANES = 16  # samples side by side
FLOAT_BYTES = 4


def lines_of(name: str, batch_size: int, *, training: bool) -> Iterator[str]:
    """The two tables of one network, for the instruction set in use."""
    network = Network.from_model_name(name)
    network.allocate()
    program = Program(network, batch_size, optimizer=SGD(0.1, momentum=0.9) if training else None)
    stages, steps = program.stages(), network.trace()
    makers = {operation.tensor for stage in stages for operation in stage if operation.tensor > 0}
    layers = {last: steps[first:last] for first, last in pairwise([0, *sorted(makers)])}
    blocks = math.ceil(batch_size / LANES)

    def size(shape: Shape) -> str:
        return f"{math.prod(shape) * blocks * LANES * FLOAT_BYTES:,}"

    what = "a training step" if training else "a prediction"
    yield f"{name}: {what} of {batch_size} samples ({blocks} blocks of {LANES}), {_core.instruction_set()}"
    yield f"buffers of {program.bytes:,} bytes"
    yield ""
    yield "tensor  layer                                     one sample      bytes"
    yield f"     0  {'':40}  {format_shape(network.input_shape):>10}  {size(network.input_shape):>9}"
    for number, step in enumerate(steps, start=1):
        stored = size(step.output_shape) if number in makers else "-"
        yield f"{number:>6}  {_label(step):40.40}  {format_shape(step.output_shape):>10}  {stored:>9}"
    yield ""
    yield "stage  tasks  scratch  operation                     for"
    for index, stage in enumerate(stages):
        for alike in (list(group) for _, group in groupby(stage, lambda one: (one.name, one.tensor))):
            first = alike[0]
            times = f" x {len(alike)}" if len(alike) > 1 else ""
            yield (
                f"{index:>5}  {sum(one.tasks for one in alike):>5}  {max(one.scratch_bytes for one in alike):>7,}  "
                f"{first.name + times:28}  {_layers(first, layers)}"
            ).rstrip()


def _label(step: Step) -> str:
    return f"{step.name} {step.layer!r}" if step.is_layer else f"{step.name} {type(step.layer).__name__}"


def _layers(operation: Operation, layers: dict[int, list[Step]]) -> str:
    """The layers that are one node: those behind the node before it, up to the one that gives its tensor."""
    return " + ".join(f"{step.name} {type(step.layer).__name__}" for step in layers.get(operation.tensor, []))


def page_with(lines: str) -> str:
    """docs/architecture.md with these lines between its marks."""
    page = PAGE.read_text(encoding="utf-8")
    return with_made_lines(page, "tools/show_step.py", f"```\n{lines}```")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", help="a name of models/ or a .toml file")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--predict", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    lines = "\n".join(lines_of(options.network, options.batch_size, training=not options.predict)) + "\n"
    if options.write:
        PAGE.write_text(page_with(lines), encoding="utf-8")
    else:
        print(lines, end="")


if __name__ == "__main__":
    main()
