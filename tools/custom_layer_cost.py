"""What a custom layer costs in a compiled training step of LeNet-5: `python -m tools.custom_layer_cost`.

CPU time of a step without layers between convolution and pooling, with built-in ones that nothing is fused with
(dropout that drops nothing), with custom ones that pass on what they get, and with Swish of examples/plugin/swish.py,
whose own methods are timed within that step. All take turns, so that other work on the machine meets them alike.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import cnncli
from cnncli.layers import LAYER_TYPES, Conv2d, Dropout, Flatten, Linear, MaxPool2d, Module
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.program import Program

PLUGIN = Path(__file__).parents[1] / "examples" / "plugin" / "swish.py"


class Passes(Module):
    """Its input is its output."""

    def update_output(self, input):  # type: ignore[no-untyped-def]
        return input

    def update_grad_input(self, input, grad_output):  # type: ignore[no-untyped-def]
        return grad_output


def lenet5(make: Callable[[], Module] | None) -> Network:
    """LeNet-5 with a layer made by `make` in the place of each ReLU, or with none there."""
    own: Callable[[], list[Module]] = lambda: [] if make is None else [make()]  # noqa: E731
    network = Network(
        [
            Conv2d(1, 6, 5, padding=2), *own(), MaxPool2d(2), Conv2d(6, 16, 5), *own(), MaxPool2d(2), Flatten(),
            Linear(400, 120), *own(), Linear(120, 84), *own(), Linear(84, 10),
        ],
        (1, 28, 28),
    )  # fmt: skip
    network.initialize(1)
    return network


def stepper(network: Network, batch: int, threads: int) -> Callable[[], object]:
    """A call that does one training step."""
    rng = np.random.default_rng(1)
    program = Program(network, batch, optimizer=SGD(0.001), threads=threads)
    program.bind(rng.integers(0, 256, (batch, 1, 28, 28), np.uint8), rng.integers(0, 10, batch))
    indices = np.arange(batch)
    return lambda: program.step(indices, step=0, epoch=0)


def timed(layer_type: type[Module], spent: list[float]) -> type[Module]:
    """The layer, which adds the time inside its methods to `spent[0]`."""

    def measured(method: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            begin = time.process_time()
            result = method(*arguments)
            spent[0] += time.process_time() - begin
            return result

        return call

    names = ("update_output", "update_grad_input", "acc_grad_parameters")
    methods = {name: measured(getattr(layer_type, name)) for name in names}
    return type(layer_type.__name__, (layer_type,), {**methods, "__module__": __name__})


def main() -> None:
    """Prints the median of each, in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=60)
    options = parser.parse_args()
    cnncli.load_plugin(PLUGIN)
    swish = LAYER_TYPES["Swish"]
    batch, threads = options.batch_size, options.threads
    spent = [0.0]
    calls = {
        "step without": stepper(lenet5(None), batch, threads),
        "step with 4 Dropout(0)": stepper(lenet5(lambda: Dropout(0.0)), batch, threads),
        "step with 4 custom layers that pass on": stepper(lenet5(Passes), batch, threads),
        "step with 4 Swish": stepper(lenet5(timed(swish, spent)), batch, threads),
    }
    own = "of it inside the methods of Swish"
    times: dict[str, list[float]] = {name: [] for name in (*calls, own)}
    for turn in range(options.turns + 3):
        for name, call in calls.items():
            begin, spent[0] = time.process_time(), 0.0
            call()
            if turn >= 3:
                times[name].append(1000 * (time.process_time() - begin))
                if spent[0]:
                    times[own].append(1000 * spent[0])
    for name, found in times.items():
        print(f"{statistics.median(found):7.2f} ms  {name}")


if __name__ == "__main__":
    main()
