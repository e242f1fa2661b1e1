"""Each criterion, eager and compiled, is its formula, and its gradient that of the formula."""

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import oracles
from closeness import assert_close
from cnncli import _core, criteria
from cnncli.criteria import Criterion, CrossEntropyLoss, L1Loss, MSELoss, MultiCriterion, MultiMarginLoss
from cnncli.errors import ShapeError, UsageError
from cnncli.layers import Linear, LogSoftmax, Sigmoid
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.program import Program
from criterion_cases import CASES, CLASSES, WEIGHTS, Case, cross_entropy
from drawn_layers import quick, using

each_case = pytest.mark.parametrize("case", CASES, ids=str)
thirty = settings(quick, max_examples=30)
ENDS: dict[str, list[Any]] = {"any": [], "probabilities": [Sigmoid], "log-probabilities": [LogSoftmax]}


def test_every_criterion_has_a_case() -> None:
    assert {case.name for case in CASES} == set(criteria.__all__) - {"Criterion"}


@each_case
@thirty
@given(samples=st.integers(1, 5), classes=st.integers(1, 6), seed=st.integers(0, 2**32 - 1))
def test_loss_and_gradient_are_those_of_the_formula(case: Case, samples: int, classes: int, seed: int) -> None:
    x, target = case.draw(np.random.default_rng(seed), samples, classes)
    criterion = case.make(classes)
    loss = criterion.forward(x, target)
    assert type(loss) is float
    assert loss == pytest.approx(case.formula(x.astype(np.float64), target), rel=1e-5, abs=1e-6)
    gradient = oracles.central_differences(lambda at: np.asarray(case.formula(at, target)), x, np.ones(()))
    actual = criterion.backward(x, target)
    assert actual.dtype == np.float32
    assert_close(actual, gradient)


@each_case
@thirty
@given(
    samples=st.integers(1, 40), classes=st.integers(1, 8), seed=st.integers(0, 2**32 - 1), threads=st.integers(1, 3)
)
def test_compiled_loss_and_gradient_are_those_of_the_criterion_on_every_instruction_set(
    case: Case, samples: int, classes: int, seed: int, threads: int
) -> None:
    rng = np.random.default_rng(seed)
    x, target = case.draw(rng, samples, classes)
    linear = Linear(classes, classes)
    network = Network([linear, *(layer() for layer in ENDS[case.inputs])], (classes,))
    if classes == 1 and case.tells_two_by_one:
        network = Network([linear], (classes,), ["no", "yes"])
    before = linear.weight.copy(), linear.bias.copy()
    for instruction_set in _core.instruction_sets():
        with using(instruction_set):
            linear.weight[:], linear.bias[:] = before
            outputs = network.forward(x)
            criterion = case.make(classes)
            network.zero_grad_parameters()
            network.backward(x, criterion.backward(outputs, target))
            expected, losses = linear.grad_weight.copy(), np.zeros(samples, np.float32)
            program = Program(network, samples, criterion=criterion, optimizer=SGD(1.0), threads=threads)
            program.bind(x, target)
            result = program.step(np.arange(samples), step=0, epoch=0, losses=losses)
        assert_close(losses, criterion.sample_losses(outputs, target), few=40, scale=1 + np.abs(outputs).max())
        assert result.loss == pytest.approx(float(losses.astype(np.float64).mean()), rel=1e-6, abs=1e-7)
        assert_close(before[0] - linear.weight, expected.astype(np.float64), few=40, terms=samples,
                     scale=np.maximum(1, np.abs(before[0])))  # fmt: skip


@each_case
def test_losses_of_samples_make_up_the_loss(rng: np.random.Generator, case: Case) -> None:
    x, target = case.draw(rng, 7)
    criterion = case.make()
    losses = criterion.sample_losses(x, target)
    is_sum = case.settings.get("reduction", case.name) in ("sum", "SumSquares")
    whole = losses.sum() if is_sum else losses.mean()
    assert losses.shape == (7,) and whole == pytest.approx(criterion.forward(x, target), rel=1e-6, abs=1e-7)


@each_case
def test_empty_batch_has_the_loss_0(rng: np.random.Generator, case: Case) -> None:
    x, target = case.draw(rng, 1)
    assert case.make().forward(x[:0], target[:0]) == 0
    assert case.make().backward(x[:0], target[:0]).shape == (0, CLASSES)


@each_case
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_give_no_number_nor_a_warning(
    rng: np.random.Generator, case: Case, value: float
) -> None:
    if np.isinf(value) and case.inputs != "any":
        return
    x, target = case.draw(rng, 3)
    x[:] = value
    criterion = case.make()
    if np.isinf(value) and case.takes in ("signs", "labels", "label lists", "probabilities"):
        criterion.forward(x, target)  # an infinite margin on the right side costs nothing: only no warning
        criterion.backward(x, target)
    elif np.any(criterion.backward(np.zeros_like(x), target)) or case.inputs != "any":
        assert not np.isfinite(criterion.forward(x, target))
        criterion.backward(x, target)


def _network(rng: np.random.Generator, case: Case) -> tuple[Network, np.ndarray]:
    linear = Linear(6, CLASSES)
    linear.weight[:] = rng.uniform(-1, 1, linear.weight.shape)
    linear.bias[:] = rng.uniform(-1, 1, linear.bias.shape)
    network = Network([linear, *(layer() for layer in ENDS[case.inputs])], (6,))
    return network, rng.uniform(-1, 1, (7, 6)).astype(np.float32)


@each_case
def test_compiled_step_is_the_eager_one_with_the_same_bits_for_any_threads(
    rng: np.random.Generator, case: Case
) -> None:
    network, x = _network(rng, case)
    _, target = case.draw(rng, 7)
    linear: Any = next(iter(network))
    before = linear.weight.copy(), linear.bias.copy()
    criterion = case.make()
    outputs = network.forward(x)
    expected_loss = np.sum(criterion.sample_losses(outputs, target)) / 7
    network.zero_grad_parameters()
    network.backward(x, criterion.backward(outputs, target))
    expected = before[0] - 0.5 * linear.grad_weight, before[1] - 0.5 * linear.grad_bias
    found = []
    for threads in (1, 2, 3):
        linear.weight[:], linear.bias[:] = before
        program = Program(network, 7, criterion=criterion, optimizer=SGD(0.5), threads=threads)
        program.bind(x, target)
        measured = program.evaluate(x, target)
        assert measured.loss == pytest.approx(expected_loss, rel=1e-5, abs=1e-6)
        result = program.step(np.arange(7), step=0, epoch=0)
        assert result.loss == pytest.approx(expected_loss, rel=1e-5, abs=1e-6)
        if criterion.takes_labels:
            labels = target.argmax(axis=1) if target.ndim == 2 else target
            assert result.correct == measured.correct == int(np.sum(outputs.argmax(axis=1) == labels))
        found.append((result.loss, linear.weight.tobytes(), linear.bias.tobytes()))
        assert_close(linear.weight, expected[0])
        assert_close(linear.bias, expected[1])
    assert found[0] == found[1] == found[2]


def test_compiled_batch_of_any_size_is_one_batch_for_a_weighted_mean(rng: np.random.Generator) -> None:
    # The core runs more than 1024 samples in parts, and evaluates 256 at a time; weights couple all of them.
    count = 1100
    case = next(case for case in CASES if str(case) == f"CrossEntropyLoss-weight={WEIGHTS}-labels")
    network, _ = _network(rng, case)
    x, labels = rng.uniform(-1, 1, (count, 6)).astype(np.float32), np.sort(rng.integers(0, CLASSES, count))
    criterion = case.make()
    expected = criterion.forward(network.forward(x), labels)
    program = Program(network, count, criterion=criterion, optimizer=SGD(0.0))
    program.bind(x, labels)
    assert program.evaluate(x, labels).loss == pytest.approx(expected, rel=1e-5)
    assert program.step(np.arange(count), step=0, epoch=0).loss == pytest.approx(expected, rel=1e-5)


def test_compiled_cross_entropy_leaves_out_ignored_labels(rng: np.random.Generator) -> None:
    network, x = _network(rng, CASES[0])
    labels = np.array([0, -100, 2, -100, 4, 1, 1])
    expected = cross_entropy()(network.forward(x).astype(np.float64), labels)
    program = Program(network, 7, criterion=CrossEntropyLoss(), optimizer=SGD(0.1))
    assert program.evaluate(x, labels).loss == pytest.approx(expected, rel=1e-5)
    program.bind(x, labels)
    assert program.step(np.arange(7), step=0, epoch=0).loss == pytest.approx(expected, rel=1e-5)
    assert CrossEntropyLoss().forward(np.zeros((2, 3)), [-100, -100]) == 0


def test_predictions_with_smoothed_labels_are_log_probabilities(rng: np.random.Generator) -> None:
    network, x = _network(rng, CASES[0])
    program = Program(network, 7, criterion=CrossEntropyLoss(label_smoothing=0.1))
    assert_close(program.predict(x), Program(network, 7).predict(x).astype(np.float64))


class Cubes(Criterion):
    """A loss of the user's own: the mean of |x - t| cubed."""

    def forward(self, input: Any, target: Any) -> float:
        return float(np.mean(np.abs(input - target) ** 3))

    def backward(self, input: Any, target: Any) -> Any:
        return 3 * (input - target) * np.abs(input - target) / input.size


def test_loss_of_the_users_own_trains_compiled(rng: np.random.Generator) -> None:
    network, x = _network(rng, CASES[0])
    target = rng.uniform(-1, 1, (7, CLASSES)).astype(np.float32)
    program = Program(network, 7, criterion=Cubes(), optimizer=SGD(0.3))
    program.bind(x, target)
    first = program.step(np.arange(7), step=0, epoch=0).loss
    for step in range(1, 60):
        last = program.step(np.arange(7), step=step, epoch=0).loss
    assert last < first / 10
    assert Cubes().forward(network.forward(x), target) <= last


def test_fault_of_the_users_own_loss_names_it(rng: np.random.Generator) -> None:
    class Short(Cubes):
        def backward(self, input: Any, target: Any) -> Any:
            return np.zeros(3)

    network, x = _network(rng, CASES[0])
    program = Program(network, 7, criterion=Short(), optimizer=SGD(0.3))
    program.bind(x, np.zeros((7, CLASSES)))
    with pytest.raises(ShapeError, match=r"Short\(\): backward returned an array of shape \(3,\) for outputs \(7, 5\)"):
        program.step(np.arange(7), step=0, epoch=0)


def test_multi_criterion_is_a_weighted_sum(rng: np.random.Generator) -> None:
    x, t = rng.normal(size=(2, 4, 3)).astype(np.float32)
    both = MultiCriterion(L1Loss(), weights=[2]).add(MSELoss(), 0.25)
    assert both.forward(x, t) == pytest.approx(2 * np.mean(np.abs(x - t)) + 0.25 * np.mean((x - t) ** 2), rel=1e-6)
    assert_close(both.backward(x, t), (2 * np.sign(x - t) + 0.5 * (x - t.astype(np.float64))) / x.size)
    assert repr(both) == "MultiCriterion(L1Loss(), MSELoss(), weights=[2.0, 0.25])"
    with pytest.raises(UsageError, match="do not take the same targets"):
        MultiCriterion(L1Loss(), CrossEntropyLoss())
    with pytest.raises(UsageError, match="1 criteria and 2 weights"):
        MultiCriterion(L1Loss(), weights=[1, 2])


def test_wrong_settings_are_told() -> None:
    for name, wrong, message in [
        ("L1Loss", {"reduction": "none"}, 'reduction is "none"; pass "mean" or "sum"; for the loss of each sample use'),
        ("KLDivLoss", {"reduction": "x"}, 'pass "mean" or "sum" or "batchmean"'),
        ("HuberLoss", {"delta": 0}, "delta is 0; use a number, more than 0"),
        ("SmoothL1Loss", {"beta": -1}, "beta is -1; use a number, at least 0"),
        ("CrossEntropyLoss", {"label_smoothing": 1.5}, "use a number, at least 0 and at most 1"),
        ("CrossEntropyLoss", {"weight": [1, -1]}, "pass one number of at least 0 for each class"),
        ("MultiMarginLoss", {"p": 3}, "p is 3; pass 1 or 2"),
    ]:
        with pytest.raises(UsageError) as caught:
            getattr(criteria, name)(**wrong)
        assert str(caught.value).startswith(f"{name}: ") and message in str(caught.value)
    with pytest.raises(ShapeError, match="has 2 weights for 3 classes"):
        MultiMarginLoss(weight=[1, 2]).forward(np.zeros((1, 3)), [0])
    with pytest.raises(UsageError, match=r"BCELoss\(\): input has a value 2, not from 0 to 1; end the network"):
        criteria.BCELoss().forward([[2.0]], [[1.0]])


@pytest.mark.torch
@pytest.mark.parametrize("case", [case for case in CASES if case.torch], ids=str)
@thirty
@given(samples=st.integers(1, 12), classes=st.integers(1, 8), seed=st.integers(0, 2**32 - 1))
def test_loss_and_gradient_are_those_of_pytorch(case: Case, samples: int, classes: int, seed: int) -> None:
    import torch

    own = case.settings_for(classes)
    arguments = {name: torch.tensor(value) if isinstance(value, list) else value for name, value in own.items()}
    x, target = case.draw(np.random.default_rng(seed), samples, classes)
    at = torch.tensor(x, requires_grad=True)
    with warnings.catch_warnings():  # PyTorch says that it may change the mean of KLDivLoss
        warnings.simplefilter("ignore", UserWarning)
        loss = getattr(torch.nn, case.name)(**arguments)(at, torch.tensor(target))
    assume(bool(torch.isfinite(loss)))  # where nothing weighs, PyTorch's mean is no number, and ours 0
    loss.backward()
    assert case.make(classes).forward(x, target) == pytest.approx(loss.item(), rel=1e-5, abs=1e-6)
    assert_close(case.make(classes).backward(x, target), at.grad.numpy().astype(np.float64))


def test_samples_that_weigh_nothing_have_no_loss_in_either_way(rng: np.random.Generator) -> None:
    """Class 2 has weight 0, and smoothing gives the other classes a share: the mean of no weight is 0."""
    criterion = CrossEntropyLoss(weight=[0.5, 2.0, 0.0], label_smoothing=0.3)
    x, labels, losses = rng.normal(size=(1, 3)).astype(np.float32), np.array([2]), np.zeros(1, np.float32)
    network = Network([Linear(3, 3)], (3,))
    outputs = network.forward(x)
    assert criterion.forward(outputs, labels) == 0 and not criterion.backward(outputs, labels).any()
    assert criterion.sample_losses(outputs, labels) == 0
    program = Program(network, 1, criterion=criterion, optimizer=SGD(1.0))
    program.bind(x, labels)
    assert program.step(np.arange(1), step=0, epoch=0, losses=losses).loss == 0 and losses == 0


@pytest.mark.parametrize(
    "criterion", [CrossEntropyLoss(), CrossEntropyLoss(label_smoothing=0.1), MultiMarginLoss()], ids=repr
)
def test_of_equal_scores_the_first_class_is_the_answer(criterion: Criterion) -> None:
    network = Network([Linear(2, 3)], (2,))
    linear: Any = network[0]
    linear.weight[:], linear.bias[:] = 0, [1, 2, 2]
    x, labels = np.ones((20, 2), np.float32), np.repeat([0, 1, 2], [4, 7, 9])
    program = Program(network, 20, criterion=criterion, optimizer=SGD(0.0))
    program.bind(x, labels)
    assert program.step(np.arange(20), step=0, epoch=0).correct == program.evaluate(x, labels).correct == 7
