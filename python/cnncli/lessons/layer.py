"""A layer is a product of a matrix and a vector; without activations several are one."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cnncli.array_types import DoubleArray, FloatArray
from cnncli.layers import Linear
from cnncli.lessons.blocks import Asked, Choice, Lesson, Numbers, Question, Words, check_values, distinct, number
from cnncli.lessons.figures import Cells, Dots, Figure, Label, Line, Part, box, held, spread
from cnncli.network import Network

INPUT = (1.0, -2.0, 0.5)
_GRADIENT = (1.0, -0.5)  # dE/do of the backward pass that is shown
_REACH = (-3.0, 3.0)
_TERMS = 4  # of an output: three products and the bias


def small_layer(seed: int) -> Linear:
    """Three inputs and two outputs, with weights of one decimal, none of them 0."""
    rng = np.random.default_rng(seed)
    layer = Linear(3, 2)
    for array in (layer.weight, layer.bias):
        assert array is not None
        array[...] = np.round(rng.uniform(-2, 2, array.shape), 1)
        array[array == 0] = 0.5
    return layer


def lesson(asked: Asked) -> Lesson:
    x = check_values(asked.values, INPUT, range(3, 4), "the three inputs", 100)
    layer = small_layer(asked.seed)
    weight, bias = (np.asarray(one, np.float64).round(1) for one in (layer.weight, layer.bias))
    inputs = np.array([x], np.float32)
    outputs = np.asarray(layer.forward(inputs)[0], np.float64)
    layer.zero_grad_parameters()
    by_x = np.asarray(layer.backward(inputs, np.array([_GRADIENT], np.float32))[0], np.float64)
    by_weight = np.asarray(layer.grad_weight, np.float64)
    pair = _two_layers(layer, inputs, asked.seed)
    values = {
        "x": list(x), "weight": weight.tolist(), "bias": bias.tolist(), "outputs": outputs.tolist(),
        "by_x": by_x.tolist(), "by_weight": by_weight.tolist(), "by_bias": np.ravel(layer.grad_bias).tolist(),  # type: ignore[arg-type]
        "two": pair.two.tolist(), "one": pair.one.tolist(), "merged": pair.merged.tolist(), "apart": pair.apart,
    }  # fmt: skip
    return Lesson(
        name="layer",
        title="A layer is a product of a matrix",
        blocks=_blocks(x, weight, bias, outputs, by_x, by_weight, pair),
        question=_question(x, weight, bias, outputs),
        go_on=[
            "cnn learn layer --values 0,0,1             # one input alone: a column of W",
            'cnn explain digit.png --at "fc1[3]"        # one sum of a trained network',
            "cnn learn mlp",
        ],
        values=values,
        script="layer",
        data={"x": list(x), "weight": weight.tolist(), "bias": bias.tolist()},
        frames=lambda: held([_matrix_figure(x, weight, bias, outputs, done) for done in range(2 * _TERMS + 1)], 8),
    )  # fmt: skip


class _Pair(NamedTuple):
    """Two layers and the one that they are.

    two, one : the outputs of both
    merged : W2 W1
    apart : the largest difference of the outputs
    """

    two: DoubleArray
    one: DoubleArray
    merged: DoubleArray
    apart: float


def _two_layers(layer: Linear, inputs: FloatArray, seed: int) -> _Pair:
    """A second layer of 2 to 2 behind the first."""
    second, both = Linear(2, 2), Linear(3, 2)
    assert second.bias is not None and both.bias is not None and layer.bias is not None
    second.weight[...] = np.round(np.random.default_rng(seed + 50).uniform(-2, 2, (2, 2)), 1)
    second.bias[...] = 0.5
    both.weight[...] = second.weight @ layer.weight
    both.bias[...] = second.weight @ layer.bias + second.bias
    two = Network([layer, second], (3,)).forward(inputs)[0]
    one = both.forward(inputs)[0]
    merged = np.asarray(both.weight, np.float64)
    return _Pair(np.asarray(two, np.float64), np.asarray(one, np.float64), merged, float(np.abs(two - one).max()))


def _blocks(
    x: Sequence[float], weight: DoubleArray, bias: DoubleArray, outputs: DoubleArray, by_x: DoubleArray,
    by_weight: DoubleArray, pair: _Pair,
) -> list[Words | Numbers | Figure]:  # fmt: skip
    terms = [
        [f"o{k + 1}", *(f"{weight[k, j]:g} x {x[j]:g} = {weight[k, j] * x[j]:.4g}" for j in range(3)), f"{bias[k]:g}",
         f"{outputs[k]:.4g}"]
        for k in range(2)
    ]  # fmt: skip
    back = [
        ["dE/dx = Wt g", " ".join(f"{value:.4g}" for value in by_x)],
        *([f"dE/dw_{k + 1} = g_{k + 1} x", " ".join(f"{value + 0.0:.4g}" for value in by_weight[k])] for k in range(2)),
        ["dE/db = g", " ".join(f"{value:g}" for value in _GRADIENT)],
    ]
    two, one = pair.two, pair.one
    large = Linear(784, 100)
    count = sum(parameter.value.size for parameter in large.named_parameters())
    return [
        Words(
            "Each unit of a layer adds up all inputs, each times a weight of its own, and a bias: o_k = w_k1 x1 + "
            "w_k2 x2 + w_k3 x3 + b_k. Written for all units at once that is a product of a matrix: o = W x + b. A "
            "row of W holds the weights of one output, a column those of one input."
        ),
        _matrix_figure(x, weight, bias, outputs),
        Numbers("row times vector, term by term", ["", "w_k1 x1", "w_k2 x2", "w_k3 x3", "b", "o"], terms),
        Words(
            "That is why networks are quick: many samples make a matrix X of a sample a row, and X Wt + b gives all "
            "their outputs by one product, which processors are built for. A layer from 784 pixels to 100 units has "
            f"{count:,} weights and biases and multiplies {784 * 100:,} times for a sample."
        ),
        _lines_figure(x, weight, bias),
        Words(
            "Each output is a straight line of each input, and its slope is the weight. Two such layers behind each "
            "other are again straight lines, and so one layer: W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2). Here "
            f"two layers give ({two[0]:.4g}, {two[1]:.4g}) and the one with W2 W1 gives ({one[0]:.4g}, "
            f"{one[1]:.4g}); the largest difference is {pair.apart:.1g}. So there has to be an activation between "
            "layers."
        ),
        Words(
            f"Backward there are two more products. When the gradient g = dE/do = ({_GRADIENT[0]:g}, "
            f"{_GRADIENT[1]:g}) comes from behind, the inputs get Wt g, where Wt is W with rows and columns "
            "exchanged, and each weight gets the gradient of its output times its input."
        ),
        Numbers("what goes back", ["", "values"], back),
    ]


def _matrix_figure(
    x: Sequence[float], weight: DoubleArray, bias: DoubleArray, outputs: DoubleArray, done: int = 2 * _TERMS
) -> Figure:
    """W, x, b and o as squares. done : terms that are added up by now; the last of them is marked, and told"""
    parts: list[Part] = []
    for at, name, numbers, kind in (
        ((0.0, 2.5), "W", weight, "first"), ((3.7, 3.0), "x", np.array(x)[:, None], "second"),
        ((5.4, 2.5), "b", bias[:, None], "first"), ((7.1, 2.5), "o", outputs[:, None], "third"),
    ):  # fmt: skip
        there = np.arange(len(numbers)) < (done // _TERMS if name == "o" else len(numbers))
        texts = [[f"{value:.3g}" if shown else "" for value in row] for row, shown in zip(numbers, there, strict=True)]
        shades = numbers / max(float(np.abs(numbers).max()), 1e-9) * 0.6 * there[:, None]
        parts += [Cells(at, texts, shades.tolist(), kind), Label((at[0], at[1] + 0.15), name, kind)]
    parts += [Label((4.95, 1.4), "+", "soft"), Label((6.65, 1.4), "=", "soft")]
    notes = []
    if 0 < done < 2 * _TERMS:
        row, term = divmod(done - 1, _TERMS)
        frames = [(float(term), 2.5 - row), (3.7, 3.0 - term)] if term < _TERMS - 1 else [(5.4, 2.5 - row)]
        parts += [Line(box(at, 1, 1), "mark") for at in frames]
        told = [f"{weight[row, j]:g} x {x[j]:g}" for j in range(min(term + 1, 3))]
        told += [f"{bias[row]:g}"] if term == _TERMS - 1 else []
        terms = np.append(weight[row] * np.array(x), bias[row])
        notes = [f"o{row + 1} = {' + '.join(told)} = {float(terms[: term + 1].sum()):.4g}"]
    elif done:
        notes = [f"o1 = {outputs[0]:.4g}, o2 = {outputs[1]:.4g}"]
    return Figure("o = W x + b", (-0.2, 8.4), (-0.3, 3.5), parts, bare=True, notes=notes)


def _lines_figure(x: Sequence[float], weight: DoubleArray, bias: DoubleArray) -> Figure:
    """Both outputs over x1, the other inputs as they are."""
    parts: list[Part] = []
    ends: list[float] = []
    for k, kind in ((0, "first"), (1, "second")):
        rest = float(bias[k] + weight[k, 1] * x[1] + weight[k, 2] * x[2])
        line = [(at, rest + float(weight[k, 0]) * at) for at in _REACH]
        here = (x[0], rest + float(weight[k, 0]) * x[0])
        ends += [height for _, height in line]
        parts += [Line(line, kind, f"o{k + 1}, slope {weight[k, 0]:g}"), Dots([here], kind)]
    return Figure("both outputs over the first input", _REACH, spread(ends), parts, "x1", "o")


def _question(x: Sequence[float], weight: DoubleArray, bias: DoubleArray, outputs: DoubleArray) -> Question:
    products = weight[1] * np.array(x)
    choices = distinct([
        Choice(number(float(outputs[1])), True,
               " + ".join(f"{value:.4g}" for value in products) + f" + {bias[1]:g} = {number(float(outputs[1]))}."),
        Choice(number(float(products.sum())), False, "That leaves out the bias b2."),
        Choice(number(float(outputs[0])), False, "That is o1, from the first row of W; the second row makes o2."),
        Choice(number(float(weight[1].sum() + bias[1])), False, "That adds the weights without their inputs."),
        Choice(number(float(np.abs(products).sum() + bias[1])), False, "That drops the signs of the products."),
        Choice("a vector of three numbers", False, "A row times a vector is one number; W has a row for each output."),
    ])  # fmt: skip
    return Question("What is the second output of this layer, o2?", choices)
