"""What a model's record says of its training, and what its evaluation makes of that; classes by their names."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cnncli.data import Split, images_digest
from cnncli.errors import DataError, UsageError
from cnncli.model.evaluate import _loss_of, _of_another_loss
from cnncli.model.measured_part import _recipe, _recorded_data, class_positions
from cnncli.model.own_data import is_own

SPLIT = Split(np.arange(18, dtype=np.uint8).reshape(2, 1, 3, 3), np.array([0, 1]))
OTHER = Split(SPLIT.images + np.uint8(1), SPLIT.labels)


def network(**facts: Any) -> Any:
    """What is looked at of one."""
    return SimpleNamespace(**{"record": {}, "outputs": "scores", "class_names": ["a", "b"]} | facts)


@pytest.mark.parametrize(("data", "is_so"), [
    (None, False), (3, False), ({}, False),
    ({"by_name": True, "name": "given"}, True), ({"by_name": True, "name": "another"}, False),
    ({"by_name": True, "name": "another", "images_digest": images_digest(SPLIT)}, False),
    ({"by_name": 1, "name": "given"}, False), ({"by_name": False, "name": "given"}, False),
    ({"made_from": "given"}, True), ({"made_from": "another"}, False),
    ({"by_name": False, "images_digest": images_digest(SPLIT)}, True), ({"images_digest": images_digest(OTHER)}, False),
])  # fmt: skip
def test_data_are_those_of_the_training_by_their_name_or_by_their_images(data: object, is_so: bool) -> None:
    assert is_own({"data": data}, "given", SPLIT) is is_so
    assert is_own({}, "given", SPLIT) is False


def test_data_of_a_record_are_those_with_names_alone() -> None:
    assert _recorded_data("m", {"data": {"name": "mnist", "by_name": True}}) == "mnist"
    assert _recorded_data("m", {"data": {"name": "tiny", "made_from": "digits"}}) == "digits"
    for record in ({}, {"data": 3}, {"data": {}}, {"data": {"name": 3, "by_name": True}}):
        with pytest.raises(UsageError, match=r"^m: does not say what it was trained on; pass --data$"):
            _recorded_data("m", record)
    for facts in ({"by_name": False}, {"by_name": 1}, {}, {"made_from": "mine"}, {"made_from": 3}):
        with pytest.raises(UsageError, match=r"^m: was trained on files called mnist, and model files hold no paths; "):
            _recorded_data("m", {"data": {"name": "mnist", **facts}})
    with pytest.raises(UsageError, match=r"^m: was trained on files called mine,"):
        _recorded_data("m", {"data": {"name": "mine", "by_name": True}})


@pytest.mark.parametrize(("outputs", "settings", "said"), [
    ("scores", {"loss": "cross-entropy"}, None), ("scores", {"loss": "nll"}, None), ("scores", {}, None),
    ("scores", None, None), ("scores", {"loss": 3}, None), ("values", {"loss": "mse"}, None),
    ("scores", {"loss": "multi-margin"}, "the loss is the cross-entropy; the training made multi-margin small"),
    ("scores", {"loss": "multi-margin", "label_smoothing": 0.1},
     "the loss is the cross-entropy; the training made multi-margin small"),
    ("scores", {"loss": "cross-entropy", "label_smoothing": 0.1},
     "the loss is that of the labels; the training smoothed them by 0.1"),
    ("scores", {"label_smoothing": 0.0}, None), ("scores", {"label_smoothing": 1}, None),
])  # fmt: skip
def test_loss_that_is_another_one_than_that_of_the_training_is_told(
    outputs: str, settings: object, said: str | None
) -> None:
    found = _of_another_loss(network(outputs=outputs, record={"training": {"settings": settings}}))
    assert [(note.kind, note.text) for note in found] == ([] if said is None else [("loss", said)])
    assert _of_another_loss(network()) == [] == _of_another_loss(network(record={"training": 3}))


def test_loss_of_outputs_that_are_no_scores_is_that_of_the_training() -> None:
    def of(loss: object, outputs: str = "sign") -> object:
        return _loss_of(network(outputs=outputs, record={"training": {"settings": {"loss": loss}}}))

    assert "MSELoss()" in repr(of("mse"))
    assert of("mse", "scores") is None and of(3) is None and of("of another version") is None
    for record in ({}, {"training": 3}, {"training": {"settings": 3}}):
        assert _loss_of(network(outputs="sign", record=record)) is None


def positions_of(model: Any, *names: str) -> Any:
    return class_positions("m.bin", model, "set", list(names))


def test_classes_are_found_by_their_names_in_any_order_and_case() -> None:
    model = network(class_names=["Cat", "dog", "eel"])
    positions, notes = positions_of(model, "eel", "Cat")
    assert positions.tolist() == [2, 0] and notes == []
    positions, notes = positions_of(model, "dog", "cat", "EEL ")
    assert positions.tolist() == [1, 0, 2]
    assert [(note.kind, note.text) for note in notes] == [
        ("classes", "classes: cat is read as Cat"), ("classes", "classes: EEL  is read as eel"),
    ]  # fmt: skip
    for names, unknown in ((("dog", "emu"), "emu"), (("cat", "CAT"), "cat"), (("Cat", "cat"), "cat")):
        said = f"^set: class {unknown} is none of those of m.bin, which are Cat, dog, eel; "
        with pytest.raises(DataError, match=said):
            positions_of(model, *names)
    with pytest.raises(DataError, match=r"^set: class CAT is none of those of m\.bin, which are Cat, cat; "):
        positions_of(network(class_names=["Cat", "cat"]), "CAT")
    long = "N" * 90
    [note] = positions_of(network(class_names=[long.lower()]), long)[1]
    assert note.text == f"classes: {long[:80]} is read as {long[:80].lower()}"


def test_network_without_a_recipe_takes_the_bytes_of_images_of_its_size() -> None:
    for channels in (1, 3):
        recipe = _recipe("m", network(recipe=None, input_shape=(channels, 5, 7)))
        assert (recipe.kind, recipe.shape, recipe.polarity) == ("plain", (channels, 5, 7), "any")
        assert (recipe.mean, recipe.scale) == ((0.0,) * channels, (1.0,) * channels)
    for shape, said in (((2, 5, 7), "2x5x7"), ((35,), "35"), ((1, 1, 5, 7), "1x1x5x7")):
        with pytest.raises(DataError, match=f"^m: takes {said}, which are no images; use its outputs from Python$"):
            _recipe("m", network(recipe=None, input_shape=shape))
