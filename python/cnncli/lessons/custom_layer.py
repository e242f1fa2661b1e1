"""A layer of one's own: three methods, and how finite differences find what is wrong in them."""

import inspect
import re
import textwrap
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.checks.differences import Failed, check_gradients
from cnncli.checks.subject import Subject
from cnncli.layers import Module
from cnncli.layers.arrays import FloatArray, Shape
from cnncli.lessons.blocks import Asked, Block, Choice, Code, Lesson, Numbers, Question, Words, check_values
from cnncli.lessons.figures import Dots, Figure, Line, Part, spread

_START = 0.25
_STEPS = 10.0 ** np.arange(-1, -13, -1.0)
Array = npt.NDArray[Any]
Doubles = npt.NDArray[np.float64]


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
        question=_question(w, samples),
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


def slopes(kind: type[Bend], w: float, x: Doubles) -> Doubles:
    """dy/dx by the layer's update_grad_input, with a gradient of 1 from behind."""
    layer = kind(w)
    found: Doubles = layer.update_grad_input(x, np.ones_like(x))
    return found


def difference_errors(w: float, at: float) -> Doubles:
    """|central difference - dy/dx| of sum exp(y) at a place, for each of _STEPS; exp, so that it is no parabola."""
    def value(x: float) -> float:
        return float(np.exp(x + w * x * x))

    exact = value(at) * (1 + 2 * w * at)
    return np.array([abs((value(at + h) - value(at - h)) / (2 * h) - exact) for h in _STEPS])


def _slopes(w: float, x: Doubles) -> Figure:
    """The layer, its slope by its method, by differences, and by the method that forgot the 2."""
    h = 1e-4
    layer = Bend(w)
    y = layer.update_output(x)
    spots = x[::8]
    ahead, behind = (layer.update_output(spots + shift) for shift in (h, -h))
    differences = (ahead - behind) / (2 * h)
    right, wrong = slopes(Bend, w, x), slopes(ForgotTwo, w, x)

    def pairs(across: Doubles, values: Any) -> list[tuple[float, float]]:
        return [(float(one), float(value)) for one, value in zip(across, values, strict=True)]

    parts: list[Part] = [
        Line(pairs(x, y), "soft", "y"), Line(pairs(x, wrong), "second", "without the 2"),
        Line(pairs(x, right), "first", "dy/dx by the method"),
        Dots(pairs(spots, differences), "mark", "by differences"),
    ]  # fmt: skip
    heights = [*y.tolist(), *right.tolist(), *wrong.tolist()]
    return Figure(f"w = {w:g}: differences lie on the slope, or they do not", (-2.0, 2.0), spread(heights), parts, "x")


def _steps(errors: Doubles) -> Figure:
    """The error of a central difference against its step, both as powers of ten."""
    points = [
        (float(np.log10(h)), float(np.log10(max(error, 1e-16)))) for h, error in zip(_STEPS, errors, strict=True)
    ]
    parts: list[Part] = [Line(points, "first", "error of the difference"), Dots(points, "first")]
    marks = [(float(power), f"1e{power}") for power in range(-12, 0, 2)]
    return Figure("too large a step and too small a one (float64)", (-12.2, -0.8),
                  spread([height for _, height in points]), parts, "h", "log10", marks=marks)  # fmt: skip


def _question(w: float, samples: FloatArray) -> Question:
    """Which method is wrong if the answers are right and w never moves: computed by the check of each fault."""
    broken = {
        "update_output": "Then the output itself would be wrong; the network's answers are right.",
        "update_grad_input": "That is what layers before it learn by; w does not need it.",
        "output_shape": "That is asked when the network is put together, and says nothing of w.",
    }
    assert [right for _, right in verdict(ForgotWeight, w, samples)] == [True, False]
    return Question(
        "A layer of yours gives the right outputs, and the layers before it learn, but its own w never changes. "
        "Which of "
        "its methods is to blame?",
        [
            *(Choice(name, False, why) for name, why in list(broken.items())[:2]),
            Choice("acc_grad_parameters", True,
                   "It adds nothing to grad_w, so that a step has nothing to go by: of the layers above it is the one "
                   "whose gradient of w alone is wrong."),
            Choice("output_shape", False, broken["output_shape"]),
        ],
    )  # fmt: skip
