"""A layer of one's own: three methods, and how finite differences find what is wrong in them."""

import inspect
import re
import textwrap
from typing import Any

import numpy as np

from cnncli.array_types import Array, DoubleArray
from cnncli.checks.differences import Failed, check_gradients
from cnncli.checks.subject import Subject
from cnncli.layers import Module
from cnncli.layers.arrays import FloatArray, Shape
from cnncli.lessons.blocks import Asked, Block, Choice, Code, Lesson, Numbers, Question, Words, check_values, distinct
from cnncli.lessons.figures import Dots, Figure, Line, Part, Stack, held, spread

_START = 0.25
_STEPS = 10.0 ** np.arange(-1, -13, -1.0)


class Bend(Module):
    """y = x + w x^2, with one learned w."""

    parameter_names = ("w",)

    def __init__(self, w: float = _START) -> None:
        self.start = w
        self.w, self.grad_w = np.array([w]), np.zeros(1)

    def update_output(self, input: Array) -> Array:
        return input + self.w * input**2  # type: ignore[no-any-return]

    def update_grad_input(self, input: Array, grad_output: Array) -> Array:
        return grad_output * (1 + 2 * self.w * input)  # type: ignore[no-any-return]

    def acc_grad_parameters(self, input: Array, grad_output: Array, scale: float = 1.0) -> None:
        self.grad_w += scale * np.sum(grad_output * input**2)

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def settings(self) -> dict[str, Any]:
        return {"w": self.start}


class ForgotTwo(Bend):
    """Its gradient of the input lacks the 2."""

    def update_grad_input(self, input: Array, grad_output: Array) -> Array:
        return grad_output * (1 + self.w * input)  # type: ignore[no-any-return]


class ForgotWeight(Bend):
    """It learns nothing: the gradient of w is never added up."""

    def acc_grad_parameters(self, input: Array, grad_output: Array, scale: float = 1.0) -> None:
        pass


class ForgotChain(Bend):
    """It leaves out grad_output, the gradient that comes from behind."""

    def update_grad_input(self, input: Array, grad_output: Array) -> Array:
        return np.ones_like(grad_output) * (1 + 2 * self.w * input)  # type: ignore[no-any-return]


FAULTS = {
    "right": Bend, "without the 2": ForgotTwo, "nothing added to grad_w": ForgotWeight,
    "without grad_output": ForgotChain,
}  # fmt: skip


def lesson(asked: Asked) -> Lesson:
    [w] = check_values(asked.values, (_START,), range(1, 2), "one number, w", 10.0)
    rng = np.random.default_rng(1)
    samples = rng.normal(size=(3, 5)).astype(np.float32)
    verdicts = {name: verdict(kind, w, samples) for name, kind in FAULTS.items()}
    x = np.linspace(-2, 2, 81)
    errors = difference_errors(w, 0.7)
    blocks: list[Block] = [
        Words(
            "A layer is three methods: update_output computes it; update_grad_input hands the gradient of the loss "
            "back, times dy/dx; acc_grad_parameters adds up the gradient of what is learned, over the batch. These "
            "are the names of Torch7, in snake case. Here is one, y = x + w x², as Python runs it:"
        ),
        Code(source(Bend)),
        Words(
            "Whether the gradients are right, differences tell: (E(x + h) - E(x - h)) / 2h with a small h must be "
            "what update_grad_input gives, and the same with w. cnn check-layer does it for every layer, for random "
            "samples; so does this lesson, also for three layers with a mistake that is easily made:"
        ),
        Numbers("what finite differences say", ["layer", "gradient of x", "gradient of w"],
                [[name, *(_word(said) for said in found)] for name, found in verdicts.items()]),
        Numbers("in full", ["layer", "the check says"],
                [[name, said] for name, found in verdicts.items() for said, right in found if not right]),
        _slopes(w, x),
        Words(
            "How small is h? Halving it makes the error of the difference four times smaller, as long as its own "
            "numbers are exact enough: below about 1e-5 the digits that cancel in E(x + h) - E(x - h) are lost, and "
            "the error grows again."
        ),
        _steps(errors),
    ]  # fmt: skip
    return Lesson(
        name="custom",
        title="A layer of your own: three methods, checked by differences",
        blocks=blocks,
        question=_question(w),
        go_on=[
            "cnn new-layer MyLayer                      # a file to start from",
            "cnn check-layer my_layer.py:MyLayer        # all of its checks",
            "cnn train --plugin my_layer.py --arch my_net.toml",
        ],
        values={
            "w": w, "verdicts": {name: [right for _, right in found] for name, found in verdicts.items()},
            "steps": _STEPS.tolist(), "errors": errors.tolist(),
            "slopes": slopes(Bend, w, x).tolist(),
        },
        script="custom",
        data={"w": w},
        frames=lambda: held([_secant(w, 0.7, float(d)) for d in 10.0 ** -np.arange(0, 3.01, 0.125)], 2),
    )  # fmt: skip


def source(kind: type[Module]) -> list[str]:
    """The lines of a class as they are run, without what types are."""
    text = textwrap.dedent(inspect.getsource(kind))
    text = re.sub(r": (Array|float|Shape)\b| -> (Array|None|Shape|dict\[str, Any\])|  # type: .*", "", text)
    return text.replace("scale = 1.0", "scale=1.0").replace("w = _START", f"w={_START}").splitlines()


def verdict(kind: type[Bend], w: float, samples: FloatArray) -> list[tuple[str, bool]]:
    """(what the check says, whether it is right) of the gradient of the input and of w."""
    found = []
    for name in ("", "w"):
        subject = Subject(kind(w), samples.shape[1:], samples)
        try:
            found.append((check_gradients([subject], name), True))
        except Failed as error:
            found.append((str(error).partition(" (")[0], False))
    return found


def _word(said: tuple[str, bool]) -> str:
    return "right" if said[1] else "wrong"


def slopes(kind: type[Bend], w: float, x: DoubleArray) -> DoubleArray:
    """dy/dx by the layer's update_grad_input, with a gradient of 1 from behind."""
    layer = kind(w)
    found: DoubleArray = layer.update_grad_input(x, np.ones_like(x))
    return found


def difference_errors(w: float, at: float) -> DoubleArray:
    """|central difference - dy/dx| of sum exp(y) at a place, for each of _STEPS; exp, so that it is no parabola."""

    def value(x: float) -> float:
        return float(np.exp(x + w * x * x))

    exact = value(at) * (1 + 2 * w * at)
    return np.array([abs((value(at + h) - value(at - h)) / (2 * h) - exact) for h in _STEPS])


def _slopes(w: float, x: DoubleArray) -> Figure:
    """The layer, its slope by its method, by differences, and by the method that forgot the 2."""
    h = 1e-4
    layer = Bend(w)
    y = layer.update_output(x)
    spots = x[::8]
    ahead, behind = (layer.update_output(spots + shift) for shift in (h, -h))
    differences = (ahead - behind) / (2 * h)
    right, wrong = slopes(Bend, w, x), slopes(ForgotTwo, w, x)

    def pairs(across: DoubleArray, values: Any) -> list[tuple[float, float]]:
        return [(float(one), float(value)) for one, value in zip(across, values, strict=True)]

    parts: list[Part] = [
        Line(pairs(x, y), "soft", "y"), Line(pairs(x, wrong), "second", "without the 2"),
        Line(pairs(x, right), "first", "dy/dx by the method"),
        Dots(pairs(spots, differences), "mark", "by differences"),
    ]  # fmt: skip
    heights = [*y.tolist(), *right.tolist(), *wrong.tolist()]
    return Figure(f"w = {w:g}: differences lie on the slope, or they do not", (-2.0, 2.0), spread(heights), parts, "x")


def _secant(w: float, at: float, h: float) -> Stack:
    """E = exp(y) with the line through E(x - h) and E(x + h), and how far its slope is off."""

    def value(x: Any) -> Any:
        return np.exp(x + w * x * x)

    exact = float(value(at)) * (1 + 2 * w * at)
    slope = float(value(at + h) - value(at - h)) / (2 * h)
    x = np.linspace(-1.0, 2.0, 91)
    low, middle = float(value(at - h)), float(value(at - h) + value(at + h)) / 2
    ends = [(at + step, middle + slope * step) for step in (-1.2, 1.2)]
    parts: list[Part] = [
        Line([(float(one), float(value(one))) for one in x], "soft", "E = exp(y)"),
        Line(ends, "second", "through both points"), Dots([(at - h, low), (at + h, float(value(at + h)))], "second"),
        Dots([(at, float(value(at)))], "first", "x"),
    ]  # fmt: skip
    above = Figure(f"h = {h:.3g}: the difference is {slope:.5f}, dE/dx is {exact:.5f}", (-1.0, 2.0), (-1.0, 9.0), parts,
                   "x", "E")  # fmt: skip
    steps = 10.0 ** -np.arange(0, 3.01, 0.125)
    errors = [(float(np.log10(d)), float(np.log10(abs(float(value(at + d) - value(at - d)) / (2 * d) - exact))))
              for d in steps]  # fmt: skip
    below = Figure("the error of the difference: half the step, a quarter of it", (-3.1, 0.1),
                   spread([height for _, height in errors]),
                   [Line(errors, "soft"), Dots([(float(np.log10(h)), float(np.log10(abs(slope - exact))))], "second")],
                   "h", "log10", marks=[(float(p), f"1e{p}") for p in (-3, -2, -1, 0)])  # fmt: skip
    return Stack([above, below])


def _steps(errors: DoubleArray) -> Figure:
    """The error of a central difference against its step, both as powers of ten."""
    points = [(float(np.log10(h)), float(np.log10(max(error, 1e-16)))) for h, error in zip(_STEPS, errors, strict=True)]
    parts: list[Part] = [Line(points, "first", "error of the difference"), Dots(points, "first")]
    marks = [(float(power), f"1e{power}") for power in range(-12, 0, 2)]
    return Figure("too large a step and too small a one (float64)", (-12.2, -0.8),
                  spread([height for _, height in points]), parts, "h", "log10", marks=marks)  # fmt: skip


def _question(w: float) -> Question:
    """What the methods of the layer and of its faults give for one number."""
    x, gradient = np.array([2.0]), np.array([0.5])
    layer = Bend(w)
    layer.acc_grad_parameters(x, gradient)

    def handed_back(kind: type[Bend]) -> str:
        return f"{float(kind(w).update_grad_input(x, gradient)[0]):.4g}"

    choices = distinct([
        Choice(handed_back(Bend), True,
               f"0.5 x (1 + 2 w x) = 0.5 x {1 + 4 * w:.4g}: the gradient from behind times dy/dx."),
        Choice(handed_back(ForgotTwo), False, "That leaves out the 2: the derivative of w x² is 2 w x."),
        Choice(handed_back(ForgotChain), False, "That is dy/dx alone; the gradient from behind belongs to it."),
        Choice(f"{float(layer.grad_w[0]):.4g}", False,
               "That is what acc_grad_parameters adds to grad_w, 0.5 x²: the gradient of w, not of x."),
        Choice(f"{float(layer.update_output(x)[0]):.4g}", False, "That is the output y, which update_output gives."),
        Choice("0.5", False, "That hands the gradient back as it came, as if y were x."),
        Choice("0", False, "A gradient of 0 would mean that x has no say in y."),
    ])  # fmt: skip
    return Question(
        f"w is {w:g}. For x = 2 a gradient of 0.5 comes from behind. What does update_grad_input hand back?", choices
    )
