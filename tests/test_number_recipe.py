"""The recipe of numbers: what goes in and comes out, and what a file may say of it."""

from typing import Any

import numpy as np
import pytest

from cnncli.errors import FormatError
from cnncli.number_recipe import NumberRecipe

ROWS, VALUES = np.array([[1.0, 5.0], [3.0, 5.0], [5.0, 5.0]]), np.array([[10.0], [20.0], [60.0]])
RECIPE = NumberRecipe.measured(["a", "b"], ROWS, ["y"], VALUES)
CLASSES = NumberRecipe.measured(["a", "b"], ROWS, ["kind"], None)


def test_columns_are_standardized_by_the_training_rows() -> None:
    spread = np.sqrt(8 / 3)
    assert RECIPE.mean == (3.0, 5.0) and RECIPE.scale == pytest.approx((spread, 1.0))  # of one number keeps 1
    assert RECIPE.inputs(ROWS) == pytest.approx(np.array([[-2 / spread, 0], [0, 0], [2 / spread, 0]]))
    assert RECIPE.normalize(ROWS).tobytes() == RECIPE.inputs(ROWS).tobytes() and RECIPE.shape == (2,)
    outputs = RECIPE.outputs(VALUES)
    assert outputs.mean() == pytest.approx(0, abs=1e-6) and outputs.std() == pytest.approx(1)
    assert RECIPE.values(outputs) == pytest.approx(VALUES)
    assert (CLASSES.target_mean, CLASSES.target_scale) == ((), ())


def test_a_line_is_that_of_the_table() -> None:
    weight, bias = np.array([[0.5, -2.0]]), np.array([0.25])
    for given in (bias, None):
        w, b = RECIPE.line(weight, given)
        by_network = RECIPE.inputs(ROWS).astype(float) @ weight.T + (0 if given is None else given)
        assert ROWS @ w.T + b == pytest.approx(RECIPE.values(by_network), rel=1e-5)
        w, b = CLASSES.line(weight, given)
        assert ROWS @ w.T + b == pytest.approx(by_network, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", ["price\u00a0in €", "soft\u00adhyphen", "", "größe", "\u3000"])
def test_names_of_columns_are_what_a_line_can_hold(name: str) -> None:
    recipe = NumberRecipe.measured([name, "b"], ROWS, [name], VALUES)
    assert NumberRecipe.from_dict("here", recipe.to_dict()) == recipe


def test_of_many_columns_eight_are_told() -> None:
    def text(count: int) -> str:
        names = [f"c{n}" for n in range(count)]
        return NumberRecipe.measured(names, np.ones((1, count)), ["y"], None).text

    assert text(8) == "inputs standardized; c0, c1, c2, c3, c4, c5, c6, c7 -> y"
    assert text(9) == "inputs standardized; c0, c1, c2, c3, c4, c5, c6, c7 and 1 more -> y"
    assert RECIPE.text == "inputs and targets standardized; a, b -> y"


@pytest.mark.parametrize("recipe", [RECIPE, CLASSES])
def test_a_recipe_comes_back_from_its_values(recipe: NumberRecipe) -> None:
    assert NumberRecipe.from_dict("here", recipe.to_dict()) == recipe
    whole = {**recipe.to_dict(), "mean": [3, 5], "scale": [1, 1e-300]}
    assert NumberRecipe.from_dict("here", whole).scale == (1, 1e-300)


@pytest.mark.parametrize(
    "wrong",
    [
        {"more": []}, {"mean": "12"}, {"columns": ["a", 3]}, {"columns": ["a", "b\x1b"]}, {"targets": ["\n"]},
        {"mean": [1.0]}, {"mean": [1.0, 2.0, 3.0]}, {"mean": [1.0, float("nan")]}, {"mean": [1.0, True]},
        {"scale": [1.0, 0]}, {"scale": [1.0, -1.0]}, {"scale": [1.0, float("inf")]}, {"target_mean": [1.0, 2.0]},
        {"target_scale": [0]}, {"target_mean": []}, {"target_scale": []}, {"mean": {}},
        {"columns": [], "mean": [], "scale": []}, {"columns": ["a"] * 65_537, "mean": [1.0] * 65_537},
    ],
    ids=lambda wrong: str(wrong)[:40],
)  # fmt: skip
def test_a_recipe_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(FormatError, match=r"^here: .*; train (the model|it) again$"):
        NumberRecipe.from_dict("here", {**RECIPE.to_dict(), **wrong})
    with pytest.raises(FormatError, match=r"^here: recipe of numbers needs columns, mean"):
        NumberRecipe.from_dict("here", {"kind": "numbers"})
