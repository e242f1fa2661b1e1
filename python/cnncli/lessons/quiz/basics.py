"""Questions on regression, activations, layers, their parameters, and softmax."""

import numpy as np

from cnncli.criteria import CrossEntropyLoss, MSELoss
from cnncli.layers import LAYER_TYPES, Conv2d, Linear
from cnncli.lessons.quiz.asked import Drawn, drawn, pick, plain, whole


def regression(rng: np.random.Generator) -> Drawn | None:
    """dE/dw1 of a line, or w1 after a step."""
    w0, w1, x, t = whole(rng, -3, 3), int(pick(rng, -2, -1, 1, 2, 3)), whole(rng, 2, 5), whole(rng, -6, 9)
    line, loss = Linear(1, 1), MSELoss()
    assert line.bias is not None and line.grad_bias is not None
    line.weight[...], line.bias[...] = w1, w0
    sample, target = np.array([[float(x)]], np.float32), np.array([[float(t)]], np.float32)
    output = line.forward(sample)
    line.zero_grad_parameters()
    line.backward(sample, loss.backward(output, target))
    o, gradient, of_w0 = float(output[0, 0]), float(line.grad_weight[0, 0]), float(line.grad_bias[0])
    said = f"A line o = w0 + w1 x has w0 = {w0} and w1 = {w1}. A sample has x = {x} and t = {t}; E = (o-t)²."
    worked = f"o = {plain(o)}, so dE/dw1 = 2 (o - t) x = 2 * {plain(o - t)} * {x} = {plain(gradient)}"
    if rng.random() < 0.5:
        return drawn(
            rng, f"{said} What is dE/dw1?", (plain(gradient), f"{worked}."),
            [(plain(gradient / 2), "The 2 is missing: it comes from the derivative of the square."),
             (plain(of_w0), "That is dE/dw0. w1 multiplies x, so x is one more factor of its gradient."),
             (plain(-gradient), "The sign is turned. The step goes against the gradient; the gradient itself points "
              "uphill.")],
        )  # fmt: skip
    rate = pick(rng, 0.1, 0.05, 0.01)
    return drawn(
        rng, f"{said} What is w1 after one step of gradient descent with rate {rate}?",
        (plain(w1 - rate * gradient), f"{worked}, and w1 := {w1} - {rate} * {plain(gradient)}."),
        [(plain(w1 + rate * gradient), "This step goes uphill: descent subtracts the gradient."),
         (plain(w1 - rate * of_w0), "That is the step of w0's gradient: the factor x of dw1 is missing."),
         (plain(w1 - gradient), "The rate is missing: it says how much of the gradient is taken.")],
    )  # fmt: skip


def activation(rng: np.random.Generator) -> Drawn | None:
    """f or f' of an activation at a place."""
    kinds = {"sigmoid": "Sigmoid", "tanh": "Tanh", "ReLU": "ReLU", "leaky ReLU": "LeakyReLU"}
    name = list(kinds)[whole(rng, 0, 3)]
    function, x = LAYER_TYPES[kinds[name]](), float(pick(rng, -2, -1, -0.5, 0.5, 1, 2))
    place = np.array([[x]], np.float32)
    f = float(function.forward(place)[0, 0])
    slope = float(function.backward(place, np.ones_like(place))[0, 0])
    told = " (slope 0.01 on the left)" if name == "leaky ReLU" else ""
    text = f"What is the derivative f'(x) of {name}{told} at x = {plain(x)}, the factor of back-propagation?"
    if name in ("sigmoid", "tanh"):
        formula, other = ("f (1 - f)", "1 - f²") if name == "sigmoid" else ("1 - f²", "f (1 - f)")
        wrongs = {
            "sigmoid": plain(1 - f * f), "tanh": plain(f * (1 - f)),
        }  # fmt: skip
        return drawn(
            rng, text, (plain(slope), f"f(x) = {plain(f)}, and f' = {formula} = {plain(slope)}."),
            [(plain(f), "That is f(x) itself: what goes forward. Backward goes the derivative."),
             (wrongs[name], f"{other} is the derivative of {'tanh' if name == 'sigmoid' else 'sigmoid'}."),
             ("1", "1 is the derivative of ReLU right of 0; this function flattens, so its gradients shrink.")],
        )  # fmt: skip
    slopes = {"ReLU": "0 left of 0 and 1 right of it", "leaky ReLU": "0.01 left of 0 and 1 right of it"}
    wrong = [
        (plain(x), "That is x. The derivative of a straight piece is its slope, whatever x is."),
        ("0.01", "That slope belongs to the leaky ReLU, left of 0."),
        ("0", "Only ReLU has the slope 0, and only left of 0: there a unit learns nothing."),
        ("1", "The slope is 1 right of 0 only."),
    ]
    return drawn(rng, text, (plain(slope), f"{name} has the slope {slopes[name]}."), wrong)


def layer(rng: np.random.Generator) -> Drawn | None:
    """The shape of a matrix of weights, or of what a batch becomes."""
    inputs, outputs, samples = whole(rng, 5, 12), whole(rng, 2, 4), whole(rng, 13, 32)
    linear = Linear(inputs, outputs)
    said = f"A layer o = f(W x + b) takes {inputs} values and gives {outputs}."
    if rng.random() < 0.5:
        rows, columns = linear.weight.shape
        return drawn(
            rng, f"{said} What shape has W?",
            (f"{rows} x {columns}", f"Each of the {outputs} outputs has a row of {inputs} weights, one for each "
             "input."),
            [(f"{columns} x {rows}", "Turned: in W x each row of W makes one output, so the rows are the outputs."),
             (f"{outputs} x {inputs + 1}", "The bias is no column of W: b is a vector of its own."),
             (f"{inputs} x {inputs}", "Such a matrix gives as many values as it takes.")],
        )  # fmt: skip
    got = linear.forward(np.zeros((samples, inputs), np.float32)).shape
    return drawn(
        rng, f"{said} What shape has its output for a batch of {samples} samples?",
        (f"{got[0]} x {got[1]}", f"A row for each of the {samples} samples, with its {outputs} outputs."),
        [(f"{outputs} x {samples}", "Turned: the samples are the rows, as they are of the input."),
         (f"{samples} x {inputs}", "That is the shape of the input; the layer makes other values of each row."),
         (f"{outputs}", "That is one sample's output. Samples of a batch do not mix.")],
    )  # fmt: skip


def parameters(rng: np.random.Generator) -> Drawn | None:
    """How many parameters a layer has."""
    if rng.random() < 0.5:
        channels, maps, side = int(pick(rng, 3, 6, 8)), int(pick(rng, 8, 16, 32)), int(pick(rng, 3, 5))
        size = int(pick(rng, 14, 28))
        count = Conv2d(channels, maps, side).parameter_count()
        weights = maps * channels * side * side
        return drawn(
            rng, f"A convolution with masks of {side}x{side} takes {channels} maps of {size}x{size} and gives "
            f"{maps} maps. "
            "How many parameters are learned, with a bias for each map that it gives?",
            (f"{count:,}", f"{maps} masks with {channels} * {side} * {side} weights and a bias each."),
            [(f"{weights:,}", f"The {maps} biases are missing."),
             (f"{maps * (side * side + 1):,}", f"A mask reaches through all {channels} maps of the input; counted "
              "is one."),
             (f"{count * (size - side + 1) ** 2:,}", "That counts every place anew. The same mask slides over all "
              "places: "
              "that it is shared is what a convolution is for.")],
        )  # fmt: skip
    inputs, outputs = int(pick(rng, 400, 784, 120)), int(pick(rng, 84, 10, 100))
    count = Linear(inputs, outputs).parameter_count()
    return drawn(
        rng, f"How many parameters has a full layer from {inputs} values to {outputs}, with biases?",
        (f"{count:,}", f"{inputs} * {outputs} weights and {outputs} biases."),
        [(f"{inputs * outputs:,}", f"The {outputs} biases are missing."),
         (f"{inputs * outputs + inputs:,}", "A bias belongs to each output, not to each input."),
         (f"{inputs + outputs:,}", "Each output has a weight for every input: the numbers multiply.")],
    )  # fmt: skip


def softmax(rng: np.random.Generator) -> Drawn | None:
    """The negative log-likelihood of scores."""
    scores = rng.permutation([whole(rng, 8, 10), whole(rng, 11, 13), whole(rng, 13, 15)]).astype(np.float32)
    target = whole(rng, 0, 2)
    outputs = scores[np.newaxis]
    loss = CrossEntropyLoss()
    error = float(loss.forward(outputs, [target]))
    share = np.exp(-error)
    others = [float(loss.forward(outputs, [other])) for other in range(3) if other != target]
    shown = ", ".join(plain(float(score)) for score in scores)
    return drawn(
        rng, f"A network gives the scores {shown} for three classes. The target is the "
        f"{('first', 'second', 'third')[target]} "
        "class. What is the negative log-likelihood behind softmax?",
        (plain(error), f"Softmax gives the target the probability {plain(share)}, and E = -log {plain(share)}."),
        [(plain(-error), "The sign is turned: the logarithm of a probability is below 0, and the loss its negative."),
         (plain(others[0]), "That is the loss if another class were the target."),
         (plain(float(share)), "That is the probability of the target; its negative logarithm is the loss."),
         (plain(others[1]), "That is the loss if the remaining class were the target.")],
    )  # fmt: skip
