"""What `cnn step` prints."""

import math
from collections.abc import Iterator
from typing import Any

from cnncli.microscope.chain import Chain, Factor
from cnncli.microscope.one_step import Batch, OneStep
from cnncli.microscope.places import place_text
from cnncli.optim import Optimizer
from cnncli.shown import format_shape, percent, printable

_PRODUCT = len("their product, 100.0 % of the gradient")
_SEEN, _MUCH = 0.001, 0.1  # of a gradient, by which its finite difference is off
_SIX_LINES = """\
zero gradients        network.zero_grad_parameters()
forward               outputs = network.forward(samples)
loss                  loss = criterion.forward(outputs, targets)
gradient of the loss  gradient = criterion.backward(outputs, targets)
back-propagation      network.backward(samples, gradient)
step                  optimizer.step(network.named_parameters())"""


def step_lines(step: OneStep, batch: Batch, optimizer: Optimizer, data: str, samples: int) -> Iterator[str]:
    """The six lines of a step, the losses, and a row for each parameter."""
    name = printable(batch.network.name or "the network")
    how = f"{type(batch.criterion).__name__}, {type(optimizer).__name__}, rate {optimizer.lr:g}"
    yield f"one step of {name} on {samples} samples of {printable(data)}: {how}"
    yield ""
    yield from _SIX_LINES.splitlines()
    yield ""
    wide = max(map(len, ("parameter", *(row.name for row in step.parameters))))
    high = max(map(len, ("shape", *(format_shape(row.shape) for row in step.parameters))))
    yield f"{'parameter':{wide}} {'shape':>{high}} {'norm':>10} {'gradient':>10} {'change':>10} {'change/norm':>11}"
    for row in step.parameters:
        share = f"{percent(row.change / row.value):>11}" if row.value > 0 else f"{'':11}"
        norms = f"{row.value:10.4g} {row.gradient:10.4g} {row.change:10.4g}"
        yield f"{row.name:{wide}} {format_shape(row.shape):>{high}} {norms} {share}".rstrip()
    total = math.sqrt(math.fsum(row.gradient**2 for row in step.parameters))
    yield f"{'all':{wide}} {'':{high}} {'':10} {total:10.4g}"
    yield ""
    yield f"loss on these samples: {step.before:.6f} before, {step.after:.6f} after"


def _apart(chain: Chain) -> Iterator[str]:
    """Why both gradients differ, where one sees that they do."""
    most = max(abs(chain.gradient), abs(chain.difference))
    apart = abs(chain.gradient - chain.difference) / most if most else 0.0
    if apart > _MUCH:
        yield f"  {percent(apart, 0)} apart: many kinks of ReLU and pooling lie between the two losses, or a"
        yield "  layer's backward is wrong, which cnn check-layer finds"
    elif apart > _SEEN:
        yield f"  {percent(apart, 1)} apart, by the rounding of the loss and kinks of ReLU and pooling"
        yield "  between the two"


def chain_lines(chain: Chain) -> Iterator[str]:
    """The gradient of one weight, and the strongest of the paths that it is the sum of."""
    weight = f"{chain.parameter}{place_text(chain.place)}"
    yield f"the gradient of {weight}, which is {chain.value:.5f}"
    yield f"  {'by back-propagation':44} {chain.gradient:12.6f}"
    yield f"  {'by finite difference':44} {chain.difference:12.6f}"
    yield f"  (loss {chain.above:.6f} with {chain.shift:g} more, {chain.below:.6f} with {chain.shift:g} less)"
    yield from _apart(chain)
    yield ""
    if not chain.factors:
        yield "The loss does not depend on it: all that it gives is lost on the way, or is 0."
        return
    yield f"It takes part in {chain.units:,} values of its layer, and each reaches the loss on many"
    yield "paths; their products add up to the gradient. The strongest path, each factor"
    yield "from the loss down to the weight:"
    wide = max(_PRODUCT, *(len(_derivative(factor)) for factor in chain.factors))
    for factor in chain.factors:
        yield f"  {_derivative(factor):{wide}} {factor.value:12.6f}   {factor.type}"
    share = f", {percent(chain.path / chain.gradient, 1)} of the gradient" if chain.gradient else ""
    yield f"  {'their product' + share:{wide}} {chain.path:12.3g}"


def _derivative(factor: Factor) -> str:
    return f"d {_unit(factor.of)} / d {_unit(factor.by)}"


def _unit(unit: tuple[str, tuple[int, ...]]) -> str:
    name, place = unit
    return f"{name}{place_text(place)}" if place else name


def step_facts(step: OneStep) -> dict[str, Any]:
    """For `--json`."""
    return {
        "loss_before": _json(step.before),
        "loss_after": _json(step.after),
        "parameters": [
            {"name": row.name, "shape": list(row.shape), "norm": _json(row.value), "gradient": _json(row.gradient),
             "change": _json(row.change)}
            for row in step.parameters
        ],
    }  # fmt: skip


def chain_facts(chain: Chain) -> dict[str, Any]:
    """For `--json`."""
    return {
        "weight": chain.parameter,
        "place": list(chain.place),
        "value": _json(chain.value),
        "gradient": _json(chain.gradient),
        "finite_difference": _json(chain.difference),
        "shift": chain.shift,
        "units": chain.units,
        "path": _json(chain.path),
        "factors": [
            {"of": _unit(one.of), "by": _unit(one.by), "type": one.type, "value": _json(one.value)}
            for one in chain.factors
        ],
    }


def _json(value: float) -> float | None:
    return value if math.isfinite(value) else None
