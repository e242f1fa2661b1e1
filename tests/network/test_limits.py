"""Descriptions up to their limits and one beyond, and what outputs answer at the border between yes and no."""

from typing import Any

import numpy as np
import pytest

from cnncli.errors import FormatError
from cnncli.layers import Conv2d, Linear, MaxPool2d, ReLU
from cnncli.layers.settings import LARGEST_SETTING
from cnncli.network import description
from cnncli.network.answers import OUTPUTS, answers, log_probabilities, yes_above
from cnncli.network.description import DEEPEST_NESTING, LayerBuilder, read_border, read_classes, read_shape, suggestion

LAYERS = [
    {"type": "Conv2d", "out_channels": 3, "kernel_size": 3, "padding": 1}, {"type": "MaxPool2d", "kernel_size": 2},
    {"type": "Flatten"}, {"type": "Linear", "out_features": 5},
]  # fmt: skip
SHAPE = (2, 8, 6)
CONVOLUTION, POOLING, LINEAR = Conv2d(2, 3, 3, padding=1), MaxPool2d(2), Linear(3 * 4 * 3, 5)


def test_a_budget_is_used_up_and_not_passed() -> None:
    parameters = 4 * (CONVOLUTION.parameter_count() + LINEAR.parameter_count())
    outputs = 4 * (3 * 8 * 6 + CONVOLUTION.scratch_count(SHAPE) + 2 * 36 + 5)
    builder = LayerBuilder("net.toml", None)
    builder.build(LAYERS, SHAPE)
    assert (builder.parameter_bytes, builder.activation_bytes) == (parameters, outputs)
    most = max(parameters, outputs)
    LayerBuilder("net.toml", None, budget=most).build(LAYERS, SHAPE)
    with pytest.raises(FormatError, match=r"^net.toml, layer 3 \(Linear\): .* up to here take .* GiB, more than"):
        LayerBuilder("net.toml", None, budget=most - 1).build(LAYERS, SHAPE)
    with pytest.raises(FormatError, match=r"^net.toml, layer 0 \(Conv2d\): activations of one sample up to here take "):
        LayerBuilder("net.toml", None, budget=4 * CONVOLUTION.parameter_count()).build(LAYERS, SHAPE)
    gib = LayerBuilder("net.toml", None, budget=1024**3 // 2, parameter_bytes=1024**3 * 3 // 2 - 4)
    with pytest.raises(FormatError, match=r"take 1.5 GiB, more than the limit of 0.5 GiB; use smaller layers$"):
        gib._count(1, "parameters", "here")


@pytest.mark.parametrize(
    ("limit", "used", "what"),
    [
        ("MOST_MULTIPLY_ADDS", CONVOLUTION.multiply_adds(SHAPE) + LINEAR.multiply_adds((36,)), "multiply-adds"),
        ("MOST_WINDOW_READS", POOLING.window_reads((3, 8, 6)), "values to be pooled"),
    ],
)
def test_work_for_one_sample_has_a_limit(monkeypatch: pytest.MonkeyPatch, limit: str, used: int, what: str) -> None:
    monkeypatch.setattr(description, limit, used)
    LayerBuilder("net.toml", None).build(LAYERS, SHAPE)
    monkeypatch.setattr(description, limit, used - 1)
    with pytest.raises(FormatError, match=rf"one sample takes {used:.4g} {what} up to here, more than the limit"):
        LayerBuilder("net.toml", None).build(LAYERS, SHAPE)


@pytest.mark.parametrize("wrap", [
    lambda inner: {"type": "Sequential", "layers": [inner]},
    lambda inner: {"type": "Residual", "body": [inner]},
    lambda inner: {"type": "Concat", "branches": [[inner]]},
])  # fmt: skip
def test_layers_are_nested_so_deep_and_not_deeper(wrap: Any) -> None:
    inner: dict[str, Any] = {"type": "ReLU"}
    depth = 0
    while True:
        inner, depth = wrap(inner), depth + 1
        try:
            LayerBuilder("net.toml", None).build([inner], SHAPE)
        except FormatError as error:
            assert str(error).endswith(f"is nested deeper than {DEEPEST_NESTING}; put its layers side by side")
            break
    dots = 1 if inner["type"] == "Sequential" else 2  # "0.0" and "0.body.0"
    assert depth == -(-DEEPEST_NESTING // dots) + 1


@pytest.mark.parametrize(
    ("value", "is_shape"),
    [
        ([1], True), ([1, 1], True), ([3, 1, 2], True), ((3, 1, 2), True), ([2**24], True), ([], False),
        ([1, 1, 1, 1], False), ([0], False), ([1, 0], False), ([-1], False), ([1.0], False), ([True], False),
        ("12", False), ("", False), (3, False), (None, False), ([LARGEST_SETTING + 1], False),
        ([1024, 1024, 1025], False),
    ],
    ids=str,
)  # fmt: skip
def test_a_shape_has_one_to_three_sizes(value: Any, is_shape: bool) -> None:
    if is_shape:
        assert read_shape("net.toml", value) == tuple(value)
    else:
        with pytest.raises(FormatError, match=r"^net.toml: (input is|one input of)"):
            read_shape("net.toml", value)


def test_an_input_may_fill_the_memory_and_not_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(description, "MEMORY_BUDGET", 4 * 3 * 5 * 7)
    assert read_shape("net.toml", [3, 5, 7]) == (3, 5, 7)
    with pytest.raises(FormatError, match=r"^net.toml: one input of 1x1x106 takes more than the limit of"):
        read_shape("net.toml", [1, 1, 106])


@pytest.mark.parametrize(
    ("found", "border"),
    [
        ({}, 0), ({"border": 0}, 0), ({"border": 0, "input": [5]}, 0), ({"border": 2, "input": [1, 5, 9]}, 2),
        ({"border": 2, "input": [1, 9, 5]}, 2), ({"border": 1, "input": [1, 3, 3]}, 1),
        ({"border": 2, "input": [1, 4, 9]}, None), ({"border": 2, "input": [1, 9, 4]}, None),
        ({"border": -1, "input": [1, 9, 9]}, None), ({"border": 1.0, "input": [1, 9, 9]}, None),
        ({"border": True, "input": [1, 9, 9]}, None), ({"border": False, "input": [1, 9, 9]}, None),
        ({"border": 1}, None), ({"border": 1, "input": [9, 9]}, None), ({"border": 1, "input": 9}, None),
    ],
    ids=str,
)  # fmt: skip
def test_a_border_leaves_something_of_the_image(found: dict[str, Any], border: int | None) -> None:
    if border is not None:
        assert read_border("net.toml", found) == border
    else:
        with pytest.raises(FormatError, match=r"^net.toml: border is "):
            read_border("net.toml", found)


def test_classes_are_a_number_or_names() -> None:
    for value in (None, 1, 10, ["a", "b"], []):
        assert read_classes("net.toml", value) == (value or None)
    for wrong, message in (
        (0, "classes is 0; use"), (True, "classes is true; use"), (1.5, "classes is 1.5; use"),
        ("ab", 'classes is "ab"'),
        (["a", ""], "class name 1 is empty"), (["b", "a", "b"], 'class name "b" is there twice'),
        (["a", 3], "class name is 3"), (["a\x1b"], "class name is "),
    ):  # fmt: skip
        with pytest.raises(FormatError) as caught:
            read_classes("net.toml", wrong)
        assert str(caught.value).startswith(f"net.toml: {message}")


def test_of_many_known_names_sixteen_are_listed() -> None:
    names = [f"name{chr(97 + number)}" for number in range(17)]
    assert suggestion("?", names[:16]) == f"known: {', '.join(names[:16])}"
    assert suggestion("?", names) == f"known: {', '.join(names[:16])} and 1 more"
    assert suggestion("?", []) == "known: none"
    assert suggestion("NAMEC", names) == 'did you mean "namec"?'


def test_one_output_is_yes_above_the_border_and_several_answer_by_the_largest() -> None:
    for outputs in OUTPUTS:
        border = 0.5 if outputs == "probability" else 0.0
        assert yes_above(outputs) == border
        one = np.array([[border - 0.01], [border], [border + 0.01]])
        assert answers(one, outputs).tolist() == ([0, 0, 1] if outputs in ("sign", "logit", "probability") else [0] * 3)
        assert answers(np.array([[0.1, 0.3, 0.3], [2, 1, 0]]), outputs).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("outputs", "rows", "expected"),
    [
        ("sign", [[0.5], [-1.0], [3.0]], [[0.25, 0.75], [1, 0], [0, 1]]),
        ("probability", [[0.5], [0.2], [7.0]], [[0.5, 0.5], [0.8, 0.2], [0, 1]]),
        ("logit", [[0.0], [np.log(3)], [-800.0]], [[0.5, 0.5], [0.25, 0.75], [1, 0]]),
        ("sign", [[1.0, 0.0, -1.0]], [[2 / 3, 1 / 3, 0]]), ("probability", [[0.2, 0.6]], [[0.25, 0.75]]),
        ("logit", [[0.0, np.log(3)]], [[0.4, 0.6]]),
    ],
)  # fmt: skip
def test_probabilities_of_outputs(outputs: str, rows: list[list[float]], expected: list[list[float]]) -> None:
    found = log_probabilities(np.array(rows, np.float32), outputs)
    assert found.dtype == np.float32 and np.isfinite(found).all()
    assert np.exp(found) == pytest.approx(np.array(expected), abs=2e-7)
    if np.min(expected) == 0:
        assert found.min() == pytest.approx(np.log(1e-7), rel=0.03)
    scores = np.array([[-0.5, -1.0]], np.float32)
    assert log_probabilities(scores, "scores") is scores


def test_layers_that_are_none_are_told_with_their_place() -> None:
    for layers, message in (
        ([], 'net.toml: needs "layers", a list of one layer or more'), ("ab", 'net.toml: needs "layers"'),
        ([{"type": "Sequential", "layers": []}], 'net.toml, layer 0 (Sequential): needs "layers"'),
        ([{"type": "Residual", "body": []}], 'net.toml, layer 0.body (Residual): needs "body"'),
        ([[]], 'net.toml, layer 0: has no "type"'), ([{"type": 3}], 'net.toml, layer 0: has no "type"'),
        ([{"type": "ReLU"}, {"type": "Linear"}], 'net.toml, layer 1 (Linear): setting "out_features" is missing'),
        ([{"type": "Linear", "out_features": "classes"}], 'net.toml, layer 0 (Linear): out_features = "classes" needs'),
        ([{"type": "Linear", "out_features": 3, "seed": 1}], 'net.toml, layer 0 (Linear): unknown setting "seed"'),
    ):  # fmt: skip
        with pytest.raises(FormatError) as caught:
            LayerBuilder("net.toml", None).build(layers, (4,))
        assert str(caught.value).startswith(message)
    (made,), shape = LayerBuilder("net.toml", 7).build([{"type": "Linear", "out_features": "classes"}], (4,))
    assert shape == (7,) and repr(made) == "Linear(4 -> 7)" and repr(ReLU()) == "ReLU()"
