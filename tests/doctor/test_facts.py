"""Files of a run may come from anybody: what is of the right type is taken as it is, and only that."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from cnncli.doctor.facts import Epoch, Layers, Part, RunFacts, number, read_facts, whole
from cnncli.errors import UsageError

EPOCH = {
    "epoch": 2, "losses": [1.5, 0.5], "inputs": [0.0, 1.0, -2.0, 2.0],
    "layers": {"names": ["a", "b"], "weight": [1.0, 2.0], "gradient": [0.1, None], "update": [0.0, 0.5]},
    "gauges": {"step": [0, 5], "gradient": [1.0, 2.0], "turn": [None, 0.5], "update": [0.1, 0.2]},
}  # fmt: skip
PART = {"images": 4, "right": 3, "loss": 0.5, "counts": [1, 3], "answers": [[2, 0], [1, 1]]}
END = {
    "parts": {"test": PART}, "twice": {"images": 8, "mean": 0.5, "most": "x"}, "images": {"test": 4, "more": -1},
    "layers": [{"name": "a", "units": 4, "alike": 2, "zero": 0}],
}  # fmt: skip


def read(folder: Path, **facts: Any) -> RunFacts:
    (folder / "settings.json").write_text("{}")
    (folder / "diagnostics.json").write_text(json.dumps({"version": 1, "epochs": [EPOCH], "end": END} | facts))
    return read_facts(folder)


def changed(of: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {**of, **values}


def test_all_that_is_there_is_read(tmp_path: Path) -> None:
    run = read(tmp_path, diverged={"step": 7, "what": "loss: it is nan"})
    layers = Layers(["a", "b"], [1, 2], [0.1, None], [0, 0.5])
    assert run.epochs == [Epoch(2, [1.5, 0.5], [0, 5], [1, 2], [None, 0.5], [0.1, 0.2], layers, [0, 1, -2, 2])]
    assert run.parts == {"test": Part(4, 3, 0.5, [1, 3], [[2, 0], [1, 1]])}
    assert run.twice == {"images": 8, "mean": 0.5} and run.images == {"test": 4}
    assert run.alike == [{"name": "a", "units": 4, "alike": 2, "zero": 0}] and run.diverged == (7, "loss: it is nan")
    assert run.history == [] and run.dead == [] and not run.is_empty
    assert not read(tmp_path, epochs=[], end={}).epochs and read(tmp_path, epochs=[], end={}).is_empty


@pytest.mark.parametrize(
    ("facts", "left"),
    [(changed(EPOCH, epoch=True), 0), (changed(EPOCH, epoch="2"), 0), (changed(EPOCH, epoch=2.0), 0), ([], 0),
     (EPOCH, 1)],
)  # fmt: skip
def test_an_epoch_has_a_whole_number(facts: Any, left: int, tmp_path: Path) -> None:
    assert len(read(tmp_path, epochs=[facts]).epochs) == left


def test_rows_of_gauges_and_layers_must_be_of_one_length(tmp_path: Path) -> None:
    for name in ("gradient", "turn", "update", "step"):
        gauges = changed(EPOCH["gauges"], **{name: [1]})  # type: ignore[arg-type]
        [epoch] = read(tmp_path, epochs=[changed(EPOCH, gauges=gauges)]).epochs
        assert (epoch.steps, epoch.gradient, epoch.turn, epoch.update) == ([], [], [], []) and epoch.losses == [
            1.5,
            0.5,
        ]
    for name in ("weight", "gradient", "update", "names"):
        layers = changed(EPOCH["layers"], **{name: ["a"]})  # type: ignore[arg-type]
        [epoch] = read(tmp_path, epochs=[changed(EPOCH, layers=layers)]).epochs
        assert epoch.layers is None, name
    [epoch] = read(tmp_path, epochs=[changed(EPOCH, losses=[1.0, None, "x", True, 2])]).epochs
    assert epoch.losses == [1, 2]


@pytest.mark.parametrize("wrong", [
    {"images": 0, "counts": []}, {"right": -1}, {"right": None}, {"loss": None}, {"counts": [1, 2]},
    {"images": 4.0}, {"images": True, "counts": [1]},
])  # fmt: skip
def test_a_part_that_does_not_add_up_is_left_out(wrong: dict[str, Any], tmp_path: Path) -> None:
    assert read(tmp_path, end={"parts": {"test": changed(PART, **wrong)}}).parts == {}


@pytest.mark.parametrize("answers", [[[2, 0], [1, 2]], [[2, 0], [2]], [[4]], [[2, 0, 0], [1, 1, 0]], None])
def test_answers_that_are_no_square_of_all_images_are_left_out(answers: Any, tmp_path: Path) -> None:
    part = read(tmp_path, end={"parts": {"test": changed(PART, answers=answers)}}).parts["test"]
    assert part.answers == ([[4]] if answers == [[4]] else [])


@pytest.mark.parametrize("wrong", [{"units": 0}, {"units": -4}, {"alike": None}, {"zero": 1.5}, {"name": 3}])
def test_a_layer_without_units_or_counts_is_left_out(wrong: dict[str, Any], tmp_path: Path) -> None:
    assert read(tmp_path, end={"layers": [changed(END["layers"][0], **wrong)]}).alike == []  # type: ignore[index]


def test_numbers_are_finite_and_counts_whole() -> None:
    assert [number(one) for one in (1, -0.5, True, "1", None, math.inf, math.nan, 10**400)] == [1, -0.5, *[None] * 6]
    assert [whole(one) for one in (0, 7, -1, 1.0, True, None)] == [0, 7, *[None] * 4]


def test_a_step_at_which_it_ended_has_a_number_and_words(tmp_path: Path) -> None:
    for wrong in ({"step": "7", "what": "x"}, {"step": 7}, {"step": True, "what": "x"}, "x"):
        assert read(tmp_path, diverged=wrong).diverged is None
    with pytest.raises(UsageError, match="is no run"):
        read_facts(tmp_path / "none")
