"""Back-propagation: each gradient as a product of factors, some of them shared, beside its finite difference."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cnncli.criteria import SumSquares
from cnncli.layers import Linear, Sigmoid
from cnncli.lessons.blocks import (
    Asked,
    Choice,
    Lesson,
    Numbers,
    Question,
    Words,
    check_rate,
    check_values,
    distinct,
    number,
)
from cnncli.lessons.figures import Dots, Figure, Label, Line, Part, Point, Stack, held, spread
from cnncli.network import Network
from cnncli.shown import plural

_SHIFT = 1e-2
_STEPS = 40
SAMPLE = (0.5, -1.0, 0.8)  # x1, x2, t
Sample = tuple[float, ...]


def small_network(seed: int) -> Network:
    """2 inputs, 2 hidden units with sigmoids, 1 output with a sigmoid; weights of one decimal."""
    network = Network([Linear(2, 2), Sigmoid(), Linear(2, 1), Sigmoid()], (2,))
    rng = np.random.default_rng(seed)
    for parameter in network.named_parameters():
        parameter.value[...] = np.round(rng.uniform(-1, 1, parameter.value.shape), 1)
        parameter.value[parameter.value == 0] = 0.5
    return network


def _linears(network: Network) -> tuple[Linear, Linear]:
    first, second = network[0], network[2]
    assert isinstance(first, Linear) and isinstance(second, Linear)
    return first, second


Chained = list[tuple[str, list[tuple[str, float]], float, float]]  # weight, its factors, gradient, difference


def lesson(asked: Asked) -> Lesson:
    rate = check_rate(asked.rate, 1.0)
    sample = check_values(asked.values, SAMPLE, range(3, 4), "x1, x2 and t", 10)
    network = small_network(asked.seed)
    first, second = _linears(network)
    error = _error_of(network, sample)
    before = error()
    hidden, out = _values(network, np.array([sample[:2]], np.float32))
    chained = _chained(network, sample, hidden, float(out))
    picture = _picture(network, sample, hidden, float(out))
    data = {
        "x": list(sample[:2]), "target": sample[2], "rate": rate,
        "v": second.weight.ravel().tolist(), "w": first.weight.ravel().tolist(),
        "b": np.ravel(first.bias).tolist(), "c": float(np.ravel(second.bias)[0]),  # type: ignore[arg-type]
    }  # fmt: skip
    errors = descend(network, sample, rate)
    values = {
        "before": before,
        "after": errors[1],
        "errors": errors,
        "output": float(out),
        "gradients": {name: found for name, _, found, _ in chained},
        "differences": {name: difference for name, _, _, difference in chained},
        "factors": {name: [value for _, value in parts] for name, parts, _, _ in chained},
    }
    return Lesson(
        name="backprop",
        title="Back-propagation: the chain rule, computed once",
        blocks=[*_blocks(sample, chained, picture, before, float(out)), *_step_blocks(rate, errors)],
        question=_question(chained),
        go_on=[
            "cnn learn backprop --values 1,1,0.1        # another sample x1, x2, t",
            "cnn step mlp --data digits --explain       # your own network",
            "cnn check-layer Sigmoid                    # a layer's gradients",
        ],
        values=values,
        script="backprop",
        data=data,
        frames=lambda: _moving(small_network(asked.seed), sample, rate, errors),
    )  # fmt: skip


def descend(network: Network, sample: Sample, rate: float) -> list[float]:
    """E before each step and after the last; the weights move."""
    criterion, x, target = SumSquares(), np.array([sample[:2]], np.float32), np.array([sample[2:]], np.float32)
    found = []
    for _ in range(_STEPS + 1):
        outputs = network.forward(x)
        found.append(float(criterion.forward(outputs, target)))
        network.zero_grad_parameters()
        network.backward(x, criterion.backward(outputs, target))
        network.update_parameters(rate)
    return found


_PLACES: dict[str, Point] = {
    "x1": (0.0, 1.0), "x2": (0.0, 0.0), "h1": (1.9, 1.0), "h2": (1.9, 0.0), "o": (3.3, 0.5), "E": (4.2, 0.5)
}  # fmt: skip
_BESIDE: dict[str, tuple[str, str, Point]] = {  # from, to, and where a weight is written
    "w11": ("x1", "h1", (0.6, 1.13)), "w21": ("x1", "h2", (-0.17, 0.55)), "w12": ("x2", "h1", (1.13, 0.55)),
    "w22": ("x2", "h2", (0.6, -0.16)), "v1": ("h1", "o", (2.55, 0.96)), "v2": ("h2", "o", (2.65, 0.17)),
}  # fmt: skip
_STAGES = (
    "forward: the inputs", "forward: a_k = w_k1 x1 + w_k2 x2 + b_k, h_k = s(a_k)", "forward: z = v1 h1 + v2 h2 + c, "
    "o = s(z)", "forward: E = 1/2 (o - t)²", "backward: dE/dz = (o - t) o (1 - o), once for all",
    "backward: dE/dv_k = dE/dz h_k", "backward: dE/da_k = dE/dz v_k h_k (1 - h_k)", "backward: dE/dw_kj = dE/da_k x_j",
    "step: each weight less rate times its gradient",
)  # fmt: skip


def _moving(network: Network, sample: Sample, rate: float, errors: list[float]) -> list[Figure | Stack]:
    """The values flow to E, the gradients back to the weights, and the weights move; then more steps, all at once."""
    frames: list[Figure | Stack] = []
    for step in range(13):
        hidden, out = _values(network, np.array([sample[:2]], np.float32))
        chained = _chained(network, sample, hidden, float(out))
        for stage in range(len(_STAGES)) if step == 0 else (len(_STAGES) - 2,):
            above = _flow(network, sample, hidden, float(out), chained, stage, step)
            points = [(float(at), error) for at, error in enumerate(errors[: step + 1])]
            below = Figure(f"E after {plural(step, 'step')} with the rate {rate:g}: {errors[step]:.5f}",
                           (0.0, 12.5), spread([0.0, *errors[:13]], 0.08),
                           [Line(points, "second"), Dots(points, "second")], "step", "E")  # fmt: skip
            frames += held([Stack([above, below], (400, 260))], 10 if step == 0 else 4)
        network.update_parameters(rate)
    return frames


def _flow(
    network: Network, sample: Sample, hidden: Any, out: float, chained: Chained, stage: int, step: int
) -> Figure:  # fmt: skip
    """The network as far as a stage: values in one colour, gradients in another."""
    x1, x2, t = sample
    top = (out - t) * out * (1 - out)
    values = {"x1": x1, "x2": x2, "h1": float(hidden[0]), "h2": float(hidden[1]), "o": out, "E": 0.5 * (out - t) ** 2}
    since = {"x1": 0, "x2": 0, "h1": 1, "h2": 1, "o": 2, "E": 3}
    gradients = {name: gradient for name, _, gradient, _ in chained}
    first, second = (layer.weight for layer in _linears(network))
    parts: list[Part] = []
    for name, (start, end, (across, up)) in _BESIDE.items():
        weight = first[int(name[1]) - 1, int(name[2]) - 1] if name[0] == "w" else second[0, int(name[1]) - 1]
        back = stage >= (5 if name[0] == "v" else 7)
        active = stage == ((2, 5) if name[0] == "v" else (1, 7))[back]
        parts.append(Line([_PLACES[start], _PLACES[end]], "soft" if not active else "second" if back else "first"))
        parts.append(Label((across, up), f"{name} = {weight:.3f}", "first"))
        if back:
            parts.append(Label((across, up - 0.11), f"dE/d{name} {gradients[name]:+.4f}", "second"))
    parts.append(Line([_PLACES["o"], _PLACES["E"]], {3: "first", 4: "second"}.get(stage, "soft")))
    for name, (across, up) in _PLACES.items():
        there = stage >= since[name]
        parts.append(Dots([(across, up)], "first" if there else "soft"))
        if there:
            above = up + (0.06 if up > 0 else -0.16)
            parts.append(Label((across - 0.15, above), f"{name} = {values[name]:.3g}", "own"))
    if stage >= 4:
        parts.append(Label((3.2, 0.3), f"dE/dz {top:+.4f}", "second"))
    if stage >= 6:
        for k in (0, 1):
            by_a = top * float(second[0, k] * hidden[k] * (1 - hidden[k]))
            parts.append(Label((1.75, 1.17 if k == 0 else -0.27), f"dE/da{k + 1} {by_a:+.4f}", "second"))
    title = _STAGES[stage] if step == 0 else f"step {step}: forward, backward, step"
    return Figure(title, (-0.2, 4.9), (-0.4, 1.35), parts, bare=True)


def _step_blocks(rate: float, errors: list[float]) -> list[Words | Numbers | Figure]:
    """One step and some more."""
    points = [(float(step), one) for step, one in enumerate(errors)]
    return [
        Words(
            f"One step with the rate {rate:g}, of all weights and biases, takes E from {number(errors[0], 6)} to "
            f"{number(errors[1], 6)}. Forward, backward, step, again and again:"
        ),
        Figure(f"E in {_STEPS} steps with the rate {rate:g}", (0.0, float(_STEPS)), spread([0.0, max(errors)], 0.06),
               [Line(points, "second"), Dots(points[:1], "second")], "step", "E"),
    ]  # fmt: skip


def _error_of(network: Network, sample: Sample) -> Callable[[], float]:
    criterion, x, target = SumSquares(), np.array([sample[:2]], np.float32), np.array([sample[2:]], np.float32)
    return lambda: float(criterion.forward(network.forward(x), target))


def _chained(network: Network, sample: Sample, hidden: Any, out: float) -> Chained:
    """Every weight with its factors, its gradient by the layers and its finite difference."""
    first, second = _linears(network)
    criterion, x, target = SumSquares(), np.array([sample[:2]], np.float32), np.array([sample[2:]], np.float32)
    error = _error_of(network, sample)
    error()
    network.zero_grad_parameters()
    outputs = network.forward(x)
    criterion.forward(outputs, target)
    network.backward(x, criterion.backward(outputs, target))
    top = [("dE/do", out - sample[2]), ("do/dz", out * (1 - out))]
    found: Chained = []
    for k in (0, 1):
        parts = [*top, (f"dz/dv{k + 1}", float(hidden[k]))]
        found.append((f"v{k + 1}", parts, float(second.grad_weight[0, k]), _difference(second.weight, (0, k), error)))
    for k in (0, 1):
        through = [*top, (f"dz/dh{k + 1}", float(second.weight[0, k])),
                   (f"dh{k + 1}/da{k + 1}", float(hidden[k] * (1 - hidden[k])))]  # fmt: skip
        for j in (0, 1):
            parts = [*through, (f"da{k + 1}/dw{k + 1}{j + 1}", sample[j])]
            gradient, difference = float(first.grad_weight[k, j]), _difference(first.weight, (k, j), error)
            found.append((f"w{k + 1}{j + 1}", parts, gradient, difference))
    return found


def _blocks(
    sample: Sample, chained: Chained, picture: Figure, before: float, out: float
) -> list[Words | Numbers | Figure]:
    names = [[name, " x ".join(part for part, _ in parts)] for name, parts, _, _ in chained]
    rows = [
        [name, " x ".join(f"{value:.3f}" for _, value in parts), number(found, 6), number(difference, 6)]
        for name, parts, found, difference in chained
    ]
    return [
        Words(
            "A network of two inputs, two hidden units and one output: a_k = w_k1 x1 + w_k2 x2 + b_k, h_k = s(a_k), "
            f"z = v1 h1 + v2 h2 + c, o = s(z), with s(a) = 1 / (1 + exp(-a)). For x = ({sample[0]:g}, {sample[1]:g}) "
            f"it is to give t = {sample[2]:g}; its error is E = 1/2 (o - t)² = {number(before)}, with o = "
            f"{number(out)}."
        ),
        picture,
        Words(
            "The chain rule makes each gradient a product. dE/do = o - t and do/dz = o (1 - o) are in all: they are "
            "computed once and handed back, from the output to the input. That is all of back-propagation."
        ),
        Numbers("the factors of each gradient: those that begin alike are shared", ["weight", "dE/d weight ="], names),
        Numbers("with numbers, and differences", ["weight", "product of factors", "gradient", "by difference"], rows),
    ]


def _values(network: Network, x: Any) -> tuple[Any, Any]:
    """(h1 and h2, o)"""
    outputs = network.activations(x)
    return outputs[1][0].astype(np.float64), np.float64(outputs[3][0, 0])


def _difference(weight: Any, place: tuple[int, int], error: Any) -> float:
    """(E(w + d) - E(w - d)) / 2 d"""
    kept, found = weight[place].copy(), []
    for shift in (_SHIFT, -_SHIFT):
        weight[place] = kept + np.float32(shift)
        found.append((float(weight[place]), error()))
    weight[place] = kept
    (high, above), (low, below) = found
    return float((above - below) / (high - low))


def _picture(network: Network, sample: Sample, hidden: Any, out: float) -> Figure:
    """The network with its weights at its lines and its values below its units."""
    places = {"x1": (0.0, 1.0), "x2": (0.0, 0.0), "h1": (1.0, 1.0), "h2": (1.0, 0.0), "o": (2.0, 0.5)}
    first, second = (layer.weight for layer in _linears(network))
    parts: list[Line | Label] = []
    for k in (0, 1):
        for j in (0, 1):
            one, two = places[f"x{j + 1}"], places[f"h{k + 1}"]
            share = 0.28 if j == k else 0.68
            parts.append(Line([one, two], "soft"))
            parts.append(Label((one[0] + share, one[1] + share * (two[1] - one[1])), f"{first[k, j]:g}", "first"))
        parts.append(Line([places[f"h{k + 1}"], places["o"]], "soft"))
        parts.append(Label((1.5, 0.75 if k == 0 else 0.25), f"{second[0, k]:g}", "first"))
    values = {"x1": sample[0], "x2": sample[1], "h1": float(hidden[0]), "h2": float(hidden[1]), "o": out}
    for name, (across, up) in places.items():
        parts.append(Label((across - 0.06, up + (0.06 if up > 0 else -0.14)), f"{name} = {values[name]:.3g}", "second"))
    return Figure("the network, its weights and its values", (-0.2, 2.4), (-0.2, 1.3), parts, bare=True)


def _question(factors: Chained) -> Question:
    """The gradient of w11, from what is shared with that of v1 already."""
    parts = dict(factors[2][1])
    end, top, v1, slope, x1 = parts.values()
    shared, right = end * top, factors[2][2]
    h1, v2 = factors[0][1][-1][1], factors[4][1][2][1]
    choices = distinct([
        Choice(number(right, 6), True,
               f"dE/dz x v1 x h1 (1 - h1) x x1 = {number(shared)} x {v1:g} x {number(slope)} x {x1:g}: the first "
               "factor is shared with v1, and computed once."),
        Choice(number(shared * v1 * x1, 6), False, "That leaves out h1 (1 - h1), the slope of the hidden sigmoid."),
        Choice(number(shared * h1, 6), False, "That is dE/dv1; below z the ways part, and w11 goes on through h1."),
        Choice(number(shared * v2 * slope * x1, 6), False, "That goes through v2, which leads from the other unit."),
        Choice(number(shared * v1 * slope, 6), False, "That is dE/da1, and so that of the bias b1; x1 is missing."),
        Choice(number(shared, 6), False, "That is what both share, dE/dz; the factors from z down to w11 are missing."),
        Choice(number(-right, 6), False, "The sign is turned: dE/do is o - t, the output less the target."),
        Choice("none: it has to start again from E", False,
               "Both chains begin at E and go through o and z; that part is there already."),
    ])  # fmt: skip
    return Question(
        f"For v1 the product dE/dz = dE/do x do/dz = {number(shared)} was computed. With v1 = {v1:g}, h1 = "
        f"{number(h1)} and x1 = {x1:g}: what is dE/dw11?",
        choices,
    )
