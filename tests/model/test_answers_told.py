"""Answers of models to the images of a set: mistakes, differences of two models, and labels that are doubted."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cnncli.data import Split
from cnncli.errors import DataError, ShapeError
from cnncli.layers import Flatten, Linear, ReLU, Tanh
from cnncli.measures.classification import measure
from cnncli.measures.paired import Paired
from cnncli.model import compare as compare_module
from cnncli.model.compare import Comparison, compare_models
from cnncli.model.evaluate import Evaluation
from cnncli.model.evaluate_numbers import _sum, fit_of, learned_line
from cnncli.model.given_rows import as_rows
from cnncli.model.model import Prediction
from cnncli.model.suspects import gathered
from cnncli.model.views_of_image import Views
from cnncli.number_recipe import NumberRecipe


def evaluation(labels: list[int], shares: list[list[float]], **facts: Any) -> Evaluation:
    """Answers with these probabilities; NaN: none."""
    probabilities = np.array(shares, np.float32)
    none = np.isnan(probabilities).any(axis=1)
    answers = np.where(none, -1, np.nan_to_num(probabilities).argmax(axis=1))
    split = Split(np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1), np.array(labels, np.int64))
    names = [f"c{number}" for number in range(probabilities.shape[1])]
    given: dict[str, Any] = {
        "model": "m.bin", "data": "set", "class_names": names, "seconds": 1.0, "part": "test", "trained_on": False,
        "files": None, "split": split, "network": SimpleNamespace(record={}), "notes": [],
        "metrics": measure(labels, answers, len(names), 0.0),
    }  # fmt: skip
    given |= {"labels": np.array(labels, np.int64), "predictions": answers, "probabilities": probabilities}
    return Evaluation(**given | facts)


NO_ANSWER = [np.nan] * 3


def test_mistakes_come_by_their_probability_and_those_without_an_answer_last() -> None:
    one = evaluation(
        [0, 0, 2, 1, 1, 0],
        [[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], NO_ANSWER, [0.7, 0.2, 0.1], NO_ANSWER, [0.3, 0.1, 0.6]],
    )
    assert one.mistakes.tolist() == [3, 1, 5, 2, 4]
    np.testing.assert_array_equal(one.of_answers, np.float32([0.5, 0.6, np.nan, 0.7, np.nan, 0.6]))
    assert one.calibration.count.sum() == 4
    # Bins of a fifteenth: 0.5 is right, 0.6 twice and 0.7 are wrong.
    assert one.calibration.error == pytest.approx((0.5 + 2 * 0.6 + 0.7) / 4)
    assert [one.name_of(index) for index in (0, 5)] == ["image 1", "image 6"]
    assert evaluation([0], [[1.0, 0.0]], files=("a.png",)).name_of(0) == "a.png"


def test_models_are_compared_by_the_images_that_only_one_answers_rightly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one has its classes in another order."""
    first = evaluation([0, 0, 1, 1, 2, 2, 2, 0], np.eye(3)[[0, 1, 1, 0, 2, 0, 1, 2]].tolist())
    turned = [2, 0, 1]  # where c0, c1 and c2 are
    second = evaluation(
        [turned[label] for label in first.labels], np.eye(3)[[turned[at] for at in (0, 0, 0, 2, 1, 2, 2, 2)]].tolist(),
        class_names=["c1", "c2", "c0"], model="n.bin",
    )  # fmt: skip
    parts: list[Any] = []
    for one in (first, second):
        split = Split(one.split.images, one.labels)  # classes in the model's order
        part: Any = SimpleNamespace(
            path=one.model, part="test", source="set", split=split, own=None,
            dataset=SimpleNamespace(class_names=one.class_names, name="set"),
        )  # fmt: skip
        parts.append(part)
        monkeypatch.setattr(compare_module, "find_part", lambda path, **how: SimpleNamespace(
            source="set", part="test", prepared=lambda **how: parts[path != "m.bin"]))
    monkeypatch.setattr(compare_module, "measure_part", lambda part, *_: first if part is parts[0] else second)
    found = compare_models("m.bin", "n.bin", data="set")
    assert found.paired == Paired(both=1, only_first=2, only_second=3, neither=2)
    assert found.answers_differ == 6
    assert [(one.name, one.images, one.only_first, one.only_second) for one in found.classes] == [
        ("c2", 3, 1, 2), ("c0", 3, 0, 1), ("c1", 2, 1, 0),
    ]  # fmt: skip
    parts[1].split = Split(second.split.images, first.labels)
    with pytest.raises(DataError, match=r"^m.bin and n.bin: get other images of these data and cannot be compared on "):
        compare_models("m.bin", "n.bin")


@pytest.mark.parametrize(
    ("p_value", "low", "high", "is_real", "is_border"),
    [
        (0.0499, 0.01, 0.2, True, False), (0.0499, -0.2, -0.01, True, False), (0.05, 0.01, 0.2, False, True),
        (0.0499, 0.0, 0.2, False, True), (0.0499, -0.2, 0.0, False, True), (0.05, -0.1, 0.2, False, False),
    ],
)  # fmt: skip
def test_difference_is_real_where_a_p_value_below_five_percent_and_the_interval_say_so(
    p_value: float, low: float, high: float, is_real: bool, is_border: bool
) -> None:
    one: Any = None
    paired: Any = SimpleNamespace(p_value=p_value, interval=(low, high))
    made = Comparison(one, one, paired, 0, [])
    assert (made.is_real, made.is_border) == (is_real, is_border)


def test_doubted_pictures_are_named_with_their_part_and_both_classes() -> None:
    train = evaluation([0, 1, 0], [[0.9, 0.1], [0.2, 0.8], [0.9, 0.1]], part="train")
    test = evaluation([0, 1, 1], [[0.9, 0.1], [0.95, 0.05], [0.91, 0.09]], files=("a.png", "b.png", "c.png"))
    seen, unseen = np.array([False, False, False]), np.array([True, True, False])
    found = gathered("m.bin", [("train", train, seen), ("test", test, unseen)], folds=0)
    assert (found.unseen, found.seen, found.folds, found.model, found.data) == (2, 4, 0, "m.bin", "set")
    assert [(row.name, row.part, row.label, row.answer, row.was_seen) for row in found.rows] == [
        ("b.png", "test", "c1", "c0", False), ("c.png", "test", "c1", "c0", True),
    ]  # fmt: skip
    assert [(row.label_share, row.answer_share) for row in found.rows] == [
        (np.float32(0.05), np.float32(0.95)), (np.float32(0.09), np.float32(0.91)),
    ]  # fmt: skip
    assert [row.image.tolist() for row in found.rows] == [[[[1]]], [[[2]]]]
    turned = gathered("m.bin", [("test", test, unseen), ("train", train, seen)], folds=3)
    assert [row.name for row in turned.rows] == ["b.png", "c.png"] and turned.folds == 3
    bad = evaluation([0, 1, 0, 1], [[0.9, 0.1], [0.2, 0.8], [0.9, 0.1], [0.92, 0.08]], part="train")
    [row] = gathered("m.bin", [("validation", train, ~seen), ("train", bad, np.ones(4, bool))], folds=0).rows
    assert (row.name, row.part, row.was_seen) == ("train image 4", "train", False)


def test_errors_of_a_target_are_those_of_their_definitions(rng: np.random.Generator) -> None:
    values, noise = rng.normal(5, 3, 50), rng.normal(0, 2, 50)
    fit = fit_of("y", values, values + noise)
    assert fit.mse == pytest.approx((noise**2).sum() / 50) and fit.rmse == pytest.approx(np.sqrt((noise**2).mean()))
    assert fit.mae == pytest.approx(np.abs(noise).mean())
    assert fit.r2 == pytest.approx(1 - (noise**2).sum() / ((values - values.mean()) ** 2).sum())
    assert np.isnan(fit_of("y", np.full(3, 2.0), np.array([1.0, 2, 3])).r2)


@pytest.mark.parametrize(("weights", "bias", "text"), [
    ([2, -0.5], 3, "2 a - 0.5 b + 3"), ([-2, 0], -0.25, "-2 a + 0 b - 0.25"),
    ([-0.5, -1], 0.5, "-0.5 a - 1 b + 0.5"), ([1 / 3, 1e9], 0, "0.333333 a + 1e+09 b + 0"),
])  # fmt: skip
def test_line_is_written_as_a_sum(weights: list[float], bias: float, text: str) -> None:
    assert _sum(zip(weights, "ab", strict=True), bias) == text


def test_lines_of_a_linear_network_are_in_the_units_of_its_table() -> None:
    """One output a line; a Flatten before it and a Tanh behind it are no part of the line."""
    recipe = NumberRecipe(("a", "b"), (10.0, -1.0), (2.0, 4.0), ("y", "z"), (5.0, 0.0), (0.5, 2.0))
    linear = Linear(2, 2)
    linear.weight[...], linear.bias[...] = [[4, 8], [1, -2]], [1, 0]  # type: ignore[index]
    # y = 5 + 0.5 (4 (a - 10) / 2 + 8 (b + 1) / 4 + 1), z = 2 (1 (a - 10) / 2 - 2 (b + 1) / 4)
    lines = ["y = 1 a + 1 b - 3.5", "z = 1 a - 1 b - 11"]

    def learned(*layers: object, **facts: object) -> list[str]:
        given = {"recipe": recipe, "outputs": "values", "class_names": []} | facts
        return learned_line(SimpleNamespace(leaves=lambda: [("", layer) for layer in layers], **given))  # type: ignore

    assert learned(linear) == learned(Flatten(), linear, Tanh()) == lines
    assert learned() == learned(linear, linear) == learned(Flatten()) == learned(linear, recipe=None) == []
    assert learned(ReLU()) == [] == learned(linear, ReLU())
    of_classes = NumberRecipe(("a", "b"), (10.0, -1.0), (2.0, 4.0), ("what",))
    one = Linear(2, 1)
    one.weight[...], one.bias[...] = [[4, 8]], [1]  # type: ignore[index]
    # One output tells two classes apart, and is yes for the second.
    assert learned(one, recipe=of_classes, outputs="sign", class_names=["no", "yes"]) == ["yes = 2 a + 2 b - 17"]


@pytest.mark.parametrize(("count", "names"), [(16, 16), (17, 16), (2, 2)])
def test_sixteen_columns_of_a_model_of_numbers_are_named(count: int, names: int) -> None:
    columns = tuple(f"c{at}" for at in range(count))
    recipe = NumberRecipe(columns, (0.0,) * count, (1.0,) * count, ("y",), (0.0,), (1.0,))
    listed = ", ".join(columns[:names]) + (" ..." if count > names else "")
    with pytest.raises(ShapeError) as caught:
        as_rows([[1.0]], recipe)
    takes = f"the model takes {count} numbers a row, {listed}"
    assert str(caught.value) == f"predict: got an array of shape (1, 1); {takes}: (rows, {count})"
    assert as_rows([], recipe).shape == (0, count)


def test_answer_is_sure_from_the_threshold_on() -> None:
    shares = np.array([[0.5, 0.5], [0.25, 0.75]], np.float32)
    for threshold, sure in ((0.0, [True, True]), (0.5, [True, True]), (0.75, [False, True]), (0.76, [False, False])):
        assert Prediction(np.array([0, 1]), ["a", "b"], shares, threshold).sure.tolist() == sure
    none = np.zeros((2, 0), np.float32)
    assert Prediction(np.zeros(0, np.int64), [], none).sure.tolist() == [True, True]  # numbers have no probability


def test_views_are_averaged_some_images_at_a_time(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    images = rng.normal(size=(5, 1, 4, 4))

    def predict(some: np.ndarray) -> np.ndarray:
        scores = np.stack([some[:, 0, 0, 0], some[:, 0, 2, 1]], axis=1)
        return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))

    whole = Views(1, False).mean(predict, predict(images), images, "scores")
    monkeypatch.setattr("cnncli.pictures.portions.IMAGES", 2)
    np.testing.assert_array_equal(Views(1, False).mean(predict, predict(images), images, "scores"), whole)
    assert [Views(*how).words for how in ((1, False), (2, True))] == [
        "as it is and moved by 1 pixel to each side",
        "as it is and moved by 2 pixels to each side, all that mirrored too",
    ]
