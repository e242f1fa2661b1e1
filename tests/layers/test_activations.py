"""Every element-wise layer against its formula, a row each of one table; a layer or function without a row fails."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import beside_torch
import drawn_activations
from activation_cases import CASES, Case
from closeness import EPSILON, assert_close, same_bits
from cnncli import _core
from cnncli.errors import UsageError
from cnncli.layers import (
    CELU,
    ELU,
    GELU,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    Mish,
    Module,
    ReLU,
    ScaledTanh,
    Sequential,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
    activations,
)
from cnncli.layers.activation import Activation
from cnncli.program.lowering import in_three, lower
from drawn_activations import away_from_kinks, derivative
from layer_check import check_layer
from layer_rows import Row

each_case = pytest.mark.parametrize("case", CASES, ids=str)
# Where exp() overflows, where it underflows, and what lies between.
WIDE = np.concatenate([np.linspace(-12, 12, 4801), np.linspace(-110, 110, 1201), [1e-30, -1e-30, 1e30, -1e30, 0]])


def test_every_layer_and_every_function_has_a_case() -> None:
    layers = [case.layer() for case in CASES]
    assert {type(layer).__name__ for layer in layers} == set(activations.__all__)
    assert {layer.function for layer in layers} == set(_core.activation_functions())


def test_the_page_of_the_kernel_has_the_formula_of_every_layer_that_needs_no_setting() -> None:
    page = (Path(__file__).parents[2] / "docs" / "kernels" / "activation.md").read_text(encoding="utf-8")
    shown = re.search(r"^FUNCTIONS = {\n(.*?)^}", page, re.MULTILINE | re.DOTALL)[1]
    assert set(re.findall(r'^    "(\w+)": ', shown, re.MULTILINE)) == set(activations.__all__) - {"Threshold"}


def test_a_case_that_pytorch_has_nothing_for_is_held_to_its_formula_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class HalfELU(ELU):
        """Of another name than any module of PyTorch's."""

    elu, scaled = (next(case for case in CASES if type(case.layer()) is kind) for kind in (ELU, ScaledTanh))
    monkeypatch.setattr(drawn_activations, "CASES", [replace(elu, layer=HalfELU, torch=""), scaled, elu])
    found = {row.name: row for row in drawn_activations.rows(Row)}
    assert [row.torch for row in found.values()] == [None, beside_torch.scaled_tanh, beside_torch.same]
    found["HalfELU"].check((HalfELU(), (3,)), 2, 5)


@each_case
def test_a_layer_keeps_the_promises_of_layers(rng: np.random.Generator, case: Case) -> None:
    check_layer(case.layer(), case.formula, (17, 3), rng)


@each_case
def test_a_layer_is_accurate_over_the_whole_range(instruction_set: str, case: Case) -> None:
    x = away_from_kinks(case, WIDE)
    layer = case.layer()
    assert_close(layer.forward(x), case.formula(x.astype(np.float64)))
    usual = np.abs(x) < 20  # beyond, finite differences of float64 say little
    gradient = layer.backward(x, np.ones_like(x))
    assert_close(gradient[usual], derivative(case, x[usual]), scale=2)


@pytest.mark.parametrize(
    "case", [case for case in CASES if type(case.layer()) in (ELU, LogSigmoid, Mish, Sigmoid, SiLU, Softplus, Tanh)],
    ids=str,
)
def test_below_0_no_digit_is_lost(instruction_set: str, case: Case) -> None:
    """Where values are small, or all but 1 is: two units in their own last place."""
    x = -np.logspace(-6, 1, 5001).astype(np.float32)
    expected = case.formula(x.astype(np.float64))
    assert (np.abs(case.layer().forward(x) - expected) <= 2 * EPSILON * np.abs(expected)).all()


@each_case
def test_a_layer_has_its_limits_at_infinity_and_its_gradients_at_kinks(instruction_set: str, case: Case) -> None:
    layer = case.layer()
    np.testing.assert_allclose(layer.forward([-np.inf, np.inf]), case.limits, rtol=1e-6)
    if case.kinks:
        at, gradients = np.array(case.kinks, np.float32).T.copy()
        layer.forward(at)
        np.testing.assert_allclose(layer.backward(at, np.ones_like(at)), gradients, rtol=1e-6)


@each_case
def test_programs_and_single_images_compute_what_the_layer_does(
    instruction_set: str, rng: np.random.Generator, case: Case
) -> None:
    shape, count = (3, 5, 7), 17
    x = rng.uniform(-4, 4, (count, *shape)).astype(np.float32)
    layer = case.layer()
    expected = layer.forward(x).reshape(count, -1)
    core = _core.Program(count, training=False, couples_samples=False)
    core.result(lower([layer], core, core.input(in_three(shape), np.zeros((3, 256), np.float32)), shape))
    core.finish()
    assert same_bits(core.predict(x, 1), expected)
    single = core.predict(x[:1], 1)
    assert_close(single, expected[:1].astype(np.float64), few=2)


@each_case
def test_a_network_trains_through_it(rng: np.random.Generator, case: Case) -> None:
    from layer_chains import Custom, build, training_fault

    fault = training_fault(build([lambda shape: Custom(), lambda shape: case.layer()], (3, 4, 5)), rng)
    assert not fault, fault


def test_initial_weights_know_what_follows() -> None:
    from cnncli.layers import SELU, Linear

    spread = {}
    for kind in (ReLU, SELU, ScaledTanh):
        network = Sequential(Linear(100, 100), kind())
        network.initialize(1)
        spread[kind] = float(network[0].weight.std())
    assert spread[ReLU] == pytest.approx(2**0.5 * spread[SELU]) and spread[SELU] == spread[ScaledTanh]


@pytest.mark.parametrize(
    "make, message",
    [
        (
            lambda: LeakyReLU(float("nan")),
            "LeakyReLU: negative_slope is nan; use a number, at least -3e+38 and at most 3e+38",
        ),
        (lambda: CELU(0), "CELU: alpha is 0; use a number, at least 1e-30 and at most 3e+38"),
        (lambda: Hardtanh(1, 1), "Hardtanh: min_val is 1, max_val 1; use a smaller and a larger one"),
        (lambda: GELU("exact"), 'GELU: approximate is "exact"; use none or tanh'),
        (lambda: Softplus("1"), 'Softplus: beta is "1"; use a number, at least 1e-30 and at most 3e+38'),
    ],
)
def test_wrong_settings_are_told(make: "type[Module]", message: str) -> None:
    with pytest.raises(UsageError) as caught:
        make()
    assert str(caught.value) == message


@each_case
def test_backward_needs_forward_of_this_input(case: Case) -> None:
    layer: Activation = case.layer()
    layer.forward(np.zeros((2, 3)))
    with pytest.raises(UsageError) as caught:
        layer.backward(np.zeros((4, 3)), np.zeros((4, 3)))
    assert str(caught.value) == (
        f"{layer!r}: backward needs the results of forward; call forward with this input first"
    )
