"""Questions on back-propagation, descent, and optimizers."""

import numpy as np

from cnncli import optim
from cnncli.criteria import MSELoss
from cnncli.layers import Linear, Sequential, Tanh
from cnncli.layers.parameter import Parameter
from cnncli.lessons.quiz.asked import Drawn, drawn, pick, plain, whole
from cnncli.optim import Optimizer


def backprop(rng: np.random.Generator) -> Drawn | None:
    """The gradient of the first of two weights, through tanh."""
    w1, w2 = float(pick(rng, -1, -0.5, 0.5, 1)), float(pick(rng, -3, -2, 2, 3))
    x, t = float(pick(rng, 0.5, 2, 3)), float(whole(rng, -2, 2))
    first, second, loss = Linear(1, 1, bias=False), Linear(1, 1, bias=False), MSELoss()
    first.weight[...], second.weight[...] = w1, w2
    network = Sequential(first, Tanh(), second)
    sample, target = np.array([[x]], np.float32), np.array([[t]], np.float32)
    output = network.forward(sample)
    network.zero_grad_parameters()
    network.backward(sample, loss.backward(output, target))
    o, gradient = float(output[0, 0]), float(first.grad_weight[0, 0])
    h = float(np.tanh(w1 * x))
    slope = 1 - h * h
    return drawn(
        rng, f"o = w2 h, h = tanh(w1 x), E = (o-t)². With w1 = {plain(w1)}, w2 = {plain(w2)}, x = {plain(x)}, "
        f"t = {plain(t)} these are h = {plain(h)} and o = {plain(o)}. What is dE/dw1?",
        (plain(gradient, 3), f"2 (o - t) * w2 * (1 - h²) * x = {plain(2 * (o - t))} * {plain(w2)} * {plain(slope)} * "
         f"{plain(x)}: a factor for each step on the way back."),
        [(plain(gradient / slope, 3), "The factor of tanh is missing: 1 - h²."),
         (plain(gradient / w2, 3), "The factor w2 is missing: dE/dh is dE/do times w2."),
         (plain(gradient / x, 3), "The factor x is missing: w1 multiplies x."),
         (plain(2 * (o - t) * h, 3), "That is dE/dw2, whose way back is one step shorter.")],
    )  # fmt: skip


def descent(rng: np.random.Generator) -> Drawn | None:
    """Steps of an epoch, sums for means, or the largest rate."""
    kind = whole(rng, 0, 2)
    if kind == 0:
        images, batch, epochs = whole(rng, 3, 60) * 1000, int(pick(rng, 64, 96, 128)), whole(rng, 2, 5)
        steps = -(-images // batch)  # where none is left over, the first wrong answer is right, and nothing is asked
        return drawn(
            rng, f"{images:,} samples, mini-batches of {batch}, {epochs} epochs: how many steps are taken?",
            (f"{steps * epochs:,}", f"{images:,} / {batch} = {images / batch:g}, so {steps:,} steps an epoch with "
             "the last "
             f"batch smaller, {epochs} times."),
            [(f"{images // batch * epochs:,}", "The samples that are left over make a step of their own."),
             (f"{images * epochs:,}", "That is stochastic descent: a step for each sample."),
             (f"{epochs:,}", "That is batch descent: one step an epoch, of all samples.")],
        )  # fmt: skip
    if kind == 1:
        batch, rate = int(pick(rng, 10, 20, 50, 100)), float(pick(rng, 0.1, 0.2, 0.5))
        output = np.linspace(-1, 1, batch, dtype=np.float32)[:, np.newaxis]
        target = np.full_like(output, 2)
        means, sums = (MSELoss(reduction=one).backward(output, target) for one in ("mean", "sum"))
        times = float(sums[0, 0] / means[0, 0])
        return drawn(
            rng, f"A program sums the gradients of its batch of {batch} samples and does not divide. Which rate "
            "takes the "
            f"step that {plain(rate)} takes with the mean?",
            (plain(rate / times, 5), f"The sum is {plain(times)} times the mean, so the rate is to be as many "
             "times smaller."),
            [(plain(rate * times, 5), "The sum is larger than the mean, so its rate has to be smaller, not larger."),
             (plain(rate, 5), "With it the step would be as many times too large as there are samples."),
             (plain(rate / times**0.5, 5), "The root would suit the noise of the sum; the sum itself grows with "
              "the count.")],
        )  # fmt: skip
    bend = float(pick(rng, 4, 5, 8, 10))
    most = 2 / bend
    return drawn(
        rng, f"E(w) = {plain(bend / 2)} w², so dE/dw = {plain(bend)} w. From which rate on does gradient descent "
        "move away "
        "from the lowest point?",
        (plain(most), f"A step multiplies w by 1 - {plain(bend)} rate, which is -1 at {plain(most)}: beyond it w "
         "grows."),
        [(plain(1 / bend), "This rate reaches the lowest point in one step: the factor is 0."),
         (plain(most / 4), "With this one every step halves the distance."),
         (plain(2 * most), "By then w is three times as far away after each step, on the other side.")],
    )  # fmt: skip


def momentum(rng: np.random.Generator) -> Drawn | None:
    """w after two steps with momentum, or Adam's first step."""
    if rng.random() < 0.5:
        rate, gradient = float(pick(rng, 0.01, 0.1, 0.001)), float(pick(rng, 5, 40, 250))
        moved = -_walk(optim.Adam(rate), 0.0, [gradient])
        return drawn(
            rng, f"Adam begins with rate {plain(rate)}, and the first gradient of a weight is {plain(gradient)}. "
            "By how much "
            "does the weight change?",
            (plain(moved), "The corrected means are g and g², so the step is rate * g / |g|: the rate, whatever "
             "the gradient."),
            [(plain(rate * gradient), "That is plain descent: rate times gradient. Adam divides by the gradient's "
              "size."),
             (plain(rate * 0.1 / 0.001**0.5), "Without the correction of both means for their start at 0 it would "
              "be so."),
             (plain(rate * 0.1), "The mean starts at 0 and has 0.1 g after a step, but Adam corrects that.")],
        )  # fmt: skip
    start, gamma, rate = float(whole(rng, 1, 4)), float(pick(rng, 0.5, 0.8, 0.9)), float(pick(rng, 0.1, 0.2))
    one, two = float(whole(rng, 2, 6)), float(whole(rng, 1, 5))
    end = _walk(optim.SGD(rate, momentum=gamma), start, [one, two])
    damped = start - rate * one - rate * (gamma * one + (1 - gamma) * two)
    return drawn(
        rng, f"Momentum: v := {plain(gamma)} v + {plain(rate)} g, w := w - v, with v = 0 and w = {plain(start)} "
        "at first. Two "
        f"gradients come, {plain(one)} and {plain(two)}. Where is w?",
        (plain(end), f"v is {plain(rate * one)}, then {plain(gamma)} * {plain(rate * one)} + {plain(rate * two)} = "
         f"{plain(gamma * rate * one + rate * two)}; both are subtracted."),
        [(plain(start - rate * (one + two)), "That is plain descent: the second step keeps a share of the first "
          "velocity."),
         (plain(damped), "That damps the second gradient by 1 - gamma, as Torch7's sgd does where nothing is said."),
         (plain(start - gamma * rate * one - rate * two), "The first step is missing: the velocity moves w each "
          "time."),
         (plain(start + (start - end)), "Uphill: the velocity is subtracted.")],
    )  # fmt: skip


def _walk(optimizer: Optimizer, start: float, gradients: list[float]) -> float:
    """Where an optimizer leads one weight."""
    value, gradient = np.array([start], np.float32), np.zeros(1, np.float32)
    parameter = Parameter("w", value, gradient, False)
    for one in gradients:
        gradient[...] = one
        optimizer.step([parameter])
    return float(value[0])
