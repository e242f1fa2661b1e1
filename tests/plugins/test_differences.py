"""What `cnn check-layer` measures gradients with: differences of functions whose slope is known, and its limits."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cnncli.checks.compiled import _same
from cnncli.checks.differences import Failed, _compare, _difference, check_gradients
from cnncli.checks.layer import check_layer
from cnncli.checks.subject import SAMPLES, LayerFault, _some_shapes, make_subjects
from cnncli.errors import UsageError
from cnncli.layers import LAYER_TYPES, Linear, Module, ReLU, register


def subject(function: Any, *, wide: bool = True) -> Any:
    """Stands for a layer whose objective is this function of one element's change."""

    def objective(name: str, index: tuple[int, ...], step: float, *, training: bool) -> float:
        value = float(function(step))
        return value if wide else float(np.float32(value))

    return SimpleNamespace(wide=wide, objective=objective, shape=(2, 3))


@pytest.mark.parametrize(
    ("function", "slope"),
    [
        (lambda h: 3 * h + 1, 3.0), (lambda h: math.exp(2 * h), 2.0), (lambda h: math.sin(h + 1), math.cos(1)),
        (lambda h: 5.0, 0.0), (lambda h: 1e4 * (1 + h) ** 3, 3e4), (lambda h: -h + h**2, -1.0),
        (lambda h: abs(h - 0.0007), -1.0), (lambda h: abs(h + 0.0003) * 2, 2.0),  # a kink that halving leaves behind
    ],
)  # fmt: skip
def test_a_slope_is_found_beside_kinks(function: Any, slope: float) -> None:
    found = _difference(subject(function), "", (0,), False)
    assert found == pytest.approx(slope, rel=1e-7, abs=1e-7)
    rough = _difference(subject(function, wide=False), "", (0,), False)
    assert rough is None or rough == pytest.approx(slope, rel=2e-2, abs=2e-3)


@pytest.mark.parametrize("function", [abs, lambda h: max(h, 0.0), lambda h: float(h > 0), lambda h: h + 1e-3 * abs(h)])
def test_there_is_no_slope_at_a_kink_or_a_jump(function: Any) -> None:
    assert _difference(subject(function), "", (0,), False) is None


@pytest.mark.parametrize(("wide", "limit"), [(True, 1e-6), (False, 5e-3)])
@pytest.mark.parametrize("size", [1.0, 40.0, 0.001])
def test_a_difference_is_borne_up_to_a_share_of_the_largest_gradient(wide: bool, limit: float, size: float) -> None:
    one = subject(abs, wide=wide)
    pairs = [(0.0, 0.0, (0, 0)), (size, size, (1, 2)), (-0.5 * size, -0.5 * size, (0, 1))]
    for share in (0.0, 0.9):
        near = [*pairs, (0.2 * size, (0.2 + share * limit) * size, (1, 0))]
        assert _compare(one, "", True, near) == pytest.approx(share * limit, rel=1e-3, abs=1e-15)
    for name, method, place in (("", "update_grad_input", "input"), ("w", "acc_grad_parameters", "w")):
        for training, mode in ((True, "training"), (False, "evaluation")):
            far = [*pairs, (0.2 * size, (0.2 + 1.1 * limit) * size, (1, 0))]
            with pytest.raises(Failed, match=rf"^{method} gives \S+ for {place}\[1, 0\], .*of 2x3, {mode}\)$"):
                _compare(one, name, training, far)
    with pytest.raises(Failed):
        _compare(one, "", True, [*pairs, (math.nan, 1.0, (1, 0))])
    assert _compare(one, "", True, []) == 0.0


def test_gradients_of_nothing_and_of_steps_are_told_apart() -> None:
    class Kinked(Module):
        parameter_names = ("none",)
        middle: Any = 0.0

        def __init__(self) -> None:
            self.none, self.grad_none = np.zeros((2, 0))

        def update_output(self, input: np.ndarray) -> np.ndarray:
            return np.abs(input - self.middle)

        def update_grad_input(self, input: np.ndarray, grad_output: np.ndarray) -> np.ndarray:
            return np.sign(input - self.middle) * grad_output

    register(Kinked)
    try:
        (one,) = made = make_subjects("Kinked", {}, [(4,)], None, 1)
        assert check_gradients(made, "").startswith("24 elements, largest difference ")
        one.layer.middle = one.input  # type: ignore[assignment]
        assert check_gradients(made, "") == "not differentiable at any of the elements tried"
        one.layer.middle = np.where(np.arange(4) == 2, one.input, 9.0)  # type: ignore[assignment]
        assert check_gradients(made, "").endswith("(float64, 6 at kinks left out)")
        assert check_gradients(made, "none") == "no elements"
    finally:
        del LAYER_TYPES["Kinked"]
    found = check_gradients(make_subjects("ReLU", {}, [(4,), (2, 3, 3)], None, 1), "")
    assert found.startswith(f"{2 * (SAMPLES * 4 + 24)} elements, largest difference ") and "(float32)" in found


def test_shapes_to_try_are_images_and_vectors_with_the_sizes_that_settings_name() -> None:
    rng = np.random.default_rng(0)
    shapes = _some_shapes({}, rng)
    assert {len(shape) for shape in shapes} == {1, 3} and all(1 <= math.prod(shape) <= 4096 for shape in shapes)
    assert len(shapes) > 100 and all(side >= 3 for shape in shapes for side in shape[1:])
    named = _some_shapes({"in_features": 4095, "bias": True, "mode": "x", "large": 4096, "none": 0}, rng)
    assert (4095,) in named and (4096,) not in named and all(shape[0] > 0 for shape in named)
    found = make_subjects("Linear", {"in_features": 19, "out_features": 2}, (), None, 1)
    assert [one.shape for one in found] == [(19,)] * 3
    assert len(make_subjects("ReLU", {}, (), None, 1)) == 3


def test_inputs_are_of_the_range_and_layers_of_the_seed() -> None:
    (one,), (same,), (other,) = (
        make_subjects("Linear", {"out_features": 4}, [(50,)], (2.0, 3.0), seed) for seed in (1, 1, 2)
    )
    assert one.input.shape == (SAMPLES, 50) and one.input.min() >= 2 and one.input.max() <= 3 < one.input.max() + 0.2
    assert one.input.tobytes() == same.input.tobytes() != other.input.tobytes()
    (usual,), _ = check_layer("Linear", {"out_features": 4}, [(50,)], (2.0, 3.0))
    assert usual.input.tobytes() == one.input.tobytes()
    assert isinstance(one.layer, Linear) and isinstance(other.layer, Linear) and one.layer.bias is not None
    assert one.layer.weight.tobytes() != other.layer.weight.tobytes()
    assert len(np.unique(one.layer.bias)) == 4 and np.abs(one.layer.bias).max() < 0.3
    (normal,) = make_subjects("Linear", {"out_features": 4}, [(2000,)], None, 1)
    assert abs(normal.input.mean()) < 0.1 and abs(normal.input.std() - 1) < 0.1
    with pytest.raises(UsageError, match=r"^Linear: .*; of many shapes none fits: pass one with --shape$"):
        make_subjects("Linear", {"in_features": 5000, "out_features": 2}, (), None, 1)


def test_a_layer_that_raises_when_it_is_made_has_one_verdict() -> None:
    class Broken(Module):
        def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
            raise ZeroDivisionError("no")

        def update_output(self, input: np.ndarray) -> np.ndarray:
            return input

    register(Broken)
    try:
        with pytest.raises(LayerFault, match=r"^output_shape raised ZeroDivisionError: no \(.*_differences.py:\d+\)$"):
            make_subjects("Broken", {}, [(3,)], None, 1)
        subjects, (verdict,) = check_layer("Broken")
        assert subjects == [] and not verdict.passed and "ZeroDivisionError" in verdict.text
    finally:
        del LAYER_TYPES["Broken"]
    assert all(verdict.passed for verdict in check_layer("ReLU", shapes=[(3,)])[1]) and repr(ReLU()) == "ReLU()"


def test_a_compiled_layer_may_differ_by_rounding_and_is_told_by_how_much_it_does() -> None:
    eager = np.float32([1.0, -4.0, 0.0])
    for near in ([1.0, -4.0, 0.0], [1.00009, -4.0004, 0.00039]):  # a ten thousandth of each and of the largest
        _same("output", np.float32(near), eager)
    for far, apart in (([1.0, -6.5, 0.0], "2.5"), ([1.0, -4.0, 0.0005], "0.0005"), ([-1.0, -4.0, 0.0], "2")):
        with pytest.raises(Failed, match=rf"^the output is another one than in an eager network, by up to {apart}$"):
            _same("output", np.float32(far), eager)
    _same("output", np.zeros((2, 2), np.float32), np.zeros(4, np.float32))  # of any shape, and without any size
    assert _same("output", np.float32([5e-11]), np.float32([0.0])) is None
