"""What `cnn replay` says of a file, rule by rule: what it must hold, and how what was made is compared with it."""

import copy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.layers import Flatten, Linear
from cnncli.model_file.seal import sealed
from cnncli.model_file.serialize import load_model, save_model
from cnncli.model_file.weights import weights_digest
from cnncli.network import Network
from cnncli.training import replay as module
from cnncli.training.records import Finished
from cnncli.training.replay import Verdict, _by_number, _compare_epoch, _compared, _difference, _Ended, _parted, replay
from cnncli.training.train import train
from cnncli.training_options import TrainSettings
from cnncli.version import __version__


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of two epochs of a few images."""
    folder = tmp_path_factory.mktemp("replayed")
    drawn = np.random.default_rng(2)
    np.savez(folder / "d.npz", x_train=drawn.integers(0, 256, (12, 8, 8), np.uint8), y_train=np.arange(12) % 3)
    *_, last = train(TrainSettings(
        architecture="linear", data=str(folder / "d.npz"), epochs=2, batch_size=4, prepare="plain",
        validation=0.0, runs=str(folder / "runs"), out=str(folder / "model.bin"),
    ))  # fmt: skip
    assert isinstance(last, Finished)
    return folder / "model.bin"


def judged(path: Path, change: Callable[[dict[str, Any]], object]) -> str:
    """The verdict of a file whose record was changed and sealed anew; without data, so that nothing is trained."""
    network = load_model(path)
    record = copy.deepcopy(network.record)
    change(record)
    save_model(path.parent / "other.bin", network, sealed(network, record))
    try:
        (found,) = replay(str(path.parent / "other.bin"), TrainSettings())
    except UsageError as error:
        assert str(error).endswith("pass --data PATH")
        return "to be trained again"
    assert isinstance(found, Verdict)
    return f"{found.kind}: {found.line}"


def settings(**changed: Any) -> Callable[[dict[str, Any]], object]:
    return lambda record: record["training"]["settings"].update(changed)


def training(**changed: Any) -> Callable[[dict[str, Any]], object]:
    return lambda record: record["training"].update(changed)


NOT_ALL = "undecided: the file does not say all of its training"
NOT_EACH = "undecided: the file does not say how each epoch of its training went"
IMPOSSIBLE = (
    "undecided: its settings are not of this version: shares or cycle of a training with a target are impossible"
)
DATA = "tampered: it names two different digests of its data"
AGAIN = "to be trained again"


@pytest.mark.parametrize(("change", "line"), [
    (training(), AGAIN), (training(settings=[]), NOT_ALL), (training(history={}), NOT_ALL),
    (training(epoch=True), NOT_ALL), (training(epoch=2.0), NOT_ALL),
    (training(epoch=0), NOT_EACH), (training(epoch=3), NOT_EACH), (training(history=[]), NOT_EACH),
    (lambda record: record["training"]["history"][0].pop("marks"), NOT_EACH),
    (lambda record: record["training"]["history"].append("marks"), NOT_EACH),
    (training(epoch=1), "tampered: its weights are not those that it says epoch 1 ended with"),
    (settings(cycle=2), AGAIN), (settings(cycle=1), AGAIN), (settings(cycle=3), IMPOSSIBLE),
    (settings(cycle=-1), IMPOSSIBLE), (settings(shares=[0.5, 1.0]), AGAIN), (settings(shares=[0.5, 1.1]), IMPOSSIBLE),
    (settings(data_digest="0"), DATA), (lambda record: record["data"].update(digest="0"), DATA),
    (lambda record: record.pop("data") and record.update(data=[]),
     "undecided: the file holds too little of its training; cnn train of today stores all of it"),
    (lambda record: record.update(training=[]),
     "undecided: the file holds too little of its training; cnn train of today stores all of it"),
])  # fmt: skip
def test_a_file_is_judged_by_what_it_holds_before_anything_is_trained(
    trained: Path, change: Callable[[dict[str, Any]], object], line: str
) -> None:
    assert judged(trained, change) == line


@pytest.mark.parametrize(("made", "here", "same"), [
    ("avx2", "avx2", True), ("avx2", "avx512", True), ("avx512", "avx2", True), ("x86_64", "x86_64", True),
    ("x86_64", "avx2", False), ("avx512", "x86_64", False), ("neon", "x86_64", False),
])  # fmt: skip
def test_only_the_wide_instruction_sets_make_each_others_bits(
    trained: Path, made: str, here: str, same: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_core", SimpleNamespace(instruction_set=lambda: here))
    expected = AGAIN if same else f'undecided: it was trained with "{made}", and {here} here rounds otherwise'
    assert judged(trained, training(instruction_set=made)) == expected


def test_files_that_a_training_had_are_asked_for_by_name(trained: Path) -> None:
    network = load_model(trained)
    assert network.record["data"]["by_name"] is False
    for made_by, line in (
        ("cnn draw --seed 3", "called d.npz, which cnn draw --seed 3 makes, and model files hold no paths; pass"),
        (7, "called d.npz, and model files hold no paths; pass --data PATH"),
    ):
        record = copy.deepcopy(network.record)
        record["data"]["made_by"] = made_by
        save_model(trained.parent / "made.bin", network, sealed(network, record))
        with pytest.raises(UsageError, match=line):
            list(replay(str(trained.parent / "made.bin"), TrainSettings()))


@pytest.mark.parametrize(("said", "found", "line"), [
    ({"a": 1, "seconds": 1.0}, {"a": 1, "seconds": 2.0}, None),
    ({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 3}]}}, "it says a.b[1].c = 2, and it is 3"),
    ({"a": {"b": 1}}, {"a": {}}, "a.b is more than the training gives"),
    ({"a": {}}, {"a": {"b": 1}}, "a.b is missing"), ({"z": 1, "b": 1}, {"z": 2, "b": 2}, "it says b = 1, and it is 2"),
    ({"a": [1, 2]}, {"a": [1, 2, 3]}, "it says a = [1, 2], and it is [1, 2, 3]"),
    ({"a": [1, 2]}, {"a": [3, 4]}, "it says a[0] = 1, and it is 3"), ({"a": [1, 2]}, {"a": [1, 2]}, None),
    ({"a": 1}, {"a": 1.0}, "it says a = 1, and it is 1.0"), ({"a": True}, {"a": 1}, "it says a = true, and it is 1"),
    ({"a": None}, {"a": None}, None), ({"a": {}}, {"a": []}, "it says a = {}, and it is []"),
])  # fmt: skip
def test_the_first_difference_is_named_by_its_place(said: Any, found: Any, line: str | None) -> None:
    assert _difference(said, found) == line


STEPS = (4, 16, 32, 64)  # of each epoch


def compared(
    said: dict[str, Any], found: dict[str, Any], version: str = __version__, cut: int = 0, missing: int = 0
) -> str:
    """What is said of an epoch of a training of four, each of which ends `cut` steps before its time, where the file
    does not tell of the first `missing` ones."""
    network: Any = SimpleNamespace(record={"training": {"versions": {"cnncli": version}}})
    table = SimpleNamespace(steps_in=lambda epoch: STEPS[epoch] - cut, full_steps=lambda epoch: STEPS[epoch])
    done = [{"epoch": number, "marks": ""} for number in range(1, found["epoch"])]
    job: Any = SimpleNamespace(trainer=SimpleNamespace(state=SimpleNamespace(history=[*done, found]), timetable=table))
    try:
        _compare_epoch(job, network, {one["epoch"]: one for one in [*done[missing : said["epoch"] - 1], said]})
    except _Ended as ended:
        verdict = ended.verdict
        return f"{verdict.kind} {verdict.epoch} {verdict.steps} {verdict.weights}: {verdict.line}"
    return "the same"


def test_an_epoch_is_compared_by_marks_then_weights_then_all_else() -> None:
    marks = "".join(f"{number:08x}" for number in range(16))
    facts = {"epoch": 3, "marks": marks, "weights": "w", "loss": 0.5, "seconds": 1.0}  # of 32 steps
    second = {**facts, "epoch": 2}  # of 16
    changed = {"marks": marks[:16] + "f" * 112}
    way = "the training goes another way than the file says"
    assert compared(facts, {**facts, "seconds": 2.0}) == "the same"
    assert compared(facts, {**facts, **changed}) == f"diverged 3 (5, 6) w: epoch 3, steps 5 to 6 of 32: {way}"
    assert compared(facts, {**facts, **changed}, cut=9) == f"diverged 3 (5, 6) w: epoch 3, steps 5 to 6 of 23: {way}"
    assert compared(second, {**second, **changed}) == f"diverged 2 (3, 3) w: epoch 2, step 3 of 16: {way}"
    assert compared(facts, {**facts, "weights": "v"}) == f"diverged 3 (32, 32) v: epoch 3, step 32 of 32: {way}"
    # Each second step of 32 has a mark: what was cut at 23 differs behind the one of step 22.
    cut = compared(facts, {**facts, "weights": "v"}, cut=9)
    assert cut == f"diverged 3 (23, 23) v: epoch 3, step 23 of 23: {way}"
    assert compared({**facts, "epoch": 4}, {**facts, "weights": "v", "epoch": 4}, cut=1) == (
        f"diverged 4 (61, 63) v: epoch 4, steps 61 to 63 of 63: {way}"
    )
    assert compared(facts, {**facts, "loss": 0.25}) == (
        "tampered None None None: epoch 3: it says loss = 0.5, and it is 0.25"
    )
    assert compared(facts, {**facts, "epoch": 4}) == (
        "tampered None None None: it tells of 3 epochs, and its settings ask for more"
    )
    assert compared(second, {**second, **changed}, "0.0.1") == (
        f"undecided 2 (3, 3) w: epoch 2, step 3 of 16: {way}; "
        f'it was made by cnncli "0.0.1", and this is {__version__}'
    )


def test_where_epochs_are_not_told_of_the_first_steps_may_have_parted_in_one_of_them() -> None:
    marks = "".join(f"{number:08x}" for number in range(16))
    facts = {"epoch": 3, "marks": marks, "weights": "w", "loss": 0.5}
    way = "the training goes another way than the file says"
    assert compared(facts, facts, missing=2) == "the same" == compared({**facts, "epoch": 4}, facts, missing=3)
    for first, missing, line in (
        (0, 0, "diverged 3 (1, 2) w: epoch 3, steps 1 to 2 of 32"),
        (0, 1, "diverged 3 (1, 2) w: epoch 3, steps 1 to 2 of 32"),
        (0, 2, "diverged 3 None w: epochs 1 to 3"), (1, 2, "diverged 3 (3, 4) w: epoch 3, steps 3 to 4 of 32"),
    ):  # fmt: skip
        changed = {"marks": marks[: 8 * first] + "f" * 8 * (16 - first)}
        assert compared(facts, {**facts, **changed}, missing=missing) == f"{line}: {way}"


def test_the_epochs_of_a_file_have_numbers_that_grow() -> None:
    one, other = {"epoch": 1, "marks": ""}, {"epoch": 4, "marks": ""}
    assert _by_number([one, other]) == {1: one, 4: other}
    for wrong in ([other, one], [one, one], [one, {"epoch": 2}], [one, {"epoch": 2.0, "marks": ""}], [one, 2], [
        {"epoch": 0, "marks": ""}, one,
    ], []):  # fmt: skip
        assert _by_number(wrong) == {}


def test_of_a_file_without_versions_nothing_is_decided() -> None:
    network: Any = SimpleNamespace(record={"training": {}})
    assert _parted(network, "here it fails").verdict.kind == "undecided"


@pytest.mark.parametrize(("epoch", "line"), [
    (1, "it says x = 3, and it is 1"), (2, "it says x = 3, and it is 2"),
])  # fmt: skip
def test_a_file_is_held_against_the_model_of_its_own_epoch(tmp_path: Path, epoch: int, line: str) -> None:
    """The best model is that of epoch 1, the last one that of epoch 2."""
    network = Network([Flatten(), Linear(4, 2)], (1, 2, 2))
    network.initialize(1)
    for name, number in (("best.bin", 1), ("last.bin", 2)):
        save_model(tmp_path / name, network, {"training": {"epoch": number}, "x": number})
    job: Any = SimpleNamespace(
        run=SimpleNamespace(last_path=tmp_path / "last.bin"),
        trainer=SimpleNamespace(state=SimpleNamespace(best_epoch=1)),
    )
    plan: Any = SimpleNamespace(out=str(tmp_path / "best.bin"))
    network.record = {"training": {"epoch": epoch}, "x": epoch}
    found = _compared(job, network, plan)
    assert (found.kind, found.weights) == ("reproduced", weights_digest(network))
    network.record["x"] = 3
    assert (_compared(job, network, plan).kind, _compared(job, network, plan).line) == ("tampered", line)
    network.record["x"] = epoch
    network.parameters()[0][0][0, 0] += 1
    assert _compared(job, network, plan).line == "its weights are those of another epoch"
