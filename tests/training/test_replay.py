"""`cnn replay`: what was trained comes again, bit for bit; what was changed afterwards never does."""

import copy
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncli import _core
from cnncli.cli.main import run
from cnncli.errors import CnnError
from cnncli.model_file.seal import is_intact, sealed
from cnncli.model_file.serialize import load_model, save_model
from cnncli.model_file.weights import weights_digest
from cnncli.network import Network
from cnncli.training.marks import MARKS, after_marks, mark_steps, parted_after
from cnncli.training.records import Finished, Stopped
from cnncli.training.replay import Verdict, replay
from cnncli.training.train import train
from cnncli.training_options import TrainSettings

IMAGES = 120


@pytest.fixture(scope="module")
def small_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn digits, with some to test."""
    images, labels = np.empty((IMAGES + 40, 28, 28), np.uint8), np.empty(IMAGES + 40, np.uint8)
    _core.digits_generate(images, labels, seed=3, first=0)
    path = tmp_path_factory.mktemp("data") / "small.npz"
    np.savez(path, x_train=images[:IMAGES], y_train=labels[:IMAGES], x_test=images[IMAGES:], y_test=labels[IMAGES:])
    return path


def trained(folder: Path, small_set: Path, **settings: Any) -> Path:
    """A model of two short epochs."""
    given = {"architecture": "linear", "epochs": 2, "batch_size": 16, "data": str(small_set), **settings}
    *_, last = train(TrainSettings(out=str(folder / "model.bin"), runs=str(folder / "runs"), **given))
    assert isinstance(last, Finished)
    return folder / "model.bin"


def verdict(path: Path, small_set: Path | None, **settings: Any) -> Verdict:
    data = None if small_set is None else str(small_set)
    *_, last = replay(str(path), TrainSettings(data=data, **settings))
    assert isinstance(last, Verdict)
    return last


CASES: dict[str, dict[str, Any]] = {
    "linear": {},
    "mlp with half held out": {"architecture": "mlp", "validation": 0.5, "epochs": 3},
    "lenet5": {"architecture": "lenet5", "epochs": 1},
    "the linear network with Adam": {"optimizer": "adam", "learning_rate": 0.003, "schedule": "cosine"},
    "the linear network with ASGD": {"optimizer": "asgd", "learning_rate": 0.01},
    "the linear network with LBFGS": {"optimizer": "lbfgs", "batch_size": "full", "epochs": 1},
    "a plateau, clipped, with smooth labels": {"schedule": "plateau", "clip_norm": 0.5, "label_smoothing": 0.1},
    "averaged weights": {"ema": 0.9, "validation": 0.2},
    "averaged weights and statistics, Muon": {
        "architecture": "resnet-small",
        "epochs": 2,
        "images": 48,
        "optimizer": "muon",
        "ema": 0.8,
    },
    "until it converges": {"until": "converged", "until_limit": 0.5, "until_window": 1, "epochs": 9},
    "classes drawn alike": {"balance": "sample", "architecture": "lenet5", "epochs": 1},
    "hinge loss, weighed classes": {"loss": "multi-margin", "class_weights": "balanced", "seed": 9},
}


@pytest.mark.parametrize("case", CASES)
def test_what_was_trained_comes_again(case: str, tmp_path: Path, small_set: Path) -> None:
    path = trained(tmp_path, small_set, **CASES[case])
    found = verdict(path, small_set, threads=3)
    assert found.kind == "reproduced", found.line
    assert found.weights == weights_digest(load_model(path))
    assert not list(tmp_path.glob(".*")) and sorted(one.name for one in tmp_path.iterdir()) == ["model.bin", "runs"]
    last = next(tmp_path.glob("runs/*/last.bin"))
    assert verdict(last, small_set).kind == "reproduced"


def test_models_of_numbers_come_again_and_their_recipe_cannot_be_changed(tmp_path: Path) -> None:
    drawn = np.random.default_rng(4)
    rows = np.column_stack([drawn.normal(3, 2, (40, 2)), drawn.integers(0, 2, 40)])
    rows[:, 1] += rows[:, 2]
    np.savetxt(tmp_path / "t.csv", rows, delimiter=",", header="x,y,c", comments="")
    for network, target in (("linear-regression", "y"), ("perceptron", "c")):
        path = trained(tmp_path, tmp_path / "t.csv", architecture=network, label_column=target)
        found = verdict(path, tmp_path / "t.csv")
        assert found.kind == "reproduced", found.line
        model = load_model(path)
        described = model.description()
        described["recipe"]["mean"][0] += 0.001
        model.recipe = Network.from_description(described, seed=None).recipe
        resave(path, model, model.record, forge=True)
        assert verdict(path, tmp_path / "t.csv").kind != "reproduced"


def test_avx2_and_avx512_make_one_model(tmp_path: Path, small_set: Path) -> None:
    sets = [name for name in ("avx2", "avx512") if name in _core.instruction_sets()]
    if len(sets) < 2:
        pytest.skip("this CPU has one of them at most")
    before = _core.instruction_set()
    try:
        for first, second in (sets, sets[::-1]):
            _core.set_instruction_set(first)
            (tmp_path / first).mkdir()
            path = trained(tmp_path / first, small_set, architecture="lenet5")
            _core.set_instruction_set(second)
            assert verdict(path, small_set).kind == "reproduced"
        _core.set_instruction_set("x86_64")
        found = verdict(path, small_set)
        assert found.kind == "undecided" and "x86_64 here rounds otherwise" in found.line
    finally:
        _core.set_instruction_set(before)


def test_a_training_that_was_stopped_and_resumed_comes_again(tmp_path: Path, small_set: Path) -> None:
    """The marks of an epoch go on where they were."""
    asked = itertools.count()
    settings = TrainSettings(
        architecture="mlp", epochs=2, batch_size=4, data=str(small_set), out=str(tmp_path / "model.bin"),
        runs=str(tmp_path / "runs"),
    )  # fmt: skip
    *_, stopped = train(settings, should_stop=lambda: next(asked) > 10)
    assert isinstance(stopped, Stopped) and stopped.step > 0
    *_, last = train(TrainSettings(resume=str(stopped.run)))
    assert isinstance(last, Finished)
    assert verdict(tmp_path / "model.bin", small_set).kind == "reproduced"


def leaves(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where the plain values stand in a JSON value."""
    if isinstance(value, dict):
        return [found for key in sorted(value) for found in leaves(value[key], (*place, key))]
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in leaves(item, (*place, index))]
    return [place]


def changed(value: Any) -> Any:
    """Another value of the same kind, as near as can be."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return float(np.nextafter(value, np.inf))
    if isinstance(value, str):
        return f"{value[:-1]}{'1' if value[-1:] == '0' else '0'}"
    return 0.5


# No training can say whether these are true: only a seal tells.
CLAIMS = {"seconds", "images_per_second", "threads", "versions", "instruction_set", "rate_factor"}


def resave(path: Path, network: Network, record: dict[str, Any], forge: bool) -> None:
    save_model(path, network, sealed(network, record) if forge else record)


@pytest.mark.parametrize("forge", [False, True], ids=["kept seal", "forged seal"])
def test_no_value_of_the_record_can_be_changed(tmp_path: Path, small_set: Path, forge: bool) -> None:
    """Each of them, one after the other; of a forger who seals the file anew all but what no training tells."""
    path = trained(tmp_path, small_set, validation=0.25)
    network, tried, kinds, believed = load_model(path), 0, set[str](), []
    for place in leaves(network.record):
        if place == ("seal",) or (forge and CLAIMS & set(place)):
            continue
        record = copy.deepcopy(network.record)
        inner = record
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = changed(inner[place[-1]])
        if forge and place == ("data", "name"):
            continue  # the name of a file, which may be another one by now
        resave(tmp_path / "other.bin", network, record, forge)
        tried += 1
        try:
            found = verdict(tmp_path / "other.bin", small_set)
        except CnnError:  # one line, such as that the data have no such column
            continue
        believed += [place] if found.kind == "reproduced" else []
        kinds.add(found.kind)
        assert forge or found.kind == "tampered", (place, found)
    assert not believed
    assert tried > 60 and (not forge or kinds == {"tampered", "diverged", "undecided"})


@pytest.mark.parametrize("forge", [False, True], ids=["kept seal", "forged seal"])
def test_no_weight_can_be_changed_nor_what_is_made_of_pictures(tmp_path: Path, small_set: Path, forge: bool) -> None:
    path = trained(tmp_path, small_set)

    def other_weight(network: Network, record: dict[str, Any]) -> None:
        weight = network.parameters()[0][0]
        weight[0, 0] = np.nextafter(weight[0, 0], np.float32(9))

    def other_weight_and_its_digest(network: Network, record: dict[str, Any]) -> None:
        other_weight(network, record)
        record["training"]["history"][-1]["weights"] = weights_digest(network)

    def weights_of_no_training(network: Network, record: dict[str, Any]) -> None:
        for parameter in network.parameters()[0]:
            parameter[...] = 0
        for facts in record["training"]["history"]:
            facts["weights"] = weights_digest(network)

    def other_class(network: Network, record: dict[str, Any]) -> None:
        network.class_names[3] = "three"

    def other_mean(network: Network, record: dict[str, Any]) -> None:
        described = network.description()
        described["recipe"]["mean"] = [0.5]
        network.recipe = Network.from_description(described, seed=None).recipe

    def other_title(network: Network, record: dict[str, Any]) -> None:
        network.title = "The best network of all"

    changes: list[Callable[[Network, dict[str, Any]], None]] = [
        other_weight, other_weight_and_its_digest, weights_of_no_training, other_class, other_mean, other_title,
    ]  # fmt: skip
    for change in changes:
        network = load_model(path)
        record = copy.deepcopy(network.record)
        change(network, record)
        resave(tmp_path / "other.bin", network, record, forge)
        found = verdict(tmp_path / "other.bin", small_set)
        assert found.kind in ("tampered", "diverged", "undecided"), change.__name__
        assert is_intact(load_model(tmp_path / "other.bin")) == forge


def test_another_rate_is_told_by_its_first_steps(tmp_path: Path, small_set: Path) -> None:
    path = trained(tmp_path, small_set)
    network = load_model(path)
    network.record["training"]["settings"]["learning_rate"] *= 1.5
    resave(path, network, network.record, forge=True)
    found = verdict(path, small_set)
    assert (found.kind, found.epoch, found.steps) == ("diverged", 1, (2, 2))  # the first loss is of the first weights
    assert found.line == "epoch 1, step 2 of 8: the training goes another way than the file says"


def test_other_data_no_record_and_data_without_a_place_are_told(
    tmp_path: Path, small_set: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = trained(tmp_path, small_set)
    with np.load(small_set) as arrays:
        other = {name: array.copy() for name, array in arrays.items()}
    other["x_train"][0, 0, 0] ^= 1
    np.savez(tmp_path / "other.npz", **other)
    assert run(["replay", str(path), "--data", str(tmp_path / "other.npz"), "--json"]) == 5
    facts = json.loads(capsys.readouterr().out)
    assert facts["verdict"] == "undecided" and "is not the data that it was trained on" in facts["why"]
    assert run(["replay", str(path)]) == 2
    assert capsys.readouterr().err.endswith("called small.npz, and model files hold no paths; pass --data PATH\n")
    save_model(tmp_path / "plain.bin", Network.from_model_name("linear", 2, seed=1))
    assert run(["replay", str(tmp_path / "plain.bin")]) == 5
    assert "not to be decided here: the file holds too little of its training" in capsys.readouterr().out
    assert run(["replay", str(path), "--data", str(small_set)]) == 0
    assert capsys.readouterr().out.startswith(f"{path}: reproduced: ")
    network = load_model(path)
    network.record["training"]["best_epoch"] = 1
    save_model(path, network)
    assert run(["replay", str(path), "--data", str(small_set)]) == 4
    assert "tampered with: the file was changed after its training" in capsys.readouterr().out


@pytest.mark.parametrize("steps", [1, 2, 15, 16, 17, 31, 32, 33, 469, 938])
def test_marks_are_even_and_find_the_step(steps: int) -> None:
    marked = list(mark_steps(steps))
    assert 1 <= len(marked) <= MARKS and marked[-1] <= steps
    assert {b - a for a, b in itertools.pairwise(marked)} <= {marked[0]}
    whole = "".join(f"{step:08x}" for step in marked)
    assert parted_after(whole, whole, steps) is None
    for step in range(1, marked[-1] + 1):
        others = "".join(f"{one:08x}" if one < step else "f" * 8 for one in marked)
        first, last = parted_after(whole, others, steps) or (0, 0)
        assert first <= step <= last and last - first < marked[0]
    # What no mark shows came about behind the last one.
    first, last = after_marks(steps, steps)
    assert last == steps and first == min(marked[-1] + 1, steps)


def test_an_epoch_that_was_cut_parts_behind_its_last_mark() -> None:
    assert after_marks(938, 100) == (60, 100) and after_marks(938, 59) == (59, 59) and after_marks(938, 7) == (1, 7)
