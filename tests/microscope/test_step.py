"""One step in the open: the step of a training, and the chain of factors behind a gradient."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnncli
from closeness import same_bits
from cnncli.cli.main import run
from cnncli.cli.render_step import chain_lines
from cnncli.criteria import CrossEntropyLoss, MSELoss
from cnncli.layers import (
    BatchNorm1d,
    BatchNorm2d,
    CMul,
    Concat,
    Conv2d,
    Dropout,
    Flatten,
    GroupNorm,
    Linear,
    MaxPool2d,
    Module,
    Parallel,
    PReLU,
    Residual,
    Sigmoid,
    SubSampling2d,
    Tanh,
    register,
)  # fmt: skip
from cnncli.microscope.chain import Chain, find_weight, gradient_chain, largest_gradient
from cnncli.microscope.one_step import Batch, one_step
from cnncli.network import Network
from cnncli.optim import SGD

DIGIT = Path(__file__).parents[2] / "digit.png"


def smooth(
    layers: list[Module], rng: np.random.Generator, shape: tuple[int, ...] = (2, 4, 4), samples: int = 3
) -> Batch:
    """A batch of a network whose weights are no initial ones; no layer of it has kinks but where a test says so."""
    network = Network(layers, shape)
    network.initialize(seed=3)
    for parameter in network.named_parameters():
        parameter.value[...] = rng.uniform(-0.6, 0.6, parameter.value.shape)
    outputs = network.output_shape(shape)
    return Batch(
        network, rng.normal(size=(samples, *shape)).astype(np.float32), rng.normal(size=(samples, *outputs)), MSELoss()
    )


CASES: dict[str, Callable[[], list[Module]]] = {
    "convolution": lambda: [Conv2d(2, 3, 3, padding=1), Tanh(), Flatten(), Linear(48, 2)],
    "batch normalization": lambda: [BatchNorm2d(2), Tanh(), Flatten(), Linear(32, 4), BatchNorm1d(4)],
    "group normalization": lambda: [GroupNorm(1, 2), Conv2d(2, 2, 2), Sigmoid()],
    "dropped units": lambda: [Conv2d(2, 4, 3), Dropout(0.5), Flatten(), Linear(16, 2)],
    "gains": lambda: [CMul((2, 1, 1)), PReLU(2), Flatten(), Linear(32, 1)],
    "sub-sampling": lambda: [SubSampling2d(2, 2), Tanh(), Flatten(), Linear(8, 2)],
    "a residual": lambda: [Residual([Conv2d(2, 2, 3, padding=1), Tanh()]), Conv2d(2, 1, 4)],
    "branches beside each other": lambda: [Concat([Conv2d(2, 2, 1)], [Tanh(), Conv2d(2, 1, 1)]), Conv2d(3, 1, 4)],
    "channels shared out": lambda: [Parallel([Conv2d(1, 2, 1)], [Conv2d(1, 1, 1), Tanh()]), Flatten(), Linear(48, 2)],
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_gradient_of_each_parameter_is_its_finite_difference(case: str, rng: np.random.Generator) -> None:
    batch = smooth(CASES[case](), rng)
    batch.gradients()
    for parameter in batch.network.named_parameters():
        chain = gradient_chain(batch, *largest_gradient([parameter]))
        assert chain.difference == pytest.approx(chain.gradient, rel=2e-2, abs=2e-3)
        assert chain.path == pytest.approx(np.prod([factor.value for factor in chain.factors]))
        assert chain.factors[0].of == ("loss", ()) and chain.factors[-1].by == (chain.parameter, chain.place)
        for one, other in itertools.pairwise(chain.factors):
            assert one.by == other.of


def test_the_factors_are_the_derivatives_of_the_formula(rng: np.random.Generator) -> None:
    batch = smooth([Linear(3, 4), Tanh(), Linear(4, 2)], rng, (3,), samples=1)
    first, second = batch.network[0], batch.network[2]
    x, target = batch.samples[0].astype(np.float64), np.asarray(batch.targets)[0]
    hidden = np.tanh(first.weight @ x + first.bias)
    error = second.weight @ hidden + second.bias - target
    chain = gradient_chain(batch, "0.weight", (2, 1))
    # Of the two outputs the one by which more of the loss depends on hidden unit 2; MSELoss is a mean of two squares.
    paths = [error[k] * second.weight[k, 2] * (1 - hidden[2] ** 2) * x[1] for k in (0, 1)]
    best = int(np.argmax(np.abs(paths)))
    assert [factor.value for factor in chain.factors] == pytest.approx(
        [error[best], second.weight[best, 2], 1 - hidden[2] ** 2, x[1]], rel=1e-4
    )
    assert chain.gradient == pytest.approx(sum(paths), rel=1e-4)
    assert chain.units == 1


def test_a_batch_is_left_as_it_was_and_drops_the_same_units_again(rng: np.random.Generator) -> None:
    batch = smooth([BatchNorm2d(2), Dropout(0.5), Flatten(), Linear(32, 2)], rng)
    batch.network.eval()
    before = [array.copy() for _, array in (*batch.network.named_buffers(),)]
    weights = [parameter.value.copy() for parameter in batch.network.named_parameters()]
    assert batch.loss() == batch.loss() == batch.gradients()
    gradient_chain(batch, "3.weight", (0, 0))
    assert not batch.network.training
    assert all(same_bits(old, new) for old, (_, new) in zip(before, batch.network.named_buffers(), strict=True))
    assert all(same_bits(old, new.value) for old, new in zip(weights, batch.network.named_parameters(), strict=True))


def test_a_step_is_that_of_a_trainer(rng: np.random.Generator) -> None:
    images, labels = rng.normal(size=(8, 1, 6, 6)).astype(np.float32), rng.integers(0, 3, 8)
    networks = [Network([Conv2d(1, 2, 3), Tanh(), Flatten(), Linear(32, 3)], (1, 6, 6)) for _ in range(2)]
    for network in networks:
        network.initialize(seed=5)
    step = one_step(Batch(networks[0], images, labels, CrossEntropyLoss()), SGD(0.1))
    [*_, done] = cnncli.Trainer(networks[1], (images, labels), optimizer=SGD(0.1), epochs=1, batch_size=8)
    assert done.loss == pytest.approx(step.before, rel=1e-6)
    for one, other in zip(networks[0].named_parameters(), networks[1].named_parameters(), strict=True):
        assert np.allclose(one.value, other.value, atol=1e-6)
    assert step.after < step.before
    assert [row.change for row in step.parameters] == pytest.approx(
        [0.1 * row.gradient for row in step.parameters], rel=1e-4
    )


def test_a_custom_layer_that_is_not_linear_in_its_weight(
    rng: np.random.Generator
) -> None:
    @register
    class Swish(Module):
        """x / (1 + exp(-slope x)) with a learned slope."""

        parameter_names = ("slope",)

        def __init__(self) -> None:
            self.slope, self.grad_slope = np.float32([0.7]), np.zeros(1, np.float32)

        def update_output(self, input: Any) -> Any:
            return input / (1 + np.exp(-self.slope * input))

        def update_grad_input(self, input: Any, grad_output: Any) -> Any:
            gate = 1 / (1 + np.exp(-self.slope * input))
            return grad_output * (gate + input * gate * (1 - gate) * self.slope)

        def acc_grad_parameters(self, input: Any, grad_output: Any, scale: float = 1.0) -> None:
            gate = 1 / (1 + np.exp(-self.slope * input))
            self.grad_slope += scale * np.sum(grad_output * input**2 * gate * (1 - gate))

        def settings(self) -> dict[str, Any]:
            return {}

    batch = smooth([Linear(3, 4), Swish(), Linear(4, 1)], rng, (3,), samples=1)
    chain = gradient_chain(batch, "1.slope", (0,))
    assert chain.difference == pytest.approx(chain.gradient, rel=1e-2, abs=1e-4)
    x, slope = batch.network[0](batch.samples)[0].astype(np.float64), float(batch.network[1].slope[0])
    unit = chain.factors[-1].of[1][1]
    gate = 1 / (1 + np.exp(-slope * x[unit]))
    assert chain.factors[-1].value == pytest.approx(x[unit] ** 2 * gate * (1 - gate), rel=1e-3)


def test_a_weight_behind_which_nothing_depends_on_it_says_so(rng: np.random.Generator) -> None:
    batch = smooth([Conv2d(2, 1, 1), MaxPool2d(4), Flatten(), Linear(1, 1)], rng, samples=1)
    batch.network[3].weight[...] = 0
    chain = gradient_chain(batch, "0.weight", (0, 0, 0, 0))
    assert (chain.gradient, chain.path, list(chain.factors)) == (0, 0, [])


@pytest.mark.parametrize(
    ("text", "said"),
    [("9.weight[0]", 'no parameter is named "9.weight"; use one of 0.weight, 0.bias'),
     ("0.weight", "0.weight is 4x3, counted from 0; use indices up to 0.weight[3,2]"),
     ("0.weight[4,0]", "use indices up to 0.weight[3,2]"), ("0.weight[-1,0]", "use indices up to 0.weight[3,2]")],
)  # fmt: skip
def test_what_is_no_weight_is_one_clear_line(text: str, said: str) -> None:
    with pytest.raises(cnncli.errors.UsageError) as caught:
        find_weight(list(Network([Linear(3, 4)], (3,)).named_parameters()), text)
    assert said in str(caught.value)


def small_data(folder: Path) -> str:
    rng = np.random.default_rng(1)
    images, labels = rng.integers(0, 256, (60, 28, 28), dtype=np.uint8), np.arange(60) % 3
    np.savez(folder / "small.npz", x_train=images, y_train=labels)
    return str(folder / "small.npz")


def test_the_command_shows_a_step_and_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = small_data(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert run(["step", "lenet5", "--data", data, "--batch-size", "4", "--explain", "--weight", "11.bias[1]"]) == 0
    text = capsys.readouterr().out
    assert "optimizer.step(network.named_parameters())" in text and "the gradient of 11.bias[1]" in text
    assert all(len(line) <= 110 for line in text.splitlines())
    assert run(["step", "lenet5", "--data", data, "--lr", "0.001", "--explain", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert len(facts["samples"]) == 8 and facts["loss_after"] < facts["loss_before"]
    assert facts["chain"]["finite_difference"] == pytest.approx(facts["chain"]["gradient"], rel=0.1, abs=5e-3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.npz"]


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--weight", "0.weight[0,0,0,0]"], "give both"), (["--optim", "lbfgs", "--batch-size", "full"], "many passes"),
     (["--explain", "--weight", "zero"], "no parameter is named")],
)  # fmt: skip
def test_wrong_wishes_are_one_line(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["step", "lenet5", "--data", small_data(tmp_path), *words]) == 2
    assert said in capsys.readouterr().err


def test_explain_shows_the_terms_and_draws_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "lenet5", str(DIGIT), "--at", "conv1[3,10,12]"]) == 0
    text = capsys.readouterr().out
    assert "sum of 25 products" in text and "Then 1 ReLU" in text and "The answer is 5" in text
    assert all(len(line) <= 120 for line in text.splitlines())
    assert run(["explain", "lenet5", str(DIGIT), "--at", "fc1[3]", "--all"]) == 0
    assert capsys.readouterr().out.count(" x ") >= 300
    for at in ("3[5,1,3]", "pool2[6,3,2]", "relu1[0,9,8]", "fc3[5]", "6[17]"):
        out = tmp_path / "unit.png"
        assert run(["explain", "lenet5", str(DIGIT), "--at", at, "--out", str(out)]) == 0
        assert out.read_bytes().startswith(b"\x89PNG")
    capsys.readouterr()
    assert run(["explain", "lenet5", str(DIGIT), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["unit"] == [5] and facts["probabilities"]["5"] > 0.9
    assert facts["computed"] == pytest.approx(facts["output"], rel=1e-5)
    assert run(["explain", "lenet5", str(DIGIT), "--at", "conv1"]) == 2
    assert "no unit; use LAYER[INDEX,...]" in capsys.readouterr().err


def test_a_step_and_its_chain_fit_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["step", "lenet5", "--data", "digits", "--explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 30 and max(map(len, lines)) <= 80, max(lines, key=len)


@pytest.mark.parametrize("difference", [0.997, -1.0])
def test_why_gradients_differ_fits_80_columns(difference: float) -> None:
    chain = Chain("0.weight", (0, 0), 1.0, 1.0, difference, 1e-3, 2.0, 1.0, 123_456_789, [], 0.0)
    assert max(map(len, chain_lines(chain))) <= 80


@pytest.mark.parametrize(
    ("difference", "said"),
    [(0.5, ""), (0.5002, ""), (0.49, "  2.0 % apart, by the rounding"), (-0.5, "  200 % apart: many kinks")],
)
def test_a_finite_difference_that_is_off_is_told_why(difference: float, said: str) -> None:
    chain = Chain("0.weight", (0, 0), 1.0, 0.5, difference, 1e-3, 2.0, 1.0, 1, [], 0.0)
    lines = [line for line in chain_lines(chain) if "apart" in line]
    assert len(lines) == bool(said) and all(line.startswith(said) for line in lines)
