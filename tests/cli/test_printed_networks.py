"""What info and summary print of a model whose record is written by hand."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli.cli import render_info, render_summary
from cnncli.model_file.record import TrainingRecord
from cnncli.network import Network
from cnncli.pictures.recipe import InputRecipe
from printed import printed, squeezed

RECORD: dict[str, Any] = {
    "data": {"name": "pets", "images": 1_200, "digest": "ab12", "left_aside": {"damaged": 1_000}},
    "training": {
        "history": [
            {"epoch": 1, "loss": 0.5, "accuracy": 0.25},
            {"epoch": 2, "loss": 0.25, "accuracy": 0.5, "validation_loss": 0.75, "validation_accuracy": 0.125},
        ],
        "best_epoch": 2, "settings": {"seed": 3}, "seconds": 61.0, "threads": 1, "instruction_set": "AVX2",
        "versions": {"cnncli": "0.1"},
    },
    "test": {"images": 8, "accuracy": 0.75, "loss": 0.5},
}  # fmt: skip


def test_how_a_model_was_made_is_told_as_far_as_its_record_goes() -> None:
    record = TrainingRecord.of(RECORD)
    assert render_info.how_it_was_made(record) == [
        ("data", "pets, 1,200 trained on"), ("", "SHA-256 ab12"), ("left aside", "damaged 1,000"),
        ("trained", "2 epochs, seed 3"), ("with", "1:01 min, 1 thread, AVX2, cnncli 0.1"),
    ]  # fmt: skip
    assert render_info._results(record) == [
        ("training", "accuracy 50.00 %, loss 0.2500"), ("validation", "accuracy 12.50 %, loss 0.7500"),
        ("test", "accuracy 75.00 % (40.93 % to 92.85 %), loss 0.5000, 8 images"),  # Wilson's interval of 6 of 8
    ]  # fmt: skip
    first = dataclasses.replace(record, best_epoch=1, test=(8, 1.5, 0.5))
    assert dict(render_info.how_it_was_made(first))["trained"] == "2 epochs, the best was 1, seed 3"
    assert render_info._results(first) == [
        ("training", "accuracy 25.00 %, loss 0.5000"), ("test", "accuracy 150.00 %, loss 0.5000, 8 images"),
    ]  # fmt: skip
    made = dataclasses.replace(record, made_from="mnist", made_by="cnn make", left_aside={}, digest=None)
    assert render_info.how_it_was_made(made)[1] == ("", "made from mnist and more, by cnn make")
    bare = TrainingRecord.of({})
    assert render_info.how_it_was_made(bare) == [("training", "the file does not say how it was trained")]
    assert render_info._results(bare) == []
    assert render_info.how_it_was_made(dataclasses.replace(bare, data="x"))[0] == ("data", "x")
    assert render_info.how_it_was_made(dataclasses.replace(bare, history=record.history))[0] == ("data", "unknown")
    sampled = dict(render_info.how_it_was_made(dataclasses.replace(record, settings={"balance": "sample"})))
    assert (sampled["trained"], sampled["balance"]) == ("2 epochs", "every class drawn alike")
    assert "augmented" not in sampled


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, ""), ({"shift": 0}, ""), ({"shift": True}, ""), ({"augment": "light"}, ""),
        ({"shift": 2, "rotate": 7.5}, "shift 2, rotate 7.5"), ({"shift": 2, "augment": "light"}, "light: shift 2"),
        ({"shift": 2, "augment": 3}, "shift 2"),
    ],
)  # fmt: skip
def test_how_images_were_changed_is_told_where_they_were(settings: dict[str, Any], words: str) -> None:
    assert sorted(render_info._augmentation(settings).split(", ")) == sorted(words.split(", "))


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        (2, "2: n0, n1"), (10, "10: " + ", ".join(f"n{at}" for at in range(10))),
        (1_011, "1,011: " + ", ".join(f"n{at}" for at in range(10)) + ", and 1,001 more"),
    ],
)  # fmt: skip
def test_ten_classes_are_named_and_the_rest_is_counted(classes: int, words: str, tmp_path: Path) -> None:
    network = Network.from_model_name("linear", [f"n{at}" for at in range(classes)], seed=1)
    (tmp_path / "m.bin").write_bytes(b"x" * 20_000)
    rows = render_info.what_it_is(str(tmp_path / "m.bin"), network)
    assert rows[0] == ("file", f"{tmp_path}/m.bin, 20 kB") and rows[3] == ("classes", words)
    assert rows[1] == ("network", f"linear, {784 * classes + classes:,} parameters")
    network.record = {"confidence": {"temperature": 1.5, "threshold": 0.25}}
    told = dict(render_info.what_it_is(str(tmp_path / "m.bin"), network))["answers"]
    assert told == '"not sure" below 25.00 %; probabilities by a temperature of 1.5'


@pytest.mark.parametrize(("count", "more"), [(64, None), (65, "and 1 more, with --json")])
def test_64_tensors_are_shown(count: int, more: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tensors = [(f"t{at}", np.array([[0.0, 1.0], [2.0, 3.0]])) for at in range(count)]
    monkeypatch.setattr(render_info, "_tensors", lambda network: iter(tensors))
    (tmp_path / "m.bin").touch()
    lines = printed(render_info.show_info, str(tmp_path / "m.bin"), Network.from_model_name("linear", seed=1))
    rows = [line for line in lines if line.startswith("t") and line[1:2].isdigit()]
    assert len(rows) == 64 and [line for line in lines if line.startswith("and ")] == ([more] if more else [])
    assert squeezed(rows[:1]) == ["t0 2x2 1.5 1.12 0 3 25 %"]  # the deviation is the root of 5/4
    assert lines[-1] == "the file does not say which command made it" and lines[-2] == ""


@pytest.mark.parametrize(
    ("settings", "start", "loss"),
    [
        (None, None, None), ({}, None, None), ({"seed": 1}, None, "cross-entropy"), ({"loss": "mse"}, None, "mse"),
        ({"loss": 3}, None, None),
        ({"start_from": "a.bin"}, "a.bin", "cross-entropy"), ({"start_from": 3}, None, "cross-entropy"),
        ({"start_from": "a.bin", "freeze": 0}, "a.bin", "cross-entropy"),
        ({"start_from": "a.bin", "freeze": True}, "a.bin", "cross-entropy"),
        ({"start_from": "a.bin", "freeze": 1}, "a.bin, of which layer 0 stayed as it was", "cross-entropy"),
        ({"start_from": "a.bin", "freeze": 2}, "a.bin, of which layers 0 to 1 stayed as they were", "cross-entropy"),
    ],
)  # fmt: skip
def test_what_a_network_was_started_from_and_made_small(settings: Any, start: str | None, loss: str | None) -> None:
    network = Network.from_model_name("linear", seed=1)
    network.record = {} if settings is None else {"training": {"settings": settings}}
    assert (render_summary.start_of(network), render_summary.loss_of(network)) == (start, loss)


def test_a_summary_has_headings_of_one_line_where_they_fit() -> None:
    network = Network.from_model_name("linear", [str(digit) for digit in range(10)], seed=1)
    wide, narrow = (printed(render_summary.show_summary, network, columns=columns) for columns in (100, 99))
    assert squeezed(wide[2:3]) == ["layer output parameters multiply-adds field of view memory"]
    assert squeezed(narrow[2:4]) == ["multiply- field", "layer output parameters adds of view memory"]
    wide = [line.rstrip() for line in wide]
    assert "parameters      7,850 (31 kB)" in wide  # 784 x 10 + 10, of 4 bytes each
    assert "multiply-adds   7,840 for one image" in wide
    assert render_summary._count(0) == "" and render_summary._count(1_000) == "1,000"
    facts = render_summary.summary_facts(network)
    assert (facts["parameters"], facts["parameter_bytes"]) == (7_850, 31_400)


@pytest.mark.parametrize(("title", "name", "told"), [("T", "n", "T"), ("", "n", "n"), ("", "", "network")])
def test_a_network_is_called_by_its_title_or_its_name(title: str, name: str, told: str, tmp_path: Path) -> None:
    network = Network.from_model_name("linear", seed=1)
    network.title, network.name = title, name
    (tmp_path / "m.bin").touch()
    assert printed(render_summary.show_summary, network)[0] == told
    assert printed(render_info.show_info, str(tmp_path / "m.bin"), network)[0] == told


@pytest.mark.parametrize(
    ("accuracy", "has_interval"), [(-0.5, False), (0.0, True), (0.5, True), (1.0, True), (1.125, False)]
)
def test_a_share_has_an_interval_and_what_is_none_has_not(accuracy: float, has_interval: bool) -> None:
    record = dataclasses.replace(TrainingRecord.of(RECORD), test=(8, accuracy, 0.5))
    assert (" to " in dict(render_info._results(record))["test"]) is has_interval


def test_never_not_sure_is_said_of_models_that_give_classes_of_pictures(tmp_path: Path) -> None:
    (tmp_path / "m.bin").touch()
    for classes, recipe in ((["a", "b"], True), (["a", "b"], False), ([], True)):
        network = Network.from_model_name("linear", classes or None, seed=1)
        if not classes:
            network.class_names = []
        network.recipe = InputRecipe("glyph") if recipe else None
        told = dict(render_info.what_it_is(str(tmp_path / "m.bin"), network))
        assert ("answers" in told) is (bool(classes) and recipe) and ("pictures" in told) is recipe


def test_json_of_a_model_has_its_recipe_and_threshold_or_null(tmp_path: Path) -> None:
    (tmp_path / "m.bin").touch()
    network = Network.from_model_name("linear", ["a", "b"], seed=1)
    network.recipe = None
    bare = render_info.info_facts(str(tmp_path / "m.bin"), network)
    assert (bare["recipe"], bare["confidence"]) == (None, None)
    network.recipe = InputRecipe("glyph")
    network.record = {"confidence": {"temperature": 1.5, "threshold": 0.25}}
    full = render_info.info_facts(str(tmp_path / "m.bin"), network)
    assert full["recipe"]["kind"] == "glyph"
    assert (full["confidence"]["temperature"], full["confidence"]["threshold"]) == (1.5, 0.25)


def test_what_sees_no_part_of_the_picture_has_no_field_and_lines_that_were_learned_have_one_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = Network.from_model_name("linear", seed=1)
    row = network.layer_table()[-1]
    shown = dataclasses.replace(row, field_of_view=(3, 5), name="7")
    none = dataclasses.replace(row, field_of_view=None, name="8")
    monkeypatch.setattr(network, "layer_table", lambda: [shown, none])
    assert [render_summary._layer_facts(one)["field_of_view"] for one in (shown, none)] == [[3, 5], None]
    facts = render_summary.summary_facts(network)
    monkeypatch.setattr(render_summary, "summary_facts", lambda network: facts | {"learned": ["y = 2 x", "z = x"]})
    lines = printed(render_summary.show_summary, network)
    assert [" 3x5 " in line for line in lines if line.strip().startswith(("7 ", "8 "))] == [True, False]
    at = next(number for number, line in enumerate(lines) if line.startswith("learned"))
    assert squeezed(lines[at : at + 2]) == ["learned y = 2 x", "z = x"]


def test_networks_are_listed_in_a_line_each() -> None:
    facts = [{"network": "a b", "title": "A title", "input": [1, 28, 28], "parameters": 61_706}]
    hint = "cnn summary NAME shows the layers, cnn train --arch NAME trains one"
    assert printed(render_summary.list_networks, facts) == [
        "network  input    parameters", "a b      1x28x28      61,706  A title", "", hint
    ]  # fmt: skip
    for columns in (20, 26):
        facts[0] |= {"network": "a b c d e f g h", "title": ""}
        narrow = printed(render_summary.list_networks, facts, columns=columns)
        assert narrow[1].startswith("a b") and narrow[2] == ""
